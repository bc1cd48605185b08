//! The numeric core of limitlaw: models, samplers and the run engine, with no Python in its tree.

pub mod closed_form;
pub mod dispatch;
pub mod error;
pub mod exhaustion;
pub mod fit;
pub mod histogram;
pub mod math;
pub mod memory;
pub mod rng;
pub mod run;
pub mod sampling;
pub mod spec;
pub mod special;
pub mod stats;
pub mod sweep;
pub mod variates;

/// The digest of the sources of this crate: equal for builds that compute the same numbers.
pub const DIGEST: &str = env!("LIMITLAW_CORE_DIGEST");
