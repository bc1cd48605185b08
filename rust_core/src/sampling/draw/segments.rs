//! Segments of attempts that are alike: the attempt axis cut at the grid points and at the two events.
//!
//! Within a segment the attempts are independent with one law, given what the events say: before both events every
//! attempt is rejected and wrong; between them rejected, or wrong; after both, anything.

use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::scenario::law::{Rates, TaskLaw};

/// What the attempts of a segment have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// All are rejected and wrong.
    RejectedWrong,
    /// All are rejected.
    Rejected,
    /// All are wrong.
    Wrong,
    /// Nothing is known.
    Nothing,
    /// One attempt: correct or not, accepted or not.
    Event {
        /// It is correct.
        correct: bool,
        /// It is accepted, where that is known: a first correct attempt may come after the first acceptance.
        accepted: Option<bool>,
    },
}

/// Some attempts in a row.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    /// How many.
    pub attempts: u64,
    /// What is known of them.
    pub given: Given,
}

impl Given {
    /// P(correct) of one attempt.
    pub fn success(self, rates: &Rates) -> f64 {
        match self {
            Self::RejectedWrong | Self::Wrong => 0.0,
            Self::Rejected => TaskLaw::Attempts(*rates).rejected_precision().0,
            Self::Nothing => rates.success,
            Self::Event { correct, .. } => f64::from(u8::from(correct)),
        }
    }

    /// What the verifier says of each, where that is known.
    pub const fn accepted(self) -> Option<bool> {
        match self {
            Self::RejectedWrong | Self::Rejected => Some(false),
            Self::Wrong | Self::Nothing => None,
            Self::Event { accepted, .. } => accepted,
        }
    }
}

/// Cuts the attempts after `from` up to `to` into segments, in order.
pub fn cut(events: &FirstEvents, from: u64, to: u64, mut visit: impl FnMut(Segment)) {
    let mut at = from;
    let (first, second) = (events.accepted.min(events.correct), events.accepted.max(events.correct));
    for event in [first, second] {
        if event <= at || event > to {
            continue;
        }
        if event - 1 > at {
            visit(Segment { attempts: event - 1 - at, given: given(events, at + 1) });
        }
        let accepted = (event <= events.accepted).then_some(event == events.accepted);
        let correct = event == events.correct || (event == events.accepted && events.accepted_correct);
        visit(Segment { attempts: 1, given: Given::Event { correct, accepted } });
        at = event;
    }
    if to > at {
        visit(Segment { attempts: to - at, given: given(events, at + 1) });
    }
}

/// What is known of an attempt that is no event.
const fn given(events: &FirstEvents, attempt: u64) -> Given {
    match (attempt < events.accepted, attempt < events.correct) {
        (true, true) => Given::RejectedWrong,
        (true, false) => Given::Rejected,
        (false, true) => Given::Wrong,
        (false, false) => Given::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variates::NEVER;

    #[test]
    fn the_cuts_cover_the_axis_and_know_the_events() {
        let events = FirstEvents { accepted: 3, accepted_correct: false, correct: 6 };
        let mut seen = Vec::new();
        for (from, to) in [(0, 1), (1, 7), (7, 9)] {
            cut(&events, from, to, |s| seen.extend((0..s.attempts).map(|_| s.given)));
        }
        let (rw, w, n) = (Given::RejectedWrong, Given::Wrong, Given::Nothing);
        let event = |correct, accepted| Given::Event { correct, accepted };
        assert_eq!(seen, [rw, rw, event(false, Some(true)), w, w, event(true, None), n, n, n]);
        let never = FirstEvents { accepted: NEVER, accepted_correct: false, correct: 2 };
        let mut seen = Vec::new();
        cut(&never, 0, 4, |s| seen.extend((0..s.attempts).map(|_| s.given)));
        assert_eq!(seen, [rw, event(true, Some(false)), Given::Rejected, Given::Rejected]);
    }
}
