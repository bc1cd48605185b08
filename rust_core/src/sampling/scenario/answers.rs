//! The wrong answers: how many there are and how the wrong mass is shared among them.

use libm::{exp, log};
use serde::Deserialize;

use crate::error::{Result, check_range, check_whole};
use crate::rng::Sequence;
use crate::spec::Spec;
use crate::variates::beta;

/// The most wrong answers.
pub const MAX_ANSWERS: f64 = 10_000.0;

/// The wrong answers of a task; the correct answer is one more.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answers {
    /// All equally likely.
    Uniform {
        /// Wrong answers.
        count: f64,
    },
    /// The j-th has a share in proportion to j^-exponent.
    Zipf {
        /// Wrong answers.
        count: f64,
        /// The exponent.
        exponent: f64,
    },
    /// Shares drawn from a symmetric Dirichlet distribution for every task in every trial.
    Dirichlet {
        /// The parameter of each answer.
        concentration: f64,
        /// Wrong answers.
        count: f64,
    },
}

impl Answers {
    /// The number of wrong answers.
    pub const fn count(&self) -> usize {
        match *self {
            Self::Uniform { count } | Self::Zipf { count, .. } | Self::Dirichlet { count, .. } => count as usize,
        }
    }

    /// The shares of the wrong answers, adding to 1; `None` where they are drawn.
    pub fn shares(&self) -> Option<Vec<f64>> {
        let n = self.count();
        let weights: Vec<f64> = match *self {
            Self::Uniform { .. } => vec![1.0; n],
            Self::Zipf { exponent, .. } => (1..=n).map(|j| exp(-exponent * log(j as f64))).collect(),
            Self::Dirichlet { .. } => return None,
        };
        let sum: f64 = weights.iter().sum();
        Some(weights.iter().map(|w| w / sum).collect())
    }

    /// Of the answers from j on, the share of answer j; drawn by breaking the stick where it is random.
    pub fn stick_breaking(&self, random: &mut Sequence, out: &mut Vec<f64>) {
        out.clear();
        if let Self::Dirichlet { concentration, .. } = *self {
            let n = self.count();
            out.extend((1..n).map(|j| beta([concentration, concentration * (n - j) as f64], random)));
            out.push(1.0);
        }
        let mut left = 0.0;
        out.extend(self.shares().iter().flatten().rev().map(|&s| {
            left += s;
            if left > 0.0 { s / left } else { 0.0 }
        }));
        if self.shares().is_some() {
            out.reverse();
        }
    }
}

impl Spec for Answers {
    fn check(&self) -> Result<()> {
        let (Self::Uniform { count } | Self::Zipf { count, .. } | Self::Dirichlet { count, .. }) = *self;
        check_whole("count", count, 1.0, MAX_ANSWERS)?;
        match *self {
            Self::Uniform { .. } => Ok(()),
            Self::Zipf { exponent, .. } => check_range("exponent", &[exponent], 0.0, 100.0),
            Self::Dirichlet { concentration, .. } => check_range("concentration", &[concentration], 1e-6, 1e6),
        }
    }
}
