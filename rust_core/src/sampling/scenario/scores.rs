//! Scores on the scale of -ln P(an answer of the class scores lower), on which high scores are near 0.
//!
//! The highest score of n answers is there an exponential number over n, accurate however many they are; an answer is
//! accepted where it is below the threshold; and the score itself is needed only where the two classes are compared.

use libm::{exp, expm1, log, log1p, sqrt};

use crate::math;
use crate::rng::Sequence;
use crate::sampling::scenario::error_rates::judge_deviation;
use crate::sampling::scenario::verifier::Verifier;
use crate::special::normal_survival;
use crate::variates::exponential::Exponential;

/// Correct and wrong answers.
pub const CLASSES: usize = 2;

/// The scores of a judge in units of their standard deviation.
#[derive(Debug, Clone, Copy)]
pub struct Scores {
    /// The mean score of a correct answer; that of a wrong one is 0.
    pub d_prime: f64,
    deviation: f64,
    /// -ln P(lower) of the threshold by class: an answer is accepted below it. 0 where nothing is accepted.
    pub threshold: [f64; CLASSES],
    /// P(accepted) by class.
    accepted: [f64; CLASSES],
}

impl Scores {
    /// The scores a verifier gives, where it does.
    pub fn new(verifier: &Verifier) -> Option<Self> {
        match *verifier {
            Verifier::Judge { d_prime, votes, fresh, threshold } => {
                let deviation = judge_deviation(votes, fresh);
                let scores = Self {
                    d_prime: d_prime / deviation,
                    deviation,
                    threshold: [0.0; CLASSES],
                    accepted: [0.0; CLASSES],
                };
                Some(threshold.map_or(scores, |at| Self {
                    threshold: scores.neg_ln_cdf(at),
                    accepted: scores.above(at),
                    ..scores
                }))
            }
            _ => None,
        }
    }

    /// A score in units of the scores' standard deviation.
    pub fn standard(&self, score: f64) -> f64 {
        score / self.deviation
    }

    /// P(an answer scores higher) by class.
    pub fn above(&self, score: f64) -> [f64; CLASSES] {
        let z = self.standard(score);
        [normal_survival(z - self.d_prime), normal_survival(z)]
    }

    /// P(an answer scores lower, or as high) by class.
    pub fn below(&self, score: f64) -> [f64; CLASSES] {
        let z = self.standard(score);
        [normal_survival(self.d_prime - z), normal_survival(-z)]
    }

    /// -ln P(an answer scores lower) by class.
    pub fn neg_ln_cdf(&self, score: f64) -> [f64; CLASSES] {
        let z = self.standard(score);
        [neg_ln_cdf(z - self.d_prime), neg_ln_cdf(z)]
    }

    /// The score of which an answer of its class scores lower with probability e^-x.
    #[inline]
    pub fn at(&self, class: usize, x: f64) -> f64 {
        // The smaller of the two tails is the accurate one.
        let z = if x < std::f64::consts::LN_2 { normal_isf(-expm1(-x)) } else { -normal_isf(exp(-x)) };
        if class == 0 { z + self.d_prime } else { z }
    }

    /// ln of how much likelier a score is from a correct answer.
    #[inline]
    pub fn weight(&self, score: f64) -> f64 {
        self.d_prime * (score - 0.5 * self.d_prime)
    }

    /// -ln P(lower) of the highest score of `count` answers of a class, all accepted (one answer only), all rejected, or who knows.
    #[inline]
    pub fn least<const WORDS: usize>(
        &self,
        class: usize,
        (count, accepted): (u64, Option<bool>),
        exponential: &Exponential,
        random: &mut Sequence<WORDS>,
    ) -> f64 {
        let threshold = self.threshold[class];
        match accepted {
            None => exponential.draw(random) / count as f64,
            Some(false) => threshold + exponential.draw(random) / count as f64,
            // 1 - e^-x is uniform below that of the threshold; rounding must not carry x there.
            Some(true) => (-math::log1p(-random.open01() * self.accepted[class])).min(threshold * (1.0 - f64::EPSILON)),
        }
    }
}

/// -ln P(a standard normal is below z).
pub fn neg_ln_cdf(z: f64) -> f64 {
    if z > 0.0 { -log1p(-normal_survival(z)) } else { -log(normal_survival(-z)) }
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
    use crate::rng::Stream;

    impl Scores {
        /// Scores of one call.
        pub fn of(d_prime: f64, threshold: Option<f64>) -> Self {
            let verifier = Verifier::Judge { d_prime, threshold, votes: 1.0, fresh: 1.0 };
            Self::new(&verifier).expect("a judge scores")
        }
    }

    /// The highest of n draws is below s with probability F(s)^n; 7 standard errors: false alarms below 1e-11.
    #[test]
    fn the_least_depth_is_that_of_the_highest_score() {
        let (scores, exponential) = (Scores::of(1.2, Some(0.7)), Exponential::default());
        let mut random = Stream::new([8, 9], 0, 1, 2).sequence();
        let trials = 50_000;
        for class in 0..CLASSES {
            let mean = if class == 0 { 1.2 } else { 0.0 };
            for (count, accepted) in [(1, None), (7, None), (1 << 40, None), (4, Some(false)), (1, Some(true))] {
                let high = if count > 7 { 7.0 } else { 1.1 };
                let below = |s: f64| exp(-neg_ln_cdf(s - mean));
                let want = match accepted {
                    None => exp(-(count as f64) * neg_ln_cdf(high - mean)),
                    Some(false) => (below(0.4) / below(0.7)).powi(count as i32),
                    Some(true) => (below(high) - below(0.7)) / (1.0 - below(0.7)),
                };
                let high = if accepted == Some(false) { 0.4 } else { high };
                let mut seen = 0.0;
                for _ in 0..trials {
                    let neg_ln_cdf = scores.least(class, (count, accepted), &exponential, &mut random);
                    assert!(accepted.is_none_or(|accepted| accepted == (neg_ln_cdf < scores.threshold[class])));
                    seen += f64::from(u8::from(scores.at(class, neg_ln_cdf) < high));
                }
                let n = f64::from(trials);
                assert!((seen - n * want).abs() < 7.0 * sqrt(n * want * (1.0 - want)) + 1e-9, "{count} {accepted:?}");
            }
        }
    }

    #[test]
    fn depths_and_scores_are_each_other_s_inverse() {
        let scores = Scores::of(1.5, None);
        for z in [-8.0, -2.0, -1e-3, 0.0, 0.7, 3.0, 8.0] {
            let neg_ln_cdf = scores.neg_ln_cdf(z);
            for class in 0..CLASSES {
                assert!((scores.at(class, neg_ln_cdf[class]) - z).abs() < 1e-9, "{z}");
            }
        }
        assert_eq!(scores.at(1, f64::INFINITY), f64::NEG_INFINITY);
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
