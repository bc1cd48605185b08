//! The simulator: whole trials of the benchmark, drawn from coarse to fine.
//!
//! A trial is one pass over all tasks. First come the first acceptance and the first correct attempt ([`events`]); policies
//! that their bins say all about are counted there and then ([`by_bins`]). For the others the features that they read
//! are drawn ([`features`]), each with streams of its own ([`streams`]), the policies choose, and what they return is
//! recorded ([`engine`]). Policies that have a shorter way of their own are simulated by themselves ([`parts`], [`alone`]).

pub mod alias_rows;
pub mod alone;
pub mod answers;
pub mod batch;
pub mod bit_slices;
pub mod by_bins;
pub mod chain;
pub mod charge;
pub mod engine;
pub mod events;
pub mod features;
pub mod kept;
pub mod limits;
pub mod maxima;
pub mod offsets;
pub mod over_verifiers;
pub mod parts;
pub mod plan;
pub mod plurality;
pub mod recorded;
pub mod recorded_limits;
pub mod run;
pub mod segments;
pub mod sequential;
pub mod size;
pub mod state;
pub mod streams;
pub mod successes;
pub mod thinning;
pub mod tokens;
pub mod totals;
pub mod trial;

use crate::error::{Error, Result};
use crate::rng::Key;
use crate::run::Control;
use crate::sampling::record::layout::Score;
use crate::sampling::record::row::RowTally;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::population::Population;
use crate::sampling::scenario::population_law::Redraw;
use run::Run;

/// The most rows that are compared pair by pair.
pub const MAX_COMPARED: usize = 1000;

/// Runs a scenario and visits its rows: `visit(policy, grid point, row)`.
pub fn simulate(
    scenario: &SamplingScenario,
    options: Run,
    control: &Control,
    mut visit: impl FnMut(usize, usize, RowTally),
) -> Result<()> {
    options.check()?;
    if let Some(labelled) = scenario.labelled() {
        return over_verifiers::simulate(scenario, labelled, options, None, control, &mut visit).map(drop);
    }
    let grid = &scenario.grid()[..scenario.answered()];
    if grid.is_empty() && scenario.limits.is_none() {
        return Ok(());
    }
    if let Some(records) = scenario.records() {
        let laws = laws(scenario, options.key);
        return recorded::simulate(scenario, (&records, &laws, grid), options, None, control, visit).map(drop);
    }
    parts::simulate(scenario, grid, options, control, visit)
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
    mut visit: impl FnMut(usize, usize, RowTally),
) -> Result<Vec<f64>> {
    options.check()?;
    if let Some(labelled) = scenario.labelled() {
        return over_verifiers::simulate(scenario, labelled, options, Some(score), control, &mut visit);
    }
    if scenario.limits.is_some() && scenario.short_tasks().iter().any(|&short| short > 0) {
        let expected = "small enough that the recorded attempts of every task use each of them up";
        return Err(Error::argument("limits", expected, "tasks with too few attempts"));
    }
    if let Some(&beyond) = scenario.grid().get(scenario.answerable()) {
        return Err(Error::argument("max_attempts", "at most the attempts of the smallest pool", beyond));
    }
    let (laws, grid) = (laws(scenario, options.key), scenario.grid());
    let rows = scenario.policies.len() * scenario.points();
    if rows > MAX_COMPARED {
        return Err(Error::argument("rows to compare", format!("at most {MAX_COMPARED}"), rows));
    }
    if let Some(records) = scenario.records() {
        return recorded::simulate(scenario, (&records, &laws, &grid), options, Some(score), control, visit);
    }
    engine::simulate(scenario, (&laws, &grid), options, Some(score), control, visit)
}
