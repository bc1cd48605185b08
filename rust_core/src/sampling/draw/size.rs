//! The memory of a run, estimated before anything of it is allocated.

use std::mem::size_of;

use super::run::{Run, chunk_trials};
use crate::error::Result;
use crate::memory;
use crate::sampling::record::rows::{BILL_BYTES, RETURN_BYTES};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::TaskLaw;

/// Bytes of a task's law, of its place among equal laws and of its tables, beside what grows with the grid.
const LAW: usize = 600;
/// Bytes of a bin in the tables of a law: its probability, alone and among those after it, and its alias.
const TABLED: usize = 40;
/// Bytes of a grid point and trial of a chunk: what is known of the attempts until then, and the scores.
const DRAWN: usize = 160;

/// Refuses a run that would not fit into memory, with the sizes that multiply to it.
///
/// `binned` policies are counted by bin, the `others` by row; each worker counts for itself, and one more for what is
/// being merged.
pub fn check(
    scenario: &SamplingScenario,
    tasks: usize,
    points: usize,
    [binned, others]: [usize; 2],
    run: &Run,
) -> Result<()> {
    let size = |n: usize| n as f64;
    let (points, workers) = (points.max(scenario.points()), size(run.threads + 1));
    let bill = if scenario.billed().contains(&true) && !scenario.is_billed_by_attempts() { BILL_BYTES } else { 0 };
    let rows = size(others) * size(points) * size(tasks) * size(RETURN_BYTES + bill);
    let bins = if binned == 0 { 0.0 } else { size(tasks) * size(3 * points + 2) * size(size_of::<u64>()) };
    let tables = size(tasks) * (size(LAW + size_of::<TaskLaw>()) + size((2 * points + 1) * TABLED));
    let chunk = size((binned + others) * points) * size(chunk_trials(scenario)) * size(DRAWN);
    memory::check(
        workers * (rows + bins + chunk) + tables,
        &[(binned + others, "policies"), (points, "rows of each"), (tasks, "tasks"), (run.threads, "threads")],
    )
}
