//! A finite pool of observed attempts, drawn without replacement: what first accepted and coverage give, exactly.

use libm::exp;

use super::stopping::Stopped;
use crate::error::{Error, Result, number};
use crate::special::{ln_none_drawn, one_less_exp};

/// The counts of one task's pool; NaN where not known.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    attempts: f64,
    accepted: f64,
    accepted_correct: f64,
    correct: f64,
}

impl Pool {
    /// Of `attempts` attempts, `accepted` were accepted, of which `accepted_correct` are correct; `correct` in all.
    pub fn new(attempts: f64, accepted: f64, accepted_correct: f64, correct: f64) -> Result<Self> {
        if accepted > attempts {
            return Err(Error::argument("accepted", format!("at most attempts = {}", number(attempts)), accepted));
        }
        if accepted_correct > accepted {
            return Err(Error::argument(
                "accepted_correct",
                format!("at most accepted = {}", number(accepted)),
                accepted_correct,
            ));
        }
        let (low, high) = (accepted_correct, accepted_correct + (attempts - accepted));
        if correct < low || correct > high {
            let expected = format!("in [{low}, {high}] (accepted and correct, plus at most every rejected attempt)");
            return Err(Error::argument("correct", expected, correct));
        }
        Ok(Self { attempts, accepted, accepted_correct, correct })
    }

    /// At most `max_attempts` draws, stopping at the first accepted one; all NaN where the pool holds fewer attempts.
    ///
    /// With S(K) = C(n-A, K)/C(n, K): accepted = 1 - S(K), accuracy = accepted t/A [+ S(K) (c-t)/(n-A)],
    /// attempts = sum of S(k) over k < K = [(n+1) - (n-K+1) S(K)]/(A+1).
    pub fn first_accepted(&self, max_attempts: f64, last: bool) -> Stopped {
        let Self { attempts: n, accepted: a, accepted_correct: t, correct: c } = *self;
        if max_attempts > n {
            let unknown = f64::NAN;
            return Stopped {
                accepted: unknown,
                returned: unknown,
                accuracy: unknown,
                coverage: unknown,
                attempts_used: unknown,
            };
        }
        let ln_none = ln_none_drawn(n, a, max_attempts);
        let (none, accepted) = (exp(ln_none), one_less_exp(ln_none));
        let mut accuracy = if a == 0.0 { 0.0 } else { accepted * t / a };
        let mut returned = accepted;
        if last && max_attempts > 0.0 {
            returned = 1.0;
            if n > a {
                accuracy += none * (c - t) / (n - a);
            }
        }
        let coverage = one_less_exp(ln_none_drawn(n, c, max_attempts));
        // (n + 1) - (n - K + 1) S = (n + 1)(1 - S) + K S: nothing cancels.
        let attempts_used = ((n + 1.0) * accepted + max_attempts * none) / (a + 1.0);
        Stopped { accepted, returned, accuracy, coverage, attempts_used }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_pool_is_read_to_its_first_acceptance() {
        let whole = Pool::new(5.0, 2.0, 1.0, 3.0).expect("consistent counts").first_accepted(5.0, false);
        assert_eq!((whole.accepted, whole.accuracy, whole.coverage), (1.0, 0.5, 1.0));
        assert!((whole.attempts_used - 2.0).abs() < 1e-14, "the mean of the minimum of 2 of 1..5 is 6/3");
        let none = Pool::new(5.0, 0.0, 0.0, 2.0).expect("consistent counts").first_accepted(5.0, true);
        assert_eq!((none.accepted, none.returned, none.attempts_used), (0.0, 1.0, 5.0));
        assert!((none.accuracy - 0.4).abs() < 1e-15);
    }

    #[test]
    fn counts_that_contradict_each_other_are_refused() {
        for (n, a, t, c, named) in
            [(5., 6., 0., 0., "accepted"), (5., 2., 3., 3., "accepted_correct"), (5., 2., 1., 5., "correct")]
        {
            let error = Pool::new(n, a, t, c).expect_err("the counts contradict").to_string();
            assert!(error.starts_with(&format!("{named} must be ")), "{error}");
        }
    }
}
