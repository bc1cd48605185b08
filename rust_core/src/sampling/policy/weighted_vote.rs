//! Weighted vote: the answer with the largest sum of its scores, or of their log likelihood ratios, among those that
//! appeared.

use serde::Deserialize;

use super::rule::{Alone, Needs, Rule, Setting};
use super::seen::{Attempt, Seen, Selector};
use super::ties::Priorities;
use crate::error::Result;
use crate::sampling::exact::expected::{Charged, Expected, Part, fixed_rates, no_closed_form};
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::exact::record_sums::{MOST_SUMS, largest_sum};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::records::TaskRecords;
use crate::sampling::scenario::scores::Scores;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedVote {
    /// What a score weighs.
    #[serde(default)]
    pub weight: Weight,
}

/// What a score weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The log likelihood ratio of a judge's score.
    #[default]
    Likelihood,
    /// Itself.
    Score,
}

impl Rule for WeightedVote {
    fn name(&self) -> &'static str {
        "weighted_vote"
    }

    fn needs(&self) -> Needs {
        Needs { scores: true, answers: true, attempts: true, ..Needs::NONE }
    }

    fn alone(&self) -> Option<Alone> {
        Some(Alone::ScoreSums { likelihood: self.weight == Weight::Likelihood })
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        let [sums, compared] = [(); 2].map(|()| vec![0.0; setting.votes()]);
        let first = vec![None; setting.votes()];
        let (weight, unit) = (self.weight, setting.recorded_scores);
        Box::new(Weights { weight, unit, scores: setting.scores, sums, compared, first, priorities: None })
    }

    fn expected(&self, _: &Setting, part: Part, _: f64) -> Result<Expected> {
        fixed_rates(self.name(), part)?;
        Err(no_closed_form(self.name(), "the votes of all attempts decide together"))
    }

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        let Some(unit) = setting.recorded_scores else {
            return Err(no_closed_form(self.name(), "the scores are drawn for recorded attempts"));
        };
        let outcome = |&cap: &u64| {
            let Some([correct, wrong, none]) = largest_sum(records, cap, unit, &setting.control)? else {
                let reason = format!("the scores of a task have more than {MOST_SUMS} sums");
                return Err(no_closed_form(self.name(), &reason));
            };
            Ok([f64::NAN, correct, wrong, none])
        };
        let outcomes = caps.iter().map(outcome).collect::<Result<Vec<_>>>()?;
        Ok(recorded::after_all(records, caps, self.needs().checks(), outcomes))
    }
}

/// Adds the weights of each answer.
struct Weights {
    weight: Weight,
    /// Of recorded scores, in which their sums are compared.
    unit: Option<f64>,
    scores: Option<Scores>,
    sums: Vec<f64>,
    /// The sums as they are compared: of recorded scores in whole units.
    compared: Vec<f64>,
    /// Whether the first attempt with each answer is correct, where there is one.
    first: Vec<Option<bool>>,
    priorities: Option<Priorities>,
}

impl Selector for Weights {
    fn start(&mut self, priorities: &Priorities) {
        priorities.clear(&mut self.sums);
        priorities.clear(&mut self.compared);
        priorities.clear(&mut self.first);
        self.priorities = Some(*priorities);
    }

    fn see(&mut self, _: u64, attempts: &[Attempt]) {
        for attempt in attempts {
            let Some(answer) = attempt.answer else { continue };
            self.sums[answer] += match (self.scores, self.weight) {
                (Some(scores), Weight::Likelihood) => scores.weight(scores.at(attempt.class, attempt.score)),
                (Some(scores), Weight::Score) => scores.at(attempt.class, attempt.score),
                (None, _) => -attempt.score,
            };
            let sum = self.sums[answer];
            self.compared[answer] = self.unit.map_or(sum, |unit| libm::round(sum / unit));
            self.first[answer].get_or_insert(attempt.class == 0);
        }
    }

    fn select(&self, _: &Seen, most: u64) -> Outcome {
        let Some(priorities) = self.priorities else { return Outcome::nothing(most) };
        let appeared = |answer: usize| self.first[answer].is_some();
        priorities.leader(&self.compared, appeared).map_or(Outcome::nothing(most), |answer| {
            priorities.returned(answer, self.first[answer] == Some(true), false, most)
        })
    }
}
