//! Histograms whose bins are the leading bits of a number: integers, so that they merge exactly in any order.

mod sort;

use crate::dispatch::{Kernel, dispatch};
use sort::sort;

/// A log-linear histogram of non-negative numbers: bins are the leading bits of the number itself.
///
/// Each power of two holds `2^bits` bins of equal width, and 0 has a bin of its own. A quantile is interpolated within
/// the bin of its exact order statistic, so it is off by less than that bin's width: a factor `2^-bits` at most.
///
/// The first numbers are kept as keys in order, which takes less than to clear and search bins that are nearly all empty.
/// More are counted, in 16 bits first, so that many histograms stay in the cache.
#[derive(Debug, Clone)]
pub struct Histogram {
    bits: u32,
    /// The keys in order, as long as nothing is counted.
    few: Vec<u32>,
    /// The key just below the first bin of a positive number; the bin of 0 is `counts[0]`.
    base: u32,
    counts: Vec<u32>,
    /// Counts to be added: those of 0 in `ZEROS` places, then those of `counts[1..]`.
    recent: Vec<u16>,
    /// How many numbers `recent` holds.
    pending: usize,
    total: u64,
    least: f64,
    most: f64,
}

impl Histogram {
    /// An empty histogram with `2^bits` bins per power of two, bits at most 20.
    pub fn new(bits: u32) -> Self {
        debug_assert!(bits <= 20, "keys are 32 bits wide");
        Self {
            bits,
            few: Vec::new(),
            base: 0,
            counts: Vec::new(),
            recent: Vec::new(),
            pending: 0,
            total: 0,
            least: f64::INFINITY,
            most: 0.0,
        }
    }

    /// How many numbers it holds.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The bin of a finite non-negative number, among those of all numbers.
    #[inline(always)]
    pub fn key(x: f64, bits: u32) -> u32 {
        (x.to_bits() >> (52 - bits)) as u32
    }

    /// Adds numbers by their keys, given the least and the greatest of them; the keys are spent.
    pub fn add_keys(&mut self, keys: &mut [u32], least: f64, most: f64) {
        if keys.is_empty() {
            return;
        }
        debug_assert!(least >= 0.0 && most.is_finite(), "{least} to {most}");
        self.total += keys.len() as u64;
        self.least = self.least.min(least);
        self.most = self.most.max(most);
        if self.counts.is_empty() && self.total <= MOST_KEPT {
            self.few.extend_from_slice(keys);
            sort(&mut self.few);
            return;
        }
        self.count_few();
        self.count(keys);
    }

    /// Counts what was kept as keys.
    fn count_few(&mut self) {
        let mut few = std::mem::take(&mut self.few);
        self.count(&mut few);
    }

    fn count(&mut self, keys: &mut [u32]) {
        if keys.is_empty() {
            return;
        }
        let (first, last) = dispatch(Ends(keys));
        if last == 0 {
            if self.counts.is_empty() {
                self.counts.push(0);
            }
            self.counts[0] += keys.len() as u32;
            return;
        }
        self.make_room(first, last);
        for part in keys.chunks_mut(MOST_PENDING) {
            if self.pending + part.len() > MOST_PENDING {
                self.flush();
            }
            self.pending += part.len();
            // Places before counting: the shorter the counting loop, the more of its cache misses overlap.
            dispatch(Places(part, self.base));
            let recent = self.recent.as_mut_slice();
            for &place in &*part {
                recent[place as usize] += 1;
            }
        }
    }

    /// Moves recent counts to the others.
    fn flush(&mut self) {
        if self.pending == 0 {
            return;
        }
        self.counts[0] += zeros(&self.recent);
        for (count, recent) in self.counts[1..].iter_mut().zip(&self.recent[ZEROS..]) {
            *count += u32::from(*recent);
        }
        self.recent.fill(0);
        self.pending = 0;
    }

    /// The counts of 0 and of the bins above.
    fn counts(&self) -> impl Iterator<Item = u32> + '_ {
        let recent = std::iter::once(zeros(&self.recent)).chain(self.recent.iter().skip(ZEROS).map(|&x| u32::from(x)));
        self.counts.iter().zip(recent.chain(std::iter::repeat(0))).map(|(count, recent)| count + recent)
    }

    /// Adds finite non-negative numbers.
    pub fn extend(&mut self, values: &[f64]) {
        let mut keys: Vec<u32> = values.iter().map(|&x| Self::key(x, self.bits)).collect();
        let (least, most) = values.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), &x| (a.min(x), b.max(x)));
        self.add_keys(&mut keys, least, most);
    }

    /// Bins for the keys `first..=last` of positive numbers.
    fn make_room(&mut self, first: u32, last: u32) {
        let end = self.base + self.counts.len() as u32;
        if self.counts.len() >= 2 && first > self.base && last < end {
            return;
        }
        self.flush();
        if self.counts.len() < 2 {
            let zeros = self.counts.first().copied().unwrap_or(0);
            self.base = first - 1;
            self.counts = vec![0; (last - first) as usize + 2];
            self.counts[0] = zeros;
        }
        if first <= self.base {
            let more = self.base + 1 - first;
            self.counts.splice(1..1, std::iter::repeat_n(0, more as usize));
            self.base -= more;
        }
        let needed = (last - self.base) as usize + 1;
        if needed > self.counts.len() {
            self.counts.resize(needed, 0);
        }
        self.recent.resize(self.counts.len() - 1 + ZEROS, 0);
    }

    /// Adds another histogram of the same bins: exact, in any order.
    pub fn merge(&mut self, other: &Self) {
        if other.total == 0 {
            return;
        }
        if other.counts.is_empty() {
            self.add_keys(&mut other.few.clone(), other.least, other.most);
            return;
        }
        self.count_few();
        if other.counts.len() > 1 {
            self.make_room(other.base + 1, other.base + other.counts.len() as u32 - 1);
        } else if self.counts.is_empty() {
            self.counts.push(0);
        }
        let offset = other.base.saturating_sub(self.base) as usize;
        let mut theirs = other.counts();
        self.counts[0] += theirs.next().unwrap_or(0);
        for (mine, theirs) in self.counts[1..].iter_mut().skip(offset).zip(theirs) {
            *mine += theirs;
        }
        self.total += other.total;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    /// The bin that holds the number of that rank (1 is the smallest): its key, how many numbers are below it, and how
    /// many are in it; None beyond the ends.
    pub fn bin_of(&self, rank: u64) -> Option<(u32, u64, u64)> {
        if rank == 0 || rank > self.total {
            return None;
        }
        if self.counts.is_empty() {
            let key = self.few[rank as usize - 1];
            let below = self.few.partition_point(|&other| other < key);
            let in_bin = self.few[below..].partition_point(|&other| other == key);
            return Some((key, below as u64, in_bin as u64));
        }
        let mut below = u64::from(self.counts[0] + zeros(&self.recent));
        if rank <= below {
            return Some((0, 0, below));
        }
        let held = |(count, recent): (&u32, &u16)| u64::from(*count + u32::from(*recent));
        let recent = self.recent.get(ZEROS..).unwrap_or_default();
        let mut key = self.base;
        for (counts, recent) in self.counts[1..].chunks(LEAP).zip(recent.chunks(LEAP)) {
            let inside: u64 = counts.iter().zip(recent).map(held).sum();
            if below + inside < rank {
                below += inside;
                key += LEAP as u32;
                continue;
            }
            for count in counts.iter().zip(recent).map(held) {
                key += 1;
                if below + count >= rank {
                    return Some((key, below, count));
                }
                below += count;
            }
        }
        None
    }

    /// The number of that rank, interpolated within its bin; None beyond the ends.
    pub fn ranked(&self, rank: u64) -> Option<f64> {
        let (key, below, count) = self.bin_of(rank)?;
        if key == 0 {
            return Some(0.0);
        }
        let edge = |key: u32| f64::from_bits(u64::from(key) << (52 - self.bits));
        let within = ((rank - below) as f64 - 0.5) / count as f64;
        Some((edge(key) + (edge(key + 1) - edge(key)) * within).clamp(self.least, self.most))
    }
}

/// The least key of a positive number, and the greatest.
struct Ends<'a>(&'a [u32]);

impl Kernel for Ends<'_> {
    type Output = (u32, u32);

    #[inline(always)]
    fn run(self) -> (u32, u32) {
        // 0 wraps round to the greatest number.
        let (mut first, mut last) = (u32::MAX, 0);
        for &key in self.0 {
            first = first.min(key.wrapping_sub(1));
            last = last.max(key);
        }
        (first.wrapping_add(1), last)
    }
}

/// The most numbers kept as keys.
const MOST_KEPT: u64 = 1024;
/// Places of 0 among recent counts: adding to one place again and again would wait for itself.
const ZEROS: usize = 16;
/// Bins that a search for a rank adds up before it looks at one of them.
const LEAP: usize = 64;
/// The most numbers among recent counts.
const MOST_PENDING: usize = u16::MAX as usize;

/// How many of the recent numbers are 0.
fn zeros(recent: &[u16]) -> u32 {
    recent.iter().take(ZEROS).map(|&x| u32::from(x)).sum()
}

/// Turns keys into places among recent counts, with a base.
struct Places<'a>(&'a mut [u32], u32);

impl Kernel for Places<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (i, key) in self.0.iter_mut().enumerate() {
            let above = (*key).max(self.1) - self.1;
            *key = if above == 0 { i as u32 % ZEROS as u32 } else { above + (ZEROS as u32 - 1) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use rand_core::RngCore;

    /// Numbers over sixty powers of two, some of them 0.
    fn numbers(count: usize) -> Vec<f64> {
        let mut words = Stream::new([1, 2], 0, 3, 4).sequence();
        (0..count)
            .map(|_| {
                let word = words.next_u64();
                if word.is_multiple_of(50) { 0.0 } else { crate::math::exp((word % 100_000) as f64 / 2400.0 - 20.0) }
            })
            .collect()
    }

    #[test]
    fn quantiles_are_within_the_stated_error_of_the_order_statistics() {
        let mut values = numbers(5_000);
        for bits in [4, 9] {
            let mut histogram = Histogram::new(bits);
            values.chunks(77).for_each(|part| histogram.extend(part));
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            for (i, &exact) in sorted.iter().enumerate() {
                let got = histogram.ranked(i as u64 + 1).expect("a rank");
                assert!((got - exact).abs() <= exact * 0.5f64.powi(bits as i32), "{got} {exact}");
            }
            assert_eq!((histogram.ranked(0), histogram.ranked(5_001)), (None, None));
        }
        values.fill(0.125);
        let mut histogram = Histogram::new(9);
        histogram.extend(&values);
        assert_eq!(histogram.ranked(17), Some(0.125));
    }

    #[test]
    fn more_numbers_in_a_bin_than_sixteen_bits_hold_are_counted() {
        let mut histogram = Histogram::new(8);
        let mut values = vec![3.0; 70_000];
        values[..100].fill(0.0);
        values[69_999] = 1e9;
        for _ in 0..3 {
            histogram.extend(&values);
        }
        let at = |rank| histogram.ranked(rank).expect("a rank");
        assert_eq!([at(1), at(300)], [0.0, 0.0]);
        for (rank, exact) in [(301, 3.0), (209_997, 3.0), (209_998, 1e9)] {
            assert!((at(rank) / exact - 1.0_f64).abs() <= 0.5f64.powi(8), "{rank}: {}", at(rank));
        }
        assert_eq!(histogram.total(), 210_000);
    }

    #[test]
    fn merging_in_any_order_is_the_histogram_of_everything() {
        let values = numbers(3_000);
        let mut whole = Histogram::new(9);
        whole.extend(&values);
        let mut parts: Vec<Histogram> = Vec::new();
        for part in values.chunks(100) {
            let mut h = Histogram::new(9);
            h.extend(part);
            parts.push(h);
        }
        parts.push(Histogram::new(9));
        for reverse in [false, true] {
            let mut merged = Histogram::new(9);
            if reverse {
                parts.iter().rev().for_each(|p| merged.merge(p));
            } else {
                for part in &parts {
                    merged.merge(part);
                }
            }
            let counts = |h: &Histogram| (h.base, h.counts().collect::<Vec<_>>(), h.total);
            assert_eq!(counts(&merged), counts(&whole));
        }
    }

    #[test]
    fn few_numbers_and_many_have_the_same_bins() {
        let mut values = numbers(MOST_KEPT as usize);
        values[..9].fill(0.0);
        let mut kept = Histogram::new(9);
        values.chunks(50).for_each(|part| kept.extend(part));
        assert!(kept.counts.is_empty());
        let mut counted = kept.clone();
        counted.count_few();
        assert!(!counted.counts.is_empty());
        for rank in 0..=MOST_KEPT + 1 {
            assert_eq!(kept.bin_of(rank), counted.bin_of(rank), "{rank}");
            assert_eq!(kept.ranked(rank), counted.ranked(rank), "{rank}");
        }
        // Kept to counted and back, and past what is kept.
        let [mut a, mut b, mut c] = [kept.clone(), counted.clone(), kept.clone()];
        a.merge(&counted);
        b.merge(&kept);
        c.merge(&kept);
        for rank in 0..=2 * MOST_KEPT + 1 {
            assert_eq!(a.bin_of(rank), b.bin_of(rank), "{rank}");
            assert_eq!(a.bin_of(rank), c.bin_of(rank), "{rank}");
        }
    }
}
