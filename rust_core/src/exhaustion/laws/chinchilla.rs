//! Repeats count in full, so that data never run short (Hoffmann et al. 2022): the base and nothing else.

use serde::Deserialize;

use super::base::{Base, Optimum};
use super::scaling_law::{Drawn, InLanes, ScalingLaw, Settings};
use crate::error::Result;
use crate::math::exp;

/// The law, as it is given and with every coefficient known.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chinchilla {
    /// ln A, ln B, ln E, alpha, beta.
    pub base: Base,
}

impl Settings for Chinchilla {
    type Law = Self;

    fn check(&self) -> Result<()> {
        self.base.check()
    }

    fn law(&self, _: &Drawn) -> Self {
        *self
    }
}

impl ScalingLaw for Chinchilla {
    const POWER_LAW: bool = true;
    const LARGER_IS_BETTER: bool = true;

    fn base(&self) -> &Base {
        &self.base
    }

    fn loss(&self, ln_params: f64, ln_tokens: f64, _: f64) -> f64 {
        self.base.loss(ln_params, ln_tokens)
    }

    fn optimum(&self, ln_k: f64, _: f64) -> Optimum {
        let free = self.base.frontier(ln_k);
        Optimum {
            ln_params: free.ln_params,
            ln_tokens: free.ln_tokens,
            loss_unconstrained: self.base.irreducible() + exp(free.ln_reducible),
            ..Optimum::default()
        }
    }

    fn in_lanes(&self) -> InLanes {
        InLanes { worth: None, alone: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::laws::base::BESIROGLU;
    use crate::math::ln;

    #[test]
    fn the_optimum_is_the_best_split_of_the_budget_however_few_tokens_are_unique() {
        let law = Chinchilla { base: BESIROGLU };
        let ln_k = ln(1e25 / 6.0);
        for ln_u in [ln(1e9), ln(1e15)] {
            let best = law.optimum(ln_k, ln_u);
            assert!((best.ln_params + best.ln_tokens - ln_k).abs() < 1e-12);
            assert_eq!((best.excess, best.lost, best.marginal), (0.0, 0.0, 0.0));
            let at = |shift: f64| law.loss(best.ln_params + shift, best.ln_tokens - shift, ln_u);
            assert!((at(0.0) - best.loss_unconstrained).abs() < 1e-13);
            assert!(at(0.1).min(at(-0.1)) > at(0.0));
        }
    }
}
