//! Means, quantiles and probabilities with their standard errors, from the tallies of a run.

use super::cells::OFFSETS;
use super::tally::{Outcome, QUANTILES, Tally};
use super::trajectory::{BY_YEARS, DEFINITIONS, counted_years};
use crate::histogram::Histogram;
use crate::stats::{Z_95, rank, share_error};

/// A frame of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// The years of running out: a row per definition.
    Exhaustion,
    /// The probability of having run out by a year: definition by definition, and within one year by year.
    ExhaustedBy,
    /// The yearly variables: year by year, and within a year in the order of the variables.
    Trajectories,
}

impl Frame {
    /// Every frame under its name.
    pub const ALL: [(&str, Self); 3] =
        [("exhaustion", Self::Exhaustion), ("exhausted_by", Self::ExhaustedBy), ("trajectories", Self::Trajectories)];

    /// The names of its columns.
    pub fn columns(self) -> Vec<String> {
        match self {
            Self::Exhaustion => {
                let by = BY_YEARS.iter().map(|year| format!("p_by_{year}"));
                let ends = ["p_already", "p_not_by_horizon"].map(str::to_owned);
                let [already, never] = ends.map(std::iter::once);
                let names = quantile_names().chain(already).chain(by).chain(never);
                names.flat_map(|name| [name.clone(), format!("{name}_se")]).collect()
            }
            Self::ExhaustedBy => ["probability", "se"].map(str::to_owned).to_vec(),
            Self::Trajectories => ["mean", "se"].map(str::to_owned).into_iter().chain(quantile_names()).collect(),
        }
    }

    /// Its columns; `years` are those of the projection.
    pub fn values(self, outcome: &Outcome, years: &[i32]) -> Vec<Vec<f64>> {
        match self {
            Self::Exhaustion => exhaustion(outcome, years),
            Self::ExhaustedBy => exhausted_by(outcome, years),
            Self::Trajectories => trajectories(outcome),
        }
    }
}

/// The names of the reported quantiles.
pub fn quantile_names() -> impl Iterator<Item = String> {
    QUANTILES.iter().map(|p| format!("q{:02.0}", p * 100.0))
}

/// The yearly variables.
fn trajectories(outcome: &Outcome) -> Vec<Vec<f64>> {
    let all = outcome.merged();
    let error = |cell: usize| {
        spread(outcome, |part| part.moments[cell].mean).unwrap_or_else(|| all.moments[cell].standard_error())
    };
    let mut columns = vec![all.moments.iter().map(|m| m.mean).collect(), (0..all.values.len()).map(error).collect()];
    for (i, p) in QUANTILES.into_iter().enumerate() {
        if let Some(exact) = &outcome.exact {
            columns.push(exact[..all.values.len()].iter().map(|cell| cell[i]).collect());
            continue;
        }
        let ranked = |h: &Histogram| h.ranked(rank(p, h.total())).unwrap_or(f64::NAN);
        columns.push(all.values.iter().zip(OFFSETS.iter().cycle()).map(|(h, offset)| ranked(h) + offset).collect());
    }
    columns
}

/// The years of running out; NaN where a quantile is not reached by the horizon, or the projection does not cover a year.
fn exhaustion(outcome: &Outcome, years: &[i32]) -> Vec<Vec<f64>> {
    let all = outcome.merged();
    let definitions = 0..DEFINITIONS.len();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for (i, p) in QUANTILES.into_iter().enumerate() {
        let exact = |d: usize| outcome.exact.as_ref().map(|exact| exact[all.values.len() + d][i]);
        let estimate = |d: usize| exact(d).unwrap_or_else(|| quantile(&all.years[d], p, all.trials));
        columns.push(definitions.clone().map(estimate).collect());
        columns.push(
            definitions
                .clone()
                .map(|d| {
                    spread(outcome, |part| quantile(&part.years[d], p, part.trials))
                        .unwrap_or_else(|| quantile_error(&all.years[d], p, all.trials))
                })
                .collect(),
        );
    }
    let counted = counted_years(years);
    let horizon = counted.len() - 1;
    let by = |year: i32| counted.iter().position(|&y| y == year);
    let at = std::iter::once(Some(0)).chain(BY_YEARS.map(by)).chain(std::iter::once(Some(horizon)));
    for (column, year) in at.enumerate() {
        let [mut share, error] =
            year.map_or([const { [f64::NAN; DEFINITIONS.len()] }; 2], |y| by_year(outcome, &all, y));
        if column == BY_YEARS.len() + 1 {
            share = share.map(|p| 1.0 - p);
        }
        columns.extend([share.to_vec(), error.to_vec()]);
    }
    columns
}

/// The probabilities of having run out by each year of the projection.
fn exhausted_by(outcome: &Outcome, years: &[i32]) -> Vec<Vec<f64>> {
    let all = outcome.merged();
    let counted = counted_years(years);
    let listed = (0..counted.len()).filter(|&i| years.contains(&counted[i]));
    let years: Vec<_> = listed.map(|year| by_year(outcome, &all, year)).collect();
    let column = |i: usize| (0..DEFINITIONS.len()).flat_map(|d| years.iter().map(move |y| y[i][d])).collect();
    vec![column(0), column(1)]
}

/// The shares of draws that have run out by the counted year of an index, and their standard errors, by definition.
fn by_year(outcome: &Outcome, all: &Tally, year: usize) -> [[f64; DEFINITIONS.len()]; 2] {
    let share = |part: &Tally, d: usize| part.by_year[d][year] as f64 / part.trials as f64;
    let shares = std::array::from_fn(|d| share(all, d));
    let errors = std::array::from_fn(|d| {
        spread(outcome, |part| share(part, d)).unwrap_or_else(|| share_error(shares[d], all.trials as f64))
    });
    [shares, errors]
}

/// The standard error of a mean of independent scramblings; None where there is one part, and where parts that agree
/// to the last bit (or of which one has no value) say nothing of it: then that of as many independent draws is told.
fn spread(outcome: &Outcome, of: impl Fn(&Tally) -> f64) -> Option<f64> {
    let n = outcome.parts.len() as f64;
    if outcome.parts.len() < 2 {
        return None;
    }
    let values: Vec<f64> = outcome.parts.iter().map(of).collect();
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    Some((squares / (n - 1.0) / n).sqrt()).filter(|&error| error > 0.0)
}

/// The ceil(n p)-th smallest of n years of which the histogram holds those before the horizon.
fn quantile(histogram: &Histogram, p: f64, n: u64) -> f64 {
    histogram.ranked(rank(p, n)).unwrap_or(f64::NAN)
}

/// The distance to the farther end of the quantile's 95 % interval (whose ranks are 1.96 standard errors of the rank below
/// and above), over 1.96. NaN where so few draws lie on one side, or run out by the horizon, that the interval has no end.
fn quantile_error(histogram: &Histogram, p: f64, n: u64) -> f64 {
    let step = Z_95 * (p * (1.0 - p) / n as f64).sqrt();
    if n as f64 * (p.min(1.0 - p) - step) < 1.0 {
        return f64::NAN;
    }
    let [below, middle, above] = [p - step, p, p + step].map(|p| quantile(histogram, p, n));
    if above.is_nan() { f64::NAN } else { (middle - below).max(above - middle) / Z_95 }
}
