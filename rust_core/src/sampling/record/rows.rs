//! What the policies returned, counted task by task and over the whole benchmark.

use crate::sampling::record::layout::Layout;
use crate::sampling::record::outcome::{Outcome, Returned};
use crate::sampling::record::row::RowTally;
use crate::sampling::record::trial_scores::TrialScores;
use crate::sampling::record::values::Values;
use crate::sampling::record::{BILL, SHARES};
use crate::sampling::scenario::cost::{Bill, Utility};

/// Counts of one row and task.
#[derive(Debug, Clone, Copy, Default)]
struct Returns {
    /// By what was returned.
    returned: [u64; 3],
    accepted: u64,
    /// By what was returned, those that used fewer attempts than allowed: how many, and the sums of the attempts and of
    /// their squares.
    early: [(u64, [u128; 2]); 3],
}

/// Bytes of a row and task.
pub const RETURN_BYTES: usize = size_of::<Returns>();
/// Bytes of what a row and task costs.
pub const BILL_BYTES: usize = size_of::<[[f64; 2]; 5]>();

impl Returns {
    /// Sums of the attempts used and of their squares, by what was returned, where `most` are allowed.
    fn attempts(&self, most: u64) -> [[u128; 2]; 3] {
        [0, 1, 2].map(|kind| {
            let (early, [sum, squares]) = self.early[kind];
            let (all, most) = (u128::from(self.returned[kind] - early), u128::from(most));
            [sum + all * most, squares + all * most * most]
        })
    }
}

/// The counts of a run, or of one worker's share of it. They merge by integer addition.
#[derive(Debug, Clone)]
pub struct Rows {
    returns: Vec<Returns>,
    /// Per task, G+1 returns of the first correct attempt; under limits, per task and row, trials in which it came.
    coverage: Vec<u64>,
    shares: [Vec<u64>; SHARES.len()],
    utilities: Vec<Values>,
    bills: [Vec<Values>; BILL.len()],
}

/// Sums over the trials of one chunk, added in the order of the chunks because they are floats.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// Per pair of rows, products of their scores.
    pub products: Vec<f64>,
    /// Per task and row: tokens, money, seconds and utility, and their squares.
    bills: Vec<[[f64; 2]; 4]>,
    /// Per task and row: tokens and money of the trials with a correct answer.
    bills_correct: Vec<[f64; 2]>,
}

impl Sums {
    /// Room for the rows of a layout.
    pub fn new(layout: &Layout<'_>) -> Self {
        let rows = layout.rows();
        let if_some = |some: bool, size: usize| if some { size } else { 0 };
        Self {
            products: vec![0.0; if_some(layout.compared.is_some(), rows * rows)],
            bills: vec![[[0.0; 2]; 4]; if_some(layout.charges(), rows * layout.tasks)],
            bills_correct: vec![[0.0; 2]; if_some(layout.charges(), rows * layout.tasks)],
        }
    }

    /// Adds a chunk's.
    pub fn add(&mut self, other: &Self) {
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| *a += b);
        for (a, b) in self.bills.iter_mut().flatten().zip(other.bills.iter().flatten()) {
            a[0] += b[0];
            a[1] += b[1];
        }
        for (a, b) in self.bills_correct.iter_mut().flatten().zip(other.bills_correct.iter().flatten()) {
            *a += b;
        }
    }

    /// Adds what row `row` took on task `i`.
    pub fn charge(&mut self, layout: &Layout<'_>, row: usize, i: usize, outcome: Outcome, bill: Bill) {
        let worth = layout.utility.map_or(0.0, |u| {
            let value = match outcome.returned {
                Returned::Correct => u.correct_reward,
                Returned::Wrong => -u.wrong_cost,
                Returned::Nothing => 0.0,
            };
            value - u.attempt_cost * outcome.attempts as f64 - bill[1]
        });
        let [tokens, money, seconds] = bill;
        for (sums, x) in self.bills[i * layout.rows() + row].iter_mut().zip([tokens, money, seconds, worth]) {
            sums[0] += x;
            sums[1] += x * x;
        }
        if outcome.returned == Returned::Correct {
            let both = &mut self.bills_correct[i * layout.rows() + row];
            both[0] += tokens;
            both[1] += money;
        }
    }
}

impl Rows {
    /// Nothing counted yet.
    pub fn new(layout: &Layout<'_>) -> Self {
        let rows = layout.rows();
        let moments = if layout.limits.is_empty() { layout.grid.len() + 1 } else { rows };
        let if_wanted = |wanted: bool, size: usize| if wanted { size } else { 0 };
        Self {
            returns: vec![Returns::default(); rows * layout.tasks],
            coverage: vec![0; if_wanted(layout.wanted.coverage, layout.tasks * moments)],
            shares: layout.wanted.share_counts.map(|w| vec![0; if_wanted(w, rows * (layout.tasks + 1))]),
            utilities: vec![Values::default(); if_wanted(layout.wanted.utility_counts, rows)],
            bills: layout.wanted.bill_counts.map(|w| vec![Values::default(); if_wanted(w, rows)]),
        }
    }

    /// Adds answers of task `i` that nobody accepts, correct or not, after as many attempts as are allowed.
    pub fn add_answers(&mut self, layout: &Layout<'_>, (row, i): (usize, usize), correct: &[bool]) {
        let right = correct.iter().map(|&correct| usize::from(correct)).sum::<usize>();
        let returns = &mut self.returns[i * layout.rows() + row];
        returns.returned[Returned::Correct as usize] += right as u64;
        returns.returned[Returned::Wrong as usize] += (correct.len() - right) as u64;
    }

    /// Adds an outcome of task `i` with at most `most` attempts.
    #[inline]
    pub fn add(&mut self, layout: &Layout<'_>, (row, i): (usize, usize), outcome: Outcome, most: u64) {
        let returns = &mut self.returns[i * layout.rows() + row];
        let kind = outcome.returned as usize;
        returns.returned[kind] += 1;
        returns.accepted += u64::from(outcome.accepted);
        if outcome.attempts < most {
            let used = u128::from(outcome.attempts);
            let (count, [sum, squares]) = &mut returns.early[kind];
            *count += 1;
            *sum += used;
            *squares += used * used;
        }
    }

    /// Counts in which bin of the grid the first correct attempt of task `i` fell.
    #[inline]
    pub fn cover(&mut self, layout: &Layout<'_>, i: usize, bin: usize) {
        if let Some(slot) = self.coverage.get_mut(i * (layout.grid.len() + 1) + bin) {
            *slot += 1;
        }
    }

    /// Counts that the first correct attempt of task `i` came under the limit of a row.
    #[inline]
    pub fn cover_row(&mut self, layout: &Layout<'_>, i: usize, row: usize) {
        if let Some(slot) = self.coverage.get_mut(i * layout.rows() + row) {
            *slot += 1;
        }
    }

    /// Counts the scores of a chunk's first `trials` trials.
    pub fn score(&mut self, layout: &Layout<'_>, chunk: &TrialScores, trials: usize) {
        if !layout.scored() {
            return;
        }
        let width = layout.tasks + 1;
        for (counts, scores) in self.shares.iter_mut().zip(chunk.shares()) {
            if counts.is_empty() {
                continue;
            }
            for (counts, scores) in counts.chunks_exact_mut(width).zip(scores) {
                scores[..trials].iter().for_each(|&n| counts[n as usize] += 1);
            }
        }
        for (values, sums) in self.bills.iter_mut().zip(chunk.bills()) {
            for (row, (values, sums)) in values.iter_mut().zip(sums).enumerate() {
                let tasks = layout.tasks_of(row) as f64;
                sums[..trials].iter().for_each(|sum| values.add(sum / tasks));
            }
        }
        for (row, utilities) in self.utilities.iter_mut().enumerate() {
            chunk.utilities(layout, row).take(trials).for_each(|utility| utilities.add(utility));
        }
    }

    /// The sum of the workers' counts.
    pub fn merged(mut tallies: impl Iterator<Item = Self>) -> Self {
        let mut total = tallies.next().expect("a run has at least one worker");
        tallies.for_each(|t| total.merge(&t));
        total
    }

    fn merge(&mut self, other: &Self) {
        for (a, b) in self.returns.iter_mut().zip(&other.returns) {
            a.accepted += b.accepted;
            for kind in 0..3 {
                a.returned[kind] += b.returned[kind];
                let ((count, sums), (more, others)) = (&mut a.early[kind], &b.early[kind]);
                *count += more;
                sums[0] += others[0];
                sums[1] += others[1];
            }
        }
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        add(&mut self.coverage, &other.coverage);
        self.shares.iter_mut().zip(&other.shares).for_each(|(a, b)| add(a, b));
        self.utilities.iter_mut().zip(&other.utilities).for_each(|(a, b)| a.merge(b));
        self.bills.iter_mut().flatten().zip(other.bills.iter().flatten()).for_each(|(a, b)| a.merge(b));
    }

    /// Calls `visit(policy, grid point, row)` for every row.
    pub fn rows(&self, layout: &Layout<'_>, sums: &Sums, mut visit: impl FnMut(usize, usize, RowTally)) {
        let (rows, points, tasks) = (layout.rows(), layout.points(), layout.tasks);
        let mut covered = vec![0u64; if self.coverage.is_empty() { 0 } else { tasks }];
        for point in 0..points {
            // Under limits every outcome is counted by the attempts it used.
            let most = layout.grid.get(point).copied().unwrap_or(0);
            for (p, policy) in layout.policies.iter().enumerate() {
                let row = p * points + point;
                for (i, total) in covered.iter_mut().enumerate() {
                    if !layout.limits.is_empty() {
                        *total = self.coverage[i * rows + row];
                    } else if p == 0 {
                        *total += self.coverage[i * (points + 1) + point];
                    }
                }
                let kept = layout.kept(point);
                let about = kept.map_or(tasks, <[usize]>::len);
                let mut out = RowTally::default();
                for at in 0..about {
                    let i = kept.map_or(at, |kept| kept[at]);
                    out.covered.extend(covered.get(i));
                    let each = layout.mean_bill(policy.needs().checks());
                    out.push((&self.returns[i * rows + row], most), policy.accepts(), layout.utility, each);
                    if let Some(bills) = sums.bills.get(i * rows + row) {
                        out.push_bill(bills, &sums.bills_correct[i * rows + row], layout.billed);
                    }
                }
                for (index, (counts, shares)) in out.share_counts.iter_mut().zip(&self.shares).enumerate() {
                    // A policy that asks no verifier has no accepted answers to count.
                    if SHARES[index] != "accepted" || policy.accepts() {
                        let from = row * (tasks + 1);
                        *counts = shares.get(from..=from + about).unwrap_or_default().to_vec();
                    }
                }
                for (counts, bills) in out.bill_counts.iter_mut().zip(&self.bills) {
                    *counts = bills.get(row).map(Values::sorted).unwrap_or_default();
                }
                if let Some(values) = self.utilities.get(row) {
                    out.utility_counts = values.sorted();
                }
                visit(p, point, out);
            }
        }
    }
}

impl RowTally {
    fn push_bill(&mut self, bills: &[[f64; 2]; 4], correct: &[f64; 2], billed: [bool; BILL.len()]) {
        let both = self.bill_correct.iter_mut().zip(correct).zip(billed);
        both.filter(|(_, known)| *known).for_each(|((column, sum), _)| column.push(*sum));
        for ((columns, sums), _) in self.bill.iter_mut().zip(bills).zip(billed).filter(|(_, known)| *known) {
            columns[0].push(sums[0]);
            columns[1].push(sums[1]);
        }
        // The utility counts the money too.
        let [_, _, _, worth] = bills;
        for (column, sum) in self.utility.iter_mut().zip(worth) {
            if let Some(last) = column.last_mut() {
                *last = *sum;
            }
        }
    }

    fn push(&mut self, (returns, most): (&Returns, u64), accepts: bool, utility: Option<Utility>, each: Option<Bill>) {
        if accepts {
            self.accepted.push(returns.accepted);
        }
        self.correct.push(returns.returned[Returned::Correct as usize]);
        self.wrong.push(returns.returned[Returned::Wrong as usize]);
        let attempts = returns.attempts(most);
        let sum = |power: usize| attempts.iter().map(|sums| sums[power]).sum::<u128>() as f64;
        self.attempts[0].push(sum(0));
        self.attempts[1].push(sum(1));
        self.push_mean_bill(each, attempts[Returned::Correct as usize][0] as f64);
        let Some(u) = utility else { return };
        // Each outcome is worth its value less the attempts, whose mean money counts where it is known: sums of
        // (value - c T) and of its square.
        let c = u.attempt_cost + each.map_or(0.0, |[_, money, _]| money);
        let (mut first, mut second) = (0.0, 0.0);
        for (kind, value) in [u.correct_reward, -u.wrong_cost, 0.0].into_iter().enumerate() {
            let n = returns.returned[kind] as f64;
            let [t, tt] = attempts[kind].map(|sum| sum as f64);
            first += value * n - c * t;
            second += value * value * n - 2.0 * value * c * t + c * c * tt;
        }
        self.utility[0].push(first);
        self.utility[1].push(second);
    }
}
