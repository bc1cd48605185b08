//! How likely counts are under a mixture of two Betas: two sorts of tasks, each with rates of its own.

use libm::{exp, log};

use super::grid::{AXES, Grid, Shape};
use super::mixture::{BetaMixture, ln_likelihoods, shape, share};
use crate::error::Result;
use crate::fit::beta_binomial::Counts;
use crate::run::Control;

/// Axes: mean (as a turn) and spread of the Beta with the larger mean, the turn of the smaller mean as a part of that of the
/// larger one, the spread of that Beta, and the share of the first.
pub struct TwoBetas;

/// Factors are multiplied before their logarithm is taken, if so many tasks or fewer have them.
const FEW: f64 = 8.0;
const SMALL: f64 = 1e-100;

impl Shape for TwoBetas {
    const CELLS: [[usize; AXES]; 2] = [[7; AXES], [11; AXES]];

    fn population(&[mean, spread, part, lower, own]: &[f64; AXES]) -> BetaMixture {
        let own = share(own);
        let [first, second] = [sort(mean, spread), sort(mean * part, lower)];
        BetaMixture { zero: 0.0, one: 0.0, betas: [(own, first), (1.0 - own, second)] }
    }

    fn heights(grid: &Grid<Self>, counts: &Counts, step: usize, control: &Control) -> Result<Vec<f64>> {
        let mean = grid.middle(0, step);
        // Of two means with uniform turns, in order.
        let prior = log(2.0 * mean);
        let shares: Vec<f64> = (0..grid.steps(4)).map(|step| share(grid.middle(4, step))).collect();
        let mut below = Vec::new();
        for part in 0..grid.steps(2) {
            for spread in 0..grid.steps(3) {
                control.check()?;
                below.push(ln_likelihoods(counts, sort(mean * grid.middle(2, part), grid.middle(3, spread))));
            }
        }
        let mut found = Vec::new();
        for spread in 0..grid.steps(1) {
            let above = ln_likelihoods(counts, sort(mean, grid.middle(1, spread)));
            for below in &below {
                control.check()?;
                let both = AtBetas::new(counts, &above, below);
                found.extend(shares.iter().map(|&own| prior + both.ln_likelihood(own)));
            }
        }
        Ok(found)
    }
}

/// The Beta of a sort of tasks: its spread is the root of its intra-class correlation, the standard deviation of its rates
/// as a part of the largest that there is.
fn sort(mean: f64, spread: f64) -> [f64; 2] {
    shape(mean, spread * spread)
}

/// The counts at two Betas: their likelihood under the likelier one, and that of the other as a share of it.
struct AtBetas {
    larger: f64,
    /// Tasks, the share, and whether the first Beta is the likelier one.
    counts: Vec<(f64, f64, bool)>,
}

impl AtBetas {
    fn new(counts: &Counts, first: &[f64], second: &[f64]) -> Self {
        let mut found = Self { larger: 0.0, counts: Vec::with_capacity(counts.groups.len()) };
        for ((group, &first), &second) in counts.groups.iter().zip(first).zip(second) {
            found.larger += group.tasks * first.max(second);
            found.counts.push((group.tasks, exp(-(first - second).abs()), first >= second));
        }
        found
    }

    fn ln_likelihood(&self, own: f64) -> f64 {
        let (mut all, mut product) = (self.larger, 1.0);
        for &(tasks, other, first) in &self.counts {
            let [more, less] = if first { [own, 1.0 - own] } else { [1.0 - own, own] };
            let factor = more + less * other;
            if tasks > FEW {
                all += tasks * log(factor);
            } else {
                (0..tasks as u32).for_each(|_| product *= factor);
                if product < SMALL {
                    all += log(product);
                    product = 1.0;
                }
            }
        }
        all + log(product)
    }
}
