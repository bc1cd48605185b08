//! Estimation from counts: pass rates with their errors, systems compared, Beta populations, error rates of a verifier,
//! forecasts.

pub mod beta_binomial;
pub mod ceiling;
pub mod digamma;
pub mod forecast;
pub mod growth;
pub mod identification;
pub mod intervals;
pub mod kind_rates;
pub mod maximum;
mod mixing;
pub mod over_attempts;
pub mod over_tasks;
pub mod paired;
pub mod pass_rate;
pub mod pass_rates;
pub mod populations;
pub mod posterior_draws;
pub mod record_attempts;
pub mod redrawn_log;
pub mod redrawn_rates;
pub mod repeated;
pub mod resampled_utilities;
pub mod resampling;
mod rises;
pub mod scaling;
pub mod simultaneous;
pub mod task_rates;

use crate::error::{Error, Result, check_range, number};

/// The largest count: 2^53, up to which every whole number is a float.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// Checks counts of attempts and of correct ones among them, one pair a task.
pub fn check_counts(attempts: &[f64], correct: &[f64]) -> Result<()> {
    if attempts.is_empty() {
        return Err(Error::argument("attempts", "counts of at least one task", "none"));
    }
    if correct.len() != attempts.len() {
        return Err(Error::argument("correct", format!("as long as attempts ({})", attempts.len()), correct.len()));
    }
    for (name, counts) in [("attempts", attempts), ("correct", correct)] {
        check_range(name, counts, 0.0, LARGEST)?;
        if let Some(at) = counts.iter().position(|&x| x != x.trunc()) {
            return Err(Error::argument(&format!("{name}[{at}]"), "a whole number", counts[at]));
        }
    }
    match attempts.iter().zip(correct).position(|(n, c)| c > n) {
        None => Ok(()),
        Some(at) => {
            let expected = format!("at most attempts[{at}] = {}", number(attempts[at]));
            Err(Error::argument(&format!("correct[{at}]"), expected, correct[at]))
        }
    }
}

/// Checks numbers of attempts to pass in.
pub fn check_k(ks: &[f64]) -> Result<()> {
    if ks.is_empty() {
        return Err(Error::argument("k", "at least one number of attempts", "none"));
    }
    match ks.iter().position(|&k| !(1.0..=LARGEST).contains(&k) || k != k.trunc()) {
        None => Ok(()),
        Some(at) => Err(Error::argument(&format!("k[{at}]"), "a whole number in [1, 2**53]", ks[at])),
    }
}
