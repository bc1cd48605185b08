//! The one error type of the core; bindings turn each variant into a Python exception.

use std::fmt::Display;

/// What can go wrong below the border.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// An argument is out of range: the message names it, what was expected and what came.
    #[error("{0}")]
    Value(String),
    /// No closed form exists for this scenario: the message says why.
    #[error("{0}")]
    NoClosedForm(String),
    /// The caller cancelled the run.
    #[error("the run was cancelled")]
    Cancelled,
}

/// A result of the core.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// `argument must be expected, got got`.
    pub fn argument(argument: &str, expected: impl Display, got: impl Display) -> Self {
        Self::Value(format!("{argument} must be {expected}, got {got}"))
    }
}

/// Checks that every value of an argument lies in `[low, high]`; the message gives the index of the first that does not.
pub fn check_range(argument: &str, values: &[f64], low: f64, high: f64) -> Result<()> {
    let expected = || {
        if high == f64::INFINITY { format!("finite and at least {low}") } else { format!("in [{low}, {high}]") }
    };
    for (i, &x) in values.iter().enumerate() {
        if !(x >= low && x <= high && x.is_finite()) {
            let place = if values.len() == 1 { argument.to_owned() } else { format!("{argument}[{i}]") };
            return Err(Error::argument(&place, expected(), x));
        }
    }
    Ok(())
}
