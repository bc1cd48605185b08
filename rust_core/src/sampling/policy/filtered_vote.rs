//! Filtered vote: the most frequent among accepted answers; nothing where none was accepted.

use libm::exp;
use serde::Deserialize;

use super::majority_vote::vote_answers;
use super::rule::{Alone, Needs, Rule, Setting};
use super::seen::Selector;
use super::ties::Ties;
use super::vote_count::VoteCount;
use crate::error::Result;
use crate::sampling::exact::expected::{Charged, Expected, Part, fixed_rates, no_closed_form};
use crate::sampling::exact::record_outcomes as recorded;
use crate::sampling::exact::record_votes::pluralities;
use crate::sampling::scenario::law::Event;
use crate::sampling::scenario::records::TaskRecords;
use crate::special::one_less_exp;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilteredVote {}

impl Rule for FilteredVote {
    fn name(&self) -> &'static str {
        "filtered_vote"
    }

    fn needs(&self) -> Needs {
        Needs { verdicts: true, answers: true, attempts: true, ..Needs::NONE }
    }

    fn accepts(&self) -> bool {
        true
    }

    fn alone(&self) -> Option<Alone> {
        Some(Alone::Votes { accepted_only: true, ties: Ties::Share })
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        VoteCount::selector(setting, true, Ties::Share)
    }

    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        let (law, rates) = fixed_rates(self.name(), part)?;
        let counted = [rates.errors.true_positive, rates.errors.false_positive];
        let rejected = rates.rejected_correct() + rates.rejected_wrong();
        let answers = vote_answers(self.name(), setting, cap, rates.success, counted, rejected)?;
        let [correct, wrong] = answers.plurality(cap, &setting.control)?;
        let ln_none = law.ln_survival(Event::Accepted, cap);
        Ok(Expected::after_all(part, cap, [one_less_exp(ln_none), correct, wrong, exp(ln_none)]))
    }

    fn expected_of_records(&self, setting: &Setting, records: &TaskRecords, caps: &[u64]) -> Result<Vec<Charged>> {
        if records.draws_verdicts() {
            return Err(no_closed_form(self.name(), "the verdicts are drawn for recorded attempts"));
        }
        let answers = records.accepted_answers();
        let idle = records.len() as u64 - answers.iter().map(|answer| answer.attempts).sum::<u64>();
        let found = pluralities(&answers, idle, caps, Ties::Share, &setting.control)?;
        let outcomes = found.iter().map(|&[correct, wrong, none]| [correct + wrong, correct, wrong, none]);
        Ok(recorded::after_all(records, caps, self.needs().checks(), outcomes))
    }
}
