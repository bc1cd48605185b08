//! One year's work on a block of draws.

use super::lanes::{LANES, Lanes};
use super::trajectory::VARIABLES;

/// One year's work on a block.
#[derive(Debug, Clone)]
pub struct Scratch {
    pub(super) ln_c: Lanes,
    pub(super) ln_u: Lanes,
    pub(super) ln_k: Lanes,
    pub(super) progress: Lanes,
    pub(super) ln_tokens: Lanes,
    pub(super) ln_reducible: Lanes,
    pub(super) ln_demand: Lanes,
    pub(super) short: Lanes,
    pub(super) budget: Lanes,
    pub(super) reducible: Lanes,
    pub(super) terms: [Lanes; 2],
    pub(super) ln_sum: Lanes,
    /// The year's variables, in the order of `VARIABLES`.
    pub out: [Lanes; VARIABLES.len()],
}

impl Default for Scratch {
    fn default() -> Self {
        let zero = [0.0; LANES];
        Self {
            ln_c: zero,
            ln_u: zero,
            ln_k: zero,
            progress: zero,
            ln_tokens: zero,
            ln_reducible: zero,
            ln_demand: zero,
            short: zero,
            budget: zero,
            reducible: zero,
            terms: [zero; 2],
            ln_sum: zero,
            out: [zero; VARIABLES.len()],
        }
    }
}
