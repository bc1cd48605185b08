//! Mean pass@k and pass^k of a benchmark, with standard errors and intervals.

use libm::sqrt;

use super::pass_rate::{Group, PassRate, grouped};
use super::repeated::Prior;
use super::{check_counts, check_k};
use crate::error::Result;
use crate::rng::Key;
use crate::run::Control;
use crate::sampling::exact::bootstrap::Resample;
use crate::special::clusters::Sampled;
use crate::special::proportion::{Sample, lower, upper};

/// Means over tasks, one of each a k; NaN where some task has too few attempts.
#[derive(Debug, Clone, Default)]
pub struct Curve {
    /// The mean of the tasks' unbiased estimates.
    pub estimate: Vec<f64>,
    /// Its standard error under what is resampled.
    pub standard_error: Vec<f64>,
    /// Lower ends of the interval.
    pub low: Vec<f64>,
    /// Upper ends.
    pub high: Vec<f64>,
}

/// How the interval of a fit is found by resampling.
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
/// Standard errors: over tasks, their standard deviation / sqrt(tasks), or that of their clusters; over attempts, from the
/// unbiased variance of each task's U-statistic, `f_k^2 - f_2k` with f the share of subsets that are all alike, which needs
/// n >= 2k.
/// Intervals: over tasks, the limits of the mean of a sample in [0, 1] ([`Sample`]); over attempts, those of a proportion
/// with an effective number of trials ([`Prior::effective_trials`]).
pub fn curve(
    rate: PassRate,
    [attempts, correct]: [&[f64]; 2],
    ks: &[f64],
    (resample, clusters): (Resample, Option<&[f64]>),
    confidence: f64,
    control: &Control,
) -> Result<Curve> {
    check_counts(attempts, correct)?;
    check_k(ks)?;
    let sampled = clusters.map(|clusters| Sampled::new(attempts.len(), None, Some(clusters)));
    let groups = grouped(attempts, correct);
    let tasks = attempts.len() as f64;
    let tail = (1.0 - confidence) / 2.0;
    let prior = Prior::new(&groups, control)?;
    let mut curve = Curve::default();
    for &k in ks {
        control.check()?;
        let mut sample = Sample::default();
        let values: Vec<f64> = groups.iter().map(|g| rate.of(g.attempts, g.correct, k)).collect();
        groups.iter().zip(&values).for_each(|(g, &value)| sample.add(value, g.tasks));
        let mean = groups.iter().zip(&values).map(|(g, value)| g.tasks * value).sum::<f64>() / tasks;
        let (error, [low, high]) = match (resample, &sampled) {
            _ if mean.is_nan() => (f64::NAN, [f64::NAN; 2]),
            (Resample::Tasks, Some(sampled)) => {
                let each: Vec<f64> = attempts.iter().zip(correct).map(|(&n, &c)| rate.of(n, c, k)).collect();
                let (error, sample) = of_clusters(&sampled.means(&each), mean, sampled);
                (error, [sample.lower(tail), sample.upper(tail)])
            }
            (Resample::Tasks, None) => {
                let squares: f64 = groups.iter().zip(&values).map(|(g, v)| g.tasks * (v - mean).powi(2)).sum();
                (sqrt(squares / (tasks - 1.0) / tasks), [sample.lower(tail), sample.upper(tail)])
            }
            (Resample::Attempts, _) => {
                let trials = prior.effective_trials(rate, &groups, k, control)?;
                let ends = [lower(mean * trials, trials, tail), upper(mean * trials, trials, tail)];
                (attempts_error(rate, &groups, tasks, k), ends)
            }
        };
        curve.estimate.push(mean);
        curve.standard_error.push(error);
        curve.low.push(low);
        curve.high.push(high);
    }
    Ok(curve)
}

/// The standard error of the mean of clusters, and these as a sample: as many of equal weight as know the mean as well.
fn of_clusters(means: &[f64], mean: f64, sampled: &Sampled) -> (f64, Sample) {
    let (mut sample, mut squares) = (Sample::default(), 0.0);
    for (cluster, &x) in means.iter().enumerate() {
        sample.add(x.clamp(0.0, 1.0), sampled.copies(cluster));
        squares += sampled.weight(cluster) * (x - mean).powi(2);
    }
    (sqrt(squares / (sampled.effective() - 1.0)), sample)
}

/// The standard error over attempts of the mean over tasks; NaN where 2k exceeds some task's attempts.
fn attempts_error(rate: PassRate, groups: &[Group], tasks: f64, k: f64) -> f64 {
    let variance = |g: &Group| {
        let share = rate.all_alike(g.attempts, g.correct, k);
        g.tasks * (share * share - rate.all_alike(g.attempts, g.correct, 2.0 * k))
    };
    let sum: f64 = groups.iter().map(variance).sum();
    sqrt(if sum < 0.0 { 0.0 } else { sum }) / tasks
}

#[cfg(test)]
mod tests {
    use libm::exp;

    use libm::pow;

    use super::*;
    use crate::special::ln_choose;

    /// The variance of the estimate over all outcomes of a binomial task is what its unbiased estimate has as its mean.
    #[test]
    fn the_error_over_attempts_is_unbiased() {
        let (n, p, k) = (8.0_f64, 0.3_f64, 3.0);
        for rate in [PassRate::AtK, PassRate::HatK] {
            let (mut mean, mut square, mut claimed) = (0.0, 0.0, 0.0);
            for c in 0..=8 {
                let c = f64::from(c);
                let chance = exp(ln_choose(n, c)) * pow(p, c) * pow(1.0 - p, n - c);
                let (value, alike) = (rate.of(n, c, k), rate.all_alike(n, c, k));
                mean += chance * value;
                square += chance * value * value;
                claimed += chance * (alike * alike - rate.all_alike(n, c, 2.0 * k));
            }
            assert!((square - mean * mean - claimed).abs() < 1e-14);
        }
    }
}
