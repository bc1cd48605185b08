//! Beta draws.

use libm::sqrt;

use crate::math::{exp, expm1, ln};
use crate::rng::Sequence;
use crate::variates::gamma::ln_gamma;

/// A Beta(alpha, beta) draw.
pub fn beta<const WORDS: usize>([alpha, beta]: [f64; 2], random: &mut Sequence<WORDS>) -> f64 {
    let (x, y) = (ln_gamma(alpha, random), ln_gamma(beta, random));
    1.0 / (1.0 + exp(y - x))
}

/// A Beta(shape, shape) draw (Ulrich 1984, *Computer generation of distributions on the m-sphere*: a coordinate of a
/// point on a sphere); two words where the shape is above 1/2.
pub fn symmetric_beta(shape: f64, random: &mut Sequence) -> f64 {
    if shape <= 0.5 {
        return beta([shape, shape], random);
    }
    let radius = sqrt(-expm1(2.0 * ln(random.open01()) / (2.0 * shape - 1.0)));
    0.5 + 0.5 * radius * libm::cos(2.0 * std::f64::consts::PI * random.open01())
}
