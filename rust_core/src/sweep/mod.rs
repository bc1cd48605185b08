//! Sweeps: many points of one scenario, expanded from their indices and run on all cores.

pub mod axes;
pub mod bernstein;
pub mod constraint;
pub mod exhaustion;
pub mod expand;
pub mod options;
pub mod points;
pub mod sampling;
pub mod sequence;
