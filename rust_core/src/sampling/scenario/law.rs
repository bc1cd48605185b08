//! The law of one task: when the first acceptance comes, whether it is correct, and when the first correct answer comes.
//!
//! One attempt is accepted and correct with probability p(1-g), accepted and wrong with (1-p)f, rejected and correct
//! with pg, rejected and wrong with (1-p)(1-f). Everything here follows from three survival functions over attempts k:
//! no acceptance yet, no correct answer yet, neither yet; and from the precision q, which does not depend on when the
//! acceptance came. A pool drawn without replacement has the same three, with C(n-a, k)/C(n, k) in place of (1-a)^k.

use libm::{exp, expm1, floor, log, log1p};

use super::error_rates::ErrorRates;
use crate::special::ln_none_drawn;

/// Rates of one attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// P(correct).
    pub success: f64,
    /// Of its verifier.
    pub errors: ErrorRates,
}

impl Rates {
    /// The same, or of a verifier that accepts nothing where it gives no verdicts (NaN).
    #[must_use]
    pub fn or_silent(self) -> Self {
        if self.errors.false_positive.is_nan() { Self { errors: ErrorRates::new(0.0, 1.0), ..self } } else { self }
    }

    /// P(accepted and correct).
    pub fn accepted_correct(&self) -> f64 {
        self.success * self.errors.true_positive
    }

    /// P(accepted and wrong).
    pub fn accepted_wrong(&self) -> f64 {
        (1.0 - self.success) * self.errors.false_positive
    }

    /// P(rejected and correct).
    pub fn rejected_correct(&self) -> f64 {
        self.success * self.errors.false_negative
    }

    /// P(rejected and wrong).
    pub fn rejected_wrong(&self) -> f64 {
        (1.0 - self.success) * self.errors.true_negative
    }

    /// ln P(rejected and wrong), accurate at both ends.
    pub fn ln_rejected_wrong(&self) -> f64 {
        let ErrorRates { false_positive, true_negative, .. } = self.errors;
        log1p(-self.success) + if false_positive < 0.5 { log1p(-false_positive) } else { log(true_negative) }
    }

    /// P(accepted).
    pub fn accepted(&self) -> f64 {
        self.accepted_correct() + self.accepted_wrong()
    }

    /// ln P(rejected), accurate at both ends.
    pub fn ln_rejected(&self) -> f64 {
        let a = self.accepted();
        if a < 0.5 { log1p(-a) } else { log(self.rejected_correct() + self.rejected_wrong()) }
    }
}

/// The law of one task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TaskLaw {
    /// Independent attempts with known rates.
    Attempts(Rates),
    /// Independent attempts whose rates are drawn anew in every trial, by `Population::draw`.
    Drawn,
    /// Observed attempts drawn without replacement.
    Pool {
        /// Observed attempts.
        attempts: f64,
        /// Accepted among them.
        accepted: f64,
        /// Correct among the accepted.
        accepted_correct: f64,
        /// Correct among all, where known.
        correct: Option<f64>,
    },
}

/// What a survival function waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The first accepted attempt.
    Accepted,
    /// The first correct attempt.
    Correct,
    /// The first attempt that is accepted or correct.
    Either,
}

impl TaskLaw {
    /// Independent attempts with a known success rate and the rates of a verifier.
    pub const fn attempts(success: f64, errors: ErrorRates) -> Self {
        Self::Attempts(Rates { success, errors })
    }

    /// ln P(the event has not come within k attempts). A law redrawn per trial has none of its own: NaN.
    pub fn ln_survival(&self, event: Event, k: f64) -> f64 {
        if k == 0.0 {
            return 0.0;
        }
        match (*self, event) {
            (Self::Attempts(rates), Event::Accepted) => k * rates.ln_rejected(),
            (Self::Attempts(rates), Event::Correct) => k * log1p(-rates.success),
            (Self::Attempts(rates), Event::Either) => k * rates.ln_rejected_wrong(),
            (Self::Pool { attempts, accepted, .. }, Event::Accepted) => ln_none_drawn(attempts, accepted, k),
            (Self::Pool { attempts, correct, .. }, Event::Correct) => {
                correct.map_or(f64::NAN, |c| ln_none_drawn(attempts, c, k))
            }
            (Self::Pool { attempts, accepted, accepted_correct, correct }, Event::Either) => {
                correct.map_or(f64::NAN, |c| ln_none_drawn(attempts, accepted + (c - accepted_correct), k))
            }
            (Self::Drawn, _) => f64::NAN,
        }
    }

    /// (P(correct | accepted), P(wrong | accepted)); (0, 0) where nothing is ever accepted.
    pub fn precision(&self) -> (f64, f64) {
        let (correct, wrong) = match self {
            Self::Attempts(rates) => (rates.accepted_correct(), rates.accepted_wrong()),
            Self::Pool { accepted, accepted_correct, .. } => (*accepted_correct, accepted - accepted_correct),
            Self::Drawn => (f64::NAN, f64::NAN),
        };
        if correct + wrong == 0.0 { (0.0, 0.0) } else { (correct / (correct + wrong), wrong / (correct + wrong)) }
    }

    /// (P(correct | rejected), P(wrong | rejected)); (0, 0) where nothing is rejected.
    pub fn rejected_precision(&self) -> (f64, f64) {
        let (correct, wrong) = match self {
            Self::Attempts(rates) => (rates.rejected_correct(), rates.rejected_wrong()),
            Self::Pool { attempts, accepted, accepted_correct, correct } => {
                let correct = correct.map_or(f64::NAN, |c| c - accepted_correct);
                (correct, attempts - accepted - correct)
            }
            Self::Drawn => (f64::NAN, f64::NAN),
        };
        if correct + wrong == 0.0 { (0.0, 0.0) } else { (correct / (correct + wrong), wrong / (correct + wrong)) }
    }

    /// The mean attempt number of the first acceptance, given that it comes after attempt `from` and by attempt `to`.
    pub fn mean_attempt(&self, from: f64, to: f64) -> f64 {
        let length = to - from;
        if length == 1.0 {
            return to;
        }
        match *self {
            Self::Attempts(rates) => from + mean_truncated_geometric(rates.accepted(), rates.ln_rejected(), length),
            Self::Pool { attempts, accepted, .. } => {
                let survival = |k| exp(ln_none_drawn(attempts, accepted, k));
                // E[min(T, k)] is that of a pool one larger in both: sum of C(n-j, a)/C(n, a) over j < k.
                let upto =
                    |k| (attempts + 1.0) / (accepted + 1.0) * -expm1(ln_none_drawn(attempts + 1.0, accepted + 1.0, k));
                let (s0, s1) = (survival(from), survival(to));
                from + ((upto(to) - upto(from) - length * s1) / (s0 - s1)).clamp(1.0, length)
            }
            Self::Drawn => f64::NAN,
        }
    }

    /// The attempt number of the first acceptance, given that it comes after `from` and by `to`: the inverse of its
    /// distribution function at `u`.
    pub fn attempt_at(&self, from: f64, to: f64, u: f64) -> f64 {
        let length = to - from;
        if length == 1.0 {
            return to;
        }
        match *self {
            Self::Attempts(rates) => {
                let ln_b = rates.ln_rejected();
                from + (1.0 + floor(log1p(u * expm1(length * ln_b)) / ln_b)).clamp(1.0, length)
            }
            Self::Pool { attempts, accepted, .. } => {
                let survival = |k| exp(ln_none_drawn(attempts, accepted, k));
                let (s0, s1) = (survival(from), survival(to));
                let target = s0 - u * (s0 - s1);
                // The first k in (from, to] whose survival is at most the target.
                let (mut low, mut high) = (from, to);
                while high - low > 1.0 {
                    let middle = floor(0.5 * (low + high));
                    if survival(middle) <= target { high = middle } else { low = middle }
                }
                high
            }
            Self::Drawn => f64::NAN,
        }
    }
}

/// The mean of a geometric number of attempts at rate `a` = 1 - exp(`ln_b`), given that it is at most `length`:
/// 1/a - L b^L/(1-b^L), and its series in -ln b where that cancels.
fn mean_truncated_geometric(a: f64, ln_b: f64, length: f64) -> f64 {
    if -ln_b * length < 1e-2 {
        let square = length * length;
        let cubic = -ln_b * ln_b * ln_b * (square * square - 1.0) / 720.0;
        return 0.5 * (length + 1.0) + ln_b * (square - 1.0) / 12.0 + cubic;
    }
    1.0 / a - length / expm1(-length * ln_b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_inverse_agree_with_enumeration() {
        let pool = TaskLaw::Pool { attempts: 30.0, accepted: 4.0, accepted_correct: 2.0, correct: Some(5.0) };
        for law in [
            TaskLaw::attempts(0.2, ErrorRates::new(0.05, 0.1)),
            TaskLaw::attempts(1e-9, ErrorRates::new(0.0, 0.0)),
            TaskLaw::attempts(1e-3, ErrorRates::new(0.0, 0.0)),
            pool,
        ] {
            let survival = |k: f64| exp(law.ln_survival(Event::Accepted, k));
            let (from, to) = (3.0, 17.0);
            // Survival differences lose digits at tiny rates; the ratio of neighbouring masses does not.
            let mass: Vec<f64> = (4..=17)
                .map(|k| {
                    let k = f64::from(k);
                    survival(k - 1.0)
                        * -expm1(law.ln_survival(Event::Accepted, k) - law.ln_survival(Event::Accepted, k - 1.0))
                })
                .collect();
            let total: f64 = mass.iter().sum();
            let mean: f64 = mass.iter().zip(4..).map(|(m, k)| m * f64::from(k)).sum::<f64>() / total;
            let got = law.mean_attempt(from, to);
            assert!((got - mean).abs() < 1e-6, "{law:?}: {got} {mean}");
            let mut before = 0.0;
            for (m, k) in mass.iter().zip(4..) {
                let u = (before + 0.5 * m) / total;
                assert_eq!(law.attempt_at(from, to, u), f64::from(k), "{law:?}");
                before += m;
            }
        }
    }
}
