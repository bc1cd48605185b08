//! Policies that are simulated by themselves, on attempts of their own: votes that stop ([`stopping`]; in blocks where they
//! can tell how far off their stop is, [`foreseen`]), votes that the counts of correct and of wrong ones decide
//! ([`counted`]), and those that sums of scores do ([`weighted`]).
//!
//! Drawn together with others, single attempts have to fit the first events, counts and maxima that those read, and all
//! up to the last grid point are drawn. Alone, a vote that stops draws no attempt beyond its stop, and a count is a
//! binomial number. A row says the same either way: its law is that of its policy.

mod attempts;
mod counted;
mod foreseen;
mod shared;
mod stopping;
mod weighted;

use super::plan;
use super::run::{Run, chunk_trials};
use super::size;
use super::streams::{Place, Streams};
use super::totals::Totals;
use crate::error::Result;
use crate::run::{Control, run};
use crate::sampling::record::row::RowTally;
use crate::sampling::record::rows::{Rows, Sums};
use crate::sampling::record::trial_scores::TrialScores;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::population::Population;
use counted::Counted;
use shared::{Shared, Tally};
use stopping::Stopping;
use weighted::Weighted;

/// Draws of rates between two questions whether the run was cancelled.
const DRAWS: usize = 64;

/// Simulates a scenario all of whose policies can be simulated by themselves, and visits its rows: `visit(index of the
/// policy, grid point, row)`.
pub fn simulate(
    scenario: &SamplingScenario,
    (laws, grid, answers): (&[TaskLaw], &[u64], Answers),
    options: &Run,
    control: &Control,
    visit: impl FnMut(usize, usize, RowTally),
) -> Result<()> {
    size::check(scenario, laws.len(), grid.len(), [0, scenario.policies.len()], options)?;
    let streams = Streams::new(options, chunk_trials(scenario));
    let layout = plan::layout(scenario, &scenario.policies, (laws.len(), grid), options, None);
    let shared = Shared { layout, streams, answers };
    let (layout, chunk) = (&shared.layout, streams.chunk() as u64);
    let (stopping, counted) =
        (Stopping::new(&shared), Counted::new(&shared, scenario, (laws, options.trials), control)?);
    let weighted = Weighted::new(&shared, scenario, (laws, options.trials), control)?;
    let setting = scenario.setting(laws);
    let read = stopping.reads_rates() || counted.reads_rates() || weighted.reads_rates();
    let population = (read && laws.contains(&TaskLaw::Drawn)).then(|| Population::new(scenario));
    let none = Rates { success: 0.0, errors: ErrorRates::NONE };
    let new_worker = || {
        let totals = layout.cost.map(|cost| Totals::new(cost, streams.chunk()));
        let tally = Tally { rows: Rows::new(layout), scores: TrialScores::new(layout, streams.chunk()) };
        let votes = (stopping.worker(&shared, &setting), counted.worker(&shared), weighted.worker(&shared));
        (tally, totals, vec![none; streams.chunk()], votes)
    };
    let work = |(tally, totals, rates, votes): &mut (Tally, Option<Totals>, Vec<Rates>, _), index: u64| {
        let (stops, counts, sums) = votes;
        let trials = (options.trials - index * chunk).min(chunk) as usize;
        let rates = &mut rates[..trials];
        tally.scores.clear();
        let mut drawn = match &population {
            Some(population) => Some((population, population.streams(streams.seed(), index, trials, control)?)),
            None => None,
        };
        for (task, law) in laws.iter().enumerate() {
            control.check()?;
            match (law, &mut drawn) {
                (TaskLaw::Attempts(known), _) => rates.fill(*known),
                (_, Some((population, random))) => {
                    for some in rates.chunks_mut(DRAWS) {
                        control.check()?;
                        some.iter_mut().for_each(|slot| *slot = population.draw(task, random));
                    }
                }
                // Nobody reads the success rates.
                (_, None) => rates.fill(Rates { success: f64::NAN, errors: scenario.errors(task) }),
            }
            let at = Place { chunk: index, task, trial: 0 };
            stopping.task(&shared, stops, tally, (at, rates), control)?;
            counted.task(&shared, counts, tally, (at, rates), control)?;
            weighted.task(&shared, sums, tally, (at, rates), control)?;
        }
        plan::charge(layout, &streams, &mut tally.scores, totals.as_mut(), (index, trials), control)?;
        tally.rows.score(layout, &tally.scores, trials);
        control.advance(trials as u64);
        Ok(())
    };
    let workers = run(options.trials.div_ceil(chunk), options.threads, control, new_worker, work, |()| ())?;
    let rows = workers.into_iter().map(|(tally, ..)| tally.rows);
    Rows::merged(rows).rows(layout, &Sums::new(layout), visit);
    Ok(())
}
