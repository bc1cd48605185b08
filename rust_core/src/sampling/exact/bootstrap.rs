//! The uncertainty of the best number of attempts, or of the best limit: resample tasks (other tasks could have been asked),
//! draw what the attempts of each task leave open of its rates, and find the optimum again.

use crate::error::{Error, Result, quoted};
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::exact::best_limit::Limits;
use crate::sampling::exact::optimum::{Optimum, TaskRates, independent, value_at};
use crate::sampling::exact::optimum_laws::{Laws, OptimumLaws};
use crate::sampling::exact::pool_steps::pool_changes;
use crate::sampling::exact::resampled_means::drawn_again;
use crate::sampling::exact::steps::best;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::tasks::Tasks;
use crate::special::student_t::wider_for_few;
use crate::variates::below;

/// The most resamples.
pub const MAX_RESAMPLES: u64 = 1_000_000;
/// The most numbers (tasks times attempts) of the curves of a pool.
const MAX_CURVES: f64 = 1e8;

/// The confidence of the interval for which resamples of few tasks are spread.
const CONFIDENCE: f64 = 0.9;

/// What is drawn anew in each resample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resample {
    /// The tasks.
    Tasks,
    /// The attempts within each task.
    Attempts,
}

impl Resample {
    /// What a name stands for.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "tasks" => Ok(Self::Tasks),
            "attempts" => Ok(Self::Attempts),
            other => Err(Error::argument("resample", "'tasks' or 'attempts'", quoted(other))),
        }
    }
}

/// The optimum of one policy at one cost of a wrong answer.
#[derive(Debug, Clone)]
pub struct Optima {
    /// From the data as they are.
    pub estimate: Optimum,
    /// From each resample: the best number of attempts (or limit), and the utility at the estimate's, whose quantiles are
    /// those of an interval.
    pub resamples: Vec<Optimum>,
}

/// The scenario of a resample whose tasks have rates drawn from what their observed attempts leave open, if they do.
pub type Redrawn<'a> = &'a (dyn Fn(u64, &mut Sequence) -> Option<SamplingScenario> + Sync);

/// What is drawn anew, how often, and from which random numbers.
pub struct Bootstrap<'a> {
    /// What is drawn anew.
    pub resample: Resample,
    /// The scenario of each resample where its rates are.
    pub redraw: Redrawn<'a>,
    /// How often.
    pub resamples: u64,
    /// The key of the random numbers.
    pub key: Key,
}

/// Finds the optima of every policy at every utility, policy by policy.
pub fn optima(
    scenario: &SamplingScenario,
    utilities: &[Utility],
    bootstrap: &Bootstrap<'_>,
    threads: usize,
    control: &Control,
) -> Result<Vec<Optima>> {
    let &Bootstrap { resample, redraw, resamples, key } = bootstrap;
    if resamples > MAX_RESAMPLES {
        return Err(Error::argument("bootstrap", format!("at most {MAX_RESAMPLES}"), resamples));
    }
    let limited = scenario.limits.is_some();
    if let Some(i) = scenario.policies.iter().position(|p| !p.is_binned() && !limited) {
        let expected = "first_accepted with fallback 'abstain' or 'last': the optimum of others has no closed form";
        return Err(Error::argument(&format!("policies[{i}]"), expected, scenario.policies[i].name()));
    }
    let utilities = &with_money(scenario, utilities)?;
    let problem = Problem::new(scenario, control)?;
    let counted = matches!(scenario.tasks, Tasks::Counts { .. });
    if resample == Resample::Attempts && resamples > 0 && problem.laws.are_drawn() && !counted {
        let expected = "'tasks' where rates are drawn: their laws hold what the observed attempts leave open";
        return Err(Error::argument("resample", expected, "'attempts'"));
    }
    if resample == Resample::Attempts && matches!(scenario.tasks, Tasks::Fixed { .. }) {
        return Err(Error::argument(
            "resample",
            "'tasks' for tasks with fixed rates, which rest on no observed attempts",
            "'attempts'",
        ));
    }
    let tasks = problem.weights.len();
    let verifiers = problem.laws.verifiers(tasks);
    // What is drawn again anyway need not be integrated to all digits.
    let coarse = (problem.laws.are_drawn() && problem.limits.is_none() && resamples > 0)
        .then(|| OptimumLaws::merged(scenario, control))
        .transpose()?;
    if resamples > 0 && scenario.tasks.population().is_some() {
        let got = format!("{resamples} resamples");
        return Err(Error::argument("bootstrap", "0 for a population whose law is given, not observed", got));
    }
    let plain = vec![1.0; tasks];
    let sampled = scenario.sampled(0);
    let mut found: Vec<Optima> = problem
        .optima(problem.laws.all(), &plain, utilities, None, control)?
        .into_iter()
        .map(|estimate| Optima { estimate, resamples: Vec::new() })
        .collect();
    let at: Vec<f64> = found.iter().map(|o| o.estimate.attempts).collect();
    let work = |(): &mut (), index: u64| {
        let mut random = Stream::new(key, 0, purpose::BOOTSTRAP, index).sequence();
        // Of verifiers that labels leave open each resample has one.
        let number = if verifiers > 1 { below(verifiers as u64, &mut random) as usize } else { 0 };
        let laws = coarse.as_ref().unwrap_or(&problem.laws);
        let own = if verifiers > 1 { laws.of_verifier(number, tasks) } else { laws.all() };
        let mut times = plain.clone();
        if resample == Resample::Tasks {
            times = sampled.times(&drawn_again(&sampled, &mut random));
        }
        let redrawn = redraw(index, &mut random)
            .map(|one| {
                let one = if verifiers > 1 { one.with_verifier(number) } else { one };
                OptimumLaws::merged(&one, control)
            })
            .transpose()?;
        let laws = redrawn.as_ref().map_or(own, OptimumLaws::all);
        let mut again = problem.optima(laws, &times, utilities, Some(&at), control)?;
        if redrawn.is_some() && resample == Resample::Tasks && problem.pool.is_some() {
            // As far as a pool reaches it tells itself what its tasks are best asked; how sure its utility is of other
            // tasks, of which it may show one kind only, the rates tell that it leaves open.
            let best = problem.optima(own, &times, utilities, None, control)?;
            again.iter_mut().zip(best).for_each(|(again, best)| again.attempts = best.attempts);
        }
        control.advance(1);
        Ok(again)
    };
    let collect = |again: Vec<Optimum>| found.iter_mut().zip(again).for_each(|(o, optimum)| o.resamples.push(optimum));
    run(resamples, threads, control, || (), work, collect)?;
    let observed = counted || matches!(scenario.tasks, Tasks::Pool { .. } | Tasks::Recorded(_));
    if resample == Resample::Tasks {
        for (at, o) in found.iter_mut().enumerate() {
            let all = o.resamples.iter().map(|again| again.utility);
            // Of drawn rates not the estimate is in the middle, which takes the observed shares for rates.
            let middle = if observed { all.sum::<f64>() / resamples as f64 } else { o.estimate.utility };
            let wider = wider_for_few(sampled.effective(), CONFIDENCE);
            let worth = utilities[at % utilities.len()];
            let least = if worth.attempt_cost > 0.0 { f64::NEG_INFINITY } else { -worth.wrong_cost };
            for again in &mut o.resamples {
                again.utility = (middle + wider * (again.utility - middle)).clamp(least, worth.correct_reward);
            }
        }
    }
    Ok(found)
}

/// What an attempt costs in money is part of its cost, unless limits count the money themselves.
fn with_money(scenario: &SamplingScenario, utilities: &[Utility]) -> Result<Vec<Utility>> {
    if scenario.tasks.recorded().is_some() {
        if scenario.limits.is_some() {
            return Err(Error::NoClosedForm(
                "no closed form of the best limit on recorded attempts; use simulate on several limits".into(),
            ));
        }
        if scenario.verifier.as_ref().is_some_and(|verifier| !verifier.is_perfect()) {
            return Err(Error::NoClosedForm(
                "no closed form of the optimum on recorded attempts whose verdicts a verifier draws; use solve on a grid \
                 of max_attempts, or Tasks.counts"
                    .into(),
            ));
        }
        if scenario.billed()[1] {
            return Err(Error::NoClosedForm(
                "no closed form of the optimum where attempts have prices of their own; Utility(attempt_cost=) is one \
                 price for all of them (leave out cost, of the scenario and of Tasks.from_attempts), and solve on a grid \
                 of max_attempts takes them as they are"
                    .into(),
            ));
        }
    }
    let Some(cost) = scenario.cost else { return Ok(utilities.to_vec()) };
    if cost.parallel > 1.0 {
        return Err(Error::NoClosedForm(
            "no closed form of the optimum for batches (parallel above 1): whole batches are paid; use simulate".into(),
        ));
    }
    if cost.wrong_output_tokens.is_some() {
        return Err(Error::NoClosedForm(
            "no closed form of the optimum where wrong attempts take other tokens; use solve on a grid of max_attempts"
                .into(),
        ));
    }
    // Policies that stop at the first acceptance have every attempt verified.
    let money = if scenario.limits.is_some() { 0.0 } else { cost.mean_rates(true)[1] };
    Ok(utilities.iter().map(|&u| Utility { attempt_cost: u.attempt_cost + money, ..u }).collect())
}

struct Problem<'a> {
    scenario: &'a SamplingScenario,
    laws: OptimumLaws,
    /// The weights of the tasks.
    weights: Vec<f64>,
    /// The attempts that every task of a pool can answer; `None` for independent attempts.
    pool: Option<usize>,
    limits: Option<Limits<'a>>,
}

impl<'a> Problem<'a> {
    fn new(scenario: &'a SamplingScenario, control: &Control) -> Result<Self> {
        let count = scenario.tasks.count();
        let weights = scenario.weights().unwrap_or_else(|| vec![1.0 / count as f64; count]);
        let laws = OptimumLaws::new(scenario, control)?;
        let pools = laws.each.iter().filter_map(|law| match law {
            TaskLaw::Pool { attempts, .. } => Some(*attempts),
            _ => None,
        });
        let pool = pools.reduce(f64::min);
        if pool.is_some_and(|n| n * count as f64 > MAX_CURVES) {
            return Err(Error::argument(
                "tasks times attempts of the pool",
                format!("at most {MAX_CURVES}"),
                pool.unwrap_or(0.0) * count as f64,
            ));
        }
        let limits = if scenario.limits.is_some() {
            Some(Limits::new(scenario, &laws.all().weighed(count, |i| weights[i]).0, control)?)
        } else {
            None
        };
        Ok(Self { scenario, laws, weights, pool: pool.map(|n| n as usize), limits })
    }

    /// The optima of all policies and utilities with tasks counted `times`; with `at`, the utilities there instead of
    /// at the optimum itself.
    fn optima(
        &self,
        laws: Laws<'_>,
        times: &[f64],
        utilities: &[Utility],
        at: Option<&[f64]>,
        control: &Control,
    ) -> Result<Vec<Optimum>> {
        let scale: f64 = self.weights.iter().zip(times).map(|(w, t)| w * t).sum();
        let weight = |i: usize| self.weights[i] * times[i] / scale;
        let (laws, weights) = laws.weighed(times.len(), weight);
        if let Some(limits) = &self.limits {
            let known = std::ptr::eq(laws.as_ptr(), self.laws.each.as_ptr());
            let again = (!known).then(|| limits.outcomes(&laws, control)).transpose()?;
            return Ok(limits.optima(again.as_deref(), &weights, utilities, at));
        }
        let mut found = Vec::new();
        for policy in &self.scenario.policies {
            // Rates drawn from what a pool leaves open are those of independent attempts.
            let pools = laws.iter().all(|law| matches!(law, TaskLaw::Pool { .. }));
            if let (Some(cap), true) = (self.pool, pools) {
                control.check()?;
                let pools = weights.iter().copied().zip(laws.iter().copied());
                let changes = pool_changes(pools, policy.needs().last, cap);
                for &u in utilities {
                    let attempts = best(changes.iter().map(|c| c.step(u)));
                    let at = at.map_or(attempts, |at| at[found.len()] as usize);
                    let utility = changes[..at].iter().fold(0.0, |sum, c| sum + c.step(u).value());
                    found.push(Optimum { attempts: attempts as f64, utility });
                }
                continue;
            }
            let tasks: Vec<TaskRates> = laws
                .iter()
                .zip(&weights)
                .filter(|(_, weight)| **weight > 0.0)
                .filter_map(|(law, &weight)| {
                    let TaskLaw::Attempts(rates) = law else { return None };
                    Some(TaskRates {
                        accepted_correct: rates.accepted_correct(),
                        accepted_wrong: rates.accepted_wrong(),
                        ln_rejected: rates.ln_rejected(),
                        last_correct: policy.needs().last.then(|| law.rejected_precision().0),
                        weight,
                    })
                })
                .collect();
            for &u in utilities {
                control.check()?;
                let mut best = independent(&tasks, u, self.pool.map_or(f64::INFINITY, |cap| cap as f64));
                if let Some(at) = at {
                    best.utility = value_at(&tasks, u, at[found.len()]);
                }
                found.push(best);
            }
        }
        Ok(found)
    }
}
