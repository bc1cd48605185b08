//! Scores of the whole benchmark, trial by trial, in a chunk of trials.

use std::ops::Range;
use std::slice::ChunksExact;

use crate::sampling::record::layout::{Layout, Score};
use crate::sampling::record::outcome::{Outcome, Returned};
use crate::sampling::record::{BILL, SHARES};
use crate::sampling::scenario::cost::Bill;

/// The scores of a chunk of trials, row by row: `row * size + trial`; what nobody asks for is empty.
#[derive(Debug, Clone)]
pub struct TrialScores {
    size: usize,
    correct: Vec<u32>,
    wrong: Vec<u32>,
    accepted: Vec<u32>,
    attempts: Vec<u64>,
    /// Tokens, money and seconds; empty where neither counted nor part of a utility.
    bills: [Vec<f64>; BILL.len()],
}

impl TrialScores {
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
            attempts: vec![0; size(layout.keeps_attempts())],
            bills: layout.kept_bills().map(|kept| vec![0.0; size(kept)]),
        }
    }

    /// Empties the chunk.
    pub fn clear(&mut self) {
        self.correct.fill(0);
        self.wrong.fill(0);
        self.accepted.fill(0);
        self.attempts.fill(0);
        self.bills.iter_mut().for_each(|part| part.fill(0.0));
    }

    /// Tasks with a correct, an accepted and a wrong answer: row by row, by trial; nothing where nobody asks.
    pub fn shares(&self) -> [ChunksExact<'_, u32>; SHARES.len()] {
        [&self.correct, &self.accepted, &self.wrong].map(|counts| counts.chunks_exact(self.size))
    }

    /// Tokens, money and seconds of all tasks: row by row, by trial; nothing where nobody asks.
    pub fn bills(&self) -> [ChunksExact<'_, f64>; BILL.len()] {
        self.bills.each_ref().map(|sums| sums.chunks_exact(self.size))
    }

    /// The utility per task of a row, by trial.
    pub fn utilities(&self, layout: &Layout<'_>, row: usize) -> impl Iterator<Item = f64> {
        let money = |at: usize| self.bills[1].get(at).copied().unwrap_or(0.0);
        (row * self.size..(row + 1) * self.size).map(move |at| self.utility(layout, at, money(at)))
    }

    /// The utility per task at a place, where all tasks took so much money.
    fn utility(&self, layout: &Layout<'_>, at: usize, money: f64) -> f64 {
        let Some(u) = layout.utility else { return 0.0 };
        let worth = u.correct_reward * f64::from(self.correct[at]) - u.wrong_cost * f64::from(self.wrong[at]);
        (worth - u.attempt_cost * self.attempts[at] as f64 - money) / layout.tasks_of(at / self.size) as f64
    }

    /// Adds a bill to row `row` of trial `t`.
    pub fn charge(&mut self, (row, t): (usize, usize), bill: Bill) {
        for (sums, more) in self.bills.iter_mut().zip(bill) {
            if let Some(slot) = sums.get_mut(row * self.size + t) {
                *slot += more;
            }
        }
    }

    /// Attempts of all tasks in the first `trials` trials of a row; nothing where nobody asks.
    pub fn attempts(&self, row: usize, trials: usize) -> Vec<f64> {
        let sums = self.attempts.get(row * self.size..).unwrap_or_default().iter().take(trials);
        sums.map(|&sum| sum as f64).collect()
    }

    /// Sets the bills of a row from its attempts and output tokens, at a constant an attempt and so much a token.
    pub fn set_bills(&mut self, row: usize, (attempts, tokens): (&[f64], &[f64]), rates: [[f64; 2]; BILL.len()]) {
        for (sums, [constant, per_token]) in self.bills.iter_mut().zip(rates) {
            let Some(sums) = sums.get_mut(row * self.size..) else { continue };
            for ((sum, n), output) in sums.iter_mut().zip(attempts).zip(tokens) {
                *sum = n * constant + output * per_token;
            }
        }
    }

    /// Over the first `trials` trials, the sums of the products of the compared score of each two rows.
    pub fn products(&self, layout: &Layout<'_>, trials: usize) -> Vec<f64> {
        let Some(score) = layout.compared else { return Vec::new() };
        let rows = layout.rows();
        let (mut products, mut values) = (vec![0.0; rows * rows], vec![0.0; rows]);
        let money = |row: usize, at: usize| {
            let checked = layout.policies[row / layout.points()].needs().checks();
            match layout.mean_bill(checked) {
                Some([_, each, _]) => each * self.attempts[at] as f64,
                None => self.bills[1].get(at).copied().unwrap_or(0.0),
            }
        };
        for trial in 0..trials {
            for (row, value) in values.iter_mut().enumerate() {
                let at = row * self.size + trial;
                *value = match score {
                    Score::Correct => f64::from(self.correct[at]),
                    Score::Utility => self.utility(layout, at, money(row, at)),
                };
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
