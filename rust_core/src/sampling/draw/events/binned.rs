//! The two events of one task in one trial: the first acceptance and the first correct attempt.
//!
//! They are the coarsest feature of the attempts and the same draws that `cellwise` and `waiting` count, so what those
//! say about first accepted is unchanged by further policies. Here the cells of the grid become attempt numbers: given
//! its cell, the first acceptance is a truncated geometric number, and so is the first correct among rejected answers.

use std::collections::HashMap;

use crate::math::log1p;
use crate::rng::{Sequence, Stream, purpose};
use crate::sampling::draw::Run;
use crate::sampling::draw::binned_engine::law_bits;
use crate::sampling::draw::events::FirstEvents;
use crate::sampling::draw::events::bins::Cells;
use crate::sampling::draw::events::pool::Pool;
use crate::sampling::draw::events::tables::{Group, Reader, Tables};
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::population::{Population, RateStreams};
use crate::variates::NEVER;
use crate::variates::exponential::Exponential;

/// After so many failures a pair of events has a probability below the resolution of the draw that asked for it.
pub const MOST_TRIES: usize = 1 << 20;

/// Longer waiting times than this on average have too few digits behind the point to be cut off at the end of a cell.
const MOST_SCALE: f64 = 1e9;

/// How the events of all tasks are drawn.
pub struct Plan<'a> {
    laws: &'a [TaskLaw],
    population: Population<'a>,
    grid: &'a [u64],
    run: Run,
    chunk: usize,
    cells: Option<CellPlan>,
    exponential: Exponential,
}

/// The tables of tasks whose laws do not change from trial to trial.
struct CellPlan {
    distinct: Vec<Cells>,
    law: Vec<usize>,
    acceptance: Tables,
    hidden: Tables,
}

/// What one chunk of trials reads.
pub struct ChunkEvents {
    index: u64,
    acceptance: Reader,
    acceptance_group: usize,
    hidden: Reader,
    hidden_group: usize,
    rates: RateStreams,
    random: Sequence,
}

impl<'a> Plan<'a> {
    /// The plan of a scenario's laws. Without a grid the events have no end.
    pub fn new(population: Population<'a>, laws: &'a [TaskLaw], grid: &'a [u64], run: Run, chunk: usize) -> Self {
        let redrawn = laws.contains(&TaskLaw::Drawn);
        let cells = (!redrawn && !grid.is_empty()).then(|| {
            let (mut distinct, mut known) = (Vec::new(), HashMap::new());
            let law: Vec<usize> = laws
                .iter()
                .map(|law| {
                    *known.entry(law_bits(law)).or_insert_with(|| {
                        distinct.push(Cells::new(law, grid, true));
                        distinct.len() - 1
                    })
                })
                .collect();
            CellPlan {
                acceptance: Tables::new(&distinct, &law, |c| &c.acceptance),
                hidden: Tables::new(&distinct, &law, |c| c.rejected_correct.as_deref().unwrap_or(&[1.0])),
                distinct,
                law,
            }
        });
        Self { laws, population, grid, run, chunk, cells, exponential: Exponential::default() }
    }

    fn stream(&self, purpose: u64, chunk: u64) -> Stream {
        Stream::new(self.run.key, self.run.replicate, purpose, chunk)
    }

    /// Starts a chunk.
    pub fn chunk(&self, index: u64) -> ChunkEvents {
        let purpose = if self.cells.is_some() { purpose::CLOCKS } else { purpose::ACCEPTANCE };
        ChunkEvents {
            index,
            acceptance: Reader::new(self.chunk),
            acceptance_group: usize::MAX,
            hidden: Reader::new(self.chunk),
            hidden_group: usize::MAX,
            rates: RateStreams::new(self.run.key, self.run.replicate, index),
            random: self.stream(purpose, index).sequence(),
        }
    }

    /// Draws the events of task `i`, a trial each, with the rates behind them; tasks come in order.
    pub fn read(&self, chunk: &mut ChunkEvents, i: usize, out: &mut [(FirstEvents, Rates)]) {
        let Some(plan) = &self.cells else {
            for slot in out {
                let rates = match self.laws[i] {
                    TaskLaw::Attempts(rates) => rates,
                    _ => self.population.draw(i, &mut chunk.rates),
                };
                *slot = (FirstEvents::draw(&rates, &mut chunk.random), rates);
            }
            return;
        };
        let trials = out.len();
        let side = self.turn(
            &plan.acceptance,
            purpose::ACCEPTANCE,
            i,
            (chunk.index, trials),
            (&mut chunk.acceptance, &mut chunk.acceptance_group),
        );
        let (reader, group) = (&mut chunk.hidden, &mut chunk.hidden_group);
        let hidden_side = self.turn(&plan.hidden, purpose::COVERAGE, i, (chunk.index, trials), (reader, group));
        let law = &plan.distinct[plan.law[i]];
        let points = self.grid.len();
        let mut after_wrong =
            self.stream(purpose::COVERAGE_AFTER_WRONG, chunk.index).words_from((i * self.chunk) as u64);
        if let Some(pool) = Pool::new(&self.laws[i]) {
            for (t, (events, _)) in out.iter_mut().enumerate() {
                let [cell, hidden] =
                    [chunk.acceptance.cells[side][t], chunk.hidden.cells[hidden_side][t]].map(usize::from);
                *events = pool.events((law, self.grid), (cell, hidden), &mut after_wrong, &mut chunk.random);
            }
            return;
        }
        let TaskLaw::Attempts(rates) = self.laws[i] else { return };
        let mut within = Within::new(self.grid, &rates, &self.exponential);
        for (t, slot) in out.iter_mut().enumerate() {
            let cell = chunk.acceptance.cells[side][t] as usize;
            let hidden = chunk.hidden.cells[hidden_side][t] as usize;
            let random = &mut chunk.random;
            let events = if cell == 2 * points {
                FirstEvents { accepted: NEVER, accepted_correct: false, correct: within.hidden(hidden, random) }
            } else if cell < points {
                let accepted = within.accepted(cell, random);
                let correct = if hidden > cell { accepted } else { within.hidden(hidden, random).min(accepted) };
                FirstEvents { accepted, accepted_correct: true, correct }
            } else if hidden < cell - points {
                let accepted = within.accepted(cell - points, random);
                FirstEvents { accepted, accepted_correct: false, correct: within.hidden(hidden, random) }
            } else {
                let cell = cell - points;
                within.after_wrong(cell, law.covered_after_wrong(cell, after_wrong.open01()), random)
            };
            *slot = (events, rates);
        }
    }

    /// Reads the group of tables that serves task `i`; returns which of its tasks that is.
    fn turn(
        &self,
        tables: &Tables,
        of: u64,
        i: usize,
        (chunk, trials): (u64, usize),
        (reader, at): (&mut Reader, &mut usize),
    ) -> usize {
        let next = if i == 0 { 0 } else { at.wrapping_add(1) };
        if tables.groups.get(next).is_some_and(|g| g.first == i) {
            *at = next;
            let tie = self.stream(purpose::TIE + (of << 32), chunk);
            reader.read(tables, next, trials, self.stream(of, chunk), tie);
        }
        let Group { first, .. } = tables.groups[*at];
        i - first
    }
}

/// Attempt numbers within cells of the grid.
struct Within<'a> {
    grid: &'a [u64],
    accepted: Waiting<'a>,
    /// The first correct among the rejected.
    hidden: Waiting<'a>,
    correct: Waiting<'a>,
    /// The first accepted among the wrong.
    accepted_wrong: Waiting<'a>,
}

/// A geometric attempt number: an exponential number over -ln(1 - rate), cut off.
struct Waiting<'a> {
    exponential: &'a Exponential,
    rate: f64,
    ln_miss: f64,
    /// -1 / `ln_miss`.
    scale: f64,
    /// By cell of the grid, less P(it falls into the cell | not before it); NaN until it is needed.
    within: Vec<f64>,
}

impl<'a> Within<'a> {
    fn new(grid: &'a [u64], rates: &Rates, exponential: &'a Exponential) -> Self {
        let waiting = |rate: f64, ln_miss: f64| Waiting {
            exponential,
            rate,
            ln_miss,
            scale: -1.0 / ln_miss,
            within: vec![f64::NAN; grid.len()],
        };
        let hidden = TaskLaw::Attempts(*rates).rejected_precision().0;
        let (p, f) = (rates.success, rates.errors.false_positive);
        Self {
            grid,
            accepted: waiting(rates.accepted(), rates.ln_rejected()),
            hidden: waiting(hidden, libm::log1p(-hidden)),
            correct: waiting(p, libm::log1p(-p)),
            accepted_wrong: waiting(f, libm::log1p(-f)),
        }
    }

    fn accepted(&mut self, cell: usize, random: &mut Sequence) -> u64 {
        self.accepted.within(self.grid, cell, random)
    }

    /// The first correct among the rejected, in a cell of theirs; never beyond the grid.
    fn hidden(&mut self, cell: usize, random: &mut Sequence) -> u64 {
        if cell < self.grid.len() { self.hidden.within(self.grid, cell, random) } else { NEVER }
    }

    /// Both events after a wrong acceptance in `cell`, no correct answer before the cell, the first one in `covered`.
    fn after_wrong(&mut self, cell: usize, covered: usize, random: &mut Sequence) -> FirstEvents {
        let (from, to) = ends(self.grid, cell);
        let events = |accepted, correct| FirstEvents { accepted, accepted_correct: false, correct };
        if covered > cell || to - from == 1 {
            let covered = covered.max(cell + 1);
            // Wrong attempts only in this cell: the first accepted of them.
            let accepted = self.accepted_wrong.within(self.grid, cell, random);
            let correct =
                if covered < self.grid.len() { self.correct.within(self.grid, covered, random) } else { NEVER };
            return events(accepted, correct);
        }
        for _ in 0..MOST_TRIES {
            let accepted = self.accepted.within(self.grid, cell, random);
            let before = self.hidden.draw(random);
            if before < accepted - from {
                return events(accepted, from + before);
            }
            let after = self.correct.draw(random);
            if after <= to - accepted {
                return events(accepted, accepted + after);
            }
        }
        events(to, NEVER)
    }
}

/// The attempts before and up to the end of a cell.
fn ends(grid: &[u64], cell: usize) -> (u64, u64) {
    (if cell == 0 { 0 } else { grid[cell - 1] }, grid[cell])
}

impl Waiting<'_> {
    /// The attempts before it.
    #[inline]
    fn before(&self, random: &mut Sequence) -> u64 {
        // A quotient beyond 2^64 saturates at NEVER.
        (self.exponential.draw(random) * self.scale) as u64
    }

    /// The number from 1 on.
    #[inline]
    fn draw(&self, random: &mut Sequence) -> u64 {
        if self.rate <= 0.0 { NEVER } else { self.before(random).saturating_add(1) }
    }

    /// The number given that it falls into a cell; certain where the cell is one attempt.
    #[inline]
    fn within(&mut self, grid: &[u64], cell: usize, random: &mut Sequence) -> u64 {
        let (from, to) = ends(grid, cell);
        let length = to - from;
        if length == 1 {
            return to;
        }
        let before = self.before(random);
        if before < length {
            return from + 1 + before;
        }
        // Beyond the cell it starts anew: the remainder has the law wanted, while a number has the digits for one.
        if self.scale < MOST_SCALE {
            from + 1 + before % length
        } else {
            from + 1 + self.inverted(cell, length, random)
        }
    }

    /// The attempts before it within a cell, by inversion.
    #[cold]
    fn inverted(&mut self, cell: usize, length: u64, random: &mut Sequence) -> u64 {
        if self.within[cell].is_nan() {
            self.within[cell] = libm::expm1(length as f64 * self.ln_miss);
        }
        let u = random.open01();
        let before = if self.ln_miss == 0.0 { u * length as f64 } else { log1p(u * self.within[cell]) / self.ln_miss };
        (before as u64).min(length - 1)
    }
}
