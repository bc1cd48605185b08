//! How to run: trials, seed, threads, what is counted, and how many trials make a chunk.

use super::kept::Kept;
use crate::error::{Error, Result};
use crate::rng::Key;
use crate::sampling::record::{BILL, SHARES, Wanted};
use crate::sampling::scenario::SamplingScenario;

/// The most trials of one run.
pub const MAX_TRIALS: u64 = 100_000_000_000_000;
/// A chunk of trials draws about this many tasks.
const CHUNK_DRAWS: usize = 1 << 19;

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
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
    /// Tables of the runs before.
    pub kept: Option<&'a Kept>,
}

impl Run<'_> {
    /// Checks the number of trials.
    pub fn check(&self) -> Result<()> {
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
            bill_counts: [0, 1, 2].map(|part| self.billed()[part] && asked(BILL[part])),
        }
    }
}

/// Trials of one chunk: a power of two that depends on the number of tasks, and on whether all of a chunk's rates are in
/// memory at once.
pub fn chunk_trials(scenario: &SamplingScenario) -> usize {
    let least = if scenario.ranks_draws() { 1 } else { 64 };
    (CHUNK_DRAWS / scenario.tasks.count()).next_power_of_two().clamp(least, 2048)
}
