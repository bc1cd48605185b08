//! Recorded attempts under limits: in each trial a task stops where its attempts, in their random order, used a limit up.
//!
//! What is limited was recorded, so that the order alone decides. A task whose attempts together do not use up a limit has
//! too few of them for it, whatever their order.

use super::recorded::{Plan, Worker};
use super::state::Stop;
use super::streams::Place;
use crate::sampling::policy::seen::Seen;
use crate::sampling::scenario::cost::Bill;
use crate::sampling::scenario::limit::{Crossing, Limit};

impl Plan<'_> {
    /// One task in one trial, from stop to stop.
    pub(super) fn trial_under_limits(&self, worker: &mut Worker, at: Place) {
        let most = self.most.min(self.records.tasks[at.task].len() as u64) as usize;
        let mut seen = self.start(worker, at, most);
        self.find_stops(worker, at.task);
        let stops = std::mem::take(&mut worker.stops);
        let (mut from, mut best) = (0, 0);
        for stop in &stops {
            if stop.attempts > from {
                let Worker { drawn, selectors, .. } = &mut *worker;
                let range = from as usize..stop.attempts as usize;
                let next = &drawn.attempts[range.clone()];
                self.look(&mut seen, (next, &drawn.ranks[range]), &mut best);
                selectors.iter_mut().for_each(|selector| selector.see(from, next));
                from = stop.attempts;
            }
            self.stop(worker, &seen, stop, at);
        }
        worker.stops = stops;
    }

    /// Finds the stops of a task, in order.
    fn find_stops(&self, worker: &mut Worker, task: usize) {
        let Worker { stops, drawn, .. } = worker;
        stops.clear();
        for (at, limit) in self.layout.limits.iter().enumerate() {
            if self.layout.kept(at).is_some_and(|kept| kept.binary_search(&task).is_err()) {
                continue;
            }
            for checked in [false, true] {
                if self.layout.policies.iter().any(|policy| policy.needs().checks() == checked) {
                    let (attempts, bill) = used_up(&drawn.bills[usize::from(checked)], limit);
                    stops.push(Stop { attempts: attempts as u64, limit: at, checked, bill });
                }
            }
        }
        stops.sort_by_key(|stop| stop.attempts);
    }

    /// Counts the rows of a stop, all of whose attempts are seen.
    fn stop(&self, worker: &mut Worker, seen: &Seen, stop: &Stop, at: Place) {
        let Worker { rows, sums, scores, selectors, drawn, .. } = worker;
        for (row, outcome, stopped) in stop.outcomes(&self.layout, selectors, seen) {
            if seen.events.correct <= stop.attempts {
                rows.cover_row(&self.layout, at.task, row);
            }
            let bill = match drawn.bills[usize::from(stop.checked)].get(outcome.attempts as usize) {
                Some(bill) if stopped => *bill,
                _ => stop.bill,
            };
            rows.add(&self.layout, (row, at.task), outcome, u64::MAX);
            scores.add((row, at.trial), &[outcome]);
            sums.charge(&self.layout, row, at.task, outcome, bill);
            scores.charge((row, at.trial), bill);
        }
    }
}

/// How many attempts are seen under a limit, and the bill where they are not enough; `sums` are the bills of the first 0,
/// 1, 2, ... attempts.
fn used_up(sums: &[Bill], limit: &Limit) -> (usize, Bill) {
    let part = limit.part();
    let fit = sums.partition_point(|sum| sum[part] <= limit.ceiling()).saturating_sub(1);
    let paid = sums[fit];
    match (limit.crossing, sums.get(fit + 1)) {
        (Crossing::Refund, _) | (_, None) => (fit, paid),
        _ if limit.is_spent(paid[part]) => (fit, paid),
        (Crossing::Finish, Some(&beyond)) => (fit + 1, beyond),
        (Crossing::Cut, Some(beyond)) => {
            let share = ((limit.amount() - paid[part]) / (beyond[part] - paid[part])).clamp(0.0, 1.0);
            let mut cut = [0, 1, 2].map(|i| paid[i] + share * (beyond[i] - paid[i]));
            cut[part] = limit.amount();
            (fit, cut)
        }
    }
}
