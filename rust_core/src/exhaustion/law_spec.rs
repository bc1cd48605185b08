//! A law of the loss as a setting: what may be given, in which range, and what stands in for what is not.

use serde::Deserialize;

use super::base::{BESIROGLU, Base};
use super::law::{Law, REPETITION_DATA, REPETITION_PARAMS, Scarcity};
use crate::error::{Error, Result, check_range};
use crate::math::exp;
use crate::spec::Spec;

/// The range of `R_D*` and `R_N*`.
pub const REPETITION_RANGE: (f64, f64) = (1e-3, 1e15);

/// A law of the loss, as a value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LawSpec {
    /// Every token counts in full, repeated or not.
    Chinchilla {
        /// The law itself.
        base: [f64; 5],
    },
    /// Repeated tokens and excess parameters lose value exponentially (Muennighoff et al. 2023).
    Muennighoff {
        /// ln A, ln B, ln E, alpha, beta; none: drawn in a scenario, Besiroglu's on its own.
        base: Option<[f64; 5]>,
        /// `R_D*`; none: drawn in a scenario, 15.39 on its own.
        repetition_data: Option<f64>,
        /// `R_N*`; none: drawn in a scenario, 5.31 on its own.
        repetition_params: Option<f64>,
        /// The most epochs allowed.
        max_epochs: Option<f64>,
    },
    /// An additive penalty on repetition that grows with overparametrisation (Lovelace et al. 2026).
    Penalty {
        /// ln A, ln B, ln E, alpha, beta.
        base: [f64; 5],
        /// ln P.
        log_p: f64,
        /// Exponent of repetitions.
        delta: f64,
        /// Exponent of parameters per unique token.
        kappa: f64,
    },
    /// Loss bounded by the vocabulary, with a term in parameters per unique token (Practical Scaling Laws, 2026).
    Bounded {
        /// ln a, ln b, ln E, alpha, beta.
        base: [f64; 5],
        /// ln c.
        log_c: f64,
        /// Exponent of parameters.
        gamma: f64,
        /// Exponent of unique tokens.
        delta: f64,
        /// Logarithm of the vocabulary: the loss of a uniform guess.
        log_vocabulary: f64,
    },
    /// One of several laws, chosen once per draw.
    Mixture {
        /// The laws.
        laws: Vec<LawSpec>,
        /// Their weights, in any unit.
        weights: Vec<f64>,
    },
}

impl Spec for LawSpec {
    fn check(&self) -> Result<()> {
        let (low, high) = REPETITION_RANGE;
        match self {
            Self::Chinchilla { base } => Base::new(*base).check(),
            Self::Muennighoff { base, repetition_data, repetition_params, max_epochs } => {
                base.map_or(Ok(()), |b| Base::new(b).check())?;
                repetition_data.map_or(Ok(()), |r| within("repetition_data", r, low, high))?;
                repetition_params.map_or(Ok(()), |r| within("repetition_params", r, low, high))?;
                max_epochs.map_or(Ok(()), |e| within("max_epochs", e, 1.0, 1e15))
            }
            Self::Penalty { base, log_p, delta, kappa } => {
                Base::new(*base).check()?;
                within("log_p", *log_p, -50.0, 50.0)?;
                within("delta", *delta, 1e-3, 5.0)?;
                within("kappa", *kappa, 1e-3, 5.0)
            }
            Self::Bounded { base, log_c, gamma, delta, log_vocabulary } => {
                Base::new(*base).check()?;
                within("log_c", *log_c, -50.0, 50.0)?;
                within("gamma", *gamma, 1e-3, 5.0)?;
                within("delta", *delta, 1e-3, 5.0)?;
                within("log_vocabulary", *log_vocabulary, exp(base[2]), 100.0)
            }
            Self::Mixture { laws, weights } => {
                if laws.is_empty() || laws.len() != weights.len() {
                    return Err(Error::argument("weights", format!("one per law ({})", laws.len()), weights.len()));
                }
                if laws.iter().any(|law| matches!(law, Self::Mixture { .. })) {
                    return Err(Error::argument("laws", "laws, not mixtures", "a mixture"));
                }
                check_range("weights", weights, 0.0, f64::INFINITY)?;
                let total: f64 = weights.iter().sum();
                if !(total > 0.0 && total.is_finite()) {
                    return Err(Error::argument("weights", "positive in sum", total));
                }
                laws.iter().try_for_each(Self::check)
            }
        }
    }
}

impl LawSpec {
    /// The law with what is missing filled in; a mixture has no single law.
    pub fn resolve(&self, base: Base, data: f64, params: f64) -> Result<Law> {
        Ok(match *self {
            Self::Chinchilla { base } => Law { base: Base::new(base), scarcity: Scarcity::None },
            Self::Muennighoff { base: own, repetition_data, repetition_params, max_epochs } => Law {
                base: own.map_or(base, Base::new),
                scarcity: Scarcity::Repetition {
                    data: repetition_data.unwrap_or(data),
                    params: repetition_params.unwrap_or(params),
                    max_epochs: max_epochs.unwrap_or(f64::INFINITY),
                },
            },
            Self::Penalty { base, log_p, delta, kappa } => {
                Law { base: Base::new(base), scarcity: Scarcity::Penalty { log_p, delta, kappa } }
            }
            Self::Bounded { base, log_c, gamma, delta, log_vocabulary } => Law {
                base: Base::new(base),
                scarcity: Scarcity::Bounded { log_c, gamma, delta, ceiling: log_vocabulary },
            },
            Self::Mixture { .. } => {
                return Err(Error::argument("law", "one law", "a mixture, which only a scenario can draw from"));
            }
        })
    }

    /// The laws that a draw may have, and their weights.
    pub fn parts(&self) -> Vec<(&Self, f64)> {
        match self {
            Self::Mixture { laws, weights } => {
                laws.iter().zip(weights.iter().copied()).filter(|&(_, weight)| weight > 0.0).collect()
            }
            law => vec![(law, 1.0)],
        }
    }

    /// The law by itself: Besiroglu's base and the published repetition constants where none are given.
    pub fn alone(&self) -> Result<Law> {
        self.resolve(BESIROGLU, REPETITION_DATA, REPETITION_PARAMS)
    }
}

fn within(name: &str, x: f64, low: f64, high: f64) -> Result<()> {
    check_range(name, &[x], low, high)
}
