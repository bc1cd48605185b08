//! The two-type belief model: a task is easy or hard, nobody knows which; the utility of a cap and the best cap, exactly.

use libm::{ceil, log, log1p};

use super::stopping::Rates;
use crate::error::{Error, Result, number};
use crate::special::any_of;

/// Easy and hard tasks before one verifier; a correct answer is worth the correct reward, a wrong one costs the wrong cost.
#[derive(Debug, Clone, Copy)]
pub struct TwoTypes {
    easy: Kind,
    hard: Kind,
    /// `b_hard - b_easy`, the gap between the rejection probabilities.
    gap: f64,
}

#[derive(Debug, Clone, Copy)]
struct Kind {
    share: f64,
    rates: Rates,
    /// u = (1-g) r V - lambda f (1-r): the expected worth of one attempt.
    worth: f64,
}

impl TwoTypes {
    /// From (success of easy, of hard, share of easy, f, g, correct reward, wrong cost); easy tasks are not harder, and the verifier
    /// accepts correct answers at least as often as wrong ones.
    pub fn new(x: &[f64]) -> Result<Self> {
        let &[easy, hard, share, f, g, value, loss, ..] = x else { unreachable!("the table lists seven arguments") };
        if hard > easy {
            return Err(Error::argument("success_hard", format!("at most success_easy = {}", number(easy)), hard));
        }
        if g > 1.0 - f {
            let expected = format!("at most 1 - false_positive_rate = {} (a verifier worse than chance)", 1.0 - f);
            return Err(Error::argument("false_negative_rate", expected, g));
        }
        for (name, amount) in [("correct_reward", value), ("wrong_cost", loss)] {
            if amount < 0.0 {
                return Err(Error::argument(name, "at least 0", amount));
            }
        }
        let kind = |share: f64, success: f64| Kind {
            share,
            rates: Rates::new(success, f, g),
            worth: (1.0 - g) * success * value - loss * f * (1.0 - success),
        };
        Ok(Self { easy: kind(share, easy), hard: kind(1.0 - share, hard), gap: (easy - hard) * (1.0 - g - f) })
    }

    /// U(K) = sum over types of share u (1 - b^K)/a; abstaining is worth 0. K may be infinite.
    pub fn utility(&self, max_attempts: f64) -> f64 {
        let part = |kind: Kind| {
            let a = kind.rates.acceptance();
            if a == 0.0 || max_attempts == 0.0 { 0.0 } else { kind.share * kind.worth * (any_of(a, max_attempts) / a) }
        };
        part(self.easy) + part(self.hard)
    }

    /// The best cap, possibly 0 or infinite; the smallest where several are equal.
    ///
    /// The k-th attempt adds `share_1 u_1 b_1^(k-1) - share_2 |u_2| b_2^(k-1)`, positive while
    /// `k - 1 < ln(share_1 u_1/(share_2 |u_2|)) / ln(b_2/b_1)`.
    pub fn optimum(&self) -> f64 {
        let gain = self.easy.share * self.easy.worth;
        let loss = -self.hard.share * self.hard.worth;
        if gain <= 0.0 && loss >= 0.0 {
            return 0.0;
        }
        if loss <= 0.0 {
            return f64::INFINITY;
        }
        let kept = self.easy.rates.ln_rejection();
        let ln_ratio = log(gain / loss);
        if ln_ratio <= 0.0 {
            0.0
        } else if self.gap == 0.0 {
            f64::INFINITY
        } else if kept == f64::NEG_INFINITY {
            1.0
        } else {
            ceil(ln_ratio / log1p(self.gap / libm::exp(kept)))
        }
    }
}
