//! First above: the first answer whose score exceeds a threshold of the policy's own.

use serde::Deserialize;

use super::rule::{MAX_THRESHOLD, Needs, Rule, Setting};
use super::seen::{Attempt, Seen, Selector};
use super::ties::Priorities;
use crate::error::{Result, check_range};
use crate::sampling::exact::expected::{Charged, Expected, Part, fixed_rates, no_acceptance, stop_at_acceptance};
use crate::sampling::exact::limit_steps::Stopping;
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::records::TaskRecords;
use crate::sampling::scenario::scores::{CLASSES, Scores};

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstAbove {
    /// The score to exceed.
    pub threshold: f64,
}

impl FirstAbove {
    /// The law of a task whose verdicts are those of the policy's own threshold.
    fn law(self, setting: &Setting, success: f64) -> TaskLaw {
        let errors = |s: Scores| ErrorRates::of_scores(s.above(self.threshold), s.below(self.threshold));
        TaskLaw::attempts(success, setting.scores.map_or(ErrorRates::new(0.0, 1.0), errors))
    }
}

impl Rule for FirstAbove {
    fn name(&self) -> &'static str {
        "first_above"
    }

    fn needs(&self) -> Needs {
        Needs { scores: true, attempts: true, ..Needs::NONE }
    }

    fn accepts(&self) -> bool {
        true
    }

    fn check_parameters(&self) -> Result<()> {
        check_range("threshold", &[self.threshold], -MAX_THRESHOLD, MAX_THRESHOLD)
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        let below = setting.below(self.threshold).unwrap_or([f64::NEG_INFINITY; CLASSES]);
        Box::new(FirstScore { below, first: None })
    }

    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        let (_, rates) = fixed_rates(self.name(), part)?;
        Ok(stop_at_acceptance(Part::Fixed(self.law(setting, rates.success)), cap, false))
    }

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        match setting.scores {
            None => Ok(recorded::stop_at_first(records, |i| records.score[i] > self.threshold, caps, false)),
            Some(scores) => {
                let errors = ErrorRates::of_scores(scores.above(self.threshold), scores.below(self.threshold));
                Ok(recorded::stop_at_verdict(records, errors, caps, false))
            }
        }
    }

    fn stopping(&self, setting: &Setting, law: TaskLaw) -> Option<Stopping> {
        let TaskLaw::Attempts(rates) = law else { return None };
        Stopping::new(self.law(setting, rates.success))
    }

    fn going_on(&self, setting: &Setting, part: Part, n: f64) -> f64 {
        match part {
            Part::Fixed(TaskLaw::Attempts(rates)) => no_acceptance(Part::Fixed(self.law(setting, rates.success)), n),
            _ => 1.0,
        }
    }
}

/// Waits for the first score above the threshold.
struct FirstScore {
    /// The threshold by class.
    below: [f64; CLASSES],
    /// The attempt number and correctness of the first score above it.
    first: Option<(u64, bool)>,
}

impl Selector for FirstScore {
    fn start(&mut self, _: &Priorities) {
        self.first = None;
    }

    fn see(&mut self, before: u64, attempts: &[Attempt]) {
        if self.first.is_none() {
            let found =
                attempts.iter().zip(before + 1..).find(|(attempt, _)| attempt.score < self.below[attempt.class]);
            self.first = found.map(|(attempt, number)| (number, attempt.class == 0));
        }
    }

    fn select(&self, _: &Seen, most: u64) -> Outcome {
        match self.first {
            Some((number, correct)) => Outcome::answer(correct, true, number),
            None => Outcome::nothing(most),
        }
    }

    fn stops(&self, _: &Seen, _: u64) -> bool {
        self.first.is_some()
    }
}
