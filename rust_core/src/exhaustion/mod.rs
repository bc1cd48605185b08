//! Data-exhaustion scaling: stock, demand, law and shortage, year by year, under uncertainty.

// Coefficients stand as published.
#![allow(clippy::excessive_precision)]
// `!(x > 0)` is true of NaN, as it must be.
#![allow(clippy::neg_cmp_op_on_partial_ord)]

pub mod block;
pub mod cells;
pub mod compute;
pub mod compute_path;
pub mod constraint;
pub mod copula;
pub mod crossing;
pub mod demand;
pub mod derived;
pub mod dist;
pub mod draws;
pub mod estimate;
mod exact;
pub mod inverse;
pub mod kind;
pub mod lanes;
pub mod latents;
pub mod laws;
pub mod marginal;
pub mod metalog;
pub mod plan;
pub mod profit;
pub mod quantile;
pub mod roots;
pub mod samples;
pub mod scenario;
pub mod scratch;
pub mod simulate;
pub mod sobol;
pub mod stock;
pub mod tally;
pub mod trajectory;
pub mod uncertain;
mod unused;
pub mod years;
