//! The constraint simulator: draws the inputs in fixed chunks, applies the model, summarises every quantity exactly.

use super::scenario::{BASE_YEAR, ConstraintScenario};
use super::{CONSTRAINTS, Inputs, OUTPUTS, allowed};
use crate::error::{Error, Result};
use crate::exhaustion::copula::Copula;
use crate::exhaustion::marginal::Marginal;
use crate::exhaustion::tally::QUANTILES;
use crate::rng::{Key, Stream, open01, purpose};
use crate::run::{Control, run};
use crate::special::normal::normal_quantile;
use crate::stats::rank;

/// Draws per chunk of the random stream.
const CHUNK: usize = 2048;
/// Every draw is kept until the quantiles are known.
pub const MAX_TRIALS: u64 = 10_000_000;
const COUNT: usize = Inputs::NAMES.len();

/// A quantity over all draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Mean of log10.
    pub mean_log10: f64,
    /// Its standard error; NaN for one draw.
    pub se_log10: f64,
    /// The ceil(n p)-th smallest for each of [`QUANTILES`].
    pub quantiles: [f64; QUANTILES.len()],
}

/// What a run found.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// One band per [`OUTPUTS`].
    pub bands: Vec<Band>,
    /// How many draws each of [`CONSTRAINTS`] bound.
    pub binding: [u64; CONSTRAINTS.len()],
}

struct Part {
    outputs: Vec<[f64; OUTPUTS.len()]>,
    binding: [u64; CONSTRAINTS.len()],
}

/// Simulates a checked scenario.
pub fn simulate(
    scenario: &ConstraintScenario,
    trials: u64,
    key: Key,
    replicate: u64,
    threads: usize,
    control: &Control,
) -> Result<Summary> {
    if !(1..=MAX_TRIALS).contains(&trials) {
        return Err(Error::argument("trials", format!("in [1, {MAX_TRIALS}]"), trials));
    }
    let ranges = scenario.dists().into_iter().zip(Inputs::RANGES);
    let marginals: Vec<Marginal> = ranges.map(|(dist, &(low, high))| Marginal::new(dist, false, low, high)).collect();
    let copula = scenario.copula()?;
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); OUTPUTS.len()];
    let mut binding = [0; CONSTRAINTS.len()];
    run(
        trials.div_ceil(CHUNK as u64),
        threads,
        control,
        || vec![vec![0.0; CHUNK]; COUNT],
        |inputs, chunk| {
            draw(&marginals, &copula, key, replicate, chunk, inputs);
            let size = (trials - chunk * CHUNK as u64).min(CHUNK as u64);
            control.advance(size);
            Ok(evaluate(scenario, inputs, size as usize))
        },
        |part: Part| {
            for (i, column) in columns.iter_mut().enumerate() {
                column.extend(part.outputs.iter().map(|output| output[i]));
            }
            for (total, count) in binding.iter_mut().zip(part.binding) {
                *total += count;
            }
        },
    )?;
    Ok(Summary { bands: columns.into_iter().map(band).collect(), binding })
}

fn draw(marginals: &[Marginal], copula: &Copula, key: Key, replicate: u64, chunk: u64, inputs: &mut [Vec<f64>]) {
    for (i, column) in inputs.iter_mut().enumerate() {
        let stream = Stream::new(key, replicate, purpose::CONSTRAINT + i as u64, chunk);
        for (block, four) in column.chunks_exact_mut(4).enumerate() {
            for (x, word) in four.iter_mut().zip(stream.block(block as u64)) {
                *x = normal_quantile(open01(word));
            }
        }
    }
    copula.mix(inputs);
    for (column, marginal) in inputs.iter_mut().zip(marginals) {
        marginal.apply(column);
    }
}

fn evaluate(scenario: &ConstraintScenario, inputs: &[Vec<f64>], size: usize) -> Part {
    let mut part = Part { outputs: Vec::with_capacity(size), binding: [0; CONSTRAINTS.len()] };
    let drawn = (0..size).map(|draw| Inputs::from_values(&std::array::from_fn(|i| inputs[i][draw])));
    for inputs in drawn {
        let (outputs, binding) = allowed(&inputs, scenario.year - BASE_YEAR, scenario.limit_bandwidth);
        part.outputs.push(outputs);
        part.binding[binding] += 1;
    }
    part
}

fn band(mut column: Vec<f64>) -> Band {
    let n = column.len() as f64;
    let log10: Vec<f64> = column.iter().map(|&x| libm::log10(x)).collect();
    let mean_log10 = log10.iter().sum::<f64>() / n;
    let squares: f64 = log10.iter().map(|x| (x - mean_log10) * (x - mean_log10)).sum();
    let se_log10 = (squares / (n - 1.0) / n).sqrt();
    let quantiles = QUANTILES.map(|p| {
        let at = rank(p, column.len() as u64) as usize - 1;
        *column.select_nth_unstable_by(at, f64::total_cmp).1
    });
    Band { mean_log10, se_log10, quantiles }
}
