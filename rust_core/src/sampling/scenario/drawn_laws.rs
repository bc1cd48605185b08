//! Rates drawn anew in every trial, integrated: each task's law as a weighted sum over points of known rates.
//!
//! Within a trial the tasks' rates are independent, so what a task comes to has one law, the mean over its rates. Success
//! rates and error rates each get the points of their law (`special::beta_quadrature`), and the points of equal places are
//! shared: tasks with the same errors form a group, whose points are worked out once, and a task is a weight on some of
//! them. A value changes by less than 1e-12 of the largest that it can take from the integral.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::ops::Range;

use crate::closed_form::stopping::NO_ICC;
use crate::error::{Error, Result};
use crate::memory;
use crate::run::Control;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::population_law::PopulationLaw;
use crate::sampling::scenario::success_law::SuccessLaw;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;
use crate::special::beta_quadrature::{Digits, NEXT_TO_ZERO, beta_points};

/// The most points of a law in one direction, about, and the bytes of each.
const POINTS: usize = 400;
const POINT_BYTES: usize = 16;

/// Parts of a sum that are added one after another.
const SUMMED_IN_A_ROW: usize = 16;
/// Attempts that nobody counts to.
const BEYOND: f64 = 1e16;

/// How fast what is averaged may change where a rate is next to 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// Up to so many attempts.
    Attempts(f64),
    /// Any number of attempts, and the limit of many, where the precision of what is accepted decides.
    Limit,
}

/// Tasks with the same errors.
#[derive(Debug)]
pub struct Group {
    /// Success rates, of which each task weighs some.
    pub success: Vec<f64>,
    /// Error rates and their weights, which add to 1.
    pub errors: Vec<(f64, ErrorRates)>,
}

/// One law: the group, and the weights of its success rates, which add to 1.
#[derive(Debug)]
pub struct Law {
    /// The group.
    pub group: usize,
    /// Success rates by their place in the group, with their weights.
    pub weights: Vec<(u32, f64)>,
}

/// The laws of tasks whose rates are drawn anew in every trial.
#[derive(Debug)]
pub struct DrawnLaws {
    /// Tasks with the same errors.
    pub groups: Vec<Group>,
    /// The distinct laws.
    pub laws: Vec<Law>,
    /// The law of each task.
    pub of_task: Vec<usize>,
}

/// The law of a task's success rate, as bits where it is a key.
#[derive(Debug, Clone, Copy)]
enum Success {
    Fixed(f64),
    Beta([f64; 2]),
    /// That of the population.
    Alike,
}

impl Success {
    fn new(tasks: &Tasks, i: usize) -> Self {
        if tasks.population().is_some() {
            return Self::Alike;
        }
        tasks.posterior(i).map_or_else(|| Self::Fixed(tasks.success(i).unwrap_or(f64::NAN)), Self::Beta)
    }

    fn bits(self) -> [u64; 2] {
        match self {
            Self::Fixed(p) => [p, -1.0],
            Self::Beta(parameters) => parameters,
            Self::Alike => [-1.0; 2],
        }
        .map(f64::to_bits)
    }
}

impl DrawnLaws {
    /// The laws of a scenario whose trials draw rates, or the reason why they are not integrated.
    pub fn new(scenario: &SamplingScenario, reach: Reach, digits: Digits, control: &Control) -> Result<Self> {
        let errors = ErrorLaws::new(scenario.verifier.as_ref())?;
        let count = scenario.tasks.count();
        let mut found = Self { groups: Vec::new(), laws: Vec::new(), of_task: Vec::with_capacity(count) };
        let (mut groups, mut laws) = (HashMap::new(), HashMap::new());
        // The place of each success rate in its group.
        let mut places: Vec<HashMap<u64, u32>> = Vec::new();
        let mut distinct = Vec::new();
        let (mut points, mut checked) = (0, POINTS);
        for i in 0..count {
            let (rates, success) = (scenario.errors(i), Success::new(&scenario.tasks, i));
            let bits = [rates.false_positive, rates.false_negative, rates.true_positive].map(f64::to_bits);
            let groups_known = groups.len();
            let group = *groups.entry(bits).or_insert(groups_known);
            if group == groups_known {
                control.check()?;
                let errors = errors.points(rates, reach, digits);
                points += errors.len();
                if points > checked {
                    checked = 2 * points;
                    memory::check(
                        (checked * size_of::<(f64, ErrorRates)>()) as f64,
                        &[(groups.len(), "laws of error rates"), (errors.len(), "points")],
                    )?;
                }
                found.groups.push(Group { success: Vec::new(), errors });
                places.push(HashMap::new());
            }
            let laws_known = laws.len();
            let law = *laws.entry((group, success.bits())).or_insert(laws_known);
            if law == laws_known {
                distinct.push((group, rates, success));
            }
            found.of_task.push(law);
        }
        memory::check(
            distinct.len() as f64 * (POINTS * POINT_BYTES) as f64,
            &[(distinct.len(), "laws of success rates"), (POINTS, "points")],
        )?;
        let alike = scenario.tasks.population().map(PopulationLaw::law);
        for (group, rates, success) in distinct {
            control.check()?;
            let known = &mut found.groups[group].success;
            let places = &mut places[group];
            let weights = success_points(success, alike.as_ref(), scale(reach, rates), digits);
            let weights = weights
                .into_iter()
                .map(|(p, weight)| {
                    let place = *places.entry(p.to_bits()).or_insert_with(|| {
                        known.push(p);
                        (known.len() - 1) as u32
                    });
                    (place, weight)
                })
                .collect();
            found.laws.push(Law { group, weights });
        }
        Ok(found)
    }

    /// The weights of every group's success rates, where task `i` counts `weight(i)`.
    pub fn success_weights(&self, weight: impl Fn(usize) -> f64) -> Vec<Vec<f64>> {
        let mut of_law = vec![0.0; self.laws.len()];
        self.of_task.iter().enumerate().for_each(|(i, &law)| of_law[law] += weight(i));
        let mut success: Vec<Vec<f64>> = self.groups.iter().map(|group| vec![0.0; group.success.len()]).collect();
        for (law, total) in self.laws.iter().zip(of_law).filter(|(_, total)| *total != 0.0) {
            law.weights.iter().for_each(|&(at, weight)| success[law.group][at as usize] += total * weight);
        }
        success
    }

    /// The points of all laws together with their weights, where task `i` counts `weight(i)`.
    pub fn mixed(&self, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let success = self.success_weights(weight);
        let weights = self.groups.iter().zip(&success);
        weights.flat_map(|(group, w)| w.iter().flat_map(|w| group.errors.iter().map(move |(v, _)| w * v))).collect()
    }

    /// The rates at these points.
    pub fn rates(&self) -> Vec<Rates> {
        let mut rates = Vec::with_capacity(self.points());
        for group in &self.groups {
            for &success in &group.success {
                rates.extend(group.errors.iter().map(|&(_, errors)| Rates { success, errors }));
            }
        }
        rates
    }

    /// How many points all laws have together.
    pub fn points(&self) -> usize {
        self.groups.iter().map(|group| group.success.len() * group.errors.len()).sum()
    }

    /// The largest share of a law where both the success rate and the false positive rate are next to 0: how many
    /// attempts an answer takes there, and whether it is correct, is not resolved.
    pub fn unresolved(&self) -> f64 {
        let next_to_zero = |group: &Group| -> f64 {
            let low = group.errors.iter().filter(|(_, errors)| errors.false_positive == NEXT_TO_ZERO);
            low.map(|(weight, _)| weight).sum()
        };
        let of = |law: &Law| {
            let group = &self.groups[law.group];
            let low = law.weights.iter().filter(|(at, _)| group.success[*at as usize] == NEXT_TO_ZERO);
            low.map(|(_, weight)| weight).sum::<f64>() * next_to_zero(group)
        };
        self.laws.iter().map(of).fold(0.0, f64::max)
    }

    /// The mean over the points of every law, from the values at the points of each group; `add` adds one with a weight.
    pub fn means<T: Clone + Default>(&self, values: &[Vec<T>], add: impl Fn(&mut T, f64, &T)) -> Vec<T> {
        let mean = |law: &Law| {
            let values = &values[law.group];
            weighted(0..law.weights.len(), &|i| (law.weights[i].1, &values[law.weights[i].0 as usize]), &add)
        };
        self.laws.iter().map(mean).collect()
    }
}

/// A weighted sum, half by half: so rounding grows with the logarithm of the number of parts.
pub fn weighted<T: Default, V: Borrow<T>>(
    places: Range<usize>,
    at: &impl Fn(usize) -> (f64, V),
    add: &impl Fn(&mut T, f64, &T),
) -> T {
    let mut sum = T::default();
    if places.len() <= SUMMED_IN_A_ROW {
        for i in places {
            let (weight, value) = at(i);
            add(&mut sum, weight, value.borrow());
        }
        return sum;
    }
    let middle = places.start + places.len() / 2;
    add(&mut sum, 1.0, &weighted(places.start..middle, at, add));
    add(&mut sum, 1.0, &weighted(middle..places.end, at, add));
    sum
}

/// How fast a success rate may change what is averaged at 0 and at 1.
fn scale(reach: Reach, errors: ErrorRates) -> [f64; 2] {
    let quotient = |x: f64, y: f64| if x == 0.0 { BEYOND } else { (x / y).clamp(BEYOND, 1e290) };
    match reach {
        Reach::Attempts(most) => [most; 2],
        Reach::Limit => [
            quotient(errors.true_positive, errors.false_positive),
            quotient(errors.false_positive, errors.true_positive),
        ],
    }
}

/// Success rates and their weights, of a population by its law.
fn success_points(success: Success, alike: Option<&SuccessLaw>, scale: [f64; 2], digits: Digits) -> Vec<(f64, f64)> {
    match success {
        Success::Fixed(p) => vec![(p, 1.0)],
        Success::Beta(parameters) => beta_points(parameters, scale, digits),
        Success::Alike => {
            let Some(SuccessLaw { points, betas }) = alike else { return Vec::new() };
            let points = points.iter().filter(|(weight, _)| *weight > 0.0).map(|&(weight, p)| (p, weight));
            let betas = betas.iter().filter(|(weight, _)| *weight > 0.0).flat_map(|&(weight, parameters)| {
                beta_points(parameters, scale, digits).into_iter().map(move |(p, w)| (p, weight * w))
            });
            points.chain(betas).collect()
        }
    }
}

/// The laws of the error rates.
struct ErrorLaws {
    /// The intra-class correlation of their spread; 0 where they are known.
    icc: f64,
}

impl ErrorLaws {
    fn new(verifier: Option<&Verifier>) -> Result<Self> {
        let none = |reason: &str| Err(Error::NoClosedForm(format!("no closed form for {reason}; use simulate")));
        match verifier {
            Some(Verifier::Spread { icc, correlation, .. }) => {
                if *correlation != 0.0 && *icc >= NO_ICC {
                    return none("error rates with icc and a correlation, which ties them to the success rates");
                }
                Ok(Self { icc: *icc })
            }
            Some(verifier) if verifier.draws_rates() => none("an ensemble whose members' error rates have icc"),
            _ => Ok(Self { icc: 0.0 }),
        }
    }

    /// The points of error rates with these means.
    fn points(&self, means: ErrorRates, reach: Reach, digits: Digits) -> Vec<(f64, ErrorRates)> {
        if self.icc < NO_ICC {
            return vec![(1.0, means)];
        }
        let most = match reach {
            Reach::Attempts(most) => most,
            Reach::Limit => BEYOND,
        };
        // A rate of rejection of wrong answers next to 1, or of correct ones, makes attempts many; the other ends do not.
        let one = |mean: f64, scale: [f64; 2]| {
            if mean == 0.0 || mean == 1.0 {
                return vec![(mean, 1.0)];
            }
            if self.icc == 1.0 {
                return vec![(0.0, 1.0 - mean), (1.0, mean)];
            }
            let size = (1.0 - self.icc) / self.icc;
            beta_points([mean * size, (1.0 - mean) * size], scale, digits)
        };
        let missed = one(means.false_negative, [1.0, most]);
        one(means.false_positive, [most, 1.0])
            .into_iter()
            .flat_map(|(f, w)| missed.iter().map(move |&(g, v)| (w * v, ErrorRates::new(f, g))))
            .collect()
    }
}
