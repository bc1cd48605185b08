//! Recorded attempts in a random order, task by task in every trial: what the first K of them are is a subset without
//! replacement.
//!
//! Every task and trial has an order of its own, whose first attempts do not depend on how many are looked at; every
//! policy reads that order. Verdicts or scores of a verifier that stands in for them are drawn in the same order.

use rand_core::RngCore;

use super::charge::paid;
use super::run::{Run, chunk_trials};
use super::size;
use super::state::Stop;
use super::streams::{Place, Streams};
use super::tokens::Tokens;
use crate::error::Result;
use crate::rng::purpose;
use crate::run::{Control, run};
use crate::sampling::policy::rule::Setting;
use crate::sampling::policy::seen::{Attempt, FirstEvents, Seen, Selector};
use crate::sampling::policy::ties::Priorities;
use crate::sampling::record::bin_of;
use crate::sampling::record::layout::{Layout, Score};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::record::row::RowTally;
use crate::sampling::record::rows::{Rows, Sums};
use crate::sampling::record::trial_scores::TrialScores;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Bill;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::limit::Limit;
use crate::sampling::scenario::records::{Records, TaskRecords};
use crate::sampling::scenario::scores::CLASSES;
use crate::sampling::scenario::verifier::Verifier;
use crate::variates::below;
use crate::variates::exponential::Exponential;

/// What all chunks share.
pub(super) struct Plan<'a> {
    pub(super) layout: Layout<'a>,
    pub(super) records: &'a Records,
    setting: Setting,
    streams: Streams,
    exponential: Exponential,
    /// The most attempts that a limit allows.
    pub(super) most: u64,
    /// A verifier whose rates on a task are drawn in every trial.
    spread: Option<&'a Verifier>,
}

/// What a worker holds.
pub(super) struct Worker {
    pub(super) rows: Rows,
    pub(super) sums: Sums,
    pub(super) scores: TrialScores,
    pub(super) selectors: Vec<Box<dyn Selector>>,
    tokens: Option<Tokens>,
    pub(super) drawn: Drawn,
    pub(super) stops: Vec<Stop>,
}

/// One task in one trial.
#[derive(Default)]
pub(super) struct Drawn {
    /// The attempts as they come: their numbers in the record, the first ones drawn.
    order: Vec<u32>,
    pub(super) attempts: Vec<Attempt>,
    /// Under limits, which of equal scores counts: what an attempt took decides whether it comes last, so that the first
    /// of them is not each equally often.
    pub(super) ranks: Vec<u64>,
    /// What the first 0, 1, 2, ... attempts took, without and with the verification.
    pub(super) bills: [Vec<Bill>; 2],
    /// By verification, the seconds of the slowest attempts of the batches before the one that attempt k is in, and of
    /// its own until then.
    waited: [Vec<f64>; 2],
}

/// Simulates a scenario of recorded attempts and visits its rows, as the engine does elsewhere.
pub fn simulate(
    scenario: &SamplingScenario,
    (records, laws, grid): (&Records, &[TaskLaw], &[u64]),
    options: Run,
    compared: Option<Score>,
    control: &Control,
    mut visit: impl FnMut(usize, usize, RowTally),
) -> Result<Vec<f64>> {
    let tasks = laws.len();
    let answered = scenario.answered_limits();
    let limits: Vec<Limit> = answered.iter().map(|&at| scenario.limits()[at]).collect();
    size::check(scenario, tasks, grid.len(), [0, scenario.policies.len()], &options)?;
    let streams = Streams::new(&options, chunk_trials(scenario));
    let layout = Layout {
        policies: &scenario.policies,
        grid,
        limits: &limits,
        tasks,
        kept: (0..grid.len()).chain(answered.iter().copied()).map(|point| scenario.kept(point)).collect(),
        wanted: options.wanted,
        cost: scenario.cost,
        billed_by_attempts: false,
        billed: scenario.billed(),
        utility: scenario.utility,
        compared,
    };
    let setting = scenario.setting(laws);
    let most = scenario.most();
    let spread = scenario.verifier.as_ref().filter(|verifier| verifier.draws_rates());
    let plan = Plan { layout, records, setting, streams, exponential: Exponential::default(), most, spread };
    let chunk = streams.chunk() as u64;
    let work = |worker: &mut Worker, index: u64| {
        let trials = (options.trials - index * chunk).min(chunk) as usize;
        worker.scores.clear();
        for task in 0..tasks {
            for trial in 0..trials {
                control.check()?;
                let at = Place { chunk: index, task, trial };
                if plan.layout.limits.is_empty() { plan.trial(worker, at) } else { plan.trial_under_limits(worker, at) }
            }
        }
        worker.rows.score(&plan.layout, &worker.scores, trials);
        control.advance(trials as u64);
        worker.sums.products = worker.scores.products(&plan.layout, trials);
        Ok(std::mem::replace(&mut worker.sums, Sums::new(&plan.layout)))
    };
    let mut sums = Sums::new(&plan.layout);
    let chunks = options.trials.div_ceil(chunk);
    let workers = run(chunks, options.threads, control, || plan.worker(), work, |part| sums.add(&part))?;
    let point = |g: usize| answered.get(g).copied().unwrap_or(g);
    Rows::merged(workers.into_iter().map(|worker| worker.rows))
        .rows(&plan.layout, &sums, |p, g, row| visit(p, point(g), row));
    Ok(sums.products)
}

impl Plan<'_> {
    fn worker(&self) -> Worker {
        Worker {
            rows: Rows::new(&self.layout),
            sums: Sums::new(&self.layout),
            scores: TrialScores::new(&self.layout, self.streams.chunk()),
            selectors: self.layout.policies.iter().map(|policy| policy.selector(&self.setting)).collect(),
            tokens: self.layout.cost.map(Tokens::new),
            drawn: Drawn::default(),
            stops: Vec::new(),
        }
    }

    /// Starts one task in one trial: its first `most` attempts, and every policy before the first of them.
    pub(super) fn start(&self, worker: &mut Worker, at: Place, most: usize) -> Seen {
        let records = &self.records.tasks[at.task];
        self.draw(&mut worker.drawn, records, at, most);
        let blank = records.answers.last().is_some_and(|last| last.blank);
        let priorities =
            Priorities::new(self.streams.priorities(at.chunk), self.records.most_answers, self.streams.of_chunk(at))
                .of_task(records.answers.len(), blank);
        worker.selectors.iter_mut().for_each(|selector| selector.start(&priorities));
        if let Some(tokens) = &mut worker.tokens {
            tokens.start(self.streams.of_task(purpose::TOKENS, at.task, self.streams.trial(at)));
        }
        Seen {
            events: first_events(&worker.drawn.attempts),
            correct: 0,
            maxima: [f64::INFINITY; CLASSES],
            best_is_correct: false,
            leads: false,
            last_correct: false,
        }
    }

    /// One task in one trial, from grid point to grid point.
    fn trial(&self, worker: &mut Worker, at: Place) {
        let have = self.records.tasks[at.task].len() as u64;
        let points = self.layout.grid.partition_point(|&k| k <= have);
        let Some(most) = points.checked_sub(1).map(|last| self.layout.grid[last]) else { return };
        let mut seen = self.start(worker, at, most as usize);
        let Worker { rows, sums, scores, selectors, tokens, drawn, .. } = worker;
        if self.layout.wanted.coverage {
            rows.cover(&self.layout, at.task, bin_of(self.layout.grid, seen.events.correct));
        }
        let mut from = 0;
        for (point, &to) in self.layout.grid[..points].iter().enumerate() {
            let next = &drawn.attempts[from as usize..to as usize];
            self.look(&mut seen, (next, &[]), &mut 0);
            for (p, selector) in selectors.iter_mut().enumerate() {
                selector.see(from, next);
                let outcome = selector.select(&seen, to);
                let row = self.layout.row(p, point);
                rows.add(&self.layout, (row, at.task), outcome, to);
                scores.add((row, at.trial), &[outcome]);
                if self.layout.billed.contains(&true) {
                    let bill = self.bill(drawn, tokens.as_mut(), (p, outcome, to));
                    sums.charge(&self.layout, row, at.task, outcome, bill);
                    scores.charge((row, at.trial), bill);
                }
            }
            from = to;
        }
    }

    /// Puts the first `most` attempts into a random order.
    fn draw(&self, drawn: &mut Drawn, records: &TaskRecords, at: Place, most: usize) {
        let Drawn { order, attempts, ranks, bills, waited } = drawn;
        let trial = self.streams.trial(at);
        let mut random = self.streams.of_task(purpose::RECORD_ORDER, at.task, trial).sequence();
        let mut verdicts = self.streams.of_task(purpose::RECORD_VERDICTS, at.task, trial).sequence();
        let errors = match self.spread {
            Some(verifier) => {
                let mut rates = self.streams.of_task(purpose::ERROR_RATES, at.task, trial).sequence();
                Some(verifier.draw(at.task, 0.0, &mut rates))
            }
            None => records.errors,
        };
        order.clear();
        order.extend(0..records.len() as u32);
        for at in 0..most {
            let other = at + below((records.len() - at) as u64, &mut random) as usize;
            order.swap(at, other);
        }
        ranks.clear();
        if !self.layout.limits.is_empty() {
            ranks.extend((0..most).map(|_| random.next_u64()));
        }
        attempts.clear();
        for &i in &order[..most] {
            let i = i as usize;
            let class = usize::from(!records.correct[i]);
            let (accepted, score) = match (&self.setting.scores, errors) {
                (Some(scores), _) => {
                    let score = self.exponential.draw(&mut verdicts);
                    (score < scores.threshold[class], score)
                }
                (None, Some(errors)) => {
                    let rate = if class == 0 { errors.true_positive } else { errors.false_positive };
                    (verdicts.open01() < rate, records.score.get(i).map_or(f64::NAN, |score| -score))
                }
                (None, None) => (records.accepted[i], records.score.get(i).map_or(f64::NAN, |score| -score)),
            };
            let answer = records.answer.get(i).copied().flatten();
            attempts.push(Attempt { class, answer, accepted, score });
        }
        let batch = self.layout.cost.map_or(1, |cost| cost.parallel as usize);
        for ((sums, waited), recorded) in bills.iter_mut().zip(waited).zip(&records.bills) {
            sums.clear();
            waited.clear();
            if recorded.is_empty() {
                continue;
            }
            let (mut sum, mut before, mut slowest) = ([0.0; 3], 0.0, 0.0_f64);
            sums.push(sum);
            waited.push(0.0);
            for (k, &i) in order[..most].iter().enumerate() {
                let bill = recorded[i as usize];
                (0..3).for_each(|part| sum[part] += bill[part]);
                if k % batch == 0 {
                    before += slowest;
                    slowest = 0.0;
                }
                slowest = slowest.max(bill[2]);
                sums.push(sum);
                waited.push(before + slowest);
            }
        }
    }

    /// Adds attempts to what is seen; `best` is the rank of the attempt with the best score.
    pub(super) fn look(&self, seen: &mut Seen, (attempts, ranks): (&[Attempt], &[u64]), best: &mut u64) {
        for (k, attempt) in attempts.iter().enumerate() {
            let rank = ranks.get(k).copied().unwrap_or(0);
            if attempt.score == seen.maxima[0].min(seen.maxima[1]) && self.setting.scores.is_none() && rank > *best {
                seen.best_is_correct = attempt.class == 0;
                *best = rank;
            }
            seen.correct += u64::from(attempt.class == 0);
            seen.last_correct = attempt.class == 0;
            // Of equal scores the first counts: in a random order each is first equally often.
            let other = seen.maxima[1 - attempt.class];
            if attempt.score < seen.maxima[attempt.class] {
                seen.maxima[attempt.class] = attempt.score;
                let is_best = match &self.setting.scores {
                    Some(scores) => {
                        other.is_infinite() || {
                            scores.at(attempt.class, attempt.score) > scores.at(1 - attempt.class, other)
                        }
                    }
                    None => attempt.score < other,
                };
                if is_best {
                    *best = rank;
                    seen.best_is_correct = attempt.class == 0;
                }
            }
        }
    }

    /// What a policy has to pay.
    fn bill(&self, drawn: &Drawn, tokens: Option<&mut Tokens>, (p, outcome, most): (usize, Outcome, u64)) -> Bill {
        let checked = self.layout.policies[p].needs().checks();
        let sums = &drawn.bills[usize::from(checked)];
        match (&self.layout.cost, tokens) {
            (Some(cost), Some(tokens)) if sums.is_empty() => cost.bill(tokens, outcome.attempts, most, checked),
            (cost, _) => {
                let paid = paid(outcome.attempts, cost.map_or(1, |cost| cost.parallel as u64), most) as usize;
                let [tokens, money, _] = sums[paid];
                [tokens, money, drawn.waited[usize::from(checked)][paid]]
            }
        }
    }
}

/// The first acceptance and the first correct attempt.
fn first_events(attempts: &[Attempt]) -> FirstEvents {
    let mut events = FirstEvents::NONE;
    if let Some(at) = attempts.iter().position(|attempt| attempt.accepted) {
        events.accepted = at as u64 + 1;
        events.accepted_correct = attempts[at].class == 0;
    }
    if let Some(at) = attempts.iter().position(|attempt| attempt.class == 0) {
        events.correct = at as u64 + 1;
    }
    events
}
