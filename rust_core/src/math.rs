//! Elementary functions with the same bits on every machine and at every vector width.
//!
//! Straight-line code without FMA, reassociation or branches: a loop over an array of numbers vectorises. The
//! reductions and coefficients follow fdlibm (`exp`, `ln`) and Wichura's AS 241 (`normal_quantile`). Errors against
//! `libm` stay within 2 units in the last place (`normal_quantile`: 8), as the tests check.

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

#[inline(always)]
fn ratio(r: f64, p: &[f64; 8], q: &[f64; 7]) -> f64 {
    let top = ((((((p[7] * r + p[6]) * r + p[5]) * r + p[4]) * r + p[3]) * r + p[2]) * r + p[1]) * r + p[0];
    let bottom = ((((((q[6] * r + q[5]) * r + q[4]) * r + q[3]) * r + q[2]) * r + q[1]) * r + q[0]) * r + 1.0;
    top / bottom
}

/// The standard normal quantile for p in (0, 1) (Wichura 1988, AS 241, PPND16).
///
/// Three rational functions cover the middle, the tails and the far tails (below e^-25).
pub fn normal_quantile(p: f64) -> f64 {
    let smaller = p.min(1.0 - p);
    if smaller >= FAR {
        return near_quantile(p);
    }
    let far = ratio((-ln(smaller)).sqrt() - 5.0, &FAR_P, &FAR_Q);
    if p < 0.5 { -far } else { far }
}

/// Replaces probabilities by their standard normal quantiles; the far tails, if any, one by one.
#[inline(always)]
pub fn normal_quantiles(p: &mut [f64]) {
    let mut far = false;
    for &x in p.iter() {
        far |= (x < FAR) | (1.0 - x < FAR);
    }
    if far {
        p.iter_mut().for_each(|x| *x = normal_quantile(*x));
    } else {
        for x in p {
            *x = near_quantile(*x);
        }
    }
}

/// e^-25: where the far tails begin.
const FAR: f64 = 1.388_794_386_496_402_1e-11;

/// The quantile outside the far tails: both other functions are evaluated and one is chosen.
#[inline(always)]
fn near_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    let middle = q * ratio(0.180_625 - q * q, &MIDDLE_P, &MIDDLE_Q);
    let smaller = if q < 0.0 { p } else { 1.0 - p };
    let tail = ratio((-ln(smaller)).sqrt() - 1.6, &TAIL_P, &TAIL_Q);
    let outer = if q < 0.0 { -tail } else { tail };
    if q.abs() <= 0.425 { middle } else { outer }
}

/// The standard normal distribution function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

const MIDDLE_P: [f64; 8] = [
    3.387_132_872_796_366_608_0,
    1.331_416_678_917_843_774_5e2,
    1.971_590_950_306_551_442_7e3,
    1.373_169_376_550_946_112_5e4,
    4.592_195_393_154_987_145_7e4,
    6.726_577_092_700_870_085_3e4,
    3.343_057_558_358_812_810_5e4,
    2.509_080_928_730_122_672_7e3,
];
const MIDDLE_Q: [f64; 7] = [
    4.231_333_070_160_091_125_2e1,
    6.871_870_074_920_579_082_9e2,
    5.394_196_021_424_751_107_7e3,
    2.121_379_430_158_659_586_7e4,
    3.930_789_580_009_271_061_0e4,
    2.872_908_573_572_194_267_4e4,
    5.226_495_278_852_854_561_0e3,
];
const TAIL_P: [f64; 8] = [
    1.423_437_110_749_683_577_34,
    4.630_337_846_156_545_295_90,
    5.769_497_221_460_691_405_50,
    3.647_848_324_763_204_605_04,
    1.270_458_252_452_368_382_58,
    2.417_807_251_774_506_117_70e-1,
    2.272_384_498_926_918_458_33e-2,
    7.745_450_142_783_414_076_40e-4,
];
const TAIL_Q: [f64; 7] = [
    2.053_191_626_637_758_821_87,
    1.676_384_830_183_803_849_40,
    6.897_673_349_851_000_045_50e-1,
    1.481_039_764_274_800_745_90e-1,
    1.519_866_656_361_645_719_66e-2,
    5.475_938_084_995_344_946_00e-4,
    1.050_750_071_644_416_843_24e-9,
];
const FAR_P: [f64; 8] = [
    6.657_904_643_501_103_777_20,
    5.463_784_911_164_114_369_90,
    1.784_826_539_917_291_335_80,
    2.965_605_718_285_048_912_30e-1,
    2.653_218_952_657_612_309_30e-2,
    1.242_660_947_388_078_438_60e-3,
    2.711_555_568_743_487_578_15e-5,
    2.010_334_399_292_288_132_65e-7,
];
const FAR_Q: [f64; 7] = [
    5.998_322_065_558_879_376_90e-1,
    1.369_298_809_227_358_053_10e-1,
    1.487_536_129_085_061_485_25e-2,
    7.868_691_311_456_132_591_00e-4,
    1.846_318_317_510_054_681_80e-5,
    1.421_511_758_316_445_888_70e-7,
    2.044_263_103_389_939_785_64e-15,
];

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

    #[test]
    fn quantiles_of_many_are_those_of_each() {
        for least in [1e-10, 1e-15] {
            let p: Vec<f64> = (0..1000).map(|i| least + f64::from(i) / 1000.5).collect();
            let mut z = p.clone();
            normal_quantiles(&mut z);
            assert!(z.iter().zip(&p).all(|(z, &p)| z.to_bits() == normal_quantile(p).to_bits()));
        }
    }

    #[test]
    fn the_normal_quantile_inverts_the_distribution_function() {
        // Published values (AS 241) and the round trip through erfc.
        assert!((normal_quantile(0.25) + 0.674_489_750_196_081_7).abs() < 1e-15);
        assert!((normal_quantile(0.001) + 3.090_232_306_167_813_5).abs() < 1e-14);
        assert!((normal_quantile(1e-20) + 9.262_340_089_798_408).abs() < 1e-13);
        assert_eq!(normal_quantile(0.5), 0.0);
        for z in spread(-8.0, 8.0) {
            let p = normal_cdf(-z.abs());
            let density = libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
            // p itself is rounded (and erfc errs by a few units): that moves its quantile by p eps / density.
            let slack = 8.0 * f64::EPSILON * (p / density + z.abs() + 1e-3);
            assert!((normal_quantile(p) + z.abs()).abs() <= slack, "z = {z}");
        }
        for i in 1..512 {
            let p = f64::from(i) / 1024.0;
            assert_eq!(normal_quantile(1.0 - p), -normal_quantile(p));
        }
    }
}
