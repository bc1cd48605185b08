//! Every policy on one set of attempts, drawn from coarse to fine.
//!
//! The clocks come first (when the first acceptance and the first correct attempt come), then per stretch of attempts
//! between grid points and clocks the number of correct ones, the highest score of each class, and the wrong answers;
//! policies that no count can tell get single attempts, drawn given all of these. Each feature has streams of its own
//! and refines what is known, so a further policy changes no other's numbers. Without policies of the last kind the
//! cost of a trial does not grow with the number of attempts.

use super::answers::{Deal, Hand};
use super::batch::Sheet;
use super::events::binned::Plan as ClockPlan;
use super::events::pool::Pool;
use super::maxima::Duel;
use super::sequential::{self, Singles};
use super::state::{Drawn, State};
use super::successes::{self, Counts};
use super::ties::Priorities;
use super::tokens::Tokens;
use super::{limits, plurality};
use crate::error::Result;
use crate::rng::{Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::draw::events::redrawn::Clocks;
use crate::sampling::draw::{Run, chunk_trials};
use crate::sampling::policy::first_worthwhile::Worthwhile;
use crate::sampling::policy::{Fallback, Policy};
use crate::sampling::record::outcome::{Layout, Outcome, Score};
use crate::sampling::record::rows::{Sums, Tally};
use crate::sampling::record::trial_scores::Block;
use crate::sampling::record::{RowTally, cell_of};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::population::Population;
use crate::sampling::scenario::scores::{CLASSES, Scores};
use crate::variates::NEVER;
use crate::variates::exponential::Exponential;
use std::ops::Range;

/// What is drawn beyond the clocks.
pub(super) struct Needs {
    pub(super) counts: bool,
    pub(super) answers: Option<Answers>,
    pub(super) scores: Option<Scores>,
    pub(super) singles: bool,
    pub(super) last: bool,
}

impl Needs {
    fn new(scenario: &SamplingScenario, policies: &[Policy]) -> Self {
        let any = |reads: fn(Policy) -> bool| policies.iter().any(|&p| reads(p));
        let singles = any(Policy::needs_attempts);
        let scored = any(Policy::needs_scores) || singles;
        let voted = any(Policy::needs_answers);
        Self {
            counts: scored || voted || policies.contains(&Policy::AllOf {}) || any(Policy::returns_last),
            last: singles || any(Policy::returns_last),
            answers: scenario.answers.filter(|_| voted),
            scores: scenario.verifier.as_ref().and_then(Scores::new).filter(|_| scored),
            singles,
        }
    }
}

pub(super) struct Worker {
    pub(super) tally: Tally,
    pub(super) sums: Sums,
    pub(super) tokens: Option<Tokens>,
    pub(super) stops: Vec<limits::Stop>,
    pub(super) block: Block,
    pub(super) clocks: Vec<(Clocks, Rates)>,
    pub(super) sheet: Sheet,
    /// What was drawn of a cell under limits.
    pub(super) drawn: Vec<Drawn>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) fine: Fine,
}

/// What is looked at more closely: wrong answers, and single attempts.
pub(super) struct Fine {
    pub(super) hand: Option<Hand>,
    pub(super) leads: plurality::Scratch,
    /// Wrong attempts of the current cell by answer.
    pub(super) dealt: Vec<u64>,
    pub(super) singles: Singles,
}

/// The streams of one chunk; under limits, of one task in one trial.
pub(super) struct Random {
    pub(super) counts: Sequence<{ successes::WORDS }>,
    pub(super) maxima: Sequence<{ successes::WORDS }>,
    pub(super) last: Sequence,
    pub(super) single: sequential::Random,
}

impl Random {
    pub(super) fn new(stream: impl Fn(u64) -> Stream) -> Self {
        let sequence = |purpose| stream(purpose).sequence();
        Self {
            counts: stream(purpose::CUT_COUNTS).ahead(0),
            maxima: stream(purpose::CUT_MAXIMA).ahead(0),
            last: sequence(purpose::LAST),
            single: sequential::Random {
                order: sequence(purpose::ORDER),
                answers: sequence(purpose::ANSWER_ORDER),
                verdicts: sequence(purpose::VERDICTS),
            },
        }
    }
}

pub(super) struct Plan<'a> {
    pub(super) layout: Layout<'a>,
    pub(super) run: Run,
    pub(super) chunk: usize,
    pub(super) clocks: ClockPlan<'a>,
    /// The most attempts that a limit allows.
    pub(super) most: u64,
    pub(super) needs: Needs,
    pub(super) counts: Counts,
    pub(super) exponential: Exponential,
    pub(super) duel: Option<Duel>,
    pub(super) deal: Option<Deal>,
    /// By grid point, the counts of correct attempts that leave open who leads the vote.
    pub(super) undecided: Vec<Range<u64>>,
    pub(super) worthwhile: Option<Worthwhile>,
    /// The pools of the tasks; empty where attempts are independent.
    pub(super) pools: Vec<Pool>,
}

/// Simulates `policies` and visits their rows: `visit(index of the policy, grid point, row)`.
///
/// With `compared`, returns the sums over trials of the products of that score of each two rows (row `policy * points +
/// point`), in order of the rows.
pub fn simulate(
    scenario: &SamplingScenario,
    policies: &[Policy],
    (laws, grid): (&[TaskLaw], &[u64]),
    options: Run,
    compared: Option<Score>,
    control: &Control,
    visit: impl FnMut(usize, usize, RowTally),
) -> Result<Vec<f64>> {
    let plan = Plan::new(scenario, policies, (laws, grid), options, compared);
    let chunk = plan.chunk;
    let work = |worker: &mut Worker, index: u64| {
        let trials = (options.trials - index * chunk as u64).min(chunk as u64) as usize;
        worker.block.clear();
        let mut clocks = plan.clocks.chunk(index);
        let mut random = plan.random(index);
        for i in 0..laws.len() {
            control.check()?;
            plan.clocks.read(&mut clocks, i, &mut worker.clocks[..trials]);
            for first in (0..trials).step_by(worker.sheet.trials) {
                let batch = first..(first + worker.sheet.trials).min(trials);
                if plan.layout.limits.is_empty() {
                    plan.batch(worker, &mut random, (index, i), batch, control)?;
                    continue;
                }
                for t in batch {
                    control.check()?;
                    plan.walk_limits(worker, index, i, t);
                }
            }
        }
        worker.tally.score(&plan.layout, &worker.block, trials);
        control.advance(trials as u64);
        worker.sums.products = worker.block.products(&plan.layout, trials);
        Ok(std::mem::replace(&mut worker.sums, Sums::new(&plan.layout)))
    };
    let mut sums = Sums::new(&plan.layout);
    let add = |part: Sums| sums.add(&part);
    let chunks = options.trials.div_ceil(chunk as u64);
    let workers = run(chunks, options.threads, control, || plan.worker(), work, add)?;
    Tally::merged(workers.into_iter().map(|w| w.tally)).rows(&plan.layout, &sums, visit);
    Ok(sums.products)
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        scenario: &'a SamplingScenario,
        policies: &'a [Policy],
        (laws, grid): (&'a [TaskLaw], &'a [u64]),
        run: Run,
        compared: Option<Score>,
    ) -> Self {
        let chunk = chunk_trials(laws.len());
        let needs = Needs::new(scenario, policies);
        let deal = needs.answers.map(|answers| Deal::new(answers, run.key, run.replicate));
        let worthwhile = policies.contains(&Policy::FirstWorthwhile {}).then(|| scenario.worthwhile(laws));
        Self {
            layout: Layout {
                policies,
                grid,
                limits: scenario.limits(),
                tasks: laws.len(),
                wanted: run.wanted,
                cost: scenario.cost,
                utility: scenario.utility,
                compared,
            },
            run,
            chunk,
            clocks: ClockPlan::new(Population::new(scenario), laws, grid, run, chunk),
            most: scenario.most(),
            undecided: deal.iter().flat_map(|deal| grid.iter().map(|&most| deal.undecided(most))).collect(),
            deal,
            counts: Counts::new(if needs.counts { laws } else { &[] }, grid),
            exponential: Exponential::default(),
            duel: needs.scores.map(Duel::new),
            needs,
            worthwhile,
            pools: laws.iter().filter_map(Pool::new).collect(),
        }
    }

    pub(super) fn worker(&self) -> Worker {
        let answers = self.needs.answers.map_or(0, |a| a.count());
        let none = Clocks { accepted: NEVER, accepted_correct: false, correct: NEVER };
        let rates = Rates { success: 0.0, false_positive: 0.0, false_negative: 0.0 };
        Worker {
            tally: Tally::new(&self.layout),
            sums: Sums::new(&self.layout),
            tokens: self.layout.cost.map(Tokens::new),
            stops: Vec::new(),
            block: Block::new(&self.layout, self.chunk),
            clocks: vec![(none, rates); self.chunk],
            sheet: Sheet::new(self.layout.grid.len()),
            drawn: Vec::new(),
            outcomes: Vec::new(),
            fine: Fine {
                hand: self.deal.as_ref().map(Deal::hand),
                leads: plurality::Scratch::new(self.undecided.len()),
                dealt: vec![0; answers],
                singles: Singles::new(self.layout.policies, answers, self.needs.scores),
            },
        }
    }

    pub(super) fn stream(&self, purpose: u64, chunk: u64) -> Stream {
        Stream::new(self.run.key, self.run.replicate, purpose, chunk)
    }

    pub(super) fn random(&self, chunk: u64) -> Random {
        Random::new(|purpose| self.stream(purpose, chunk))
    }

    /// One task in a batch of trials.
    fn batch(
        &self,
        worker: &mut Worker,
        random: &mut Random,
        (chunk, i): (u64, usize),
        trials: Range<usize>,
        control: &Control,
    ) -> Result<()> {
        let Layout { grid, policies, .. } = self.layout;
        let Worker { tally, block, sheet, outcomes, clocks, fine, .. } = worker;
        let clocks = &clocks[trials.clone()];
        if self.layout.wanted.coverage {
            clocks.iter().for_each(|(clocks, _)| tally.cover(&self.layout, i, cell_of(grid, clocks.correct)));
        }
        if self.needs.counts {
            self.fill(sheet, random, chunk, (i, trials.start), clocks);
        }
        let voted = policies.contains(&Policy::MajorityVote {});
        if let Some(hand) = fine.hand.as_mut().filter(|_| voted) {
            self.find_leads(sheet, (hand, &mut fine.leads), (chunk, i, trials.start), clocks.len());
        }
        if self.needs.singles || self.layout.cost.is_some() {
            for t in trials.clone() {
                // A walk may take millions of attempts.
                control.check()?;
                self.walk(worker, random, (chunk, i), (t, t - trials.start));
            }
            return Ok(());
        }
        let priorities = self.priorities(chunk, i, trials.start);
        for (p, &policy) in policies.iter().enumerate() {
            for (point, &most) in grid.iter().enumerate() {
                let row = p * grid.len() + point;
                let answers = match policy {
                    Policy::BestOf { threshold: None } => sheet.best_is_correct(point),
                    Policy::MajorityVote {} => sheet.leads(point),
                    _ => {
                        outcomes.clear();
                        outcomes.extend(clocks.iter().enumerate().map(|(t, &clocks)| {
                            let state = sheet.state(point + 1, t, clocks);
                            self.outcome(policy, p, &state, &fine.singles, &priorities, most)
                        }));
                        outcomes.iter().for_each(|&outcome| tally.add(&self.layout, (row, i), outcome, most));
                        block.add((row, trials.start), outcomes);
                        continue;
                    }
                };
                tally.add_answers(&self.layout, (row, i), &answers[..clocks.len()]);
                block.add_answers((row, trials.start), &answers[..clocks.len()], most);
            }
        }
        Ok(())
    }

    /// What a policy comes to with at most `most` attempts.
    pub(super) fn outcome(
        &self,
        policy: Policy,
        index: usize,
        state: &State,
        singles: &Singles,
        priorities: &Priorities,
        most: u64,
    ) -> Outcome {
        let Clocks { accepted, accepted_correct, correct } = state.clocks;
        match policy {
            Policy::FirstAccepted { .. } if accepted <= most => Outcome::answer(accepted_correct, true, accepted),
            Policy::FirstAccepted { fallback: Fallback::Best } => Outcome::answer(state.best_is_correct, false, most),
            Policy::FirstAccepted { fallback: Fallback::Last } => Outcome::answer(state.last_correct, false, most),
            Policy::FirstWorthwhile {} => {
                let worthwhile = self.worthwhile.as_ref().is_some_and(|w| w.at(accepted));
                if accepted <= most && worthwhile {
                    Outcome::answer(accepted_correct, true, accepted)
                } else {
                    Outcome::nothing(accepted.min(most))
                }
            }
            Policy::BestOf { threshold } => {
                let least = threshold.zip(self.needs.scores).map(|(at, scores)| scores.depths(at));
                let above = |least: [f64; CLASSES]| (0..CLASSES).any(|class| state.depths[class] < least[class]);
                if least.is_none_or(above) {
                    Outcome::answer(state.best_is_correct, least.is_some(), most)
                } else {
                    Outcome::nothing(most)
                }
            }
            Policy::MajorityVote {} => Outcome::answer(state.leads, false, most),
            Policy::AnyOf {} if correct <= most => Outcome::answer(true, false, most),
            Policy::FirstAccepted { fallback: Fallback::Abstain } | Policy::AnyOf {} => Outcome::nothing(most),
            Policy::AllOf {} => Outcome::answer(state.correct == most, false, most),
            Policy::FirstAbove { .. }
            | Policy::WeightedVote {}
            | Policy::FilteredVote {}
            | Policy::StopWhenAhead { .. } => singles.outcome(index, priorities, most),
        }
    }
}
