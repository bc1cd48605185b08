//! A population of tasks with p ~ Beta(alpha, beta): aggregate coverage, reliability, and the power law they tend to.
//!
//! With the counts of a task added to alpha and beta the same formulas are its posterior predictive, at any k.

use libm::{exp, expm1, log};

use super::special::{ln_beta_ratio, ln_gamma};

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

/// Gamma(alpha + beta)/Gamma(beta) k^-alpha, and the leading term of its relative error,
/// failure/power law - 1 ~ -alpha (alpha + 2 beta - 1)/(2k).
pub fn power_law(alpha: f64, beta: f64, k: f64) -> (f64, f64) {
    let law = exp(ln_gamma(alpha + beta) - ln_gamma(beta) - alpha * log(k));
    (law, -alpha * (alpha + 2.0 * beta - 1.0) / (2.0 * k))
}
