//! The features of one task in a batch of trials: counts, highest scores and who leads, at every grid point.

use super::state::DrawnSegment;
use crate::sampling::policy::seen::{Feature, FirstEvents, Seen};
use crate::sampling::scenario::scores::CLASSES;

/// The most trials of a batch, and the most places (trials times grid points) that a larger grid leaves it.
pub const MOST_TRIALS: usize = 128;
const MOST_PLACES: usize = 1 << 13;

/// A batch of trials of one task. Row 0 holds what is true before the first attempt, row j what is at grid point j.
#[derive(Debug)]
pub struct Batch {
    /// Trials of a full batch.
    pub trials: usize,
    pub(super) correct: Vec<u64>,
    pub(super) maxima: [Vec<f64>; CLASSES],
    /// Whether the highest score is that of a correct answer.
    pub(super) best_is_correct: Vec<bool>,
    pub(super) last_correct: Vec<bool>,
    /// Whether the correct answer leads.
    pub(super) leads: Vec<bool>,
    pub(super) drawn: Vec<DrawnSegment>,
    /// Which of `drawn` belong to a bin and trial.
    pub(super) spans: Vec<[usize; 2]>,
    pub(super) bin: BatchBin,
}

/// One bin in a batch of trials.
#[derive(Debug)]
pub(super) struct BatchBin {
    pub(super) words: Vec<u64>,
    pub(super) kind: Vec<u8>,
    pub(super) correct: Vec<u64>,
    pub(super) maxima: [Vec<f64>; CLASSES],
    /// Trials in which a first event cuts the bin.
    pub(super) cut: Vec<u32>,
    /// Trials in which a first event had not come before the bin.
    pub(super) waiting: Vec<u32>,
}

impl Batch {
    /// Room for `points` grid points; what is not wanted stays as it is.
    pub fn new(points: usize) -> Self {
        let trials = (MOST_PLACES / points.max(1)).next_power_of_two().clamp(4, MOST_TRIALS);
        let places = trials * (points + 1);
        Self {
            trials,
            correct: vec![0; places],
            maxima: [0; CLASSES].map(|_| vec![f64::INFINITY; places]),
            best_is_correct: vec![false; places],
            last_correct: vec![false; places],
            leads: vec![false; places],
            drawn: Vec::new(),
            spans: vec![[0; 2]; places],
            bin: BatchBin {
                words: vec![0; trials],
                kind: vec![0; trials],
                correct: vec![0; trials],
                maxima: [0; CLASSES].map(|_| vec![f64::INFINITY; trials]),
                cut: vec![0; trials + 1],
                waiting: Vec::with_capacity(trials),
            },
        }
    }

    /// By trial, whether the best answer is correct at a grid point.
    pub fn best_is_correct(&self, point: usize) -> &[bool] {
        &self.best_is_correct[(point + 1) * self.trials..][..self.trials]
    }

    /// The first grid point at which some attempt of a trial is correct, of `points`.
    pub fn first_correct(&self, t: usize, points: usize) -> usize {
        (0..points).find(|point| self.correct[(point + 1) * self.trials + t] > 0).unwrap_or(points)
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

    /// What was drawn of a bin in a trial, where single attempts are wanted.
    pub fn drawn(&self, point: usize, t: usize) -> &[DrawnSegment] {
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
            maxima: [0, 1].map(|class| self.maxima[class][at]),
            best_is_correct: self.best_is_correct[at],
            leads: self.leads[at],
            last_correct: self.last_correct[at],
        }
    }

    /// Keeps one trial up to row `row`.
    pub(super) fn keep(&mut self, row: usize, t: usize, seen: &Seen) {
        let at = row * self.trials + t;
        self.correct[at] = seen.correct;
        for class in 0..CLASSES {
            self.maxima[class][at] = seen.maxima[class];
        }
        self.best_is_correct[at] = seen.best_is_correct;
        self.last_correct[at] = seen.last_correct;
    }
}
