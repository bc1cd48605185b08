//! How often verifiers err: false positive and false negative rates, how they are drawn and how errors join.
//!
//! Three correlations of errors bend the curve in three ways. *Persistent* errors belong to the task: they are the
//! spread of its rate over tasks (`icc`). *Fresh* ones are new in every call and fade with the votes. *Shared* ones hit
//! all members of an ensemble at once.

use libm::{log1p, sqrt};

use crate::closed_form::stopping::NO_ICC;
use crate::rng::Sequence;
use crate::special::incomplete_beta::beta_quantile_of_score;
use crate::special::ln_beta_ratio;
use crate::special::normal::normal_survival;
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

/// ln P(no test of so many catches a wrong answer): how visible an answer is, D, is Beta with the given mean and
/// intra-class correlation, and E[(1-D)^m] is a ratio of Beta functions.
pub(super) fn ln_missed(tests: f64, detection: f64, icc: f64) -> f64 {
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
pub(super) fn joined(members: &[ErrorRates], needed: usize, shared: f64) -> ErrorRates {
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
    use crate::sampling::scenario::verifier::{NamedRule, Rule, Verifier};
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
