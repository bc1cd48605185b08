//! pass@k and pass^k of one task from counts: unbiased, and undefined (NaN) below k attempts.

use libm::exp;

use crate::special::{ln_none_drawn, one_less_exp};

/// pass@k = 1 - C(n-c, k)/C(n, k): some of k attempts is correct. NaN for n < k.
pub fn pass_at_k(attempts: f64, correct: f64, k: f64) -> f64 {
    if attempts < k { f64::NAN } else { one_less_exp(ln_none_drawn(attempts, correct, k)) }
}

/// pass^k = C(c, k)/C(n, k): all of k attempts are correct. NaN for n < k.
pub fn pass_hat_k(attempts: f64, correct: f64, k: f64) -> f64 {
    if attempts < k { f64::NAN } else { exp(ln_none_drawn(attempts, attempts - correct, k)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_k_attempts_nothing_is_claimed() {
        for correct in 0..=3 {
            assert!(
                pass_at_k(3.0, f64::from(correct), 4.0).is_nan() && pass_hat_k(3.0, f64::from(correct), 4.0).is_nan()
            );
        }
        assert_eq!((pass_at_k(4.0, 0.0, 4.0), pass_at_k(4.0, 1.0, 4.0)), (0.0, 1.0));
        assert_eq!((pass_hat_k(4.0, 4.0, 4.0), pass_hat_k(4.0, 3.0, 4.0)), (1.0, 0.0));
    }
}
