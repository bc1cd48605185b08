//! Attempts one by one, for policies that no count can tell: drawn given the counts, maxima and answers of their segment.

use super::state::DrawnSegment;
use crate::rng::Sequence;
use crate::sampling::policy::seen::{Attempt, Selector};
use crate::sampling::policy::ties::Priorities;
use crate::sampling::scenario::scores::{CLASSES, Scores};
use crate::variates::below;
use crate::variates::exponential::Exponential;

/// The streams of single attempts.
pub struct Random {
    /// Which attempts of a segment are correct, and which has the highest score.
    pub order: Sequence,
    /// Which wrong attempt gives which answer.
    pub answers: Sequence,
    /// Verdicts and scores.
    pub verdicts: Sequence,
}

/// Attempts that are shown to the policies together.
const SHOWN: usize = 256;

/// The policies at work, and the attempts that they are shown next.
pub struct Sequential {
    /// The policies.
    pub selectors: Vec<Box<dyn Selector>>,
    scores: Option<Scores>,
    answers: bool,
    next: Vec<Attempt>,
    /// Wrong attempts among the first 0, 1, 2, ...
    wrong: Vec<u64>,
}

impl Sequential {
    /// Policies that look at attempts with these scores; `answers` where wrong answers are told apart.
    pub fn new(selectors: Vec<Box<dyn Selector>>, scores: Option<Scores>, answers: bool) -> Self {
        Self { selectors, scores, answers, next: Vec::with_capacity(SHOWN), wrong: vec![0] }
    }

    /// Starts a task in a trial.
    pub fn start(&mut self, priorities: &Priorities) {
        self.selectors.iter_mut().for_each(|selector| selector.start(priorities));
        self.wrong.truncate(1);
    }

    /// Wrong attempts among the first `number` that were drawn.
    pub fn wrong(&self, number: u64) -> u64 {
        self.wrong[number as usize]
    }

    /// Shows the policies the next attempts; `number` of all were drawn.
    fn show(&mut self, number: u64) {
        let before = number - self.next.len() as u64;
        self.selectors.iter_mut().for_each(|selector| selector.see(before, &self.next));
        self.next.clear();
    }

    /// Draws the attempts after `from` one by one, given what was drawn of their segments: `drawn` are the bin's wrong
    /// attempts by answer, `accept` the probabilities of acceptance by class, `last_correct` says it of the last attempt.
    pub fn draw(
        &mut self,
        drawn: &[DrawnSegment],
        by_answer: &mut [u64],
        accept: [f64; CLASSES],
        (from, last_correct): (u64, bool),
        (random, exponential): (&mut Random, &Exponential),
    ) {
        let mut number = from;
        let mut wrong = by_answer.iter().sum();
        for (segment, more) in drawn.iter().zip((0..drawn.len()).rev()) {
            let all = segment.segment.attempts;
            let mut left = [segment.correct, all - segment.correct];
            // The highest score of a class is equally likely at each of its attempts.
            let mut peak = [0; CLASSES];
            if self.scores.is_some() {
                for class in 0..CLASSES {
                    if left[class] > 1 {
                        peak[class] = below(left[class], &mut random.order);
                    }
                }
            }
            let mut seen = [0; CLASSES];
            let last = (more == 0).then_some(usize::from(!last_correct));
            if let Some(class) = last {
                left[class] -= 1;
            }
            for at in 1..=all {
                let class = match last {
                    Some(class) if at == all => class,
                    _ => {
                        let correct =
                            left[1] == 0 || (left[0] > 0 && below(left[0] + left[1], &mut random.order) < left[0]);
                        let class = usize::from(!correct);
                        left[class] -= 1;
                        class
                    }
                };
                let (accepted, score) = if let Some(scores) = self.scores {
                    // Below the highest score maxima go on as they began: an exponential number more.
                    let least = segment.maxima[class];
                    let more = if seen[class] == peak[class] { 0.0 } else { exponential.draw(&mut random.verdicts) };
                    (least + more < scores.threshold[class], least + more)
                } else {
                    let verdict = segment.given().accepted();
                    (verdict.unwrap_or_else(|| random.verdicts.open01() < accept[class]), f64::NAN)
                };
                seen[class] += 1;
                let answer = if class == 0 || !self.answers { class } else { take(by_answer, &mut wrong, random) };
                number += 1;
                self.wrong.push(self.wrong[self.wrong.len() - 1] + class as u64);
                self.next.push(Attempt { class, answer: Some(answer), accepted, score });
                if self.next.len() == SHOWN {
                    self.show(number);
                }
            }
        }
        self.show(number);
    }
}

/// Takes one of the bin's wrong attempts: the number of its answer, from 1 on.
fn take(by_answer: &mut [u64], wrong: &mut u64, random: &mut Random) -> usize {
    let mut at = below(*wrong, &mut random.answers);
    *wrong -= 1;
    for (j, count) in by_answer.iter_mut().enumerate() {
        if at < *count {
            *count -= 1;
            return j + 1;
        }
        at -= *count;
    }
    by_answer.len()
}
