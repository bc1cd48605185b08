//! Intervals over attempts: what other attempts at the same tasks would have said, of an exact solution or of a simulation;
//! and over other tasks of counts.
//!
//! Counts: each task's rate is drawn from what its attempts and those of the others say of it (a Beta population, itself
//! integrated over its posterior), and the scenario is worked out at these rates. Pools and logs: `record_attempts`.

use libm::sqrt;

use super::beta_binomial::Counts;
use super::kind_rates::{Believed, KindRates};
use super::posterior_draws::posterior_draws;
use super::record_attempts::RecordAttempts;
use super::resampling::Resampling;
use crate::error::{Error, Result};
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::record::ends::{Ends, drawn_over_tasks, of_draws};
use crate::sampling::record::estimate::Estimates;
use crate::sampling::record::metrics::COUNT;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::recorded::Recorded;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;
use crate::spec::Values;
use crate::variates::{below, beta};

/// The ends of every row, policy by policy, around its estimates.
pub fn over_attempts(
    scenario: &SamplingScenario,
    estimates: &[Estimates],
    how: Resampling,
    control: &Control,
) -> Result<Vec<Ends>> {
    let redraw = match &scenario.tasks {
        Tasks::Recorded(Recorded { attempts, .. }) | Tasks::Pool { attempts, .. } => {
            return RecordAttempts::new(scenario, attempts, control)?.ends(estimates, how, control);
        }
        _ => Redraw::new(scenario, how, control)?,
    };
    let mut drawn: Vec<Vec<Estimates>> = vec![Vec::with_capacity(how.resamples as usize); estimates.len()];
    let work = |(): &mut (), index: u64| {
        control.check()?;
        let (one, mut random) = redraw.resample(scenario, how.key, index);
        let found = how.estimates(&one, &mut random, control)?;
        control.advance(how.trials.unwrap_or(1));
        Ok(found)
    };
    let add = |found: Vec<Estimates>| drawn.iter_mut().zip(found).for_each(|(all, one)| all.push(one));
    run(how.resamples, how.threads, control, || (), work, add)?;
    let tail = 0.5 * (1.0 - how.confidence);
    let ends = drawn.iter().zip(estimates).map(|(all, estimate)| {
        let values: Vec<Ends> = match how.trials {
            None => all.iter().map(|one| [one.value; 2]).collect(),
            Some(_) => of_trials(all, estimate).into_iter().map(|one| [one; 2]).collect(),
        };
        of_draws(&values, tail)
    });
    Ok(ends.collect())
}

/// The ends of every row over other tasks, policy by policy: those of the rates drawn in each resample, of which each has
/// its share of what the tasks leave open.
pub fn over_tasks(
    scenario: &SamplingScenario,
    metrics: &[bool; COUNT],
    how: Resampling,
    control: &Control,
) -> Result<Vec<Ends>> {
    let redraw = Redraw::new(scenario, how, control)?;
    let (weights, points) = (scenario.weights(), scenario.points());
    let mut drawn: Vec<Vec<Ends>> = vec![Vec::with_capacity(how.resamples as usize); scenario.policies.len() * points];
    let work = |(): &mut (), index: u64| {
        control.check()?;
        let (one, mut random) = redraw.resample(scenario, how.key, index);
        let rows = how.means(&one, &mut random, control)?.into_iter().enumerate();
        let found: Vec<Ends> = rows
            .map(|(at, means)| {
                let bounds = scenario.bounds(at % points);
                drawn_over_tasks(&means, weights.as_deref(), bounds, metrics, (index, &mut random))
            })
            .collect();
        control.advance(how.trials.unwrap_or(1));
        Ok(found)
    };
    let add = |found: Vec<Ends>| drawn.iter_mut().zip(found).for_each(|(all, one)| all.push(one));
    run(how.resamples, how.threads, control, || (), work, add)?;
    Ok(drawn.iter().map(|all| of_draws(all, 0.5 * (1.0 - how.confidence))).collect())
}

/// The values of resamples that were simulated: closer to their mean by the noise of their trials, which their standard
/// errors tell, and farther from it by that of the estimate itself; none where that is not known, as from one trial.
fn of_trials(all: &[Estimates], estimate: &Estimates) -> Vec<[f64; COUNT]> {
    let mut values: Vec<[f64; COUNT]> = all.iter().map(|one| one.value).collect();
    for metric in 0..COUNT {
        let known = |one: &&Estimates| !one.value[metric].is_nan();
        let count = all.iter().filter(known).count() as f64;
        let mean = all.iter().filter(known).map(|one| one.value[metric]).sum::<f64>() / count;
        let square = |x: f64| x * x;
        let spread = all.iter().filter(known).map(|one| square(one.value[metric] - mean)).sum::<f64>() / (count - 1.0);
        let noise = all.iter().filter(known).map(|one| square(one.standard_error[metric])).sum::<f64>() / count;
        let wanted = (spread - noise).max(0.0) + square(estimate.standard_error[metric]);
        if estimate.standard_error[metric].is_nan() {
            values.iter_mut().for_each(|one| one[metric] = f64::NAN);
            continue;
        }
        let factor = if spread > 0.0 && wanted.is_finite() { sqrt(wanted / spread) } else { 1.0 };
        values.iter_mut().for_each(|one| one[metric] = mean + factor * (one[metric] - mean));
    }
    values
}

/// Counts or a pool at rates that are drawn anew.
pub struct Redraw {
    rates: KindRates<Populations>,
}

/// The mean and the intra-class correlation of equally likely populations of a rate, one for each resample.
struct Populations([Vec<f64>; 2]);

impl Believed for Populations {
    fn draw(&self, of: f64, seen: f64, resample: usize, random: &mut Sequence) -> f64 {
        let [mean, icc] = self.0.each_ref().map(|values| values[resample]);
        let size = (1.0 - icc) / icc;
        let least = |x: f64| x.max(1e-300);
        beta([mean * size + seen, (1.0 - mean) * size + of - seen].map(least), random)
    }
}

impl Redraw {
    /// Of a scenario's counts or pool.
    pub fn new(scenario: &SamplingScenario, how: Resampling, control: &Control) -> Result<Self> {
        let populations = |of: Vec<f64>, seen: Vec<f64>, dimension| {
            let counts = Counts::new(&of, &seen, None, control)?;
            posterior_draws(&counts, how.resamples as usize, dimension, how.threads, control).map(Populations)
        };
        let rates = KindRates::new(&scenario.tasks, populations)?.ok_or_else(|| {
            let expected =
                "'tasks' for tasks that rest on no observed attempts, or whose posterior holds what they leave open";
            Error::argument("resample", expected, "'attempts'")
        })?;
        Ok(Self { rates })
    }

    /// The success rates of all tasks in each resample, one after another.
    pub fn rates(&self, how: Resampling, control: &Control) -> Result<Vec<f64>> {
        let mut found = Vec::new();
        let work = |(): &mut (), index: u64| {
            control.check()?;
            let mut random = Stream::new(how.key, 0, purpose::BOOTSTRAP, index).sequence();
            Ok(self.rates.draw(index as usize, &mut random))
        };
        run(
            how.resamples,
            how.threads,
            control,
            || (),
            work,
            |rates| found.extend(rates.iter().map(|rates| rates[0])),
        )?;
        Ok(found)
    }

    /// The scenario of a resample, with one of the verifiers that labels leave open, and what is left of its stream.
    fn resample(&self, scenario: &SamplingScenario, key: Key, index: u64) -> (SamplingScenario, Sequence) {
        let mut random = Stream::new(key, 0, purpose::BOOTSTRAP, index).sequence();
        let verifier = scenario.labelled().map(|labelled| below(labelled.count() as u64, &mut random) as usize);
        let one = self.scenario(scenario, index as usize, &mut random);
        (verifier.map_or_else(|| one.clone(), |number| one.with_verifier(number)), random)
    }

    /// The scenario of a resample at the rates that are drawn for it.
    pub fn scenario(&self, scenario: &SamplingScenario, resample: usize, random: &mut Sequence) -> SamplingScenario {
        let rates = self.rates.draw(resample, random);
        let of = |rate: usize| Values::Many(rates.iter().map(|rates| rates[rate]).collect());
        let tasks = Tasks::Fixed { success: of(0), weight: scenario.tasks.weight().cloned(), names: None };
        let verifier = if self.rates.has_verdicts() {
            let missed = if scenario.knows_coverage() { of(2) } else { Values::Many(vec![0.0; rates.len()]) };
            Some(Verifier::Rates { false_positive_rate: of(1), false_negative_rate: missed })
        } else {
            scenario.verifier.clone()
        };
        SamplingScenario { tasks, verifier, ..scenario.clone() }
    }
}
