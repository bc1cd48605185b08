//! Policies under limits: every task and trial has attempts of its own to stop at, as many as its tokens let fit.
//!
//! A policy whose answers the verifier checks pays for that, so each limit gives two numbers of attempts, one with and
//! one without verification. The attempt axis is cut at all of them, whoever the policies are, and every task and trial
//! reads streams of its own: so a further policy changes no other's numbers, as on a grid, and nothing is drawn beyond
//! the last attempt that some policy uses.

use super::plan::{Plan, Random, Worker};
use super::state::{State, Stop};
use super::streams::Place;
use crate::rng::purpose;
use crate::sampling::policy::seen::{FirstEvents, Seen};
use crate::sampling::scenario::law::Rates;

impl Plan<'_> {
    /// One task in one trial, from stop to stop.
    pub(super) fn trial_under_limits(&self, worker: &mut Worker, at: Place, (events, rates): (FirstEvents, Rates)) {
        let (i, trial) = (at.task, self.streams.trial(at));
        let mut random = Random::new(|purpose| self.streams.of_task(purpose, i, trial));
        let mut state = State::start(events, rates);
        let priorities = self.priorities(at);
        self.start_fine(&mut worker.fine, at);
        if let Some(tokens) = &mut worker.tokens {
            tokens.start(self.streams.of_task(purpose::TOKENS, i, trial));
        }
        let last = self.find_stops(worker);
        let stops = std::mem::take(&mut worker.stops);
        let (mut from, mut bin) = (0, 0);
        for stop in stops.iter().take_while(|stop| stop.attempts <= last) {
            if stop.attempts > from {
                if self.features.counts {
                    let Worker { fine, drawn, .. } = &mut *worker;
                    let before = state.seen.correct;
                    drawn.clear();
                    self.draw_bin(&mut state, &mut random, drawn, i, (from, stop.attempts));
                    let wrong = (stop.attempts - from) - (state.seen.correct - before);
                    self.refine(fine, &mut random.single, (&state.seen, &rates), drawn, (bin, from, wrong));
                    if let (Some(plurality), Some(counted)) = (&self.plurality, &mut fine.counted) {
                        state.seen.leads =
                            priorities.correct_leads(state.seen.correct, plurality.sampler.by_answer(counted));
                    }
                }
                from = stop.attempts;
                bin += 1;
            }
            self.stop(worker, &state.seen, stop, at);
        }
        worker.stops = stops;
    }

    /// Finds all stops, in order; returns the last one that some policy reaches.
    fn find_stops(&self, worker: &mut Worker) -> u64 {
        let Worker { stops, tokens, .. } = worker;
        stops.clear();
        let (Some(cost), Some(tokens)) = (self.layout.cost, tokens) else { return 0 };
        for (at, limit) in self.layout.limits.iter().enumerate() {
            let alike = cost.rates(false) == cost.rates(true);
            let mut last = None;
            for checked in [false, true] {
                // Where nothing is drawn between the stops, those of nobody matter to nobody.
                if !self.features.counts && self.layout.policies.iter().all(|p| p.needs().checks() != checked) {
                    continue;
                }
                let affordable = match last {
                    Some(same) if alike => same,
                    _ => cost.affordable(tokens, limit, checked, self.most),
                };
                last = Some(affordable);
                stops.push(Stop { attempts: affordable.attempts, limit: at, checked, bill: affordable.bill });
            }
        }
        stops.sort_by_key(|stop| stop.attempts);
        let reached = |stop: &&Stop| self.layout.policies.iter().any(|p| p.needs().checks() == stop.checked);
        stops.iter().filter(reached).map(|stop| stop.attempts).max().unwrap_or(0)
    }

    /// Counts the rows of a stop, all of whose attempts are drawn.
    fn stop(&self, worker: &mut Worker, seen: &Seen, stop: &Stop, at: Place) {
        let Worker { rows, sums, scores, tokens, fine, .. } = worker;
        for (row, outcome, stopped) in stop.outcomes(&self.layout, &fine.sequential.selectors, seen) {
            if seen.events.correct <= stop.attempts {
                rows.cover_row(&self.layout, at.task, row);
            }
            let bill = match (&self.layout.cost, &mut *tokens) {
                (Some(cost), Some(tokens)) if stopped => cost.bill(tokens, outcome.attempts, self.most, stop.checked),
                _ => stop.bill,
            };
            rows.add(&self.layout, (row, at.task), outcome, u64::MAX);
            scores.add((row, at.trial), &[outcome]);
            sums.charge(&self.layout, row, at.task, outcome, bill);
            scores.charge((row, at.trial), bill);
        }
    }
}
