//! The exact law of every task, or the reason why it has no closed form.

use crate::error::{Error, Result};
use crate::run::Control;
use crate::sampling::exact::expected::Part;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::drawn_laws::{DrawnLaws, Group, Reach, weighted};
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::limit::MOST_ATTEMPTS;
use crate::sampling::scenario::population_law::{PopulationLaw, Redraw};
use crate::sampling::scenario::success_law::SuccessLaw;
use crate::sampling::scenario::verifier::Verifier;
use crate::special::beta_quadrature::Digits;

/// The exact law of every task.
#[derive(Debug)]
pub enum ExactLaws {
    /// A weighted sum of parts.
    Parts(Parts),
    /// Rates drawn anew in every trial, integrated.
    Drawn(DrawnLaws),
}

/// The laws of tasks as weighted sums of parts.
#[derive(Debug)]
pub struct Parts {
    parts: Vec<(f64, Part)>,
    /// Parts of one task.
    width: usize,
}

impl ExactLaws {
    /// The laws of a scenario for policies that ask for `verdicts` or not, or the reason why they have no closed form.
    pub fn new(scenario: &SamplingScenario, verdicts: bool, reach: Reach, control: &Control) -> Result<Self> {
        let tasks = scenario.tasks.count();
        let laws = |parts, width| Ok(Self::Parts(Parts { parts, width }));
        if scenario.tasks.recorded().is_some() && scenario.verifier.as_ref().is_some_and(|v| !v.is_perfect()) {
            return Err(Error::NoClosedForm(
                "no law of recorded attempts whose verdicts a verifier draws; use solve or simulate, or Tasks.counts"
                    .into(),
            ));
        }
        let Some(redraw) = scenario.redraw() else {
            return laws(scenario.laws().into_iter().map(|law| (1.0, Part::Fixed(law))).collect(), 1);
        };
        if redraw == Redraw::Run {
            return Err(Error::NoClosedForm(
                "no closed form for redraw='run': the tasks are drawn from a seed, which solve does not take; use \
                 simulate, or redraw='trial'"
                    .into(),
            ));
        }
        if verdicts && scenario.verifier.as_ref().is_some_and(Verifier::draws_rates) {
            return Ok(Self::Drawn(DrawnLaws::new(scenario, reach, Digits::All, control)?));
        }
        let errors = |i| if verdicts { scenario.errors(i) } else { ErrorRates::NONE };
        let alike = (1..tasks).all(|i| errors(i) == errors(0));
        let perfect = alike && errors(0) == ErrorRates::NONE;
        let each = if alike { 1 } else { tasks };
        let known = &scenario.tasks;
        if known.success(0).is_some() {
            // Only the verifier's rates are drawn, and nobody asks for them.
            let known = (0..tasks).filter_map(|i| Some(TaskLaw::attempts(known.success(i)?, errors(i))));
            return laws(known.map(|law| (1.0, Part::Fixed(law))).collect(), 1);
        }
        if perfect && known.posterior(0).is_some() {
            return laws((0..tasks).filter_map(|i| Some((1.0, Part::Beta(known.posterior(i)?)))).collect(), 1);
        }
        match known.population().map(PopulationLaw::law) {
            // A Beta law has a closed form where nothing wrong is accepted.
            Some(SuccessLaw { points, betas }) if perfect || betas.is_empty() => {
                let of = |i| {
                    let points = points.iter().map(move |&(w, p)| (w, Part::Fixed(TaskLaw::attempts(p, errors(i)))));
                    betas.iter().map(|&(w, parameters)| (w, Part::Beta(parameters))).chain(points)
                };
                laws((0..each).flat_map(of).collect(), points.len() + betas.len())
            }
            _ => Ok(Self::Drawn(DrawnLaws::new(scenario, reach, Digits::All, control)?)),
        }
    }

    /// What each distinct law comes to, from what its parts do; `add` adds one with a weight.
    pub fn means<T: Clone + Default>(
        &self,
        one: impl Fn(Part) -> Result<T>,
        add: impl Fn(&mut T, f64, &T),
    ) -> Result<Vec<T>> {
        let sum = |parts: &mut dyn Iterator<Item = (f64, Part)>| {
            let values = parts.map(|(weight, part)| Ok((weight, one(part)?))).collect::<Result<Vec<(f64, T)>>>()?;
            Ok(weighted(0..values.len(), &|i| (values[i].0, &values[i].1), &add))
        };
        let drawn = match self {
            Self::Parts(parts) => {
                return (0..parts.distinct()).map(|law| sum(&mut parts.of(law).iter().copied())).collect();
            }
            Self::Drawn(drawn) => drawn,
        };
        let at = |group: &Group, success: f64| {
            let known =
                |&(weight, errors): &(f64, ErrorRates)| (weight, Part::Fixed(TaskLaw::attempts(success, errors)));
            sum(&mut group.errors.iter().map(known))
        };
        let values = drawn.groups.iter().map(|group| group.success.iter().map(|&p| at(group, p)).collect());
        Ok(drawn.means(&values.collect::<Result<Vec<Vec<T>>>>()?, add))
    }

    /// The law of task `i`.
    pub fn of_task(&self, i: usize) -> usize {
        match self {
            Self::Parts(parts) => {
                if parts.distinct() == 1 {
                    0
                } else {
                    i
                }
            }
            Self::Drawn(drawn) => drawn.of_task[i],
        }
    }
}

/// The most attempts of a scenario's rows.
pub fn most_attempts(scenario: &SamplingScenario) -> Reach {
    let most = if scenario.limits.is_some() { scenario.most() } else { scenario.grid().last().copied().unwrap_or(1) };
    Reach::Attempts(most.min(MOST_ATTEMPTS) as f64)
}

impl Parts {
    /// The number of distinct laws: 1 where all tasks have the same, else a law for every task.
    pub fn distinct(&self) -> usize {
        self.parts.len() / self.width
    }

    /// The parts of a law and their weights.
    pub fn of(&self, law: usize) -> &[(f64, Part)] {
        &self.parts[law * self.width..(law + 1) * self.width]
    }
}
