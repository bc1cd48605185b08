//! Repeated sampling with imperfect verifiers: the scenario, its policies, its simulator and its exact solution.

pub mod draw;
pub mod exact;
pub mod policy;
pub mod record;
pub mod scenario;
