//! How the rows of a run are laid out, and what is counted in them.

use crate::sampling::policy::Policy;
use crate::sampling::record::{BILL, Wanted};
use crate::sampling::scenario::cost::{Bill, Cost, Utility};
use crate::sampling::scenario::limit::Limit;

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
    /// By grid point the tasks that its rows are about, `None` where they are about all; empty where all rows are.
    pub kept: Vec<Option<Vec<usize>>>,
    /// What is counted.
    pub wanted: Wanted,
    /// What attempts cost.
    pub cost: Option<Cost>,
    /// Whether the bill of a trial follows from its attempts: means are then those of the attempts, and tokens are drawn
    /// for the whole benchmark where its distribution is asked for.
    pub billed_by_attempts: bool,
    /// Which parts of a bill are known: tokens, money, seconds.
    pub billed: [bool; BILL.len()],
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

    /// The row of a policy at a grid point, or under a limit.
    pub const fn row(&self, policy: usize, point: usize) -> usize {
        policy * self.points() + point
    }

    /// The number of rows of a policy.
    pub const fn points(&self) -> usize {
        self.grid.len() + self.limits.len()
    }

    /// The tasks that the rows of a point are about.
    pub fn kept(&self, point: usize) -> Option<&[usize]> {
        self.kept.get(point)?.as_deref()
    }

    /// The number of tasks that row `row` is about.
    pub fn tasks_of(&self, row: usize) -> usize {
        self.kept(row % self.points()).map_or(self.tasks, <[usize]>::len)
    }

    /// Whether scores are kept trial by trial.
    pub fn scored(&self) -> bool {
        self.wanted.scores() || self.compared.is_some()
    }

    /// Whether what each outcome took is summed.
    pub fn charges(&self) -> bool {
        self.billed.contains(&true) && !self.billed_by_attempts
    }

    /// What an attempt takes in the mean, where bills follow from the attempts.
    pub fn mean_bill(&self, checked: bool) -> Option<Bill> {
        self.cost.filter(|_| self.billed_by_attempts).map(|cost| cost.mean_rates(checked))
    }

    /// Which parts of a bill are summed trial by trial.
    pub fn kept_bills(&self) -> [bool; BILL.len()] {
        let [tokens, money, seconds] = self.wanted.bill_counts;
        // Rows are compared by what attempts take in the mean, where that is known.
        let utility = if self.billed_by_attempts { self.wanted.utility_counts } else { self.uses_utility() };
        [tokens, money || (self.billed[1] && utility), seconds]
    }

    /// Whether the attempts of whole trials are summed.
    pub fn keeps_attempts(&self) -> bool {
        self.uses_utility() || self.billed_by_attempts && self.kept_bills().contains(&true)
    }

    /// Whether a score reads the utility.
    pub fn uses_utility(&self) -> bool {
        self.wanted.utility_counts || self.compared == Some(Score::Utility)
    }
}
