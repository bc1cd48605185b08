//! Populations of tasks in clusters, those of one of which resemble one another.
//!
//! The hierarchical Beta-binomial model (Gelman et al., *Bayesian Data Analysis*, 3rd ed., ch. 5) with a level more:
//! the mean of a cluster is drawn from a Beta that all clusters have in common, the rate of a task from a Beta about
//! the mean of its cluster, or it is 0 or 1, and its successes are binomial. One population for all tasks would draw
//! what is not known of a rate towards the mean of all clusters, and these with it: their means would differ less than
//! clusters do.
//!
//! Three shapes, as likely as each other beforehand: a Beta about the mean of the cluster, the same beside tasks that
//! never and that always succeed, and two sorts of tasks, of which each cluster has its own shares. Prior: that of
//! `Plain` for the mean and the intra-class correlation of all rates, uniform for the part of their variance that is
//! between clusters, that of `Inflated` for the shares at 0 and 1; of sorts that of `TwoBetas`, with one spread for
//! both, and uniform for the correlation of shares. Means, or shares, of clusters are integrated by a sum over nodes;
//! those of a draw have a density that is constant about each node.
//!
//! One attempt of each task tells the means of clusters, and nothing of how rates vary about them: as without clusters
//! a third of the populations have one rate for all tasks of a cluster, and a third rates of 0 and 1 only.

use super::cluster_counts::ClusterCounts;
use super::cluster_shapes::{ClusterLaw, Clusters, Rates};
use super::cluster_sorts::ClusterSorts;
use super::draws::{ONE_RATE, Weighed, drawn};
use super::grid::Grid;
use super::mixture::BetaMixture;
use crate::error::Result;
use crate::fit::identification::{Reason, open};
use crate::rng::Sequence;
use crate::run::Control;

/// Equally likely populations of a rate, one for each resample, and what was seen of every cluster.
pub struct ClusterPopulations {
    seen: ClusterCounts,
    laws: Vec<ClusterLaw>,
}

impl ClusterPopulations {
    /// Of tasks whose clusters are numbered from 0 without gaps; rates that are known together take different
    /// `dimension`s.
    pub fn new(
        (of, seen, cluster): (&[f64], &[f64], &[usize]),
        draws: usize,
        dimension: usize,
        threads: usize,
        control: &Control,
    ) -> Result<Self> {
        let seen = ClusterCounts::new(of, seen, cluster, control)?;
        let plain = Grid::<Clusters<false>>::new(&seen, threads, control)?;
        let one_each = of.iter().any(|&of| of > 0.0) && open(&seen.counts, false) == Some(Reason::OneAttempt);
        let laws = if one_each {
            let shapes: [&dyn Weighed<ClusterLaw>; 1] = [&plain];
            let law = drawn(&shapes, dimension);
            let ends = [Some(1.0 / ONE_RATE), Some(1.0 - 1.0 / ONE_RATE), None];
            let spread = |draw: usize, law: ClusterLaw| match (law.rates, ends[draw % 3]) {
                (Rates::About { masses, .. }, Some(within)) => {
                    ClusterLaw { rates: Rates::About { within, masses }, ..law }
                }
                _ => law,
            };
            (0..draws).map(|draw| spread(draw, law(draw))).collect()
        } else {
            let inflated = Grid::<Clusters<true>>::new(&seen, threads, control)?;
            let sorts = Grid::<ClusterSorts>::new(&seen, threads, control)?;
            let shapes: [&dyn Weighed<ClusterLaw>; 3] = [&plain, &inflated, &sorts];
            (0..draws).map(drawn(&shapes, dimension)).collect()
        };
        Ok(Self { seen, laws })
    }

    /// The population within each cluster in a resample, a word each.
    pub fn within(&self, resample: usize, random: &mut Sequence) -> Vec<BetaMixture> {
        let law = &self.laws[resample];
        let nodes = law.nodes(&self.seen);
        let probabilities = nodes.probabilities(law.means);
        let likelihoods = law.likelihoods(&self.seen, &Control::default()).expect("nobody cancels it");
        let below: Vec<Vec<f64>> =
            likelihoods.chunks_exact(nodes.count()).map(|likely| sums(likely, &probabilities)).collect();
        let of_cluster = |&distinct: &usize| {
            let below = &below[distinct];
            let wanted = random.open01() * below[below.len() - 1];
            let node = below.partition_point(|&below| below < wanted);
            let before = if node == 0 { 0.0 } else { below[node - 1] };
            let part = ((wanted - before) / (below[node] - before)).clamp(0.0, 1.0);
            law.at(nodes.turn(node, part))
        };
        self.seen.distinct_of.iter().map(of_cluster).collect()
    }
}

/// The probabilities of nodes after the counts of a cluster, up to each of them and to a factor. Where a population is
/// far from the counts no product is a float: the node where they are likeliest is then left.
fn sums(likelihoods: &[f64], probabilities: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut add = |(likely, probability): (&f64, &f64)| {
        sum += likely * probability.max(1e-280);
        sum
    };
    likelihoods.iter().zip(probabilities).map(&mut add).collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use libm::{asin, sqrt};

    use super::*;
    use crate::rng::Stream;
    use crate::variates::{beta, binomial};

    type Tasks = (Vec<f64>, Vec<f64>, Vec<usize>);

    fn populations((of, seen, cluster): &Tasks, draws: usize) -> ClusterPopulations {
        ClusterPopulations::new((of, seen, cluster), draws, 0, 1, &Control::default()).expect("not cancelled")
    }

    fn random(number: u64) -> Sequence {
        Stream::new([2, 9], 0, 99, number).sequence()
    }

    /// Against draws of the prior, a third of each shape, weighted by how likely they make the counts.
    #[test]
    fn the_draws_are_the_posterior() {
        let of = vec![6.0, 4.0, 8.0, 5.0, 6.0, 6.0, 4.0, 0.0];
        let tasks = (of, vec![1.0, 0.0, 2.0, 4.0, 6.0, 5.0, 3.0, 0.0], vec![0, 0, 0, 1, 1, 1, 2, 2]);
        let found = populations(&tasks, 20_000);
        let (mut got, mut words) = ([0.0; 9], random(0));
        for draw in 0..20_000 {
            let within = found.within(draw, &mut words);
            add(&mut got, 1.0 / 20_000.0, &values(&found.laws[draw], &within, &tasks));
        }
        let (mut sums, mut all, mut words) = ([0.0; 9], 0.0, random(1));
        for trial in 0..600_000 {
            let law = of_prior(trial % 3, &mut words);
            let mut cluster = || {
                let turn = asin(sqrt(beta(law.means, &mut words))) / FRAC_PI_2;
                law.at(turn.clamp(1e-9, 1.0 - 1e-9))
            };
            let within: Vec<BetaMixture> = (0..3).map(|_| cluster()).collect();
            let task = |task: usize| likelihood(&within[tasks.2[task]], tasks.0[task], tasks.1[task]);
            let likely: f64 = (0..8).map(task).product();
            if likely > 0.0 {
                add(&mut sums, likely, &values(&law, &within, &tasks));
                all += likely;
            }
        }
        for (at, (got, sum)) in got.into_iter().zip(sums).enumerate() {
            // Weighted draws have a standard error of about .002; cells are wide.
            assert!((got - sum / all).abs() < 0.015, "{at}: {got} {}", sum / all);
        }
    }

    fn of_prior(shape: u32, words: &mut Sequence) -> ClusterLaw {
        let of_mean = |mean: f64, icc: f64| [mean, 1.0 - mean].map(|of| of * (1.0 / icc - 1.0));
        let mean = beta([0.5, 0.5], words);
        let [all, part] = [words.open01(), words.open01()];
        if shape == 2 {
            let mut sorts = [beta([0.5, 0.5], words), beta([0.5, 0.5], words)];
            sorts.sort_by(|a, b| b.total_cmp(a));
            let rates = Rates::Sorts(sorts.map(|sort| of_mean(sort, (0.1 + 0.9 * part).powi(2))));
            return ClusterLaw { means: of_mean(mean, all), rates };
        }
        let between = all * part;
        let zero = if shape == 1 { beta([0.5, 1.5], words) } else { 0.0 };
        let one = if shape == 1 { (1.0 - zero) * beta([0.5, 1.0], words) } else { 0.0 };
        let rates = Rates::About { within: (all - between) / (1.0 - between), masses: [zero, one] };
        ClusterLaw { means: of_mean(mean, between), rates }
    }

    fn add(sums: &mut [f64; 9], weight: f64, values: &[f64; 9]) {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
    }

    fn likelihood(population: &BetaMixture, of: f64, seen: f64) -> f64 {
        let rise = |a: f64, n: f64| (0..n as u32).map(|i| a + f64::from(i)).product::<f64>();
        let between = |[a, b]: [f64; 2]| rise(a, seen) * rise(b, of - seen) / rise(a + b, of);
        let never = if seen == 0.0 { population.zero } else { 0.0 };
        let always = if seen == of { population.one } else { 0.0 };
        never + always + population.betas.iter().map(|&(share, shape)| share * between(shape)).sum::<f64>()
    }

    /// The mean rate.
    fn mean(population: &BetaMixture) -> f64 {
        population.one + population.betas.iter().map(|(share, [a, b])| share * a / (a + b)).sum::<f64>()
    }

    /// Of a law and the populations of clusters: which shape it is, the masses, the correlation of clusters, the means
    /// of two, and the mean rates of two tasks, one of which was not tried.
    fn values(law: &ClusterLaw, within: &[BetaMixture], tasks: &Tasks) -> [f64; 9] {
        let task = |task: usize| mean(&within[tasks.2[task]].posterior(tasks.0[task], tasks.1[task]));
        let ([zero, one], sorts) = match law.rates {
            Rates::About { masses, .. } => (masses, 0.0),
            Rates::Sorts(_) => ([0.0; 2], 1.0),
        };
        let between = 1.0 / (1.0 + law.means[0] + law.means[1]);
        let inflated = f64::from(u8::from(zero + one > 0.0));
        let [first, third] = [0, 2].map(|cluster| mean(&within[cluster]));
        [inflated, sorts, zero, one, between, first, third, task(1), task(7)]
    }

    /// Many tasks of many clusters tell how far both are spread, and where every cluster is.
    #[test]
    fn many_clusters_tell_how_they_vary() {
        let mut words = random(2);
        let (mut of, mut seen, mut cluster, mut truth) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for number in 0..60 {
            let mean = beta([2.0, 3.0], &mut words);
            truth.push(mean);
            for _ in 0..20 {
                let rate = beta([6.0 * mean, 6.0 * (1.0 - mean)], &mut words);
                of.push(12.0);
                seen.push(binomial(12, rate, &mut words) as f64);
                cluster.push(number);
            }
        }
        let found = populations(&(of, seen, cluster), 300);
        let about = |law: &ClusterLaw| match law.rates {
            Rates::About { within, .. } => within,
            Rates::Sorts(_) => f64::NAN, // refuted
        };
        let over = |of: &dyn Fn(&ClusterLaw) -> f64| found.laws.iter().map(of).sum::<f64>() / 300.0;
        // Five standard errors: of the mean over clusters, and about those of both correlations.
        let got = [over(&|law| law.means[0] / (law.means[0] + law.means[1])), over(&about)];
        assert!((got[0] - 0.4).abs() < 5.0 * 0.2 / 60_f64.sqrt(), "{got:?}");
        assert!((got[1] - 1.0 / 7.0).abs() < 0.05, "{got:?}");
        let between = over(&|law| 1.0 / (1.0 + law.means[0] + law.means[1]));
        assert!((between - 1.0 / 6.0).abs() < 0.13, "{between}");
        // The draws of a cluster's mean are about it, as far away as they are from one another.
        let mut squares = 0.0;
        let mut spread = vec![[0.0; 2]; 60];
        for draw in 0..300 {
            for ((population, truth), spread) in found.within(draw, &mut words).iter().zip(&truth).zip(&mut spread) {
                let far = mean(population) - truth;
                *spread = [spread[0] + far, spread[1] + far * far];
            }
        }
        for [sum, square] in spread {
            let (mean, square) = (sum / 300.0, square / 300.0);
            squares += mean * mean / (square - mean * mean);
        }
        // Chi-squared with 60 degrees of freedom: within these but for one in 10^6.
        assert!(squares > 20.0 && squares < 130.0, "{squares}");
    }

    #[test]
    fn threads_change_no_bit() {
        let cluster: Vec<usize> = (0..40).map(|task| task / 5).collect();
        let of: Vec<f64> = (0..40).map(|task| f64::from(3 + task % 4)).collect();
        let seen: Vec<f64> = (0..40).map(|task| f64::from(task % 3)).collect();
        let found = [1, 3].map(|threads| {
            let control = Control::default();
            let found =
                ClusterPopulations::new((&of, &seen, &cluster), 50, 1, threads, &control).expect("not cancelled");
            (0..50).flat_map(|draw| found.within(draw, &mut random(5))).map(|one| one.betas[0].1).collect::<Vec<_>>()
        });
        assert_eq!(found[0], found[1]);
    }

    #[test]
    fn one_attempt_each_leaves_the_spread_within_clusters_open() {
        let cluster: Vec<usize> = (0..60).map(|task| task / 10).collect();
        let seen: Vec<f64> = (0..60).map(|task| f64::from(u8::from(task % 10 < task / 10))).collect();
        let tasks = (vec![1.0; 60], seen.clone(), cluster.clone());
        let found = populations(&tasks, 300);
        let mut words = random(3);
        for draw in 0..300 {
            let within = found.within(draw, &mut words);
            let rate = |task: usize, words: &mut Sequence| within[cluster[task]].posterior(1.0, seen[task]).draw(words);
            let rates: Vec<f64> = (0..60).map(|task| rate(task, &mut words)).collect();
            match draw % 3 {
                0 => assert!(rates.windows(2).step_by(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-3), "{rates:?}"),
                1 => assert!(rates.iter().zip(&seen).all(|(rate, seen)| rate == seen), "{rates:?}"),
                _ => assert!(rates.windows(2).any(|pair| (pair[0] - pair[1]).abs() > 1e-6), "{rates:?}"),
            }
        }
    }

    /// All right or all wrong, one cluster, no attempts at all, and so many that a likelihood is no float.
    #[test]
    fn whatever_was_seen_rates_are_rates() {
        let mut words = random(4);
        for (of, right) in
            [(5.0, [5.0, 5.0]), (5.0, [0.0, 0.0]), (0.0, [0.0, 0.0]), (1e6, [0.0, 1e6]), (1e5, [7e4, 7e4])]
        {
            for clusters in [1, 3] {
                let cluster: Vec<usize> = (0..12).map(|task| task % clusters).collect();
                let seen: Vec<f64> = (0..12).map(|task| right[task % 2]).collect();
                let found = populations(&(vec![of; 12], seen.clone(), cluster), 50);
                for draw in 0..50 {
                    let within = found.within(draw, &mut words);
                    assert_eq!(within.len(), clusters);
                    for task in 0..12 {
                        let rate = within[task % clusters].posterior(of, seen[task]).draw(&mut words);
                        assert!((0.0..=1.0).contains(&rate), "{of} {right:?} {draw}: {rate}");
                        assert!(of < 1e4 || (rate - seen[task] / of).abs() < 0.01, "{rate}");
                    }
                }
            }
        }
    }
}
