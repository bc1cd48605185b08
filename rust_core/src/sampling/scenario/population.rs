//! The rates of every task where they are not simply given: how a trial, or a whole run, draws them.
//!
//! Success rates come from a law (a posterior, a Beta population, a mixture of types), error rates from a spread over
//! tasks. Both are drawn together: anew in every trial, or once where the tasks say `redraw = "run"`. A Gaussian copula
//! ties them: a task whose success rate has the normal score z gives its error rates the score correlation z + noise.

use crate::rng::{Key, Sequence, Stream, purpose};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::tasks::{Prior, Redraw, Tasks, scaled};
use crate::special::incomplete_beta::beta_quantile_of_score;
use crate::special::{normal_isf, normal_survival};
use crate::variates::{beta, normal};

/// How the rates of the tasks are drawn.
#[derive(Debug)]
pub struct Population<'a> {
    scenario: &'a SamplingScenario,
    /// The error rates depend on the success rates.
    tied: bool,
    /// Normal scores of the tasks' ranks by success rate, where the tasks differ and the scores are needed.
    scores: Vec<f64>,
    /// The types of a mixture by ascending success rate: P(a type up to this one), success rate.
    types: Vec<(f64, f64)>,
}

/// The streams of one chunk's rates: error rates have their own, so that they change no success rate.
#[derive(Debug)]
pub struct RateStreams {
    success: Sequence,
    errors: Sequence,
}

impl RateStreams {
    /// The streams of a chunk.
    pub const fn new((key, replicate): (Key, u64), chunk: u64) -> Self {
        Self {
            success: Stream::new(key, replicate, purpose::RATES, chunk).sequence(),
            errors: Stream::new(key, replicate, purpose::ERROR_RATES, chunk).sequence(),
        }
    }
}

impl SamplingScenario {
    /// When rates are drawn; `None` where all are given.
    pub fn redraw(&self) -> Option<Redraw> {
        let drawn = self.verifier.as_ref().is_some_and(super::verifier::Verifier::draws_rates);
        match &self.tasks {
            Tasks::Beta { redraw, .. } | Tasks::Mixture { redraw, .. } => Some(*redraw),
            Tasks::Counts { posterior: true, .. } => Some(Redraw::Trial),
            _ => drawn.then_some(Redraw::Trial),
        }
    }
}

impl<'a> Population<'a> {
    /// Prepares the draws of a scenario.
    pub fn new(scenario: &'a SamplingScenario) -> Self {
        let tied = scenario.verifier.as_ref().is_some_and(super::verifier::Verifier::follows_success);
        let means: Vec<f64> = match &scenario.tasks {
            _ if !tied => Vec::new(),
            Tasks::Fixed { success, .. } => success.as_slice().to_vec(),
            Tasks::Counts { attempts, correct, prior, .. } => {
                let [alpha, beta] = prior.map_or([0.0; 2], Prior::parameters);
                (0..scenario.tasks.count()).map(|i| (correct.at(i) + alpha) / (attempts.at(i) + alpha + beta)).collect()
            }
            _ => Vec::new(),
        };
        let types = match &scenario.tasks {
            Tasks::Mixture { type_weight, success, .. } => {
                let weight = scaled(type_weight.as_slice());
                let mut types: Vec<(f64, f64)> = weight.into_iter().zip(success.as_slice().iter().copied()).collect();
                types.sort_by(|a, b| a.1.total_cmp(&b.1));
                let mut below = 0.0;
                for (weight, _) in &mut types {
                    below += *weight;
                    *weight = below;
                }
                types
            }
            _ => Vec::new(),
        };
        Self { scenario, tied, scores: rank_scores(&means), types }
    }

    /// The rates of task `i` in the next trial of the streams.
    pub fn draw(&self, i: usize, random: &mut RateStreams) -> Rates {
        let (success, score) = self.success(i, &mut random.success);
        let errors = self.scenario.verifier.as_ref().map_or(ErrorRates::NONE, |v| v.draw(i, score, &mut random.errors));
        Rates { success, errors }.or_silent()
    }

    /// The rates of all tasks of a run that draws them once: they depend on the seed alone.
    pub fn draw_once(&self, key: Key) -> Vec<Rates> {
        let mut random = RateStreams::new((key, 0), u64::MAX);
        (0..self.scenario.tasks.count()).map(|i| self.draw(i, &mut random)).collect()
    }

    /// The success rate of task `i` and its normal score (0 where nothing depends on it).
    fn success(&self, i: usize, random: &mut Sequence) -> (f64, f64) {
        let known = self.scores.get(i).copied().unwrap_or(0.0);
        match &self.scenario.tasks {
            Tasks::Fixed { success, .. } => (success.at(i), known),
            Tasks::Counts { attempts, correct, posterior: false, .. } => (correct.at(i) / attempts.at(i), known),
            Tasks::Counts { attempts, correct, prior, .. } => {
                let [a, b] = prior.map_or([f64::NAN; 2], Prior::parameters);
                (beta([a + correct.at(i), b + (attempts.at(i) - correct.at(i))], random), known)
            }
            Tasks::Beta { alpha, beta: b, unsolvable, .. } => {
                if self.tied {
                    let score = normal(random);
                    let above = normal_survival(score);
                    let solvable = 1.0 - unsolvable;
                    if above >= solvable {
                        return (0.0, score);
                    }
                    let within = if *unsolvable == 0.0 { score } else { normal_isf(above / solvable) };
                    return (beta_quantile_of_score(*alpha, *b, within), score);
                }
                if *unsolvable > 0.0 && random.open01() < *unsolvable {
                    return (0.0, 0.0);
                }
                (beta([*alpha, *b], random), 0.0)
            }
            Tasks::Mixture { .. } => {
                let (rank, score) = if self.tied {
                    let score = normal(random);
                    (normal_survival(-score), score)
                } else {
                    (random.open01(), 0.0)
                };
                let at = self.types.partition_point(|t| t.0 <= rank).min(self.types.len() - 1);
                (self.types[at].1, score)
            }
            Tasks::Pool { .. } => (f64::NAN, f64::NAN),
        }
    }
}

/// Normal scores of ranks: the j-th of M, from 1, gives the quantile (j - 1/2)/M; equal values share their mean rank.
fn rank_scores(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut scores = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let tied = order[start..].iter().take_while(|&&i| values[i] == values[order[start]]).count();
        let rank = (start as f64 + 0.5 * tied as f64) / values.len() as f64;
        for &i in &order[start..start + tied] {
            scores[i] = -normal_isf(rank);
        }
        start += tied;
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_become_normal_scores_and_ties_share_theirs() {
        let scores = rank_scores(&[0.9, 0.1, 0.5, 0.5]);
        assert!((scores[1] + normal_isf(0.125)).abs() < 1e-15 && (scores[0] - normal_isf(0.125)).abs() < 1e-15);
        assert_eq!(scores[2], scores[3]);
        assert!(scores[2].abs() < 1e-15);
    }
}
