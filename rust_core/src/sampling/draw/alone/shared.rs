//! What policies that are simulated by themselves share, and what a worker has counted of them.

use crate::rng::purpose;
use crate::sampling::draw::chain::Chain;
use crate::sampling::draw::streams::{Place, Streams};
use crate::sampling::policy::ties::Priorities;
use crate::sampling::record::bin_of;
use crate::sampling::record::layout::Layout;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::record::rows::Rows;
use crate::sampling::record::trial_scores::TrialScores;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::law::Rates;

/// What all chunks share.
pub struct Shared<'a> {
    pub layout: Layout<'a>,
    pub streams: Streams,
    pub answers: Answers,
}

/// What a worker has counted.
pub struct Tally {
    pub rows: Rows,
    pub scores: TrialScores,
}

impl Shared<'_> {
    /// Draws the correct attempts of a task up to each grid point, by trial, from tables; `words` have room for one each.
    pub fn count_correct(
        &self,
        chain: &Chain,
        (correct, words): (&mut [u64], &mut [u64]),
        (at, rates): (Place, &[Rates]),
    ) {
        let mut random = self.streams.of_task(purpose::CUT_COUNTS, at.task, at.chunk).ahead(0);
        let size = words.len();
        chain.fill(&self.streams, (at, rates.len()), |t| rates[t].success, (words, &mut random), (correct, size));
    }

    /// The priorities of the answers in one trial.
    #[inline]
    pub fn priorities(&self, at: Place) -> Priorities {
        Priorities::new(self.streams.priorities(at.chunk), 1 + self.answers.count(), self.streams.of_chunk(at))
    }
}

impl Tally {
    /// Counts what a policy came to at a grid point.
    #[inline]
    pub fn add(&mut self, layout: &Layout<'_>, (policy, point): (usize, usize), at: Place, outcome: Outcome) {
        let row = layout.row(policy, point);
        self.rows.add(layout, (row, at.task), outcome, layout.grid[point]);
        self.scores.add((row, at.trial), &[outcome]);
    }

    /// Counts when the first correct attempt came.
    #[inline]
    pub fn cover(&mut self, layout: &Layout<'_>, task: usize, correct: u64) {
        self.rows.cover(layout, task, bin_of(layout.grid, correct));
    }
}
