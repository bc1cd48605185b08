//! How often each verifier errs: its false positive and false negative rate on a task, given or drawn.
//!
//! Three correlations of errors bend the curve in three ways. *Persistent* errors belong to the task: they are the
//! spread of its rate over tasks (`icc`). *Fresh* ones are new in every call and fade with the votes. *Shared* ones hit
//! all members of an ensemble at once.

use libm::{exp, log1p, sqrt};

use crate::closed_form::stopping::NO_ICC;
use crate::rng::Sequence;
use crate::sampling::scenario::verifier::Verifier;
use crate::special::incomplete_beta::beta_quantile_of_score;
use crate::special::normal::normal_survival;
use crate::special::{ln_beta_ratio, one_less_exp};
use crate::variates::{beta, normal};

/// How often a verifier errs, and how often not: both sides are kept, for 1 less a rate next to 1 has few digits left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorRates {
    /// P(accept | wrong).
    pub false_positive: f64,
    /// P(reject | wrong).
    pub true_negative: f64,
    /// P(reject | correct).
    pub false_negative: f64,
    /// P(accept | correct).
    pub true_positive: f64,
}

impl ErrorRates {
    /// No errors.
    pub const NONE: Self = Self::new(0.0, 0.0);

    /// From rates that are given: what 1 less them is has all their digits.
    pub const fn new(false_positive: f64, false_negative: f64) -> Self {
        Self {
            false_positive,
            true_negative: 1.0 - false_positive,
            false_negative,
            true_positive: 1.0 - false_negative,
        }
    }

    /// Of a score that is accepted with these probabilities, and rejected with those: correct answers first.
    pub const fn of_scores(
        [true_positive, false_positive]: [f64; 2],
        [false_negative, true_negative]: [f64; 2],
    ) -> Self {
        Self { false_positive, true_negative, false_negative, true_positive }
    }
}

/// The standard deviation of a judge's score given whether the answer is correct: persistent noise stays, fresh noise
/// is averaged over the votes.
pub fn judge_deviation(votes: f64, fresh: f64) -> f64 {
    sqrt(1.0 - fresh + fresh / votes)
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

/// ln P(no test of so many catches a wrong answer): how visible an answer is, D, is Beta with the given mean and
/// intra-class correlation, and E[(1-D)^m] is a ratio of Beta functions.
fn ln_missed(tests: f64, detection: f64, icc: f64) -> f64 {
    if detection == 0.0 {
        return 0.0;
    }
    if icc == 1.0 || tests == 1.0 {
        return log1p(-detection);
    }
    if icc < NO_ICC {
        return tests * log1p(-detection);
    }
    if detection == 1.0 {
        return f64::NEG_INFINITY;
    }
    let size = (1.0 - icc) / icc;
    ln_beta_ratio(detection * size, (1.0 - detection) * size, tests)
}

/// A rate with the given mean and intra-class correlation: Beta, as a normal score tied to the success rate's.
pub(super) fn spread_rate(mean: f64, icc: f64, correlation: f64, score: f64, random: &mut Sequence) -> f64 {
    if icc < NO_ICC || mean == 0.0 || mean == 1.0 {
        return mean;
    }
    let size = (1.0 - icc) / icc;
    let parameters = [mean * size, (1.0 - mean) * size];
    if correlation == 0.0 {
        return if icc == 1.0 { f64::from(u8::from(random.open01() < mean)) } else { beta(parameters, random) };
    }
    let noise = sqrt((1.0 - correlation) * (1.0 + correlation));
    let own = correlation * score + noise * normal(random);
    if icc == 1.0 {
        return f64::from(u8::from(normal_survival(own) < mean));
    }
    beta_quantile_of_score(parameters[0], parameters[1], own)
}

/// The error rates of members together. On the share `shared` of answers one uniform number decides for all of them
/// (each accepts where it lies below its own rate), so that identical members agree; on the rest they err on their own.
fn joined(members: &[ErrorRates], needed: usize, shared: f64) -> ErrorRates {
    let together = |rate: fn(&ErrorRates) -> f64, other: fn(&ErrorRates) -> f64, needed: usize| {
        let mut rates: Vec<(f64, f64)> = members.iter().map(|m| (rate(m), other(m))).collect();
        let own = at_least(&rates, needed);
        rates.sort_by(|a, b| b.0.total_cmp(&a.0));
        shared * rates[needed - 1].0 + (1.0 - shared) * own
    };
    // Rejected where more than n - needed members reject.
    let rejecting = members.len() - needed + 1;
    ErrorRates {
        false_positive: together(|m| m.false_positive, |m| m.true_negative, needed),
        true_negative: together(|m| m.true_negative, |m| m.false_positive, rejecting),
        false_negative: together(|m| m.false_negative, |m| m.true_positive, rejecting),
        true_positive: together(|m| m.true_positive, |m| m.false_negative, needed),
    }
}

/// P(at least `needed` of independent events happen), given their probabilities and those that they do not.
fn at_least(rates: &[(f64, f64)], needed: usize) -> f64 {
    // P(exactly j so far), those from `needed` on together.
    let mut count = vec![0.0; needed + 1];
    count[0] = 1.0;
    for &(rate, other) in rates {
        count[needed] += rate * count[needed - 1];
        for j in (0..needed).rev() {
            let from_below = if j == 0 { 0.0 } else { rate * count[j - 1] };
            count[j] = other * count[j] + from_below;
        }
    }
    count[needed].min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::scenario::verifier::{NamedRule, Rule};
    use crate::spec::Values;

    fn rates(f: f64, g: f64) -> Verifier {
        Verifier::Rates { false_positive_rate: Values::One(f), false_negative_rate: Values::One(g) }
    }

    #[test]
    fn an_ensemble_equals_the_enumeration_of_its_members_verdicts() {
        let members = [(0.1, 0.2), (0.3, 0.05), (0.5, 0.4), (0.02, 0.0)].map(|(f, g)| ErrorRates::new(f, g));
        for needed in 1..=4usize {
            let (mut wrong, mut correct) = (0.0, 0.0);
            for verdicts in 0..16u32 {
                if verdicts.count_ones() as usize >= needed {
                    let of = |rate: fn(ErrorRates) -> f64| -> f64 {
                        (0..4)
                            .map(|j| if verdicts >> j & 1 == 1 { rate(members[j]) } else { 1.0 - rate(members[j]) })
                            .product()
                    };
                    wrong += of(|m| m.false_positive);
                    correct += of(|m| m.true_positive);
                }
            }
            let found = joined(&members, needed, 0.0);
            let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-15, "{needed}: {got} {want}");
            near(found.false_positive, wrong);
            near(found.true_negative, 1.0 - wrong);
            near(found.true_positive, correct);
            near(found.false_negative, 1.0 - correct);
            // One uniform number for all: count a fine grid of it.
            let grid = 100_000;
            let (mut both, mut kept) = (0, 0);
            for i in 0..grid {
                let u = (f64::from(i) + 0.5) / f64::from(grid);
                both += usize::from(members.iter().filter(|m| u < m.false_positive).count() >= needed);
                kept += usize::from(members.iter().filter(|m| u < m.true_positive).count() >= needed);
            }
            let found = joined(&members, needed, 1.0);
            assert!((found.false_positive - both as f64 / f64::from(grid)).abs() < 2e-5, "{needed}");
            assert!((found.true_positive - kept as f64 / f64::from(grid)).abs() < 2e-5, "{needed}");
        }
    }

    #[test]
    fn identical_members_that_share_every_error_are_one() {
        let one = rates(0.07, 0.3);
        for needed in [1.0, 2.0, 3.0] {
            let ensemble =
                Verifier::Ensemble { verifiers: vec![one.clone(); 3], rule: Rule::AtLeast(needed), shared: 1.0 };
            assert_eq!(ensemble.rates(0), one.rates(0));
        }
        let all = Verifier::Ensemble { verifiers: vec![one; 3], rule: Rule::Named(NamedRule::All), shared: 0.0 };
        assert!((all.rates(0).false_positive - 0.07 * 0.07 * 0.07).abs() < 1e-18);
        assert!((all.rates(0).true_positive - 0.343).abs() < 1e-15);
    }

    #[test]
    fn tests_miss_with_the_beta_binomial_law() {
        let suite = |tests, icc, flakiness| Verifier::Tests { tests, detection: Values::One(0.3), icc, flakiness };
        // E[(1-D)^5], D ~ Beta(0.3 s, 0.7 s), s = (1-icc)/icc, as its product.
        let size = 1.0 / 0.2 - 1.0;
        let product: f64 = (0..5).map(|j| (0.7 * size + f64::from(j)) / (size + f64::from(j))).product();
        assert!((suite(5.0, 0.2, 0.0).rates(0).false_positive - product).abs() < 1e-15);
        for icc in [0.0, 2e-313, 1e-100] {
            assert!((suite(5.0, icc, 0.0).rates(0).false_positive - libm::pow(0.7, 5.0)).abs() < 1e-15);
        }
        assert!((suite(5.0, 1.0, 0.0).rates(0).false_positive - 0.7).abs() < 1e-15);
        let ErrorRates { false_positive: f, false_negative: g, .. } = suite(5.0, 0.2, 0.01).rates(0);
        assert!((f - product * libm::pow(0.99, 5.0)).abs() < 1e-15 && (g - 1.0 + libm::pow(0.99, 5.0)).abs() < 1e-15);
    }
}
