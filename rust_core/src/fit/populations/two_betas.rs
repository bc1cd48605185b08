//! How likely counts are under a mixture of two Betas: two sorts of tasks, each with rates of its own.

use libm::log;

use super::grid::{AXES, Grid, Shape};
use super::lanes::{LANES, Lanes, Product, each};
use super::likelihoods::LnLikelihoods;
use super::mixture::{BetaMixture, shape, share};
use crate::dispatch::{Kernel, dispatch};
use crate::error::Result;
use crate::fit::beta_binomial::Counts;
use crate::math::exp;
use crate::run::Control;

/// Axes: mean (as a turn) and spread of the Beta with the larger mean, the turn of the smaller mean as a part of that of the
/// larger one, the spread of that Beta, and the share of the first.
pub struct TwoBetas;

impl Shape for TwoBetas {
    const CELLS: [[usize; AXES]; 2] = [[7; AXES], [11; AXES]];
    type Seen = Counts;
    type Population = BetaMixture;
    type Tables = Vec<Share>;

    fn population(&[mean, spread, part, lower, own]: &[f64; AXES]) -> BetaMixture {
        let own = share(own);
        let [first, second] = [sort(mean, spread), sort(mean * part, lower)];
        BetaMixture { zero: 0.0, one: 0.0, betas: [(own, first), (1.0 - own, second)] }
    }

    fn tables(grid: &Grid<Self>, _: &Counts) -> Vec<Share> {
        let of = |own: f64| Share { first: own, second: 1.0 - own, least: -log(own.min(1.0 - own)) };
        (0..grid.steps(4)).map(|step| of(share(grid.middle(4, step)))).collect()
    }

    fn heights(
        grid: &Grid<Self>,
        shares: &Vec<Share>,
        counts: &Counts,
        step: usize,
        control: &Control,
    ) -> Result<Vec<f64>> {
        let mean = grid.middle(0, step);
        // Of two means with uniform turns, in order.
        let prior = log(2.0 * mean);
        let first: Vec<[f64; 2]> = (0..grid.steps(1)).map(|spread| sort(mean, grid.middle(1, spread))).collect();
        let second = |at: usize| sort(mean * grid.middle(2, at / grid.steps(3)), grid.middle(3, at % grid.steps(3)));
        let second: Vec<[f64; 2]> = (0..grid.steps(2) * grid.steps(3)).map(second).collect();
        let above = LnLikelihoods::new(counts, &first, control)?;
        let below = LnLikelihoods::new(counts, &second, control)?;
        let tasks = counts.weights();
        let mut parts = vec![[[0.0; LANES]; 2]; tasks.len()];
        let mut lanes = vec![[0.0; LANES]; shares.len()];
        let mut found = Vec::with_capacity((first.len() * second.len() + LANES) * shares.len());
        for spread in 0..first.len() {
            let first: Vec<f64> = above.of(spread).collect();
            for second_of in below.lanes() {
                control.check()?;
                dispatch(Heights {
                    prior,
                    tasks: &tasks,
                    first: &first,
                    second: second_of,
                    shares,
                    parts: &mut parts,
                    found: &mut lanes,
                });
                (0..LANES).for_each(|lane| found.extend(lanes.iter().map(|lanes| lanes[lane])));
            }
            found.truncate((spread + 1) * second.len() * shares.len());
        }
        Ok(found)
    }
}

/// A share of the first Beta, the other, and minus the logarithm of the smaller one.
pub struct Share {
    first: f64,
    second: f64,
    least: f64,
}

/// The Beta of a sort of tasks: its spread is the root of its intra-class correlation, the standard deviation of its rates
/// as a part of the largest that there is.
pub fn sort(mean: f64, spread: f64) -> [f64; 2] {
    shape(mean, spread * spread)
}

/// The heights of a first Beta with some second ones, at every share.
struct Heights<'a> {
    prior: f64,
    tasks: &'a [f64],
    /// The logarithms of how likely each count is under the first Beta, and under the second ones.
    first: &'a [f64],
    second: &'a [Lanes],
    shares: &'a [Share],
    /// Room for how likely each count is under both, as parts of the likelier one.
    parts: &'a mut [[Lanes; 2]],
    found: &'a mut [Lanes],
}

impl Kernel for Heights<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { prior, tasks, first, second, shares, parts, found } = self;
        let mut larger = [prior; LANES];
        for (((&tasks, &first), second), parts) in tasks.iter().zip(first).zip(second).zip(parts.iter_mut()) {
            for lane in 0..LANES {
                let more = first - second[lane];
                let is_first = more >= 0.0;
                let other = exp(if is_first { -more } else { more });
                larger[lane] += tasks * if is_first { first } else { second[lane] };
                parts[0][lane] = if is_first { 1.0 } else { other };
                parts[1][lane] = if is_first { other } else { 1.0 };
            }
        }
        for (share, found) in shares.iter().zip(found) {
            let mut product = Product::new(larger);
            for (&tasks, [first, second]) in tasks.iter().zip(parts.iter()) {
                let factors = each(|lane| share.first * first[lane] + share.second * second[lane]);
                product.times(&factors, tasks, tasks * share.least);
            }
            *found = product.ln();
        }
    }
}
