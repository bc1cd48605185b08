//! A verifier known by labels: the exact solution under each of the verifiers that they leave open, and its mean.

use super::benchmark::Mixture;
use super::{ExactRow, lattice, solve_one};
use crate::error::Result;
use crate::memory;
use crate::run::{Control, resolve_threads, run};
use crate::sampling::record::SHARES;
use crate::sampling::record::ends::{self, Asked, Ends};
use crate::sampling::record::metrics::{COUNT, TaskMeans};
use crate::sampling::record::over_tasks::TaskWeights;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::labelled::Labelled;
use crate::special::clusters::Sampled;

/// One row over all verifiers.
#[derive(Debug, Clone, Default)]
struct Mean {
    row: ExactRow,
    shares: [Mixture; SHARES.len()],
    utility: Mixture,
    /// Under each verifier.
    ends: Vec<Ends>,
}

/// As `exact::solve`: means over the verifiers, the row under each, and quantiles of a run that meets any of them.
pub fn solve(
    scenario: &SamplingScenario,
    labelled: &Labelled,
    (quantiles, coverage, asked): (&[String], bool, Option<Asked>),
    control: &Control,
    visit: &mut dyn FnMut(usize, usize, ExactRow),
) -> Result<()> {
    let (count, points, tasks) = (labelled.count(), scenario.points(), scenario.tasks.count());
    let rows = scenario.policies.len() * points;
    memory::check(
        (rows * (count * COUNT + 30 * tasks)) as f64 * size_of::<f64>() as f64,
        &[(rows, "rows"), (count, "verifiers"), (tasks, "tasks")],
    )?;
    let weights = scenario.weights();
    let over_tasks = asked.is_some_and(|asked| asked.over_tasks);
    let sampled: Vec<Sampled> = (0..if over_tasks { points } else { 0 }).map(|g| scenario.sampled(g)).collect();
    let (weight, quiet) = (1.0 / count as f64, control.quiet());
    let wanted = |score: &str| weights.is_none() && quantiles.iter().any(|q| q == score);
    let scores = SHARES.map(wanted);
    let lattice = lattice(scenario).filter(|_| wanted("utility"));
    let mut means = vec![Mean::default(); rows];
    let mut failed = None;
    let work = |(): &mut (), number: u64| {
        let one = scenario.with_verifier(number as usize);
        let mut found = Vec::with_capacity(rows);
        let drawn: Vec<TaskWeights> = sampled.iter().map(|one| TaskWeights::draw(one, [0; 2], number)).collect();
        solve_one(&one, &[], coverage, &quiet, |p, g, row| {
            let ends = match asked {
                Some(Asked { over_tasks: true, metrics, .. }) => {
                    // Each verifier has its share of what tasks leave open.
                    drawn[g].ends(&row.means, scenario.bounds(p, g), &metrics)
                }
                _ => [row.means.summarise(0..row.means.correct.len(), weights.as_deref(), None).value; 2],
            };
            found.push((p * points + g, row.means, ends));
        })?;
        Ok(found)
    };
    let add = |found: Vec<_>| {
        for (at, one, ends) in found {
            let mean: &mut Mean = &mut means[at];
            mean.ends.push(ends);
            let added = mean.add(weight, one, (scores, lattice), &quiet);
            failed = failed.take().or(added.err());
        }
    };
    run(count as u64, resolve_threads(None)?, &quiet, || (), work, add)?;
    if let Some(error) = failed {
        return Err(error);
    }
    for (at, mut mean) in means.into_iter().enumerate().filter(|(_, mean)| !mean.ends.is_empty()) {
        let tasks = mean.row.means.correct.len() as f64;
        for (quantiles, share) in mean.row.share_quantiles.iter_mut().zip(&mean.shares) {
            if share.is_whole() {
                *quantiles = share.quantiles().iter().map(|&n| n as f64 / tasks).collect();
            }
        }
        if let (Some((_, _, unit)), true) = (lattice, mean.utility.is_whole()) {
            mean.row.utility_quantiles =
                mean.utility.quantiles().iter().map(|&units| units as f64 * unit / tasks).collect();
        }
        if let Some(asked) = asked {
            mean.row.ends = ends::of_draws(&mean.ends, asked.tail());
        }
        visit(at / points, at % points, mean.row);
    }
    Ok(())
}

/// The accuracy of every row under each verifier, row by row.
pub fn accuracies(scenario: &SamplingScenario, labelled: &Labelled, control: &Control) -> Result<Vec<f64>> {
    let (count, points) = (labelled.count(), scenario.points());
    let rows = scenario.policies.len() * points;
    memory::check((rows * count * size_of::<f64>()) as f64, &[(rows, "rows"), (count, "verifiers")])?;
    let (weights, mut found, mut number) = (scenario.weights(), vec![f64::NAN; rows * count], 0);
    let work = |(): &mut (), number: u64| {
        let mut values = vec![f64::NAN; rows];
        solve_one(&scenario.with_verifier(number as usize), &[], false, &control.quiet(), |p, g, row| {
            let correct = &row.means.correct;
            let mean = correct.iter().sum::<f64>() / correct.len() as f64;
            let weighted = |w: &[f64]| w.iter().zip(correct).map(|(w, x)| w * x).sum();
            values[p * points + g] = weights.as_deref().map_or(mean, weighted);
        })?;
        Ok(values)
    };
    let add = |values: Vec<f64>| {
        values.into_iter().enumerate().for_each(|(row, value)| found[row * count + number] = value);
        number += 1;
    };
    run(count as u64, resolve_threads(None)?, control, || (), work, add)?;
    Ok(found)
}

impl Mean {
    /// Adds the row under one verifier.
    fn add(
        &mut self,
        weight: f64,
        one: TaskMeans,
        (scores, lattice): ([bool; SHARES.len()], Option<(i64, i64, f64)>),
        control: &Control,
    ) -> Result<()> {
        let zeros = vec![0.0; one.correct.len()];
        for ((share, means), wanted) in
            self.shares.iter_mut().zip([&one.correct, &one.accepted, &one.wrong]).zip(scores)
        {
            if wanted && !means.is_empty() {
                share.add(weight, means, &zeros, [1, 0], control)?;
            }
        }
        if let Some((up, down, _)) = lattice {
            self.utility.add(weight, &one.correct, &one.wrong, [up, down], control)?;
        }
        self.row.means.add(weight, one);
        Ok(())
    }
}
