//! A loss bounded by the vocabulary, with a term in parameters per unique token (Practical Scaling Laws, 2026).
//!
//! `L = E + (L0 - E) h / (1 + h)`, `h = a N^-alpha + b D^-beta + c N^gamma U^-delta`: along the budget h is a sum of
//! exponentials in ln D, hence convex, and its least is found by Newton's method.

use std::f64::consts::LN_10;

use serde::Deserialize;

use super::base::{Base, Optimum, orders, power};
use super::scaling_law::{Drawn, ScalingLaw, Settings};
use super::search::Run;
use crate::error::{Result, check_range};
use crate::math::{exp, expm1, ln};

/// The law, as it is given and with every coefficient known.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounded {
    /// ln a, ln b, ln E, alpha, beta.
    pub base: Base,
    /// ln c.
    pub log_c: f64,
    /// Exponent of parameters.
    pub gamma: f64,
    /// Exponent of unique tokens.
    pub delta: f64,
    /// L0, nats per token: the logarithm of the vocabulary, the loss of a uniform guess.
    pub log_vocabulary: f64,
}

impl Settings for Bounded {
    type Law = Self;

    fn check(&self) -> Result<()> {
        self.base.check()?;
        check_range("log_c", &[self.log_c], -50.0, 50.0)?;
        check_range("gamma", &[self.gamma], 1e-3, 5.0)?;
        check_range("delta", &[self.delta], 1e-3, 5.0)?;
        check_range("log_vocabulary", &[self.log_vocabulary], self.base.irreducible(), 100.0)
    }

    fn law(&self, _: &Drawn) -> Self {
        *self
    }
}

impl ScalingLaw for Bounded {
    const POWER_LAW: bool = false;
    const LARGER_IS_BETTER: bool = false;

    fn base(&self) -> &Base {
        &self.base
    }

    fn loss(&self, ln_params: f64, ln_tokens: f64, ln_u: f64) -> f64 {
        let Base { log_a, log_b, alpha, beta, .. } = self.base;
        let irreducible = self.base.irreducible();
        let h = power(log_a, -alpha, ln_params)
            + power(log_b, -beta, ln_tokens)
            + power(self.log_c - self.delta * ln_u.min(ln_tokens), self.gamma, ln_params);
        irreducible + (self.log_vocabulary - irreducible) * (h / (1.0 + h))
    }

    fn optimum(&self, ln_k: f64, ln_u: f64) -> Optimum {
        let (best, free) = (self.best(ln_k, ln_u), self.best(ln_k, f64::INFINITY).loss);
        let lost = if best.loss > free { orders(ln_k, self.ln_k_of_run(ln_k, &best, ln_u)) } else { 0.0 };
        best.optimum(free, lost, self.marginal(ln_k, ln_u, &best))
    }

    fn unconstrained(&self, ln_k: f64) -> (f64, f64) {
        let free = self.best(ln_k, f64::INFINITY);
        (free.ln_params, free.ln_tokens)
    }

    fn slope(&self, best: &Optimum, ln_k: f64) -> f64 {
        self.frontier_slope(ln_k - best.lost * LN_10)
    }
}

impl Bounded {
    /// A run on so many tokens.
    fn run(&self, ln_tokens: f64, ln_k: f64, ln_u: f64) -> Run {
        Run::new(self, self.ideal_params(ln_tokens, ln_u), ln_tokens, ln_k, ln_u)
    }

    /// The best run.
    ///
    /// The optimum spends the budget: where N is so large that a smaller one is better, more tokens are better still. On
    /// fresh data U is D; repeated, U is fixed; between the two optima lies the kink at D = U.
    fn best(&self, ln_k: f64, ln_u: f64) -> Run {
        let ln_fresh = self.stationary(ln_k, f64::INFINITY);
        let slack = ln_fresh < ln_u;
        let ln_tokens = if slack { ln_fresh } else { self.stationary(ln_k, ln_u).max(ln_u) };
        self.run(ln_tokens, ln_k, ln_u)
    }

    /// The parameters beyond which a larger model is worse at these tokens.
    fn ideal_params(&self, ln_tokens: f64, ln_u: f64) -> f64 {
        let Base { log_a, alpha, .. } = self.base;
        let unique = ln_u.min(ln_tokens);
        (ln(alpha / self.gamma) + log_a + self.delta * unique - self.log_c) / (alpha + self.gamma)
    }

    /// ln D where `h = a N^-alpha + b D^-beta + c N^gamma U^-delta`, N = K / D, is least; U is D where `ln_u` is infinite.
    ///
    /// The logarithm of the falling terms' slopes over that of the rising one's is concave and increasing in ln D, so
    /// Newton's steps from the left of the root rise to it; with either falling term alone the root is to the left.
    fn stationary(&self, ln_k: f64, ln_u: f64) -> f64 {
        let Base { log_a, log_b, alpha, beta, .. } = self.base;
        let Self { log_c, gamma, delta, .. } = *self;
        let fresh = !ln_u.is_finite();
        let (slope, fixed) = if fresh { (gamma + delta, 0.0) } else { (gamma, delta * ln_u) };
        // Each side as offset + slope ln D.
        let rising = ln(alpha) + log_a - alpha * ln_k;
        let tokens = ln(beta) + log_b;
        let spread = ln(slope) + log_c + gamma * ln_k - fixed;
        let mut d = ((tokens - rising) / (alpha + beta)).max((spread - rising) / (alpha + slope));
        for _ in 0..100 {
            let (x, y) = (tokens - beta * d, spread - slope * d);
            let (more, less) = if x > y { (x, y) } else { (y, x) };
            let small = exp(less - more);
            let share = if x > y { 1.0 } else { small } / (1.0 + small);
            let gap = rising + alpha * d - more - ln(1.0 + small);
            let step = -gap / (alpha + beta * share + slope * (1.0 - share));
            d += step;
            if step.abs() < 1e-13 * d.abs().max(1.0) {
                break;
            }
        }
        d
    }

    /// ln K at which unlimited data give the loss of a run, by Newton's method in ln h.
    fn ln_k_of_run(&self, ln_k: f64, run: &Run, ln_u: f64) -> f64 {
        let target = ln(self.total(run.ln_params, run.ln_tokens, ln_u));
        let mut at = ln_k;
        for _ in 0..100 {
            let ln_tokens = self.stationary(at, f64::INFINITY);
            let h = self.total(at - ln_tokens, ln_tokens, f64::INFINITY);
            let step = (ln(h) - target) * h / self.falls(at - ln_tokens, ln_tokens);
            at += step;
            if step.abs() < 1e-13 * at.abs().max(1.0) {
                break;
            }
        }
        at.min(ln_k)
    }

    /// `h`.
    fn total(&self, ln_params: f64, ln_tokens: f64, ln_u: f64) -> f64 {
        let Base { log_a, log_b, alpha, beta, .. } = self.base;
        let Self { log_c, gamma, delta, .. } = *self;
        let spread = exp(log_c + gamma * ln_params - delta * ln_u.min(ln_tokens));
        exp(log_a - alpha * ln_params) + exp(log_b - beta * ln_tokens) + spread
    }

    /// -dh / d ln K with unlimited data, at its optimum (the envelope theorem at fixed D).
    fn falls(&self, ln_params: f64, ln_tokens: f64) -> f64 {
        let Base { log_a, alpha, .. } = self.base;
        let Self { log_c, gamma, delta, .. } = *self;
        alpha * exp(log_a - alpha * ln_params) - gamma * exp(log_c + gamma * ln_params - delta * ln_tokens)
    }

    /// -dL* / d ln K with unlimited data.
    fn frontier_slope(&self, ln_k: f64) -> f64 {
        let ln_tokens = self.stationary(ln_k, f64::INFINITY);
        let h = self.total(ln_k - ln_tokens, ln_tokens, f64::INFINITY);
        (self.log_vocabulary - self.base.irreducible()) / ((1.0 + h) * (1.0 + h))
            * self.falls(ln_k - ln_tokens, ln_tokens)
    }

    /// -dL / d ln U at a run, by the envelope theorem; along the kink where it uses each token just once.
    fn marginal(&self, ln_k: f64, ln_u: f64, run: &Run) -> f64 {
        let Base { log_a, log_b, alpha, beta, .. } = self.base;
        let params = exp(log_a - alpha * run.ln_params);
        let tokens = exp(log_b - beta * run.ln_tokens);
        let spread = exp(self.log_c + self.gamma * run.ln_params - self.delta * ln_u);
        // At the kink D = U moves with U, and N = K / U against it unless N is at its own optimum.
        let kink = expm1(run.ln_tokens - ln_u) <= 0.0;
        let binding = run.ln_params >= (ln_k - run.ln_tokens) - 1e-12;
        let h = params + tokens + spread;
        let along = if kink { beta * tokens } else { 0.0 };
        let squeeze = if kink && binding { self.gamma * spread - alpha * params } else { 0.0 };
        (self.log_vocabulary - self.base.irreducible()) / ((1.0 + h) * (1.0 + h))
            * (self.delta * spread + along + squeeze)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::laws::search::{golden, search};

    fn fitted() -> Bounded {
        let base = Base::new([4.8385, 15.8437, 0.684_08, 0.358_16, 0.844_95]);
        Bounded { base, log_c: -1.1008, gamma: 0.514_96, delta: 0.615_49, log_vocabulary: ln(50_257.0) }
    }

    #[test]
    fn newton_finds_what_the_search_finds() {
        let law = fitted();
        for orders in 0..30 {
            let ln_k = (20.0 + f64::from(orders)) * std::f64::consts::LN_10;
            for ratio in -12..12 {
                let ln_u = 0.5 * ln_k - f64::from(ratio) * 1.7;
                let run = |ln_tokens: f64| law.run(ln_tokens, ln_k, ln_u);
                let fresh = golden(&run, ln_k - 300.0, ln_u.min(ln_k + 300.0));
                let (found, slow) = (law.best(ln_k, ln_u), search(&run, fresh, ln_k, ln_u));
                // A minimum is flat: the search knows its place to the square root of the rounding of the loss only.
                assert!((found.loss - slow.loss).abs() < 1e-12 * slow.loss, "{orders} {ratio}");
                assert!(found.loss <= slow.loss * (1.0 + 4.0 * f64::EPSILON), "{orders} {ratio}");
                assert_eq!(found.slack, slow.slack);
            }
        }
    }

    #[test]
    fn the_compute_of_a_loss_gives_the_loss() {
        let law = fitted();
        let (ln_k, ln_u) = (ln(1e27), ln(1e11));
        let run = law.best(ln_k, ln_u);
        let equal = law.ln_k_of_run(ln_k, &run, ln_u);
        assert!((law.best(equal, f64::INFINITY).loss - run.loss).abs() < 1e-13);
        let step = 1e-4;
        let loss = |ln_k: f64| law.best(ln_k, f64::INFINITY).loss;
        let slope = (loss(ln_k - step) - loss(ln_k + step)) / (2.0 * step);
        assert!((law.frontier_slope(ln_k) / slope - 1.0).abs() < 1e-6);
    }
}
