//! Tasks whose rates are drawn anew in every trial, without drawing them: a task's bins have one law, the mean over its
//! rates, and come from tables like those of known rates.
//!
//! Worth it where the tables take less work than the draws that they save. That follows from the settings alone, so that
//! the same settings give the same numbers on every machine.

use std::sync::Arc;

use super::attempts::{AttemptTables, Pieces};
use super::cells::{Places, add_cells};
use super::conditional::Conditional;
use super::tables::{BinReader, Tables};
use crate::dispatch::{Kernel, dispatch};
use crate::error::{Error, Result};
use crate::memory;
use crate::rng::purpose;
use crate::run::{Control, run};
use crate::sampling::draw::run::Run;
use crate::sampling::draw::streams::Streams;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::drawn_laws::{DrawnLaws, Group, Law, Reach};
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;
use crate::sampling::work::TableWork;
use crate::special::beta_quadrature::Digits;

/// The most bytes of all laws.
const MOST_BYTES: f64 = 1e9;
/// Laws that one piece of work makes.
const LAWS: usize = 16;

/// The bins of one law.
#[derive(Debug)]
struct Cells {
    /// P(acceptance bin), 2G+1 of them.
    acceptance: Vec<f64>,
    /// The bin of the first correct attempt given that of the first acceptance.
    coverage: Conditional,
    /// The mean attempt number in each acceptance bin on the grid.
    attempt: Vec<f64>,
    /// By grid point, P(its attempt is correct | none accepted by it, some correct).
    last_correct: Vec<f64>,
    /// Attempt numbers within the bins.
    numbers: AttemptTables,
}

/// The tables of all tasks.
#[derive(Debug)]
pub struct Integrated {
    laws: Vec<Cells>,
    of_task: Vec<usize>,
    acceptance: Tables,
}

/// What they follow from.
#[derive(PartialEq)]
struct Key {
    numbers: bool,
    trials: u64,
    grid: Vec<u64>,
    verifier: Option<Verifier>,
    tasks: Tasks,
}

impl Integrated {
    /// The tables of a scenario that draws rates in every trial, those of attempt `numbers` within bins only where asked
    /// for; `None` where its rates are drawn instead, which does not depend on that.
    fn new(
        scenario: &SamplingScenario,
        (grid, numbers): (&[u64], bool),
        options: &Run,
        control: &Control,
    ) -> Result<Option<Self>> {
        let places = Places { points: grid.len() };
        let (tables, draws) = (TableWork::new(grid.len(), places.joint()), scenario.drawing(options.trials));
        if tables.least() > draws {
            return Ok(None);
        }
        let most = grid.last().copied().unwrap_or(1) as f64;
        let drawn = match DrawnLaws::new(scenario, Reach::Attempts(most), Digits::All, &control.quiet()) {
            Ok(drawn) => drawn,
            Err(Error::NoClosedForm(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let success: usize = drawn.groups.iter().map(|group| group.success.len()).sum();
        let weights: usize = drawn.laws.iter().map(|law| law.weights.len()).sum();
        let work = tables.of([drawn.laws.len(), weights, drawn.points()]);
        let bytes = (success * places.all() * size_of::<f64>()) as f64
            + drawn.laws.len() as f64 * Conditional::bytes(2 * grid.len() + 1, grid.len() + 1) as f64;
        if work > draws || bytes > MOST_BYTES {
            return Ok(None);
        }
        let pieces = if numbers { Pieces::new(grid) } else { Pieces::default() };
        let of_pieces = success * pieces.sums() * size_of::<f64>() + drawn.laws.len() * pieces.bytes();
        memory::check(
            bytes + of_pieces as f64,
            &[(drawn.laws.len(), "laws of drawn rates"), (places.joint(), "pairs of cells of the attempt grid")],
        )?;
        let points = points(&drawn, (grid, &pieces), options.threads, control)?;
        let laws = cells(&drawn, &points, (grid.len(), &pieces), options.threads, control)?;
        let acceptance = Tables::new(&laws, &drawn.of_task, |cells| &cells.acceptance);
        Ok(Some(Self { laws, of_task: drawn.of_task, acceptance }))
    }

    /// The same from those of the runs before, if they are among them.
    pub fn kept(
        scenario: &SamplingScenario,
        (grid, numbers): (&[u64], bool),
        options: &Run,
        control: &Control,
    ) -> Result<Arc<Option<Self>>> {
        let make = || Self::new(scenario, (grid, numbers), options, control);
        let Some(kept) = options.kept else { return make().map(Arc::new) };
        let (verifier, tasks) = (scenario.verifier.clone(), scenario.tasks.clone());
        let key = Key { numbers, trials: options.trials, grid: grid.to_vec(), verifier, tasks };
        kept.get(key, make, |key, made| {
            key.tasks.count() * size_of::<[f64; 4]>() + made.as_ref().map_or(0, Self::bytes)
        })
    }

    /// The bytes they take, about.
    fn bytes(&self) -> usize {
        let of_law = |law: &Cells| {
            let numbers = law.acceptance.len() + law.attempt.len() + law.last_correct.len();
            numbers * size_of::<f64>() + law.coverage.size() + law.numbers.bytes()
        };
        self.laws.iter().map(of_law).sum::<usize>() + size_of_val(&*self.of_task) + self.acceptance.bytes()
    }

    /// The law of task `i`.
    fn cells(&self, i: usize) -> &Cells {
        &self.laws[self.of_task[i]]
    }

    /// The mean attempt number of task `i` in an acceptance bin on the grid.
    pub fn mean_attempt(&self, i: usize, bin: usize) -> f64 {
        self.cells(i).attempt[bin]
    }

    /// Attempt numbers of task `i` within bins.
    pub fn numbers(&self, i: usize) -> &AttemptTables {
        &self.cells(i).numbers
    }

    /// By grid point, P(the last attempt of task `i` is correct | none accepted by it, some correct).
    pub fn last_correct(&self, i: usize) -> &[f64] {
        &self.cells(i).last_correct
    }
}

/// Room to read the bins of one task after another in a chunk of trials.
#[derive(Debug)]
pub struct IntegratedReader {
    acceptance: BinReader,
    words: Vec<u32>,
}

impl IntegratedReader {
    /// Room for a chunk of so many trials.
    pub fn new(trials: usize) -> Self {
        Self { acceptance: BinReader::new(purpose::INTEGRATED, trials), words: vec![0; trials] }
    }

    /// Draws the acceptance bins of task `i`; tasks come in order.
    pub fn accept(&mut self, tables: &Integrated, streams: &Streams, chunk: u64, i: usize, trials: usize) -> &[u16] {
        self.acceptance.turn(&tables.acceptance, streams, chunk, i, trials);
        self.acceptance.bins(trials)
    }

    /// Draws its coverage bins, given those.
    pub fn cover(&mut self, tables: &Integrated, streams: &Streams, (chunk, i): (u64, usize), coverage: &mut [u16]) {
        const PURPOSE: u64 = purpose::INTEGRATED_COVERAGE;
        let (trials, start) = (coverage.len(), (i * self.words.len()) as u64);
        let words = &mut self.words[..trials.next_multiple_of(8)];
        streams.of(PURPOSE, chunk).fill_u32(start / 8, words);
        let tie = streams.tie(PURPOSE, chunk);
        let acceptance = self.acceptance.bins(trials);
        tables.cells(i).coverage.read(words, acceptance, coverage, |t| tie.word(start + t as u64));
    }
}

/// The sums of every success rate of every group, with its error rates averaged.
fn points(
    drawn: &DrawnLaws,
    (grid, pieces): (&[u64], &Pieces),
    threads: usize,
    control: &Control,
) -> Result<Vec<Vec<Vec<f64>>>> {
    let places: Vec<(&Group, f64)> =
        drawn.groups.iter().flat_map(|group| group.success.iter().map(move |&p| (group, p))).collect();
    let work = |(): &mut (), index: u64| {
        let (group, success) = places[index as usize];
        let places = Places { points: grid.len() };
        let mut sums = vec![0.0; places.all() + pieces.sums()];
        let mut room = vec![0.0; pieces.count()];
        let (cells, numbers) = sums.split_at_mut(places.all());
        for (at, &(weight, errors)) in group.errors.iter().enumerate() {
            if at % 256 == 0 {
                control.check()?;
            }
            add_cells(Rates { success, errors }, weight, grid, cells);
            pieces.add(Rates { success, errors }, weight, numbers, &mut room);
        }
        Ok(sums)
    };
    let mut all = Vec::with_capacity(places.len());
    run(places.len() as u64, threads, &control.quiet(), || (), work, |sums| all.push(sums))?;
    let mut all = all.into_iter();
    Ok(drawn.groups.iter().map(|group| all.by_ref().take(group.success.len()).collect()).collect())
}

/// The cells of every law.
fn cells(
    drawn: &DrawnLaws,
    points: &[Vec<Vec<f64>>],
    (grid, pieces): (usize, &Pieces),
    threads: usize,
    control: &Control,
) -> Result<Vec<Cells>> {
    let chunks: Vec<&[Law]> = drawn.laws.chunks(LAWS).collect();
    let work = |(): &mut (), index: u64| {
        let mean = |law: &Law| {
            control.check()?;
            Ok(Cells::new(dispatch(Mean { law, points: &points[law.group] }), grid, pieces))
        };
        chunks[index as usize].iter().map(mean).collect::<Result<Vec<_>>>()
    };
    let mut found = Vec::with_capacity(drawn.laws.len());
    run(chunks.len() as u64, threads, &control.quiet(), || (), work, |cells: Vec<Cells>| found.extend(cells))?;
    Ok(found)
}

/// The mean of sums over the points of a law.
struct Mean<'a> {
    law: &'a Law,
    points: &'a [Vec<f64>],
}

impl Kernel for Mean<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run(self) -> Vec<f64> {
        let mut sums = vec![0.0; self.points.first().map_or(0, Vec::len)];
        for &(at, weight) in &self.law.weights {
            let point = &self.points[at as usize][..sums.len()];
            for i in 0..sums.len() {
                sums[i] += weight * point[i];
            }
        }
        sums
    }
}

impl Cells {
    /// From the sums of a law.
    fn new(mut sums: Vec<f64>, points: usize, pieces: &Pieces) -> Self {
        let width = points + 1;
        let (joint, rest) = sums.split_at_mut(Places { points }.joint());
        // A difference of equal terms may come out below 0.
        joint.iter_mut().for_each(|p| *p = p.max(0.0));
        let acceptance: Vec<f64> = joint.chunks_exact(width).map(|row| row.iter().sum()).collect();
        let (numbers, rest) = rest.split_at(2 * points);
        let (last, within) = rest.split_at(2 * points);
        let quotient = |x: f64, y: f64| if y > 0.0 { x / y } else { 0.0 };
        let attempt = numbers.iter().zip(&acceptance).map(|(&sum, &mass)| quotient(sum, mass)).collect();
        let (correct, some) = last.split_at(points);
        let last_correct = correct.iter().zip(some).map(|(&c, &s)| quotient(c, s).min(1.0)).collect();
        Self {
            coverage: Conditional::new(joint, width),
            acceptance,
            attempt,
            last_correct,
            numbers: AttemptTables::new(pieces, within),
        }
    }
}
