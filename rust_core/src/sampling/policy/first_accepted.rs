//! First accepted: the first accepted answer among at most K attempts, or a fallback.
//!
//! accepted = 1-b^K, accuracy = q(1-b^K), attempts (1-b^K)/a, coverage 1-(1-p)^K (Stroebl, Kapoor, Narayanan, arXiv
//! 2411.17501, with false negatives and a finite number of attempts added). With a pool the same with C(n-A, K)/C(n, K)
//! in place of b^K.

use libm::exp;
use serde::Deserialize;

use super::rule::{Needs, Rule, Setting};
use super::seen::{Seen, Selector};
use crate::closed_form::selection;
use crate::error::Result;
use crate::sampling::exact::expected::{
    Charged, Expected, Part, fixed_rates, no_acceptance, no_closed_form, stop_at_acceptance,
};
use crate::sampling::exact::limit_steps::Stopping;
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::law::{Event, TaskLaw};
use crate::sampling::scenario::records::TaskRecords;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstAccepted {
    /// What is returned where none was accepted.
    pub fallback: Fallback,
}

/// What is returned where no answer was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Nothing.
    Abstain,
    /// The last answer drawn.
    Last,
    /// The answer with the highest score.
    Best,
}

impl Rule for FirstAccepted {
    fn name(&self) -> &'static str {
        "first_accepted"
    }

    fn needs(&self) -> Needs {
        let (last, scores) = (self.fallback == Fallback::Last, self.fallback == Fallback::Best);
        Needs { verdicts: true, last, scores, ..Needs::NONE }
    }

    fn accepts(&self) -> bool {
        true
    }

    fn is_binned(&self) -> bool {
        self.fallback != Fallback::Best
    }

    fn selector(&self, _: &Setting) -> Box<dyn Selector> {
        Box::new(*self)
    }

    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        if self.fallback != Fallback::Best {
            return Ok(stop_at_acceptance(part, cap, self.fallback == Fallback::Last));
        }
        let (law, rates) = fixed_rates(self.name(), part)?;
        let mut first = stop_at_acceptance(Part::Fixed(law), cap, false);
        let (correct, wrong) = best_rejected(setting, rates.success)(cap);
        first.correct += correct;
        first.wrong += wrong;
        first.abstained = 0.0;
        Ok(first)
    }

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        let last = self.fallback == Fallback::Last;
        let best = self.fallback == Fallback::Best;
        if best && (setting.scores.is_some() || records.draws_verdicts()) {
            return Err(no_closed_form(self.name(), "verdicts or scores are drawn for recorded attempts"));
        }
        if let Some(errors) = records.errors {
            return Ok(recorded::stop_at_verdict(records, errors, caps, last));
        }
        let mut first = recorded::stop_at_first(records, |i| records.accepted[i], caps, last);
        if best {
            let rejected: Vec<usize> = (0..records.len()).filter(|&i| !records.accepted[i]).collect();
            for (first, &cap) in first.iter_mut().zip(caps) {
                let [correct, wrong] = recorded::best_score(records, &rejected, cap, f64::NEG_INFINITY);
                first.expected.correct += correct;
                first.expected.wrong += wrong;
                first.expected.abstained = 0.0;
            }
        }
        Ok(first)
    }

    fn stopping(&self, setting: &Setting, law: TaskLaw) -> Option<Stopping> {
        let TaskLaw::Attempts(rates) = law else { return None };
        let first = Stopping::new(law)?;
        Some(match self.fallback {
            Fallback::Abstain => first,
            Fallback::Last => first.or_else(move |_| law.rejected_precision().0),
            Fallback::Best => {
                let low = best_rejected(setting, rates.success);
                // Where nobody is left it does not count.
                first.or_else(move |n| match exp(law.ln_survival(Event::Accepted, n)) {
                    0.0 => 0.0,
                    none => (low(n).0 / none).min(1.0),
                })
            }
        })
    }

    fn going_on(&self, _: &Setting, part: Part, n: f64) -> f64 {
        no_acceptance(part, n)
    }
}

/// P(none of n answers is accepted, and the one with the highest score is correct), and that it is wrong: the best of all
/// is rejected.
fn best_rejected(setting: &Setting, success: f64) -> impl Fn(f64) -> (f64, f64) + use<> {
    let d_prime = setting.scores.map_or(0.0, |s| s.d_prime);
    let least = setting.threshold.unwrap_or(f64::INFINITY);
    move |n| selection::best_of_judge_within(success, d_prime, n, f64::NEG_INFINITY, least)
}

impl Selector for FirstAccepted {
    fn select(&self, seen: &Seen, most: u64) -> Outcome {
        let events = &seen.events;
        match self.fallback {
            _ if events.accepted <= most => Outcome::answer(events.accepted_correct, true, events.accepted),
            Fallback::Abstain => Outcome::nothing(most),
            Fallback::Last => Outcome::answer(seen.last_correct, false, most),
            Fallback::Best => Outcome::answer(seen.best_is_correct, false, most),
        }
    }

    fn stops(&self, seen: &Seen, most: u64) -> bool {
        seen.events.accepted <= most
    }
}
