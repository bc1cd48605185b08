//! Standard normal draws.

use libm::{log, sqrt};

use crate::rng::Sequence;

/// A standard normal (Marsaglia's polar method; the second of the pair is dropped).
pub fn normal<const WORDS: usize>(random: &mut Sequence<WORDS>) -> f64 {
    loop {
        let (x, y) = (2.0 * random.open01() - 1.0, 2.0 * random.open01() - 1.0);
        let s = x * x + y * y;
        if s < 1.0 && s > 0.0 {
            return x * sqrt(-2.0 * log(s) / s);
        }
    }
}
