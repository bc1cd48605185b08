//! Verifiers: what accepts or rejects an answer. `error_rates` says how often each is wrong.

use serde::Deserialize;

use super::labelled::Labelled;
use crate::error::{Error, Result, check_range, check_whole};
use crate::spec::{Spec, Values};

/// A verifier.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verifier {
    /// Given error rates, for all tasks or one per task.
    Rates {
        /// P(accept | wrong).
        false_positive_rate: Values,
        /// P(reject | correct).
        false_negative_rate: Values,
    },
    /// Error rates that differ from task to task: each Beta with the given mean and intra-class correlation.
    Spread {
        /// Mean of P(accept | wrong).
        false_positive_rate: Values,
        /// Mean of P(reject | correct).
        false_negative_rate: Values,
        /// Intra-class correlation: 0 is the same rate everywhere, 1 is a rate of 0 or 1.
        icc: f64,
        /// Of each error rate with the success rate, as normal scores (a Gaussian copula).
        correlation: f64,
    },
    /// A test suite that accepts what passes every test.
    Tests {
        /// Tests.
        tests: f64,
        /// P(one test catches a wrong answer).
        detection: Values,
        /// Correlation of two tests' verdicts on the same wrong answer.
        icc: f64,
        /// P(one test fails an answer for no reason).
        flakiness: f64,
    },
    /// A judge whose score is normal: mean d' for a correct answer, 0 for a wrong one.
    ///
    /// One call has variance 1, of which the share `fresh` is new noise and the rest belongs to the answer; the score is
    /// the mean of `votes` calls and keeps the scale of one call.
    Judge {
        /// Distance between the mean scores of correct and wrong answers, in standard deviations of one call.
        d_prime: f64,
        /// Scores above it are accepted; without it there is a score but no verdict.
        threshold: Option<f64>,
        /// Calls whose scores are averaged.
        votes: f64,
        /// The share of one call's variance that is drawn anew in every call.
        fresh: f64,
    },
    /// One of many equally likely verifiers: what labels of a few attempts leave open of its error rates.
    Labelled(Labelled),
    /// Several verifiers and a rule.
    Ensemble {
        /// The members.
        verifiers: Vec<Verifier>,
        /// Which of their verdicts accept.
        rule: Rule,
        /// The share of answers on which all members err together.
        shared: f64,
    },
}

/// How many members must accept.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Rule {
    /// By name.
    Named(NamedRule),
    /// At least so many.
    AtLeast(f64),
}

/// A rule with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedRule {
    /// Every member.
    All,
    /// One member.
    Any,
}

impl Rule {
    /// The members that must accept, of so many.
    pub const fn needed(self, members: usize) -> usize {
        match self {
            Self::Named(NamedRule::All) => members,
            Self::Named(NamedRule::Any) => 1,
            Self::AtLeast(r) => r as usize,
        }
    }
}

/// The largest d' and threshold, in standard deviations of one call.
pub const MAX_SCORE: f64 = 100.0;
/// The most votes of a judge, and the most tests of a suite.
pub const MAX_VOTES: f64 = 1e9;
/// The most members of an ensemble.
pub const MAX_MEMBERS: usize = 1000;

impl Verifier {
    /// Whether it accepts and rejects: a judge without a threshold only scores.
    pub const fn gives_verdicts(&self) -> bool {
        !matches!(self, Self::Judge { threshold: None, .. })
    }

    /// Whether it is known never to err.
    pub fn is_perfect(&self) -> bool {
        let Self::Rates { false_positive_rate, false_negative_rate } = self else { return false };
        [false_positive_rate, false_negative_rate].iter().all(|rates| rates.as_slice().iter().all(|&rate| rate == 0.0))
    }

    /// Whether its error rates are drawn, with the success rates, rather than given.
    pub fn draws_rates(&self) -> bool {
        match self {
            Self::Spread { .. } => true,
            Self::Ensemble { verifiers, .. } => verifiers.iter().any(Self::draws_rates),
            _ => false,
        }
    }

    /// The verifiers that it may be, where labels leave that open.
    pub const fn labelled(&self) -> Option<&Labelled> {
        if let Self::Labelled(labelled) = self { Some(labelled) } else { None }
    }

    /// Whether its error rates are the same on every task.
    pub fn is_alike(&self) -> bool {
        let one = |values: &Values| values.as_slice().len() == 1;
        match self {
            Self::Rates { false_positive_rate, false_negative_rate }
            | Self::Spread { false_positive_rate, false_negative_rate, .. } => {
                one(false_positive_rate) && one(false_negative_rate)
            }
            Self::Tests { detection, .. } => one(detection),
            Self::Judge { .. } => true,
            Self::Labelled(_) => false,
            Self::Ensemble { verifiers, .. } => verifiers.iter().all(Self::is_alike),
        }
    }

    /// Whether its error rates depend on the success rates.
    pub fn follows_success(&self) -> bool {
        match self {
            Self::Spread { correlation, .. } => *correlation != 0.0,
            Self::Ensemble { verifiers, .. } => verifiers.iter().any(Self::follows_success),
            _ => false,
        }
    }

    /// Checks that rates given per task are given for each of `count` tasks.
    pub fn check_tasks(&self, count: usize) -> Result<()> {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate }
            | Self::Spread { false_positive_rate, false_negative_rate, .. } => {
                false_positive_rate.check_length("verifier.false_positive_rate", count, "tasks")?;
                false_negative_rate.check_length("verifier.false_negative_rate", count, "tasks")
            }
            Self::Tests { detection, .. } => detection.check_length("verifier.detection", count, "tasks"),
            Self::Judge { .. } | Self::Labelled(_) => Ok(()),
            Self::Ensemble { verifiers, .. } => verifiers.iter().try_for_each(|v| v.check_tasks(count)),
        }
    }
}

/// Checks that there is a rate, or one per task, and that each is in [0, 1].
fn check_rates(argument: &str, rates: &Values) -> Result<()> {
    if rates.as_slice().is_empty() {
        return Err(Error::argument(argument, "one number, or one per task", "none"));
    }
    rates.check_range(argument, 0.0, 1.0)
}

impl Spec for Verifier {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate }
            | Self::Spread { false_positive_rate, false_negative_rate, .. } => {
                false_positive_rate.resolve(arrays)?;
                false_negative_rate.resolve(arrays)
            }
            Self::Tests { detection, .. } => detection.resolve(arrays),
            Self::Judge { .. } => Ok(()),
            Self::Labelled(labelled) => labelled.resolve(arrays),
            Self::Ensemble { verifiers, .. } => verifiers.iter_mut().try_for_each(|v| v.resolve(arrays)),
        }
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate } => {
                check_rates("false_positive_rate", false_positive_rate)?;
                check_rates("false_negative_rate", false_negative_rate)
            }
            Self::Spread { false_positive_rate, false_negative_rate, icc, correlation } => {
                check_rates("false_positive_rate", false_positive_rate)?;
                check_rates("false_negative_rate", false_negative_rate)?;
                check_range("icc", &[*icc], 0.0, 1.0)?;
                check_range("correlation", &[*correlation], -1.0, 1.0)?;
                for (name, rates) in
                    [("false_positive_rate", false_positive_rate), ("false_negative_rate", false_negative_rate)]
                {
                    let count = rates.as_slice().len();
                    if *correlation != 0.0 && count > 1 {
                        let expected = "one number where correlation is not 0: the rank of a task would move its mean";
                        return Err(Error::argument(name, expected, format!("{count} numbers")));
                    }
                }
                Ok(())
            }
            Self::Tests { tests, detection, icc, flakiness } => {
                check_whole("tests", *tests, 1.0, MAX_VOTES)?;
                check_rates("detection", detection)?;
                check_range("icc", &[*icc], 0.0, 1.0)?;
                check_range("flakiness", &[*flakiness], 0.0, 1.0)
            }
            Self::Judge { d_prime, threshold, votes, fresh } => {
                check_range("d_prime", &[*d_prime], -MAX_SCORE, MAX_SCORE)?;
                check_range("threshold", threshold.as_slice(), -MAX_SCORE, MAX_SCORE)?;
                check_range("fresh", &[*fresh], 0.0, 1.0)?;
                check_whole("votes", *votes, 1.0, MAX_VOTES)
            }
            Self::Labelled(labelled) => labelled.check(),
            Self::Ensemble { verifiers, rule, shared } => {
                let members = verifiers.len();
                if members == 0 || members > MAX_MEMBERS {
                    return Err(Error::argument("verifiers", format!("1 to {MAX_MEMBERS} verifiers"), members));
                }
                for (i, verifier) in verifiers.iter().enumerate() {
                    verifier.check()?;
                    if verifier.labelled().is_some() {
                        let expected = "one of given error rates: what labels leave open is drawn for a whole verifier";
                        return Err(Error::argument(&format!("verifiers[{i}]"), expected, "one from labels"));
                    }
                    if !verifier.gives_verdicts() {
                        return Err(Error::argument(
                            &format!("verifiers[{i}].threshold"),
                            "a number, for an ensemble counts verdicts",
                            "None",
                        ));
                    }
                }
                if let Rule::AtLeast(needed) = *rule
                    && check_whole("rule", needed, 1.0, members as f64).is_err()
                {
                    let expected = format!("'all', 'any' or a whole number of verifiers in [1, {members}]");
                    return Err(Error::argument("rule", expected, needed));
                }
                check_range("shared", &[*shared], 0.0, 1.0)
            }
        }
    }
}
