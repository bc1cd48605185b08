//! Votes that stop: attempt by attempt, until an answer has enough votes by some rule.

use super::rule::Setting;
use super::seen::{Attempt, Seen, Selector};
use super::ties::Priorities;
use crate::error::Result;
use crate::sampling::exact::expected::{Expected, Part, fixed_rates, no_closed_form};
use crate::sampling::exact::two_answers::{MOST_VOTES, TwoAnswers};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::law::TaskLaw;

/// When a vote stops: of all votes so far and the answer just given, the answer that has enough of them.
pub trait Enough: FnMut(&[u64], usize) -> Option<usize> + Send + 'static {}

impl<F: FnMut(&[u64], usize) -> Option<usize> + Send + 'static> Enough for F {}

/// The most votes of any other answer.
pub fn runner_up(votes: &[u64], answer: usize) -> u64 {
    votes.iter().enumerate().filter(|(other, _)| *other != answer).map(|(_, &votes)| votes).max().unwrap_or(0)
}

/// The vote among simulated attempts.
pub fn selector(setting: &Setting, enough: impl Enough) -> Box<dyn Selector> {
    Box::new(Vote { enough, votes: vec![0; setting.votes()], right: Vec::new(), stopped: None, priorities: None })
}

/// What the vote comes to in expectation: known where there are two answers, the correct one and a wrong one.
pub fn expected(name: &str, setting: &Setting, part: Part, cap: f64, enough: impl Enough) -> Result<Expected> {
    let (_, rates) = fixed_rates(name, part)?;
    if setting.votes() != 2 {
        return Err(no_closed_form(name, "with more than one wrong answer the votes of all attempts decide together"));
    }
    if cap > MOST_VOTES {
        return Err(no_closed_form(name, &format!("above {MOST_VOTES} votes the count takes too long")));
    }
    let TwoAnswers { correct, wrong, attempts, .. } = TwoAnswers::new(rates.success, cap as u64, enough);
    Ok(Expected { attempts, ..Expected::after_all(part, cap, [f64::NAN, correct, wrong, 0.0]) })
}

/// P(the vote has not stopped after `n` attempts), where that is known.
pub fn going_on(setting: &Setting, part: Part, n: f64, enough: impl Enough) -> f64 {
    match part {
        Part::Fixed(TaskLaw::Attempts(rates)) if setting.votes() == 2 && n <= MOST_VOTES => {
            TwoAnswers::new(rates.success, n as u64, enough).going_on
        }
        _ => 1.0,
    }
}

/// Votes so far.
struct Vote<R> {
    enough: R,
    votes: Vec<u64>,
    /// Whether the first vote for each answer is from a correct attempt.
    right: Vec<bool>,
    /// The attempt number at which it stopped, and the answer.
    stopped: Option<(u64, usize)>,
    priorities: Option<Priorities>,
}

impl<R: Enough> Selector for Vote<R> {
    fn start(&mut self, priorities: &Priorities) {
        priorities.clear(&mut self.votes);
        priorities.clear(&mut self.right);
        self.stopped = None;
        self.priorities = Some(*priorities);
    }

    fn see(&mut self, before: u64, attempts: &[Attempt]) {
        if self.stopped.is_some() {
            return;
        }
        for (attempt, number) in attempts.iter().zip(before + 1..) {
            let Some(given) = attempt.answer else { continue };
            if self.votes[given] == 0 {
                self.right[given] = attempt.class == 0;
            }
            self.votes[given] += 1;
            if let Some(answer) = (self.enough)(&self.votes, given) {
                self.stopped = Some((number, answer));
                return;
            }
        }
    }

    fn select(&self, _: &Seen, most: u64) -> Outcome {
        let Some(priorities) = &self.priorities else { return Outcome::nothing(most) };
        let (number, answer) = match self.stopped {
            Some((number, answer)) => (number, Some(answer)),
            None => (most, priorities.leader(&self.votes, |answer| self.votes[answer] > 0)),
        };
        answer.map_or(Outcome::nothing(number), |answer| priorities.returned(answer, self.right[answer], false, number))
    }

    fn stops(&self, _: &Seen, _: u64) -> bool {
        self.stopped.is_some()
    }
}
