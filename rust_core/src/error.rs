//! The one error type of the core; bindings turn each variant into a Python exception.

use std::fmt::{Arguments, Display};

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
    pub fn argument(argument: &str, expected: impl Display, got: impl Shown) -> Self {
        Self::Value(format!("{argument} must be {expected}, got {}", got.shown()))
    }
}

/// How a value that came looks in an error.
pub trait Shown {
    /// Its text.
    fn shown(&self) -> String;
}

impl Shown for f64 {
    fn shown(&self) -> String {
        number(*self)
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn shown(&self) -> String {
        (**self).shown()
    }
}

macro_rules! shown_as_displayed {
    ($($kind:ty),+) => { $(impl Shown for $kind {
        fn shown(&self) -> String {
            self.to_string()
        }
    })+ };
}
shown_as_displayed!(str, String, usize, u64, Arguments<'_>);

/// A number in full, or with an exponent where that is far shorter; both read back the same.
pub fn number(x: f64) -> String {
    const MOST_ZEROS: usize = 3;
    let (full, short) = (x.to_string().replace("NaN", "nan"), format!("{x:e}"));
    if full.len() > short.len() + MOST_ZEROS { short } else { full }
}

/// Text in quotes, as Python shows it; the first of long ones.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    format!("'{}'", text.chars().take(MOST).collect::<String>().escape_debug())
}

/// `in [low, high]`.
pub fn range(low: f64, high: f64) -> String {
    format!("in [{}, {}]", number(low), number(high))
}

/// Checks that an argument is a whole number in `[low, high]`.
pub fn check_whole(argument: &str, x: f64, low: f64, high: f64) -> Result<()> {
    if x >= low && x <= high && x == x.trunc() {
        Ok(())
    } else {
        Err(Error::argument(argument, format!("a whole number {}", range(low, high)), x))
    }
}

/// Checks that every value of an argument lies in `[low, high]`; the message gives the index of the first that does not.
pub fn check_range(argument: &str, values: &[f64], low: f64, high: f64) -> Result<()> {
    let expected = || {
        if high == f64::INFINITY { format!("finite and at least {}", number(low)) } else { range(low, high) }
    };
    // Without a branch, which vectorises: points of a sweep are checked one by one.
    if values.iter().fold(true, |fine, &x| fine & (x >= low) & (x <= high) & x.is_finite()) {
        return Ok(());
    }
    for (i, &x) in values.iter().enumerate() {
        if !(x >= low && x <= high && x.is_finite()) {
            let place = if values.len() == 1 { argument.to_owned() } else { format!("{argument}[{i}]") };
            return Err(Error::argument(&place, expected(), x));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_read_back_the_same() {
        for (x, text) in [
            (1.2, "1.2"),
            (-0.5, "-0.5"),
            (1000.0, "1000"),
            (12_345_678.0, "12345678"),
            (1e15, "1e15"),
            (f64::MAX, "1.7976931348623157e308"),
            (-5e-324, "-5e-324"),
            (0.001, "0.001"),
            (1e-9, "1e-9"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(number(x), text);
            assert!(x.is_nan() || text.parse() == Ok(x));
        }
    }

    #[test]
    fn a_whole_number_is_named_with_its_range() {
        let message = |x| check_whole("count", x, 1.0, 1e7).map_err(|e| e.to_string());
        assert_eq!(message(3.0), Ok(()));
        for (x, got) in [(-1.0, "-1"), (0.0, "0"), (1.5, "1.5"), (1e20, "1e20"), (f64::NAN, "nan")] {
            assert_eq!(message(x), Err(format!("count must be a whole number in [1, 1e7], got {got}")));
        }
    }
}
