//! What policies come to, and how the rows of a run are laid out.

use crate::sampling::policy::Policy;
use crate::sampling::record::{BILL, Wanted};
use crate::sampling::scenario::cost::{Cost, Utility};
use crate::sampling::scenario::limit::Limit;

/// What a policy came to on one task in one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What was returned.
    pub returned: Returned,
    /// Whether it was accepted.
    pub accepted: bool,
    /// Attempts used.
    pub attempts: u64,
}

/// What a policy returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// A correct answer.
    Correct,
    /// A wrong answer.
    Wrong,
    /// Nothing.
    Nothing,
}

impl Outcome {
    /// An answer was returned.
    pub const fn answer(correct: bool, accepted: bool, attempts: u64) -> Self {
        let returned = if correct { Returned::Correct } else { Returned::Wrong };
        Self { returned, accepted, attempts }
    }

    /// Nothing was returned.
    pub const fn nothing(attempts: u64) -> Self {
        Self { returned: Returned::Nothing, accepted: false, attempts }
    }
}

/// The layout of the rows: a policy at a grid point, or under a limit, is row `policy * points + point`.
#[derive(Debug, Clone)]
pub struct Layout<'a> {
    /// The policies.
    pub policies: &'a [Policy],
    /// The grid of attempts; empty under limits.
    pub grid: &'a [u64],
    /// The limits in its place.
    pub limits: &'a [Limit],
    /// The number of tasks.
    pub tasks: usize,
    /// What is counted.
    pub wanted: Wanted,
    /// What attempts cost.
    pub cost: Option<Cost>,
    /// What answers are worth.
    pub utility: Option<Utility>,
    /// The score whose products over pairs of rows are summed.
    pub compared: Option<Score>,
}

/// A score of the whole benchmark in one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// The number of tasks with a correct answer.
    Correct,
    /// The utility per task.
    Utility,
}

impl Layout<'_> {
    /// The number of rows.
    pub const fn rows(&self) -> usize {
        self.policies.len() * self.points()
    }

    /// The number of rows of a policy.
    pub const fn points(&self) -> usize {
        self.grid.len() + self.limits.len()
    }

    pub(super) fn scored(&self) -> bool {
        self.wanted.scores() || self.compared.is_some()
    }

    /// Which parts of a bill are summed trial by trial.
    pub(super) fn kept_bills(&self) -> [bool; BILL.len()] {
        let [tokens, money, seconds] = self.wanted.bill_counts;
        [tokens, money || (self.cost.is_some() && self.uses_utility()), seconds]
    }

    pub(super) fn uses_utility(&self) -> bool {
        self.wanted.utility_counts || self.compared == Some(Score::Utility)
    }
}
