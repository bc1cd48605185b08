//! Filtered vote: the most frequent among accepted answers; nothing where none was accepted.

use libm::exp;
use serde::Deserialize;

use super::majority_vote::vote_answers;
use super::rule::{Needs, Rule, Setting};
use super::seen::{Attempt, Seen, Selector};
use super::ties::Priorities;
use crate::error::Result;
use crate::sampling::exact::expected::{Expected, Part, known_rates};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::law::Event;
use crate::special::one_less_exp;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilteredVote {}

impl Rule for FilteredVote {
    fn name(&self) -> &'static str {
        "filtered_vote"
    }

    fn needs(&self) -> Needs {
        Needs { verdicts: true, answers: true, attempts: true, ..Needs::NONE }
    }

    fn accepts(&self) -> bool {
        true
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        Box::new(Accepted { votes: vec![0; setting.votes()], any: false, priorities: None })
    }

    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        let (law, rates) = known_rates(self.name(), part)?;
        let counted = [rates.errors.true_positive, rates.errors.false_positive];
        let rejected = rates.rejected_correct() + rates.rejected_wrong();
        let answers = vote_answers(self.name(), setting, cap, rates.success, counted, rejected)?;
        let [correct, wrong] = answers.plurality(cap, &setting.control)?;
        let ln_none = law.ln_survival(Event::Accepted, cap);
        Ok(Expected::after_all(part, cap, [one_less_exp(ln_none), correct, wrong, exp(ln_none)]))
    }
}

/// Counts the votes of accepted answers.
struct Accepted {
    votes: Vec<u64>,
    any: bool,
    priorities: Option<Priorities>,
}

impl Selector for Accepted {
    fn start(&mut self, priorities: &Priorities) {
        self.votes.fill(0);
        self.any = false;
        self.priorities = Some(*priorities);
    }

    fn see(&mut self, _: u64, attempts: &[Attempt]) {
        for attempt in attempts {
            self.votes[attempt.answer] += u64::from(attempt.accepted);
            self.any |= attempt.accepted;
        }
    }

    fn select(&self, _: &Seen, most: u64) -> Outcome {
        match &self.priorities {
            Some(priorities) if self.any => Outcome::answer(priorities.correct_has_most(&self.votes), true, most),
            _ => Outcome::nothing(most),
        }
    }
}
