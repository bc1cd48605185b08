//! Recorded attempts drawn without replacement: what policies come to in the mean over all subsets and orders.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::run::Control;
use crate::sampling::exact::affordable::Affordable;
use crate::sampling::exact::expected::{Charged, Expected, no_closed_form};
use crate::sampling::exact::{ExactRow, TaskOutcomes};
use crate::sampling::policy::rule::Setting;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::records::Records;

/// What no attempt comes to.
const NOTHING: Charged = Charged { expected: Expected::NOTHING, bill: [0.0; 3] };

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
    let points = if limited { scenario.answered_limits() } else { (0..scenario.answered()).collect() };
    // The tasks that a point is about: all, or these.
    let kept: Vec<Option<Vec<usize>>> = points.iter().map(|&g| scenario.kept(g)).collect();
    for (p, policy) in scenario.policies.iter().enumerate() {
        let checked = policy.needs().checks();
        // The most attempts, and the share of a further one that whoever would go on has to pay.
        let end = |&g: &usize| match (scenario.limits().get(g), drawn) {
            (None, _) => Ok((grid[g], 0.0)),
            // Attempts that take the same each: so many fit.
            (Some(&limit), Some(cost)) => Ok(Affordable::new(&cost, limit, checked, scenario.most())?.certain()),
            (Some(_), None) => {
                Err(no_closed_form(policy.name(), "where a limit stops recorded attempts depends on their order"))
            }
        };
        let ends = points.iter().map(end).collect::<Result<Vec<(u64, f64)>>>()?;
        let mut outcomes: Vec<TaskOutcomes> =
            points.iter().map(|_| TaskOutcomes::new(scenario, *policy, covered)).collect();
        for (i, task) in records.tasks.iter().enumerate() {
            control.check()?;
            let about = |at: &usize| kept[*at].as_ref().is_none_or(|kept| kept.binary_search(&i).is_ok());
            let points: Vec<usize> = (0..points.len()).filter(about).collect();
            let further = |share: f64| u64::from(share > 0.0);
            let caps: BTreeSet<u64> = points
                .iter()
                .flat_map(|&at| ends[at].0..=ends[at].0 + further(ends[at].1))
                .filter(|&cap| cap > 0)
                .collect();
            let caps: Vec<u64> = caps.into_iter().collect();
            let found = policy.expected_of_records(&setting, task, &caps)?;
            let of = |cap: u64| caps.binary_search(&cap).map_or(NOTHING, |at| found[at]);
            for at in points {
                let (cap, share) = ends[at];
                let mut charged = of(cap);
                if let Some(cost) = drawn {
                    let used = charged.expected.attempts;
                    let on = if share > 0.0 { of(cap + 1).expected.attempts - used } else { 0.0 };
                    charged.bill = cost.mean_rates(checked).map(|each| each * (used + share * on));
                }
                outcomes[at].push(charged);
            }
        }
        for (&g, outcomes) in points.iter().zip(outcomes) {
            row(p, g, ExactRow { means: outcomes.means(), ..ExactRow::default() })?;
        }
    }
    Ok(())
}
