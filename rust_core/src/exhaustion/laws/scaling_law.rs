//! What every scaling law answers: as it is given ([`Settings`]), and with every coefficient known ([`ScalingLaw`]).

use super::base::{BESIROGLU, Base, Optimum};
use crate::error::Result;
use crate::math::exp;

/// What a scenario draws for laws that leave it open.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    /// The base.
    pub base: Base,
    /// `R_D*`.
    pub repetition_data: f64,
    /// `R_N*`.
    pub repetition_params: f64,
}

impl Drawn {
    /// What stands in where nothing is drawn: Besiroglu's base, and the repetition constants of Muennighoff et al. 2023,
    /// fitted on the C4 base.
    pub const PUBLISHED: Self = Self { base: BESIROGLU, repetition_data: 15.387_756, repetition_params: 5.309_743 };
}

/// Which of a scenario's draws a law reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reads {
    /// The base.
    pub base: bool,
    /// `R_D*`.
    pub repetition_data: bool,
    /// `R_N*`.
    pub repetition_params: bool,
}

/// A law as a setting: what may be given, in which range, and what stands in for what is not.
pub trait Settings {
    /// The law with every coefficient known.
    type Law: ScalingLaw;

    /// Whether every number is in its range.
    fn check(&self) -> Result<()>;

    /// The law, with what is missing from what is drawn.
    fn law(&self, drawn: &Drawn) -> Self::Law;

    /// What it leaves to the draws.
    fn reads(&self) -> Reads {
        Reads::default()
    }

    /// Whether it has nothing of its own, and the yearly model takes it from the draws as they are.
    fn is_drawn(&self) -> bool {
        false
    }
}

/// How the yearly model, which takes 64 draws side by side, treats a law.
#[derive(Debug, Clone, Copy)]
pub struct InLanes {
    /// `R_D*` and `R_N*` of the vectorised root; none where no copy loses value that way.
    pub worth: Option<[f64; 2]>,
    /// Whether its optimum is found draw by draw, by [`ScalingLaw::optimum`].
    pub alone: bool,
}

/// A law with every coefficient known. Parameters, tokens, unique tokens and K = C / 6 are natural logarithms.
pub trait ScalingLaw {
    /// Whether the frontier with unlimited data is that of the base, for which demand and profit have formulas.
    const POWER_LAW: bool;
    /// Whether on the same tokens a larger model is never worse.
    const LARGER_IS_BETTER: bool;

    /// What the law says of fresh tokens.
    fn base(&self) -> &Base;

    /// The loss of a run, nats per token: parameters, tokens with repeats, unique tokens.
    fn loss(&self, ln_params: f64, ln_tokens: f64, ln_u: f64) -> f64;

    /// The compute-optimal run.
    fn optimum(&self, ln_k: f64, ln_u: f64) -> Optimum;

    /// The compute-optimal parameters and tokens with unlimited data.
    fn unconstrained(&self, ln_k: f64) -> (f64, f64) {
        let free = self.base().frontier(ln_k);
        (free.ln_params, free.ln_tokens)
    }

    /// -dL / d ln K with unlimited data, where it has the loss of `best`.
    fn slope(&self, best: &Optimum, ln_k: f64) -> f64 {
        let Base { alpha, beta, .. } = *self.base();
        (exp(self.base().frontier(ln_k).ln_reducible) + best.excess) * alpha * beta / (alpha + beta)
    }

    /// How the yearly model treats it.
    fn in_lanes(&self) -> InLanes {
        InLanes { worth: None, alone: true }
    }
}
