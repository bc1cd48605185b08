//! A population of tasks with p ~ Beta(alpha, beta): aggregate coverage, reliability, and the power law they tend to.
//!
//! With the counts of a task added to alpha and beta the same formulas are its posterior predictive, at any k.

use libm::{exp, expm1, log, log1p};

use crate::special::{STIRLING, ln_beta_ratio, ln_gamma, stirling_remainder};

/// E[(1-p)^k] = B(alpha, beta + k)/B(alpha, beta): no attempt of k is correct.
pub fn failure(alpha: f64, beta: f64, k: f64) -> f64 {
    exp(ln_beta_ratio(alpha, beta, k))
}

/// 1 - E[(1-p)^k]: mean pass@k.
pub fn coverage(alpha: f64, beta: f64, k: f64) -> f64 {
    -expm1(ln_beta_ratio(alpha, beta, k))
}

/// E[p^k] = B(alpha + k, beta)/B(alpha, beta): mean pass^k.
pub fn reliability(alpha: f64, beta: f64, k: f64) -> f64 {
    exp(ln_beta_ratio(beta, alpha, k))
}

/// ln [Gamma(x + step)/Gamma(x)], by Stirling's formula where the two would cancel.
fn ln_gamma_ratio(x: f64, step: f64) -> f64 {
    if x < STIRLING {
        return ln_gamma(x + step) - ln_gamma(x);
    }
    let remainder = stirling_remainder(x + step) - stirling_remainder(x);
    (x - 0.5) * log1p(step / x) + step * (log(x + step) - 1.0) + remainder
}

/// Gamma(alpha + beta)/Gamma(beta) k^-alpha, and the leading term of its relative error,
/// failure/power law - 1 ~ -alpha (alpha + 2 beta - 1)/(2k).
pub fn power_law(alpha: f64, beta: f64, k: f64) -> (f64, f64) {
    let law = exp(ln_gamma_ratio(beta, alpha) - alpha * log(k));
    (law, -alpha * (alpha + 2.0 * beta - 1.0) / (2.0 * k))
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
