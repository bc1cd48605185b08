//! An additive penalty on repetition that grows with overparametrisation (Lovelace et al. 2026).
//!
//! `L = E + A N^-alpha + B D^-beta + P x^delta (N / U)^kappa` with x = D / U - 1, the repetitions.

use serde::Deserialize;

use super::base::{Base, Optimum, orders, power};
use super::scaling_law::{Drawn, ScalingLaw, Settings};
use super::search::{Run, search};
use crate::error::{Result, check_range};
use crate::math::{exp, expm1, ln};

/// The law, as it is given and with every coefficient known.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Penalty {
    /// ln A, ln B, ln E, alpha, beta.
    pub base: Base,
    /// ln P.
    pub log_p: f64,
    /// Exponent of repetitions.
    pub delta: f64,
    /// Exponent of parameters per unique token.
    pub kappa: f64,
}

impl Settings for Penalty {
    type Law = Self;

    fn check(&self) -> Result<()> {
        self.base.check()?;
        check_range("log_p", &[self.log_p], -50.0, 50.0)?;
        check_range("delta", &[self.delta], 1e-3, 5.0)?;
        check_range("kappa", &[self.kappa], 1e-3, 5.0)
    }

    fn law(&self, _: &Drawn) -> Self {
        *self
    }
}

impl ScalingLaw for Penalty {
    const POWER_LAW: bool = true;
    const LARGER_IS_BETTER: bool = false;

    fn base(&self) -> &Base {
        &self.base
    }

    fn loss(&self, ln_params: f64, ln_tokens: f64, ln_u: f64) -> f64 {
        let unique = ln_u.min(ln_tokens);
        let repeats = expm1(ln_tokens - unique);
        let scale = self.log_p + self.kappa * (ln_params - unique);
        self.base.loss(ln_params, ln_tokens) + if repeats > 0.0 { power(scale, self.delta, ln(repeats)) } else { 0.0 }
    }

    fn optimum(&self, ln_k: f64, ln_u: f64) -> Optimum {
        let run = |ln_tokens: f64| Run::new(self, self.ideal_params(ln_tokens, ln_u), ln_tokens, ln_k, ln_u);
        let free = self.base.frontier(ln_k);
        // On fresh data the penalty is 0 and the base's own optimum holds.
        let best = search(&run, run(free.ln_tokens.min(ln_u)), ln_k, ln_u);
        let reducible = best.loss - self.base.irreducible();
        let lost = orders(ln_k, self.base.ln_k_at(ln(reducible)));
        let loss_unconstrained = self.base.irreducible() + exp(free.ln_reducible);
        best.optimum(loss_unconstrained, if best.slack { 0.0 } else { lost }, self.marginal(ln_u, &best))
    }
}

impl Penalty {
    /// The parameters beyond which a larger model is worse at these tokens.
    fn ideal_params(&self, ln_tokens: f64, ln_u: f64) -> f64 {
        let Base { log_a, alpha, .. } = self.base;
        let unique = ln_u.min(ln_tokens);
        let repeats = expm1(ln_tokens - unique);
        if repeats <= 0.0 {
            return f64::INFINITY;
        }
        (ln(alpha / self.kappa) + log_a + self.kappa * unique - self.log_p - self.delta * ln(repeats))
            / (alpha + self.kappa)
    }

    /// -dL / d ln U at a run, by the envelope theorem; along the kink where it uses each token just once.
    fn marginal(&self, ln_u: f64, run: &Run) -> f64 {
        let Base { log_a, log_b, alpha, beta, .. } = self.base;
        let repeats = expm1(run.ln_tokens - ln_u);
        if repeats <= 0.0 {
            // At the kink D = U moves with U, and N = K / U against it.
            return beta * exp(log_b - beta * run.ln_tokens) - alpha * exp(log_a - alpha * run.ln_params);
        }
        let penalty = exp(self.log_p + self.delta * ln(repeats) + self.kappa * (run.ln_params - ln_u));
        penalty * (self.delta * (1.0 + repeats) / repeats + self.kappa)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optimum_beats_its_neighbours_and_its_marginal_value_is_the_slope() {
        let base = Base::new([6.2272, 9.9843, 0.713_61, 0.338_13, 0.468_60]);
        let law = Penalty { base, log_p: -2.8840, delta: 0.348_96, kappa: 0.706_54 };
        let mut repeated = 0;
        for (c, u) in [(1e22, 25e9), (1e24, 1e10), (1e26, 1e12), (1e23, 1e13)] {
            let (ln_k, ln_u) = (ln(c / 6.0), ln(u));
            let best = law.optimum(ln_k, ln_u);
            let loss = best.loss_unconstrained + best.excess;
            let at = |params: f64, tokens: f64| law.loss(best.ln_params + params, best.ln_tokens + tokens, ln_u);
            assert!((at(0.0, 0.0) - loss).abs() < 1e-13 * loss && best.ln_params + best.ln_tokens <= ln_k + 1e-12);
            for h in [1e-3, 0.1, 1.0] {
                assert!(at(-h, h).min(at(-h, 0.0)).min(at(0.0, -h)).min(at(h, -h)) >= loss * (1.0 - 1e-12), "{c} {u}");
            }
            let of_u = |d: f64| {
                let o = law.optimum(ln_k, ln_u + d);
                o.loss_unconstrained + o.excess
            };
            let slope = (of_u(-1e-4) - of_u(1e-4)) / 2e-4;
            assert!((slope - best.marginal).abs() < 1e-5 * (1.0 + best.marginal), "{c} {u} {slope} {}", best.marginal);
            repeated += u32::from(best.ln_tokens > ln_u + 0.01);
        }
        assert!(repeated > 0);
    }
}
