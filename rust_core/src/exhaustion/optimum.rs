//! The compute-optimal run under each law when data are limited, and what follows from it.

use std::f64::consts::LN_10;

use super::base::{Base, LN_6, Optimum};
use super::law::{Law, Progress, Scarcity};
use super::{repetition, search};
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

impl Law {
    /// The compute-optimal run with `exp(ln_u)` unique tokens and 6 `exp(ln_k)` FLOP.
    pub fn optimum(&self, ln_k: f64, ln_u: f64) -> Optimum {
        match self.scarcity {
            Scarcity::None => {
                let free = self.base.frontier(ln_k);
                Optimum {
                    ln_params: free.ln_params,
                    ln_tokens: free.ln_tokens,
                    loss_unconstrained: self.base.irreducible() + exp(free.ln_reducible),
                    ..Optimum::default()
                }
            }
            Scarcity::Repetition { data, params, max_epochs } => {
                repetition::optimum(&self.base, params, data, max_epochs, ln_k, ln_u)
            }
            Scarcity::Penalty { .. } | Scarcity::Bounded { .. } => search::optimum(self, ln_k, ln_u),
        }
    }

    /// The compute-optimal run after algorithmic progress: that of the law at the compute, the parameters and the tokens
    /// that they count as.
    pub fn optimum_after(&self, progress: Progress, ln_k: f64, ln_u: f64) -> Optimum {
        let Progress { params, tokens } = progress;
        let best = self.optimum(ln_k + params + tokens, ln_u + tokens);
        Optimum { ln_params: best.ln_params - params, ln_tokens: best.ln_tokens - tokens, ..best }
    }

    /// ln of the compute-optimal parameters and tokens with unlimited data.
    pub fn unconstrained(&self, ln_k: f64) -> (f64, f64) {
        if let Scarcity::Bounded { .. } = self.scarcity {
            return search::unconstrained(self, ln_k);
        }
        let free = self.base.frontier(ln_k);
        (free.ln_params, free.ln_tokens)
    }

    /// How many e-folds of compute an e-fold of unique tokens is worth: `d ln C_eq / d ln U`, with `C_eq` the compute that
    /// reaches the loss of `best` with unlimited data.
    pub fn compute_per_data(&self, best: &Optimum, ln_k: f64) -> f64 {
        if best.marginal <= 0.0 {
            return 0.0;
        }
        let slope = if let Scarcity::Bounded { .. } = self.scarcity {
            search::frontier_slope(self, ln_k - best.lost * LN_10)
        } else {
            let Base { alpha, beta, .. } = self.base;
            (exp(self.base.frontier(ln_k).ln_reducible) + best.excess) * alpha * beta / (alpha + beta)
        };
        if slope > 0.0 { best.marginal / slope } else { 0.0 }
    }
}
