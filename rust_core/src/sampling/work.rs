//! How long work takes, about, in nanoseconds; it follows from the settings alone.
//!
//! Short calls run where they are called, without a thread of their own; and rates that are drawn anew in every trial are
//! integrated where the tables take less work than the draws that they save.

use crate::sampling::policy::Policy;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::tasks::Tasks;

/// A call is short up to so many nanoseconds, about.
const SHORT: f64 = 3e6;
/// Points of a law of rates and of a population, at most, and the fewest of a law.
const LAW_POINTS: f64 = 400.0;
const POINTS: f64 = 1500.0;
const FEWEST_POINTS: f64 = 20.0;
/// A point of known rates at a grid point, solved and in a table; an entry of the joint law of such a point and of the weight
/// of a law on it; an entry of a law's tables.
const POINT: f64 = 100.0;
const TABLED_POINT: f64 = 200.0;
const ENTRY: f64 = 0.5;
const TABLE_ENTRY: f64 = 20.0;
/// A task at a grid point, solved; and each of the tasks that the score of a run adds it to.
const SOLVED: f64 = 150.0;
const ADDED: f64 = 5.0;
/// A task in a trial, from tables and with its rates.
const TABLED: f64 = 20.0;
const REDRAWN: f64 = 300.0;

/// What tables of integrated rates take on a grid.
#[derive(Debug, Clone, Copy)]
pub struct TableWork {
    of_point: f64,
    entries: f64,
}

impl TableWork {
    /// On a grid with so many points and so many entries of the joint law.
    pub fn new(points: usize, entries: usize) -> Self {
        let entries = entries as f64;
        Self { of_point: points as f64 * TABLED_POINT + entries * ENTRY, entries }
    }

    /// The tables of one law, at the least.
    pub fn least(self) -> f64 {
        FEWEST_POINTS * self.of_point + self.entries * TABLE_ENTRY
    }

    /// Of so many laws, with so many weights on so many points of known rates.
    pub fn of(self, [laws, weights, points]: [usize; 3]) -> f64 {
        let (laws, weights) = (laws as f64, weights as f64);
        points as f64 * self.of_point + weights * self.entries * ENTRY + laws * self.entries * TABLE_ENTRY
    }
}

impl SamplingScenario {
    /// What drawing the rates of so many trials takes, and their events.
    pub fn drawing(&self, trials: u64) -> f64 {
        trials as f64 * self.tasks.count() as f64 * REDRAWN
    }

    /// Whether solving it is short.
    pub fn solves_shortly(&self) -> bool {
        let drawn = self.verifier.as_ref().is_some_and(super::scenario::verifier::Verifier::draws_rates);
        let closed = |p: &Policy| {
            let needs = p.needs();
            !(needs.scores || needs.answers || needs.attempts || needs.prior)
        };
        if drawn || !self.policies.iter().all(closed) || !self.is_plain() {
            return false;
        }
        let (tasks, points) = (self.tasks.count() as f64, self.points() as f64);
        let rates = if self.redraw().is_some() { points * (POINTS + tasks * LAW_POINTS / 10.0) * POINT } else { 0.0 };
        let rows = self.policies.len() as f64 * points;
        rows * tasks * (SOLVED + ADDED * tasks) + rates <= SHORT
    }

    /// Whether so many trials are short.
    pub fn runs_shortly(&self, trials: u64) -> bool {
        if !self.policies.iter().all(|p| p.is_binned()) || !self.is_plain() {
            return false;
        }
        let draw = if self.redraw().is_some() { REDRAWN } else { TABLED };
        let (tasks, points) = (self.tasks.count() as f64, self.points() as f64);
        trials as f64 * tasks * draw + tasks * points * SOLVED <= SHORT
    }

    /// Whether there is neither a cost nor a limit, and no record of attempts.
    const fn is_plain(&self) -> bool {
        self.cost.is_none() && self.limits.is_none() && !matches!(self.tasks, Tasks::Recorded(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    #[test]
    fn few_tasks_are_short_and_many_are_not() {
        let of = |count: usize, verifier: &str| -> SamplingScenario {
            let text = format!(
                r#"{{"kind":"sampling","tasks":{{"kind":"beta","alpha":1.0,"beta":2.0,"count":{count}.0,"unsolvable":0.0,
                "redraw":"trial"}},"verifier":{verifier},"answers":null,"policies":[{{"kind":"first_accepted",
                "fallback":"abstain"}}],"max_attempts":[1.0,10.0],"limits":null,"cost":null,"utility":null}}"#
            );
            parse(&text, &[]).expect("the scenario is legal")
        };
        let rates = r#"{"kind":"rates","false_positive_rate":0.1,"false_negative_rate":0.0}"#;
        let spread =
            r#"{"kind":"spread","false_positive_rate":0.1,"false_negative_rate":0.0,"icc":0.5,"correlation":0.0}"#;
        assert!(of(3, rates).solves_shortly() && of(3, rates).runs_shortly(1000));
        assert!(!of(10_000, rates).solves_shortly() && !of(3, spread).solves_shortly());
        assert!(!of(3, rates).runs_shortly(1_000_000) && !of(10_000_000, rates).runs_shortly(1));
    }
}
