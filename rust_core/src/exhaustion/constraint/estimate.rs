//! The frames of a run as columns: bands of the quantities, and what binds.

use super::CONSTRAINTS;
use super::simulate::{Band, QUANTILES, Summary};

/// The columns of what binds: one row per constraint.
pub const BINDING_COLUMNS: [&str; 2] = ["share", "share_se"];

/// The columns of the bands: one row per quantity.
pub fn band_columns() -> Vec<String> {
    let quantiles = QUANTILES.iter().map(|p| format!("q{:02.0}", p * 100.0));
    ["mean_log10", "mean_log10_se"].map(str::to_owned).into_iter().chain(quantiles).collect()
}

/// The bands, in the columns of [`band_columns`].
pub fn bands(summary: &Summary) -> Vec<Vec<f64>> {
    let column = |of: &dyn Fn(&Band) -> f64| summary.bands.iter().map(of).collect::<Vec<f64>>();
    let mut columns = vec![column(&|band| band.mean_log10), column(&|band| band.se_log10)];
    columns.extend((0..QUANTILES.len()).map(|i| column(&|band| band.quantiles[i])));
    columns
}

/// How often each constraint binds, in the columns [`BINDING_COLUMNS`].
pub fn binding(summary: &Summary, trials: u64) -> Vec<Vec<f64>> {
    let n = trials as f64;
    let shares: [f64; CONSTRAINTS.len()] = summary.binding.map(|count| count as f64 / n);
    vec![shares.to_vec(), shares.map(|p| (p * (1.0 - p) / n).sqrt()).to_vec()]
}
