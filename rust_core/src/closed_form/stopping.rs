//! Stop at the first accepted answer: the curve over the cap, its ceiling, and batches drawn in parallel.

use libm::{exp, expm1, log, log1p, sqrt};

/// A smaller intra-class correlation changes no digit of any rate, and its inverse may be no number.
pub const NO_ICC: f64 = 1e-30;

use crate::special::{any_of, softplus};

/// One task's rates.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// P(an attempt is correct).
    pub success: f64,
    /// P(accepted | wrong).
    pub false_positive_rate: f64,
    /// P(rejected | correct).
    pub false_negative_rate: f64,
}

/// The means of one task at one cap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stopped {
    /// P(some attempt is accepted).
    pub accepted: f64,
    /// P(an answer is returned): `accepted`, or 1 where the last answer is the fallback.
    pub returned: f64,
    /// P(an answer is returned and correct).
    pub accuracy: f64,
    /// P(some attempt among the first `max_attempts` is correct).
    pub coverage: f64,
    /// Expected attempts drawn.
    pub attempts_used: f64,
}

impl Rates {
    /// The rates of one task, each in [0, 1].
    pub const fn new(success: f64, false_positive_rate: f64, false_negative_rate: f64) -> Self {
        Self { success, false_positive_rate, false_negative_rate }
    }

    /// P(correct and accepted).
    fn hit(self) -> f64 {
        self.success * (1.0 - self.false_negative_rate)
    }

    /// a = p(1-g) + (1-p)f: P(an attempt is accepted).
    pub fn acceptance(self) -> f64 {
        self.hit() + (1.0 - self.success) * self.false_positive_rate
    }

    /// ln(1 - a), from whichever of a and 1 - a is small.
    pub fn ln_rejection(self) -> f64 {
        let a = self.acceptance();
        if a < 0.5 {
            log1p(-a)
        } else {
            log(self.success * self.false_negative_rate + (1.0 - self.success) * (1.0 - self.false_positive_rate))
        }
    }

    /// q = p(1-g)/a: P(correct | accepted), the ceiling of the accuracy; 0 where nothing is accepted.
    pub fn precision(self) -> f64 {
        if self.hit() == 0.0 { 0.0 } else { self.hit() / self.acceptance() }
    }
}

/// At most `max_attempts` attempts, stopping at the first accepted; `last` returns the last answer where none was.
///
/// accepted = 1 - b^K, accuracy = q (1 - b^K) [+ b^(K-1) p g], attempts = (1 - b^K)/a.
pub fn first_accepted(rates: Rates, max_attempts: f64, last: bool) -> Stopped {
    let a = rates.acceptance();
    let coverage = any_of(rates.success, max_attempts);
    if max_attempts == 0.0 {
        return Stopped { accepted: 0.0, returned: 0.0, accuracy: 0.0, coverage, attempts_used: 0.0 };
    }
    let ln_b = rates.ln_rejection();
    let accepted = -expm1(max_attempts * ln_b);
    let mut accuracy = rates.precision() * accepted;
    let rejected_correct = rates.success * rates.false_negative_rate;
    if last && rejected_correct > 0.0 {
        accuracy += exp((max_attempts - 1.0) * ln_b) * rejected_correct;
    }
    let attempts_used = if a == 0.0 { max_attempts } else { accepted / a };
    Stopped { accepted, returned: if last { 1.0 } else { accepted }, accuracy, coverage, attempts_used }
}

/// Batches drawn in parallel until one holds an acceptance.
#[derive(Debug, Clone, Copy)]
pub struct Batched {
    /// P(some attempt is accepted).
    pub accepted: f64,
    /// P(an answer is returned and correct).
    pub accuracy: f64,
    /// P(some attempt of all the rounds is correct).
    pub coverage: f64,
    /// Expected rounds.
    pub rounds_used: f64,
    /// Expected attempts: whole batches.
    pub attempts_used: f64,
}

/// `batch` attempts a round, at most `rounds` rounds: with x = b^B, accepted = 1 - x^R and E[rounds] = (1 - x^R)/(1 - x).
pub fn batched(rates: Rates, batch: f64, rounds: f64) -> Batched {
    let ln_b = rates.ln_rejection();
    let accepted = if rounds == 0.0 { 0.0 } else { -expm1(batch * rounds * ln_b) };
    let rounds_used = if ln_b == 0.0 { rounds } else { accepted / -expm1(batch * ln_b) };
    Batched {
        accepted,
        accuracy: rates.precision() * accepted,
        coverage: any_of(rates.success, batch * rounds),
        rounds_used,
        attempts_used: batch * rounds_used,
    }
}

/// The mean ceiling where the false positive rate differs between tasks, f ~ Beta with the given mean and intra-class
/// correlation icc = 1/(alpha + beta + 1): `2F1(1, alpha; alpha + beta; -z)`, z = (1-p)/(p(1-g)).
///
/// It is E[1/(1 + z f)], summed by the trapezoidal rule over u = logit f. Every singularity lies at distance pi from the
/// real axis and the density grows only beyond pi/2 whatever the arguments, so a step of 0.2 leaves an error of e^-49;
/// where the density is narrower than that, the step is a fraction of its width. Both tails become geometric and are
/// summed exactly.
pub fn spread_ceiling(success: f64, mean: f64, false_negative_rate: f64, icc: f64) -> f64 {
    /// More than the widest density takes.
    const MOST_STEPS: u32 = 100_000;
    let at = |f: f64| Rates::new(success, f, false_negative_rate).precision();
    if icc < NO_ICC || mean == 0.0 || mean == 1.0 || success == 0.0 || success == 1.0 || false_negative_rate == 1.0 {
        return at(mean);
    }
    if icc == 1.0 {
        return (1.0 - mean) * at(0.0) + mean * at(1.0);
    }
    let size = (1.0 - icc) / icc;
    let (alpha, beta) = (mean * size, (1.0 - mean) * size);
    // z itself may be no number.
    let ln_z = log1p(-success) - log(success) - log1p(-false_negative_rate);
    if alpha * (2.0 + softplus(ln_z)) + mean < 1e-17 {
        // E[z f/(1 + z f)] is less than that.
        return 1.0;
    }
    if mean * beta > 1e7 {
        // Too narrow for the weights' rounding: two moments leave a relative error of (mean * beta)^-2.
        let relative = 1.0 / (exp(-ln_z) + mean);
        return at(mean) * (1.0 + relative * relative * mean * (1.0 - mean) * icc);
    }
    let peak = log(mean / (1.0 - mean));
    let ln_weight = |u: f64| -alpha * softplus(-u) - beta * softplus(u);
    let top = ln_weight(peak);
    let step = f64::min(0.2, 0.35 / sqrt(mean * beta));
    let (mut kept, mut all) = (0.0, 0.0);
    let mut add = |u: f64, times: f64| {
        let weight = times * exp(ln_weight(u) - top);
        let share = weight / (1.0 + exp(ln_z - softplus(-u)));
        kept += share;
        all += weight;
        weight < 1e-18 * kept
    };
    add(peak, 1.0);
    // From `end` on the weights on a side are geometric.
    let mut side = |direction: f64, end: f64, rate: f64| {
        for i in 1..MOST_STEPS {
            let u = peak + direction * f64::from(i) * step;
            if add(u, 1.0) {
                break;
            }
            if direction * u > end {
                add(u + direction * step, -1.0 / expm1(-rate * step));
                break;
            }
        }
    };
    side(-1.0, 40.0 + softplus(ln_z) - peak.min(0.0), alpha);
    side(1.0, 40.0 + peak.max(0.0), beta);
    kept / all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degenerate_rates_have_their_limits() {
        let never = first_accepted(Rates::new(0.0, 0.0, 0.0), 7.0, false);
        assert_eq!((never.accepted, never.accuracy, never.attempts_used), (0.0, 0.0, 7.0));
        let always = first_accepted(Rates::new(1.0, 0.5, 0.0), 7.0, true);
        assert_eq!((always.accepted, always.accuracy, always.attempts_used), (1.0, 1.0, 1.0));
        let mute = first_accepted(Rates::new(1.0, 0.0, 1.0), 7.0, true);
        assert_eq!((mute.accepted, mute.accuracy, mute.attempts_used), (0.0, 1.0, 7.0));
        let tiny = first_accepted(Rates::new(1e-200, 1e-200, 0.0), 10.0, false);
        assert!((tiny.accepted / 2e-199 - 1.0).abs() < 1e-15 && (tiny.attempts_used - 10.0).abs() < 1e-13);
        assert_eq!(first_accepted(Rates::new(0.5, 0.1, 0.1), 0.0, true).returned, 0.0);
    }

    #[test]
    fn one_batch_of_one_is_the_sequential_rule() {
        let rates = Rates::new(0.3, 0.1, 0.2);
        let (a, b) = (batched(rates, 1.0, 9.0), first_accepted(rates, 9.0, false));
        assert_eq!((a.accepted, a.accuracy, a.coverage), (b.accepted, b.accuracy, b.coverage));
        assert!((a.rounds_used - b.attempts_used).abs() < 1e-14);
    }
}
