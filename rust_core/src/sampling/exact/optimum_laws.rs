//! The laws of tasks whose best number of attempts, or best limit, is sought.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::run::Control;
use crate::sampling::exact::expected::no_closed_form;
use crate::sampling::exact::merged_rates::merged;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::drawn_laws::{DrawnLaws, Reach};
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::population_law::Redraw;
use crate::special::beta_quadrature::Digits;

/// The most points of all laws, and of those that are merged as they come.
const MAX_POINTS: usize = 3_000_000;
const MAX_MERGED: usize = 30_000_000;
/// The largest share of a law whose limit of many attempts may be open.
const UNRESOLVED: f64 = 1e-12;

/// The laws of tasks.
pub struct OptimumLaws {
    /// Under one verifier after another where labels leave several open; where rates are drawn, of the points that their
    /// laws weigh, unless these are merged.
    pub each: Vec<TaskLaw>,
    drawn: Option<Drawn>,
}

/// Rates that are drawn, and how exact the mean over them is.
struct Drawn {
    laws: DrawnLaws,
    digits: Digits,
}

impl OptimumLaws {
    /// Of a scenario. Rates that are drawn are integrated to all digits, or where that takes too many points as `merged`.
    pub fn new(scenario: &SamplingScenario, control: &Control) -> Result<Self> {
        Self::of_digits(scenario, Digits::All, control)
    }

    /// The same to about five digits: for what is drawn at random anyway.
    pub fn merged(scenario: &SamplingScenario, control: &Control) -> Result<Self> {
        Self::of_digits(scenario, Digits::Eight, control)
    }

    fn of_digits(scenario: &SamplingScenario, digits: Digits, control: &Control) -> Result<Self> {
        match scenario.redraw() {
            None => Ok(Self { each: laws_of_verifiers(scenario)?, drawn: None }),
            Some(_) if scenario.labelled().is_some() => Err(Error::NoClosedForm(
                "no closed form of the optimum where success rates are drawn and the verifier is known by labels; use \
                 solve on a grid of max_attempts"
                    .into(),
            )),
            Some(Redraw::Run) => Err(Error::NoClosedForm(
                "no closed form of the optimum for redraw='run', whose tasks depend on a seed; use redraw='trial', or \
                 simulate"
                    .into(),
            )),
            Some(Redraw::Trial) => Self::of_drawn(scenario, digits, control),
        }
    }

    fn of_drawn(scenario: &SamplingScenario, digits: Digits, control: &Control) -> Result<Self> {
        let drawn = DrawnLaws::new(scenario, Reach::Limit, digits, control)?;
        if drawn.unresolved() > UNRESOLVED {
            return Err(Error::NoClosedForm(
                "no closed form of the optimum where success rates and false positive rates may both be next to 0: the \
                 limit of many attempts is not resolved; use simulate"
                    .into(),
            ));
        }
        if let Some(policy) = scenario.policies.iter().find(|p| !p.is_binned()) {
            return Err(no_closed_form(policy.name(), "the rates are drawn anew in every trial"));
        }
        let points = drawn.points();
        if digits == Digits::All && points > MAX_POINTS {
            return Self::of_drawn(scenario, Digits::Eight, control);
        }
        if points > MAX_MERGED {
            let tasks = scenario.tasks.count();
            return Err(Error::NoClosedForm(format!(
                "no closed form of the optimum of {tasks} tasks where several rates of each are drawn: {points} points, at \
                 most {MAX_MERGED}; use simulate, or solve on a grid of max_attempts"
            )));
        }
        let each = match digits {
            Digits::All => drawn.rates().into_iter().map(TaskLaw::Attempts).collect(),
            Digits::Eight => Vec::new(),
        };
        Ok(Self { each, drawn: Some(Drawn { laws: drawn, digits }) })
    }

    /// Whether rates are drawn.
    pub const fn are_drawn(&self) -> bool {
        self.drawn.is_some()
    }

    /// How many verifiers labels leave open: 1 where there are no labels.
    pub fn verifiers(&self, tasks: usize) -> usize {
        if self.are_drawn() { 1 } else { self.each.len() / tasks }
    }

    /// All of them.
    pub fn all(&self) -> Laws<'_> {
        Laws { each: &self.each, drawn: self.drawn.as_ref() }
    }

    /// Those under one of the verifiers that labels leave open.
    pub fn of_verifier(&self, number: usize, tasks: usize) -> Laws<'_> {
        Laws { each: &self.each[number * tasks..][..tasks], drawn: None }
    }
}

/// Laws of tasks, or of some of them.
#[derive(Clone, Copy)]
pub struct Laws<'a> {
    each: &'a [TaskLaw],
    drawn: Option<&'a Drawn>,
}

impl<'a> Laws<'a> {
    /// Each law, or each point that the laws weigh, with its weight where task `i` of `tasks` counts `weight(i)`.
    pub fn weighed(self, tasks: usize, weight: impl Fn(usize) -> f64) -> (Cow<'a, [TaskLaw]>, Vec<f64>) {
        match self.drawn {
            Some(Drawn { laws, digits: Digits::Eight }) => {
                let (weights, rates): (Vec<f64>, Vec<Rates>) = merged(laws, weight).into_iter().unzip();
                (rates.into_iter().map(TaskLaw::Attempts).collect(), weights)
            }
            Some(Drawn { laws, digits: Digits::All }) => (self.each.into(), laws.mixed(weight)),
            None => {
                let verifiers = (self.each.len() / tasks) as f64;
                (self.each.into(), (0..self.each.len()).map(|at| weight(at % tasks) / verifiers).collect())
            }
        }
    }
}

/// The laws of the tasks, under one verifier after another where labels leave several open.
fn laws_of_verifiers(scenario: &SamplingScenario) -> Result<Vec<TaskLaw>> {
    let Some(labelled) = scenario.labelled() else { return Ok(scenario.laws()) };
    if scenario.limits.is_some() {
        return Err(Error::NoClosedForm(
            "no closed form of the best limit where the verifier is known by labels; use solve on several limits"
                .into(),
        ));
    }
    let points = scenario.tasks.count() * labelled.count();
    if points > MAX_POINTS {
        return Err(Error::argument("tasks times draws of the verifier", format!("at most {MAX_POINTS}"), points));
    }
    Ok((0..labelled.count()).flat_map(|number| scenario.with_verifier(number).laws()).collect())
}
