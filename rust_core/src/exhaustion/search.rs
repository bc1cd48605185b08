//! Compute-optimal runs of laws without a first-order condition in normalised variables: the bounded law by Newton's
//! method, the penalty law by a search.
//!
//! Compute may stay idle (6 N D <= C): with these laws the loss can rise with epochs and with parameters.

use super::base::{Base, Optimum};
use super::law::{Law, Scarcity, orders};
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
        (free, if scarce.loss > free { orders(ln_k, ln_k_of_run(law, ln_k, &scarce, ln_u)) } else { 0.0 })
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
    if let Scarcity::Bounded { .. } = law.scarcity {
        return bounded(law, ln_k, ln_u);
    }
    search(law, ln_k, ln_u)
}

/// The best run under the bounded law, whose `h` is a sum of exponentials in ln D along the budget, hence convex.
///
/// The optimum spends the budget: where N is so large that a smaller one is better, more tokens are better still. On
/// fresh data U is D; repeated, U is fixed; between the two optima lies the kink at D = U.
fn bounded(law: &Law, ln_k: f64, ln_u: f64) -> Run {
    let ln_fresh = stationary(law, ln_k, f64::INFINITY);
    let slack = ln_fresh < ln_u;
    let ln_tokens = if slack { ln_fresh } else { stationary(law, ln_k, ln_u).max(ln_u) };
    let ln_params = ideal_params(law, ln_tokens, ln_u).min(ln_k - ln_tokens);
    Run { ln_params, ln_tokens, loss: law.loss(ln_params, ln_tokens, ln_u), slack }
}

/// ln D where `h = a N^-alpha + b D^-beta + c N^gamma U^-delta`, N = K / D, is least; U is D where `ln_u` is infinite.
///
/// The logarithm of the falling terms' slopes over that of the rising one's is concave and increasing in ln D, so
/// Newton's steps from the left of the root rise to it; with either falling term alone the root is to the left.
fn stationary(law: &Law, ln_k: f64, ln_u: f64) -> f64 {
    let Base { log_a, log_b, alpha, beta, .. } = law.base;
    let Scarcity::Bounded { log_c, gamma, delta, .. } = law.scarcity else {
        return f64::NAN;
    };
    let fresh = !ln_u.is_finite();
    let (slope, fixed) = if fresh { (gamma + delta, 0.0) } else { (gamma, delta * ln_u) };
    // Each side as offset + slope ln D.
    let rising = ln(alpha) + log_a - alpha * ln_k;
    let tokens = ln(beta) + log_b;
    let spread = ln(slope) + log_c + gamma * ln_k - fixed;
    let mut d = ((tokens - rising) / (alpha + beta)).max((spread - rising) / (alpha + slope));
    for _ in 0..100 {
        let (x, y) = (tokens - beta * d, spread - slope * d);
        let (more, less) = if x > y { (x, y) } else { (y, x) };
        let small = exp(less - more);
        let share = if x > y { 1.0 } else { small } / (1.0 + small);
        let gap = rising + alpha * d - more - ln(1.0 + small);
        let step = -gap / (alpha + beta * share + slope * (1.0 - share));
        d += step;
        if step.abs() < 1e-13 * d.abs().max(1.0) {
            break;
        }
    }
    d
}

/// The better of the best run on fresh data and the best that repeats, by search.
fn search(law: &Law, ln_k: f64, ln_u: f64) -> Run {
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

/// ln K at which unlimited data give the loss of a run of the bounded law, by Newton's method in ln h.
fn ln_k_of_run(law: &Law, ln_k: f64, run: &Run, ln_u: f64) -> f64 {
    let target = ln(total(law, run.ln_params, run.ln_tokens, ln_u));
    let mut at = ln_k;
    for _ in 0..100 {
        let ln_tokens = stationary(law, at, f64::INFINITY);
        let h = total(law, at - ln_tokens, ln_tokens, f64::INFINITY);
        let step = (ln(h) - target) * h / falls(law, at - ln_tokens, ln_tokens);
        at += step;
        if step.abs() < 1e-13 * at.abs().max(1.0) {
            break;
        }
    }
    at.min(ln_k)
}

/// `h` of the bounded law.
fn total(law: &Law, ln_params: f64, ln_tokens: f64, ln_u: f64) -> f64 {
    let Base { log_a, log_b, alpha, beta, .. } = law.base;
    let Scarcity::Bounded { log_c, gamma, delta, .. } = law.scarcity else {
        return f64::NAN;
    };
    let spread = exp(log_c + gamma * ln_params - delta * ln_u.min(ln_tokens));
    exp(log_a - alpha * ln_params) + exp(log_b - beta * ln_tokens) + spread
}

/// -dh / d ln K of the bounded law with unlimited data, at its optimum (the envelope theorem at fixed D).
fn falls(law: &Law, ln_params: f64, ln_tokens: f64) -> f64 {
    let Base { log_a, alpha, .. } = law.base;
    let Scarcity::Bounded { log_c, gamma, delta, .. } = law.scarcity else {
        return f64::NAN;
    };
    alpha * exp(log_a - alpha * ln_params) - gamma * exp(log_c + gamma * ln_params - delta * ln_tokens)
}

/// -dL* / d ln K of the bounded law with unlimited data.
pub fn frontier_slope(law: &Law, ln_k: f64) -> f64 {
    let Scarcity::Bounded { ceiling, .. } = law.scarcity else {
        return f64::NAN;
    };
    let ln_tokens = stationary(law, ln_k, f64::INFINITY);
    let h = total(law, ln_k - ln_tokens, ln_tokens, f64::INFINITY);
    (ceiling - law.base.irreducible()) / ((1.0 + h) * (1.0 + h)) * falls(law, ln_k - ln_tokens, ln_tokens)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::law_spec::LawSpec;

    fn bounded_law() -> Law {
        let base = [4.8385, 15.8437, 0.684_08, 0.358_16, 0.844_95];
        let spec =
            LawSpec::Bounded { base, log_c: -1.1008, gamma: 0.514_96, delta: 0.615_49, log_vocabulary: ln(50_257.0) };
        spec.alone().expect("one law")
    }

    #[test]
    fn newton_finds_what_the_search_finds() {
        let law = bounded_law();
        for orders in 0..30 {
            let ln_k = (20.0 + f64::from(orders)) * std::f64::consts::LN_10;
            for ratio in -12..12 {
                let ln_u = 0.5 * ln_k - f64::from(ratio) * 1.7;
                let (found, slow) = (bounded(&law, ln_k, ln_u), search(&law, ln_k, ln_u));
                // A minimum is flat: the search knows its place to the square root of the rounding of the loss only.
                assert!((found.loss - slow.loss).abs() < 1e-12 * slow.loss, "{orders} {ratio}");
                assert!(found.loss <= slow.loss * (1.0 + 4.0 * f64::EPSILON), "{orders} {ratio}");
                assert_eq!(found.slack, slow.slack);
            }
        }
    }

    #[test]
    fn the_compute_of_a_loss_gives_the_loss() {
        let law = bounded_law();
        let (ln_k, ln_u) = (ln(1e27), ln(1e11));
        let run = bounded(&law, ln_k, ln_u);
        let equal = ln_k_of_run(&law, ln_k, &run, ln_u);
        assert!((bounded(&law, equal, f64::INFINITY).loss - run.loss).abs() < 1e-13);
        let step = 1e-4;
        let loss = |ln_k: f64| bounded(&law, ln_k, f64::INFINITY).loss;
        let slope = (loss(ln_k - step) - loss(ln_k + step)) / (2.0 * step);
        assert!((frontier_slope(&law, ln_k) / slope - 1.0).abs() < 1e-6);
    }
}
