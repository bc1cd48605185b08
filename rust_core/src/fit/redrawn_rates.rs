//! The rates that observed attempts leave open: each task's is drawn from what its attempts and those of the others say of
//! it, under a population that is itself drawn from its posterior.

use super::beta_binomial::Counts;
use super::kind_rates::{Believed, KindRates};
use super::populations::{BetaMixture, population_draws};
use crate::error::{Error, Result};
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::Control;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;
use crate::spec::Values;
use crate::variates::below;

/// Counts or a pool at rates that are drawn anew.
pub struct RedrawnRates {
    rates: KindRates<Populations>,
}

/// Equally likely populations of a rate, one for each resample.
struct Populations(Vec<BetaMixture>);

impl Believed for Populations {
    type Law = BetaMixture;

    fn law(&self, of: f64, seen: f64, resample: usize) -> BetaMixture {
        self.0[resample].posterior(of, seen)
    }

    fn draw(law: &BetaMixture, random: &mut Sequence) -> f64 {
        law.draw(random)
    }
}

impl RedrawnRates {
    /// Of a scenario's counts or pool, for so many resamples.
    pub fn new(scenario: &SamplingScenario, resamples: u64, threads: usize, control: &Control) -> Result<Self> {
        let populations = |of: Vec<f64>, seen: Vec<f64>, dimension| {
            let counts = Counts::new(&of, &seen, None, control)?;
            population_draws(&counts, resamples as usize, dimension, threads, control).map(Populations)
        };
        let rates = KindRates::new(&scenario.tasks, populations)?.ok_or_else(|| {
            let expected =
                "'tasks' for tasks that rest on no observed attempts, or whose posterior holds what they leave open";
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
        let [weight, cluster] = [scenario.tasks.weight(), scenario.tasks.cluster()].map(Option::<&Values>::cloned);
        let tasks = Tasks::Fixed { success: of(0), weight, cluster, names: None };
        let verifier = if self.rates.has_verdicts() {
            let missed = if scenario.knows_coverage() { of(2) } else { Values::Many(vec![0.0; rates.len()]) };
            Some(Verifier::Rates { false_positive_rate: of(1), false_negative_rate: missed })
        } else {
            scenario.verifier.clone()
        };
        SamplingScenario { tasks, verifier, ..scenario.clone() }
    }
}
