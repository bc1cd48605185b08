//! The constrained optimum of a block of draws, year after year: the root of `laws::root`, predicted and corrected.
//!
//! Each year's root is predicted by Taylor's series in T from the year before and corrected by one Householder step on
//! all lanes; draws whose step was not small (one in a hundred) are solved one by one.

use super::lanes::{LANES, Lanes, each};
use super::laws::root::{CLOSE, Root, Side, T_MAX, faded, householder, repeats, slope, solve, worth};
use crate::math::{exp, ln_inside};

/// The roots of a block.
#[derive(Debug, Clone)]
pub struct Roots {
    /// alpha and beta.
    pub exponents: [Lanes; 2],
    r: [Lanes; 2],
    inv_r: [Lanes; 2],
    /// Whether nothing was ever short.
    untouched: bool,
    t: Lanes,
    u: Lanes,
    taylor: [Lanes; 3],
    start: Lanes,
    step: Lanes,
    repeats: [Lanes; 2],
    faded: [Lanes; 2],
    /// ln of the worth of parameters and of tokens over their unique part.
    pub ln_worth: [Lanes; 2],
    /// Slopes of those.
    pub slope: [Lanes; 2],
    /// D / U.
    pub epochs: Lanes,
}

impl Roots {
    /// Before the first year, when nothing is short.
    #[inline(always)]
    pub fn new(alpha: Lanes, beta: Lanes, r_params: Lanes, r_data: Lanes) -> Self {
        let zero = [0.0; LANES];
        let mut this = Self {
            exponents: [alpha, beta],
            r: [r_params, r_data],
            inv_r: [each(|i| 1.0 / r_params[i]), each(|i| 1.0 / r_data[i])],
            untouched: true,
            t: zero,
            u: zero,
            taylor: [zero; 3],
            start: zero,
            step: zero,
            repeats: [zero; 2],
            faded: [zero; 2],
            ln_worth: [zero; 2],
            slope: [zero; 2],
            epochs: zero,
        };
        // The derivatives from which the first shortage is predicted.
        this.correct();
        this
    }

    /// `R_N*` and `R_D*` of a draw.
    pub fn worth_scales(&self, i: usize) -> [f64; 2] {
        [self.r[0][i], self.r[1][i]]
    }

    /// The roots of a year's T; where it is 0 nothing is short, and what is found there means nothing.
    #[inline(always)]
    pub fn advance(&mut self, t: &Lanes) {
        let mut short = false;
        let mut beyond = false;
        for i in 0..LANES {
            short |= t[i] > 0.0;
            beyond |= t[i] > T_MAX;
        }
        self.untouched &= !short;
        if self.untouched {
            return;
        }
        self.predict(t);
        self.correct();
        let mut open = beyond;
        for i in 0..LANES {
            open |= !(self.step[i].abs() < CLOSE);
        }
        if open {
            self.settle(t);
        }
    }

    /// Where the roots should be.
    #[inline(always)]
    fn predict(&mut self, t: &Lanes) {
        for i in 0..LANES {
            let t = if t[i] < T_MAX { t[i] } else { T_MAX };
            let d = t - self.t[i];
            let [u1, u2, u3] = [self.taylor[0][i], self.taylor[1][i], self.taylor[2][i]];
            let u = self.u[i] + d * (u1 + d * (0.5 * u2 + d * (1.0 / 6.0) * u3));
            let u = if u < t { u } else { t };
            self.start[i] = if u > 0.0 { u } else { 0.0 };
            self.t[i] = t;
        }
    }

    /// One step of the root on every draw. One loop per elementary function: short bodies overlap their latencies.
    #[inline(always)]
    fn correct(&mut self) {
        for side in 0..2 {
            for i in 0..LANES {
                let u = if side == 0 { self.start[i] } else { self.t[i] - self.start[i] };
                self.repeats[side][i] = repeats(u);
            }
            for i in 0..LANES {
                self.faded[side][i] = faded(self.repeats[side][i], self.inv_r[side][i]);
            }
            for i in 0..LANES {
                let worth = worth(self.r[side][i], self.faded[side][i]);
                self.ln_worth[side][i] = ln_inside(worth);
                self.slope[side][i] = slope(self.repeats[side][i], self.faded[side][i], worth);
            }
        }
        for i in 0..LANES {
            let at = |side: usize, u: f64| {
                let (x, inv_r, c) = (self.repeats[side][i], self.inv_r[side][i], self.exponents[side][i]);
                Side::new(u, x, inv_r, c, self.ln_worth[side][i], self.slope[side][i])
            };
            let u = self.start[i];
            let root = householder(u, &at(0, u), &at(1, self.t[i] - u));
            self.take(i, &root);
        }
    }

    #[inline(always)]
    fn take(&mut self, i: usize, root: &Root) {
        self.u[i] = root.u;
        self.step[i] = root.step;
        self.ln_worth[0][i] = root.ln_worth[0];
        self.ln_worth[1][i] = root.ln_worth[1];
        self.slope[0][i] = root.slope[0];
        self.slope[1][i] = root.slope[1];
        self.epochs[i] = root.epochs;
        self.taylor[0][i] = root.taylor[0];
        self.taylor[1][i] = root.taylor[1];
        self.taylor[2][i] = root.taylor[2];
    }

    /// Solves the draws whose step was not small; beyond `T_MAX` each side takes half of the rest.
    #[cold]
    #[inline(never)]
    fn settle(&mut self, t: &Lanes) {
        for i in 0..LANES {
            if !(self.step[i].abs() < CLOSE) {
                let exponents = [self.exponents[0][i], self.exponents[1][i]];
                let root = solve(self.t[i], Some(self.start[i]), [self.r[0][i], self.r[1][i]], exponents);
                self.take(i, &root);
            }
            if t[i] > T_MAX {
                self.epochs[i] *= exp((0.5 * (t[i] - T_MAX)).min(LN_EPOCHS_MAX));
            }
        }
    }
}

/// Epochs beyond e^200 grow by at most this factor, so that nothing overflows.
const LN_EPOCHS_MAX: f64 = 145.0;
