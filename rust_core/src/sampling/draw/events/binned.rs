//! Tasks whose laws are the same in every trial: the bin of the first acceptance comes from a table.
//!
//! Coverage refines that draw with streams of its own and never redraws it: the first correct answer among rejected ones
//! comes from a second table, and after a wrong acceptance the wait may go on. Given its bin, an attempt number is drawn
//! only where somebody asks, so a further policy changes nothing that the bins say.

use std::collections::HashMap;
use std::sync::Arc;

use super::bins::Bins;
use super::cells::{Places, add_cells};
use super::chunk::ChunkEvents;
use super::conditional::Conditional;
use super::pool::Pool;
use super::tables::Tables;
use super::within::Within;
use crate::error::Result;
use crate::run::Control;
use crate::sampling::draw::kept::Kept;
use crate::sampling::draw::streams::Streams;
use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::work::TableWork;
use crate::variates::exponential::Exponential;

/// The most bytes of tables of the first correct attempt, and the nanoseconds that such a table saves a draw, about.
const MOST_BYTES: usize = 1 << 26;
const SAVED: f64 = 5.0;

/// All tasks and their tables.
pub struct Binned<'a> {
    /// The law of each task.
    pub laws: &'a [TaskLaw],
    grid: &'a [u64],
    tables: Arc<BinTables>,
    exponential: Exponential,
}

/// The tables of all tasks.
#[derive(Debug)]
pub struct BinTables {
    /// The bins of each distinct law, and which of them each task has.
    distinct: Vec<Bins>,
    law: Vec<usize>,
    acceptance: Tables,
    /// The first correct among rejected attempts; `None` where nobody asks for it.
    rejected: Option<Tables>,
    /// By distinct law, the bin of the first correct attempt given that of the first acceptance, where that pays.
    joint: Vec<Option<Conditional>>,
}

/// What they follow from.
#[derive(PartialEq)]
struct Key {
    asked: [bool; 2],
    trials: u64,
    grid: Vec<u64>,
    laws: Vec<TaskLaw>,
}

impl BinTables {
    fn new(
        (laws, grid): (&[TaskLaw], &[u64]),
        [covered, numbered]: [bool; 2],
        trials: u64,
        control: &Control,
    ) -> Result<Self> {
        let coverage = covered || numbered;
        let (mut distinct, mut known) = (Vec::new(), HashMap::new());
        let mut law = Vec::with_capacity(laws.len());
        for (i, one) in laws.iter().enumerate() {
            if i % 1024 == 0 {
                control.check()?;
            }
            law.push(*known.entry(law_bits(one)).or_insert_with(|| {
                distinct.push(Bins::new(one, grid, coverage));
                distinct.len() - 1
            }));
        }
        let joint = if covered { joint(laws, grid, &law, trials, control)? } else { Vec::new() };
        let coverage = numbered || (covered && (joint.is_empty() || joint.iter().any(Option::is_none)));
        let acceptance = Tables::new(&distinct, &law, |bins| &bins.acceptance);
        let rejected =
            coverage.then(|| Tables::new(&distinct, &law, |bins| bins.rejected_correct.as_deref().unwrap_or(&[1.0])));
        Ok(Self { distinct, law, acceptance, rejected, joint })
    }

    /// The bytes they take, about.
    pub fn bytes(&self) -> usize {
        let of_bins = self.distinct.iter().map(Bins::bytes).sum::<usize>();
        let rejected = self.rejected.as_ref().map_or(0, Tables::bytes);
        let joint = self.joint.iter().flatten().map(Conditional::size).sum::<usize>();
        of_bins + size_of_val(&*self.law) + self.acceptance.bytes() + rejected + joint
    }
}

impl<'a> Binned<'a> {
    /// The tables of these laws; the first correct attempts are asked for as bins, as attempt numbers, or not.
    pub fn new(
        (laws, grid): (&'a [TaskLaw], &'a [u64]),
        asked: [bool; 2],
        (trials, kept): (u64, Option<&Kept>),
        control: &Control,
    ) -> Result<Self> {
        let tables = match kept {
            Some(kept) => {
                let key = Key { asked, trials, grid: grid.to_vec(), laws: laws.to_vec() };
                let bytes = |key: &Key, made: &BinTables| size_of_val(&*key.laws) + made.bytes();
                kept.get(key, || BinTables::new((laws, grid), asked, trials, control), bytes)?
            }
            None => Arc::new(BinTables::new((laws, grid), asked, trials, control)?),
        };
        Ok(Self { laws, grid, tables, exponential: Exponential::default() })
    }

    /// The bins of task `i`.
    pub fn bins(&self, i: usize) -> &Bins {
        &self.tables.distinct[self.tables.law[i]]
    }

    /// The bin of the first correct attempt of task `i` given that of the first acceptance, where there is such a table.
    pub fn joint(&self, i: usize) -> Option<&Conditional> {
        self.tables.joint.get(self.tables.law[i])?.as_ref()
    }

    /// Reads the bins of task `i`.
    pub fn read(&self, chunk: &mut ChunkEvents, streams: &Streams, i: usize, trials: usize) {
        chunk.acceptance.turn(&self.tables.acceptance, streams, chunk.index, i, trials);
        if let Some(rejected) = &self.tables.rejected {
            chunk.rejected.turn(rejected, streams, chunk.index, i, trials);
        }
    }

    /// Draws the attempt numbers within the bins of task `i`.
    pub fn number(&self, chunk: &mut ChunkEvents, streams: &Streams, i: usize, trials: usize) {
        let ChunkEvents { index, acceptance, rejected, random, drawn, .. } = chunk;
        let read = acceptance.bins(trials).iter().zip(rejected.bins(trials)).map(|(&a, &r)| (a.into(), r.into()));
        let (law, points) = (self.bins(i), self.grid.len());
        let mut after_wrong = streams.after_wrong(*index, i);
        if let Some(pool) = Pool::new(&self.laws[i]) {
            for ((events, _), bins) in drawn.iter_mut().zip(read) {
                *events = pool.events((law, self.grid), bins, &mut after_wrong, random);
            }
            return;
        }
        let TaskLaw::Attempts(rates) = self.laws[i] else { return };
        let mut within = Within::new(self.grid, &rates, &self.exponential);
        for (slot, (bin, hidden)) in drawn.iter_mut().zip(read) {
            let events = if bin == 2 * points {
                FirstEvents { correct: within.rejected(hidden, random), ..FirstEvents::NONE }
            } else if bin < points {
                let accepted = within.accepted(bin, random);
                let correct = if hidden > bin { accepted } else { within.rejected(hidden, random).min(accepted) };
                FirstEvents { accepted, accepted_correct: true, correct }
            } else if hidden < bin - points {
                let accepted = within.accepted(bin - points, random);
                FirstEvents { accepted, accepted_correct: false, correct: within.rejected(hidden, random) }
            } else {
                let bin = bin - points;
                within.after_wrong(bin, law.covered_after_wrong(bin, after_wrong.open01()), random)
            };
            *slot = (events, rates);
        }
    }
}

/// Tables of the first correct attempt given the first acceptance, by distinct law; none where they take longer than they
/// save in so many trials. A verifier without false positives needs none: one draw among rejected attempts does.
fn joint(
    laws: &[TaskLaw],
    grid: &[u64],
    law: &[usize],
    trials: u64,
    control: &Control,
) -> Result<Vec<Option<Conditional>>> {
    let (places, width) = (Places { points: grid.len() }, grid.len() + 1);
    let distinct = law.iter().max().map_or(0, |last| last + 1);
    let work = distinct as f64 * TableWork::new(grid.len(), places.joint()).of([1, 1, 1]);
    let bytes = distinct * Conditional::bytes(2 * grid.len() + 1, width);
    if work > trials as f64 * laws.len() as f64 * SAVED || bytes > MOST_BYTES {
        return Ok(Vec::new());
    }
    let mut tables = Vec::with_capacity(distinct);
    for (one, &number) in laws.iter().zip(law) {
        if number < tables.len() {
            continue;
        }
        control.check()?;
        tables.push(match one {
            TaskLaw::Attempts(rates) if rates.errors.false_positive > 0.0 => {
                let mut sums = vec![0.0; places.all()];
                add_cells(*rates, 1.0, grid, &mut sums);
                let joint = &mut sums[..places.joint()];
                // A difference of equal terms may come out below 0.
                joint.iter_mut().for_each(|p| *p = p.max(0.0));
                Some(Conditional::new(joint, width))
            }
            _ => None,
        });
    }
    Ok(tables)
}

/// A law as bits, to find equal ones.
fn law_bits(law: &TaskLaw) -> [u64; 4] {
    match *law {
        TaskLaw::Attempts(r) => [r.success, r.errors.false_positive, r.errors.false_negative, r.errors.true_positive],
        TaskLaw::Pool { attempts, accepted, accepted_correct, correct } => {
            [attempts, accepted, accepted_correct, correct.unwrap_or(-1.0)]
        }
        TaskLaw::Drawn => [f64::NAN; 4],
    }
    .map(f64::to_bits)
}
