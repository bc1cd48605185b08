//! The joint prior of the base of a law that leaves it open.

use serde::Deserialize;

use super::base::Base;
use crate::error::{Error, Result, number};
use crate::spec::{Spec, Values};
use crate::special::cholesky::cholesky;

/// The joint prior of the base of the law: (ln A, ln B, ln E, alpha, beta).
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LawParameters {
    /// A multivariate normal; exponents at or below 0.05 are drawn again.
    Normal {
        /// Means.
        mean: Vec<f64>,
        /// Covariance, row by row.
        covariance: Vec<Vec<f64>>,
    },
    /// One of the given rows, each as likely.
    Rows {
        /// ln A.
        log_a: Values,
        /// ln B.
        log_b: Values,
        /// ln E.
        log_e: Values,
        /// Exponents of parameters.
        alpha: Values,
        /// Exponents of tokens.
        beta: Values,
    },
}

impl Spec for LawParameters {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        if let Self::Rows { log_a, log_b, log_e, alpha, beta } = self {
            for values in [log_a, log_b, log_e, alpha, beta] {
                values.resolve(arrays)?;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let named = |e: Error| Error::Value(format!("law_parameters: {e}"));
        match self {
            Self::Normal { mean, covariance } => {
                if mean.len() != 5 || covariance.len() != 5 || covariance.iter().any(|row| row.len() != 5) {
                    return Err(Error::argument(
                        "law_parameters",
                        "5 means and a 5 x 5 covariance (log_a, log_b, log_e, alpha, beta)",
                        format!("{} and {}", mean.len(), covariance.len()),
                    ));
                }
                Base::new([mean[0], mean[1], mean[2], mean[3], mean[4]]).check().map_err(named)?;
                let tolerance = |i: usize, j: usize| 1e-9 * (covariance[i][i] * covariance[j][j]).abs().sqrt();
                let symmetric = |i: usize, j: usize| (covariance[i][j] - covariance[j][i]).abs() <= tolerance(i, j);
                let asymmetric = (0..5).flat_map(|i| (0..i).map(move |j| (i, j))).find(|&(i, j)| !symmetric(i, j));
                if let Some((i, j)) = asymmetric {
                    let got = format!("{} and {} at ({i}, {j})", number(covariance[i][j]), number(covariance[j][i]));
                    return Err(named(Error::argument("covariance", "symmetric", got)));
                }
                cholesky(covariance).map(drop).map_err(|row| {
                    named(Error::argument("covariance", "positive definite", format!("one that fails at row {row}")))
                })
            }
            Self::Rows { log_a, log_b, log_e, alpha, beta } => {
                let count = log_a.as_slice().len();
                if count == 0 {
                    return Err(named(Error::argument("log_a", "at least one row", "none")));
                }
                for ((name, low, high), values) in Base::RANGES.into_iter().zip([log_a, log_b, log_e, alpha, beta]) {
                    values.check_length(name, count, "log_a").map_err(named)?;
                    values.check_range(name, low, high).map_err(named)?;
                }
                Ok(())
            }
        }
    }
}
