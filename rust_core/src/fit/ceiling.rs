//! How far observed attempts determine the ceiling of their tasks, were the attempts unlimited.
//!
//! A task seen without a correct answer (or, in a pool, without an acceptance) may still have one: its precision is known
//! only to lie between 0 and what its posterior allows. The ceiling has therefore two ends, each with an error.

use std::collections::BTreeMap;

use libm::{exp, log, sqrt};

use super::beta_binomial::Counts;
use super::identification::open;
use super::task_rates::Posterior;
use crate::closed_form::stopping::{Rates, spread_ceiling};
use crate::error::Result;
use crate::run::{Control, run};
use crate::sampling::exact::ceilings::ceilings;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;
use crate::special::{proportion, softplus};

/// Populations with a smaller share of the posterior, relative to the largest, are left out.
const LEAST_SHARE: f64 = 1e-4;

/// The lower and the upper end of a ceiling, each with the standard error that finite attempts leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CeilingEnds {
    /// Where no task without a correct answer ever has one.
    pub low: f64,
    /// Its standard error; 0 where `low` is a confidence limit already.
    pub low_error: f64,
    /// Where each of them has what its posterior allows.
    pub high: f64,
    /// Its standard error; 0 where `high` is a confidence limit already.
    pub high_error: f64,
}

/// The ends of the ceiling over all tasks; both are the ceiling itself where rates are given.
pub fn ceiling_ends(
    scenario: &SamplingScenario,
    confidence: f64,
    threads: usize,
    control: &Control,
) -> Result<CeilingEnds> {
    let count = scenario.tasks.count();
    let weights = scenario.weights().unwrap_or_else(|| vec![1.0 / count as f64; count]);
    match &scenario.tasks {
        Tasks::Pool { accepted, accepted_correct, .. } => {
            Ok(of_pool(accepted.as_slice(), accepted_correct.as_slice(), &weights))
        }
        Tasks::Recorded(recorded) if scenario.verifier.as_ref().is_none_or(Verifier::is_perfect) => {
            let (accepted, right): (Vec<f64>, Vec<f64>) = recorded.counts().map(|[_, a, t, _]| (a, t)).unzip();
            Ok(of_pool(&accepted, &right, &weights))
        }
        Tasks::Counts { attempts, correct, .. } => {
            let counts = Counts::new(attempts.as_slice(), correct.as_slice(), None, control)?;
            let groups = groups(scenario, attempts.as_slice(), correct.as_slice(), &weights);
            if open(&counts, false).is_some() {
                return Ok(limits(&groups, confidence));
            }
            let population = Posterior::new(&counts, threads, control)?;
            of_counts(&groups, &population, threads, control)
        }
        _ => {
            let value = ceilings(scenario, control)?.all_tasks;
            Ok(CeilingEnds { low: value, low_error: 0.0, high: value, high_error: 0.0 })
        }
    }
}

/// A pool's accepted answers are draws at the task's precision, however many there are: their share of correct ones is
/// unbiased. Without one nothing is known.
fn of_pool(accepted: &[f64], correct: &[f64], weights: &[f64]) -> CeilingEnds {
    let (mut low, mut unseen, mut variance) = (0.0, 0.0, 0.0);
    for ((&a, &t), &w) in accepted.iter().zip(correct).zip(weights) {
        if a == 0.0 {
            unseen += w;
            continue;
        }
        let smoothed = (t + 0.5) / (a + 1.0);
        low += w * t / a;
        variance += w * w * smoothed * (1.0 - smoothed) / a;
    }
    let error = sqrt(variance);
    CeilingEnds { low, low_error: error, high: low + unseen, high_error: error }
}

/// Tasks with the same counts and the same verifier.
#[derive(Debug, Clone, Copy)]
struct Group {
    attempts: f64,
    correct: f64,
    precision: Precision,
    weight: f64,
    weight_squares: f64,
}

fn groups(scenario: &SamplingScenario, attempts: &[f64], correct: &[f64], weights: &[f64]) -> Vec<Group> {
    let mut places = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (i, ((&n, &c), &w)) in attempts.iter().zip(correct).zip(weights).enumerate() {
        let precision = Precision::new(scenario.verifier.as_ref(), i);
        let at = *places.entry((n as u64, c as u64, precision.bits())).or_insert_with(|| {
            groups.push(Group { attempts: n, correct: c, precision, weight: 0.0, weight_squares: 0.0 });
            groups.len() - 1
        });
        groups[at].weight += w;
        groups[at].weight_squares += w * w;
    }
    groups
}

/// The share of correct ones among a task's accepted answers, as a function of its success rate.
#[derive(Debug, Clone, Copy)]
struct Precision {
    errors: ErrorRates,
    icc: f64,
}

impl Precision {
    fn new(verifier: Option<&Verifier>, i: usize) -> Self {
        let icc = if let Some(Verifier::Spread { icc, .. }) = verifier { *icc } else { 0.0 };
        Self { errors: verifier.map_or(ErrorRates::NONE, |v| v.rates(i)), icc }
    }

    const fn bits(&self) -> [u64; 3] {
        [self.errors.false_positive.to_bits(), self.errors.false_negative.to_bits(), self.icc.to_bits()]
    }

    fn at(&self, success: f64) -> f64 {
        if success == 0.0 {
            return 0.0;
        }
        let ErrorRates { false_positive, false_negative, .. } = self.errors;
        if self.icc > 0.0 {
            spread_ceiling(success, false_positive, false_negative, self.icc)
        } else {
            Rates::new(success, false_positive, false_negative).precision()
        }
    }

    /// The mean and the mean square over a Beta success rate.
    ///
    /// Less the rate itself both vanish at rates of 0 and 1, so that the rest is a mean over Beta(alpha + 1, beta + 1),
    /// whose logit has no long tails: the trapezoidal rule.
    fn moments(&self, [alpha, beta]: [f64; 2]) -> [f64; 2] {
        let size = alpha + beta;
        let mean = alpha / size;
        let (a, b) = (alpha + 1.0, beta + 1.0);
        let peak = log(a / b);
        let ln_weight = |x: f64| -a * softplus(-x) - b * softplus(x);
        let top = ln_weight(peak);
        let step = f64::min(0.4, 0.5 * sqrt(1.0 / a + 1.0 / b));
        let (mut all, mut rest) = (0.0, [0.0; 2]);
        let mut add = |x: f64| {
            let weight = exp(ln_weight(x) - top);
            let (p, complement) = (exp(-softplus(-x)), exp(-softplus(x)));
            let q = self.at(p);
            all += weight;
            rest[0] += weight * (q - p) / (p * complement);
            rest[1] += weight * (q * q - p) / (p * complement);
            weight > 1e-10
        };
        add(peak);
        for direction in [-step, step] {
            let mut i = 1.0;
            while add(peak + direction * i) {
                i += 1.0;
            }
        }
        let product = mean * (beta / (size + 1.0));
        rest.map(|sum| mean + product * sum / all)
    }
}

/// Without a population that the counts could tell: between tasks that are solved always or never and tasks with one rate,
/// at the confidence limits of that rate (Jensen's inequality, for precision is concave in the rate, or convex).
fn limits(groups: &[Group], confidence: f64) -> CeilingEnds {
    let tail = 0.5 * (1.0 - confidence);
    let squares: f64 = groups.iter().map(|g| g.weight_squares).sum();
    let share: f64 = groups.iter().filter(|g| g.attempts > 0.0).map(|g| g.weight * g.correct / g.attempts).sum();
    let known: f64 = groups.iter().filter(|g| g.attempts > 0.0).map(|g| g.weight).sum();
    let one = groups.iter().find(|g| g.attempts > 1.0);
    let size = one.map_or(1.0 / squares, |g| g.attempts);
    let mean = if known > 0.0 { share / known } else { 0.0 };
    let (low, high) = if known > 0.0 {
        (proportion::lower(mean * size, size, tail), proportion::upper(mean * size, size, tail))
    } else {
        (0.0, 1.0)
    };
    let mixed = one.is_none();
    let at = |p: f64, pick: fn(f64, f64) -> f64| {
        let all = groups.iter().map(|g| g.precision.at(p));
        let end = all.reduce(pick).unwrap_or(p);
        if mixed { pick(end, p) } else { end }
    };
    // A task that was not tried may be anything.
    let (low, high) = (known * at(low, f64::min), known * at(high, f64::max) + (1.0 - known).max(0.0));
    CeilingEnds { low, low_error: 0.0, high: high.min(1.0), high_error: 0.0 }
}

/// The ends over the posterior of a Beta population.
fn of_counts(groups: &[Group], population: &Posterior, threads: usize, control: &Control) -> Result<CeilingEnds> {
    let nodes = population.nodes(LEAST_SHARE);
    let mut found = Vec::with_capacity(nodes.len());
    let work = |(): &mut (), index: u64| {
        let [alpha, beta] = nodes[index as usize].1;
        // Mean and variance of the lower and of the upper end.
        let mut ends = [[0.0; 2]; 2];
        for group in groups {
            control.check()?;
            let (n, c) = (group.attempts, group.correct);
            let [mean, square] = group.precision.moments([alpha + c, beta + n - c]);
            let first = usize::from(c == 0.0);
            for end in &mut ends[first..] {
                end[0] += group.weight * mean;
                end[1] += group.weight_squares * (square - mean * mean).max(0.0);
            }
        }
        Ok(ends)
    };
    run(nodes.len() as u64, threads, control, || (), work, |ends| found.push(ends))?;
    let [[low, low_error], [high, high_error]] = [0, 1].map(|end| {
        let over = |value: &dyn Fn([f64; 2]) -> f64| -> f64 {
            nodes.iter().zip(&found).map(|((share, _), ends)| share * value(ends[end])).sum()
        };
        let mean = over(&|[mean, _]| mean);
        let variance = over(&|[one, within]| within + (one - mean) * (one - mean));
        [mean, sqrt(variance)]
    });
    Ok(CeilingEnds { low, low_error, high, high_error })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against midpoint sums in the rate, where its density is bounded.
    #[test]
    fn moments_are_those_of_a_plain_sum() {
        for (alpha, beta, f, g) in
            [(2.0, 5.0, 0.05, 0.0), (1.5, 1.2, 0.3, 0.2), (40.0, 3.0, 0.01, 0.5), (3.0, 2.0, 0.0, 0.0)]
        {
            let precision = Precision { errors: ErrorRates::new(f, g), icc: 0.0 };
            let (mut all, mut sums) = (0.0, [0.0; 2]);
            for i in 0..200_000 {
                let p = (f64::from(i) + 0.5) / 200_000.0;
                let weight = libm::pow(p, alpha - 1.0) * libm::pow(1.0 - p, beta - 1.0);
                let q = p * (1.0 - g) / (p * (1.0 - g) + (1.0 - p) * f);
                all += weight;
                sums[0] += weight * q;
                sums[1] += weight * q * q;
            }
            let found = precision.moments([alpha, beta]);
            for (found, sum) in found.iter().zip(sums) {
                assert!((found - sum / all).abs() < 2e-6, "{alpha} {beta} {f} {g}: {found} {}", sum / all);
            }
        }
    }
}
