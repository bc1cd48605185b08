//! Data-exhaustion scaling: stock, demand, law and shortage, year by year, under uncertainty.

pub mod law;
pub mod repetition;
pub mod search;
