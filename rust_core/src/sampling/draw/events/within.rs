//! Attempt numbers within bins of the grid, where attempts are independent: truncated geometric numbers.

use crate::math::log1p;
use crate::rng::Sequence;
use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::variates::NEVER;
use crate::variates::exponential::Exponential;

/// After so many failures a pair of events has a probability below the resolution of the draw that asked for it.
pub const MOST_TRIES: usize = 1 << 20;

/// Longer waiting times than this on average have too few digits behind the point to be cut off at the end of a bin.
const MOST_SCALE: f64 = 1e9;

/// Attempt numbers within bins of the grid.
pub struct Within<'a> {
    grid: &'a [u64],
    accepted: Geometric<'a>,
    /// The first correct among the rejected.
    rejected: Geometric<'a>,
    correct: Geometric<'a>,
    /// The first accepted among the wrong.
    accepted_wrong: Geometric<'a>,
}

/// A geometric attempt number: an exponential number over -ln(1 - rate), cut off.
struct Geometric<'a> {
    exponential: &'a Exponential,
    rate: f64,
    ln_miss: f64,
    /// -1 / `ln_miss`.
    scale: f64,
    /// By bin of the grid, less P(it falls into the bin | not before it); NaN until it is needed.
    within: Vec<f64>,
}

impl<'a> Within<'a> {
    /// Of independent attempts with these rates.
    pub fn new(grid: &'a [u64], rates: &Rates, exponential: &'a Exponential) -> Self {
        let waiting = |rate: f64, ln_miss: f64| Geometric {
            exponential,
            rate,
            ln_miss,
            scale: -1.0 / ln_miss,
            within: vec![f64::NAN; grid.len()],
        };
        let rejected = TaskLaw::Attempts(*rates).rejected_precision().0;
        let (p, f) = (rates.success, rates.errors.false_positive);
        Self {
            grid,
            accepted: waiting(rates.accepted(), rates.ln_rejected()),
            rejected: waiting(rejected, libm::log1p(-rejected)),
            correct: waiting(p, libm::log1p(-p)),
            accepted_wrong: waiting(f, libm::log1p(-f)),
        }
    }

    /// The first accepted, in a bin of its own.
    pub fn accepted(&mut self, bin: usize, random: &mut Sequence) -> u64 {
        self.accepted.within(self.grid, bin, random)
    }

    /// The first correct among the rejected, in a bin of theirs; never beyond the grid.
    pub fn rejected(&mut self, bin: usize, random: &mut Sequence) -> u64 {
        if bin < self.grid.len() { self.rejected.within(self.grid, bin, random) } else { NEVER }
    }

    /// Both events after a wrong acceptance in `bin`, no correct answer before the bin, the first one in `covered`.
    pub fn after_wrong(&mut self, bin: usize, covered: usize, random: &mut Sequence) -> FirstEvents {
        let (from, to) = ends(self.grid, bin);
        let events = |accepted, correct| FirstEvents { accepted, accepted_correct: false, correct };
        if covered > bin || to - from == 1 {
            let covered = covered.max(bin + 1);
            // Wrong attempts only in this bin: the first accepted of them.
            let accepted = self.accepted_wrong.within(self.grid, bin, random);
            let correct =
                if covered < self.grid.len() { self.correct.within(self.grid, covered, random) } else { NEVER };
            return events(accepted, correct);
        }
        for _ in 0..MOST_TRIES {
            let accepted = self.accepted.within(self.grid, bin, random);
            let before = self.rejected.draw(random);
            if before < accepted - from {
                return events(accepted, from + before);
            }
            let after = self.correct.draw(random);
            if after <= to - accepted {
                return events(accepted, accepted + after);
            }
        }
        events(to, NEVER)
    }
}

/// The attempts before and up to the end of a bin.
pub fn ends(grid: &[u64], bin: usize) -> (u64, u64) {
    (if bin == 0 { 0 } else { grid[bin - 1] }, grid[bin])
}

impl Geometric<'_> {
    /// The attempts before it.
    #[inline]
    fn before(&self, random: &mut Sequence) -> u64 {
        // A quotient beyond 2^64 saturates at NEVER.
        (self.exponential.draw(random) * self.scale) as u64
    }

    /// The number from 1 on.
    #[inline]
    fn draw(&self, random: &mut Sequence) -> u64 {
        if self.rate <= 0.0 { NEVER } else { self.before(random).saturating_add(1) }
    }

    /// The number given that it falls into a bin; certain where the bin is one attempt.
    #[inline]
    fn within(&mut self, grid: &[u64], bin: usize, random: &mut Sequence) -> u64 {
        let (from, to) = ends(grid, bin);
        let length = to - from;
        if length == 1 {
            return to;
        }
        let before = self.before(random);
        if before < length {
            return from + 1 + before;
        }
        // Beyond the bin it starts anew: the remainder has the law wanted, while a number has the digits for one.
        if self.scale < MOST_SCALE { from + 1 + before % length } else { from + 1 + self.inverted(bin, length, random) }
    }

    /// The attempts before it within a bin, by inversion.
    #[cold]
    fn inverted(&mut self, bin: usize, length: u64, random: &mut Sequence) -> u64 {
        if self.within[bin].is_nan() {
            self.within[bin] = libm::expm1(length as f64 * self.ln_miss);
        }
        let u = random.open01();
        let before = if self.ln_miss == 0.0 { u * length as f64 } else { log1p(u * self.within[bin]) / self.ln_miss };
        (before as u64).min(length - 1)
    }
}
