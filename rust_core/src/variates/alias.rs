//! Walker's alias table of a few outcomes: one random word a draw.
//!
//! Walker 1977; Vose, *A linear algorithm for generating random numbers with a given distribution* (1991). The product
//! of the word with the number of entries has the entry in its high word; its low word decides between the entry and its
//! alias, to 48 bits.

const LOW: u64 = (1 << 16) - 1;

/// The most outcomes.
pub const MOST: usize = 1 << 16;

/// An alias table.
#[derive(Debug, Clone)]
pub struct Alias {
    /// Per entry: the part of it, in units of 2^-48, that it keeps, and in the low 16 bits its alias.
    entries: Vec<u64>,
}

impl Alias {
    /// The table of at most `MOST` outcomes with probabilities in proportion to `shares`.
    pub fn new(shares: &[f64]) -> Self {
        let n = shares.len();
        let total: f64 = shares.iter().sum();
        let mut left: Vec<f64> = shares.iter().map(|s| s * (n as f64 / total)).collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..n).partition(|&j| left[j] < 1.0);
        // What is left over is 1 up to rounding and keeps itself as its alias.
        let mut entries: Vec<u64> = (0..n as u64).map(|j| j | !LOW).collect();
        while let Some(&high) = rich.last() {
            let Some(low) = poor.pop() else { break };
            entries[low] = ((left[low] * 281_474_976_710_656.0) as u64) << 16 | high as u64;
            left[high] -= 1.0 - left[low];
            if left[high] < 1.0 {
                rich.pop();
                poor.push(high);
            }
        }
        Self { entries }
    }

    /// The outcome of a random word.
    #[inline]
    pub fn pick(&self, word: u64) -> usize {
        pick(&self.entries, word)
    }

    /// The entries, for a table among others ([`pick`]).
    pub fn into_entries(self) -> Vec<u64> {
        self.entries
    }

    /// The probabilities that the table holds.
    #[cfg(test)]
    pub fn probabilities(&self) -> Vec<f64> {
        let n = self.entries.len() as f64;
        let mut p = vec![0.0; self.entries.len()];
        for (own, entry) in self.entries.iter().enumerate() {
            let kept = (entry >> 16) as f64 / 281_474_976_710_656.0;
            p[own] += kept / n;
            p[(entry & LOW) as usize] += (1.0 - kept) / n;
        }
        p
    }
}

/// The outcome of a random word in the table with these entries.
#[inline]
pub fn pick(entries: &[u64], word: u64) -> usize {
    let product = u128::from(word) * entries.len() as u128;
    let (own, rest) = ((product >> 64) as usize, product as u64);
    let entry = entries[own];
    // By a mask: as a branch it would be mispredicted as often as not.
    let keep = usize::from(rest >> 16 < entry >> 16).wrapping_neg();
    (own & keep) | ((entry & LOW) as usize & !keep)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use rand_core::RngCore;

    #[test]
    fn an_alias_table_holds_its_shares() {
        let shares = [0.5, 0.25, 0.125, 0.125, 0.0];
        let scaled = shares.map(|s| 3.0 * s);
        for (got, want) in Alias::new(&scaled).probabilities().iter().zip(shares) {
            assert!((got - want).abs() < 1e-14, "{got} {want}");
        }
    }

    /// 7 standard errors: false alarms below 1e-11.
    #[test]
    fn draws_have_the_shares() {
        let shares = [0.6, 0.1, 0.05, 0.25];
        let (table, mut random, draws) = (Alias::new(&shares), Stream::new([3, 4], 0, 0, 0).sequence(), 100_000);
        let mut seen = [0u32; 4];
        for _ in 0..draws {
            seen[table.pick(random.next_u64())] += 1;
        }
        for (seen, p) in seen.into_iter().zip(shares) {
            let n = f64::from(draws);
            assert!((f64::from(seen) - n * p).abs() < 7.0 * libm::sqrt(n * p * (1.0 - p)));
        }
    }
}
