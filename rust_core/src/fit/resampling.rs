//! How attempts are drawn anew, and what each resample is worked out by: an exact solution or a simulation.

use rand_core::RngCore;

use crate::error::Result;
use crate::rng::{Key, Sequence};
use crate::run::Control;
use crate::sampling::draw::run::Run;
use crate::sampling::draw::simulate;
use crate::sampling::exact::solve;
use crate::sampling::record::estimate::Estimates;
use crate::sampling::record::metrics::TaskMeans;
use crate::sampling::scenario::SamplingScenario;

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
    /// The trials of each resample where they are simulated; exact solutions unless given.
    pub trials: Option<u64>,
    /// Whether coverage is asked for.
    pub coverage: bool,
}

impl Resampling {
    /// The estimates of every row of a scenario, policy by policy; the noise of a simulation is that of `random`.
    pub fn estimates(
        &self,
        scenario: &SamplingScenario,
        random: &mut Sequence,
        control: &Control,
    ) -> Result<Vec<Estimates>> {
        let weights = scenario.weights();
        let of_row = |means: TaskMeans| match means.correct.len() {
            0 => Estimates::NONE,
            tasks => means.summarise(0..tasks, weights.as_deref(), self.trials),
        };
        Ok(self.means(scenario, random, control)?.into_iter().map(of_row).collect())
    }

    /// The means of every task, row by row; none where a row has nothing to say.
    pub fn means(
        &self,
        scenario: &SamplingScenario,
        random: &mut Sequence,
        control: &Control,
    ) -> Result<Vec<TaskMeans>> {
        let (points, quiet) = (scenario.points(), control.quiet());
        let mut found = vec![TaskMeans::default(); scenario.policies.len() * points];
        let Some(trials) = self.trials else {
            solve(scenario, &[], self.coverage, None, &quiet, |p, g, row| found[p * points + g] = row.means)?;
            return Ok(found);
        };
        let key = [random.next_u64(), random.next_u64()];
        let options =
            Run { trials, key, replicate: 0, threads: 1, wanted: scenario.wanted(self.coverage, &[]), kept: None };
        simulate(scenario, options, &quiet, |p, g, row| found[p * points + g] = row.means(trials))?;
        Ok(found)
    }
}
