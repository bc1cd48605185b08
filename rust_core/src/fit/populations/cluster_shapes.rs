//! How likely counts of tasks in clusters are under the hierarchical Beta-binomial model (`clusters`).

use libm::log;

use super::cluster_counts::{ClusterCounts, LEAST_SPREAD, OverMeans, Within};
use super::grid::{AXES, Grid, Shape};
use super::inflated::ln_prior_of_masses;
use super::lanes::{LANES, Lanes, each};
use super::mixture::{shape, share};
use crate::dispatch::dispatch;
use crate::error::Result;
use crate::run::Control;

/// A population: of the means of clusters, and of rates about them.
#[derive(Debug, Clone, Copy)]
pub struct ClusterLaw {
    /// The Beta of the means.
    pub means: [f64; 2],
    /// The intra-class correlation of rates about a mean.
    pub within: f64,
    /// Shares at 0 and at 1.
    pub masses: [f64; 2],
}

/// Axes: the root of the intra-class correlation within clusters, the mean, the root of that of the means of clusters,
/// the share at 0, and that at 1 among the others. The shares are 0 without masses.
pub struct Clusters<const MASSES: bool>;

/// The root of the correlation of the means of clusters: it is not 0, which no nodes tell.
fn root_between(place: f64) -> f64 {
    LEAST_SPREAD + (1.0 - LEAST_SPREAD) * place
}

impl<const MASSES: bool> Shape for Clusters<MASSES> {
    const CELLS: [[usize; AXES]; 2] =
        if MASSES { [[7; AXES], [9; AXES]] } else { [[11, 11, 11, 1, 1], [25, 25, 25, 1, 1]] };
    type Seen = ClusterCounts;
    type Population = ClusterLaw;
    /// For each mean and correlation between clusters, side by side: the probabilities of the nodes.
    type Tables = Vec<Vec<Lanes>>;

    fn population(&[within, mean, between, zero, one]: &[f64; AXES]) -> ClusterLaw {
        let root = root_between(between);
        ClusterLaw { means: shape(mean, root * root), within: within * within, masses: masses([zero, one]) }
    }

    fn tables(grid: &Grid<Self>, seen: &ClusterCounts) -> Vec<Vec<Lanes>> {
        let of = |cell: usize| {
            let root = root_between(grid.middle(2, cell % grid.steps(2)));
            seen.nodes.probabilities(shape(grid.middle(1, cell / grid.steps(2)), root * root))
        };
        let all: Vec<Vec<f64>> = (0..grid.steps(1) * grid.steps(2)).map(of).collect();
        let side_by_side = |some: &[Vec<f64>]| {
            (0..seen.nodes.count()).map(|node| each(|lane| some[lane.min(some.len() - 1)][node])).collect()
        };
        all.chunks(LANES).map(side_by_side).collect()
    }

    fn heights(
        grid: &Grid<Self>,
        tables: &Vec<Vec<Lanes>>,
        seen: &ClusterCounts,
        step: usize,
        control: &Control,
    ) -> Result<Vec<f64>> {
        let root = grid.middle(0, step);
        let within = Within::new(seen, root * root, control)?;
        let (cells, shares) = (grid.steps(1) * grid.steps(2), grid.steps(3) * grid.steps(4));
        let mut found = vec![0.0; cells * shares];
        for at in 0..shares {
            let turns = [grid.middle(3, at / grid.steps(4)), grid.middle(4, at % grid.steps(4))];
            let (likelihoods, top) = within.likelihoods(masses(turns));
            let start = top + if MASSES { ln_prior_of_masses(turns) } else { 0.0 };
            for (some, probabilities) in tables.iter().enumerate() {
                control.check()?;
                let heights = dispatch(OverMeans { probabilities, likelihoods: &likelihoods, times: &seen.times });
                for (cell, height) in (some * LANES..cells).zip(heights) {
                    let between = root_between(grid.middle(2, cell % grid.steps(2)));
                    found[cell * shares + at] = start + ln_prior(root, between) + height;
                }
            }
        }
        Ok(found)
    }
}

/// Shares at 0 and at 1.
fn masses([zero, one]: [f64; 2]) -> [f64; 2] {
    let zero = share(zero);
    [zero, (1.0 - zero) * share(one)]
}

/// The logarithm of the prior density of the roots of the correlations within and between: that of all rates,
/// r = between^2 + (1 - between^2) within^2, is uniform, and so is the part between^2 / r of it.
fn ln_prior(within: f64, between: f64) -> f64 {
    let [w, b] = [within, between].map(|root| root * root);
    log(4.0 * within * between * (1.0 - b) / (b + (1.0 - b) * w))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of a polynomial in a cluster's mean m, under the Beta of the means: of the product over the cluster's
    /// tasks of the masses that explain a count and the chance of its attempts, one after another.
    fn by_moments(law: &ClusterLaw, tasks: &[(f64, f64)]) -> f64 {
        let size = 1.0 / law.within - 1.0;
        let times = |one: &[f64], [constant, slope]: [f64; 2]| {
            let mut found = vec![0.0; one.len() + 1];
            for (power, x) in one.iter().enumerate() {
                found[power] += constant * x;
                found[power + 1] += slope * x;
            }
            found
        };
        let mut product = vec![1.0];
        for &(of, seen) in tasks {
            let mut task = vec![1.0 - law.masses[0] - law.masses[1]];
            for i in 0..of as u32 {
                let all = size + f64::from(i);
                let wrong = f64::from(i) - seen;
                task = if wrong < 0.0 {
                    times(&task, [f64::from(i) / all, size / all])
                } else {
                    times(&task, [(size + wrong) / all, -size / all])
                };
            }
            task[0] += if seen == 0.0 { law.masses[0] } else { 0.0 } + if seen == of { law.masses[1] } else { 0.0 };
            let mut next = vec![0.0; product.len() + task.len() - 1];
            for (i, x) in product.iter().enumerate() {
                task.iter().enumerate().for_each(|(j, y)| next[i + j] += x * y);
            }
            product = next;
        }
        let [a, b] = law.means;
        let mut moment = 1.0;
        let mut sum = 0.0;
        for (power, x) in product.iter().enumerate() {
            sum += x * moment;
            let power = power as f64;
            moment *= (a + power) / (a + b + power);
        }
        sum
    }

    fn check<const MASSES: bool>(of: &[f64], seen: &[f64], cluster: &[usize]) {
        let control = Control::default();
        let counts = ClusterCounts::new(of, seen, cluster, &control).expect("counts");
        let grid = Grid::<Clusters<MASSES>>::new(&counts, 2, &control).expect("not cancelled");
        for (cell, height) in grid.heights.iter().enumerate().step_by(37) {
            let place = grid.place(cell, |_| 0.5);
            let law = Clusters::<MASSES>::population(&place);
            let own = |number: usize| {
                let all = of.iter().zip(seen).zip(cluster).filter(|(_, of)| **of == number);
                by_moments(&law, &all.map(|((of, seen), _)| (*of, *seen)).collect::<Vec<_>>())
            };
            let likely: f64 = (0..counts.distinct_of.len()).map(|number| log(own(number))).sum();
            let root = root_between(place[2]);
            let masses = if MASSES { ln_prior_of_masses([place[3], place[4]]) } else { 0.0 };
            let want = ln_prior(place[0], root) + masses + likely;
            // Means that hardly vary next to 0 or 1 lie within a few parts, of which those next to the end are coarse.
            let within = if root > 0.1 { 0.02 } else { 0.15 };
            assert!((height - want).abs() < within, "{law:?}: {height} {want}");
        }
    }

    /// Enumerated: the likelihood of a cluster is a polynomial in its mean.
    #[test]
    fn heights_are_those_of_the_moments_of_the_means() {
        let (of, cluster) = ([3.0, 2.0, 4.0, 1.0, 3.0, 3.0, 0.0, 2.0], [0, 0, 1, 2, 2, 2, 3, 1]);
        for seen in [[1.0, 2.0, 0.0, 1.0, 3.0, 2.0, 0.0, 0.0], [3.0, 2.0, 4.0, 1.0, 3.0, 3.0, 0.0, 2.0]] {
            check::<false>(&of, &seen, &cluster);
            check::<true>(&of, &seen, &cluster);
        }
    }
}
