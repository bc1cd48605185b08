//! The best of some limits in one unit. Policies that stop at their first acceptance are decided by what each limit adds
//! to the one before; the others, which use all that a limit allows, by exact means.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::run::Control;
use crate::sampling::exact::affordable::Affordable;
use crate::sampling::exact::expected::{Expected, Part};
use crate::sampling::exact::limit_steps::{LimitStep, Stopping};
use crate::sampling::exact::optimum::Optimum;
use crate::sampling::exact::steps::{Change, best, exceeds};
use crate::sampling::policy::Policy;
use crate::sampling::policy::rule::Setting;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::law::TaskLaw;

/// P(correct), P(wrong), E[attempts] and E[money] of a task.
type Value = [f64; 4];

/// What tasks come to under a policy: limit by limit, task by task.
pub struct Outcomes {
    values: Vec<Value>,
    /// What each limit adds to the one before; empty where the policy does not stop at its first acceptance.
    changes: Vec<Change>,
}

/// The limits of a scenario, and what each task comes to under each.
pub struct Limits<'a> {
    scenario: &'a SamplingScenario,
    setting: Setting,
    /// The amounts in ascending order.
    amounts: Vec<f64>,
    /// Policy by policy, the laws of the limits in that order, and what each adds to the one before.
    laws: Vec<(Vec<Affordable>, Vec<LimitStep>)>,
    /// Policy by policy.
    outcomes: Vec<Outcomes>,
}

impl<'a> Limits<'a> {
    /// The limits of a scenario, over tasks with known laws.
    pub fn new(scenario: &'a SamplingScenario, laws: &[TaskLaw], control: &Control) -> Result<Self> {
        let mut limits = scenario.limits().to_vec();
        let first = limits[0];
        if let Some(i) = limits.iter().position(|l| l.part() != first.part() || l.crossing != first.crossing) {
            let expected = "of the unit and crossing of limits[0], to be compared";
            return Err(Error::argument(&format!("limits[{i}]"), expected, "another"));
        }
        limits.sort_by(|a, b| a.amount().total_cmp(&b.amount()));
        let cost = scenario.cost.ok_or_else(|| Error::argument("cost", "given where limits are", "None"))?;
        let affordable = |checked: bool| {
            limits
                .iter()
                .map(|&limit| Affordable::new(&cost, limit, checked, scenario.most()))
                .collect::<Result<Vec<_>>>()
        };
        let of_policy = |p: &Policy| {
            let affordable: Vec<Affordable> = affordable(p.needs().checks())?;
            let steps = (0..affordable.len())
                .map(|j| LimitStep::new(j.checked_sub(1).map(|i| &affordable[i]), &affordable[j]))
                .collect();
            Ok((affordable, steps))
        };
        let by_policy = scenario.policies.iter().map(of_policy).collect::<Result<Vec<_>>>()?;
        let amounts = limits.iter().map(crate::sampling::scenario::limit::Limit::amount).collect();
        let setting = Setting { control: control.quiet(), ..scenario.setting(&scenario.laws()) };
        let mut found = Self { scenario, setting, amounts, laws: by_policy, outcomes: Vec::new() };
        found.outcomes = found.outcomes(laws, control)?;
        Ok(found)
    }

    /// What tasks of these laws come to, policy by policy.
    pub fn outcomes(&self, laws: &[TaskLaw], control: &Control) -> Result<Vec<Outcomes>> {
        self.scenario
            .policies
            .iter()
            .zip(&self.laws)
            .map(|(p, (f, s))| self.of_policy(*p, f, s, laws, control))
            .collect()
    }

    fn of_policy(
        &self,
        policy: Policy,
        affordable: &[Affordable],
        steps: &[LimitStep],
        laws: &[TaskLaw],
        control: &Control,
    ) -> Result<Outcomes> {
        let mut values = vec![[0.0; 4]; affordable.len() * laws.len()];
        for (task, &law) in laws.iter().enumerate() {
            // What was found at a number of attempts: limits have many numbers in common. Of one task at a time, for
            // there may be thousands.
            let found: RefCell<HashMap<u64, Expected>> = RefCell::default();
            let expected = |n: f64| {
                if let Some(outcome) = found.borrow().get(&n.to_bits()) {
                    return Ok(*outcome);
                }
                let outcome = policy.expected(&self.setting, Part::Fixed(law), n)?;
                found.borrow_mut().insert(n.to_bits(), outcome);
                Ok(outcome)
            };
            for (values, affordable) in values.chunks_exact_mut(laws.len()).zip(affordable) {
                control.check()?;
                let exact = affordable.exact(expected, |n| policy.going_on(&self.setting, Part::Fixed(law), n))?;
                if exact.bill[1].is_nan() {
                    return Err(Error::NoClosedForm(
                        "no closed form for the money of an attempt that is cut by a limit in another unit; use \
                         crossing='refund' or 'finish', or a limit in money"
                            .into(),
                    ));
                }
                let outcome = exact.expected;
                values[task] = [outcome.correct, outcome.wrong, outcome.attempts, exact.bill[1]];
            }
        }
        let stopping: Option<Vec<Stopping>> = laws.iter().map(|&law| policy.stopping(&self.setting, law)).collect();
        let mut changes = Vec::new();
        for step in steps {
            for task in stopping.iter().flatten() {
                control.check()?;
                changes.push(step.change(task));
            }
        }
        Ok(Outcomes { values, changes })
    }

    /// The best limit of every policy at every utility with tasks of these weights, which add to 1. `again`: other
    /// outcomes than those of the scenario itself.
    pub fn best(&self, again: Option<&[Outcomes]>, weights: &[f64], utilities: &[Utility]) -> Vec<Optimum> {
        let mut found = Vec::new();
        for Outcomes { values, changes } in again.unwrap_or(&self.outcomes) {
            let means = means_of(values, weights);
            let changes: Vec<Change> = changes
                .chunks(weights.len())
                .map(|tasks| {
                    let mut mean = Change::NONE;
                    tasks.iter().zip(weights).for_each(|(change, &w)| mean.add(w, change));
                    mean
                })
                .collect();
            for &u in utilities {
                let place =
                    if changes.is_empty() { best_of(&means, u) } else { best(changes.iter().map(|c| c.step(u))) };
                found.push(match place.checked_sub(1) {
                    None => Optimum { attempts: 0.0, utility: 0.0 },
                    Some(i) => Optimum { attempts: self.amounts[i], utility: worth(&means[i], u) },
                });
            }
        }
        found
    }

    /// The utility of every policy at every utility under the limit that `at` says of it.
    pub fn values(&self, again: Option<&[Outcomes]>, weights: &[f64], utilities: &[Utility], at: &[f64]) -> Vec<f64> {
        let mut found = Vec::new();
        for outcomes in again.unwrap_or(&self.outcomes) {
            let means = means_of(&outcomes.values, weights);
            for &u in utilities {
                let place = self.amounts.iter().position(|&amount| amount == at[found.len()]);
                found.push(place.map_or(0.0, |i| worth(&means[i], u)));
            }
        }
        found
    }
}

/// The mean outcome of tasks of these weights, limit by limit.
fn means_of(values: &[Value], weights: &[f64]) -> Vec<Value> {
    let mean = |tasks: &[Value], j: usize| tasks.iter().zip(weights).map(|(value, w)| w * value[j]).sum::<f64>();
    values.chunks(weights.len()).map(|tasks| [0, 1, 2, 3].map(|j| mean(tasks, j))).collect()
}

/// What a mean outcome gains and loses.
fn parts(&[correct, wrong, attempts, money]: &Value, u: Utility) -> [f64; 2] {
    [u.correct_reward * correct, u.wrong_cost * wrong + u.attempt_cost * attempts + money]
}

fn worth(mean: &Value, u: Utility) -> f64 {
    let [gain, loss] = parts(mean, u);
    gain - loss
}

/// The first of the best means, counted from 1; 0 where none is worth more than nothing.
fn best_of(means: &[Value], u: Utility) -> usize {
    let (mut best, mut record) = (0, [0.0; 2]);
    for (i, mean) in means.iter().enumerate() {
        let [gain, loss] = parts(mean, u);
        if exceeds(gain + record[1], loss + record[0]) {
            (best, record) = (i + 1, [gain, loss]);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    /// The changes of all limits up to one add to the mean under it, for every policy that stops by itself.
    #[test]
    fn changes_add_to_means() {
        let policies = r#"{"kind":"first_accepted","fallback":"abstain"},{"kind":"first_accepted","fallback":"last"},
            {"kind":"first_accepted","fallback":"best"},{"kind":"first_worthwhile"},{"kind":"first_above","threshold":0.5}"#;
        for tokens in ["[1000.0,0.0]", "[1000.0,0.4]", "[1000.0,1.7]"] {
            for crossing in ["cut", "refund", "finish"] {
                for most in ["null", "[7.0]"] {
                    let limits: Vec<String> = ["0.0", "0.05", "0.1", "0.34", "0.35", "1.2", "9.0"]
                        .iter()
                        .map(|at| {
                            format!(
                                r#"{{"kind":"limit","cost":{at},"tokens":null,"seconds":null,"crossing":"{crossing}"}}"#
                            )
                        })
                        .collect();
                    let text = format!(
                        r#"{{"kind":"sampling","tasks":{{"kind":"fixed","success":[0.9,0.3,0.002,0.0]}},
                        "verifier":{{"kind":"judge","d_prime":1.5,"threshold":1.0,"votes":1.0,"fresh":0.0}},
                        "answers":null,"policies":[{policies}],"max_attempts":{most},"limits":[{}],
                        "cost":{{"kind":"cost","prompt_tokens":200.0,"output_tokens":{tokens},"law":"gamma","price_in":50.0,
                        "price_out":80.0,"verifier_price":0.01,"seconds_per_token":0.0,"verifier_seconds":0.0,"parallel":1.0}},
                        "utility":{{"kind":"utility","correct_reward":1.0,"wrong_cost":0.5,"attempt_cost":0.0}}}}"#,
                        limits.join(",")
                    );
                    let scenario: SamplingScenario = parse(&text, &[]).expect("the scenario is legal");
                    let laws = scenario.laws();
                    let limits = Limits::new(&scenario, &laws, &Control::default()).expect("known");
                    for (policy, Outcomes { values, changes }) in limits.outcomes.iter().enumerate() {
                        assert_eq!(values.len(), changes.len(), "policy {policy}");
                        for task in 0..laws.len() {
                            let mut sum = [0.0; 4];
                            for (value, c) in values.iter().zip(changes).skip(task).step_by(laws.len()) {
                                let unit = libm::exp(c.ln_unit);
                                let change =
                                    [c.correct[0] - c.correct[1], c.wrong[0] - c.wrong[1], c.attempts, c.money];
                                for j in 0..4 {
                                    sum[j] += change[j] * unit;
                                    assert!(
                                        (sum[j] - value[j]).abs() <= 1e-12 * (1.0 + value[j]),
                                        "{tokens} {crossing} {most} policy {policy} task {task} part {j}: {} {}",
                                        sum[j],
                                        value[j]
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
