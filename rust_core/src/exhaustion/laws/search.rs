//! The best run by search, of laws whose loss has no first-order condition that is quick to solve.
//!
//! Compute may stay idle (6 N D <= C): with these laws the loss can rise with epochs and with parameters.

use super::base::Optimum;
use super::scaling_law::ScalingLaw;

/// Points of the grid over the logarithm of epochs, refined by golden section around the best.
const GRID: usize = 48;
/// Golden-section steps: the bracket shrinks by 0.618 each.
const GOLDEN: usize = 60;

/// A run: logarithms of parameters and of tokens, its loss, and whether unique tokens are left over.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub(super) ln_params: f64,
    pub(super) ln_tokens: f64,
    pub(super) loss: f64,
    pub(super) slack: bool,
}

impl Run {
    /// A run on so many tokens, with the parameters that the budget leaves, or those beyond which more are worse.
    pub fn new(law: &impl ScalingLaw, ideal_params: f64, ln_tokens: f64, ln_k: f64, ln_u: f64) -> Self {
        let ln_params = ideal_params.min(ln_k - ln_tokens);
        Self { ln_params, ln_tokens, loss: law.loss(ln_params, ln_tokens, ln_u), slack: ln_tokens < ln_u }
    }

    /// The run as the optimum, whose marginal value is 0 where unique tokens are left over.
    pub fn optimum(&self, loss_unconstrained: f64, lost: f64, marginal: f64) -> Optimum {
        Optimum {
            ln_params: self.ln_params,
            ln_tokens: self.ln_tokens,
            loss_unconstrained,
            excess: (self.loss - loss_unconstrained).max(0.0),
            lost,
            marginal: if self.slack { 0.0 } else { marginal.max(0.0) },
        }
    }
}

/// The better of the best run on fresh data and the best that repeats.
pub fn search(run: &impl Fn(f64) -> Run, fresh: Run, ln_k: f64, ln_u: f64) -> Run {
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
    let repeated = golden(run, at(first - 1), at((first + 1).min(GRID)));
    if repeated.loss < fresh.loss { repeated } else { fresh }
}

/// The minimum of a function with one valley on an interval.
pub fn golden(run: &impl Fn(f64) -> Run, mut low: f64, mut high: f64) -> Run {
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
