//! Tasks whose law is the same in every trial: their cells on the grid of attempts, drawn from alias tables.
//!
//! The acceptance cell is one draw. Coverage refines it with streams of its own and never redraws it: the first correct
//! answer among rejected ones comes from a second table, and after a wrong acceptance the wait may go on.

use std::collections::HashMap;

use crate::error::Result;
use crate::rng::{Stream, open01, purpose};
use crate::run::{Control, run};
use crate::sampling::draw::events::bins::Cells;
use crate::sampling::draw::events::tables::{Group, Reader, Tables};
use crate::sampling::draw::{Run, chunk_trials};
use crate::sampling::policy::Policy;
use crate::sampling::record::binned_scores::{Block, Count};
use crate::sampling::record::{Tally, Wanted};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::TaskLaw;

struct Worker<C> {
    tally: Tally,
    block: Block<C>,
    acceptance: Reader,
    hidden: Reader,
    /// The group whose cells `hidden` holds.
    hidden_group: usize,
    coverage: Vec<u16>,
    pending: Vec<u32>,
}

/// What all chunks share.
struct Plan<'a> {
    laws: &'a [TaskLaw],
    grid: &'a [u64],
    policies: &'a [Policy],
    options: Run,
    chunk: usize,
    /// The distinct laws' cells, and which of them each task has.
    distinct: Vec<Cells>,
    law: Vec<usize>,
    acceptance: Tables,
    /// The first correct among the rejected; `None` where coverage is not needed.
    hidden: Option<Tables>,
    /// Per acceptance cell: the latest coverage cell it leaves open to rejected answers, and 1 after a wrong acceptance.
    limit: Vec<u16>,
    wrong: Vec<usize>,
    last: bool,
    exact_attempts: bool,
}

/// Counts the trials of a scenario whose laws are the same in every trial.
pub fn tally<C: Count>(
    scenario: &SamplingScenario,
    laws: &[TaskLaw],
    grid: &[u64],
    options: Run,
    control: &Control,
) -> Result<Tally> {
    let plan = Plan::new(scenario, laws, grid, options, control)?;
    let (tasks, points, chunk) = (laws.len(), grid.len(), plan.chunk);
    let wanted = plan.options.wanted;
    let new_worker = || Worker {
        tally: Tally::new(tasks, points, plan.policies, wanted, false),
        block: Block::<C>::new(chunk, tasks, points, plan.policies, wanted, plan.exact_attempts),
        acceptance: Reader::new(chunk),
        hidden: Reader::new(chunk),
        hidden_group: 0,
        coverage: vec![0; chunk],
        pending: vec![0; chunk + 1],
    };
    let work = |worker: &mut Worker<C>, index: u64| {
        let trials = (options.trials - index * chunk as u64).min(chunk as u64) as usize;
        worker.block.clear();
        for (group, &Group { first, paired, .. }) in plan.acceptance.groups.iter().enumerate() {
            if group % 64 == 0 {
                control.check()?;
            }
            worker.acceptance.read(
                &plan.acceptance,
                group,
                trials,
                plan.stream(purpose::ACCEPTANCE, index),
                plan.tie(purpose::ACCEPTANCE, index),
            );
            for side in 0..=usize::from(paired) {
                plan.task(worker, index, first + side, side, trials);
            }
        }
        worker.block.score(trials, grid, plan.policies, wanted, scenario.utility, &mut worker.tally);
        control.advance(trials as u64);
        Ok(())
    };
    let workers = run(options.trials.div_ceil(chunk as u64), options.threads, control, new_worker, work, |()| ())?;
    let mut total = Tally::merged(workers.into_iter().map(|w| w.tally));
    if !options.wanted.coverage {
        total.coverage.clear();
    }
    Ok(total)
}

impl<'a> Plan<'a> {
    fn new(
        scenario: &'a SamplingScenario,
        laws: &'a [TaskLaw],
        grid: &'a [u64],
        options: Run,
        control: &Control,
    ) -> Result<Self> {
        let points = grid.len();
        let last = scenario.policies.iter().any(|p| p.needs().last);
        // A last answer is correct only where some answer is: it needs the coverage cell.
        let wanted = Wanted { coverage: options.wanted.coverage || last, ..options.wanted };
        let mut distinct: Vec<Cells> = Vec::new();
        let mut known = HashMap::new();
        let mut law = Vec::with_capacity(laws.len());
        for (i, one) in laws.iter().enumerate() {
            if i % 1024 == 0 {
                control.check()?;
            }
            law.push(*known.entry(law_bits(one)).or_insert_with(|| {
                distinct.push(Cells::new(one, grid, wanted.coverage));
                distinct.len() - 1
            }));
        }
        let cells = 0..=2 * points;
        Ok(Self {
            laws,
            grid,
            policies: &scenario.policies,
            options: Run { wanted, ..options },
            chunk: chunk_trials(laws.len()),
            acceptance: Tables::new(&distinct, &law, |c| &c.acceptance),
            hidden: wanted
                .coverage
                .then(|| Tables::new(&distinct, &law, |c| c.rejected_correct.as_deref().unwrap_or(&[1.0]))),
            distinct,
            law,
            limit: cells.clone().map(|cell| if cell == 2 * points { points } else { cell % points } as u16).collect(),
            wrong: cells.map(|cell| usize::from((points..2 * points).contains(&cell))).collect(),
            last,
            exact_attempts: wanted.utility_counts && scenario.utility.is_some_and(|u| u.attempt_cost > 0.0),
        })
    }

    fn stream(&self, purpose: u64, chunk: u64) -> Stream {
        Stream::new(self.options.key, self.options.replicate, purpose, chunk)
    }

    fn tie(&self, of: u64, chunk: u64) -> Stream {
        self.stream(purpose::TIE + (of << 32), chunk)
    }

    /// Adds task `i`, whose acceptance cells stand on `side` of the reader.
    fn task<C: Count>(&self, worker: &mut Worker<C>, chunk: u64, i: usize, side: usize, trials: usize) {
        let points = self.grid.len();
        let width = 2 * points + 1;
        let cells = &worker.acceptance.cells[side][..trials];
        worker.block.add_acceptance(cells, &mut worker.tally.acceptance[i * width..(i + 1) * width]);
        if self.exact_attempts {
            let words = self.stream(purpose::ATTEMPT, chunk);
            for (t, &cell) in cells.iter().enumerate().filter(|(_, c)| (**c as usize) < 2 * points) {
                let g = cell as usize % points;
                let from = if g == 0 { 0.0 } else { self.grid[g - 1] as f64 };
                let u = open01(words.word((i * self.chunk + t) as u64));
                worker.block.add_attempt(cell, t, self.laws[i].attempt_at(from, self.grid[g] as f64, u) as u64);
            }
        }
        if let Some(tables) = &self.hidden {
            self.cover(worker, tables, chunk, i, side, trials);
            if self.last && self.laws[i].rejected_precision().0 > 0.0 {
                self.return_last(worker, chunk, i, side, trials);
            }
        }
    }

    /// Draws the coverage cells of task `i`. Coverage groups the tasks in its own way; tasks come in order.
    fn cover<C: Count>(
        &self,
        worker: &mut Worker<C>,
        tables: &Tables,
        chunk: u64,
        i: usize,
        side: usize,
        trials: usize,
    ) {
        let Worker { tally, block, acceptance, hidden, hidden_group, coverage, pending } = worker;
        if i == 0 {
            *hidden_group = 0;
        }
        let next = *hidden_group + usize::from(i > 0);
        if tables.groups.get(next).is_some_and(|g| g.first == i) {
            *hidden_group = next;
            let (stream, tie) = (self.stream(purpose::COVERAGE, chunk), self.tie(purpose::COVERAGE, chunk));
            hidden.read(tables, next, trials, stream, tie);
        }
        let cells = &acceptance.cells[side][..trials];
        let hidden = &hidden.cells[i - tables.groups[*hidden_group].first][..trials];
        // A rejected answer covers up to the acceptance; after a wrong one the wait may go on.
        let mut open = 0;
        for (t, ((&cell, &h), out)) in cells.iter().zip(hidden).zip(&mut *coverage).enumerate() {
            let limit = self.limit[cell as usize];
            *out = h.min(limit);
            pending[open] = t as u32;
            open += usize::from(h >= limit) * self.wrong[cell as usize];
        }
        let (points, law) = (self.grid.len(), &self.distinct[self.law[i]]);
        let mut words = self.stream(purpose::COVERAGE_AFTER_WRONG, chunk).words_from((i * self.chunk) as u64);
        for &t in &pending[..open] {
            let t = t as usize;
            coverage[t] = law.covered_after_wrong(cells[t] as usize - points, words.open01()) as u16;
        }
        block.count(&coverage[..trials], &mut tally.coverage[i * (points + 1)..(i + 1) * (points + 1)]);
    }

    /// Tosses whether the last attempt is correct, at each grid point where some attempt is and none was accepted.
    fn return_last<C: Count>(&self, worker: &mut Worker<C>, chunk: u64, i: usize, side: usize, trials: usize) {
        let (points, law) = (self.grid.len(), &self.distinct[self.law[i]]);
        let coins = self.stream(purpose::LAST, chunk);
        let cells = worker.acceptance.cells[side][..trials].iter().zip(&worker.coverage);
        for (t, (&cell, &cover)) in cells.enumerate() {
            for g in cover as usize..self.limit[cell as usize] as usize {
                if open01(coins.word(((i * points + g) * self.chunk + t) as u64)) < law.last_correct[g] {
                    worker.block.add_last(g, t);
                    worker.tally.last_correct[i * points + g] += 1;
                }
            }
        }
    }
}

/// A law as bits, to find equal ones.
pub fn law_bits(law: &TaskLaw) -> [u64; 4] {
    match *law {
        TaskLaw::Attempts(r) => [r.success, r.errors.false_positive, r.errors.false_negative, r.errors.true_positive],
        TaskLaw::Pool { attempts, accepted, accepted_correct, correct } => {
            [attempts, accepted, accepted_correct, correct.unwrap_or(-1.0)]
        }
        TaskLaw::Drawn => [f64::NAN; 4],
    }
    .map(f64::to_bits)
}
