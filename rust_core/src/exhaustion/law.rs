//! Scaling laws of loss in parameters and tokens, and the compute-optimal run under each when data are limited.
//!
//! The Chinchilla frontier (Hoffmann et al. 2022, approach 3), with C = 6 N D, K = C / 6 and
//! `G = (alpha A / (beta B))^(1 / (alpha + beta))`: `N* = G K^(beta / (alpha + beta))`, `D* = K / N*`,
//! `L* - E = A G^-alpha (1 + alpha / beta) K^(-alpha beta / (alpha + beta))`.

use std::f64::consts::LN_10;

use super::{repetition, search};
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
#[derive(Debug, Clone, Copy, PartialEq)]
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

/// The repetition constants of Muennighoff et al. 2023, fitted on the C4 base.
pub const REPETITION_DATA: f64 = 15.387_756;
/// The constant of excess parameters of the same fit.
pub const REPETITION_PARAMS: f64 = 5.309_743;

/// Besiroglu et al. 2024, the digits behind their Table 1.
pub const BESIROGLU: Base =
    Base { log_a: 6.177_955_98, log_b: 7.642_732_36, log_e: 0.597_111_96, alpha: 0.347_813_03, beta: 0.365_854_12 };

/// A law with every coefficient known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// The base.
    pub base: Base,
    /// What scarcity does.
    pub scarcity: Scarcity,
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
