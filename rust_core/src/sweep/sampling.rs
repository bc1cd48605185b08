//! One point of a swept sampling scenario: solved, simulated, or simulated until it is precise enough.

use serde_json::Value;

use crate::error::{Error, Result, quoted};
use crate::run::Control;
use crate::sampling::draw::kept::Kept;
use crate::sampling::draw::run::Run;
use crate::sampling::draw::simulate;
use crate::sampling::exact::benchmark_means::BenchmarkMeans;
use crate::sampling::exact::solve;
use crate::sampling::record::columns::{Column, Row};
use crate::sampling::record::estimate::Summed;
use crate::sampling::record::metrics::{Kind, METRICS, Quantity, bounded};
use crate::sampling::record::row::RowTally;
use crate::sampling::scenario::SamplingScenario;
use crate::sweep::bernstein::Spread;
use crate::sweep::expand::{Swept, read};
use crate::sweep::options::{Options, Simulate, share_interval, share_is_precise};
use crate::sweep::points::{Method, Rows};

/// Whether a metric's values have bounds of the scenario's own.
fn is_score(metric: usize) -> bool {
    matches!(METRICS[metric].kind, Kind::Score(_))
}

/// Options, read and checked.
#[derive(Debug)]
pub struct SamplingMethod {
    columns: Vec<Column>,
    scores: Vec<String>,
    coverage: bool,
    summed: Summed,
    simulate: Option<Simulate>,
    targets: Vec<(usize, f64)>,
}

impl SamplingMethod {
    /// Reads the options.
    pub fn parse(json: &str) -> Result<Self> {
        let options = Options::parse(json)?;
        let columns = options.columns.iter().map(|name| Column::parse(name)).collect::<Result<Vec<_>>>()?;
        let target = options.simulate.as_ref().and_then(|s| s.target.as_ref());
        let targets = target
            .map_or(&[][..], |t| &t.standard_errors)
            .iter()
            .map(|(name, error)| {
                let metric = METRICS.iter().position(|m| m.name == name && m.is_bounded());
                let metric = metric.ok_or_else(|| {
                    Error::argument("target_se", format!("set on some of {}", bounded().join(", ")), quoted(name))
                })?;
                Ok((metric, *error))
            })
            .collect::<Result<Vec<_>>>()?;
        let coverage =
            Column::need_coverage(&columns) || targets.iter().any(|&(m, _)| METRICS[m].is_of(Quantity::Covered));
        let summed = Summed::new(|metric| {
            columns.iter().any(|c| matches!(c, Column::Value(m) | Column::Error(m) if *m == metric))
        });
        Ok(Self { summed, scores: Column::scores(&columns), columns, coverage, simulate: options.simulate, targets })
    }

    fn solve(&self, scenario: &SamplingScenario, index: u64, control: &Control, rows: &mut Rows) -> Result<()> {
        let weights = scenario.weights();
        let points = scenario.points();
        let mut found = vec![Row::NONE; scenario.policies.len() * points];
        solve(scenario, &self.scores, self.coverage, None, control, |p, g, row| {
            found[p * points + g] = Row::exact(row, weights.as_deref());
        })?;
        let grid = scenario.grid();
        for (at, row) in found.iter().enumerate() {
            let keys = key(&grid, at, points);
            rows.push(index, &keys, self.columns.iter().map(|&column| row.get(column)));
        }
        Ok(())
    }

    /// Solves a point of which means alone are asked for, where all rates are known; returns whether it did.
    fn solve_means(&self, room: &mut BenchmarkMeans, scenario: &SamplingScenario, index: u64, rows: &mut Rows) -> bool {
        let (grid, points) = (scenario.grid(), scenario.points());
        room.solve(scenario, (&self.summed, self.coverage), |p, g, estimates| {
            let keys = key(&grid, p * points + g, points);
            rows.push(index, &keys, self.columns.iter().map(|column| column.of(estimates)));
        })
    }

    fn simulate(
        &self,
        scenario: &SamplingScenario,
        (how, kept): (&Simulate, &Kept),
        index: u64,
        threads: usize,
        control: &Control,
        rows: &mut Rows,
    ) -> Result<()> {
        let weights = scenario.weights();
        let points = scenario.points();
        let wanted = scenario.wanted(self.coverage, &self.scores);
        let mut tallies = vec![RowTally::default(); scenario.policies.len() * points];
        let mut spreads = self.spreads(scenario, weights.as_deref())?;
        let (mut done, mut reached) = (0, true);
        let mut next = Some(how.trials);
        for stage in 0.. {
            let Some(trials) = next else { break };
            let replicate = how.replicate(index, stage);
            let run = Run { trials, key: how.key, replicate, threads, wanted, kept: Some(kept) };
            simulate(scenario, run, control, |p, g, row| {
                let tally = &mut tallies[p * points + g];
                if let Some(spread) = spreads.get_mut(p * points + g) {
                    add_stage(spread, tally, &row, (done, trials), weights.as_deref());
                }
                if stage == 0 { *tally = row } else { tally.merge(&row) }
            })?;
            done += trials;
            reached = tallies.iter().enumerate().filter(|(_, tally)| !tally.correct.is_empty()).all(|(at, tally)| {
                let estimates = Row::counted(tally, weights.as_deref(), done).estimates;
                self.targets.iter().all(|&(metric, target)| {
                    let (mean, error) = (estimates.value[metric], estimates.standard_error[metric]);
                    match spreads.get(at).filter(|_| is_score(metric)) {
                        Some(spread) => spread.is_precise(error, (tally.correct.len() as u64 * done) as f64, target),
                        None => share_is_precise(mean, error, values_per_row(tally, weights.as_deref(), done), target),
                    }
                })
            });
            next = how.more(done, reached);
        }
        let grid = scenario.grid();
        for (at, tally) in tallies.iter().enumerate() {
            let row = if tally.correct.is_empty() { Row::NONE } else { Row::counted(tally, weights.as_deref(), done) };
            let count = values_per_row(tally, weights.as_deref(), done);
            let confidence = how.target.as_ref().map_or(f64::NAN, |t| t.confidence);
            let ends = self.targets.iter().flat_map(|&(metric, _)| {
                let mean = row.estimates.value[metric];
                match spreads.get(at).filter(|_| is_score(metric)) {
                    Some(spread) => spread.interval(mean, (tally.correct.len() as u64 * done) as f64, confidence),
                    None => share_interval(mean, count, confidence),
                }
            });
            let [policy, attempts] = key(&grid, at, points);
            let keys = [policy, attempts, done as i64, i64::from(reached)];
            rows.push(index, &keys, self.columns.iter().map(|&column| row.get(column)).chain(ends));
        }
        Ok(())
    }

    /// How utilities spread, row by row; none unless a target is set on them.
    fn spreads(&self, scenario: &SamplingScenario, weights: Option<&[f64]>) -> Result<Vec<Spread>> {
        let Some(u) = scenario.utility.filter(|_| self.targets.iter().any(|&(m, _)| is_score(m))) else {
            return Ok(Vec::new());
        };
        if scenario.cost.is_some() {
            let expected = "left out for utility where the scenario has a cost: money has no bound";
            return Err(Error::argument("target_se", expected, "a target for utility"));
        }
        let factor = weights.map_or(1.0, |w| w.iter().fold(0.0_f64, |a, &b| a.max(b)) * w.len() as f64);
        let grid = scenario.grid();
        let row = |&cap: &u64| Spread::new(-u.wrong_cost - u.attempt_cost * cap as f64, u.correct_reward, factor);
        Ok(scenario.policies.iter().flat_map(|_| grid.iter().map(row)).collect())
    }
}

/// Adds the utilities of a stage of `trials` trials after `done` others.
fn add_stage(
    spread: &mut Spread,
    before: &RowTally,
    stage: &RowTally,
    (done, trials): (u64, u64),
    weights: Option<&[f64]>,
) {
    let [sums, squares] = &stage.utility;
    for (i, (&sum, &square)) in sums.iter().zip(squares).enumerate() {
        let factor = weights.map_or(1.0, |w| w[i] * w.len() as f64);
        let mean = before.utility[0].get(i).map(|total| total / done as f64);
        spread.add(trials as f64, sum, square, factor, mean);
    }
}

/// What names a row: the policy's place in the scenario, and the attempts, or the limit's place.
fn key(grid: &[u64], at: usize, points: usize) -> [i64; 2] {
    let place = at % points;
    [(at / points) as i64, grid.get(place).map_or(place as i64, |&attempts| attempts as i64)]
}

/// The independent values in [0, 1] behind a row: one per task and trial; with weights, one per trial.
fn values_per_row(tally: &RowTally, weights: Option<&[f64]>, trials: u64) -> f64 {
    let tasks = if weights.is_some() { 1 } else { tally.correct.len() };
    tasks as f64 * trials as f64
}

/// What a thread keeps from point to point.
#[derive(Debug, Default)]
pub struct Room {
    means: BenchmarkMeans,
    kept: Kept,
}

impl Method<SamplingScenario> for SamplingMethod {
    type Room = Room;

    fn rows(&self) -> Rows {
        let keys = if self.simulate.is_some() { 4 } else { 2 };
        Rows::new(keys, self.columns.len() + 2 * self.targets.len())
    }

    fn point(
        &self,
        room: &mut Room,
        (scenario, index): (&SamplingScenario, u64),
        threads: usize,
        control: &Control,
        rows: &mut Rows,
    ) -> Result<()> {
        match &self.simulate {
            None if self.scores.is_empty() && self.solve_means(&mut room.means, scenario, index, rows) => Ok(()),
            None => self.solve(scenario, index, control, rows),
            Some(how) => self.simulate(scenario, (how, &room.kept), index, threads, control, rows),
        }
    }
}

impl Swept for SamplingScenario {
    fn set(&mut self, field: &str, value: &Value) -> Result<()> {
        match field {
            "tasks" => self.tasks = read(field, value)?,
            "verifier" => self.verifier = read(field, value)?,
            "policies" => self.policies = read(field, value)?,
            "max_attempts" => self.max_attempts = read(field, value)?,
            "limits" => self.limits = read(field, value)?,
            "answers" => self.answers = read(field, value)?,
            "cost" => self.cost = read(field, value)?,
            "utility" => self.utility = read(field, value)?,
            _ => return Err(Error::argument("axes", "paths of settings of a sampling scenario", field)),
        }
        Ok(())
    }
}
