//! Alias tables over coverage bins, one for each acceptance bin: a 32-bit draw refines a bin that is known.

use super::alias_pairs::{Entries, Entry};

/// The tables of one law.
#[derive(Debug)]
pub struct Conditional {
    entries: Vec<Entry>,
    /// What is left of each threshold, in units of 2^-64 of its own last place.
    low: Vec<u64>,
    /// Of an index into the table of one acceptance bin.
    bits: u32,
}

impl Conditional {
    /// The bytes of the tables of so many acceptance bins with so many coverage bins each.
    pub const fn bytes(acceptance: usize, coverage: usize) -> usize {
        acceptance * coverage.next_power_of_two() * (size_of::<Entry>() + size_of::<u64>())
    }

    /// The bytes it takes.
    pub const fn size(&self) -> usize {
        self.entries.len() * (size_of::<Entry>() + size_of::<u64>())
    }

    /// The tables of joint probabilities, `coverage` of them for each acceptance bin. Bins that never come need none.
    pub fn new(joint: &[f64], coverage: usize) -> Self {
        let bits = coverage.next_power_of_two().trailing_zeros();
        let mut made = Entries::with_capacity((joint.len() / coverage) << bits);
        let mut share = Vec::with_capacity(1 << bits);
        for row in joint.chunks_exact(coverage) {
            let total: f64 = row.iter().sum();
            let scale = f64::from(1u32 << bits) / total;
            share.clear();
            share.extend(row.iter().map(|p| if total > 0.0 { p * scale } else { 1.0 }));
            share.resize(1 << bits, if total > 0.0 { 0.0 } else { 1.0 });
            made.add(&mut share);
        }
        let Entries { entries, low, .. } = made;
        Self { entries, low, bits }
    }

    /// Turns random 32-bit words into coverage bins, given the acceptance bins; `tie(i)` gives the further word of draw `i`.
    pub fn read(&self, random: &[u32], acceptance: &[u16], coverage: &mut [u16], tie: impl Fn(usize) -> u64) {
        let (shift, bits) = (32 - self.bits, self.bits);
        let mut tied = false;
        for ((&x, &bin), out) in random.iter().zip(acceptance).zip(&mut *coverage) {
            let at = x >> shift;
            let rest = (x << bits >> 16) as u16;
            let Entry { threshold, alias } = self.entries[(usize::from(bin) << bits) | at as usize];
            tied |= rest == threshold;
            // By masks: as a branch it would be mispredicted as often as not.
            let own = u16::from(rest < threshold).wrapping_neg();
            *out = (at as u16 & own) | (alias & !own);
        }
        if tied {
            for (i, ((&x, &bin), out)) in random.iter().zip(acceptance).zip(coverage).enumerate() {
                let at = (usize::from(bin) << bits) | (x >> shift) as usize;
                if (x << bits >> 16) as u16 == self.entries[at].threshold && tie(i) < self.low[at] {
                    *out = (x >> shift) as u16;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_together_gives_the_conditional_law() {
        let joint = [0.1, 0.2, 0.05, 0.0, 0.0, 0.0, 0.3, 0.0, 0.35];
        let tables = Conditional::new(&joint, 3);
        // A grid of words that meets every entry, and thresholds in steps of 2^-14.
        let words: Vec<u32> = (0..1u32 << 16).map(|i| (i << 16) + (1 << 15)).collect();
        for (bin, row) in joint.chunks(3).enumerate().filter(|(bin, _)| *bin != 1) {
            let mut found = vec![0; words.len()];
            tables.read(&words, &vec![bin as u16; words.len()], &mut found, |_| u64::MAX / 2);
            let total: f64 = row.iter().sum();
            for (cover, p) in row.iter().enumerate() {
                let share = found.iter().filter(|&&c| c as usize == cover).count() as f64 / words.len() as f64;
                assert!((share - p / total).abs() < 1e-4, "{bin} {cover}: {share} {p}");
                assert!(*p > 0.0 || share == 0.0);
            }
        }
    }

    #[test]
    fn a_tie_is_decided_by_the_further_word() {
        let tables = Conditional::new(&[0.1, 0.9], 2);
        let at =
            tables.entries.iter().enumerate().position(|(i, e)| e.alias as usize != i).expect("one entry is split");
        let x = (at as u32) << 31 | u32::from(tables.entries[at].threshold) << 15;
        let mut out = [9];
        tables.read(&[x], &[0], &mut out, |_| 0);
        assert_eq!(out[0], at as u16);
        tables.read(&[x], &[0], &mut out, |_| u64::MAX);
        assert_eq!(out[0], tables.entries[at].alias);
    }
}
