//! Any of K: a correct answer where there is one (coverage, pass@k), else nothing.

use serde::Deserialize;

use super::rule::{Needs, Rule, Setting};
use super::seen::{Seen, Selector};
use crate::error::Result;
use crate::sampling::exact::expected::{Charged, Expected, Part, coverage, not_covered};
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::records::TaskRecords;

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

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        let part = Part::Fixed(records.law(|_| false));
        let found = caps.iter().map(|&cap| self.expected(setting, part, cap as f64)).collect::<Result<Vec<_>>>()?;
        let outcomes = found.iter().map(|found| [f64::NAN, found.correct, 0.0, found.abstained]);
        Ok(recorded::after_all(records, caps, self.needs().checks(), outcomes))
    }
}

impl Selector for AnyOf {
    fn select(&self, seen: &Seen, most: u64) -> Outcome {
        if seen.events.correct <= most { Outcome::answer(true, false, most) } else { Outcome::nothing(most) }
    }
}
