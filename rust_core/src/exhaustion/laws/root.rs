//! The root that decides epochs where repeated tokens lose value exponentially, with all that the model reads of it.
//!
//! With u = ln(N / `U_N`), v = ln(D / U) and u + v = T, it is the root of `p(u; R_N, alpha) = p(v; R_D, beta)` on [0, T]:
//! `p(u; R, c) = x / R + (1 + c) ln P - u`, `x = e^u - 1`, `P = 1 + R (1 - e^(-x / R))` (what the copies are worth).

use crate::math::{expm1_inside, ln, ln_inside};

/// Beyond this T every copy is worthless (R is at most 1e15), and each side takes half of what T grows by.
pub const T_MAX: f64 = 200.0;
/// A Householder step below this leaves an error of its fourth power (2e-13 at the published R, 1e-9 at R = 1e-3).
pub const CLOSE: f64 = 1e-3;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
