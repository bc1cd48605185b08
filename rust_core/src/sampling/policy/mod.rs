//! Policies: which of the drawn answers is returned.

pub mod first_worthwhile;

use serde::Deserialize;

use crate::error::{Result, check_range, check_whole};
use crate::spec::Spec;

/// The largest score a threshold may name, in standard deviations of a wrong answer's score.
const MAX_THRESHOLD: f64 = 1e3;

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Policy {
    /// The first accepted answer among at most `max_attempts`.
    FirstAccepted {
        /// What is returned where none was accepted.
        fallback: Fallback,
    },
    /// The first accepted answer if its attempt number has positive expected value under the task prior.
    FirstWorthwhile {},
    /// The first answer with a score above the threshold.
    FirstAbove {
        /// The score to exceed.
        threshold: f64,
    },
    /// The answer with the highest score.
    BestOf {
        /// The score to exceed, else nothing is returned.
        threshold: Option<f64>,
    },
    /// The most frequent answer.
    MajorityVote {},
    /// The answer with the largest sum of log likelihood ratios.
    WeightedVote {},
    /// The most frequent among accepted answers.
    FilteredVote {},
    /// The most frequent answer as soon as it leads the next one by the margin.
    StopWhenAhead {
        /// Votes ahead.
        margin: f64,
    },
    /// A correct answer where there is one: coverage, pass@k.
    AnyOf {},
    /// Right where all answers are: reliability, pass^k.
    AllOf {},
}

/// What first accepted returns where no answer was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Nothing.
    Abstain,
    /// The last answer drawn.
    Last,
    /// The answer with the highest score.
    Best,
}

impl Policy {
    /// Whether the last answer is returned where none was accepted.
    pub const fn returns_last(self) -> bool {
        matches!(self, Self::FirstAccepted { fallback: Fallback::Last })
    }

    /// Whether the cells of the first acceptance and of the first correct answer say all about it.
    pub const fn is_cellwise(self) -> bool {
        matches!(self, Self::FirstAccepted { fallback: Fallback::Abstain | Fallback::Last })
    }

    /// Whether it reads scores.
    pub const fn needs_scores(self) -> bool {
        matches!(
            self,
            Self::FirstAccepted { fallback: Fallback::Best }
                | Self::FirstAbove { .. }
                | Self::BestOf { .. }
                | Self::WeightedVote {}
        )
    }

    /// Whether it tells wrong answers apart.
    pub const fn needs_answers(self) -> bool {
        matches!(
            self,
            Self::MajorityVote {} | Self::WeightedVote {} | Self::FilteredVote {} | Self::StopWhenAhead { .. }
        )
    }

    /// Whether it asks the verifier to accept or reject.
    pub const fn needs_verdicts(self) -> bool {
        matches!(self, Self::FirstAccepted { .. } | Self::FirstWorthwhile {} | Self::FilteredVote {})
    }

    /// Whether the verifier sees every attempt it uses.
    pub const fn checks(self) -> bool {
        self.needs_verdicts() || self.needs_scores()
    }

    /// Whether it needs the attempts one by one.
    pub const fn needs_attempts(self) -> bool {
        matches!(
            self,
            Self::FirstAbove { .. } | Self::WeightedVote {} | Self::FilteredVote {} | Self::StopWhenAhead { .. }
        )
    }

    /// Whether what it returns was accepted, by the verifier or by a threshold of its own; `false`: it asks nobody.
    pub const fn accepts(self) -> bool {
        matches!(
            self,
            Self::FirstAccepted { .. }
                | Self::FirstWorthwhile {}
                | Self::FirstAbove { .. }
                | Self::BestOf { threshold: Some(_) }
                | Self::FilteredVote {}
        )
    }

    /// Its kind, as in a spec.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstAccepted { .. } => "first_accepted",
            Self::FirstWorthwhile {} => "first_worthwhile",
            Self::FirstAbove { .. } => "first_above",
            Self::BestOf { .. } => "best_of",
            Self::MajorityVote {} => "majority_vote",
            Self::WeightedVote {} => "weighted_vote",
            Self::FilteredVote {} => "filtered_vote",
            Self::StopWhenAhead { .. } => "stop_when_ahead",
            Self::AnyOf {} => "any_of",
            Self::AllOf {} => "all_of",
        }
    }
}

impl Spec for Policy {
    fn check(&self) -> Result<()> {
        match *self {
            Self::FirstAbove { threshold } | Self::BestOf { threshold: Some(threshold) } => {
                check_range("threshold", &[threshold], -MAX_THRESHOLD, MAX_THRESHOLD)
            }
            Self::StopWhenAhead { margin } => check_whole("margin", margin, 1.0, 1e12),
            _ => Ok(()),
        }
    }
}
