//! Student's t.

use super::incomplete_beta::beta_quantile;

/// The square of the two-sided quantile of Student's t of a sample of this size (a degree of freedom less), from the Beta
/// distribution of t^2/(nu + t^2).
pub fn square_of_t(size: usize, confidence: f64) -> f64 {
    let freedom = size.saturating_sub(1).max(1) as f64;
    let share = beta_quantile(0.5, 0.5 * freedom, confidence);
    freedom * share / (1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_is_the_square_of_the_tabled_t() {
        for (tasks, t) in [(2, 12.706_204_736), (5, 2.776_445_105), (20, 2.093_024_054), (1_000_001, 1.959_966_4)] {
            assert!((square_of_t(tasks, 0.95).sqrt() - t).abs() < 1e-6 * t, "{tasks}");
        }
    }
}
