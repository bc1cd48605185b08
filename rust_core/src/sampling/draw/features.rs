//! What is drawn of a batch of trials beyond the first events: counts and highest scores, grid point by grid point.
//!
//! A bin of the grid that no first event cuts is one segment of known length: its count comes from a table, its highest
//! scores from the ziggurat, with one random word each that stands at a place of its own. The other bins are drawn segment
//! by segment.

use super::batch::{BatchBin, Sheet};
use super::events::pool::Pool;
use super::plan::{Plan, Random};
use super::segments::{Given, Stretch, cut};
use super::state::{Drawn, State};
use super::streams::Place;
use super::successes::Table;
use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::scores::CLASSES;
use crate::variates::below;

/// What a cell is where no clock cuts it, by whether the first acceptance (1) and the first correct (2) came before.
const KINDS: [Given; 4] = [Given::RejectedWrong, Given::Wrong, Given::Rejected, Given::Nothing];

impl Plan<'_> {
    /// Draws the counts and depths of task `i` in the trials from `first` on.
    pub(super) fn fill(&self, sheet: &mut Sheet, random: &mut Random, at: Place, events: &[(FirstEvents, Rates)]) {
        let (grid, trials, i) = (self.layout.grid, events.len(), at.task);
        sheet.drawn.clear();
        sheet.bin.waiting.clear();
        sheet.bin.waiting.extend(0..trials as u32);
        let mut lefts = vec![self.pools.get(i).map(Pool::full); if self.pools.is_empty() { 0 } else { trials }];
        let mut from = 0;
        for (point, &to) in grid.iter().enumerate() {
            let cut = if let Some(tables) = self.counts.of_cell(i, point) {
                self.fill_whole(sheet, random, tables, (at, i * grid.len() + point), (from, to), (point, events))
            } else {
                sheet.bin.cut.iter_mut().zip(0..).for_each(|(cut, t)| *cut = t);
                trials
            };
            for index in 0..cut {
                let t = sheet.bin.cut[index] as usize;
                let (first, rates) = events[t];
                let left = lefts.get(t).copied().flatten();
                let mut state = State { seen: sheet.seen(point, t, first), rates, left };
                let start = sheet.drawn.len();
                self.draw_cell(&mut state, random, &mut sheet.drawn, i, (from, to));
                sheet.spans[point * sheet.trials + t] = [start, sheet.drawn.len()];
                if let Some(left) = lefts.get_mut(t) {
                    *left = state.left;
                }
                sheet.keep(point + 1, t, &state.seen);
            }
            from = to;
        }
    }

    /// Draws a cell as one stretch in all trials; returns in how many of them a clock cuts it, to be drawn otherwise.
    fn fill_whole(
        &self,
        sheet: &mut Sheet,
        random: &mut Random,
        [none, nothing, rejected]: [&Table; 3],
        (at, row): (Place, usize),
        (from, to): (u64, u64),
        (point, events): (usize, &[(FirstEvents, Rates)]),
    ) -> usize {
        let (size, trials, attempts) = (sheet.trials, events.len(), to - from);
        let (before, now) = sheet.correct[point * size..].split_at_mut(size);
        let BatchBin { words, kind, correct, depths, cut, waiting } = &mut sheet.bin;
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
        if let (Some(scores), Some(duel)) = (&self.features.scores, &self.duel) {
            for (class, (depths, least)) in depths.iter_mut().zip(&mut sheet.depths).enumerate() {
                let beyond = KINDS.map(|kind| if kind.accepted().is_some() { scores.threshold[class] } else { 0.0 });
                let size_of = |correct: u64| if class == 0 { correct } else { attempts - correct };
                let depths = &mut depths[..trials];
                depths.fill(f64::INFINITY);
                if correct.iter().any(|&correct| size_of(correct) > 0) {
                    let (stream, block) = self.streams.maxima(at.chunk, row, class, at.trial);
                    stream.fill(block, words);
                    for (((depth, &kind), &correct), &word) in depths.iter_mut().zip(kind).zip(&*correct).zip(&*words) {
                        let x = self.exponential.of(word, &mut random.maxima);
                        // Infinite where the class has no attempt.
                        *depth = beyond[kind as usize & 3] + x / size_of(correct) as i64 as f64;
                    }
                }
                let (before, now) = least[point * size..].split_at_mut(size);
                now.iter_mut().zip(before).zip(&*depths).for_each(|((now, before), depth)| *now = before.min(*depth));
            }
            let [right, wrong] = sheet.depths.each_ref().map(|least| &least[(point + 1) * size..][..trials]);
            let best = &mut sheet.best_is_correct[(point + 1) * size..][..trials];
            for ((best, &right), &wrong) in best.iter_mut().zip(right).zip(wrong) {
                *best = duel.correct_wins([right, wrong]);
            }
        }
        if self.features.last {
            for t in 0..trials {
                sheet.last_correct[(point + 1) * size + t] = below(attempts, &mut random.last) < correct[t];
            }
        }
        if self.features.attempts {
            for t in 0..trials {
                let start = sheet.drawn.len();
                let stretch = Stretch { attempts, given: KINDS[kind[t] as usize] };
                let depths = [0, 1].map(|class| depths[class][t]);
                sheet.drawn.push(Drawn { stretch, correct: correct[t], depths });
                sheet.spans[point * size + t] = [start, start + 1];
            }
        }
        cuts
    }
}

impl Plan<'_> {
    /// Draws the attempts of task `i` after `from` up to `to` in one trial, stretch by stretch.
    pub(super) fn draw_cell(
        &self,
        state: &mut State,
        random: &mut Random,
        drawn: &mut Vec<Drawn>,
        i: usize,
        (from, to): (u64, u64),
    ) {
        let mut higher = false;
        cut(&state.seen.events, from, to, |stretch| {
            let correct = match &mut state.left {
                Some(left) => left.draw(&stretch, &mut random.counts),
                None => self.counts.draw(i, &state.rates, &stretch, &mut random.counts),
            };
            let sizes = [correct, stretch.attempts - correct];
            let mut depths = [f64::INFINITY; CLASSES];
            if let Some(scores) = &self.features.scores {
                for class in 0..CLASSES {
                    if sizes[class] > 0 {
                        let some = (sizes[class], stretch.given.accepted());
                        depths[class] = scores.least(class, some, &self.exponential, &mut random.maxima);
                        higher |= depths[class] < state.seen.maxima[class];
                        state.seen.maxima[class] = depths[class].min(state.seen.maxima[class]);
                    }
                }
            }
            state.seen.correct += correct;
            if self.features.last {
                state.seen.last_correct = below(stretch.attempts, &mut random.last) < correct;
            }
            if self.features.attempts {
                drawn.push(Drawn { stretch, correct, depths });
            }
        });
        if let Some(duel) = self.duel.as_ref().filter(|_| higher) {
            state.seen.best_is_correct = duel.correct_wins(state.seen.maxima);
        }
    }
}
