//! The rates that observed attempts leave open: each task's is drawn from what its attempts and those of the others say
//! of it, under a population that is itself drawn from its posterior. Over other tasks, where these come in clusters,
//! those of its own cluster say more: a resample draws the means of all clusters first, then task by task.

use super::beta_binomial::Counts;
use super::kind_rates::{Believed, KindRates};
use super::populations::{BetaMixture, ClusterPopulations, population_draws};
use crate::error::{Error, Result};
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::Control;
use crate::sampling::exact::bootstrap::Resample;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;
use crate::spec::Values;
use crate::special::clusters::Sampled;
use crate::variates::below;

/// Counts or a pool at rates that are drawn anew.
pub struct RedrawnRates {
    rates: KindRates<Populations>,
}

/// Equally likely populations of a rate, one for each resample.
enum Populations {
    /// Of all tasks.
    Tasks(Vec<BetaMixture>),
    /// Of clusters, whose tasks resemble one another.
    Clusters(Box<ClusterPopulations>),
}

impl Believed for Populations {
    type Population = BetaMixture;
    type Law = BetaMixture;

    fn populations(&self, resample: usize, random: &mut Sequence) -> Vec<BetaMixture> {
        match self {
            Self::Tasks(populations) => vec![populations[resample]],
            Self::Clusters(populations) => populations.within(resample, random),
        }
    }

    fn law(population: &BetaMixture, of: f64, seen: f64) -> BetaMixture {
        population.posterior(of, seen)
    }

    fn draw(law: &BetaMixture, random: &mut Sequence) -> f64 {
        law.draw(random)
    }
}

impl RedrawnRates {
    /// Of a scenario's counts or pool, for so many resamples of tasks or of attempts.
    pub fn new(
        scenario: &SamplingScenario,
        (resample, resamples): (Resample, u64),
        threads: usize,
        control: &Control,
    ) -> Result<Self> {
        let cluster = if resample == Resample::Tasks { clusters_of(&scenario.tasks) } else { None };
        let draws = resamples as usize;
        let populations = |of: Vec<f64>, seen: Vec<f64>, dimension| {
            if let Some(cluster) = &cluster {
                let tasks = (&of[..], &seen[..], &cluster[..]);
                let found = ClusterPopulations::new(tasks, draws, dimension, threads, control)?;
                return Ok(Populations::Clusters(Box::new(found)));
            }
            let counts = Counts::new(&of, &seen, None, control)?;
            population_draws(&counts, draws, dimension, threads, control).map(Populations::Tasks)
        };
        let rates = KindRates::new(&scenario.tasks, cluster.as_deref(), populations)?.ok_or_else(|| {
            let expected = "'tasks' for tasks that rest on no observed attempts";
            Error::argument("resample", expected, "'attempts'")
        })?;
        Ok(Self { rates })
    }

    /// The success rates of all tasks in each of so many resamples, one after another.
    pub fn success(&self, resamples: u64, key: Key, control: &Control) -> Result<Vec<f64>> {
        let mut found = Vec::new();
        for index in 0..resamples {
            control.check()?;
            let mut random = Stream::new(key, 0, purpose::BOOTSTRAP, index).sequence();
            found.extend(self.rates.draw(index as usize, &mut random).iter().map(|rates| rates[0]));
        }
        Ok(found)
    }

    /// The scenario of a resample, with one of the verifiers that labels leave open, and what is left of its stream.
    pub fn resample(&self, scenario: &SamplingScenario, key: Key, index: u64) -> (SamplingScenario, Sequence) {
        let mut random = Stream::new(key, 0, purpose::BOOTSTRAP, index).sequence();
        let verifier = scenario.labelled().map(|labelled| below(labelled.count() as u64, &mut random) as usize);
        let one = self.scenario(scenario, index as usize, &mut random);
        (verifier.map_or_else(|| one.clone(), |number| one.with_verifier(number)), random)
    }

    /// The scenario of a resample at the rates that are drawn for it.
    pub fn scenario(&self, scenario: &SamplingScenario, resample: usize, random: &mut Sequence) -> SamplingScenario {
        let rates = self.rates.draw(resample, random);
        let of = |rate: usize| Values::Many(rates.iter().map(|rates| rates[rate]).collect());
        let columns = scenario.tasks.columns().cloned().unwrap_or_default();
        let tasks = Tasks::Fixed { success: of(0), columns };
        let verifier = if self.rates.has_verdicts() {
            let missed = if scenario.knows_coverage() { of(2) } else { Values::Many(vec![0.0; rates.len()]) };
            Some(Verifier::Rates { false_positive_rate: of(1), false_negative_rate: missed })
        } else {
            scenario.verifier.clone()
        };
        SamplingScenario { tasks, verifier, ..scenario.clone() }
    }
}

/// The number of each task's cluster, from 0 on; `None` where no cluster has two tasks that count.
fn clusters_of(tasks: &Tasks) -> Option<Vec<usize>> {
    let (numbers, weight) = (tasks.cluster()?.as_slice(), tasks.weight());
    let sampled = Sampled::new(numbers.len(), None, Some(numbers));
    let of: Vec<usize> = (0..numbers.len()).map(|task| sampled.place(task).0).collect();
    let mut counted = vec![0; sampled.count()];
    let counts = |task: &usize| weight.is_none_or(|weight| weight.at(*task) > 0.0);
    (0..of.len()).filter(counts).for_each(|task| counted[of[task]] += 1);
    counted.into_iter().any(|tasks| tasks > 1).then_some(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::scenario::task_columns::TaskColumns;

    #[test]
    fn clusters_matter_where_two_tasks_of_one_count() {
        let clusters = |cluster: Option<&[f64]>, weight: Option<&[f64]>| {
            let values = |of: Option<&[f64]>| of.map(|of| Values::Many(of.to_vec()));
            let counts = Values::Many(vec![2.0; 3]);
            let (attempts, correct) = (counts.clone(), counts);
            let columns = TaskColumns { weight: values(weight), cluster: values(cluster), names: None };
            clusters_of(&Tasks::Counts { attempts, correct, posterior: false, prior: None, columns })
        };
        assert_eq!(clusters(None, None), None);
        assert_eq!(clusters(Some(&[4.0, 2.0, 7.0]), None), None);
        assert_eq!(clusters(Some(&[4.0, 2.0, 4.0]), None), Some(vec![0, 1, 0]));
        assert_eq!(clusters(Some(&[4.0, 2.0, 4.0]), Some(&[1.0, 1.0, 0.0])), None);
        assert_eq!(clusters(Some(&[4.0, 2.0, 4.0]), Some(&[1.0, 0.0, 2.0])), Some(vec![0, 1, 0]));
    }
}
