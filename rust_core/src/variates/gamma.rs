//! Gamma draws, as logarithms: a small shape leaves no digits otherwise.

use libm::sqrt;

use crate::math::ln;
use crate::rng::Sequence;
use crate::variates::normal::normal;

/// ln of a Gamma(shape) draw (Marsaglia and Tsang 2000); a shape below 1 is lifted by one and pulled back by U^(1/shape).
pub fn ln_gamma<const WORDS: usize>(shape: f64, random: &mut Sequence<WORDS>) -> f64 {
    if shape < 1.0 {
        return ln(random.open01()) / shape + ln_gamma(shape + 1.0, random);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / sqrt(9.0 * d);
    loop {
        let x = normal(random);
        let root = 1.0 + c * x;
        if root > 0.0 {
            let v = root * root * root;
            let (place, square) = (random.open01(), x * x);
            // What they show to be below the bound needs no logarithm.
            if place < 1.0 - 0.0331 * square * square || ln(place) < 0.5 * square + d - d * v + d * ln(v) {
                return ln(d * v);
            }
        }
    }
}
