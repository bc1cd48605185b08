//! The best number of attempts, or the best limit, of each policy at each utility, over tasks of any weights.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::run::Control;
use crate::sampling::exact::best_limit::{Limits, Outcomes};
use crate::sampling::exact::optimum::{Optimum, TaskRates, independent, value_at};
use crate::sampling::exact::optimum_laws::{Laws, OptimumLaws};
use crate::sampling::exact::pool_steps::pool_changes;
use crate::sampling::exact::steps::{Change, best};
use crate::sampling::policy::Policy;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::law::TaskLaw;

/// The most numbers (tasks times attempts) of the curves of a pool.
const MAX_CURVES: f64 = 1e8;

/// A scenario whose optima are sought.
pub struct Problem<'a> {
    scenario: &'a SamplingScenario,
    /// The laws of its tasks.
    pub laws: OptimumLaws,
    /// The weights of the tasks.
    weights: Vec<f64>,
    /// The attempts that every task of a pool can answer; `None` for independent attempts.
    pool: Option<usize>,
    /// Where the best limit is sought.
    pub limits: Option<Limits<'a>>,
}

/// Laws, of tasks or of points that those of tasks weigh, and their weights.
type Weighed<'a> = (Cow<'a, [TaskLaw]>, Vec<f64>);

/// What the tasks come to under a policy, in the mean over them.
enum Curve {
    /// What each attempt of a pool adds.
    Pool(Vec<Change>),
    /// The rates of independent attempts.
    Independent(Vec<TaskRates>),
}

impl<'a> Problem<'a> {
    /// Of a scenario.
    pub fn new(scenario: &'a SamplingScenario, control: &Control) -> Result<Self> {
        let count = scenario.tasks.count();
        let weights = scenario.weights().unwrap_or_else(|| vec![1.0 / count as f64; count]);
        let laws = OptimumLaws::new(scenario, control)?;
        let pools = laws.each.iter().filter_map(|law| match law {
            TaskLaw::Pool { attempts, .. } => Some(*attempts),
            _ => None,
        });
        let pool = pools.reduce(f64::min);
        if pool.is_some_and(|n| n * count as f64 > MAX_CURVES) {
            return Err(Error::argument(
                "tasks times attempts of the pool",
                format!("at most {MAX_CURVES}"),
                pool.unwrap_or(0.0) * count as f64,
            ));
        }
        let limits = if scenario.limits.is_some() {
            Some(Limits::new(scenario, &laws.all().weighed(count, |i| weights[i]).0, control)?)
        } else {
            None
        };
        Ok(Self { scenario, laws, weights, pool: pool.map(|n| n as usize), limits })
    }

    /// How many tasks there are.
    pub fn tasks(&self) -> usize {
        self.weights.len()
    }

    /// What tasks of other laws than its own come to under limits.
    pub fn outcomes(&self, laws: Laws<'_>, control: &Control) -> Result<Option<Vec<Outcomes>>> {
        let Some(limits) = &self.limits else { return Ok(None) };
        limits.outcomes(&self.weighed(laws, &vec![1.0; self.tasks()]).0, control).map(Some)
    }

    /// The optima of all policies and utilities; `again`: outcomes of other laws under limits.
    pub fn best(
        &self,
        tasks: &Weighed<'_>,
        again: Option<&[Outcomes]>,
        utilities: &[Utility],
        control: &Control,
    ) -> Result<Vec<Optimum>> {
        if let Some(limits) = &self.limits {
            return Ok(limits.best(again, &tasks.1, utilities));
        }
        let cap = self.pool.map_or(f64::INFINITY, |cap| cap as f64);
        let mut found = Vec::new();
        for policy in &self.scenario.policies {
            let curve = self.curve(*policy, tasks);
            for &u in utilities {
                control.check()?;
                found.push(match &curve {
                    Curve::Pool(changes) => {
                        let attempts = best(changes.iter().map(|c| c.step(u)));
                        Optimum { attempts: attempts as f64, utility: sum_of(&changes[..attempts], u) }
                    }
                    Curve::Independent(rates) => independent(rates, u, cap),
                });
            }
        }
        Ok(found)
    }

    /// The utilities of all policies and utilities at these numbers of attempts, or limits.
    pub fn values(
        &self,
        tasks: &Weighed<'_>,
        again: Option<&[Outcomes]>,
        utilities: &[Utility],
        at: &[f64],
    ) -> Vec<f64> {
        if let Some(limits) = &self.limits {
            return limits.values(again, &tasks.1, utilities, at);
        }
        let mut found = Vec::new();
        for policy in &self.scenario.policies {
            let curve = self.curve(*policy, tasks);
            for &u in utilities {
                let at = at[found.len()];
                found.push(match &curve {
                    Curve::Pool(changes) => sum_of(&changes[..at as usize], u),
                    Curve::Independent(rates) => value_at(rates, u, at),
                });
            }
        }
        found
    }

    /// Tasks of these laws, counted `times`.
    pub fn weighed<'b>(&self, laws: Laws<'b>, times: &[f64]) -> Weighed<'b> {
        let scale: f64 = self.weights.iter().zip(times).map(|(w, t)| w * t).sum();
        laws.weighed(times.len(), |i| self.weights[i] * times[i] / scale)
    }

    fn curve(&self, policy: Policy, (laws, weights): &Weighed<'_>) -> Curve {
        // Rates drawn from what a pool leaves open are those of independent attempts.
        let pools = laws.iter().all(|law| matches!(law, TaskLaw::Pool { .. }));
        if let (Some(cap), true) = (self.pool, pools) {
            let pools = weights.iter().copied().zip(laws.iter().copied());
            return Curve::Pool(pool_changes(pools, policy.needs().last, cap));
        }
        let rates = laws.iter().zip(weights).filter(|(_, weight)| **weight != 0.0).filter_map(|(law, &weight)| {
            let TaskLaw::Attempts(rates) = law else { return None };
            Some(TaskRates {
                accepted_correct: rates.accepted_correct(),
                accepted_wrong: rates.accepted_wrong(),
                ln_rejected: rates.ln_rejected(),
                last_correct: policy.needs().last.then(|| law.rejected_precision().0),
                weight,
            })
        });
        Curve::Independent(rates.collect())
    }
}

/// What attempts come to that change so much.
fn sum_of(changes: &[Change], u: Utility) -> f64 {
    changes.iter().fold(0.0, |sum, c| sum + c.step(u).value())
}
