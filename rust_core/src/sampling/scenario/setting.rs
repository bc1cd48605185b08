//! What a scenario gives its policies.

use super::SamplingScenario;
use super::error_rates::ErrorRates;
use super::law::{Rates, TaskLaw};
use super::population_law::PopulationLaw;
use super::recorded::Recorded;
use super::scores::Scores;
use super::verifier::Verifier;
use crate::run::Control;
use crate::sampling::exact::acceptance_region::AcceptanceRegion;
use crate::sampling::policy::rule::Setting;

impl SamplingScenario {
    /// What the policies are given, where the laws of the tasks are `laws` unless a mixture draws them.
    pub fn setting(&self, laws: &[TaskLaw]) -> Setting {
        let scores = self.verifier.as_ref().and_then(Scores::new);
        let threshold = match self.verifier {
            Some(Verifier::Judge { threshold, .. }) => threshold.zip(scores).map(|(at, s)| s.standard(at)),
            _ => None,
        };
        let region = self.policies.iter().any(|p| p.needs().prior).then(|| self.acceptance_region(laws));
        let recorded = self.tasks.recorded();
        Setting {
            scores,
            threshold,
            recorded: recorded.is_some(),
            recorded_scores: recorded.and_then(Recorded::score_unit),
            answers: self.answers,
            region,
            control: Control::default(),
        }
    }

    /// The attempt numbers at which an acceptance pays under the prior of the tasks.
    fn acceptance_region(&self, laws: &[TaskLaw]) -> AcceptanceRegion {
        let weights = self.weights();
        let errors = |i: usize| self.verifier.as_ref().map_or(ErrorRates::NONE, |v| v.rates(i));
        if self.tasks.observed().is_some() {
            let weight = |i| weights.as_ref().map_or(1.0, |w| w[i]);
            let prior: Vec<(f64, TaskLaw)> = laws.iter().enumerate().map(|(i, &law)| (weight(i), law)).collect();
            let most = if self.limits.is_none() {
                self.grid()[..self.answered()].last().copied().unwrap_or(0)
            } else {
                let recorded = self.tasks.recorded().map_or(&[][..], |recorded| recorded.attempts.as_slice());
                self.most().min(recorded.iter().copied().fold(0.0, f64::max) as u64)
            };
            return AcceptanceRegion::of_pools(&prior, most, self.worth());
        }
        let population = self.tasks.population().map(PopulationLaw::law).unwrap_or_default();
        let mut prior = Vec::new();
        for (i, law) in laws.iter().enumerate() {
            let weight = weights.as_ref().map_or(1.0, |w| w[i]);
            match law {
                TaskLaw::Attempts(rates) => prior.push((weight, *rates)),
                TaskLaw::Drawn => prior.extend(
                    population.points.iter().map(|&(w, success)| (weight * w, Rates { success, errors: errors(i) })),
                ),
                TaskLaw::Pool { .. } => {}
            }
        }
        AcceptanceRegion::new(prior.into_iter(), self.worth())
    }
}
