//! Growth of a series: least squares of a logarithm on time, in straight pieces that join at breaks, and a bootstrap.
//!
//! `y = a + b t + sum_j d_j max(t - c_j, 0)`. Given breaks are kept; others are the best on a grid of hundredths of the
//! span, each a tenth of the span or more from its ends and from one another (the trimming of Bai and Perron,
//! Econometrica 66, 1998). A resample draws runs, or whole clusters of them, with replacement. Its distance from the
//! estimate is then multiplied by `sqrt(n / chi2)`, a chi-squared number with as many degrees of freedom as are left: the
//! plain percentile interval is too narrow in small samples (Hesterberg, The American Statistician 69, 2015, section
//! 3.1.2), and where scatter is normal this makes it Student's.
//!
//! Where only the largest runs of their time are fitted, a resample draws from all runs and chooses anew: whether a run is
//! among the largest depends on the others, so that the chosen ones are not independent.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use libm::{log, sqrt};
use rand_core::RngCore;

use super::pass_rates::Bootstrap;
use crate::error::{Error, Result};
use crate::rng::{Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::special::cholesky::{backward, factorise, forward};
use crate::special::normal::normal_quantile;

/// The most breaks.
pub const BREAKS: usize = 2;
/// Coefficients of the most breaks: a, b, then d of each.
const MOST: usize = BREAKS + 2;
/// Cells of the grid of breaks, and how many a piece spans at least.
const CELLS: usize = 100;
const APART: usize = 10;
/// Resamples that cannot be fitted are drawn again, at most so often.
const ATTEMPTS: usize = 1000;

/// Dates and logarithms of a series.
#[derive(Debug)]
pub struct Series<'a> {
    /// Years from the base year.
    pub years: &'a [f64],
    /// Natural logarithms of the values.
    pub logs: &'a [f64],
    /// The cluster of each run, from 0 without gaps.
    pub cluster: &'a [usize],
}

/// Runs that are fitted, where not all are: those among the largest when they came, within the dates asked for.
#[derive(Debug)]
pub struct Chosen<'a> {
    /// Among how many largest.
    pub largest: usize,
    /// Whether the date of a run is asked for.
    pub within: &'a [bool],
}

/// How many copies of each run are among the `largest` when they come: fewer than so many runs before are as large.
///
/// Runs stand in order of time; `copies` says how often each is there.
pub fn among_largest(logs: &[f64], copies: &[f64], largest: usize) -> Vec<f64> {
    // The largest so far, the least of them on top. Finite numbers keep their order as integers.
    let order = |x: f64| if x < 0.0 { !x.to_bits() } else { x.to_bits() | 1 << 63 };
    let mut top: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
    let kept = |(&log, &copies): (&f64, &f64)| -> f64 {
        let (value, mut kept) = (order(log), 0.0);
        while kept < copies {
            if top.len() == largest {
                if top.peek().is_some_and(|least| least.0 >= value) {
                    break;
                }
                top.pop();
            }
            top.push(Reverse(value));
            kept += 1.0;
        }
        kept
    };
    logs.iter().zip(copies).map(kept).collect()
}

/// Where the pieces join.
#[derive(Debug, Clone)]
pub enum Breaks {
    /// So many, wherever they fit best.
    Count(usize),
    /// At these times, rising.
    At(Vec<f64>),
}

/// A fit: the last piece at time 0, the slope of each piece, and where they join.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// ln of the last piece at time 0.
    pub level: f64,
    /// Slopes, the last piece's last.
    pub slopes: Vec<f64>,
    /// Breaks, rising.
    pub breaks: Vec<f64>,
}

impl Trend {
    /// The parts in a row: level, slopes, breaks.
    pub fn row(&self) -> Vec<f64> {
        [&[self.level], self.slopes.as_slice(), self.breaks.as_slice()].concat()
    }

    /// ln of the value at a time.
    pub fn at(&self, t: f64) -> f64 {
        let (last, earlier) = self.slopes.split_last().expect("a trend has a piece");
        let pieces = earlier.iter().zip(&self.slopes[1..]).zip(&self.breaks);
        // Before a break the line turns back by the difference of its slopes.
        pieces.fold(self.level + last * t, |y, ((before, after), at)| y + (after - before) * (at - t).max(0.0))
    }
}

/// The estimate and its resamples, a row each.
#[derive(Debug)]
pub struct Growth {
    /// The least-squares fit.
    pub trend: Trend,
    /// Resampled rows of [`Trend::row`].
    pub draws: Vec<Vec<f64>>,
}

/// Fits a series, or what is `chosen` of it, and resamples it.
pub fn fit(
    series: &Series,
    chosen: Option<&Chosen>,
    breaks: &Breaks,
    bootstrap: &Bootstrap,
    threads: usize,
    control: &Control,
) -> Result<Growth> {
    // The weights with which runs are fitted, from how often each is there.
    let fitted = |copies: Vec<f64>| -> Vec<f64> {
        let Some(chosen) = chosen else { return copies };
        let mut kept = among_largest(series.logs, &copies, chosen.largest);
        kept.iter_mut().zip(chosen.within).for_each(|(w, &within)| *w = if within { *w } else { 0.0 });
        kept
    };
    let all = fitted(vec![1.0; series.years.len()]);
    let used = || (0..all.len()).filter(|&i| all[i] > 0.0);
    let grid = Grid::new(&used().map(|i| series.years[i]).collect::<Vec<_>>(), breaks);
    let expected = "spread over more dates (at least two in every piece)";
    let few = || Error::argument("date", expected, "too few of them");
    let trend = grid.fit(series, &all).ok_or_else(few)?;
    let clusters = series.cluster.iter().max().map_or(0, |last| last + 1);
    let mut seen = vec![false; clusters];
    used().for_each(|i| seen[series.cluster[i]] = true);
    let independent = seen.iter().filter(|&&seen| seen).count();
    let freedom = independent as f64 - trend.row().len() as f64;
    if freedom < 1.0 {
        let expected = format!("of at least {} independent runs", trend.row().len() + 1);
        return Err(Error::argument("frame", expected, independent));
    }
    let estimate = trend.row();
    let work = |(): &mut (), index: u64| -> Result<Vec<f64>> {
        control.check()?;
        let mut random = Stream::new(bootstrap.key, 0, purpose::BOOTSTRAP, index).sequence();
        let mut counts = vec![0.0; clusters];
        for _ in 0..ATTEMPTS {
            counts.fill(0.0);
            (0..clusters).for_each(|_| counts[below(&mut random, clusters)] += 1.0);
            let weights = fitted(series.cluster.iter().map(|&c| counts[c]).collect());
            let Some(found) = grid.fit(series, &weights) else { continue };
            let wider = sqrt(independent as f64 / chi_squared(&mut random, freedom));
            let mut row: Vec<f64> =
                found.row().iter().zip(&estimate).map(|(x, centre)| centre + wider * (x - centre)).collect();
            // A break stays between the dates.
            let first = 1 + trend.slopes.len();
            row[first..].iter_mut().for_each(|c| *c = c.clamp(grid.first, grid.last));
            control.advance(1);
            return Ok(row);
        }
        Err(few())
    };
    let mut draws = Vec::new();
    run(bootstrap.resamples, threads, control, || (), work, |row| draws.push(row))?;
    Ok(Growth { trend, draws })
}

/// A whole number below `n`, each as likely up to n / 2^64.
fn below(random: &mut Sequence, n: usize) -> usize {
    ((u128::from(random.next_u64()) * n as u128) >> 64) as usize
}

/// A chi-squared number: exponential ones in pairs of degrees of freedom, and a square where one is left.
fn chi_squared(random: &mut Sequence, freedom: f64) -> f64 {
    let pairs = (0.5 * freedom).floor() as usize;
    let mut sum = 0.0;
    for _ in 0..pairs {
        sum -= 2.0 * log(random.open01());
    }
    if 2.0 * pairs as f64 == freedom { sum } else { sum + normal_quantile(random.open01()).powi(2) }
}

/// The places where breaks may be, and the fit at the best of them.
struct Grid {
    first: f64,
    last: f64,
    places: Vec<f64>,
    breaks: usize,
    fixed: bool,
}

/// Sums over the runs after a place: w, w t, w t^2, w y, w t y.
type Sums = [f64; 5];

impl Grid {
    fn new(years: &[f64], breaks: &Breaks) -> Self {
        let first = years.iter().copied().fold(f64::INFINITY, f64::min);
        let last = years.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match breaks {
            Breaks::At(places) => Self { first, last, places: places.clone(), breaks: places.len(), fixed: true },
            Breaks::Count(0) => Self { first, last, places: Vec::new(), breaks: 0, fixed: true },
            Breaks::Count(breaks) => {
                let cell = (last - first) / CELLS as f64;
                let places = (APART..=CELLS - APART).map(|i| first + cell * i as f64).collect();
                Self { first, last, places, breaks: *breaks, fixed: false }
            }
        }
    }

    /// The best fit; none where the runs do not determine it.
    fn fit(&self, series: &Series, weights: &[f64]) -> Option<Trend> {
        let (total, t, y) = series
            .years
            .iter()
            .zip(series.logs)
            .zip(weights)
            .fold((0.0, 0.0, 0.0), |(total, t, y), ((year, log), w)| (total + w, t + w * year, y + w * log));
        let centre = [t / total, y / total];
        // Sums beyond each place, of centred numbers; the first are those of all.
        let mut beyond = vec![[0.0; 5]; self.places.len() + 1];
        for ((year, log), &w) in series.years.iter().zip(series.logs).zip(weights) {
            let (t, y) = (year - centre[0], log - centre[1]);
            let cell = self.places.partition_point(|&place| place < *year);
            let added = [w, w * t, w * t * t, w * y, w * t * y];
            beyond[cell].iter_mut().zip(added).for_each(|(sum, x)| *sum += x);
        }
        for i in (1..beyond.len()).rev() {
            let later = beyond[i];
            beyond[i - 1].iter_mut().zip(later).for_each(|(sum, x)| *sum += x);
        }
        let spread = beyond[0][2];
        if spread.is_nan() || spread <= 1e-12 * (self.last - self.first).powi(2) * total {
            return None;
        }
        let places: Vec<f64> = self.places.iter().map(|place| place - centre[0]).collect();
        let solved = |chosen: &[usize]| solve(&beyond, &places, chosen);
        let (chosen, solution) = match (self.fixed, self.breaks) {
            (true, n) => ((0..n).collect::<Vec<_>>(), solved(&(0..n).collect::<Vec<_>>())?.0),
            (false, 1) => best((0..places.len()).map(|i| vec![i]), solved)?,
            (false, _) => {
                let pairs = (0..places.len()).flat_map(|i| (i + APART..places.len()).map(move |j| vec![i, j]));
                best(pairs, solved)?
            }
        };
        let mut slopes = vec![solution[1]];
        for (j, _) in chosen.iter().enumerate() {
            slopes.push(slopes[j] + solution[j + 2]);
        }
        // The last piece at the centre, then at time 0.
        let turned: f64 = chosen.iter().enumerate().map(|(j, &at)| solution[j + 2] * places[at]).sum();
        let level = centre[1] + solution[0] - turned - slopes[chosen.len()] * centre[0];
        Some(Trend { level, slopes, breaks: chosen.iter().map(|&at| self.places[at]).collect() })
    }
}

/// The choice of places that explains most, and its coefficients.
fn best(
    choices: impl Iterator<Item = Vec<usize>>,
    solved: impl Fn(&[usize]) -> Option<([f64; MOST], f64)>,
) -> Option<(Vec<usize>, [f64; MOST])> {
    let mut found: Option<(Vec<usize>, [f64; MOST], f64)> = None;
    for choice in choices {
        let Some((solution, explained)) = solved(&choice) else { continue };
        if found.as_ref().is_none_or(|(_, _, most)| explained > *most) {
            found = Some((choice, solution, explained));
        }
    }
    found.map(|(choice, solution, _)| (choice, solution))
}

/// Coefficients of 1, t and the hinges at the chosen places, and how much of the sum of squares they explain.
///
/// Cholesky of the normal equations, whose diagonal must not fall to a 1e-9 of itself: each hinge needs runs beyond it
/// that the rest does not explain.
fn solve(beyond: &[Sums], places: &[f64], chosen: &[usize]) -> Option<([f64; MOST], f64)> {
    let n = chosen.len() + 2;
    let (mut matrix, mut right) = ([[0.0; MOST]; MOST], [0.0; MOST]);
    let [total, t, tt, y, ty] = beyond[0];
    (matrix[0][0], matrix[1][0], matrix[1][1]) = (total, t, tt);
    (right[0], right[1]) = (y, ty);
    for (j, &at) in chosen.iter().enumerate() {
        let ([w, t, tt, y, ty], c) = (beyond[at + 1], places[at]);
        matrix[j + 2][0] = t - c * w;
        matrix[j + 2][1] = tt - c * t;
        right[j + 2] = ty - c * y;
        for (i, &earlier) in chosen[..=j].iter().enumerate() {
            let before = places[earlier];
            matrix[j + 2][i + 2] = tt - (c + before) * t + c * before * w;
        }
    }
    // Coefficients that are not asked for: each is 0, whatever the others are.
    (n..MOST).for_each(|i| matrix[i][i] = 1.0);
    factorise(&mut matrix, |entry, rest| (rest > 1e-9 * entry && rest > 0.0).then_some(rest)).ok()?;
    forward(&matrix, &mut right);
    let explained = right.iter().map(|x| x * x).sum();
    backward(&matrix, &mut right);
    Some((right, explained))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::exact::bootstrap::Resample;

    fn bootstrap(resamples: u64) -> Bootstrap {
        Bootstrap { resample: Resample::Tasks, resamples, confidence: 0.95, key: [1, 2] }
    }

    #[test]
    fn lines_with_breaks_are_found() {
        let years: Vec<f64> = (0..=200).map(|i| 0.05 * f64::from(i) - 6.0).collect();
        for breaks in [vec![], vec![-2.0], vec![-4.0, 1.0]] {
            let truth = Trend { level: 3.0, slopes: [1.5, -0.5, 0.7][..=breaks.len()].to_vec(), breaks };
            let logs: Vec<f64> = years.iter().map(|&t| truth.at(t)).collect();
            let cluster: Vec<usize> = (0..years.len()).collect();
            let series = Series { years: &years, logs: &logs, cluster: &cluster };
            for breaks in [Breaks::Count(truth.breaks.len()), Breaks::At(truth.breaks.clone())] {
                let found = fit(&series, None, &breaks, &bootstrap(3), 1, &Control::default()).expect("a fit");
                for row in found.draws.iter().chain([&found.trend.row()]) {
                    row.iter().zip(truth.row()).for_each(|(x, want)| assert!((x - want).abs() < 1e-9, "{row:?}"));
                }
            }
        }
    }

    #[test]
    fn copies_count_as_runs_of_their_own() {
        let logs = [-3.0, -2.0, -2.5, 1.0, 1.0, 0.5, 2.0];
        assert_eq!(among_largest(&logs, &[1.0; 7], 1), [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(among_largest(&logs, &[1.0; 7], 2), [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0]);
        assert_eq!(among_largest(&logs, &[0.0, 3.0, 1.0, 1.0, 0.0, 2.0, 2.0], 2), [0.0, 2.0, 0.0, 1.0, 0.0, 1.0, 2.0]);
    }

    #[test]
    fn chi_squared_has_its_mean_and_variance() {
        let mut random = Stream::new([3, 4], 0, purpose::BOOTSTRAP, 0).sequence();
        for freedom in [1.0, 2.0, 5.0, 8.0] {
            let n = 40_000;
            let all: Vec<f64> = (0..n).map(|_| chi_squared(&mut random, freedom)).collect();
            let mean = all.iter().sum::<f64>() / f64::from(n);
            let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
            // Standard errors: sqrt(2 f / n), and of the variance 2 f sqrt((2 + 12 / f) / n).
            assert!((mean - freedom).abs() < 5.0 * (2.0 * freedom / f64::from(n)).sqrt());
            assert!((variance / (2.0 * freedom) - 1.0).abs() < 5.0 * ((2.0 + 12.0 / freedom) / f64::from(n)).sqrt());
        }
    }

    #[test]
    fn what_dates_cannot_tell_is_refused() {
        let cluster = [0, 1, 2, 3];
        let logs = [1.0, 2.0, 1.5, 3.0];
        let same = Series { years: &[1.0; 4], logs: &logs, cluster: &cluster };
        assert!(fit(&same, None, &Breaks::Count(0), &bootstrap(1), 1, &Control::default()).is_err());
        let two = Series { years: &[0.0, 1.0], logs: &logs[..2], cluster: &cluster[..2] };
        assert!(fit(&two, None, &Breaks::Count(0), &bootstrap(1), 1, &Control::default()).is_err());
    }
}
