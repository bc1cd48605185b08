//! Means of the whole benchmark at known rates, for one scenario after another: the points of a sweep.

use crate::sampling::exact::fixed_rates::FixedRates;
use crate::sampling::record::estimate::{Estimates, Summed};
use crate::sampling::record::metrics::TaskMeans;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::tasks::Tasks;

/// Room for a scenario, and what the last one leaves for the next.
#[derive(Debug, Default)]
pub struct BenchmarkMeans {
    rates: FixedRates,
    means: TaskMeans,
}

impl BenchmarkMeans {
    /// Solves a scenario on a grid, without quantiles, and visits its rows, policy by policy: `visit(policy, grid point,
    /// estimates)`, of which those not asked for may be NaN. Returns whether it did; the numbers are those of `solve`.
    pub fn solve(
        &mut self,
        scenario: &SamplingScenario,
        (asked, coverage): (&Summed, bool),
        mut visit: impl FnMut(usize, usize, &Estimates),
    ) -> bool {
        let plain = scenario.cost.is_none()
            && scenario.limits.is_none()
            && !matches!(scenario.tasks, Tasks::Recorded(_))
            && !scenario.verifier.as_ref().is_some_and(|v| v.draws_rates() || v.labelled().is_some())
            && scenario.policies.iter().all(|p| p.is_binned());
        // One task alone is summarised as tasks are.
        if !plain || scenario.tasks.count() < 2 || !self.rates.go_on(scenario, coverage) {
            return false;
        }
        let (weights, grid, tasks) = (scenario.weights(), scenario.grid(), scenario.tasks.count());
        for (p, policy) in scenario.policies.iter().enumerate() {
            for (g, &cap) in grid.iter().enumerate() {
                self.rates.fill(&mut self.means, (policy.needs().last, cap as f64), scenario.utility, asked);
                visit(p, g, &self.means.exact(0..tasks, weights.as_deref(), asked));
            }
        }
        true
    }
}
