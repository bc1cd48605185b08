//! What to run: draws, seed, threads, sampler, and what is kept of the draws.

use super::samples::Sample;
use crate::error::{Error, Result, quoted};
use crate::rng::Key;

/// The most draws of one run: counts are 32 bits wide.
pub const MAX_TRIALS: u64 = u32::MAX as u64;
/// The most values that are kept draw by draw: they are in memory at once.
pub const MAX_SAMPLES: u64 = 1_000_000_000;

/// Where random numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplerName {
    /// Pseudo-random numbers.
    Philox,
    /// Scrambled Sobol' points.
    Sobol,
}

impl SamplerName {
    /// The sampler of a name.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "philox" => Ok(Self::Philox),
            "sobol" => Ok(Self::Sobol),
            other => Err(Error::argument("sampler", "'philox' or 'sobol'", quoted(other))),
        }
    }
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Draws.
    pub trials: u64,
    /// Key of the seed.
    pub key: Key,
    /// Replicate of the seed.
    pub replicate: u64,
    /// Threads.
    pub threads: usize,
    /// Where numbers come from.
    pub sampler: SamplerName,
    /// Variables to return draw by draw.
    pub samples: Vec<Sample>,
    /// Inputs to draw anew while all others keep their numbers.
    pub redrawn: Vec<String>,
    /// Whether the yearly variables are tallied: they are most of the work, and no other number depends on it.
    pub yearly: bool,
    /// Whether quantiles are order statistics of all draws, found by two further passes.
    pub exact_quantiles: bool,
}
