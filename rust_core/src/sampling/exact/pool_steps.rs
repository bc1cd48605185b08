//! A pool attempt by attempt: what each further attempt drawn without replacement changes, in the mean over tasks.

use crate::sampling::exact::steps::Change;
use crate::sampling::scenario::law::TaskLaw;

/// Where all that is left is less than this, it is counted in smaller units.
const SMALL: f64 = 1e-150;
/// The logarithm to base 2 of the next unit.
const BINARY_UNIT: i32 = 500;

/// One task of a pool.
struct Task {
    weight: f64,
    attempts: f64,
    accepted: f64,
    right: f64,
    bad: f64,
    /// What a rejected answer is worth: correct and wrong, where the last one is returned.
    last: [f64; 2],
    /// P(no acceptance so far), in units.
    survival: f64,
}

/// What attempts 1, 2, ... up to `most` add, for weighted pools that stop at the first acceptance; with `last` the last
/// answer is returned where none is accepted.
pub fn pool_changes(pools: impl Iterator<Item = (f64, TaskLaw)>, last: bool, most: usize) -> Vec<Change> {
    let mut tasks: Vec<Task> = pools
        .filter_map(|(weight, law)| {
            let TaskLaw::Pool { attempts, accepted, .. } = law else { return None };
            let (right, bad) = law.precision();
            let last = if last { law.rejected_precision().into() } else { [0.0; 2] };
            (weight > 0.0).then_some(Task { weight, attempts, accepted, right, bad, last, survival: 1.0 })
        })
        .collect();
    let unit = libm::scalbn(1.0, BINARY_UNIT);
    let mut units = 0.0;
    let mut changes = Vec::with_capacity(most);
    for k in 0..most {
        let mut change = Change { ln_unit: units, ..Change::NONE };
        let mut left = 0.0;
        for t in &mut tasks {
            let before = t.weight * t.survival;
            let chance = (t.accepted / (t.attempts - k as f64)).min(1.0);
            let accepted = before * chance;
            change.attempts += before;
            change.correct[0] += accepted * t.right;
            change.wrong[0] += accepted * t.bad;
            if k == 0 {
                change.correct[0] += t.weight * t.last[0];
                change.wrong[0] += t.weight * t.last[1];
            }
            change.correct[1] += accepted * t.last[0];
            change.wrong[1] += accepted * t.last[1];
            t.survival *= ((t.attempts - t.accepted - k as f64) / (t.attempts - k as f64)).max(0.0);
            if t.accepted > 0.0 {
                left = f64::max(left, t.survival);
            }
        }
        changes.push(change);
        if left > 0.0 && left < SMALL {
            // A task without acceptances only costs, and outweighs all others long before its number can overflow.
            tasks.iter_mut().for_each(|t| t.survival = (t.survival * unit).min(1e300));
            units -= f64::from(BINARY_UNIT) * std::f64::consts::LN_2;
        }
    }
    changes
}
