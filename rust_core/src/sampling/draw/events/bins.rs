//! One task on the grid of attempts: the bin of the first acceptance, and the bin of the first correct attempt given it.
//!
//! Bin j holds the attempts after grid point j-1 up to grid point j. Acceptance bins are numbered: accepted and
//! correct in bin j is j, accepted and wrong in bin j is G+j, not accepted on the grid is 2G. Coverage bins: j, or G
//! where no attempt on the grid is correct.
//!
//! Given the acceptance, the first correct attempt among *rejected* ones follows one law whatever the acceptance was,
//! cut off by it: P(no correct answer among k rejected ones) = P(neither by k)/P(not accepted by k). Only after a
//! wrong acceptance can it come later, with the law of attempts that nobody judges any more.

use libm::{exp, expm1, log};

use crate::sampling::scenario::law::{Event, TaskLaw};

/// Bin probabilities of one task.
#[derive(Debug, Clone)]
pub struct Bins {
    /// P(acceptance bin), 2G+1 of them.
    pub acceptance: Vec<f64>,
    /// P(bin of the first correct among rejected attempts), G+1 of them; `None` where the law does not know.
    pub rejected_correct: Option<Vec<f64>>,
    /// After a wrong acceptance in bin j with no correct answer before bin j: P(none within bin j either).
    pub uncovered: Vec<f64>,
    /// ln P(no correct answer by grid point j), from j = 0 (no attempt) on.
    pub ln_uncorrect: Vec<f64>,
    /// P(no correct answer by grid point j), from j = 0 on.
    pub uncorrect: Vec<f64>,
    /// P(the last attempt is correct | all rejected by grid point j, some correct).
    pub last_correct: Vec<f64>,
}

/// exp(a) - exp(b) over exp(a), for b <= a; 0 where exp(a) is 0.
fn share_lost(a: f64, b: f64) -> f64 {
    if a == f64::NEG_INFINITY { 0.0 } else { -expm1(b - a) }
}

impl Bins {
    /// The bins of a task whose law does not change from trial to trial; without `coverage` those of acceptance only.
    pub fn new(law: &TaskLaw, grid: &[u64], coverage: bool) -> Self {
        let survival = |event| -> Vec<f64> {
            std::iter::once(0.0).chain(grid.iter().map(|&k| law.ln_survival(event, k as f64))).collect()
        };
        let accepted = survival(Event::Accepted);
        let (right, wrong) = law.precision();
        let bins = grid.len();
        let mut acceptance = vec![0.0; 2 * bins + 1];
        for j in 0..bins {
            let mass = exp(accepted[j]) * share_lost(accepted[j], accepted[j + 1]);
            acceptance[j] = right * mass;
            acceptance[bins + j] = wrong * mass;
        }
        acceptance[2 * bins] = exp(accepted[bins]);
        if !coverage {
            let [uncovered, ln_uncorrect, uncorrect, last_correct] = [const { Vec::new() }; 4];
            return Self { acceptance, rejected_correct: None, uncovered, ln_uncorrect, uncorrect, last_correct };
        }
        let (correct, either) = (survival(Event::Correct), survival(Event::Either));
        // ln P(no correct among the rejected); where nobody is left unaccepted it stays as it was.
        let mut ln_none = vec![0.0; bins + 1];
        if law.rejected_precision().0 != 0.0 {
            for j in 1..=bins {
                let reached = accepted[j] > f64::NEG_INFINITY;
                ln_none[j] = if reached { (either[j] - accepted[j]).min(ln_none[j - 1]) } else { ln_none[j - 1] };
            }
        }
        let rejected_correct = (!correct[bins].is_nan()).then(|| {
            let mut p: Vec<f64> = (0..bins).map(|j| exp(ln_none[j]) * share_lost(ln_none[j], ln_none[j + 1])).collect();
            p.push(exp(ln_none[bins]));
            p
        });
        let uncovered = (0..bins)
            .map(|j| {
                let wrong_within = wrong * share_lost(accepted[j], accepted[j + 1]);
                if wrong_within == 0.0 || correct[j + 1] == f64::NEG_INFINITY {
                    return 0.0;
                }
                // No correct answer within the bin, less neither a correct nor a wrong acceptance.
                let ln_correct = correct[j + 1] - correct[j];
                let ln_either = either[j + 1] - either[j];
                (exp(ln_correct) * share_lost(ln_correct, ln_either) / wrong_within).min(1.0)
            })
            .collect();
        let last_correct = (0..bins)
            .map(|j| {
                let some = -expm1(ln_none[j + 1]);
                if some == 0.0 { 0.0 } else { (law.rejected_precision().0 / some).min(1.0) }
            })
            .collect();
        let uncorrect = correct.iter().map(|&x| exp(x)).collect();
        Self { acceptance, rejected_correct, uncovered, ln_uncorrect: correct, uncorrect, last_correct }
    }

    /// The bytes they take, about.
    pub fn bytes(&self) -> usize {
        let known = self.rejected_correct.as_ref().map_or(0, Vec::len);
        let vectors = [&self.acceptance, &self.uncovered, &self.ln_uncorrect, &self.uncorrect, &self.last_correct];
        (known + vectors.map(Vec::len).iter().sum::<usize>()) * size_of::<f64>()
    }

    /// The coverage bin after a wrong acceptance in bin `j` with no correct answer before it, at a uniform `u`.
    #[inline]
    pub fn covered_after_wrong(&self, j: usize, u: f64) -> usize {
        if u >= self.uncovered[j] {
            return j;
        }
        // The first bin whose end no longer survives: P(no correct by its end | none by the end of bin j) <= u/uncovered.
        let rest = u / self.uncovered[j];
        if self.uncorrect[j + 1] > 1e-250 {
            let target = rest * self.uncorrect[j + 1];
            return j + 1 + self.uncorrect[j + 2..].partition_point(|&s| s > target);
        }
        // Survival itself underflows here; its logarithm does not.
        let target = log(rest) + self.ln_uncorrect[j + 1];
        j + 1 + self.ln_uncorrect[j + 2..].partition_point(|&s| s > target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::scenario::error_rates::ErrorRates;

    /// Accumulates the joint law of the two bins over every sequence of attempt kinds, attempt by attempt.
    fn enumerate(steps: usize, kinds: &dyn Fn([u32; 4]) -> [f64; 4], grid: &[u64]) -> Vec<Vec<f64>> {
        let bins = grid.len();
        let bin = |k: usize| grid.partition_point(|&g| g < k as u64);
        let mut joint = vec![vec![0.0; bins + 1]; 2 * bins + 1];
        // (probability, kinds used so far, acceptance bin, coverage bin)
        let mut states = vec![(1.0, [0u32; 4], 2 * bins, bins)];
        for k in 1..=steps {
            let mut next = Vec::new();
            for (p, used, acceptance, coverage) in states {
                for (kind, q) in kinds(used).into_iter().enumerate().filter(|(_, q)| *q > 0.0) {
                    let mut counts = used;
                    counts[kind] += 1;
                    let (accepted, correct) = (kind < 2, kind % 2 == 0);
                    let a = if accepted && acceptance == 2 * bins {
                        bin(k) + if correct { 0 } else { bins }
                    } else {
                        acceptance
                    };
                    let c = if correct && coverage == bins { bin(k) } else { coverage };
                    next.push((p * q, counts, a, c));
                }
            }
            states = next;
        }
        for (p, _, a, c) in states {
            joint[a][c] += p;
        }
        joint
    }

    /// The joint law the bins imply.
    fn implied(bins: &Bins) -> Vec<Vec<f64>> {
        let n = bins.uncovered.len();
        let rejected = bins.rejected_correct.as_ref().expect("these laws know");
        let mut joint = vec![vec![0.0; n + 1]; 2 * n + 1];
        for (a, &p) in bins.acceptance.iter().enumerate() {
            for (h, &r) in rejected.iter().enumerate() {
                if a == 2 * n {
                    joint[a][h] += p * r;
                } else if a < n {
                    joint[a][h.min(a)] += p * r;
                } else if h < a - n {
                    joint[a][h] += p * r;
                } else {
                    // A fine grid of u gives the law of the inverse: count by steps.
                    let steps = 20_000;
                    for i in 0..steps {
                        let u = (f64::from(i) + 0.5) / f64::from(steps);
                        joint[a][bins.covered_after_wrong(a - n, u)] += p * r / f64::from(steps);
                    }
                }
            }
        }
        joint
    }

    #[test]
    fn the_joint_cells_equal_the_enumeration() {
        let grid = [1, 2, 4, 6];
        let (p, f, g) = (0.3, 0.2, 0.25);
        let rates = [p * (1.0 - g), (1.0 - p) * f, p * g, (1.0 - p) * (1.0 - f)];
        let pool = [2u32, 2, 1, 4];
        let draw = move |used: [u32; 4]| {
            let left: Vec<f64> = (0..4).map(|i| f64::from(pool[i] - used[i])).collect();
            let total: f64 = left.iter().sum();
            [left[0] / total, left[1] / total, left[2] / total, left[3] / total]
        };
        let pool_law = TaskLaw::Pool { attempts: 9.0, accepted: 4.0, accepted_correct: 2.0, correct: Some(3.0) };
        let iid = TaskLaw::attempts(p, ErrorRates::new(f, g));
        let cases: [(TaskLaw, Vec<Vec<f64>>); 2] =
            [(iid, enumerate(6, &move |_| rates, &grid)), (pool_law, enumerate(6, &draw, &grid))];
        for (law, want) in cases {
            let bins = Bins::new(&law, &grid, true);
            let got = implied(&bins);
            for a in 0..want.len() {
                for c in 0..want[a].len() {
                    // The steps of u resolve 5e-5 of a bin's probability.
                    assert!((got[a][c] - want[a][c]).abs() < 2e-5, "{law:?} {a} {c}: {} {}", got[a][c], want[a][c]);
                }
            }
        }
    }
}
