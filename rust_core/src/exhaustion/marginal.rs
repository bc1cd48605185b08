//! An input ready to draw: its value, or the logarithm of it, moved into range, from a standard normal number.

use super::dist::Dist;
use super::quantile::{Shape, pick};
use crate::math::{exp, ln};

/// A distribution ready to draw from: the input's value (or its logarithm) from a standard normal number.
#[derive(Debug, Clone)]
pub struct Marginal {
    shape: Shape,
    /// The values as they stand, of inputs that draw rows together.
    rows: Vec<f64>,
    /// Whether the model reads the logarithm.
    log: bool,
    /// Values beyond are moved to the bound (in the scale the model reads).
    low: f64,
    high: f64,
}

impl Marginal {
    /// Prepares a checked distribution; the model reads the value or its logarithm, moved into `[low, high]`.
    pub fn new(dist: &Dist, log: bool, low: f64, high: f64) -> Self {
        let rows = match dist {
            Dist::Empirical { values, rows: Some(_) } => values.as_slice().to_vec(),
            _ => Vec::new(),
        };
        match Shape::new(dist) {
            // A lognormal whose logarithm is read needs no exponential.
            Shape::Exponential { location, scale } if log => {
                Self { shape: Shape::Linear { location, scale }, rows, log: false, low: ln(low), high: ln(high) }
            }
            shape => Self { shape, rows, log, low, high },
        }
    }

    /// The standard normal number itself, for parts that read it.
    pub fn standard() -> Self {
        let shape = Shape::Linear { location: 0.0, scale: 1.0 };
        Self { shape, rows: Vec::new(), log: false, low: f64::NEG_INFINITY, high: f64::INFINITY }
    }

    /// Whether nothing is drawn.
    pub fn is_constant(&self) -> bool {
        matches!(self.shape, Shape::Constant(_))
    }

    /// The value at a row, for inputs that draw rows together.
    pub fn at_row(&self, u: f64) -> f64 {
        self.finish(if self.rows.is_empty() { f64::NAN } else { pick(&self.rows, u) })
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
            // Shapes off the default path, one number at a time.
            shape => {
                for x in z {
                    *x = self.finish(shape.quantile(*x));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;
    use crate::special::normal::normal_cdf;

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
