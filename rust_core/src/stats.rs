//! Tallies of a run: histograms of integers that merge exactly in any order, and moments that merge in a fixed one.

#![allow(clippy::inline_always)] // tallying is inlined into kernels, whose vector width it must take

use crate::dispatch::{Kernel, dispatch};

/// A log-linear histogram of non-negative numbers: bins are the leading bits of the number itself.
///
/// Each power of two holds `2^bits` bins of equal width, and 0 has a bin of its own. A quantile is interpolated within
/// the bin of its exact order statistic, so it is off by less than that bin's width: a factor `2^-bits` at most.
#[derive(Debug, Clone)]
pub struct Histogram {
    bits: u32,
    /// The key just below the first bin of a positive number; the bin of 0 is `counts[0]`.
    base: u32,
    counts: Vec<u32>,
    total: u64,
    least: f64,
    most: f64,
}

impl Histogram {
    /// An empty histogram with `2^bits` bins per power of two, bits at most 20.
    pub fn new(bits: u32) -> Self {
        debug_assert!(bits <= 20, "keys are 32 bits wide");
        Self { bits, base: 0, counts: Vec::new(), total: 0, least: f64::INFINITY, most: 0.0 }
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
        let (first, last) = dispatch(Ends(keys));
        if last == 0 {
            if self.counts.is_empty() {
                self.counts.push(0);
            }
            self.counts[0] += keys.len() as u32;
            return;
        }
        self.make_room(first, last);
        // Places before counting: the shorter the counting loop, the more of its cache misses overlap.
        dispatch(Places(keys, self.base));
        let counts = self.counts.as_mut_slice();
        for &place in &*keys {
            counts[place as usize] += 1;
        }
    }

    /// Adds finite non-negative numbers.
    pub fn extend(&mut self, values: &[f64]) {
        let mut keys: Vec<u32> = values.iter().map(|&x| Self::key(x, self.bits)).collect();
        let (least, most) = values.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), &x| (a.min(x), b.max(x)));
        self.add_keys(&mut keys, least, most);
    }

    /// Bins for the keys `first..=last` of positive numbers.
    fn make_room(&mut self, first: u32, last: u32) {
        if self.counts.len() < 2 {
            let zeros = self.counts.first().copied().unwrap_or(0);
            self.base = first - 1;
            self.counts = vec![0; (last - first) as usize + 2];
            self.counts[0] = zeros;
            return;
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
    }

    /// Adds another histogram of the same bins: exact, in any order.
    pub fn merge(&mut self, other: &Self) {
        if other.total == 0 {
            return;
        }
        if other.counts.len() > 1 {
            self.make_room(other.base + 1, other.base + other.counts.len() as u32 - 1);
            let offset = (other.base - self.base) as usize;
            for (mine, theirs) in self.counts[1 + offset..].iter_mut().zip(&other.counts[1..]) {
                *mine += theirs;
            }
        } else if self.counts.is_empty() {
            self.counts.push(0);
        }
        self.counts[0] += other.counts[0];
        self.total += other.total;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    /// The number of that rank (1 is the smallest), interpolated within its bin; None beyond the ends.
    pub fn ranked(&self, rank: u64) -> Option<f64> {
        if rank == 0 || rank > self.total {
            return None;
        }
        let mut below = 0;
        for (i, &count) in self.counts.iter().enumerate() {
            let count = u64::from(count);
            if below + count >= rank {
                if i == 0 {
                    return Some(0.0);
                }
                let edge = |key: u32| f64::from_bits(u64::from(key) << (52 - self.bits));
                let (low, high) = (edge(self.base + i as u32), edge(self.base + i as u32 + 1));
                let within = ((rank - below) as f64 - 0.5) / count as f64;
                return Some((low + (high - low) * within).clamp(self.least, self.most));
            }
            below += count;
        }
        None
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

/// Turns keys into places above a base; 0 stays 0.
struct Places<'a>(&'a mut [u32], u32);

impl Kernel for Places<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for key in self.0 {
            *key = (*key).max(self.1) - self.1;
        }
    }
}

/// The rank of quantile p among n: the ceil(n p)-th smallest.
pub fn rank(p: f64, n: u64) -> u64 {
    // A product that is whole but for rounding counts as whole.
    ((p * n as f64 - 1e-9 * (p * n as f64).max(1.0)).ceil() as u64).clamp(1, n.max(1))
}

/// Sums of deviations from a number near the mean, which lose no digits and need no division to add to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    /// The number near the mean.
    pub near: f64,
    /// Sum of deviations from it.
    pub first: f64,
    /// Sum of their squares.
    pub second: f64,
}

impl Sums {
    /// The moments of `count` numbers.
    pub fn moments(&self, count: u64) -> Moments {
        let n = count.max(1) as f64;
        let squares = (self.second - self.first * (self.first / n)).max(0.0);
        Moments { count, mean: self.near + self.first / n, squares }
    }
}

/// Count, mean and sum of squared deviations.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// How many numbers.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The sum of squared deviations from it.
    pub squares: f64,
}

impl Moments {
    /// Adds the moments of further numbers (Chan, Golub and `LeVeque` 1983); the order of merging moves the last bits.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let count = self.count + other.count;
        let gap = other.mean - self.mean;
        let share = other.count as f64 / count as f64;
        self.mean += gap * share;
        self.squares += other.squares + gap * gap * (self.count as f64 * share);
        self.count = count;
    }

    /// The standard error of the mean; NaN for fewer than two numbers.
    pub fn standard_error(&self) -> f64 {
        if self.count < 2 {
            return f64::NAN;
        }
        let n = self.count as f64;
        (self.squares / (n - 1.0) / n).sqrt()
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
            assert_eq!((merged.base, &merged.counts, merged.total), (whole.base, &whole.counts, whole.total));
        }
    }

    #[test]
    fn moments_merge_to_those_of_everything() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.1 + 1e6).collect();
        let of = |part: &[f64]| {
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            Moments { count: part.len() as u64, mean, squares: part.iter().map(|x| (x - mean) * (x - mean)).sum() }
        };
        let mut merged = Moments::default();
        values.chunks(33).for_each(|part| merged.merge(&of(part)));
        let whole = of(&values);
        assert_eq!(merged.count, whole.count);
        assert!((merged.mean - whole.mean).abs() < 1e-8);
        assert!((merged.squares / whole.squares - 1.0).abs() < 1e-9);
    }

    #[test]
    fn ranks_are_ceilings() {
        assert_eq!([rank(0.05, 100), rank(0.05, 101), rank(0.5, 1), rank(0.95, 20), rank(0.1, 30)], [5, 6, 1, 19, 3]);
    }
}
