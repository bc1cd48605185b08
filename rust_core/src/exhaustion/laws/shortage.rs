//! What a shortage of data costs where repeats lose value exponentially, in units of the unconstrained reducible loss.

use std::f64::consts::LN_10;

use crate::math::{exp_inside, ln_inside};

/// `rate T` is held here, where nothing overflows: greater losses are not told apart.
const LN_REACH_MAX: f64 = 400.0;

/// The exponents of a law and what is made of them once.
#[derive(Debug, Clone, Copy)]
pub struct Exponents {
    /// Exponent of parameters.
    pub alpha: f64,
    /// Exponent of tokens.
    pub beta: f64,
    /// The share of parameters in the reducible loss of the frontier, beta / (alpha + beta).
    pub params_share: f64,
    /// The share of tokens.
    pub tokens_share: f64,
    /// The exponent of compute, alpha beta / (alpha + beta).
    pub rate: f64,
    /// Its inverse.
    pub inv_rate: f64,
}

impl Exponents {
    /// Of alpha and beta.
    #[inline(always)]
    pub fn new(alpha: f64, beta: f64) -> Self {
        let params_share = beta / (alpha + beta);
        let rate = alpha * params_share;
        Self { alpha, beta, params_share, tokens_share: 1.0 - params_share, rate, inv_rate: 1.0 / rate }
    }

    /// ln of what A N'^-alpha and B D'^-beta are over A N*^-alpha and B D*^-beta, and what was cut off both.
    #[inline(always)]
    pub fn ln_terms(&self, t: f64, ln_worth: [f64; 2]) -> ([f64; 2], f64) {
        // ln of the frontier's reducible loss at the compute that U is optimal for, over that at K.
        let reach = self.rate * t;
        let held = if reach < LN_REACH_MAX { reach } else { LN_REACH_MAX };
        ([held - self.alpha * ln_worth[0], held - self.beta * ln_worth[1]], reach - held)
    }

    /// A N'^-alpha and B D'^-beta over L* - E, from those quotients.
    #[inline(always)]
    pub fn terms(&self, quotients: [f64; 2]) -> [f64; 2] {
        [self.params_share * quotients[0], self.tokens_share * quotients[1]]
    }
}

/// What a shortage costs, in units of the unconstrained reducible loss.
#[derive(Debug, Clone, Copy)]
pub struct Shortage {
    /// Orders of magnitude of compute.
    pub lost: f64,
    /// (L - L*) / (L* - E).
    pub excess: f64,
    /// -dL / d ln U / (L* - E).
    pub marginal: f64,
}

impl Shortage {
    /// From T, the worths and slopes of parameters and tokens; `capped` where epochs are at their limit, so that the
    /// envelope theorem does not hold and N moves with U.
    pub fn new(t: f64, ln_worth: [f64; 2], slope: [f64; 2], exponents: &Exponents, capped: bool) -> Self {
        let (ln_terms, beyond) = exponents.ln_terms(t, ln_worth);
        let terms = exponents.terms(ln_terms.map(exp_inside));
        Self::of(terms, ln_inside(terms[0] + terms[1]) + beyond, slope, exponents, capped)
    }

    /// From A N'^-alpha and B D'^-beta over L* - E, and the logarithm of their sum.
    #[inline(always)]
    pub fn of(terms: [f64; 2], ln_sum: f64, slope: [f64; 2], exponents: &Exponents, capped: bool) -> Self {
        let Exponents { alpha, beta, inv_rate, .. } = *exponents;
        let [params, tokens] = terms;
        let lost = ln_sum * (inv_rate * (1.0 / LN_10));
        let excess = params + tokens - 1.0;
        let envelope = beta * (tokens * (1.0 - slope[1]) + params * (1.0 - slope[0]));
        let along_cap = beta * tokens + params * (beta - slope[0] * (alpha + beta));
        let marginal = if capped { along_cap } else { envelope };
        Self {
            lost: if lost > 0.0 { lost } else { 0.0 },
            excess: if excess > 0.0 { excess } else { 0.0 },
            marginal: if marginal > 0.0 { marginal } else { 0.0 },
        }
    }
}
