//! All of K: right where all answers are (reliability, pass^k), wrong elsewhere.

use libm::{exp, log};
use serde::Deserialize;

use super::rule::{Needs, Rule, Setting};
use super::seen::{Seen, Selector};
use crate::error::Result;
use crate::sampling::exact::expected::{Charged, Expected, Part};
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::records::TaskRecords;
use crate::special::{ln_beta_ratio, ln_none_drawn, one_less_exp};

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllOf {}

impl Rule for AllOf {
    fn name(&self) -> &'static str {
        "all_of"
    }

    fn needs(&self) -> Needs {
        Needs { counts: true, coverage: true, ..Needs::NONE }
    }

    fn selector(&self, _: &Setting) -> Box<dyn Selector> {
        Box::new(*self)
    }

    fn expected(&self, _: &Setting, part: Part, cap: f64) -> Result<Expected> {
        let ln_all = match part {
            Part::Beta([alpha, beta]) => ln_beta_ratio(beta, alpha, cap),
            Part::Fixed(TaskLaw::Attempts(rates)) => cap * log(rates.success),
            Part::Fixed(TaskLaw::Pool { attempts, correct: Some(correct), .. }) => {
                ln_none_drawn(attempts, attempts - correct, cap)
            }
            Part::Fixed(_) => f64::NAN,
        };
        Ok(Expected::after_all(part, cap, [f64::NAN, exp(ln_all), one_less_exp(ln_all), 0.0]))
    }

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        let part = Part::Fixed(records.law(|_| false));
        let found = caps.iter().map(|&cap| self.expected(setting, part, cap as f64)).collect::<Result<Vec<_>>>()?;
        let outcomes = found.iter().map(|found| [f64::NAN, found.correct, found.wrong, 0.0]);
        Ok(recorded::after_all(records, caps, self.needs().checks(), outcomes))
    }
}

impl Selector for AllOf {
    fn select(&self, seen: &Seen, most: u64) -> Outcome {
        Outcome::answer(seen.correct == most, false, most)
    }
}
