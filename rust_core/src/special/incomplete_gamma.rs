//! The distribution function of a gamma variable, accurate for the large shapes of sums of many.

use libm::{exp, lgamma, log, log1p};

use crate::special::{LN_SQRT_2_PI, STIRLING, guard, stirling_remainder};

/// The regularised incomplete gamma function `P(a, x) = P(Gamma(a) <= x)`, for a > 0.
///
/// The series DLMF 8.7.1 below a + 1, the continued fraction 8.9.2 above; both take O(sqrt(a)) terms.
pub fn gamma_cdf(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = exp(ln_gamma_front(a, x));
    if x < a + 1.0 { front * series(a, x) } else { 1.0 - front * a * fraction(a, x) }
}

/// `ln P(Gamma(a) <= x)` and `ln P(Gamma(a) > x)`, for a > 0: the smaller of the two never underflows.
pub fn ln_gamma_tails(a: f64, x: f64) -> [f64; 2] {
    if x <= 0.0 {
        return [f64::NEG_INFINITY, 0.0];
    }
    let front = ln_gamma_front(a, x);
    if x < a + 1.0 {
        let below = (front + log(series(a, x))).min(0.0);
        [below, log1p(-exp(below))]
    } else {
        let above = (front + log(a * fraction(a, x))).min(0.0);
        [log1p(-exp(above)), above]
    }
}

/// DLMF 8.7.1 but for its front: the sum of x^k / ((a+1) ... (a+k)).
fn series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, a);
    while term > 1e-17 * sum {
        k += 1.0;
        term *= x / k;
        sum += term;
    }
    sum
}

/// DLMF 8.9.2 but for its front, by Lentz's method.
fn fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1e300, 1.0 / guard(b));
    let mut fraction = d;
    for m in 1..1_000_000 {
        let m = f64::from(m);
        let step = -m * (m - a);
        b += 2.0;
        d = 1.0 / guard(b + step * d);
        c = guard(b + step / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// `ln [x^a e^-x / Gamma(a + 1)]`; from 10 on by the distance from the mode, so that nothing large cancels.
fn ln_gamma_front(a: f64, x: f64) -> f64 {
    if a < STIRLING {
        return a * log(x) - x - lgamma(a + 1.0);
    }
    let off = (x - a) / a;
    a * (log1p(off) - off) - LN_SQRT_2_PI - 0.5 * log(a) - stirling_remainder(a)
}

#[cfg(test)]
#[allow(clippy::excessive_precision)] // expected values are printed with 17 digits
mod tests {
    use super::*;

    /// Expected values: mpmath at 60 digits.
    #[test]
    fn equals_high_precision_values() {
        for (a, x, expected) in [
            (0.01, 1e-09, 0.817_468_956_662_478_623),
            (0.01, 0.5, 0.994_373_243_806_032_816),
            (0.5, 3.0, 0.985_694_121_564_570_36),
            (1.0, 1.0, 0.632_120_558_828_557_678),
            (2.5, 0.001, 9.508_534_598_607_949_81e-9),
            (4.0, 9.0, 0.978_773_513_697_091_117),
            (9.9, 10.0, 0.554_790_165_566_012_112),
            (10.0, 11.5, 0.711_205_460_451_328_736),
            (10.0, 2.0, 0.000_046_498_075_017_263_808_3),
            (100.0, 101.5, 0.572_426_946_316_533_374),
            (100.0, 130.0, 0.997_249_591_632_693_474),
            (100.0, 60.0, 1.481_527_632_646_046_79e-6),
            (12_345.0, 12_345.0, 0.501_196_860_293_819_267),
            (12_345.0, 12_800.0, 0.999_974_264_721_328_601),
            (1_000_000.0, 997_000.0, 0.001_338_104_167_313_599_69),
            (1_000_000.0, 1_002_000.0, 0.977_195_904_101_230_137),
            (10_000_000.0, 9_980_000.0, 1.236_407_063_722_381_46e-10),
        ] {
            let got = gamma_cdf(a, x);
            // The exponent of a large shape is a difference of numbers of the size of its square root.
            let relative = f64::max(2e-14, 1e-15 * libm::sqrt(a));
            assert!((got - expected).abs() <= relative * expected, "P({a}, {x}) = {got} against {expected}");
        }
        // Far out: ln Q(2, 1600) = ln 1601 - 1600, ln P(5000, 100) by the first terms of its series.
        let [below, above] = ln_gamma_tails(2.0, 1600.0);
        assert!((above - (log(1601.0) - 1600.0)).abs() < 1e-12 && below == 0.0, "{below} {above}");
        let [below, above] = ln_gamma_tails(5000.0, 100.0);
        let first = 5000.0 * log(100.0) - 100.0 - lgamma(5001.0);
        assert!((below - first - log(100.0 / 98.0)).abs() < 0.001 && above == 0.0, "{below} {above}");
        for (a, x) in [(0.5, 3.0), (4.0, 9.0), (100.0, 60.0)] {
            let [below, above] = ln_gamma_tails(a, x);
            assert!(
                (exp(below) / gamma_cdf(a, x) - 1.0).abs() < 1e-13 && (exp(below) + exp(above) - 1.0).abs() < 1e-15
            );
        }
        assert_eq!((gamma_cdf(3.0, 0.0), gamma_cdf(3.0, -1.0), gamma_cdf(3.0, 1e9)), (0.0, 0.0, 1.0));
    }
}
