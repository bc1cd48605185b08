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

    /// The limits that have a row: all whose rows are about some tasks.
    pub fn answered_limits(&self) -> Vec<usize> {
        let all = 0..self.limits().len();
        let Some(recorded) = self.tasks.recorded() else { return all.collect() };
        let answered = |kept: &Option<Vec<usize>>| match kept {
            None => true,
            Some(kept) => recorded.short == Short::Drop && !kept.is_empty(),
        };
        all.filter(|&limit| answered(&self.kept(limit))).collect()
    }

    /// The tasks of recorded attempts that the rows of a grid point, or of a limit, are about; `None` where it is all.
    ///
    /// Under a limit a task has enough attempts where all of them together use it up, for then they do in every order.
    pub fn kept(&self, point: usize) -> Option<Vec<usize>> {
        let recorded = self.tasks.recorded()?;
        let have = recorded.attempts.as_slice();
        let kept: Vec<usize> = match self.limits().get(point) {
            None => {
                let attempts = *self.grid().get(point)?;
                (0..have.len()).filter(|&i| have[i] >= attempts as f64).collect()
            }
            Some(limit) => {
                let most = self.most() as f64;
                let asked = |checked: bool| self.policies.iter().any(|policy| policy.needs().checks() == checked);
                let used = [false, true].into_iter().filter(|&checked| asked(checked));
                let totals: Vec<Vec<f64>> = used.map(|checked| self.recorded_totals(limit.part(), checked)).collect();
                (0..have.len())
                    .filter(|&i| have[i] >= most || totals.iter().all(|total| limit.is_spent(total[i])))
                    .collect()
            }
        };
        (kept.len() < have.len()).then_some(kept)
    }

    /// How many tasks of recorded attempts have too few for each grid point, or limit.
    pub fn short_tasks(&self) -> Vec<usize> {
        let count = self.tasks.count();
        (0..self.points()).map(|point| self.kept(point).map_or(0, |kept| count - kept.len())).collect()
    }

    /// What all recorded attempts of each task took together of one part of a bill.
    fn recorded_totals(&self, part: usize, checked: bool) -> Vec<f64> {
        let Some(recorded) = self.tasks.recorded() else { return Vec::new() };
        let column = match self.cost {
            Some(_) => recorded.tokens.as_ref(),
            None => [&recorded.tokens, &recorded.cost, &recorded.seconds][part].as_ref(),
        };
        let mut from = 0;
        let attempts = recorded.attempts.as_slice().iter();
        let of_task = attempts.map(|&n| {
            let places = from..from + n as usize;
            from = places.end;
            let sum = column.map(|values| places.map(|i| values.at(i)).sum::<f64>());
            match (&self.cost, sum) {
                (Some(cost), Some(tokens)) => {
                    let [constant, per_token] = cost.rates(checked)[part];
                    constant * n + per_token * tokens
                }
                (Some(cost), None) => cost.mean_rates(checked)[part] * n,
                (None, sum) => sum.unwrap_or(0.0),
            }
        });
        of_task.collect()
    }

    /// The recorded attempts; `None` where the tasks are others.
    pub fn records(&self) -> Option<Records> {
        let recorded = self.tasks.recorded()?;
        let mut records = Records::new(recorded, self.verifier.as_ref(), self.cost.as_ref());
        if let (Some(cost), Some(_), None) = (&self.cost, &self.limits, &recorded.tokens) {
            records.bill_alike([false, true].map(|checked| cost.mean_rates(checked)));
        }
        Some(records)
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
        Ok(())
    }

    /// Checks that what is limited of recorded attempts was recorded, so that their order alone says where they stop.
    pub(super) fn check_recorded_limits(&self, recorded: &Recorded) -> Result<()> {
        if self.cost.is_some_and(|cost| cost.parallel > 1.0) {
            let expected = "None for recorded attempts in batches (parallel above 1)";
            return Err(Error::argument("limits", expected, "limits"));
        }
        if recorded.tokens.is_none() && self.cost.is_some_and(|cost| cost.output_tokens[1] > 0.0) {
            let expected = "None for recorded attempts whose tokens are drawn (give the column tokens)";
            return Err(Error::argument("limits", expected, "limits"));
        }
        let billed = self.billed();
        for (i, limit) in self.limits().iter().enumerate() {
            if !billed[limit.part()] {
                let expected = "one in an amount that the attempts are recorded with (tokens, cost or seconds)";
                return Err(Error::argument(&format!("limits[{i}]"), expected, limit.amount()));
            }
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
    match verifier {
        Verifier::Spread { correlation, .. } if *correlation != 0.0 => {
            let expected = "0 for recorded attempts, whose success rates are not known";
            return Err(Error::argument("correlation", expected, correlation));
        }
        Verifier::Ensemble { .. } if verifier.draws_rates() => {
            let expected = "an ensemble of given error rates (icc 0) for recorded attempts";
            return Err(Error::argument("verifier", expected, "error rates that are drawn"));
        }
        _ => {}
    }
    Ok(())
}
