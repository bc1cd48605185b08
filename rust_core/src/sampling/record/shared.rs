//! Standard errors where the tasks of a trial share what it draws (a verifier): those of the trials' own means.
//!
//! Tasks are then not independent of one another, and the variance of a trial's mean is more than the sum of theirs. Given
//! what is shared they are, so that the sum of squares of the trials' means splits into n m^2 of the trials that share it
//! (m their mean) and the variances of the tasks within them, which add.

use libm::sqrt;

use super::metrics::{COUNT, Kind, METRICS, Quantity, RATIOS, TaskMeans, place};

/// What is summed for an estimate of its own: the squares of the trials' means of what is counted by itself, then the
/// products of two that exclude one another, then those of amounts with correct.
const GROUPS: usize = 3;

const fn group(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Share(_) | Kind::Amount(_) | Kind::Score(_) => Some(0),
        Kind::Either(_) => Some(1),
        Kind::PerCorrect(_) => Some(2),
        Kind::Neither(..) | Kind::Ratio(_) | Kind::Complement(_) => None,
    }
}

/// How many sums there are, and which is that of each estimate.
const PLACES: (usize, [usize; COUNT]) = {
    let (mut count, mut places, mut of) = (0, [usize::MAX; COUNT], 0);
    while of < GROUPS {
        let mut at = 0;
        while at < COUNT {
            if matches!(group(METRICS[at].kind), Some(found) if found == of) {
                places[at] = count;
                count += 1;
            }
            at += 1;
        }
        of += 1;
    }
    (count, places)
};

/// How many sums there are.
pub const PRODUCTS: usize = PLACES.0;

/// The sums of `trials` trials that share what was drawn, from the tasks' means.
pub fn products(means: &TaskMeans, weights: Option<&[f64]>, trials: u64) -> Vec<f64> {
    let (tasks, n) = (means.correct.len(), trials as f64);
    let weight = |i: usize| weights.map_or(1.0 / tasks as f64, |w| w[i]);
    let total = |x: &[f64]| x.iter().enumerate().map(|(i, x)| weight(i) * x).sum::<f64>();
    let within =
        |variance: &dyn Fn(usize) -> f64| (0..tasks).map(|i| weight(i) * weight(i) * variance(i)).sum::<f64>() * n;
    let square = |quantity: Quantity| {
        let x = means.mean(quantity);
        if x.is_empty() {
            return 0.0;
        }
        let spread = means.variance(quantity);
        n * total(x) * total(x) + within(&|i| spread.map_or_else(|| x[i] * (1.0 - x[i]), |spread| spread[i]))
    };
    let mut found = vec![0.0; PRODUCTS];
    for (metric, &at) in METRICS.iter().zip(&PLACES.1) {
        let sum = match metric.kind {
            Kind::Share(x) | Kind::Amount(x) | Kind::Score(x) => square(x),
            Kind::Either(two) => {
                let [one, other] = two.map(|event| means.mean(event));
                n * total(one) * total(other) - within(&|i| one[i] * other[i])
            }
            Kind::PerCorrect(amount) => {
                let (x, correct, both) = (means.mean(amount), &means.correct, means.with_correct(amount));
                let inner = |i: usize| both[i] - x[i] * correct[i];
                if x.is_empty() { 0.0 } else { n * total(x) * total(correct) + within(&inner) }
            }
            Kind::Neither(..) | Kind::Ratio(_) | Kind::Complement(_) => continue,
        };
        found[at] = sum;
    }
    found
}

/// The standard errors of the estimates `value` of so many trials, in the order of `METRICS`.
pub fn errors(value: &[f64; COUNT], products: &[f64], trials: u64) -> [f64; COUNT] {
    if trials < 2 {
        return [f64::NAN; COUNT];
    }
    let n = trials as f64;
    let of = |squares: f64, mean: f64| sqrt(((squares / n - mean * mean) / (n - 1.0)).max(0.0));
    let product = |kind: Kind| products[PLACES.1[place(kind)]];
    // Of two events the sums of squares, and that of their products.
    let sums =
        |two: [Quantity; 2]| [product(Kind::Share(two[0])), product(Kind::Share(two[1])), product(Kind::Either(two))];
    std::array::from_fn(|at| match (METRICS[at].kind, RATIOS[at]) {
        (Kind::Either(two) | Kind::Neither(two, _), _) => {
            let ([one, other, both], [x, y]) = (sums(two), two.map(|event| value[place(Kind::Share(event))]));
            of(one + other + 2.0 * both, x + y)
        }
        // The linearised ratio: the trials' (1 - q) correct - q wrong, whose mean is 0.
        (Kind::Ratio(two) | Kind::Complement(two), Some([numerator, whole])) => {
            let ([right, bad, both], q) = (sums(two), value[numerator] / value[whole]);
            let rest = 1.0 - q;
            of(rest * rest * right + q * q * bad - 2.0 * q * rest * both, 0.0) / value[whole]
        }
        // Likewise that of tokens - r correct.
        (Kind::PerCorrect(amount), Some([_, whole])) => {
            let (squares, right) = (product(Kind::Amount(amount)), product(Kind::Share(Quantity::Correct)));
            let r = value[at];
            of(squares - 2.0 * r * products[PLACES.1[at]] + r * r * right, 0.0) / value[whole]
        }
        _ => of(products[PLACES.1[at]], value[at]) + 0.0 * value[at],
    })
}
