//! The ends of a row's intervals: what they are about, what bounds them, and those of draws and of ratios.

use libm::{exp, log, sqrt};

use super::metrics::{COUNT, Kind, Quantity};
use crate::sampling::scenario::cost::Utility;
use crate::stats::quantile;

/// The lower and the upper end of every metric, in the order of `METRICS`; NaN where there is none.
pub type Ends = [[f64; COUNT]; 2];
/// No ends.
pub const NO_ENDS: Ends = [[f64::NAN; COUNT]; 2];

/// What the intervals of a row are about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// Other tasks, beside what labels leave open.
    pub over_tasks: bool,
    /// The confidence, in (0, 1).
    pub confidence: f64,
    /// The metrics that have one.
    pub metrics: [bool; COUNT],
}

impl Asked {
    /// The probability beyond each end.
    pub fn tail(&self) -> f64 {
        0.5 * (1.0 - self.confidence)
    }
}

/// The ends of equally likely rows, each with its own lower and upper value.
pub fn of_draws(draws: &[Ends], tail: f64) -> Ends {
    let mut ends = NO_ENDS;
    for (end, (found, p)) in ends.iter_mut().zip([tail, 1.0 - tail]).enumerate() {
        for (metric, found) in found.iter_mut().enumerate() {
            let mut values: Vec<f64> = draws.iter().map(|d| d[end][metric]).filter(|x| !x.is_nan()).collect();
            values.sort_by(f64::total_cmp);
            *found = quantile(&values, p);
        }
    }
    ends
}

/// What bounds the values of a task beside the shares.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most attempts.
    pub attempts: f64,
    /// What answers are worth.
    pub utility: Option<Utility>,
    /// Whether attempts cost something.
    pub paid: bool,
    /// Whether no answer that is returned can be wrong.
    pub never_wrong: bool,
}

impl Bounds {
    /// The least and the most of a quantity that is no share, where they are known.
    pub fn of(&self, quantity: Quantity) -> Option<[f64; 2]> {
        match quantity {
            Quantity::Attempts => Some([0.0, self.attempts]),
            Quantity::Utility => self.utility.filter(|_| !self.paid).map(|u| self.worth(u)),
            _ => None,
        }
    }

    /// What an estimate is, whatever comes: of answers that cannot be wrong, none is, and all that are returned are correct.
    pub fn certain(&self, kind: Kind) -> Option<f64> {
        let certain = match kind {
            Kind::Share(Quantity::Wrong) | Kind::Complement(_) => 0.0,
            Kind::Ratio(_) => 1.0,
            _ => return None,
        };
        self.never_wrong.then_some(certain)
    }

    /// The least and the most that an answer is worth.
    pub fn worth(&self, utility: Utility) -> [f64; 2] {
        [if self.never_wrong { 0.0 } else { -utility.wrong_cost }, utility.correct_reward]
    }
}

/// The distance of two that are correlated, as that of a sum of errors.
pub fn far(x: f64, y: f64, correlation: f64) -> f64 {
    sqrt((x * x + y * y - 2.0 * correlation * x * y).max(0.0))
}

/// The limits of the ratio of an amount to a share, from theirs and from the correlation of the two (Donner and Zou, Stat.
/// Methods Med. Res. 21 (2012), on the scale of the logarithm): the distances of two limits add as standard errors do.
pub fn ratio_ends([amount, share]: [f64; 2], [of_amount, of_share]: [[f64; 2]; 2], correlation: f64) -> [f64; 2] {
    let unknown = [[amount, share], of_amount, of_share].as_flattened().iter().any(|x| x.is_nan());
    if unknown || share <= 0.0 {
        return [f64::NAN; 2];
    }
    if amount == 0.0 {
        return [0.0; 2];
    }
    let down = far(log(amount / of_amount[0]), log(of_share[1] / share), correlation);
    let up = if of_share[0] > 0.0 {
        far(log(of_amount[1] / amount), log(share / of_share[0]), correlation)
    } else {
        f64::INFINITY
    };
    let ratio = amount / share;
    [ratio * exp(-down), ratio * exp(up)]
}
