//! Distributions of the inputs, each a function of one standard normal number (so that a Gaussian copula ties them).

use serde::Deserialize;

use crate::error::{Error, Result, number};
use crate::math::{exp, ln, normal_cdf, normal_quantile};
use crate::spec::{Spec, Values};
use crate::special::incomplete_beta::beta_cdf;

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

impl Spec for Dist {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        if let Self::Empirical { values, .. } = self { values.resolve(arrays) } else { Ok(()) }
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
            Self::Metalog { p10, p50, p90, lower, upper } => {
                ordered("p50", *p10, *p50)?;
                ordered("p90", *p50, *p90)?;
                lower.map_or(Ok(()), |x| ordered("p10", x, *p10))?;
                upper.map_or(Ok(()), |x| ordered("upper", *p90, x))?;
                let [_, a2, a3] = metalog(*p10, *p50, *p90, *lower, *upper);
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

/// Coefficients of the metalog in the transformed value: `a1 + a2 l + a3 (u - 1/2) l`, l = ln(u / (1 - u)).
fn metalog(p10: f64, p50: f64, p90: f64, lower: Option<f64>, upper: Option<f64>) -> [f64; 3] {
    let to = |x: f64| match (lower, upper) {
        (None, None) => x,
        (Some(a), None) => ln(x - a),
        (None, Some(b)) => -ln(b - x),
        (Some(a), Some(b)) => ln((x - a) / (b - x)),
    };
    let [y10, y50, y90] = [p10, p50, p90].map(to);
    let l = ln(9.0);
    [y50, (y90 - y10) / (2.0 * l), (y10 + y90 - 2.0 * y50) / (0.8 * l)]
}

/// A distribution ready to draw from: the input's value (or its logarithm) from a standard normal number.
#[derive(Debug, Clone)]
pub struct Marginal {
    shape: Shape,
    /// Whether the model reads the logarithm.
    log: bool,
    /// Values beyond are moved to the bound (in the scale the model reads).
    low: f64,
    high: f64,
}

#[derive(Debug, Clone)]
enum Shape {
    Constant(f64),
    /// `location + scale z`, already in the scale the model reads.
    Linear {
        location: f64,
        scale: f64,
    },
    /// The exponential of that.
    Exponential {
        location: f64,
        scale: f64,
    },
    Logistic {
        location: f64,
        scale: f64,
    },
    Uniform {
        low: f64,
        width: f64,
    },
    Beta {
        a: f64,
        b: f64,
    },
    Metalog {
        a: [f64; 3],
        lower: Option<f64>,
        upper: Option<f64>,
    },
    Empirical {
        values: Vec<f64>,
    },
}

impl Marginal {
    /// Prepares a checked distribution; the model reads the value or its logarithm, moved into `[low, high]`.
    pub fn new(dist: &Dist, log: bool, low: f64, high: f64) -> Self {
        let shape = match dist {
            Dist::Constant { value } => Shape::Constant(*value),
            Dist::Lognormal { low, high, interval } => {
                let location = 0.5 * (ln(*low) + ln(*high));
                let scale = (ln(*high) - ln(*low)) / (2.0 * normal_quantile(0.5 + 0.5 * interval));
                if log { Shape::Linear { location, scale } } else { Shape::Exponential { location, scale } }
            }
            Dist::Normal { mean, sd } => {
                // A normal input that the model reads as a logarithm goes through `finish` like every other.
                Shape::Linear { location: *mean, scale: *sd }
            }
            Dist::LogitNormal { mean, sd } => Shape::Logistic { location: *mean, scale: *sd },
            Dist::Uniform { low, high } => Shape::Uniform { low: *low, width: high - low },
            Dist::Beta { a, b } => Shape::Beta { a: *a, b: *b },
            Dist::Metalog { p10, p50, p90, lower, upper } => {
                Shape::Metalog { a: metalog(*p10, *p50, *p90, *lower, *upper), lower: *lower, upper: *upper }
            }
            Dist::Empirical { values, rows } => {
                let mut values = values.as_slice().to_vec();
                if rows.is_none() {
                    // Sorted, so that the number rises with the normal one and correlations mean what they say.
                    values.sort_by(f64::total_cmp);
                }
                Shape::Empirical { values }
            }
        };
        let already_log = log && matches!(dist, Dist::Lognormal { .. });
        let (low, high) = if already_log { (ln(low), ln(high)) } else { (low, high) };
        Self { shape, log: log && !already_log, low, high }
    }

    /// The standard normal number itself, for parts that read it.
    pub fn standard() -> Self {
        let shape = Shape::Linear { location: 0.0, scale: 1.0 };
        Self { shape, log: false, low: f64::NEG_INFINITY, high: f64::INFINITY }
    }

    /// Whether nothing is drawn.
    pub fn is_constant(&self) -> bool {
        matches!(self.shape, Shape::Constant(_))
    }

    /// The value at a row, for inputs that draw rows together.
    pub fn at_row(&self, u: f64) -> f64 {
        match &self.shape {
            Shape::Empirical { values } => self.finish(pick(values, u)),
            _ => self.finish(f64::NAN),
        }
    }

    #[inline(always)]
    fn finish(&self, x: f64) -> f64 {
        let x = if x < self.low { self.low } else { x };
        let x = if x > self.high { self.high } else { x };
        if self.log { ln(x) } else { x }
    }

    /// Replaces standard normal numbers by values.
    #[inline(always)]
    pub fn apply(&self, z: &mut [f64]) {
        match &self.shape {
            Shape::Constant(value) => z.fill(self.finish(*value)),
            Shape::Linear { location, scale } => {
                for x in z {
                    *x = self.finish(location + scale * *x);
                }
            }
            Shape::Exponential { location, scale } => {
                for x in z {
                    *x = self.finish(exp(location + scale * *x));
                }
            }
            Shape::Logistic { location, scale } => {
                for x in z {
                    *x = self.finish(1.0 / (1.0 + exp(-(location + scale * *x))));
                }
            }
            _ => {
                for x in z {
                    *x = self.finish(self.slow(*x));
                }
            }
        }
    }

    /// Shapes off the default path, one number at a time.
    fn slow(&self, z: f64) -> f64 {
        match &self.shape {
            Shape::Uniform { low, width } => low + width * normal_cdf(z),
            Shape::Beta { a, b } => beta_quantile(*a, *b, z),
            Shape::Metalog { a, lower, upper } => {
                // ln(u / (1 - u)) from both tails, so that neither loses digits.
                let (below, above) = (normal_cdf(z).max(f64::MIN_POSITIVE), normal_cdf(-z).max(f64::MIN_POSITIVE));
                let l = ln(below / above);
                let y = a[0] + l * (a[1] + a[2] * (below - 0.5));
                match (*lower, *upper) {
                    (None, None) => y,
                    (Some(low), None) => low + exp(y),
                    (None, Some(high)) => high - exp(-y),
                    (Some(low), Some(high)) => low + (high - low) / (1.0 + exp(-y)),
                }
            }
            Shape::Empirical { values } => pick(values, normal_cdf(z)),
            _ => unreachable!("the normal family is handled by apply"),
        }
    }
}

/// The row of a uniform number.
fn pick(values: &[f64], u: f64) -> f64 {
    values[((u * values.len() as f64) as usize).min(values.len() - 1)]
}

/// The beta quantile at the probability of a standard normal number, by bisection of the logit.
fn beta_quantile(a: f64, b: f64, z: f64) -> f64 {
    let target = normal_cdf(z);
    let value = |y: f64| 1.0 / (1.0 + exp(-y));
    let (mut low, mut high) = (-700.0, 36.0);
    for _ in 0..64 {
        let y = 0.5 * (low + high);
        if beta_cdf(a, b, value(y)) < target { low = y } else { high = y }
    }
    value(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(dist: &Dist, z: f64) -> f64 {
        dist.check().expect("legal");
        let mut x = [z];
        Marginal::new(dist, false, f64::NEG_INFINITY, f64::INFINITY).apply(&mut x);
        x[0]
    }

    const Z90: f64 = 1.281_551_565_544_600_4;

    #[test]
    fn a_metalog_returns_its_own_percentiles() {
        for (lower, upper) in [(None, None), (Some(1.0), None), (None, Some(30.0)), (Some(0.5), Some(40.0))] {
            let dist = Dist::Metalog { p10: 2.0, p50: 5.0, p90: 12.0, lower, upper };
            for (z, want) in [(-Z90, 2.0), (0.0, 5.0), (Z90, 12.0)] {
                assert!((at(&dist, z) / want - 1.0).abs() < 1e-12, "{z} {}", at(&dist, z));
            }
        }
    }

    #[test]
    fn intervals_are_what_they_say() {
        let dist = Dist::Lognormal { low: 2.0, high: 50.0, interval: 0.8 };
        assert!((at(&dist, -Z90) / 2.0 - 1.0).abs() < 1e-14);
        assert!((at(&dist, Z90) / 50.0 - 1.0).abs() < 1e-14);
        assert!((at(&Dist::LogitNormal { mean: -0.8, sd: 1.0 }, 0.0) - 1.0 / (1.0 + libm::exp(0.8))).abs() < 1e-15);
        assert!((at(&Dist::Uniform { low: -1.0, high: 3.0 }, 0.0) - 1.0).abs() < 1e-15);
        // Beta(1, 2): the quantile is 1 - sqrt(1 - u).
        for z in [-3.0, -0.3, 1.7] {
            let want = 1.0 - (1.0 - normal_cdf(z)).sqrt();
            assert!((at(&Dist::Beta { a: 1.0, b: 2.0 }, z) - want).abs() < 1e-12);
        }
    }

    #[test]
    fn values_move_to_their_bounds_and_logarithms_match() {
        let dist = Dist::Lognormal { low: 0.1, high: 0.4, interval: 0.95 };
        let mut value = [-1.0, 0.3, 9.0];
        let mut log = value;
        Marginal::new(&dist, false, 0.0, 1.0).apply(&mut value);
        Marginal::new(&dist, true, 1e-9, 1.0).apply(&mut log);
        assert_eq!((value[2], log[2]), (1.0, 0.0));
        assert!((ln(value[0]) - log[0]).abs() < 1e-15);
    }

    #[test]
    fn a_metalog_that_would_fall_is_refused() {
        let dist = Dist::Metalog { p10: 0.0, p50: 0.1, p90: 10.0, lower: None, upper: None };
        assert!(dist.check().is_err());
    }
}
