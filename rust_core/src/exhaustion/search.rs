//! Compute-optimal runs of laws without a first-order condition to solve: minima found by search.
//!
//! Compute may stay idle (6 N D <= C): with these laws the loss can rise with epochs and with parameters.

use super::law::{Base, Law, Optimum, Scarcity, orders};
use crate::math::{exp, expm1, ln};

/// Points of the grid over the logarithm of epochs, refined by golden section around the best.
const GRID: usize = 48;
/// Golden-section steps: the bracket shrinks by 0.618 each.
const GOLDEN: usize = 60;

/// The best run under a penalty or bounded law.
pub fn optimum(law: &Law, ln_k: f64, ln_u: f64) -> Optimum {
    let scarce = best(law, ln_k, ln_u);
    let (loss_unconstrained, lost) = if let Scarcity::Bounded { .. } = law.scarcity {
        let free = best(law, ln_k, f64::INFINITY).loss;
        (free, if scarce.loss > free { orders(ln_k, ln_k_of_loss(law, ln_k, scarce.loss)) } else { 0.0 })
    } else {
        let free = law.base.frontier(ln_k).ln_reducible;
        let reducible = scarce.loss - law.base.irreducible();
        let lost = orders(ln_k, law.base.ln_k_at(ln(reducible)));
        (law.base.irreducible() + exp(free), if scarce.slack { 0.0 } else { lost })
    };
    Optimum {
        ln_params: scarce.ln_params,
        ln_tokens: scarce.ln_tokens,
        loss_unconstrained,
        excess: (scarce.loss - loss_unconstrained).max(0.0),
        lost,
        marginal: marginal(law, ln_k, ln_u, &scarce),
    }
}

/// ln of the best parameters and tokens with unlimited data.
pub fn unconstrained(law: &Law, ln_k: f64) -> (f64, f64) {
    let free = best(law, ln_k, f64::INFINITY);
    (free.ln_params, free.ln_tokens)
}

#[derive(Debug, Clone, Copy)]
struct Run {
    ln_params: f64,
    ln_tokens: f64,
    loss: f64,
    slack: bool,
}

/// The better of the best run on fresh data and the best that repeats.
fn best(law: &Law, ln_k: f64, ln_u: f64) -> Run {
    let run = |ln_tokens: f64| {
        let ln_params = ideal_params(law, ln_tokens, ln_u).min(ln_k - ln_tokens);
        Run { ln_params, ln_tokens, loss: law.loss(ln_params, ln_tokens, ln_u), slack: ln_tokens < ln_u }
    };
    let fresh = match law.scarcity {
        // On fresh data the penalty is 0 and the base's own optimum holds.
        Scarcity::Penalty { .. } => run(law.base.frontier(ln_k).ln_tokens.min(ln_u)),
        _ => golden(&run, ln_k - 300.0, ln_u.min(ln_k + 300.0)),
    };
    // Repeating as often as the budget allows for a model of one parameter is the end of the grid.
    let end = ln_k;
    if ln_u >= end || !ln_u.is_finite() || fresh.slack {
        return fresh;
    }
    let at = |i: usize| {
        // Dense near one epoch, where the penalty is steepest.
        let x = i as f64 / GRID as f64;
        ln_u + (end - ln_u) * x * x * x
    };
    let first = (1..=GRID).map(|i| (i, run(at(i)).loss)).min_by(|a, b| a.1.total_cmp(&b.1)).map_or(1, |(i, _)| i);
    let repeated = golden(&run, at(first - 1), at((first + 1).min(GRID)));
    if repeated.loss < fresh.loss { repeated } else { fresh }
}

/// The parameters beyond which a larger model is worse at these tokens.
fn ideal_params(law: &Law, ln_tokens: f64, ln_u: f64) -> f64 {
    let Base { log_a, alpha, .. } = law.base;
    let unique = ln_u.min(ln_tokens);
    match law.scarcity {
        Scarcity::Penalty { log_p, delta, kappa } => {
            let repeats = expm1(ln_tokens - unique);
            if repeats <= 0.0 {
                return f64::INFINITY;
            }
            (ln(alpha / kappa) + log_a + kappa * unique - log_p - delta * ln(repeats)) / (alpha + kappa)
        }
        Scarcity::Bounded { log_c, gamma, delta, .. } => {
            (ln(alpha / gamma) + log_a + delta * unique - log_c) / (alpha + gamma)
        }
        Scarcity::None | Scarcity::Repetition { .. } => f64::INFINITY,
    }
}

/// The minimum of a function with one valley on an interval.
fn golden(run: &impl Fn(f64) -> Run, mut low: f64, mut high: f64) -> Run {
    const SHRINK: f64 = 0.618_033_988_749_894_9;
    let (low_end, high_end) = (run(low), run(high));
    let mut a = run(high - SHRINK * (high - low));
    let mut b = run(low + SHRINK * (high - low));
    for _ in 0..GOLDEN {
        if a.loss < b.loss {
            high = b.ln_tokens;
            b = a;
            a = run(high - SHRINK * (high - low));
        } else {
            low = a.ln_tokens;
            a = b;
            b = run(low + SHRINK * (high - low));
        }
    }
    // The right end wins ties: it is where data run out.
    [high_end, a, b, low_end].into_iter().reduce(|x, y| if y.loss < x.loss { y } else { x }).expect("four runs")
}

/// ln K at which unlimited data give this loss, by bisection.
fn ln_k_of_loss(law: &Law, ln_k: f64, loss: f64) -> f64 {
    let (mut low, mut high) = (ln_k - 700.0, ln_k);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if best(law, middle, f64::INFINITY).loss > loss { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// -dL* / d ln K with unlimited data, by a central difference: losses are known to rounding.
pub fn frontier_slope(law: &Law, ln_k: f64) -> f64 {
    const STEP: f64 = 1e-3;
    let loss = |ln_k: f64| best(law, ln_k, f64::INFINITY).loss;
    (loss(ln_k - STEP) - loss(ln_k + STEP)) / (2.0 * STEP)
}

/// -dL / d ln U at the optimum, by the envelope theorem; along the kink where the run uses each token just once.
fn marginal(law: &Law, ln_k: f64, ln_u: f64, run: &Run) -> f64 {
    if run.slack {
        return 0.0;
    }
    let Base { log_a, log_b, alpha, beta, .. } = law.base;
    let params = exp(log_a - alpha * run.ln_params);
    let tokens = exp(log_b - beta * run.ln_tokens);
    let repeats = expm1(run.ln_tokens - ln_u);
    // At the kink D = U moves with U, and N = K / U against it unless N is at its own optimum.
    let kink = repeats <= 0.0;
    let binding = run.ln_params >= (ln_k - run.ln_tokens) - 1e-12;
    let value = match law.scarcity {
        Scarcity::Penalty { .. } if kink => beta * tokens - alpha * params,
        Scarcity::Penalty { log_p, delta, kappa } => {
            let penalty = exp(log_p + delta * ln(repeats) + kappa * (run.ln_params - ln_u));
            penalty * (delta * (1.0 + repeats) / repeats + kappa)
        }
        Scarcity::Bounded { log_c, gamma, delta, ceiling } => {
            let spread = exp(log_c + gamma * run.ln_params - delta * ln_u);
            let h = params + tokens + spread;
            let along = if kink { beta * tokens } else { 0.0 };
            let squeeze = if kink && binding { gamma * spread - alpha * params } else { 0.0 };
            (ceiling - law.base.irreducible()) / ((1.0 + h) * (1.0 + h)) * (delta * spread + along + squeeze)
        }
        Scarcity::None | Scarcity::Repetition { .. } => 0.0,
    };
    value.max(0.0)
}
