//! Where accuracy ends: the limits of stopping at the first acceptance as attempts go to infinity.

use crate::closed_form::stopping::spread_ceiling;
use crate::error::{Error, Result};
use crate::run::{Control, resolve_threads, run};
use crate::sampling::exact::expected::Part;
use crate::sampling::exact::laws::ExactLaws;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::drawn_laws::Reach;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::population_law::Redraw;
use crate::sampling::scenario::verifier::Verifier;

/// The three limits of many attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceilings {
    /// Mean precision over all tasks; a task without acceptances counts as 0.
    pub all_tasks: f64,
    /// Mean precision over the tasks with acceptances; NaN where there is none.
    pub accepted_tasks: f64,
    /// Correct acceptances over acceptances, of one attempt at every task; NaN where there is none.
    pub pooled: f64,
    /// Tasks with acceptances; their expected number where types are drawn.
    pub tasks_accepted: f64,
}

/// What one task adds.
#[derive(Debug, Clone, Copy, Default)]
struct Limit {
    /// P(correct | accepted in the end), 0 without acceptances.
    precision: f64,
    /// P(one attempt is accepted), and is accepted and correct.
    accepted: f64,
    accepted_correct: f64,
    /// P(there are acceptances).
    reached: f64,
}

impl Limit {
    /// Adds another's with a weight.
    fn add(&mut self, weight: f64, other: &Self) {
        self.precision += weight * other.precision;
        self.accepted += weight * other.accepted;
        self.accepted_correct += weight * other.accepted_correct;
        self.reached += weight * other.reached;
    }
}

/// The ceilings under each of the verifiers that labels leave open; else those of the scenario alone.
pub fn by_verifier(scenario: &SamplingScenario, control: &Control) -> Result<Vec<Ceilings>> {
    let Some(labelled) = scenario.labelled() else { return Ok(vec![ceilings(scenario, control)?]) };
    let mut found = Vec::with_capacity(labelled.count());
    let work = |(): &mut (), number: u64| {
        control.check()?;
        ceilings(&scenario.with_verifier(number as usize), control)
    };
    run(labelled.count() as u64, resolve_threads(None)?, control, || (), work, |one| found.push(one))?;
    Ok(found)
}

/// The ceilings of a scenario of one verifier.
pub fn ceilings(scenario: &SamplingScenario, control: &Control) -> Result<Ceilings> {
    let weights = scenario.weights();
    let count = scenario.tasks.count();
    let mut sum = Ceilings { all_tasks: 0.0, accepted_tasks: 0.0, pooled: 0.0, tasks_accepted: 0.0 };
    let (mut reach, mut correct, mut accepted) = (0.0, 0.0, 0.0);
    let mut add = |i: usize, limit: Limit| {
        let weight = weights.as_ref().map_or(1.0 / count as f64, |w| w[i]);
        sum.all_tasks += weight * limit.precision;
        sum.tasks_accepted += limit.reached;
        reach += weight * limit.reached;
        correct += weight * limit.accepted_correct;
        accepted += weight * limit.accepted;
    };
    if scenario.verifier.as_ref().is_some_and(Verifier::draws_rates) {
        for i in 0..count {
            add(i, spread_limit(scenario, i)?);
        }
    } else {
        let laws = ExactLaws::new(scenario, true, Reach::Limit, control)?;
        let each = laws.means(|part| Ok(limit_of(part)), Limit::add)?;
        for i in 0..count {
            add(i, each[laws.of_task(i)]);
        }
    }
    sum.accepted_tasks = sum.all_tasks / reach;
    sum.pooled = correct / accepted;
    Ok(sum)
}

fn limit_of(part: Part) -> Limit {
    let (right, rate) = match part {
        Part::Fixed(law) => {
            let rate = match law {
                TaskLaw::Attempts(rates) => rates.accepted(),
                TaskLaw::Pool { attempts, accepted, .. } => accepted / attempts,
                TaskLaw::Drawn => f64::NAN,
            };
            (law.precision().0, rate)
        }
        // A perfect verifier.
        Part::Beta([alpha, beta]) => (1.0, alpha / (alpha + beta)),
    };
    if rate > 0.0 {
        Limit { precision: right, accepted: rate, accepted_correct: rate * right, reached: 1.0 }
    } else {
        Limit { precision: 0.0, accepted: 0.0, accepted_correct: 0.0, reached: 0.0 }
    }
}

/// The limit of a task whose false positive rate is spread: the mean of q over a Beta rate.
fn spread_limit(scenario: &SamplingScenario, i: usize) -> Result<Limit> {
    let none =
        |reason: &str| Err(Error::NoClosedForm(format!("no closed form of the ceilings {reason}; use simulate")));
    let Some(Verifier::Spread { icc, correlation, .. }) = &scenario.verifier else {
        return none("of an ensemble whose members' error rates have icc");
    };
    let Some(success) = scenario.tasks.success(i) else {
        return none(match scenario.redraw() {
            Some(Redraw::Run) => "for redraw='run', whose tasks depend on a seed",
            _ => "where success rates and error rates are both drawn",
        });
    };
    let errors = scenario.verifier.as_ref().map_or(ErrorRates::NONE, |v| v.rates(i));
    let (mean, missed) = (errors.false_positive, errors.false_negative);
    if *correlation != 0.0 && *icc > 0.0 && mean > 0.0 && mean < 1.0 {
        return none("with a correlation: at a known task the false positive rate is no longer Beta");
    }
    if *icc > 0.0 && missed > 0.0 && missed < 1.0 {
        return none("where the false negative rate is spread too");
    }
    let right = success * errors.true_positive;
    let wrong = (1.0 - success) * mean;
    // Without a right answer to accept, or where f can be 0, some tasks have no acceptances.
    let reached = if right > 0.0 {
        1.0
    } else if *icc == 1.0 {
        if wrong > 0.0 { mean } else { 0.0 }
    } else {
        f64::from(u8::from(wrong > 0.0))
    };
    Ok(Limit {
        precision: spread_ceiling(success, mean, missed, *icc),
        accepted: right + wrong,
        accepted_correct: right,
        reached,
    })
}
