//! The standard normal distribution: both tails and its one quantile function, for single numbers and for lanes.

// Coefficients stand as published.
#![allow(clippy::excessive_precision)]

use std::f64::consts::FRAC_1_SQRT_2;

use libm::erfc;

use crate::math::ln;

/// `P(Z <= z)`.
pub fn normal_cdf(z: f64) -> f64 {
    normal_survival(-z)
}

/// `P(Z > z)`.
pub fn normal_survival(z: f64) -> f64 {
    0.5 * erfc(z * FRAC_1_SQRT_2)
}

/// Mills' ratio `P(Z > z) / phi(z)` with the density phi, for z >= 10.
pub fn mills_ratio(z: f64) -> f64 {
    // Laplace's continued fraction 1/(z + 1/(z + 2/(z + ...))), from so far that the rest is below 1e-18.
    (1..=30).rev().fold(z, |below, n| z + f64::from(n) / below).recip()
}

/// The z with `P(Z <= z) = p` (Wichura 1988, AS 241, PPND16): 1e-15 relative for p from 1e-307 to 1 - 1e-16; infinite at 0, 1.
///
/// Three rational functions cover the middle, the tails and the far tails (below e^-25). The z above which an upper tail
/// lies is `-normal_quantile(tail)`.
#[inline]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= MIDDLE {
        return q * ratio(0.180_625 - q * q, &MIDDLE_P, &MIDDLE_Q);
    }
    let smaller = if q < 0.0 { p } else { 1.0 - p };
    let r = (-ln(smaller)).sqrt();
    let outer = if smaller >= FAR {
        ratio(r - 1.6, &TAIL_P, &TAIL_Q)
    } else if smaller == 0.0 {
        r
    } else {
        ratio(r - 5.0, &FAR_P, &FAR_Q)
    };
    if q < 0.0 { -outer } else { outer }
}

/// Replaces probabilities by their standard normal quantiles, bit for bit; the far tails, if any, one by one.
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

/// Half the width of the middle.
const MIDDLE: f64 = 0.425;
/// e^-25: where the far tails begin.
const FAR: f64 = 1.388_794_386_496_402_1e-11;

/// The quantile outside the far tails: both other functions are evaluated and one is chosen, so that lanes stay together.
#[inline(always)]
fn near_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    let middle = q * ratio(0.180_625 - q * q, &MIDDLE_P, &MIDDLE_Q);
    let smaller = if q < 0.0 { p } else { 1.0 - p };
    let tail = ratio((-ln(smaller)).sqrt() - 1.6, &TAIL_P, &TAIL_Q);
    let outer = if q < 0.0 { -tail } else { tail };
    if q.abs() <= MIDDLE { middle } else { outer }
}

#[inline(always)]
fn ratio(r: f64, p: &[f64; 8], q: &[f64; 7]) -> f64 {
    let top = ((((((p[7] * r + p[6]) * r + p[5]) * r + p[4]) * r + p[3]) * r + p[2]) * r + p[1]) * r + p[0];
    let bottom = ((((((q[6] * r + q[5]) * r + q[4]) * r + q[3]) * r + q[2]) * r + q[1]) * r + q[0]) * r + 1.0;
    top / bottom
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
    fn quantiles_keep_their_digits_from_end_to_end() {
        // Expected values: mpmath at 50 digits.
        for (p, z) in [
            (5e-324, -38.467_405_617_144_346),
            (2.5e-308, -37.516_276_341_499_841),
            (1e-300, -37.047_096_299_361_199),
            (1e-200, -30.205_594_179_579_643),
            (1e-100, -21.273_453_560_965_324),
            (1e-50, -14.933_337_534_788_489),
            (1e-20, -9.262_340_089_798_407_6),
            (1.4e-11, -6.656_723_091_518_183_6),
            (1.38e-11, -6.658_838_502_850_765_5),
            (1e-8, -5.612_001_244_174_788_7),
            (1e-5, -4.264_890_793_922_824_6),
            (1e-3, -3.090_232_306_167_813_5),
            (0.02, -2.053_748_910_631_823),
            (0.0749, -1.440_238_267_527_963_7),
            (0.0751, -1.438_825_392_752_54),
            (0.25, -0.674_489_750_196_081_74),
            (0.4, -0.253_347_103_135_799_74),
            (0.499_999, -2.506_628_274_566_559_4e-6),
            (0.499_999_999_9, -2.506_628_482_030_353_9e-10),
            (0.7, 0.524_400_512_708_040_66),
            (0.95, 1.644_853_626_951_472_3),
            (0.999, 3.090_232_306_167_813_3),
            (1.0 - 1e-9, 5.997_807_019_601_637_4),
        ] {
            let got = normal_quantile(p);
            assert!((got / z - 1.0).abs() <= 1e-15, "p = {p}: {got} against {z}");
        }
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!([0.0, 1.0].map(normal_quantile), [f64::NEG_INFINITY, f64::INFINITY]);
        assert!([f64::NAN, -0.1, 1.1].into_iter().all(|p| normal_quantile(p).is_nan()));
    }

    #[test]
    fn quantiles_invert_the_distribution_function() {
        for z in (0..200_000).map(|i| -8.0 + 16.0 * (f64::from(i) + 0.37) / 200_000.0) {
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
