//! Every policy on one set of attempts: chunk by chunk, task by task, batch by batch of trials.
//!
//! The first events come first; then, for policies that read more, per segment of attempts between grid points and events
//! the number of correct ones, the highest score of each class, and the wrong answers; policies that no count can tell get
//! single attempts, drawn given all of these. Each feature refines what is known with streams of its own, so a further
//! policy changes no other's numbers. Without policies of the last kind the cost of a trial does not grow with the number
//! of attempts.

use std::sync::Arc;

use super::by_bins::{BinSource, BinWorker, ByBins};
use super::events::Source;
use super::events::chunk::ChunkEvents;
use super::events::integrated::Integrated;
use super::plan::{Fine, Plan, Random, Worker, charge};
use super::run::Run;
use super::size;
use super::streams::Place;
use crate::error::Result;
use crate::run::{Control, run};
use crate::sampling::policy::Policy;
use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::record::bin_of;
use crate::sampling::record::layout::Score;
use crate::sampling::record::row::RowTally;
use crate::sampling::record::rows::{Rows, Sums};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::{Rates, TaskLaw};

/// Simulates a scenario and visits its rows: `visit(index of the policy, grid point, row)`.
///
/// With `compared`, returns the sums over trials of the products of that score of each two rows (row `policy * points +
/// point`), in order of the rows.
pub fn simulate(
    scenario: &SamplingScenario,
    (laws, grid): (&[TaskLaw], &[u64]),
    options: Run,
    compared: Option<Score>,
    control: &Control,
    mut visit: impl FnMut(usize, usize, RowTally),
) -> Result<Vec<f64>> {
    // Policies whose bins say all about them, unless more is asked of each trial.
    let binnable = compared.is_none() && (scenario.cost.is_none() || scenario.is_billed_by_attempts());
    let by_bins = |p: &usize| binnable && scenario.policies[*p].is_binned();
    let (binned, other): (Vec<usize>, Vec<usize>) = (0..scenario.policies.len()).partition(by_bins);
    size::check(scenario, laws.len(), grid.len(), [binned.len(), other.len()], &options)?;
    let some = |indices: &[usize]| indices.iter().map(|&p| scenario.policies[p]).collect::<Vec<Policy>>();
    let paid = (options.wanted, scenario.utility, scenario.cost);
    let bins = (!binned.is_empty()).then(|| ByBins::new(some(&binned), grid, laws.len(), paid));
    let others = some(&other);
    let covered = bins.as_ref().is_some_and(ByBins::covers);
    let plan = Plan::new(scenario, (&others, compared), (laws, grid), (&options, covered), control)?;
    let (streams, source, chunk) = (&plan.streams, &plan.source, plan.streams.chunk() as u64);
    // Where rates are drawn anew their bins need none of them, unless a policy asks for more than bins.
    let integrated = match (source, &bins) {
        (Source::Redrawn(_), Some(bins)) if !grid.is_empty() => {
            Integrated::kept(scenario, (grid, bins.numbers()), &options, control)?
        }
        _ => Arc::new(None),
    };
    let integrated = integrated.as_ref().as_ref();
    let bin_source = integrated.map_or(BinSource::Events(source), BinSource::Integrated);
    let events_drawn = match &plan.chain {
        Some(chain) => chain.reads_rates(),
        None => integrated.is_none() || !others.is_empty(),
    };
    let numbered = !others.is_empty() || (events_drawn && matches!(source, Source::Redrawn(_)));
    let new_worker = || {
        let counted = bins.as_ref().map(|bins| bins.worker(&bin_source, streams));
        (plan.worker(), counted, ChunkEvents::new(streams, numbered))
    };
    let work = |(worker, counted, events): &mut (Worker, Option<BinWorker>, ChunkEvents), index: u64| {
        let trials = (options.trials - index * chunk).min(chunk) as usize;
        worker.scores.clear();
        events.index = index;
        if events_drawn {
            source.start(events, streams, (index, trials), control)?;
        }
        let mut random = plan.random(index);
        let mut bins = bins.as_ref().zip(counted.as_mut());
        if let Some((_, counted)) = &mut bins {
            counted.start(streams, index);
        }
        for task in 0..laws.len() {
            control.check()?;
            if events_drawn {
                source.draw(events, streams, (task, trials), control)?;
            }
            if let Some((bins, counted)) = &mut bins {
                bins.count(counted, (&bin_source, streams), events, task, trials);
            }
            if !others.is_empty() {
                if events_drawn {
                    source.number(events, streams, task, trials);
                }
                let at = Place { chunk: index, task, trial: 0 };
                plan.task(worker, &mut random, at, &events.drawn[..trials], control)?;
            }
        }
        if let Some((bins, counted)) = bins {
            bins.score(counted, trials, streams, control)?;
        }
        charge(&plan.layout, streams, &mut worker.scores, worker.totals.as_mut(), (index, trials), control)?;
        worker.rows.score(&plan.layout, &worker.scores, trials);
        control.advance(trials as u64);
        worker.sums.products = worker.scores.products(&plan.layout, trials);
        Ok(std::mem::replace(&mut worker.sums, Sums::new(&plan.layout)))
    };
    let mut sums = Sums::new(&plan.layout);
    let add = |part: Sums| sums.add(&part);
    let workers = run(options.trials.div_ceil(chunk), options.threads, control, new_worker, work, add)?;
    let (rows, counted): (Vec<Rows>, Vec<_>) = workers.into_iter().map(|(w, counted, _)| (w.rows, counted)).unzip();
    Rows::merged(rows.into_iter()).rows(&plan.layout, &sums, |p, g, row| visit(other[p], g, row));
    if let Some(bins) = bins {
        bins.rows(counted.into_iter().flatten(), &bin_source, &options, |p, g, row| visit(binned[p], g, row));
    }
    Ok(sums.products)
}

impl Plan<'_> {
    /// One task in all trials of a chunk, from the trial of the place on.
    fn task(
        &self,
        worker: &mut Worker,
        random: &mut Random,
        at: Place,
        events: &[(FirstEvents, Rates)],
        control: &Control,
    ) -> Result<()> {
        let size = worker.batch.trials;
        for (batch, trial) in events.chunks(size).zip((0..).step_by(size)) {
            let at = Place { trial, ..at };
            if self.layout.limits.is_empty() {
                self.batch(worker, random, at, batch, control)?;
                continue;
            }
            for (&(events, rates), trial) in batch.iter().zip(trial..) {
                control.check()?;
                self.trial_under_limits(worker, Place { trial, ..at }, (events, rates));
            }
        }
        Ok(())
    }

    /// One task in a batch of trials.
    fn batch(
        &self,
        worker: &mut Worker,
        random: &mut Random,
        at: Place,
        events: &[(FirstEvents, Rates)],
        control: &Control,
    ) -> Result<()> {
        let grid = self.layout.grid;
        let Worker { rows, scores, batch, outcomes, seen, fine, .. } = worker;
        if let Some(chain) = &self.chain {
            self.fill_from(chain, batch, random, at, events);
        } else if self.features.counts {
            self.fill(batch, random, at, events);
        }
        if self.layout.wanted.coverage {
            for (t, (events, _)) in events.iter().enumerate() {
                let bin = match self.chain {
                    Some(_) => batch.first_correct(t, grid.len()),
                    None => bin_of(grid, events.correct),
                };
                rows.cover(&self.layout, at.task, bin);
            }
        }
        let Fine { counted, leads, .. } = &mut *fine;
        if let (Some(plurality), Some(counted), Some(leads)) = (&self.plurality, counted, leads) {
            plurality.find_leads(batch, (counted, leads), at, events.len());
        }
        let billed_by_attempt = self.layout.cost.is_some() && !self.layout.billed_by_attempts;
        if self.features.attempts || billed_by_attempt {
            for (&(events, rates), index) in events.iter().zip(0..) {
                // A trial may take millions of attempts.
                control.check()?;
                self.trial(worker, random, at.after(index), (index, events, rates));
            }
            return Ok(());
        }
        for (point, &most) in grid.iter().enumerate() {
            seen.clear();
            if fine.sequential.selectors.iter().any(|selector| selector.feature().is_none()) {
                seen.extend(events.iter().enumerate().map(|(t, &(events, _))| batch.seen(point + 1, t, events)));
            }
            for (p, selector) in fine.sequential.selectors.iter().enumerate() {
                let row = self.layout.row(p, point);
                if let Some(feature) = selector.feature() {
                    let answers = &batch.feature(feature, point)[..events.len()];
                    rows.add_answers(&self.layout, (row, at.task), answers);
                    scores.add_answers((row, at.trial), answers, most);
                    continue;
                }
                outcomes.clear();
                selector.select_each(seen, most, outcomes);
                outcomes.iter().for_each(|&outcome| rows.add(&self.layout, (row, at.task), outcome, most));
                scores.add((row, at.trial), outcomes);
            }
        }
        Ok(())
    }
}
