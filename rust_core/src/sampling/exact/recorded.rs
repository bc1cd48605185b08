//! Recorded attempts drawn without replacement: what policies come to in the mean over all subsets and orders.

use crate::error::Result;
use crate::run::Control;
use crate::sampling::exact::affordable::Affordable;
use crate::sampling::exact::expected::{Charged, Expected, no_closed_form};
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
    let setting = Setting { control: control.quiet(), ..scenario.setting(&scenario.laws()) };
    let drawn = scenario.cost.filter(|_| scenario.tasks.recorded().is_none_or(|recorded| recorded.tokens.is_none()));
    let (grid, limited) = (scenario.grid(), scenario.limits.is_some());
    for g in if limited { scenario.answered_limits() } else { (0..scenario.answered()).collect() } {
        let kept = scenario.kept(g);
        for (p, policy) in scenario.policies.iter().enumerate() {
            let checked = policy.needs().checks();
            // The most attempts, and the share of a further one that whoever would go on has to pay.
            let (cap, share) = match (scenario.limits().get(g), drawn) {
                (None, _) => (grid[g], 0.0),
                // Attempts that take the same each: so many fit.
                (Some(&limit), Some(cost)) => Affordable::new(&cost, limit, checked, scenario.most())?.certain(),
                (Some(_), None) => {
                    return Err(no_closed_form(
                        policy.name(),
                        "where a limit stops recorded attempts depends on their order",
                    ));
                }
            };
            let mut outcomes = TaskOutcomes::new(scenario, *policy, covered);
            let mut add = |i: usize| -> Result<()> {
                control.check()?;
                let of = |cap: u64| match cap {
                    0 => Ok(Charged { expected: Expected::NOTHING, bill: [0.0; 3] }),
                    _ => policy.expected_of_records(&setting, &records.tasks[i], cap),
                };
                let mut charged = of(cap)?;
                if let Some(cost) = drawn {
                    let used = charged.expected.attempts;
                    let on = if share > 0.0 { of(cap + 1)?.expected.attempts - used } else { 0.0 };
                    charged.bill = cost.mean_rates(checked).map(|each| each * (used + share * on));
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
