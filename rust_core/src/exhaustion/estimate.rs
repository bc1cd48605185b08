//! Means, quantiles and probabilities with their standard errors, from the tallies of a run.

use super::simulate::{OFFSETS, Outcome, Tally};
use super::trajectory::DEFINITIONS;
use crate::stats::{Histogram, rank};

/// The probabilities of the reported quantiles.
pub const QUANTILES: [f64; 7] = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95];

/// Estimates of the yearly variables, year by year and within a year in the order of the variables.
#[derive(Debug, Clone, Default)]
pub struct Trajectories {
    /// Means.
    pub mean: Vec<f64>,
    /// Their standard errors.
    pub se: Vec<f64>,
    /// One column per quantile.
    pub quantiles: Vec<Vec<f64>>,
}

/// Estimates of the year of running out, by definition; NaN where a quantile is not reached by the horizon.
#[derive(Debug, Clone, Default)]
pub struct Exhaustion {
    /// One column per quantile.
    pub quantiles: Vec<Vec<f64>>,
    /// Their standard errors.
    pub quantiles_se: Vec<Vec<f64>>,
    /// One column per year: P(run out by then).
    pub by_year: Vec<Vec<f64>>,
    /// Their standard errors.
    pub by_year_se: Vec<Vec<f64>>,
}

/// The yearly variables.
pub fn trajectories(outcome: &Outcome) -> Trajectories {
    let all = merged(outcome);
    let cells = all.values.len();
    let spread = |cell: usize| spread(outcome, |part| part.moments[cell].mean);
    Trajectories {
        mean: all.moments.iter().map(|m| m.mean).collect(),
        se: (0..cells).map(|i| spread(i).unwrap_or_else(|| all.moments[i].standard_error())).collect(),
        quantiles: QUANTILES
            .iter()
            .map(|&p| {
                let offsets = OFFSETS.iter().cycle();
                let ranked = |h: &Histogram| h.ranked(rank(p, h.total())).unwrap_or(f64::NAN);
                all.values.iter().zip(offsets).map(|(h, offset)| ranked(h) + offset).collect()
            })
            .collect(),
    }
}

/// The years of running out.
pub fn exhaustion(outcome: &Outcome) -> Exhaustion {
    let all = merged(outcome);
    let each = |of: &dyn Fn(usize) -> f64| (0..DEFINITIONS.len()).map(of).collect::<Vec<f64>>();
    let years = all.by_year[0].len();
    let share =
        |part: &Tally, definition: usize, year: usize| part.by_year[definition][year] as f64 / part.trials as f64;
    Exhaustion {
        quantiles: QUANTILES.iter().map(|&p| each(&|d| quantile(&all.years[d], p, all.trials))).collect(),
        quantiles_se: QUANTILES
            .iter()
            .map(|&p| {
                each(&|d| {
                    spread(outcome, |part| quantile(&part.years[d], p, part.trials))
                        .unwrap_or_else(|| quantile_error(&all.years[d], p, all.trials))
                })
            })
            .collect(),
        by_year: (0..years).map(|year| each(&|d| share(&all, d, year))).collect(),
        by_year_se: (0..years)
            .map(|year| {
                each(&|d| {
                    spread(outcome, |part| share(part, d, year)).unwrap_or_else(|| {
                        let p = share(&all, d, year);
                        (p * (1.0 - p) / all.trials as f64).sqrt()
                    })
                })
            })
            .collect(),
    }
}

/// The tally of all parts; variables have every draw, years of running out only those that run out.
fn merged(outcome: &Outcome) -> Tally {
    let (first, others) = outcome.parts.split_first().expect("a run has a part");
    let mut all = first.clone();
    for part in others {
        all.merge(part);
    }
    all
}

/// The standard error of a mean of independent scramblings; None where there is one part.
fn spread(outcome: &Outcome, of: impl Fn(&Tally) -> f64) -> Option<f64> {
    let n = outcome.parts.len() as f64;
    if outcome.parts.len() < 2 {
        return None;
    }
    let values: Vec<f64> = outcome.parts.iter().map(of).collect();
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    Some((squares / (n - 1.0) / n).sqrt())
}

/// The ceil(n p)-th smallest of n years of which the histogram holds those before the horizon.
fn quantile(histogram: &Histogram, p: f64, n: u64) -> f64 {
    histogram.ranked(rank(p, n)).unwrap_or(f64::NAN)
}

/// Half the width between the quantiles one standard error of the rank below and above; where the one above is beyond
/// the horizon, the distance to the one below.
fn quantile_error(histogram: &Histogram, p: f64, n: u64) -> f64 {
    let step = (p * (1.0 - p) / n as f64).sqrt();
    let (below, above) = (quantile(histogram, (p - step).max(0.0), n), quantile(histogram, (p + step).min(1.0), n));
    if above.is_nan() { quantile(histogram, p, n) - below } else { 0.5 * (above - below) }
}
