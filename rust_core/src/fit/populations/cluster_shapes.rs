//! How likely counts of tasks in clusters are under the hierarchical Beta-binomial model (`clusters`).

use libm::log;

use super::cluster_counts::{ClusterCounts, LEAST_SPREAD, Nodes, Within};
use super::grid::{AXES, Grid, Shape};
use super::inflated::ln_prior_of_masses;
use super::lanes::{LANES, Lanes, each};
use super::likelihoods::LnLikelihoods;
use super::mixture::{BetaMixture, shape, share};
use crate::error::Result;
use crate::run::Control;

/// A population: of clusters, and of the rates in one.
#[derive(Debug, Clone, Copy)]
pub struct ClusterLaw {
    /// The Beta of the means of clusters, or of their shares of the first sort.
    pub means: [f64; 2],
    pub rates: Rates,
}

/// The rates in a cluster.
#[derive(Debug, Clone, Copy)]
pub enum Rates {
    /// About the mean of the cluster.
    About {
        /// Their intra-class correlation.
        within: f64,
        /// Shares at 0 and at 1.
        masses: [f64; 2],
    },
    /// Of two sorts, each with its Beta.
    Sorts([[f64; 2]; 2]),
}

impl ClusterLaw {
    /// `Within::likelihoods` of this population.
    pub fn likelihoods(&self, seen: &ClusterCounts, control: &Control) -> Result<Vec<f64>> {
        match self.rates {
            Rates::About { within, masses } => Ok(Within::new(seen, within, control)?.likelihoods(masses).0),
            Rates::Sorts(sorts) => {
                let all = LnLikelihoods::new(&seen.counts, &sorts, control)?;
                let [first, second] = [0, 1].map(|sort| all.of(sort).collect::<Vec<f64>>());
                Ok(seen.of_sorts([&first, &second]).0)
            }
        }
    }

    /// The nodes of these.
    pub const fn nodes<'a>(&self, seen: &'a ClusterCounts) -> &'a Nodes {
        match self.rates {
            Rates::About { .. } => &seen.means,
            Rates::Sorts(_) => &seen.shares,
        }
    }

    /// The population of a cluster at a turn of its mean, or of its share of the first sort.
    pub fn at(&self, turn: f64) -> BetaMixture {
        match self.rates {
            Rates::About { within, masses: [zero, one] } => BetaMixture::inflated(shape(turn, within), zero, one),
            Rates::Sorts([first, second]) => {
                BetaMixture { zero: 0.0, one: 0.0, betas: [(share(turn), first), (share(1.0 - turn), second)] }
            }
        }
    }
}

/// For each of some means and correlations of clusters, side by side: the probabilities of the nodes.
pub fn probabilities(nodes: &Nodes, means: &[[f64; 2]]) -> Vec<Vec<Lanes>> {
    let all: Vec<Vec<f64>> = means.iter().map(|&means| nodes.probabilities(means)).collect();
    let side_by_side =
        |some: &[Vec<f64>]| (0..nodes.count()).map(|node| each(|lane| some[lane.min(some.len() - 1)][node])).collect();
    all.chunks(LANES).map(side_by_side).collect()
}

/// The Beta of the means of clusters at a turn of their mean and a place of the root of their correlation.
pub fn means(turn: f64, between: f64) -> [f64; 2] {
    let root = root_between(between);
    shape(turn, root * root)
}

/// Axes: the root of the intra-class correlation within clusters, the mean, the root of that of the means of clusters,
/// the share at 0, and that at 1 among the others. The shares are 0 without masses.
pub struct Clusters<const MASSES: bool>;

/// The root of the correlation of the means of clusters: it is not 0, which no nodes tell.
pub fn root_between(place: f64) -> f64 {
    LEAST_SPREAD + (1.0 - LEAST_SPREAD) * place
}

impl<const MASSES: bool> Shape for Clusters<MASSES> {
    const CELLS: [[usize; AXES]; 2] =
        if MASSES { [[7; AXES], [9; AXES]] } else { [[11, 11, 11, 1, 1], [25, 25, 25, 1, 1]] };
    type Seen = ClusterCounts;
    type Population = ClusterLaw;
    /// Those of each mean and correlation of clusters.
    type Tables = Vec<Vec<Lanes>>;

    fn population(&[within, mean, between, zero, one]: &[f64; AXES]) -> ClusterLaw {
        let rates = Rates::About { within: within * within, masses: masses([zero, one]) };
        ClusterLaw { means: means(mean, between), rates }
    }

    fn tables(grid: &Grid<Self>, seen: &ClusterCounts) -> Vec<Vec<Lanes>> {
        let of = |cell: usize| means(grid.middle(1, cell / grid.steps(2)), grid.middle(2, cell % grid.steps(2)));
        probabilities(&seen.means, &(0..grid.steps(1) * grid.steps(2)).map(of).collect::<Vec<_>>())
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
            for (cell, height) in (0..cells).zip(seen.over_means(tables, &likelihoods, control)?) {
                let between = root_between(grid.middle(2, cell % grid.steps(2)));
                found[cell * shares + at] = start + ln_prior(root, between) + height;
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
pub mod tests {
    use super::*;

    /// The mean of a product of polynomials under a Beta.
    pub fn mean_of_product([a, b]: [f64; 2], polynomials: &[Vec<f64>]) -> f64 {
        let product = polynomials.iter().fold(vec![1.0], |one, other| times(&one, other));
        let mut moment = 1.0;
        let mut sum = 0.0;
        for (power, x) in product.iter().enumerate() {
            sum += x * moment;
            moment *= (a + power as f64) / (a + b + power as f64);
        }
        sum
    }

    fn times(one: &[f64], other: &[f64]) -> Vec<f64> {
        let mut found = vec![0.0; one.len() + other.len() - 1];
        for (i, x) in one.iter().enumerate() {
            other.iter().enumerate().for_each(|(j, y)| found[i + j] += x * y);
        }
        found
    }

    /// How likely a count is, as a polynomial in its cluster's mean: the masses that explain it, and the chance of its
    /// attempts, one after another.
    fn of_mean(law: &ClusterLaw, of: f64, seen: f64) -> Vec<f64> {
        let Rates::About { within, masses } = law.rates else { panic!("no sorts") };
        let size = 1.0 / within - 1.0;
        let mut task = vec![1.0 - masses[0] - masses[1]];
        for i in 0..of as u32 {
            let (all, wrong) = (size + f64::from(i), f64::from(i) - seen);
            let next = if wrong < 0.0 { [f64::from(i), size] } else { [size + wrong, -size] };
            task = times(&task, &next.map(|x| x / all));
        }
        task[0] += if seen == 0.0 { masses[0] } else { 0.0 } + if seen == of { masses[1] } else { 0.0 };
        task
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
                mean_of_product(law.means, &all.map(|((of, seen), _)| of_mean(&law, *of, *seen)).collect::<Vec<_>>())
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
