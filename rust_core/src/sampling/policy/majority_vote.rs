//! Majority vote: the most frequent answer; a tie is shared by [`super::ties`], or nobody wins it.

use serde::Deserialize;

use super::rule::{Alone, Needs, Rule, Setting};
use super::seen::{Feature, Seen, Selector};
use super::ties::Ties;
use super::vote_count::VoteCount;
use crate::closed_form::answers::Answers;
use crate::closed_form::voting;
use crate::error::Result;
use crate::sampling::exact::expected::{Charged, Expected, Part, fixed_rates, no_closed_form};
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::exact::record_votes::pluralities;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::records::TaskRecords;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MajorityVote {
    /// What becomes of a tie.
    #[serde(default)]
    pub ties: Ties,
}

impl Rule for MajorityVote {
    fn name(&self) -> &'static str {
        "majority_vote"
    }

    fn needs(&self) -> Needs {
        let shared = self.ties == Ties::Share;
        Needs { answers: true, leader: shared, attempts: !shared, ..Needs::NONE }
    }

    fn alone(&self) -> Option<Alone> {
        Some(match self.ties {
            Ties::Share => Alone::Counts,
            ties => Alone::Votes { accepted_only: false, ties },
        })
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        if self.ties == Ties::Share && !setting.recorded {
            return Box::new(*self);
        }
        VoteCount::selector(setting, false, self.ties)
    }

    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        let (_, rates) = fixed_rates(self.name(), part)?;
        if self.ties != Ties::Share {
            return Err(no_closed_form(self.name(), "ties are not shared"));
        }
        let answers = vote_answers(self.name(), setting, cap, rates.success, [1.0, 1.0], 0.0)?;
        let [correct, wrong] = answers.plurality(cap, &setting.control)?;
        Ok(Expected::after_all(part, cap, [f64::NAN, correct, wrong, 0.0]))
    }

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        let idle = records.answer.iter().filter(|answer| answer.is_none()).count() as u64;
        let found = pluralities(&records.answers, idle, caps, self.ties, &setting.control)?;
        let outcomes = found.iter().map(|&[correct, wrong, none]| [f64::NAN, correct, wrong, none]);
        Ok(recorded::after_all(records, caps, self.needs().checks(), outcomes))
    }
}

impl Selector for MajorityVote {
    fn select(&self, seen: &Seen, most: u64) -> Outcome {
        Outcome::answer(seen.leads, false, most)
    }

    fn feature(&self) -> Option<Feature> {
        Some(Feature::Leads)
    }
}

/// What one attempt votes for, where correct and wrong attempts have these chances to count, and none with the chance
/// `idle`; or the reason why the votes cannot be counted.
pub fn vote_answers(
    name: &str,
    setting: &Setting,
    cap: f64,
    success: f64,
    [right, bad]: [f64; 2],
    idle: f64,
) -> Result<Answers> {
    let Some(shares) = setting.answers.and_then(|a| a.shares()) else {
        return Err(no_closed_form(name, "the shares of the wrong answers are drawn"));
    };
    let wrong: Vec<f64> = shares.iter().map(|s| (1.0 - success) * s * bad).collect();
    let answers = Answers::new(success * right, &wrong, idle);
    if answers.check(cap).is_err() {
        let reason = format!("above {} votes the count over all outcomes takes too long", voting::MOST_VOTES);
        return Err(no_closed_form(name, &reason));
    }
    Ok(answers)
}
