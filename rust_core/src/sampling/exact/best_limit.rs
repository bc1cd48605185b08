//! The best of some limits in one unit: the mean over tasks of what each is worth under each limit, from exact means.

use crate::error::{Error, Result};
use crate::run::Control;
use crate::sampling::exact::affordable::Fitting;
use crate::sampling::exact::expected::Part;
use crate::sampling::exact::optimum::Optimum;
use crate::sampling::policy::rule::Setting;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::law::TaskLaw;

/// A value above another by no more than this share of its size is a tie: sums over tasks round.
const TIE: f64 = 1e-13;

/// P(correct), P(wrong), E[attempts] and E[money] of a task.
type Value = [f64; 4];

/// The limits of a scenario, and what each task comes to under each.
pub struct Limits<'a> {
    scenario: &'a SamplingScenario,
    setting: Setting,
    /// The amounts in ascending order.
    amounts: Vec<f64>,
    /// Policy by policy, the laws of the limits in that order.
    fittings: Vec<Vec<Fitting>>,
    /// Policy by policy, limit by limit, task by task.
    values: Vec<Value>,
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
        let fitting = |checked: bool| {
            limits.iter().map(|&limit| Fitting::new(&cost, limit, checked, scenario.most())).collect::<Result<Vec<_>>>()
        };
        let fittings = scenario.policies.iter().map(|p| fitting(p.needs().checks())).collect::<Result<Vec<_>>>()?;
        let amounts = limits.iter().map(crate::sampling::scenario::limit::Limit::amount).collect();
        let mut found =
            Self { scenario, setting: scenario.setting(&scenario.laws()), amounts, fittings, values: Vec::new() };
        found.values = found.values(laws, control)?;
        Ok(found)
    }

    /// What tasks of these laws come to: policy by policy, limit by limit.
    pub fn values(&self, laws: &[TaskLaw], control: &Control) -> Result<Vec<Value>> {
        let mut values = Vec::new();
        for (policy, fittings) in self.scenario.policies.iter().zip(&self.fittings) {
            for fitting in fittings {
                for &law in laws {
                    control.check()?;
                    let exact = fitting.exact(&self.setting, Part::Known(law), *policy)?;
                    if exact.bill[1].is_nan() {
                        return Err(Error::NoClosedForm(
                            "no closed form for the money of an attempt that is cut by a limit in another unit; use \
                             crossing='refund' or 'finish', or a limit in money"
                                .into(),
                        ));
                    }
                    let outcome = exact.expected;
                    values.push([outcome.correct, outcome.wrong, outcome.attempts, exact.bill[1]]);
                }
            }
        }
        Ok(values)
    }

    /// The best limit of every policy at every utility with tasks of these weights, which add to 1; with `at`, the
    /// utility under those limits instead. `again`: other values than those of the scenario itself.
    pub fn optima(
        &self,
        again: Option<&[Value]>,
        weights: &[f64],
        utilities: &[Utility],
        at: Option<&[f64]>,
    ) -> Vec<Optimum> {
        let values = again.unwrap_or(&self.values);
        let mut found = Vec::new();
        for of_policy in values.chunks(self.amounts.len() * weights.len()) {
            let means: Vec<Value> = of_policy
                .chunks(weights.len())
                .map(|tasks| {
                    [0, 1, 2, 3].map(|j| tasks.iter().zip(weights).map(|(value, w)| w * value[j]).sum::<f64>())
                })
                .collect();
            for u in utilities {
                let mut best = Optimum { attempts: 0.0, utility: 0.0 };
                let fixed = at.map(|at| at[found.len()]);
                let mut worth_there = 0.0;
                for (&amount, &[correct, wrong, attempts, money]) in self.amounts.iter().zip(&means) {
                    let (gain, loss) = (u.correct_reward * correct, u.wrong_cost * wrong + u.attempt_cost * attempts);
                    let worth = gain - loss - money;
                    if worth > best.utility + TIE * (gain + loss + money) {
                        best = Optimum { attempts: amount, utility: worth };
                    }
                    if fixed == Some(amount) {
                        worth_there = worth;
                    }
                }
                if fixed.is_some() {
                    best.utility = worth_there;
                }
                found.push(best);
            }
        }
        found
    }
}
