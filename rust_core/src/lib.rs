//! The numeric core of limitlaw: models, samplers and the run engine, with no Python in its tree.

pub mod closed_form;
pub mod error;
pub mod fit;
pub mod rng;
pub mod run;
pub mod sampling;
pub mod spec;
pub mod variates;
