//! Scaling laws of loss in parameters, tokens and unique tokens. A file each; this one lists them.
//!
//! A file holds all that is known of its law: what may be given and in which range, its loss, its optimum, what it answers
//! to the yearly model and to the questions asked backwards ([`scaling_law`]), and its tests. Nothing else names a law.

pub mod base;
pub mod bounded;
pub mod chinchilla;
pub mod parameters;
pub mod penalty;
pub mod repetition;
pub mod root;
pub mod scaling_law;
pub mod search;
pub mod shortage;

use serde::Deserialize;

use crate::error::{Error, Result, check_range};
use crate::spec::Spec;
use base::{Base, Optimum};
use scaling_law::{Drawn, InLanes, Reads, ScalingLaw, Settings};

macro_rules! laws {
    ($($name:ident $settings:ty;)*) => {
        /// A law as a setting; its JSON says which by `kind`, the name in snake case.
        #[derive(Debug, Clone, PartialEq, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        #[allow(missing_docs)] // each file says what its law is
        pub enum LawSpec {
            $($name($settings),)*
            /// One of several laws, chosen once per draw.
            Mixture(Mixture),
        }

        /// A law with every coefficient known.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[allow(missing_docs)] // as above
        pub enum Law {
            $($name(<$settings as Settings>::Law),)*
        }

        impl LawSpec {
            fn check_one(&self) -> Result<()> {
                match self {
                    $(Self::$name(law) => law.check(),)*
                    Self::Mixture(_) => Err(Error::argument("laws", "laws, not mixtures", "a mixture")),
                }
            }

            /// The law with what is missing filled in; a mixture has no single law.
            pub fn resolve(&self, drawn: &Drawn) -> Result<Law> {
                match self {
                    $(Self::$name(law) => Ok(Law::$name(law.law(drawn))),)*
                    Self::Mixture(_) => {
                        Err(Error::argument("law", "one law", "a mixture, which only a scenario can draw from"))
                    }
                }
            }

            /// What of a scenario's draws the law, or some law of a mixture, reads.
            pub fn reads(&self) -> Reads {
                match self {
                    $(Self::$name(law) => law.reads(),)*
                    Self::Mixture(_) => self.parts().into_iter().map(|(law, _)| law.reads()).fold(
                        Reads::default(),
                        |all, one| Reads {
                            base: all.base || one.base,
                            repetition_data: all.repetition_data || one.repetition_data,
                            repetition_params: all.repetition_params || one.repetition_params,
                        },
                    ),
                }
            }

            /// Whether the yearly model takes the law from the draws as they are.
            pub fn is_drawn(&self) -> bool {
                match self {
                    $(Self::$name(law) => law.is_drawn(),)*
                    Self::Mixture(_) => false,
                }
            }

            /// Whether the frontier, or that of every law of a mixture, is that of the base.
            pub fn is_power_law(&self) -> bool {
                match self {
                    $(Self::$name(_) => <$settings as Settings>::Law::POWER_LAW,)*
                    Self::Mixture(_) => self.parts().iter().all(|(law, _)| law.is_power_law()),
                }
            }
        }

        impl Law {
            /// What the law says of fresh tokens.
            pub fn base(&self) -> &Base {
                match self {
                    $(Self::$name(law) => law.base(),)*
                }
            }

            /// The loss of a run, nats per token: logarithms of parameters, of tokens with repeats, of unique tokens.
            pub fn loss(&self, ln_params: f64, ln_tokens: f64, ln_u: f64) -> f64 {
                match self {
                    $(Self::$name(law) => law.loss(ln_params, ln_tokens, ln_u),)*
                }
            }

            /// The compute-optimal run with `exp(ln_u)` unique tokens and 6 `exp(ln_k)` FLOP.
            pub fn optimum(&self, ln_k: f64, ln_u: f64) -> Optimum {
                match self {
                    $(Self::$name(law) => law.optimum(ln_k, ln_u),)*
                }
            }

            /// ln of the compute-optimal parameters and tokens with unlimited data.
            pub fn unconstrained(&self, ln_k: f64) -> (f64, f64) {
                match self {
                    $(Self::$name(law) => law.unconstrained(ln_k),)*
                }
            }

            fn slope(&self, best: &Optimum, ln_k: f64) -> f64 {
                match self {
                    $(Self::$name(law) => law.slope(best, ln_k),)*
                }
            }

            /// How the yearly model treats it.
            pub fn in_lanes(&self) -> InLanes {
                match self {
                    $(Self::$name(law) => law.in_lanes(),)*
                }
            }

            /// Whether the frontier is that of the base.
            pub fn is_power_law(&self) -> bool {
                match self {
                    $(Self::$name(_) => <$settings as Settings>::Law::POWER_LAW,)*
                }
            }

            /// Whether on the same tokens a larger model is never worse.
            pub fn larger_is_better(&self) -> bool {
                match self {
                    $(Self::$name(_) => <$settings as Settings>::Law::LARGER_IS_BETTER,)*
                }
            }
        }
    };
}

laws! {
    Chinchilla chinchilla::Chinchilla;
    Muennighoff repetition::Muennighoff;
    Penalty penalty::Penalty;
    Bounded bounded::Bounded;
}

/// One of several laws, chosen once per draw.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    /// The laws.
    pub laws: Vec<LawSpec>,
    /// Their weights, in any unit.
    pub weights: Vec<f64>,
}

impl Spec for LawSpec {
    fn check(&self) -> Result<()> {
        let Self::Mixture(Mixture { laws, weights }) = self else { return self.check_one() };
        if laws.is_empty() || laws.len() != weights.len() {
            return Err(Error::argument("weights", format!("one per law ({})", laws.len()), weights.len()));
        }
        if let Some(mixture) = laws.iter().find(|law| law.is_mixture()) {
            return mixture.check_one();
        }
        check_range("weights", weights, 0.0, f64::INFINITY)?;
        let total: f64 = weights.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err(Error::argument("weights", "positive in sum", total));
        }
        laws.iter().try_for_each(Self::check_one)
    }
}

impl LawSpec {
    /// Whether it is a choice among laws.
    pub fn is_mixture(&self) -> bool {
        matches!(self, Self::Mixture(_))
    }

    /// The laws that a draw may have, and their weights.
    pub fn parts(&self) -> Vec<(&Self, f64)> {
        match self {
            Self::Mixture(Mixture { laws, weights }) => {
                laws.iter().zip(weights.iter().copied()).filter(|&(_, weight)| weight > 0.0).collect()
            }
            law => vec![(law, 1.0)],
        }
    }

    /// The law by itself: Besiroglu's base and the published repetition constants where none are given.
    pub fn alone(&self) -> Result<Law> {
        self.resolve(&Drawn::PUBLISHED)
    }
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

impl Law {
    /// The compute-optimal run after algorithmic progress: that of the law at the compute, the parameters and the tokens
    /// that they count as.
    pub fn optimum_after(&self, progress: Progress, ln_k: f64, ln_u: f64) -> Optimum {
        let Progress { params, tokens } = progress;
        let best = self.optimum(ln_k + params + tokens, ln_u + tokens);
        Optimum { ln_params: best.ln_params - params, ln_tokens: best.ln_tokens - tokens, ..best }
    }

    /// How many e-folds of compute an e-fold of unique tokens is worth: `d ln C_eq / d ln U`, with `C_eq` the compute that
    /// reaches the loss of `best` with unlimited data.
    pub fn compute_per_data(&self, best: &Optimum, ln_k: f64) -> f64 {
        if best.marginal <= 0.0 {
            return 0.0;
        }
        let slope = self.slope(best, ln_k);
        if slope > 0.0 { best.marginal / slope } else { 0.0 }
    }
}
