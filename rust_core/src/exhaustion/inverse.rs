//! Questions asked backwards: the compute, the text or the epochs that a loss needs, what a dataset is worth, how much
//! further one recipe goes than another. Roots of the compute-optimal loss, which never rises with compute or with text.

use super::laws::Law;
use super::laws::base::LN_6;
use crate::error::Result;
use crate::math::{exp, ln};
use crate::run::Control;

/// ln of the most compute over 6, and of the most tokens, that are looked at.
const LN_MOST: f64 = 229.0;
/// Steps of a search, of which ten or so are taken.
const STEPS: usize = 200;
/// How close ln of an answer is found.
const CLOSE: f64 = 1e-11;
/// How far below the budget's the parameters of a run are looked for, as a logarithm.
const FEWER: f64 = 14.0;

/// The loss of the compute-optimal run.
fn best_loss(law: &Law, ln_k: f64, ln_u: f64) -> f64 {
    let best = law.optimum(ln_k, ln_u);
    best.loss_unconstrained + best.excess
}

/// How much of a loss is rounding: where the optimum is flat, the same loss comes out so much higher elsewhere.
const ROUNDED: f64 = 2.0 * f64::EPSILON;

/// The least x from 0 at which a falling loss is at most so many nats, or no more than rounding above them.
fn reached(loss: f64, control: &Control, at: impl Fn(f64) -> f64) -> Result<Option<f64>> {
    match least(0.0, LN_MOST, control, |x| at(x) - loss)? {
        None => least(0.0, LN_MOST, control, |x| at(x) - loss * (1.0 + ROUNDED)),
        found => Ok(found),
    }
}

/// Least compute, FLOP, whose compute-optimal run reaches a loss with so many unique tokens; infinite where none does.
pub fn compute_for_loss(law: &Law, loss: f64, ln_u: f64, control: &Control) -> Result<f64> {
    let found = reached(loss, control, |ln_k| best_loss(law, ln_k, ln_u))?;
    Ok(found.map_or(f64::INFINITY, |ln_k| exp(ln_k + LN_6)))
}

/// Fewest unique tokens with which so much compute reaches a loss; infinite where no number of them does.
pub fn unique_tokens_for_loss(law: &Law, loss: f64, ln_k: f64, control: &Control) -> Result<f64> {
    let found = reached(loss, control, |ln_u| best_loss(law, ln_k, ln_u))?;
    Ok(found.map_or(f64::INFINITY, exp))
}

/// A run: ln of parameters and of tokens, and its loss.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// ln of parameters.
    pub ln_params: f64,
    /// ln of tokens, repeats counted.
    pub ln_tokens: f64,
    /// Its loss.
    pub loss: f64,
}

/// The run of fewest epochs (tokens per unique token, at least one) whose loss is within so many nats of the optimum's.
pub fn fewest_epochs(law: &Law, ln_k: f64, ln_u: f64, within: f64, control: &Control) -> Result<Run> {
    let best = law.optimum(ln_k, ln_u);
    let optimum =
        Run { ln_params: best.ln_params, ln_tokens: best.ln_tokens, loss: best.loss_unconstrained + best.excess };
    let target = optimum.loss + within;
    if best.ln_tokens <= ln_u {
        return Ok(optimum);
    }
    // The loss falls from there to the optimum, after a rise at most: it crosses the target once, or is below it.
    let found = least(ln_u, best.ln_tokens, control, |ln_d| at_tokens(law, ln_d, ln_k, ln_u).loss - target)?;
    Ok(found.map_or(optimum, |ln_d| at_tokens(law, ln_d, ln_k, ln_u)))
}

/// The best run on so many tokens within the budget: with all of it in parameters, or with fewer where more of them cost.
fn at_tokens(law: &Law, ln_d: f64, ln_k: f64, ln_u: f64) -> Run {
    let run = |ln_params: f64| Run { ln_params, ln_tokens: ln_d, loss: law.loss(ln_params, ln_d, ln_u) };
    let most = ln_k - ln_d;
    if law.larger_is_better() {
        return run(most);
    }
    // A falling and a rising power of parameters: one minimum. Golden sections.
    let ratio = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = (most - FEWER, most);
    let (mut first, mut second) = (run(high - ratio * (high - low)), run(low + ratio * (high - low)));
    while high - low > 1e-7 {
        if first.loss <= second.loss {
            (high, second) = (second.ln_params, first);
            first = run(high - ratio * (high - low));
        } else {
            (low, first) = (first.ln_params, second);
            second = run(low + ratio * (high - low));
        }
    }
    [first, second, run(most)].into_iter().min_by(|a, b| a.loss.total_cmp(&b.loss)).expect("three runs")
}

/// What more unique tokens are worth to a budget: the losses without and with them, and the compute without them that
/// would do as well, over the budget (infinite where none would).
pub fn dataset_value(law: &Law, ln_k: f64, ln_u: f64, added: f64, control: &Control) -> Result<[f64; 3]> {
    let (before, after) = (best_loss(law, ln_k, ln_u), best_loss(law, ln_k, ln(exp(ln_u) + added)));
    let factor = if after < before { compute_for_loss(law, after, ln_u, control)? / exp(ln_k + LN_6) } else { 1.0 };
    Ok([before, after, factor])
}

/// The loss of a recipe with so much compute, the compute that another needs for it, and the first over the second.
pub fn speed_up(law: &Law, other: &Law, ln_k: f64, ln_u: f64, control: &Control) -> Result<[f64; 3]> {
    let loss = best_loss(other, ln_k, ln_u);
    let needed = compute_for_loss(law, loss, ln_u, control)?;
    Ok([loss, needed, exp(ln_k + LN_6) / needed])
}

/// The least x of an interval where a falling function is at most 0; none where it stays above.
///
/// Chandrupatla's mixture of inverse quadratic steps and halving (Advances in Engineering Software 28, 1997).
fn least(low: f64, high: f64, control: &Control, f: impl Fn(f64) -> f64) -> Result<Option<f64>> {
    control.check()?;
    let (mut a, mut b) = (high, low);
    let (mut at_a, mut at_b) = (f(a), f(b));
    if at_b <= 0.0 || at_a > 0.0 {
        return Ok((at_b <= 0.0).then_some(low));
    }
    let (mut c, mut at_c);
    let mut share = 0.5;
    for _ in 0..STEPS {
        control.check()?;
        let x = a + share * (b - a);
        let at_x = f(x);
        if (at_x > 0.0) == (at_a > 0.0) {
            (c, at_c) = (a, at_a);
        } else {
            (c, b, at_c, at_b) = (b, a, at_b, at_a);
        }
        (a, at_a) = (x, at_x);
        let edge = CLOSE / (b - a).abs();
        if edge > 0.5 {
            break;
        }
        let (xi, phi) = ((a - b) / (c - b), (at_a - at_b) / (at_c - at_b));
        let smooth = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
        share = if smooth {
            at_a / (at_b - at_a) * at_c / (at_b - at_c)
                + (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
        } else {
            0.5
        };
        share = share.clamp(edge, 1.0 - edge);
    }
    Ok(Some(if at_a <= 0.0 { a } else { b }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::laws::base::BESIROGLU;
    use crate::exhaustion::laws::chinchilla::Chinchilla;
    use crate::exhaustion::laws::repetition::Repetition;

    /// Laws that need a search are compared with a grid in `tests/test_exhaustion_inverse.py`.
    fn laws() -> Vec<Law> {
        let base = BESIROGLU;
        let repetition = |max_epochs| Law::Muennighoff(Repetition { base, data: 15.4, params: 5.3, max_epochs });
        vec![Law::Chinchilla(Chinchilla { base }), repetition(f64::INFINITY), repetition(6.0)]
    }

    #[test]
    fn answers_undo_the_optimum() {
        let control = Control::default();
        for law in laws() {
            for (ln_k, ln_u) in [(45.0, 22.0), (50.0, 23.0), (53.0, 26.0)] {
                let loss = best_loss(&law, ln_k, ln_u);
                let compute = compute_for_loss(&law, loss, ln_u, &control).expect("no one cancels");
                // As a loss: where it is flat, an answer is only as sure as the loss that a search finds.
                let at = |more: f64| best_loss(&law, ln(compute) - LN_6 + more, ln_u) - loss;
                assert!(at(0.0) < 1e-9 && at(-1e-3) > -1e-9, "{law:?} {} {}", at(0.0), at(-1e-3));
                let tokens = unique_tokens_for_loss(&law, loss, ln_k, &control).expect("no one cancels");
                let at = |more: f64| best_loss(&law, ln_k, ln(tokens) + more) - loss;
                assert!(at(0.0) < 1e-9 && at(-1e-3) > -1e-9, "{law:?} {} {}", at(0.0), at(-1e-3));
                let run = fewest_epochs(&law, ln_k, ln_u, 0.01, &control).expect("no one cancels");
                assert!(run.loss <= loss + 0.01 + 1e-9 && run.ln_params + run.ln_tokens <= ln_k + 1e-9, "{law:?}");
            }
        }
    }
}
