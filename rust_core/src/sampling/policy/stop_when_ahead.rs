//! Stop when ahead: the most frequent answer as soon as it leads every other by a margin of votes.

use serde::Deserialize;

use super::rule::{Alone, Foresight, Needs, Rule, Setting};
use super::seen::Selector;
use super::stopping_vote::{self, Enough, runner_up};
use crate::error::{Result, check_whole};
use crate::sampling::exact::expected::{Expected, Part};

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopWhenAhead {
    /// Votes ahead.
    pub margin: f64,
}

impl StopWhenAhead {
    fn enough(self) -> impl Enough {
        let margin = self.margin as u64;
        move |votes, given| (votes[given] >= runner_up(votes, given) + margin).then_some(given)
    }
}

impl Rule for StopWhenAhead {
    fn name(&self) -> &'static str {
        "stop_when_ahead"
    }

    fn needs(&self) -> Needs {
        Needs { answers: true, attempts: true, ..Needs::NONE }
    }

    fn alone(&self) -> Option<Alone> {
        Some(Alone::Stopping)
    }

    fn check_parameters(&self) -> Result<()> {
        check_whole("margin", self.margin, 1.0, 1e12)
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        stopping_vote::selector(setting, self.enough())
    }

    fn foresight(&self) -> Option<Foresight> {
        let margin = self.margin as u64;
        Some(Box::new(move |[most, next], _| (next + margin).saturating_sub(most)))
    }

    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        stopping_vote::expected(self.name(), setting, part, cap, self.enough())
    }

    fn going_on(&self, setting: &Setting, part: Part, n: f64) -> f64 {
        stopping_vote::going_on(setting, part, n, self.enough())
    }
}
