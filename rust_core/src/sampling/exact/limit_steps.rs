//! What a larger limit adds, for policies that stop at their first acceptance: by the attempts that it allows beyond the
//! smaller one, to all digits, however seldom they are needed.

use libm::{exp, expm1, log, log1p};

use crate::sampling::exact::affordable::{Affordable, GammaTokens};
use crate::sampling::exact::steps::Change;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::limit::Crossing;

/// From here on numbers of attempts that a limit almost certainly allows are not looked at one by one.
const MOST_SINGLE: u64 = 4096;

/// Attempts `from + 1` to `to`, in units of `exp(ln)`.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: u64,
    to: u64,
    ln: f64,
    /// P(the larger limit allows them and the smaller one does not).
    seen: f64,
    /// What is paid more for each of them that begins.
    money: f64,
}

/// What a limit adds to a smaller one, or to none.
#[derive(Debug)]
pub struct LimitStep {
    pieces: Vec<Piece>,
}

impl LimitStep {
    /// From one limit to a larger one of the same unit and crossing.
    pub fn new(smaller: Option<&Affordable>, larger: &Affordable) -> Self {
        let pieces = match (&larger.gamma, larger.certain()) {
            (Some(gamma), _) => gamma_pieces(smaller, larger, gamma),
            (None, to) => {
                let [constant, variable] = larger.money();
                certain_pieces(smaller.map_or((0, 0.0), Affordable::certain), to, constant + variable)
            }
        };
        Self { pieces: pieces.into_iter().filter(|p| p.to > p.from && p.to <= larger.most).collect() }
    }

    /// What it changes for a task.
    pub fn change(&self, task: &Stopping) -> Change {
        let mut total = Change::NONE;
        for p in &self.pieces {
            let mut change = task.change(p.from, p.to);
            change.money = p.money * change.attempts;
            change.scale_outcome(p.seen);
            change.ln_unit += p.ln;
            total.add(1.0, &change);
        }
        total
    }
}

/// From a certain number of attempts, of which the next is paid in part, to another.
fn certain_pieces((n, share): (u64, f64), (to, part): (u64, f64), each: f64) -> Vec<Piece> {
    let piece = |from, to, seen, money| Piece { from, to, ln: 0.0, seen, money };
    if n == to {
        return vec![piece(n, n + 1, 0.0, (part - share) * each)];
    }
    vec![piece(n, n + 1, 1.0, (1.0 - share) * each), piece(n + 1, to, 1.0, each), piece(to, to + 1, 0.0, part * each)]
}

fn gamma_pieces(smaller: Option<&Affordable>, larger: &Affordable, gamma: &GammaTokens) -> Vec<Piece> {
    let before = smaller.and_then(|s| s.gamma.as_ref());
    let (start, finish) = (before.map_or((0, 0), GammaTokens::spread), gamma.spread());
    let [constant, variable] = larger.money();
    let finishes = larger.limit.crossing == Crossing::Finish;
    let certain = |from, to| Piece { from, to, ln: 0.0, seen: 1.0, money: constant + variable };
    // ln P(the larger limit allows k attempts and the smaller one does not), by number or by tokens.
    let more = |k: u64, weighed: f64| -> f64 {
        if k == 0 {
            return f64::NEG_INFINITY;
        }
        let none = [f64::NEG_INFINITY, 0.0];
        ln_difference(before.map_or(none, |g| g.ln_tails(k, weighed)), gamma.ln_tails(k, weighed))
    };
    let single = |k: u64| {
        let [number, tokens] = [more(k, 0.0), more(k, 1.0)];
        match larger.limit.crossing {
            Crossing::Finish => Piece { ln: number, ..certain(k, k + 1) },
            Crossing::Refund => combined(k, &[(number, constant), (tokens, variable)], number),
            Crossing::Cut => {
                // An attempt that is cut pays what is left: the limit less what k - 1 attempts paid.
                let [amount, less] = [larger.limit.amount(), smaller.map_or(0.0, |s| s.limit.amount())];
                let paid = (k - 1) as f64;
                let stopped = before.map_or(if k == 1 { 0.0 } else { f64::NEG_INFINITY }, |g| {
                    let none = [0.0, f64::NEG_INFINITY];
                    ln_difference(g.ln_tails(k, 0.0), if k == 1 { none } else { g.ln_tails(k - 1, 0.0) })
                });
                let parts = [
                    (number, constant * (1.0 + paid) - amount),
                    (tokens, variable * (1.0 + paid)),
                    (more(k - 1, 0.0), amount - paid * constant),
                    (more(k - 1, 1.0), -paid * variable),
                    (stopped, amount - less),
                ];
                combined(k, &parts, number)
            }
        }
    };
    // One more number of attempts may be begun than fit.
    let mut pieces: Vec<Piece> = Vec::new();
    if finishes && before.is_none() {
        pieces.push(certain(0, 1));
    }
    let shift = u64::from(finishes);
    let low = if start.1 <= MOST_SINGLE { 0 } else { start.0 };
    let mut from = low;
    if finish.0 > start.1 + 1 {
        pieces.extend((low + 1..=start.1 + 1).map(single));
        pieces.push(certain(start.1 + 1 + shift, finish.0 + shift));
        from = finish.0;
    }
    pieces.extend((from + 1..=finish.1 + 1).map(single));
    pieces
}

/// Attempt k, which is allowed with a probability and paid by a sum of terms with their logarithmic weights.
fn combined(k: u64, terms: &[(f64, f64)], number: f64) -> Piece {
    let ln = terms.iter().map(|t| t.0).fold(f64::NEG_INFINITY, f64::max);
    let weight = |x: f64| if x == f64::NEG_INFINITY { 0.0 } else { exp(x - ln) };
    let money: f64 = terms.iter().map(|&(x, factor)| weight(x) * factor).sum();
    Piece { from: k - 1, to: k, ln, seen: weight(number), money: money.max(0.0) }
}

/// `ln (P' - P)` from the logarithms of P and 1 - P, and of P' and 1 - P', for P' >= P.
fn ln_difference([low, above_low]: [f64; 2], [high, above_high]: [f64; 2]) -> f64 {
    let less = |large: f64, small: f64| {
        if small >= large { f64::NEG_INFINITY } else { large + ln_1m_exp(small - large) }
    };
    if high < -std::f64::consts::LN_2 { less(high, low) } else { less(above_low, above_high) }
}

/// `ln(1 - e^x)`, for x < 0.
fn ln_1m_exp(x: f64) -> f64 {
    if x > -std::f64::consts::LN_2 { log(-expm1(x)) } else { log1p(-exp(x)) }
}

/// A task under a policy that stops at its first acceptance.
pub struct Stopping {
    accepted: f64,
    ln_rejected: f64,
    right: f64,
    bad: f64,
    /// The attempt numbers at which an acceptance is returned: (attempts before, last attempt); `None`: at all.
    segments: Option<Vec<(u64, u64)>>,
    /// The share of tasks without acceptance after so many attempts whose returned answer is correct; `None`: nothing
    /// is returned.
    fallback: Option<Box<dyn Fn(f64) -> f64>>,
}

impl Stopping {
    /// A policy that returns the first acceptance under a law, or nothing; `None` for a pool.
    pub fn new(law: TaskLaw) -> Option<Self> {
        let TaskLaw::Attempts(rates) = law else { return None };
        let (right, bad) = law.precision();
        let (accepted, ln_rejected) = (rates.accepted(), rates.ln_rejected());
        Some(Self { accepted, ln_rejected, right, bad, segments: None, fallback: None })
    }

    /// Acceptances are returned at some attempt numbers only: (attempts before, last attempt).
    #[must_use]
    pub fn within(self, segments: Option<Vec<(u64, u64)>>) -> Self {
        Self { segments, ..self }
    }

    /// Of tasks without acceptance after n attempts a share returns a correct answer, the rest a wrong one.
    #[must_use]
    pub fn or_else(self, fallback: impl Fn(f64) -> f64 + 'static) -> Self {
        Self { fallback: Some(Box::new(fallback)), ..self }
    }

    /// What attempts `from + 1` to `to` change, in units of the chance that they begin.
    fn change(&self, from: u64, to: u64) -> Change {
        let ln = |attempts: u64| if attempts == 0 { 0.0 } else { attempts as f64 * self.ln_rejected };
        let ln_unit = ln(from);
        if ln_unit == f64::NEG_INFINITY {
            return Change::NONE;
        }
        let some = -expm1(ln(to - from));
        let returned = self.segments.as_ref().map_or(some, |segments| {
            let within = segments.iter().map(|&(a, b)| (a.max(from), b.min(to))).filter(|(a, b)| a < b);
            within.map(|(a, b)| -exp(ln(a - from)) * expm1(ln(b - a))).sum()
        });
        let attempts = if self.accepted == 0.0 { (to - from) as f64 } else { some / self.accepted };
        let mut change = Change {
            correct: [returned * self.right, 0.0],
            wrong: [returned * self.bad, 0.0],
            attempts,
            money: 0.0,
            ln_unit,
        };
        let Some(fallback) = &self.fallback else { return change };
        let shares = |n: u64| if n == 0 { [0.0; 2] } else { [fallback(n as f64), 1.0 - fallback(n as f64)] };
        let ([old, new], left) = ([shares(from), shares(to)], exp(ln(to - from)));
        for (j, outcome) in [&mut change.correct, &mut change.wrong].into_iter().enumerate() {
            outcome[0] += left * (new[j] - old[j]).max(0.0);
            outcome[1] += left * (old[j] - new[j]).max(0.0) + some * old[j];
        }
        change
    }
}
