//! Beta stop: the most frequent answer as soon as it beats the next one with enough confidence.
//!
//! With `v` votes against `w` of the runner-up, and a uniform prior on the share of the two, the posterior is Beta(v+1, w+1)
//! and the answer beats the other with probability `1 - I_1/2(v+1, w+1)` (Aggarwal et al., *Let's Sample Step by Step:
//! Adaptive-Consistency*, arXiv 2305.11860).

use serde::Deserialize;

use super::rule::Foresight;
use super::stopping_vote::{Enough, StoppingVote, runner_up};
use crate::error::{Result, check_range};
use crate::special::incomplete_beta::beta_cdf;

/// The largest confidence: above it rounding decides.
const MAX_CONFIDENCE: f64 = 1.0 - 1e-9;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BetaStop {
    /// The posterior probability to exceed.
    pub confidence: f64,
}

/// P(the answer of `votes` votes beats that of `others`).
fn beats(votes: u64, others: u64) -> f64 {
    beta_cdf(others as f64 + 1.0, votes as f64 + 1.0, 0.5)
}

impl BetaStop {
    /// By votes of the runner-up, the fewest that are enough: always more.
    fn needed(self) -> impl FnMut(u64) -> u64 + Send + 'static {
        let mut needed: Vec<u64> = Vec::new();
        move |others| {
            while needed.len() as u64 <= others {
                let at = needed.len() as u64;
                let mut least = needed.last().map_or(1, |least| least + 1);
                while beats(least, at) <= self.confidence {
                    least += 1;
                }
                needed.push(least);
            }
            needed[others as usize]
        }
    }
}

impl StoppingVote for BetaStop {
    const NAME: &'static str = "beta_stop";

    fn enough(self) -> impl Enough {
        let mut needed = self.needed();
        move |votes, given| {
            let others = runner_up(votes, given);
            (votes[given] > others && votes[given] >= needed(others)).then_some(given)
        }
    }

    fn check(&self) -> Result<()> {
        check_range("confidence", &[self.confidence], 0.5, MAX_CONFIDENCE)
    }

    fn votes_off(&self) -> Option<Foresight> {
        let mut needed = self.needed();
        Some(Box::new(move |[most, next], _| needed(next).saturating_sub(most)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_posterior_is_a_binomial_tail() {
        // P(Beta(v+1, w+1) > 1/2) = P(Binomial(v+w+1, 1/2) <= v), in whole numbers.
        let choose = |n: u64, k: u64| (0..k).fold(1u128, |c, j| c * u128::from(n - j) / u128::from(j + 1));
        for (votes, others) in [(1, 0), (4, 0), (5, 2), (20, 11), (40, 39)] {
            let n = votes + others + 1;
            let tail: u128 = (0..=votes).map(|k| choose(n, k)).sum();
            assert!((beats(votes, others) - tail as f64 / (1u128 << n) as f64).abs() < 1e-14);
        }
    }

    #[test]
    fn it_stops_as_soon_as_the_posterior_exceeds_the_confidence() {
        for confidence in [0.8, 0.95, 0.99] {
            let mut enough = BetaStop { confidence }.enough();
            for others in 0..30 {
                for votes in 1..60 {
                    let stops = votes > others && beats(votes, others) > confidence;
                    assert_eq!(enough(&[votes, others, others / 2], 0).is_some(), stops, "{votes} {others}");
                }
            }
        }
    }
    #[test]
    fn the_soonest_stop_is_the_first_that_votes_for_the_leader_bring() {
        for rule in [0.5, 0.8, 0.95, 0.9999].map(|confidence| BetaStop { confidence }) {
            let (mut enough, mut soonest) = (rule.enough(), rule.votes_off().expect("it can tell"));
            for [most, next] in (0..900).map(|i| [i / 30, i % 30]).filter(|[most, next]| next <= most) {
                let want = (0..500).find(|more| enough(&[most + more, next, next / 2], 0).is_some());
                assert_eq!(Some(soonest([most, next], most + next + next / 2)), want, "{rule:?} {most} {next}");
            }
        }
    }
}
