//! Votes counted attempt by attempt, of all attempts or of the accepted ones, and what becomes of a tie.

use super::rule::Setting;
use super::seen::{Attempt, Seen, Selector};
use super::ties::{Priorities, Ties};
use crate::sampling::record::outcome::Outcome;

/// Counts the votes of a task.
pub struct VoteCount {
    accepted_only: bool,
    ties: Ties,
    votes: Vec<u64>,
    /// Whether the first vote for each answer is from a correct attempt.
    right: Vec<bool>,
    priorities: Option<Priorities>,
}

impl VoteCount {
    /// Of the accepted attempts, or of all.
    pub fn selector(setting: &Setting, accepted_only: bool, ties: Ties) -> Box<dyn Selector> {
        Box::new(Self { accepted_only, ties, votes: vec![0; setting.votes()], right: Vec::new(), priorities: None })
    }
}

impl Selector for VoteCount {
    fn start(&mut self, priorities: &Priorities) {
        priorities.clear(&mut self.votes);
        priorities.clear(&mut self.right);
        self.priorities = Some(*priorities);
    }

    fn see(&mut self, _: u64, attempts: &[Attempt]) {
        for attempt in attempts.iter().filter(|attempt| attempt.accepted || !self.accepted_only) {
            if let Some(answer) = attempt.answer {
                if self.votes[answer] == 0 {
                    self.right[answer] = attempt.class == 0;
                }
                self.votes[answer] += 1;
            }
        }
    }

    fn select(&self, _: &Seen, most: u64) -> Outcome {
        let Some(priorities) = &self.priorities else { return Outcome::nothing(most) };
        let Some(leader) = priorities.leader(&self.votes, |answer| self.votes[answer] > 0) else {
            return Outcome::nothing(most);
        };
        let tied = || self.votes.iter().filter(|&&votes| votes == self.votes[leader]).count() > 1;
        match self.ties {
            Ties::Abstain if tied() => Outcome::nothing(most),
            Ties::Lose if tied() => Outcome::answer(false, self.accepted_only, most),
            _ => priorities.returned(leader, self.right[leader], self.accepted_only, most),
        }
    }
}
