//! One task in one trial, grid point by grid point: for policies that look at single attempts, and for costs.

use super::engine::{Fine, Plan, Random, Worker};
use super::sequential;
use super::state::Drawn;
use crate::sampling::policy::seen::Seen;
use crate::sampling::record::layout::Layout;
use crate::sampling::scenario::law::Rates;

impl Plan<'_> {
    /// One task in one trial, `t` of the chunk and `at` of its batch, from grid point to grid point.
    pub(super) fn walk(
        &self,
        worker: &mut Worker,
        random: &mut Random,
        (chunk, i): (u64, usize),
        (t, at): (usize, usize),
    ) {
        let Layout { grid, policies, .. } = self.layout;
        let Worker { tally, sums, tokens, block, events, sheet, fine, .. } = worker;
        let points = grid.len();
        if let Some(tokens) = tokens {
            tokens.start(self.run.key, self.run.replicate, i, chunk * self.chunk as u64 + t as u64);
        }
        self.start_fine(fine, chunk, i, t);
        let (mut from, mut before) = (0, 0);
        for (point, &to) in grid.iter().enumerate() {
            let (first, rates) = events[t];
            let seen = sheet.seen(point + 1, at, first);
            if self.features.attempts {
                let wrong = (to - from) - (seen.correct - before);
                self.refine(fine, &mut random.single, (&seen, &rates), sheet.drawn(point, at), (point, from, wrong));
            }
            for (p, policy) in policies.iter().enumerate() {
                let outcome = fine.sequential.selectors[p].select(&seen, to);
                let row = p * points + point;
                tally.add(&self.layout, (row, i), outcome, to);
                block.add((row, t), &[outcome]);
                if let (Some(cost), Some(tokens)) = (&self.layout.cost, &mut *tokens) {
                    let bill = cost.bill(tokens, outcome.attempts, to, policy.needs().checks());
                    sums.pay(&self.layout, row, i, outcome, bill);
                    block.pay((row, t), bill);
                }
            }
            (from, before) = (to, seen.correct);
        }
    }

    pub(super) fn start_fine(&self, fine: &mut Fine, chunk: u64, i: usize, t: usize) {
        fine.sequential.start(&self.priorities(chunk, i, t));
        if let (Some(deal), Some(hand)) = (&self.deal, &mut fine.hand) {
            deal.start(hand, i, chunk, t);
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
        if let (Some(deal), Some(hand)) = (&self.deal, hand) {
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
