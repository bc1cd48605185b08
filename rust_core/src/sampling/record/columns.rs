//! The result columns by name, and from a row's counts to the values in them.

use std::sync::OnceLock;

use crate::error::{Error, Result, quoted};
use crate::sampling::exact::ExactRow;
use crate::sampling::record::ends::{Ends, NO_ENDS};
use crate::sampling::record::estimate::{Estimates, QUANTILES, quantile};
use crate::sampling::record::metrics::{COUNT, METRICS, Quantity, TaskMeans};
use crate::sampling::record::row::RowTally;
use crate::sampling::record::{BILL, SHARES, shared};

/// The scores of a whole benchmark run that have quantiles.
pub const SCORES: [&str; 7] = ["accuracy", "tokens", "cost", "latency", "utility", "accepted", "wrong"];

/// The result columns in the documented order: each metric beside its standard error, then the quantiles; those of the
/// last two scores only where they are asked for.
pub fn column_names() -> Vec<String> {
    let estimates = METRICS.iter().flat_map(|metric| [metric.name.to_owned(), format!("{}_se", metric.name)]);
    let quantiles = SCORES.iter().flat_map(|name| QUANTILES.map(|p| format!("{name}_q{:02.0}", p * 100.0)));
    estimates.chain(quantiles).collect()
}

/// The ends of intervals behind them, which a frame has only where it is asked for intervals.
fn all_names() -> Vec<String> {
    let ends = METRICS.iter().flat_map(|metric| ["low", "high"].map(|end| format!("{}_{end}", metric.name)));
    column_names().into_iter().chain(ends).collect()
}

/// A result column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The metric of that index.
    Value(usize),
    /// Its standard error.
    Error(usize),
    /// A quantile of a score: index into `SCORES`, index into `QUANTILES`.
    Quantile(usize, usize),
    /// The lower (0) or the upper (1) end of the interval of the metric of that index.
    End(usize, usize),
}

impl Column {
    /// The column of a name.
    pub fn parse(name: &str) -> Result<Self> {
        static NAMES: OnceLock<Vec<String>> = OnceLock::new();
        let at = NAMES
            .get_or_init(all_names)
            .iter()
            .position(|known| known == name)
            .ok_or_else(|| Error::argument("columns", "names of result columns", quoted(name)))?;
        Ok(Self::at(at))
    }

    /// The column of an index into [`column_names`].
    pub const fn at(index: usize) -> Self {
        const QUANTILE_COLUMNS: usize = SCORES.len() * QUANTILES.len();
        match index.checked_sub(2 * COUNT) {
            Some(after) if after >= QUANTILE_COLUMNS => {
                Self::End((after - QUANTILE_COLUMNS) / 2, (after - QUANTILE_COLUMNS) % 2)
            }
            Some(quantile) => Self::Quantile(quantile / QUANTILES.len(), quantile % QUANTILES.len()),
            None if index.is_multiple_of(2) => Self::Value(index / 2),
            None => Self::Error(index / 2),
        }
    }

    /// Its value among estimates; NaN for what is not one of them.
    #[inline]
    pub fn of(self, estimates: &Estimates) -> f64 {
        match self {
            Self::Value(metric) => estimates.value[metric],
            Self::Error(metric) => estimates.standard_error[metric],
            Self::Quantile(..) | Self::End(..) => f64::NAN,
        }
    }

    /// The scores whose quantiles are among the columns.
    pub fn scores(columns: &[Self]) -> Vec<String> {
        let asked = |score: usize| columns.iter().any(|c| matches!(c, Self::Quantile(s, _) if *s == score));
        (0..SCORES.len()).filter(|&s| asked(s)).map(|s| SCORES[s].to_owned()).collect()
    }

    /// The metrics whose intervals are among the columns.
    pub fn metrics_with_ends(columns: &[Self]) -> [bool; COUNT] {
        std::array::from_fn(|metric| columns.iter().any(|c| matches!(c, Self::End(m, _) if *m == metric)))
    }

    /// Whether anything made of coverage is among the columns.
    pub fn need_coverage(columns: &[Self]) -> bool {
        columns.iter().any(
            |c| matches!(c, Self::Value(m) | Self::Error(m) | Self::End(m, _) if METRICS[*m].is_of(Quantity::Covered)),
        )
    }
}

/// One row: estimates of the whole benchmark, and quantiles of its scores in the order of `SCORES`, empty where unknown.
#[derive(Debug, Clone)]
pub struct Row {
    /// The estimates.
    pub estimates: Estimates,
    /// The quantiles.
    pub quantiles: [Vec<f64>; SCORES.len()],
    /// Lower and upper ends of intervals.
    pub ends: Ends,
}

impl Row {
    /// A row with nothing to say.
    pub const NONE: Self =
        Self { estimates: Estimates::NONE, quantiles: [const { Vec::new() }; SCORES.len()], ends: NO_ENDS };

    /// The value of a column; NaN where there is none.
    pub fn get(&self, column: Column) -> f64 {
        match column {
            Column::Quantile(score, at) => self.quantiles[score].get(at).copied().unwrap_or(f64::NAN),
            Column::End(metric, end) => self.ends[end][metric],
            column => column.of(&self.estimates),
        }
    }

    /// The row of an exact solution.
    pub fn exact(row: ExactRow, weights: Option<&[f64]>) -> Self {
        let estimates = row.means.summarise(0..row.means.correct.len(), weights, None);
        Self {
            estimates,
            quantiles: quantiles(row.share_quantiles, [const { Vec::new() }; BILL.len()], row.utility_quantiles),
            ends: row.ends,
        }
    }

    /// The row of a simulation.
    pub fn counted(row: &RowTally, weights: Option<&[f64]>, trials: u64) -> Self {
        let tasks = row.correct.len();
        let of_values = |values: &[(f64, u64)]| match values {
            [] => Vec::new(),
            _ => QUANTILES.map(|p| quantile(values.iter().copied(), p)).to_vec(),
        };
        let shares = row.share_counts.each_ref().map(|counts| {
            let values: Vec<_> =
                counts.iter().enumerate().map(|(n, &times)| (n as f64 / tasks as f64, times)).collect();
            of_values(&values)
        });
        let mut estimates = row.means(trials).summarise(0..tasks, weights, Some(trials));
        if !row.products.is_empty() {
            estimates.standard_error = shared::errors(&estimates.value, &row.products, trials);
        }
        Self {
            estimates,
            quantiles: quantiles(
                shares,
                row.bill_counts.each_ref().map(|v| of_values(v)),
                of_values(&row.utility_counts),
            ),
            ends: NO_ENDS,
        }
    }
}

/// Quantiles in the order of `SCORES`.
fn quantiles(
    mut shares: [Vec<f64>; SHARES.len()],
    mut bill: [Vec<f64>; BILL.len()],
    mut utility: Vec<f64>,
) -> [Vec<f64>; SCORES.len()] {
    let place = |names: &[&str], score: &str| names.iter().position(|name| *name == score);
    SCORES.map(|score| match (place(&SHARES, score), place(&BILL, score)) {
        (Some(at), _) => std::mem::take(&mut shares[at]),
        (None, Some(at)) => std::mem::take(&mut bill[at]),
        (None, None) => std::mem::take(&mut utility),
    })
}

impl RowTally {
    /// Per-task means over trials.
    pub fn means(&self, trials: u64) -> TaskMeans {
        let n = trials as f64;
        let share = |counts: &[u64]| counts.iter().map(|&c| c as f64 / n).collect::<Vec<_>>();
        let moments = |[sum, square]: &[Vec<f64>; 2]| {
            let mean: Vec<f64> = sum.iter().map(|s| s / n).collect();
            let variance = square.iter().zip(&mean).map(|(s, m)| (s / n - m * m).max(0.0)).collect();
            [mean, variance]
        };
        // By whole numbers: a share next to 1 has few digits of what is left.
        let abstained = self.correct.iter().zip(&self.wrong).map(|(c, w)| (trials - c - w) as f64 / n);
        TaskMeans {
            abstained: abstained.collect(),
            accepted: share(&self.accepted),
            correct: share(&self.correct),
            wrong: share(&self.wrong),
            covered: share(&self.covered),
            attempts: moments(&self.attempts),
            bill: self.bill.each_ref().map(moments),
            bill_correct: self.bill_correct.each_ref().map(|sums| sums.iter().map(|s| s / n).collect()),
            utility: moments(&self.utility),
        }
    }

    /// Adds the counts of further trials of the same row.
    pub fn merge(&mut self, other: &Self) {
        fn add<T: Copy + std::ops::AddAssign>(to: &mut [T], from: &[T]) {
            to.iter_mut().zip(from).for_each(|(a, b)| *a += *b);
        }
        add(&mut self.accepted, &other.accepted);
        add(&mut self.correct, &other.correct);
        add(&mut self.wrong, &other.wrong);
        add(&mut self.covered, &other.covered);
        for moment in 0..2 {
            add(&mut self.attempts[moment], &other.attempts[moment]);
            add(&mut self.utility[moment], &other.utility[moment]);
            for (to, from) in self.bill.iter_mut().zip(&other.bill) {
                add(&mut to[moment], &from[moment]);
            }
            add(&mut self.bill_correct[moment], &other.bill_correct[moment]);
        }
        for (to, from) in self.share_counts.iter_mut().zip(&other.share_counts) {
            add(to, from);
        }
        add(&mut self.products, &other.products);
        let bills = self.bill_counts.iter_mut().zip(&other.bill_counts);
        for (to, from) in bills.chain([(&mut self.utility_counts, &other.utility_counts)]) {
            let mut values = crate::sampling::record::values::Values::default();
            to.iter().chain(from).for_each(|&(value, times)| values.add_many(value, times));
            *to = values.sorted();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::record::metrics::{Kind, place};

    #[test]
    fn every_column_is_found_under_its_name() {
        let names = all_names();
        let columns: Vec<_> = names.iter().map(|name| Column::parse(name).expect("a known name")).collect();
        let accuracy = place(Kind::Share(Quantity::Correct));
        assert_eq!(columns[2 * accuracy], Column::Value(accuracy));
        assert_eq!(names[2 * accuracy], "accuracy");
        assert_eq!(columns[2 * accuracy + 1], Column::Error(accuracy));
        let q = names.iter().position(|n| n == "utility_q25").expect("a known name");
        assert_eq!(columns[q], Column::Quantile(4, 1));
        let end = names.iter().position(|n| n == "utility_high").expect("a known name");
        assert_eq!(columns[end], Column::End(place(Kind::Score(Quantity::Utility)), 1));
        assert_eq!(Column::scores(&columns), SCORES);
        assert!(Column::parse("acuracy").is_err());
    }
}
