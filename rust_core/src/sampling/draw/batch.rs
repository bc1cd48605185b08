//! The coarse features of one task in a batch of trials: counts, highest scores and who leads, at every grid point.
//!
//! A cell of the grid that no clock cuts is one stretch of known length: its count comes from a table, its least depths
//! from the ziggurat, with one random word each that stands at a place of its own. The other cells are drawn stretch by
//! stretch.

use super::engine::{Plan, Random};
use crate::rng::purpose;
use crate::sampling::draw::events::FirstEvents;
use crate::sampling::draw::events::pool::Pool;
use crate::sampling::draw::segments::{Given, Stretch};
use crate::sampling::draw::state::{Drawn, State};
use crate::sampling::draw::successes::Table;
use crate::sampling::policy::seen::{Feature, Seen};
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::scores::CLASSES;
use crate::variates::below;

/// The most trials of a batch, and the most places (trials times grid points) that a larger grid leaves it.
pub const MOST_TRIALS: usize = 128;
const MOST_PLACES: usize = 1 << 13;

/// What a cell is where no clock cuts it, by whether the first acceptance (1) and the first correct (2) came before.
const KINDS: [Given; 4] = [Given::RejectedWrong, Given::Wrong, Given::Rejected, Given::Nothing];

/// A batch of trials of one task. Row 0 holds what is true before the first attempt, row j what is at grid point j.
#[derive(Debug)]
pub struct Sheet {
    /// Trials of a full batch.
    pub trials: usize,
    correct: Vec<u64>,
    depths: [Vec<f64>; CLASSES],
    /// Whether the highest score is that of a correct answer.
    best_is_correct: Vec<bool>,
    last_correct: Vec<bool>,
    /// Whether the correct answer leads.
    leads: Vec<bool>,
    drawn: Vec<Drawn>,
    /// Which of `drawn` belong to a cell and trial.
    spans: Vec<[usize; 2]>,
    cell: Cell,
}

/// One cell in a batch of trials.
#[derive(Debug)]
struct Cell {
    words: Vec<u64>,
    kind: Vec<u8>,
    correct: Vec<u64>,
    depths: [Vec<f64>; CLASSES],
    /// Trials in which a clock cuts the cell.
    cut: Vec<u32>,
    /// Trials in which a clock had not struck before the cell.
    waiting: Vec<u32>,
}

impl Sheet {
    /// Room for `points` grid points; what is not wanted stays as it is.
    pub fn new(points: usize) -> Self {
        let trials = (MOST_PLACES / points.max(1)).next_power_of_two().clamp(4, MOST_TRIALS);
        let places = trials * (points + 1);
        Self {
            trials,
            correct: vec![0; places],
            depths: [0; CLASSES].map(|_| vec![f64::INFINITY; places]),
            best_is_correct: vec![false; places],
            last_correct: vec![false; places],
            leads: vec![false; places],
            drawn: Vec::new(),
            spans: vec![[0; 2]; places],
            cell: Cell {
                words: vec![0; trials],
                kind: vec![0; trials],
                correct: vec![0; trials],
                depths: [0; CLASSES].map(|_| vec![f64::INFINITY; trials]),
                cut: vec![0; trials + 1],
                waiting: Vec::with_capacity(trials),
            },
        }
    }

    /// By trial, whether the best answer is correct at a grid point.
    pub fn best_is_correct(&self, point: usize) -> &[bool] {
        &self.best_is_correct[(point + 1) * self.trials..][..self.trials]
    }

    /// By trial, correct attempts up to a grid point, and room for whether the correct answer leads.
    pub fn votes(&mut self, point: usize) -> (&[u64], &mut [bool]) {
        let row = (point + 1) * self.trials..(point + 2) * self.trials;
        (&self.correct[row.clone()], &mut self.leads[row])
    }

    /// By trial, whether the correct answer leads at a grid point.
    pub fn leads(&self, point: usize) -> &[bool] {
        &self.leads[(point + 1) * self.trials..][..self.trials]
    }

    /// What was drawn of a cell in a trial, where single attempts are wanted.
    pub fn drawn(&self, point: usize, t: usize) -> &[Drawn] {
        let [start, end] = self.spans[point * self.trials + t];
        &self.drawn[start..end]
    }

    /// By trial, a feature that says by itself whether the answer returned is correct.
    pub fn feature(&self, feature: Feature, point: usize) -> &[bool] {
        match feature {
            Feature::BestIsCorrect => self.best_is_correct(point),
            Feature::Leads => self.leads(point),
        }
    }

    /// What the policies see of one trial up to row `row`.
    #[inline]
    pub fn seen(&self, row: usize, t: usize, events: FirstEvents) -> Seen {
        let at = row * self.trials + t;
        Seen {
            events,
            correct: self.correct[at],
            maxima: [0, 1].map(|class| self.depths[class][at]),
            best_is_correct: self.best_is_correct[at],
            leads: self.leads[at],
            last_correct: self.last_correct[at],
        }
    }

    fn keep(&mut self, row: usize, t: usize, seen: &Seen) {
        let at = row * self.trials + t;
        self.correct[at] = seen.correct;
        for class in 0..CLASSES {
            self.depths[class][at] = seen.maxima[class];
        }
        self.best_is_correct[at] = seen.best_is_correct;
        self.last_correct[at] = seen.last_correct;
    }
}

impl Plan<'_> {
    /// Draws the counts and depths of task `i` in the trials from `first` on.
    pub(super) fn fill(
        &self,
        sheet: &mut Sheet,
        random: &mut Random,
        chunk: u64,
        (i, first): (usize, usize),
        events: &[(FirstEvents, Rates)],
    ) {
        let (grid, trials) = (self.layout.grid, events.len());
        sheet.drawn.clear();
        sheet.cell.waiting.clear();
        sheet.cell.waiting.extend(0..trials as u32);
        let mut lefts = vec![self.pools.get(i).map(Pool::full); if self.pools.is_empty() { 0 } else { trials }];
        let mut from = 0;
        for (point, &to) in grid.iter().enumerate() {
            let cut = if let Some(tables) = self.counts.of_cell(i, point) {
                self.fill_whole(
                    sheet,
                    random,
                    tables,
                    (chunk, i * grid.len() + point, first),
                    (from, to),
                    (point, events),
                )
            } else {
                sheet.cell.cut.iter_mut().zip(0..).for_each(|(cut, t)| *cut = t);
                trials
            };
            for at in 0..cut {
                let t = sheet.cell.cut[at] as usize;
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
        (chunk, row, first): (u64, usize, usize),
        (from, to): (u64, u64),
        (point, events): (usize, &[(FirstEvents, Rates)]),
    ) -> usize {
        let (size, trials, attempts) = (sheet.trials, events.len(), to - from);
        let (before, now) = sheet.correct[point * size..].split_at_mut(size);
        let Cell { words, kind, correct, depths, cut, waiting } = &mut sheet.cell;
        let (mut cuts, mut left) = (0, 0);
        for at in 0..waiting.len() {
            let t = waiting[at];
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
            self.stream(purpose::COUNTS, chunk).fill((row * self.chunk + first) as u64 / 4, words);
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
                    let place = (CLASSES * row + class) * self.chunk + first;
                    self.stream(purpose::MAXIMA, chunk).fill(place as u64 / 4, words);
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
