//! Tasks whose rates are drawn anew in every trial under first accepted: every grid point at once, group by group.

use crate::error::Result;
use crate::memory;
use crate::run::Control;
use crate::sampling::exact::expected::{Charged, Expected};
use crate::sampling::exact::fixed_rates::FixedRates;
use crate::sampling::record::estimate::Summed;
use crate::sampling::record::metrics::TaskMeans;
use crate::sampling::scenario::drawn_laws::{DrawnLaws, Group, weighted};
use crate::sampling::scenario::law::TaskLaw;

/// What every law comes to, grid point by grid point.
#[derive(Debug)]
pub struct DrawnRates(Vec<Vec<Charged>>);

impl DrawnRates {
    /// Of first accepted on a grid.
    pub fn new(drawn: &DrawnLaws, grid: &[u64], returns_last: bool, control: &Control) -> Result<Self> {
        let points: usize = drawn.groups.iter().map(|group| group.success.len()).sum();
        memory::check(
            (grid.len() * (points + drawn.laws.len()) * size_of::<Charged>()) as f64,
            &[(grid.len(), "max_attempts"), (points + drawn.laws.len(), "laws of rates and their points")],
        )?;
        let mut values = vec![Vec::with_capacity(drawn.groups.len()); grid.len()];
        for group in &drawn.groups {
            let by_cap = at_points(group, grid, returns_last, control)?;
            values.iter_mut().zip(by_cap).for_each(|(values, points)| values.push(points));
        }
        let means = values.iter().map(|values| {
            control.check()?;
            Ok(drawn.means(values, Charged::add))
        });
        Ok(Self(means.collect::<Result<_>>()?))
    }

    /// What every law comes to at a grid point.
    pub fn at(&self, point: usize) -> &[Charged] {
        &self.0[point]
    }
}

/// What every success rate of a group comes to, grid point by grid point.
fn at_points(group: &Group, grid: &[u64], returns_last: bool, control: &Control) -> Result<Vec<Vec<Charged>>> {
    let mut found = vec![Vec::with_capacity(group.success.len()); grid.len()];
    if let [(_, errors)] = group.errors[..] {
        // All success rates at once.
        let known = FixedRates::new(group.success.iter().map(|&p| TaskLaw::attempts(p, errors)), true);
        for (found, &cap) in found.iter_mut().zip(grid) {
            control.check()?;
            let means = known.means(returns_last, cap as f64, None);
            let each = (0..group.success.len()).map(|i| expected(&means, i, means.covered[i]));
            found.extend(each.map(|expected| Charged { expected, ..Charged::default() }));
        }
        return Ok(found);
    }
    // Room for the many error rates of one success rate, used again for the next: to ask for it anew took most of the time.
    let mut known = FixedRates::of_errors(group.errors.iter().map(|&(_, errors)| errors));
    let mut means = TaskMeans::default();
    for &success in &group.success {
        known.go_on_to(success, returns_last);
        for (found, &cap) in found.iter_mut().zip(grid) {
            control.check()?;
            known.fill(&mut means, (returns_last, cap as f64), None, &Summed::ALL);
            let each = |i: usize| (group.errors[i].0, expected(&means, i, means.covered[0]));
            let expected = weighted(0..group.errors.len(), &each, &Expected::add);
            found.push(Charged { expected, ..Charged::default() });
        }
    }
    Ok(found)
}

/// One task of many.
fn expected(means: &TaskMeans, i: usize, coverage: f64) -> Expected {
    Expected {
        accepted: means.accepted[i],
        correct: means.correct[i],
        wrong: means.wrong[i],
        abstained: means.abstained[i],
        coverage,
        attempts: means.attempts[0][i],
    }
}
