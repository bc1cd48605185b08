//! One task in one trial, grid point by grid point: for policies that look at single attempts, and for costs.

use super::plan::{Fine, Plan, Random, Worker};
use super::plurality::Plurality;
use super::sequential;
use super::state::DrawnSegment;
use super::streams::Place;
use crate::rng::purpose;
use crate::sampling::policy::seen::{FirstEvents, Seen};
use crate::sampling::record::layout::Layout;
use crate::sampling::scenario::law::Rates;

impl Plan<'_> {
    /// One task in one trial, `index` of its batch, from grid point to grid point.
    pub(super) fn trial(
        &self,
        worker: &mut Worker,
        random: &mut Random,
        at: Place,
        (index, events, rates): (usize, FirstEvents, Rates),
    ) {
        let Layout { grid, policies, .. } = self.layout;
        let Worker { rows, sums, tokens, wrong_tokens, scores, batch, fine, .. } = worker;
        self.start_fine(fine, at);
        if let Some(tokens) = tokens {
            tokens.start(self.streams.of_task(purpose::TOKENS, at.task, self.streams.trial(at)));
        }
        if let Some(tokens) = wrong_tokens {
            tokens.start(self.streams.of_task(purpose::WRONG_TOKENS, at.task, self.streams.trial(at)));
        }
        let (mut from, mut before) = (0, 0);
        for (point, &to) in grid.iter().enumerate() {
            let seen = batch.seen(point + 1, index, events);
            if self.features.attempts {
                let wrong = (to - from) - (seen.correct - before);
                self.refine(fine, &mut random.single, (&seen, &rates), batch.drawn(point, index), (point, from, wrong));
            }
            for (p, policy) in policies.iter().enumerate() {
                let outcome = fine.sequential.selectors[p].select(&seen, to);
                let row = self.layout.row(p, point);
                rows.add(&self.layout, (row, at.task), outcome, to);
                scores.add((row, at.trial), &[outcome]);
                // Where bills follow from the attempts they are found trial by trial.
                if let (Some(cost), Some(tokens)) = (&self.layout.cost, &mut *tokens) {
                    let checked = policy.needs().checks();
                    let bill = match &mut *wrong_tokens {
                        None => cost.bill(tokens, outcome.attempts, to, checked),
                        Some(others) => {
                            let wrong = fine.sequential.wrong(outcome.attempts);
                            cost.bill_by_class([tokens, others], [outcome.attempts - wrong, wrong], checked)
                        }
                    };
                    sums.charge(&self.layout, row, at.task, outcome, bill);
                    scores.charge((row, at.trial), bill);
                }
            }
            (from, before) = (to, seen.correct);
        }
    }

    /// Starts the answers and single attempts of a task in a trial.
    pub(super) fn start_fine(&self, fine: &mut Fine, at: Place) {
        fine.sequential.start(&self.priorities(at));
        if let (Some(plurality), Some(counted)) = (&self.plurality, &mut fine.counted) {
            plurality.sampler.start(counted, at);
        }
    }

    /// Draws the answers of the `wrong` attempts of a bin after `from`, and its attempts one by one where somebody looks.
    pub(super) fn refine(
        &self,
        fine: &mut Fine,
        random: &mut sequential::Random,
        (seen, rates): (&Seen, &Rates),
        drawn: &[DrawnSegment],
        (bin, from, wrong): (usize, u64, u64),
    ) {
        let Fine { counted, by_answer, sequential, .. } = fine;
        if let (Some(Plurality { sampler, .. }), Some(counted)) = (&self.plurality, counted) {
            by_answer.copy_from_slice(sampler.by_answer(counted));
            sampler.draw(counted, bin, wrong);
            by_answer
                .iter_mut()
                .zip(sampler.by_answer(counted))
                .for_each(|(by_answer, now)| *by_answer = now - *by_answer);
        }
        if self.features.attempts {
            let accept = [rates.errors.true_positive, rates.errors.false_positive];
            sequential.draw(drawn, by_answer, accept, (from, seen.last_correct), (random, &self.exponential));
        }
    }
}
