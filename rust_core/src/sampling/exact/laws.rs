//! The exact law of every task, or the reason why it has no closed form.

use crate::error::{Error, Result};
use crate::sampling::exact::expected::{Charged, Part};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::tasks::{Prior, Redraw, Tasks, scaled};
use crate::sampling::scenario::verifier::Verifier;

/// The exact law of every task: a weighted sum of parts.
#[derive(Debug)]
pub struct ExactLaws {
    parts: Vec<(f64, Part)>,
    /// Parts of one task.
    width: usize,
    tasks: usize,
}

impl ExactLaws {
    /// The laws of a scenario, or the reason why they have no closed form.
    pub fn new(scenario: &SamplingScenario) -> Result<Self> {
        let tasks = scenario.tasks.count();
        let laws = |parts, width| Ok(Self { parts, width, tasks });
        let Some(redraw) = scenario.redraw() else {
            return laws(scenario.laws().into_iter().map(|law| (1.0, Part::Known(law))).collect(), 1);
        };
        let none = |reason: &str| Err(Error::NoClosedForm(reason.into()));
        if redraw == Redraw::Run {
            return none(
                "no closed form for redraw='run': the tasks are drawn from a seed, which solve does not take; use \
                 simulate, or redraw='trial'",
            );
        }
        let verifier = scenario.verifier.as_ref().filter(|_| scenario.policies.iter().any(|p| p.needs().verdicts));
        if verifier.is_some_and(Verifier::draws_rates) {
            return none(
                "no closed form for error rates with icc: the mean of q(1-b^K) over a spread rate is not elementary; \
                 use simulate (ceilings knows the limit of many attempts)",
            );
        }
        let errors = |i| verifier.map_or(ErrorRates::NONE, |v| v.rates(i));
        let alike = (1..tasks).all(|i| errors(i) == errors(0));
        let perfect = alike && errors(0) == ErrorRates::NONE;
        let each = if alike { 1 } else { tasks };
        match &scenario.tasks {
            // Only the verifier's rates are drawn, and no policy asks for them.
            known if known.success(0).is_some() => {
                let known = (0..tasks).filter_map(|i| Some(TaskLaw::attempts(known.success(i)?, errors(i))));
                laws(known.map(|law| (1.0, Part::Known(law))).collect(), 1)
            }
            Tasks::Counts { attempts, correct, prior, .. } if perfect => {
                let [alpha, beta] = prior.map_or([f64::NAN; 2], Prior::parameters);
                let law = |i| Part::Beta([alpha + correct.at(i), beta + (attempts.at(i) - correct.at(i))]);
                laws((0..tasks).map(|i| (1.0, law(i))).collect(), 1)
            }
            Tasks::Beta { alpha, beta, unsolvable, .. } if perfect => {
                let never = (*unsolvable, Part::Known(TaskLaw::attempts(0.0, ErrorRates::NONE)));
                laws(vec![(1.0 - unsolvable, Part::Beta([*alpha, *beta])), never], 2)
            }
            Tasks::Mixture { type_weight, success, .. } => {
                let weight = scaled(type_weight.as_slice());
                let types = || weight.iter().zip(success.as_slice());
                let of = |i| types().map(move |(&w, &p)| (w, Part::Known(TaskLaw::attempts(p, errors(i)))));
                laws((0..each).flat_map(of).collect(), weight.len())
            }
            Tasks::Beta { .. } => none(
                "no closed form for a Beta population with an imperfect verifier: the mean of q(1-b^K) over a Beta \
                 rate is not elementary; use simulate, or a mixture",
            ),
            _ => none(
                "no closed form for posterior=True with an imperfect verifier: the mean of q(1-b^K) over a Beta rate is \
                 not elementary; use simulate, or posterior=False",
            ),
        }
    }

    /// Whether all tasks have one law.
    pub fn alike(&self) -> bool {
        self.parts.len() == self.width
    }

    /// The parts of task `i` and their weights.
    pub fn parts(&self, i: usize) -> &[(f64, Part)] {
        let at = if self.alike() { 0 } else { i };
        &self.parts[at * self.width..(at + 1) * self.width]
    }

    /// The number of tasks.
    pub const fn tasks(&self) -> usize {
        self.tasks
    }

    /// The mean over the parts of task `i`.
    pub fn mean(&self, i: usize, one: impl Fn(Part) -> Result<Charged>) -> Result<Charged> {
        let mut mean = Charged::default();
        for &(weight, part) in self.parts(i) {
            let Charged { expected, bill } = one(part)?;
            mean.expected.add(weight, &expected);
            mean.bill.iter_mut().zip(bill).for_each(|(sum, x)| *sum += weight * x);
        }
        Ok(mean)
    }
}
