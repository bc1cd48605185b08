//! Elementary functions with the same bits on every machine and at every vector width.
//!
//! Straight-line code without FMA, reassociation or branches: a loop over an array of numbers vectorises. The
//! reductions and coefficients follow fdlibm. Errors against `libm` stay within 2 units in the last place, as the tests check.

// Coefficients stand as published. Inlining is what carries a kernel's vector width into these functions.
#![allow(clippy::excessive_precision)]

const LOG2_E: f64 = std::f64::consts::LOG2_E;
const LN2_HI: f64 = 6.931_471_803_691_238_164_90e-01;
const LN2_LO: f64 = 1.908_214_929_270_587_700_02e-10;
/// 1.5 * 2^52: adding it rounds to an integer that the low bits of the sum hold.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Below this `exp` is 0: its result would not be a normal number.
const EXP_LOW: f64 = -708.39;
const EXP_HIGH: f64 = 709.782_712_893_383_9;

/// `(exp(r) - 1, 2^(k-1))` with `x = k ln 2 + r`, for x within the range of `exp`.
#[inline(always)]
fn exp_parts(x: f64) -> (f64, f64) {
    let shifted = x * LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN2_HI) - k * LN2_LO;
    // Taylor to order 13 in Estrin's order; the remainder is below 5e-18 for |r| <= ln(2)/2.
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (0.5 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0));
    let middle = (1.0 / 720.0 + r * (1.0 / 5_040.0)) + r2 * (1.0 / 40_320.0 + r * (1.0 / 362_880.0));
    let high =
        (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0)) + r2 * (1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0));
    let q = low + r4 * (middle + r4 * high);
    let half_scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1022 << 52));
    (r + r2 * q, half_scale)
}

/// e^x; 0 where the result would be below the normal numbers.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let inside = if x > EXP_HIGH { EXP_HIGH } else { x };
    let inside = if inside < EXP_LOW { EXP_LOW } else { inside };
    let (p, half_scale) = exp_parts(inside);
    let y = (1.0 + p) * half_scale * 2.0;
    let y = if x < EXP_LOW { 0.0 } else { y };
    if x > EXP_HIGH { f64::INFINITY } else { y }
}

/// `exp` for x from -708 to 709, where its ends need no care: the same bits.
#[inline(always)]
pub fn exp_inside(x: f64) -> f64 {
    let (p, half_scale) = exp_parts(x);
    (1.0 + p) * half_scale * 2.0
}

/// `expm1` for x up to 709: the same bits.
#[inline(always)]
pub fn expm1_inside(x: f64) -> f64 {
    let inside = if x < -50.0 { -50.0 } else { x };
    let (p, half_scale) = exp_parts(inside);
    (half_scale * p + (half_scale - 0.5)) * 2.0
}

/// e^x - 1, precise near 0.
#[inline(always)]
pub fn expm1(x: f64) -> f64 {
    let inside = if x > EXP_HIGH { EXP_HIGH } else { x };
    let inside = if inside < -50.0 { -50.0 } else { inside };
    let (p, half_scale) = exp_parts(inside);
    let y = (half_scale * p + (half_scale - 0.5)) * 2.0;
    if x > EXP_HIGH { f64::INFINITY } else { y }
}

/// The natural logarithm; -inf at 0, NaN below.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    let tiny = x < f64::MIN_POSITIVE;
    let y = ln_scaled(if tiny { x * TWO_52 } else { x }, if tiny { 1075.0 } else { 1023.0 });
    let y = if x == f64::INFINITY { x } else { y };
    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    if x >= 0.0 { y } else { f64::NAN }
}

/// `ln` of a positive normal number, where its ends need no care: the same bits.
#[inline(always)]
pub fn ln_inside(x: f64) -> f64 {
    ln_scaled(x, 1023.0)
}

/// ln of a positive normal number over 2^(bias - 1023).
#[inline(always)]
fn ln_scaled(x: f64, bias: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    let bits = x.to_bits();
    // The exponent as a number, without an integer conversion: put it below the exponent of 2^52.
    let exponent = f64::from_bits((bits >> 52) | TWO_52.to_bits()) - TWO_52 - bias;
    let m = f64::from_bits((bits & MANTISSA) | (1023 << 52));
    let above = m > std::f64::consts::SQRT_2;
    let m = if above { 0.5 * m } else { m };
    let k = if above { exponent + 1.0 } else { exponent };
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even =
        w * (3.999_999_999_940_941_908e-01 + w * (2.222_219_843_214_978_396e-01 + w * 1.531_383_769_920_937_332e-01));
    let odd = z
        * (6.666_666_666_666_735_130e-01
            + w * (2.857_142_874_366_239_149e-01
                + w * (1.818_357_216_161_805_012e-01 + w * 1.479_819_860_511_658_591e-01)));
    let half = 0.5 * f * f;
    k * LN2_HI - ((half - (s * (half + (even + odd)) + k * LN2_LO)) - f)
}

/// ln(1 + x), precise near 0.
#[inline(always)]
pub fn log1p(x: f64) -> f64 {
    let u = 1.0 + x;
    // ln(u) x / (u - 1): the rounding of 1 + x cancels (Kahan).
    let y = ln(u) * (x / (u - 1.0));
    let y = if u == 1.0 { x } else { y };
    let y = if u == f64::INFINITY { ln(x) } else { y };
    if u == 0.0 { f64::NEG_INFINITY } else { y }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units in the last place.
    fn ulps(a: f64, b: f64) -> u64 {
        a.to_bits().abs_diff(b.to_bits())
    }

    fn worst(f: impl Fn(f64) -> f64, oracle: impl Fn(f64) -> f64, xs: impl Iterator<Item = f64>) -> (u64, f64) {
        xs.map(|x| (ulps(f(x), oracle(x)), x)).max_by_key(|&(u, _)| u).expect("there are points")
    }

    fn spread(low: f64, high: f64) -> impl Iterator<Item = f64> {
        (0..200_000).map(move |i| low + (high - low) * (f64::from(i) + 0.37) / 200_000.0)
    }

    #[test]
    fn functions_agree_with_libm_to_two_units() {
        assert!(worst(exp, libm::exp, spread(-708.0, 709.7)).0 <= 2);
        assert!(worst(exp, libm::exp, spread(-1.0, 1.0)).0 <= 2);
        assert!(worst(expm1, libm::expm1, spread(-40.0, 700.0)).0 <= 2);
        assert!(worst(expm1, libm::expm1, spread(-1.0, 1.0)).0 <= 2);
        assert!(worst(expm1, libm::expm1, spread(-1e-9, 1e-9)).0 <= 2);
        assert!(worst(ln, libm::log, spread(0.0, 4.0)).0 <= 2);
        assert!(worst(ln, libm::log, spread(-700.0, 700.0).map(libm::exp)).0 <= 2);
        assert!(worst(ln, libm::log, spread(0.999, 1.001)).0 <= 2);
        assert!(worst(log1p, libm::log1p, spread(-0.99, 3.0)).0 <= 2);
        assert!(worst(log1p, libm::log1p, spread(-1e-8, 1e-8)).0 <= 2);
        assert!(worst(ln, libm::log, [5e-324, 1e-310, 2.3e-308].into_iter()).0 <= 2);
    }

    #[test]
    fn ends_and_not_a_number() {
        assert_eq!((exp(0.0), exp(-1e4), exp(1e4), exp(f64::NEG_INFINITY)), (1.0, 0.0, f64::INFINITY, 0.0));
        assert_eq!((expm1(0.0), expm1(-1e4), expm1(1e4)), (0.0, -1.0, f64::INFINITY));
        assert_eq!((ln(1.0), ln(0.0), ln(f64::INFINITY)), (0.0, f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!((log1p(0.0), log1p(-1.0), log1p(f64::INFINITY)), (0.0, f64::NEG_INFINITY, f64::INFINITY));
        for nan in [exp(f64::NAN), expm1(f64::NAN), ln(f64::NAN), ln(-1.0), log1p(f64::NAN)] {
            assert!(nan.is_nan());
        }
    }
}
