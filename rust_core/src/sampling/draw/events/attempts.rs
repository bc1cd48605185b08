//! The attempt number of the first acceptance within a bin of the grid, where rates were integrated.
//!
//! Averaged over rates it is not geometric. Long bins are cut into pieces, of one attempt up to number 2 [`FINE`] and of
//! one part in [`FINE`] of the number beyond; a piece is drawn from a table of its exact probability. Within a piece of
//! several attempts the number is geometric with the mean slope of the piece: exact but for the change of the slope within
//! it, which moves the distribution function by less than 1e-6 of the probability of the piece.

use super::alias_pairs::{Entries, Entry};
use super::within::ends;
use crate::dispatch::{Kernel, dispatch};
use crate::math::{exp, expm1};
use crate::sampling::scenario::law::{Rates, TaskLaw};

/// A piece spans one attempt in so many.
const FINE: u64 = 128;
/// Where less than e^-FAR is left of a law nothing is added any more.
const FAR: f64 = 60.0;

/// The pieces of a grid's long bins.
#[derive(Debug, Default)]
pub struct Pieces {
    /// The attempts before each piece, and its length.
    from: Vec<f64>,
    length: Vec<f64>,
    /// By bin, the first of its pieces; one more at the end.
    first: Vec<usize>,
}

impl Pieces {
    /// Of the long bins of a grid.
    pub fn new(grid: &[u64]) -> Self {
        let mut pieces = Self::default();
        for bin in 0..grid.len() {
            pieces.first.push(pieces.from.len());
            let (mut at, to) = ends(grid, bin);
            if to - at == 1 {
                continue;
            }
            while at < to {
                let length = (at / FINE).clamp(1, to - at);
                pieces.from.push(at as f64);
                pieces.length.push(length as f64);
                at += length;
            }
        }
        pieces.first.push(pieces.from.len());
        pieces
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.from.len()
    }

    /// How many sums belong to a law: P(accepted in a piece) of correct and of wrong ones, and the same times the slope.
    pub fn sums(&self) -> usize {
        4 * self.count()
    }

    /// Bytes of the tables of a law.
    pub fn bytes(&self) -> usize {
        let entries: usize = self.first.windows(2).map(|pair| (pair[1] - pair[0]).next_power_of_two()).sum();
        2 * (entries * (size_of::<Entry>() + size_of::<u64>()) + self.count() * size_of::<f64>())
    }

    /// Adds the law of known rates with a weight to the sums; `room` is for so many numbers as there are pieces.
    pub fn add(&self, rates: Rates, weight: f64, sums: &mut [f64], room: &mut [f64]) {
        let (right, wrong) = TaskLaw::Attempts(rates).precision();
        let slope = rates.ln_rejected();
        if slope < 0.0 {
            dispatch(Add { pieces: self, weights: [right * weight, wrong * weight], slope, sums, room });
        }
    }
}

struct Add<'a> {
    pieces: &'a Pieces,
    weights: [f64; 2],
    slope: f64,
    sums: &'a mut [f64],
    room: &'a mut [f64],
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { pieces, weights, slope, sums, room } = self;
        // At a rate of 1 the slope is infinite, and the first attempt certain.
        let slope = if slope < -1e3 { -1e3 } else { slope };
        let reached = pieces.from.partition_point(|from| from * -slope < FAR);
        let (from, length) = (&pieces.from[..reached], &pieces.length[..reached]);
        let room = &mut room[..reached];
        for i in 0..reached {
            room[i] = exp(from[i] * slope);
        }
        for i in 0..reached {
            room[i] *= 0.0 - expm1(length[i] * slope);
        }
        let (mass, slopes) = sums.split_at_mut(2 * pieces.count());
        for (kind, weight) in weights.into_iter().enumerate() {
            let from = kind * pieces.count();
            let (mass, slopes) = (&mut mass[from..from + reached], &mut slopes[from..from + reached]);
            for i in 0..reached {
                let added = weight * room[i];
                mass[i] += added;
                slopes[i] += added * slope;
            }
        }
    }
}

/// The tables of one law.
#[derive(Debug)]
pub struct AttemptTables {
    entries: Vec<Entry>,
    /// What is left of each threshold, in units of 2^-64 of its own last place.
    low: Vec<u64>,
    /// By acceptance bin on the grid, the first entry of its table, the bits of an index into it, and its first piece.
    of_bin: Vec<(u32, u32, u32)>,
    /// By piece of a bin: the attempts of the bin before it.
    before: Vec<f64>,
    /// By piece: its length, and by kind and piece its mean slope.
    length: Vec<f64>,
    slope: Vec<f64>,
}

impl AttemptTables {
    /// From the sums of a law.
    pub fn new(pieces: &Pieces, sums: &[f64]) -> Self {
        let count = pieces.count();
        let (mass, slopes) = sums.split_at(2 * count);
        let (mut made, mut share, mut of_bin) = (Entries::default(), Vec::new(), Vec::new());
        for kind in 0..2 {
            for pair in pieces.first.windows(2) {
                let row = &mass[kind * count + pair[0]..kind * count + pair[1]];
                let size = row.len().next_power_of_two();
                of_bin.push((made.entries.len() as u32, size.trailing_zeros(), pair[0] as u32));
                let total: f64 = row.iter().sum();
                let scale = size as f64 / total;
                // Bins that never come need no table that says something.
                let known = total > f64::MIN_POSITIVE;
                share.clear();
                share.extend(row.iter().map(|p| if known { p * scale } else { 1.0 }));
                share.resize(size, if known { 0.0 } else { 1.0 });
                made.add(&mut share);
            }
        }
        let Entries { entries, low, .. } = made;
        let mut before = vec![0.0; count];
        for pair in pieces.first.windows(2) {
            let start = pieces.from.get(pair[0]).copied().unwrap_or(0.0);
            (pair[0]..pair[1]).for_each(|at| before[at] = pieces.from[at] - start);
        }
        let slope = mass.iter().zip(slopes).map(|(m, s)| if *m > 0.0 { s / m } else { 0.0 }).collect();
        Self { entries, low, of_bin, before, length: pieces.length.clone(), slope }
    }

    /// The bytes they take.
    pub fn bytes(&self) -> usize {
        let pieces = self.before.len() + self.length.len() + self.slope.len();
        self.entries.len() * (size_of::<Entry>() + size_of::<u64>()) + size_of_val(&*self.of_bin) + 8 * pieces
    }

    /// Turns words into attempts of the acceptance bins before the accepted one; `tie(i)` gives the further word of draw `i`.
    pub fn read(&self, words: &[u64], bins: &[u16], before: &mut [f64], tie: impl Fn(usize) -> u64) {
        let count = self.length.len();
        let points = self.of_bin.len() / 2;
        for (i, ((&word, &bin), out)) in words.iter().zip(bins).zip(before).enumerate() {
            let (first, bits, piece) = self.of_bin[usize::from(bin)];
            let (choice, place) = (word & u64::from(u32::MAX), word >> 32);
            // The index above, then 16 bits of threshold.
            let at = (choice << bits >> 32) as usize;
            let rest = (choice << bits >> 16) as u16;
            let Entry { threshold, alias } = self.entries[first as usize + at];
            let mut own = rest < threshold;
            if rest == threshold {
                own = tie(i) < self.low[first as usize + at];
            }
            let chosen = if own { at } else { alias.into() } + piece as usize;
            let length = self.length[chosen];
            *out = self.before[chosen];
            if length > 1.0 {
                let slope = self.slope[usize::from(usize::from(bin) >= points) * count + chosen];
                let u = (place as f64 + 0.5) * (1.0 / 4_294_967_296.0);
                let within =
                    if slope < 0.0 { libm::log1p(u * libm::expm1(length * slope)) / slope } else { u * length };
                *out += libm::floor(within).min(length - 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use crate::sampling::scenario::error_rates::ErrorRates;

    const GRID: [u64; 5] = [1, 3, 40, 300, 900];

    fn tables(parts: &[(f64, Rates)]) -> AttemptTables {
        let pieces = Pieces::new(&GRID);
        let (mut sums, mut room) = (vec![0.0; pieces.sums()], vec![0.0; pieces.count()]);
        parts.iter().for_each(|&(weight, rates)| pieces.add(rates, weight, &mut sums, &mut room));
        AttemptTables::new(&pieces, &sums)
    }

    fn rates(p: f64, f: f64, g: f64) -> Rates {
        Rates { success: p, errors: ErrorRates::new(f, g) }
    }

    /// Distribution functions of the attempt number in each long bin against those of the mixture: Kolmogorov's distance
    /// times the root of the draws exceeds 4.8 with a probability below 1e-19.
    #[test]
    fn attempt_numbers_follow_the_mixture() {
        let parts = [(0.3, rates(0.2, 0.05, 0.1)), (0.5, rates(0.004, 0.0, 0.3)), (0.2, rates(1e-3, 0.01, 0.0))];
        let tables = tables(&parts);
        let mut from = 0;
        for (bin, &to) in GRID.iter().enumerate() {
            for kind in 0..2 {
                if to - from > 1 {
                    let mass = |k: u64| -> f64 {
                        let each = parts.iter().map(|(weight, r)| {
                            let a = if kind == 0 { r.accepted_correct() } else { r.accepted_wrong() };
                            weight * a * exp((k - 1) as f64 * r.ln_rejected())
                        });
                        each.sum()
                    };
                    let total: f64 = (from + 1..=to).map(mass).sum();
                    let draws = 400_000;
                    let mut words = vec![0; draws];
                    Stream::new([8, 1], bin as u64, kind, 0).fill(0, &mut words);
                    let acceptance = (bin + GRID.len() * kind as usize) as u16;
                    let mut before = vec![0.0; draws];
                    let tie = Stream::new([8, 1], bin as u64, 7, 0);
                    tables.read(&words, &vec![acceptance; draws], &mut before, |i| tie.word(i as u64));
                    let mut counts = vec![0.0; (to - from) as usize];
                    before.iter().for_each(|&x| counts[x as usize] += 1.0 / draws as f64);
                    let (mut drawn, mut law) = (0.0, 0.0);
                    for (count, k) in counts.iter().zip(from + 1..) {
                        drawn += count;
                        law += mass(k) / total;
                        assert!((drawn - law).abs() < 4.8 / (draws as f64).sqrt(), "{bin} {kind} {k}: {drawn} {law}");
                    }
                }
            }
            from = to;
        }
    }

    /// What a piece of several attempts is off by, without a draw: its distribution function from the slope.
    #[test]
    fn a_piece_is_geometric_to_a_millionth() {
        // A law as spread as they come: rates over eight powers of ten.
        let parts: Vec<(f64, Rates)> =
            (0..200).map(|i| (1.0 / 200.0, rates(libm::exp(-0.1 * f64::from(i)), 0.0, 0.0))).collect();
        let grid = [1, 2_000_000];
        let pieces = Pieces::new(&grid);
        let (mut sums, mut room) = (vec![0.0; pieces.sums()], vec![0.0; pieces.count()]);
        parts.iter().for_each(|&(weight, rates)| pieces.add(rates, weight, &mut sums, &mut room));
        let tables = AttemptTables::new(&pieces, &sums);
        let mut worst: f64 = 0.0;
        for at in (0..pieces.count()).filter(|&at| pieces.length[at] > 1.0) {
            let (from, length, slope) = (pieces.from[at], pieces.length[at], tables.slope[at]);
            let half = libm::floor(0.5 * length);
            let within = |k: f64| -> f64 {
                let each = parts.iter().map(|(w, r)| w * exp(from * r.ln_rejected()) * -expm1(k * r.ln_rejected()));
                each.sum()
            };
            let (exact, model) = (within(half) / within(length), expm1(half * slope) / expm1(length * slope));
            worst = worst.max((exact - model).abs());
        }
        assert!(worst > 0.0 && worst < 1e-6, "{worst}");
    }

    #[test]
    fn certain_rates_are_accepted_at_once() {
        let pieces = Pieces::new(&[4, 9]);
        let (mut sums, mut room) = (vec![0.0; pieces.sums()], vec![0.0; pieces.count()]);
        pieces.add(rates(1.0, 0.0, 0.0), 1.0, &mut sums, &mut room);
        let mut before = [9.0; 2];
        AttemptTables::new(&pieces, &sums).read(&[0, u64::MAX], &[0, 0], &mut before, |_| 0);
        assert_eq!(before, [0.0; 2]);
    }
}
