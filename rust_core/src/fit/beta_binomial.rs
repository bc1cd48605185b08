//! Maximum likelihood of a Beta population from counts, with a mass of unsolvable tasks if asked.
//!
//! A task's p is 0 with probability z, else Beta(alpha, beta). The likelihood of c correct among n attempts is
//! `coefficient [(1-z) B(alpha+c, beta+n-c)/B(alpha, beta) + z 1(c = 0)]`. The coefficient is C(n, c); where a task
//! stopped at its r-th success it is C(n-1, r-1) (negative binomial): the estimate is the same, the likelihood and
//! what c/n means are not.

use std::collections::BTreeMap;

use libm::{exp, log, log1p};

use super::check_counts;
use super::maximum::{Maximum, maximise};
use super::rises::{Rises, ln_rises};
use crate::error::{Error, Result, check_range, number};
use crate::rng::Sequence;
use crate::run::Control;
use crate::special::{ln_add_exp, ln_choose};
use crate::variates::below;

/// The search's box, in logits of mean, icc and unsolvable share, or logarithms of alpha and beta.
pub(super) const REACH: f64 = 30.0;

/// What is estimated, in the order of the results.
pub const QUANTITIES: [&str; 5] = ["alpha", "beta", "mean", "icc", "unsolvable"];

/// Tasks with equal counts, together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) attempts: f64,
    pub(super) correct: f64,
    pub(super) tasks: f64,
}

/// Counts of tasks, ready to fit.
#[derive(Debug)]
pub struct Counts {
    pub(super) groups: Vec<Group>,
    /// The group of each task.
    group_of: Vec<usize>,
    /// Attempts of a task, at most.
    most: f64,
    pub(super) ln_coefficients: f64,
    /// Whether tasks stopped at a number of successes.
    pub(super) stopped: bool,
    control: Control,
}

/// A Beta population with a share of tasks that cannot be solved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Population {
    /// First parameter of the Beta.
    pub alpha: f64,
    /// Second parameter.
    pub beta: f64,
    /// Share of tasks with p = 0.
    pub unsolvable: f64,
}

impl Population {
    /// A population with alpha and beta in [1e-300, 1e300] and a share in [0, 1].
    pub fn new(alpha: f64, beta: f64, unsolvable: f64) -> Result<Self> {
        for (name, value) in [("alpha", alpha), ("beta", beta)] {
            // Beyond them Gamma functions overflow.
            check_range(name, &[value], 1e-300, 1e300)?;
        }
        check_range("unsolvable", &[unsolvable], 0.0, 1.0)?;
        Ok(Self { alpha, beta, unsolvable })
    }

    /// The five quantities: alpha, beta, the mean of the Beta, its intra-class correlation, the unsolvable share.
    pub fn quantities(&self) -> [f64; 5] {
        let size = self.alpha + self.beta;
        [self.alpha, self.beta, self.alpha / size, 1.0 / (1.0 + size), self.unsolvable]
    }
}

/// Which coordinates the search moves in; both end with the logit of the unsolvable share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coordinates {
    /// logit of the mean, logit of the icc.
    Moments,
    /// ln alpha, ln beta.
    Shapes,
}

impl Coordinates {
    pub(super) fn population(self, t: &[f64; 3]) -> Population {
        let unsolvable = logistic(t[2]);
        match self {
            Self::Moments => {
                let size = exp(-t[1]);
                Population { alpha: logistic(t[0]) * size, beta: logistic(-t[0]) * size, unsolvable }
            }
            Self::Shapes => Population { alpha: exp(t[0]), beta: exp(t[1]), unsolvable },
        }
    }

    pub(super) fn point(self, p: &Population) -> [f64; 3] {
        let last = log(p.unsolvable) - log1p(-p.unsolvable);
        match self {
            Self::Moments => [log(p.alpha / p.beta), -log(p.alpha + p.beta), last],
            Self::Shapes => [log(p.alpha), log(p.beta), last],
        }
    }

    /// From the gradient in (ln alpha, ln beta, logit unsolvable) to that in these coordinates.
    fn chain(self, t: &[f64; 3], [a, b, z]: [f64; 3]) -> [f64; 3] {
        match self {
            Self::Moments => [a * logistic(-t[0]) - b * logistic(t[0]), -(a + b), z],
            Self::Shapes => [a, b, z],
        }
    }
}

pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

impl Counts {
    /// Counts of at least one task; `stopped_at` is the number of successes at which a task stopped.
    ///
    /// Once `control` is cancelled no likelihood is computed any more: whoever asked for one then checks.
    pub fn new(attempts: &[f64], correct: &[f64], stopped_at: Option<f64>, control: &Control) -> Result<Self> {
        check_counts(attempts, correct)?;
        let last = stopped_at.unwrap_or(f64::INFINITY);
        if last < 1.0 || (last.is_finite() && last != last.trunc()) || last.is_nan() {
            return Err(Error::argument("stopped_at", "a whole number of at least 1", last));
        }
        if let Some(at) = correct.iter().position(|&c| c > last) {
            let expected = format!("at most stopped_at = {}", number(last));
            return Err(Error::argument(&format!("correct[{at}]"), expected, correct[at]));
        }
        let mut places = BTreeMap::new();
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of = Vec::with_capacity(attempts.len());
        let mut ln_coefficients = 0.0;
        for (&n, &c) in attempts.iter().zip(correct) {
            control.check()?;
            let at = *places.entry((n as u64, c as u64)).or_insert_with(|| {
                groups.push(Group { attempts: n, correct: c, tasks: 0.0 });
                groups.len() - 1
            });
            groups[at].tasks += 1.0;
            group_of.push(at);
            ln_coefficients += if stopped_at == Some(c) { ln_choose(n - 1.0, c - 1.0) } else { ln_choose(n, c) };
        }
        let stopped = stopped_at.is_some();
        let most = attempts.iter().copied().fold(0.0, f64::max);
        Ok(Self { groups, group_of, most, ln_coefficients, stopped, control: control.quiet() })
    }

    /// The same tasks with wrong attempts in the place of correct ones.
    #[must_use]
    pub fn mirrored(mut self) -> Self {
        self.groups.iter_mut().for_each(|g| g.correct = g.attempts - g.correct);
        self
    }

    /// The log likelihood of the counts.
    pub fn ln_likelihood(&self, population: &Population) -> f64 {
        let weights: Vec<f64> = self.groups.iter().map(|g| g.tasks).collect();
        self.ln_coefficients + self.climb(&weights, population, population.unsolvable > 0.0).0
    }

    /// Log likelihood without coefficients, and its gradient in (ln alpha, ln beta, logit unsolvable).
    fn climb(&self, weights: &[f64], population: &Population, inflated: bool) -> (f64, [f64; 3]) {
        let &Population { alpha, beta, unsolvable } = population;
        let (mut value, mut slope) = (0.0, [0.0; 3]);
        if self.control.check().is_err() {
            return (f64::NEG_INFINITY, [0.0; 3]); // before sums that a search would make again and again
        }
        let rises = Rises::new([alpha, beta], self.groups.len(), self.most);
        for (group, &weight) in self.groups.iter().zip(weights).filter(|(_, w)| **w > 0.0) {
            if self.control.check().is_err() {
                return (f64::NEG_INFINITY, [0.0; 3]);
            }
            let (ln_counts, [d_alpha, d_beta]) = rises.of(group.attempts, group.correct);
            let (ln_task, solvable, d_z) = if !inflated {
                (ln_counts, 1.0, 0.0)
            } else if group.correct > 0.0 {
                (log1p(-unsolvable) + ln_counts, 1.0, -unsolvable)
            } else {
                let ln_task = ln_add_exp(log(unsolvable), log1p(-unsolvable) + ln_counts);
                let solvable = exp(log1p(-unsolvable) + ln_counts - ln_task);
                (ln_task, solvable, 1.0 - solvable - unsolvable)
            };
            value += weight * ln_task;
            slope[0] += weight * solvable * d_alpha;
            slope[1] += weight * solvable * d_beta;
            slope[2] += weight * d_z;
        }
        (value, slope)
    }

    /// Whether some attempt is correct and some is wrong: without both the likelihood has no maximum inside.
    pub(super) fn check_informative(&self) -> Result<()> {
        let some = |count: fn(&Group) -> f64| self.groups.iter().any(|g| count(g) > 0.0);
        if some(|g| g.correct) && some(|g| g.attempts - g.correct) {
            return Ok(());
        }
        let got = if some(|g| g.correct) { "all correct" } else { "none correct" };
        Err(Error::argument("correct", "counts with a correct and a wrong attempt (no population is identified)", got))
    }

    pub(super) fn maximum(&self, weights: &[f64], inflated: bool, start: &Population) -> Maximum<3> {
        let way = Coordinates::Moments;
        self.profile(weights, inflated, way, way.point(start), [true, true, inflated])
    }

    /// The best point with the coordinates that are not free held where they start.
    pub(super) fn profile(
        &self,
        weights: &[f64],
        inflated: bool,
        way: Coordinates,
        start: [f64; 3],
        free: [bool; 3],
    ) -> Maximum<3> {
        maximise(start, free, REACH, |t| {
            let (value, slope) = self.climb(weights, &way.population(t), inflated);
            (value, way.chain(t, slope))
        })
    }

    /// The maximum-likelihood population from the best of a few starts, and its value without coefficients.
    pub(super) fn fit(&self, weights: &[f64], inflated: bool) -> (Population, f64) {
        let total =
            |count: fn(&Group) -> f64| -> f64 { self.groups.iter().zip(weights).map(|(g, w)| w * count(g)).sum() };
        let mean = ((total(|g| g.correct) + 0.5) / (total(|g| g.attempts) + 1.0)).clamp(1e-6, 1.0 - 1e-6);
        let mut best: Option<Maximum<3>> = None;
        for icc in [0.3, 0.02] {
            let size = 1.0 / icc - 1.0;
            let start = Population { alpha: mean * size, beta: (1.0 - mean) * size, unsolvable: 0.1 };
            let found = self.maximum(weights, inflated, &start);
            if best.as_ref().is_none_or(|b| found.value > b.value) {
                best = Some(found);
            }
        }
        let best = best.expect("two starts were tried");
        let population = Coordinates::Moments.population(&best.at);
        (Population { unsolvable: if inflated { population.unsolvable } else { 0.0 }, ..population }, best.value)
    }

    pub(super) fn weights(&self) -> Vec<f64> {
        self.groups.iter().map(|g| g.tasks).collect()
    }

    /// Weights of the groups in a sample of as many tasks, drawn with replacement.
    pub(super) fn resampled(&self, random: &mut Sequence) -> Vec<f64> {
        let mut weights = vec![0.0; self.groups.len()];
        for _ in 0..self.tasks() {
            weights[self.group_of[below(self.tasks() as u64, random) as usize]] += 1.0;
        }
        weights
    }

    /// The log likelihood of a population without unsolvable tasks, without coefficients; -inf once cancelled.
    pub(super) fn ln_rises(&self, &Population { alpha, beta, .. }: &Population) -> f64 {
        let mut value = 0.0;
        for group in &self.groups {
            if self.control.check().is_err() {
                return f64::NEG_INFINITY;
            }
            value += group.tasks * ln_rises(alpha, beta, group.attempts, group.correct);
        }
        value
    }

    /// The value of its group for each task.
    pub(super) fn each_task<T: Copy>(&self, groups: &[T]) -> Vec<T> {
        self.group_of.iter().map(|&group| groups[group]).collect()
    }

    /// The number of tasks.
    pub(super) fn tasks(&self) -> usize {
        self.group_of.len()
    }
}
