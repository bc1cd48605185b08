//! The frames of a run as columns: bands of the quantities, and what binds.

use super::CONSTRAINTS;
use super::simulate::{Band, Summary};
use crate::exhaustion::estimate::quantile_names;
use crate::exhaustion::tally::QUANTILES;
use crate::stats::share_error;

/// A frame of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A row per quantity.
    Bands,
    /// How often each constraint binds: a row per constraint.
    Binding,
}

impl Frame {
    /// Every frame under its name.
    pub const ALL: [(&str, Self); 2] = [("bands", Self::Bands), ("binding", Self::Binding)];

    /// The names of its columns.
    pub fn columns(self) -> Vec<String> {
        match self {
            Self::Bands => {
                ["mean_log10", "mean_log10_se"].map(str::to_owned).into_iter().chain(quantile_names()).collect()
            }
            Self::Binding => ["share", "share_se"].map(str::to_owned).to_vec(),
        }
    }

    /// Its columns.
    pub fn values(self, summary: &Summary, trials: u64) -> Vec<Vec<f64>> {
        match self {
            Self::Bands => bands(summary),
            Self::Binding => binding(summary, trials),
        }
    }
}

fn bands(summary: &Summary) -> Vec<Vec<f64>> {
    let column = |of: &dyn Fn(&Band) -> f64| summary.bands.iter().map(of).collect::<Vec<f64>>();
    let mut columns = vec![column(&|band| band.mean_log10), column(&|band| band.se_log10)];
    columns.extend((0..QUANTILES.len()).map(|i| column(&|band| band.quantiles[i])));
    columns
}

fn binding(summary: &Summary, trials: u64) -> Vec<Vec<f64>> {
    let n = trials as f64;
    let shares: [f64; CONSTRAINTS.len()] = summary.binding.map(|count| count as f64 / n);
    vec![shares.to_vec(), shares.map(|share| share_error(share, n)).to_vec()]
}
