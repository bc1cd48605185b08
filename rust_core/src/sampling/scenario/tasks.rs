//! The tasks of a benchmark: fixed success rates, observed counts, a finite pool of observed attempts, or a population.

use serde::Deserialize;

use super::population_law::PopulationLaw;
use super::recorded::Recorded;
use crate::error::{Error, Result, check_whole, number};
use crate::spec::{Spec, Values};

/// The most tasks of one scenario.
pub const MAX_TASKS: usize = 10_000_000;
/// The most observed attempts of one task.
pub const MAX_OBSERVED: f64 = 1e9;

/// The tasks of a benchmark.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Tasks {
    /// Known success rates.
    Fixed {
        /// P(one attempt is correct), per task.
        success: Values,
        /// Weights of the tasks in every mean.
        weight: Option<Values>,
        /// The number of each task's cluster.
        cluster: Option<Values>,
        /// How many names the tasks have.
        names: Option<usize>,
    },
    /// Observed attempts and correct answers.
    Counts {
        /// Observed attempts, per task.
        attempts: Values,
        /// Correct answers among them.
        correct: Values,
        /// Draw each task's rate from its posterior in every trial, instead of the observed share.
        posterior: bool,
        /// The Beta prior of a task's rate.
        prior: Option<Prior>,
        /// Weights of the tasks in every mean.
        weight: Option<Values>,
        /// The number of each task's cluster.
        cluster: Option<Values>,
        /// How many names the tasks have.
        names: Option<usize>,
    },
    /// The observed attempts themselves, drawn without replacement.
    Pool {
        /// Observed attempts, per task.
        attempts: Values,
        /// Attempts the verifier accepted.
        accepted: Values,
        /// Accepted attempts that are correct.
        accepted_correct: Values,
        /// Correct attempts, accepted or not, where known.
        correct: Option<Values>,
        /// Weights of the tasks in every mean.
        weight: Option<Values>,
        /// The number of each task's cluster.
        cluster: Option<Values>,
        /// How many names the tasks have.
        names: Option<usize>,
    },
    /// Recorded attempts, one by one, drawn without replacement.
    Recorded(Recorded),
    /// Drawn from a law that is alike for all; its kinds are those of `PopulationLaw`.
    #[serde(untagged)]
    Drawn(PopulationLaw),
}

/// A Beta prior.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Prior {
    /// By name.
    Named(NamedPrior),
    /// Beta(alpha, beta).
    Beta([f64; 2]),
}

/// A prior with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedPrior {
    /// Beta(1/2, 1/2).
    Jeffreys,
}

impl Prior {
    /// The two parameters.
    pub const fn parameters(self) -> [f64; 2] {
        match self {
            Self::Named(NamedPrior::Jeffreys) => [0.5, 0.5],
            Self::Beta(parameters) => parameters,
        }
    }
}

impl Tasks {
    /// Recorded attempts as a pool of their counts.
    pub fn of_counts(recorded: &Recorded) -> Self {
        let column = |at: usize| Values::Many(recorded.counts().map(|counts| counts[at]).collect());
        Self::Pool {
            attempts: column(0),
            accepted: column(1),
            accepted_correct: column(2),
            correct: Some(column(3)),
            weight: recorded.weight.clone(),
            cluster: recorded.cluster.clone(),
            names: None,
        }
    }

    /// The number of tasks.
    pub fn count(&self) -> usize {
        match self {
            Self::Fixed { success, .. } => success.as_slice().len(),
            Self::Counts { attempts, .. } | Self::Pool { attempts, .. } => attempts.as_slice().len(),
            Self::Recorded(recorded) => recorded.count(),
            Self::Drawn(population) => population.count() as usize,
        }
    }

    /// The weights, where given.
    pub const fn weight(&self) -> Option<&Values> {
        match self {
            Self::Fixed { weight, .. } | Self::Counts { weight, .. } | Self::Pool { weight, .. } => weight.as_ref(),
            Self::Recorded(recorded) => recorded.weight.as_ref(),
            Self::Drawn(_) => None,
        }
    }

    /// The number of each task's cluster, where given: tasks of one may depend on one another.
    pub const fn cluster(&self) -> Option<&Values> {
        match self {
            Self::Fixed { cluster, .. } | Self::Counts { cluster, .. } | Self::Pool { cluster, .. } => cluster.as_ref(),
            Self::Recorded(recorded) => recorded.cluster.as_ref(),
            Self::Drawn(_) => None,
        }
    }

    /// The attempts of each task, where they are drawn without replacement.
    pub const fn observed(&self) -> Option<&Values> {
        match self {
            Self::Pool { attempts, .. } => Some(attempts),
            Self::Recorded(recorded) => Some(&recorded.attempts),
            _ => None,
        }
    }

    /// The law that success rates are drawn from, where it is alike for all tasks.
    pub const fn population(&self) -> Option<&PopulationLaw> {
        if let Self::Drawn(population) = self { Some(population) } else { None }
    }

    /// The recorded attempts.
    pub const fn recorded(&self) -> Option<&Recorded> {
        if let Self::Recorded(recorded) = self { Some(recorded) } else { None }
    }

    /// The success rate of task `i`, given or as observed; `None` where it is drawn, or attempts are drawn from a pool.
    pub fn success(&self, i: usize) -> Option<f64> {
        match self {
            Self::Fixed { success, .. } => Some(success.at(i)),
            Self::Counts { attempts, correct, posterior: false, .. } => Some(correct.at(i) / attempts.at(i)),
            _ => None,
        }
    }

    /// The Beta posterior of the success rate of task `i`, where it is drawn from one.
    pub fn posterior(&self, i: usize) -> Option<[f64; 2]> {
        let Self::Counts { attempts, correct, posterior: true, prior, .. } = self else { return None };
        let [a, b] = prior.map(Prior::parameters)?;
        Some([a + correct.at(i), b + (attempts.at(i) - correct.at(i))])
    }

    /// The success rates of all tasks, where they stand side by side.
    pub fn successes(&self) -> Option<&[f64]> {
        match self {
            Self::Fixed { success: Values::Many(success), .. } => Some(success),
            _ => None,
        }
    }

    const fn names(&self) -> Option<usize> {
        match self {
            Self::Fixed { names, .. } | Self::Counts { names, .. } | Self::Pool { names, .. } => *names,
            Self::Recorded(recorded) => recorded.names,
            Self::Drawn(_) => None,
        }
    }
}

/// Checks that `part[i] <= whole[i]` for every task.
fn check_part(name: &str, part: &Values, whole_name: &str, whole: &Values) -> Result<()> {
    for (i, (&x, &n)) in part.as_slice().iter().zip(whole.as_slice()).enumerate() {
        if x > n {
            return Err(Error::argument(
                &format!("{name}[{i}]"),
                format!("at most {whole_name}[{i}] ({})", number(n)),
                x,
            ));
        }
    }
    Ok(())
}

/// Checks a column of counts: length, whole numbers, range.
fn check_counts(name: &str, counts: &Values, low: f64, length: usize, of: &str) -> Result<()> {
    counts.check_length(name, length, of)?;
    counts.check_range(name, low, MAX_OBSERVED)?;
    match counts.as_slice().iter().position(|x| x.fract() != 0.0) {
        Some(i) => Err(Error::argument(&format!("{name}[{i}]"), "a whole number", counts.as_slice()[i])),
        None => Ok(()),
    }
}

impl Spec for Tasks {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        let (required, optional): (Vec<&mut Values>, Vec<&mut Option<Values>>) = match self {
            Self::Fixed { success, weight, cluster, .. } => (vec![success], vec![weight, cluster]),
            Self::Counts { attempts, correct, weight, cluster, .. } => (vec![attempts, correct], vec![weight, cluster]),
            Self::Pool { attempts, accepted, accepted_correct, correct, weight, cluster, .. } => {
                (vec![attempts, accepted, accepted_correct], vec![correct, weight, cluster])
            }
            Self::Recorded(recorded) => (recorded.values().collect(), Vec::new()),
            Self::Drawn(population) => (population.values(), Vec::new()),
        };
        required.into_iter().chain(optional.into_iter().flatten()).try_for_each(|values| values.resolve(arrays))
    }

    fn check(&self) -> Result<()> {
        let count = self.count();
        let first = match self {
            Self::Fixed { .. } => "success",
            Self::Counts { .. } | Self::Pool { .. } | Self::Recorded(_) => "attempts",
            Self::Drawn(population) => {
                check_whole("count", population.count(), 1.0, MAX_TASKS as f64)?;
                "count"
            }
        };
        if count == 0 || count > MAX_TASKS {
            return Err(Error::argument(
                first,
                format!("one value per task, for 1 to {MAX_TASKS} tasks"),
                format!("{count} values"),
            ));
        }
        match self {
            Self::Fixed { success, .. } => success.check_range("success", 0.0, 1.0)?,
            Self::Counts { attempts, correct, posterior, prior, .. } => {
                check_counts("attempts", attempts, f64::from(u8::from(!posterior)), count, "attempts")?;
                check_counts("correct", correct, 0.0, count, "attempts")?;
                check_part("correct", correct, "attempts", attempts)?;
                match (posterior, prior) {
                    (true, None) => {
                        return Err(Error::argument(
                            "prior",
                            "'jeffreys', 'fitted' or (alpha, beta) where posterior is True",
                            "None",
                        ));
                    }
                    (false, Some(_)) => {
                        return Err(Error::argument("prior", "None where posterior is False", "a prior"));
                    }
                    (true, Some(prior)) => {
                        let [alpha, beta] = prior.parameters();
                        if !(alpha > 0.0 && beta > 0.0 && alpha <= MAX_OBSERVED && beta <= MAX_OBSERVED) {
                            return Err(Error::argument(
                                "prior",
                                "two positive numbers up to 1e9",
                                format!("({}, {})", number(alpha), number(beta)),
                            ));
                        }
                    }
                    (false, None) => {}
                }
            }
            Self::Pool { attempts, accepted, accepted_correct, correct, .. } => {
                check_counts("attempts", attempts, 1.0, count, "attempts")?;
                check_counts("accepted", accepted, 0.0, count, "attempts")?;
                check_counts("accepted_correct", accepted_correct, 0.0, count, "attempts")?;
                check_part("accepted", accepted, "attempts", attempts)?;
                check_part("accepted_correct", accepted_correct, "accepted", accepted)?;
                if let Some(correct) = correct {
                    check_counts("correct", correct, 0.0, count, "attempts")?;
                    check_part("correct", correct, "attempts", attempts)?;
                    check_part("accepted_correct", accepted_correct, "correct", correct)?;
                    for i in 0..count {
                        let (n, a, t, c) = (attempts.at(i), accepted.at(i), accepted_correct.at(i), correct.at(i));
                        if c - t > n - a {
                            let most = format!("at most accepted_correct + attempts - accepted ({})", t + n - a);
                            return Err(Error::argument(&format!("correct[{i}]"), most, c));
                        }
                    }
                }
            }
            Self::Recorded(recorded) => recorded.check()?,
            Self::Drawn(population) => population.check()?,
        }
        if let Some(weight) = self.weight() {
            weight.check_length("weight", count, first)?;
            weight.check_range("weight", 0.0, 1e100)?;
            if !weight.as_slice().iter().any(|&w| w > 0.0) {
                return Err(Error::argument("weight", "positive for at least one task", "zeros"));
            }
        }
        if let Some(cluster) = self.cluster() {
            check_counts("cluster", cluster, 0.0, count, first)?;
        }
        match self.names() {
            Some(names) if names != count => {
                Err(Error::argument("names", format!("as long as {first} ({count})"), format!("{names} names")))
            }
            _ => Ok(()),
        }
    }
}
