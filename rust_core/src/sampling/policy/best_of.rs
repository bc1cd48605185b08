//! Best of N: the answer with the highest score, where that exceeds the threshold if there is one.

use libm::exp;
use serde::Deserialize;

use super::rule::{Alone, MAX_THRESHOLD, Needs, Rule, Setting};
use super::seen::{Feature, Seen, Selector};
use crate::closed_form::selection;
use crate::error::{Result, check_range};
use crate::sampling::exact::expected::{Charged, Expected, Part, fixed_rates, no_closed_form};
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::records::TaskRecords;
use crate::sampling::scenario::scores::CLASSES;
use crate::special::one_less_exp;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BestOf {
    /// The score to exceed, else nothing is returned.
    pub threshold: Option<f64>,
}

impl Rule for BestOf {
    fn name(&self) -> &'static str {
        "best_of"
    }

    fn needs(&self) -> Needs {
        Needs { scores: true, ..Needs::NONE }
    }

    fn accepts(&self) -> bool {
        self.threshold.is_some()
    }

    fn alone(&self) -> Option<Alone> {
        Some(Alone::Counts)
    }

    fn check_parameters(&self) -> Result<()> {
        self.threshold.map_or(Ok(()), |at| check_range("threshold", &[at], -MAX_THRESHOLD, MAX_THRESHOLD))
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        Box::new(Best { below: self.threshold.and_then(|at| setting.below(at)) })
    }

    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        let (_, rates) = fixed_rates(self.name(), part)?;
        let (p, d_prime) = (rates.success, setting.scores.map_or(0.0, |s| s.d_prime));
        let Some(threshold) = self.threshold else {
            let (correct, wrong) = selection::best_of_judge_both(p, d_prime, cap);
            return Ok(Expected::after_all(part, cap, [f64::NAN, correct, wrong, 0.0]));
        };
        let Some(scores) = setting.scores else { return Err(no_closed_form(self.name(), "there are no scores")) };
        let errors = ErrorRates::of_scores(scores.above(threshold), scores.below(threshold));
        let ln_none = cap * Rates { success: p, errors }.ln_rejected();
        let at = scores.standard(threshold);
        let (correct, wrong) = selection::best_of_judge_within(p, d_prime, cap, at, f64::INFINITY);
        Ok(Expected::after_all(part, cap, [one_less_exp(ln_none), correct, wrong, exp(ln_none)]))
    }

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        if setting.recorded_scores.is_none() {
            return Err(no_closed_form(self.name(), "the scores are drawn for recorded attempts"));
        }
        let all: Vec<usize> = (0..records.len()).collect();
        let above = self.threshold.unwrap_or(f64::NEG_INFINITY);
        let outcome = |cap: u64| {
            let [correct, wrong] = recorded::best_score(records, &all, cap, above);
            let accepted = if self.threshold.is_some() { correct + wrong } else { f64::NAN };
            let none = self.threshold.map_or(0.0, |at| records.none_of(cap, |i| records.score[i] > at));
            [accepted, correct, wrong, none]
        };
        Ok(recorded::after_all(records, caps, self.needs().checks(), caps.iter().map(|&cap| outcome(cap))))
    }
}

/// Takes the highest score.
struct Best {
    /// The threshold by class.
    below: Option<[f64; CLASSES]>,
}

impl Selector for Best {
    fn select(&self, seen: &Seen, most: u64) -> Outcome {
        let above = |below: [f64; CLASSES]| (0..CLASSES).any(|class| seen.maxima[class] < below[class]);
        if self.below.is_none_or(above) {
            Outcome::answer(seen.best_is_correct, self.below.is_some(), most)
        } else {
            Outcome::nothing(most)
        }
    }

    fn feature(&self) -> Option<Feature> {
        self.below.is_none().then_some(Feature::BestIsCorrect)
    }
}
