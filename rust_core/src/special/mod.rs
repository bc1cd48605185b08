//! Logarithms of gamma, beta and binomial functions and of their ratios, without the cancellation of the plain differences.
//!
//! Everything finite-pool, posterior or beta-binomial is one function, [`ln_beta_ratio`]. Elementary functions are
//! `libm`'s, so the numbers are the same bits on every machine.

pub mod beta_quadrature;
pub mod cholesky;
pub mod clusters;
pub mod elementary;
pub mod gauss;
pub mod incomplete_beta;
pub mod incomplete_gamma;
pub mod normal;
pub mod proportion;
pub mod singular_values;
pub mod student_t;

use libm::{exp, expm1, lgamma, log, log1p};

/// `ln sqrt(2 pi)`.
pub(super) const LN_SQRT_2_PI: f64 = 0.918_938_533_204_672_8;
/// From here on the Stirling series is exact to 3e-17.
pub(super) const STIRLING: f64 = 10.0;

/// `ln Gamma(x)`, for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    lgamma(x)
}

/// `B_2j / (2j (2j-1))`, j = 1..7: the coefficients of `x^-(2j-1)`.
const STIRLING_SERIES: [f64; 7] =
    [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];

/// What Stirling's formula leaves over: `ln Gamma(x) - (x - 1/2) ln x + x - ln sqrt(2 pi)`, for x >= 10.
pub fn stirling_remainder(x: f64) -> f64 {
    let y = 1.0 / (x * x);
    STIRLING_SERIES.iter().rev().fold(0.0, |sum, c| sum * y + c) / x
}

/// `ln B(a, b)`, for a, b > 0.
///
/// Didonato and Morris, TOMS 708 (1992): the large logarithms cancel on paper, not in floats.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (p, q) = if a < b { (a, b) } else { (b, a) };
    if q < STIRLING {
        return lgamma(p) + (lgamma(q) - lgamma(p + q));
    }
    let s = p + q;
    let tail = stirling_remainder(q) - stirling_remainder(s);
    if p < STIRLING {
        return lgamma(p) + tail + p - p * log(s) + (q - 0.5) * log1p(-p / s);
    }
    LN_SQRT_2_PI - 0.5 * log(q) + (stirling_remainder(p) + tail) + (p - 0.5) * log(p / s) + q * log1p(-p / s)
}

/// `ln C(n, k)`, for 0 <= k <= n; minus infinity for k > n.
pub fn ln_choose(n: f64, k: f64) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    if k == 0.0 || k == n {
        return 0.0;
    }
    -log1p(n) - ln_beta(n - k + 1.0, k + 1.0)
}

/// ln(1 + e^x).
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + log1p(exp(-x.abs()))
}

/// `ln [B(a, b + k) / B(a, b)] = ln [Gamma(b + k) Gamma(a + b) / (Gamma(b) Gamma(a + b + k))]`, for a, k >= 0, b > 0.
///
/// It is `ln E[(1-p)^k]` for p ~ Beta(a, b); symmetric in a and k; relative error about 1e-14 however small a is, for k
/// of 1 or more (or the other way round). Below 10 the recurrence `f(b) = f(b+1) + ln(1 - a k / ((a+b)(b+k)))` lifts b;
/// above, Stirling's formula is summed so that only terms of the size of the result remain.
pub fn ln_beta_ratio(a: f64, b: f64, k: f64) -> f64 {
    if a == 0.0 || k == 0.0 {
        return 0.0;
    }
    if k == f64::INFINITY {
        return f64::NEG_INFINITY;
    }
    // What follows is exact in `a` as its small one.
    let (a, k) = if a < k { (a, k) } else { (k, a) };
    let mut low = b;
    let mut sum = 0.0;
    while low < STIRLING {
        // For a huge product the quotient tends to 1 - low (a + low + k) / ((a + low)(low + k)).
        let lost = (a / (a + low)) * (k / (low + k));
        sum += if lost < 0.5 { log1p(-lost) } else { log(low / (a + low) * ((a + low + k) / (low + k))) };
        low += 1.0;
    }
    let (with_a, with_k, high) = (low + a, low + k, low + a + k);
    let ln_quotient = |part: f64, step: f64| if step < 0.5 * high { log1p(-step / high) } else { log(part / high) };
    let product = (a / low) * (k / high);
    // A product below the normal numbers would lose its digits before `low` brings them back.
    let first = if product < 1e-17 { a * (1.0 - 0.5 / low) * (k / high) } else { (low - 0.5) * log1p(product) };
    let remainder = stirling_rise(low, a) - stirling_rise(with_k, a);
    first + k * ln_quotient(with_k, a) + a * ln_quotient(with_a, k) + remainder + sum
}

/// `stirling_remainder(x + step) - stirling_remainder(x)` for x >= 10, by divided differences: no digit of a small step is
/// lost.
pub(super) fn stirling_rise(x: f64, step: f64) -> f64 {
    let (u, v) = (1.0 / x, 1.0 / (x + step));
    let (y, z) = (u * u, v * v);
    // P(z) and [P(z) - P(y)]/(z - y) by Horner's rule; the remainder is u P(u^2).
    let (mut value, mut slope) = (0.0, 0.0);
    for c in STIRLING_SERIES.iter().rev() {
        slope = slope * y + value;
        value = value * z + c;
    }
    -step * u * v * (value + u * (u + v) * slope)
}

/// `ln [C(n - a, k) / C(n, k)]`: of n items, a are marked; the log probability that k drawn without replacement are all
/// unmarked. Minus infinity where `k > n - a`; needs a, k <= n.
pub fn ln_none_drawn(n: f64, a: f64, k: f64) -> f64 {
    if a == 0.0 || k == 0.0 {
        0.0
    } else if k > n - a {
        f64::NEG_INFINITY
    } else {
        ln_beta_ratio(a, n - a - k + 1.0, k)
    }
}

/// `ln(e^x + e^y)`.
pub fn ln_add_exp(x: f64, y: f64) -> f64 {
    let (low, high) = if x < y { (x, y) } else { (y, x) };
    if low == f64::NEG_INFINITY { high } else { high + log1p(exp(low - high)) }
}

/// `1 - e^x`, exact for tiny x; 0 rather than -0.
pub fn one_less_exp(x: f64) -> f64 {
    0.0 - expm1(x)
}

/// `1 - (1 - rate)^count`, exact for tiny rates; 0 where the count is 0.
pub fn any_of(rate: f64, count: f64) -> f64 {
    if count == 0.0 { 0.0 } else { one_less_exp(count * log1p(-rate)) }
}

pub(super) fn guard(x: f64) -> f64 {
    if x.abs() < 1e-300 { 1e-300 } else { x }
}

#[cfg(test)]
#[allow(clippy::excessive_precision, clippy::approx_constant)] // expected values are printed with 17 digits
mod tests {
    use super::*;

    fn assert_close(got: f64, expected: f64, relative: f64) {
        assert!((got - expected).abs() <= relative * expected.abs(), "{got} against {expected}");
    }

    // Expected values: mpmath at 60 digits.

    #[test]
    fn the_beta_ratio_keeps_its_digits() {
        for (a, b, k, expected) in [
            (1.0, 3.0, 1.0, -0.287_682_072_451_780_93),
            (0.5, 0.1, 7.0, -2.816_935_018_587_213_4),
            (0.3, 0.2, 1e6, -5.096_352_001_895_374_5),
            (1e4, 1e12, 1e4, -9.999_999_900_005_001_2e-5),
            (5e5, 250_001.0, 2.5e5, -215_761.351_606_420_53),
            (65.0, 1.0, 35.0, -62.260_613_199_339_562),
            (1.0, 1e6, 1e6, -0.693_147_180_559_945_31),
            (2.5, 0.001, 1e12, -75.699_345_402_954_017),
            (0.001, 4.0, 1e9, -0.019_467_006_273_875_329),
            (3e7, 17.0, 2e8, -89_058_594.276_170_933),
            (0.001, 0.001, 0.001, -0.287_683_712_591_111_98),
            (12.0, 1e15, 3.0, -3.599_999_999_999_974_8e-14),
            (1e6, 0.5, 1e6, -1_386_294.014_546_362_8),
        ] {
            assert_close(ln_beta_ratio(a, b, k), expected, 2e-14);
            assert_close(ln_beta_ratio(k, b, a), expected, 2e-14);
        }
    }

    #[test]
    fn beta_and_choose_keep_their_digits() {
        for (a, b, expected) in [
            (0.001, 0.002, 7.313_217_104_417_235_4),
            (3.0, 4.5, -4.387_480_485_356_345_4),
            (9.9, 9.9, -13.592_448_519_002_671),
            (0.5, 1e6, -6.335_390_211_057_437_0),
            (5.0, 1e12, -134.977_051_749_304_8),
            (10.0, 10.0, -13.736_229_227_036_555),
            (1e6, 2e6, -1_909_548.290_968_533),
            (0.001, 1e9, 6.886_455_619_547_406_8),
            (12.5, 3000.0, -81.369_173_536_206_191),
        ] {
            assert_close(ln_beta(a, b), expected, 1e-14);
            assert_close(ln_beta(b, a), expected, 1e-14);
        }
        for (n, k, expected) in [
            (2.0, 1.0, 0.693_147_180_559_945_31),
            (100.0, 50.0, 66.783_841_652_017_426),
            (1e6, 1.0, 13.815_510_557_964_274),
            (1e6, 3.0, 39.654_769_204_662_267),
            (1e6, 5e5, 693_140.047_013_063_68),
            (1e12, 7.0, 184.891_986_450_413_42),
        ] {
            assert_close(ln_choose(n, k), expected, 1e-14);
        }
        assert_eq!((ln_choose(5.0, 0.0), ln_choose(5.0, 6.0)), (0.0, f64::NEG_INFINITY));
    }

    #[test]
    fn none_drawn_is_the_product_of_its_factors() {
        for n in 1..30_u32 {
            for a in 0..=n {
                let mut product = 1.0;
                for k in 0..=n {
                    let got = exp(ln_none_drawn(f64::from(n), f64::from(a), f64::from(k)));
                    assert!((got - product).abs() <= 2e-14 * product, "n {n}, a {a}, k {k}: {got} against {product}");
                    product *= (f64::from(n - k) - f64::from(a)).max(0.0) / f64::from((n - k).max(1));
                }
            }
        }
    }

    #[test]
    fn sums_of_exponentials_and_tiny_rates() {
        assert_close(ln_add_exp(-1000.0, -1000.0), std::f64::consts::LN_2 - 1000.0, 1e-15);
        assert_eq!(ln_add_exp(f64::NEG_INFINITY, 3.0), 3.0);
        assert_close(any_of(1e-20, 7.0), 7e-20, 1e-15);
    }
}
