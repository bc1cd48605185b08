//! Repeated tokens and excess parameters lose value exponentially (Muennighoff et al. 2023).
//!
//! With U unique tokens, `U_N = G (U G)^(beta/alpha)` the parameters they are optimal for, `u = ln(N / U_N)` and
//! v = ln(D / U), the budget says u + v = T, `T = (alpha + beta) / alpha ln(D* / U)`. The loss is convex in u, and its
//! minimum is the one [`root`](super::root) of an equation on [0, T]. So the shortage depends on D* / U alone.

use serde::Deserialize;

use super::base::{Base, Optimum};
use super::root::{T_MAX, solve};
use super::scaling_law::{Drawn, InLanes, Reads, ScalingLaw, Settings};
use super::shortage::{Exponents, Shortage};
use crate::error::{Result, check_range};
use crate::math::{exp, expm1, ln};

/// The range of `R_D*` and `R_N*`.
pub const REPETITION_RANGE: (f64, f64) = (1e-3, 1e15);

/// The law as it is given.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Muennighoff {
    /// ln A, ln B, ln E, alpha, beta; none: drawn in a scenario, Besiroglu's on its own.
    pub base: Option<Base>,
    /// `R_D*`; none: drawn in a scenario, 15.39 on its own.
    pub repetition_data: Option<f64>,
    /// `R_N*`; none: drawn in a scenario, 5.31 on its own.
    pub repetition_params: Option<f64>,
    /// The most epochs allowed.
    pub max_epochs: Option<f64>,
}

impl Settings for Muennighoff {
    type Law = Repetition;

    fn check(&self) -> Result<()> {
        let (low, high) = REPETITION_RANGE;
        self.base.as_ref().map_or(Ok(()), Base::check)?;
        check_range("repetition_data", self.repetition_data.as_slice(), low, high)?;
        check_range("repetition_params", self.repetition_params.as_slice(), low, high)?;
        check_range("max_epochs", self.max_epochs.as_slice(), 1.0, 1e15)
    }

    fn law(&self, drawn: &Drawn) -> Repetition {
        Repetition {
            base: self.base.unwrap_or(drawn.base),
            data: self.repetition_data.unwrap_or(drawn.repetition_data),
            params: self.repetition_params.unwrap_or(drawn.repetition_params),
            max_epochs: self.max_epochs.unwrap_or(f64::INFINITY),
        }
    }

    fn reads(&self) -> Reads {
        Reads {
            base: self.base.is_none(),
            repetition_data: self.repetition_data.is_none(),
            repetition_params: self.repetition_params.is_none(),
        }
    }

    fn is_drawn(&self) -> bool {
        let Reads { base, repetition_data, repetition_params } = self.reads();
        base && repetition_data && repetition_params && self.max_epochs.is_none()
    }
}

/// The law with every coefficient known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repetition {
    /// The base.
    pub base: Base,
    /// `R_D*`.
    pub data: f64,
    /// `R_N*`.
    pub params: f64,
    /// The most epochs allowed.
    pub max_epochs: f64,
}

impl ScalingLaw for Repetition {
    const POWER_LAW: bool = true;
    const LARGER_IS_BETTER: bool = true;

    fn base(&self) -> &Base {
        &self.base
    }

    fn loss(&self, ln_params: f64, ln_tokens: f64, ln_u: f64) -> f64 {
        let unique = ln_u.min(ln_tokens);
        let ln_un = ln_parameters_of(&self.base, unique).min(ln_params);
        let n = ln_un + ln_worth(ln_params - ln_un, self.params);
        let d = unique + ln_worth(ln_tokens - unique, self.data);
        self.base.loss(n, d)
    }

    fn optimum(&self, ln_k: f64, ln_u: f64) -> Optimum {
        let Self { base, data: r_d, params: r_n, max_epochs } = *self;
        let (alpha, beta) = (base.alpha, base.beta);
        let free = base.frontier(ln_k);
        let reducible = exp(free.ln_reducible);
        let slack = Optimum {
            ln_params: free.ln_params,
            ln_tokens: free.ln_tokens,
            loss_unconstrained: base.irreducible() + reducible,
            ..Optimum::default()
        };
        let t = (alpha + beta) / alpha * (free.ln_tokens - ln_u);
        if t <= 0.0 {
            return slack;
        }
        let root = solve(t.min(T_MAX), None, [r_n, r_d], [alpha, beta]);
        let v = t - (root.u + 0.5 * (t - T_MAX).max(0.0));
        let capped = v > ln(max_epochs);
        let (v, worth, slope) = if capped {
            let v = ln(max_epochs);
            let worth = [ln_worth(t - v, r_n), ln_worth(v, r_d)];
            // s = (1 + x) e^(-x / R) / P, with x cut where the exponential is 0 anyway.
            let slope = |u: f64, r: f64, w: f64| exp(u - expm1(u.min(100.0)) / r - w);
            (v, worth, [slope(t - v, r_n, worth[0]), slope(v, r_d, worth[1])])
        } else {
            (v, root.ln_worth, root.slope)
        };
        let shortage = Shortage::new(t, worth, slope, &Exponents::new(alpha, beta), capped);
        Optimum {
            ln_params: ln_k - (ln_u + v),
            ln_tokens: ln_u + v,
            excess: reducible * shortage.excess,
            lost: shortage.lost,
            marginal: reducible * shortage.marginal,
            ..slack
        }
    }

    fn in_lanes(&self) -> InLanes {
        InLanes { worth: Some([self.data, self.params]), alone: self.max_epochs.is_finite() }
    }
}

/// ln of what `exp(ln_copies)` copies are worth in units of the first: `1 + R (1 - e^(-x / R))`, x further copies.
pub fn ln_worth(ln_copies: f64, r: f64) -> f64 {
    let x = expm1(ln_copies.max(0.0));
    ln(1.0 - r * expm1(-x / r))
}

/// ln of the parameters for which `exp(ln_u)` unique tokens are optimal.
pub fn ln_parameters_of(base: &Base, ln_u: f64) -> f64 {
    let ln_g = base.frontier(0.0).ln_g;
    ln_g + base.beta / base.alpha * (ln_u + ln_g)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::laws::base::BESIROGLU;

    /// The C4 base of Muennighoff et al. 2023 (alpha and beta tied).
    const C4: Base =
        Base { log_a: 6.255_414, log_b: 7.304_997_4, log_e: 0.625_480_4, alpha: 0.352_659_6, beta: 0.352_659_6 };

    #[test]
    fn the_optimum_beats_every_neighbour_and_its_loss_is_the_laws() {
        for base in [BESIROGLU, C4] {
            let law = Repetition { base, data: 15.387_756, params: 5.309_743, max_epochs: 1e300 };
            for (c, u) in [(1e22, 25e9), (1e24, 1e10), (5e28, 1e13), (1e30, 1e9), (1e23, 1e13)] {
                let (ln_k, ln_u) = (ln(c / 6.0), ln(u));
                let best = law.optimum(ln_k, ln_u);
                let at = |move_by: f64| law.loss(best.ln_params + move_by, best.ln_tokens - move_by, ln_u);
                let loss = best.loss_unconstrained + best.excess;
                assert!((at(0.0) - loss).abs() < 1e-13 * loss, "{} {loss}", at(0.0));
                for h in [1e-3, 0.1, 1.0] {
                    assert!(at(h).min(at(-h)) >= loss - 4.0 * f64::EPSILON * loss);
                }
                let h = 1e-4;
                let of_u = |d: f64| {
                    let o = law.optimum(ln_k, ln_u + d);
                    o.loss_unconstrained + o.excess
                };
                let slope = (of_u(-h) - of_u(h)) / (2.0 * h);
                assert!((slope - best.marginal).abs() < 1e-7 * (1.0 + best.marginal), "{slope} {}", best.marginal);
            }
        }
    }

    #[test]
    fn the_published_optimum_of_the_c4_law() {
        let best = Repetition { base: C4, data: 15.387_756, params: 5.309_743, max_epochs: f64::INFINITY }
            .optimum(ln(1e22 / 6.0), ln(25e9));
        assert!((exp(best.ln_params) / 7.026_16e9 - 1.0).abs() < 1e-6);
        assert!((exp(best.ln_tokens) / 237.209e9 - 1.0).abs() < 1e-6);
        assert!((best.loss_unconstrained + best.excess - 2.222_129_27).abs() < 1e-8);
    }

    #[test]
    fn a_limit_on_epochs_binds_and_its_marginal_value_is_the_slope() {
        let law = |max_epochs: f64| Repetition { base: BESIROGLU, data: 15.4, params: 5.3, max_epochs };
        let of = |ln_u: f64| law(4.0).optimum(ln(1e26 / 6.0), ln_u);
        let ln_u = ln(1e11);
        let best = of(ln_u);
        assert!((best.ln_tokens - ln_u - ln(4.0)).abs() < 1e-12);
        let free = law(f64::INFINITY).optimum(ln(1e26 / 6.0), ln_u);
        assert!(best.excess > free.excess && best.lost > free.lost);
        let slope = (of(ln_u - 1e-4).excess - of(ln_u + 1e-4).excess) / 2e-4;
        assert!((slope - best.marginal).abs() < 1e-7, "{slope} {}", best.marginal);
    }
}
