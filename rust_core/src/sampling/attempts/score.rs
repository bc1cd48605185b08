//! Scores as upper tails: a score is known by the probability that an answer of its class scores higher.
//!
//! Maxima of many are accurate this way, truncation at the verifier's threshold is a range of tails, and the score
//! itself is needed only to compare the two classes.

use libm::{expm1, log, sqrt};

use crate::closed_form::special::normal_survival;
use crate::rng::Sequence;
use crate::sampling::error_rates::judge_deviation;
use crate::sampling::verifier::Verifier;

/// Correct and wrong answers.
pub const CLASSES: usize = 2;

/// The scores of a judge in units of their standard deviation.
#[derive(Debug, Clone, Copy)]
pub struct Scores {
    /// The mean score of a correct answer; that of a wrong one is 0.
    pub d_prime: f64,
    deviation: f64,
}

impl Scores {
    /// The scores a verifier gives, where it does.
    pub fn new(verifier: &Verifier) -> Option<Self> {
        match *verifier {
            Verifier::Judge { d_prime, votes, fresh, .. } => {
                let deviation = judge_deviation(votes, fresh);
                Some(Self { d_prime: d_prime / deviation, deviation })
            }
            _ => None,
        }
    }

    /// The upper tails of both classes above a threshold.
    pub fn above(&self, threshold: f64) -> [f64; CLASSES] {
        let z = self.standard(threshold);
        [normal_survival(z - self.d_prime), normal_survival(z)]
    }

    /// A threshold in units of the scores' standard deviation.
    pub fn standard(&self, threshold: f64) -> f64 {
        threshold / self.deviation
    }

    /// The score with an upper tail in its class.
    #[inline]
    pub fn at(&self, class: usize, tail: f64) -> f64 {
        let z = normal_isf(tail);
        if class == 0 { z + self.d_prime } else { z }
    }

    /// ln of how much likelier a score is from a correct answer.
    #[inline]
    pub fn weight(&self, score: f64) -> f64 {
        self.d_prime * (score - 0.5 * self.d_prime)
    }
}

/// The tail of the highest of `count` scores: 1 - U^(1/count).
#[inline]
pub fn highest(count: u64, random: &mut Sequence) -> f64 {
    of_highest(random.open01(), count as f64)
}

/// The same where only a tail below `least` matters: `None` where it is not.
#[inline]
pub fn record(count: u64, least: f64, random: &mut Sequence) -> Option<f64> {
    let (u, count) = (random.open01(), count as f64);
    // (1 - least)^count is at least 1 - count least: most draws need no logarithm.
    if u <= 1.0 - count * least {
        return None;
    }
    Some(of_highest(u, count)).filter(|&tail| tail < least)
}

#[inline]
fn of_highest(u: f64, count: f64) -> f64 {
    if count == 1.0 {
        return 1.0 - u;
    }
    let x = log(u) / count;
    if x > -0.01 {
        // 1 - exp(x) by its series: the next term is 2e-16 of it.
        return -x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x / 720.0)))));
    }
    -expm1(x)
}

/// The z above which a standard normal is with probability `tail` (Wichura 1988, AS 241, PPND16: 1e-16 relative).
pub fn normal_isf(tail: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_7e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    let ratio = |top: &[f64; 8], bottom: &[f64; 8], x: f64| {
        let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, &c| sum * x + c);
        horner(top) / horner(bottom)
    };
    let centred = 0.5 - tail;
    if centred.abs() <= 0.425 {
        return centred * ratio(&A, &B, 0.180_625 - centred * centred);
    }
    let small = if tail < 0.5 { tail } else { 1.0 - tail };
    if small <= 0.0 {
        return if tail < 0.5 { f64::INFINITY } else { f64::NEG_INFINITY };
    }
    let r = sqrt(-log(small));
    let z = if r <= 5.0 { ratio(&C, &D, r - 1.6) } else { ratio(&E, &F, r - 5.0) };
    if tail < 0.5 { z } else { -z }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_the_highest_where_it_matters() {
        use crate::rng::Stream;
        let sequence = || Stream::new([8, 9], 0, 1, 2).sequence();
        for count in [1, 2, 7, 1000, 1 << 40] {
            for least in [1.0, 0.3, 1e-3, 1e-12] {
                let (mut a, mut b) = (sequence(), sequence());
                for _ in 0..300 {
                    let all = highest(count, &mut a);
                    assert_eq!(record(count, least, &mut b), Some(all).filter(|&tail| tail < least));
                }
            }
            let u = 0.37;
            let exact = -expm1(log(u) / count as f64);
            assert!((of_highest(u, count as f64) / exact - 1.0).abs() < 2e-15);
        }
    }

    #[test]
    fn the_inverse_tail_is_accurate_at_both_ends() {
        for tail in [1e-300, 1e-100, 1e-30, 1e-12, 1e-5, 0.01, 0.074, 0.076, 0.3, 0.5, 0.8, 0.93, 0.999, 1.0 - 1e-9] {
            let got = normal_survival(normal_isf(tail));
            assert!((got / tail - 1.0).abs() < 1e-12, "{tail}: {got}");
        }
        assert_eq!((normal_isf(0.0), normal_isf(1.0)), (f64::INFINITY, f64::NEG_INFINITY));
    }
}
