//! Repeated sampling with imperfect verifiers: the scenario, its simulator and its exact solution.

pub mod alias;
pub mod block;
pub mod bootstrap;
pub mod ceilings;
pub mod cells;
pub mod cellwise;
pub mod columns;
pub mod cost;
pub mod error_rates;
pub mod estimate;
pub mod law;
pub mod optimum;
pub mod policy;
pub mod population;
pub mod scenario;
pub mod score;
pub mod simulate;
pub mod solve;
pub mod tables;
pub mod tally;
pub mod tasks;
pub mod verifier;
pub mod waiting;
