//! Uniform whole numbers.

use rand_core::RngCore;

use crate::rng::Sequence;

/// A uniform whole number below `n` (Lemire 2019).
pub fn below<const WORDS: usize>(n: u64, random: &mut Sequence<WORDS>) -> u64 {
    loop {
        let product = u128::from(random.next_u64()) * u128::from(n);
        // The remainder, which takes a division, decides only where the low half is below n.
        if product as u64 >= n || product as u64 >= n.wrapping_neg() % n {
            return (product >> 64) as u64;
        }
    }
}
