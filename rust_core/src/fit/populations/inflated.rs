//! How likely counts are under a Beta, alone or beside masses at 0 and at 1.

use std::f64::consts::FRAC_PI_2;

use libm::{cos, exp, log};

use super::grid::{AXES, Grid, Shape};
use super::mixture::{BetaMixture, ln_likelihoods, shape, share};
use crate::error::Result;
use crate::fit::beta_binomial::{Counts, Group};
use crate::run::Control;

/// Axes: the mean and the intra-class correlation.
pub struct Plain;

/// Axes: those of the Beta, the share at 0, and that at 1 among the others.
pub struct Inflated;

impl Shape for Plain {
    const CELLS: [[usize; AXES]; 2] = [[25, 25, 1, 1, 1], [65, 65, 1, 1, 1]];

    fn population(&[mean, icc, ..]: &[f64; AXES]) -> BetaMixture {
        BetaMixture::inflated(shape(mean, icc), 0.0, 0.0)
    }

    fn heights(grid: &Grid<Self>, counts: &Counts, step: usize, control: &Control) -> Result<Vec<f64>> {
        let mut found = Vec::new();
        for icc in 0..grid.steps(1) {
            control.check()?;
            let beta = shape(grid.middle(0, step), grid.middle(1, icc));
            found.push(AtBeta::new(counts, beta).ln_likelihood(0.0, 0.0));
        }
        Ok(found)
    }
}

impl Shape for Inflated {
    const CELLS: [[usize; AXES]; 2] = [[9, 9, 9, 9, 1], [21, 21, 21, 21, 1]];

    fn population(&[mean, icc, zero, one, _]: &[f64; AXES]) -> BetaMixture {
        let zero = share(zero);
        BetaMixture::inflated(shape(mean, icc), zero, (1.0 - zero) * share(one))
    }

    fn heights(grid: &Grid<Self>, counts: &Counts, step: usize, control: &Control) -> Result<Vec<f64>> {
        let mut found = Vec::new();
        for icc in 0..grid.steps(1) {
            control.check()?;
            let beta = AtBeta::new(counts, shape(grid.middle(0, step), grid.middle(1, icc)));
            for zero in (0..grid.steps(2)).map(|step| grid.middle(2, step)) {
                for one in (0..grid.steps(3)).map(|step| grid.middle(3, step)) {
                    // The density of each share's turn: that of the one at 0 has 2 cos^2, of the other a quarter turn of
                    // cos.
                    let root = cos(FRAC_PI_2 * zero);
                    let prior = log(2.0 * root * root * FRAC_PI_2 * cos(FRAC_PI_2 * one));
                    let never = share(zero);
                    found.push(prior + beta.ln_likelihood(never, (1.0 - never) * share(one)));
                }
            }
        }
        Ok(found)
    }
}

/// The counts at a Beta: how likely those are that no mass explains, and each of those that one does.
struct AtBeta {
    between: f64,
    tasks: f64,
    /// Tasks, how likely the count is and its logarithm, and whether all attempts have it.
    extreme: Vec<(f64, [f64; 2], bool)>,
}

impl AtBeta {
    fn new(counts: &Counts, beta: [f64; 2]) -> Self {
        let mut found = Self { between: 0.0, tasks: 0.0, extreme: Vec::new() };
        for (group, rise) in counts.groups.iter().zip(ln_likelihoods(counts, beta)).filter(|(g, _)| g.attempts > 0.0) {
            let &Group { attempts, correct, tasks } = group;
            if correct == 0.0 || correct == attempts {
                found.extreme.push((tasks, [exp(rise), rise], correct == attempts));
            } else {
                found.between += tasks * rise;
                found.tasks += tasks;
            }
        }
        found
    }

    fn ln_likelihood(&self, zero: f64, one: f64) -> f64 {
        let rest = (1.0 - zero - one).max(0.0);
        let mut all = self.between + if self.tasks > 0.0 { self.tasks * log(rest) } else { 0.0 };
        for &(tasks, [rise, ln_rise], full) in &self.extreme {
            let mass = if full { one } else { zero };
            all += tasks * if mass > 0.0 { log(mass + rest * rise) } else { log(rest) + ln_rise };
        }
        all
    }
}
