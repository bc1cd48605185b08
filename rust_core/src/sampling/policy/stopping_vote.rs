//! Votes that stop: attempt by attempt, until the answer just given has enough votes by some rule.

use super::seen::{Attempt, Seen, Selector};
use super::ties::Priorities;
use crate::sampling::record::outcome::Outcome;

/// The most votes of any other answer.
pub fn runner_up(votes: &[u64], answer: usize) -> u64 {
    votes.iter().enumerate().filter(|(other, _)| *other != answer).map(|(_, &votes)| votes).max().unwrap_or(0)
}

/// Votes until an answer that was just given has enough of them: by a rule that looks at all votes and that answer.
pub struct StoppingVote<R> {
    enough: R,
    votes: Vec<u64>,
    /// The attempt number and the answer at which it stopped.
    stopped: Option<(u64, usize)>,
    priorities: Option<Priorities>,
}

impl<R: Fn(&[u64], usize) -> bool> StoppingVote<R> {
    /// No votes for so many answers.
    pub fn new(answers: usize, enough: R) -> Self {
        Self { enough, votes: vec![0; answers], stopped: None, priorities: None }
    }
}

impl<R: Fn(&[u64], usize) -> bool + Send> Selector for StoppingVote<R> {
    fn start(&mut self, priorities: &Priorities) {
        self.votes.fill(0);
        self.stopped = None;
        self.priorities = Some(*priorities);
    }

    fn see(&mut self, before: u64, attempts: &[Attempt]) {
        if self.stopped.is_some() {
            return;
        }
        for (attempt, number) in attempts.iter().zip(before + 1..) {
            self.votes[attempt.answer] += 1;
            if (self.enough)(&self.votes, attempt.answer) {
                self.stopped = Some((number, attempt.answer));
                return;
            }
        }
    }

    fn select(&self, _: &Seen, most: u64) -> Outcome {
        match (self.stopped, &self.priorities) {
            (Some((number, answer)), _) => Outcome::answer(answer == 0, false, number),
            (None, Some(priorities)) => Outcome::answer(priorities.correct_has_most(&self.votes), false, most),
            (None, None) => Outcome::nothing(most),
        }
    }

    fn stops(&self, _: &Seen, _: u64) -> bool {
        self.stopped.is_some()
    }
}
