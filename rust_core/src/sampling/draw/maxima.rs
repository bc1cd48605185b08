//! Which of two maxima is the higher score, by their depths: a table decides nearly every pair, the scores the rest.
//!
//! The correct answer of depth x wins where the wrong one's depth is beyond G(x), the depth in the wrong class of the
//! same score. G increases, so its values at both ends of a narrow range of x bracket it.

use crate::sampling::scenario::scores::{Scores, depth};

/// Depths within the table: 2^-44 to 2^6, in 32 steps to the octave.
const LEAST_EXPONENT: i32 = -44;
const OCTAVES: usize = 50;
const STEP_BITS: u32 = 5;
const STEPS: usize = 1 << STEP_BITS;
/// More than the rounding of G and of the scores, relative to a depth.
const MARGIN: f64 = 1e-9;

/// Compares the highest scores of the two classes.
#[derive(Debug)]
pub struct Duel {
    scores: Scores,
    /// G at the ends of the steps.
    rivals: Vec<f64>,
}

impl Duel {
    /// The table for the scores of a judge.
    pub fn new(scores: Scores) -> Self {
        let rivals = (0..=OCTAVES * STEPS).map(|i| scores.rival(depth_at(i))).collect();
        Self { scores, rivals }
    }

    /// Whether the correct class has the higher score at these depths; infinite where a class has no answer.
    #[inline]
    pub fn correct_wins(&self, [correct, wrong]: [f64; 2]) -> bool {
        let step = (correct.to_bits() >> (52 - STEP_BITS)) as usize;
        let at = step.wrapping_sub(FIRST_STEP);
        if at < self.rivals.len() - 1 {
            if wrong > self.rivals[at + 1] * (1.0 + MARGIN) {
                return true;
            }
            if wrong < self.rivals[at] * (1.0 - MARGIN) {
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

/// The depth at the beginning of a step.
fn depth_at(step: usize) -> f64 {
    f64::from_bits(((FIRST_STEP + step) as u64) << (52 - STEP_BITS))
}

impl Scores {
    /// The depth in the wrong class of the score that has depth `correct` in the correct one.
    fn rival(&self, correct: f64) -> f64 {
        depth(self.at(0, correct))
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
            let duel = Duel::new(scores);
            let mut random = Stream::new([4, 9], 0, 0, 0).sequence();
            let mut undecided = 0;
            for _ in 0..100_000 {
                let depth = exp(60.0 * random.open01() - 50.0);
                // Rivals near and far.
                let rival = scores.rival(depth) * exp(0.2 * (random.open01() - 0.5));
                for wrong in [rival, depth, f64::INFINITY, scores.rival(depth) * (1.0 + 1e-12)] {
                    assert_eq!(
                        duel.correct_wins([depth, wrong]),
                        scores.correct_wins([depth, wrong]),
                        "{d_prime} {depth} {wrong}"
                    );
                }
                undecided += u32::from(rival > 0.0);
            }
            assert!(undecided > 0);
            assert!(!duel.correct_wins([f64::INFINITY, 0.3]) && duel.correct_wins([0.3, f64::INFINITY]));
        }
    }

    #[test]
    fn rivals_have_the_same_score() {
        let scores = Scores::of(1.2, None);
        for depth in [1e-12, 1e-3, 0.5, 3.0, 20.0] {
            assert!((scores.at(1, scores.rival(depth)) - scores.at(0, depth)).abs() < 1e-9);
        }
    }
}
