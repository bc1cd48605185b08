//! How likely counts are under a Beta, alone or beside masses at 0 and at 1.

use std::f64::consts::FRAC_PI_2;

use libm::{cos, exp, log};

use super::grid::{AXES, Grid, Shape};
use super::lanes::{LANES, Lanes, Product, each};
use super::likelihoods::LnLikelihoods;
use super::mixture::{BetaMixture, shape, share};
use crate::dispatch::{Kernel, dispatch};
use crate::error::Result;
use crate::fit::beta_binomial::{Counts, Group};
use crate::run::Control;

/// Axes: the mean and the intra-class correlation.
pub struct Plain;

/// Axes: those of the Beta, the share at 0, and that at 1 among the others.
pub struct Inflated;

impl Shape for Plain {
    const CELLS: [[usize; AXES]; 2] = [[25, 25, 1, 1, 1], [65, 65, 1, 1, 1]];
    type Seen = Counts;
    type Population = BetaMixture;
    type Tables = ();

    fn population(&[mean, icc, ..]: &[f64; AXES]) -> BetaMixture {
        BetaMixture::inflated(shape(mean, icc), 0.0, 0.0)
    }

    fn tables(_: &Grid<Self>, _: &Counts) {}

    fn heights(grid: &Grid<Self>, (): &(), counts: &Counts, step: usize, control: &Control) -> Result<Vec<f64>> {
        let betas = betas(grid, step);
        let rises = LnLikelihoods::new(counts, &betas, control)?;
        let mut found = Vec::with_capacity(betas.len() + LANES);
        for rises in rises.lanes() {
            let mut all = [0.0; LANES];
            for (group, rises) in counts.groups.iter().zip(rises) {
                all = each(|lane| all[lane] + group.tasks * rises[lane]);
            }
            found.extend(all);
        }
        found.truncate(betas.len());
        Ok(found)
    }
}

/// The logarithm of the prior density of the turns of the share at 0 and of that at 1 among the others: of the first it
/// has 2 cos^2, of the other a quarter turn of cos.
pub fn ln_prior_of_masses(turns: [f64; 2]) -> f64 {
    let [root, other] = turns.map(|turn| cos(FRAC_PI_2 * turn));
    log(2.0 * root * root * FRAC_PI_2 * other)
}

/// The Betas of a step of the mean.
fn betas<S: Shape<Seen = Counts>>(grid: &Grid<S>, step: usize) -> Vec<[f64; 2]> {
    (0..grid.steps(1)).map(|icc| shape(grid.middle(0, step), grid.middle(1, icc))).collect()
}

/// What the cells of every Beta have in common: each share at 0 with each at 1, side by side.
pub struct Shares {
    cells: usize,
    lanes: Vec<Of>,
    /// Minus the logarithms of the smallest shares at 0 and at 1.
    least: [f64; 2],
}

struct Of {
    ln_prior: Lanes,
    /// At 0, and at 1.
    masses: [Lanes; 2],
    rest: Lanes,
    ln_rest: Lanes,
}

impl Shape for Inflated {
    const CELLS: [[usize; AXES]; 2] = [[9, 9, 9, 9, 1], [21, 21, 21, 21, 1]];
    type Seen = Counts;
    type Population = BetaMixture;
    type Tables = Shares;

    fn population(&[mean, icc, zero, one, _]: &[f64; AXES]) -> BetaMixture {
        let zero = share(zero);
        BetaMixture::inflated(shape(mean, icc), zero, (1.0 - zero) * share(one))
    }

    fn tables(grid: &Grid<Self>, _: &Counts) -> Shares {
        let cells = grid.steps(2) * grid.steps(3);
        let turns = |cell: usize| [grid.middle(2, cell / grid.steps(3)), grid.middle(3, cell % grid.steps(3))];
        let masses = |cell: usize| {
            let [zero, one] = turns(cell).map(share);
            [zero, (1.0 - zero) * one]
        };
        let of = |first: usize| {
            let at = |lane: usize| (first + lane).min(cells - 1);
            let masses = [0, 1].map(|end| each(|lane| masses(at(lane))[end]));
            let rest = each(|lane| (1.0 - masses[0][lane] - masses[1][lane]).max(0.0));
            Of { ln_prior: each(|lane| ln_prior_of_masses(turns(at(lane)))), masses, rest, ln_rest: rest.map(log) }
        };
        let lanes: Vec<Of> = (0..cells).step_by(LANES).map(of).collect();
        let least = [0, 1].map(|end| {
            let masses = lanes.iter().flat_map(|of| of.masses[end]);
            -log(masses.fold(1.0, f64::min))
        });
        Shares { cells, lanes, least }
    }

    fn heights(
        grid: &Grid<Self>,
        shares: &Shares,
        counts: &Counts,
        step: usize,
        control: &Control,
    ) -> Result<Vec<f64>> {
        let betas = betas(grid, step);
        let rises = LnLikelihoods::new(counts, &betas, control)?;
        let mut found = Vec::with_capacity(betas.len() * shares.cells + LANES);
        for beta in 0..betas.len() {
            control.check()?;
            let at = AtBeta::new(counts, rises.of(beta));
            for of in &shares.lanes {
                found.extend(dispatch(Heights { at: &at, of, least: shares.least }));
            }
            found.truncate((beta + 1) * shares.cells);
        }
        Ok(found)
    }
}

/// The counts at a Beta: how likely those are that no mass explains, and each of those that one does.
struct AtBeta {
    between: f64,
    tasks: f64,
    /// Tasks, how likely the count is, and which of the masses explains it.
    extreme: Vec<(f64, f64, usize)>,
}

impl AtBeta {
    fn new(counts: &Counts, ln_likelihoods: impl Iterator<Item = f64>) -> Self {
        let mut found = Self { between: 0.0, tasks: 0.0, extreme: Vec::new() };
        for (group, rise) in counts.groups.iter().zip(ln_likelihoods).filter(|(g, _)| g.attempts > 0.0) {
            let &Group { attempts, correct, tasks } = group;
            if correct == 0.0 || correct == attempts {
                found.extreme.push((tasks, exp(rise), usize::from(correct == attempts)));
            } else {
                found.between += tasks * rise;
                found.tasks += tasks;
            }
        }
        found
    }
}

/// The heights of some shares at a Beta.
struct Heights<'a> {
    at: &'a AtBeta,
    of: &'a Of,
    least: [f64; 2],
}

impl Kernel for Heights<'_> {
    type Output = Lanes;

    #[inline(always)]
    fn run(self) -> Lanes {
        let Self { at, of, least } = self;
        let mut start = each(|lane| of.ln_prior[lane] + at.between);
        if at.tasks > 0.0 {
            start = each(|lane| start[lane] + at.tasks * of.ln_rest[lane]);
        }
        let mut product = Product::new(start);
        for &(tasks, rise, end) in &at.extreme {
            let factors = each(|lane| of.masses[end][lane] + of.rest[lane] * rise);
            product.times(&factors, tasks, tasks * least[end]);
        }
        product.ln()
    }
}
