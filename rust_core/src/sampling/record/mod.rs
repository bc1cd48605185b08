//! What a simulation keeps of its trials: by event, by row, over trials; and the estimates and columns made of it.
//!
//! Counts merge by integer addition, so neither threads nor shards nor their order can change a number.

pub mod bin_scores;
pub mod bins;
pub mod columns;
pub mod ends;
pub mod estimate;
pub mod layout;
pub mod metrics;
pub mod outcome;
pub mod over_tasks;
pub mod row;
pub mod rows;
pub mod shared;
mod sums;
pub mod trial_scores;
pub mod values;

use super::scenario::cost::{Cost, Utility};

/// The shares of a whole benchmark run whose distribution over trials can be counted.
pub const SHARES: [&str; 3] = ["accuracy", "accepted", "wrong"];
/// The parts of a bill.
pub const BILL: [&str; 3] = ["tokens", "cost", "latency"];

/// What a run has to count, beyond acceptance.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The first correct attempt too.
    pub coverage: bool,
    /// The distributions over trials of the whole benchmark's shares, in the order of `SHARES`.
    pub share_counts: [bool; SHARES.len()],
    /// The distribution over trials of the whole benchmark's utility.
    pub utility_counts: bool,
    /// The distributions over trials of the whole benchmark's tokens, cost and latency, in the order of `BILL`.
    pub bill_counts: [bool; BILL.len()],
}

impl Wanted {
    /// Whether attempts of whole trials are asked for, by what they are paid.
    pub fn asks_attempts(&self, utility: Option<Utility>, cost: Option<Cost>) -> bool {
        let priced = cost.is_some_and(|cost| cost.varies(true)[1] || cost.varies(false)[1]);
        let bills = cost.is_some_and(|cost| {
            let varies = [false, true].map(|checked| cost.varies(checked));
            (0..BILL.len()).any(|part| self.bill_counts[part] && varies.iter().any(|varies| varies[part]))
        });
        bills || self.utility_counts && utility.is_some_and(|u| u.attempt_cost > 0.0 || priced)
    }

    /// Whether any score of the whole benchmark is counted.
    pub fn scores(&self) -> bool {
        self.utility_counts || self.bill_counts.contains(&true) || self.share_counts.contains(&true)
    }
}

/// The bin that holds attempt `k` on the grid; G beyond it.
pub fn bin_of(grid: &[u64], k: u64) -> usize {
    grid.partition_point(|&g| g < k)
}
