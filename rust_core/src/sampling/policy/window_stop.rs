//! Window stop: attempts come in windows; the answer of the first window that agrees on one.
//!
//! Where none does the most frequent answer of all attempts is returned (Li et al., *Escape Sky-high Cost: Early-stopping
//! Self-Consistency*, arXiv 2401.10480).

use serde::Deserialize;

use super::stopping_vote::{Enough, StoppingVote};
use crate::error::{Result, check_whole};

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowStop {
    /// Votes of a window.
    pub size: f64,
}

impl StoppingVote for WindowStop {
    const NAME: &'static str = "window_stop";
    const UNSOLVED: Option<&'static str> = Some("which attempts share a window decides together with the votes");

    fn enough(self) -> impl Enough {
        let size = self.size as u64;
        let (mut first, mut agrees) = (0, true);
        move |votes, given| {
            let number: u64 = votes.iter().sum();
            if (number - 1).is_multiple_of(size) {
                (first, agrees) = (given, true);
            }
            agrees &= given == first;
            (agrees && number.is_multiple_of(size)).then_some(given)
        }
    }

    fn check(&self) -> Result<()> {
        check_whole("size", self.size, 1.0, 1e12)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_agrees_as_a_whole_and_the_next_begins_anew() {
        let stop = |size, answers: &[usize]| {
            let (mut enough, mut votes) = (WindowStop { size }.enough(), [0; 3]);
            answers.iter().zip(1..).find_map(|(&answer, number)| {
                votes[answer] += 1;
                enough(&votes, answer).map(|winner| (number, winner))
            })
        };
        assert_eq!(stop(2.0, &[0, 1, 1, 2, 2, 2]), Some((6, 2)));
        assert_eq!(stop(3.0, &[0, 0, 1, 1, 1, 1]), Some((6, 1)));
        assert_eq!(stop(3.0, &[0, 0, 1, 1, 1, 0]), None);
        assert_eq!(stop(1.0, &[2, 0]), Some((1, 2)));
    }
}
