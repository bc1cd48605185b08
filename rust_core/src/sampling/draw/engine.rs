//! Every policy on one set of attempts, drawn from coarse to fine.
//!
//! The events come first (when the first acceptance and the first correct attempt come), then per stretch of attempts
//! between grid points and events the number of correct ones, the highest score of each class, and the wrong answers;
//! policies that no count can tell get single attempts, drawn given all of these. Each feature has streams of its own
//! and refines what is known, so a further policy changes no other's numbers. Without policies of the last kind the
//! cost of a trial does not grow with the number of attempts.

use super::answers::{Deal, Hand};
use super::batch::Sheet;
use super::events::binned::Plan as EventPlan;
use super::events::pool::Pool;
use super::maxima::Duel;
use super::sequential::{self, Sequential};
use super::state::Drawn;
use super::successes::{self, Counts};
use super::tokens::Tokens;
use super::{limits, plurality};
use crate::error::Result;
use crate::rng::{Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::draw::events::FirstEvents;
use crate::sampling::draw::{Run, chunk_trials};
use crate::sampling::policy::Policy;
use crate::sampling::policy::rule::{Needs, Setting};
use crate::sampling::policy::seen::{Seen, Selector};
use crate::sampling::record::layout::{Layout, Score};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::record::rows::{Sums, Tally};
use crate::sampling::record::trial_scores::Block;
use crate::sampling::record::{RowTally, cell_of};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::population::Population;
use crate::sampling::scenario::scores::Scores;
use crate::variates::exponential::Exponential;
use std::ops::Range;

/// What is drawn beyond the first events.
#[expect(clippy::struct_excessive_bools, reason = "each feature is wanted or not")]
pub(super) struct Features {
    pub(super) counts: bool,
    pub(super) answers: Option<Answers>,
    pub(super) scores: Option<Scores>,
    /// Attempts one by one.
    pub(super) attempts: bool,
    pub(super) last: bool,
    /// Which answer leads at every grid point.
    pub(super) leader: bool,
}

impl Features {
    fn new(scenario: &SamplingScenario, policies: &[Policy]) -> Self {
        let needs = policies.iter().fold(Needs::NONE, |all, policy| all.or(policy.needs()));
        let scored = needs.scores || needs.attempts;
        Self {
            counts: needs.counts || scored || needs.answers || needs.last,
            last: needs.attempts || needs.last,
            answers: scenario.answers.filter(|_| needs.answers),
            scores: scenario.verifier.as_ref().and_then(Scores::new).filter(|_| scored),
            attempts: needs.attempts,
            leader: needs.leader,
        }
    }
}

pub(super) struct Worker {
    pub(super) tally: Tally,
    pub(super) sums: Sums,
    pub(super) tokens: Option<Tokens>,
    pub(super) stops: Vec<limits::Stop>,
    pub(super) block: Block,
    pub(super) events: Vec<(FirstEvents, Rates)>,
    pub(super) sheet: Sheet,
    /// What was drawn of a cell under limits.
    pub(super) drawn: Vec<Drawn>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) seen: Vec<Seen>,
    pub(super) fine: Fine,
}

/// What is looked at more closely: wrong answers, and single attempts.
pub(super) struct Fine {
    pub(super) hand: Option<Hand>,
    pub(super) leads: plurality::Scratch,
    /// Wrong attempts of the current cell by answer.
    pub(super) dealt: Vec<u64>,
    pub(super) sequential: Sequential,
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
    pub(super) events: EventPlan<'a>,
    /// The most attempts that a limit allows.
    pub(super) most: u64,
    pub(super) features: Features,
    pub(super) counts: Counts,
    pub(super) exponential: Exponential,
    pub(super) duel: Option<Duel>,
    pub(super) deal: Option<Deal>,
    /// By grid point, the counts of correct attempts that leave open who leads the vote.
    pub(super) undecided: Vec<Range<u64>>,
    setting: Setting,
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
        let mut events = plan.events.chunk(index);
        let mut random = plan.random(index);
        for i in 0..laws.len() {
            control.check()?;
            plan.events.read(&mut events, i, &mut worker.events[..trials]);
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
        let features = Features::new(scenario, policies);
        let deal = features.answers.map(|answers| Deal::new(answers, run.key, run.replicate));
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
            events: EventPlan::new(Population::new(scenario), laws, grid, run, chunk),
            most: scenario.most(),
            undecided: deal.iter().flat_map(|deal| grid.iter().map(|&most| deal.undecided(most))).collect(),
            deal,
            counts: Counts::new(if features.counts { laws } else { &[] }, grid),
            exponential: Exponential::default(),
            duel: features.scores.map(Duel::new),
            features,
            setting: scenario.setting(laws),
            pools: laws.iter().filter_map(Pool::new).collect(),
        }
    }

    pub(super) fn worker(&self) -> Worker {
        let answers = self.features.answers.map_or(0, |a| a.count());
        let rates = Rates { success: 0.0, errors: ErrorRates::NONE };
        Worker {
            tally: Tally::new(&self.layout),
            sums: Sums::new(&self.layout),
            tokens: self.layout.cost.map(Tokens::new),
            stops: Vec::new(),
            block: Block::new(&self.layout, self.chunk),
            events: vec![(FirstEvents::NONE, rates); self.chunk],
            sheet: Sheet::new(self.layout.grid.len()),
            drawn: Vec::new(),
            outcomes: Vec::new(),
            seen: Vec::new(),
            fine: Fine {
                hand: self.deal.as_ref().map(Deal::hand),
                leads: plurality::Scratch::new(self.undecided.len()),
                dealt: vec![0; answers],
                sequential: Sequential::new(self.selectors(), self.features.scores, answers > 0),
            },
        }
    }

    fn selectors(&self) -> Vec<Box<dyn Selector>> {
        self.layout.policies.iter().map(|policy| policy.selector(&self.setting)).collect()
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
        let grid = self.layout.grid;
        let Worker { tally, block, sheet, outcomes, seen, events, fine, .. } = worker;
        let events = &events[trials.clone()];
        if self.layout.wanted.coverage {
            events.iter().for_each(|(events, _)| tally.cover(&self.layout, i, cell_of(grid, events.correct)));
        }
        if self.features.counts {
            self.fill(sheet, random, chunk, (i, trials.start), events);
        }
        if let Some(hand) = fine.hand.as_mut().filter(|_| self.features.leader) {
            self.find_leads(sheet, (hand, &mut fine.leads), (chunk, i, trials.start), events.len());
        }
        if self.features.attempts || self.layout.cost.is_some() {
            for t in trials.clone() {
                // A walk may take millions of attempts.
                control.check()?;
                self.walk(worker, random, (chunk, i), (t, t - trials.start));
            }
            return Ok(());
        }
        for (point, &most) in grid.iter().enumerate() {
            seen.clear();
            if fine.sequential.selectors.iter().any(|selector| selector.feature().is_none()) {
                seen.extend(events.iter().enumerate().map(|(t, &(events, _))| sheet.seen(point + 1, t, events)));
            }
            for (p, selector) in fine.sequential.selectors.iter().enumerate() {
                let row = p * grid.len() + point;
                if let Some(feature) = selector.feature() {
                    let answers = &sheet.feature(feature, point)[..events.len()];
                    tally.add_answers(&self.layout, (row, i), answers);
                    block.add_answers((row, trials.start), answers, most);
                    continue;
                }
                outcomes.clear();
                selector.select_each(seen, most, outcomes);
                outcomes.iter().for_each(|&outcome| tally.add(&self.layout, (row, i), outcome, most));
                block.add((row, trials.start), outcomes);
            }
        }
        Ok(())
    }
}
