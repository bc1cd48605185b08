//! One block of trials: how many tasks fell into each cell, trial by trial, and the scores that follow.

use crate::sampling::policy::Policy;
use crate::sampling::record::{Tally, Wanted};
use crate::sampling::scenario::cost::Utility;

/// A counter of tasks: as few bits as the benchmark allows, to stay in the cache.
pub trait Count: Copy + Send + Into<u32> {
    /// No task.
    const ZERO: Self;
    /// One more.
    fn increment(&mut self);
}

impl Count for u8 {
    const ZERO: Self = 0;
    #[inline]
    fn increment(&mut self) {
        *self += 1;
    }
}

impl Count for u16 {
    const ZERO: Self = 0;
    #[inline]
    fn increment(&mut self) {
        *self += 1;
    }
}

impl Count for u32 {
    const ZERO: Self = 0;
    #[inline]
    fn increment(&mut self) {
        *self += 1;
    }
}

/// One block of trials.
#[derive(Debug)]
pub struct Block<C> {
    trials: usize,
    tasks: u32,
    points: usize,
    acceptance: Vec<C>,
    last: Vec<C>,
    attempts: Vec<u64>,
    /// Four counters of each of one task's cells: neighbouring trials often share a cell, and one increment need not
    /// wait for the last.
    sets: Vec<[u32; 4]>,
}

impl<C: Count> Block<C> {
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
            acceptance: vec![C::ZERO; if wanted.scores() { (2 * points + 1) * trials } else { 0 }],
            last: vec![C::ZERO; if last { points * trials } else { 0 }],
            attempts: vec![0; if attempts { 2 * points * trials } else { 0 }],
            sets: vec![[0; 4]; 2 * points + 1],
        }
    }

    /// Empties the block.
    pub fn clear(&mut self) {
        self.acceptance.fill(C::ZERO);
        self.last.fill(C::ZERO);
        self.attempts.fill(0);
    }

    /// Adds one task's acceptance cells, a trial each, to the block and to the task's own `counts`.
    #[inline]
    pub fn add_acceptance(&mut self, cells: &[u16], counts: &mut [u64]) {
        if !self.acceptance.is_empty() {
            for (t, &cell) in cells.iter().enumerate() {
                self.acceptance[cell as usize * self.trials + t].increment();
            }
        }
        self.count(cells, counts);
    }

    /// Adds one task's cells, a trial each, to its own `counts`.
    #[inline]
    pub fn count(&mut self, cells: &[u16], counts: &mut [u64]) {
        let sets = &mut self.sets[..counts.len()];
        sets.fill([0; 4]);
        let fours = cells.chunks_exact(4);
        for &cell in fours.remainder() {
            sets[cell as usize][0] += 1;
        }
        for four in fours {
            for (set, &cell) in four.iter().enumerate() {
                sets[cell as usize][set] += 1;
            }
        }
        for (count, set) in counts.iter_mut().zip(sets) {
            *count += set.iter().map(|&n| u64::from(n)).sum::<u64>();
        }
    }

    /// Adds one task whose last attempt at grid point `g` is correct in trial `t`.
    pub fn add_last(&mut self, g: usize, t: usize) {
        self.last[g * self.trials + t].increment();
    }

    /// Adds the attempt number of an acceptance in a cell on the grid.
    pub fn add_attempt(&mut self, cell: u16, t: usize, attempt: u64) {
        self.attempts[cell as usize * self.trials + t] += attempt;
    }

    /// Counts the scores of the block's first `trials` trials.
    pub fn score(
        &self,
        trials: usize,
        grid: &[u64],
        policies: &[Policy],
        wanted: Wanted,
        utility: Option<Utility>,
        tally: &mut Tally,
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
            add(&mut correct, &self.acceptance[g * self.trials..]);
            add(&mut wrong, &self.acceptance[(self.points + g) * self.trials..]);
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
                    add(right, &self.last[g * self.trials..]);
                    bad.iter_mut().zip(&*right).for_each(|(b, r)| *b = self.tasks - r);
                } else {
                    bad.copy_from_slice(&wrong);
                }
                let cells = g * (tasks + 1)..(g + 1) * (tasks + 1);
                let [accuracy, accepted, wrongs] = &mut tally.share_counts;
                if wanted.share_counts[0] {
                    let counts = &mut accuracy[p][cells.clone()];
                    for &n in right.iter() {
                        counts[n as usize] += 1;
                    }
                }
                if wanted.share_counts[1] {
                    let counts = &mut accepted[p][cells.clone()];
                    correct.iter().zip(&wrong).for_each(|(&c, &w)| counts[(c + w) as usize] += 1);
                }
                if wanted.share_counts[2] {
                    let counts = &mut wrongs[p][cells];
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

fn add<C: Count>(to: &mut [u32], from: &[C]) {
    to.iter_mut().zip(from).for_each(|(a, &b)| *a += b.into());
}
