//! Each task's own rate from its count and those of the others, with the population's uncertainty carried.
//!
//! Given a Beta population the rate of a task with c of n is Beta(alpha + c, beta + n - c). The population is integrated
//! over its posterior, whose prior is uniform for the intra-class correlation and for the mean Beta(1/2, 1/2)
//! (Jeffreys) for the estimate, Beta(0, 1) for the lower and Beta(1, 0) for the upper limit, as of the limits of Clopper
//! and Pearson; a task's law is the Beta with the mean and variance of that mixture. A task without an error has the lower
//! limit 0, one with nothing else the upper limit 1.

use libm::exp;

use super::beta_binomial::{Coordinates, Counts, Population};
use super::identification::{Reason, open};
use crate::error::Result;
use crate::run::{Control, run};
use crate::special::incomplete_beta::beta_quantile;
use crate::special::{proportion, softplus};

/// Nodes a side while the posterior is looked for, and of the integral.
const COARSE: usize = 9;
const FINE: usize = 33;
/// Of the integral where more than `MANY` tasks make the posterior narrow and smooth.
const FEW: usize = 17;
const MANY: usize = 200;
/// Of so few distinct counts the posterior takes less than starting threads for it.
const SPREAD: usize = 16;
/// The posterior, as a logarithm, is cut off this far below its largest value.
const DEPTH: f64 = 25.0;
/// The logits of mean and intra-class correlation are within these.
const REACH: [f64; 2] = [40.0, 24.0];

/// A task's rate.
#[derive(Debug, Clone, Copy)]
pub struct TaskRate {
    /// The posterior mean; the share of errors where the task's own count is all that is told.
    pub estimate: f64,
    /// Lower end of the equal-tailed interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The rate of each task, and why the others say nothing of it where they do not.
///
/// Where the counts do not tell how rates are spread, a task has the limits of Clopper and Pearson for its own count,
/// and one without attempts has none (NaN).
pub fn task_rates(
    counts: &Counts,
    confidence: f64,
    threads: usize,
    control: &Control,
) -> Result<(Vec<TaskRate>, Option<Reason>)> {
    let reason = open(counts, false);
    let tail = 0.5 * (1.0 - confidence);
    let nodes = if reason.is_some() { Posterior::default() } else { Posterior::new(counts, threads, control)? };
    let mut rates = Vec::with_capacity(counts.groups.len());
    let work = |(): &mut (), index: u64| {
        control.check()?;
        let group = &counts.groups[index as usize];
        let (n, c) = (group.attempts, group.correct);
        Ok(if reason.is_some() { alone(n, c, tail) } else { mixed(&nodes, n, c, tail) })
    };
    run(counts.groups.len() as u64, threads, control, || (), work, |rate| rates.push(rate))?;
    Ok((counts.each_task(&rates), reason))
}

fn alone(n: f64, c: f64, tail: f64) -> TaskRate {
    if n == 0.0 {
        return TaskRate { estimate: f64::NAN, low: f64::NAN, high: f64::NAN };
    }
    TaskRate { estimate: c / n, low: proportion::lower(c, n, tail), high: proportion::upper(c, n, tail) }
}

/// The law of a rate over the nodes of the population's posterior.
fn mixed(nodes: &Posterior, n: f64, c: f64, tail: f64) -> TaskRate {
    let [estimate, low, high] = nodes.weights.each_ref().map(|weights| nodes.law(weights, n, c));
    TaskRate {
        estimate: estimate.0 / (estimate.0 + estimate.1),
        low: if c == 0.0 && n > 0.0 { 0.0 } else { beta_quantile(low.0, low.1, tail) },
        high: if c == n && n > 0.0 { 1.0 } else { beta_quantile(high.0, high.1, 1.0 - tail) },
    }
}

/// Populations over a grid, and the share of each in the posterior of the estimate and of both limits.
#[derive(Debug, Default)]
pub(super) struct Posterior {
    shapes: Vec<[f64; 2]>,
    weights: [Vec<f64>; 3],
}

impl Posterior {
    /// Populations with at least a share of the largest weight, and their weights, which add to 1.
    pub(super) fn nodes(&self, least: f64) -> Vec<(f64, [f64; 2])> {
        let weights = &self.weights[0];
        let least = least * weights.iter().copied().fold(0.0, f64::max);
        let kept = || weights.iter().zip(&self.shapes).filter(|(w, _)| **w >= least);
        let all: f64 = kept().map(|(w, _)| w).sum();
        kept().map(|(w, &shape)| (w / all, shape)).collect()
    }

    /// The Beta with the mean and variance of a rate with c of n over the nodes.
    fn law(&self, weights: &[f64], n: f64, c: f64) -> (f64, f64) {
        let [mut mean, mut rest, mut variance] = [0.0; 3];
        for (weight, [alpha, beta]) in weights.iter().zip(&self.shapes) {
            mean += weight * (alpha + c) / (alpha + beta + n);
            rest += weight * (beta + n - c) / (alpha + beta + n);
        }
        for (weight, [alpha, beta]) in weights.iter().zip(&self.shapes) {
            let m = (alpha + c) / (alpha + beta + n);
            variance += weight * ((m - mean) * (m - mean) + m * (1.0 - m) / (alpha + beta + n + 1.0));
        }
        let size = mean * rest / variance - 1.0;
        (mean * size, rest * size)
    }

    /// Over the grid that holds all but e^-25 of it.
    pub(super) fn new(counts: &Counts, threads: usize, control: &Control) -> Result<Self> {
        let bounds = bounds(counts, threads, control)?;
        let side = if counts.tasks() > MANY { FEW } else { FINE };
        let values = heights(counts, bounds, side, threads, control)?;
        // The logarithm of the mean's prior over that of Jeffreys.
        let tilts = [
            |_: f64| 0.0,
            |mean: f64| 0.5 * softplus(-mean) - 0.5 * softplus(mean),
            |mean: f64| 0.5 * softplus(mean) - 0.5 * softplus(-mean),
        ];
        let weights = tilts.map(|tilt: fn(f64) -> f64| {
            let tilted = |(index, value): (usize, &f64)| value + tilt(place(bounds, side, index)[0]);
            let tilted: Vec<f64> = values.iter().enumerate().map(tilted).collect();
            let top = tilted.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let all: f64 = tilted.iter().map(|v| exp(v - top)).sum();
            tilted.iter().map(|v| exp(v - top) / all).collect()
        });
        let shape = |index| {
            let Population { alpha, beta, .. } = population(bounds, side, index);
            [alpha, beta]
        };
        Ok(Self { shapes: (0..values.len()).map(shape).collect(), weights })
    }
}

/// The box of the two logits that holds all but e^-25 of the posterior.
pub(super) fn bounds(counts: &Counts, threads: usize, control: &Control) -> Result<[[f64; 2]; 2]> {
    let mut bounds = REACH.map(|r| [-r, r]);
    for _ in 0..16 {
        let next = narrowed(&heights(counts, bounds, COARSE, threads, control)?, bounds);
        let shrunk = |axis: usize| next[axis][1] - next[axis][0] <= 0.7 * (bounds[axis][1] - bounds[axis][0]);
        let further = shrunk(0) || shrunk(1);
        bounds = next;
        if !further {
            break;
        }
    }
    Ok(bounds)
}

/// Logits of mean and correlation of a node of the square grid over `bounds`.
fn place(bounds: [[f64; 2]; 2], side: usize, index: usize) -> [f64; 2] {
    let at = |[low, high]: [f64; 2], step: usize| low + (high - low) * step as f64 / (side - 1) as f64;
    [at(bounds[0], index / side), at(bounds[1], index % side)]
}

fn population(bounds: [[f64; 2]; 2], side: usize, index: usize) -> Population {
    let [mean, icc] = place(bounds, side, index);
    Coordinates::Moments.population(&[mean, icc, f64::NEG_INFINITY])
}

/// The logarithm of the posterior density of the two logits on a grid.
pub(super) fn heights(
    counts: &Counts,
    bounds: [[f64; 2]; 2],
    side: usize,
    threads: usize,
    control: &Control,
) -> Result<Vec<f64>> {
    // A row of nodes at a time.
    let threads = if counts.groups.len() > SPREAD { threads } else { 1 };
    let mut values = Vec::with_capacity(side * side);
    let node = |index: usize| {
        let [mean, icc] = place(bounds, side, index);
        // x(1-x) of a uniform prior's logit, and its root for Jeffreys'.
        let prior = -0.5 * (softplus(mean) + softplus(-mean)) - softplus(icc) - softplus(-icc);
        prior + counts.ln_rises(&population(bounds, side, index))
    };
    let work = |(): &mut (), row: u64| {
        let first = row as usize * side;
        let row: Vec<f64> = (first..first + side).map(node).collect();
        control.check()?;
        Ok(row)
    };
    run(side as u64, threads, control, || (), work, |row| values.extend(row))?;
    Ok(values)
}

/// The smallest box that holds the nodes near the largest value, and a node beyond them.
fn narrowed(values: &[f64], bounds: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut ends = [[COARSE, 0]; 2];
    for (index, _) in values.iter().enumerate().filter(|(_, v)| **v >= top - DEPTH) {
        for (end, at) in ends.iter_mut().zip([index / COARSE, index % COARSE]) {
            *end = [end[0].min(at), end[1].max(at)];
        }
    }
    std::array::from_fn(|axis| {
        let [low, high] = bounds[axis];
        let at = |step: usize| low + (high - low) * step as f64 / (COARSE - 1) as f64;
        [at(ends[axis][0].saturating_sub(1)), at((ends[axis][1] + 1).min(COARSE - 1))]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(attempts: &[f64], errors: &[f64]) -> (Vec<TaskRate>, Option<Reason>) {
        let control = Control::default();
        let counts = Counts::new(attempts, errors, None, &control).expect("counts");
        task_rates(&counts, 0.95, 1, &control).expect("not cancelled")
    }

    #[test]
    fn one_pooled_sample_has_the_exact_limits() {
        let (one, reason) = rates(&[200.0], &[12.0]);
        assert_eq!(reason, Some(Reason::OneTask));
        assert!((one[0].low - 0.031_383_954).abs() < 1e-9 && (one[0].high - 0.102_461_831).abs() < 1e-9);
        let (none, _) = rates(&[60.0], &[0.0]);
        assert!(none[0].low == 0.0 && (none[0].high - 0.059_62).abs() < 1e-5);
    }

    /// Against a plain sum over a grid of 1,000 x 1,000 means and correlations, each in the middle of its cell.
    #[test]
    fn the_integral_is_that_of_a_fine_grid() {
        let (attempts, errors) = ([10.0, 4.0, 25.0], [1.0, 0.0, 9.0]);
        let (found, reason) = rates(&attempts, &errors);
        assert_eq!(reason, None);
        let (mut all, mut mean) = (0.0, [0.0; 3]);
        for i in 0..1000 {
            // An arcsine grid of the mean carries Jeffreys' prior.
            let m = libm::sin((f64::from(i) + 0.5) / 1000.0 * std::f64::consts::FRAC_PI_2);
            let m = m * m;
            for j in 0..1000 {
                let icc = (f64::from(j) + 0.5) / 1000.0;
                let size = (1.0 - icc) / icc;
                let (alpha, beta) = (m * size, (1.0 - m) * size);
                let rise = |a: f64, n: f64| (0..n as u32).map(|i| a + f64::from(i)).product::<f64>();
                let like: f64 = (0..3)
                    .map(|t| {
                        let (n, c) = (attempts[t], errors[t]);
                        rise(alpha, c) * rise(beta, n - c) / rise(size, n)
                    })
                    .product();
                all += like;
                for t in 0..3 {
                    mean[t] += like * (alpha + errors[t]) / (size + attempts[t]);
                }
            }
        }
        for t in 0..3 {
            assert!((found[t].estimate - mean[t] / all).abs() < 2e-4, "{t}: {} {}", found[t].estimate, mean[t] / all);
        }
    }
}
