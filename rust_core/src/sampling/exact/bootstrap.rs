//! The uncertainty of the best number of attempts, or of the best limit: resample tasks (other tasks could have been asked),
//! draw what the attempts of each task leave open of its rates, and find the optimum again.

use crate::error::{Error, Result, quoted};
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::exact::optima::Problem;
use crate::sampling::exact::optimum::Optimum;
use crate::sampling::exact::optimum_laws::OptimumLaws;
use crate::sampling::exact::resampled_means::{drawn_again, spread};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::tasks::Tasks;
use crate::special::student_t::wider_for_few;
use crate::variates::below;

/// The most resamples.
pub const MAX_RESAMPLES: u64 = 1_000_000;

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

/// The scenario of a resample whose tasks have rates drawn from what their observed attempts leave open.
pub type Redrawn<'a> = &'a (dyn Fn(u64, &mut Sequence) -> SamplingScenario + Sync);

/// What is drawn anew, how often, and from which random numbers.
pub struct Bootstrap<'a> {
    /// What is drawn anew.
    pub resample: Resample,
    /// The scenario of each resample; none where no attempts were observed.
    pub redraw: Option<Redrawn<'a>>,
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
    let tasks = problem.tasks();
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
        .best(&problem.weighed(problem.laws.all(), &plain), None, utilities, control)?
        .into_iter()
        .map(|estimate| Optima { estimate, resamples: Vec::new() })
        .collect();
    let at: Vec<f64> = found.iter().map(|o| o.estimate.attempts).collect();
    if resample == Resample::Tasks && sampled.effective() <= 1.0 {
        let unknown = Optimum { attempts: f64::NAN, utility: f64::NAN }; // one says nothing of others
        found.iter_mut().for_each(|o| o.resamples = vec![unknown; resamples as usize]);
        return Ok(found);
    }
    let work = |(): &mut (), index: u64| {
        let mut random = Stream::new(key, 0, purpose::BOOTSTRAP, index).sequence();
        // Of verifiers that labels leave open each resample has one.
        let number = if verifiers > 1 { below(verifiers as u64, &mut random) as usize } else { 0 };
        let laws = coarse.as_ref().unwrap_or(&problem.laws);
        let own = if verifiers > 1 { laws.of_verifier(number, tasks) } else { laws.all() };
        let drawn = (resample == Resample::Tasks).then(|| drawn_again(&sampled, &mut random));
        let times =
            drawn.as_ref().map_or_else(|| plain.clone(), |drawn| sampled.times(&spread(&sampled, drawn, CONFIDENCE)));
        let redrawn = redraw
            .map(|scenario_of| {
                let one = scenario_of(index, &mut random);
                let one = if verifiers > 1 { one.with_verifier(number) } else { one };
                OptimumLaws::merged(&one, control)
            })
            .transpose()?;
        let laws = redrawn.as_ref().map_or(own, OptimumLaws::all);
        let outcomes = redrawn.as_ref().map_or(Ok(None), |laws| problem.outcomes(laws.all(), control))?;
        let outcomes = outcomes.as_deref();
        let weighed = problem.weighed(laws, &times);
        let best = problem.best(&weighed, outcomes, utilities, control)?;
        // Utilities at rates that are drawn are spread with these, below.
        let as_drawn = drawn.filter(|_| redrawn.is_some()).map(|drawn| problem.weighed(laws, &sampled.times(&drawn)));
        let values = problem.values(as_drawn.as_ref().unwrap_or(&weighed), outcomes, utilities, &at);
        control.advance(1);
        Ok(best.into_iter().zip(values).map(|(best, utility)| Optimum { utility, ..best }).collect::<Vec<_>>())
    };
    let collect = |again: Vec<Optimum>| found.iter_mut().zip(again).for_each(|(o, optimum)| o.resamples.push(optimum));
    run(resamples, threads, control, || (), work, collect)?;
    for (at, o) in found.iter_mut().enumerate() {
        if redraw.is_some() && resample == Resample::Tasks {
            // The estimate, which takes observed shares for rates, need not be in the middle.
            let middle = o.resamples.iter().map(|again| again.utility).sum::<f64>() / resamples as f64;
            let wider = wider_for_few(sampled.effective(), CONFIDENCE);
            o.resamples.iter_mut().for_each(|again| again.utility = middle + wider * (again.utility - middle));
        }
        let worth = utilities[at % utilities.len()];
        let least = if worth.attempt_cost > 0.0 || limited { f64::NEG_INFINITY } else { -worth.wrong_cost };
        o.resamples.iter_mut().for_each(|again| again.utility = again.utility.clamp(least, worth.correct_reward));
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
