//! The rates of every task where they are not simply given: how a trial, or a whole run, draws them.
//!
//! Success rates come from a law (a posterior, a Beta population, a mixture of types), error rates from a spread over
//! tasks. Both are drawn together: anew in every trial, or once where the tasks say `redraw = "run"`. A Gaussian copula
//! ties them: a task whose success rate has the normal score z gives its error rates the score correlation z + noise.
//!
//! The score is the normal quantile of the success rate's place in the distribution of success rates over tasks. Where
//! that distribution jumps (known tasks, types, an unsolvable share) the place is uniform within the jump: so the score
//! of a task taken at random, by its weight, is normal, and the mean error rate is the one that was asked for.

use crate::error::Result;
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::Control;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::population_law::{PopulationDraws, PopulationLaw, Redraw};
use crate::sampling::scenario::success_law::SuccessLaw;
use crate::sampling::scenario::tasks::Tasks;
use crate::special::normal::normal_quantile;
use crate::variates::{beta, normal};

/// How the rates of the tasks are drawn.
#[derive(Debug)]
pub struct Population<'a> {
    scenario: &'a SamplingScenario,
    /// The error rates depend on the success rates.
    tied: bool,
    /// Error rates by task, where they are known.
    errors: Vec<ErrorRates>,
    /// Where known success rates stand among each other, where the scores are needed.
    places: Vec<Place>,
    /// How the success rates of a population are drawn.
    draws: Option<PopulationDraws>,
}

/// The streams of one chunk's rates: error rates have their own, so that they change no success rate.
#[derive(Debug)]
pub struct RateStreams {
    success: Sequence,
    errors: Sequence,
    /// Success rates and normal scores that need the whole trial, task by task, a trial each.
    ranked: std::vec::IntoIter<(f64, f64)>,
}

impl RateStreams {
    /// The streams of a chunk.
    pub fn new((key, replicate): (Key, u64), chunk: u64) -> Self {
        Self {
            success: Stream::new(key, replicate, purpose::RATES, chunk).sequence(),
            errors: Stream::new(key, replicate, purpose::ERROR_RATES, chunk).sequence(),
            ranked: Vec::new().into_iter(),
        }
    }
}

/// The places of a task's success rate in the distribution over tasks: uniform from `low` on, over `width`.
#[derive(Debug, Clone, Copy)]
struct Place {
    low: f64,
    width: f64,
}

impl Place {
    /// The normal score of a place within, by a uniform number.
    fn score(self, uniform: f64) -> f64 {
        // A task without weight at an end has no place inside (0, 1).
        normal_quantile((self.low + self.width * uniform).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0))
    }
}

/// The place of each value, by weight: equal values share theirs.
fn places(values: &[f64], weight: Option<&[f64]>) -> Vec<Place> {
    let weight = |i: usize| weight.map_or(1.0 / values.len() as f64, |weight| weight[i]);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut places = vec![Place { low: 0.0, width: 0.0 }; values.len()];
    let mut low = 0.0;
    for tied in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let width = tied.iter().map(|&i| weight(i)).sum();
        tied.iter().for_each(|&i| places[i] = Place { low, width });
        low += width;
    }
    places
}

impl SamplingScenario {
    /// Whether a trial's rates must all be drawn before any task knows its rank: success rates come from posteriors, and
    /// error rates are tied to them.
    pub fn ranks_draws(&self) -> bool {
        let tied = self.verifier.as_ref().is_some_and(super::verifier::Verifier::follows_success);
        tied && matches!(self.tasks, Tasks::Counts { posterior: true, .. })
    }

    /// The law of the success rate of task `i`, whose law is `law` where it is the same in every trial; `None` where
    /// attempts are not independent.
    pub fn success_law(&self, i: usize, law: &TaskLaw) -> Option<SuccessLaw> {
        match (law, &self.tasks) {
            (TaskLaw::Attempts(rates), _) => Some(SuccessLaw::fixed(rates.success)),
            (TaskLaw::Pool { .. }, _) | (_, Tasks::Pool { .. } | Tasks::Recorded(_)) => None,
            (_, tasks) => tasks.posterior(i).map(SuccessLaw::beta).or_else(|| {
                let law = tasks.population().map(PopulationLaw::law);
                law.or_else(|| tasks.success(i).map(SuccessLaw::fixed))
            }),
        }
    }

    /// When rates are drawn; `None` where all are given.
    pub fn redraw(&self) -> Option<Redraw> {
        let drawn = self.verifier.as_ref().is_some_and(super::verifier::Verifier::draws_rates);
        match &self.tasks {
            Tasks::Drawn(population) => Some(population.redraw()),
            Tasks::Counts { posterior: true, .. } => Some(Redraw::Trial),
            _ => drawn.then_some(Redraw::Trial),
        }
    }
}

impl<'a> Population<'a> {
    /// Prepares the draws of a scenario.
    pub fn new(scenario: &'a SamplingScenario) -> Self {
        let tied = scenario.verifier.as_ref().is_some_and(super::verifier::Verifier::follows_success);
        let known: Vec<f64> = match &scenario.tasks {
            Tasks::Fixed { .. } | Tasks::Counts { posterior: false, .. } if tied => {
                (0..scenario.tasks.count()).filter_map(|i| scenario.tasks.success(i)).collect()
            }
            _ => Vec::new(),
        };
        let draws = scenario.tasks.population().map(PopulationLaw::draws);
        let errors = match &scenario.verifier {
            Some(verifier) if verifier.draws_rates() => Vec::new(),
            Some(verifier) => (0..scenario.tasks.count()).map(|i| verifier.rates(i)).collect(),
            None => vec![ErrorRates::NONE; scenario.tasks.count()],
        };
        Self { scenario, tied, errors, places: places(&known, scenario.weights().as_deref()), draws }
    }

    /// The streams of a chunk of so many trials.
    pub fn streams(&self, seed: (Key, u64), chunk: u64, trials: usize, control: &Control) -> Result<RateStreams> {
        let mut random = RateStreams::new(seed, chunk);
        if !self.scenario.ranks_draws() {
            return Ok(random);
        }
        let tasks = self.scenario.tasks.count();
        let mut ranked = Vec::with_capacity(tasks * trials);
        for i in 0..tasks {
            control.check()?;
            ranked.extend((0..trials).map(|_| self.success(i, &mut random)));
        }
        let weight = self.scenario.weights();
        for t in 0..trials {
            control.check()?;
            let rates: Vec<f64> = ranked.iter().skip(t).step_by(trials).map(|&(rate, _)| rate).collect();
            for (place, slot) in places(&rates, weight.as_deref()).iter().zip(ranked.iter_mut().skip(t).step_by(trials))
            {
                slot.1 = place.score(random.errors.open01());
            }
        }
        random.ranked = ranked.into_iter();
        Ok(random)
    }

    /// The rates of task `i` in the next trial of the streams.
    pub fn draw(&self, i: usize, random: &mut RateStreams) -> Rates {
        let (success, score) = random.ranked.next().unwrap_or_else(|| self.success(i, random));
        let drawn = || self.scenario.verifier.as_ref().map(|v| v.draw(i, score, &mut random.errors));
        let errors = self.errors.get(i).copied().or_else(drawn).unwrap_or(ErrorRates::NONE);
        Rates { success, errors }.or_silent()
    }

    /// The rates of all tasks of a run that draws them once: they depend on the seed alone.
    pub fn draw_once(&self, key: Key) -> Vec<Rates> {
        let mut random = RateStreams::new((key, 0), u64::MAX);
        (0..self.scenario.tasks.count()).map(|i| self.draw(i, &mut random)).collect()
    }

    /// The success rate of task `i` and its normal score (0 where nothing depends on it, or it is not known yet).
    fn success(&self, i: usize, random: &mut RateStreams) -> (f64, f64) {
        let known = self.places.get(i).map_or(0.0, |place| place.score(random.errors.open01()));
        let random = &mut random.success;
        match &self.scenario.tasks {
            Tasks::Fixed { success, .. } => (success.at(i), known),
            Tasks::Counts { attempts, correct, posterior: false, .. } => (correct.at(i) / attempts.at(i), known),
            tasks @ Tasks::Counts { .. } => (beta(tasks.posterior(i).unwrap_or([f64::NAN; 2]), random), 0.0),
            Tasks::Drawn(_) => {
                let Some(draws) = &self.draws else { return (f64::NAN, f64::NAN) };
                if self.tied {
                    let score = normal(random);
                    (draws.of_score(score), score)
                } else {
                    (draws.draw(random), 0.0)
                }
            }
            Tasks::Pool { .. } | Tasks::Recorded(_) => (f64::NAN, f64::NAN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::spec::parse;

    #[test]
    fn equal_rates_share_a_place_and_weights_widen_it() {
        let close = |place: Place, low: f64, width: f64| {
            assert!((place.low - low).abs() < 1e-15 && (place.width - width).abs() < 1e-15, "{place:?}");
        };
        let found = places(&[0.9, 0.1, 0.5, 0.5], None);
        [(0.75, 0.25), (0.0, 0.25), (0.25, 0.5), (0.25, 0.5)].iter().zip(found).for_each(|(w, p)| close(p, w.0, w.1));
        let found = places(&[0.9, 0.1, 0.5], Some(&[0.5, 0.5, 0.0]));
        [(0.5, 0.5), (0.0, 0.5), (0.5, 0.0)].iter().zip(found).for_each(|(w, p)| close(p, w.0, w.1));
        for (low, width) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)] {
            let end = Place { low, width };
            assert!(end.score(1e-300).is_finite() && end.score(1.0 - f64::EPSILON / 2.0).is_finite());
        }
    }

    /// The mean error rates over tasks, by their weight, are those that were asked for, whatever ties them to the
    /// success rates: within 7 standard errors of 40,000 trials (a false alarm in 44 looks has the
    /// probability 1.1e-10).
    #[test]
    fn a_correlation_keeps_the_mean_error_rates() {
        let tasks = [
            r#"{"kind":"fixed","success":[0.0]}"#,
            r#"{"kind":"fixed","success":[0.1,0.7]}"#,
            r#"{"kind":"fixed","success":[0.0,0.0,0.0,1.0]}"#,
            r#"{"kind":"fixed","success":[0.3,0.1,0.1,0.9],"weight":[4.0,1.0,2.0,0.5]}"#,
            r#"{"kind":"fixed","success":[0.3,0.1,0.2],"weight":[1.0,0.0,3.0]}"#,
            r#"{"kind":"counts","attempts":[10.0,10.0,4.0],"correct":[0.0,0.0,3.0],"posterior":false,"prior":null}"#,
            r#"{"kind":"counts","attempts":[10.0],"correct":[0.0],"posterior":true,"prior":"jeffreys"}"#,
            r#"{"kind":"counts","attempts":[10.0,20.0,5.0],"correct":[1.0,18.0,2.0],"posterior":true,"prior":[1.0,1.0],"weight":[1.0,5.0,2.0]}"#,
            r#"{"kind":"counts","attempts":[0.0,0.0,9.0],"correct":[0.0,0.0,9.0],"posterior":true,"prior":[1e-6,1e-6]}"#,
            r#"{"kind":"beta","alpha":0.5,"beta":2.0,"count":2.0,"unsolvable":0.3,"redraw":"trial"}"#,
            r#"{"kind":"mixture","type_weight":[2.0,1.0],"success":[0.8,0.02],"count":2.0,"redraw":"trial"}"#,
        ];
        let control = Control::default();
        for tasks in tasks {
            for correlation in [0.9, -1.0] {
                let json = format!(
                    r#"{{"kind":"sampling","tasks":{tasks},"verifier":{{"kind":"spread","false_positive_rate":0.2,
                    "false_negative_rate":0.05,"icc":0.5,"correlation":{correlation}}},"answers":null,
                    "policies":[{{"kind":"first_accepted","fallback":"abstain"}}],"max_attempts":[1.0],"limits":null,
                    "cost":null,"utility":null}}"#
                );
                let scenario: SamplingScenario = parse(&json, &[]).expect("the scenario is legal");
                let population = Population::new(&scenario);
                let (count, trials) = (scenario.tasks.count(), 40_000);
                let weight = scenario.weights().unwrap_or_else(|| vec![1.0 / count as f64; count]);
                let mut random = population.streams(([7, 8], 0), 0, trials, &control).expect("nobody cancels");
                let mut means = vec![[0.0; 2]; trials];
                for (i, weight) in weight.iter().enumerate() {
                    for mean in &mut means {
                        let rates = population.draw(i, &mut random);
                        mean[0] += weight * rates.errors.false_positive;
                        mean[1] += weight * rates.errors.false_negative;
                    }
                }
                for (k, asked) in [0.2, 0.05].into_iter().enumerate() {
                    let n = trials as f64;
                    let mean = means.iter().map(|m| m[k]).sum::<f64>() / n;
                    let variance = means.iter().map(|m| (m[k] - mean) * (m[k] - mean)).sum::<f64>() / (n - 1.0);
                    let z = (mean - asked) / libm::sqrt(variance / n);
                    assert!(z.abs() < 7.0, "{tasks} {correlation}: {mean} for {asked}, z = {z}");
                }
            }
        }
    }
}
