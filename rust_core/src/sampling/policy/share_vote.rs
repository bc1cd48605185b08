//! Share vote: the most frequent answer as soon as it has a share of the votes, of which there are enough.
//!
//! The rule of adaptive self-consistency: with share 1 all of the first votes agree (Li et al., *Escape Sky-high Cost:
//! Early-stopping Self-Consistency*, arXiv 2401.10480).

use libm::floor;
use serde::Deserialize;

use super::rule::Foresight;
use super::stopping_vote::{Enough, StoppingVote, runner_up};
use crate::error::{Result, check_range, check_whole};

/// A share that rounds is still reached.
const SLACK: f64 = 1e-12;
/// More than a count of votes rounds by, in parts of itself.
const ROUNDING: f64 = 1e-9;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareVote {
    /// The leader's share of the votes.
    pub share: f64,
    /// The fewest votes.
    pub min_votes: f64,
}

impl ShareVote {
    /// The share and the votes that are enough.
    fn bounds(self) -> (f64, u64) {
        (self.share * (1.0 - SLACK), self.min_votes as u64)
    }

    fn soonest(self, [most, next]: [u64; 2], all: u64) -> u64 {
        let (share, least) = self.bounds();
        let reached = |more: u64| (most + more) as f64 >= share * (all + more) as f64;
        if all >= least && most > next && reached(0) {
            return 0;
        }
        // All votes for the leader: most + more = share (all + more); rounded down so that none is passed over.
        let more = floor((share * all as f64 - most as f64) / (1.0 - share) * (1.0 - ROUNDING)) as u64;
        let more = if more == 0 || !reached(more) { more + 1 } else { more };
        more.max(least.saturating_sub(all))
    }
}

impl StoppingVote for ShareVote {
    const NAME: &'static str = "share_vote";

    fn enough(self) -> impl Enough {
        let (share, least) = self.bounds();
        move |votes, given| {
            let all: u64 = votes.iter().sum();
            if all < least {
                return None;
            }
            // Before, any answer may have come to its share; later only the one that was just given.
            let first = |best: usize, answer: usize| if votes[answer] > votes[best] { answer } else { best };
            let leader = if all == least { (0..votes.len()).fold(0, first) } else { given };
            let leads = votes[leader] > runner_up(votes, leader);
            (leads && votes[leader] as f64 >= share * all as f64).then_some(leader)
        }
    }

    fn check(&self) -> Result<()> {
        check_range("share", &[self.share], 0.0, 1.0)?;
        check_whole("min_votes", self.min_votes, 1.0, 1e12)
    }

    fn votes_off(&self) -> Option<Foresight> {
        let rule = *self;
        Some(Box::new(move |leaders, all| rule.soonest(leaders, all)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When the vote on a sequence of answers stops, and for which.
    fn stop(rule: ShareVote, answers: &[usize]) -> Option<(usize, usize)> {
        let (mut enough, mut votes) = (rule.enough(), [0; 3]);
        answers.iter().zip(1..).find_map(|(&answer, number)| {
            votes[answer] += 1;
            enough(&votes, answer).map(|winner| (number, winner))
        })
    }

    #[test]
    fn the_leader_needs_its_share_of_enough_votes() {
        let rule = |share, min_votes| ShareVote { share, min_votes };
        assert_eq!(stop(rule(0.75, 4.0), &[1, 1, 1, 0, 0]), Some((4, 1)));
        assert_eq!(stop(rule(0.75, 3.0), &[1, 0, 0, 0]), Some((4, 0)));
        assert_eq!(stop(rule(1.0, 3.0), &[2, 2, 2]), Some((3, 2)));
        assert_eq!(stop(rule(1.0, 3.0), &[2, 2, 0, 2, 2, 2]), None);
        // 3 of 5 is .6, which rounds; a tie has no leader.
        assert_eq!(stop(rule(0.6, 5.0), &[0, 1, 0, 1, 0]), Some((5, 0)));
        assert_eq!(stop(rule(0.4, 2.0), &[0, 1, 1]), Some((3, 1)));
    }
    #[test]
    fn the_soonest_stop_is_the_first_that_votes_for_the_leader_bring() {
        for share in [0.0, 0.3, 0.5, 0.6, 2.0 / 3.0, 0.75, 0.8, 0.99, 1.0] {
            for min_votes in [1.0, 4.0, 20.0] {
                let rule = ShareVote { share, min_votes };
                let mut enough = rule.enough();
                for [most, next, third] in (0..12 * 12 * 12).map(|i| [i / 144, i / 12 % 12, i % 12]) {
                    if third <= next && next <= most {
                        let want = (0..=2000).find(|more| enough(&[most + more, next, third], 0).is_some());
                        let got = rule.soonest([most, next], most + next + third);
                        assert_eq!((got <= 2000).then_some(got), want, "{rule:?} {most} {next} {third}");
                    }
                }
            }
        }
    }
}
