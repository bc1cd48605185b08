//! Tasks whose rates are drawn anew in every trial: waiting times to the first acceptance and the first correct answer.
//!
//! The first attempt that is not rejected and wrong comes after a geometric time; its kind is one coin. Accepted and
//! correct: both events stop. Accepted and wrong: the first correct attempt is one more Geometric(p) away. Rejected and
//! correct: the first acceptance is one more Geometric(a) away, and is correct with the precision q.

use libm::log1p;

use super::FirstEvents;
use crate::error::Result;
use crate::rng::{Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::draw::{Run, chunk_trials};
use crate::sampling::record::binned_scores::Block;
use crate::sampling::record::{Tally, cell_of};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::population::{Population, RateStreams};
use crate::variates::{NEVER, geometric};

struct Worker {
    tally: Tally,
    block: Block<u32>,
    acceptance: Vec<u16>,
    coverage: Vec<u16>,
}

impl FirstEvents {
    /// Draws both events.
    pub fn draw(rates: &Rates, random: &mut Sequence) -> Self {
        let (right, wrong, hidden) = (rates.accepted_correct(), rates.accepted_wrong(), rates.rejected_correct());
        let any = right + wrong + hidden;
        let first = geometric(any, rates.ln_rejected_wrong(), random);
        if first == NEVER {
            return Self { accepted: NEVER, accepted_correct: false, correct: NEVER };
        }
        let coin = random.open01() * any;
        if coin < right {
            return Self { accepted: first, accepted_correct: true, correct: first };
        }
        if coin < right + wrong {
            let more = geometric(rates.success, log1p(-rates.success), random);
            return Self { accepted: first, accepted_correct: false, correct: first.saturating_add(more) };
        }
        let more = geometric(rates.accepted(), rates.ln_rejected(), random);
        let accepted_correct = random.open01() * (right + wrong) < right;
        Self { accepted: first.saturating_add(more), accepted_correct, correct: first }
    }
}

/// Counts the trials of a scenario whose rates are drawn anew in every trial.
pub fn tally(
    scenario: &SamplingScenario,
    population: &Population<'_>,
    grid: &[u64],
    options: Run,
    control: &Control,
) -> Result<Tally> {
    let (tasks, points) = (scenario.tasks.count(), grid.len());
    let policies = &scenario.policies;
    let last = policies.iter().any(|p| p.needs().last);
    let exact_attempts = options.wanted.utility_counts && scenario.utility.is_some_and(|u| u.attempt_cost > 0.0);
    let chunk = chunk_trials(tasks);
    let new_worker = || Worker {
        tally: Tally::new(tasks, points, policies, options.wanted, true),
        block: Block::new(chunk, tasks, points, policies, options.wanted, exact_attempts),
        acceptance: vec![0; chunk],
        coverage: vec![0; chunk],
    };
    let work = |worker: &mut Worker, index: u64| {
        let sequence = |purpose| Stream::new(options.key, options.replicate, purpose, index).sequence();
        let (mut random, mut coins) = (sequence(purpose::ACCEPTANCE), sequence(purpose::LAST));
        let mut rate_streams = RateStreams::new(options.key, options.replicate, index);
        let trials = (options.trials - index * chunk as u64).min(chunk as u64) as usize;
        let Worker { tally, block, acceptance, coverage } = worker;
        block.clear();
        for i in 0..tasks {
            control.check()?;
            for t in 0..trials {
                let rates = population.draw(i, &mut rate_streams);
                let events = FirstEvents::draw(&rates, &mut random);
                let cell = cell_of(grid, events.accepted);
                let cover = cell_of(grid, events.correct);
                let kind = if events.accepted_correct { 0 } else { points };
                acceptance[t] = if cell == points { 2 * points } else { cell + kind } as u16;
                coverage[t] = cover as u16;
                if cell < points {
                    let sums = &mut tally.attempts[i * 2 * points + cell + kind];
                    let attempt = u128::from(events.accepted);
                    sums[0] += attempt;
                    sums[1] += attempt * attempt;
                    if exact_attempts {
                        block.add_attempt(acceptance[t], t, events.accepted);
                    }
                }
                if last && rates.errors.false_negative > 0.0 {
                    let hidden = TaskLaw::Attempts(rates).rejected_precision().0;
                    for (g, &cap) in grid.iter().enumerate().take(cell).skip(cover) {
                        // P(the last of k rejected attempts is correct | some of them is).
                        let some = -libm::expm1(cap as f64 * log1p(-hidden));
                        if coins.open01() * some < hidden {
                            block.add_last(g, t);
                            tally.last_correct[i * points + g] += 1;
                        }
                    }
                }
            }
            let width = 2 * points + 1;
            block.add_acceptance(&acceptance[..trials], &mut tally.acceptance[i * width..(i + 1) * width]);
            if options.wanted.coverage {
                block.count(&coverage[..trials], &mut tally.coverage[i * (points + 1)..(i + 1) * (points + 1)]);
            }
        }
        block.score(trials, grid, policies, options.wanted, scenario.utility, tally);
        control.advance(trials as u64);
        Ok(())
    };
    let workers = run(options.trials.div_ceil(chunk as u64), options.threads, control, new_worker, work, |()| ())?;
    Ok(Tally::merged(workers.into_iter().map(|w| w.tally)))
}
