//! What other attempts at the same tasks would say: the effective number of independent trials behind a mean pass rate.

use libm::{exp, expm1, log, log1p};

use super::kind_rates::Believed;
use super::pass_rate::{Group, PassRate};
use crate::error::{Error, Result};
use crate::rng::Sequence;
use crate::run::Control;
use crate::special::{ln_beta_ratio, ln_choose, ln_none_drawn};
use crate::variates::beta;

/// How far the log likelihood may lie below its maximum: 80 % of chi-squared with one degree of freedom, halved.
const REFUTED: f64 = 0.821_187;
/// The least weight of the prior, in attempts: that of a uniform law.
const LEAST: f64 = 2.0;
/// Weights that are tried, each that many times smaller than the one before.
const LARGEST: f64 = 1e4;
const STEP: f64 = 1.25;
const STEPS: i32 = 72;
/// The most terms of all variances together.
const MOST: f64 = 1e8;
/// The most effective trials: an interval of width 1e-9 is narrow enough.
pub const MOST_TRIALS: f64 = 1e9;

/// What is believed of a task's p before its attempts: a Beta law with this mean, worth so many attempts.
#[derive(Debug, Clone, Copy)]
pub struct Prior {
    mean: f64,
    weight: f64,
}

impl Prior {
    /// The prior of all tasks: their pooled share, and the largest weight (the smallest spread) that the counts do not
    /// refute. One attempt a task refutes none, and all tasks are then taken as alike, where the mean varies the most.
    pub fn new(groups: &[Group], control: &Control) -> Result<Self> {
        let total = |count: fn(&Group) -> f64| groups.iter().map(|g| g.tasks * count(g)).sum::<f64>();
        let mean = (total(|g| g.correct) + 0.5) / (total(|g| g.attempts) + 1.0);
        let prior = |step: i32| Self { mean, weight: if step == 0 { f64::INFINITY } else { weight(step) } };
        let mut fits = Vec::new();
        for step in 0..=STEPS {
            control.check()?;
            fits.push(groups.iter().map(|g| g.tasks * prior(step).ln_likelihood(g)).sum::<f64>());
        }
        let least = fits.iter().copied().fold(f64::NEG_INFINITY, f64::max) - REFUTED;
        let first = (0..=STEPS).zip(&fits).find(|(_, fit)| **fit >= least).map_or(STEPS, |(step, _)| step);
        let found = prior(first);
        Ok(Self { weight: found.weight.max(LEAST), ..found })
    }

    fn ln_likelihood(&self, &Group { attempts: n, correct: c, .. }: &Group) -> f64 {
        if self.weight == f64::INFINITY {
            return c * log(self.mean) + (n - c) * log1p(-self.mean);
        }
        let (alpha, beta) = (self.weight * self.mean, self.weight * (1.0 - self.mean));
        ln_beta_ratio(beta, alpha, c) + ln_beta_ratio(alpha + c, beta, n - c)
    }

    /// ln E[x^r] of a task's posterior, where x is p or, for pass@k, 1 - p; and E[x^(r-1)]/E[x^r] for further steps.
    fn alike(&self, rate: PassRate, group: &Group) -> (impl Fn(f64) -> f64, impl Fn(f64) -> f64) {
        let (mean, count) = match rate {
            PassRate::AtK => (1.0 - self.mean, group.attempts - group.correct),
            PassRate::HatK => (self.mean, group.correct),
        };
        let endless = self.weight == f64::INFINITY;
        let (same, other) = (self.weight * mean + count, self.weight * (1.0 - mean) + group.attempts - count);
        let moment = move |r: f64| if endless { r * log(mean) } else { ln_beta_ratio(other, same, r) };
        let back = move |r: f64| if endless { -log(mean) } else { log1p(other / (same + r - 1.0)) };
        (moment, back)
    }

    /// The effective number of trials of the mean pass rate over tasks: its mean (1 - mean) over its variance.
    ///
    /// A task's unbiased estimate has the variance `sum_j h(j) E[x^(2k-j)] - E[x^2k]` with h the hypergeometric law of the
    /// overlap of two sets of k attempts, here averaged over the task's posterior. At least one trial for each k
    /// attempts of a task: by Hoeffding (Annals of Mathematical Statistics 27, 1956) independent trials with unequal
    /// rates vary less than as many with their mean.
    pub fn effective_trials(&self, rate: PassRate, groups: &[Group], k: f64, control: &Control) -> Result<f64> {
        let terms: f64 = groups.iter().map(|g| k.min(g.attempts - k) + 1.0).sum();
        if terms > MOST {
            let expected = format!("at most {MOST:e} for an interval over attempts (in the sum over distinct counts)");
            return Err(Error::argument("k", expected, format!("{terms:e}")));
        }
        let (mut alike, mut variance, mut tasks, mut least) = (0.0, 0.0, 0.0, f64::INFINITY);
        for group in groups {
            control.check()?;
            let (moment, back) = self.alike(rate, group);
            alike += group.tasks * exp(moment(k));
            variance += group.tasks * variance_of(group.attempts, k, moment, back);
            tasks += group.tasks;
            least = least.min((group.attempts / k).floor());
        }
        let mean = alike / tasks;
        let trials = mean * (1.0 - mean) * tasks * tasks / variance;
        Ok(if trials.is_nan() { MOST_TRIALS } else { trials.max(tasks * least).min(MOST_TRIALS) })
    }
}

/// What is known of a task's rate: one that all tasks have, or the parameters of a Beta.
pub enum Law {
    /// The rate of all tasks.
    Rate(f64),
    /// Parameters.
    Beta([f64; 2]),
}

impl Believed for Prior {
    type Population = Self;
    type Law = Law;

    fn populations(&self, _: usize, _: &mut Sequence) -> Vec<Self> {
        vec![*self]
    }

    fn law(&Self { mean, weight }: &Self, of: f64, seen: f64) -> Law {
        if weight == f64::INFINITY {
            return Law::Rate(mean);
        }
        Law::Beta([weight * mean + seen, weight * (1.0 - mean) + of - seen])
    }

    fn draw(law: &Self::Law, random: &mut Sequence) -> f64 {
        match *law {
            Law::Rate(rate) => rate,
            Law::Beta(shape) => beta(shape, random),
        }
    }
}

/// The variance of one task's estimate: the sum over overlaps j of two sets of k of n attempts.
fn variance_of(n: f64, k: f64, moment: impl Fn(f64) -> f64, back: impl Fn(f64) -> f64) -> f64 {
    let first = (2.0 * k - n).max(0.0);
    let mut ln_overlap = if first == 0.0 { ln_none_drawn(n, k, k) } else { ln_choose(k, first) - ln_choose(n, k) };
    let apart = moment(2.0 * k);
    let mut rise = moment(2.0 * k - first) - apart;
    let mut sum = 0.0;
    for step in 0..=(k - first) as u64 {
        let j = first + step as f64;
        sum += exp(ln_overlap + apart + rise) * -expm1(-rise);
        ln_overlap += log((k - j) / (j + 1.0) * ((k - j) / (n - 2.0 * k + j + 1.0)));
        rise += back(2.0 * k - j);
    }
    sum
}

fn weight(step: i32) -> f64 {
    LARGEST * exp(-f64::from(step - 1) * log(STEP))
}

#[cfg(test)]
mod tests {
    use libm::pow;

    use super::*;
    use crate::run::Control;

    /// Against the sum over all outcomes of a task with a known p.
    #[test]
    fn the_variance_is_that_of_the_estimate() {
        for (n, k) in [(8, 3), (8, 5), (8, 8), (1, 1), (9, 1)] {
            let (n, k, p) = (f64::from(n), f64::from(k), 0.3_f64);
            for rate in [PassRate::AtK, PassRate::HatK] {
                let (mut mean, mut square) = (0.0, 0.0);
                for c in 0..=n as u32 {
                    let c = f64::from(c);
                    let chance = exp(ln_choose(n, c)) * pow(p, c) * pow(1.0 - p, n - c);
                    let value = rate.of(n, c, k);
                    mean += chance * value;
                    square += chance * value * value;
                }
                let prior = Prior { mean: p, weight: f64::INFINITY };
                let task = Group { attempts: n, correct: 0.0, tasks: 1.0 };
                let (moment, back) = prior.alike(rate, &task);
                let variance = variance_of(n, k, moment, back);
                assert!((variance - (square - mean * mean)).abs() < 1e-14, "{n} {k} {rate:?}");
            }
        }
    }

    #[test]
    fn alike_tasks_are_worth_their_attempts_and_unlike_ones_more() {
        let control = Control::default();
        let trials = |counts: &[f64]| {
            let groups: Vec<Group> =
                counts.iter().map(|&correct| Group { attempts: 20.0, correct, tasks: 10.0 }).collect();
            Prior::new(&groups, &control)
                .and_then(|p| p.effective_trials(PassRate::AtK, &groups, 1.0, &control))
                .expect("counts are in range")
        };
        assert!((trials(&[6.0]) - 200.0).abs() < 1e-9);
        assert!(trials(&[0.0, 20.0]) > 2000.0);
    }
}
