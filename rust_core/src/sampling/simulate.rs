//! The simulator: whole trials of the benchmark, drawn cell by cell.
//!
//! A trial is one pass over all tasks. Where a task's law is the same in every trial, its acceptance cell comes from an
//! alias table, so the cost does not depend on the number of attempts; coverage refines that draw with a stream of its
//! own and never redraws it. Where rates are drawn anew in every trial, `waiting` draws the attempts' waiting times.

use std::collections::HashMap;

use super::alias::{AliasTable, can_pair};
use super::block::{Block, Count};
use super::cells::Cells;
use super::law::TaskLaw;
use super::scenario::SamplingScenario;
use super::tally::{AttemptNumbers, RowTally, Tally, Wanted};
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
        // A cell holds at most every task.
        if u16::try_from(laws.len()).is_ok() {
            tally::<u16>(scenario, &laws, grid, options, control)?
        } else {
            tally::<u32>(scenario, &laws, grid, options, control)?
        }
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

/// Draws the cells of one group for a chunk of trials.
struct Reader {
    random: Vec<u32>,
    cells: [Vec<u16>; 2],
}

impl Reader {
    fn new(trials: usize) -> Self {
        Self { random: vec![0; trials], cells: [vec![0; trials], vec![0; trials]] }
    }

    fn read(&mut self, tables: &Tables, group: usize, stream: Stream, tie: Stream) {
        let table = &tables.tables[tables.groups[group].table];
        let start = (group * self.random.len()) as u64;
        if !table.is_certain() {
            stream.fill_u32(start / 8, &mut self.random);
        }
        let [first, second] = &mut self.cells;
        table.read(&self.random, first, second, |i| tie.word(start + i as u64));
    }
}

struct Worker<C> {
    tally: Tally,
    block: Block<C>,
    acceptance: Reader,
    rejected: Reader,
    coverage: Vec<u16>,
    pending: Vec<u32>,
}

fn tally<C: Count>(
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
    // The latest coverage cell that an acceptance cell leaves open to rejected answers.
    let limits: Vec<u16> =
        (0..=2 * points).map(|cell| if cell == 2 * points { points } else { cell % points } as u16).collect();

    let chunk = chunk_trials(tasks);
    let new_worker = || Worker {
        tally: Tally::new(tasks, points, policies, wanted, false),
        block: Block::<C>::new(chunk, tasks, points, policies, exact_attempts),
        acceptance: Reader::new(chunk),
        rejected: Reader::new(chunk),
        coverage: vec![0; chunk],
        pending: vec![0; chunk + 1],
    };
    let work = |worker: &mut Worker<C>, index: u64| {
        let stream = |purpose| Stream::new(options.key, options.replicate, purpose, index);
        let tie = |of: u64| stream(purpose::TIE + (of << 32));
        let trials = (options.trials - index * chunk as u64).min(chunk as u64) as usize;
        let Worker { tally, block, acceptance: accepted, rejected: hidden, coverage: covered, pending } = worker;
        block.clear();
        // Coverage groups the tasks in its own way: `behind` is the group whose cells `hidden` holds.
        let mut behind = 0;
        for (group, &Group { first: task, paired, .. }) in acceptance.groups.iter().enumerate() {
            if group % 64 == 0 {
                control.check()?;
            }
            accepted.read(&acceptance, group, stream(purpose::ACCEPTANCE), tie(purpose::ACCEPTANCE));
            for (i, cells) in (task..).zip(&accepted.cells).take(if paired { 2 } else { 1 }) {
                let cells = &cells[..trials];
                let width = 2 * points + 1;
                block.add_acceptance(cells, &mut tally.acceptance[i * width..(i + 1) * width]);
                if exact_attempts {
                    let words = stream(purpose::ATTEMPT);
                    for (t, &cell) in cells.iter().enumerate().filter(|(_, c)| (**c as usize) < 2 * points) {
                        let g = cell as usize % points;
                        let from = if g == 0 { 0.0 } else { grid[g - 1] as f64 };
                        let u = open01(words.word((i * chunk + t) as u64));
                        block.add_attempt(cell, t, laws[i].attempt_at(from, grid[g] as f64, u) as u64);
                    }
                }
                let Some(tables) = &rejected else { continue };
                if i == 0 || tables.groups.get(behind + 1).is_some_and(|g| g.first == i) {
                    behind += usize::from(i > 0);
                    hidden.read(tables, behind, stream(purpose::COVERAGE), tie(purpose::COVERAGE));
                }
                let hidden = &hidden.cells[i - tables.groups[behind].first][..trials];
                // A rejected answer covers up to the acceptance; after a wrong one the wait may go on.
                let mut open = 0;
                for (t, ((&cell, &h), out)) in cells.iter().zip(hidden).zip(&mut *covered).enumerate() {
                    let limit = limits[cell as usize];
                    *out = h.min(limit);
                    pending[open] = t as u32;
                    open += usize::from((h >= limit) & (cell as usize >= points) & (cell as usize != 2 * points));
                }
                let law = &distinct[law[i]];
                let mut after_wrong = stream(purpose::COVERAGE_AFTER_WRONG).words_from((i * chunk) as u64);
                for &t in &pending[..open] {
                    let t = t as usize;
                    covered[t] = law.covered_after_wrong(cells[t] as usize - points, after_wrong.open01()) as u16;
                }
                let covered = &covered[..trials];
                block.count(covered, &mut tally.coverage[i * (points + 1)..(i + 1) * (points + 1)]);
                if last && laws[i].rejected_precision() > 0.0 {
                    let coins = stream(purpose::LAST);
                    for (t, (&cell, &cover)) in cells.iter().zip(covered).enumerate() {
                        for g in cover as usize..limits[cell as usize] as usize {
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
        block.score(trials, grid, policies, wanted, scenario.utility, tally);
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
