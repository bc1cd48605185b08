//! Monte Carlo of the yearly model: chunks of draws, integer tallies per worker, moments in the order of chunks.

use super::block::Block;
use super::cells::{BITS, Cell, EMPTY, tally};
use super::draws::{CHUNK, Columns, Draw, Sampler, Source};
use super::estimate::QUANTILES;
use super::exact;
use super::lanes::{LANES, Lanes, Scratch};
use super::samples::Sample;
use super::scenario::ExhaustionScenario;
use super::sobol::Sobol;
use super::trajectory::{DEFINITIONS, Options, VARIABLES};
use crate::dispatch::{Kernel, dispatch};
use crate::error::{Error, Result, quoted};
use crate::histogram::Histogram;
use crate::rng::Key;
use crate::run::{Control, run};
use crate::stats::Moments;

/// Leading bits of the histograms of calendar years: bins of 2^-10 year.
pub const YEAR_BITS: u32 = 20;
/// Independent scramblings of Sobol' points; their spread gives the standard errors.
pub const SCRAMBLINGS: u64 = 16;
/// The most draws of one run: counts are 32 bits wide.
pub const MAX_TRIALS: u64 = u32::MAX as u64;
/// The most values that are kept draw by draw: they are in memory at once.
pub const MAX_SAMPLES: u64 = 1_000_000_000;

/// Where random numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplerName {
    /// Pseudo-random numbers.
    Philox,
    /// Scrambled Sobol' points.
    Sobol,
}

impl SamplerName {
    /// The sampler of a name.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "philox" => Ok(Self::Philox),
            "sobol" => Ok(Self::Sobol),
            other => Err(Error::argument("sampler", "'philox' or 'sobol'", quoted(other))),
        }
    }
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
    pub sampler: SamplerName,
    /// Variables to return draw by draw.
    pub samples: Vec<Sample>,
    /// Inputs to draw anew while all others keep their numbers.
    pub redrawn: Vec<String>,
    /// Whether the yearly variables are tallied: they are most of the work, and no other number depends on it.
    pub yearly: bool,
    /// Whether quantiles are order statistics of all draws, found by two further passes.
    pub exact_quantiles: bool,
}

/// Tallies of some draws.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Per year and variable: the histogram; empty unless tallied.
    pub values: Vec<Histogram>,
    /// Per year and variable: the moments; empty unless tallied.
    pub moments: Vec<Moments>,
    /// Per definition: the years of running out by the horizon.
    pub years: Vec<Histogram>,
    /// Per definition and counted year: how many draws have run out by then.
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
    /// Exact quantiles, where asked for: of the yearly variables, then of the years of running out.
    pub exact: Option<Vec<[f64; QUANTILES.len()]>>,
}

impl Tally {
    fn new(options: &Options, yearly: bool) -> Self {
        let tallied = if yearly { options.years.len() } else { 0 };
        Self {
            values: (0..tallied).flat_map(|_| BITS.map(Histogram::new)).collect(),
            moments: vec![Moments::default(); tallied * VARIABLES.len()],
            years: vec![Histogram::new(YEAR_BITS); DEFINITIONS.len()],
            by_year: vec![vec![0; options.counted.len()]; DEFINITIONS.len()],
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
    let mut sampler = Sampler::new(scenario)?;
    sampler.redraw(scenario, &plan.redrawn)?;
    let options = Options::new(scenario);
    if !(1..=MAX_TRIALS).contains(&plan.trials) {
        return Err(Error::argument("trials", format!("in [1, {MAX_TRIALS}]"), plan.trials));
    }
    let kept = plan.samples.len() as u64 * plan.trials;
    if kept > MAX_SAMPLES {
        return Err(Error::argument("trials times samples", format!("at most {MAX_SAMPLES}"), kept));
    }
    let model = Model { sampler: &sampler, options: &options, plan };
    let points;
    let parts: Vec<(Source, u64)> = match plan.sampler {
        SamplerName::Philox => vec![(Source::Philox { key: plan.key, replicate: plan.replicate }, plan.trials)],
        SamplerName::Sobol => {
            let least = SCRAMBLINGS * LANES as u64;
            if !plan.trials.is_power_of_two() || plan.trials < least {
                let expected = format!("a power of two and at least {least} for Sobol' points");
                return Err(Error::argument("trials", expected, plan.trials));
            }
            let last = u64::MAX / SCRAMBLINGS - 1;
            if plan.replicate > last {
                return Err(Error::argument("replicate", format!("in [0, {last}] for Sobol' points"), plan.replicate));
            }
            points = Sobol::new(sampler.dimensions())?;
            (0..SCRAMBLINGS)
                .map(|scrambling| {
                    let replicate = plan.replicate * SCRAMBLINGS + scrambling;
                    (Source::Sobol { points: &points, key: plan.key, replicate }, plan.trials / SCRAMBLINGS)
                })
                .collect()
        }
    };
    let mut outcome = Outcome { parts: Vec::new(), samples: vec![Vec::new(); plan.samples.len()], exact: None };
    for &(source, trials) in &parts {
        let (tally, samples) = model.part(source, trials, control)?;
        outcome.parts.push(tally);
        outcome.samples.iter_mut().zip(samples).for_each(|(all, more)| all.extend(more));
    }
    if plan.exact_quantiles {
        outcome.exact = Some(exact::quantiles(&model, &parts, &outcome.merged(), control)?);
    }
    Ok(outcome)
}

impl Outcome {
    /// The tally of all parts; variables have every draw, years of running out only those that run out.
    pub fn merged(&self) -> Tally {
        let (first, others) = self.parts.split_first().expect("a run has a part");
        let mut all = first.clone();
        for part in others {
            all.merge(part);
        }
        all
    }
}

/// A run: where draws come from and what is done with them.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub sampler: &'a Sampler,
    pub options: &'a Options,
    pub plan: &'a Plan,
}

/// What becomes of the yearly variables of a block.
pub(super) trait Take {
    /// Takes the first `valid` numbers of a block that starts at draw `first` of the chunk.
    fn take(&mut self, index: usize, variable: usize, first: usize, valid: usize, values: &Lanes);
}

/// Tallies them, if there are cells for them.
struct Tallying<'a> {
    keys: &'a mut [u32],
    cells: &'a mut [Cell],
}

impl Take for Tallying<'_> {
    #[inline(always)]
    fn take(&mut self, index: usize, variable: usize, first: usize, valid: usize, values: &Lanes) {
        let at = index * VARIABLES.len() + variable;
        if at < self.cells.len() {
            let keys = &mut self.keys[at * STRIDE + first..][..LANES];
            tally(values, valid, variable, keys, &mut self.cells[at]);
        }
    }
}

/// What a worker keeps from chunk to chunk.
struct Worker {
    columns: Columns,
    work: Box<Scratch>,
    /// Per year and variable, the histogram keys of the chunk's draws.
    keys: Vec<u32>,
    cells: Vec<Cell>,
    tally: Tally,
}

/// Keys of a cell lie this far apart: not a power of two, so that cells do not compete for the same cache lines.
pub(super) const STRIDE: usize = CHUNK + 16;

/// What a chunk hands over, merged in the order of chunks.
struct Part {
    moments: Vec<Moments>,
    samples: Vec<Vec<f64>>,
}

impl Model<'_> {
    /// One independent part of the run.
    fn part(&self, source: Source, trials: u64, control: &Control) -> Result<(Tally, Vec<Vec<f64>>)> {
        let cells = if self.plan.yearly { self.options.years.len() * VARIABLES.len() } else { 0 };
        let mut moments = vec![Moments::default(); cells];
        let mut samples = vec![Vec::new(); self.plan.samples.len()];
        let new_worker = || Worker {
            columns: Columns::new(self.sampler),
            work: Box::default(),
            keys: vec![0; cells * STRIDE],
            cells: vec![EMPTY; cells],
            tally: Tally::new(self.options, self.plan.yearly),
        };
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
        let mut tally = Tally::new(self.options, self.plan.yearly);
        for worker in &workers {
            tally.merge_counts(&worker.tally);
        }
        tally.moments = moments;
        // From how many draws run out in a year to how many have by then.
        for by_year in &mut tally.by_year {
            let mut sum = 0;
            for count in by_year {
                sum += *count;
                *count = sum;
            }
        }
        Ok((tally, samples))
    }

    fn chunk(&self, worker: &mut Worker, source: Source, chunk: u64, count: usize, control: &Control) -> Result<Part> {
        let Worker { columns, work, keys, cells, tally } = worker;
        columns.resize(count.next_multiple_of(LANES));
        dispatch(Draw { sampler: self.sampler, source, chunk, columns });
        cells.fill(EMPTY);
        let mut samples = vec![vec![0.0; count]; self.plan.samples.len()];
        for first in (0..count).step_by(LANES) {
            control.check()?;
            let valid = LANES.min(count - first);
            let (options, wanted) = (self.options, self.plan.samples.as_slice());
            let samples = &mut samples;
            let take = Tallying { keys, cells };
            let block = &dispatch(Years { columns, work, options, first, valid, take, wanted, samples });
            for (sample, column) in wanted.iter().zip(samples) {
                sample.read(columns, block, first, &mut column[first..first + valid]);
            }
            self.count_years(block, valid, tally);
        }
        for (i, (cell, histogram)) in cells.iter().zip(&mut tally.values).enumerate() {
            histogram.add_keys(&mut keys[i * STRIDE..][..count], cell.least(), cell.most());
        }
        let moments = cells.iter().map(|cell| cell.sums().moments(count as u64)).collect();
        tally.trials += count as u64;
        Ok(Part { moments, samples })
    }

    /// Counts the years of running out, and the first counted year by which they are reached.
    fn count_years(&self, block: &Block, valid: usize, tally: &mut Tally) {
        let mut keys = [0; LANES];
        for ((years, histogram), by_year) in block.exhausted().iter().zip(&mut tally.years).zip(&mut tally.by_year) {
            let (mut count, mut least, mut most) = (0, f64::INFINITY, 0.0_f64);
            for &year in years[..valid].iter().filter(|year| year.is_finite()) {
                keys[count] = Histogram::key(year, YEAR_BITS);
                count += 1;
                least = least.min(year);
                most = most.max(year);
                by_year[self.options.counted.partition_point(|&y| f64::from(y) < year)] += 1;
            }
            histogram.add_keys(&mut keys[..count], least, most);
        }
    }
}

/// Takes the block that starts at a draw through all years.
pub(super) struct Years<'a, T> {
    pub columns: &'a Columns,
    pub work: &'a mut Scratch,
    pub options: &'a Options,
    pub first: usize,
    pub valid: usize,
    pub take: T,
    pub wanted: &'a [Sample],
    pub samples: &'a mut [Vec<f64>],
}

impl<T: Take> Kernel for Years<'_, T> {
    type Output = Block;

    #[inline(always)]
    fn run(self) -> Block {
        let Self { columns, work, options, first, valid, mut take, wanted, samples } = self;
        let mut block = Block::new(columns, first, options);
        for index in 0..options.years.len() {
            block.advance(index, options, work);
            for variable in 0..VARIABLES.len() {
                take.take(index, variable, first, valid, &work.out[variable]);
            }
            for (sample, column) in wanted.iter().zip(&mut *samples) {
                let out = &mut column[first..first + valid];
                match *sample {
                    Sample::Variable(variable, year) if year == index => {
                        out.copy_from_slice(&work.out[variable][..valid]);
                    }
                    Sample::Derived(which, year) if year == index => block.derived(which, work, out),
                    _ => {}
                }
            }
        }
        block
    }
}
