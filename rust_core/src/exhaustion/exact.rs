//! Exact quantiles: two further passes over the same draws, in memory that does not grow with them.
//!
//! The first pass leaves every order statistic in a bin of its histogram. The second splits that bin into 2^11 parts of
//! equal width and counts, the third counts each number within the part: a few in a million draws, or one that repeats.

use std::collections::BTreeMap;

use super::cells::{BITS, OFFSETS};
use super::draws::{CHUNK, Columns, Draw, Source};
use super::lanes::{LANES, Lanes};
use super::scratch::Scratch;
use super::tally::{QUANTILES, Tally, YEAR_BITS};
use super::trajectory::{DEFINITIONS, VARIABLES};
use super::years::{Model, STRIDE, Take, Years};
use crate::dispatch::dispatch;
use crate::error::Result;
use crate::histogram::Histogram;
use crate::run::{Control, run};
use crate::stats::rank;

/// The binary logarithm of the parts of a bin.
const PART_BITS: u32 = 11;

/// Where an order statistic lies: among the numbers whose leading bits are `prefix`.
#[derive(Debug, Clone, Copy)]
struct Bracket {
    prefix: u64,
    /// How many bits follow the prefix.
    shift: u32,
    /// Its rank among those numbers.
    rank: u64,
}

/// Numbers of a bracket: by part, then one by one.
#[derive(Debug, Clone)]
enum Counts {
    Parts(Vec<u32>),
    Numbers(BTreeMap<u64, u64>),
}

/// The order statistics looked for in one variable.
type Cell = [Option<Bracket>; QUANTILES.len()];

/// The quantiles of every year and variable, then of the year of running out by each definition; NaN beyond the horizon.
pub(super) fn quantiles(
    model: &Model,
    parts: &[(Source, u64)],
    tally: &Tally,
    control: &Control,
) -> Result<Vec<[f64; QUANTILES.len()]>> {
    let find = |histogram: &Histogram, bits: u32, n: u64| -> Cell {
        QUANTILES.map(|p| {
            let wanted = rank(p, n);
            let (key, below, _) = histogram.bin_of(wanted)?;
            Some(Bracket { prefix: key.into(), shift: 52 - bits, rank: wanted - below })
        })
    };
    let yearly = tally.values.iter().zip(BITS.iter().cycle()).map(|(h, &bits)| find(h, bits, h.total()));
    let years = tally.years.iter().map(|h| find(h, YEAR_BITS, tally.trials));
    let mut cells: Vec<Cell> = yearly.chain(years).collect();
    for parts_of_bins in [true, false] {
        let counts = pass(model, parts, &cells, parts_of_bins, control)?;
        for (bracket, counts) in cells.iter_mut().flatten().flatten().zip(&counts) {
            *bracket = counts.narrow(bracket);
        }
    }
    let offsets = OFFSETS.iter().cycle().take(tally.values.len()).chain(&[0.0; DEFINITIONS.len()]);
    let value = |bracket: Option<Bracket>| bracket.map_or(f64::NAN, |b| f64::from_bits(b.prefix << b.shift));
    Ok(cells.iter().zip(offsets).map(|(cell, offset)| cell.map(|bracket| value(bracket) + offset)).collect())
}

impl Counts {
    fn add(&mut self, bits: u64, bracket: &Bracket) {
        match self {
            Self::Parts(parts) => {
                let part = bits >> (bracket.shift - PART_BITS) & ((1 << PART_BITS) - 1);
                parts[part as usize] += 1;
            }
            Self::Numbers(numbers) => *numbers.entry(bits).or_default() += 1,
        }
    }

    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Parts(mine), Self::Parts(theirs)) => mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b),
            (Self::Numbers(mine), Self::Numbers(theirs)) => {
                theirs.iter().for_each(|(number, count)| *mine.entry(*number).or_default() += count);
            }
            _ => unreachable!("workers of one pass count alike"),
        }
    }

    /// The bracket within that holds its rank.
    fn narrow(&self, bracket: &Bracket) -> Bracket {
        let mut rank = bracket.rank;
        let mut holds = |count: u64| {
            let found = count >= rank;
            rank -= if found { 0 } else { count };
            found
        };
        let (prefix, shift) = match self {
            // A quantile of zeros is 0: nothing was counted.
            _ if bracket.prefix == 0 => (0, bracket.shift),
            Self::Parts(parts) => {
                let part = parts.iter().position(|&count| holds(count.into())).expect("the bin holds the rank");
                (bracket.prefix << PART_BITS | part as u64, bracket.shift - PART_BITS)
            }
            Self::Numbers(numbers) => {
                let (number, _) = numbers.iter().find(|(_, count)| holds(**count)).expect("the part holds the rank");
                (*number, 0)
            }
        };
        Bracket { prefix, shift, rank }
    }
}

/// Keeps the yearly variables of a chunk.
struct Keeping<'a>(&'a mut [f64]);

impl Take for Keeping<'_> {
    #[inline(always)]
    fn take(&mut self, index: usize, variable: usize, first: usize, _: usize, values: &Lanes) {
        let at = (index * VARIABLES.len() + variable) * STRIDE + first;
        self.0[at..at + LANES].copy_from_slice(values);
    }
}

/// What a worker keeps from chunk to chunk.
struct Worker {
    columns: Columns,
    work: Box<Scratch>,
    /// The variables of a chunk, then the years of running out.
    values: Vec<f64>,
    counts: Vec<Counts>,
}

/// Counts the numbers of every bracket once more.
fn pass(
    model: &Model,
    parts: &[(Source, u64)],
    cells: &[Cell],
    parts_of_bins: bool,
    control: &Control,
) -> Result<Vec<Counts>> {
    let empty =
        || if parts_of_bins { Counts::Parts(vec![0; 1 << PART_BITS]) } else { Counts::Numbers(BTreeMap::new()) };
    let brackets = cells.iter().flatten().flatten().count();
    let mut all = vec![empty(); brackets];
    for &(source, trials) in parts {
        let new_worker = || Worker {
            columns: Columns::new(model.sampler),
            work: Box::default(),
            values: vec![0.0; cells.len() * STRIDE],
            counts: vec![empty(); brackets],
        };
        let work = |worker: &mut Worker, chunk: u64| {
            let count = (trials - chunk * CHUNK as u64).min(CHUNK as u64) as usize;
            keep(model, source, chunk, count, worker, control)?;
            count_chunk(cells, count, worker);
            control.advance(count as u64);
            Ok(())
        };
        let chunks = trials.div_ceil(CHUNK as u64);
        for worker in run(chunks, model.plan.threads, control, new_worker, work, |()| ())? {
            all.iter_mut().zip(&worker.counts).for_each(|(mine, theirs)| mine.merge(theirs));
        }
    }
    Ok(all)
}

/// Draws a chunk again and keeps its variables.
fn keep(model: &Model, source: Source, chunk: u64, count: usize, worker: &mut Worker, control: &Control) -> Result<()> {
    let Worker { columns, work, values, .. } = worker;
    columns.resize(count.next_multiple_of(LANES));
    dispatch(Draw { sampler: model.sampler, source, chunk, columns });
    let options = model.options;
    let yearly = options.years.len() * VARIABLES.len();
    for first in (0..count).step_by(LANES) {
        control.check()?;
        let take = Keeping(&mut *values);
        let valid = LANES.min(count - first);
        let years = Years { columns, work, options, first, valid, take, wanted: &[], samples: &mut [] };
        let block = dispatch(years);
        for (definition, lanes) in block.exhausted().iter().enumerate() {
            values[(yearly + definition) * STRIDE + first..][..LANES].copy_from_slice(lanes);
        }
    }
    Ok(())
}

/// Counts a chunk's numbers by bracket.
fn count_chunk(cells: &[Cell], count: usize, worker: &mut Worker) {
    let mut counts = worker.counts.iter_mut();
    for (at, cell) in cells.iter().enumerate() {
        let offset = if at + DEFINITIONS.len() < cells.len() { OFFSETS[at % VARIABLES.len()] } else { 0.0 };
        let values = &worker.values[at * STRIDE..][..count];
        for bracket in cell.iter().flatten() {
            let counts = counts.next().expect("one for each bracket");
            if bracket.prefix == 0 {
                continue;
            }
            for x in values {
                let bits = (x - offset).to_bits();
                if bits >> bracket.shift == bracket.prefix {
                    counts.add(bits, bracket);
                }
            }
        }
    }
}
