//! Equally likely populations of a rate: what counts by task say of its mean over tasks and of its spread.
//!
//! The posterior of `task_rates` (prior: Jeffreys for the mean, uniform for the intra-class correlation) on a fine grid of
//! the two logits. The draws are its values at a low-discrepancy sequence of points of the unit square, so that a few
//! hundred stand for the posterior and no seed is asked for.

use libm::exp;

use super::beta_binomial::Counts;
use super::task_rates::{bounds, heights};
use crate::error::Result;
use crate::run::Control;
use crate::special::softplus;

/// Nodes a side.
const SIDE: usize = 97;
/// The real root of x^5 = x + 1, whose powers make the sequence of four dimensions (Roberts 2018, after Kronecker).
const ROOT: f64 = 1.167_303_978_261_418_7;

/// The mean and the intra-class correlation of `draws` equally likely populations; rates that are known together take
/// different `dimension`s, 0 or 1.
pub fn posterior_draws(
    counts: &Counts,
    draws: usize,
    dimension: i32,
    threads: usize,
    control: &Control,
) -> Result<[Vec<f64>; 2]> {
    let bounds = bounds(counts, threads, control)?;
    let values = heights(counts, bounds, SIDE, threads, control)?;
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let density: Vec<f64> = values.iter().map(|v| exp(v - top)).collect();
    let rows: Vec<Steps> = density.chunks_exact(SIDE).map(Steps::new).collect();
    let mean = Steps::new(&rows.iter().map(|row| row.total).collect::<Vec<f64>>());
    let step = |axis: usize| (bounds[axis][1] - bounds[axis][0]) / (SIDE - 1) as f64;
    let logit = |axis: usize, place: f64| bounds[axis][0] + step(axis) * (place - 0.5);
    let share = |x: f64| exp(-softplus(-x));
    let point = |draw: usize, power: i32| {
        let x = 0.5 + (draw + 1) as f64 * ROOT.powi(-power);
        x - x.floor()
    };
    let mut found = [Vec::with_capacity(draws), Vec::with_capacity(draws)];
    for draw in 0..draws {
        if draw.is_multiple_of(1024) {
            control.check()?;
        }
        let at = mean.inverse(point(draw, 1 + 2 * dimension));
        let row = &rows[(at as usize).min(SIDE - 1)];
        found[0].push(share(logit(0, at)));
        found[1].push(share(logit(1, row.inverse(point(draw, 2 + 2 * dimension)))));
    }
    Ok(found)
}

/// A density that is constant over cells of width 1, the first from 0 to 1.
struct Steps {
    below: Vec<f64>,
    total: f64,
}

impl Steps {
    fn new(heights: &[f64]) -> Self {
        let mut total = 0.0;
        let below = heights.iter().map(|h| {
            total += h;
            total
        });
        Self { below: below.collect(), total }
    }

    /// The place with so much of it below.
    fn inverse(&self, share: f64) -> f64 {
        let wanted = share * self.total;
        let cell = self.below.partition_point(|&below| below <= wanted).min(self.below.len() - 1);
        let before = if cell == 0 { 0.0 } else { self.below[cell - 1] };
        let mass = self.below[cell] - before;
        cell as f64 + if mass > 0.0 { ((wanted - before) / mass).clamp(0.0, 1.0) } else { 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(of: &[f64], errors: &[f64], count: usize) -> [Vec<f64>; 2] {
        let control = Control::default();
        let counts = Counts::new(of, errors, None, &control).expect("counts");
        posterior_draws(&counts, count, 0, 1, &control).expect("not cancelled")
    }

    /// Against the posterior on a plain grid of 1,000 x 1,000: means and shares below some values.
    #[test]
    fn the_draws_are_the_posterior() {
        let (of, errors) = ([10.0, 4.0, 25.0], [1.0, 0.0, 9.0]);
        let [mean, icc] = draws(&of, &errors, 4000);
        let (mut all, mut sums, mut below) = (0.0, [0.0; 2], [0.0; 2]);
        for i in 0..1000 {
            let m = libm::sin((f64::from(i) + 0.5) / 1000.0 * std::f64::consts::FRAC_PI_2);
            let m = m * m;
            for j in 0..1000 {
                let r = (f64::from(j) + 0.5) / 1000.0;
                let size = (1.0 - r) / r;
                let rise = |a: f64, n: f64| (0..n as u32).map(|i| a + f64::from(i)).product::<f64>();
                let like: f64 = (0..3)
                    .map(|t| rise(m * size, errors[t]) * rise((1.0 - m) * size, of[t] - errors[t]) / rise(size, of[t]))
                    .product();
                all += like;
                sums[0] += like * m;
                sums[1] += like * r;
                below[0] += if m < 0.1 { like } else { 0.0 };
                below[1] += if r < 0.1 { like } else { 0.0 };
            }
        }
        for (k, found) in [mean, icc].iter().enumerate() {
            let n = found.len() as f64;
            let average = found.iter().sum::<f64>() / n;
            let share = found.iter().filter(|&&x| x < 0.1).count() as f64 / n;
            // The cells of the grid are a tenth of the posterior's width.
            assert!((average - sums[k] / all).abs() < 5e-3, "{k}: {average} {}", sums[k] / all);
            assert!((share - below[k] / all).abs() < 1e-2, "{k}: {share} {}", below[k] / all);
        }
    }

    /// One answer a task and no error: Jeffreys' Beta(1/2, 60 + 1/2).
    #[test]
    fn no_error_is_not_a_rate_of_zero() {
        let [mean, _] = draws(&[1.0; 60], &[0.0; 60], 2000);
        let mut sorted = mean;
        sorted.sort_by(f64::total_cmp);
        let want = crate::special::incomplete_beta::beta_quantile(0.5, 60.5, 0.975);
        assert!((sorted[1950] / want - 1.0).abs() < 0.05, "{} {want}", sorted[1950]);
        assert!(sorted[0] > 0.0);
    }
}
