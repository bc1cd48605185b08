//! Any of K: a correct answer where there is one (coverage, pass@k), else nothing.

use serde::Deserialize;

use super::rule::{Needs, Rule, Setting};
use super::seen::{Seen, Selector};
use crate::error::Result;
use crate::sampling::exact::expected::{Expected, Part, coverage, not_covered};
use crate::sampling::record::outcome::Outcome;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnyOf {}

impl Rule for AnyOf {
    fn name(&self) -> &'static str {
        "any_of"
    }

    fn needs(&self) -> Needs {
        Needs { coverage: true, ..Needs::NONE }
    }

    fn selector(&self, _: &Setting) -> Box<dyn Selector> {
        Box::new(*self)
    }

    fn expected(&self, _: &Setting, part: Part, cap: f64) -> Result<Expected> {
        Ok(Expected::after_all(part, cap, [f64::NAN, coverage(part, cap), 0.0, not_covered(part, cap)]))
    }
}

impl Selector for AnyOf {
    fn select(&self, seen: &Seen, most: u64) -> Outcome {
        if seen.events.correct <= most { Outcome::answer(true, false, most) } else { Outcome::nothing(most) }
    }
}
