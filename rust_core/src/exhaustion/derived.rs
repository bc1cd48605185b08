//! What follows from a compute-optimal run: ratios, equivalent compute, what further tokens are worth.

use std::f64::consts::LN_10;

use super::laws::base::{LN_6, Optimum};
use crate::math::exp;

/// What follows from the best run of a year, and is computed only where it is asked for: name and unit.
pub const DERIVED: [(&str, &str); 5] = [
    ("tokens_per_parameter", "tokens/parameter"),
    ("equivalent_compute", "FLOP"),
    ("compute_efficiency", "share"),
    ("marginal_value_per_trillion_tokens", "nats/token"),
    ("marginal_compute", "FLOP/token"),
];

/// The values of `DERIVED`; `per_data` is what `Law::compute_per_data` gives.
pub fn derived(best: &Optimum, ln_k: f64, ln_u: f64, per_data: f64) -> [f64; DERIVED.len()] {
    // Logarithms of quotients are cut where they would overflow.
    const LN_MOST: f64 = 345.0;
    let ln_equivalent = ln_k + LN_6 - best.lost * LN_10;
    let per_token = exp(ln_equivalent - ln_u) * per_data;
    [
        exp((best.ln_tokens - best.ln_params).min(LN_MOST)),
        exp(ln_equivalent),
        exp(-best.lost * LN_10),
        exp(12.0 * LN_10 - ln_u) * best.marginal,
        per_token,
    ]
}
