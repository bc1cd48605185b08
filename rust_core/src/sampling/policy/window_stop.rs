//! Window stop: attempts come in windows; the answer of the first window that agrees on one.
//!
//! Where none does the most frequent answer of all attempts is returned (Li et al., *Escape Sky-high Cost: Early-stopping
//! Self-Consistency*, arXiv 2401.10480).

use serde::Deserialize;

use super::rule::{Alone, Needs, Rule, Setting};
use super::seen::Selector;
use super::stopping_vote::{self, Enough};
use crate::error::{Result, check_whole};
use crate::sampling::exact::expected::{Expected, Part, fixed_rates, no_closed_form};

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowStop {
    /// Votes of a window.
    pub size: f64,
}

impl WindowStop {
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
}

impl Rule for WindowStop {
    fn name(&self) -> &'static str {
        "window_stop"
    }

    fn needs(&self) -> Needs {
        Needs { answers: true, attempts: true, ..Needs::NONE }
    }

    fn alone(&self) -> Option<Alone> {
        Some(Alone::Stopping)
    }

    fn check_parameters(&self) -> Result<()> {
        check_whole("size", self.size, 1.0, 1e12)
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        stopping_vote::selector(setting, self.enough())
    }

    fn expected(&self, _: &Setting, part: Part, _: f64) -> Result<Expected> {
        fixed_rates(self.name(), part)?;
        Err(no_closed_form(self.name(), "which attempts share a window decides together with the votes"))
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
