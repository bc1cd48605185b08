//! Which of two maxima is the higher score, on the scale of [`scores`](crate::sampling::scenario::scores): a table decides nearly every pair, the scores the rest.
//!
//! The correct answer at x wins where the wrong one is beyond G(x), the place in the wrong class of the
//! same score. G increases, so its values at both ends of a narrow range of x bracket it.

use crate::sampling::scenario::scores::{Scores, neg_ln_cdf};

/// Places within the table: 2^-44 to 2^6, in 32 steps to the octave.
const LEAST_EXPONENT: i32 = -44;
const OCTAVES: usize = 50;
const STEP_BITS: u32 = 5;
const STEPS: usize = 1 << STEP_BITS;
/// More than the rounding of G and of the scores, relative to a place.
const MARGIN: f64 = 1e-9;

/// Compares the highest scores of the two classes.
#[derive(Debug)]
pub struct MaximaTable {
    scores: Scores,
    /// G at the ends of the steps.
    equals: Vec<f64>,
}

impl MaximaTable {
    /// The table for the scores of a judge.
    pub fn new(scores: Scores) -> Self {
        let equals = (0..=OCTAVES * STEPS).map(|i| scores.equal(place_at(i))).collect();
        Self { scores, equals }
    }

    /// Whether the correct class has the higher score at these maxima; infinite where a class has no answer.
    #[inline]
    pub fn correct_wins(&self, [correct, wrong]: [f64; 2]) -> bool {
        let step = (correct.to_bits() >> (52 - STEP_BITS)) as usize;
        let at = step.wrapping_sub(FIRST_STEP);
        if at < self.equals.len() - 1 {
            if wrong > self.equals[at + 1] * (1.0 + MARGIN) {
                return true;
            }
            if wrong < self.equals[at] * (1.0 - MARGIN) {
                return false;
            }
        } else if correct == f64::INFINITY {
            return false;
        }
        self.scores.correct_wins([correct, wrong])
    }
}

/// The step at which the table begins.
const FIRST_STEP: usize = ((1023 + LEAST_EXPONENT) as usize) << STEP_BITS;

/// The place at the beginning of a step.
fn place_at(step: usize) -> f64 {
    f64::from_bits(((FIRST_STEP + step) as u64) << (52 - STEP_BITS))
}

impl Scores {
    /// The place in the wrong class of the score at `correct` in the correct one.
    fn equal(&self, correct: f64) -> f64 {
        neg_ln_cdf(self.at(0, correct))
    }

    /// Whether the correct class has the higher score, by the scores.
    #[cold]
    #[inline(never)]
    fn correct_wins(&self, [correct, wrong]: [f64; 2]) -> bool {
        self.at(0, correct) > self.at(1, wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use libm::exp;

    #[test]
    fn the_table_says_what_the_scores_say() {
        for d_prime in [-2.0, 0.0, 0.3, 1.2, 6.0, 45.0] {
            let scores = Scores::of(d_prime, None);
            let maxima_table = MaximaTable::new(scores);
            let mut random = Stream::new([4, 9], 0, 0, 0).sequence();
            let mut undecided = 0;
            for _ in 0..100_000 {
                let neg_ln_cdf = exp(60.0 * random.open01() - 50.0);
                // Rivals near and far.
                let equal = scores.equal(neg_ln_cdf) * exp(0.2 * (random.open01() - 0.5));
                for wrong in [equal, neg_ln_cdf, f64::INFINITY, scores.equal(neg_ln_cdf) * (1.0 + 1e-12)] {
                    assert_eq!(
                        maxima_table.correct_wins([neg_ln_cdf, wrong]),
                        scores.correct_wins([neg_ln_cdf, wrong]),
                        "{d_prime} {neg_ln_cdf} {wrong}"
                    );
                }
                undecided += u32::from(equal > 0.0);
            }
            assert!(undecided > 0);
            assert!(
                !maxima_table.correct_wins([f64::INFINITY, 0.3]) && maxima_table.correct_wins([0.3, f64::INFINITY])
            );
        }
    }

    #[test]
    fn equals_have_the_same_score() {
        let scores = Scores::of(1.2, None);
        for neg_ln_cdf in [1e-12, 1e-3, 0.5, 3.0, 20.0] {
            assert!((scores.at(1, scores.equal(neg_ln_cdf)) - scores.at(0, neg_ln_cdf)).abs() < 1e-9);
        }
    }
}
