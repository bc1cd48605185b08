//! A scenario of recorded attempts: what its rows are about, what is charged, and what does not go with it.

use super::SamplingScenario;
use super::recorded::{Recorded, Short};
use super::records::Records;
use super::tasks::Tasks;
use super::verifier::Verifier;
use crate::error::{Error, Result};
use crate::sampling::policy::Policy;
use crate::spec::Values;

impl SamplingScenario {
    /// How many grid points every task can answer: observed attempts end with the smallest task.
    pub fn answerable(&self) -> usize {
        let grid = self.grid();
        let least = |attempts: &Values| attempts.as_slice().iter().copied().fold(f64::INFINITY, f64::min);
        self.tasks.observed().map_or(grid.len(), |attempts| grid.partition_point(|&k| k as f64 <= least(attempts)))
    }

    /// How many grid points have a row: all that some task can answer where the short ones are dropped.
    pub fn answered(&self) -> usize {
        let Some(recorded) = self.tasks.recorded().filter(|recorded| recorded.short == Short::Drop) else {
            return self.answerable();
        };
        let most = recorded.attempts.as_slice().iter().copied().fold(0.0, f64::max);
        self.grid().partition_point(|&k| k as f64 <= most)
    }

    /// The tasks that a row of so many attempts is about; `None` where it is about all.
    pub fn kept(&self, attempts: u64) -> Option<Vec<usize>> {
        let have = self.tasks.recorded()?.attempts.as_slice();
        let kept: Vec<usize> = (0..have.len()).filter(|&i| have[i] >= attempts as f64).collect();
        (kept.len() < have.len()).then_some(kept)
    }

    /// The recorded attempts; `None` where the tasks are others.
    pub fn records(&self) -> Option<Records> {
        let recorded = self.tasks.recorded()?;
        Some(Records::new(recorded, self.verifier.as_ref(), self.cost.as_ref()))
    }

    /// Which parts of a bill are known: tokens, money, seconds.
    pub fn billed(&self) -> [bool; 3] {
        match &self.tasks {
            Tasks::Recorded(recorded) if self.cost.is_none() => recorded.billed(),
            _ => [self.cost.is_some(); 3],
        }
    }

    /// Whether the bill of a trial follows from its attempts: on a grid, with a cost that looks at nothing else.
    pub fn is_billed_by_attempts(&self) -> bool {
        self.limits.is_none()
            && !matches!(self.tasks, Tasks::Recorded(_))
            && self.cost.is_some_and(|cost| cost.is_by_attempts())
    }

    /// Checks that nothing is both recorded and given.
    pub(super) fn check_recorded(&self, recorded: &Recorded) -> Result<()> {
        if let Some(verifier) = &self.verifier {
            check_stand_in(recorded, verifier)?;
        }
        if self.answers.is_some() {
            let expected = "None for recorded attempts, whose answers are a column of their own";
            return Err(Error::argument("answers", expected, "answers"));
        }
        let [_, money, seconds] = recorded.billed();
        if self.cost.is_some() && (money || seconds) {
            let expected = "None where the attempts' cost or seconds are recorded (it would price recorded tokens)";
            return Err(Error::argument("cost", expected, "a cost"));
        }
        if self.cost.is_some_and(|cost| cost.wrong_output_tokens.is_some()) {
            let expected = "one without wrong_output_tokens for recorded attempts (tokens may be recorded)";
            return Err(Error::argument("cost", expected, "wrong_output_tokens"));
        }
        if self.limits.is_some() {
            let expected = "None for recorded attempts (max_attempts takes a grid)";
            return Err(Error::argument("limits", expected, "limits"));
        }
        Ok(())
    }

    /// Checks that a policy finds what it reads among recorded attempts.
    pub(super) fn check_policy_on_records(&self, place: &str, policy: Policy, recorded: &Recorded) -> Result<()> {
        let needs = policy.needs();
        let refuse = |expected: &str| Err(Error::argument(place, expected, policy.name()));
        if needs.answers && recorded.answer.is_none() {
            return refuse("one that tells no answers apart unless the answers are recorded");
        }
        if needs.scores && recorded.score.is_none() && !matches!(self.verifier, Some(Verifier::Judge { .. })) {
            return refuse("one that reads no scores unless they are recorded or the verifier is a judge");
        }
        if policy.weighs_likelihoods() && recorded.score.is_some() {
            return refuse("one with weight='score' for recorded scores, whose likelihood is not known");
        }
        if needs.prior && self.verifier.as_ref().is_some_and(|verifier| !verifier.is_perfect()) {
            return refuse("another one where a verifier stands in for verdicts that are not recorded");
        }
        Ok(())
    }
}

/// Checks that a verifier can stand in for what was not recorded.
fn check_stand_in(recorded: &Recorded, verifier: &Verifier) -> Result<()> {
    if recorded.accepted.is_some() {
        let expected = "None where the verdicts are recorded";
        return Err(Error::argument("verifier", expected, "a verifier"));
    }
    if recorded.score.is_some() && matches!(verifier, Verifier::Judge { .. }) {
        let expected = "one without scores of its own where the scores are recorded";
        return Err(Error::argument("verifier", expected, "a judge"));
    }
    if verifier.draws_rates() {
        let expected = "one of given error rates (icc 0) for recorded attempts";
        return Err(Error::argument("verifier", expected, "error rates that are drawn"));
    }
    Ok(())
}
