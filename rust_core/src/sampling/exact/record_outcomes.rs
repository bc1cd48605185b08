//! What policies come to on recorded attempts drawn without replacement: the pieces that their solutions share.

use libm::exp;

use crate::closed_form::stopping::NO_ICC;
use crate::sampling::exact::expected::{Charged, Expected, Part, coverage, stop_at_acceptance};
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::records::TaskRecords;
use crate::special::ln_none_drawn;

/// A policy that uses all attempts, by their number: P(accepted), P(correct), P(wrong), P(nothing is returned).
pub fn after_all(
    records: &TaskRecords,
    caps: &[u64],
    checked: bool,
    outcomes: impl IntoIterator<Item = [f64; 4]>,
) -> Vec<Charged> {
    let (part, each) = (Part::Fixed(records.law(|_| false)), records.mean_bill(checked, |_| true));
    let charged = |(&cap, outcome): (&u64, [f64; 4])| Charged {
        expected: Expected::after_all(part, cap as f64, outcome),
        bill: each.map(|each| each * cap as f64),
    };
    caps.iter().zip(outcomes).map(charged).collect()
}

/// Stopping at the first attempt that is `accepted`, by the most attempts; without one the last is returned, or nothing.
///
/// Each accepted attempt is as often the last one used, each of the others as often one before it.
pub fn stop_at_first(
    records: &TaskRecords,
    accepted: impl Fn(usize) -> bool + Copy,
    caps: &[u64],
    returns_last: bool,
) -> Vec<Charged> {
    let part = Part::Fixed(records.law(accepted));
    let last = records.mean_bill(true, accepted);
    let before = records.mean_bill(true, |i| !accepted(i));
    let charged = |&cap: &u64| {
        let expected = stop_at_acceptance(part, cap as f64, returns_last);
        let stopped = expected.accepted;
        let bill = [0, 1, 2].map(|part| stopped * last[part] + (expected.attempts - stopped) * before[part]);
        Charged { expected, bill }
    };
    caps.iter().map(charged).collect()
}

/// A verdict that comes with probability `rate`, or not, after it came `times` times in a row: where the rate is Beta with
/// this intra-class correlation, each time makes it likelier.
fn again([rate, other]: [f64; 2], icc: f64, times: usize) -> [f64; 2] {
    if icc < NO_ICC || times == 0 {
        return [rate, other];
    }
    let (size, times) = ((1.0 - icc) / icc, times as f64);
    [(rate * size + times) / (size + times), other * size / (size + times)]
}

/// Stopping at the first acceptance by a verifier that errs at these rates. The verdicts of different attempts are
/// independent given the task's rates, which may be drawn: with the intra-class correlation of the records.
/// `caps` rise.
pub fn stop_at_verdict(records: &TaskRecords, errors: ErrorRates, caps: &[u64], returns_last: bool) -> Vec<Charged> {
    let n = records.len();
    let most = caps.last().map_or(0, |&cap| cap as usize);
    let correct = records.correct.iter().filter(|&&correct| correct).count();
    let part = Part::Fixed(records.law(|_| false));
    let bills = [true, false].map(|class| records.mean_bill(true, |i| records.correct[i] == class));
    // P(the first k attempts hold j correct ones and are all rejected), by j.
    let mut rejected = vec![0.0; correct.min(most) + 1];
    rejected[0] = 1.0;
    let mut expected = Expected::default();
    // How many correct and wrong attempts are used.
    let mut used = [0.0; 2];
    let (mut found, mut caps) = (Vec::with_capacity(caps.len()), caps.iter().peekable());
    for k in 0..most {
        let left = (n - k) as f64;
        for j in (0..rejected.len()).rev() {
            let here = rejected[j];
            // j may be more than k can hold, or fewer than the wrong ones leave.
            let right = (correct - j) as f64 / left;
            let bad = (n - correct).saturating_sub(k.saturating_sub(j)) as f64 / left;
            if here == 0.0 {
                continue;
            }
            used[0] += here * right;
            used[1] += here * bad;
            let [missed, found] = again([errors.false_negative, errors.true_positive], records.icc, j);
            let wrong_before = k.saturating_sub(j);
            let [refused, passed] = again([errors.true_negative, errors.false_positive], records.icc, wrong_before);
            expected.correct += here * right * found;
            expected.wrong += here * bad * passed;
            rejected[j] = here * bad * refused;
            if j + 1 < rejected.len() {
                rejected[j + 1] += here * right * missed;
            }
        }
        let Some(&cap) = caps.next_if(|&&cap| cap == k as u64 + 1) else { continue };
        let accepted = expected.correct + expected.wrong;
        let mut ended = Expected { accepted, attempts: used[0] + used[1], ..expected };
        let none: f64 = rejected.iter().sum();
        if returns_last {
            // Any of the rejected attempts is as often the last one.
            let right: f64 = rejected.iter().enumerate().map(|(j, p)| p * j as f64 / cap as f64).sum();
            ended.correct += right;
            ended.wrong += none - right;
        } else {
            ended.abstained = none;
        }
        ended.coverage = coverage(part, cap as f64);
        let bill = [0, 1, 2].map(|part| used[0] * bills[0][part] + used[1] * bills[1][part]);
        found.push(Charged { expected: ended, bill });
    }
    found
}

/// The highest score of `cap` attempts among those of `among`, all of which they are: P(it is correct), P(it is wrong),
/// where it exceeds `above`; equal scores share.
pub fn best_score(records: &TaskRecords, among: &[usize], cap: u64, above: f64) -> [f64; 2] {
    let (all, drawn) = (records.len() as f64, cap as f64);
    let mut order: Vec<usize> = among.iter().copied().filter(|&i| records.score[i] > above).collect();
    order.sort_by(|&i, &j| records.score[j].total_cmp(&records.score[i]));
    // Attempts that are better, or not among them, and P(none of them is drawn).
    let mut out = all - among.len() as f64;
    let mut none = exp(ln_none_drawn(all, out, drawn));
    let mut share = [0.0; 2];
    for equal in order.chunk_by(|&i, &j| records.score[i] == records.score[j]) {
        let mut here = 0.0;
        for _ in equal {
            let left = all - out;
            here += none * (drawn / left);
            none *= (left - drawn).max(0.0) / left;
            out += 1.0;
        }
        if here == 0.0 {
            break;
        }
        let right = equal.iter().filter(|&&i| records.correct[i]).count() as f64 / equal.len() as f64;
        share[0] += here * right;
        share[1] += here * (1.0 - right);
    }
    share
}
