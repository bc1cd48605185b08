//! Recorded attempts as they cross the border: one number per attempt in every column, task by task.

use serde::Deserialize;

use super::task_columns::TaskColumns;
use crate::error::{Error, Result};
use crate::spec::Values;

/// The most attempts of all tasks together.
pub const MAX_RECORDED: usize = 100_000_000;
/// The largest score, and the largest number of tokens, of money or of seconds.
const MAX_AMOUNT: f64 = 1e15;
/// Of the largest score, what makes two sums of scores differ.
const SCORE_UNIT: f64 = 1.0 / (1u64 << 30) as f64;

/// What a row says of tasks that have fewer attempts than it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Short {
    /// Nothing at all: it is about all tasks.
    Null,
    /// It is about the other tasks.
    Drop,
}

/// What attempts with a blank answer vote for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// For returning nothing.
    Vote,
    /// For nothing at all: they do not vote.
    Skip,
}

/// Recorded attempts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Recorded {
    /// Attempts, per task.
    pub attempts: Values,
    /// Whether an attempt is correct, 0 or 1.
    pub correct: Values,
    /// Whether the verifier accepted it.
    pub accepted: Option<Values>,
    /// The number of its answer within its task; -1 where it has none.
    pub answer: Option<Values>,
    /// Its score.
    pub score: Option<Values>,
    /// Its tokens.
    pub tokens: Option<Values>,
    /// Its price.
    pub cost: Option<Values>,
    /// Its seconds.
    pub seconds: Option<Values>,
    /// What blank answers vote for.
    pub blank: Blank,
    /// What a row says of tasks that have too few attempts.
    pub short: Short,
    /// What all kinds of known tasks may say of each task.
    #[serde(flatten)]
    pub columns: TaskColumns,
}

impl Recorded {
    /// The number of tasks.
    pub fn count(&self) -> usize {
        self.attempts.as_slice().len()
    }

    /// Which parts of a bill are recorded: tokens, money, seconds.
    pub const fn billed(&self) -> [bool; 3] {
        [self.tokens.is_some(), self.cost.is_some(), self.seconds.is_some()]
    }

    /// The difference of two sums of scores below which they are equal, for scores such as .1 are rounded: 2^-30 of the
    /// largest score.
    pub fn score_unit(&self) -> Option<f64> {
        let largest = self.score.as_ref()?.as_slice().iter().fold(0.0_f64, |most, score| most.max(score.abs()));
        Some(if largest > 0.0 { largest * SCORE_UNIT } else { 1.0 })
    }

    /// Attempts, accepted ones, correct ones among these, and correct ones, of every task; accepted are the
    /// correct ones where no verdict is recorded.
    pub fn counts(&self) -> impl Iterator<Item = [f64; 4]> + '_ {
        let mut from = 0;
        self.attempts.as_slice().iter().map(move |&n| {
            let to = from + n as usize;
            let correct = &self.correct.as_slice()[from..to];
            let accepted = self.accepted.as_ref().map_or(correct, |accepted| &accepted.as_slice()[from..to]);
            from = to;
            let right = correct.iter().zip(accepted).map(|(c, a)| c * a).sum();
            [n, accepted.iter().sum(), right, correct.iter().sum()]
        })
    }

    /// Its columns.
    pub fn values(&mut self) -> impl Iterator<Item = &mut Values> {
        let Self { attempts, correct, accepted, answer, score, tokens, cost, seconds, columns, .. } = self;
        let optional = [accepted, answer, score, tokens, cost, seconds];
        [attempts, correct].into_iter().chain(optional.into_iter().flatten()).chain(columns.values())
    }

    /// Checks every column.
    pub fn check(&self) -> Result<()> {
        if self.short == Short::Drop && self.columns.weight.is_some() {
            return Err(Error::argument("weight", "None where short is 'drop'", "weights"));
        }
        self.attempts.check_range("attempts", 1.0, MAX_RECORDED as f64)?;
        self.attempts.check_whole("attempts")?;
        let all: f64 = self.attempts.as_slice().iter().sum();
        if all > MAX_RECORDED as f64 {
            return Err(Error::argument("attempts", format!("at most {MAX_RECORDED} of all tasks"), all));
        }
        let column = |name: &str, values: Option<&Values>, [low, high]: [f64; 2], whole: bool| {
            let Some(values) = values else { return Ok(()) };
            let found = values.as_slice().len();
            if found != all as usize {
                let expected = format!("one value for each of {all} attempts");
                return Err(Error::argument(name, expected, format!("{found} values")));
            }
            values.check_range(name, low, high)?;
            if whole { values.check_whole(name) } else { Ok(()) }
        };
        column("correct", Some(&self.correct), [0.0, 1.0], true)?;
        column("accepted", self.accepted.as_ref(), [0.0, 1.0], true)?;
        column("answer", self.answer.as_ref(), [-1.0, MAX_RECORDED as f64], true)?;
        column("score", self.score.as_ref(), [-MAX_AMOUNT, MAX_AMOUNT], false)?;
        column("tokens", self.tokens.as_ref(), [0.0, MAX_AMOUNT], false)?;
        column("cost", self.cost.as_ref(), [0.0, MAX_AMOUNT], false)?;
        column("seconds", self.seconds.as_ref(), [0.0, MAX_AMOUNT], false)
    }
}
