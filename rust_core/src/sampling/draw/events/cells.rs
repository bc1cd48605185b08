//! The joint law of the bins of the first acceptance and of the first correct attempt, added up over known rates.
//!
//! With known rates the two factor given the acceptance (`events::bins`); averaged over rates they do not, so that all
//! of the joint law is kept. Acceptance bins are numbered as in `bins`, coverage bins too: entry `[a][c]` stands at
//! `a (G+1) + c`. Behind them stand sums for the attempt numbers of the acceptance bins on the grid, and for the last
//! attempts at the grid points.

use libm::log1p;

use crate::math::{exp, expm1};
use crate::sampling::scenario::law::{Rates, TaskLaw};

/// What adds less than this to a probability is left out.
const NEGLIGIBLE: f64 = 1e-19;

/// The places of the sums of one law on a grid.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// Grid points.
    pub points: usize,
}

impl Places {
    /// Joint probabilities.
    pub const fn joint(self) -> usize {
        (2 * self.points + 1) * (self.points + 1)
    }

    /// All sums: behind the joint probabilities those of the attempt numbers, correct ones first, and for each grid point
    /// P(nothing accepted by it, its attempt correct) and P(nothing accepted by it, some attempt correct).
    pub const fn all(self) -> usize {
        self.joint() + 4 * self.points
    }
}

/// Adds the law of known rates with a weight to the sums.
pub fn add_cells(rates: Rates, weight: f64, grid: &[u64], sums: &mut [f64]) {
    let points = grid.len();
    let places = Places { points };
    let width = points + 1;
    let (joint, rest) = sums.split_at_mut(places.joint());
    let (attempts, last) = rest.split_at_mut(2 * points);
    let law = TaskLaw::Attempts(rates);
    let (right, wrong) = law.precision();
    let hidden = law.rejected_precision().0;
    let (f, p) = (rates.errors.false_positive, rates.success);
    // Logarithms of: rejected; wrong; neither accepted nor correct; rejected among the wrong; wrong among the rejected.
    let rejected_wrong = if f < 0.5 { log1p(-f) } else { libm::log(rates.errors.true_negative) };
    let (ln_b, ln_c, ln_e, ln_r) = (rates.ln_rejected(), log1p(-p), rates.ln_rejected_wrong(), log1p(-hidden));
    let power = |ln: f64, k: f64| if k == 0.0 { 1.0 } else { exp(k * ln) };
    let lost = |ln: f64, k: f64| if k == 0.0 { 0.0 } else { -expm1(k * ln) };
    // P(correct first in a bin | all rejected), up to the bin.
    let mut before = 0;
    let mut hidden_in = vec![0.0; width];
    for (slot, &to) in hidden_in.iter_mut().zip(grid) {
        *slot = power(ln_r, before as f64) * lost(ln_r, (to - before) as f64);
        before = to;
    }
    hidden_in[points] = power(ln_r, before as f64);
    let mut from = 0;
    for (j, &to) in grid.iter().enumerate() {
        let (start, length) = (from as f64, (to - from) as f64);
        let mass = weight * power(ln_b, start) * lost(ln_b, length);
        if mass > NEGLIGIBLE {
            let mean = law.mean_attempt(start, to as f64);
            for (kind, share) in [right, wrong].into_iter().enumerate() {
                let bin = kind * points + j;
                attempts[bin] += share * mass * mean;
                let row = &mut joint[bin * width..][..width];
                row[..j].iter_mut().zip(&hidden_in).for_each(|(sum, h)| *sum += share * mass * h);
                row[j] += share * mass * power(ln_r, start);
            }
            // After a wrong acceptance with no correct answer by the end of the bin the wait goes on.
            let mut open = weight * power(ln_e, start) * power(ln_c, length) * lost(rejected_wrong, length);
            let row = &mut joint[(points + j) * width..][..width];
            row[j] -= open;
            for (i, pair) in grid[j..].windows(2).enumerate() {
                if open <= NEGLIGIBLE {
                    break;
                }
                let length = (pair[1] - pair[0]) as f64;
                row[j + 1 + i] += open * lost(ln_c, length);
                open *= power(ln_c, length);
            }
            row[points] += open;
        }
        let none = weight * power(ln_b, to as f64);
        last[j] += none * hidden;
        last[points + j] += none * lost(ln_r, to as f64);
        from = to;
    }
    let none = weight * power(ln_b, from as f64);
    let row = &mut joint[2 * points * width..];
    row.iter_mut().zip(&hidden_in).for_each(|(sum, h)| *sum += none * h);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::draw::events::bins::Bins;
    use crate::sampling::scenario::error_rates::ErrorRates;

    #[test]
    fn with_known_rates_it_is_the_joint_law_of_the_bins() {
        let grid = [1, 2, 4, 6, 40, 1000, 1_000_000];
        let width = grid.len() + 1;
        for (p, f, g) in [
            (0.3, 0.2, 0.25),
            (0.0, 0.1, 0.0),
            (1e-300, 1e-300, 0.5),
            (1.0, 0.5, 0.0),
            (1.0, 0.5, 1.0),
            (0.01, 0.0, 0.9),
            (1e-4, 1e-3, 0.0),
            (0.7, 1.0, 0.2),
            (0.0, 0.0, 0.0),
        ] {
            let rates = Rates { success: p, errors: ErrorRates::new(f, g) };
            let law = TaskLaw::Attempts(rates);
            let bins = Bins::new(&law, &grid, true);
            let mut sums = vec![0.0; Places { points: grid.len() }.all()];
            add_cells(rates, 1.0, &grid, &mut sums);
            let hidden = bins.rejected_correct.as_ref().expect("rates are known");
            for a in 0..=2 * grid.len() {
                let mut want = vec![0.0; width];
                for (h, &share) in hidden.iter().enumerate() {
                    let mass = bins.acceptance[a] * share;
                    if a == 2 * grid.len() {
                        want[h] += mass;
                    } else if a < grid.len() || h < a - grid.len() {
                        want[h.min(a % grid.len())] += mass;
                    } else {
                        let j = a - grid.len();
                        want[j] += mass * (1.0 - bins.uncovered[j]);
                        // Beyond: by the survival of the wait for a correct answer.
                        let mut open = mass * bins.uncovered[j];
                        for i in j + 1..grid.len() {
                            if open == 0.0 {
                                break;
                            }
                            let lasts = exp(bins.ln_uncorrect[i + 1] - bins.ln_uncorrect[i]);
                            want[i] += open * (1.0 - lasts);
                            open *= lasts;
                        }
                        want[grid.len()] += open;
                    }
                }
                for (c, want) in want.into_iter().enumerate() {
                    let got = sums[a * width + c];
                    assert!((got - want).abs() < 1e-14, "p {p}, f {f}, g {g}: [{a}][{c}] {got} {want}");
                }
            }
            let last = &sums[Places { points: grid.len() }.joint() + 2 * grid.len()..];
            for j in 0..grid.len() {
                let [correct, some] = [last[j], last[grid.len() + j]];
                let want = bins.last_correct[j] * some;
                assert!((correct - want).abs() < 1e-15, "p {p}, f {f}, g {g}: last at {j} {correct} {want}");
            }
        }
    }
}
