//! First worthwhile: the first acceptance, if its attempt number has positive expected value under the task prior.
//! One worth nothing, within `steps::TIE` of what it may win and lose, is not taken.

use libm::exp;
use serde::Deserialize;

use super::rule::{Needs, Rule, Setting};
use super::seen::{Seen, Selector};
use crate::error::Result;
use crate::sampling::exact::acceptance_region::AcceptanceRegion;
use crate::sampling::exact::expected::{Charged, Expected, Part, no_acceptance, no_closed_form, stop_at_acceptance};
use crate::sampling::exact::limit_steps::Stopping;
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::law::{Event, TaskLaw};
use crate::sampling::scenario::records::TaskRecords;
use crate::special::one_less_exp;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstWorthwhile {}

impl Rule for FirstWorthwhile {
    fn name(&self) -> &'static str {
        "first_worthwhile"
    }

    fn needs(&self) -> Needs {
        Needs { verdicts: true, prior: true, ..Needs::NONE }
    }

    fn accepts(&self) -> bool {
        true
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        Box::new(Waits { region: setting.region.clone() })
    }

    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        let Part::Fixed(law) = part else {
            return Err(no_closed_form(self.name(), "the rates are drawn anew in every trial"));
        };
        let (right, bad) = law.precision();
        let segments = setting.region.as_ref().map_or_else(Vec::new, |region| region.segments(cap as u64));
        // P(the first acceptance comes after attempt `from` and by `to`).
        let within = |(from, to): (u64, u64)| {
            let [before, after] = [from, to].map(|k| law.ln_survival(Event::Accepted, k as f64));
            if before == f64::NEG_INFINITY { 0.0 } else { exp(before) * one_less_exp(after - before) }
        };
        let accepted: f64 = segments.iter().copied().map(within).sum();
        // Between the segments acceptances come too early or too late.
        let ends = std::iter::once(0).chain(segments.iter().map(|s| s.1));
        let starts = segments.iter().map(|s| s.0).chain([cap as u64]);
        let passed: f64 = ends.zip(starts).map(within).sum();
        let first = stop_at_acceptance(part, cap, false);
        let abstained = first.abstained + passed;
        Ok(Expected { accepted, correct: right * accepted, wrong: bad * accepted, abstained, ..first })
    }

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        let part = Part::Fixed(records.law(|i| records.accepted[i]));
        let first = recorded::stop_at_first(records, |i| records.accepted[i], caps, false);
        let worthwhile = |(first, &cap)| Ok(Charged { expected: self.expected(setting, part, cap as f64)?, ..first });
        first.into_iter().zip(caps).map(worthwhile).collect()
    }

    fn stopping(&self, setting: &Setting, law: TaskLaw) -> Option<Stopping> {
        let segments = setting.region.as_ref().map(|region| region.segments(u64::MAX));
        Stopping::new(law).map(|first| first.within(segments))
    }

    fn going_on(&self, _: &Setting, part: Part, n: f64) -> f64 {
        no_acceptance(part, n)
    }
}

/// Waits for the first acceptance, and returns it where that pays.
struct Waits {
    region: Option<AcceptanceRegion>,
}

impl Selector for Waits {
    fn select(&self, seen: &Seen, most: u64) -> Outcome {
        let accepted = seen.events.accepted;
        if accepted <= most && self.region.as_ref().is_some_and(|region| region.contains(accepted)) {
            Outcome::answer(seen.events.accepted_correct, true, accepted)
        } else {
            Outcome::nothing(accepted.min(most))
        }
    }

    fn stops(&self, seen: &Seen, most: u64) -> bool {
        seen.events.accepted <= most
    }
}
