//! One point of a swept exhaustion scenario: simulated, once or until its probabilities are precise enough.

use serde_json::Value;

use super::expand::{Swept, read};
use super::options::{Options, Simulate, share_interval, share_is_precise};
use super::points::{Method, Rows};
use crate::error::{Error, Result};
use crate::exhaustion::estimate::Frame;
use crate::exhaustion::plan::{Plan, SamplerName};
use crate::exhaustion::scenario::ExhaustionScenario;
use crate::exhaustion::simulate::simulate;
use crate::exhaustion::tally::Outcome;
use crate::exhaustion::trajectory::{DEFINITIONS, VARIABLES};
use crate::run::Control;

/// What names each row of a frame.
fn keys(frame: Frame, years: &[i32]) -> Vec<[i64; 2]> {
    let definitions = 0..DEFINITIONS.len() as i64;
    match frame {
        Frame::Exhaustion => definitions.map(|d| [d, 0]).collect(),
        Frame::ExhaustedBy => definitions.flat_map(|d| years.iter().map(move |&year| [d, i64::from(year)])).collect(),
        Frame::Trajectories => {
            let variables = 0..VARIABLES.len() as i64;
            years.iter().flat_map(|&year| variables.clone().map(move |v| [v, i64::from(year)])).collect()
        }
    }
}

/// Options, read and checked.
#[derive(Debug)]
pub struct ExhaustionMethod {
    frame: Frame,
    columns: Vec<usize>,
    simulate: Simulate,
    sampler: SamplerName,
    /// Columns of probabilities, which their standard errors follow, and what those are to reach.
    targets: Vec<(usize, f64)>,
}

impl ExhaustionMethod {
    /// Reads the options.
    pub fn parse(json: &str) -> Result<Self> {
        let options = Options::parse(json)?;
        let frame = options.frame(&Frame::ALL)?;
        let known = frame.columns();
        let columns = Options::indices("columns", &options.columns, &known)?;
        let simulate = options.only_simulate("exhaustion")?.clone();
        let sampler = SamplerName::parse(&simulate.sampler)?;
        let mut targets = Vec::new();
        for (name, error) in simulate.target.iter().flat_map(|t| &t.standard_errors) {
            let shares: Vec<String> =
                known.iter().filter(|n| n.starts_with('p') && !n.ends_with("_se")).cloned().collect();
            Options::indices("target_se", std::slice::from_ref(name), &shares)?;
            targets.push((Options::indices("target_se", std::slice::from_ref(name), &known)?[0], *error));
        }
        Ok(Self { frame, columns, simulate, sampler, targets })
    }

    fn is_precise(&self, values: &[Vec<f64>], trials: u64) -> bool {
        self.targets.iter().all(|&(column, target)| {
            let rows = values[column].iter().zip(&values[column + 1]);
            rows.into_iter().all(|(&share, &error)| share_is_precise(share, error, trials as f64, target))
        })
    }
}

impl Method<ExhaustionScenario> for ExhaustionMethod {
    type Room = ();

    fn rows(&self) -> Rows {
        Rows::new(4, self.columns.len() + 2 * self.targets.len())
    }

    fn point(
        &self,
        (): &mut (),
        (scenario, index): (&ExhaustionScenario, u64),
        threads: usize,
        control: &Control,
        rows: &mut Rows,
    ) -> Result<()> {
        let how = &self.simulate;
        let mut total: Option<Outcome> = None;
        let mut values = Vec::new();
        let (mut done, mut reached) = (0, true);
        let mut next = Some(how.trials);
        for stage in 0.. {
            let Some(trials) = next else { break };
            let plan = Plan {
                trials,
                key: how.key,
                replicate: how.replicate(index, stage),
                threads,
                sampler: self.sampler,
                samples: Vec::new(),
                redrawn: Vec::new(),
                yearly: self.frame == Frame::Trajectories,
                exact_quantiles: false,
            };
            let outcome = simulate(scenario, &plan, control)?;
            let total = match &mut total {
                Some(total) => {
                    total.parts.iter_mut().zip(&outcome.parts).for_each(|(all, part)| all.merge(part));
                    total
                }
                None => total.insert(outcome),
            };
            done += trials;
            values = self.frame.values(total, &scenario.years);
            reached = self.is_precise(&values, done);
            next = how.more(done, reached);
        }
        let confidence = how.target.as_ref().map_or(f64::NAN, |t| t.confidence);
        for (row, [code, year]) in keys(self.frame, &scenario.years).into_iter().enumerate() {
            let shares = self.targets.iter().map(|&(column, _)| values[column][row]);
            let ends = shares.flat_map(|share| share_interval(share, done as f64, confidence));
            let keys = [code, year, done as i64, i64::from(reached)];
            rows.push(index, &keys, self.columns.iter().map(|&column| values[column][row]).chain(ends));
        }
        Ok(())
    }
}

impl Swept for ExhaustionScenario {
    fn set(&mut self, field: &str, value: &Value) -> Result<()> {
        if let Some(dist) = self.input_mut(field) {
            *dist = read(field, value)?;
            return Ok(());
        }
        match field {
            "base_year" => self.base_year = read(field, value)?,
            "years" => self.years = read(field, value)?,
            "correlations" => self.correlations = read(field, value)?,
            "law" => self.law = read(field, value)?,
            "law_parameters" => self.law_parameters = read(field, value)?,
            "collapse" => self.collapse = read(field, value)?,
            "demand" => self.demand = read(field, value)?,
            "compute_path" => self.compute_path = read(field, value)?,
            "goodput" => self.goodput = read(field, value)?,
            "smooth_caps" => self.smooth_caps = read(field, value)?,
            "monotone_compute" => self.monotone_compute = read(field, value)?,
            "endogenous_quality" => self.endogenous_quality = read(field, value)?,
            "overtraining_from" => self.overtraining_from = read(field, value)?,
            "lost_threshold" => self.lost_threshold = read(field, value)?,
            _ => return Err(Error::argument("axes", "paths of settings of an exhaustion scenario", field)),
        }
        Ok(())
    }
}
