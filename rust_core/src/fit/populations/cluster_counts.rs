//! How likely counts of tasks in clusters are, at nodes of the mean of each cluster.

use std::collections::BTreeMap;
use std::f64::consts::{FRAC_PI_2, PI};

use libm::{asin, ceil, log, log1p, sqrt};

use super::grid::Observed;
use super::lanes::{LANES, Lanes, each};
use super::likelihoods::LnLikelihoods;
use super::mixture::{shape, share};
use crate::dispatch::{Kernel, dispatch};
use crate::error::Result;
use crate::fit::beta_binomial::Counts;
use crate::math::{exp, ln};
use crate::run::Control;

/// Nodes at least and at most.
pub const FEWEST_NODES: f64 = 64.0;
const MOST_NODES: f64 = 512.0;
/// The turn of the node next to 0: its mean is no success in any number of attempts.
const POLE: f64 = 1e-12;
/// Clusters side by side in a sum over nodes: there are as many rows as make a multiple of it.
const ROWS: usize = 4;

/// Counts of tasks in clusters.
pub struct ClusterCounts {
    pub counts: Counts,
    /// Clusters that differ, how many there are of each, and which of them each cluster is.
    distinct: Vec<Own>,
    times: Vec<f64>,
    pub distinct_of: Vec<usize>,
    /// The distinct counts of which none or all are correct, and which: 0 or 1.
    extreme: Vec<(usize, usize)>,
    /// Of means of clusters, and of their shares of a sort of tasks.
    pub means: Nodes,
    pub shares: Nodes,
}

/// The tasks of a cluster: distinct counts, and how many tasks have each.
#[derive(Default)]
struct Own {
    /// Those that no mass explains, and the tasks of all of these.
    between: Vec<(usize, f64)>,
    tasks: f64,
    /// By their number among the extreme ones.
    extreme: Vec<(usize, f64)>,
}

impl ClusterCounts {
    /// Of tasks whose clusters are numbered from 0 without gaps.
    pub fn new(of: &[f64], seen: &[f64], cluster: &[usize], control: &Control) -> Result<Self> {
        let counts = Counts::new(of, seen, None, control)?;
        let numbers: Vec<usize> = (0..counts.groups.len()).collect();
        let count = cluster.iter().max().map_or(0, |last| last + 1);
        let mut attempts = vec![0.0; count];
        let mut tried = vec![0.0; count];
        let mut tasks: Vec<BTreeMap<usize, u64>> = vec![BTreeMap::new(); count];
        for ((&cluster, group), &of) in cluster.iter().zip(counts.each_task(&numbers)).zip(of) {
            attempts[cluster] += of;
            // A task without attempts says nothing.
            if of > 0.0 {
                *tasks[cluster].entry(group).or_insert(0) += 1;
                tried[cluster] += 1.0;
            }
        }
        let is_extreme = |group: &usize| [0.0, counts.groups[*group].attempts].contains(&counts.groups[*group].correct);
        let extreme: Vec<usize> = numbers.iter().copied().filter(is_extreme).collect();
        let (mut distinct, mut times, mut places) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut place = |tasks: BTreeMap<usize, u64>| {
            let place = *places.entry(tasks).or_insert_with_key(|tasks| {
                distinct.push(Own::new(tasks, &extreme));
                times.push(0.0);
                times.len() - 1
            });
            times[place] += 1.0;
            place
        };
        let distinct_of = tasks.into_iter().map(&mut place).collect();
        times.resize(distinct.len().next_multiple_of(ROWS), 0.0);
        let which = |group: usize| usize::from(counts.groups[group].correct > 0.0);
        let extreme = extreme.into_iter().map(|group| (group, which(group))).collect();
        // A task tells its sort as an attempt does whether it is correct, and no better.
        let [means, shares] = [attempts, tried].map(|most| Nodes::new(most.into_iter().fold(0.0, f64::max)));
        Ok(Self { counts, distinct, times, distinct_of, extreme, means, shares })
    }
}

impl ClusterCounts {
    /// For each of some nodes of each distinct cluster.
    fn ones(&self, nodes: &Nodes) -> Vec<f64> {
        vec![1.0; self.times.len() * nodes.count()]
    }

    /// `Within::likelihoods` of two sorts of tasks, from the logarithms of how likely each distinct count is for each.
    pub fn of_sorts(&self, sorts: [&[f64]; 2]) -> (Vec<f64>, f64) {
        let mut found = self.ones(&self.shares);
        let top = dispatch(OfSorts { seen: self, sorts, found: &mut found });
        (found, top)
    }

    /// The logarithm of how likely the counts are under each law of the means of clusters, or of their shares, from the
    /// probabilities of the nodes under it and the likelihoods at these, as a part of the likeliest; the last lanes too.
    pub fn over_means(&self, laws: &[Vec<Lanes>], likelihoods: &[f64], control: &Control) -> Result<Vec<f64>> {
        let mut found = Vec::with_capacity(laws.len() * LANES);
        for probabilities in laws {
            control.check()?;
            found.extend(dispatch(OverMeans { probabilities, likelihoods, times: &self.times }));
        }
        Ok(found)
    }
}

impl Own {
    fn new(tasks: &BTreeMap<usize, u64>, of_extreme: &[usize]) -> Self {
        let mut own = Self::default();
        for (&group, &tasks) in tasks {
            if let Ok(number) = of_extreme.binary_search(&group) {
                own.extreme.push((number, tasks as f64));
            } else {
                own.between.push((group, tasks as f64));
                own.tasks += tasks as f64;
            }
        }
        own
    }
}

impl Observed for ClusterCounts {
    fn distinct(&self) -> usize {
        self.distinct.iter().map(|own| own.between.len() + own.extreme.len()).sum()
    }
}

/// Places of the mean of a cluster: at the middles of equal parts of a quarter turn (`mixture::share`); in the first
/// and in the last part, where a Beta may have a pole, at half of the part's last mean, and next to 0 and 1 themselves.
pub struct Nodes {
    turns: Vec<f64>,
    /// The logarithms of the mean and of its complement.
    ln: Vec<[f64; 2]>,
    /// Both, side by side.
    both: Vec<[Lanes; 2]>,
    /// The mean at the end of the first part.
    edge: f64,
}

impl Nodes {
    /// On this scale the mean of so many attempts has a standard error of 1 / (pi sqrt(attempts)) at most, wherever it
    /// is: about one part.
    fn new(attempts: f64) -> Self {
        let wanted = (PI * sqrt(attempts)).clamp(FEWEST_NODES, MOST_NODES);
        let count = LANES * ceil(wanted / LANES as f64) as usize;
        let edge = share(1.0 / (count - 2) as f64);
        let below = |node: usize| match node {
            0 => POLE,
            1 => asin(sqrt(0.5 * edge)) / FRAC_PI_2,
            _ => (node as f64 - 0.5) / (count - 2) as f64,
        };
        let turn = |node: usize| if node < count / 2 { below(node) } else { 1.0 - below(count - 1 - node) };
        let turns: Vec<f64> = (0..count).map(turn).collect();
        let both = |node: usize| [node, count - 1 - node].map(|node| share(turns[node]));
        let ln = (0..count).map(|node| both(node).map(log)).collect();
        let lanes = |first: usize| [0, 1].map(|of| each(|lane| both(first + lane)[of]));
        let both = (0..count).step_by(LANES).map(lanes).collect();
        Self { turns, ln, both, edge }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.turns.len()
    }

    /// Where the means are that a node stands for, at a share of all of them.
    pub fn turn(&self, node: usize, share: f64) -> f64 {
        let last = self.count() - 1;
        if node == 0 || node == last { self.turns[node] } else { (node as f64 - 1.0 + share) / (last - 1) as f64 }
    }

    /// The probabilities of the nodes under a Beta: its density at the middles of parts. In the first and in the last
    /// part the density is that of a power, with the other factor at the mean that the power has there, and the node
    /// next to it and the one within have that mean.
    pub fn probabilities(&self, shape: [f64; 2]) -> Vec<f64> {
        let [a, b] = shape.map(|x| x.max(1e-300));
        let last = self.count() - 1;
        let width = log(PI / (last - 1) as f64);
        let mut found: Vec<f64> =
            self.ln.iter().map(|[mean, rest]| width + (a - 0.5) * mean + (b - 0.5) * rest).collect();
        for (a, b, pole, within) in [(a, b, 0, 1), (b, a, last, last - 1)] {
            let all = a * log(self.edge) - log(a) + (b - 1.0) * log1p(-self.edge * a / (a + 1.0));
            let share = (2.0 * a / (a + 1.0)).min(1.0);
            (found[pole], found[within]) = (all + log1p(-share), all + log(share));
        }
        let top = found.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        found.iter_mut().for_each(|x| *x = exp(*x - top));
        let sum: f64 = found.iter().sum();
        found.iter_mut().for_each(|x| *x /= sum);
        found
    }
}

/// What the counts of every cluster say at every node, where rates vary so much within a cluster.
pub struct Within<'a> {
    seen: &'a ClusterCounts,
    /// Of the counts that no mass explains, cluster by cluster.
    between: Vec<Lanes>,
    /// Of each extreme count, by nodes.
    extreme: Vec<Lanes>,
}

impl<'a> Within<'a> {
    /// At an intra-class correlation within clusters.
    pub fn new(seen: &'a ClusterCounts, icc: f64, control: &Control) -> Result<Self> {
        let betas: Vec<[f64; 2]> = seen.means.turns.iter().map(|&turn| shape(turn, icc)).collect();
        let all = LnLikelihoods::new(&seen.counts, &betas, control)?;
        let extreme = all.lanes().flat_map(|counts| seen.extreme.iter().map(|&(group, _)| counts[group])).collect();
        let mut between = Vec::with_capacity(seen.distinct.len() * betas.len() / LANES);
        for own in &seen.distinct {
            control.check()?;
            for counts in all.lanes() {
                let mut sum = [0.0; LANES];
                for &(group, tasks) in &own.between {
                    sum = each(|lane| sum[lane] + tasks * counts[group][lane]);
                }
                between.push(sum);
            }
        }
        Ok(Self { seen, between, extreme })
    }

    /// With these shares of tasks at 0 and at 1: how likely the counts of each distinct cluster are at every node, as a
    /// part of where they are likeliest, cluster by cluster and then ones; and the sum of the logarithms of the
    /// likeliest.
    pub fn likelihoods(&self, masses: [f64; 2]) -> (Vec<f64>, f64) {
        let mut found = self.seen.ones(&self.seen.means);
        let top = dispatch(Likelihoods { within: self, masses, found: &mut found });
        (found, top)
    }
}

struct Likelihoods<'a> {
    within: &'a Within<'a>,
    masses: [f64; 2],
    found: &'a mut [f64],
}

impl Kernel for Likelihoods<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let Self { within: &Within { seen, ref between, ref extreme }, masses, found } = self;
        let rest = 1.0 - masses[0] - masses[1];
        let ln_rest = ln(rest);
        let (nodes, counts) = (seen.means.count(), seen.extreme.len());
        let mut mixed = vec![[0.0; LANES]; extreme.len()];
        for (at, (mixed, likely)) in mixed.iter_mut().zip(extreme).enumerate() {
            let mass = masses[seen.extreme[at % counts].1];
            // Without a mass a count may be so unlikely that it is no float.
            *mixed = if mass > 0.0 {
                each(|lane| ln(mass + rest * exp(likely[lane])))
            } else {
                each(|lane| ln_rest + likely[lane])
            };
        }
        let mut all = 0.0;
        let clusters = seen.distinct.iter().zip(&seen.times).zip(between.chunks_exact(nodes / LANES));
        for (((own, times), between), row) in clusters.zip(found.chunks_exact_mut(nodes)) {
            for (some, (between, row)) in between.iter().zip(row.chunks_exact_mut(LANES)).enumerate() {
                let mut sum = each(|lane| between[lane] + own.tasks * ln_rest);
                for &(number, tasks) in &own.extreme {
                    let mixed = &mixed[some * counts + number];
                    sum = each(|lane| sum[lane] + tasks * mixed[lane]);
                }
                row.copy_from_slice(&sum);
            }
            all += times * over_largest(row);
        }
        all
    }
}

/// What logarithms stand for, as parts of the largest; its logarithm.
#[inline(always)]
fn over_largest(row: &mut [f64]) -> f64 {
    let mut largest = [f64::NEG_INFINITY; LANES];
    for some in row.chunks_exact(LANES) {
        largest = each(|lane| if some[lane] > largest[lane] { some[lane] } else { largest[lane] });
    }
    let top = largest.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|x| *x = exp(*x - top));
    top
}

/// Where tasks are of two sorts, of which each cluster has its own shares: nodes are those of the share of the first.
struct OfSorts<'a> {
    seen: &'a ClusterCounts,
    /// The logarithms of how likely each distinct count is for each sort.
    sorts: [&'a [f64]; 2],
    found: &'a mut [f64],
}

impl Kernel for OfSorts<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let Self { seen, sorts: [first, second], found } = self;
        let (nodes, groups) = (seen.shares.count(), first.len());
        let mut mixed = vec![[0.0; LANES]; nodes / LANES * groups];
        for (shares, mixed) in seen.shares.both.iter().zip(mixed.chunks_exact_mut(groups)) {
            for ((&first, &second), mixed) in first.iter().zip(second).zip(mixed) {
                let larger = if first > second { first } else { second };
                let [one, other] = [exp(first - larger), exp(second - larger)];
                *mixed = each(|lane| larger + ln(shares[0][lane] * one + shares[1][lane] * other));
            }
        }
        let mut all = 0.0;
        for ((own, times), row) in seen.distinct.iter().zip(&seen.times).zip(found.chunks_exact_mut(nodes)) {
            for (mixed, row) in mixed.chunks_exact(groups).zip(row.chunks_exact_mut(LANES)) {
                let mut sum = [0.0; LANES];
                for &(group, tasks) in &own.between {
                    sum = each(|lane| sum[lane] + tasks * mixed[group][lane]);
                }
                for &(number, tasks) in &own.extreme {
                    let mixed = &mixed[seen.extreme[number].0];
                    sum = each(|lane| sum[lane] + tasks * mixed[lane]);
                }
                row.copy_from_slice(&sum);
            }
            all += times * over_largest(row);
        }
        all
    }
}

/// The logarithm of how likely the counts are when the means of clusters have the probabilities of each lane.
struct OverMeans<'a> {
    /// Node by node.
    probabilities: &'a [Lanes],
    /// Those of `Within::likelihoods`, and how many clusters have each.
    likelihoods: &'a [f64],
    times: &'a [f64],
}

impl Kernel for OverMeans<'_> {
    type Output = Lanes;

    #[inline(always)]
    fn run(self) -> Lanes {
        let nodes = self.probabilities.len();
        let mut all = [0.0; LANES];
        for (rows, times) in self.likelihoods.chunks_exact(ROWS * nodes).zip(self.times.chunks_exact(ROWS)) {
            let mut sums = [[0.0; LANES]; ROWS];
            for (node, probabilities) in self.probabilities.iter().enumerate() {
                for row in 0..ROWS {
                    let likely = rows[row * nodes + node];
                    for lane in 0..LANES {
                        sums[row][lane] += likely * probabilities[lane];
                    }
                }
            }
            for (sum, times) in sums.iter().zip(times) {
                for lane in 0..LANES {
                    // Means that are next to one another, far from those that the counts tell.
                    all[lane] += times * ln(if sum[lane] > f64::MIN_POSITIVE { sum[lane] } else { f64::MIN_POSITIVE });
                }
            }
        }
        all
    }
}

/// The least spread of the means of clusters that such nodes tell: half a part.
pub const LEAST_SPREAD: f64 = FRAC_PI_2 / FEWEST_NODES;
