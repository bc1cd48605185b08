//! What a policy comes to in expectation on one task, and the pieces that the policies' solutions share.

use libm::exp;

use crate::error::{Error, Result};
use crate::sampling::scenario::cost::Bill;
use crate::sampling::scenario::law::{Event, Rates, TaskLaw};
use crate::special::{ln_beta_ratio, ln_none_drawn, one_less_exp};

/// A law whose outcome has a closed form.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// Known rates, or a pool.
    Fixed(TaskLaw),
    /// A Beta success rate, under a perfect verifier.
    Beta([f64; 2]),
}

/// What a policy comes to on one task.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected {
    /// P(an accepted answer is returned); NaN where the policy asks no verifier.
    pub accepted: f64,
    /// P(the returned answer is correct).
    pub correct: f64,
    /// P(the returned answer is wrong).
    pub wrong: f64,
    /// P(nothing is returned).
    pub abstained: f64,
    /// P(some attempt is correct).
    pub coverage: f64,
    /// E[attempts].
    pub attempts: f64,
}

/// What a policy comes to on one task, and its expected bill.
#[derive(Debug, Clone, Copy, Default)]
pub struct Charged {
    /// The outcome.
    pub expected: Expected,
    /// Tokens, money and seconds.
    pub bill: Bill,
}

impl Charged {
    /// Adds another's with a weight.
    pub fn add(&mut self, weight: f64, other: &Self) {
        self.expected.add(weight, &other.expected);
        self.bill.iter_mut().zip(other.bill).for_each(|(sum, x)| *sum += weight * x);
    }
}

impl Expected {
    /// Without any attempt.
    pub const NOTHING: Self =
        Self { accepted: 0.0, correct: 0.0, wrong: 0.0, abstained: 1.0, coverage: 0.0, attempts: 0.0 };

    /// A policy that uses all of `cap` attempts: P(accepted), P(correct), P(wrong), P(nothing is returned).
    pub fn after_all(part: Part, cap: f64, [accepted, correct, wrong, abstained]: [f64; 4]) -> Self {
        Self { accepted, correct, wrong, abstained, coverage: coverage(part, cap), attempts: cap }
    }

    /// Adds another's with a weight.
    pub fn add(&mut self, weight: f64, other: &Self) {
        self.accepted += weight * other.accepted;
        self.correct += weight * other.correct;
        self.wrong += weight * other.wrong;
        self.abstained += weight * other.abstained;
        self.coverage += weight * other.coverage;
        self.attempts += weight * other.attempts;
    }
}

/// The error of a policy whose solution is not known.
pub fn no_closed_form(policy: &str, reason: &str) -> Error {
    Error::NoClosedForm(format!("no closed form for {policy}: {reason}; use simulate"))
}

/// The law of a part and its rates, for a policy that needs them: one that reads scores or answers.
pub fn fixed_rates(policy: &str, part: Part) -> Result<(TaskLaw, Rates)> {
    match part {
        Part::Fixed(law @ TaskLaw::Attempts(rates)) => Ok((law, rates.or_silent())),
        Part::Fixed(_) => Err(no_closed_form(policy, "a pool has neither scores nor answers")),
        Part::Beta(_) => Err(no_closed_form(policy, "the rates are drawn anew in every trial")),
    }
}

/// P(some attempt is correct).
pub fn coverage(part: Part, cap: f64) -> f64 {
    one_less_exp(ln_not_covered(part, cap))
}

/// P(no attempt is correct).
pub fn not_covered(part: Part, cap: f64) -> f64 {
    exp(ln_not_covered(part, cap))
}

fn ln_not_covered(part: Part, cap: f64) -> f64 {
    match part {
        Part::Beta([alpha, beta]) => ln_beta_ratio(alpha, beta, cap),
        Part::Fixed(law) => law.ln_survival(Event::Correct, cap),
    }
}

/// P(none of `n` attempts is accepted).
pub fn no_acceptance(part: Part, n: f64) -> f64 {
    match part {
        Part::Beta([alpha, beta]) => exp(ln_beta_ratio(alpha, beta, n)),
        Part::Fixed(law) => exp(law.ln_survival(Event::Accepted, n)),
    }
}

/// Stopping at the first acceptance, at most `cap` attempts; without one the last answer is returned, or nothing.
pub fn stop_at_acceptance(part: Part, cap: f64, returns_last: bool) -> Expected {
    match part {
        Part::Fixed(law) => stop_fixed(&law, cap, returns_last),
        Part::Beta(parameters) => stop_beta(parameters, cap, returns_last),
    }
}

fn stop_fixed(law: &TaskLaw, cap: f64, returns_last: bool) -> Expected {
    let none = law.ln_survival(Event::Accepted, cap);
    let accepted = one_less_exp(none);
    let (right, bad) = law.precision();
    let mut outcome = Expected {
        accepted,
        correct: right * accepted,
        wrong: bad * accepted,
        abstained: exp(none),
        coverage: one_less_exp(law.ln_survival(Event::Correct, cap)),
        attempts: attempts(law, cap),
    };
    if returns_last {
        let (right, bad) = law.rejected_precision();
        outcome.correct += exp(none) * right;
        outcome.wrong += exp(none) * bad;
        outcome.abstained = 0.0;
    }
    outcome
}

/// Where the success rate is Beta and the verifier perfect the first acceptance is the first correct answer.
fn stop_beta([alpha, beta]: [f64; 2], cap: f64, returns_last: bool) -> Expected {
    let ln_none = ln_beta_ratio(alpha, beta, cap);
    let (accepted, none) = (one_less_exp(ln_none), exp(ln_none));
    let (wrong, abstained) = if returns_last { (none, 0.0) } else { (0.0, none) };
    let attempts = beta_attempts(alpha, beta, cap);
    Expected { accepted, correct: accepted, wrong, abstained, coverage: accepted, attempts }
}

/// E[attempts used] of at most `cap`, stopping at the first acceptance.
fn attempts(law: &TaskLaw, cap: f64) -> f64 {
    match *law {
        TaskLaw::Attempts(rates) if rates.accepted() == 0.0 => cap,
        TaskLaw::Attempts(rates) => one_less_exp(cap * rates.ln_rejected()) / rates.accepted(),
        TaskLaw::Pool { attempts: n, accepted, .. } => {
            (n + 1.0) / (accepted + 1.0) * one_less_exp(ln_none_drawn(n + 1.0, accepted + 1.0, cap))
        }
        TaskLaw::Drawn => f64::NAN,
    }
}

/// The sum over k < K of B(alpha, beta+k)/B(alpha, beta): term by term, then by Euler and Maclaurin.
fn beta_attempts(alpha: f64, beta: f64, cap: f64) -> f64 {
    const TERMS: f64 = 65_536.0;
    let (mut sum, mut carry, mut term) = (0.0, 0.0, 1.0);
    for k in 0..cap.min(TERMS) as u64 {
        // Compensated: the terms can fall over many orders of size.
        let y = term - carry;
        let t: f64 = sum + y;
        carry = (t - sum) - y;
        sum = t;
        term *= (beta + k as f64) / (alpha + beta + k as f64);
    }
    if cap <= TERMS {
        return sum;
    }
    // Beyond, the sum telescopes away from alpha = 1.
    let f = |k: f64| exp(ln_beta_ratio(alpha, beta, k));
    let end = |k: f64| (alpha + beta - 1.0 + k) * f(k);
    if (alpha - 1.0).abs() > 1e-3 {
        // f(k) = [end(k) - end(k+1)] / (alpha - 1), for (alpha+beta+k) f(k+1) = (beta+k) f(k).
        return sum + (end(TERMS) - end(cap)) / (alpha - 1.0);
    }
    // Near alpha = 1 that cancels; the sum is the integral from half a step before to half a step before the end (the
    // next term of Euler and Maclaurin is 1e-11 of it), over ln k, where k f(k) is nearly constant: Gauss, three points.
    let (from, to) = (libm::log(TERMS - 0.5), libm::log(cap - 0.5));
    let panels = libm::ceil((to - from) * 4.0);
    let width = (to - from) / panels;
    let mut integral = 0.0;
    for i in 0..panels as u64 {
        for (x, w) in [(-libm::sqrt(0.6), 5.0 / 18.0), (0.0, 8.0 / 18.0), (libm::sqrt(0.6), 5.0 / 18.0)] {
            let k = exp(from + width * (i as f64 + 0.5 + 0.5 * x));
            integral += w * width * k * f(k);
        }
    }
    sum + integral
}
