//! The attempt numbers at which the first acceptance pays.

use super::optimum::{Sum, TaskRates};
use super::pool_steps::pool_changes;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::law::{Rates, TaskLaw};

/// The attempt numbers at which the first acceptance has positive expected value under the task prior.
///
/// Given that the first acceptance comes at attempt k, task i has a chance in proportion to `w b^(k-1) a`: the expected
/// value has the sign of `sum w b^(k-1) (a v)`.
#[derive(Debug, Clone)]
pub struct AcceptanceRegion {
    first: bool,
    /// The attempt numbers from which on the answer is the other one.
    turns: Vec<u64>,
}

impl AcceptanceRegion {
    /// Finds them for a prior of weighted rates.
    pub fn new(prior: impl Iterator<Item = (f64, Rates)>, utility: Utility) -> Self {
        let tasks: Vec<TaskRates> = prior
            .map(|(weight, rates)| TaskRates {
                accepted_correct: rates.accepted_correct(),
                accepted_wrong: rates.accepted_wrong(),
                ln_rejected: rates.ln_rejected(),
                last_correct: None,
                weight,
            })
            .collect();
        let sum = Sum::new(&tasks, Utility { attempt_cost: 0.0, ..utility });
        let turns = sum.turns(|left, right| (left > 0.0) != (right > 0.0));
        Self { first: sum.sign(1.0) > 0.0, turns: turns.into_iter().map(|k| k as u64 + 1).collect() }
    }

    /// Finds them up to attempt `most` for a prior of weighted pools, attempt by attempt.
    pub fn of_pools(prior: &[(f64, TaskLaw)], most: u64, utility: Utility) -> Self {
        let (mut first, mut last, mut turns) = (false, false, Vec::new());
        for (k, change) in (1..).zip(pool_changes(prior.iter().copied(), false, most as usize)) {
            // Attempts are paid whether or not their acceptance is returned.
            let pays = change.step(Utility { attempt_cost: 0.0, ..utility }).pays();
            if k == 1 {
                first = pays;
            } else if pays != last {
                turns.push(k);
            }
            last = pays;
        }
        Self { first, turns }
    }

    /// Whether an acceptance at attempt `k` is worthwhile.
    pub fn contains(&self, k: u64) -> bool {
        self.first ^ (self.turns.partition_point(|&turn| turn <= k) % 2 == 1)
    }

    /// The segments of worthwhile attempt numbers up to `most`: (attempts before, last attempt).
    pub fn segments(&self, most: u64) -> Vec<(u64, u64)> {
        let ends: Vec<u64> = std::iter::once(1).chain(self.turns.iter().copied()).chain([u64::MAX]).collect();
        ends.windows(2)
            .filter(|w| self.contains(w[0]) && w[0] <= most)
            .map(|w| (w[0] - 1, (w[1] - 1).min(most)))
            .collect()
    }
}
