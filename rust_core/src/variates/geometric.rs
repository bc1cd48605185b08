//! Geometric draws: the first of many attempts that has what each has with the same probability.

use libm::log;

use crate::rng::Sequence;

/// A waiting time that does not end.
pub const NEVER: u64 = u64::MAX;

/// A geometric number of attempts, 1 and up, at `rate` with `ln_miss` = ln(1 - rate).
#[inline]
pub fn geometric<const WORDS: usize>(rate: f64, ln_miss: f64, random: &mut Sequence<WORDS>) -> u64 {
    if rate <= 0.0 {
        return NEVER;
    }
    // At rate 1 ln_miss is -infinity and the quotient 0; a quotient beyond 2^64 saturates at NEVER.
    ((log(random.open01()) / ln_miss) as u64).saturating_add(1)
}
