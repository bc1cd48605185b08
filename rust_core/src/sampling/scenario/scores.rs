//! Scores on the scale of -ln P(an answer of the class scores lower), on which high scores are near 0.
//!
//! The highest score of n answers is there an exponential number over n, accurate however many they are; an answer is
//! accepted where it is below the threshold; and the score itself is needed only where the two classes are compared.

use libm::{exp, expm1, log, log1p};

use crate::math;
use crate::rng::Sequence;
use crate::sampling::scenario::error_rates::judge_deviation;
use crate::sampling::scenario::verifier::Verifier;
use crate::special::normal::{normal_quantile, normal_survival};
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
        let z = if x < std::f64::consts::LN_2 { -normal_quantile(-expm1(-x)) } else { normal_quantile(exp(-x)) };
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

#[cfg(test)]
mod tests {
    use libm::sqrt;

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
    fn the_least_neg_ln_cdf_is_that_of_the_highest_score() {
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
    fn tails_and_scores_are_each_other_s_inverse() {
        let scores = Scores::of(1.5, None);
        for z in [-8.0, -2.0, -1e-3, 0.0, 0.7, 3.0, 8.0] {
            let neg_ln_cdf = scores.neg_ln_cdf(z);
            for class in 0..CLASSES {
                assert!((scores.at(class, neg_ln_cdf[class]) - z).abs() < 1e-9, "{z}");
            }
        }
        assert_eq!(scores.at(1, f64::INFINITY), f64::NEG_INFINITY);
    }
}
