//! The scenario: tasks, verifier, policies, the grid of attempts, and what answers are worth.

pub mod answers;
mod check;
pub mod cost;
pub mod drawn_laws;
pub mod error_rates;
pub mod labelled;
pub mod law;
pub mod limit;
mod of_labels;
pub mod on_records;
pub mod population;
pub mod population_law;
pub mod recorded;
pub mod records;
pub mod scores;
pub mod setting;
pub mod success_law;
pub mod task_columns;
pub mod tasks;
mod unused;
pub mod verifier;

use serde::Deserialize;

use crate::error::{Error, Result, check_range};
use crate::sampling::policy::Policy;
use crate::sampling::policy::rule::MAX_JUDGE_THRESHOLD;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::cost::{Cost, Utility, UtilityKind};
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::limit::{Limit, MOST_ATTEMPTS};
use crate::sampling::scenario::success_law::scaled;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;
use crate::spec::{Spec, Unused, Values};
use crate::special::clusters::Sampled;

/// The most attempts of one grid point.
pub const MAX_ATTEMPTS: f64 = 1e12;
/// The most grid points.
pub const MAX_GRID: usize = 10_000;
/// The most cells (tasks times grid points) of one scenario; a run takes some 250 bytes for each.
pub const MAX_CELLS: usize = 20_000_000;

/// The most attempts of one grid point where a policy needs them one by one.
pub const MAX_SINGLE_ATTEMPTS: f64 = 1e7;

/// The one kind of sampling scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioKind {
    /// Repeated sampling.
    Sampling,
}

/// Repeated sampling with an imperfect verifier.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingScenario {
    /// The name of this kind of setting.
    pub kind: ScenarioKind,
    /// The tasks.
    pub tasks: Tasks,
    /// The verifier; `None` where the tasks carry their own (a pool).
    pub verifier: Option<Verifier>,
    /// The wrong answers; `None` where no policy tells them apart.
    #[serde(default)]
    pub answers: Option<Answers>,
    /// The policies, compared on the same attempts.
    pub policies: Vec<Policy>,
    /// The grid of attempts, ascending; under limits `None`, or one number that none exceeds.
    pub max_attempts: Option<Values>,
    /// Limits in money, tokens or seconds per task, a row each, in place of a grid of attempts.
    #[serde(default)]
    pub limits: Option<Vec<Limit>>,
    /// What attempts cost; without it the columns of tokens, cost and latency are null.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// What answers are worth; without it the utility columns are null.
    pub utility: Option<Utility>,
}

impl SamplingScenario {
    /// The numbers of attempts given: a grid, or the most under limits.
    fn attempts(&self) -> &[f64] {
        self.max_attempts.as_ref().map_or(&[], Values::as_slice)
    }

    /// The grid of attempts; empty under limits.
    pub fn grid(&self) -> Vec<u64> {
        if self.limits.is_some() { Vec::new() } else { self.attempts().iter().map(|&k| k as u64).collect() }
    }

    /// The limits in place of a grid; none where there is a grid.
    pub fn limits(&self) -> &[Limit] {
        self.limits.as_deref().unwrap_or_default()
    }

    /// The most attempts that a limit allows.
    pub fn most(&self) -> u64 {
        self.attempts().first().map_or(MOST_ATTEMPTS, |&k| k as u64)
    }

    /// The rows of a policy: grid points or limits.
    pub fn points(&self) -> usize {
        self.limits.as_ref().map_or(self.attempts().len(), Vec::len)
    }

    /// The law of each task; `Drawn` where a trial or the run draws its rates.
    pub fn laws(&self) -> Vec<TaskLaw> {
        if self.redraw().is_some() {
            return vec![TaskLaw::Drawn; self.tasks.count()];
        }
        if let Tasks::Recorded(recorded) = &self.tasks {
            // Where a verifier draws the verdicts no count tells what comes.
            let known = self.verifier.as_ref().is_none_or(Verifier::is_perfect);
            let law = |[attempts, accepted, accepted_correct, correct]: [f64; 4]| TaskLaw::Pool {
                attempts,
                accepted,
                accepted_correct,
                correct: Some(correct),
            };
            return recorded.counts().map(|counts| if known { law(counts) } else { TaskLaw::Drawn }).collect();
        }
        (0..self.tasks.count())
            .map(|i| match &self.tasks {
                Tasks::Pool { attempts, accepted, accepted_correct, correct, .. } => TaskLaw::Pool {
                    attempts: attempts.at(i),
                    accepted: accepted.at(i),
                    accepted_correct: accepted_correct.at(i),
                    correct: correct.as_ref().map(|c| c.at(i)),
                },
                tasks => tasks.success(i).map_or(TaskLaw::Drawn, |p| TaskLaw::attempts(p, self.errors(i))),
            })
            .collect()
    }

    /// The error rates on task `i`, or their means where they are drawn. A judge without a threshold accepts nothing.
    pub fn errors(&self, i: usize) -> ErrorRates {
        match &self.verifier {
            Some(verifier) if verifier.gives_verdicts() => verifier.rates(i),
            Some(_) => ErrorRates::new(0.0, 1.0),
            None => ErrorRates::NONE,
        }
    }

    /// Whether a verifier that never errs judges every attempt; recorded verdicts may err.
    pub fn is_verified(&self) -> bool {
        let recorded = match &self.tasks {
            Tasks::Pool { .. } => true,
            Tasks::Recorded(recorded) => recorded.accepted.is_some(),
            _ => false,
        };
        !recorded && self.verifier.as_ref().is_none_or(Verifier::is_perfect)
    }

    /// The weights of the tasks, adding to 1; `None` where all count alike.
    pub fn weights(&self) -> Option<Vec<f64>> {
        self.tasks.weight().map(|weight| scaled(weight.as_slice()))
    }

    /// What an interval over tasks takes for the sample at a point: the tasks that the row is about, or their clusters.
    pub fn sampled(&self, point: usize) -> Sampled {
        let cluster = self.tasks.cluster().map(Values::as_slice);
        match self.kept(point) {
            None => Sampled::new(self.tasks.count(), self.weights(), cluster),
            Some(kept) => {
                let cluster = cluster.map(|all| kept.iter().map(|&i| all[i]).collect::<Vec<f64>>());
                Sampled::new(kept.len(), self.weights(), cluster.as_deref())
            }
        }
    }

    /// What answers are worth: 1 for a correct one and nothing else, unless given.
    pub fn worth(&self) -> Utility {
        let correct_only =
            Utility { kind: UtilityKind::Utility, correct_reward: 1.0, wrong_cost: 0.0, attempt_cost: 0.0 };
        self.utility.unwrap_or(correct_only)
    }

    /// Whether correct answers are known among rejected ones too.
    pub const fn knows_coverage(&self) -> bool {
        !matches!(self.tasks, Tasks::Pool { correct: None, .. })
    }
}

impl Spec for SamplingScenario {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        self.tasks.resolve(arrays)?;
        if let Some(verifier) = &mut self.verifier {
            verifier.resolve(arrays)?;
        }
        self.max_attempts.iter_mut().try_for_each(|grid| grid.resolve(arrays))
    }

    fn check(&self) -> Result<()> {
        self.tasks.check()?;
        let count = self.tasks.count();
        let pool = matches!(self.tasks, Tasks::Pool { .. });
        match &self.verifier {
            Some(_) if pool => {
                return Err(Error::argument(
                    "verifier",
                    "None for a pool, whose attempts carry the verdicts of their own",
                    "a verifier",
                ));
            }
            None if !pool && self.tasks.recorded().is_none_or(|recorded| recorded.accepted.is_none()) => {
                return Err(Error::argument("verifier", "given for tasks that are not a pool", "None"));
            }
            Some(verifier) => {
                verifier.check()?;
                verifier.check_tasks(count)?;
                if let Some(i) = self.policies.iter().position(|p| p.needs().verdicts)
                    && !verifier.gives_verdicts()
                {
                    return Err(Error::argument(
                        "verifier.threshold",
                        format!("a number, for policies[{i}] returns what the verifier accepts"),
                        "None",
                    ));
                }
            }
            None => {}
        }
        if let Some(answers) = self.answers {
            answers.check()?;
            if pool {
                return Err(Error::argument("answers", "None for a pool, whose answers are not told apart", "answers"));
            }
        }
        if let Some(recorded) = self.tasks.recorded() {
            self.check_recorded(recorded)?;
        }
        if self.policies.is_empty() {
            return Err(Error::argument("policies", "at least one policy", "none"));
        }
        for (i, policy) in self.policies.iter().enumerate() {
            policy.check()?;
            if self.policies[..i].contains(policy) {
                return Err(Error::argument(
                    &format!("policies[{i}]"),
                    "different from every policy before it",
                    "a repetition",
                ));
            }
            self.check_policy(i, *policy)?;
            if let (Some(threshold), Some(Verifier::Judge { .. })) = (policy.threshold(), &self.verifier) {
                let place = format!("policies[{i}].threshold");
                check_range(&place, &[threshold], -MAX_JUDGE_THRESHOLD, MAX_JUDGE_THRESHOLD)?;
            }
            if policy.needs().last && !self.knows_coverage() {
                return Err(Error::argument(
                    &format!("policies[{i}].fallback"),
                    "'abstain' for a pool without correct (whether a rejected answer is correct is not known)",
                    "'last'",
                ));
            }
        }
        if let Some(cost) = self.cost {
            cost.check()?;
            if cost.wrong_output_tokens.is_some() && self.limits.is_some() {
                let expected = "None where wrong attempts take other tokens (max_attempts takes a grid)";
                return Err(Error::argument("limits", expected, "limits"));
            }
            if pool {
                return Err(Error::argument("cost", "None for a pool, whose attempts carry no tokens", "a cost"));
            }
        }
        self.check_grid()?;
        self.check_limits()?;
        if count.saturating_mul(self.points()) > MAX_CELLS {
            let rows = if self.limits.is_some() { "tasks times limits" } else { "tasks times max_attempts" };
            return Err(Error::argument(rows, format!("at most {MAX_CELLS}"), count * self.points()));
        }
        self.utility.map_or(Ok(()), |utility| utility.check())
    }

    fn unused(&self) -> Vec<Unused> {
        self.unused_settings()
    }
}
