//! How the rows of a run are laid out, and what is counted in them.

use crate::sampling::policy::Policy;
use crate::sampling::record::{BILL, Wanted};
use crate::sampling::scenario::cost::{Cost, Utility};
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

    /// Which parts of a bill are summed trial by trial.
    pub fn kept_bills(&self) -> [bool; BILL.len()] {
        let [tokens, money, seconds] = self.wanted.bill_counts;
        [tokens, money || (self.billed[1] && self.uses_utility()), seconds]
    }

    /// Whether a score reads the utility.
    pub fn uses_utility(&self) -> bool {
        self.wanted.utility_counts || self.compared == Some(Score::Utility)
    }
}
