//! The three-term metalog (Keelin 2016): its coefficients, its bounds and the probability of a value.

use crate::math::{exp, ln};

/// Coefficients of the metalog in the transformed value: `a1 + a2 l + a3 (u - 1/2) l`, l = ln(u / (1 - u)).
pub fn coefficients(p10: f64, p50: f64, p90: f64, lower: Option<f64>, upper: Option<f64>) -> [f64; 3] {
    let [y10, y50, y90] = [p10, p50, p90].map(|x| to_line(x, lower, upper));
    let l = ln(9.0);
    [y50, (y90 - y10) / (2.0 * l), (y10 + y90 - 2.0 * y50) / (0.8 * l)]
}

/// A value between its bounds as a number on the whole line.
pub fn to_line(x: f64, lower: Option<f64>, upper: Option<f64>) -> f64 {
    match (lower, upper) {
        (None, None) => x,
        (Some(a), None) => ln(x - a),
        (None, Some(b)) => -ln(b - x),
        (Some(a), Some(b)) => ln((x - a) / (b - x)),
    }
}

/// What [`to_line`] came from.
pub fn from_line(y: f64, lower: Option<f64>, upper: Option<f64>) -> f64 {
    match (lower, upper) {
        (None, None) => y,
        (Some(low), None) => low + exp(y),
        (None, Some(high)) => high - exp(-y),
        (Some(low), Some(high)) => low + (high - low) / (1.0 + exp(-y)),
    }
}

/// The logit of the probability at which a metalog takes a (transformed) value: Newton's steps within a bracket.
pub fn logit(a: &[f64; 3], y: f64) -> f64 {
    let (mut low, mut high) = (-740.0, 740.0);
    let mut l = ((y - a[0]) / a[1]).clamp(low, high);
    for _ in 0..200 {
        let (below, above) = (1.0 / (1.0 + exp(-l)), 1.0 / (1.0 + exp(l)));
        let excess = a[0] + l * (a[1] + a[2] * (below - 0.5)) - y;
        *(if excess > 0.0 { &mut high } else { &mut low }) = l;
        let next = l - excess / (a[1] + a[2] * (below - 0.5) + a[2] * l * below * above);
        let next = if next > low && next < high { next } else { 0.5 * (low + high) };
        let done = (next - l).abs() <= 1e-15 * (1.0 + l.abs());
        l = next;
        if done {
            break;
        }
    }
    l
}
