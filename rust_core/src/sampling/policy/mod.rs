//! Policies: which of the drawn answers is returned. A file each; this one lists them.
//!
//! A file holds all that is known of its policy: parameters and what it reads ([`rule::Rule`]), its choice among simulated
//! attempts ([`seen::Selector`]), its exact solution, and its tests.

pub mod all_of;
pub mod any_of;
pub mod best_of;
pub mod beta_stop;
pub mod filtered_vote;
pub mod first_above;
pub mod first_accepted;
pub mod first_worthwhile;
pub mod majority_vote;
pub mod rule;
pub mod seen;
pub mod share_vote;
pub mod stop_when_ahead;
pub mod stopping_vote;
pub mod ties;
pub mod vote_count;
pub mod weighted_vote;
pub mod window_stop;

use serde::Deserialize;

use crate::error::Result;
use crate::spec::Spec;
use rule::Rule;

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Policy {
    /// The first accepted answer among at most `max_attempts`.
    FirstAccepted(first_accepted::FirstAccepted),
    /// The first accepted answer if its attempt number has positive expected value under the task prior.
    FirstWorthwhile(first_worthwhile::FirstWorthwhile),
    /// The first answer with a score above the threshold.
    FirstAbove(first_above::FirstAbove),
    /// The answer with the highest score.
    BestOf(best_of::BestOf),
    /// The most frequent answer.
    MajorityVote(majority_vote::MajorityVote),
    /// The answer with the largest sum of log likelihood ratios.
    WeightedVote(weighted_vote::WeightedVote),
    /// The most frequent among accepted answers.
    FilteredVote(filtered_vote::FilteredVote),
    /// The most frequent answer as soon as it leads the next one by the margin.
    StopWhenAhead(stop_when_ahead::StopWhenAhead),
    /// The most frequent answer as soon as it has a share of enough votes.
    ShareVote(share_vote::ShareVote),
    /// The most frequent answer as soon as it beats the next one with enough confidence.
    BetaStop(beta_stop::BetaStop),
    /// The answer of the first window of attempts that agree.
    WindowStop(window_stop::WindowStop),
    /// A correct answer where there is one: coverage, pass@k.
    AnyOf(any_of::AnyOf),
    /// Right where all answers are: reliability, pass^k.
    AllOf(all_of::AllOf),
}

impl Policy {
    /// The threshold of its own, where it has one.
    pub const fn threshold(&self) -> Option<f64> {
        match self {
            Self::FirstAbove(policy) => Some(policy.threshold),
            Self::BestOf(policy) => policy.threshold,
            _ => None,
        }
    }

    /// Whether it weighs scores by how likely a correct answer has them.
    pub fn weighs_likelihoods(&self) -> bool {
        matches!(self, Self::WeightedVote(vote) if vote.weight == weighted_vote::Weight::Likelihood)
    }
}

/// A policy is its rule.
impl std::ops::Deref for Policy {
    type Target = dyn Rule;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::FirstAccepted(rule) => rule,
            Self::FirstWorthwhile(rule) => rule,
            Self::FirstAbove(rule) => rule,
            Self::BestOf(rule) => rule,
            Self::MajorityVote(rule) => rule,
            Self::WeightedVote(rule) => rule,
            Self::FilteredVote(rule) => rule,
            Self::StopWhenAhead(rule) => rule,
            Self::ShareVote(rule) => rule,
            Self::BetaStop(rule) => rule,
            Self::WindowStop(rule) => rule,
            Self::AnyOf(rule) => rule,
            Self::AllOf(rule) => rule,
        }
    }
}

impl Spec for Policy {
    fn check(&self) -> Result<()> {
        self.check_parameters()
    }
}
