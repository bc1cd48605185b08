//! What a policy sees of simulated attempts, and how it chooses among them.

use crate::sampling::policy::ties::Priorities;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::scores::CLASSES;
use crate::variates::NEVER;

/// The first events of one task in one trial: attempt numbers, `NEVER` where an event does not come.
#[derive(Debug, Clone, Copy)]
pub struct FirstEvents {
    /// The first accepted attempt.
    pub accepted: u64,
    /// Whether it is correct.
    pub accepted_correct: bool,
    /// The first correct attempt.
    pub correct: u64,
}

impl FirstEvents {
    /// Neither event comes.
    pub const NONE: Self = Self { accepted: NEVER, accepted_correct: false, correct: NEVER };
}

/// The attempts of one task in one trial up to a grid point or limit.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// When the first acceptance and the first correct attempt come.
    pub events: FirstEvents,
    /// Correct attempts.
    pub correct: u64,
    /// -ln P(an answer of its class scores lower) of the highest score of each class (or what is in its place, as of an
    /// attempt); infinite where it has no attempts.
    pub maxima: [f64; CLASSES],
    /// Whether the highest score is that of a correct answer.
    pub best_is_correct: bool,
    /// Whether the correct answer leads.
    pub leads: bool,
    /// Whether the last attempt is correct.
    pub last_correct: bool,
}

/// One attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// 0 for a correct one, 1 for a wrong one.
    pub class: usize,
    /// Its answer, 0 for the correct one unless several are; `None` where it does not vote.
    pub answer: Option<usize>,
    /// Whether the verifier accepts it.
    pub accepted: bool,
    /// -ln P(an answer of its class scores lower), or -score where it was recorded; NaN without scores.
    pub score: f64,
}

/// A feature that says by itself whether the answer returned is correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// The highest score is that of a correct answer.
    BestIsCorrect,
    /// The correct answer leads.
    Leads,
}

/// A policy at work on one task in one trial after another.
pub trait Selector: Send {
    /// Starts a task in a trial; only where some policy asks for single attempts.
    fn start(&mut self, _priorities: &Priorities) {}

    /// Sees attempts in a row, of which `before` came earlier; only where it asks for them.
    fn see(&mut self, _before: u64, _attempts: &[Attempt]) {}

    /// What it comes to with at most `most` attempts, all of which were seen.
    fn select(&self, seen: &Seen, most: u64) -> Outcome;

    /// The same in many trials.
    fn select_each(&self, seen: &[Seen], most: u64, outcomes: &mut Vec<Outcome>) {
        outcomes.extend(seen.iter().map(|seen| self.select(seen, most)));
    }

    /// Whether it stops by itself within its first `most` attempts; otherwise it goes on until a limit stops it.
    fn stops(&self, _seen: &Seen, _most: u64) -> bool {
        false
    }

    /// The feature it returns, after all attempts and accepted by nobody; `None` where it depends on more.
    fn feature(&self) -> Option<Feature> {
        None
    }
}
