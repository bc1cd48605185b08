//! Standard errors where the tasks of a trial share what it draws (a verifier): those of the trials' own means.
//!
//! Tasks are then not independent of one another, and the variance of a trial's mean is more than the sum of theirs. Given
//! what is shared they are, so that the sum of squares of the trials' means splits into n m^2 of the trials that share it
//! (m their mean) and the variances of the tasks within them, which add.

use libm::sqrt;

use super::estimate::{METRICS, TaskMeans};

/// The means whose squares are summed; the last products are those of correct with wrong, with tokens and with money.
const MEANS: usize = 9;
/// How many sums there are.
pub const PRODUCTS: usize = MEANS + 3;
const CORRECT: usize = 1;
const WRONG: usize = 2;

/// The sums of `trials` trials that share what was drawn, from the tasks' means.
pub fn products(means: &TaskMeans, weights: Option<&[f64]>, trials: u64) -> Vec<f64> {
    let (tasks, n) = (means.correct.len(), trials as f64);
    let weight = |i: usize| weights.map_or(1.0 / tasks as f64, |w| w[i]);
    let total = |x: &[f64]| x.iter().enumerate().map(|(i, x)| weight(i) * x).sum::<f64>();
    let within =
        |variance: &dyn Fn(usize) -> f64| (0..tasks).map(|i| weight(i) * weight(i) * variance(i)).sum::<f64>() * n;
    let share = |x: &[f64]| if x.is_empty() { 0.0 } else { n * total(x) * total(x) + within(&|i| x[i] * (1.0 - x[i])) };
    let moments = |[x, variance]: &[Vec<f64>; 2]| {
        if x.is_empty() { 0.0 } else { n * total(x) * total(x) + within(&|i| variance[i]) }
    };
    let TaskMeans { accepted, correct, wrong, covered, attempts, bill: [tokens, money, seconds], utility, .. } = means;
    let both = n * total(correct) * total(wrong) - within(&|i| correct[i] * wrong[i]);
    let with_correct = |part: usize| {
        let ([x, _], products) = (&means.bill[part], &means.bill_correct[part]);
        if x.is_empty() { 0.0 } else { n * total(x) * total(correct) + within(&|i| products[i] - x[i] * correct[i]) }
    };
    vec![
        share(accepted),
        share(correct),
        share(wrong),
        share(covered),
        moments(attempts),
        moments(tokens),
        moments(money),
        moments(seconds),
        moments(utility),
        both,
        with_correct(0),
        with_correct(1),
    ]
}

/// The standard errors of the estimates `value` of so many trials, in the order of `METRICS`.
pub fn errors(value: &[f64; METRICS.len()], products: &[f64], trials: u64) -> [f64; METRICS.len()] {
    if trials < 2 {
        return [f64::NAN; METRICS.len()];
    }
    let n = trials as f64;
    let [accuracy, wrong, returned] = [value[3], value[4], value[1]];
    let of = |squares: f64, mean: f64| sqrt(((squares / n - mean * mean) / (n - 1.0)).max(0.0));
    let at = |product: usize, metric: usize| of(products[product], value[metric]) + 0.0 * value[metric];
    let [right, bad, both] = [products[CORRECT], products[WRONG], products[MEANS]];
    let sum = of(right + bad + 2.0 * both, accuracy + wrong);
    // The linearised ratio: the trials' (1 - q) correct - q wrong, whose mean is 0.
    let q = accuracy / returned;
    let rest = 1.0 - q;
    let precision = of(rest * rest * right + q * q * bad - 2.0 * q * rest * both, 0.0) / returned;
    // Likewise that of tokens - r correct.
    let per_correct = |part: usize| {
        let r = value[13 + part];
        of(products[5 + part] - 2.0 * r * products[MEANS + 1 + part] + r * r * right, 0.0) / accuracy
    };
    [
        at(0, 0),
        sum,
        sum,
        at(1, 3),
        at(2, 4),
        precision,
        precision,
        at(3, 7),
        at(4, 8),
        at(5, 9),
        at(6, 10),
        at(7, 11),
        at(8, 12),
        per_correct(0),
        per_correct(1),
    ]
}
