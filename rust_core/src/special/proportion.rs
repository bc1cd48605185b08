//! Limits of a proportion, and of the mean of values in [0, 1].

use crate::special::incomplete_beta::beta_quantile;

/// The lower limit of Clopper and Pearson, Biometrika 26 (1934), for `successes` of `trials`, with `tail` beneath it.
///
/// Fractions stand for the successes of an effective number of trials: Korn and Graubard, Survey Methodology 24 (1998).
pub fn lower(successes: f64, trials: f64, tail: f64) -> f64 {
    if successes <= 0.0 { 0.0 } else { beta_quantile(successes, trials - successes + 1.0, tail) }
}

/// The upper limit, with `tail` above it.
pub fn upper(successes: f64, trials: f64, tail: f64) -> f64 {
    if successes >= trials { 1.0 } else { beta_quantile(successes + 1.0, trials - successes, 1.0 - tail) }
}

/// Sums of values in [0, 1] of an independent sample, and of their complements.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    size: f64,
    sum: f64,
    squares: f64,
    complements: f64,
    complement_squares: f64,
}

impl Sample {
    /// Adds `count` equal values.
    pub fn add(&mut self, value: f64, count: f64) {
        let complement = 1.0 - value;
        self.size += count;
        self.sum += count * value;
        self.squares += count * value * value;
        self.complements += count * complement;
        self.complement_squares += count * complement * complement;
    }

    /// The lower limit of the mean that was sampled from, with `tail` beneath it.
    ///
    /// Gaffke, *Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable*,
    /// Mathematical Methods of Statistics 14 (2005): the quantile of the mean of the values and one more at 0, with
    /// weights uniform on the simplex. No law on [0, 1] is known for which that limit errs more often than `tail`. Its
    /// law has the first two moments of the Beta law used here, and is that one where all values are 0 and 1: the limit
    /// is then Clopper and Pearson's.
    pub fn lower(&self, tail: f64) -> f64 {
        let [a, b] = weighted(self.size, self.sum, self.squares);
        if a == 0.0 { 0.0 } else { beta_quantile(a, b, tail) }
    }

    /// The upper limit, with `tail` above it.
    pub fn upper(&self, tail: f64) -> f64 {
        let [a, b] = weighted(self.size, self.complements, self.complement_squares);
        if a == 0.0 { 1.0 } else { beta_quantile(b, a, 1.0 - tail) }
    }
}

/// The Beta law with the moments of the randomly weighted mean of a sample and one more value at 0.
fn weighted(size: f64, sum: f64, squares: f64) -> [f64; 2] {
    let mean = sum / (size + 1.0);
    if mean == 0.0 {
        return [0.0, 1.0];
    }
    let variance = (squares / (size + 1.0) - mean * mean) / (size + 2.0);
    let weight = mean * (1.0 - mean) / variance - 1.0;
    [mean * weight, (1.0 - mean) * weight]
}

#[cfg(test)]
mod tests {
    use libm::pow;

    use super::*;

    #[test]
    fn zeros_and_ones_have_the_exact_limits() {
        for (ones, zeros) in [(0.0, 60.0), (10.0, 0.0), (12.0, 188.0), (1.0, 0.0)] {
            let mut sample = Sample::default();
            sample.add(1.0, ones);
            sample.add(0.0, zeros);
            let close = |x: f64, y: f64| (x - y).abs() <= 1e-12 * y;
            assert!(close(sample.lower(0.025), lower(ones, ones + zeros, 0.025)));
            assert!(close(sample.upper(0.025), upper(ones, ones + zeros, 0.025)));
        }
        // P(0 of 60) and P(10 of 10) at the limits.
        assert!((upper(0.0, 60.0, 0.025) - (1.0 - pow(0.025, 1.0 / 60.0))).abs() < 1e-14);
        assert!((lower(10.0, 10.0, 0.025) - pow(0.025, 0.1)).abs() < 1e-14);
    }
}
