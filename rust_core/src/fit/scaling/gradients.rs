//! Runs as a form sees them, and the gradient of ln L there, which says what their design can tell.

use super::forms::{Form, Kind, Run};
use crate::exhaustion::laws::base::Base;
use crate::math::{exp, expm1, ln};

/// The gradient of ln L of each run, in the order of the coefficients; see `fit::scaling::gradients`.
pub fn gradients_of<const N: usize, F: Form<N>>(form: F, coefficients: &[f64], sizes: [&[f64]; 3]) -> Vec<f64> {
    let at: [f64; N] = std::array::from_fn(|i| match F::KINDS[i] {
        Kind::Irreducible if coefficients[i] <= Base::RANGES[2].1 => 0.0,
        Kind::Irreducible => exp(coefficients[i]),
        Kind::Repetition => ln(coefficients[i]),
        _ => coefficients[i],
    });
    let [n, d, u] = sizes.map(logs);
    let of = |run: Run| {
        let (loss, gradient) = form.loss(&at, run);
        gradient.map(|g| g / loss)
    };
    rows(&n, &d, &u, [0.0; 2]).into_iter().flat_map(of).collect()
}

/// The logarithms.
pub fn logs(x: &[f64]) -> Vec<f64> {
    x.iter().map(|&x| ln(x)).collect()
}

/// Runs as a form sees them, from logarithms.
pub fn rows(n: &[f64], d: &[f64], u: &[f64], centre: [f64; 2]) -> Vec<Run> {
    let row = |i: usize| {
        let unique = u[i].min(d[i]);
        let repeats = expm1(d[i] - unique);
        let ln_repeats = if repeats > 0.0 { ln(repeats) } else { f64::MIN };
        [n[i] - centre[0], d[i] - centre[1], unique - centre[1], ln_repeats]
    };
    (0..n.len()).map(row).collect()
}
