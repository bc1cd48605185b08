//! Policies that the bins of the first events say all about: counted for all trials of a chunk at once, with no attempt drawn.

use super::events::Source;
use super::events::binned::Binned;
use super::events::chunk::ChunkEvents;
use super::events::integrated::{Integrated, IntegratedReader};
use super::offsets::Offsets;
use super::run::Run;
use super::streams::{Place, Streams};
use super::totals::Totals;
use crate::error::Result;
use crate::rng::{Sequence, open01, purpose};
use crate::run::Control;
use crate::sampling::policy::Policy;
use crate::sampling::record::bin_scores::{BinScores, Paid};
use crate::sampling::record::bins::{AttemptNumbers, BinTally};
use crate::sampling::record::row::RowTally;
use crate::sampling::record::{Wanted, bin_of};
use crate::sampling::scenario::cost::{Cost, Utility};
use crate::sampling::scenario::law::TaskLaw;

/// How these policies are counted.
pub(super) struct ByBins<'a> {
    policies: Vec<Policy>,
    grid: &'a [u64],
    tasks: usize,
    utility: Option<Utility>,
    cost: Option<Cost>,
    wanted: Wanted,
    /// Whether a policy returns the last answer.
    last: bool,
    /// Whether a score reads attempt numbers.
    numbers: bool,
    /// By acceptance bin: the latest coverage bin it leaves open to rejected answers, and 1 after a wrong acceptance.
    limit: Vec<u16>,
    wrong: Vec<usize>,
}

/// What one worker has counted, and its room.
pub(super) struct BinWorker {
    tally: BinTally,
    scores: BinScores,
    acceptance: Vec<u16>,
    coverage: Vec<u16>,
    /// Trials whose wait goes on after a wrong acceptance.
    pending: Vec<u32>,
    words: Vec<u32>,
    /// The last answers of tasks whose rates are redrawn.
    coins: Sequence,
    integrated: IntegratedReader,
    offsets: Offsets,
    totals: Option<Totals>,
    chunk: u64,
}

/// Where the bins come from: with the events of all policies, or from tables of their own.
pub(super) enum BinSource<'a> {
    /// With the events.
    Events(&'a Source<'a>),
    /// From integrated rates.
    Integrated(&'a Integrated),
}

impl BinWorker {
    /// Starts a chunk.
    pub fn start(&mut self, streams: &Streams, chunk: u64) {
        self.scores.clear();
        self.chunk = chunk;
        self.coins = streams.of(purpose::LAST, chunk).sequence();
    }
}

impl<'a> ByBins<'a> {
    /// Policies of so many tasks on a grid.
    pub fn new(
        policies: Vec<Policy>,
        grid: &'a [u64],
        tasks: usize,
        (wanted, utility, cost): (Wanted, Option<Utility>, Option<Cost>),
    ) -> Self {
        let points = grid.len();
        let bins = 0..=2 * points;
        let last = policies.iter().any(|p| p.needs().last);
        Self {
            policies,
            grid,
            tasks,
            utility,
            cost,
            // A last answer is correct only where some answer is: it needs the coverage bin.
            wanted: Wanted { coverage: wanted.coverage || last, ..wanted },
            last,
            numbers: wanted.asks_attempts(utility, cost),
            limit: bins.clone().map(|bin| if bin == 2 * points { points } else { bin % points } as u16).collect(),
            wrong: bins.map(|bin| usize::from((points..2 * points).contains(&bin))).collect(),
        }
    }

    /// Whether the first correct attempts are asked for.
    pub fn covers(&self) -> bool {
        self.wanted.coverage
    }

    /// Whether attempt numbers are asked for.
    pub const fn numbers(&self) -> bool {
        self.numbers
    }

    /// Room for one worker.
    pub fn worker(&self, source: &BinSource<'_>, streams: &Streams) -> BinWorker {
        let (points, chunk) = (self.grid.len(), streams.chunk());
        let drawn = matches!(source, BinSource::Events(Source::Redrawn(_)));
        BinWorker {
            tally: BinTally::new(self.tasks, points, &self.policies, self.wanted, drawn),
            scores: BinScores::new(chunk, self.tasks, points, &self.policies, self.wanted, self.numbers),
            acceptance: vec![0; chunk],
            coverage: vec![0; chunk],
            pending: vec![0; chunk + 1],
            words: vec![0; chunk],
            coins: streams.of(purpose::LAST, 0).sequence(),
            integrated: IntegratedReader::new(chunk),
            offsets: Offsets::new(self.grid, chunk),
            totals: self.cost.map(|cost| Totals::new(cost, chunk)),
            chunk: 0,
        }
    }

    /// Counts task `i`, whose events were drawn.
    pub fn count(
        &self,
        worker: &mut BinWorker,
        (source, streams): (&BinSource<'_>, &Streams),
        chunk: &ChunkEvents,
        i: usize,
        trials: usize,
    ) {
        match source {
            BinSource::Events(Source::Binned(binned)) => {
                self.count_binned(worker, (binned, streams), chunk, i, trials);
            }
            BinSource::Events(Source::Redrawn(_)) => self.count_redrawn(worker, chunk, i, trials),
            BinSource::Integrated(integrated) => {
                self.count_integrated(worker, (integrated, streams), (chunk.index, i), trials);
            }
        }
    }

    fn count_integrated(
        &self,
        worker: &mut BinWorker,
        (tables, streams): (&Integrated, &Streams),
        (chunk, i): (u64, usize),
        trials: usize,
    ) {
        let points = self.grid.len();
        let width = 2 * points + 1;
        let BinWorker { tally, scores, acceptance, coverage, integrated, offsets, .. } = worker;
        acceptance[..trials].copy_from_slice(integrated.accept(tables, streams, chunk, i, trials));
        scores.add_acceptance(&acceptance[..trials], &mut tally.acceptance[i * width..(i + 1) * width]);
        if self.numbers {
            let words = (streams.of(purpose::INTEGRATED_ATTEMPT, chunk), streams.first_word(i));
            let tie = streams.tie(purpose::INTEGRATED_ATTEMPT, chunk);
            offsets.of_tables(tables.numbers(i), &acceptance[..trials], words, tie);
            scores.add_offsets(offsets.iter());
        }
        if !self.wanted.coverage {
            return;
        }
        integrated.cover(tables, streams, (chunk, i), &mut coverage[..trials]);
        scores.count(&coverage[..trials], &mut tally.coverage[i * (points + 1)..(i + 1) * (points + 1)]);
        let last_correct = tables.last_correct(i);
        if self.last && last_correct.iter().any(|p| *p > 0.0) {
            self.count_last(worker, (last_correct, streams), (chunk, i), trials);
        }
    }

    /// Counts the last answers of task `i`, which may be correct where some is and none is accepted.
    fn count_last(
        &self,
        worker: &mut BinWorker,
        (last_correct, streams): (&[f64], &Streams),
        (chunk, i): (u64, usize),
        trials: usize,
    ) {
        let points = self.grid.len();
        let coins = streams.last(chunk);
        let place = |trial| Place { chunk, task: i, trial };
        let BinWorker { tally, scores, acceptance, coverage, .. } = worker;
        let bins = acceptance[..trials].iter().zip(&*coverage);
        let open = bins.map(|(&bin, &cover)| cover.into()..self.limit[bin as usize].into());
        scores.add_last(
            open.enumerate(),
            |t, g| open01(coins.word(streams.last_at(place(t), g, points))) < last_correct[g],
            &mut tally.last_correct[i * points..(i + 1) * points],
        );
    }

    fn count_binned(
        &self,
        worker: &mut BinWorker,
        (binned, streams): (&Binned<'_>, &Streams),
        chunk: &ChunkEvents,
        i: usize,
        trials: usize,
    ) {
        let points = self.grid.len();
        let width = 2 * points + 1;
        let bins = chunk.acceptance.bins(trials);
        worker.scores.add_acceptance(bins, &mut worker.tally.acceptance[i * width..(i + 1) * width]);
        if self.numbers {
            let words = (streams.of(purpose::ATTEMPT, chunk.index), streams.first_word(i));
            worker.offsets.of_law(&binned.laws[i], bins, words);
            worker.scores.add_offsets(worker.offsets.iter());
        }
        if !self.wanted.coverage {
            return;
        }
        self.cover(worker, (binned, streams), chunk, i, trials);
        if self.last && binned.laws[i].rejected_precision().0 > 0.0 {
            worker.acceptance[..trials].copy_from_slice(bins);
            self.count_last(worker, (&binned.bins(i).last_correct, streams), (chunk.index, i), trials);
        }
    }

    /// Draws the coverage bins of task `i`.
    fn cover(
        &self,
        worker: &mut BinWorker,
        (binned, streams): (&Binned<'_>, &Streams),
        chunk: &ChunkEvents,
        i: usize,
        trials: usize,
    ) {
        let BinWorker { tally, scores, coverage, pending, words, .. } = worker;
        let points = self.grid.len();
        if let Some(joint) = binned.joint(i) {
            let words = &mut words[..trials.next_multiple_of(8)];
            let start = (i * streams.chunk()) as u64;
            streams.of(purpose::COVERAGE, chunk.index).fill_u32(start / 8, words);
            let tie = streams.tie(purpose::COVERAGE, chunk.index);
            let tie = |t: usize| tie.word(start + t as u64);
            joint.read(words, chunk.acceptance.bins(trials), &mut coverage[..trials], tie);
            scores.count(&coverage[..trials], &mut tally.coverage[i * (points + 1)..(i + 1) * (points + 1)]);
            return;
        }
        let (bins, rejected) = (chunk.acceptance.bins(trials), chunk.rejected.bins(trials));
        // A rejected answer covers up to the acceptance; after a wrong one the wait may go on.
        let mut open = 0;
        for (t, ((&bin, &first), out)) in bins.iter().zip(rejected).zip(&mut *coverage).enumerate() {
            let limit = self.limit[bin as usize];
            *out = first.min(limit);
            pending[open] = t as u32;
            open += usize::from(first >= limit) * self.wrong[bin as usize];
        }
        let law = binned.bins(i);
        let mut words = streams.after_wrong(chunk.index, i);
        for &t in &pending[..open] {
            let t = t as usize;
            coverage[t] = law.covered_after_wrong(bins[t] as usize - points, words.open01()) as u16;
        }
        scores.count(&coverage[..trials], &mut tally.coverage[i * (points + 1)..(i + 1) * (points + 1)]);
    }

    fn count_redrawn(&self, worker: &mut BinWorker, chunk: &ChunkEvents, i: usize, trials: usize) {
        let (grid, points) = (self.grid, self.grid.len());
        let BinWorker { tally, scores, acceptance, coverage, coins, .. } = worker;
        for (t, (events, rates)) in chunk.drawn[..trials].iter().enumerate() {
            let bin = bin_of(grid, events.accepted);
            let cover = bin_of(grid, events.correct);
            let kind = if events.accepted_correct { 0 } else { points };
            acceptance[t] = if bin == points { 2 * points } else { bin + kind } as u16;
            coverage[t] = cover as u16;
            if bin < points {
                let sums = &mut tally.attempts[i * 2 * points + bin + kind];
                let attempt = u128::from(events.accepted);
                sums[0] += attempt;
                sums[1] += attempt * attempt;
                if self.numbers {
                    let from = if bin == 0 { 0 } else { grid[bin - 1] };
                    scores.add_offsets(std::iter::once((t, bin, events.accepted - from - 1)));
                }
            }
            if self.last && rates.errors.false_negative > 0.0 {
                let hidden = TaskLaw::Attempts(*rates).rejected_precision().0;
                let is_correct = |_, g: usize| {
                    // P(the last of k rejected attempts is correct | some of them is).
                    let some = -libm::expm1(grid[g] as f64 * libm::log1p(-hidden));
                    coins.open01() * some < hidden
                };
                let counts = &mut tally.last_correct[i * points..(i + 1) * points];
                scores.add_last(std::iter::once((t, cover..bin)), is_correct, counts);
            }
        }
        let width = 2 * points + 1;
        scores.add_acceptance(&acceptance[..trials], &mut tally.acceptance[i * width..(i + 1) * width]);
        if self.wanted.coverage {
            scores.count(&coverage[..trials], &mut tally.coverage[i * (points + 1)..(i + 1) * (points + 1)]);
        }
    }

    /// Counts the scores of a chunk's trials.
    pub fn score(&self, worker: &mut BinWorker, trials: usize, streams: &Streams, control: &Control) -> Result<()> {
        let BinWorker { tally, scores, totals, chunk, .. } = worker;
        if let Some(totals) = totals {
            totals.start();
        }
        let mut tokens = |point: usize, attempts: &[f64], output: &mut [f64]| {
            if let Some(totals) = totals {
                output.copy_from_slice(totals.at(attempts, (streams, *chunk, point), control)?);
            }
            Ok(())
        };
        let mut paid = Paid { utility: self.utility, cost: self.cost, tokens: &mut tokens };
        scores.score(trials, self.grid, &self.policies, self.wanted, &mut paid, tally)
    }

    /// Visits the rows of all workers together: `visit(index of the policy, grid point, row)`.
    pub fn rows(
        &self,
        workers: impl Iterator<Item = BinWorker>,
        source: &BinSource<'_>,
        run: &Run,
        visit: impl FnMut(usize, usize, RowTally),
    ) {
        let Some(mut tally) = BinTally::merged(workers.map(|worker| worker.tally)) else { return };
        if !run.wanted.coverage {
            tally.coverage.clear();
        }
        let mean = |i: usize, bin: usize| match source {
            BinSource::Integrated(integrated) => integrated.mean_attempt(i, bin),
            BinSource::Events(_) => f64::NAN,
        };
        let numbers = match source {
            BinSource::Events(Source::Binned(binned)) => AttemptNumbers::Laws(binned.laws),
            BinSource::Events(Source::Redrawn(_)) => AttemptNumbers::Drawn,
            BinSource::Integrated(_) => AttemptNumbers::Means(&mean),
        };
        tally.rows(run.trials, self.grid, &self.policies, (self.utility, self.cost), &numbers, visit);
    }
}
