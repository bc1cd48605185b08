//! The compute-optimal run when repeated tokens lose value exponentially (Muennighoff et al. 2023).
//!
//! With U unique tokens, `U_N = G (U G)^(beta/alpha)` the parameters they are optimal for, `u = ln(N / U_N)` and
//! v = ln(D / U), the budget says u + v = T, `T = (alpha + beta) / alpha ln(D* / U)`. The loss is convex in u, and its
//! minimum is the one root of `p(u; R_N, alpha) = p(v; R_D, beta)` on [0, T], with
//! `p(u; R, c) = x / R + (1 + c) ln P - u`, `x = e^u - 1`, `P = 1 + R (1 - e^(-x / R))` (what the copies are worth).
//! So the shortage depends on D* / U alone.

use std::f64::consts::LN_10;

use super::base::{Base, Optimum};
use crate::math::{exp, exp_inside, expm1, expm1_inside, ln, ln_inside};

/// Beyond this T every copy is worthless (R is at most 1e15), and each side takes half of what T grows by.
pub const T_MAX: f64 = 200.0;
/// A Householder step below this leaves an error of its fourth power (2e-13 at the published R, 1e-9 at R = 1e-3).
pub const CLOSE: f64 = 1e-3;

/// `rate T` is held here, where nothing overflows: greater losses are not told apart.
const LN_REACH_MAX: f64 = 400.0;

/// One side of the equation, at u: the function, its three derivatives, and what they are made of.
#[derive(Debug, Clone, Copy)]
pub struct Side {
    p: f64,
    p1: f64,
    p2: f64,
    p3: f64,
    ln_worth: f64,
    slope: f64,
    bend: f64,
    bend1: f64,
    copies: f64,
}

/// Evaluates one side: three elementary functions, all derivatives without further ones.
#[inline(always)]
fn side(u: f64, inv_r: f64, r: f64, c: f64) -> Side {
    let x = repeats(u);
    let fade = faded(x, inv_r);
    let worth = worth(r, fade);
    Side::new(u, x, inv_r, c, ln_inside(worth), slope(x, fade, worth))
}

/// Copies beyond the first, `x = e^u - 1`.
#[inline(always)]
pub fn repeats(u: f64) -> f64 {
    expm1_inside(u)
}

/// `e^(-x / R) - 1`.
#[inline(always)]
pub fn faded(x: f64, inv_r: f64) -> f64 {
    expm1_inside(-x * inv_r)
}

/// P, what the copies are worth.
#[inline(always)]
pub fn worth(r: f64, fade: f64) -> f64 {
    1.0 - r * fade
}

/// The slope of ln P in u.
#[inline(always)]
pub fn slope(x: f64, fade: f64, worth: f64) -> f64 {
    (1.0 + x) * (1.0 + fade) / worth
}

impl Side {
    /// One side at u, from what takes elementary functions and a division.
    #[inline(always)]
    pub fn new(u: f64, x: f64, inv_r: f64, c: f64, ln_worth: f64, slope: f64) -> Self {
        let copies = 1.0 + x;
        let y = copies * inv_r;
        let s = slope;
        let e = 1.0 - y - s;
        let e1 = -y - s * e;
        let c1 = 1.0 + c;
        Self {
            p: x * inv_r + c1 * ln_worth - u,
            p1: y + c1 * s - 1.0,
            p2: y + c1 * (s * e),
            p3: y + c1 * (s * e * e + s * e1),
            ln_worth,
            slope: s,
            bend: e,
            bend1: e1,
            copies,
        }
    }

    /// ln P, its slope and the copies after a small further step h.
    #[inline(always)]
    fn moved(&self, h: f64) -> (f64, f64, f64) {
        let (s, e, e1) = (self.slope, self.bend, self.bend1);
        let s1 = s * e;
        let s2 = s1 * e + s * e1;
        let ln_worth = self.ln_worth + h * (s + h * (0.5 * s1 + h * (1.0 / 6.0) * s2));
        let slope = s + h * (s1 + h * 0.5 * s2);
        (ln_worth, slope, self.copies * (1.0 + h * (1.0 + h * (0.5 + h * (1.0 / 6.0)))))
    }
}

/// A root as the model uses it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Root {
    /// ln(N / `U_N`).
    pub u: f64,
    /// The last step taken: the root is good where it is below `CLOSE`.
    pub step: f64,
    /// ln of the worth of parameters and of tokens over their unique part.
    pub ln_worth: [f64; 2],
    /// Slopes of those in u and in v.
    pub slope: [f64; 2],
    /// D / U.
    pub epochs: f64,
    /// Derivatives of u in T.
    pub taylor: [f64; 3],
}

/// One Householder step of third order from `u`, and everything at the point it reaches.
#[inline(always)]
pub fn step(u: f64, t: f64, inverse: [f64; 2], r: [f64; 2], exponents: [f64; 2]) -> Root {
    householder(u, &side(u, inverse[0], r[0], exponents[0]), &side(t - u, inverse[1], r[1], exponents[1]))
}

/// The step from u, where the sides are known.
#[inline(always)]
pub fn householder(u: f64, a: &Side, b: &Side) -> Root {
    let f = a.p - b.p;
    let f1 = a.p1 + b.p1;
    let f2 = a.p2 - b.p2;
    let f3 = a.p3 + b.p3;
    let step = -f * (6.0 * f1 * f1 - 3.0 * f * f2) / (6.0 * f1 * f1 * f1 - 6.0 * f * f1 * f2 + f * f * f3);
    let inv = 1.0 / f1;
    let u1 = b.p1 * inv;
    let v1 = 1.0 - u1;
    let u2 = (b.p2 * v1 * v1 - a.p2 * u1 * u1) * inv;
    let u3 = (b.p3 * v1 * v1 * v1 - a.p3 * u1 * u1 * u1 - 3.0 * u2 * (a.p2 * u1 + b.p2 * v1)) * inv;
    let (ln_n, slope_n, _) = a.moved(step);
    let (ln_d, slope_d, epochs) = b.moved(-step);
    Root { u: u + step, step, ln_worth: [ln_n, ln_d], slope: [slope_n, slope_d], epochs, taylor: [u1, u2, u3] }
}

/// The root from any start or none: bracketed Newton on `ln((.3 + p_N) / (.3 + p_D))` until Householder's step is small.
pub fn solve(t: f64, start: Option<f64>, r: [f64; 2], exponents: [f64; 2]) -> Root {
    let inverse = r.map(|r| 1.0 / r);
    let share = (exponents[1] + inverse[1]) / (exponents[0] + exponents[1] + inverse[0] + inverse[1]);
    let (mut low, mut high) = (0.0, t);
    let mut u = start.filter(|u| (0.0..=t).contains(u)).unwrap_or(t * share);
    for _ in 0..200 {
        let root = step(u, t, inverse, r, exponents);
        // A converged step that rounds over the bracket's end is still a converged step: test it first.
        if root.step.abs() < 0.1 * CLOSE {
            return root;
        }
        let a = side(u, inverse[0], r[0], exponents[0]);
        let b = side(t - u, inverse[1], r[1], exponents[1]);
        if a.p < b.p {
            low = u;
        } else {
            high = u;
        }
        let slope = a.p1 / (0.3 + a.p) + b.p1 / (0.3 + b.p);
        let newton = u - ln((0.3 + a.p) / (0.3 + b.p)) / slope;
        let trial = if root.step.abs() < 0.1 { root.u } else { newton };
        u = if trial > low && trial < high { trial } else { 0.5 * (low + high) };
    }
    // The bracket has shrunk to rounding: its middle is the root.
    Root { u, step: 0.0, ..step(u, t, inverse, r, exponents) }
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

/// The optimum at ln K = `ln_k` with `exp(ln_u)` unique tokens.
pub fn optimum(base: &Base, r_n: f64, r_d: f64, max_epochs: f64, ln_k: f64, ln_u: f64) -> Optimum {
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

/// The exponents of a law and what is made of them once.
#[derive(Debug, Clone, Copy)]
pub struct Exponents {
    /// Exponent of parameters.
    pub alpha: f64,
    /// Exponent of tokens.
    pub beta: f64,
    /// The share of parameters in the reducible loss of the frontier, beta / (alpha + beta).
    pub params_share: f64,
    /// The share of tokens.
    pub tokens_share: f64,
    /// The exponent of compute, alpha beta / (alpha + beta).
    pub rate: f64,
    /// Its inverse.
    pub inv_rate: f64,
}

impl Exponents {
    /// Of alpha and beta.
    #[inline(always)]
    pub fn new(alpha: f64, beta: f64) -> Self {
        let params_share = beta / (alpha + beta);
        let rate = alpha * params_share;
        Self { alpha, beta, params_share, tokens_share: 1.0 - params_share, rate, inv_rate: 1.0 / rate }
    }

    /// ln of what A N'^-alpha and B D'^-beta are over A N*^-alpha and B D*^-beta, and what was cut off both.
    #[inline(always)]
    pub fn ln_terms(&self, t: f64, ln_worth: [f64; 2]) -> ([f64; 2], f64) {
        // ln of the frontier's reducible loss at the compute that U is optimal for, over that at K.
        let reach = self.rate * t;
        let held = if reach < LN_REACH_MAX { reach } else { LN_REACH_MAX };
        ([held - self.alpha * ln_worth[0], held - self.beta * ln_worth[1]], reach - held)
    }

    /// A N'^-alpha and B D'^-beta over L* - E, from those quotients.
    #[inline(always)]
    pub fn terms(&self, quotients: [f64; 2]) -> [f64; 2] {
        [self.params_share * quotients[0], self.tokens_share * quotients[1]]
    }
}

/// What a shortage costs, in units of the unconstrained reducible loss.
#[derive(Debug, Clone, Copy)]
pub struct Shortage {
    /// Orders of magnitude of compute.
    pub lost: f64,
    /// (L - L*) / (L* - E).
    pub excess: f64,
    /// -dL / d ln U / (L* - E).
    pub marginal: f64,
}

impl Shortage {
    /// From T, the worths and slopes of parameters and tokens; `capped` where epochs are at their limit, so that the
    /// envelope theorem does not hold and N moves with U.
    pub fn new(t: f64, ln_worth: [f64; 2], slope: [f64; 2], exponents: &Exponents, capped: bool) -> Self {
        let (ln_terms, beyond) = exponents.ln_terms(t, ln_worth);
        let terms = exponents.terms(ln_terms.map(exp_inside));
        Self::of(terms, ln_inside(terms[0] + terms[1]) + beyond, slope, exponents, capped)
    }

    /// From A N'^-alpha and B D'^-beta over L* - E, and the logarithm of their sum.
    #[inline(always)]
    pub fn of(terms: [f64; 2], ln_sum: f64, slope: [f64; 2], exponents: &Exponents, capped: bool) -> Self {
        let Exponents { alpha, beta, inv_rate, .. } = *exponents;
        let [params, tokens] = terms;
        let lost = ln_sum * (inv_rate * (1.0 / LN_10));
        let excess = params + tokens - 1.0;
        let envelope = beta * (tokens * (1.0 - slope[1]) + params * (1.0 - slope[0]));
        let along_cap = beta * tokens + params * (beta - slope[0] * (alpha + beta));
        let marginal = if capped { along_cap } else { envelope };
        Self {
            lost: if lost > 0.0 { lost } else { 0.0 },
            excess: if excess > 0.0 { excess } else { 0.0 },
            marginal: if marginal > 0.0 { marginal } else { 0.0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::base::BESIROGLU;
    use crate::exhaustion::law::{Law, Scarcity};

    /// The C4 base of Muennighoff et al. 2023 (alpha and beta tied).
    const C4: Base =
        Base { log_a: 6.255_414, log_b: 7.304_997_4, log_e: 0.625_480_4, alpha: 0.352_659_6, beta: 0.352_659_6 };

    /// The root by 200 bisections of the first-order condition, the slow way.
    fn bisect(t: f64, r: [f64; 2], c: [f64; 2]) -> f64 {
        let p = |u: f64, i: usize| {
            let x = libm::expm1(u);
            x / r[i] + (1.0 + c[i]) * libm::log(1.0 - r[i] * libm::expm1(-x / r[i])) - u
        };
        let (mut low, mut high) = (0.0, t);
        for _ in 0..200 {
            let u = 0.5 * (low + high);
            if p(u, 0) < p(t - u, 1) { low = u } else { high = u }
        }
        0.5 * (low + high)
    }

    #[test]
    fn roots_equal_a_slow_bisection() {
        let mut worst: f64 = 0.0;
        for t in [1e-9, 0.01, 0.3, 1.0, 3.0, 8.0, 20.0, 60.0, 199.0] {
            for r_n in [1e-3, 0.1, 1.8, 5.309_743, 20.0, 1e4, 1e12] {
                for r_d in [1e-3, 0.3, 4.8, 15.387_756, 58.0, 1e6, 1e15] {
                    for c in [[0.347_8, 0.365_9], [0.05, 0.9], [2.0, 0.1]] {
                        let root = solve(t, None, [r_n, r_d], c);
                        let slow = bisect(t, [r_n, r_d], c);
                        assert!(root.step.abs() < CLOSE);
                        worst = worst.max((root.u - slow).abs() / t.max(1.0));
                    }
                }
            }
        }
        assert!(worst < 2e-11, "worst error {worst:e}");
    }

    #[test]
    fn the_optimum_beats_every_neighbour_and_its_loss_is_the_laws() {
        for base in [BESIROGLU, C4] {
            let law =
                Law { base, scarcity: Scarcity::Repetition { data: 15.387_756, params: 5.309_743, max_epochs: 1e300 } };
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
        let best = optimum(&C4, 5.309_743, 15.387_756, f64::INFINITY, ln(1e22 / 6.0), ln(25e9));
        assert!((exp(best.ln_params) / 7.026_16e9 - 1.0).abs() < 1e-6);
        assert!((exp(best.ln_tokens) / 237.209e9 - 1.0).abs() < 1e-6);
        assert!((best.loss_unconstrained + best.excess - 2.222_129_27).abs() < 1e-8);
    }

    #[test]
    fn a_limit_on_epochs_binds_and_its_marginal_value_is_the_slope() {
        let of = |ln_u: f64| optimum(&BESIROGLU, 5.3, 15.4, 4.0, ln(1e26 / 6.0), ln_u);
        let ln_u = ln(1e11);
        let best = of(ln_u);
        assert!((best.ln_tokens - ln_u - ln(4.0)).abs() < 1e-12);
        let free = optimum(&BESIROGLU, 5.3, 15.4, f64::INFINITY, ln(1e26 / 6.0), ln_u);
        assert!(best.excess > free.excess && best.lost > free.lost);
        let slope = (of(ln_u - 1e-4).excess - of(ln_u + 1e-4).excess) / 2e-4;
        assert!((slope - best.marginal).abs() < 1e-7, "{slope} {}", best.marginal);
    }
}
