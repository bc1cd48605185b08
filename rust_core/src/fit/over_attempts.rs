//! Intervals of an exact solution over attempts: what other attempts at the same tasks would have said.
//!
//! Counts and pools: each task's rates are drawn from what its attempts and those of the others say of them (a Beta
//! population, itself integrated over its posterior), and the scenario is solved at these rates. Recorded attempts are drawn
//! anew with replacement within each task, and the estimate is kept in the middle, for repeated attempts bias it.

use super::beta_binomial::Counts;
use super::posterior_draws::posterior_draws;
use crate::error::{Error, Result};
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::exact::solve;
use crate::sampling::record::ends::{Ends, NO_ENDS, of_draws};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::recorded::Recorded;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;
use crate::spec::Values;
use crate::variates::{below, beta};

/// How the attempts are drawn anew.
#[derive(Debug, Clone, Copy)]
pub struct Resampling {
    /// How often.
    pub resamples: u64,
    /// The confidence of the interval.
    pub confidence: f64,
    /// The key of the seed.
    pub key: Key,
    /// Threads.
    pub threads: usize,
}

/// The ends of every row, policy by policy.
pub fn over_attempts(
    scenario: &SamplingScenario,
    coverage: bool,
    how: Resampling,
    control: &Control,
) -> Result<Vec<Ends>> {
    let points = scenario.points();
    let rows = scenario.policies.len() * points;
    let redraw = Redraw::new(scenario, how, control)?;
    let quiet = control.quiet();
    let weights = scenario.weights();
    let values = |one: &SamplingScenario| {
        let mut found = vec![NO_ENDS[0]; rows];
        solve(one, &[], coverage, None, &quiet, |p, g, row| {
            let means = &row.means;
            found[p * points + g] = means.summarise(0..means.correct.len(), weights.as_deref(), None).value;
        })?;
        Ok(found)
    };
    let mut drawn: Vec<Vec<Ends>> = vec![Vec::with_capacity(how.resamples as usize); rows];
    let work = |(): &mut (), index: u64| {
        control.check()?;
        let mut random = Stream::new(how.key, 0, purpose::BOOTSTRAP, index).sequence();
        let verifier = scenario.labelled().map(|labelled| below(labelled.count() as u64, &mut random) as usize);
        let one = redraw.scenario(scenario, index as usize, &mut random);
        let found = values(&verifier.map_or_else(|| one.clone(), |number| one.with_verifier(number)))?;
        control.advance(1);
        Ok(found)
    };
    let add = |found: Vec<[f64; 13]>| drawn.iter_mut().zip(found).for_each(|(all, one)| all.push([one; 2]));
    run(how.resamples, how.threads, control, || (), work, add)?;
    let tail = 0.5 * (1.0 - how.confidence);
    let mut ends: Vec<Ends> = drawn.iter().map(|all| of_draws(all, tail)).collect();
    if matches!(redraw, Redraw::Recorded(_)) {
        for ((ends, all), estimate) in ends.iter_mut().zip(&drawn).zip(values(scenario)?) {
            for metric in 0..estimate.len() {
                let mean = all.iter().map(|one| one[0][metric]).sum::<f64>() / all.len() as f64;
                ends.iter_mut().for_each(|end| end[metric] += estimate[metric] - mean);
            }
        }
    }
    Ok(ends)
}

/// What tasks are drawn from.
pub enum Redraw<'a> {
    /// By the rates of successes: attempts, successes and populations of each resample.
    Counts(Rate),
    /// By the rates of acceptance, of correct ones among the accepted and among the rejected.
    Pool([Rate; 3]),
    /// By whole recorded tasks: the attempts of each are drawn again.
    Recorded(&'a Recorded),
}

/// A rate of every task: what was seen of it, and equally likely populations.
pub struct Rate {
    of: Vec<f64>,
    seen: Vec<f64>,
    populations: [Vec<f64>; 2],
}

impl Rate {
    fn new(of: Vec<f64>, seen: Vec<f64>, dimension: i32, how: Resampling, control: &Control) -> Result<Self> {
        let counts = Counts::new(&of, &seen, None, control)?;
        let populations = posterior_draws(&counts, how.resamples as usize, dimension, how.threads, control)?;
        Ok(Self { of, seen, populations })
    }

    fn draw(&self, task: usize, resample: usize, random: &mut Sequence) -> f64 {
        let [mean, icc] = self.populations.each_ref().map(|values| values[resample]);
        let size = (1.0 - icc) / icc;
        let least = |x: f64| x.max(1e-300);
        let shapes = [mean * size + self.seen[task], (1.0 - mean) * size + self.of[task] - self.seen[task]];
        beta(shapes.map(least), random)
    }
}

impl<'a> Redraw<'a> {
    /// Of a scenario's counts or pool.
    pub fn new(scenario: &'a SamplingScenario, how: Resampling, control: &Control) -> Result<Self> {
        let less = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x - y).collect::<Vec<f64>>();
        match &scenario.tasks {
            Tasks::Counts { attempts, correct, posterior: false, .. } => {
                let [of, seen] = [attempts, correct].map(|v| v.as_slice().to_vec());
                Ok(Self::Counts(Rate::new(of, seen, 0, how, control)?))
            }
            Tasks::Pool { attempts, accepted, accepted_correct, correct, .. } => {
                let [n, a, t] = [attempts, accepted, accepted_correct].map(Values::as_slice);
                let hidden = correct.as_ref().map_or_else(|| vec![0.0; n.len()], |c| less(c.as_slice(), t));
                let rejected = if correct.is_some() { less(n, a) } else { vec![0.0; n.len()] };
                Ok(Self::Pool([
                    Rate::new(n.to_vec(), a.to_vec(), 0, how, control)?,
                    Rate::new(a.to_vec(), t.to_vec(), 1, how, control)?,
                    Rate::new(rejected, hidden, 2, how, control)?,
                ]))
            }
            Tasks::Recorded(recorded) => Ok(Self::Recorded(recorded)),
            _ => Err(Error::argument(
                "resample",
                "'tasks' for tasks that rest on no observed attempts, or whose posterior holds what they leave open",
                "'attempts'",
            )),
        }
    }

    /// The scenario of a resample.
    pub fn scenario(&self, scenario: &SamplingScenario, resample: usize, random: &mut Sequence) -> SamplingScenario {
        let count = scenario.tasks.count();
        let fixed = |success: Vec<f64>| Tasks::Fixed {
            success: Values::Many(success),
            weight: scenario.tasks.weight().cloned(),
            names: None,
        };
        match self {
            Self::Counts(rate) => {
                let success = (0..count).map(|i| rate.draw(i, resample, random)).collect();
                SamplingScenario { tasks: fixed(success), ..scenario.clone() }
            }
            Self::Pool(rates) => {
                let [mut success, mut wrong, mut missed] = [0; 3].map(|_| Vec::with_capacity(count));
                for i in 0..count {
                    let [a, q, h] = rates.each_ref().map(|rate| rate.draw(i, resample, random));
                    // Without `correct` a rejected answer is taken for wrong: nothing that is shown depends on it.
                    let h = if scenario.knows_coverage() { h } else { 0.0 };
                    let quotient = |x: f64, y: f64| if y > 0.0 { (x / y).min(1.0) } else { 0.0 };
                    let p = a * q + (1.0 - a) * h;
                    success.push(p);
                    wrong.push(quotient(a * (1.0 - q), 1.0 - p));
                    missed.push(quotient((1.0 - a) * h, p));
                }
                let verifier = Verifier::Rates {
                    false_positive_rate: Values::Many(wrong),
                    false_negative_rate: Values::Many(missed),
                };
                SamplingScenario { tasks: fixed(success), verifier: Some(verifier), ..scenario.clone() }
            }
            Self::Recorded(recorded) => {
                SamplingScenario { tasks: Tasks::Recorded(redrawn(recorded, random)), ..scenario.clone() }
            }
        }
    }
}

/// As many attempts of each task, drawn with replacement from those that it has.
fn redrawn(recorded: &Recorded, random: &mut Sequence) -> Recorded {
    let mut places = Vec::with_capacity(recorded.correct.as_slice().len());
    let mut from = 0;
    for &n in recorded.attempts.as_slice() {
        places.extend((0..n as u64).map(|_| from + below(n as u64, random) as usize));
        from += n as usize;
    }
    let mut again = recorded.clone();
    let attempts = again.attempts.clone();
    for values in again.values() {
        if values.as_slice().len() == places.len() {
            *values = Values::Many(places.iter().map(|&at| values.at(at)).collect());
        }
    }
    // Where each task has one attempt their counts are as many as the attempts; so are weights.
    again.attempts = attempts;
    again.weight.clone_from(&recorded.weight);
    again
}
