//! One task in one trial up to some attempt, what was drawn of the attempts after it, and where a limit stops them.

use super::events::pool::Left;
use super::segments::{Given, Segment};
use crate::sampling::policy::seen::{FirstEvents, Seen, Selector};
use crate::sampling::record::layout::Layout;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::cost::Bill;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::scores::CLASSES;

/// A segment with what was drawn of it.
#[derive(Debug, Clone, Copy)]
pub struct DrawnSegment {
    /// The segment.
    pub segment: Segment,
    /// How many of its attempts are correct.
    pub correct: u64,
    /// -ln P(lower) of the highest score of each class; infinite where it has no attempts.
    pub maxima: [f64; CLASSES],
}

/// One task in one trial, up to a grid point.
pub struct State {
    /// What the policies see.
    pub seen: Seen,
    /// The task's rates.
    pub rates: Rates,
    /// What is left of a pool.
    pub left: Option<Left>,
}

impl State {
    /// Before the first attempt.
    pub const fn start(events: FirstEvents, rates: Rates) -> Self {
        let seen = Seen {
            events,
            correct: 0,
            maxima: [f64::INFINITY; CLASSES],
            best_is_correct: false,
            leads: false,
            last_correct: false,
        };
        Self { seen, rates, left: None }
    }
}

impl DrawnSegment {
    /// What is known of the segment.
    pub const fn given(&self) -> Given {
        self.segment.given
    }
}

/// Where a limit stops the policies with, or those without verification.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    /// Attempts whose answers are seen.
    pub attempts: u64,
    /// Which limit.
    pub limit: usize,
    /// Whether the verifier sees the attempts.
    pub checked: bool,
    /// The bill of a policy that these attempts do not satisfy.
    pub bill: Bill,
}

impl Stop {
    /// Of every policy that the limit stops here: its row, its outcome of the attempts that are seen, and whether it
    /// stopped by its own rule.
    pub fn outcomes<'a>(
        &'a self,
        layout: &'a Layout<'_>,
        selectors: &'a [Box<dyn Selector>],
        seen: &'a Seen,
    ) -> impl Iterator<Item = (usize, Outcome, bool)> + 'a {
        let most = self.attempts;
        let policies = layout.policies.iter().enumerate().filter(|(_, policy)| policy.needs().checks() == self.checked);
        policies.map(move |(p, _)| {
            let (outcome, stopped) = if most == 0 {
                (Outcome::nothing(0), false)
            } else {
                (selectors[p].select(seen, most), selectors[p].stops(seen, most))
            };
            (layout.row(p, self.limit), outcome, stopped)
        })
    }
}
