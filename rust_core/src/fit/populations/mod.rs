//! Equally likely populations of a rate: what counts by task say of it, under three shapes.
//!
//! A Beta, a Beta beside masses at 0 and at 1 (tasks that never and that always succeed), and two Betas (two sorts of
//! tasks). The shapes are as likely as each other beforehand. Prior: Jeffreys for the mean of a Beta, uniform for its
//! intra-class correlation or, of each of two Betas, for its root (Gelman 2006: for a standard deviation), Dirichlet(1/2,
//! 1/2, 1) for the shares at 0, at 1 and between, Jeffreys for the share of one of two Betas. The posterior is taken at the middles of the cells of a grid in coordinates in which the prior is bounded;
//! the draws are its values at a low-discrepancy sequence of points, so that a few hundred stand for it and no seed is
//! asked for.
//!
//! One attempt of each task says nothing of how rates are spread. A third of the populations then have one rate for all
//! tasks, and a third rates of 0 and 1 only: the ends between which pass@k of all others lies. A third are Betas between.

mod cluster_counts;
mod cluster_shapes;
mod cluster_sorts;
mod clusters;
mod draws;
mod grid;
mod inflated;
mod lanes;
mod likelihoods;
mod mixture;
mod two_betas;

pub use clusters::ClusterPopulations;
use draws::{FIRST, ONE_RATE, Weighed, drawn, point};
use grid::Grid;
use inflated::{Inflated, Plain};
pub use mixture::BetaMixture;
use two_betas::TwoBetas;

use super::beta_binomial::{Counts, Group};
use super::identification::{Reason, open};
use crate::error::Result;
use crate::run::Control;
use crate::special::incomplete_beta::beta_quantile;

/// The intra-class correlation advances by the parts of the roots of 5, 7 and 11, where nothing tells it.
const CORRELATION: [f64; 3] = [0.236_067_977_499_789_7, 0.645_751_311_064_590_6, 0.316_624_790_355_399_8];

/// So many equally likely populations; rates that are known together take different `dimension`s, 0, 1 or 2.
pub fn population_draws(
    counts: &Counts,
    draws: usize,
    dimension: usize,
    threads: usize,
    control: &Control,
) -> Result<Vec<BetaMixture>> {
    let first = |draw: usize| point(draw, FIRST[dimension]);
    let sum = |of: fn(&Group) -> f64| counts.groups.iter().map(|g| g.tasks * of(g)).sum::<f64>();
    let [trials, seen] = [sum(|g| g.attempts), sum(|g| g.correct)];
    if trials > 0.0 && open(counts, false) == Some(Reason::OneAttempt) {
        let spread = |draw: usize| {
            let mean = beta_quantile(seen + 0.5, trials - seen + 0.5, first(draw));
            let (size, spread) = match draw % 3 {
                0 => (ONE_RATE, 0.0),
                1 => (1.0, 1.0),
                _ => (1.0 / point(draw / 3, CORRELATION[dimension]) - 1.0, 0.0),
            };
            BetaMixture::inflated([mean * size, (1.0 - mean) * size], spread * (1.0 - mean), spread * mean)
        };
        return Ok((0..draws).map(spread).collect());
    }
    let plain = Grid::<Plain>::new(counts, threads, control)?;
    let inflated = Grid::<Inflated>::new(counts, threads, control)?;
    let two_betas = Grid::<TwoBetas>::new(counts, threads, control)?;
    let shapes: [&dyn Weighed<BetaMixture>; 3] = [&plain, &inflated, &two_betas];
    Ok((0..draws).map(drawn(&shapes, dimension)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Sequence, Stream};
    use crate::variates::beta;

    fn draws(of: &[f64], seen: &[f64], count: usize) -> Vec<BetaMixture> {
        let control = Control::default();
        let counts = Counts::new(of, seen, None, &control).expect("counts");
        population_draws(&counts, count, 0, 1, &control).expect("not cancelled")
    }

    fn mean(values: impl Iterator<Item = f64>) -> f64 {
        let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        sum / count
    }

    /// Against draws of the prior, a third of each shape, weighted by the likelihood of the counts.
    #[test]
    fn the_draws_are_the_posterior() {
        let (of, seen) = ([10.0, 4.0, 25.0, 6.0, 6.0, 8.0], [1.0, 0.0, 9.0, 6.0, 0.0, 5.0]);
        let found = draws(&of, &seen, 20_000);
        let mut random = Stream::new([3, 4], 0, 99, 0).sequence();
        let (mut all, mut sums) = (0.0, [0.0; 7]);
        let moment = |p: &BetaMixture, k: i32| {
            let of_beta =
                |[a, b]: [f64; 2]| (0..k).map(|i| (a + f64::from(i)) / (a + b + f64::from(i))).product::<f64>();
            p.one + p.betas.iter().map(|&(share, shape)| share * of_beta(shape)).sum::<f64>()
        };
        let values = |p: &BetaMixture| {
            let shapes = [p.zero > 0.0 || p.one > 0.0, p.betas[1].0 > 0.0].map(f64::from);
            [shapes[0], shapes[1], p.zero, p.one, p.betas[1].0, moment(p, 1), moment(p, 8)]
        };
        let jeffreys = |random: &mut Sequence| beta([0.5, 0.5], random);
        for trial in 0..600_000 {
            let two = trial % 3 == 2;
            let shape = |mean: f64, random: &mut Sequence| {
                let icc = if two { random.open01().powi(2) } else { random.open01() };
                [mean, 1.0 - mean].map(|of| of * (1.0 - icc) / icc)
            };
            let mut means = [jeffreys(&mut random), jeffreys(&mut random)];
            let first = shape(means[0], &mut random);
            let of_prior = match trial % 3 {
                0 => BetaMixture::inflated(first, 0.0, 0.0),
                1 => {
                    let zero = beta([0.5, 1.5], &mut random);
                    BetaMixture::inflated(first, zero, (1.0 - zero) * beta([0.5, 1.0], &mut random))
                }
                _ => {
                    means.sort_by(|a, b| b.total_cmp(a));
                    let [first, second] = means.map(|mean| shape(mean, &mut random));
                    let own = jeffreys(&mut random);
                    BetaMixture { zero: 0.0, one: 0.0, betas: [(own, first), (1.0 - own, second)] }
                }
            };
            let rise = |a: f64, n: f64| (0..n as u32).map(|i| a + f64::from(i)).product::<f64>();
            let task = |(n, c): (f64, f64)| {
                let between = |[a, b]: [f64; 2]| rise(a, c) * rise(b, n - c) / rise(a + b, n);
                let never = if c == 0.0 { of_prior.zero } else { 0.0 };
                let always = if c == n { of_prior.one } else { 0.0 };
                never + always + of_prior.betas.iter().map(|&(share, shape)| share * between(shape)).sum::<f64>()
            };
            let like: f64 = of.iter().copied().zip(seen).map(task).product();
            all += like;
            sums.iter_mut().zip(values(&of_prior)).for_each(|(sum, value)| *sum += like * value);
        }
        for (at, sum) in sums.iter().enumerate() {
            let found = mean(found.iter().map(|p| values(p)[at]));
            // The weighted draws have a standard error of about .002; cells are half as wide as the posterior.
            assert!((found - sum / all).abs() < 1e-2, "{at}: {found} {}", sum / all);
        }
    }

    /// Few tasks of two sorts show that there are two, and how many of each.
    #[test]
    fn few_tasks_of_two_sorts_tell_both() {
        let mut random = Stream::new([5, 7], 0, 99, 0).sequence();
        for (n, enough) in [(5, 0.5), (20, 0.99)] {
            let count = |task: u32, random: &mut Sequence| {
                crate::variates::binomial(n, if task.is_multiple_of(2) { 0.02 } else { 0.7 }, random) as f64
            };
            let seen: Vec<f64> = (0..164).map(|task| count(task, &mut random)).collect();
            let found = draws(&vec![n as f64; 164], &seen, 500);
            let two: Vec<&BetaMixture> = found.iter().filter(|p| p.betas[1].0 > 0.0).collect();
            assert!(two.len() as f64 > enough * 500.0, "{n}: {}", two.len());
            for (value, truth) in [
                (mean(two.iter().map(|p| p.betas[0].0)), 0.5),
                (mean(two.iter().map(|p| p.betas[0].1[0] / (p.betas[0].1[0] + p.betas[0].1[1]))), 0.7),
            ] {
                // Five standard errors of a share of 164 tasks.
                assert!((value - truth).abs() < 0.2, "{n}: {value} {truth}");
            }
        }
    }

    /// Many tasks tell the shares of both masses, and that they are there: also where the posterior is a narrow ridge.
    #[test]
    fn many_tasks_tell_the_masses() {
        let mut random = Stream::new([5, 6], 0, 99, 0).sequence();
        for (shape, [zero, one], tasks, n) in [
            ([2.0, 2.0], [0.3, 0.2], 2000, 50),
            ([1.0, 49.0], [0.3, 0.1], 5000, 300),
            ([20.0, 980.0], [0.3, 0.3], 2000, 400),
        ] {
            let population = BetaMixture::inflated(shape, zero, one);
            let count = |random: &mut Sequence| crate::variates::binomial(n, population.draw(random), random);
            let seen: Vec<f64> = (0..tasks).map(|_| count(&mut random) as f64).collect();
            let found = draws(&vec![n as f64; tasks], &seen, 500);
            assert!(found.iter().all(|p| p.zero > 0.0), "a Beta alone");
            // Five standard errors of a share of the tasks: false alarms below 1e-6.
            let errors = [zero, one].map(|share| libm::sqrt(share * (1.0 - share) / tasks as f64));
            let got = [mean(found.iter().map(|p| p.zero)) - zero, mean(found.iter().map(|p| p.one)) - one];
            assert!(got.iter().zip(errors).all(|(got, error)| got.abs() < 5.0 * error), "{shape:?} {got:?} {errors:?}");
            let spread = libm::sqrt(mean(found.iter().map(|p| (p.zero - zero - got[0]) * (p.zero - zero - got[0]))));
            assert!(spread > 0.5 * errors[0] && spread < 2.5 * errors[0], "{shape:?} {spread} {errors:?}");
        }
    }

    /// One attempt each: a third of the populations have one rate, a third rates of 0 and 1, and a third are between.
    #[test]
    fn one_attempt_each_leaves_the_spread_open() {
        let mut random = Stream::new([7, 8], 0, 99, 0).sequence();
        let found = draws(&[1.0; 40], &[vec![1.0; 10], vec![0.0; 30]].concat(), 400);
        for (at, population) in found.iter().enumerate() {
            let rates: Vec<f64> =
                (0..40).map(|task| population.posterior(1.0, f64::from(task < 10)).draw(&mut random)).collect();
            let low = rates.iter().copied().fold(1.0, f64::min);
            let high = rates.iter().copied().fold(0.0, f64::max);
            match at % 3 {
                0 => assert!(high - low < 1e-3 && low > 0.02 && high < 0.7, "{low} {high}"),
                1 => assert!(rates.iter().enumerate().all(|(task, &p)| p == f64::from(task < 10)), "{rates:?}"),
                _ => assert!(high > low, "{low} {high}"),
            }
        }
        let sizes: Vec<f64> = found.iter().skip(2).step_by(3).map(|p| p.betas[0].1.iter().sum()).collect();
        // The intra-class correlation is uniform; the discrepancy of 133 such points is below .02.
        assert!((mean(sizes.iter().map(|size| 1.0 / (1.0 + size))) - 0.5).abs() < 0.02);
    }
}
