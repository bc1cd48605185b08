//! Mean pass@k beyond the attempts observed, from the population that all counts determine.

use super::beta_binomial::{Coordinates, Counts, Group, Population};
use super::identification::check_identified;
use super::pass_rates::Bootstrap;
use super::{check_k, quantile};
use crate::closed_form::population::failure;
use crate::error::Result;
use crate::rng::{Stream, purpose};
use crate::run::{Control, run};

/// A forecast of mean pass@k: the estimate and its interval, one of each a k.
#[derive(Debug)]
pub struct Forecast {
    /// The estimate.
    pub estimate: Vec<f64>,
    /// Lower ends.
    pub low: Vec<f64>,
    /// Upper ends.
    pub high: Vec<f64>,
}

/// Mean pass@k over the observed tasks, each given its own counts and the population fitted to all of them; intervals
/// from refits to resampled tasks.
pub fn forecast(
    counts: &Counts,
    inflated: bool,
    ks: &[f64],
    bootstrap: Bootstrap,
    threads: usize,
    control: &Control,
) -> Result<Forecast> {
    check_identified(counts, inflated)?;
    check_k(ks)?;
    let weights = counts.weights();
    let (population, _) = counts.fit(&weights, inflated);
    let again = refits(counts, inflated, bootstrap, threads, control)?;
    let mean = |population: &Population, weights: &[f64], k: f64| {
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        for (group, weight) in counts.groups.iter().zip(weights) {
            control.check()?;
            sum += weight * predicted(population, group, k);
        }
        Ok(sum / total)
    };
    let tail = (1.0 - bootstrap.confidence) / 2.0;
    let (mut low, mut high) = (Vec::new(), Vec::new());
    for &k in ks {
        let mut values = again.iter().map(|(p, w)| mean(p, w, k)).collect::<Result<Vec<f64>>>()?;
        values.sort_by(f64::total_cmp);
        low.push(quantile(&values, tail));
        high.push(quantile(&values, 1.0 - tail));
    }
    let estimate = ks.iter().map(|&k| mean(&population, &weights, k)).collect::<Result<_>>()?;
    Ok(Forecast { estimate, low, high })
}

/// Posterior predictive pass@k of a task with known counts.
fn predicted(population: &Population, group: &Group, k: f64) -> f64 {
    let &Population { alpha, beta, unsolvable } = population;
    let (n, c) = (group.attempts, group.correct);
    let solvable = if c > 0.0 || unsolvable == 0.0 {
        1.0
    } else {
        let seen = (1.0 - unsolvable) * failure(alpha, beta, n);
        seen / (seen + unsolvable)
    };
    solvable * (1.0 - failure(alpha + c, beta + (n - c), k))
}

/// Populations refitted to resampled tasks, in the order of the resamples.
fn refits(
    counts: &Counts,
    inflated: bool,
    bootstrap: Bootstrap,
    threads: usize,
    control: &Control,
) -> Result<Vec<(Population, Vec<f64>)>> {
    let (start, _) = counts.fit(&counts.weights(), inflated);
    let start = Population { unsolvable: start.unsolvable.clamp(1e-3, 0.999), ..start };
    let mut found = Vec::with_capacity(bootstrap.resamples as usize);
    let work = |(): &mut (), index: u64| {
        control.check()?;
        let mut random = Stream::new(bootstrap.key, 0, purpose::BOOTSTRAP, index).sequence();
        let weights = counts.resampled(&mut random);
        let best = counts.maximum(&weights, inflated, &start);
        let population = Coordinates::Moments.population(&best.at);
        control.advance(1);
        Ok((Population { unsolvable: if inflated { population.unsolvable } else { 0.0 }, ..population }, weights))
    };
    run(bootstrap.resamples, threads, control, || (), work, |refit| found.push(refit))?;
    Ok(found)
}
