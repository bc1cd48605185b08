//! One chunk of trials: how many tasks fell into each bin, trial by trial, and the scores that follow.

use std::ops::Range;

use crate::sampling::policy::Policy;
use crate::sampling::record::Wanted;
use crate::sampling::record::bins::BinTally;
use crate::sampling::scenario::cost::Utility;

/// Counters of tasks: of as few bits as the benchmark allows, to stay in the cache.
#[derive(Debug)]
enum Counters {
    Small(Vec<u8>),
    Medium(Vec<u16>),
    Large(Vec<u32>),
}

/// Does something with the counters, whatever their size.
macro_rules! each {
    ($counters:expr, $inner:ident => $body:expr) => {
        match $counters {
            Counters::Small($inner) => $body,
            Counters::Medium($inner) => $body,
            Counters::Large($inner) => $body,
        }
    };
}

impl Counters {
    /// So many counters of at most `tasks` tasks.
    fn new(size: usize, tasks: usize) -> Self {
        if u8::try_from(tasks).is_ok() {
            Self::Small(vec![0; size])
        } else if u16::try_from(tasks).is_ok() {
            Self::Medium(vec![0; size])
        } else {
            Self::Large(vec![0; size])
        }
    }

    fn clear(&mut self) {
        each!(self, counters => counters.fill(0));
    }

    fn is_empty(&self) -> bool {
        each!(self, counters => counters.is_empty())
    }

    /// Increments a counter of each trial, of `trials` to a bin.
    #[inline]
    fn increment_bins(&mut self, bins: &[u16], trials: usize) {
        each!(self, counters => bins.iter().enumerate().for_each(|(t, &bin)| counters[bin as usize * trials + t] += 1));
    }

    /// Adds the counters from a place on.
    fn add_to(&self, sums: &mut [u32], from: usize) {
        each!(self, counters => add(sums, &counters[from..]));
    }
}

/// The scores of a chunk of trials.
#[derive(Debug)]
pub struct BinScores {
    trials: usize,
    tasks: u32,
    points: usize,
    acceptance: Counters,
    last: Counters,
    attempts: Vec<u64>,
    /// Four counters of each of one task's bins: neighbouring trials often share a bin, and one increment need not
    /// wait for the last.
    sets: Vec<[u32; 4]>,
}

impl BinScores {
    /// Room for `trials` trials; `attempts` where the scores need attempt numbers.
    pub fn new(
        trials: usize,
        tasks: usize,
        points: usize,
        policies: &[Policy],
        wanted: Wanted,
        attempts: bool,
    ) -> Self {
        let last = policies.iter().any(|p| p.needs().last);
        Self {
            trials,
            tasks: tasks as u32,
            points,
            acceptance: Counters::new(if wanted.scores() { (2 * points + 1) * trials } else { 0 }, tasks),
            last: Counters::new(if last { points * trials } else { 0 }, tasks),
            attempts: vec![0; if attempts { 2 * points * trials } else { 0 }],
            sets: vec![[0; 4]; 2 * points + 1],
        }
    }

    /// Empties the chunk.
    pub fn clear(&mut self) {
        self.acceptance.clear();
        self.last.clear();
        self.attempts.fill(0);
    }

    /// Adds one task's acceptance bins, a trial each, to the chunk and to the task's own `counts`.
    #[inline]
    pub fn add_acceptance(&mut self, bins: &[u16], counts: &mut [u64]) {
        if !self.acceptance.is_empty() {
            self.acceptance.increment_bins(bins, self.trials);
        }
        self.count(bins, counts);
    }

    /// Adds one task's bins, a trial each, to its own `counts`.
    #[inline]
    pub fn count(&mut self, bins: &[u16], counts: &mut [u64]) {
        let sets = &mut self.sets[..counts.len()];
        sets.fill([0; 4]);
        let fours = bins.chunks_exact(4);
        for &bin in fours.remainder() {
            sets[bin as usize][0] += 1;
        }
        for four in fours {
            for (set, &bin) in four.iter().enumerate() {
                sets[bin as usize][set] += 1;
            }
        }
        for (count, set) in counts.iter_mut().zip(sets) {
            *count += set.iter().map(|&n| u64::from(n)).sum::<u64>();
        }
    }

    /// Adds one task whose last attempt may be correct at the grid points that come with each trial, where `is_correct`
    /// says so of a trial and grid point, to the chunk and to the task's own `counts`.
    #[inline]
    pub fn add_last(
        &mut self,
        open: impl Iterator<Item = (usize, Range<usize>)>,
        mut is_correct: impl FnMut(usize, usize) -> bool,
        counts: &mut [u64],
    ) {
        let size = self.trials;
        each!(&mut self.last, counters => for (t, points) in open {
            for g in points {
                if is_correct(t, g) {
                    counters[g * size + t] += 1;
                    counts[g] += 1;
                }
            }
        });
    }

    /// Adds the attempt number of an acceptance in a bin on the grid.
    pub fn add_attempt(&mut self, bin: u16, t: usize, attempt: u64) {
        self.attempts[bin as usize * self.trials + t] += attempt;
    }

    /// Counts the scores of the chunk's first `trials` trials.
    pub fn score(
        &self,
        trials: usize,
        grid: &[u64],
        policies: &[Policy],
        wanted: Wanted,
        utility: Option<Utility>,
        tally: &mut BinTally,
    ) {
        if !wanted.scores() {
            return;
        }
        let tasks = self.tasks as usize;
        let mut correct = vec![0u32; trials];
        let mut wrong = vec![0u32; trials];
        let mut used = vec![0u64; if self.attempts.is_empty() { 0 } else { trials }];
        // Right and wrong answers returned; the same as accepted ones unless the last attempt is returned too.
        let mut returned = [vec![0u32; trials], vec![0u32; trials]];
        for (g, &cap) in grid.iter().enumerate() {
            self.acceptance.add_to(&mut correct, g * self.trials);
            self.acceptance.add_to(&mut wrong, (self.points + g) * self.trials);
            if !used.is_empty() {
                for kind in 0..2 {
                    let row = &self.attempts[(kind * self.points + g) * self.trials..];
                    used.iter_mut().zip(row).for_each(|(a, b)| *a += b);
                }
            }
            for (p, policy) in policies.iter().enumerate() {
                let [right, bad] = &mut returned;
                right.copy_from_slice(&correct);
                if policy.needs().last {
                    self.last.add_to(right, g * self.trials);
                    bad.iter_mut().zip(&*right).for_each(|(b, r)| *b = self.tasks - r);
                } else {
                    bad.copy_from_slice(&wrong);
                }
                let bins = g * (tasks + 1)..(g + 1) * (tasks + 1);
                let [accuracy, accepted, wrongs] = &mut tally.share_counts;
                if wanted.share_counts[0] {
                    let counts = &mut accuracy[p][bins.clone()];
                    for &n in right.iter() {
                        counts[n as usize] += 1;
                    }
                }
                if wanted.share_counts[1] {
                    let counts = &mut accepted[p][bins.clone()];
                    correct.iter().zip(&wrong).for_each(|(&c, &w)| counts[(c + w) as usize] += 1);
                }
                if wanted.share_counts[2] {
                    let counts = &mut wrongs[p][bins];
                    for &n in bad.iter() {
                        counts[n as usize] += 1;
                    }
                }
                if let (Some(u), true) = (utility, wanted.utility_counts) {
                    let values = &mut tally.utility_counts[p][g];
                    for t in 0..trials {
                        let attempts = used.get(t).map_or(0.0, |&sum| {
                            sum as f64 + f64::from(self.tasks - correct[t] - wrong[t]) * cap as f64
                        });
                        let worth = u.correct_reward * f64::from(right[t]) - u.wrong_cost * f64::from(bad[t]);
                        values.add((worth - u.attempt_cost * attempts) / f64::from(self.tasks));
                    }
                }
            }
        }
    }
}

fn add<C: Copy + Into<u32>>(sums: &mut [u32], counters: &[C]) {
    sums.iter_mut().zip(counters).for_each(|(sum, &n)| *sum += n.into());
}
