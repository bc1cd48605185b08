//! Monte Carlo of the yearly model: chunks of draws, integer tallies per worker, moments in the order of chunks.

use super::block::Block;
use super::cells::{Cell, EMPTY, tally};
use super::draws::{CHUNK, Columns, Draw, Sampler, Source};
use super::exact;
use super::lanes::{LANES, Lanes};
use super::plan::{MAX_SAMPLES, MAX_TRIALS, Plan, SamplerName};
use super::scenario::ExhaustionScenario;
use super::scratch::Scratch;
use super::sobol::Sobol;
use super::tally::{Outcome, Tally, YEAR_BITS};
use super::trajectory::{Options, VARIABLES};
use super::years::{Model, STRIDE, Take, Years};
use crate::dispatch::dispatch;
use crate::error::{Error, Result};
use crate::histogram::Histogram;
use crate::memory;
use crate::run::{Control, run};
use crate::stats::Moments;

/// Independent scramblings of Sobol' points; their spread gives the standard errors.
pub const SCRAMBLINGS: u64 = 16;
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
    let copies = 2.0; // by chunk, and in the order of the draws
    memory::check(copies * 8.0 * kept as f64, &[(plan.trials as usize, "trials"), (plan.samples.len(), "samples")])?;
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
        let counted = workers.into_iter().map(|worker| worker.tally).reduce(|mut all, more| {
            all.merge_counts(&more);
            all
        });
        let mut tally = counted.unwrap_or_else(|| Tally::new(self.options, self.plan.yearly));
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
                sample.read(columns, block, self.options, first, &mut column[first..first + valid]);
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
