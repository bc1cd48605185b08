//! Weighted vote: the answer with the largest sum of log likelihood ratios of its scores, among those that appeared.

use serde::Deserialize;

use super::rule::{Needs, Rule, Setting};
use super::seen::{Attempt, Seen, Selector};
use super::ties::Priorities;
use crate::error::Result;
use crate::sampling::exact::expected::{Expected, Part, known_rates, no_closed_form};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::scores::Scores;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedVote {}

impl Rule for WeightedVote {
    fn name(&self) -> &'static str {
        "weighted_vote"
    }

    fn needs(&self) -> Needs {
        Needs { scores: true, answers: true, attempts: true, ..Needs::NONE }
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        let (sums, appeared) = (vec![0.0; setting.votes()], vec![false; setting.votes()]);
        Box::new(Weights { scores: setting.scores, sums, appeared, priorities: None })
    }

    fn expected(&self, _: &Setting, part: Part, _: f64) -> Result<Expected> {
        known_rates(self.name(), part)?;
        Err(no_closed_form(self.name(), "the votes of all attempts decide together"))
    }
}

/// Adds the weights of each answer.
struct Weights {
    scores: Option<Scores>,
    sums: Vec<f64>,
    appeared: Vec<bool>,
    priorities: Option<Priorities>,
}

impl Selector for Weights {
    fn start(&mut self, priorities: &Priorities) {
        self.sums.fill(0.0);
        self.appeared.fill(false);
        self.priorities = Some(*priorities);
    }

    fn see(&mut self, _: u64, attempts: &[Attempt]) {
        let Some(scores) = self.scores else { return };
        for attempt in attempts {
            self.sums[attempt.answer] += scores.weight(scores.at(attempt.class, attempt.score));
            self.appeared[attempt.answer] = true;
        }
    }

    fn select(&self, _: &Seen, most: u64) -> Outcome {
        let leader = self.priorities.and_then(|p| p.leader(&self.sums, |answer| self.appeared[answer]));
        Outcome::answer(leader == Some(0), false, most)
    }
}
