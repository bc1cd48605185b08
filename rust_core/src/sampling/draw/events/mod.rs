//! When the first acceptance and the first correct attempt come.

pub mod binned;
pub mod bins;
pub mod paired_alias;
pub mod pool;
pub mod redrawn;
pub mod tables;

use crate::variates::NEVER;

/// The first events of one task in one trial: attempt numbers, `NEVER` where an event does not come.
#[derive(Debug, Clone, Copy)]
pub struct FirstEvents {
    /// The first accepted attempt.
    pub accepted: u64,
    /// Whether it is correct.
    pub accepted_correct: bool,
    /// The first correct attempt.
    pub correct: u64,
}

impl FirstEvents {
    /// Neither event comes.
    pub const NONE: Self = Self { accepted: NEVER, accepted_correct: false, correct: NEVER };
}
