//! The base of every scaling law, and the compute-optimal run under it where data are unlimited.
//!
//! The Chinchilla frontier (Hoffmann et al. 2022, approach 3), with C = 6 N D, K = C / 6 and
//! `G = (alpha A / (beta B))^(1 / (alpha + beta))`: `N* = G K^(beta / (alpha + beta))`, `D* = K / N*`,
//! `L* - E = A G^-alpha (1 + alpha / beta) K^(-alpha beta / (alpha + beta))`.

use std::f64::consts::LN_10;

use serde::Deserialize;

use crate::error::{Result, check_range};
use crate::math::{exp, ln};

/// The natural logarithm of 6, the FLOP per parameter and token of training.
pub const LN_6: f64 = 1.791_759_469_228_055;
/// Logarithms of reducible losses are cut here, far outside every fitted law, so that nothing overflows.
pub const LN_LOSS_MAX: f64 = 300.0;

/// The smallest exponent of a law; draws at or below it are drawn again.
pub const EXPONENT_LOW: f64 = 0.05;
/// The largest exponent of a law.
pub const EXPONENT_HIGH: f64 = 5.0;

/// `L(N, D) = E + A N^-alpha + B D^-beta`: the base of every law.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(from = "[f64; 5]")]
pub struct Base {
    /// ln A.
    pub log_a: f64,
    /// ln B.
    pub log_b: f64,
    /// ln E, nats per token.
    pub log_e: f64,
    /// Exponent of parameters.
    pub alpha: f64,
    /// Exponent of tokens.
    pub beta: f64,
}

/// Besiroglu et al. 2024, the digits behind their Table 1.
pub const BESIROGLU: Base =
    Base { log_a: 6.177_955_98, log_b: 7.642_732_36, log_e: 0.597_111_96, alpha: 0.347_813_03, beta: 0.365_854_12 };

/// A compute-optimal run, in logarithms where a quantity may be huge.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Optimum {
    /// ln of parameters.
    pub ln_params: f64,
    /// ln of training tokens, repeats counted.
    pub ln_tokens: f64,
    /// Loss with unlimited data, nats per token.
    pub loss_unconstrained: f64,
    /// Loss above that, nats per token.
    pub excess: f64,
    /// Orders of magnitude of compute that the shortage wastes.
    pub lost: f64,
    /// Minus the derivative of the loss in ln U, nats per e-fold of unique data.
    pub marginal: f64,
}

/// The unconstrained optimum in logarithms.
#[derive(Debug, Clone, Copy)]
pub struct Frontier {
    /// ln G.
    pub ln_g: f64,
    /// ln N*.
    pub ln_params: f64,
    /// ln D*.
    pub ln_tokens: f64,
    /// ln(L* - E).
    pub ln_reducible: f64,
}

impl Base {
    /// The name and range of each coefficient, in the order of [`Base::new`].
    pub const RANGES: [(&str, f64, f64); 5] = [
        ("log_a", -50.0, 100.0),
        ("log_b", -50.0, 100.0),
        ("log_e", -50.0, 10.0),
        ("alpha", EXPONENT_LOW, EXPONENT_HIGH),
        ("beta", EXPONENT_LOW, EXPONENT_HIGH),
    ];

    /// The base of (ln A, ln B, ln E, alpha, beta).
    pub fn new([log_a, log_b, log_e, alpha, beta]: [f64; 5]) -> Self {
        Self { log_a, log_b, log_e, alpha, beta }
    }

    /// The loss of a run on fresh tokens, nats per token: logarithms of parameters and of tokens.
    pub fn loss(&self, ln_params: f64, ln_tokens: f64) -> f64 {
        self.irreducible() + power(self.log_a, -self.alpha, ln_params) + power(self.log_b, -self.beta, ln_tokens)
    }

    /// The irreducible loss, nats per token.
    pub fn irreducible(&self) -> f64 {
        exp(self.log_e)
    }

    /// The compute-optimal run at ln K = ln(C / 6).
    #[inline]
    pub fn frontier(&self, ln_k: f64) -> Frontier {
        let sum = self.alpha + self.beta;
        let ln_g = (ln(self.alpha / self.beta) + self.log_a - self.log_b) / sum;
        let ln_params = ln_g + self.beta / sum * ln_k;
        let ln_reducible = self.log_a - self.alpha * ln_params + ln(1.0 + self.alpha / self.beta);
        Frontier { ln_g, ln_params, ln_tokens: ln_k - ln_params, ln_reducible: ln_reducible.min(LN_LOSS_MAX) }
    }

    /// ln K at which the frontier has this reducible loss.
    pub fn ln_k_at(&self, ln_reducible: f64) -> f64 {
        let at_one = self.frontier(0.0).ln_reducible;
        (at_one - ln_reducible) * (self.alpha + self.beta) / (self.alpha * self.beta)
    }

    /// Checks that every coefficient is in its range.
    pub fn check(&self) -> Result<()> {
        let values = [self.log_a, self.log_b, self.log_e, self.alpha, self.beta];
        Self::RANGES.iter().zip(values).try_for_each(|(&(name, low, high), x)| check_range(name, &[x], low, high))
    }
}

impl From<[f64; 5]> for Base {
    fn from(coefficients: [f64; 5]) -> Self {
        Self::new(coefficients)
    }
}

/// A term of a loss: a power of what has the logarithm x, cut where it would overflow.
pub fn power(log_scale: f64, exponent: f64, x: f64) -> f64 {
    exp((log_scale + exponent * x).min(LN_LOSS_MAX))
}

/// Orders of magnitude between two natural logarithms of compute, never below 0.
pub fn orders(ln_more: f64, ln_less: f64) -> f64 {
    ((ln_more - ln_less) / LN_10).max(0.0)
}
