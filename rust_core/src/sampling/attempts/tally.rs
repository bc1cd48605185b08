//! What the policies returned: outcomes per task, and scores of the whole benchmark trial by trial.

use std::ops::Range;

use crate::sampling::cost::{Bill, Cost, Utility};
use crate::sampling::limit::Limit;
use crate::sampling::policy::Policy;
use crate::sampling::tally::{BILL, RowTally, SHARES, Values, Wanted};

/// What a policy came to on one task in one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What was returned.
    pub returned: Returned,
    /// Whether it was accepted.
    pub accepted: bool,
    /// Attempts used.
    pub attempts: u64,
}

/// What a policy returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// A correct answer.
    Correct,
    /// A wrong answer.
    Wrong,
    /// Nothing.
    Nothing,
}

impl Outcome {
    /// An answer was returned.
    pub const fn answer(correct: bool, accepted: bool, attempts: u64) -> Self {
        let returned = if correct { Returned::Correct } else { Returned::Wrong };
        Self { returned, accepted, attempts }
    }

    /// Nothing was returned.
    pub const fn nothing(attempts: u64) -> Self {
        Self { returned: Returned::Nothing, accepted: false, attempts }
    }
}

/// The layout of the rows: a policy at a grid point, or under a limit, is row `policy * points + point`.
#[derive(Debug, Clone)]
pub struct Layout<'a> {
    /// The policies.
    pub policies: &'a [Policy],
    /// The grid of attempts; empty under limits.
    pub grid: &'a [u64],
    /// The limits in its place.
    pub limits: &'a [Limit],
    /// The number of tasks.
    pub tasks: usize,
    /// What is counted.
    pub wanted: Wanted,
    /// What attempts cost.
    pub cost: Option<Cost>,
    /// What answers are worth.
    pub utility: Option<Utility>,
    /// The score whose products over pairs of rows are summed.
    pub compared: Option<Score>,
}

/// A score of the whole benchmark in one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// The number of tasks with a correct answer.
    Correct,
    /// The utility per task.
    Utility,
}

impl Layout<'_> {
    /// The number of rows.
    pub const fn rows(&self) -> usize {
        self.policies.len() * self.points()
    }

    /// The number of rows of a policy.
    pub const fn points(&self) -> usize {
        self.grid.len() + self.limits.len()
    }

    fn scored(&self) -> bool {
        self.wanted.scores() || self.compared.is_some()
    }

    /// Which parts of a bill are summed trial by trial.
    fn kept_bills(&self) -> [bool; BILL.len()] {
        let [tokens, money, seconds] = self.wanted.bill_counts;
        [tokens, money || (self.cost.is_some() && self.uses_utility()), seconds]
    }

    fn uses_utility(&self) -> bool {
        self.wanted.utility_counts || self.compared == Some(Score::Utility)
    }
}

/// Counts of one row and task.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    /// By what was returned.
    returned: [u64; 3],
    accepted: u64,
    /// By what was returned, those that used fewer attempts than allowed: how many, and the sums of the attempts and of
    /// their squares.
    early: [(u64, [u128; 2]); 3],
}

impl Cell {
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
pub struct Tally {
    cells: Vec<Cell>,
    /// Per task, G+1 cells of the first correct attempt; under limits, per task and row, trials in which it came.
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
}

impl Sums {
    /// Room for the rows of a layout.
    pub fn new(layout: &Layout<'_>) -> Self {
        let rows = layout.rows();
        let if_some = |some: bool, size: usize| if some { size } else { 0 };
        Self {
            products: vec![0.0; if_some(layout.compared.is_some(), rows * rows)],
            bills: vec![[[0.0; 2]; 4]; if_some(layout.cost.is_some(), rows * layout.tasks)],
        }
    }

    /// Adds a chunk's.
    pub fn add(&mut self, other: &Self) {
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| *a += b);
        for (a, b) in self.bills.iter_mut().flatten().zip(other.bills.iter().flatten()) {
            a[0] += b[0];
            a[1] += b[1];
        }
    }

    /// Adds what row `row` took on task `i`.
    pub fn pay(&mut self, layout: &Layout<'_>, row: usize, i: usize, outcome: Outcome, bill: Bill) {
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
    }
}

/// The scores of a block of trials, row by row: `row * size + trial`; what nobody asks for is empty.
#[derive(Debug, Clone)]
pub struct Block {
    size: usize,
    correct: Vec<u32>,
    wrong: Vec<u32>,
    accepted: Vec<u32>,
    attempts: Vec<u64>,
    /// Tokens, money and seconds; empty where neither counted nor part of a utility.
    bills: [Vec<f64>; BILL.len()],
}

impl Block {
    /// Room for `trials` trials.
    pub fn new(layout: &Layout<'_>, trials: usize) -> Self {
        let size = |used: bool| if used { trials * layout.rows() } else { 0 };
        let [accuracy, accepted, wrong] = layout.wanted.share_counts;
        let utility = layout.uses_utility();
        Self {
            size: trials,
            correct: vec![0; size(accuracy || utility || layout.compared.is_some())],
            wrong: vec![0; size(wrong || utility)],
            accepted: vec![0; size(accepted)],
            attempts: vec![0; size(utility)],
            bills: layout.kept_bills().map(|kept| vec![0.0; size(kept)]),
        }
    }

    /// Empties the block.
    pub fn clear(&mut self) {
        self.correct.fill(0);
        self.wrong.fill(0);
        self.accepted.fill(0);
        self.attempts.fill(0);
        self.bills.iter_mut().for_each(|part| part.fill(0.0));
    }

    /// The utility per task at a place.
    fn utility(&self, layout: &Layout<'_>, at: usize) -> f64 {
        let Some(u) = layout.utility else { return 0.0 };
        let worth = u.correct_reward * f64::from(self.correct[at]) - u.wrong_cost * f64::from(self.wrong[at]);
        let money = self.bills[1].get(at).copied().unwrap_or(0.0);
        (worth - u.attempt_cost * self.attempts[at] as f64 - money) / layout.tasks as f64
    }

    /// Adds a bill to row `row` of trial `t`.
    pub fn pay(&mut self, (row, t): (usize, usize), bill: Bill) {
        for (sums, more) in self.bills.iter_mut().zip(bill) {
            if let Some(slot) = sums.get_mut(row * self.size + t) {
                *slot += more;
            }
        }
    }

    /// Over the first `trials` trials, the sums of the products of the compared score of each two rows.
    pub fn products(&self, layout: &Layout<'_>, trials: usize) -> Vec<f64> {
        let Some(score) = layout.compared else { return Vec::new() };
        let rows = layout.rows();
        let (mut products, mut values) = (vec![0.0; rows * rows], vec![0.0; rows]);
        for trial in 0..trials {
            for (row, value) in values.iter_mut().enumerate() {
                let at = row * self.size + trial;
                *value = if score == Score::Correct { f64::from(self.correct[at]) } else { self.utility(layout, at) };
            }
            for (line, &x) in products.chunks_exact_mut(rows).zip(&values) {
                line.iter_mut().zip(&values).for_each(|(product, y)| *product += x * y);
            }
        }
        products
    }

    /// Adds what row `row` came to on one task in each trial from `first` on.
    #[inline]
    pub fn add(&mut self, (row, first): (usize, usize), outcomes: &[Outcome]) {
        let from = row * self.size + first;
        let places = from..from + outcomes.len();
        count(&mut self.correct, places.clone(), outcomes, |o| o.returned == Returned::Correct);
        count(&mut self.wrong, places.clone(), outcomes, |o| o.returned == Returned::Wrong);
        count(&mut self.accepted, places.clone(), outcomes, |o| o.accepted);
        if let Some(attempts) = self.attempts.get_mut(places) {
            attempts.iter_mut().zip(outcomes).for_each(|(sum, outcome)| *sum += outcome.attempts);
        }
    }

    /// The same for answers that nobody accepts, correct or not, after `most` attempts.
    #[inline]
    pub fn add_answers(&mut self, (row, first): (usize, usize), correct: &[bool], most: u64) {
        let from = row * self.size + first;
        let places = from..from + correct.len();
        count(&mut self.correct, places.clone(), correct, |&correct| correct);
        count(&mut self.wrong, places.clone(), correct, |&correct| !correct);
        if let Some(attempts) = self.attempts.get_mut(places) {
            attempts.iter_mut().for_each(|sum| *sum += most);
        }
    }
}

/// Counts in each place whether something is so; nothing where there are no places.
#[inline]
fn count<T>(counts: &mut [u32], places: Range<usize>, of: &[T], is: impl Fn(&T) -> bool) {
    if let Some(counts) = counts.get_mut(places) {
        counts.iter_mut().zip(of).for_each(|(count, one)| *count += u32::from(is(one)));
    }
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(layout: &Layout<'_>) -> Self {
        let rows = layout.rows();
        let moments = if layout.limits.is_empty() { layout.grid.len() + 1 } else { rows };
        let if_wanted = |wanted: bool, size: usize| if wanted { size } else { 0 };
        Self {
            cells: vec![Cell::default(); rows * layout.tasks],
            coverage: vec![0; if_wanted(layout.wanted.coverage, layout.tasks * moments)],
            shares: layout.wanted.share_counts.map(|w| vec![0; if_wanted(w, rows * (layout.tasks + 1))]),
            utilities: vec![Values::default(); if_wanted(layout.wanted.utility_counts, rows)],
            bills: layout.wanted.bill_counts.map(|w| vec![Values::default(); if_wanted(w, rows)]),
        }
    }

    /// Adds answers of task `i` that nobody accepts, correct or not, after as many attempts as are allowed.
    pub fn add_answers(&mut self, layout: &Layout<'_>, (row, i): (usize, usize), correct: &[bool]) {
        let right = correct.iter().map(|&correct| usize::from(correct)).sum::<usize>();
        let cell = &mut self.cells[i * layout.rows() + row];
        cell.returned[Returned::Correct as usize] += right as u64;
        cell.returned[Returned::Wrong as usize] += (correct.len() - right) as u64;
    }

    /// Adds an outcome of task `i` with at most `most` attempts.
    #[inline]
    pub fn add(&mut self, layout: &Layout<'_>, (row, i): (usize, usize), outcome: Outcome, most: u64) {
        let cell = &mut self.cells[i * layout.rows() + row];
        let kind = outcome.returned as usize;
        cell.returned[kind] += 1;
        cell.accepted += u64::from(outcome.accepted);
        if outcome.attempts < most {
            let used = u128::from(outcome.attempts);
            let (count, [sum, squares]) = &mut cell.early[kind];
            *count += 1;
            *sum += used;
            *squares += used * used;
        }
    }

    /// Counts in which cell of the grid the first correct attempt of task `i` fell.
    #[inline]
    pub fn cover(&mut self, layout: &Layout<'_>, i: usize, cell: usize) {
        if let Some(slot) = self.coverage.get_mut(i * (layout.grid.len() + 1) + cell) {
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

    /// Counts the scores of a block's first `trials` trials.
    pub fn score(&mut self, layout: &Layout<'_>, block: &Block, trials: usize) {
        if !layout.scored() {
            return;
        }
        let width = layout.tasks + 1;
        for (counts, scores) in self.shares.iter_mut().zip([&block.correct, &block.accepted, &block.wrong]) {
            if counts.is_empty() {
                continue;
            }
            for (counts, scores) in counts.chunks_exact_mut(width).zip(scores.chunks_exact(block.size)) {
                scores[..trials].iter().for_each(|&n| counts[n as usize] += 1);
            }
        }
        for (values, sums) in self.bills.iter_mut().zip(&block.bills) {
            for (values, sums) in values.iter_mut().zip(sums.chunks_exact(block.size)) {
                sums[..trials].iter().for_each(|sum| values.add(sum / layout.tasks as f64));
            }
        }
        for (row, utilities) in self.utilities.iter_mut().enumerate() {
            (0..trials).for_each(|t| utilities.add(block.utility(layout, row * block.size + t)));
        }
    }

    /// The sum of the workers' counts.
    pub fn merged(mut tallies: impl Iterator<Item = Self>) -> Self {
        let mut total = tallies.next().expect("a run has at least one worker");
        tallies.for_each(|t| total.merge(&t));
        total
    }

    fn merge(&mut self, other: &Self) {
        for (a, b) in self.cells.iter_mut().zip(&other.cells) {
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
                let mut out = RowTally { covered: covered.clone(), ..RowTally::default() };
                for i in 0..tasks {
                    out.push((&self.cells[i * rows + row], most), policy.accepts(), layout.utility);
                    if let Some(bills) = sums.bills.get(i * rows + row) {
                        out.push_bill(bills);
                    }
                }
                for (index, (counts, shares)) in out.share_counts.iter_mut().zip(&self.shares).enumerate() {
                    // A policy that asks no verifier has no accepted answers to count.
                    if SHARES[index] != "accepted" || policy.accepts() {
                        *counts = shares.get(row * (tasks + 1)..(row + 1) * (tasks + 1)).unwrap_or_default().to_vec();
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
    fn push_bill(&mut self, bills: &[[f64; 2]; 4]) {
        for (columns, sums) in self.bill.iter_mut().zip(bills) {
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

    fn push(&mut self, (cell, most): (&Cell, u64), accepts: bool, utility: Option<Utility>) {
        if accepts {
            self.accepted.push(cell.accepted);
        }
        self.correct.push(cell.returned[Returned::Correct as usize]);
        self.wrong.push(cell.returned[Returned::Wrong as usize]);
        let attempts = cell.attempts(most);
        let sum = |power: usize| attempts.iter().map(|sums| sums[power]).sum::<u128>() as f64;
        self.attempts[0].push(sum(0));
        self.attempts[1].push(sum(1));
        let Some(u) = utility else { return };
        // Each outcome is worth its value less the attempts: sums of (value - c T) and of its square.
        let (mut first, mut second) = (0.0, 0.0);
        for (kind, value) in [u.correct_reward, -u.wrong_cost, 0.0].into_iter().enumerate() {
            let n = cell.returned[kind] as f64;
            let [t, tt] = attempts[kind].map(|sum| sum as f64);
            first += value * n - u.attempt_cost * t;
            second += value * value * n - 2.0 * value * u.attempt_cost * t + u.attempt_cost * u.attempt_cost * tt;
        }
        self.utility[0].push(first);
        self.utility[1].push(second);
    }
}
