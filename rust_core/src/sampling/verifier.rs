//! Verifiers: what accepts or rejects an answer, and how often it is wrong.

use serde::Deserialize;

use crate::error::Result;
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
}

impl Verifier {
    /// (false positive rate, false negative rate) on task `i`.
    pub fn rates(&self, i: usize) -> (f64, f64) {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                (false_positive_rate.at(i), false_negative_rate.at(i))
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
        }
    }

    /// Whether it never errs.
    pub fn is_perfect(&self) -> bool {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                [false_positive_rate, false_negative_rate].iter().all(|v| v.as_slice().iter().all(|&x| x == 0.0))
            }
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
        }
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                false_positive_rate.check_range("false_positive_rate", 0.0, 1.0)?;
                false_negative_rate.check_range("false_negative_rate", 0.0, 1.0)
            }
        }
    }
}
