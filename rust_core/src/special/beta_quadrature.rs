//! Means over a Beta law by the trapezoid rule in the logit: points and weights that add to 1.
//!
//! What attempts come to varies with a rate p over one unit of x = ln(p/(1-p)) and stays bounded on the strip
//! |Im x| < pi/2, however many attempts there are: b^K is at most 1 where p and 1-p have positive real parts. The error of
//! the rule with step h is then of the size `exp(-pi^2 / h)` times what the weight `p^a (1-p)^b` grows to on the edge of the
//! strip; with h at most .25 and at most .6 standard deviations of x it stays below 1e-13 (tests against moments that are
//! known). Trefethen and Weideman, *The exponentially convergent trapezoidal rule*, SIAM Review 56 (2014).
//!
//! Where a parameter is below 1 the weight has a long tail. There the value at the end of the tail is subtracted and its
//! exact mean added back, which is a point at the end with the weight that is left. What remains falls as p^(a+1).
//! Points are whole multiples of a power of two in x, so that different laws share them.

use libm::{exp, expm1, log, log1p, sqrt};

/// Points are left out where what they add is below exp of its negative.
const CUT: f64 = 34.0;

/// How exact a mean is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    /// To twelve digits and more.
    All,
    /// To eight or nine, with half of the points.
    Eight,
}

impl Digits {
    /// The largest step, and that in standard deviations of the logit.
    const fn steps(self) -> [f64; 2] {
        match self {
            Self::All => [0.25, 0.6],
            Self::Eight => [0.5, 1.2],
        }
    }
}

/// A smaller parameter beside a larger one is the same to all digits, and so are two smaller ones with their ratio.
const LEAST: f64 = 1e-290;
/// Stands for the whole of a tail at 0: far below one over any number of attempts, and not 0.
pub const NEXT_TO_ZERO: f64 = 1e-300;

/// The points of `Beta(a, b)` with their weights.
///
/// `scale` says how fast what is averaged may change at both ends: it is its value at 0 up to order `scale[0] p`, and its
/// value at 1 up to order `scale[1] (1-p)`.
pub fn beta_points(parameters: [f64; 2], scale: [f64; 2], digits: Digits) -> Vec<(f64, f64)> {
    let [largest, share] = digits.steps();
    let [a, b] = parameters;
    let up = if a.max(b) < LEAST { LEAST / a.min(b) } else { 1.0 };
    let [a, b] = [a, b].map(|x| (up * x).max(LEAST));
    let mut step = largest;
    while step > share * sqrt(1.0 / a + 1.0 / b) {
        step *= 0.5;
    }
    let mean = a / (a + b);
    let centre = log(a / b);
    let ends = [a < 1.0, b < 1.0];
    let ln_scale = scale.map(log);
    // The rate, 1 less it, and ln of the weight relative to that at the mean, where it is largest.
    let point = |k: f64| {
        let x = k * step;
        let (p, rest) = (1.0 / (1.0 + exp(-x)), 1.0 / (1.0 + exp(x)));
        (p, rest, ln_weight(a + b, mean, x - centre))
    };
    let counts = |p: f64, rest: f64, ln: f64| {
        let side = usize::from(p > mean);
        let from_end = if side == 0 { p } else { rest };
        let tail = if ends[side] { (log(from_end) + ln_scale[side]).min(0.0) } else { 0.0 };
        ln + tail > -CUT
    };
    let mut points = Vec::new();
    let start = libm::floor(centre / step);
    for direction in [-1.0, 1.0] {
        let mut k = if direction < 0.0 { start } else { start + 1.0 };
        loop {
            let (p, rest, ln) = point(k);
            if !counts(p, rest, ln) || p == 0.0 || rest == 0.0 {
                break;
            }
            // Above the mean of a law that lies next to 0 for the most part there is a tail at 0 too.
            if !(ends[0] && log(p) + ln_scale[0] < -CUT) {
                points.push((p, rest, exp(ln)));
            }
            k += direction;
        }
        if direction < 0.0 {
            points.reverse();
        }
    }
    let sum = |of: fn(f64, f64) -> f64| points.iter().map(|&(p, rest, w)| w * of(p, rest)).sum::<f64>();
    let unit = match ends {
        [false, false] => 1.0 / sum(|_, _| 1.0),
        [true, false] => mean / sum(|p, _| p),
        [false, true] => (b / (a + b)) / sum(|_, rest| rest),
        [true, true] => mean * (b / (a + b)) * ((a + b) / (a + b + 1.0)) / sum(|p, rest| p * rest),
    };
    let left = match ends {
        [false, false] => [0.0, 0.0],
        [true, false] => [1.0 - unit * sum(|_, _| 1.0), 0.0],
        [false, true] => [0.0, 1.0 - unit * sum(|_, _| 1.0)],
        [true, true] => [b / (a + b) - unit * sum(|_, rest| rest), mean - unit * sum(|p, _| p)],
    };
    let mut all = Vec::with_capacity(points.len() + 2);
    // What is left can come out as less than 0 by rounding.
    all.extend((left[0] > 0.0).then_some((NEXT_TO_ZERO, left[0])));
    all.extend(points.into_iter().map(|(p, _, w)| (p, unit * w)));
    all.extend((left[1] > 0.0).then_some((1.0, left[1])));
    all
}

/// `ln [p^a (1-p)^b]` at `x = logit(mean) + shift` less the same at the mean a/(a+b), for `size` = a+b: less `size` times
/// what the cumulants of a coin from the second on add to.
fn ln_weight(size: f64, mean: f64, shift: f64) -> f64 {
    if shift.abs() < 1e-3 {
        let v = mean * (1.0 - mean);
        let skew = 1.0 - 2.0 * mean;
        let cumulants =
            [v, v * skew, v * (1.0 - 6.0 * v), v * skew * (1.0 - 12.0 * v), v * (1.0 - 30.0 * v + 120.0 * v * v)];
        let (mut term, mut sum) = (shift, 0.0);
        for (order, cumulant) in (2..).zip(cumulants) {
            term *= shift / f64::from(order);
            sum += cumulant * term;
        }
        return -size * sum;
    }
    if mean > 0.5 {
        // The same seen from 1, so that the large terms do not cancel.
        return size * (-(1.0 - mean) * shift - log1p((1.0 - mean) * expm1(-shift)));
    }
    size * (mean * shift - log1p(mean * expm1(shift)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::ln_beta_ratio;

    const LAWS: [[f64; 2]; 24] = [
        [1e-320, 3.0],
        [1e-300, 1e-310],
        [0.05, 0.05],
        [0.001, 1.0],
        [1e-6, 1e-6],
        [1e-6, 1e9],
        [1e9, 1e-6],
        [0.23, 0.96],
        [0.05, 1e4],
        [0.5, 100.5],
        [100.5, 0.5],
        [3.0, 98.0],
        [98.0, 3.0],
        [1.0, 1.0],
        [0.999, 1.001],
        [1.0, 0.5],
        [10.0, 1e4],
        [1e4, 10.0],
        [1e4, 1e4],
        [5.0, 6.0],
        [2.5, 2.5],
        [30.5, 71.5],
        [1e6, 3e7],
        [1e9, 1e9],
    ];

    #[test]
    fn weights_add_to_one_and_give_known_moments() {
        for [a, b] in LAWS {
            for most in [1.0, 1e3, 1e6, 1e12] {
                let points = beta_points([a, b], [most, most], Digits::All);
                let mean = |of: &dyn Fn(f64) -> f64| points.iter().map(|&(p, w)| w * of(p)).sum::<f64>();
                let near = |got: f64, want: f64, what: &str| {
                    assert!((got - want).abs() < 1e-12, "Beta({a}, {b}) to {most}: {what} {got} {want}");
                };
                near(mean(&|_| 1.0), 1.0, "sum");
                near(mean(&|p| p), a / (a + b), "mean");
                near(mean(&|p| p * p), a / (a + b) * (a + 1.0) / (a + b + 1.0), "square");
                for k in [1.0, 7.0, 30.0, 300.0, 1e3, 1e5, 1e6, 1e9, 1e12] {
                    if k > most {
                        break;
                    }
                    near(mean(&|p| exp(k * log1p(-p))), exp(ln_beta_ratio(a, b, k)), &format!("none of {k}"));
                    // A rate next to 1 is known to half a unit of its last digit only.
                    if k <= 1e3 {
                        near(mean(&|p| exp(k * log(p))), exp(ln_beta_ratio(b, a, k)), &format!("all of {k}"));
                    }
                }
            }
        }
    }

    #[test]
    fn half_the_step_changes_nothing_that_is_not_elementary() {
        // E[q b^K] of a verifier, against the same rule of a law that shares the points of half the step: Beta(a, b) is
        // the mean of Beta(a+1, b) and Beta(a, b+1) with the weights a/(a+b) and b/(a+b), whose own points differ.
        for [a, b] in LAWS.into_iter().filter(|[a, b]| *a < 1e6 && *b < 1e6) {
            for (f, g) in [(0.0, 0.0), (1e-6, 0.0), (0.05, 0.0), (0.05, 0.2), (0.0, 0.2), (1e-6, 0.9), (0.7, 0.8)] {
                for k in [0.0, 1.0, 40.0, 1e3, 1e6] {
                    let value = |p: f64| {
                        let (right, wrong) = (p * (1.0 - g), (1.0 - p) * f);
                        let rejected = p * g + (1.0 - p) * (1.0 - f);
                        let none = if rejected > 0.5 { exp(k * log1p(-right - wrong)) } else { exp(k * log(rejected)) };
                        // The limit of many attempts has a scale of its own, and is left out.
                        if k == 0.0 { rejected } else { right / (right + wrong) * (1.0 - none) }
                    };
                    let mean =
                        |law| beta_points(law, [1e6, 1e6], Digits::All).iter().map(|&(p, w)| w * value(p)).sum::<f64>();
                    let (got, want) = (mean([a, b]), (a * mean([a + 1.0, b]) + b * mean([a, b + 1.0])) / (a + b));
                    assert!((got - want).abs() < 1e-12, "Beta({a}, {b}), f {f}, g {g}, {k}: {got} {want}");
                }
            }
        }
    }
}
