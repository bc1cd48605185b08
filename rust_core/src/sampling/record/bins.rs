//! First accepted, counted by the bins of its events: integers per task and bin.

use super::row::RowTally;
use super::values::Values;
use super::{BILL, SHARES, Wanted};
use crate::sampling::policy::Policy;
use crate::sampling::scenario::cost::{Cost, Utility};
use crate::sampling::scenario::law::TaskLaw;

/// The counts of a run, or of one worker's share of it.
#[derive(Debug, Clone)]
pub struct BinTally {
    /// Grid points.
    pub points: usize,
    /// Per task, 2G+1 acceptance bins.
    pub acceptance: Vec<u64>,
    /// Per task, G+1 coverage bins; empty unless wanted.
    pub coverage: Vec<u64>,
    /// Per task and grid point: nothing accepted, and the last attempt correct; empty unless a policy returns it.
    pub last_correct: Vec<u64>,
    /// Per task and acceptance bin on the grid: sums of the attempt numbers and of their squares; empty where their
    /// mean given the bin is known.
    pub attempts: Vec<[u128; 2]>,
    /// Per share and policy: trials by grid point and number of tasks; empty unless wanted.
    pub share_counts: [Vec<Vec<u64>>; SHARES.len()],
    /// Per policy and grid point: utilities of whole trials; empty unless wanted.
    pub utility_counts: Vec<Vec<Values>>,
    /// Per part of a bill, policy and grid point: what whole trials took; empty unless wanted.
    pub bill_counts: [Vec<Vec<Values>>; BILL.len()],
}

impl BinTally {
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
            bill_counts: wanted
                .bill_counts
                .map(|w| vec![vec![Values::default(); if_wanted(w, points)]; policies.len()]),
        }
    }

    /// The sum of the workers' counts.
    pub fn merged(mut tallies: impl Iterator<Item = Self>) -> Option<Self> {
        let mut total = tallies.next()?;
        tallies.for_each(|t| total.merge(&t));
        Some(total)
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
        let bills = self.bill_counts.iter_mut().flatten().zip(other.bill_counts.iter().flatten());
        for (a, b) in self.utility_counts.iter_mut().zip(&other.utility_counts).chain(bills) {
            a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        }
    }
}

/// Where the attempt numbers come from when the rows are made.
pub enum AttemptNumbers<'a> {
    /// From the tally's own sums.
    Drawn,
    /// From the law of each task: the mean of the attempt number given its bin.
    Laws(&'a [TaskLaw]),
    /// The mean of the attempt number of a task in an acceptance bin.
    Means(&'a dyn Fn(usize, usize) -> f64),
}

impl BinTally {
    /// Calls `visit(policy, grid point, row)` for every row, point by point.
    pub fn rows(
        &self,
        trials: u64,
        grid: &[u64],
        policies: &[Policy],
        (utility, cost): (Option<Utility>, Option<Cost>),
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
                    AttemptNumbers::Means(_) | AttemptNumbers::Drawn => 0.0,
                };
                for kind in 0..2 {
                    let bin = kind * points + g;
                    let n = self.acceptance[i * width + bin];
                    count[i][kind] += n;
                    let sums = match numbers {
                        AttemptNumbers::Laws(_) | AttemptNumbers::Means(_) if n == 0 => [0.0; 2],
                        AttemptNumbers::Laws(_) => [n as f64 * mean, n as f64 * mean * mean],
                        AttemptNumbers::Means(of) => {
                            let mean = of(i, bin);
                            [n as f64 * mean, n as f64 * mean * mean]
                        }
                        AttemptNumbers::Drawn => self.attempts[i * 2 * points + bin].map(|sum| sum as f64),
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
                    let each = cost.map(|cost| cost.mean_rates(policy.needs().checks()));
                    row.push_mean_bill(each, first[i][0] + last as f64 * cap);
                    if let Some(u) = utility {
                        // Each outcome is worth its value less the attempts, whose mean money counts: sums of
                        // (value - c T) and of its square.
                        let c = u.attempt_cost + each.map_or(0.0, |[_, money, _]| money);
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
                for (counts, bills) in row.bill_counts.iter_mut().zip(&self.bill_counts) {
                    *counts = bills[p].get(g).map(Values::sorted).unwrap_or_default();
                }
                if let Some(values) = self.utility_counts.get(p).and_then(|v| v.get(g)) {
                    row.utility_counts = values.sorted();
                }
                visit(p, g, row);
            }
        }
    }
}
