//! Stop when ahead: the most frequent answer as soon as it leads every other by a margin of votes.

use serde::Deserialize;

use super::rule::{Needs, Rule, Setting};
use super::seen::Selector;
use super::stopping_vote::{StoppingVote, runner_up};
use crate::error::{Result, check_whole};
use crate::sampling::exact::expected::{Expected, Part, known_rates, no_closed_form};

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopWhenAhead {
    /// Votes ahead.
    pub margin: f64,
}

impl Rule for StopWhenAhead {
    fn name(&self) -> &'static str {
        "stop_when_ahead"
    }

    fn needs(&self) -> Needs {
        Needs { answers: true, attempts: true, ..Needs::NONE }
    }

    fn check_parameters(&self) -> Result<()> {
        check_whole("margin", self.margin, 1.0, 1e12)
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        let margin = self.margin as u64;
        Box::new(StoppingVote::new(setting.votes(), move |votes, answer| {
            votes[answer] >= runner_up(votes, answer) + margin
        }))
    }

    fn expected(&self, _: &Setting, part: Part, _: f64) -> Result<Expected> {
        known_rates(self.name(), part)?;
        Err(no_closed_form(self.name(), "the votes of all attempts decide together"))
    }
}
