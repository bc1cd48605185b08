//! One task in one trial, grid point by grid point: for policies that look at single attempts, and for costs.

use super::plan::{Fine, Plan, Random, Worker};
use super::plurality::Plurality;
use super::sequential;
use super::state::Drawn;
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
        let Worker { rows, sums, tokens, scores, sheet, fine, .. } = worker;
        self.start_fine(fine, at);
        if let Some(tokens) = tokens {
            tokens.start(self.streams.of_task(purpose::TOKENS, at.task, self.streams.trial(at)));
        }
        let (mut from, mut before) = (0, 0);
        for (point, &to) in grid.iter().enumerate() {
            let seen = sheet.seen(point + 1, index, events);
            if self.features.attempts {
                let wrong = (to - from) - (seen.correct - before);
                self.refine(fine, &mut random.single, (&seen, &rates), sheet.drawn(point, index), (point, from, wrong));
            }
            for (p, policy) in policies.iter().enumerate() {
                let outcome = fine.sequential.selectors[p].select(&seen, to);
                let row = self.layout.row(p, point);
                rows.add(&self.layout, (row, at.task), outcome, to);
                scores.add((row, at.trial), &[outcome]);
                if let (Some(cost), Some(tokens)) = (&self.layout.cost, &mut *tokens) {
                    let bill = cost.bill(tokens, outcome.attempts, to, policy.needs().checks());
                    sums.pay(&self.layout, row, at.task, outcome, bill);
                    scores.pay((row, at.trial), bill);
                }
            }
            (from, before) = (to, seen.correct);
        }
    }

    /// Starts the answers and single attempts of a task in a trial.
    pub(super) fn start_fine(&self, fine: &mut Fine, at: Place) {
        fine.sequential.start(&self.priorities(at));
        if let (Some(plurality), Some(hand)) = (&self.plurality, &mut fine.hand) {
            plurality.deal.start(hand, at);
        }
    }

    /// Deals the `wrong` attempts of a cell after `from`, and draws its attempts one by one where somebody looks at them.
    pub(super) fn refine(
        &self,
        fine: &mut Fine,
        random: &mut sequential::Random,
        (seen, rates): (&Seen, &Rates),
        drawn: &[Drawn],
        (cell, from, wrong): (usize, u64, u64),
    ) {
        let Fine { hand, dealt, sequential, .. } = fine;
        if let (Some(Plurality { deal, .. }), Some(hand)) = (&self.plurality, hand) {
            dealt.copy_from_slice(deal.dealt(hand));
            deal.deal(hand, cell, wrong);
            dealt.iter_mut().zip(deal.dealt(hand)).for_each(|(dealt, now)| *dealt = now - *dealt);
        }
        if self.features.attempts {
            let accept = [rates.errors.true_positive, rates.errors.false_positive];
            sequential.draw(drawn, dealt, accept, (from, seen.last_correct), (random, &self.exponential));
        }
    }
}
