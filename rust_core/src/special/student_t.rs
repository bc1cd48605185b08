//! Student's t.

use libm::sqrt;

use super::incomplete_beta::beta_quantile;
use super::normal::normal_quantile;

/// The square of the two-sided quantile of Student's t of a sample of this (effective) size, a degree of freedom less and
/// one at least, from the Beta distribution of t^2/(nu + t^2).
pub fn square_of_t(size: f64, confidence: f64) -> f64 {
    let freedom = (size - 1.0).max(1.0);
    let share = beta_quantile(0.5, 0.5 * freedom, confidence);
    freedom * share / (1.0 - share)
}

/// By how much the spread over resamples of so few is too narrow for an interval: the variance of a sample (T - 1), and the
/// quantile of Student's t. One tells nothing of others.
pub fn wider_for_few(size: f64, confidence: f64) -> f64 {
    if size <= 1.0 {
        return f64::NAN;
    }
    let normal = normal_quantile(0.5 + 0.5 * confidence);
    sqrt(size / (size - 1.0) * square_of_t(size, confidence) / (normal * normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_is_the_square_of_the_tabled_t() {
        for (tasks, t) in
            [(2.0, 12.706_204_736), (5.0, 2.776_445_105), (20.0, 2.093_024_054), (1_000_001.0, 1.959_966_4)]
        {
            assert!((square_of_t(tasks, 0.95).sqrt() - t).abs() < 1e-6 * t, "{tasks}");
        }
    }
}
