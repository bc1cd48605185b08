//! Tasks whose rates are drawn anew in every trial: waiting times to the first acceptance and the first correct attempt.
//!
//! The first attempt that is not rejected and wrong comes after a geometric time; its kind is one coin. Accepted and
//! correct: both events have come. Accepted and wrong: the first correct attempt is one more Geometric(p) away. Rejected
//! and correct: the first acceptance is one more Geometric(a) away, and is correct with the precision q.

use libm::log1p;

use crate::error::Result;
use crate::rng::Sequence;
use crate::run::Control;
use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::sampling::scenario::population::{Population, RateStreams};
use crate::variates::{NEVER, geometric};

/// The rates of all tasks, given or drawn.
pub struct Redrawn<'a> {
    laws: &'a [TaskLaw],
    /// How the rates are drawn.
    pub population: Population<'a>,
    /// Whether events are drawn beside the rates.
    events: bool,
}

/// Draws of rates between two questions whether the run was cancelled: one may take a millisecond.
const DRAWS: usize = 64;

impl<'a> Redrawn<'a> {
    /// The tasks of a scenario.
    pub fn new(scenario: &'a SamplingScenario, laws: &'a [TaskLaw]) -> Self {
        Self { laws, population: Population::new(scenario), events: true }
    }

    /// The tasks of a scenario, of which nobody reads the events.
    pub fn of_rates(scenario: &'a SamplingScenario, laws: &'a [TaskLaw]) -> Self {
        Self { events: false, ..Self::new(scenario, laws) }
    }

    /// Draws the rates of task `i` and its events, a trial each.
    pub fn draw(
        &self,
        i: usize,
        out: &mut [(FirstEvents, Rates)],
        (rates, random): (&mut RateStreams, &mut Sequence),
        control: &Control,
    ) -> Result<()> {
        for slots in out.chunks_mut(DRAWS) {
            control.check()?;
            for slot in slots {
                let rates = match self.laws[i] {
                    TaskLaw::Attempts(rates) => rates,
                    _ => self.population.draw(i, rates),
                };
                let events = if self.events { waiting_times(&rates, random) } else { FirstEvents::NONE };
                *slot = (events, rates);
            }
        }
        Ok(())
    }
}

/// Draws both waiting times.
fn waiting_times(rates: &Rates, random: &mut Sequence) -> FirstEvents {
    let (right, wrong, hidden) = (rates.accepted_correct(), rates.accepted_wrong(), rates.rejected_correct());
    let any = right + wrong + hidden;
    let first = geometric(any, rates.ln_rejected_wrong(), random);
    if first == NEVER {
        return FirstEvents { accepted: NEVER, accepted_correct: false, correct: NEVER };
    }
    let coin = random.open01() * any;
    if coin < right {
        return FirstEvents { accepted: first, accepted_correct: true, correct: first };
    }
    if coin < right + wrong {
        let more = geometric(rates.success, log1p(-rates.success), random);
        return FirstEvents { accepted: first, accepted_correct: false, correct: first.saturating_add(more) };
    }
    let more = geometric(rates.accepted(), rates.ln_rejected(), random);
    let accepted_correct = random.open01() * (right + wrong) < right;
    FirstEvents { accepted: first.saturating_add(more), accepted_correct, correct: first }
}
