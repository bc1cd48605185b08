//! Recorded attempts drawn without replacement: what policies come to in the mean over all subsets and orders.

use crate::error::Result;
use crate::run::Control;
use crate::sampling::exact::expected::no_closed_form;
use crate::sampling::exact::{ExactRow, TaskOutcomes};
use crate::sampling::policy::rule::Setting;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::records::Records;

/// Solves a scenario of recorded attempts and visits its rows: `visit(policy, grid point, row)`.
pub fn solve(
    scenario: &SamplingScenario,
    records: &Records,
    covered: bool,
    control: &Control,
    mut row: impl FnMut(usize, usize, ExactRow) -> Result<()>,
) -> Result<()> {
    if scenario.limits.is_some() {
        let reason = "where a limit stops recorded attempts depends on their order";
        return Err(no_closed_form(scenario.policies[0].name(), reason));
    }
    let setting = Setting { control: control.quiet(), ..scenario.setting(&scenario.laws()) };
    let drawn = scenario.cost.filter(|_| scenario.tasks.recorded().is_none_or(|recorded| recorded.tokens.is_none()));
    for (g, &cap) in scenario.grid().iter().take(scenario.answered()).enumerate() {
        let kept = scenario.kept(g);
        for (p, policy) in scenario.policies.iter().enumerate() {
            let mut outcomes = TaskOutcomes::new(scenario, *policy, covered);
            let mut add = |i: usize| -> Result<()> {
                control.check()?;
                let mut charged = policy.expected_of_records(&setting, &records.tasks[i], cap)?;
                if let Some(cost) = drawn {
                    let each = cost.mean_rates(policy.needs().checks());
                    charged.bill = each.map(|each| each * charged.expected.attempts);
                }
                outcomes.push(charged);
                Ok(())
            };
            match &kept {
                Some(kept) => kept.iter().try_for_each(|&i| add(i))?,
                None => (0..records.tasks.len()).try_for_each(add)?,
            }
            row(p, g, ExactRow { means: outcomes.means(), ..ExactRow::default() })?;
        }
    }
    Ok(())
}
