//! Verifiers: what accepts or rejects an answer, with the settings, the checks and the error rates of each kind.

use libm::{exp, log1p};
use serde::Deserialize;

use super::error_rates::{ErrorRates, joined, judge_deviation, ln_missed, spread_rate};
use super::labelled::Labelled;
use crate::error::{Error, Result, check_range, check_whole};
use crate::rng::Sequence;
use crate::spec::{Spec, Values};
use crate::special::normal::normal_survival;
use crate::special::one_less_exp;

/// A verifier.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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

impl Verifier {
    /// The error rates on task `i`; NaN where it gives no verdicts, the means where the rates are drawn.
    pub fn rates(&self, i: usize) -> ErrorRates {
        match self {
            Self::Rates { false_positive_rate, false_negative_rate }
            | Self::Spread { false_positive_rate, false_negative_rate, .. } => {
                ErrorRates::new(false_positive_rate.at(i), false_negative_rate.at(i))
            }
            Self::Labelled(labelled) => {
                let [false_positive, false_negative] = labelled.means();
                ErrorRates::new(false_positive, false_negative)
            }
            Self::Tests { tests, detection, icc, flakiness } => {
                let ln_stable = *tests * log1p(-flakiness);
                let missed = ln_missed(*tests, detection.at(i), *icc);
                // A wrong answer is accepted where no test catches it and none fails for no reason.
                ErrorRates {
                    false_positive: exp(ln_stable + missed),
                    true_negative: one_less_exp(ln_stable + missed),
                    false_negative: one_less_exp(ln_stable),
                    true_positive: exp(ln_stable),
                }
            }
            Self::Judge { threshold: None, .. } => ErrorRates::new(f64::NAN, f64::NAN),
            Self::Judge { d_prime, threshold: Some(threshold), votes, fresh } => {
                let deviation = judge_deviation(*votes, *fresh);
                if deviation == 0.0 {
                    // All noise is fresh and averaged away: the score is its mean.
                    return ErrorRates::new(
                        f64::from(u8::from(0.0 > *threshold)),
                        f64::from(u8::from(d_prime <= threshold)),
                    );
                }
                let z = [(threshold - d_prime) / deviation, threshold / deviation];
                ErrorRates::of_scores(z.map(normal_survival), z.map(|z| normal_survival(-z)))
            }
            Self::Ensemble { verifiers, rule, shared } => {
                let members: Vec<ErrorRates> = verifiers.iter().map(|v| v.rates(i)).collect();
                joined(&members, rule.needed(members.len()), *shared)
            }
        }
    }

    /// Draws the error rates on task `i`, whose success rate has the normal score `score`.
    pub fn draw(&self, i: usize, score: f64, random: &mut Sequence) -> ErrorRates {
        match self {
            Self::Spread { false_positive_rate, false_negative_rate, icc, correlation } => {
                let mut one = |mean| spread_rate(mean, *icc, *correlation, score, random);
                let false_positive = one(false_positive_rate.at(i));
                ErrorRates::new(false_positive, one(false_negative_rate.at(i)))
            }
            Self::Ensemble { verifiers, rule, shared } => {
                let members: Vec<ErrorRates> = verifiers.iter().map(|v| v.draw(i, score, random)).collect();
                joined(&members, rule.needed(members.len()), *shared)
            }
            _ => self.rates(i),
        }
    }

    /// The points (threshold, false positive rate, true positive rate) of its receiver operating curve at task `i`; the
    /// first is where it operates. A judge has one per threshold, an ensemble one per number of members that must
    /// accept (the threshold). NaN stands for a point without a threshold.
    pub fn operating_points(&self, i: usize) -> Vec<[f64; 3]> {
        let point = |threshold: f64, rates: ErrorRates| [threshold, rates.false_positive, rates.true_positive];
        match self {
            Self::Judge { d_prime, threshold, votes, fresh } => {
                let at = |threshold: f64| {
                    let judge =
                        Self::Judge { d_prime: *d_prime, threshold: Some(threshold), votes: *votes, fresh: *fresh };
                    point(threshold, judge.rates(i))
                };
                let (low, high) = (d_prime.min(0.0) - 4.0, d_prime.max(0.0) + 4.0);
                let steps = 4 * (high - low).round() as u32;
                let curve = (0..=steps).map(|k| at(high - (high - low) * f64::from(k) / f64::from(steps)));
                threshold.iter().map(|&t| at(t)).chain(curve).collect()
            }
            Self::Ensemble { verifiers, rule, shared } => {
                let members: Vec<ErrorRates> = verifiers.iter().map(|v| v.rates(i)).collect();
                let at = |needed: usize| point(needed as f64, joined(&members, needed, *shared));
                let operating = rule.needed(members.len());
                std::iter::once(at(operating)).chain((1..=members.len()).rev().map(at)).collect()
            }
            Self::Tests { tests, .. } => vec![point(*tests, self.rates(i))],
            Self::Rates { .. } | Self::Spread { .. } | Self::Labelled(_) => vec![point(f64::NAN, self.rates(i))],
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
