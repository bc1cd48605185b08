//! What is drawn of a batch of trials beyond the first events: counts and highest scores, grid point by grid point.
//!
//! A bin of the grid that no first event cuts is one segment of known length: its count comes from a table, its highest
//! scores from the ziggurat, with one random word each that stands at a place of its own. The other bins are drawn segment
//! by segment.

use super::batch::{Batch, BatchBin};
use super::chain::Chain;
use super::events::pool::Pool;
use super::plan::{Plan, Random};
use super::segments::{Given, Segment, cut};
use super::state::{DrawnSegment, State};
use super::streams::Place;
use super::successes::Table;
use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::scores::CLASSES;
use crate::variates::below;

/// What a bin is where no first event cuts it, by whether the first acceptance (1) and the first correct (2) came before.
const NOTHING: u8 = 3;
const KINDS: [Given; 4] = [Given::RejectedWrong, Given::Wrong, Given::Rejected, Given::Nothing];

impl Plan<'_> {
    /// Draws the counts and maxima of task `i` in the trials from `first` on.
    pub(super) fn fill(&self, batch: &mut Batch, random: &mut Random, at: Place, events: &[(FirstEvents, Rates)]) {
        let (grid, trials, i) = (self.layout.grid, events.len(), at.task);
        batch.drawn.clear();
        batch.bin.waiting.clear();
        batch.bin.waiting.extend(0..trials as u32);
        let mut lefts = vec![self.pools.get(i).map(Pool::full); if self.pools.is_empty() { 0 } else { trials }];
        let mut from = 0;
        for (point, &to) in grid.iter().enumerate() {
            let cut = if let Some(tables) = self.counts.of_bin(i, point) {
                self.fill_whole(batch, random, tables, (at, i * grid.len() + point), (from, to), (point, events))
            } else {
                batch.bin.cut.iter_mut().zip(0..).for_each(|(cut, t)| *cut = t);
                trials
            };
            for index in 0..cut {
                let t = batch.bin.cut[index] as usize;
                let (first, rates) = events[t];
                let left = lefts.get(t).copied().flatten();
                let mut state = State { seen: batch.seen(point, t, first), rates, left };
                let start = batch.drawn.len();
                self.draw_bin(&mut state, random, &mut batch.drawn, i, (from, to));
                batch.spans[point * batch.trials + t] = [start, batch.drawn.len()];
                if let Some(left) = lefts.get_mut(t) {
                    *left = state.left;
                }
                batch.keep(point + 1, t, &state.seen);
            }
            from = to;
        }
    }

    /// Draws a bin as one segment in all trials; returns in how many of them a first event cuts it, to be drawn otherwise.
    fn fill_whole(
        &self,
        batch: &mut Batch,
        random: &mut Random,
        [none, nothing, rejected]: [&Table; 3],
        (at, row): (Place, usize),
        (from, to): (u64, u64),
        (point, events): (usize, &[(FirstEvents, Rates)]),
    ) -> usize {
        let (size, trials, attempts) = (batch.trials, events.len(), to - from);
        let (before, now) = batch.correct[point * size..].split_at_mut(size);
        let BatchBin { words, kind, correct, cut, waiting, .. } = &mut batch.bin;
        let (mut cuts, mut left) = (0, 0);
        for index in 0..waiting.len() {
            let t = waiting[index];
            let FirstEvents { accepted, correct, .. } = events[t as usize].0;
            let after = [accepted <= from, correct <= from];
            kind[t as usize] = u8::from(after[0]) | u8::from(after[1]) << 1;
            cut[cuts] = t;
            cuts += usize::from(((accepted <= to) & !after[0]) | ((correct <= to) & !after[1]));
            waiting[left] = t;
            left += usize::from(!(after[0] & after[1]));
        }
        waiting.truncate(left);
        // Words are computed only where some trial needs one.
        let (kind, correct, words) =
            (&kind[..trials], &mut correct[..trials], &mut words[..trials.next_multiple_of(4)]);
        correct.fill(0);
        if kind.iter().any(|&kind| kind > 1) {
            let tables = [none, none, rejected, nothing];
            let (stream, block) = self.streams.counts(at.chunk, row, at.trial);
            stream.fill(block, words);
            for ((correct, &kind), &word) in correct.iter_mut().zip(kind).zip(&*words) {
                *correct = tables[kind as usize & 3].pick(word);
            }
        }
        now.iter_mut().zip(before).zip(&*correct).for_each(|((now, before), correct)| *now = *before + correct);
        self.fill_maxima(batch, random, (at, row), (attempts, point, trials));
        let BatchBin { kind, correct, maxima, .. } = &batch.bin;
        if self.features.last {
            for t in 0..trials {
                batch.last_correct[(point + 1) * size + t] = below(attempts, &mut random.last) < correct[t];
            }
        }
        if self.features.attempts {
            for t in 0..trials {
                let start = batch.drawn.len();
                let segment = Segment { attempts, given: KINDS[kind[t] as usize] };
                let maxima = [0, 1].map(|class| maxima[class][t]);
                batch.drawn.push(DrawnSegment { segment, correct: correct[t], maxima });
                batch.spans[point * size + t] = [start, start + 1];
            }
        }
        cuts
    }

    /// Draws the highest scores of a bin that no first event cuts.
    fn fill_maxima(
        &self,
        batch: &mut Batch,
        random: &mut Random,
        (at, row): (Place, usize),
        (attempts, point, trials): (u64, usize, usize),
    ) {
        let size = batch.trials;
        let BatchBin { words, kind, correct, maxima, .. } = &mut batch.bin;
        let (kind, correct, words) = (&kind[..trials], &correct[..trials], &mut words[..trials.next_multiple_of(4)]);
        if let (Some(scores), Some(maxima_table)) = (&self.features.scores, &self.maxima_table) {
            for (class, (maxima, least)) in maxima.iter_mut().zip(&mut batch.maxima).enumerate() {
                let beyond = KINDS.map(|kind| if kind.accepted().is_some() { scores.threshold[class] } else { 0.0 });
                let size_of = |correct: u64| if class == 0 { correct } else { attempts - correct };
                let maxima = &mut maxima[..trials];
                maxima.fill(f64::INFINITY);
                if correct.iter().any(|&correct| size_of(correct) > 0) {
                    let (stream, block) = self.streams.maxima(at.chunk, row, class, at.trial);
                    stream.fill(block, words);
                    for (((maximum, &kind), &correct), &word) in maxima.iter_mut().zip(kind).zip(correct).zip(&*words) {
                        let x = self.exponential.of(word, &mut random.maxima);
                        // Infinite where the class has no attempt.
                        *maximum = beyond[kind as usize & 3] + x / size_of(correct) as i64 as f64;
                    }
                }
                let (before, now) = least[point * size..].split_at_mut(size);
                now.iter_mut()
                    .zip(before)
                    .zip(&*maxima)
                    .for_each(|((now, before), maximum)| *now = before.min(*maximum));
            }
            let [right, wrong] = batch.maxima.each_ref().map(|least| &least[(point + 1) * size..][..trials]);
            let best = &mut batch.best_is_correct[(point + 1) * size..][..trials];
            for ((best, &right), &wrong) in best.iter_mut().zip(right).zip(wrong) {
                *best = maxima_table.correct_wins([right, wrong]);
            }
        }
    }

    /// Draws the counts and maxima of task `i` in the trials from `first` on where no first event is known.
    pub(super) fn fill_from(
        &self,
        chain: &Chain,
        batch: &mut Batch,
        random: &mut Random,
        at: Place,
        rates: &[(FirstEvents, Rates)],
    ) {
        let (grid, i, size) = (self.layout.grid, at.task, batch.trials);
        let (random_words, trials) = ((&mut batch.bin.words[..], &mut random.counts), rates.len());
        let correct = (&mut batch.correct[size..], size);
        chain.fill(&self.streams, (at, trials), |t| rates[t].1.success, random_words, correct);
        if self.features.scores.is_none() {
            return;
        }
        batch.bin.kind[..trials].fill(NOTHING);
        let mut from = 0;
        for (point, &to) in grid.iter().enumerate() {
            let (before, now) = batch.correct[point * size..].split_at(size);
            batch.bin.correct.iter_mut().zip(now).zip(before).for_each(|((bin, now), before)| *bin = now - before);
            self.fill_maxima(batch, random, (at, i * grid.len() + point), (to - from, point, trials));
            from = to;
        }
    }
}

impl Plan<'_> {
    /// Draws the attempts of task `i` after `from` up to `to` in one trial, segment by segment.
    pub(super) fn draw_bin(
        &self,
        state: &mut State,
        random: &mut Random,
        drawn: &mut Vec<DrawnSegment>,
        i: usize,
        (from, to): (u64, u64),
    ) {
        let mut higher = false;
        cut(&state.seen.events, from, to, |segment| {
            let correct = match &mut state.left {
                Some(left) => left.draw(&segment, &mut random.counts),
                None => self.counts.draw(i, &state.rates, &segment, &mut random.counts),
            };
            let sizes = [correct, segment.attempts - correct];
            let mut maxima = [f64::INFINITY; CLASSES];
            if let Some(scores) = &self.features.scores {
                for class in 0..CLASSES {
                    if sizes[class] > 0 {
                        let some = (sizes[class], segment.given.accepted());
                        maxima[class] = scores.least(class, some, &self.exponential, &mut random.maxima);
                        higher |= maxima[class] < state.seen.maxima[class];
                        state.seen.maxima[class] = maxima[class].min(state.seen.maxima[class]);
                    }
                }
            }
            state.seen.correct += correct;
            if self.features.last {
                state.seen.last_correct = below(segment.attempts, &mut random.last) < correct;
            }
            if self.features.attempts {
                drawn.push(DrawnSegment { segment, correct, maxima });
            }
        });
        if let Some(maxima_table) = self.maxima_table.as_ref().filter(|_| higher) {
            state.seen.best_is_correct = maxima_table.correct_wins(state.seen.maxima);
        }
    }
}
