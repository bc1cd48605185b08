//! One row's counts: a policy at a grid point or under a limit.

use super::{BILL, SHARES};
use crate::sampling::scenario::cost::Bill;

/// One row's counts, per task: a policy at a grid point.
#[derive(Debug, Clone, Default)]
pub struct RowTally {
    /// Trials in which an accepted answer was returned.
    pub accepted: Vec<u64>,
    /// Trials in which the returned answer was correct.
    pub correct: Vec<u64>,
    /// Trials in which the returned answer was wrong.
    pub wrong: Vec<u64>,
    /// Trials in which some attempt was correct; empty where not known or not wanted.
    pub covered: Vec<u64>,
    /// Sums over trials of the attempts used, and of their squares.
    pub attempts: [Vec<f64>; 2],
    /// Sums over trials of tokens, money and seconds, and of their squares; empty without a cost.
    pub bill: [[Vec<f64>; 2]; 3],
    /// Sums over trials with a correct answer of tokens and money; empty without a cost.
    pub bill_correct: [Vec<f64>; 2],
    /// Tokens, money and seconds of the whole benchmark per task with their counts; empty unless wanted.
    pub bill_counts: [Vec<(f64, u64)>; BILL.len()],
    /// Sums over trials of the utility, and of its squares; empty without a utility.
    pub utility: [Vec<f64>; 2],
    /// Trials by number of tasks of the whole benchmark, in the order of `SHARES`; empty unless wanted.
    pub share_counts: [Vec<u64>; SHARES.len()],
    /// Utilities of the whole benchmark with their counts; empty unless wanted.
    pub utility_counts: Vec<(f64, u64)>,
    /// Sums over trials of squares and products of the whole benchmark's means, where tasks share what a trial draws
    /// (`record::shared`); else empty.
    pub products: Vec<f64>,
}

impl RowTally {
    /// Adds what the attempts of the last task come to where each takes so much in the mean; `correct` are those of the
    /// trials with a correct answer.
    pub fn push_mean_bill(&mut self, each: Option<Bill>, correct: f64) {
        let Some(each) = each else { return };
        let last = self.attempts.each_ref().map(|sums| sums.last().copied().unwrap_or(0.0));
        for (columns, mean) in self.bill.iter_mut().zip(each) {
            columns[0].push(mean * last[0]);
            columns[1].push(mean * mean * last[1]);
        }
        self.bill_correct.iter_mut().zip(each).for_each(|(column, mean)| column.push(mean * correct));
    }
}
