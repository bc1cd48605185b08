//! What counts determine of a population of tasks, and the reasons where they do not.

use super::beta_binomial::{Coordinates, Counts, REACH};
use crate::error::{Error, Result};

const MEAN: usize = 2;
pub(super) const ICC: usize = 3;
pub(super) const UNSOLVABLE: usize = 4;

/// How close to the maximum, as a share of it, the likelihood on the boundary counts as the maximum itself.
const LEVEL: f64 = 1e-9;

/// Why a quantity of a population has no estimate, or one on its boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// One attempt per task.
    OneAttempt,
    /// One task.
    OneTask,
    /// At most two attempts per task, and a share of unsolvable tasks to fit.
    TwoAttempts,
    /// The counts vary no more than with one rate for all tasks.
    OneRate,
    /// Every task is all correct or all wrong.
    AllOrNone,
    /// The same, and a share of unsolvable tasks to fit.
    NoMiddle,
}

impl Reason {
    /// The reason in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::OneAttempt => {
                "one attempt per task does not identify how the rates are spread: at least 2 on some tasks do"
            }
            Self::OneTask => "one task does not identify how the rates are spread: at least 2 tasks do",
            Self::TwoAttempts => {
                "at most two attempts per task do not tell unsolvable tasks from a Beta: at least 3 on some tasks do"
            }
            Self::OneRate => "at the boundary icc = 0 (infinite alpha and beta): one rate for all tasks is likeliest",
            Self::AllOrNone => "at the boundary icc = 1 (alpha = beta = 0): every task is all correct or all wrong",
            Self::NoMiddle => {
                "every task is all correct or all wrong, which does not tell unsolvable tasks from a Beta"
            }
        }
    }
}

/// What of a quantity may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) value: bool,
    pub(super) interval: bool,
}

impl Reason {
    /// What it leaves of a quantity, numbered as in `QUANTITIES`.
    pub(super) fn leaves(self, quantity: usize) -> Told {
        let (shape, mean, icc) = (quantity < MEAN, quantity == MEAN, quantity == ICC);
        let (value, interval) = match self {
            Self::OneAttempt => (mean, mean),
            Self::OneTask => (mean, false),
            Self::TwoAttempts => (false, false),
            Self::OneRate | Self::AllOrNone => (!shape, true),
            Self::NoMiddle => (icc, icc),
        };
        Told { value, interval }
    }
}

/// What the design of the data leaves open, whatever the counts turned out to be; `None` where a population is
/// identified.
///
/// The likelihood knows the rates' distribution by its moments up to the largest number of attempts: two for the two
/// parameters of a Beta, three with a share of unsolvable tasks.
pub fn open(counts: &Counts, inflated: bool) -> Option<Reason> {
    let depth = counts.groups.iter().fold(0.0_f64, |most, g| most.max(g.attempts));
    let tasks: f64 = counts.groups.iter().filter(|g| g.attempts > 0.0).map(|g| g.tasks).sum();
    match depth {
        ..3.0 if inflated => Some(Reason::TwoAttempts),
        ..2.0 => Some(Reason::OneAttempt),
        _ if tasks == 1.0 => Some(Reason::OneTask),
        _ => None,
    }
}

/// Refuses counts that do not identify a population, and says what would.
pub fn check_identified(counts: &Counts, inflated: bool) -> Result<()> {
    counts.check_informative()?;
    let refused = |argument, expected: &str, got: &str| Err(Error::argument(argument, expected, got));
    match open(counts, inflated) {
        Some(Reason::OneTask) => refused("attempts", "counts of at least 2 tasks (one says nothing about others)", "1"),
        Some(Reason::TwoAttempts) => {
            refused("attempts", "at least 3 on some tasks (to tell unsolvable tasks from a Beta)", "at most 2")
        }
        Some(_) => {
            refused("attempts", "at least 2 on some tasks (one each does not identify a population)", "at most 1")
        }
        None => Ok(()),
    }
}

/// The boundary of the intra-class correlation on which the maximum `top` at `best` (in moments) lies, if on one.
pub(super) fn boundary(counts: &Counts, inflated: bool, best: &mut [f64; 3], top: f64) -> Option<Reason> {
    if counts.groups.iter().all(|g| g.correct == 0.0 || g.correct == g.attempts) {
        best[1] = REACH;
        return Some(if inflated { Reason::NoMiddle } else { Reason::AllOrNone });
    }
    let one_rate = [best[0], -REACH, best[2]];
    let found = counts.profile(&counts.weights(), inflated, Coordinates::Moments, one_rate, [true, false, inflated]);
    reached(found.value, top).then(|| {
        *best = found.at;
        Reason::OneRate
    })
}

/// Moves the maximum to no unsolvable tasks where the likelihood is as large there.
pub(super) fn settle_unsolvable(counts: &Counts, best: &mut [f64; 3], top: f64) {
    let none = counts.profile(&counts.weights(), false, Coordinates::Moments, *best, [true, true, false]);
    if reached(none.value, top) {
        *best = [none.at[0], none.at[1], -REACH];
    }
}

fn reached(value: f64, top: f64) -> bool {
    top - value <= LEVEL * (1.0 + top.abs())
}
