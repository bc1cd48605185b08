//! The best of options in a row, decided by what each adds to the one before it: levels saturate in floats, steps do not.

use libm::exp;

use crate::sampling::scenario::cost::Utility;

/// A gain counts as more than a loss where it exceeds it by more than this share of the two: a sum over tasks rounds, and
/// prices such as 0.1 are no binary numbers.
pub const TIE: f64 = 1e-12;

/// Where what is gained and what is lost stand among the two, for a task of this weight: the other way round below 0.
pub fn sides(weight: f64) -> [usize; 2] {
    if weight < 0.0 { [1, 0] } else { [0, 1] }
}

/// Whether a gain is more than a loss; a tie is not.
pub fn exceeds(gain: f64, loss: f64) -> bool {
    gain - loss > TIE * (gain + loss)
}

/// What a change is worth, in units of `exp(ln_unit)`: a gain and a loss, each at least 0.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    gain: f64,
    loss: f64,
    ln_unit: f64,
}

impl Step {
    /// No change.
    pub const NONE: Self = Self { gain: 0.0, loss: 0.0, ln_unit: f64::NEG_INFINITY };

    /// Whether it gains more than it loses.
    pub fn pays(&self) -> bool {
        exceeds(self.gain, self.loss)
    }

    /// The utility that it adds.
    pub fn value(&self) -> f64 {
        if self.gain == self.loss { 0.0 } else { (self.gain - self.loss) * exp(self.ln_unit) }
    }

    fn add(&mut self, other: &Self) {
        if other.gain == 0.0 && other.loss == 0.0 {
            return;
        }
        let unit = self.ln_unit.max(other.ln_unit);
        let (mine, others) = (scale(self.ln_unit, unit), scale(other.ln_unit, unit));
        self.gain = self.gain * mine + other.gain * others;
        self.loss = self.loss * mine + other.loss * others;
        self.ln_unit = unit;
    }
}

/// What one unit is in another.
fn scale(ln_unit: f64, in_ln_unit: f64) -> f64 {
    if ln_unit == in_ln_unit { 1.0 } else { exp(ln_unit - in_ln_unit) }
}

/// What the next option changes in the mean over tasks, in units of `exp(ln_unit)`. What is gained and what is lost stand
/// apart, each at least 0, so that a tie is told from rounding.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// P(correct): gained and lost.
    pub correct: [f64; 2],
    /// P(wrong): gained and lost.
    pub wrong: [f64; 2],
    /// Further attempts, fewer where below 0.
    pub attempts: f64,
    /// Further money, less where below 0.
    pub money: f64,
    /// The logarithm of the unit.
    pub ln_unit: f64,
}

impl Change {
    /// No change.
    pub const NONE: Self =
        Self { correct: [0.0; 2], wrong: [0.0; 2], attempts: 0.0, money: 0.0, ln_unit: f64::NEG_INFINITY };

    /// Adds another, so many times; below 0 what it gains is lost, and what it loses gained.
    pub fn add(&mut self, times: f64, other: &Self) {
        if times == 0.0 || other.ln_unit == f64::NEG_INFINITY {
            return;
        }
        let unit = self.ln_unit.max(other.ln_unit);
        let (mine, others) = (scale(self.ln_unit, unit), times * scale(other.ln_unit, unit));
        for (j, side) in sides(times).into_iter().enumerate() {
            self.correct[side] = self.correct[side] * mine + other.correct[j] * others.abs();
            self.wrong[side] = self.wrong[side] * mine + other.wrong[j] * others.abs();
        }
        self.attempts = self.attempts * mine + other.attempts * others;
        self.money = self.money * mine + other.money * others;
        self.ln_unit = unit;
    }

    /// The outcome and the attempts so many times; the money as it is.
    pub fn scale_outcome(&mut self, times: f64) {
        self.correct.iter_mut().chain(&mut self.wrong).chain([&mut self.attempts]).for_each(|x| *x *= times);
    }

    /// What it is worth.
    pub fn step(&self, u: Utility) -> Step {
        let [more, fewer] = self.correct;
        let [worse, better] = self.wrong;
        let paid = u.attempt_cost * self.attempts + self.money;
        let gain = u.correct_reward * more + u.wrong_cost * better + (-paid).max(0.0);
        let loss = u.correct_reward * fewer + u.wrong_cost * worse + paid.max(0.0);
        Step { gain, loss, ln_unit: self.ln_unit }
    }
}

/// How many steps to take for the highest sum; of equally high ones the fewest.
pub fn best(steps: impl Iterator<Item = Step>) -> usize {
    let (mut best, mut since) = (0, Step::NONE);
    for (i, step) in steps.enumerate() {
        since.add(&step);
        if since.pays() {
            (best, since) = (i + 1, Step::NONE);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::scenario::cost::UtilityKind;

    /// What counts less than nothing has its gains lost and its losses gained, and no gain or loss is less than 0.
    #[test]
    fn changes_less_than_nothing_undo_others() {
        let change = Change { correct: [0.3, 0.1], wrong: [0.2, 0.05], attempts: 0.5, money: 0.4, ln_unit: -3.0 };
        let utility = Utility { kind: UtilityKind::Utility, correct_reward: 1.0, wrong_cost: 2.0, attempt_cost: 0.1 };
        let (mut less, mut none) = (Change::NONE, Change::NONE);
        less.add(-2.0, &change);
        let Step { gain, loss, .. } = less.step(utility);
        assert!(gain >= 0.0 && loss >= 0.0);
        assert!((less.step(utility).value() + 2.0 * change.step(utility).value()).abs() < 1e-15);
        none.add(2.0, &change);
        none.add(-2.0, &change);
        assert_eq!(none.correct[0].to_bits(), none.correct[1].to_bits());
        assert!(!none.step(utility).pays() && none.step(utility).value() == 0.0);
    }
}
