//! The best number of attempts: the maximum over K of the utility of stopping at the first acceptance, at most K attempts.
//!
//! With independent attempts U(K) - U(K-1) = sum over tasks of w b^(K-1) e: each task's increments fall geometrically
//! and keep their sign, so a finite optimum exists only because tasks differ. Signs are found in log space, where
//! nothing saturates: the logarithms of the positive and of the negative part are convex in K, so an interval holds no
//! change of sign if the tangents of one stay above the chord of the other; else it is halved. The candidates (0, each
//! change from + to -, infinity where the last sign is +) are compared by the sign of their difference, in log space too.
//! A difference of no more than rounding (`steps::TIE`) is a tie, which goes to fewer attempts.

use libm::{exp, expm1, floor, log};

use crate::sampling::exact::steps::{TIE, exceeds, sides};
use crate::sampling::scenario::cost::Utility;

/// The most evaluations of the signs; an interval left over then holds differences below rounding.
const MAX_EVALUATIONS: usize = 100_000;
/// The largest finite K that is told from infinity.
const MAX_ATTEMPTS: f64 = 9e15;
/// A term that is so much less than the largest, in logarithms, adds nothing to a sum of floats.
const NOTHING: f64 = -60.0;
/// Rates of rejection are the same where their logarithms differ by no more than this share: they were rounded.
const SAME_RATE: f64 = 1e-14;

/// One task: rates of one attempt, and its weight.
#[derive(Debug, Clone, Copy)]
pub struct TaskRates {
    /// P(accepted and correct).
    pub accepted_correct: f64,
    /// P(accepted and wrong).
    pub accepted_wrong: f64,
    /// ln P(rejected).
    pub ln_rejected: f64,
    /// P(correct | rejected), where the last answer is returned if none is accepted.
    pub last_correct: Option<f64>,
    /// Weight; below 0 what is gained counts as lost, and what is lost as gained.
    pub weight: f64,
}

/// The best number of attempts, or the best limit, and its utility.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimum {
    /// The best K, infinity where more is always better; or the amount of the best limit.
    pub attempts: f64,
    /// The utility there.
    pub utility: f64,
}

/// A group of tasks with the same rate: its increments are `coefficient exp((K-1) ln_b)`.
#[derive(Debug, Clone, Copy)]
struct Term {
    accepted: f64,
    ln_b: f64,
    /// `ln_b` less that of the slowest group.
    decay: f64,
    /// Gain less loss, and ln of its size.
    coefficient: f64,
    ln_coefficient: f64,
    /// Gain and loss.
    size: f64,
}

/// The best number of independent attempts, of no more than `most`.
pub fn independent(tasks: &[TaskRates], utility: Utility, most: f64) -> Optimum {
    let sum = Sum::new(tasks, utility);
    let mut best = 1.0;
    let candidates = sum.candidates().into_iter().filter(|k| *k <= most);
    for candidate in candidates.chain(most.is_finite().then_some(most)) {
        if sum.difference_sign(best, candidate) > 0.0 {
            best = candidate;
        }
    }
    if exceeds(sum.part(best, 1.0), sum.part(best, -1.0)) {
        Optimum { attempts: best, utility: sum.value(best) }
    } else {
        Optimum { attempts: 0.0, utility: 0.0 }
    }
}

/// The utility of independent attempts at a number of attempts.
pub fn value_at(tasks: &[TaskRates], utility: Utility, attempts: f64) -> f64 {
    if attempts == 0.0 {
        return 0.0;
    }
    Sum::new(tasks, utility).value(attempts)
}

/// The utility over K of many tasks: what they are worth from the first attempt on, and what every attempt adds.
#[derive(Debug)]
pub struct Sum {
    /// The worth of last answers: gain and loss.
    start: [f64; 2],
    terms: Vec<Term>,
}

/// ln of the positive and of the negative part of the increments at K, and their slopes.
#[derive(Debug, Clone, Copy)]
struct Parts {
    ln: [f64; 2],
    slope: [f64; 2],
}

impl Parts {
    fn sign(&self) -> f64 {
        sign_of(self.ln)
    }
}

impl Sum {
    /// Tasks with these rates under a utility.
    pub fn new(tasks: &[TaskRates], utility: Utility) -> Self {
        let mut start = [0.0; 2];
        let mut terms: Vec<Term> = Vec::with_capacity(tasks.len());
        for t in tasks.iter().filter(|t| t.weight != 0.0) {
            let accepted = t.accepted_correct + t.accepted_wrong;
            let mut gain = utility.correct_reward * t.accepted_correct;
            let mut loss = utility.wrong_cost * t.accepted_wrong + utility.attempt_cost;
            if let Some(last) = t.last_correct {
                // The task is worth its last answer until one is accepted.
                let worth = [utility.correct_reward * last, utility.wrong_cost * (1.0 - last)];
                let [gained, lost] = sides(t.weight);
                start[gained] += t.weight.abs() * worth[0];
                start[lost] += t.weight.abs() * worth[1];
                gain += accepted * worth[1];
                loss += accepted * worth[0];
            }
            let (coefficient, size) = (t.weight * (gain - loss), t.weight.abs() * (gain + loss));
            terms.push(Term { accepted, ln_b: t.ln_rejected, decay: 0.0, coefficient, ln_coefficient: 0.0, size });
        }
        terms.sort_by(|x, y| x.ln_b.total_cmp(&y.ln_b));
        terms.dedup_by(|next, kept| {
            let near = kept.ln_b.is_finite() && kept.ln_b - next.ln_b >= SAME_RATE * kept.ln_b;
            let same = near || next.ln_b == kept.ln_b;
            if same {
                kept.coefficient += next.coefficient;
                kept.size += next.size;
            }
            same
        });
        terms.retain(|t| t.coefficient.abs() > TIE * t.size);
        let slowest = terms.last().map_or(0.0, |t| t.ln_b.max(f64::MIN));
        for t in &mut terms {
            t.decay = t.ln_b - slowest;
            t.ln_coefficient = log(t.coefficient.abs());
        }
        Self { start, terms }
    }

    /// The sign of what attempt `k` adds.
    pub fn sign(&self, k: f64) -> f64 {
        self.parts(k).sign()
    }

    fn parts(&self, k: f64) -> Parts {
        let mut parts = Parts { ln: [f64::NEG_INFINITY; 2], slope: [0.0; 2] };
        for (side, sign) in [1.0, -1.0].into_iter().enumerate() {
            let on_side = || self.terms.iter().filter(|t| t.coefficient * sign > 0.0);
            let exponent = |t: &Term| t.ln_coefficient + if k == 1.0 { 0.0 } else { (k - 1.0) * t.decay };
            let top = on_side().map(exponent).fold(f64::NEG_INFINITY, f64::max);
            if top == f64::NEG_INFINITY {
                continue;
            }
            let (mut total, mut slope) = (0.0, 0.0);
            for t in on_side() {
                let below = exponent(t) - top;
                if below > NOTHING {
                    let size = exp(below);
                    total += size;
                    slope += size * t.decay.max(-1e300);
                }
            }
            parts.ln[side] = top + log(total);
            parts.slope[side] = slope / total;
        }
        parts
    }

    /// Beyond this K the slowest term decides the sign.
    fn horizon(&self) -> f64 {
        let Some((slowest, rest)) = self.terms.split_last() else { return 1.0 };
        rest.iter()
            .filter(|t| t.coefficient * slowest.coefficient < 0.0)
            .map(|t| {
                let excess = log((t.coefficient / slowest.coefficient).abs() * rest.len() as f64).max(0.0);
                1.0 + excess / (slowest.ln_b - t.ln_b)
            })
            .fold(1.0, f64::max)
            .min(MAX_ATTEMPTS)
    }

    /// Every K at which the utility turns from rising to falling, and the last one where it still rises: infinity, or the
    /// largest number told from it.
    fn candidates(&self) -> Vec<f64> {
        let mut found = self.turns(|left, right| left > 0.0 && right <= 0.0);
        if self.terms.last().is_some_and(|t| t.coefficient > 0.0) {
            found.push(f64::INFINITY);
        } else if self.horizon() == MAX_ATTEMPTS && self.sign(MAX_ATTEMPTS) > 0.0 {
            // It rises as far as numbers of attempts are told apart; what comes later may undo that, or be nothing.
            let gain = self.part(MAX_ATTEMPTS, 1.0) + self.part(f64::INFINITY, -1.0);
            let loss = self.part(MAX_ATTEMPTS, -1.0) + self.part(f64::INFINITY, 1.0);
            found.push(if exceeds(gain, loss) { MAX_ATTEMPTS } else { f64::INFINITY });
        }
        found
    }

    /// Every K whose increment's sign and the next one's are a turn, in order.
    pub fn turns(&self, is_turn: impl Fn(f64, f64) -> bool) -> Vec<f64> {
        let last = floor(self.horizon()) + 1.0;
        let mut found = Vec::new();
        let mut evaluations = 0;
        let mut open = vec![((1.0, self.parts(1.0)), (last, self.parts(last)))];
        // Depth first from the left, so that changes of sign come in order.
        while let Some((left, right)) = open.pop() {
            if excludes_change(left, right) || evaluations > MAX_EVALUATIONS {
                continue;
            }
            if right.0 - left.0 <= 1.0 {
                if is_turn(left.1.sign(), right.1.sign()) {
                    found.push(left.0);
                }
                continue;
            }
            let root = libm::sqrt(left.0 * right.0);
            let middle = floor(if right.0 > 4.0 * left.0 { root } else { 0.5 * (left.0 + right.0) })
                .clamp(left.0 + 1.0, right.0 - 1.0);
            let centre = (middle, self.parts(middle));
            evaluations += 1;
            open.push((centre, right));
            open.push((left, centre));
        }
        found
    }

    /// The sign of U(to) - U(from), for any order of the two.
    fn difference_sign(&self, from: f64, to: f64) -> f64 {
        if from == to {
            return 0.0;
        }
        let (low, high, flip) = if from < to { (from, to, 1.0) } else { (to, from, -1.0) };
        let mut ln = [f64::NEG_INFINITY; 2];
        for (side, sign) in [1.0, -1.0].into_iter().enumerate() {
            let sizes: Vec<f64> = self
                .terms
                .iter()
                .filter(|t| t.coefficient * sign > 0.0)
                .map(|t| t.ln_coefficient + low * t.decay + ln_attempts(t, high - low))
                .collect();
            let top = sizes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if top == f64::INFINITY {
                ln[side] = top;
            } else if top > f64::NEG_INFINITY {
                ln[side] = top + log(sizes.iter().map(|s| exp(s - top)).sum());
            }
        }
        flip * sign_of(ln)
    }

    /// The utility of K attempts.
    fn value(&self, k: f64) -> f64 {
        self.start[0] - self.start[1] + self.terms.iter().map(|t| t.coefficient * exp(ln_attempts(t, k))).sum::<f64>()
    }

    /// What is gained (sign 1) or lost (sign -1) in K attempts.
    fn part(&self, k: f64, sign: f64) -> f64 {
        let start = if sign > 0.0 { self.start[0] } else { self.start[1] };
        start + self.terms.iter().map(|t| 0.5 * (t.size + sign * t.coefficient) * exp(ln_attempts(t, k))).sum::<f64>()
    }
}

/// The sign of the difference of two numbers from their logarithms; 0 for a tie.
fn sign_of(ln: [f64; 2]) -> f64 {
    // The difference over the sum is half that of the logarithms.
    if ln[0] == ln[1] || (ln[0] - ln[1]).abs() <= 2.0 * TIE {
        0.0
    } else if ln[0] > ln[1] {
        1.0
    } else {
        -1.0
    }
}

/// ln of (1 - b^count)/a, the expected attempts of at most `count`.
fn ln_attempts(t: &Term, count: f64) -> f64 {
    if t.accepted == 0.0 {
        return log(count);
    }
    if count == f64::INFINITY {
        return -log(t.accepted);
    }
    log(-expm1(count * t.ln_b)) - log(t.accepted)
}

/// Whether the sign of the increments cannot change between two points: the signs agree and the tangents
/// of the larger part stay above the chord of the smaller.
fn excludes_change((x0, left): (f64, Parts), (x1, right): (f64, Parts)) -> bool {
    if left.sign() != right.sign() {
        return false;
    }
    let (large, small) = if left.sign() >= 0.0 { (0, 1) } else { (1, 0) };
    if left.ln[small] == f64::NEG_INFINITY && right.ln[small] == f64::NEG_INFINITY {
        return true;
    }
    let width = x1 - x0;
    let chord = (right.ln[small] - left.ln[small]) / width;
    // The tangents meet where the convex part's lower bound is least relative to the chord.
    let (s0, s1) = (left.slope[large], right.slope[large]);
    let (gap0, gap1) = (left.ln[large] - left.ln[small], right.ln[large] - right.ln[small]);
    let meet =
        if s1 > s0 { ((left.ln[large] - right.ln[large] + s1 * width) / (s1 - s0)).clamp(0.0, width) } else { 0.0 };
    let lowest = gap0 + (s0 - chord) * meet;
    gap0.is_finite() && gap1.is_finite() && lowest > 0.0 && gap0 > 0.0 && gap1 > 0.0
}

#[cfg(test)]
mod tests {
    use libm::log1p;

    use super::*;
    use crate::rng::Stream;
    use crate::sampling::scenario::cost::UtilityKind;

    fn utility(wrong_cost: f64, attempt_cost: f64) -> Utility {
        Utility { kind: UtilityKind::Utility, correct_reward: 1.0, wrong_cost, attempt_cost }
    }

    /// A task with acceptance rate `a` and value `v` per acceptance at wrong cost 1: precision (1+v)/2.
    fn task(weight: f64, a: f64, v: f64) -> TaskRates {
        let q = 0.5 * (1.0 + v);
        TaskRates {
            accepted_correct: a * q,
            accepted_wrong: a * (1.0 - q),
            ln_rejected: log1p(-a),
            last_correct: None,
            weight,
        }
    }

    #[test]
    fn the_documented_examples_come_out() {
        let tasks = [task(0.3, 0.9, 1.0), task(0.4, 0.3, -1.0), task(0.3, 0.02, 1.0)];
        let best = independent(&tasks, utility(1.0, 0.0), f64::INFINITY);
        assert!(best.attempts == f64::INFINITY && (best.utility - 0.2).abs() < 1e-12, "{best:?}");
        // Infinity is only a candidate: here its .10 loses to the .270 of one attempt.
        let tasks = [task(0.45, 0.9, 1.0), task(0.45, 0.3, -1.0), task(0.1, 0.001, 1.0)];
        let best = independent(&tasks, utility(1.0, 0.0), f64::INFINITY);
        assert!(best.attempts == 1.0 && (best.utility - 0.2701).abs() < 1e-12, "{best:?}");
        assert_eq!(
            independent(&[task(1.0, 0.5, -0.5)], utility(1.0, 0.0), f64::INFINITY),
            Optimum { attempts: 0.0, utility: 0.0 }
        );
        // A task that is never accepted only costs: the optimum becomes finite.
        let best = independent(&[task(0.5, 0.5, 1.0), task(0.5, 0.0, 1.0)], utility(1.0, 0.01), f64::INFINITY);
        assert!(best.attempts.is_finite() && best.attempts > 1.0);
    }

    #[test]
    fn an_optimum_beyond_what_is_told_apart_is_not_missed() {
        let task = |weight: f64, right: f64, wrong: f64| TaskRates {
            accepted_correct: right,
            accepted_wrong: wrong,
            ln_rejected: log1p(-right - wrong),
            last_correct: None,
            weight,
        };
        // The utility rises to about 2e17 attempts, and falls from there to what is lost for certain.
        for (lost, attempts, value) in [(0.5, MAX_ATTEMPTS, -0.5 * expm1(-0.09)), (0.1, f64::INFINITY, 0.4)] {
            let best = independent(&[task(0.5, 1e-17, 0.0), task(lost, 0.0, 1e-18)], utility(1.0, 0.0), f64::INFINITY);
            assert!(best.attempts == attempts && (best.utility - value).abs() < 0.01, "{best:?}");
        }
    }

    /// Against brute force over K, on random problems, some tasks of which count less than nothing.
    #[test]
    fn equals_brute_force_on_random_problems() {
        let mut random = Stream::new([17, 19], 0, 0, 0).sequence();
        let mut interior = 0;
        for _ in 0..400 {
            let count = 2 + (random.open01() * 6.0) as usize;
            let tasks: Vec<TaskRates> = (0..count)
                .map(|_| task(random.open01() - 0.2, exp(-6.0 * random.open01()), 2.0 * random.open01() - 1.0))
                .collect();
            let u = utility(1.0, if random.open01() < 0.5 { 0.0 } else { 0.02 * random.open01() });
            let value = |k: f64| -> f64 {
                tasks
                    .iter()
                    .map(|t| {
                        let a = t.accepted_correct + t.accepted_wrong;
                        t.weight * (t.accepted_correct - t.accepted_wrong - u.attempt_cost) * -expm1(k * t.ln_rejected)
                            / a
                    })
                    .sum()
            };
            let got = independent(&tasks, u, f64::INFINITY);
            let brute = (0..20_000).map(|k| value(f64::from(k))).fold(value(f64::INFINITY).max(0.0), f64::max);
            assert!((got.utility - brute).abs() <= 1e-12, "{got:?} {brute}");
            assert!((value(got.attempts) - brute).abs() <= 1e-12);
            interior += usize::from(got.attempts > 1.0 && got.attempts.is_finite());
        }
        assert!(interior > 20, "the problems must have interior optima, got {interior}");
    }
}
