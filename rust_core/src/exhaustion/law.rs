//! Scaling laws of loss in parameters, tokens and unique tokens.

use std::f64::consts::LN_10;

use super::base::{Base, LN_LOSS_MAX};
use super::repetition;
use crate::math::{exp, ln};

/// The repetition constants of Muennighoff et al. 2023, fitted on the C4 base.
pub const REPETITION_DATA: f64 = 15.387_756;
/// The constant of excess parameters of the same fit.
pub const REPETITION_PARAMS: f64 = 5.309_743;

/// A law with every coefficient known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// The base.
    pub base: Base,
    /// What scarcity does.
    pub scarcity: Scarcity,
}

/// What algorithmic progress makes of a run: a parameter counts as `exp(params)` of them, a token, unique or not, as
/// `exp(tokens)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// ln of what a parameter counts as.
    pub params: f64,
    /// ln of what a token counts as.
    pub tokens: f64,
}

/// What a law says about tokens seen more than once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scarcity {
    /// Repeats count in full.
    None,
    /// Exponential loss of value.
    Repetition {
        /// `R_D*`.
        data: f64,
        /// `R_N*`.
        params: f64,
        /// The most epochs allowed.
        max_epochs: f64,
    },
    /// `P R_D^delta (N / U)^kappa` is added.
    Penalty {
        /// ln P.
        log_p: f64,
        /// Exponent of repetitions.
        delta: f64,
        /// Exponent of parameters per unique token.
        kappa: f64,
    },
    /// `L = E + (L0 - E) h / (1 + h)`, `h = a N^-alpha + b D^-beta + c N^gamma U^-delta`.
    Bounded {
        /// ln c.
        log_c: f64,
        /// Exponent of parameters.
        gamma: f64,
        /// Exponent of unique tokens.
        delta: f64,
        /// L0, nats per token.
        ceiling: f64,
    },
}

impl Law {
    /// The loss of a run, nats per token: logarithms of parameters, of tokens with repeats, of unique tokens.
    pub fn loss(&self, ln_params: f64, ln_tokens: f64, ln_u: f64) -> f64 {
        let Base { log_a, log_b, alpha, beta, .. } = self.base;
        let unique = ln_u.min(ln_tokens);
        let power = |log_scale: f64, exponent: f64, x: f64| exp((log_scale + exponent * x).min(LN_LOSS_MAX));
        let irreducible = self.base.irreducible();
        match self.scarcity {
            Scarcity::None => irreducible + power(log_a, -alpha, ln_params) + power(log_b, -beta, ln_tokens),
            Scarcity::Repetition { data, params, .. } => {
                let ln_un = repetition::ln_parameters_of(&self.base, unique).min(ln_params);
                let n = ln_un + repetition::ln_worth(ln_params - ln_un, params);
                let d = unique + repetition::ln_worth(ln_tokens - unique, data);
                irreducible + power(log_a, -alpha, n) + power(log_b, -beta, d)
            }
            Scarcity::Penalty { log_p, delta, kappa } => {
                let repeats = crate::math::expm1(ln_tokens - unique);
                let penalty =
                    if repeats > 0.0 { power(log_p + kappa * (ln_params - unique), delta, ln(repeats)) } else { 0.0 };
                irreducible + power(log_a, -alpha, ln_params) + power(log_b, -beta, ln_tokens) + penalty
            }
            Scarcity::Bounded { log_c, gamma, delta, ceiling } => {
                let h = power(log_a, -alpha, ln_params)
                    + power(log_b, -beta, ln_tokens)
                    + power(log_c - delta * unique, gamma, ln_params);
                irreducible + (ceiling - irreducible) * (h / (1.0 + h))
            }
        }
    }
}

/// Orders of magnitude between two natural logarithms of compute, never below 0.
pub(super) fn orders(ln_more: f64, ln_less: f64) -> f64 {
    ((ln_more - ln_less) / LN_10).max(0.0)
}
