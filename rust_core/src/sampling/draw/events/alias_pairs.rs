//! Alias tables over the bins of one or two independent tasks, read with 32-bit draws and exact to 64 bits beyond.
//!
//! Walker 1977; Vose, *A linear algorithm for generating random numbers with a given distribution* (1991). The high
//! bits of a draw choose the entry, the next 16 decide between the entry itself and its alias. Where these 16 equal the
//! threshold's leading bits (one draw in 65,536) a further word decides, so rounding to 16 bits biases nothing. An entry
//! takes four bytes, so that the table of two tasks stays in the first-level cache; one draw then serves both.

/// The most bits of an index into the table of two tasks.
const MAX_JOINT_BITS: u32 = 12;

/// One entry: below the threshold it is itself, else its alias.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entry {
    /// The leading bits of the threshold.
    pub threshold: u16,
    /// The alias.
    pub alias: u16,
}

/// Alias tables one after the other: their entries, and what is left of each threshold in units of 2^-64 of its own last
/// place.
#[derive(Debug, Default)]
pub struct Entries {
    /// The entries.
    pub entries: Vec<Entry>,
    /// What is left of each threshold.
    pub low: Vec<u64>,
    small: Vec<u16>,
    large: Vec<u16>,
}

impl Entries {
    /// Room for so many entries.
    pub fn with_capacity(count: usize) -> Self {
        Self { entries: Vec::with_capacity(count), low: Vec::with_capacity(count), ..Self::default() }
    }

    /// Adds the table of shares with the mean 1, at most 2^16 of them; the shares are spent.
    pub fn add(&mut self, share: &mut [f64]) {
        let Self { entries, low, small, large } = self;
        let first = entries.len();
        entries.extend((0..share.len()).map(|i| Entry { threshold: 0, alias: i as u16 }));
        low.resize(entries.len(), 0);
        fill(share, (&mut entries[first..], &mut low[first..]), (small, large));
    }
}

/// Fills a table.
fn fill(share: &mut [f64], (entries, low): (&mut [Entry], &mut [u64]), (small, large): (&mut Vec<u16>, &mut Vec<u16>)) {
    small.clear();
    large.clear();
    for (i, share) in share.iter().enumerate() {
        if *share < 1.0 { small.push(i as u16) } else { large.push(i as u16) }
    }
    while let (Some(&s), Some(&l)) = (small.last(), large.last()) {
        small.pop();
        let (s, l) = (usize::from(s), usize::from(l));
        let scaled = share[s] * 65_536.0;
        let whole = libm::floor(scaled).min(65_535.0);
        entries[s] = Entry { threshold: whole as u16, alias: l as u16 };
        // The cast saturates: a rest of one whole unit is decided for the entry itself.
        low[s] = ((scaled - whole) * 2f64.powi(64)) as u64;
        share[l] -= 1.0 - share[s];
        if share[l] < 1.0 {
            large.pop();
            small.push(l as u16);
        }
    }
    // What is left over is 1 up to rounding and keeps itself as its alias.
}

/// A table for one or two tasks. An index holds the first task's bin in its low bits, the second's above. Where
/// impossible bins have no index a map leads from a task's part of the index to its bin.
#[derive(Debug, Clone)]
pub struct AliasTable {
    entries: Vec<Entry>,
    /// What is left of each threshold, in units of 2^-64 of its own last place.
    low: Vec<u64>,
    bits: u32,
    first_bits: u32,
    bins: [Vec<u16>; 2],
}

/// Bits of an index over the bins that have one.
fn index_bits(bins: &[f64]) -> u32 {
    bits_of(bins.iter().filter(|p| **p > 0.0).count())
}

const fn bits_of(bins: usize) -> u32 {
    bins.next_power_of_two().trailing_zeros()
}

/// The bins that have an index, with their probabilities: all of them, unless leaving out the impossible ones saves a bit.
fn indexed(bins: &[f64]) -> Vec<(u16, f64)> {
    let saves = index_bits(bins) < bits_of(bins.len());
    bins.iter().enumerate().filter(|(_, p)| !saves || **p > 0.0).map(|(i, &p)| (i as u16, p)).collect()
}

/// Whether two tasks can share a table that stays small.
pub fn can_pair(first: &[f64], second: &[f64]) -> bool {
    index_bits(first) + index_bits(second) <= MAX_JOINT_BITS
}

impl AliasTable {
    /// The table of one task's bin probabilities.
    pub fn single(bins: &[f64]) -> Self {
        Self::pair(bins, &[1.0])
    }

    /// The table of two independent tasks' bins.
    pub fn pair(first: &[f64], second: &[f64]) -> Self {
        let first_bits = index_bits(first);
        let bits = first_bits + index_bits(second);
        let size = 1usize << bits;
        let mut share = vec![0.0; size];
        let (first, second) = (indexed(first), indexed(second));
        for (b, (_, pb)) in second.iter().enumerate() {
            for (a, (_, pa)) in first.iter().enumerate() {
                share[a | b << first_bits] = pa * pb;
            }
        }
        let total: f64 = share.iter().sum();
        for p in &mut share {
            *p *= size as f64 / total;
        }
        let mut made = Entries::with_capacity(size);
        made.add(&mut share);
        let Entries { entries, low, .. } = made;
        let map = |indexed: Vec<(u16, f64)>| indexed.into_iter().map(|(bin, _)| bin).collect();
        Self { entries, low, bits, first_bits, bins: [map(first), map(second)] }
    }

    /// Whether the outcome is certain, so that no draw is needed.
    pub const fn is_certain(&self) -> bool {
        self.bits == 0
    }

    /// The bytes it takes.
    pub const fn bytes(&self) -> usize {
        self.entries.len() * (size_of::<Entry>() + size_of::<u64>())
    }

    /// Turns random 32-bit words into the bins of both tasks (of a single one: its own and zeros); `tie(i)` gives the
    /// further word of draw `i`.
    #[inline]
    pub fn read(&self, random: &[u32], first: &mut [u16], second: &mut [u16], tie: impl Fn(usize) -> u64) {
        let (shift, bits) = (32 - self.bits, self.bits);
        if bits == 0 {
            first.fill(self.bins[0][0]);
            second.fill(self.bins[1][0]);
            return;
        }
        let entries = &self.entries[..1 << bits];
        let mask = (1u16 << self.first_bits) - 1;
        let mut tied = false;
        for ((&x, a), b) in random.iter().zip(&mut *first).zip(&mut *second) {
            let at = x >> shift;
            let rest = (x << bits >> 16) as u16;
            let Entry { threshold, alias } = entries[at as usize];
            tied |= rest == threshold;
            // By masks: as a branch it would be mispredicted as often as not.
            let own = u16::from(rest < threshold).wrapping_neg();
            let index = (at as u16 & own) | (alias & !own);
            *a = index & mask;
            *b = index >> self.first_bits;
        }
        if tied {
            for (i, &x) in random.iter().enumerate() {
                let at = (x >> shift) as usize;
                if (x << bits >> 16) as u16 == entries[at].threshold && tie(i) < self.low[at] {
                    first[i] = at as u16 & mask;
                    second[i] = at as u16 >> self.first_bits;
                }
            }
        }
        for (bins, map) in [first, second].into_iter().zip(&self.bins) {
            // Where every bin up to the last has an index, the index is the bin.
            if map.last().is_some_and(|&last| last as usize + 1 != map.len()) {
                for bin in bins {
                    *bin = map[*bin as usize];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every joint outcome's probability, computed from the table itself.
    fn probabilities(table: &AliasTable) -> std::collections::BTreeMap<(u16, u16), f64> {
        let mut p = std::collections::BTreeMap::new();
        let size = table.entries.len() as f64;
        let [first, second] = &table.bins;
        let mut add = |index: usize, mass: f64| {
            let (a, b) = (index & ((1 << table.first_bits) - 1), index >> table.first_bits);
            if mass > 0.0 {
                *p.entry((first[a], second[b])).or_insert(0.0) += mass;
            }
        };
        for (i, (entry, &low)) in table.entries.iter().zip(&table.low).enumerate() {
            let own = (f64::from(entry.threshold) + low as f64 * 2f64.powi(-64)) / 65_536.0;
            add(i, own / size);
            add(entry.alias as usize, (1.0 - own) / size);
        }
        p
    }

    #[test]
    fn a_table_holds_its_probabilities() {
        let tiny = [1e-300, 1.0];
        for bins in
            [&[1.0][..], &[0.5, 0.0, 0.5, 0.0], &[0.0, 1.0], &[0.25, 0.75], &[0.1, 0.0, 0.2, 0.7 - 1e-12, 1e-12], &tiny]
        {
            let got = probabilities(&AliasTable::single(bins));
            for (bin, &want) in bins.iter().enumerate() {
                let p = got.get(&(bin as u16, 0)).copied().unwrap_or(0.0);
                assert!((p - want).abs() < 1e-15, "{bins:?}: {p} {want}");
            }
        }
        let (a, b) = ([0.3, 0.0, 0.7], [0.5, 0.125, 0.375]);
        let got = probabilities(&AliasTable::pair(&a, &b));
        assert!(can_pair(&a, &b));
        for (i, &pa) in a.iter().enumerate() {
            for (j, &pb) in b.iter().enumerate() {
                assert!((got.get(&(i as u16, j as u16)).copied().unwrap_or(0.0) - pa * pb).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn a_tie_is_decided_by_the_further_word() {
        let table = AliasTable::single(&[0.1, 0.9]);
        let at = table.entries.iter().enumerate().position(|(i, e)| e.alias as usize != i).expect("one entry is split");
        let x = (at as u32) << (32 - table.bits) | u32::from(table.entries[at].threshold) << (16 - table.bits);
        let (mut first, mut second) = ([9], [9]);
        table.read(&[x], &mut first, &mut second, |_| 0);
        assert_eq!((first[0], second[0]), (at as u16, 0));
        table.read(&[x], &mut first, &mut second, |_| u64::MAX);
        assert_eq!((first[0], second[0]), (table.entries[at].alias, 0));
    }

    #[test]
    fn cells_of_probability_zero_never_come() {
        let table = AliasTable::pair(&[0.0, 0.5, 0.0, 0.5], &[0.0, 0.0, 1.0]);
        let random: Vec<u32> = (0..4096u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        let (mut first, mut second) = (vec![0; 4096], vec![0; 4096]);
        table.read(&random, &mut first, &mut second, |_| 0);
        assert!(first.iter().all(|&a| a == 1 || a == 3) && second.iter().all(|&b| b == 2));
    }
}
