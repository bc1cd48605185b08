//! How many tokens a run asks for, where that is not the compute-optimal number of the law.

use super::law::{Base, Frontier};
use crate::math::{exp, ln};

/// ln of tokens at twenty per parameter, ln K = ln(C / 6).
pub fn twenty_per_parameter(ln_k: f64) -> f64 {
    0.5 * (ln(20.0) + ln_k)
}

/// ln of tokens that minimise 6 N D + 2 N I at the loss of the frontier (Sardana and Frankle 2024).
///
/// Along the curve of equal loss the first-order condition is
/// `alpha A N^-alpha 3 D / (3 D + I) = beta B D^-beta`; its left side falls and its right side rises as N grows (and D
/// shrinks), so bisection finds the one solution. I = 0 gives the frontier.
pub fn inference_aware(base: &Base, free: &Frontier, ln_inference: f64) -> f64 {
    let Base { alpha, beta, .. } = *base;
    // d = ln D - ln D*: from 0 upwards data carry less of the loss, parameters more.
    let data_share = alpha / (alpha + beta);
    let gap = |d: f64| {
        let data = data_share * exp(-beta * d);
        let params = 1.0 - data;
        let ln_tokens = free.ln_tokens + d;
        // ln of (3 D + I) / (3 D).
        let load = ln(1.0 + exp((ln_inference - ln(3.0) - ln_tokens).min(600.0)));
        ln(alpha * params) - load - ln(beta * data)
    };
    let (mut low, mut high) = (0.0, 600.0 / beta);
    for _ in 0..80 {
        let d = 0.5 * (low + high);
        if gap(d) < 0.0 { low = d } else { high = d }
    }
    free.ln_tokens + 0.5 * (low + high)
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
/// The price is the exact inner optimum `P = h / (h - 1) 2 N c`. For each split of a budget the income is a power of
/// loss and parameters; a golden section over the split inside one over the budget finds the maximum.
pub fn profit(base: &Base, ln_k: f64, market: &Market) -> f64 {
    most_profitable(base, ln_k, market).1
}

/// ln of the parameters and tokens of the largest profit.
fn most_profitable(base: &Base, ln_k: f64, market: &Market) -> (f64, f64) {
    let h = market.price_elasticity;
    let ln_margin = -ln(h - 1.0);
    let value = |ln_budget: f64, ln_params: f64| {
        let ln_tokens = ln_budget - ln_params;
        let reducible = exp((base.log_a - base.alpha * ln_params).min(300.0))
            + exp((base.log_b - base.beta * ln_tokens).min(300.0));
        let ln_cost = ln(2.0) + ln_params + LN_DOLLARS_PER_FLOP;
        let ln_price = ln(h) + ln_margin + ln_cost;
        let ln_sold = market.ln_income - market.loss_elasticity * (ln(reducible) - LN_LOSS) - h * (ln_price - LN_PRICE);
        // Serving what is sold may not exceed a thousand times the compute of training: the price rises until it fits.
        let ln_limit = LN_SERVING + ln(6.0) + ln_k - ln(2.0) - ln_params;
        let (ln_sold, ln_unit) = if ln_sold > ln_limit {
            let ln_price = ln_price + (ln_sold - ln_limit) / h;
            (ln_limit, ln_price + ln(1.0 - exp((ln_cost - ln_price).min(-1e-12))))
        } else {
            (ln_sold, ln_margin + ln_cost)
        };
        (ln_sold + ln_unit, ln(6.0) + ln_budget + LN_DOLLARS_PER_FLOP)
    };
    let best_split = |ln_budget: f64| maximum(0.0, ln_budget, |ln_params| value(ln_budget, ln_params).0);
    // Profit is income less cost; its sign may change, so compare it in units of the largest cost.
    let ln_unit = ln(6.0) + ln_k + LN_DOLLARS_PER_FLOP;
    let ln_budget = maximum(ln_k - 60.0, ln_k, |ln_budget| {
        let (income, cost) = value(ln_budget, best_split(ln_budget));
        exp((income - ln_unit).min(300.0)) - exp(cost - ln_unit)
    });
    let ln_params = best_split(ln_budget);
    (ln_params, ln_budget - ln_params)
}

/// The maximum of a function with one peak.
fn maximum(mut low: f64, mut high: f64, of: impl Fn(f64) -> f64) -> f64 {
    const SHRINK: f64 = 0.618_033_988_749_894_9;
    let end = high;
    let (mut a, mut b) = (high - SHRINK * (high - low), low + SHRINK * (high - low));
    let (mut at_a, mut at_b) = (of(a), of(b));
    for _ in 0..60 {
        if at_a > at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - SHRINK * (high - low);
            at_a = of(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + SHRINK * (high - low);
            at_b = of(b);
        }
    }
    let x = 0.5 * (low + high);
    if of(end) >= of(x) { end } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::law::BESIROGLU;

    #[test]
    fn no_inference_is_the_frontier_and_more_asks_for_more_tokens() {
        let free = BESIROGLU.frontier(ln(1e25 / 6.0));
        assert!((inference_aware(&BESIROGLU, &free, 0.0) - free.ln_tokens).abs() < 1e-9);
        let mut last = free.ln_tokens;
        for inference in [1e11, 1e13, 1e15, 1e18] {
            let ln_tokens = inference_aware(&BESIROGLU, &free, ln(inference));
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

    /// Along a budget, income is a power of loss and parameters alone, whatever binds, so at the maximum the elasticities
    /// of the loss differ by (h - 1) / r. The policies of appendix F give 1.25, 11.1 and 10.5 times the optimal tokens
    /// per parameter at 5e25 FLOP; the paper calls them about 1, 5 and 100.
    #[test]
    fn the_best_profit_meets_its_first_order_condition() {
        for (compute, income, r, h) in
            [(5e25, 1e13, 7.0, 1.1), (5e25, 1e15, 7.0, 2.0), (5e25, 1e16, 10.0, 2.4), (1e23, 1e12, 5.0, 1.5)]
        {
            let ln_k = ln(compute / 6.0);
            let market = Market { ln_income: ln(income), loss_elasticity: r, price_elasticity: h };
            let (ln_params, ln_tokens) = most_profitable(&BESIROGLU, ln_k, &market);
            assert!(ln_params + ln_tokens <= ln_k + 1e-9);
            let Base { log_a, log_b, alpha, beta, .. } = BESIROGLU;
            let (params, tokens) = (exp(log_a - alpha * ln_params), exp(log_b - beta * ln_tokens));
            let gap = (alpha * params - beta * tokens) / (params + tokens);
            assert!((gap - (h - 1.0) / r).abs() < 1e-5, "{gap} {}", (h - 1.0) / r);
        }
    }
}
