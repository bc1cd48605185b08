//! Exact counts of continuous scores of the whole benchmark.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// How often each value of a continuous score was seen, in bins of relative width 2^-13.
///
/// A bin keeps the least value that fell into it: exact where a bin holds one value, as with the utilities of a few
/// hundred tasks.
#[derive(Debug, Clone, Default)]
pub struct Values(HashMap<u32, (f64, u64), BuildHasherDefault<OfBin>>);

/// Spreads the number of a bin over a word: bins next to each other are the rule, and nobody chooses them to collide.
#[derive(Debug, Clone, Copy, Default)]
struct OfBin(u64);

impl Hasher for OfBin {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(byte.into()));
    }

    #[inline]
    fn write_u32(&mut self, bin: u32) {
        let spread = (self.0 ^ u64::from(bin)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = spread ^ (spread >> 32);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

impl Values {
    /// Counts a value once.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.add_many(value, 1);
    }

    /// Counts a value `times` times.
    pub fn add_many(&mut self, value: f64, times: u64) {
        // Sign, exponent and 13 bits of the mantissa; -0 counts as 0.
        let bin = ((value + 0.0).to_bits() >> 39) as u32;
        let entry = self.0.entry(bin).or_insert((value, 0));
        entry.0 = entry.0.min(value);
        entry.1 += times;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for &(value, times) in other.0.values() {
            self.add_many(value, times);
        }
    }

    /// The values in ascending order, with their counts.
    pub fn sorted(&self) -> Vec<(f64, u64)> {
        let mut pairs: Vec<_> = self.0.values().copied().collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        pairs
    }
}
