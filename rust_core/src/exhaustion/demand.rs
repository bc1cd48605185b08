//! How many tokens a run asks for, where that is not the compute-optimal number of the law.

use super::base::{Base, Frontier};
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

/// The market of the profit model (Villalobos et al. 2024, appendix F).
#[derive(Debug, Clone, Copy)]
pub struct Market {
    /// ln of income `I_0`, dollars.
    pub ln_income: f64,
    /// Elasticity of demand in the loss, r.
    pub loss_elasticity: f64,
    /// Elasticity of demand in the price, h > 1.
    pub price_elasticity: f64,
}

/// Dollars per FLOP of the profit model, and the price per token and reducible loss that its income is stated at.
const LN_DOLLARS_PER_FLOP: f64 = -41.446_531_673_892_82;
const LN_PRICE: f64 = -13.815_510_557_964_274;
const LN_LOSS: f64 = -std::f64::consts::LN_10;
/// Serving may take this many times the compute of training.
const LN_SERVING: f64 = 6.907_755_278_982_137;

/// ln of tokens that maximise `I_0 (L/0.1)^-r (P/1e-6)^-h (P - 2 N c) - 6 N D c` within 6 N D <= C, c dollars per FLOP.
///
/// Exact, in three steps. Given N and D the best price is `P = h / (h - 1) 2 N c`, or where that sells more than can be
/// served, the price that sells just that. Either way the split of a budget minimises `r ln L + (h - 1) ln N`: its
/// condition is that the odds of A N^-alpha in L are `(1 + k/beta) / (1 - k/alpha)` times those of the frontier, with
/// k = (h - 1) / r (from k = alpha on, the smallest model earns most). Along these splits the income is a power of the
/// budget, with exponent `e = beta (r alpha - h + 1) / (alpha + beta)` below the limit of serving and e / h above, so
/// the budget at which its slope is the cost of training is known.
pub fn profit(base: &Base, ln_k: f64, market: &Market) -> f64 {
    let Base { log_a, log_b, alpha, beta, .. } = *base;
    let (r, h) = (market.loss_elasticity, market.price_elasticity);
    let ratio = (h - 1.0) / r;
    if ratio >= alpha {
        return ln_k;
    }
    let shift = (ln(1.0 + ratio / beta) - ln(1.0 - ratio / alpha)) / (alpha + beta);
    // Everything at a budget of 1 parameter-token; logarithms are linear in that of the budget from there.
    let ln_params = base.frontier(0.0).ln_params - shift;
    let slope = beta / (alpha + beta);
    let ln_loss = ln(exp(log_a - alpha * ln_params) + exp(log_b + beta * ln_params));
    let ln_interest = market.ln_income - r * (ln_loss - LN_LOSS) + h * LN_PRICE;
    let ln_cost = ln(2.0) + ln_params + LN_DOLLARS_PER_FLOP;
    let ln_price = ln(h / (h - 1.0)) + ln_cost;
    let exponent = slope * (r * alpha - (h - 1.0));
    // Where the slope of an income meets the cost of training.
    let ln_training = ln(6.0) + LN_DOLLARS_PER_FLOP;
    let peak = |exponent: f64, ln_income: f64| {
        if exponent < 1.0 { (ln(exponent) + ln_income - ln_training) / (1.0 - exponent) } else { f64::INFINITY }
    };
    let free = peak(exponent, ln_interest - h * ln_price + ln_cost - ln(h - 1.0));
    let ln_served = LN_SERVING + ln(3.0) + ln_k - ln_params;
    let limit = (ln_served - (ln_interest - h * ln_price)) / exponent;
    let ln_budget =
        if free <= limit { free } else { peak(exponent / h, ln_interest / h + (1.0 - 1.0 / h) * ln_served).max(limit) };
    let ln_budget = ln_budget.min(ln_k);
    ln_budget - (ln_params + slope * ln_budget)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::base::BESIROGLU;

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

    /// Profit at a budget and a model, in dollars, at the best price.
    fn value(base: &Base, ln_k: f64, market: &Market, ln_budget: f64, ln_params: f64) -> f64 {
        let h = market.price_elasticity;
        let loss = exp(base.log_a - base.alpha * ln_params) + exp(base.log_b - base.beta * (ln_budget - ln_params));
        let cost = 2e-18 * exp(ln_params);
        let sold = |price: f64| exp(market.ln_income - market.loss_elasticity * ln(loss / 0.1) - h * ln(price / 1e-6));
        let served = 1000.0 * 6.0 * exp(ln_k) / (2.0 * exp(ln_params));
        let best = h / (h - 1.0) * cost;
        let price = best * exp(ln((sold(best) / served).max(1.0)) / h);
        sold(price) * (price - cost) - 6e-18 * exp(ln_budget)
    }

    #[test]
    fn profit_is_the_maximum_over_models_and_budgets() {
        let policies = [(1e13, 7.0, 1.1), (1e15, 7.0, 2.0), (1e16, 10.0, 2.4), (1e12, 7.0, 1.5), (1e14, 5.0, 1.3)];
        for (income, loss_elasticity, price_elasticity) in policies {
            let market = Market { ln_income: ln(income), loss_elasticity, price_elasticity };
            for compute in [1e23, 5e25, 1e28, 1e31, 1e35] {
                let ln_k = ln(compute / 6.0);
                let ln_tokens = profit(&BESIROGLU, ln_k, &market);
                // The grid: budgets down to e^-30 of the compute, models over forty orders of e.
                let mut best = (f64::NEG_INFINITY, 0.0, 0.0);
                for i in 0..=600 {
                    let ln_budget = ln_k - f64::from(i) * 0.05;
                    for j in 0..=800 {
                        let ln_params = 10.0 + f64::from(j) * 0.05;
                        let profit = value(&BESIROGLU, ln_k, &market, ln_budget, ln_params);
                        if profit > best.0 {
                            best = (profit, ln_budget, ln_params);
                        }
                    }
                }
                let (found, ln_budget, ln_params) = best;
                let grid_tokens = ln_budget - ln_params;
                // A flat top moves the grid's best by a step or two; where the profit is negative nobody trains.
                if found > 0.0 && ln_budget > ln_k - 29.0 {
                    assert!((ln_tokens - grid_tokens).abs() < 0.2, "{income} {compute} {ln_tokens} {grid_tokens}");
                }
            }
        }
    }

    #[test]
    fn profit_overtraining_depends_on_the_ratio_of_elasticities_alone() {
        // Appendix F at 5e25 FLOP says about 1, 5 and 100 times the tokens per parameter; its own program says this.
        let ln_k = ln(5e25 / 6.0);
        let free = BESIROGLU.frontier(ln_k);
        let ratio = |income: f64, r: f64, h: f64| {
            let market = Market { ln_income: ln(income), loss_elasticity: r, price_elasticity: h };
            exp(2.0 * (profit(&BESIROGLU, ln_k, &market) - free.ln_tokens))
        };
        assert!((ratio(1e13, 7.0, 1.1) / 1.25 - 1.0).abs() < 0.05);
        assert!((ratio(1e15, 7.0, 2.0) / 11.1 - 1.0).abs() < 0.01);
        assert!((ratio(1e16, 10.0, 2.4) / 10.5 - 1.0).abs() < 0.02);
    }
}
