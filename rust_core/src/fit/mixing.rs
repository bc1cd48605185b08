//! The distribution of rates over tasks without a shape: maximum likelihood on a grid of rates (Kiefer and Wolfowitz, Annals
//! of Mathematical Statistics 27 (1956)) by expectation-maximisation (Laird, JASA 73 (1978)), and the smallest and largest
//! mean over distributions that are nearly as likely.

use libm::{exp, log};

use super::beta_binomial::Counts;
use crate::error::Result;
use crate::memory;
use crate::run::Control;

/// Logits of the grid are multiples of 1/4 to this; rates of 0 and 1 are on it too.
const REACH: f64 = 9.0;
const STEP: f64 = 0.25;
/// Steps from equal weights, and at each multiplier of an end.
const STEPS: usize = 2_000;
const STEPS_OF_END: usize = 300;
/// Halvings of a multiplier's logarithm between these.
const HALVINGS: usize = 14;
const MULTIPLIERS: [f64; 2] = [-12.0, 12.0];
/// Of equal weights, mixed in before a search: a rate whose weight is 0 never gets any.
const FRESH: f64 = 0.05;

/// Probabilities of counts at each rate of the grid, up to a factor a group.
pub(super) struct Grid {
    /// 1 less the rates: P(one attempt is not correct).
    complements: Vec<f64>,
    /// A row a group.
    likelihood: Vec<Vec<f64>>,
    /// Tasks of each group, and of all.
    tasks: Vec<f64>,
    all: f64,
}

impl Grid {
    pub(super) fn new(counts: &Counts, control: &Control) -> Result<Self> {
        let inner = (2.0 * REACH / STEP) as usize;
        let logit = |i: usize| STEP * i as f64 - REACH;
        let ln = |x: f64| -libm::log1p(exp(-x));
        // Logarithms of the rate and of its complement; 0 times -inf is a certain event.
        let mut logs = vec![(f64::NEG_INFINITY, 0.0)];
        logs.extend((0..=inner).map(|i| (ln(logit(i)), ln(-logit(i)))));
        logs.push((0.0, f64::NEG_INFINITY));
        let (groups, rates) = (counts.groups.len(), logs.len());
        memory::check(
            8.0 * groups as f64 * rates as f64,
            &[(groups, "different counts"), (rates, "rates of the grid")],
        )?;
        let power = |ln: f64, times: f64| if times == 0.0 { 0.0 } else { times * ln };
        let mut likelihood = Vec::with_capacity(counts.groups.len());
        for group in &counts.groups {
            control.check()?;
            let (c, wrong) = (group.correct, group.attempts - group.correct);
            let row: Vec<f64> = logs.iter().map(|&(right, not)| power(right, c) + power(not, wrong)).collect();
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            likelihood.push(row.iter().map(|v| exp(v - top)).collect());
        }
        let (tasks, all) = (counts.weights(), counts.tasks() as f64);
        Ok(Self { tasks, all, complements: logs.iter().map(|&(_, not)| exp(not)).collect(), likelihood })
    }

    /// The likeliest weights of the rates.
    pub(super) fn weights(&self, control: &Control) -> Result<Vec<f64>> {
        let rates = self.complements.len();
        let mut weights = vec![1.0 / rates as f64; rates];
        for _ in 0..STEPS {
            control.check()?;
            let kept = self.responsibilities(&weights).0;
            weights.copy_from_slice(&kept);
        }
        Ok(weights)
    }

    /// How the tasks are shared out over the rates, given weights, and the log likelihood.
    fn responsibilities(&self, weights: &[f64]) -> (Vec<f64>, f64) {
        let mut shares = vec![0.0; weights.len()];
        let mut ln_likelihood = 0.0;
        for (row, tasks) in self.likelihood.iter().zip(&self.tasks) {
            let density: f64 = row.iter().zip(weights).map(|(l, w)| l * w).sum();
            ln_likelihood += tasks * log(density);
            let share = tasks / (self.all * density);
            shares.iter_mut().zip(row.iter().zip(weights)).for_each(|(s, (l, w))| *s += share * l * w);
        }
        (shares, ln_likelihood)
    }

    /// P(no attempt of k is correct) at each rate.
    fn none_at(&self, k: f64) -> Vec<f64> {
        self.complements.iter().map(|&q| if q == 0.0 { 0.0 } else { exp(k * log(q)) }).collect()
    }

    /// P(no attempt of k is correct) over the distribution.
    pub(super) fn none_of(&self, weights: &[f64], k: f64) -> f64 {
        self.none_at(k).iter().zip(weights).map(|(none, w)| w * none).sum()
    }

    /// The smallest and largest P(no attempt of k is correct) over distributions whose log likelihood is within `cut` of
    /// the best: Lagrange multipliers, each solved by expectation-maximisation.
    pub(super) fn ends(&self, best: &[f64], k: f64, cut: f64, control: &Control) -> Result<[f64; 2]> {
        let none = self.none_at(k);
        let top = self.responsibilities(best).1;
        let rates = best.len() as f64;
        let fresh: Vec<f64> = best.iter().map(|w| (1.0 - FRESH) * w + FRESH / rates).collect();
        let mean = |weights: &[f64]| -> f64 { none.iter().zip(weights).map(|(none, w)| none * w).sum() };
        let mut ends = [mean(best); 2];
        for (end, sign) in ends.iter_mut().zip([1.0, -1.0]) {
            let [mut low, mut high] = MULTIPLIERS;
            for _ in 0..HALVINGS {
                let middle = f64::midpoint(low, high);
                let multiplier = sign * exp(middle);
                let mut weights = fresh.clone();
                for _ in 0..STEPS_OF_END {
                    control.check()?;
                    weights = tilted(&self.responsibilities(&weights).0, &none, multiplier);
                }
                if top - self.responsibilities(&weights).1 > cut {
                    high = middle;
                } else {
                    low = middle;
                    *end = if sign > 0.0 { end.min(mean(&weights)) } else { end.max(mean(&weights)) };
                }
            }
        }
        Ok(ends)
    }
}

/// The weights that maximise `sum of shares ln w - multiplier sum of none w`: shares/(m + multiplier none), which add to 1.
fn tilted(shares: &[f64], none: &[f64], multiplier: f64) -> Vec<f64> {
    let weight =
        |m: f64| shares.iter().zip(none).map(move |(s, n)| if *s == 0.0 { 0.0 } else { s / (m + multiplier * n) });
    let (mut low, mut high) =
        if multiplier > 0.0 { ((1.0 - multiplier).max(1e-300), 1.0) } else { (1.0, 1.0 - multiplier) };
    if multiplier < 0.0 {
        low = low.max(-multiplier * none.iter().copied().fold(0.0, f64::max));
    }
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if weight(middle).sum::<f64>() > 1.0 { low = middle } else { high = middle }
    }
    let found: Vec<f64> = weight(high).collect();
    let all: f64 = found.iter().sum();
    found.into_iter().map(|w| w / all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One group of tasks at 3 of 10: all weight ends at its rate; two extreme groups: at 0 and 1, as their shares.
    #[test]
    fn weights_end_where_the_likelihood_is_largest() {
        let control = Control::default();
        let none_of = |attempts: &[f64], correct: &[f64], k: f64| {
            let counts = Counts::new(attempts, correct, None, &control).expect("counts");
            let grid = Grid::new(&counts, &control).expect("not cancelled");
            let weights = grid.weights(&control).expect("not cancelled");
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            grid.none_of(&weights, k)
        };
        // The grid has steps of 1/4 in the logit.
        assert!((none_of(&[1000.0], &[300.0], 1.0) - 0.7).abs() < 0.03);
        let bimodal = none_of(&[1e6, 1e6, 1e6, 1e6], &[0.0, 0.0, 0.0, 1e6], 1000.0);
        assert!((bimodal - 0.75).abs() < 0.01, "{bimodal}");
    }

    /// For one attempt the mean is a proportion, and the likelihood-ratio interval of 12 of 40 tasks that of a binomial.
    #[test]
    fn ends_are_the_likelihood_ratio_interval_of_a_proportion() {
        let control = Control::default();
        let correct: Vec<f64> = (0..40).map(|i| f64::from(u8::from(i >= 12))).collect();
        let counts = Counts::new(&[1.0; 40], &correct, None, &control).expect("counts");
        let grid = Grid::new(&counts, &control).expect("not cancelled");
        let best = grid.weights(&control).expect("not cancelled");
        let ends = grid.ends(&best, 1.0, 1.920_729, &control).expect("not cancelled");
        let fall = |p: f64| 12.0 * log(0.3 / p) + 28.0 * log(0.7 / (1.0 - p));
        assert!(ends[0] < 0.3 && ends[1] > 0.3);
        assert!(ends.iter().all(|&p| (fall(p) - 1.920_729).abs() < 0.05), "{ends:?}");
    }
}
