//! The simulator: whole trials of the benchmark, drawn cell by cell.
//!
//! A trial is one pass over all tasks. Where a task's law is the same in every trial, its acceptance cell comes from an
//! alias table, so the cost does not depend on the number of attempts; coverage refines that draw with a stream of its
//! own and never redraws it. Where rates are drawn anew in every trial, `waiting` draws the attempts' waiting times.
//! All other policies read `attempts`, which refines the same draws.

pub mod answers;
pub mod batch;
pub mod binned_engine;
pub mod bit_slices;
pub mod charge;
pub mod engine;
pub mod events;
pub mod limits;
pub mod maxima;
pub mod plurality;
pub mod segments;
pub mod sequential;
pub mod state;
pub mod successes;
pub mod tokens;
pub mod trial;

use self::events::redrawn;
use crate::error::{Error, Result};
use crate::rng::Key;
use crate::run::Control;
use crate::sampling::record::layout::Score;
use crate::sampling::record::{AttemptNumbers, BILL, RowTally, SHARES, Wanted};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::population::Population;
use crate::sampling::scenario::tasks::Redraw;

/// The most trials of one run.
pub const MAX_TRIALS: u64 = 100_000_000_000_000;
/// The most rows that are compared pair by pair.
pub const MAX_COMPARED: usize = 1000;
/// A chunk of trials draws about this many tasks.
const CHUNK_DRAWS: usize = 1 << 19;

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Trials.
    pub trials: u64,
    /// The key of the seed.
    pub key: Key,
    /// The independent repetition of the seed.
    pub replicate: u64,
    /// Threads.
    pub threads: usize,
    /// What to count.
    pub wanted: Wanted,
}

impl Run {
    fn check(&self) -> Result<()> {
        if (1..=MAX_TRIALS).contains(&self.trials) {
            return Ok(());
        }
        Err(Error::argument("trials", format!("in [1, {MAX_TRIALS}]"), self.trials))
    }
}

impl SamplingScenario {
    /// What a run counts for coverage, where asked, and for the quantiles of some scores of the whole benchmark.
    pub fn wanted(&self, coverage: bool, scores: &[String]) -> Wanted {
        let asked = |score: &str| self.weights().is_none() && scores.iter().any(|s| s == score);
        Wanted {
            coverage: coverage && self.knows_coverage(),
            share_counts: SHARES.map(asked),
            utility_counts: self.utility.is_some() && asked("utility"),
            bill_counts: BILL.map(|part| self.cost.is_some() && asked(part)),
        }
    }
}

/// Trials of one chunk: a power of two that depends on the number of tasks only.
pub fn chunk_trials(tasks: usize) -> usize {
    (CHUNK_DRAWS / tasks).next_power_of_two().clamp(64, 2048)
}

/// Runs a scenario and visits its rows: `visit(policy, grid point, row)`.
pub fn simulate(
    scenario: &SamplingScenario,
    options: Run,
    control: &Control,
    mut visit: impl FnMut(usize, usize, RowTally),
) -> Result<()> {
    options.check()?;
    let laws = laws(scenario, options.key);
    let answerable = scenario.answerable();
    let grid = &scenario.grid()[..answerable];
    if grid.is_empty() && scenario.limits.is_none() {
        return Ok(());
    }
    let (cellwise, other): (Vec<usize>, Vec<usize>) =
        (0..scenario.policies.len()).partition(|&p| scenario.cost.is_none() && scenario.policies[p].is_binned());
    let some = |indices: &[usize]| indices.iter().map(|&p| scenario.policies[p]).collect::<Vec<_>>();
    if !other.is_empty() {
        let visit = |p: usize, g, row| visit(other[p], g, row);
        engine::simulate(scenario, &some(&other), (&laws, grid), options, None, control, visit)?;
    }
    if !cellwise.is_empty() {
        let scenario = SamplingScenario { policies: some(&cellwise), ..scenario.clone() };
        let quiet = control.quiet();
        let control = if other.is_empty() { control } else { &quiet };
        first_accepted(&scenario, &laws, grid, options, control, |p, g, row| visit(cellwise[p], g, row))?;
    }
    Ok(())
}

/// The law of each task; drawn here where the run draws them once.
fn laws(scenario: &SamplingScenario, key: Key) -> Vec<TaskLaw> {
    match scenario.redraw() {
        Some(Redraw::Run) => Population::new(scenario).draw_once(key).into_iter().map(TaskLaw::Attempts).collect(),
        _ => scenario.laws(),
    }
}

/// Simulates all policies of a scenario on one set of attempts and visits their rows; returns the sums over trials of the
/// products of a score of each two rows (row `policy * points + point`).
pub fn compare(
    scenario: &SamplingScenario,
    options: Run,
    score: Score,
    control: &Control,
    visit: impl FnMut(usize, usize, RowTally),
) -> Result<Vec<f64>> {
    options.check()?;
    if let Some(&beyond) = scenario.grid().get(scenario.answerable()) {
        return Err(Error::argument("max_attempts", "at most the attempts of the smallest pool", beyond));
    }
    let (laws, grid) = (laws(scenario, options.key), scenario.grid());
    let rows = scenario.policies.len() * scenario.points();
    if rows > MAX_COMPARED {
        return Err(Error::argument("rows to compare", format!("at most {MAX_COMPARED}"), rows));
    }
    engine::simulate(scenario, &scenario.policies, (&laws, &grid), options, Some(score), control, visit)
}

/// Simulates first accepted and visits its rows.
fn first_accepted(
    scenario: &SamplingScenario,
    laws: &[TaskLaw],
    grid: &[u64],
    options: Run,
    control: &Control,
    visit: impl FnMut(usize, usize, RowTally),
) -> Result<()> {
    let redrawn = scenario.redraw() == Some(Redraw::Trial);
    let tally = if redrawn {
        redrawn::tally(scenario, &Population::new(scenario), grid, options, control)?
    } else {
        // A cell holds at most every task.
        if u8::try_from(laws.len()).is_ok() {
            binned_engine::tally::<u8>(scenario, laws, grid, options, control)?
        } else if u16::try_from(laws.len()).is_ok() {
            binned_engine::tally::<u16>(scenario, laws, grid, options, control)?
        } else {
            binned_engine::tally::<u32>(scenario, laws, grid, options, control)?
        }
    };
    let numbers = if redrawn { AttemptNumbers::Drawn } else { AttemptNumbers::Laws(laws) };
    tally.rows(options.trials, grid, &scenario.policies, scenario.utility, &numbers, visit);
    Ok(())
}
