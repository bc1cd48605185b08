//! Weighted votes: by bin of the grid, how often each answer was given, and in one normal number the sum of its scores.
//!
//! The scores of a judge are normal, and so is the sum of any number of them: no attempt is drawn by itself.

use super::shared::{Shared, Tally};
use crate::dispatch::{Kernel, dispatch};
use crate::error::Result;
use crate::rng::{Sequence, purpose};
use crate::run::Control;
use crate::sampling::draw::answers::{AnswerCounts, AnswerSampler};
use crate::sampling::draw::chain::Chain;
use crate::sampling::draw::streams::Place;
use crate::sampling::draw::successes::WORDS;
use crate::sampling::policy::rule::Alone;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::scores::Scores;
use crate::special::normal::normal_quantiles;
use crate::variates::{NEVER, binomial};

/// Trials between two questions whether the run was cancelled.
const TRIALS: usize = 64;

/// Weighted votes.
pub struct Weighted {
    /// Which of the scenario's policies, and whether a score weighs as a log likelihood ratio.
    policies: Vec<(usize, bool)>,
    scores: Option<Scores>,
    sampler: AnswerSampler,
    /// Correct attempts at the grid points, where tables have them.
    chain: Option<Chain>,
}

/// What a worker holds.
pub struct Worker {
    answers: AnswerCounts,
    /// Correct attempts up to each grid point, by trial.
    correct: Vec<u64>,
    words: Vec<u64>,
    /// Of one trial, attempts that were given to an answer up to a grid point since the one before, and a number for each.
    drawn: Vec<(usize, usize, u64)>,
    normals: Vec<f64>,
    /// By answer, the correct one first: attempts so far, the sum of their scores, and what that weighs.
    given: Vec<u64>,
    sums: Vec<f64>,
    weights: Vec<f64>,
}

impl Weighted {
    /// Those of a scenario.
    pub fn new(
        shared: &Shared<'_>,
        scenario: &SamplingScenario,
        (laws, trials): (&[TaskLaw], u64),
        control: &Control,
    ) -> Result<Self> {
        let policies = shared.layout.policies.iter().enumerate().filter_map(|(p, policy)| match policy.alone() {
            Some(Alone::ScoreSums { likelihood }) => Some((p, likelihood)),
            _ => None,
        });
        let policies: Vec<(usize, bool)> = policies.collect();
        let chain = match policies[..] {
            [] => None,
            _ => Chain::new(scenario, (laws, shared.layout.grid), trials, control)?,
        };
        let sampler = AnswerSampler::undecided_leaders(shared.answers, shared.streams);
        Ok(Self { policies, scores: scenario.verifier.as_ref().and_then(Scores::new), sampler, chain })
    }

    /// Whether it reads success rates.
    pub fn reads_rates(&self) -> bool {
        !self.policies.is_empty() && self.chain.as_ref().is_none_or(Chain::reads_rates)
    }

    /// Room for one worker.
    pub fn worker(&self, shared: &Shared<'_>) -> Worker {
        let some = usize::from(!self.policies.is_empty());
        let (size, answers) = (shared.streams.chunk().next_multiple_of(4), 1 + self.sampler.answers());
        Worker {
            answers: self.sampler.counted(),
            correct: vec![0; some * shared.layout.grid.len() * size],
            words: vec![0; some * size],
            drawn: Vec::new(),
            normals: Vec::new(),
            given: vec![0; answers],
            sums: vec![0.0; answers],
            weights: vec![0.0; answers],
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
        let Some(scores) = self.scores.filter(|_| !self.policies.is_empty()) else { return Ok(()) };
        if let Some(chain) = &self.chain {
            shared.count_correct(chain, (&mut worker.correct, &mut worker.words), (at, rates));
        } else {
            let size = worker.words.len();
            let mut random: Sequence<WORDS> = shared.streams.of_task(purpose::CUT_COUNTS, at.task, at.chunk).ahead(0);
            for (t, rates) in rates.iter().enumerate() {
                let (mut from, mut sum) = (0, 0);
                for (point, &to) in shared.layout.grid.iter().enumerate() {
                    sum += binomial(to - from, rates.success, &mut random);
                    worker.correct[point * size + t] = sum;
                    from = to;
                }
            }
        }
        let mut random = shared.streams.of_task(purpose::SCORE_SUMS, at.task, at.chunk).ahead(0);
        for t in 0..rates.len() {
            if t % TRIALS == 0 {
                control.check()?;
            }
            self.trial(shared, (worker, tally), scores.d_prime, at.after(t), &mut random);
        }
        Ok(())
    }

    fn trial(
        &self,
        shared: &Shared<'_>,
        (worker, tally): (&mut Worker, &mut Tally),
        d_prime: f64,
        at: Place,
        random: &mut Sequence<WORDS>,
    ) {
        let (layout, priorities) = (&shared.layout, shared.priorities(at));
        let Worker { answers, correct, words, drawn, normals, given, sums, weights } = worker;
        let correct = |point: usize| correct[point * words.len() + at.trial];
        self.sampler.start(answers, at);
        let right = layout.grid.iter().enumerate().map(|(point, &to)| (to, correct(point)));
        dispatch(TrialKernel { sampler: &self.sampler, right, answers, given, drawn, normals, random });
        given.fill(0);
        sums.fill(0.0);
        let mut covered = NEVER;
        let mut next = drawn.iter().zip(&*normals).peekable();
        for (point, &to) in layout.grid.iter().enumerate() {
            if correct(point) > 0 {
                covered = to.min(covered);
            }
            while let Some((&(_, answer, more), normal)) = next.next_if(|((at, ..), _)| *at == point) {
                given[answer] += more;
                let mean = if answer == 0 { more as f64 * d_prime } else { 0.0 };
                sums[answer] += mean + (more as f64).sqrt() * normal;
            }
            for &(p, likelihood) in &self.policies {
                for ((weight, &sum), &given) in weights.iter_mut().zip(&*sums).zip(&*given) {
                    *weight = if likelihood { d_prime * (sum - 0.5 * d_prime * given as f64) } else { sum };
                }
                let leader = priorities.leader(weights, |answer| given[answer] > 0);
                let outcome = leader.map_or(Outcome::nothing(to), |answer| Outcome::answer(answer == 0, false, to));
                tally.add(layout, (p, point), at, outcome);
            }
        }
        tally.cover(layout, at.task, covered);
    }
}

/// Draws how often each answer is given between grid points, and a normal number for each: counts bits, for which wider
/// machines have an instruction.
struct TrialKernel<'a, R> {
    sampler: &'a AnswerSampler,
    /// The grid points, and the correct attempts up to each.
    right: R,
    answers: &'a mut AnswerCounts,
    given: &'a mut [u64],
    drawn: &'a mut Vec<(usize, usize, u64)>,
    normals: &'a mut Vec<f64>,
    random: &'a mut Sequence<WORDS>,
}

impl<R: Iterator<Item = (u64, u64)>> Kernel for TrialKernel<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { sampler, right, answers, given, drawn, normals, random } = self;
        given.fill(0);
        drawn.clear();
        normals.clear();
        let mut from = 0;
        for (point, (to, right)) in right.enumerate() {
            sampler.draw(answers, point, (to - from) - (right - given[0]));
            let counts = std::iter::once(&right).chain(sampler.by_answer(answers));
            for (answer, (&count, given)) in counts.zip(&mut *given).enumerate() {
                if count > *given {
                    drawn.push((point, answer, count - std::mem::replace(given, count)));
                    normals.push(random.open01());
                }
            }
            from = to;
        }
        normal_quantiles(normals);
    }
}
