//! Policies: which of the drawn answers is returned.

use serde::Deserialize;

use crate::error::Result;
use crate::spec::Spec;

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Policy {
    /// The first accepted answer among at most `max_attempts`.
    FirstAccepted {
        /// What is returned where none was accepted.
        fallback: Fallback,
    },
}

/// What first accepted returns where no answer was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Nothing.
    Abstain,
    /// The last answer drawn.
    Last,
}

impl Policy {
    /// Whether it asks the verifier to accept or reject.
    pub const fn needs_verdicts(self) -> bool {
        match self {
            Self::FirstAccepted { .. } => true,
        }
    }

    /// Whether the last answer is returned where none was accepted.
    pub const fn returns_last(self) -> bool {
        match self {
            Self::FirstAccepted { fallback } => matches!(fallback, Fallback::Last),
        }
    }
}

impl Spec for Policy {
    fn resolve(&mut self, _: &[Vec<f64>]) -> Result<()> {
        Ok(())
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }
}
