//! Distributions of the inputs as settings: what may be given, in which range. How they are drawn is in `quantile.rs`.

use serde::Deserialize;

use super::metalog::coefficients;
use crate::error::{Error, Result, check_range, number};
use crate::math::ln;
use crate::spec::{Spec, Values};

/// The distribution of an input.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Dist {
    /// Always the same.
    Constant {
        /// The value.
        value: f64,
    },
    /// The logarithm is normal; `[low, high]` is the central interval of that probability.
    Lognormal {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Probability between them.
        interval: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// The logit ln(x / (1 - x)) is normal.
    LogitNormal {
        /// Mean of the logit.
        mean: f64,
        /// Standard deviation of the logit.
        sd: f64,
    },
    /// Uniform on `[low, high]`.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Beta on (0, 1).
    Beta {
        /// First shape.
        a: f64,
        /// Second shape.
        b: f64,
    },
    /// Rises from `low` to `mode` and falls to `high` along straight lines.
    Triangular {
        /// Least value.
        low: f64,
        /// Most likely value.
        mode: f64,
        /// Greatest value.
        high: f64,
    },
    /// Beta on `[low, high]` with the mean `(low + concentration mode + high) / (concentration + 2)`.
    Pert {
        /// Least value.
        low: f64,
        /// Most likely value.
        mode: f64,
        /// Greatest value.
        high: f64,
        /// How strongly it gathers around the mode.
        concentration: f64,
    },
    /// Through given quantiles: the transformed value is piecewise linear in the normal score.
    Quantiles {
        /// Probabilities, rising.
        levels: Vec<f64>,
        /// The quantiles at them, rising.
        values: Vec<f64>,
        /// What two quantiles determine.
        law: QuantileLaw,
    },
    /// One of several distributions.
    Mixture {
        /// The distributions.
        parts: Vec<Dist>,
        /// Their weights, in any unit.
        weights: Vec<f64>,
    },
    /// Values beyond the bounds are moved to them.
    Clipped {
        /// The distribution.
        of: Box<Dist>,
        /// Lower bound.
        low: Option<f64>,
        /// Upper bound.
        high: Option<f64>,
    },
    /// The three-term metalog through its 10th, 50th and 90th percentiles (Keelin 2016), perhaps bounded.
    Metalog {
        /// 10th percentile.
        p10: f64,
        /// Median.
        p50: f64,
        /// 90th percentile.
        p90: f64,
        /// Lower bound.
        lower: Option<f64>,
        /// Upper bound.
        upper: Option<f64>,
    },
    /// One of the given numbers, each as likely.
    Empirical {
        /// The numbers.
        values: Values,
        /// Inputs with the same label draw the same row.
        rows: Option<String>,
    },
}

/// The law that two quantiles determine: what of the value is normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuantileLaw {
    /// Its logarithm.
    Lognormal,
    /// The value.
    Normal,
    /// Its logit.
    LogitNormal,
}

impl QuantileLaw {
    /// What of a value is normal.
    pub fn transform(self, x: f64) -> f64 {
        match self {
            Self::Lognormal => ln(x),
            Self::Normal => x,
            Self::LogitNormal => ln(x / (1.0 - x)),
        }
    }

    fn check(self, values: &[f64]) -> Result<()> {
        let (low, high, expected) = match self {
            Self::Lognormal => (0.0, f64::INFINITY, "positive under law='lognormal'"),
            Self::Normal => (f64::NEG_INFINITY, f64::INFINITY, "finite"),
            Self::LogitNormal => (0.0, 1.0, "in (0, 1) under law='logit_normal'"),
        };
        match values.iter().position(|&x| !(x > low && x < high)) {
            Some(i) => Err(Error::argument(&format!("values[{i}]"), expected, values[i])),
            None => Ok(()),
        }
    }
}

impl Dist {
    /// Whether it, or a part of it, draws rows together with other inputs.
    pub fn draws_rows(&self) -> bool {
        match self {
            Self::Empirical { rows, .. } => rows.is_some(),
            Self::Mixture { parts, .. } => parts.iter().any(Self::draws_rows),
            Self::Clipped { of, .. } => of.draws_rows(),
            _ => false,
        }
    }

    /// The numbers that it states outright, which have to be legal; draws beyond an input's range are moved to its ends.
    pub fn stated(&self) -> Vec<f64> {
        match self {
            Self::Constant { value } => vec![*value],
            // A wide interval around a legal centre is legal.
            Self::Lognormal { low, high, .. } => vec![(low * high).sqrt()],
            Self::Quantiles { values, .. } => vec![values[(values.len() - 1) / 2]],
            Self::Uniform { low, high } => vec![*low, *high],
            Self::Triangular { low, mode, high } | Self::Pert { low, mode, high, .. } => vec![*low, *mode, *high],
            Self::Metalog { p10, p50, p90, .. } => vec![*p10, *p50, *p90],
            Self::Normal { mean, .. } => vec![*mean],
            Self::LogitNormal { .. } | Self::Beta { .. } => Vec::new(),
            Self::Empirical { values, .. } => values.as_slice().to_vec(),
            Self::Mixture { parts, .. } => parts.iter().flat_map(Self::stated).collect(),
            Self::Clipped { of, low, high } => {
                let (least, most) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
                of.stated().into_iter().map(|x| x.clamp(least, most)).chain(*low).chain(*high).collect()
            }
        }
    }

    /// A part of a mixture or of what is clipped.
    fn check_part(&self, name: &str) -> Result<()> {
        if self.draws_rows() {
            return Err(Error::argument(name, "a distribution without rows", "one with rows"));
        }
        self.check().map_err(|e| Error::Value(format!("{name}: {e}")))
    }
}

impl Spec for Dist {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        match self {
            Self::Empirical { values, .. } => values.resolve(arrays),
            Self::Mixture { parts, .. } => parts.iter_mut().try_for_each(|part| part.resolve(arrays)),
            Self::Clipped { of, .. } => of.resolve(arrays),
            _ => Ok(()),
        }
    }

    fn check(&self) -> Result<()> {
        let finite = |name: &str, x: f64| {
            if x.is_finite() { Ok(()) } else { Err(Error::argument(name, "finite", x)) }
        };
        let positive = |name: &str, x: f64| {
            if x > 0.0 && x.is_finite() { Ok(()) } else { Err(Error::argument(name, "positive", x)) }
        };
        let ordered = |name: &str, low: f64, high: f64| {
            if high > low { Ok(()) } else { Err(Error::argument(name, format!("above {}", number(low)), high)) }
        };
        match self {
            Self::Constant { value } => finite("value", *value),
            Self::Lognormal { low, high, interval } => {
                positive("low", *low)?;
                positive("high", *high)?;
                ordered("high", *low, *high)?;
                if *interval > 0.0 && *interval < 1.0 {
                    Ok(())
                } else {
                    Err(Error::argument("interval", "in (0, 1)", interval))
                }
            }
            Self::Normal { mean, sd } | Self::LogitNormal { mean, sd } => {
                finite("mean", *mean)?;
                positive("sd", *sd)
            }
            Self::Uniform { low, high } => {
                finite("low", *low)?;
                finite("high", *high)?;
                ordered("high", *low, *high)
            }
            Self::Beta { a, b } => {
                positive("a", *a)?;
                positive("b", *b)
            }
            Self::Triangular { low, mode, high } => check_peak(*low, *mode, *high),
            Self::Pert { low, mode, high, concentration } => {
                check_peak(*low, *mode, *high)?;
                check_range("concentration", &[*concentration], 0.0, 1e6)
            }
            Self::Quantiles { levels, values, law } => check_quantiles(levels, values, *law),
            Self::Mixture { parts, weights } => {
                if parts.is_empty() || parts.len() != weights.len() {
                    let expected = format!("one per distribution ({}), at least one", parts.len());
                    return Err(Error::argument("weights", expected, weights.len()));
                }
                check_range("weights", weights, 0.0, f64::INFINITY)?;
                let total: f64 = weights.iter().sum();
                if !(total > 0.0 && total.is_finite()) {
                    return Err(Error::argument("weights", "positive and finite in sum", total));
                }
                parts.iter().enumerate().try_for_each(|(i, part)| part.check_part(&format!("parts[{i}]")))
            }
            Self::Clipped { of, low, high } => {
                low.map_or(Ok(()), |x| finite("low", x))?;
                high.map_or(Ok(()), |x| finite("high", x))?;
                match (low, high) {
                    (None, None) => return Err(Error::argument("low", "given, or high", "neither")),
                    (Some(low), Some(high)) => ordered("high", *low, *high)?,
                    _ => {}
                }
                of.check_part("of")
            }
            Self::Metalog { p10, p50, p90, lower, upper } => {
                ordered("p50", *p10, *p50)?;
                ordered("p90", *p50, *p90)?;
                lower.map_or(Ok(()), |x| ordered("p10", x, *p10))?;
                upper.map_or(Ok(()), |x| ordered("upper", *p90, x))?;
                let [_, a2, a3] = coefficients(*p10, *p50, *p90, *lower, *upper);
                // Keelin 2016, section 4.1: the quantile function rises everywhere within this ratio.
                if a3.abs() < 1.667_11 * a2 {
                    Ok(())
                } else {
                    Err(Error::argument(
                        "p50",
                        "nearer the middle of p10 and p90 (no three-term metalog is that skewed)",
                        format!("{} between {} and {}", number(*p50), number(*p10), number(*p90)),
                    ))
                }
            }
            Self::Empirical { values, rows } => {
                let values = values.as_slice();
                if values.is_empty() {
                    return Err(Error::argument("values", "at least one number", "none"));
                }
                values.iter().try_for_each(|&x| finite("values", x))?;
                match rows {
                    Some(label) if label.is_empty() => Err(Error::argument("rows", "a label or nothing", "''")),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// Least, most likely and greatest value.
fn check_peak(low: f64, mode: f64, high: f64) -> Result<()> {
    for (name, x) in [("low", low), ("mode", mode), ("high", high)] {
        if !x.is_finite() {
            return Err(Error::argument(name, "finite", x));
        }
    }
    if !(high > low && (high - low).is_finite()) {
        return Err(Error::argument("high", format!("above {}", number(low)), high));
    }
    check_range("mode", &[mode], low, high)
}

/// At least two quantiles, both columns rising.
fn check_quantiles(levels: &[f64], values: &[f64], law: QuantileLaw) -> Result<()> {
    if levels.len() < 2 || levels.len() != values.len() {
        let expected = format!("as many as levels ({}), at least two", levels.len());
        return Err(Error::argument("values", expected, values.len()));
    }
    if let Some(i) = levels.iter().position(|p| !(*p > 0.0 && *p < 1.0)) {
        return Err(Error::argument(&format!("levels[{i}]"), "in (0, 1)", levels[i]));
    }
    law.check(values)?;
    for (name, column) in [("levels", levels), ("values", values)] {
        if let Some(i) = (1..column.len()).find(|&i| !(column[i] > column[i - 1])) {
            let expected = format!("above {name}[{}] ({})", i - 1, number(column[i - 1]));
            return Err(Error::argument(&format!("{name}[{i}]"), expected, column[i]));
        }
    }
    Ok(())
}
