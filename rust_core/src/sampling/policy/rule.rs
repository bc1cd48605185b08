//! What every policy says of itself: its name, what it reads, how it chooses, and its exact solution.

use super::seen::Selector;
use super::ties::Ties;
use crate::error::Result;
use crate::run::Control;
use crate::sampling::exact::acceptance_region::AcceptanceRegion;
use crate::sampling::exact::expected::{Charged, Expected, Part, no_closed_form};
use crate::sampling::exact::limit_steps::Stopping;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::records::TaskRecords;
use crate::sampling::scenario::scores::{CLASSES, Scores};

/// The largest score a threshold may name.
pub const MAX_THRESHOLD: f64 = 1e15;
/// The same of a judge's, in standard deviations of a wrong answer's score.
pub const MAX_JUDGE_THRESHOLD: f64 = 1e3;

/// What a policy reads, beyond when the first acceptance and the first correct attempt come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is needed or not")]
pub struct Needs {
    /// The verifier's verdicts.
    pub verdicts: bool,
    /// The scores of a judge.
    pub scores: bool,
    /// Which wrong answer is which.
    pub answers: bool,
    /// How many attempts are correct.
    pub counts: bool,
    /// Which answer leads at a grid point.
    pub leader: bool,
    /// Whether the last attempt is correct.
    pub last: bool,
    /// The attempts one by one.
    pub attempts: bool,
    /// Whether rejected answers are correct.
    pub coverage: bool,
    /// The tasks as a prior, with known rates.
    pub prior: bool,
}

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self {
        verdicts: false,
        scores: false,
        answers: false,
        counts: false,
        leader: false,
        last: false,
        attempts: false,
        coverage: false,
        prior: false,
    };

    /// What either of two reads.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            verdicts: self.verdicts || other.verdicts,
            scores: self.scores || other.scores,
            answers: self.answers || other.answers,
            counts: self.counts || other.counts,
            leader: self.leader || other.leader,
            last: self.last || other.last,
            attempts: self.attempts || other.attempts,
            coverage: self.coverage || other.coverage,
            prior: self.prior || other.prior,
        }
    }

    /// Whether the verifier sees every attempt used.
    pub const fn checks(&self) -> bool {
        self.verdicts || self.scores
    }
}

/// What a scenario gives its policies.
#[derive(Debug)]
pub struct Setting {
    /// The scores of a judge.
    pub scores: Option<Scores>,
    /// The judge's own threshold, in units of the scores' standard deviation.
    pub threshold: Option<f64>,
    /// Whether attempts were recorded.
    pub recorded: bool,
    /// Where their scores were, the difference below which two sums of them are equal; -score stands where -ln P(lower)
    /// does elsewhere, for it has the same order.
    pub recorded_scores: Option<f64>,
    /// The wrong answers.
    pub answers: Option<Answers>,
    /// The attempt numbers at which an acceptance pays, where a policy asks.
    pub region: Option<AcceptanceRegion>,
    /// Tells a long count that the run was cancelled.
    pub control: Control,
}

impl Setting {
    /// The number of answers, the correct one first; 0 where they are not told apart.
    pub fn votes(&self) -> usize {
        self.answers.map_or(0, |answers| 1 + answers.count())
    }

    /// A threshold of scores, by class: an answer exceeds it where its -ln P(lower) is below; `None` without scores.
    pub fn below(&self, threshold: f64) -> Option<[f64; CLASSES]> {
        if self.recorded_scores.is_some() {
            Some([-threshold; CLASSES])
        } else {
            self.scores.map(|s| s.neg_ln_cdf(threshold))
        }
    }
}

/// How a policy is simulated where its attempts need not be those of the other policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    /// Attempt by attempt, until it stops.
    Stopping,
    /// From the counts of correct attempts at the grid points, and the highest scores between them.
    Counts,
    /// From the counts of correct and of wrong votes.
    Votes {
        /// Whether only accepted answers vote.
        accepted_only: bool,
        /// What becomes of a tie.
        ties: Ties,
    },
    /// From the counts of each answer, and the sums of their scores.
    ScoreSums {
        /// A score weighs as its log likelihood ratio, else as itself.
        likelihood: bool,
    },
}

/// How many votes off a stop is: of the most votes for an answer, those of the next and all votes so far, the fewest
/// further ones after which it may stop, all of which then went to an answer with the most; 0 where it stops there and then.
pub type Foresight = Box<dyn FnMut([u64; 2], u64) -> u64 + Send>;

/// A policy.
pub trait Rule {
    /// Its kind, as in a spec.
    fn name(&self) -> &'static str;

    /// What it reads.
    fn needs(&self) -> Needs;

    /// Whether what it returns was accepted, by the verifier or by a threshold of its own; `false`: it asks nobody.
    fn accepts(&self) -> bool {
        false
    }

    /// Whether the bins of the first acceptance and of the first correct attempt say all about it.
    fn is_binned(&self) -> bool {
        false
    }

    /// How it is simulated by itself; `None` where only with the others.
    fn alone(&self) -> Option<Alone> {
        None
    }

    /// Checks its parameters.
    fn check_parameters(&self) -> Result<()> {
        Ok(())
    }

    /// How it chooses among simulated attempts.
    fn selector(&self, setting: &Setting) -> Box<dyn Selector>;

    /// How many votes off its stop is, where it can tell.
    fn foresight(&self) -> Option<Foresight> {
        None
    }

    /// What it comes to in expectation on a part of one task with `cap` attempts, or the reason why that is not known.
    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected>;

    /// What it comes to on recorded attempts, so many of them drawn without replacement, for each of these numbers, or the
    /// reason why that is not known.
    fn expected_of_records(&self, _setting: &Setting, _records: &TaskRecords, _caps: &[u64]) -> Result<Vec<Charged>> {
        Err(no_closed_form(self.name(), "on recorded attempts the order of all of them decides"))
    }

    /// Its course on a task where it stops at the first acceptance, attempt by attempt; `None` where it does not.
    fn stopping(&self, _setting: &Setting, _law: TaskLaw) -> Option<Stopping> {
        None
    }

    /// P(it has not stopped by itself after `n` attempts).
    fn going_on(&self, _setting: &Setting, _part: Part, _n: f64) -> f64 {
        1.0
    }
}
