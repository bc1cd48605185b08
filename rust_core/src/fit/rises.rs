//! How likely counts are under a Beta, with the slope: by a formula for each count, or from sums over all attempts.

use super::digamma::digamma_rise;
use crate::dispatch::{Kernel, dispatch};
use crate::math::ln;
use crate::special::ln_beta_ratio;

/// Sums up to the most attempts cost less than formulas if there are at most so many attempts to a distinct count.
const FEW_COUNTS: f64 = 32.0;
const LANES: usize = 8;

/// `ln B(alpha + c, beta + n - c) / B(alpha, beta)`.
pub fn ln_rises(alpha: f64, beta: f64, attempts: f64, correct: f64) -> f64 {
    ln_beta_ratio(beta, alpha, correct) + ln_beta_ratio(alpha + correct, beta, attempts - correct)
}

/// Whether formulas cost less than sums, for so many distinct counts of at most so many attempts.
pub fn by_formula(counts: usize, most: f64) -> bool {
    most > FEW_COUNTS * counts as f64
}

/// A Beta, and what all counts have in common.
pub struct Rises {
    beta: [f64; 2],
    /// For alpha, beta and their sum, up to each number of attempts.
    sums: Option<[Vec<[f64; 2]>; 3]>,
}

impl Rises {
    /// For so many distinct counts of at most so many attempts.
    pub fn new([alpha, beta]: [f64; 2], counts: usize, most: f64) -> Self {
        // A large sum is taken out of every factor, so that no logarithm is larger than those of the mean.
        let unit = 1.0 / (alpha + beta).max(1.0);
        let sums = |start: f64| dispatch(Sums { start, unit, steps: most as usize });
        Self { beta: [alpha, beta], sums: (!by_formula(counts, most)).then(|| [alpha, beta, alpha + beta].map(sums)) }
    }

    /// `ln B(alpha + c, beta + n - c) / B(alpha, beta)`, and its slope in ln alpha and ln beta.
    #[inline]
    pub fn of(&self, attempts: f64, correct: f64) -> (f64, [f64; 2]) {
        let (wrong, [alpha, beta]) = (attempts - correct, self.beta);
        let Some([right_sums, wrong_sums, all_sums]) = &self.sums else {
            let all = digamma_rise(alpha + beta, attempts);
            let slope = [alpha * (digamma_rise(alpha, correct) - all), beta * (digamma_rise(beta, wrong) - all)];
            return (ln_rises(alpha, beta, attempts, correct), slope);
        };
        let [right, wrong] = [right_sums[correct as usize], wrong_sums[wrong as usize]];
        let all = all_sums[attempts as usize];
        (right[0] + wrong[0] - all[0], [alpha * (right[1] - all[1]), beta * (wrong[1] - all[1])])
    }
}

/// Sums of the logarithms of a start and of the numbers that follow it, in some unit, and of their inverses.
struct Sums {
    start: f64,
    unit: f64,
    steps: usize,
}

impl Kernel for Sums {
    type Output = Vec<[f64; 2]>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut sum = [0.0; 2];
        let mut found = Vec::with_capacity(self.steps + 1);
        found.push(sum);
        for first in (0..self.steps).step_by(LANES) {
            let mut terms = [[0.0; LANES]; 2];
            for lane in 0..LANES {
                let at = self.start + (first + lane) as f64;
                terms[0][lane] = ln(at * self.unit);
                terms[1][lane] = 1.0 / at;
            }
            for lane in 0..LANES.min(self.steps - first) {
                sum = [sum[0] + terms[0][lane], sum[1] + terms[1][lane]];
                found.push(sum);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rates near 0 and 1, tasks that are all alike, and rates of 0 and 1 alone.
    #[test]
    fn sums_are_the_formulas() {
        for beta in [[0.4, 1.3], [1e-9, 2e-9], [3e-11, 0.8], [40.0, 2.0], [1e12, 3e12], [5.0, 1e9]] {
            let [sums, formulas] = [1_000, 0].map(|counts| Rises::new(beta, counts, 40.0));
            for (attempts, correct) in [(0, 0), (1, 0), (7, 7), (40, 0), (40, 1), (40, 17), (40, 40)] {
                let [(ln, slope), (want, wanted)] =
                    [&sums, &formulas].map(|rises| rises.of(f64::from(attempts), f64::from(correct)));
                assert!((ln - want).abs() < 1e-13 * (1.0 + want.abs()), "{beta:?} {attempts} {correct}: {ln} {want}");
                for (slope, wanted) in slope.into_iter().zip(wanted) {
                    assert!((slope - wanted).abs() < 1e-13 * (1.0 + wanted.abs()), "{beta:?}: {slope} {wanted}");
                }
            }
        }
    }
}
