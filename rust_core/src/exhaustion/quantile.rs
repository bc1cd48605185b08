//! Distributions of the inputs as functions: the quantile at a standard normal number, and both tails at a value.

mod mixture;
mod triangular;

use super::dist::{Dist, QuantileLaw};
use super::metalog;
use crate::math::{exp, ln};
use crate::special::incomplete_beta::{beta_quantile_of_score, beta_tails};
use crate::special::normal::{normal_cdf, normal_quantile};

/// A distribution ready to be evaluated.
#[derive(Debug, Clone)]
pub enum Shape {
    /// One value.
    Constant(f64),
    /// `location + scale z`.
    Linear {
        /// Mean.
        location: f64,
        /// Standard deviation.
        scale: f64,
    },
    /// The exponential of that.
    Exponential {
        /// Mean of the logarithm.
        location: f64,
        /// Its standard deviation.
        scale: f64,
    },
    /// The logistic function of that.
    Logistic {
        /// Mean of the logit.
        location: f64,
        /// Its standard deviation.
        scale: f64,
    },
    /// Uniform from `low` on.
    Uniform {
        /// Least value.
        low: f64,
        /// Greatest less least.
        width: f64,
    },
    /// `low + width` times a beta number.
    Beta {
        /// First shape.
        a: f64,
        /// Second shape.
        b: f64,
        /// Least value.
        low: f64,
        /// Greatest less least.
        width: f64,
    },
    /// Straight lines up and down.
    Triangular {
        /// Least value.
        low: f64,
        /// Most likely value.
        mode: f64,
        /// Greatest value.
        high: f64,
    },
    /// Keelin's three terms.
    Metalog {
        /// Coefficients.
        a: [f64; 3],
        /// Lower bound.
        lower: Option<f64>,
        /// Upper bound.
        upper: Option<f64>,
    },
    /// The transformed value at normal scores, and straight lines between and beyond.
    Knots {
        /// Normal scores.
        z: Vec<f64>,
        /// Transformed values.
        y: Vec<f64>,
        /// The transformation.
        law: QuantileLaw,
    },
    /// Equally likely numbers, rising.
    Empirical(Vec<f64>),
    /// Distributions and their shares.
    Mixture(Vec<(Shape, f64)>),
    /// Moved to the bounds.
    Clipped {
        /// What is clipped.
        of: Box<Shape>,
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
}

impl Shape {
    /// Prepares a checked distribution.
    pub fn new(dist: &Dist) -> Self {
        match dist {
            Dist::Constant { value } => Self::Constant(*value),
            Dist::Lognormal { low, high, interval } => {
                let (location, scale) = log_moments(*low, *high, *interval);
                Self::Exponential { location, scale }
            }
            Dist::Normal { mean, sd } => Self::Linear { location: *mean, scale: *sd },
            Dist::LogitNormal { mean, sd } => Self::Logistic { location: *mean, scale: *sd },
            Dist::Uniform { low, high } => Self::Uniform { low: *low, width: high - low },
            Dist::Beta { a, b } => Self::Beta { a: *a, b: *b, low: 0.0, width: 1.0 },
            Dist::Triangular { low, mode, high } => Self::Triangular { low: *low, mode: *mode, high: *high },
            Dist::Pert { low, mode, high, concentration } => {
                let width = high - low;
                let shape = |part: f64| 1.0 + concentration * (part / width);
                Self::Beta { a: shape(mode - low), b: shape(high - mode), low: *low, width }
            }
            Dist::Metalog { p10, p50, p90, lower, upper } => Self::Metalog {
                a: metalog::coefficients(*p10, *p50, *p90, *lower, *upper),
                lower: *lower,
                upper: *upper,
            },
            Dist::Quantiles { levels, values, law } => {
                let z: Vec<f64> = levels.iter().map(|&p| normal_quantile(p)).collect();
                let y: Vec<f64> = values.iter().map(|&x| law.transform(x)).collect();
                let [z0, z1] = [z[0], z[1]];
                let scale = (y[1] - y[0]) / (z1 - z0);
                let location = y[0] - scale * z0;
                match law {
                    _ if z.len() > 2 => Self::Knots { z, y, law: *law },
                    QuantileLaw::Lognormal => Self::Exponential { location, scale },
                    QuantileLaw::Normal => Self::Linear { location, scale },
                    QuantileLaw::LogitNormal => Self::Logistic { location, scale },
                }
            }
            Dist::Empirical { values, .. } => {
                let mut values = values.as_slice().to_vec();
                // Sorted, so that the number rises with the normal one and correlations mean what they say.
                values.sort_by(f64::total_cmp);
                Self::Empirical(values)
            }
            Dist::Mixture { parts, weights } => {
                let total: f64 = weights.iter().sum();
                let parts = parts.iter().zip(weights).filter(|&(_, &w)| w > 0.0);
                let mut parts: Vec<(Self, f64)> = parts.map(|(part, w)| (Self::new(part), w / total)).collect();
                if parts.len() == 1 { parts.swap_remove(0).0 } else { Self::Mixture(parts) }
            }
            Dist::Clipped { of, low, high } => {
                let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
                match Self::new(of) {
                    Self::Constant(value) => Self::Constant(value.clamp(low, high)),
                    of => Self::Clipped { of: Box::new(of), low, high },
                }
            }
        }
    }

    /// The value at the probability of a standard normal number.
    pub fn quantile(&self, z: f64) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Linear { location, scale } => location + scale * z,
            Self::Exponential { location, scale } => exp(location + scale * z),
            Self::Logistic { location, scale } => 1.0 / (1.0 + exp(-(location + scale * z))),
            Self::Uniform { low, width } => low + width * normal_cdf(z),
            Self::Beta { a, b, low, width } => low + width * beta_quantile_of_score(*a, *b, z),
            Self::Triangular { low, mode, high } => triangular::quantile(*low, *mode, *high, z),
            Self::Metalog { a, lower, upper } => {
                // ln(u / (1 - u)) from both tails, so that neither loses digits.
                let (below, above) = (normal_cdf(z).max(f64::MIN_POSITIVE), normal_cdf(-z).max(f64::MIN_POSITIVE));
                let l = ln(below / above);
                metalog::from_line(a[0] + l * (a[1] + a[2] * (below - 0.5)), *lower, *upper)
            }
            Self::Knots { z: knots, y, law } => {
                let y = along(knots, y, z);
                match law {
                    QuantileLaw::Lognormal => exp(y),
                    QuantileLaw::Normal => y,
                    QuantileLaw::LogitNormal => 1.0 / (1.0 + exp(-y)),
                }
            }
            Self::Empirical(values) => pick(values, normal_cdf(z)),
            Self::Mixture(parts) => mixture::quantile(parts, z),
            Self::Clipped { of, low, high } => of.quantile(z).clamp(*low, *high),
        }
    }

    /// `[P(X <= x), P(X > x)]`: the smaller keeps its digits.
    pub fn tails(&self, x: f64) -> [f64; 2] {
        let of_score = |z: f64| [normal_cdf(z), normal_cdf(-z)];
        let step = |at: f64| if x >= at { [1.0, 0.0] } else { [0.0, 1.0] };
        let [least, most] = self.ends();
        if x <= least || x >= most {
            return step(most);
        }
        match self {
            Self::Constant(value) => step(*value),
            Self::Linear { location, scale } => of_score((x - location) / scale),
            Self::Exponential { location, scale } => of_score((ln(x) - location) / scale),
            Self::Logistic { location, scale } => of_score((ln(x / (1.0 - x)) - location) / scale),
            Self::Uniform { low, width } => {
                let below = ((x - low) / width).clamp(0.0, 1.0);
                [below, 1.0 - below]
            }
            Self::Beta { a, b, low, width } => beta_tails(*a, *b, (x - low) / width, (low + width - x) / width),
            Self::Triangular { low, mode, high } => triangular::tails(*low, *mode, *high, x),
            Self::Metalog { a, lower, upper } => {
                let l = metalog::logit(a, metalog::to_line(x, *lower, *upper));
                [1.0 / (1.0 + exp(-l)), 1.0 / (1.0 + exp(l))]
            }
            Self::Knots { z, y, law } => of_score(along(y, z, law.transform(x))),
            Self::Empirical(values) => {
                let (below, n) = (values.partition_point(|&v| v <= x) as f64, values.len() as f64);
                [below / n, (n - below) / n]
            }
            Self::Mixture(parts) => parts.iter().fold([0.0; 2], |sum, (part, weight)| {
                let tails = part.tails(x);
                [sum[0] + weight * tails[0], sum[1] + weight * tails[1]]
            }),
            Self::Clipped { low, high, .. } if x < *low || x >= *high => step(*high),
            Self::Clipped { of, .. } => of.tails(x),
        }
    }

    /// Between which numbers all values lie, where a logarithm or a logit of the value is taken.
    fn ends(&self) -> [f64; 2] {
        match self {
            Self::Exponential { .. } | Self::Knots { law: QuantileLaw::Lognormal, .. } => [0.0, f64::INFINITY],
            Self::Logistic { .. } | Self::Knots { law: QuantileLaw::LogitNormal, .. } => [0.0, 1.0],
            Self::Metalog { lower, upper, .. } => [lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY)],
            _ => [f64::NEG_INFINITY, f64::INFINITY],
        }
    }
}

/// Mean and standard deviation of the logarithm of a lognormal with a central interval.
pub fn log_moments(low: f64, high: f64, interval: f64) -> (f64, f64) {
    (0.5 * (ln(low) + ln(high)), (ln(high) - ln(low)) / (2.0 * normal_quantile(0.5 + 0.5 * interval)))
}

/// The row of a uniform number.
pub fn pick(values: &[f64], u: f64) -> f64 {
    values[((u * values.len() as f64) as usize).min(values.len() - 1)]
}

/// Straight lines through the points of two rising columns, the outer ones going on.
fn along(x: &[f64], y: &[f64], at: f64) -> f64 {
    let i = x.partition_point(|&knot| knot <= at).clamp(1, x.len() - 1);
    y[i - 1] + (at - x[i - 1]) * ((y[i] - y[i - 1]) / (x[i] - x[i - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Spec, Values};

    fn shape(dist: &Dist) -> Shape {
        dist.check().expect("legal");
        Shape::new(dist)
    }

    fn some_of_every_kind() -> Vec<Dist> {
        let lognormal = Dist::Lognormal { low: 2.0, high: 50.0, interval: 0.8 };
        let metalog = |lower, upper| Dist::Metalog { p10: 2.0, p50: 5.0, p90: 12.0, lower, upper };
        let triangular = Dist::Triangular { low: -1.0, mode: 0.5, high: 7.0 };
        let pert = Dist::Pert { low: 1.0, mode: 2.0, high: 9.0, concentration: 4.0 };
        let quantiles = |law| Dist::Quantiles { levels: vec![0.1, 0.4, 0.95], values: vec![0.2, 0.3, 0.9], law };
        vec![
            lognormal.clone(),
            Dist::Normal { mean: -3.0, sd: 2.0 },
            Dist::LogitNormal { mean: -0.8, sd: 1.0 },
            Dist::Uniform { low: -1.0, high: 3.0 },
            Dist::Beta { a: 0.4, b: 2.0 },
            triangular.clone(),
            Dist::Triangular { low: 0.0, mode: 0.0, high: 1.0 },
            Dist::Triangular { low: 0.0, mode: 1.0, high: 1.0 },
            pert.clone(),
            metalog(None, None),
            metalog(Some(1.0), None),
            metalog(None, Some(30.0)),
            metalog(Some(0.5), Some(40.0)),
            quantiles(QuantileLaw::Lognormal),
            quantiles(QuantileLaw::Normal),
            quantiles(QuantileLaw::LogitNormal),
            Dist::Mixture { parts: vec![lognormal.clone(), triangular.clone()], weights: vec![1.0, 3.0] },
            Dist::Mixture {
                parts: vec![
                    Dist::Mixture { parts: vec![pert, metalog(Some(0.0), None)], weights: vec![1.0, 1.0] },
                    Dist::Normal { mean: 0.0, sd: 100.0 },
                ],
                weights: vec![0.5, 0.25],
            },
        ]
    }

    #[test]
    fn tails_undo_quantiles() {
        for dist in some_of_every_kind() {
            let shape = shape(&dist);
            let mut last = f64::NEG_INFINITY;
            for i in -60..=60 {
                let z = 0.1 * f64::from(i);
                let x = shape.quantile(z);
                assert!(x >= last, "{dist:?} falls at {z}");
                last = x;
                let side = usize::from(z > 0.0);
                let (got, want) = (shape.tails(x)[side], normal_cdf(-z.abs()));
                // A value carries 2^-53 of itself: the tail at it is known to its density times that.
                let near = shape.tails(x * (1.0 + 4e-16))[side] - shape.tails(x * (1.0 - 4e-16))[side];
                assert!((got - want).abs() <= 1e-11 * want + near.abs(), "{dist:?} at {z}: {got} {want}");
            }
        }
    }

    #[test]
    fn jumps_are_part_of_a_mixture() {
        let three = Dist::Empirical { values: Values::Many(vec![3.0, 1.0, 2.0]), rows: None };
        let parts = vec![Dist::Constant { value: 1.5 }, three];
        let mixture = shape(&Dist::Mixture { parts, weights: vec![1.0, 1.0] });
        // By enumeration: 1, 1.5, 2, 3 with the shares 1/6, 1/2, 1/6, 1/6.
        for (u, want) in [(0.1, 1.0), (0.17, 1.5), (0.6, 1.5), (0.67, 2.0), (0.83, 2.0), (0.84, 3.0)] {
            assert_eq!(mixture.quantile(normal_quantile(u)), want, "{u}");
        }
        assert!((mixture.tails(1.7)[0] - 4.0 / 6.0).abs() < 1e-15);
        let clipped =
            shape(&Dist::Clipped { of: Box::new(Dist::Normal { mean: 0.0, sd: 1.0 }), low: Some(-1.0), high: None });
        assert_eq!((clipped.quantile(-3.0), clipped.quantile(0.5)), (-1.0, 0.5));
        assert_eq!(clipped.tails(-1.000_001), [0.0, 1.0]);
        assert!((clipped.tails(-1.0)[0] - normal_cdf(-1.0)).abs() < 1e-16);
    }

    #[test]
    fn equal_parts_are_the_part() {
        let part = Dist::Pert { low: 1.0, mode: 2.0, high: 9.0, concentration: 4.0 };
        let one = shape(&part);
        let both = shape(&Dist::Mixture { parts: vec![part.clone(), part], weights: vec![0.3, 0.7] });
        for z in [-5.0, -1.0, 0.0, 0.3, 4.0] {
            assert_eq!(one.quantile(z), both.quantile(z));
        }
    }
}
