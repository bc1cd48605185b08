//! Mean pass@k and pass^k of a benchmark, with standard errors and bootstrap intervals.

use std::collections::BTreeMap;

use libm::{exp, log, log1p, sqrt};

use super::{check_counts, check_k, quantile};
use crate::closed_form::pass_rates::{pass_at_k, pass_hat_k};
use crate::error::{Error, Result};
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::exact::bootstrap::{MAX_RESAMPLES, Resample};
use crate::special::ln_choose;
use crate::variates::{below, binomial};

/// Some of k attempts is correct, or all are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassRate {
    /// pass@k.
    AtK,
    /// pass^k.
    HatK,
}

impl PassRate {
    fn of(self, attempts: f64, correct: f64, k: f64) -> f64 {
        match self {
            Self::AtK => pass_at_k(attempts, correct, k),
            Self::HatK => pass_hat_k(attempts, correct, k),
        }
    }

    /// The same for the event that all attempts are alike: its square's mean is known from 2k attempts.
    fn all_alike(self, attempts: f64, correct: f64, k: f64) -> f64 {
        match self {
            Self::AtK => pass_hat_k(attempts, attempts - correct, k),
            Self::HatK => pass_hat_k(attempts, correct, k),
        }
    }
}

/// Means over tasks, one of each a k; NaN where some task has too few attempts.
#[derive(Debug, Clone)]
pub struct Curve {
    /// The mean of the tasks' unbiased estimates.
    pub estimate: Vec<f64>,
    /// Its standard error under what is resampled.
    pub standard_error: Vec<f64>,
    /// Lower ends of the bootstrap interval.
    pub low: Vec<f64>,
    /// Upper ends.
    pub high: Vec<f64>,
}

/// How the interval is found.
#[derive(Debug, Clone, Copy)]
pub struct Bootstrap {
    /// What is drawn anew.
    pub resample: Resample,
    /// How often; 0 for no interval.
    pub resamples: u64,
    /// The confidence of the interval, in (0, 1).
    pub confidence: f64,
    /// The key of the seed.
    pub key: Key,
}

/// The mean pass rates of a benchmark's tasks, with equal weights.
///
/// Standard errors: over tasks, their standard deviation / sqrt(tasks); over attempts, from the unbiased variance of
/// each task's U-statistic, `f_k^2 - f_2k` with f the share of subsets that are all alike, which needs n >= 2k.
/// Intervals are percentiles of the resampled means, moved so that their mean is the estimate: the plug-in resampling
/// of attempts is biased where k is not small against n.
pub fn curve(
    rate: PassRate,
    attempts: &[f64],
    correct: &[f64],
    ks: &[f64],
    bootstrap: Bootstrap,
    threads: usize,
    control: &Control,
) -> Result<Curve> {
    check_counts(attempts, correct)?;
    if bootstrap.resamples > MAX_RESAMPLES {
        return Err(Error::argument("bootstrap", format!("at most {MAX_RESAMPLES}"), bootstrap.resamples));
    }
    check_k(ks)?;
    let tasks = attempts.len();
    let values: Vec<f64> =
        (0..tasks).flat_map(|i| ks.iter().map(move |&k| rate.of(attempts[i], correct[i], k))).collect();
    let mean_of = |j: usize| (0..tasks).map(|i| values[i * ks.len() + j]).sum::<f64>() / tasks as f64;
    let estimate: Vec<f64> = (0..ks.len()).map(mean_of).collect();
    let standard_error = (0..ks.len())
        .map(|j| match bootstrap.resample {
            Resample::Tasks => {
                let squares: f64 = (0..tasks).map(|i| (values[i * ks.len() + j] - estimate[j]).powi(2)).sum();
                sqrt(squares / (tasks as f64 - 1.0) / tasks as f64)
            }
            Resample::Attempts => attempts_error(rate, attempts, correct, ks[j]),
        })
        .collect();
    let sums = match bootstrap.resample {
        Resample::Tasks => {
            let rows: Vec<&[f64]> = values.chunks_exact(ks.len().max(1)).collect();
            let pick = |random: &mut Sequence, _: usize| below(tasks as u64, random) as usize;
            resampled(tasks, ks.len(), bootstrap, threads, control, |_, at| rows[at], pick)?
        }
        Resample::Attempts => {
            let again = Again::new(rate, attempts, correct, ks)?;
            resampled(tasks, ks.len(), bootstrap, threads, control, |i, c| again.row(i, c), |r, i| again.draw(i, r))?
        }
    };
    let (mut low, mut high) = (Vec::new(), Vec::new());
    let tail = (1.0 - bootstrap.confidence) / 2.0;
    for (j, mut sums) in sums.into_iter().enumerate() {
        sums.sort_by(f64::total_cmp);
        let centre = sums.iter().sum::<f64>() / sums.len() as f64;
        let end = |p: f64| (estimate[j] + (quantile(&sums, p) - centre) / tasks as f64).clamp(0.0, 1.0);
        low.push(end(tail));
        high.push(end(1.0 - tail));
    }
    Ok(Curve { estimate, standard_error, low, high })
}

/// The standard error over attempts of the mean over tasks; NaN where 2k exceeds some task's attempts.
fn attempts_error(rate: PassRate, attempts: &[f64], correct: &[f64], k: f64) -> f64 {
    let variance = |(&n, &c): (&f64, &f64)| {
        let share = rate.all_alike(n, c, k);
        share * share - rate.all_alike(n, c, 2.0 * k)
    };
    let sum: f64 = attempts.iter().zip(correct).map(variance).sum();
    sqrt(if sum < 0.0 { 0.0 } else { sum }) / attempts.len() as f64
}

/// Sums over tasks of the rows that `pick` chooses, for each k the sums of all resamples.
fn resampled<'a>(
    tasks: usize,
    width: usize,
    bootstrap: Bootstrap,
    threads: usize,
    control: &Control,
    row: impl Fn(usize, usize) -> &'a [f64] + Sync,
    pick: impl Fn(&mut Sequence, usize) -> usize + Sync,
) -> Result<Vec<Vec<f64>>> {
    let mut sums = vec![Vec::with_capacity(bootstrap.resamples as usize); width];
    let work = |(): &mut (), index: u64| {
        control.check()?;
        let mut random = Stream::new(bootstrap.key, 0, purpose::BOOTSTRAP, index).sequence();
        let mut sum = vec![0.0; width];
        for i in 0..tasks {
            let chosen = pick(&mut random, i);
            for (total, value) in sum.iter_mut().zip(row(i, chosen)) {
                *total += value;
            }
        }
        control.advance(1);
        Ok(sum)
    };
    let collect = |sum: Vec<f64>| sums.iter_mut().zip(sum).for_each(|(all, one)| all.push(one));
    run(bootstrap.resamples, threads, control, || (), work, collect)?;
    Ok(sums)
}

/// The attempts of each task drawn again with its observed share, and the pass rates of every possible outcome.
struct Again {
    /// For each distinct number of attempts, the rows of all counts 0..=n.
    tables: Vec<Vec<f64>>,
    table_of: Vec<usize>,
    draws: Vec<Draw>,
    width: usize,
}

/// How one task's count is drawn.
enum Draw {
    /// From the cumulative binomial distribution.
    Cumulative(Vec<f64>),
    /// Where that would be long.
    Binomial(u64, f64),
}

/// The longest cumulative distribution, and the most numbers in the tables of all outcomes.
const LONGEST: f64 = 4096.0;
const MOST: f64 = 1e8;

impl Again {
    fn new(rate: PassRate, attempts: &[f64], correct: &[f64], ks: &[f64]) -> Result<Self> {
        let mut places = BTreeMap::new();
        let (mut tables, mut table_of) = (Vec::new(), Vec::new());
        let mut size = 0.0;
        for &n in attempts {
            let next = places.len();
            let at = *places.entry(n as u64).or_insert(next);
            if at == next {
                size += (n + 1.0) * ks.len() as f64;
                if size > MOST {
                    let expected = format!("at most {MOST:e} outcomes (attempts times k) to resample attempts");
                    return Err(Error::argument("attempts", expected, format!("{size:e}")));
                }
                let rows = (0..=n as u64).flat_map(|c| ks.iter().map(move |&k| rate.of(n, c as f64, k)));
                tables.push(rows.collect());
            }
            table_of.push(at);
        }
        let draw = |(&n, &c): (&f64, &f64)| {
            if n > LONGEST || c == 0.0 || c == n {
                return Draw::Binomial(n as u64, if n == 0.0 { 0.0 } else { c / n });
            }
            let (ln_p, ln_q) = (log(c / n), log1p(-c / n));
            let mut sum = 0.0;
            let mass = |x: u64| {
                let x = x as f64;
                sum += exp(ln_choose(n, x) + x * ln_p + (n - x) * ln_q);
                sum
            };
            Draw::Cumulative((0..n as u64).map(mass).collect())
        };
        let draws = attempts.iter().zip(correct).map(draw).collect();
        Ok(Self { tables, table_of, draws, width: ks.len() })
    }

    fn draw(&self, task: usize, random: &mut Sequence) -> usize {
        match &self.draws[task] {
            Draw::Cumulative(below) => {
                let u = random.open01();
                below.partition_point(|&b| b < u)
            }
            &Draw::Binomial(n, p) => binomial(n, p, random) as usize,
        }
    }

    fn row(&self, task: usize, correct: usize) -> &[f64] {
        &self.tables[self.table_of[task]][correct * self.width..(correct + 1) * self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variance of the estimate over all outcomes of a binomial task is what its unbiased estimate has as its mean.
    #[test]
    fn the_error_over_attempts_is_unbiased() {
        let (n, p, k) = (8.0_f64, 0.3_f64, 3.0);
        for rate in [PassRate::AtK, PassRate::HatK] {
            let (mut mean, mut square, mut claimed) = (0.0, 0.0, 0.0);
            for c in 0..=8 {
                let c = f64::from(c);
                let chance = exp(ln_choose(n, c)) * p.powf(c) * (1.0 - p).powf(n - c);
                let (value, alike) = (rate.of(n, c, k), rate.all_alike(n, c, k));
                mean += chance * value;
                square += chance * value * value;
                claimed += chance * (alike * alike - rate.all_alike(n, c, 2.0 * k));
            }
            assert!((square - mean * mean - claimed).abs() < 1e-14);
        }
    }
}
