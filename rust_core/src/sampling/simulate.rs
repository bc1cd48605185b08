//! The simulator: whole trials of the benchmark, drawn cell by cell.
//!
//! A trial is one pass over all tasks. Where a task's law is the same in every trial, its acceptance cell comes from an
//! alias table, so the cost does not depend on the number of attempts; coverage refines that draw with a stream of its
//! own and never redraws it. Where rates are drawn anew in every trial, `waiting` draws the attempts' waiting times.

use std::collections::HashMap;

use super::alias::{AliasTable, can_pair};
use super::cells::Cells;
use super::law::TaskLaw;
use super::scenario::SamplingScenario;
use super::tally::{AttemptNumbers, Block, RowTally, Tally, Wanted, coverage_cell};
use super::waiting;
use crate::error::{Error, Result};
use crate::rng::{Key, Stream, open01, purpose};
use crate::run::{Control, run};

/// The most trials of one run.
pub const MAX_TRIALS: u64 = 100_000_000_000_000;
/// The most bytes of alias tables that serve two tasks each.
const MAX_PAIRED_BYTES: usize = 1 << 25;
/// A chunk of trials draws about this many tasks.
const CHUNK_DRAWS: usize = 1 << 19;

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Trials.
    pub trials: u64,
    /// The key of the seed.
    pub key: Key,
    /// The independent repetition of the seed.
    pub replicate: u64,
    /// Threads.
    pub threads: usize,
    /// What to count.
    pub wanted: Wanted,
}

/// Trials of one chunk: a power of two that depends on the number of tasks only.
pub fn chunk_trials(tasks: usize) -> usize {
    (CHUNK_DRAWS / tasks).next_power_of_two().clamp(64, 2048)
}

/// Runs a scenario and visits its rows: `visit(policy, grid point, row)`.
pub fn simulate(
    scenario: &SamplingScenario,
    options: Run,
    control: &Control,
    visit: impl FnMut(usize, usize, RowTally),
) -> Result<()> {
    if options.trials == 0 || options.trials > MAX_TRIALS {
        return Err(Error::argument("trials", format!("in [1, {MAX_TRIALS}]"), options.trials));
    }
    let laws = scenario.laws();
    let answerable = scenario.answerable();
    let grid = &scenario.grid()[..answerable];
    if grid.is_empty() {
        return Ok(());
    }
    let redrawn = laws.iter().any(|law| matches!(law, TaskLaw::Posterior { .. }));
    let tally = if redrawn {
        waiting::tally(scenario, &laws, grid, options, control)?
    } else {
        tally(scenario, &laws, grid, options, control)?
    };
    let numbers = if redrawn { AttemptNumbers::Drawn } else { AttemptNumbers::Laws(&laws) };
    tally.rows(options.trials, grid, &scenario.policies, scenario.utility, &numbers, visit);
    Ok(())
}

/// One table and the one or two tasks it serves.
struct Group {
    table: usize,
    first: usize,
    paired: bool,
}

/// The tables of all tasks for one kind of cell.
struct Tables {
    groups: Vec<Group>,
    tables: Vec<AliasTable>,
}

impl Tables {
    /// Tables for the cells of every task: shared by equal laws, paired where that stays small.
    fn new(cells: &[Cells], law: &[usize], of: impl Fn(&Cells) -> &[f64]) -> Self {
        let paired = Self::build(law, |a, b| can_pair(of(&cells[a]), of(&cells[b])), cells, &of);
        if paired.tables.iter().map(AliasTable::bytes).sum::<usize>() <= MAX_PAIRED_BYTES {
            return paired;
        }
        Self::build(law, |_, _| false, cells, &of)
    }

    fn build(
        law: &[usize],
        can_pair: impl Fn(usize, usize) -> bool,
        cells: &[Cells],
        of: &impl Fn(&Cells) -> &[f64],
    ) -> Self {
        let mut known = HashMap::new();
        let (mut groups, mut tables, mut task) = (Vec::new(), Vec::new(), 0);
        while task < law.len() {
            let a = law[task];
            let partner = law.get(task + 1).copied().filter(|&b| can_pair(a, b));
            let table = *known.entry((a, partner)).or_insert_with(|| {
                tables.push(match partner {
                    Some(b) => AliasTable::pair(of(&cells[a]), of(&cells[b])),
                    None => AliasTable::single(of(&cells[a])),
                });
                tables.len() - 1
            });
            groups.push(Group { table, first: task, paired: partner.is_some() });
            task += if partner.is_some() { 2 } else { 1 };
        }
        Self { groups, tables }
    }
}

/// Draws the cells of one group for a block of trials; `cells` has a row for each of its tasks.
struct Reader {
    random: Vec<u32>,
    codes: Vec<u16>,
}

impl Reader {
    fn new(trials: usize) -> Self {
        Self { random: vec![0; trials], codes: vec![0; trials] }
    }

    fn read(
        &mut self,
        tables: &Tables,
        group: usize,
        stream: Stream,
        tie: Stream,
        first: &mut [u16],
        second: &mut [u16],
    ) {
        let Group { table, paired, .. } = tables.groups[group];
        let table = &tables.tables[table];
        let trials = self.codes.len() as u64;
        let start = group as u64 * trials;
        if table.certain().is_none() {
            stream.fill_u32(start / 8, &mut self.random);
        }
        if paired {
            table.read(&self.random, &mut self.codes, |i| tie.word(start + i as u64));
            for ((&code, a), b) in self.codes.iter().zip(first).zip(second) {
                *a = code & 0xff;
                *b = code >> 8;
            }
        } else {
            table.read(&self.random, first, |i| tie.word(start + i as u64));
        }
    }
}

struct Worker {
    tally: Tally,
    block: Block,
    acceptance: [Vec<u16>; 2],
    rejected: Vec<u16>,
    coverage: Vec<u16>,
    reader: Reader,
}

fn tally(
    scenario: &SamplingScenario,
    laws: &[TaskLaw],
    grid: &[u64],
    options: Run,
    control: &Control,
) -> Result<Tally> {
    let (tasks, points) = (laws.len(), grid.len());
    let policies = &scenario.policies;
    let last = policies.iter().any(|p| p.returns_last());
    // A last answer is correct only where some answer is: it needs the coverage cell.
    let coverage = options.wanted.coverage || last;
    let wanted = Wanted { coverage, ..options.wanted };
    let exact_attempts = wanted.utility_counts && scenario.utility.is_some_and(|u| u.attempt_cost > 0.0);

    let mut distinct: Vec<Cells> = Vec::new();
    let mut known = HashMap::new();
    let law: Vec<usize> = laws
        .iter()
        .map(|law| {
            *known.entry(law_bits(law)).or_insert_with(|| {
                distinct.push(Cells::new(law, grid));
                distinct.len() - 1
            })
        })
        .collect();
    let acceptance = Tables::new(&distinct, &law, |c| &c.acceptance);
    let rejected = coverage.then(|| Tables::new(&distinct, &law, |c| c.rejected_correct.as_deref().unwrap_or(&[1.0])));

    let chunk = chunk_trials(tasks);
    let chunks = options.trials.div_ceil(chunk as u64);
    let new_worker = || Worker {
        tally: Tally::new(tasks, points, policies, wanted, false),
        block: Block::new(chunk, tasks, points, wanted, last, exact_attempts),
        acceptance: [vec![0; chunk], vec![0; chunk]],
        rejected: vec![0; 2 * chunk],
        coverage: vec![0; chunk],
        reader: Reader::new(chunk),
    };
    let work = |worker: &mut Worker, index: u64| {
        let stream = |purpose| Stream::new(options.key, options.replicate, purpose, index);
        let tie = |of: u64| stream(purpose::TIE + (of << 32));
        let trials = (options.trials - index * chunk as u64).min(chunk as u64) as usize;
        let Worker { tally, block, acceptance: [first, second], rejected: rejected_cells, coverage: covered, reader } =
            worker;
        block.clear();
        // Coverage groups tasks in its own way: it walks behind with the acceptance cells of up to two tasks.
        for group in 0..acceptance.groups.len() {
            if group % 64 == 0 {
                control.check()?;
            }
            reader.read(&acceptance, group, stream(purpose::ACCEPTANCE), tie(purpose::ACCEPTANCE), first, second);
            let Group { first: task, paired, .. } = acceptance.groups[group];
            for (i, cells) in [(task, &*first), (task + 1, &*second)].into_iter().take(if paired { 2 } else { 1 }) {
                let width = 2 * points + 1;
                block.add_acceptance(&cells[..trials], &mut tally.acceptance[i * width..(i + 1) * width]);
                let position = |t: usize| (i * chunk + t) as u64;
                let law = &distinct[law[i]];
                if exact_attempts {
                    let words = stream(purpose::ATTEMPT);
                    for (t, &cell) in cells[..trials].iter().enumerate().filter(|(_, c)| (**c as usize) < 2 * points) {
                        let g = cell as usize % points;
                        let from = if g == 0 { 0.0 } else { grid[g - 1] as f64 };
                        let attempt = laws[i].attempt_at(from, grid[g] as f64, open01(words.word(position(t))));
                        block.add_attempt(cell, t, attempt as u64);
                    }
                }
                let Some(tables) = &rejected else { continue };
                // The group of this task among the coverage tables.
                let at = tables.groups.partition_point(|g| g.first <= i) - 1;
                let (row, other) = rejected_cells.split_at_mut(chunk);
                let second_of_pair = tables.groups[at].first != i;
                if !second_of_pair {
                    reader.read(tables, at, stream(purpose::COVERAGE), tie(purpose::COVERAGE), row, other);
                }
                let row = if second_of_pair { other } else { row };
                let after_wrong = stream(purpose::COVERAGE_AFTER_WRONG);
                for (t, ((out, &cell), &hidden)) in covered.iter_mut().zip(&cells[..trials]).zip(&*row).enumerate() {
                    *out = coverage_cell(law, cell, hidden, || open01(after_wrong.word(position(t))));
                }
                block.add_coverage(&covered[..trials], &mut tally.coverage[i * (points + 1)..(i + 1) * (points + 1)]);
                if last && laws[i].rejected_precision() > 0.0 {
                    let coins = stream(purpose::LAST);
                    for (t, (&cell, &cover)) in cells[..trials].iter().zip(&covered[..trials]).enumerate() {
                        let accepted_at = if cell as usize == 2 * points { points } else { cell as usize % points };
                        for g in cover as usize..accepted_at {
                            let at = ((i * points + g) * chunk + t) as u64;
                            if open01(coins.word(at)) < law.last_correct[g] {
                                block.add_last(g, t);
                                tally.last_correct[i * points + g] += 1;
                            }
                        }
                    }
                }
            }
        }
        block.score(trials, grid, policies, scenario.utility, tally);
        control.advance(trials as u64);
        Ok(())
    };
    let workers = run(chunks, options.threads, control, new_worker, work, |()| ())?;
    let mut tallies = workers.into_iter().map(|w| w.tally);
    let mut total = tallies.next().expect("a run has at least one worker");
    tallies.for_each(|t| total.merge(&t));
    if !options.wanted.coverage {
        total.coverage.clear();
    }
    Ok(total)
}

/// A law as bits, to find equal ones.
fn law_bits(law: &TaskLaw) -> [u64; 4] {
    match *law {
        TaskLaw::Attempts(r) => [r.success, r.false_positive, r.false_negative, 0.0],
        TaskLaw::Pool { attempts, accepted, accepted_correct, correct } => {
            [attempts, accepted, accepted_correct, correct.unwrap_or(-1.0)]
        }
        TaskLaw::Posterior { beta, false_positive, false_negative } => {
            [beta[0], beta[1], false_positive, false_negative]
        }
    }
    .map(f64::to_bits)
}
