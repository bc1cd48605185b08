//! What an answer is worth and what an attempt costs.

use serde::Deserialize;

use crate::error::{Result, check_range};
use crate::spec::Spec;

/// The largest value or cost.
const MAX_VALUE: f64 = 1e15;

/// The one kind of utility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UtilityKind {
    /// A value for each outcome and a cost for each attempt.
    Utility,
}

/// The worth of one task: a correct answer, a wrong one, each attempt; abstaining is worth 0.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Utility {
    /// The name of this kind of setting.
    pub kind: UtilityKind,
    /// Value V of a correct answer returned.
    pub correct_reward: f64,
    /// Cost lambda of a wrong answer returned.
    pub wrong_cost: f64,
    /// Cost c of one attempt.
    pub attempt_cost: f64,
}

impl Spec for Utility {
    fn resolve(&mut self, _: &[Vec<f64>]) -> Result<()> {
        Ok(())
    }

    fn check(&self) -> Result<()> {
        check_range("correct_reward", &[self.correct_reward], 0.0, MAX_VALUE)?;
        check_range("wrong_cost", &[self.wrong_cost], 0.0, MAX_VALUE)?;
        check_range("attempt_cost", &[self.attempt_cost], 0.0, MAX_VALUE)
    }
}
