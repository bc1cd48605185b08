//! Verifiers: what accepts or rejects an answer, and how often it is wrong.

use libm::sqrt;
use serde::Deserialize;

use crate::closed_form::special::normal_survival;
use crate::error::{Error, Result, check_range};
use crate::spec::{Spec, Values};

/// A verifier.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verifier {
    /// Given error rates, for all tasks or one per task.
    Rates {
        /// P(accept | wrong).
        false_positive_rate: Values,
        /// P(reject | correct).
        false_negative_rate: Values,
    },
    /// A judge whose score is normal: mean d' for a correct answer, 0 for a wrong one.
    ///
    /// One call has variance 1, of which the share `fresh` is new noise and the rest belongs to the answer; the score is
    /// the mean of `votes` calls and keeps the scale of one call.
    Judge {
        /// Distance between the mean scores of correct and wrong answers, in standard deviations of one call.
        d_prime: f64,
        /// Scores above it are accepted; without it there is a score but no verdict.
        threshold: Option<f64>,
        /// Calls whose scores are averaged.
        votes: u64,
        /// The share of one call's variance that is drawn anew in every call.
        fresh: f64,
    },
}

/// The largest d' and threshold, in standard deviations of one call.
pub const MAX_SCORE: f64 = 100.0;
/// The most votes of a judge.
pub const MAX_VOTES: u64 = 1_000_000_000;

/// The standard deviation of a judge's score given whether the answer is correct: persistent noise stays, fresh noise
/// is averaged over the votes.
pub fn judge_deviation(votes: u64, fresh: f64) -> f64 {
    sqrt(1.0 - fresh + fresh / votes as f64)
}

impl Verifier {
    /// Whether it accepts and rejects: a judge without a threshold only scores.
    pub const fn gives_verdicts(&self) -> bool {
        !matches!(self, Self::Judge { threshold: None, .. })
    }

    /// (false positive rate, false negative rate) on task `i`; NaN where it gives no verdicts.
    pub fn rates(&self, i: usize) -> (f64, f64) {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                (false_positive_rate.at(i), false_negative_rate.at(i))
            }
            Self::Judge { threshold: None, .. } => (f64::NAN, f64::NAN),
            Self::Judge { d_prime, threshold: Some(threshold), votes, fresh } => {
                let deviation = judge_deviation(*votes, *fresh);
                (normal_survival(threshold / deviation), normal_survival((d_prime - threshold) / deviation))
            }
        }
    }

    /// Checks that rates given per task are given for each of `count` tasks.
    pub fn check_tasks(&self, count: usize) -> Result<()> {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                false_positive_rate.check_length("verifier.false_positive_rate", count, "tasks")?;
                false_negative_rate.check_length("verifier.false_negative_rate", count, "tasks")
            }
            Self::Judge { .. } => Ok(()),
        }
    }

    /// Whether it never errs.
    pub fn is_perfect(&self) -> bool {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                [false_positive_rate, false_negative_rate].iter().all(|v| v.as_slice().iter().all(|&x| x == 0.0))
            }
            Self::Judge { .. } => false,
        }
    }
}

impl Spec for Verifier {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                false_positive_rate.resolve(arrays)?;
                false_negative_rate.resolve(arrays)
            }
            Self::Judge { .. } => Ok(()),
        }
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                false_positive_rate.check_range("false_positive_rate", 0.0, 1.0)?;
                false_negative_rate.check_range("false_negative_rate", 0.0, 1.0)
            }
            Self::Judge { d_prime, threshold, votes, fresh } => {
                check_range("d_prime", &[*d_prime], -MAX_SCORE, MAX_SCORE)?;
                check_range("threshold", threshold.as_slice(), -MAX_SCORE, MAX_SCORE)?;
                check_range("fresh", &[*fresh], 0.0, 1.0)?;
                if *votes == 0 || *votes > MAX_VOTES {
                    return Err(Error::argument("votes", format!("in [1, {MAX_VOTES}]"), votes));
                }
                Ok(())
            }
        }
    }
}
