//! Task populations: fixed success rates, observed counts, a finite pool of observed attempts, or rates drawn from a
//! Beta law or from a few types.

use serde::Deserialize;

use super::recorded::Recorded;
use crate::error::{Error, Result, check_range, check_whole, number};
use crate::spec::{Spec, Values};

/// The most tasks of one scenario.
pub const MAX_TASKS: usize = 10_000_000;
/// The most observed attempts of one task.
pub const MAX_OBSERVED: f64 = 1e9;
/// The least parameter of a Beta population.
pub const MIN_BETA: f64 = 1e-6;

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
        /// How many names the tasks have.
        names: Option<usize>,
    },
    /// Recorded attempts, one by one, drawn without replacement.
    Recorded(Recorded),
    /// Success rates drawn from Beta(alpha, beta), but 0 for a share of the tasks.
    Beta {
        /// The Beta parameters.
        alpha: f64,
        /// The Beta parameters.
        beta: f64,
        /// Tasks.
        count: f64,
        /// P(a task cannot be solved: its success rate is 0).
        unsolvable: f64,
        /// When the rates are drawn.
        redraw: Redraw,
    },
    /// Every task is of one of a few types.
    Mixture {
        /// Weights of the types, scaled to add to 1.
        type_weight: Values,
        /// P(one attempt is correct), per type.
        success: Values,
        /// Tasks.
        count: f64,
        /// When the types are drawn.
        redraw: Redraw,
    },
}

/// When the rates of a population are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redraw {
    /// Anew in every trial.
    Trial,
    /// Once: every trial and every replicate of a seed has the same tasks.
    Run,
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
            names: None,
        }
    }

    /// The number of tasks.
    pub fn count(&self) -> usize {
        match self {
            Self::Fixed { success, .. } => success.as_slice().len(),
            Self::Counts { attempts, .. } | Self::Pool { attempts, .. } => attempts.as_slice().len(),
            Self::Recorded(recorded) => recorded.count(),
            Self::Beta { count, .. } | Self::Mixture { count, .. } => *count as usize,
        }
    }

    /// The weights, where given.
    pub const fn weight(&self) -> Option<&Values> {
        match self {
            Self::Fixed { weight, .. } | Self::Counts { weight, .. } | Self::Pool { weight, .. } => weight.as_ref(),
            Self::Recorded(recorded) => recorded.weight.as_ref(),
            Self::Beta { .. } | Self::Mixture { .. } => None,
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
            Self::Beta { .. } | Self::Mixture { .. } => None,
        }
    }
}

/// Weights scaled to add to 1.
pub fn scaled(weight: &[f64]) -> Vec<f64> {
    let sum: f64 = weight.iter().sum();
    weight.iter().map(|w| w / sum).collect()
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
            Self::Fixed { success, weight, .. } => (vec![success], vec![weight]),
            Self::Counts { attempts, correct, weight, .. } => (vec![attempts, correct], vec![weight]),
            Self::Pool { attempts, accepted, accepted_correct, correct, weight, .. } => {
                (vec![attempts, accepted, accepted_correct], vec![correct, weight])
            }
            Self::Recorded(recorded) => (recorded.values().collect(), Vec::new()),
            Self::Beta { .. } => (Vec::new(), Vec::new()),
            Self::Mixture { type_weight, success, .. } => (vec![type_weight, success], Vec::new()),
        };
        required.into_iter().chain(optional.into_iter().flatten()).try_for_each(|values| values.resolve(arrays))
    }

    fn check(&self) -> Result<()> {
        let count = self.count();
        let first = match self {
            Self::Fixed { .. } => "success",
            Self::Counts { .. } | Self::Pool { .. } | Self::Recorded(_) => "attempts",
            Self::Beta { count, .. } | Self::Mixture { count, .. } => {
                check_whole("count", *count, 1.0, MAX_TASKS as f64)?;
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
                            "'jeffreys' or (alpha, beta) where posterior is True",
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
            Self::Beta { alpha, beta, unsolvable, .. } => {
                check_range("alpha", &[*alpha], MIN_BETA, MAX_OBSERVED)?;
                check_range("beta", &[*beta], MIN_BETA, MAX_OBSERVED)?;
                check_range("unsolvable", &[*unsolvable], 0.0, 1.0)?;
            }
            Self::Mixture { type_weight, success, .. } => {
                if type_weight.as_slice().is_empty() {
                    return Err(Error::argument("weight", "one number or more", "none"));
                }
                type_weight.check_range("weight", 0.0, 1e100)?;
                if !type_weight.as_slice().iter().any(|&w| w > 0.0) {
                    return Err(Error::argument("weight", "positive for at least one type", "zeros"));
                }
                success.check_length("success", type_weight.as_slice().len(), "weight")?;
                success.check_range("success", 0.0, 1.0)?;
            }
        }
        if let Some(weight) = self.weight() {
            weight.check_length("weight", count, first)?;
            weight.check_range("weight", 0.0, 1e100)?;
            if !weight.as_slice().iter().any(|&w| w > 0.0) {
                return Err(Error::argument("weight", "positive for at least one task", "zeros"));
            }
        }
        match self.names() {
            Some(names) if names != count => {
                Err(Error::argument("names", format!("as long as {first} ({count})"), format!("{names} names")))
            }
            _ => Ok(()),
        }
    }
}
