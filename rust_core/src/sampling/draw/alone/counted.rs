//! Votes that are counted: per bin of the grid a number of correct and of wrong votes, and who leads with so many.
//!
//! Correct attempts come from tables without their rates where that is possible ([`Chain`]), and those that the verifier
//! accepts are binomial among them. Only where the counts leave open who leads are wrong votes told apart
//! ([`AnswerSampler`]). So the cost of a trial does not grow with the number of attempts.

use super::shared::{Shared, Tally};
use crate::error::Result;
use crate::rng::{Sequence, purpose};
use crate::run::Control;
use crate::sampling::draw::answers::{AnswerCounts, AnswerSampler, Leader};
use crate::sampling::draw::chain::Chain;
use crate::sampling::draw::streams::Place;
use crate::sampling::draw::successes::{Counts, WORDS};
use crate::sampling::draw::thinning::Thinning;
use crate::sampling::policy::rule::Alone;
use crate::sampling::policy::ties::Ties;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::variates::NEVER;

/// Trials between two questions whether the run was cancelled.
const TRIALS: usize = 64;

/// Votes that are counted.
pub struct Counted {
    votes: Vec<Vote>,
    sampler: AnswerSampler,
    /// Correct attempts at the grid points, where that needs no rates.
    chain: Option<Chain>,
}

/// The policies that count the same votes.
struct Vote {
    accepted_only: bool,
    /// Which of the scenario's policies, and what becomes of their ties.
    policies: Vec<(usize, Ties)>,
    /// Whether a tie is to be told from a wrong answer that leads.
    exact: bool,
    /// What is drawn at rates that are known: with a chain votes among correct and among wrong attempts ([`thinned`]), else
    /// correct votes and wrong ones ([`shares`]).
    counts: Counts,
    /// The first of these in one draw, where the rates are few.
    thinning: Option<Thinning>,
}

/// What a worker holds.
pub struct Worker {
    answers: AnswerCounts,
    /// Wrong votes by bin.
    wrong: Vec<u64>,
    /// Correct attempts up to each grid point, by trial.
    correct: Vec<u64>,
    words: Vec<u64>,
}

/// P(a correct vote), and P(a wrong vote | not a correct one).
fn shares(accepted_only: bool, rates: &Rates) -> [f64; 2] {
    if !accepted_only {
        return [rates.success, 1.0];
    }
    let (right, wrong) = (rates.accepted_correct(), rates.accepted_wrong());
    let rest = wrong + rates.rejected_correct() + rates.rejected_wrong();
    [right, if rest > 0.0 { (wrong / rest).min(1.0) } else { 0.0 }]
}

/// P(a vote | a correct attempt), and P(a vote | a wrong one).
const fn thinned(accepted_only: bool, errors: &ErrorRates) -> [f64; 2] {
    if accepted_only { [errors.true_positive, errors.false_positive] } else { [1.0, 1.0] }
}

/// Whether some of so many rejected attempts is correct.
fn some_correct(rates: &Rates, rejected: u64, random: &mut Sequence<WORDS>) -> bool {
    let hidden = TaskLaw::Attempts(*rates).rejected_precision().0;
    hidden > 0.0 && rejected > 0 && random.open01() < -libm::expm1(rejected as f64 * libm::log1p(-hidden))
}

impl Counted {
    /// Those of a scenario.
    pub fn new(
        shared: &Shared<'_>,
        scenario: &SamplingScenario,
        (laws, trials): (&[TaskLaw], u64),
        control: &Control,
    ) -> Result<Self> {
        let some = shared.layout.policies.iter().any(|policy| matches!(policy.alone(), Some(Alone::Votes { .. })));
        let known = scenario.verifier.as_ref().is_none_or(|verifier| !verifier.draws_rates());
        let chain =
            if some && known { Chain::new(scenario, (laws, shared.layout.grid), trials, control)? } else { None };
        let mut votes = Vec::new();
        for only in [false, true] {
            let of = |(p, policy): (usize, &crate::sampling::policy::Policy)| match policy.alone() {
                Some(Alone::Votes { accepted_only, ties }) if accepted_only == only => Some((p, ties)),
                _ => None,
            };
            let policies: Vec<(usize, Ties)> = shared.layout.policies.iter().enumerate().filter_map(of).collect();
            if policies.is_empty() {
                continue;
            }
            control.check()?;
            let rates = (0..laws.len()).map(|i| thinned(only, &scenario.errors(i)));
            let grid = shared.layout.grid;
            let longest = grid.iter().scan(0, |from, &to| Some(to - std::mem::replace(from, to))).max().unwrap_or(0);
            let draws = 2.0 * trials as f64 * laws.len() as f64 * grid.len() as f64;
            let thinning = match chain {
                Some(_) => Thinning::new(rates.clone(), longest, draws, control)?,
                None => None,
            };
            let pairs = match (&chain, &thinning) {
                (_, Some(_)) => None,
                (Some(_), None) => Some(rates.collect()),
                (None, None) => laws
                    .iter()
                    .map(|law| if let TaskLaw::Attempts(rates) = law { Some(shares(only, rates)) } else { None })
                    .collect(),
            };
            let counts = Counts::of_any_length(pairs);
            let exact = policies.iter().any(|(_, ties)| *ties == Ties::Abstain);
            votes.push(Vote { accepted_only: only, policies, exact, counts, thinning });
        }
        Ok(Self { votes, sampler: AnswerSampler::new(shared.answers, shared.streams), chain })
    }

    /// Whether it reads success rates.
    pub fn reads_rates(&self) -> bool {
        !self.votes.is_empty() && self.chain.as_ref().is_none_or(Chain::reads_rates)
    }

    /// Room for one worker.
    pub fn worker(&self, shared: &Shared<'_>) -> Worker {
        let points = shared.layout.grid.len();
        let size = if self.chain.is_some() { shared.streams.chunk().next_multiple_of(4) } else { 0 };
        Worker {
            answers: self.sampler.counted(),
            wrong: vec![0; points],
            correct: vec![0; points * size],
            words: vec![0; size],
        }
    }

    /// One task in all trials of a chunk, at these rates.
    pub fn task(
        &self,
        shared: &Shared<'_>,
        worker: &mut Worker,
        tally: &mut Tally,
        (at, rates): (Place, &[Rates]),
        control: &Control,
    ) -> Result<()> {
        if let Some(chain) = &self.chain {
            shared.count_correct(chain, (&mut worker.correct, &mut worker.words), (at, rates));
        }
        for vote in &self.votes {
            let stream = |more| {
                let purpose = purpose::VOTES + 2 * u64::from(vote.accepted_only) + more;
                shared.streams.of_task(purpose, at.task, at.chunk).ahead(0)
            };
            let mut random = [stream(0), stream(1)];
            for (t, rates) in rates.iter().enumerate() {
                if t % TRIALS == 0 {
                    control.check()?;
                }
                self.trial(shared, (worker, tally), vote, (at.after(t), rates), &mut random);
            }
        }
        Ok(())
    }

    fn trial(
        &self,
        shared: &Shared<'_>,
        (worker, tally): (&mut Worker, &mut Tally),
        vote: &Vote,
        (at, rates): (Place, &Rates),
        [random, hidden]: &mut [Sequence<WORDS>; 2],
    ) {
        let (layout, sampler) = (&shared.layout, &self.sampler);
        let Worker { answers, wrong: by_bin, correct: upto, words } = worker;
        let [first, second] = match self.chain {
            Some(_) => thinned(vote.accepted_only, &rates.errors),
            None => shares(vote.accepted_only, rates),
        };
        let mut count = |which: usize, n: u64, rate: f64| match &vote.thinning {
            Some(thinning) => thinning.pick((at.task, which), n, random),
            None => vote.counts.of_pair(at.task, which, (n, rate), random),
        };
        // The first bin whose answers were not drawn.
        let mut next = 0;
        let (mut from, mut before, mut right, mut wrong, mut covered) = (0, 0, 0, 0, NEVER);
        for (point, &to) in layout.grid.iter().enumerate() {
            let attempts = to - from;
            let correct = if self.chain.is_some() {
                let now = upto[point * words.len() + at.trial];
                let of_bin = now - std::mem::replace(&mut before, now);
                if now > 0 {
                    covered = to.min(covered);
                }
                by_bin[point] = count(1, attempts - of_bin, second);
                count(0, of_bin, first)
            } else {
                let correct = count(0, attempts, first);
                by_bin[point] = count(1, attempts - correct, second);
                if layout.wanted.coverage && covered == NEVER {
                    let rejected = attempts - correct - by_bin[point];
                    if correct > 0 || (vote.accepted_only && some_correct(rates, rejected, hidden)) {
                        covered = to;
                    }
                }
                correct
            };
            right += correct;
            wrong += by_bin[point];
            let leader = sampler.leader((right, wrong), vote.exact).unwrap_or_else(|| {
                if next == 0 {
                    sampler.start(answers, at);
                }
                (next..=point).for_each(|bin| sampler.draw(answers, bin, by_bin[bin]));
                next = point + 1;
                Leader::of(right, sampler.by_answer(answers))
            });
            for &(p, ties) in &vote.policies {
                let answer = |correct: bool| Outcome::answer(correct, vote.accepted_only, to);
                let outcome = match (leader, ties) {
                    (Leader::Nobody, _) | (Leader::Tied { .. }, Ties::Abstain) => Outcome::nothing(to),
                    (Leader::Correct, _) => answer(true),
                    (Leader::Wrong, _)
                    | (Leader::Tied { .. }, Ties::Lose)
                    | (Leader::Tied { correct: false }, Ties::Share) => answer(false),
                    (Leader::Tied { correct: true }, Ties::Share) => {
                        answer(shared.priorities(at).correct_leads(right, sampler.by_answer(answers)))
                    }
                };
                tally.add(layout, (p, point), at, outcome);
            }
            from = to;
        }
        tally.cover(layout, at.task, covered);
    }
}
