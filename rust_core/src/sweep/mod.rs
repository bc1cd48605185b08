//! Sweeps: many points of one scenario, expanded from their indices and run on all cores.

pub mod axes;
pub mod expand;
pub mod points;
pub mod sampling;
pub mod sequence;
