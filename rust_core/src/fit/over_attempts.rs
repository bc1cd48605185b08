//! Intervals over attempts: what other attempts at the same tasks would have said, of an exact solution or of a simulation.
//!
//! Counts: `redrawn_rates` draws what the attempts leave open. Pools and logs: `record_attempts`.

use libm::sqrt;

use super::record_attempts::RecordAttempts;
use super::redrawn_rates::RedrawnRates;
use super::resampling::Resampling;
use crate::error::Result;
use crate::run::{Control, run};
use crate::sampling::exact::bootstrap::Resample;
use crate::sampling::record::ends::{Ends, of_draws};
use crate::sampling::record::estimate::Estimates;
use crate::sampling::record::metrics::COUNT;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::recorded::Recorded;
use crate::sampling::scenario::tasks::Tasks;

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
        _ => RedrawnRates::new(scenario, (Resample::Attempts, how.resamples), how.threads, control)?,
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
