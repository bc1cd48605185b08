//! The beta distribution: both tails, their density, quantiles; accurate for the large parameters of many votes.

use std::cell::OnceCell;

use libm::{exp, expm1, log, log1p};

use super::gauss::integral;
use super::normal::normal_survival;
use super::{LN_SQRT_2_PI, STIRLING, guard, ln_beta, stirling_remainder};

/// Where the continued fraction takes too many terms, and loses digits next to x = 1.
const LARGE: f64 = 1e3;
/// The fraction is good at any size where the parameter of its side is small.
const SMALL_SHAPE: f64 = 50.0;

/// The regularised incomplete beta function `I_x(a, b) = P(Beta(a, b) <= x)`, for a, b > 0.
pub fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    beta_tails(a, b, x, 1.0 - x)[0]
}

/// `[P(X <= x), P(X > x)]` for X ~ Beta(a, b) and y = 1 - x, of which the smaller should be exact.
///
/// The tail on the near side of the mean is computed; the other is what it leaves.
pub fn beta_tails(a: f64, b: f64, x: f64, y: f64) -> [f64; 2] {
    Shape::new(a, b).tails(x, y)
}

/// A beta distribution that is asked for at many places; what depends on its parameters alone is worked out once.
struct Shape {
    a: f64,
    b: f64,
    /// The density's constants as seen from 0 and from 1.
    fronts: [OnceCell<Front>; 2],
}

impl Shape {
    fn new(a: f64, b: f64) -> Self {
        Self { a, b, fronts: Default::default() }
    }

    fn front(&self) -> &Front {
        self.fronts[0].get_or_init(|| Front::new(self.a, self.b))
    }

    fn cdf(&self, x: f64) -> f64 {
        self.tails(x, 1.0 - x)[0]
    }

    fn tails(&self, x: f64, y: f64) -> [f64; 2] {
        if x <= 0.0 || y <= 0.0 {
            return if x <= 0.0 { [0.0, 1.0] } else { [1.0, 0.0] };
        }
        let (a, b) = (self.a, self.b);
        if x > (a + 1.0) / (a + b + 2.0) {
            let upper = lower_tail(self.fronts[1].get_or_init(|| Front::new(b, a)), y, x);
            return [1.0 - upper, upper];
        }
        let lower = lower_tail(self.front(), x, y);
        [lower, 1.0 - lower]
    }
}

fn lower_tail(front: &Front, x: f64, y: f64) -> f64 {
    let Front { a, b, .. } = *front;
    let front = exp(front.ln(x, y));
    let tail = if a + b > LARGE && a > SMALL_SHAPE { by_quadrature(a, b, x, y) } else { by_fraction(a, b, x) / a };
    (front * tail).min(1.0)
}

/// `a I_x(a, b)` over `x^a y^b / B(a, b)`: the continued fraction DLMF 8.17.22 by Lentz's method.
fn by_fraction(a: f64, b: f64, x: f64) -> f64 {
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// `I_x(a, b)` over `x^a y^b / B(a, b)`: the integral over `t` of the density of logit X at logit x - t, relative to that
/// at logit x, by Gauss and Legendre.
///
/// The density is log-concave there, with no singularity nearer than pi: sixteen nodes on each of eight panels of what
/// counts leave nothing, whatever a and b are.
fn by_quadrature(a: f64, b: f64, x: f64, y: f64) -> f64 {
    const PANELS: u32 = 8;
    let (s, slope) = (a + b, distance(a, b, x, y));
    // ln of the density at t over that at 0: the slope, and the curvature from whichever of x and y is small.
    let fall = |t: f64| {
        let (share, step) = if x <= y { (x, -t) } else { (y, t) };
        slope * t - s * (share * expm1_less(step) + log1p_less(share * expm1(step)))
    };
    let mut end = (2.0 / (s * x * y)).sqrt();
    while fall(end) > -40.0 {
        end *= 1.25;
    }
    integral(0.0, end, PANELS, |t| exp(fall(t)))
}

/// `(a + b) x - a`, exact to the last digit but one where the smaller of x and y = 1 - x is exact.
fn distance(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let s = a + b;
    let (large, small) = if a > b { (a, b) } else { (b, a) };
    let lost = small - (s - large);
    if x <= y { x.mul_add(s, -a) + x * lost } else { -(y.mul_add(s, -b) + y * lost) }
}

/// What of `x^a y^b / B(a, b)` depends on a and b alone.
#[derive(Debug)]
struct Front {
    a: f64,
    b: f64,
    /// `ln B(a, b)`; from 10 on ln of the height of the mode, in two parts.
    constants: [f64; 2],
}

impl Front {
    fn new(a: f64, b: f64) -> Self {
        if a < STIRLING || b < STIRLING {
            return Self { a, b, constants: [ln_beta(a, b), 0.0] };
        }
        let s = a + b;
        let remainder = stirling_remainder(s) - stirling_remainder(a) - stirling_remainder(b);
        Self { a, b, constants: [0.5 * log(a * (b / s)), remainder] }
    }

    /// `ln [x^a y^b / B(a, b)]` for y = 1 - x; from 10 on by the distance from the mode, so that nothing large cancels.
    fn ln(&self, x: f64, y: f64) -> f64 {
        let Self { a, b, constants } = *self;
        if a < STIRLING || b < STIRLING {
            let (ln_x, ln_y) = if x <= y { (log(x), log1p(-x)) } else { (log1p(-y), log(y)) };
            return a * ln_x + b * ln_y - constants[0];
        }
        let s = a + b;
        let off = distance(a, b, x, y);
        // c ln(share s / c) less the distance, which the two sides have with opposite signs.
        let side = |c: f64, share: f64, off: f64| {
            let relative = off / c;
            if relative.abs() < 0.5 { c * log1p_less(relative) } else { c * log(share * (s / c)) - off }
        };
        side(a, x, off) + side(b, y, -off) + constants[0] - LN_SQRT_2_PI + constants[1]
    }
}

/// P(Binomial(n, p) = k) for q = 1 - p.
pub fn binomial_pmf(n: f64, k: f64, p: f64, q: f64) -> f64 {
    if p == 0.0 || q == 0.0 {
        return f64::from(u8::from(k == if p == 0.0 { 0.0 } else { n }));
    }
    // The density of Beta(k+1, n-k+1) over n+1; as logarithms, for 1/p may be no number.
    exp(Front::new(k + 1.0, n - k + 1.0).ln(p, q) - log(p) - log(q) - log1p(n))
}

/// `ln(1 + x) - x`, for x above -1.
fn log1p_less(x: f64) -> f64 {
    if x.abs() > 0.5 {
        return log1p(x) - x;
    }
    // ln(1 + x) = 2 (r + r^3/3 + r^5/5 + ...) with r = x/(2 + x), and 2r - x = -r x.
    let r = x / (2.0 + x);
    let square = r * r;
    let mut series = 0.0;
    for j in (1..=17).rev() {
        series = series * square + 1.0 / f64::from(2 * j + 1);
    }
    r * (2.0 * square * series - x)
}

/// `e^x - 1 - x`.
fn expm1_less(x: f64) -> f64 {
    if x.abs() > 0.5 {
        return expm1(x) - x;
    }
    let mut series = 0.0;
    for j in (3..=16).rev() {
        series = (series + 1.0) * x / f64::from(j);
    }
    0.5 * x * x * (1.0 + series)
}

/// The x with `I_x(a, b) = p`: bisection on its logit, from e^-700 to 1 - e^-36.
pub fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let law = Shape::new(a, b);
    let (mut low, mut high) = (-700.0_f64, 36.0_f64);
    let share = |u: f64| 1.0 / (1.0 + exp(-u));
    while high - low > 1e-14 * high.abs().max(1.0) {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if law.cdf(share(middle)) < p { low = middle } else { high = middle }
    }
    share(f64::midpoint(low, high))
}

/// The x with `P(Beta(a, b) <= x) = P(Z <= z)` for a standard normal Z, for a, b >= 0, not both 0: all mass is at 0 where
/// a is 0, and at 1 where b is.
///
/// Newton's method on the logarithm of the smaller tail over logit x, kept inside a bracket; 0 below e^-700, which a
/// tiny `a` reaches.
pub fn beta_quantile_of_score(a: f64, b: f64, z: f64) -> f64 {
    if z > 0.0 {
        return 1.0 - beta_quantile_of_score(b, a, -z);
    }
    if a == 0.0 || b == 0.0 {
        return if a == 0.0 { 0.0 } else { 1.0 };
    }
    let goal = log(normal_survival(-z));
    let at = |t: f64| 1.0 / (1.0 + exp(-t));
    let law = Shape::new(a, b);
    let (mut low, mut high) = (-700.0, 700.0);
    if log(law.cdf(at(low))) >= goal {
        return 0.0;
    }
    // ln P ~ a ln x far below, which a small `a` makes nearly everywhere.
    let mut t = ((goal + log(a) + ln_beta(a, b)) / a).clamp(-699.0, log(a / b).clamp(-699.0, 699.0));
    for _ in 0..200 {
        let x = at(t);
        let tail = law.cdf(x);
        let excess = log(tail) - goal;
        if excess > 0.0 {
            high = t;
        } else {
            low = t;
        }
        let step = excess * tail / exp(law.front().ln(x, 1.0 - x));
        if step.abs() < 1e-13 * (1.0 + t.abs()) || high - low < 1e-13 * (1.0 + t.abs()) {
            break;
        }
        let next = t - step;
        t = if next > low && next < high { next } else { 0.5 * (low + high) };
    }
    at(t)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(got: f64, expected: f64, relative: f64) {
        assert!((got - expected).abs() <= relative * expected.abs(), "{got} against {expected}");
    }

    // Expected values: mpmath at 60 digits.

    #[test]
    #[allow(clippy::excessive_precision)] // they are printed with 17 digits
    fn the_beta_distribution() {
        for (a, b, x, expected) in [
            (0.5, 0.5, 0.3, 0.369_010_119_565_545_38),
            (2.0, 3.0, 0.9, 0.9963),
            (501.0, 501.0, 0.52, 0.897_309_014_130_899_58),
            (0.01, 7.0, 0.001, 0.956_273_746_419_306_9),
            (50_001.0, 50_001.0, 0.499, 0.263_542_872_536_842_29),
            (30.0, 2.0, 0.99, 0.961_610_485_404_764_49),
        ] {
            assert_close(beta_cdf(a, b, x), expected, 1e-12);
        }
    }

    #[test]
    fn the_beta_quantile_of_a_score_inverts_its_distribution() {
        for (a, b) in [(0.033, 0.633), (0.45, 8.55), (1.0, 1.0), (3.0, 0.2), (50.0, 950.0), (2e4, 1e5), (1e-3, 2e-3)] {
            for z in [-6.0, -2.5, -0.7, 0.0, 0.4, 1.9, 5.0] {
                let x = beta_quantile_of_score(a, b, z);
                // Where x rounds to 0 or 1 its distance from there is below what x can tell.
                if x > 0.0 && x < 1.0 - 1e-4 {
                    let (got, expected) = (beta_cdf(a, b, x), normal_survival(-z));
                    assert!((got - expected).abs() < 1e-9 * expected, "a {a}, b {b}, z {z}: {got} {expected}");
                } else {
                    assert!(x == 0.0 || 1.0 - beta_cdf(a, b, 1.0 - 1e-4) >= normal_survival(z) * (1.0 - 1e-9));
                }
            }
        }
        assert_close(beta_quantile_of_score(2.0, 2.0, 0.0), 0.5, 1e-13);
        for z in [-3.0, 0.0, 3.0] {
            assert_eq!([beta_quantile_of_score(0.0, 1e-9, z), beta_quantile_of_score(1e-9, 0.0, z)], [0.0, 1.0]);
            assert!((0.0..=1.0).contains(&beta_quantile_of_score(5e-324, 1e-16, z)));
            assert!((0.0..=1.0).contains(&beta_quantile_of_score(1e-300, 1e9, z)));
        }
    }

    #[test]
    fn a_quantile_inverts_its_distribution() {
        for (a, b) in [(0.05, 3.0), (1.0, 1.0), (40.5, 60.5), (0.5, 1e6)] {
            for p in [0.025, 0.5, 0.975] {
                assert_close(beta_cdf(a, b, beta_quantile(a, b, p)), p, 1e-11);
            }
        }
    }
}
