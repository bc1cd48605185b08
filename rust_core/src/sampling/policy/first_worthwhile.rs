//! First worthwhile: the attempt numbers at which the first acceptance has positive expected value.

use libm::exp;

use crate::sampling::exact::optimum::{Sum, TaskRates};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::law::{Event, Rates, TaskLaw};
use crate::sampling::scenario::tasks::Tasks;

/// The attempt numbers at which the first acceptance has positive expected value under the task prior.
///
/// Given that the first acceptance comes at attempt k, task i has a chance in proportion to `w b^(k-1) a`: the expected
/// value has the sign of `sum w b^(k-1) (a v)`.
#[derive(Debug, Clone)]
pub struct Worthwhile {
    first: bool,
    /// The attempt numbers from which on the answer is the other one.
    turns: Vec<u64>,
}

impl Worthwhile {
    /// Finds them for a prior of weighted rates.
    pub fn new(prior: impl Iterator<Item = (f64, Rates)>, utility: Utility) -> Self {
        let tasks: Vec<TaskRates> = prior
            .map(|(weight, rates)| TaskRates {
                accepted_correct: rates.accepted_correct(),
                accepted_wrong: rates.accepted_wrong(),
                ln_rejected: rates.ln_rejected(),
                last_correct: None,
                weight,
            })
            .collect();
        let (_, sum) = Sum::new(&tasks, Utility { attempt_cost: 0.0, ..utility });
        let turns = sum.turns(|left, right| (left > 0.0) != (right > 0.0));
        Self { first: sum.sign(1.0) > 0.0, turns: turns.into_iter().map(|k| k as u64 + 1).collect() }
    }

    /// Finds them up to attempt `most` for a prior of weighted pools, attempt by attempt.
    fn of_pools(prior: &[(f64, TaskLaw)], most: u64, utility: Utility) -> Self {
        let (mut first, mut last, mut turns) = (false, false, Vec::new());
        for k in 1..=most {
            let before = k as f64 - 1.0;
            let mut gain = 0.0;
            for &(weight, law) in prior {
                let TaskLaw::Pool { attempts, accepted, accepted_correct, .. } = law else { continue };
                if before + accepted <= attempts {
                    let value =
                        accepted_correct * utility.correct_reward - (accepted - accepted_correct) * utility.wrong_cost;
                    // P(the first k - 1 are rejected) times P(the next one is accepted and correct, or wrong).
                    gain += weight * exp(law.ln_survival(Event::Accepted, before)) * value / (attempts - before);
                }
            }
            let pays = gain > 0.0;
            if k == 1 {
                first = pays;
            } else if pays != last {
                turns.push(k);
            }
            last = pays;
        }
        Self { first, turns }
    }

    /// Whether an acceptance at attempt `k` is worthwhile.
    pub fn at(&self, k: u64) -> bool {
        self.first ^ (self.turns.partition_point(|&turn| turn <= k) % 2 == 1)
    }

    /// The stretches of worthwhile attempt numbers up to `most`: (attempts before, last attempt).
    pub fn stretches(&self, most: u64) -> Vec<(u64, u64)> {
        let ends: Vec<u64> = std::iter::once(1).chain(self.turns.iter().copied()).chain([u64::MAX]).collect();
        ends.windows(2).filter(|w| self.at(w[0]) && w[0] <= most).map(|w| (w[0] - 1, (w[1] - 1).min(most))).collect()
    }
}

impl SamplingScenario {
    /// The worthwhile attempt numbers under the prior of the tasks, whose laws are `laws` unless a mixture draws them.
    pub fn worthwhile(&self, laws: &[TaskLaw]) -> Worthwhile {
        let weights = self.weights();
        let errors = |i: usize| self.verifier.as_ref().map_or((0.0, 0.0), |v| v.rates(i));
        if let Tasks::Pool { .. } = self.tasks {
            let weight = |i| weights.as_ref().map_or(1.0, |w| w[i]);
            let prior: Vec<(f64, TaskLaw)> = laws.iter().enumerate().map(|(i, &law)| (weight(i), law)).collect();
            let most = self.grid()[..self.answerable()].last().copied().unwrap_or(0);
            return Worthwhile::of_pools(&prior, most, self.worth());
        }
        let mut prior = Vec::new();
        for (i, law) in laws.iter().enumerate() {
            let weight = weights.as_ref().map_or(1.0, |w| w[i]);
            match (law, &self.tasks) {
                (TaskLaw::Attempts(rates), _) => prior.push((weight, *rates)),
                (TaskLaw::Drawn, Tasks::Mixture { type_weight, success, .. }) => {
                    let (false_positive, false_negative) = errors(i);
                    for (share, &success) in type_weight.as_slice().iter().zip(success.as_slice()) {
                        prior.push((weight * share, Rates { success, false_positive, false_negative }));
                    }
                }
                _ => {}
            }
        }
        Worthwhile::new(prior.into_iter(), self.worth())
    }
}
