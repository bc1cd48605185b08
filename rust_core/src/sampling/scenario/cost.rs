//! What an answer is worth and what an attempt costs.

use serde::Deserialize;

use crate::error::{Error, Result, check_range, check_whole};
use crate::spec::{Spec, Unused};

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
    fn check(&self) -> Result<()> {
        check_range("correct_reward", &[self.correct_reward], 0.0, MAX_VALUE)?;
        check_range("wrong_cost", &[self.wrong_cost], 0.0, MAX_VALUE)?;
        check_range("attempt_cost", &[self.attempt_cost], 0.0, MAX_VALUE)
    }
}

/// The one kind of cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostKind {
    /// Tokens, money and seconds.
    Cost,
}

/// The law of one attempt's output tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLaw {
    /// Gamma.
    Gamma,
    /// Lognormal; drawn attempt by attempt.
    Lognormal,
}

/// What attempts cost in tokens, money and time.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// The name of this kind of setting.
    pub kind: CostKind,
    /// Prompt tokens of one attempt.
    pub prompt_tokens: f64,
    /// Output tokens of one attempt: mean and coefficient of variation.
    pub output_tokens: [f64; 2],
    /// The same of a wrong attempt, where it takes others: `output_tokens` is then of a correct one.
    #[serde(default)]
    pub wrong_output_tokens: Option<[f64; 2]>,
    /// Their law.
    pub law: TokenLaw,
    /// Money per million prompt tokens.
    pub price_in: f64,
    /// Money per million output tokens.
    pub price_out: f64,
    /// Money per verification.
    pub verifier_price: f64,
    /// Seconds per output token.
    pub seconds_per_token: f64,
    /// Seconds per verification.
    pub verifier_seconds: f64,
    /// Attempts of one batch.
    pub parallel: f64,
}

/// The largest mean of tokens, price or time.
const MAX_COST: f64 = 1e12;

/// What an outcome took: tokens, money and seconds.
pub type Bill = [f64; 3];

impl Cost {
    /// What one attempt adds to each part of a bill: a constant, and so much per output token. `checked` where the
    /// verifier sees it; the seconds are those of attempts one after the other.
    pub fn rates(&self, checked: bool) -> [[f64; 2]; 3] {
        let checks = if checked { 1.0 } else { 0.0 };
        [
            [self.prompt_tokens, 1.0],
            [self.prompt_tokens * self.price_in / 1e6 + checks * self.verifier_price, self.price_out / 1e6],
            [checks * self.verifier_seconds, self.seconds_per_token],
        ]
    }

    /// Expected tokens, money and seconds of one attempt.
    pub fn mean_rates(&self, checked: bool) -> Bill {
        self.rates(checked).map(|[constant, per_token]| constant + per_token * self.output_tokens[0])
    }

    /// Which of tokens, money and seconds are more than nothing.
    pub fn varies(&self, checked: bool) -> [bool; 3] {
        self.mean_rates(checked).map(|each| each > 0.0)
    }

    /// Expected tokens, money and seconds of one attempt that is correct with the probability `success`.
    pub fn mean_rates_at(&self, checked: bool, success: f64) -> Bill {
        let Some(wrong) = self.wrong() else { return self.mean_rates(checked) };
        let (right, bad) = (self.mean_rates(checked), wrong.mean_rates(checked));
        [0, 1, 2].map(|part| success * right[part] + (1.0 - success) * bad[part])
    }

    /// The cost of a correct attempt.
    #[must_use]
    pub const fn right(self) -> Self {
        Self { wrong_output_tokens: None, ..self }
    }

    /// The cost of a wrong attempt, where it is another.
    pub fn wrong(&self) -> Option<Self> {
        let tokens = self.wrong_output_tokens?;
        Some(Self { output_tokens: tokens, wrong_output_tokens: None, ..*self })
    }

    /// Whether attempts follow one another and their tokens say nothing of the outcome: a bill then depends on a trial only
    /// through the number of attempts.
    pub fn is_by_attempts(&self) -> bool {
        self.parallel == 1.0 && self.wrong_output_tokens.is_none()
    }

    /// Whether tokens are drawn attempt by attempt: lognormal ones have no sums to draw, and the slowest attempt of a
    /// batch is found among all of them.
    pub fn draws_each_attempt(&self) -> bool {
        self.wrong_output_tokens.is_some()
            || self.output_tokens[1] > 0.0 && (self.law == TokenLaw::Lognormal || self.parallel > 1.0)
    }
}

impl Spec for Cost {
    fn check(&self) -> Result<()> {
        let [mean, cv] = self.output_tokens;
        for (argument, value) in [
            ("prompt_tokens", self.prompt_tokens),
            ("output_tokens[0]", mean),
            ("price_in", self.price_in),
            ("price_out", self.price_out),
            ("verifier_price", self.verifier_price),
            ("seconds_per_token", self.seconds_per_token),
            ("verifier_seconds", self.verifier_seconds),
        ] {
            check_range(argument, &[value], 0.0, MAX_COST)?;
        }
        if cv != 0.0 {
            check_range("output_tokens[1]", &[cv], 0.01, 10.0)?;
        }
        if let Some([mean, cv]) = self.wrong_output_tokens {
            check_range("wrong_output_tokens[0]", &[mean], 0.0, MAX_COST)?;
            if cv != 0.0 {
                check_range("wrong_output_tokens[1]", &[cv], 0.01, 10.0)?;
            }
            if self.parallel != 1.0 {
                return Err(Error::argument("parallel", "1 where wrong_output_tokens are given", self.parallel));
            }
        }
        check_whole("parallel", self.parallel, 1.0, 1e6)
    }

    fn unused(&self) -> Vec<Unused> {
        self.unused_settings()
    }
}
