//! One chunk of trials: how many tasks fell into each bin, trial by trial, and the scores that follow.

use std::ops::Range;

use crate::error::Result;
use crate::sampling::policy::Policy;
use crate::sampling::record::bins::BinTally;
use crate::sampling::record::{BILL, Wanted};
use crate::sampling::scenario::cost::{Cost, Utility};

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

/// What whole trials are worth and cost.
pub struct Paid<'a> {
    /// What answers are worth.
    pub utility: Option<Utility>,
    /// What attempts cost.
    pub cost: Option<Cost>,
    /// Their output tokens.
    pub tokens: TokensOf<'a>,
}

/// Finds the output tokens of each trial after so many attempts at a grid point; points come in order.
type TokensOf<'a> = &'a mut dyn FnMut(usize, &[f64], &mut [f64]) -> Result<()>;

/// The scores of a chunk of trials.
#[derive(Debug)]
pub struct BinScores {
    trials: usize,
    tasks: u32,
    points: usize,
    acceptance: Counters,
    last: Counters,
    /// Attempts of each bin of the grid before accepted ones, over tasks; empty unless asked for.
    before: Vec<u64>,
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
            before: vec![0; if attempts { points * trials } else { 0 }],
            sets: vec![[0; 4]; 2 * points + 1],
        }
    }

    /// Empties the chunk.
    pub fn clear(&mut self) {
        self.acceptance.clear();
        self.last.clear();
        self.before.fill(0);
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

    /// Adds attempts of bins of the grid before accepted ones: trial, bin, attempts.
    #[inline]
    pub fn add_offsets(&mut self, offsets: impl Iterator<Item = (usize, usize, u64)>) {
        offsets.for_each(|(t, bin, before)| self.before[bin * self.trials + t] += before);
    }

    /// Counts the scores of the chunk's first `trials` trials.
    pub fn score(
        &self,
        trials: usize,
        grid: &[u64],
        policies: &[Policy],
        wanted: Wanted,
        paid: &mut Paid<'_>,
        tally: &mut BinTally,
    ) -> Result<()> {
        if !wanted.scores() {
            return Ok(());
        }
        let tasks = self.tasks as usize;
        let mut correct = vec![0u32; trials];
        let mut wrong = vec![0u32; trials];
        let mut used = Used::new(if self.before.is_empty() { 0 } else { trials });
        // Right and wrong answers returned; the same as accepted ones unless the last attempt is returned too.
        let mut returned = [vec![0u32; trials], vec![0u32; trials]];
        for (g, &cap) in grid.iter().enumerate() {
            self.acceptance.add_to(&mut correct, g * self.trials);
            self.acceptance.add_to(&mut wrong, (self.points + g) * self.trials);
            if !self.before.is_empty() {
                let from = if g == 0 { 0 } else { grid[g - 1] };
                used.go_on(&self.before[g * self.trials..], [&correct, &wrong], self.tasks, (from, cap));
                if paid.cost.is_some() {
                    (paid.tokens)(g, &used.all, &mut used.output)?;
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
                let rates = paid.cost.map_or([[0.0; 2]; BILL.len()], |cost| cost.rates(policy.needs().checks()));
                let bill = |part: usize, t: usize| {
                    let [constant, per_token]: [f64; 2] = rates[part];
                    used.all.get(t).map_or(0.0, |n| n * constant + used.output[t] * per_token)
                };
                for (part, counts) in tally.bill_counts.iter_mut().enumerate() {
                    let Some(counts) = counts[p].get_mut(g) else { continue };
                    if rates[part] == [0.0; 2] {
                        counts.add_many(0.0, trials as u64);
                    } else {
                        (0..trials).for_each(|t| counts.add(bill(part, t) / f64::from(self.tasks)));
                    }
                }
                if let (Some(u), true) = (paid.utility, wanted.utility_counts) {
                    let values = &mut tally.utility_counts[p][g];
                    for t in 0..trials {
                        let attempts = used.all.get(t).copied().unwrap_or(0.0);
                        let worth = u.correct_reward * f64::from(right[t]) - u.wrong_cost * f64::from(bad[t]);
                        let paid = u.attempt_cost * attempts + bill(1, t);
                        values.add((worth - paid) / f64::from(self.tasks));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Attempts used by all tasks, trial by trial.
struct Used {
    /// By those that were accepted, and how many these are.
    accepted: Vec<u64>,
    count: Vec<u32>,
    /// By all, and their output tokens.
    all: Vec<f64>,
    output: Vec<f64>,
}

impl Used {
    fn new(trials: usize) -> Self {
        Self { accepted: vec![0; trials], count: vec![0; trials], all: vec![0.0; trials], output: vec![0.0; trials] }
    }

    /// Goes on to the end of a bin of the grid, `from` to `to`.
    fn go_on(&mut self, before: &[u64], [correct, wrong]: [&[u32]; 2], tasks: u32, (from, to): (u64, u64)) {
        let trials = self.all.len();
        let (before, correct, wrong) = (&before[..trials], &correct[..trials], &wrong[..trials]);
        for t in 0..trials {
            let now = correct[t] + wrong[t];
            self.accepted[t] += before[t] + u64::from(now - self.count[t]) * (from + 1);
            self.count[t] = now;
            self.all[t] = self.accepted[t] as f64 + f64::from(tasks - now) * to as f64;
        }
    }
}

fn add<C: Copy + Into<u32>>(sums: &mut [u32], counters: &[C]) {
    sums.iter_mut().zip(counters).for_each(|(sum, &n)| *sum += n.into());
}
