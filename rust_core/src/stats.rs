//! Means with their standard errors, and the ranks of quantiles.

/// The rank of quantile p among n: the ceil(n p)-th smallest.
pub fn rank(p: f64, n: u64) -> u64 {
    // A product that is whole but for rounding counts as whole.
    ((p * n as f64 - 1e-9 * (p * n as f64).max(1.0)).ceil() as u64).clamp(1, n.max(1))
}

/// The p-quantile of values in ascending order, between neighbours by straight lines; NaN where there are none.
pub fn quantile(ascending: &[f64], p: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else { return f64::NAN };
    let place = p * last as f64;
    let below = place as usize;
    let above = (below + 1).min(last);
    ascending[below] + (place - below as f64) * (ascending[above] - ascending[below])
}

/// Of a 95 % interval of a normal distribution, the standard deviations on either side.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// The standard error of a share of `count` independent draws; NaN for one, which shows none.
///
/// The distance to the farther end of the 95 % interval of Wilson 1927, over 1.96: near sqrt(p (1 - p) / n) where many
/// draws fall on either side, 1.96 / (n + 3.84) at shares of 0 and 1, which have an error too.
pub fn share_error(share: f64, count: f64) -> f64 {
    if count < 2.0 {
        return f64::NAN;
    }
    let to_centre = Z_95 / count * (share - 0.5).abs();
    let half = (share * (1.0 - share) / count + Z_95 * Z_95 / (4.0 * count * count)).sqrt();
    (to_centre + half) / (1.0 + Z_95 * Z_95 / count)
}

/// Sums of deviations from a number near the mean, which lose no digits and need no division to add to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    /// The number near the mean.
    pub near: f64,
    /// Sum of deviations from it.
    pub first: f64,
    /// Sum of their squares.
    pub second: f64,
}

impl Sums {
    /// The moments of `count` numbers.
    pub fn moments(&self, count: u64) -> Moments {
        let n = count.max(1) as f64;
        let squares = (self.second - self.first * (self.first / n)).max(0.0);
        Moments { count, mean: self.near + self.first / n, squares }
    }
}

/// Count, mean and sum of squared deviations.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// How many numbers.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The sum of squared deviations from it.
    pub squares: f64,
}

impl Moments {
    /// Adds the moments of further numbers (Chan, Golub and `LeVeque` 1983); the order of merging moves the last bits.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let count = self.count + other.count;
        let gap = other.mean - self.mean;
        let share = other.count as f64 / count as f64;
        self.mean += gap * share;
        self.squares += other.squares + gap * gap * (self.count as f64 * share);
        self.count = count;
    }

    /// The standard error of the mean; NaN for fewer than two numbers.
    pub fn standard_error(&self) -> f64 {
        if self.count < 2 {
            return f64::NAN;
        }
        let n = self.count as f64;
        (self.squares / (n - 1.0) / n).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_merge_to_those_of_everything() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.1 + 1e6).collect();
        let of = |part: &[f64]| {
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            Moments { count: part.len() as u64, mean, squares: part.iter().map(|x| (x - mean) * (x - mean)).sum() }
        };
        let mut merged = Moments::default();
        values.chunks(33).for_each(|part| merged.merge(&of(part)));
        let whole = of(&values);
        assert_eq!(merged.count, whole.count);
        assert!((merged.mean - whole.mean).abs() < 1e-8);
        assert!((merged.squares / whole.squares - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_share_has_an_error_at_both_ends_too() {
        assert!(share_error(1.0, 1.0).is_nan());
        for count in [2.0, 10.0, 1e6] {
            let end = Z_95 / (count + Z_95 * Z_95);
            assert!((share_error(0.0, count) / end - 1.0).abs() < 1e-14);
            assert!((share_error(1.0, count) / end - 1.0).abs() < 1e-14);
            assert!((share_error(0.3, count) / share_error(0.7, count) - 1.0).abs() < 1e-14);
        }
        assert!((share_error(0.3, 1e12) / (0.21f64 / 1e12).sqrt() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn ranks_are_ceilings() {
        assert_eq!([rank(0.05, 100), rank(0.05, 101), rank(0.5, 1), rank(0.95, 20), rank(0.07, 100)], [5, 6, 1, 19, 7]);
    }
}
