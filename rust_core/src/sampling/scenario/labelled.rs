//! A verifier known by the labels of a few attempts: equally likely verifiers, of which each trial meets one.
//!
//! Each is a mean of the false positive and of the false negative rate over tasks and their intra-class correlations;
//! the rates of the scenario's tasks under it are drawn from those Beta laws once, by its number alone, so that the set of
//! verifiers is a part of the setting and not of a seed.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::spec::Values;

/// The most verifiers of a set.
pub const MAX_DRAWS: usize = 100_000;

/// Equally likely verifiers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// The mean over tasks of P(accept | wrong), of each verifier.
    pub false_positive_rate: Values,
    /// The mean over tasks of P(reject | correct).
    pub false_negative_rate: Values,
    /// The intra-class correlation of the false positive rate over tasks.
    pub false_positive_icc: Values,
    /// The same of the false negative rate.
    pub false_negative_icc: Values,
    /// Labelled attempts behind them; 0 where not known.
    pub labels: f64,
}

impl Labelled {
    const fn columns(&self) -> [(&'static str, &Values); 4] {
        [
            ("false_positive_rate", &self.false_positive_rate),
            ("false_negative_rate", &self.false_negative_rate),
            ("false_positive_icc", &self.false_positive_icc),
            ("false_negative_icc", &self.false_negative_icc),
        ]
    }

    /// How many verifiers there are.
    pub fn count(&self) -> usize {
        self.false_positive_rate.as_slice().len()
    }

    /// The means over all of them of P(accept | wrong) and of P(reject | correct).
    pub fn means(&self) -> [f64; 2] {
        let mean = |values: &Values| values.as_slice().iter().sum::<f64>() / self.count() as f64;
        [mean(&self.false_positive_rate), mean(&self.false_negative_rate)]
    }

    pub(super) fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        let Self { false_positive_rate, false_negative_rate, false_positive_icc, false_negative_icc, .. } = self;
        [false_positive_rate, false_negative_rate, false_positive_icc, false_negative_icc]
            .into_iter()
            .try_for_each(|values| values.resolve(arrays))
    }

    pub(super) fn check(&self) -> Result<()> {
        let count = self.count();
        if count == 0 || count > MAX_DRAWS {
            let got = format!("{count} numbers");
            return Err(Error::argument("false_positive_rate", format!("1 to {MAX_DRAWS} numbers"), got));
        }
        for (name, values) in self.columns() {
            if values.as_slice().len() != count {
                let got = format!("{} numbers", values.as_slice().len());
                return Err(Error::argument(name, format!("as long as false_positive_rate ({count})"), got));
            }
            values.check_range(name, 0.0, 1.0)?;
        }
        crate::error::check_whole("labels", self.labels, 0.0, 1e15)
    }
}
