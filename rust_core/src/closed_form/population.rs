//! A population of tasks with p ~ Beta(alpha, beta): aggregate coverage, reliability, and the power law they tend to.
//!
//! With the counts of a task added to alpha and beta the same formulas are its posterior predictive, at any k.

use libm::{exp, log, log1p};

use crate::special::{STIRLING, ln_beta_ratio, one_less_exp, stirling_rise};

/// E[(1-p)^k] = B(alpha, beta + k)/B(alpha, beta): no attempt of k is correct.
pub fn failure(alpha: f64, beta: f64, k: f64) -> f64 {
    exp(ln_beta_ratio(alpha, beta, k))
}

/// 1 - E[(1-p)^k]: mean pass@k.
pub fn coverage(alpha: f64, beta: f64, k: f64) -> f64 {
    one_less_exp(ln_beta_ratio(alpha, beta, k))
}

/// E[p^k] = B(alpha + k, beta)/B(alpha, beta): mean pass^k.
pub fn reliability(alpha: f64, beta: f64, k: f64) -> f64 {
    exp(ln_beta_ratio(beta, alpha, k))
}

/// Gamma(alpha + beta)/Gamma(beta) k^-alpha, and the leading term of its relative error,
/// failure/power law - 1 ~ -alpha (alpha + 2 beta - 1)/(2k).
///
/// The ratio is lifted to beta >= 10 by its recurrence and then summed as Stirling's formula.
pub fn power_law(alpha: f64, beta: f64, k: f64) -> (f64, f64) {
    let (mut low, mut ln_lift) = (beta, 0.0);
    while low < STIRLING {
        ln_lift -= if alpha < low { log1p(alpha / low) } else { log(low + alpha) - log(low) };
        low += 1.0;
    }
    let main = (low - 0.5) * log1p(alpha / low) + alpha * (log((low + alpha) / k) - 1.0);
    let (large, small) = if alpha > 2.0 * beta { (alpha, 2.0 * beta) } else { (2.0 * beta, alpha) };
    // Where they almost cancel, 1 less the larger one is exact.
    let error = -alpha * ((large - 1.0) + small) / (2.0 * k);
    (exp(main + stirling_rise(low, alpha) + ln_lift), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_law_keeps_its_digits() {
        for beta in [0.3, 2.0, 9.9, 10.0, 1e3, 1e9, 1e15, 1e20, 1e100] {
            // Gamma(beta + 3)/Gamma(beta) is a product.
            let product = beta * (beta + 1.0) * (beta + 2.0) / 7.0_f64.powi(3);
            let (law, _) = power_law(3.0, beta, 7.0);
            assert!((law / product - 1.0).abs() < 1e-12, "{beta}: {law} {product}");
        }
    }
}
