//! Data-exhaustion scaling: stock, demand, law and shortage, year by year, under uncertainty.

pub mod compute;
pub mod constraint;
pub mod copula;
pub mod demand;
pub mod dist;
pub mod draws;
pub mod estimate;
pub mod law;
pub mod repetition;
pub mod samples;
pub mod scenario;
pub mod search;
pub mod simulate;
pub mod sobol;
pub mod stock;
pub mod trajectory;
