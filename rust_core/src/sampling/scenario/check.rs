//! What a scenario may ask for: numbers of attempts, limits, and policies that find what they read.

use super::population_law::{PopulationLaw, Redraw};
use super::tasks::Tasks;
use super::verifier::Verifier;
use super::{MAX_ATTEMPTS, MAX_GRID, MAX_SINGLE_ATTEMPTS, SamplingScenario};
use crate::error::{Error, Result, number};
use crate::sampling::policy::Policy;
use crate::spec::Spec;

/// The most tasks times attempts for which first worthwhile values every attempt number of a pool.
const MAX_REGION_WORK: f64 = 1e7;

fn repeated_limit(i: usize) -> Error {
    Error::argument(&format!("limits[{i}]"), "different from every limit before it", "a repetition")
}

impl SamplingScenario {
    /// Checks the numbers of attempts.
    pub(super) fn check_grid(&self) -> Result<()> {
        let Some(grid) = &self.max_attempts else {
            let expected = format!("1 to {MAX_GRID} numbers, unless limits are given");
            return if self.limits.is_some() { Ok(()) } else { Err(Error::argument("max_attempts", expected, "None")) };
        };
        grid.check_range("max_attempts", 1.0, MAX_ATTEMPTS)?;
        let grid = grid.as_slice();
        let (most, expected) = match self.limits {
            Some(_) => (1, "one number (the most attempts under any limit) or None where limits are given".to_owned()),
            None => (MAX_GRID, format!("1 to {MAX_GRID} numbers")),
        };
        if grid.is_empty() || grid.len() > most {
            return Err(Error::argument("max_attempts", expected, format!("{} numbers", grid.len())));
        }
        for (i, pair) in grid.windows(2).enumerate() {
            if pair[1] <= pair[0] {
                return Err(Error::argument(
                    &format!("max_attempts[{}]", i + 1),
                    format!("above max_attempts[{i}] ({})", number(pair[0])),
                    pair[1],
                ));
            }
        }
        if let Some(i) = grid.iter().position(|k| k.fract() != 0.0) {
            return Err(Error::argument(&format!("max_attempts[{i}]"), "a whole number", grid[i]));
        }
        if self.limits.is_some() {
            return Ok(());
        }
        let largest = grid.last().copied().unwrap_or(0.0);
        if let Some(i) = self.policies.iter().position(|p| p.needs().attempts)
            && largest > MAX_SINGLE_ATTEMPTS
        {
            let name = self.policies[i].name();
            let expected = format!("at most {MAX_SINGLE_ATTEMPTS} with {name}, which looks at every attempt");
            return Err(Error::argument("max_attempts", expected, largest));
        }
        if self.cost.is_some_and(|cost| cost.draws_each_attempt()) && largest > MAX_SINGLE_ATTEMPTS {
            let expected = format!("at most {MAX_SINGLE_ATTEMPTS} where tokens are drawn attempt by attempt");
            return Err(Error::argument("max_attempts", expected, largest));
        }
        Ok(())
    }

    /// Checks the limits: each is different, and ends every policy after a number of attempts that can be simulated.
    pub(super) fn check_limits(&self) -> Result<()> {
        let Some(limits) = &self.limits else { return Ok(()) };
        if limits.is_empty() || limits.len() > MAX_GRID {
            let got = format!("{} limits", limits.len());
            return Err(Error::argument("limits", format!("1 to {MAX_GRID} limits"), got));
        }
        if let Some(recorded) = self.tasks.recorded() {
            for (i, limit) in limits.iter().enumerate() {
                limit.check().map_err(|e| Error::Value(format!("limits[{i}]: {e}")))?;
                if limits[..i].contains(limit) {
                    return Err(repeated_limit(i));
                }
            }
            return self.check_recorded_limits(recorded);
        }
        let Some(cost) = self.cost else {
            return Err(Error::argument("cost", "given where limits are: it says what an attempt takes", "None"));
        };
        let singles = cost.draws_each_attempt() || self.policies.iter().any(|p| p.needs().attempts);
        let (most, why) =
            if singles { (MAX_SINGLE_ATTEMPTS, ", which are drawn one by one here") } else { (MAX_ATTEMPTS, "") };
        for (i, limit) in limits.iter().enumerate() {
            limit.check().map_err(|e| Error::Value(format!("limits[{i}]: {e}")))?;
            let place = format!("limits[{i}]");
            if limits[..i].contains(limit) {
                return Err(repeated_limit(i));
            }
            for policy in &self.policies {
                let each = cost.mean_rates(policy.needs().checks())[limit.part()];
                let allowed = (limit.amount() / each).min(self.most() as f64);
                // With a largest number of attempts free ones end too.
                if each == 0.0 && self.max_attempts.is_none() {
                    let expected = format!(
                        "one that ends {}, whose attempts are free in its unit (max_attempts would end it)",
                        policy.name()
                    );
                    return Err(Error::argument(&place, expected, limit.amount()));
                }
                if allowed > most {
                    let expected = format!(
                        "small enough, or max_attempts given, for at most {most} attempts with {}{why}",
                        policy.name()
                    );
                    return Err(Error::argument(&place, expected, format!("about {allowed:.3e} attempts")));
                }
            }
        }
        Ok(())
    }

    /// Checks that a policy finds what it reads: scores, answers, verdicts, single attempts.
    pub(super) fn check_policy(&self, i: usize, policy: Policy) -> Result<()> {
        let (place, needs) = (format!("policies[{i}]"), policy.needs());
        if let Tasks::Recorded(recorded) = &self.tasks {
            return self.check_policy_on_records(&place, policy, recorded);
        }
        let refuse = |expected: &str| Err(Error::argument(&place, expected, policy.name()));
        if let Tasks::Pool { .. } = self.tasks {
            if needs.scores || needs.answers || needs.attempts {
                return refuse(
                    "first_accepted, first_worthwhile, any_of or all_of for a pool, whose attempts carry verdicts but no \
                     scores or answers",
                );
            }
            if needs.coverage && !self.knows_coverage() {
                return refuse(
                    "first_accepted for a pool without correct (whether a rejected answer is correct is not known)",
                );
            }
            let most = self.answerable().checked_sub(1).map_or(0.0, |last| self.attempts()[last]);
            let work = self.tasks.count() as f64 * most;
            if needs.prior && work > MAX_REGION_WORK {
                let expected = format!("at most {MAX_REGION_WORK} with {} on a pool", policy.name());
                return Err(Error::argument("tasks times max_attempts", expected, work));
            }
            return Ok(());
        }
        if needs.scores && !matches!(self.verifier, Some(Verifier::Judge { .. })) {
            return refuse(
                "one that reads no scores unless the verifier is a judge (the other verifiers only accept or reject)",
            );
        }
        if needs.answers && self.answers.is_none() {
            return refuse("one that tells no wrong answers apart unless `answers` is given");
        }
        let draws_errors = self.verifier.as_ref().is_some_and(|v| v.draws_rates() || v.labelled().is_some());
        let of_points = |population: &PopulationLaw| population.law().betas.is_empty();
        let known =
            !draws_errors && (self.redraw() != Some(Redraw::Trial) || self.tasks.population().is_some_and(of_points));
        if needs.prior && !known {
            return refuse(
                "another one where rates are drawn in every trial: what an attempt number is worth follows from known rates",
            );
        }
        Ok(())
    }
}
