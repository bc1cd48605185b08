//! Monte Carlo of the yearly model: chunks of draws, integer tallies per worker, moments in the order of chunks.

#![allow(clippy::inline_always)] // tallying is inlined into a kernel, whose vector width it must take

use super::draws::{CHUNK, Columns, Draw, Sampler, Source};
use super::samples::Sample;
use super::scenario::ExhaustionScenario;
use super::sobol::Sobol;
use super::trajectory::{Block, DEFINITIONS, LANES, Options, VARIABLES, Year};
use crate::dispatch::{Kernel, dispatch};
use crate::error::{Error, Result};
use crate::rng::Key;
use crate::run::{Control, run};
use crate::stats::{Histogram, Moments};

/// Bins per power of two of the yearly variables: quantiles are off by less than 0.2 %.
const VALUE_BITS: u32 = 9;
/// The same for calendar years: bins of 2^-10 year.
const YEAR_BITS: u32 = 20;
/// Independent scramblings of Sobol' points; their spread gives the standard errors.
pub const SCRAMBLINGS: u64 = 16;
/// The most draws of one run: counts are 32 bits wide.
pub const MAX_TRIALS: u64 = u32::MAX as u64;

/// How to sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Pseudo-random numbers.
    Philox,
    /// Scrambled Sobol' points.
    Sobol,
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Draws.
    pub trials: u64,
    /// Key of the seed.
    pub key: Key,
    /// Replicate of the seed.
    pub replicate: u64,
    /// Threads.
    pub threads: usize,
    /// Where numbers come from.
    pub method: Method,
    /// Variables to return draw by draw.
    pub samples: Vec<Sample>,
}

/// Tallies of some draws.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Per year and variable: the histogram.
    pub values: Vec<Histogram>,
    /// Per year and variable: the moments.
    pub moments: Vec<Moments>,
    /// Per definition: the years of running out by the horizon.
    pub years: Vec<Histogram>,
    /// Per definition and year: how many draws have run out by then.
    pub by_year: Vec<Vec<u64>>,
    /// Draws.
    pub trials: u64,
}

/// What a run returns.
#[derive(Debug)]
pub struct Outcome {
    /// One tally per independent part: one, or one per scrambling.
    pub parts: Vec<Tally>,
    /// One column per sample asked for.
    pub samples: Vec<Vec<f64>>,
}

impl Tally {
    fn new(years: usize) -> Self {
        Self {
            values: vec![Histogram::new(VALUE_BITS); years * VARIABLES.len()],
            moments: vec![Moments::default(); years * VARIABLES.len()],
            years: vec![Histogram::new(YEAR_BITS); DEFINITIONS.len()],
            by_year: vec![vec![0; years]; DEFINITIONS.len()],
            trials: 0,
        }
    }

    /// Adds what another worker counted; moments are merged apart, in the order of chunks.
    pub fn merge_counts(&mut self, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| a.merge(b));
        self.years.iter_mut().zip(&other.years).for_each(|(a, b)| a.merge(b));
        for (mine, theirs) in self.by_year.iter_mut().zip(&other.by_year) {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
        }
        self.trials += other.trials;
    }

    /// Adds everything of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.merge_counts(other);
        self.moments.iter_mut().zip(&other.moments).for_each(|(a, b)| a.merge(b));
    }
}

/// Runs the plan on a checked scenario.
pub fn simulate(scenario: &ExhaustionScenario, plan: &Plan, control: &Control) -> Result<Outcome> {
    let sampler = Sampler::new(scenario)?;
    let options = Options::new(scenario);
    if !(1..=MAX_TRIALS).contains(&plan.trials) {
        return Err(Error::argument("trials", format!("in [1, {MAX_TRIALS}]"), plan.trials));
    }
    let model = Model { sampler: &sampler, options: &options, plan };
    match plan.method {
        Method::Philox => {
            let source = Source::Philox { key: plan.key, replicate: plan.replicate };
            let (tally, samples) = model.part(source, plan.trials, control)?;
            Ok(Outcome { parts: vec![tally], samples })
        }
        Method::Sobol => {
            let least = SCRAMBLINGS * LANES as u64;
            if !plan.trials.is_power_of_two() || plan.trials < least {
                let expected = format!("a power of two and at least {least} for Sobol' points");
                return Err(Error::argument("trials", expected, plan.trials));
            }
            let points = Sobol::new(sampler.dimensions())?;
            let mut outcome = Outcome { parts: Vec::new(), samples: vec![Vec::new(); plan.samples.len()] };
            for scrambling in 0..SCRAMBLINGS {
                let replicate = plan.replicate * SCRAMBLINGS + scrambling;
                let source = Source::Sobol { points: &points, key: plan.key, replicate };
                let (tally, samples) = model.part(source, plan.trials / SCRAMBLINGS, control)?;
                outcome.parts.push(tally);
                outcome.samples.iter_mut().zip(samples).for_each(|(all, more)| all.extend(more));
            }
            Ok(outcome)
        }
    }
}

struct Model<'a> {
    sampler: &'a Sampler,
    options: &'a Options,
    plan: &'a Plan,
}

/// What a worker keeps from chunk to chunk.
struct Worker {
    columns: Columns,
    blocks: Vec<Block>,
    tally: Tally,
}

/// What a chunk hands over, merged in the order of chunks.
struct Part {
    moments: Vec<Moments>,
    samples: Vec<Vec<f64>>,
}

impl Model<'_> {
    /// One independent part of the run.
    fn part(&self, source: Source, trials: u64, control: &Control) -> Result<(Tally, Vec<Vec<f64>>)> {
        let years = self.options.years.len();
        let mut moments = vec![Moments::default(); years * VARIABLES.len()];
        let mut samples = vec![Vec::new(); self.plan.samples.len()];
        let new_worker =
            || Worker { columns: Columns::new(self.sampler), blocks: Vec::new(), tally: Tally::new(years) };
        let merge = |part: Part| {
            moments.iter_mut().zip(&part.moments).for_each(|(a, b)| a.merge(b));
            samples.iter_mut().zip(part.samples).for_each(|(all, more)| all.extend(more));
        };
        let chunks = trials.div_ceil(CHUNK as u64);
        let work = |worker: &mut Worker, chunk: u64| {
            let count = (trials - chunk * CHUNK as u64).min(CHUNK as u64) as usize;
            let part = self.chunk(worker, source, chunk, count, control)?;
            control.advance(count as u64);
            Ok(part)
        };
        let workers = run(chunks, self.plan.threads, control, new_worker, work, merge)?;
        let mut tally = Tally::new(years);
        workers.iter().for_each(|worker| tally.merge_counts(&worker.tally));
        tally.moments = moments;
        Ok((tally, samples))
    }

    fn chunk(&self, worker: &mut Worker, source: Source, chunk: u64, count: usize, control: &Control) -> Result<Part> {
        let Worker { columns, blocks, tally } = worker;
        dispatch(Draw { sampler: self.sampler, source, chunk, columns });
        blocks.clear();
        for first in (0..count).step_by(LANES) {
            blocks.push(Block::new(columns, first, self.options)?);
        }
        let years = self.options.years.len();
        let mut moments = Vec::with_capacity(years * VARIABLES.len());
        let mut samples: Vec<Vec<f64>> = self.plan.samples.iter().map(|_| Vec::with_capacity(count)).collect();
        for index in 0..years {
            control.check()?;
            dispatch(Year { blocks, options: self.options, index });
            for variable in 0..VARIABLES.len() {
                let histogram = &mut tally.values[index * VARIABLES.len() + variable];
                moments.push(dispatch(Count { blocks, variable, count, histogram }));
            }
            for (column, sample) in samples.iter_mut().zip(&self.plan.samples) {
                sample.read_year(index, blocks, count, column);
            }
        }
        for (column, sample) in samples.iter_mut().zip(&self.plan.samples) {
            sample.read_draw(columns, blocks, count, column);
        }
        self.count_years(blocks, count, tally);
        tally.trials += count as u64;
        Ok(Part { moments, samples })
    }

    /// Counts the years of running out.
    fn count_years(&self, blocks: &[Block], count: usize, tally: &mut Tally) {
        let mut found = Vec::with_capacity(LANES);
        for (definition, histogram) in tally.years.iter_mut().enumerate() {
            let by_year = &mut tally.by_year[definition];
            for (b, block) in blocks.iter().enumerate() {
                let valid = &block.exhausted[definition][..(count - b * LANES).min(LANES)];
                found.clear();
                found.extend(valid.iter().copied().filter(|year| year.is_finite()));
                histogram.extend(&found);
                for year in &found {
                    let at = self.options.years.partition_point(|&y| f64::from(y) < *year);
                    by_year[at..].iter_mut().for_each(|n| *n += 1);
                }
            }
        }
    }
}

/// Tallies one variable of one year.
struct Count<'a> {
    blocks: &'a [Block],
    variable: usize,
    count: usize,
    histogram: &'a mut Histogram,
}

impl Kernel for Count<'_> {
    type Output = Moments;

    #[inline(always)]
    fn run(self) -> Moments {
        let Self { blocks, variable, count, histogram } = self;
        let mut moments = Moments::default();
        for (b, block) in blocks.iter().enumerate() {
            let values = &block.out[variable];
            let part = &values[..(count - b * LANES).min(LANES)];
            histogram.extend(part);
            moments.merge(&if part.len() == LANES { of_block(values) } else { of_rest(part) });
        }
        moments
    }
}

/// The moments of a full block, in 8 partial sums.
#[inline(always)]
fn of_block(values: &[f64; LANES]) -> Moments {
    let mean = total(values) / LANES as f64;
    let mut squares = *values;
    for x in &mut squares {
        *x = (*x - mean) * (*x - mean);
    }
    Moments { count: LANES as u64, mean, squares: total(&squares) }
}

#[inline(always)]
fn total(values: &[f64; LANES]) -> f64 {
    let mut sums = [0.0; 8];
    for eight in values.chunks_exact(8) {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += x;
        }
    }
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))
}

fn of_rest(values: &[f64]) -> Moments {
    let mut moments = Moments::default();
    for &mean in values {
        moments.merge(&Moments { count: 1, mean, squares: 0.0 });
    }
    moments
}
