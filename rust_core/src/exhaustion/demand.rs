//! How many tokens a run asks for, where that is not the compute-optimal number of the law.

use super::laws::base::{Base, Frontier};
use crate::math::{exp, ln};

/// ln of tokens at twenty per parameter, ln K = ln(C / 6).
pub fn twenty_per_parameter(ln_k: f64) -> f64 {
    0.5 * (ln(20.0) + ln_k)
}

/// ln of tokens that minimise 6 N D + 2 N I at the loss of the frontier (Sardana and Frankle 2024).
///
/// Along the curve of equal loss the first-order condition is
/// `alpha A N^-alpha 3 D / (3 D + I) = beta B D^-beta`. The logarithm of its left side over its right, in ln D, is
/// increasing, concave and at most 0 at the frontier, so Newton's steps from there rise to the one solution. I = 0 gives
/// the frontier.
pub fn inference_at_loss(base: &Base, free: &Frontier, ln_inference: f64) -> f64 {
    let Base { alpha, beta, .. } = *base;
    // At the frontier this share of the reducible loss is due to data.
    let data_share = alpha / (alpha + beta);
    let mut more = 0.0;
    for _ in 0..100 {
        let data = data_share * exp(-beta * more);
        // I / (3 D); beyond e^600 nothing changes.
        let served = exp((ln_inference - ln(3.0) - free.ln_tokens - more).min(600.0));
        let gap = ln(alpha * (1.0 - data) / (beta * data)) - ln(1.0 + served);
        let step = -gap / (beta / (1.0 - data) + served / (1.0 + served));
        more += step;
        if step.abs() < 1e-12 {
            break;
        }
    }
    free.ln_tokens + more
}

/// ln of tokens that spend `6 N D = C` where [`inference_at_loss`]'s condition holds: no other run with this one's loss is
/// cheaper to train and serve together.
///
/// In m = ln(D / D*) the condition reads `(alpha + beta) m = ln(1 + I / (3 D* e^m))`. Left minus right is increasing and
/// concave, and at most 0 at m = 0, so Newton's steps from there rise to the one solution. I = 0 gives the frontier.
pub fn inference_at_budget(base: &Base, free: &Frontier, ln_inference: f64) -> f64 {
    let mut more = 0.0;
    for _ in 0..100 {
        // I / (3 D); beyond e^600 nothing changes.
        let served = exp((ln_inference - ln(3.0) - free.ln_tokens - more).min(600.0));
        let gap = (base.alpha + base.beta) * more - ln(1.0 + served);
        let step = -gap / (base.alpha + base.beta + served / (1.0 + served));
        more += step;
        if step.abs() < 1e-12 {
            break;
        }
    }
    free.ln_tokens + more
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::laws::base::BESIROGLU;

    #[test]
    fn no_inference_is_the_frontier_and_more_asks_for_more_tokens() {
        let free = BESIROGLU.frontier(ln(1e25 / 6.0));
        assert!((inference_at_loss(&BESIROGLU, &free, 0.0) - free.ln_tokens).abs() < 1e-9);
        let mut last = free.ln_tokens;
        for inference in [1e11, 1e13, 1e15, 1e18] {
            let ln_tokens = inference_at_loss(&BESIROGLU, &free, ln(inference));
            assert!(ln_tokens > last);
            last = ln_tokens;
            // The condition of the paper, with N on the curve of equal loss.
            let Base { log_a, log_b, alpha, beta, .. } = BESIROGLU;
            let data = exp(log_b - beta * ln_tokens);
            let params = exp(free.ln_reducible) - data;
            let d = exp(ln_tokens);
            assert!((alpha * params * 3.0 * d / (3.0 * d + inference) / (beta * data) - 1.0).abs() < 1e-9);
            // ... and it is the minimum of the cost along that curve.
            let cost = |ln_tokens: f64| {
                let params = exp(free.ln_reducible) - exp(log_b - beta * ln_tokens);
                let n = exp((log_a - ln(params)) / alpha);
                6.0 * n * exp(ln_tokens) + 2.0 * n * inference
            };
            assert!(cost(ln_tokens) <= cost(ln_tokens + 0.01) && cost(ln_tokens) <= cost(ln_tokens - 0.01));
        }
    }
}
