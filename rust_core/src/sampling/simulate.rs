//! The simulator: whole trials of the benchmark, drawn cell by cell.
//!
//! A trial is one pass over all tasks. Where a task's law is the same in every trial, its acceptance cell comes from an
//! alias table, so the cost does not depend on the number of attempts; coverage refines that draw with a stream of its
//! own and never redraws it. Where rates are drawn anew in every trial, `waiting` draws the attempts' waiting times.

use super::cellwise;
use super::law::TaskLaw;
use super::population::Population;
use super::scenario::SamplingScenario;
use super::tally::{AttemptNumbers, RowTally, Wanted};
use super::tasks::Redraw;
use super::waiting;
use crate::error::{Error, Result};
use crate::rng::Key;
use crate::run::Control;

/// The most trials of one run.
pub const MAX_TRIALS: u64 = 100_000_000_000_000;
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

/// Trials of one chunk: a power of two that depends on the number of tasks only.
pub fn chunk_trials(tasks: usize) -> usize {
    (CHUNK_DRAWS / tasks).next_power_of_two().clamp(64, 2048)
}

/// Runs a scenario and visits its rows: `visit(policy, grid point, row)`.
pub fn simulate(
    scenario: &SamplingScenario,
    options: Run,
    control: &Control,
    visit: impl FnMut(usize, usize, RowTally),
) -> Result<()> {
    if options.trials == 0 || options.trials > MAX_TRIALS {
        return Err(Error::argument("trials", format!("in [1, {MAX_TRIALS}]"), options.trials));
    }
    let population = Population::new(scenario);
    let redraw = scenario.redraw();
    let laws = match redraw {
        Some(Redraw::Run) => population.draw_once(options.key).into_iter().map(TaskLaw::Attempts).collect(),
        _ => scenario.laws(),
    };
    let answerable = scenario.answerable();
    let grid = &scenario.grid()[..answerable];
    if grid.is_empty() {
        return Ok(());
    }
    let redrawn = redraw == Some(Redraw::Trial);
    let tally = if redrawn {
        waiting::tally(scenario, &population, grid, options, control)?
    } else {
        // A cell holds at most every task.
        if u16::try_from(laws.len()).is_ok() {
            cellwise::tally::<u16>(scenario, &laws, grid, options, control)?
        } else {
            cellwise::tally::<u32>(scenario, &laws, grid, options, control)?
        }
    };
    let numbers = if redrawn { AttemptNumbers::Drawn } else { AttemptNumbers::Laws(&laws) };
    tally.rows(options.trials, grid, &scenario.policies, scenario.utility, &numbers, visit);
    Ok(())
}
