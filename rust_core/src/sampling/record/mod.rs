//! What a simulation counts: integers per task and cell, and exact counts of whole-benchmark scores.
//!
//! Everything here merges by integer addition, so neither threads nor shards nor their order can change a number.

pub mod binned_scores;
pub mod columns;
pub mod estimate;
pub mod layout;
pub mod outcome;
pub mod rows;
pub mod trial_scores;

use std::collections::HashMap;

use crate::sampling::policy::Policy;
use crate::sampling::scenario::cost::Utility;

/// The shares of a whole benchmark run whose distribution over trials can be counted.
pub const SHARES: [&str; 3] = ["accuracy", "accepted", "wrong"];
/// The parts of a bill.
pub const BILL: [&str; 3] = ["tokens", "cost", "latency"];

/// What a run has to count, beyond acceptance.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The first correct attempt too.
    pub coverage: bool,
    /// The distributions over trials of the whole benchmark's shares, in the order of `SHARES`.
    pub share_counts: [bool; SHARES.len()],
    /// The distribution over trials of the whole benchmark's utility.
    pub utility_counts: bool,
    /// The distributions over trials of the whole benchmark's tokens, cost and latency, in the order of `BILL`.
    pub bill_counts: [bool; BILL.len()],
}

impl Wanted {
    /// Whether any score of the whole benchmark is counted.
    pub fn scores(&self) -> bool {
        self.utility_counts || self.bill_counts.contains(&true) || self.share_counts.contains(&true)
    }
}

/// How often each value of a continuous score was seen, in bins of relative width 2^-13.
///
/// A bin keeps the least value that fell into it: exact where a bin holds one value, as with the utilities of a few
/// hundred tasks.
#[derive(Debug, Clone, Default)]
pub struct Values(HashMap<u32, (f64, u64)>);

impl Values {
    /// Counts a value once.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.add_many(value, 1);
    }

    /// Counts a value `times` times.
    pub fn add_many(&mut self, value: f64, times: u64) {
        // Sign, exponent and 13 bits of the mantissa; -0 counts as 0.
        let bin = ((value + 0.0).to_bits() >> 39) as u32;
        let entry = self.0.entry(bin).or_insert((value, 0));
        entry.0 = entry.0.min(value);
        entry.1 += times;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for &(value, times) in other.0.values() {
            self.add_many(value, times);
        }
    }

    /// The values in ascending order, with their counts.
    pub fn sorted(&self) -> Vec<(f64, u64)> {
        let mut pairs: Vec<_> = self.0.values().copied().collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        pairs
    }
}

/// The counts of a run, or of one worker's share of it.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Grid points.
    pub points: usize,
    /// Per task, 2G+1 acceptance cells.
    pub acceptance: Vec<u64>,
    /// Per task, G+1 coverage cells; empty unless wanted.
    pub coverage: Vec<u64>,
    /// Per task and grid point: nothing accepted, and the last attempt correct; empty unless a policy returns it.
    pub last_correct: Vec<u64>,
    /// Per task and acceptance cell on the grid: sums of the attempt numbers and of their squares; empty where their
    /// mean given the cell is known.
    pub attempts: Vec<[u128; 2]>,
    /// Per share and policy: trials by grid point and number of tasks; empty unless wanted.
    pub share_counts: [Vec<Vec<u64>>; SHARES.len()],
    /// Per policy and grid point: utilities of whole trials; empty unless wanted.
    pub utility_counts: Vec<Vec<Values>>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(tasks: usize, points: usize, policies: &[Policy], wanted: Wanted, attempts_drawn: bool) -> Self {
        let if_wanted = |wanted: bool, size: usize| if wanted { size } else { 0 };
        let last = policies.iter().any(|p| p.needs().last);
        Self {
            points,
            acceptance: vec![0; tasks * (2 * points + 1)],
            coverage: vec![0; if_wanted(wanted.coverage, tasks * (points + 1))],
            last_correct: vec![0; if_wanted(last, tasks * points)],
            attempts: vec![[0; 2]; if_wanted(attempts_drawn, tasks * 2 * points)],
            share_counts: wanted
                .share_counts
                .map(|w| vec![vec![0; if_wanted(w, points * (tasks + 1))]; policies.len()]),
            utility_counts: vec![vec![Values::default(); if_wanted(wanted.utility_counts, points)]; policies.len()],
        }
    }

    /// The sum of the workers' counts.
    pub fn merged(mut tallies: impl Iterator<Item = Self>) -> Self {
        let mut total = tallies.next().expect("a run has at least one worker");
        tallies.for_each(|t| total.merge(&t));
        total
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        fn add(to: &mut [u64], from: &[u64]) {
            to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        }
        add(&mut self.acceptance, &other.acceptance);
        add(&mut self.coverage, &other.coverage);
        add(&mut self.last_correct, &other.last_correct);
        for (a, b) in self.attempts.iter_mut().zip(&other.attempts) {
            a[0] += b[0];
            a[1] += b[1];
        }
        for (a, b) in self.share_counts.iter_mut().flatten().zip(other.share_counts.iter().flatten()) {
            add(a, b);
        }
        for (a, b) in self.utility_counts.iter_mut().flatten().zip(other.utility_counts.iter().flatten()) {
            a.merge(b);
        }
    }
}

/// One row's counts, per task: a policy at a grid point.
#[derive(Debug, Clone, Default)]
pub struct RowTally {
    /// Trials in which an accepted answer was returned.
    pub accepted: Vec<u64>,
    /// Trials in which the returned answer was correct.
    pub correct: Vec<u64>,
    /// Trials in which the returned answer was wrong.
    pub wrong: Vec<u64>,
    /// Trials in which some attempt was correct; empty where not known or not wanted.
    pub covered: Vec<u64>,
    /// Sums over trials of the attempts used, and of their squares.
    pub attempts: [Vec<f64>; 2],
    /// Sums over trials of tokens, money and seconds, and of their squares; empty without a cost.
    pub bill: [[Vec<f64>; 2]; 3],
    /// Tokens, money and seconds of the whole benchmark per task with their counts; empty unless wanted.
    pub bill_counts: [Vec<(f64, u64)>; BILL.len()],
    /// Sums over trials of the utility, and of its squares; empty without a utility.
    pub utility: [Vec<f64>; 2],
    /// Trials by number of tasks of the whole benchmark, in the order of `SHARES`; empty unless wanted.
    pub share_counts: [Vec<u64>; SHARES.len()],
    /// Utilities of the whole benchmark with their counts; empty unless wanted.
    pub utility_counts: Vec<(f64, u64)>,
}

/// Where the attempt numbers come from when the rows are made.
pub enum AttemptNumbers<'a> {
    /// From the tally's own sums.
    Drawn,
    /// From the law of each task: the mean of the attempt number given its cell.
    Laws(&'a [crate::sampling::scenario::law::TaskLaw]),
}

impl Tally {
    /// Calls `visit(policy, grid point, row)` for every row, point by point.
    pub fn rows(
        &self,
        trials: u64,
        grid: &[u64],
        policies: &[Policy],
        utility: Option<Utility>,
        numbers: &AttemptNumbers<'_>,
        mut visit: impl FnMut(usize, usize, RowTally),
    ) {
        let points = self.points;
        let width = 2 * points + 1;
        let tasks = self.acceptance.len() / width;
        // Running counts and sums up to the grid point: correct, wrong; attempt numbers of both, and of their squares.
        let mut count = vec![[0u64; 2]; tasks];
        let mut first = vec![[0.0; 2]; tasks];
        let mut second = vec![[0.0; 2]; tasks];
        let mut covered = vec![0u64; if self.coverage.is_empty() { 0 } else { tasks }];
        for g in 0..points {
            let from = if g == 0 { 0.0 } else { grid[g - 1] as f64 };
            let cap = grid[g] as f64;
            for i in 0..tasks {
                let mean = match numbers {
                    AttemptNumbers::Laws(laws) => laws[i].mean_attempt(from, cap),
                    AttemptNumbers::Drawn => 0.0,
                };
                for kind in 0..2 {
                    let cell = kind * points + g;
                    let n = self.acceptance[i * width + cell];
                    count[i][kind] += n;
                    let sums = match numbers {
                        AttemptNumbers::Laws(_) if n == 0 => [0.0; 2],
                        AttemptNumbers::Laws(_) => [n as f64 * mean, n as f64 * mean * mean],
                        AttemptNumbers::Drawn => self.attempts[i * 2 * points + cell].map(|sum| sum as f64),
                    };
                    first[i][kind] += sums[0];
                    second[i][kind] += sums[1];
                }
            }
            for (i, total) in covered.iter_mut().enumerate() {
                *total += self.coverage[i * (points + 1) + g];
            }
            for (p, policy) in policies.iter().enumerate() {
                let mut row = RowTally { covered: covered.clone(), ..RowTally::default() };
                for i in 0..tasks {
                    let [correct, wrong] = count[i];
                    let none = trials - correct - wrong;
                    let last = if policy.needs().last { self.last_correct[i * points + g] } else { 0 };
                    let last_wrong = if policy.needs().last { none - last } else { 0 };
                    row.accepted.push(correct + wrong);
                    row.correct.push(correct + last);
                    row.wrong.push(wrong + last_wrong);
                    row.attempts[0].push(first[i][0] + first[i][1] + none as f64 * cap);
                    row.attempts[1].push(second[i][0] + second[i][1] + none as f64 * cap * cap);
                    if let Some(u) = utility {
                        // Each outcome is worth its value less the attempts: sums of (value - c T) and of its square.
                        let c = u.attempt_cost;
                        let outcomes = [
                            (u.correct_reward, correct, first[i][0], second[i][0]),
                            (-u.wrong_cost, wrong, first[i][1], second[i][1]),
                            (u.correct_reward, last, last as f64 * cap, last as f64 * cap * cap),
                            (-u.wrong_cost, last_wrong, last_wrong as f64 * cap, last_wrong as f64 * cap * cap),
                            (
                                0.0,
                                none - last - last_wrong,
                                (none - last - last_wrong) as f64 * cap,
                                (none - last - last_wrong) as f64 * cap * cap,
                            ),
                        ];
                        let (mut sum, mut square) = (0.0, 0.0);
                        for (value, n, t, tt) in outcomes {
                            sum += value * n as f64 - c * t;
                            square += value * value * n as f64 - 2.0 * value * c * t + c * c * tt;
                        }
                        row.utility[0].push(sum);
                        row.utility[1].push(square);
                    }
                }
                for (row, counts) in row.share_counts.iter_mut().zip(&self.share_counts) {
                    *row = counts[p].get(g * (tasks + 1)..(g + 1) * (tasks + 1)).unwrap_or_default().to_vec();
                }
                if let Some(values) = self.utility_counts.get(p).and_then(|v| v.get(g)) {
                    row.utility_counts = values.sorted();
                }
                visit(p, g, row);
            }
        }
    }
}

/// The cell that holds attempt `k` on the grid; G beyond it.
pub fn cell_of(grid: &[u64], k: u64) -> usize {
    grid.partition_point(|&g| g < k)
}
