//! How likely counts of tasks in clusters are where tasks are of two sorts, of which each cluster has its own shares.

use libm::log;

use super::cluster_counts::ClusterCounts;
use super::cluster_shapes::{ClusterLaw, Rates, means, probabilities, root_between};
use super::grid::{AXES, Grid, Shape};
use super::lanes::Lanes;
use super::likelihoods::LnLikelihoods;
use super::two_betas::sort;
use crate::error::Result;
use crate::run::Control;

/// The least spread of a sort, as much as 99 attempts say of a rate: cells of means are that wide, and rates that were
/// tried more often are not to be drawn to the middle of one.
const LEAST: f64 = 0.1;

/// Axes: the larger mean of a sort, the smaller one as a part of it (both as turns), the spread of both sorts, the mean
/// over clusters of the share of the first, and the root of the correlation of these shares.
pub struct ClusterSorts;

impl Shape for ClusterSorts {
    const CELLS: [[usize; AXES]; 2] = [[7; AXES], [9; AXES]];
    type Seen = ClusterCounts;
    type Population = ClusterLaw;
    /// The probabilities of the nodes under each law of the shares.
    type Tables = Vec<Vec<Lanes>>;

    fn population(&[mean, part, spread, own, between]: &[f64; AXES]) -> ClusterLaw {
        let spread = spread_at(spread);
        let rates = Rates::Sorts([sort(mean, spread), sort(mean * part, spread)]);
        ClusterLaw { means: means(own, between), rates }
    }

    fn tables(grid: &Grid<Self>, seen: &ClusterCounts) -> Vec<Vec<Lanes>> {
        let of = |cell: usize| means(grid.middle(3, cell / grid.steps(4)), grid.middle(4, cell % grid.steps(4)));
        probabilities(&seen.shares, &(0..grid.steps(3) * grid.steps(4)).map(of).collect::<Vec<_>>())
    }

    fn heights(
        grid: &Grid<Self>,
        tables: &Vec<Vec<Lanes>>,
        seen: &ClusterCounts,
        step: usize,
        control: &Control,
    ) -> Result<Vec<f64>> {
        let mean = grid.middle(0, step);
        let (parts, spreads, cells) = (grid.steps(1), grid.steps(2), grid.steps(3) * grid.steps(4));
        let first: Vec<[f64; 2]> = (0..spreads).map(|spread| sort(mean, spread_at(grid.middle(2, spread)))).collect();
        let second = |at: usize| sort(mean * grid.middle(1, at / spreads), spread_at(grid.middle(2, at % spreads)));
        let second: Vec<[f64; 2]> = (0..parts * spreads).map(second).collect();
        let above = LnLikelihoods::new(&seen.counts, &first, control)?;
        let below = LnLikelihoods::new(&seen.counts, &second, control)?;
        let first: Vec<Vec<f64>> = (0..spreads).map(|spread| above.of(spread).collect()).collect();
        let mut found = Vec::with_capacity(second.len() * cells);
        for at in 0..second.len() {
            let second: Vec<f64> = below.of(at).collect();
            let (likelihoods, top) = seen.of_sorts([&first[at % spreads], &second]);
            let heights = seen.over_means(tables, &likelihoods, control)?;
            let prior = |cell: usize| ln_prior(mean, root_between(grid.middle(4, cell % grid.steps(4))));
            found.extend((0..cells).zip(heights).map(|(cell, height)| top + height + prior(cell)));
        }
        Ok(found)
    }
}

/// The spread at a place of its axis.
fn spread_at(place: f64) -> f64 {
    LEAST + (1.0 - LEAST) * place
}

/// The logarithm of the prior density of the larger of two means with uniform turns, and of the root of the correlation
/// of shares, which is itself uniform.
fn ln_prior(mean: f64, root: f64) -> f64 {
    log(2.0 * mean) + log(2.0 * root)
}

#[cfg(test)]
mod tests {
    use super::super::cluster_shapes::tests::mean_of_product;
    use super::*;
    use crate::fit::rises::ln_rises;

    /// Enumerated: the likelihood of a cluster is a polynomial in its share of the first sort.
    #[test]
    fn heights_are_those_of_the_moments_of_the_shares() {
        let (of, cluster) = ([3.0, 2.0, 4.0, 1.0, 3.0, 3.0, 0.0, 2.0], [0, 0, 1, 2, 2, 2, 3, 1]);
        let seen = [1.0, 2.0, 0.0, 1.0, 3.0, 2.0, 0.0, 0.0];
        let control = Control::default();
        let counts = ClusterCounts::new(&of, &seen, &cluster, &control).expect("counts");
        let grid = Grid::<ClusterSorts>::new(&counts, 2, &control).expect("not cancelled");
        for (cell, height) in grid.heights.iter().enumerate().step_by(37) {
            let place = grid.place(cell, |_| 0.5);
            let law = ClusterSorts::population(&place);
            let Rates::Sorts(sorts) = law.rates else { panic!("sorts") };
            let task = |task: usize| {
                let [first, second] = sorts.map(|[a, b]| libm::exp(ln_rises(a, b, of[task], seen[task])));
                vec![second, first - second]
            };
            let own = |number: usize| {
                let tasks = (0..of.len()).filter(|task| cluster[*task] == number).map(task);
                mean_of_product(law.means, &tasks.collect::<Vec<_>>())
            };
            let want = (0..4).map(|number| log(own(number))).sum::<f64>() + ln_prior(place[0], root_between(place[4]));
            assert!((height - want).abs() < 0.03, "{law:?}: {height} {want}");
        }
    }
}
