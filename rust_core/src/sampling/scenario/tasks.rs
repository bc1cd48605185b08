//! The tasks of a benchmark: fixed success rates, observed counts, a finite pool of observed attempts, or a population.

use serde::Deserialize;

use super::population_law::PopulationLaw;
use super::recorded::Recorded;
use super::task_columns::{MAX_OBSERVED, TaskColumns, check_counts};
use crate::error::{Error, Result, check_whole, number};
use crate::spec::{Spec, Values};

/// The most tasks of one scenario.
pub const MAX_TASKS: usize = 10_000_000;

/// The tasks of a benchmark.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tasks {
    /// Known success rates.
    Fixed {
        /// P(one attempt is correct), per task.
        success: Values,
        /// What all kinds of known tasks may say of each task.
        #[serde(flatten)]
        columns: TaskColumns,
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
        /// What all kinds of known tasks may say of each task.
        #[serde(flatten)]
        columns: TaskColumns,
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
        /// What all kinds of known tasks may say of each task.
        #[serde(flatten)]
        columns: TaskColumns,
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
            columns: recorded.columns.clone(),
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

    /// The columns of tasks that are known one by one.
    pub const fn columns(&self) -> Option<&TaskColumns> {
        match self {
            Self::Fixed { columns, .. } | Self::Counts { columns, .. } | Self::Pool { columns, .. } => Some(columns),
            Self::Recorded(recorded) => Some(&recorded.columns),
            Self::Drawn(_) => None,
        }
    }

    /// The weights, where given.
    pub fn weight(&self) -> Option<&Values> {
        self.columns()?.weight.as_ref()
    }

    /// The number of each task's cluster, where given.
    pub fn cluster(&self) -> Option<&Values> {
        self.columns()?.cluster.as_ref()
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

impl Spec for Tasks {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        let columns: Vec<&mut Values> = match self {
            Self::Fixed { success, columns } => [success].into_iter().chain(columns.values()).collect(),
            Self::Counts { attempts, correct, columns, .. } => {
                [attempts, correct].into_iter().chain(columns.values()).collect()
            }
            Self::Pool { attempts, accepted, accepted_correct, correct, columns } => {
                [attempts, accepted, accepted_correct].into_iter().chain(correct).chain(columns.values()).collect()
            }
            Self::Recorded(recorded) => recorded.values().collect(),
            Self::Drawn(population) => population.values(),
        };
        columns.into_iter().try_for_each(|values| values.resolve(arrays))
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
        self.columns().map_or(Ok(()), |columns| columns.check(count, first))
    }
}
