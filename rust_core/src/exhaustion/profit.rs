//! How many tokens a run asks for where the model is to be sold at a profit (Villalobos et al. 2024, appendix F).
//!
//! Of all runs of N >= 1 parameters on D >= 1 tokens with 6 N D <= C and of all prices P, the most profitable: profit is
//! `q (P - 2 N c) - 6 N D c` dollars with `q = I_0 (L/0.1)^-r (P/1e-6)^-h` tokens sold, c dollars per FLOP, and serving
//! with at most 1,000 times the FLOP of the largest run. Where no run earns what its training costs, none is made.

use std::f64::consts::LN_2;

use super::laws::base::{Base, LN_6};
use crate::math::{exp, ln};

/// The market of the profit model.
#[derive(Debug, Clone, Copy)]
pub struct Market {
    /// ln of `I_0`: tokens sold at a reducible loss of 0.1 and a price of 1e-6 dollars per token.
    pub ln_income: f64,
    /// Elasticity of demand in the loss, r.
    pub loss_elasticity: f64,
    /// Elasticity of demand in the price, h > 1.
    pub price_elasticity: f64,
}

/// Dollars per FLOP, and the price per token and reducible loss that demand is stated at.
const LN_DOLLARS_PER_FLOP: f64 = -41.446_531_673_892_82;
const LN_PRICE: f64 = -13.815_510_557_964_274;
const LN_LOSS: f64 = -std::f64::consts::LN_10;
/// Serving may take this many times the compute of training.
const LN_SERVING: f64 = 6.907_755_278_982_137;
/// Budgets of the search at an edge, and how well the place of the best is known.
const BUDGETS: usize = 32;
const PLACE: f64 = 1e-12;

/// ln of the most profitable number of tokens at ln K = ln(C / 6); none where every run loses money.
pub fn profit(base: &Base, ln_k: f64, market: &Market) -> Option<f64> {
    let margin = ln(market.price_elasticity - 1.0);
    let seller = Seller { base, ln_k, market, ln_elasticity: ln(market.price_elasticity), ln_margin: margin };
    match seller.inside() {
        // What N >= 1 and D >= 1 allow earns no more than this.
        Some([ln_budget, ln_params]) if !seller.sell(ln_budget, ln_params).value.0 => None,
        Some([ln_budget, ln_params]) if ln_params >= 0.0 && ln_budget >= ln_params => Some(ln_budget - ln_params),
        _ => seller.at_the_edge(),
    }
}

/// One who trains and sells.
#[derive(Debug, Clone, Copy)]
struct Seller<'a> {
    base: &'a Base,
    ln_k: f64,
    market: &'a Market,
    /// ln h and ln(h - 1).
    ln_elasticity: f64,
    ln_margin: f64,
}

impl Seller<'_> {
    /// ln of the best number of parameters at a budget of 1 parameter-token, if N >= 1 and D >= 1 did not bind; it rises
    /// with ln of the budget by beta / (alpha + beta).
    ///
    /// At any price that is best for its model, the split of a budget minimises `r ln L + (h - 1) ln N`, which is convex
    /// in ln N: its condition is that the odds of A N^-alpha in L are `(1 + k/beta) / (1 - k/alpha)` times those of the
    /// frontier, with k = (h - 1) / r. From k = alpha on, the smallest model earns most.
    fn ln_params_at_one(&self) -> Option<f64> {
        let Base { alpha, beta, .. } = *self.base;
        let ratio = (self.market.price_elasticity - 1.0) / self.market.loss_elasticity;
        let shift = || (ln(1.0 + ratio / beta) - ln(1.0 - ratio / alpha)) / (alpha + beta);
        (ratio < alpha).then(|| self.base.frontier(0.0).ln_params - shift())
    }

    /// ln of the best budget N D and of its parameters, where N >= 1 and D >= 1 do not bind.
    ///
    /// Along the best splits the income is a power of the budget, with exponent `e = beta (r alpha - h + 1) / (alpha +
    /// beta)` below the limit of serving and e / h above, so the budget at which its slope is the cost of training is
    /// known. With exponents below 1 the profit is concave in the budget; with e >= 1 it is convex up to the limit: the
    /// budget that is found earns most of all, if any earns.
    fn inside(&self) -> Option<[f64; 2]> {
        let Base { log_a, log_b, alpha, beta, .. } = *self.base;
        let Market { ln_income, loss_elasticity: r, price_elasticity: h } = *self.market;
        let ln_params = self.ln_params_at_one()?;
        let slope = beta / (alpha + beta);
        let ln_loss = ln_sum(log_a - alpha * ln_params, log_b + beta * ln_params);
        let ln_interest = ln_income - r * (ln_loss - LN_LOSS) + h * LN_PRICE;
        let ln_cost = LN_2 + ln_params + LN_DOLLARS_PER_FLOP;
        let ln_price = self.ln_elasticity - self.ln_margin + ln_cost;
        let exponent = slope * (r * alpha - (h - 1.0));
        // Where the slope of an income meets the cost of training.
        let ln_training = LN_6 + LN_DOLLARS_PER_FLOP;
        let peak = |exponent: f64, ln_income: f64| {
            if exponent < 1.0 { (ln(exponent) + ln_income - ln_training) / (1.0 - exponent) } else { f64::INFINITY }
        };
        let free = peak(exponent, ln_interest - h * ln_price + ln_cost - self.ln_margin);
        let ln_served = LN_SERVING + LN_6 - LN_2 + self.ln_k - ln_params;
        let limit = (ln_served - (ln_interest - h * ln_price)) / exponent;
        let ln_budget = if free <= limit {
            free
        } else {
            peak(exponent / h, ln_interest / h + (1.0 - 1.0 / h) * ln_served).max(limit)
        };
        let ln_budget = ln_budget.min(self.ln_k);
        Some([ln_budget, ln_params + slope * ln_budget])
    }

    /// The best of all budgets where N >= 1 or D >= 1 binds: near the best of a grid, where income stops to rise by more
    /// than the cost of training.
    #[cold]
    fn at_the_edge(&self) -> Option<f64> {
        if self.ln_k < 0.0 {
            return None;
        }
        let at_one = self.ln_params_at_one();
        let Base { alpha, beta, .. } = *self.base;
        let ln_params =
            |ln_budget: f64| at_one.map_or(0.0, |n| (n + beta / (alpha + beta) * ln_budget).clamp(0.0, ln_budget));
        let step = self.ln_k / BUDGETS as f64;
        let grid = (0..=BUDGETS).map(|i| i as f64 * step);
        let value = |ln_budget: f64| self.sell(ln_budget, ln_params(ln_budget)).value;
        let (_, best) = grid.map(|at| (value(at), at)).reduce(|a, b| if b.0 > a.0 { b } else { a })?;
        let (mut low, mut high) = ((best - step).max(0.0), (best + step).min(self.ln_k));
        if self.sell(high, ln_params(high)).rises {
            low = high;
        }
        while high - low > PLACE {
            let middle = 0.5 * (low + high);
            if self.sell(middle, ln_params(middle)).rises { low = middle } else { high = middle }
        }
        value(low).0.then(|| low - ln_params(low))
    }

    /// A run sold at the best price: `P = h / (h - 1) 2 N c`, or where that sells more than can be served, the price that
    /// sells just that.
    fn sell(&self, ln_budget: f64, ln_params: f64) -> Sale {
        let Base { log_a, log_b, alpha, beta, .. } = *self.base;
        let Market { ln_income, loss_elasticity: r, price_elasticity: h } = *self.market;
        let (of_params, of_tokens) = (log_a - alpha * ln_params, log_b - beta * (ln_budget - ln_params));
        let ln_loss = ln_sum(of_params, of_tokens);
        let ln_interest = ln_income - r * (ln_loss - LN_LOSS) + h * LN_PRICE;
        let ln_cost = LN_2 + ln_params + LN_DOLLARS_PER_FLOP;
        let ln_sold = ln_interest - h * (self.ln_elasticity - self.ln_margin + ln_cost);
        let ln_served = LN_SERVING + LN_6 - LN_2 + self.ln_k - ln_params;
        let training = LN_6 + ln_budget + LN_DOLLARS_PER_FLOP;
        let (income, ln_slope) = if ln_sold <= ln_served {
            let income = ln_sold + ln_cost - self.ln_margin;
            (income, income)
        } else {
            let ln_price = (ln_interest - ln_served) / h;
            (ln_served + ln_price + ln_one_less(ln_cost - ln_price), ln_served + ln_price - self.ln_elasticity)
        };
        // Along N = 1, and by the envelope theorem along the best splits, a budget grows by its tokens; else by its model.
        let rate = if ln_params < ln_budget {
            r * beta * exp(of_tokens - ln_loss)
        } else {
            r * alpha * exp(of_params - ln_loss) - (h - 1.0)
        };
        let ratio = training - income;
        Sale {
            value: if ratio < 0.0 { (true, income + ln_one_less(ratio)) } else { (false, -ratio) },
            rises: rate * exp(ln_slope - training) > 1.0,
        }
    }
}

/// What a run earns.
#[derive(Debug, Clone, Copy)]
struct Sale {
    /// Whether it earns more than its training costs, and ln of the profit; of one that does not, ln of what it earns over
    /// what it costs: profits may be near the least bad.
    value: (bool, f64),
    /// Whether a further FLOP of training earns more than it costs.
    rises: bool,
}

/// ln(e^a + e^b).
fn ln_sum(a: f64, b: f64) -> f64 {
    a.max(b) + ln(1.0 + exp(-(a - b).abs()))
}

/// ln(1 - e^x), x < 0.
fn ln_one_less(x: f64) -> f64 {
    ln(-crate::math::expm1(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::laws::base::BESIROGLU;

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
        let policies = [
            (1e13, 7.0, 1.1),
            (1e15, 7.0, 2.0),
            (1e16, 10.0, 2.4),
            (1e12, 7.0, 1.5),
            (1e14, 5.0, 1.3),
            // None earns; only the largest budget earns; the smallest model earns most.
            (1e4, 7.0, 1.1),
            (1e8, 9.0, 1.2),
            (1e12, 10.0, 8.0),
            (1.0, 3.0, 2.0),
        ];
        let mut outcomes = [0; 3];
        for (income, loss_elasticity, price_elasticity) in policies {
            let market = Market { ln_income: ln(income), loss_elasticity, price_elasticity };
            for compute in [1e23, 5e25, 1e28, 1e31, 1e35] {
                let ln_k = ln(compute / 6.0);
                let ln_tokens = profit(&BESIROGLU, ln_k, &market);
                // The grid: every budget, every model of at least one parameter on at least one token.
                let mut best = (f64::NEG_INFINITY, 0.0, 0.0);
                for i in 0..=600 {
                    let ln_budget = ln_k * f64::from(i) / 600.0;
                    for j in 0..=400 {
                        let ln_params = ln_budget * f64::from(j) / 400.0;
                        let profit = value(&BESIROGLU, ln_k, &market, ln_budget, ln_params);
                        if profit > best.0 {
                            best = (profit, ln_budget, ln_params);
                        }
                    }
                }
                let (found, ln_budget, ln_params) = best;
                let grid_tokens = ln_budget - ln_params;
                outcomes[usize::from(found > 0.0) + usize::from(found > 0.0 && ln_params == 0.0)] += 1;
                // A flat top moves the grid's best by a step or two; where every profit is negative nobody trains.
                assert_eq!(ln_tokens.is_some(), found > 0.0, "{income} {compute} {found}");
                if let Some(ln_tokens) = ln_tokens {
                    assert!((ln_tokens - grid_tokens).abs() < 0.4, "{income} {compute} {ln_tokens} {grid_tokens}");
                }
            }
        }
        assert!(outcomes.iter().all(|&count| count > 2), "{outcomes:?}");
    }

    #[test]
    fn profit_overtraining_depends_on_the_ratio_of_elasticities_alone() {
        // Appendix F at 5e25 FLOP says about 1, 5 and 100 times the tokens per parameter; its own program says this.
        let ln_k = ln(5e25 / 6.0);
        let free = BESIROGLU.frontier(ln_k);
        let ratio = |income: f64, r: f64, h: f64| {
            let market = Market { ln_income: ln(income), loss_elasticity: r, price_elasticity: h };
            exp(2.0 * (profit(&BESIROGLU, ln_k, &market).expect("a profit") - free.ln_tokens))
        };
        assert!((ratio(1e13, 7.0, 1.1) / 1.25 - 1.0).abs() < 0.05);
        assert!((ratio(1e15, 7.0, 2.0) / 11.1 - 1.0).abs() < 0.01);
        assert!((ratio(1e16, 10.0, 2.4) / 10.5 - 1.0).abs() < 0.02);
    }
}
