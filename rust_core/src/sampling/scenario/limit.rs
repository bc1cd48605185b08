//! A limit in money, tokens or seconds per task, in place of a number of attempts.

use serde::Deserialize;

use crate::error::{Error, Result, check_range};
use crate::spec::Spec;

/// The most attempts that a limit allows; above 1e12, the most that a scenario may name.
pub const MOST_ATTEMPTS: u64 = 1 << 40;
/// The largest limit.
const MAX_AMOUNT: f64 = 1e15;
/// A sum of prices that exceeds the limit by no more than this share of it still fits: such sums round.
const SLACK: f64 = 1e-12;

/// The one kind of limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// A limit.
    Limit,
}

/// What happens to the attempt (or batch) that crosses the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// It is interrupted at the limit: its answer is lost, the limit is paid.
    Cut,
    /// Its answer is lost, and it is not paid.
    Refund,
    /// It is finished, counted and paid, beyond the limit.
    Finish,
}

/// A limit per task: exactly one of money, tokens and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The name of this kind of setting.
    pub kind: LimitKind,
    /// Money.
    pub cost: Option<f64>,
    /// Prompt and output tokens.
    pub tokens: Option<f64>,
    /// Seconds.
    pub seconds: Option<f64>,
    /// What happens to the attempt that crosses it.
    pub crossing: Crossing,
}

impl Limit {
    /// Which part of a bill is limited.
    pub const fn part(&self) -> usize {
        match (self.tokens, self.cost) {
            (Some(_), _) => 0,
            (None, Some(_)) => 1,
            (None, None) => 2,
        }
    }

    /// How much of it.
    pub fn amount(&self) -> f64 {
        self.tokens.or(self.cost).or(self.seconds).unwrap_or(0.0)
    }

    /// What still fits, with the slack for rounding.
    pub fn ceiling(&self) -> f64 {
        self.amount() * (1.0 + SLACK)
    }

    /// Whether a sum that fits leaves nothing for a further attempt.
    pub fn is_spent(&self, sum: f64) -> bool {
        sum >= self.amount() * (1.0 - SLACK)
    }
}

impl Spec for Limit {
    fn check(&self) -> Result<()> {
        let given: Vec<&str> = [("cost", self.cost), ("tokens", self.tokens), ("seconds", self.seconds)]
            .into_iter()
            .filter_map(|(name, amount)| amount.map(|_| name))
            .collect();
        let [name] = given[..] else {
            let got = if given.is_empty() { "none".to_owned() } else { given.join(" and ") };
            return Err(Error::argument("limit", "exactly one of cost, tokens and seconds", got));
        };
        check_range(name, &[self.amount()], 0.0, MAX_AMOUNT)
    }
}
