//! Stop when ahead: the most frequent answer as soon as it leads every other by a margin of votes.

use serde::Deserialize;

use super::rule::Foresight;
use super::stopping_vote::{Enough, StoppingVote, runner_up};
use crate::error::{Result, check_whole};

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopWhenAhead {
    /// Votes ahead.
    pub margin: f64,
}

impl StoppingVote for StopWhenAhead {
    const NAME: &'static str = "stop_when_ahead";

    fn enough(self) -> impl Enough {
        let margin = self.margin as u64;
        move |votes, given| (votes[given] >= runner_up(votes, given) + margin).then_some(given)
    }

    fn check(&self) -> Result<()> {
        check_whole("margin", self.margin, 1.0, 1e12)
    }

    fn votes_off(&self) -> Option<Foresight> {
        let margin = self.margin as u64;
        Some(Box::new(move |[most, next], _| (next + margin).saturating_sub(most)))
    }
}
