//! Alias tables over one or two independent cell distributions, read with 32-bit draws and exact to 64 bits beyond.
//!
//! Walker 1977; Vose, *A linear algorithm for generating random numbers with a given distribution* (1991). The high
//! bits of a draw choose the entry, the rest decide between the entry's own outcome and its alias. A draw whose rest
//! equals the threshold's leading bits (one in about 2^20) is decided by a further word, so rounding to 32 bits
//! biases nothing. Two tasks share a table where their joint outcomes are few: one draw then serves both.

/// The most joint outcomes of a table that serves two tasks.
const MAX_JOINT: usize = 4096;

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    threshold: u32,
    own: u16,
    alias: u16,
}

/// A table for one or two tasks: outcomes are `cell`, or `first | second << 8` where it is paired.
#[derive(Debug, Clone)]
pub struct AliasTable {
    entries: Vec<Entry>,
    low: Vec<u64>,
    bits: u32,
}

/// Whether two distributions can share a table: few joint outcomes, and cells that fit in a byte.
pub fn can_pair(first: &[f64], second: &[f64]) -> bool {
    let positive = |p: &[f64]| p.iter().filter(|&&x| x > 0.0).count();
    first.len() <= 256 && second.len() <= 256 && positive(first) * positive(second) <= MAX_JOINT
}

impl AliasTable {
    /// The table of one task's cell probabilities.
    pub fn single(cells: &[f64]) -> Self {
        let outcomes = cells.iter().enumerate().filter(|(_, p)| **p > 0.0);
        Self::new(&outcomes.map(|(cell, &p)| (cell as u16, p)).collect::<Vec<_>>())
    }

    /// The table of two independent tasks' cells.
    pub fn pair(first: &[f64], second: &[f64]) -> Self {
        let mut joint = Vec::new();
        for (b, &pb) in second.iter().enumerate().filter(|(_, p)| **p > 0.0) {
            for (a, &pa) in first.iter().enumerate().filter(|(_, p)| **p > 0.0) {
                joint.push((a as u16 | (b as u16) << 8, pa * pb));
            }
        }
        Self::new(&joint)
    }

    fn new(outcomes: &[(u16, f64)]) -> Self {
        let size = outcomes.len().max(1).next_power_of_two();
        let bits = size.trailing_zeros();
        let total: f64 = outcomes.iter().map(|o| o.1).sum();
        let mut share: Vec<f64> = outcomes.iter().map(|o| o.1 / total * size as f64).collect();
        share.resize(size, 0.0);
        let code = |i: usize| outcomes.get(i).map_or(0, |o| o.0);
        let mut entries: Vec<Entry> = (0..size).map(|i| Entry { threshold: 0, own: code(i), alias: code(i) }).collect();
        let mut low = vec![0; size];
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..size).partition(|&i| share[i] < 1.0);
        while let (Some(&s), Some(&l)) = (small.last(), large.last()) {
            small.pop();
            // The threshold in units of 2^-(32 - bits), and what is left of it in units of 2^-64 of such a unit.
            let scaled = share[s] * (1u64 << (32 - bits)) as f64;
            entries[s].threshold = (scaled as u32) << bits;
            low[s] = ((scaled - f64::from(scaled as u32)) * 2f64.powi(64)) as u64;
            entries[s].alias = code(l);
            share[l] -= 1.0 - share[s];
            if share[l] < 1.0 {
                large.pop();
                small.push(l);
            }
        }
        // What is left is 1 up to rounding. A padding entry left over by rounding must not name an outcome that is
        // not there: it takes the first.
        Self { entries, low, bits }
    }

    /// Whether one outcome is certain, so that no draw is needed.
    pub fn certain(&self) -> Option<u16> {
        (self.entries.len() == 1).then(|| self.entries[0].own)
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        self.entries.len() * (size_of::<Entry>() + size_of::<u64>())
    }

    /// Turns random 32-bit words into outcomes; `tie(i)` gives the further word of draw `i`.
    #[inline]
    pub fn read(&self, random: &[u32], outcomes: &mut [u16], tie: impl Fn(usize) -> u64) {
        let (shift, bits) = (32 - self.bits, self.bits);
        if bits == 0 {
            outcomes.fill(self.entries[0].own);
            return;
        }
        let mut tied = false;
        for (outcome, &x) in outcomes.iter_mut().zip(random) {
            let entry = self.entries[(x >> shift) as usize];
            let rest = x << bits;
            tied |= rest == entry.threshold;
            *outcome = if rest < entry.threshold { entry.own } else { entry.alias };
        }
        if tied {
            for (i, (outcome, &x)) in outcomes.iter_mut().zip(random).enumerate() {
                let at = (x >> shift) as usize;
                if x << bits == self.entries[at].threshold && tie(i) < self.low[at] {
                    *outcome = self.entries[at].own;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every outcome's probability, computed from the table itself, equals what was asked for.
    fn probabilities(table: &AliasTable, outcomes: usize) -> Vec<f64> {
        let mut p = vec![0.0; outcomes];
        let size = table.entries.len() as f64;
        for (entry, &low) in table.entries.iter().zip(&table.low) {
            let unit = 2f64.powi(-(32 - table.bits as i32));
            let own = (f64::from(entry.threshold >> table.bits) + low as f64 * 2f64.powi(-64)) * unit;
            p[entry.own as usize] += own / size;
            p[entry.alias as usize] += (1.0 - own) / size;
        }
        p
    }

    #[test]
    fn a_table_holds_its_probabilities() {
        for cells in
            [vec![1.0], vec![0.0, 1.0], vec![0.25, 0.75], vec![0.1, 0.0, 0.2, 0.7 - 1e-12, 1e-12], vec![1e-300, 1.0]]
        {
            let table = AliasTable::single(&cells);
            for (got, want) in probabilities(&table, cells.len()).iter().zip(&cells) {
                assert!((got - want).abs() < 1e-15, "{cells:?}: {got} {want}");
            }
        }
        let (a, b) = ([0.3, 0.0, 0.7], [0.5, 0.125, 0.375]);
        assert!(can_pair(&a, &b));
        let got = probabilities(&AliasTable::pair(&a, &b), 1 << 16);
        for (i, &pa) in a.iter().enumerate() {
            for (j, &pb) in b.iter().enumerate() {
                assert!((got[i | j << 8] - pa * pb).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn a_tie_is_decided_by_the_further_word() {
        let table = AliasTable::single(&[0.1, 0.9]);
        let at = table.entries.iter().position(|e| e.own != e.alias).expect("one entry is split");
        let x = (at as u32) << (32 - table.bits) | table.entries[at].threshold >> table.bits;
        let mut outcome = [9];
        table.read(&[x], &mut outcome, |_| 0);
        assert_eq!(outcome[0], table.entries[at].own);
        table.read(&[x], &mut outcome, |_| u64::MAX);
        assert_eq!(outcome[0], table.entries[at].alias);
    }
}
