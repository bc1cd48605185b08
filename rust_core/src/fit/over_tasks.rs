//! Intervals over other tasks of counts, whose rates are what their attempts leave open.

use super::redrawn_rates::RedrawnRates;
use super::resampling::Resampling;
use crate::error::Result;
use crate::run::{Control, run};
use crate::sampling::exact::bootstrap::Resample;
use crate::sampling::record::ends::{Ends, of_draws};
use crate::sampling::record::metrics::COUNT;
use crate::sampling::record::over_tasks::TaskWeights;
use crate::sampling::scenario::SamplingScenario;

/// The ends of every row over other tasks, policy by policy: those of the rates drawn in each resample, with weights of
/// the tasks that are drawn too.
pub fn over_tasks(
    scenario: &SamplingScenario,
    metrics: &[bool; COUNT],
    how: Resampling,
    control: &Control,
) -> Result<Vec<Ends>> {
    let redraw = RedrawnRates::new(scenario, (Resample::Tasks, how.resamples), how.threads, control)?;
    let (sampled, points) = (scenario.sampled(0), scenario.points());
    let mut drawn: Vec<Vec<Ends>> = vec![Vec::with_capacity(how.resamples as usize); scenario.policies.len() * points];
    let work = |(): &mut (), index: u64| {
        control.check()?;
        let (one, mut random) = redraw.resample(scenario, how.key, index);
        let drawn = TaskWeights::draw(&sampled, how.key, index);
        let rows = how.means(&one, &mut random, control)?.into_iter().enumerate();
        let ends = rows.map(|(at, means)| drawn.ends(&means, scenario.bounds(at / points, at % points), metrics));
        let found: Vec<Ends> = ends.collect();
        control.advance(how.trials.unwrap_or(1));
        Ok(found)
    };
    let add = |found: Vec<Ends>| drawn.iter_mut().zip(found).for_each(|(all, one)| all.push(one));
    run(how.resamples, how.threads, control, || (), work, add)?;
    Ok(drawn.iter().map(|all| of_draws(all, 0.5 * (1.0 - how.confidence))).collect())
}
