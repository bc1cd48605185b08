//! How far into its bin the first acceptance comes, for the trials of a chunk that are accepted in a bin of several attempts.

use libm::expm1;

use crate::dispatch::{Kernel, dispatch};
use crate::math::log1p;
use crate::rng::{Stream, open01};
use crate::sampling::draw::events::attempts::AttemptTables;
use crate::sampling::draw::events::within::ends;
use crate::sampling::scenario::law::TaskLaw;

/// The offsets of one task after another, and room for them.
#[derive(Debug)]
pub struct Offsets {
    grid: Vec<u64>,
    /// By acceptance bin, 1 where it has several attempts.
    long: Vec<usize>,
    /// Trials accepted in a long bin, and their acceptance bins.
    trials: Vec<u32>,
    bins: Vec<u16>,
    words: Vec<u64>,
    /// The attempts of the bin before the first acceptance.
    before: Vec<f64>,
    found: usize,
}

impl Offsets {
    /// Room for a chunk of so many trials.
    pub fn new(grid: &[u64], trials: usize) -> Self {
        let long = (0..grid.len()).map(|bin| {
            let (from, to) = ends(grid, bin);
            usize::from(to - from > 1)
        });
        let long: Vec<usize> = long.collect();
        Self {
            grid: grid.to_vec(),
            long: [&long[..], &long, &[0]].concat(),
            trials: vec![0; trials + 1],
            bins: vec![0; trials + 1],
            words: vec![0; trials.next_multiple_of(4)],
            before: vec![0.0; trials],
            found: 0,
        }
    }

    /// Finds the trials accepted in a long bin, and the words of a stream for them.
    fn find(&mut self, acceptance: &[u16], (stream, first): (Stream, u64)) {
        let mut found = 0;
        for (t, &bin) in acceptance.iter().enumerate() {
            (self.trials[found], self.bins[found]) = (t as u32, bin);
            found += self.long[usize::from(bin)];
        }
        stream.fill(first / 4, &mut self.words[..found.next_multiple_of(4)]);
        self.found = found;
    }

    /// Of a task with a known law, given its acceptance bins; reads words of a stream from one on that is a multiple of 4.
    pub fn of_law(&mut self, law: &TaskLaw, acceptance: &[u16], words: (Stream, u64)) {
        self.find(acceptance, words);
        let Self { grid, bins, words, before, found, .. } = self;
        let found = *found;
        let points = grid.len();
        bins[..found].iter_mut().for_each(|bin| *bin %= points as u16);
        let (bins, before) = (&bins[..found], &mut before[..found]);
        let TaskLaw::Attempts(rates) = law else {
            for ((before, &bin), &word) in before.iter_mut().zip(bins).zip(&*words) {
                let (from, to) = ends(grid, bin.into());
                *before = law.attempt_at(from as f64, to as f64, open01(word)) - from as f64 - 1.0;
            }
            return;
        };
        let ln_miss = rates.ln_rejected();
        let lengths: Vec<f64> = (0..points).map(|bin| ends(grid, bin)).map(|(from, to)| (to - from) as f64).collect();
        let share: Vec<f64> = lengths.iter().map(|length| expm1(length * ln_miss)).collect();
        dispatch(Geometric { ln_miss, share: &share, lengths: &lengths, bins, words, before });
    }

    /// Of a task whose rates were integrated.
    pub fn of_tables(&mut self, tables: &AttemptTables, acceptance: &[u16], words: (Stream, u64), tie: Stream) {
        self.find(acceptance, words);
        let (found, first) = (self.found, words.1);
        tables
            .read(&self.words[..found], &self.bins[..found], &mut self.before[..found], |i| tie.word(first + i as u64));
        let points = self.grid.len() as u16;
        self.bins[..found].iter_mut().for_each(|bin| *bin %= points);
    }

    /// The trials accepted in long bins: trial, bin of the grid, and attempts of the bin before the accepted one.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        let places = self.trials[..self.found].iter().zip(&self.bins);
        places.zip(&self.before).map(|((&t, &bin), &before)| (t as usize, bin.into(), before as u64))
    }
}

/// Truncated geometric numbers less one, by the inverse of their distribution function.
struct Geometric<'a> {
    ln_miss: f64,
    /// By bin, less P(accepted in it | not before).
    share: &'a [f64],
    lengths: &'a [f64],
    bins: &'a [u16],
    words: &'a [u64],
    before: &'a mut [f64],
}

impl Kernel for Geometric<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { ln_miss, share, lengths, bins, words, before } = self;
        let count = before.len();
        let (bins, words) = (&bins[..count], &words[..count]);
        for i in 0..count {
            before[i] = open01(words[i]) * share[usize::from(bins[i])];
        }
        for before in before.iter_mut() {
            *before = (log1p(*before) / ln_miss).floor();
        }
        for i in 0..count {
            // Rounding may reach the end of the bin.
            let most = lengths[usize::from(bins[i])] - 1.0;
            before[i] = if before[i] > most { most } else { before[i] };
        }
    }
}
