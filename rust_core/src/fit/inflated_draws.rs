//! Equally likely populations of a rate: what counts by task say of it, under two shapes.
//!
//! A Beta, and a Beta beside masses at 0 and at 1 (tasks that never and that always succeed). The shapes are as likely as
//! each other beforehand. Prior: Jeffreys for the mean of the Beta, uniform for its intra-class correlation, and
//! Dirichlet(1/2, 1/2, 1) for the shares at 0, at 1 and between. The posterior is taken at the middles of the cells of a
//! grid in coordinates in which the prior is bounded; the draws are its values at a low-discrepancy sequence of points, so
//! that a few hundred stand for it and no seed is asked for.
//!
//! One attempt of each task says nothing of how rates are spread. Half of the populations then have one rate for all
//! tasks, and half rates of 0 and 1 only: the ends between which pass@k of all others lies.

use std::f64::consts::FRAC_PI_2;

use libm::{cos, exp, log, sin};

use super::beta_binomial::{Counts, Group, ln_rises};
use super::identification::{Reason, open};
use crate::error::Result;
use crate::rng::Sequence;
use crate::run::{Control, run};
use crate::special::incomplete_beta::beta_quantile;
use crate::variates::beta;

/// Mean and intra-class correlation of the Beta, the share at 0, and that at 1 among the others.
const AXES: usize = 4;
/// Cells along each axis of a Beta, and of one with masses: while the posterior is looked for, and then.
const PLAIN: [[usize; AXES]; 2] = [[25, 25, 1, 1], [65, 65, 1, 1]];
const INFLATED: [[usize; AXES]; 2] = [[9; AXES], [21; AXES]];
/// The posterior, as a logarithm, is cut off this far below its largest value, but this share of the cells is kept: of
/// many tasks it is an oblique ridge, much narrower than a cell of the first boxes.
const DEPTH: f64 = 16.0;
const KEPT: f64 = 0.01;
/// Boxes that are looked at, at most.
const BOXES: usize = 64;
/// Of so few distinct counts the posterior takes less than starting threads for it.
const SPREAD: usize = 16;
/// The first coordinates of the points advance by the parts of the golden ratio and the roots of 2 and 3, one for each
/// dimension; the places within a cell by the powers of the real root of x^13 = x + 1 (Roberts 2018, after Kronecker).
const FIRST: [f64; 3] = [0.618_033_988_749_894_9, 0.414_213_562_373_095_1, 0.732_050_807_568_877_2];
const ROOT: f64 = 1.057_050_575_221_228_5;
/// The sum of the parameters of a Beta that stands for one rate.
const ONE_RATE: f64 = 1e9;

/// A Beta population of a rate beside masses at 0 and at 1: zero-and-one-inflated (Ospina and Ferrari 2010).
#[derive(Debug, Clone, Copy)]
pub struct InflatedBeta {
    shape: [f64; 2],
    zero: f64,
    one: f64,
}

impl InflatedBeta {
    /// At a place of the unit cube: the arcsines of the roots of the shares, in quarters of a turn, and the correlation.
    fn at([mean, icc, zero, one]: [f64; AXES]) -> Self {
        let [size, zero] = [(1.0 - icc) / icc, share(zero)];
        Self { shape: [share(mean) * size, share(1.0 - mean) * size], zero, one: (1.0 - zero) * share(one) }
    }

    /// The rate of a task of which `seen` of `of` attempts had it.
    pub fn rate(&self, of: f64, seen: f64, random: &mut Sequence) -> f64 {
        let &Self { shape: [alpha, beta_], zero, one } = self;
        if zero > 0.0 || one > 0.0 {
            let never = if seen == 0.0 { zero } else { 0.0 };
            let always = if seen == of { one } else { 0.0 };
            let between = (1.0 - zero - one).max(0.0) * exp(ln_rises(alpha, beta_, of, seen));
            let place = random.open01() * (never + always + between);
            if place < never {
                return 0.0;
            }
            if place < never + always {
                return 1.0;
            }
        }
        beta([alpha + seen, beta_ + of - seen].map(|x| x.max(1e-300)), random)
    }
}

fn share(arcsine: f64) -> f64 {
    let root = sin(FRAC_PI_2 * arcsine);
    root * root
}

/// So many equally likely populations; rates that are known together take different `dimension`s, 0, 1 or 2.
pub fn inflated_draws(
    counts: &Counts,
    draws: usize,
    dimension: usize,
    threads: usize,
    control: &Control,
) -> Result<Vec<InflatedBeta>> {
    let point = |draw: usize, step: f64| {
        let x = 0.5 + (draw + 1) as f64 * step;
        x - x.floor()
    };
    let first = |draw: usize| point(draw, FIRST[dimension]);
    let sum = |of: fn(&Group) -> f64| counts.groups.iter().map(|g| g.tasks * of(g)).sum::<f64>();
    let [trials, seen] = [sum(|g| g.attempts), sum(|g| g.correct)];
    if trials > 0.0 && open(counts, false) == Some(Reason::OneAttempt) {
        let extreme = |draw: usize| {
            let mean = beta_quantile(seen + 0.5, trials - seen + 0.5, first(draw));
            let (size, spread) = if draw.is_multiple_of(2) { (ONE_RATE, 0.0) } else { (1.0, 1.0) };
            InflatedBeta { shape: [mean * size, (1.0 - mean) * size], zero: spread * (1.0 - mean), one: spread * mean }
        };
        return Ok((0..draws).map(extreme).collect());
    }
    let of = |cells: [[usize; AXES]; 2]| Posterior::new(counts, cells, threads, control);
    let posteriors = [of(PLAIN)?, of(INFLATED)?];
    let top = posteriors.iter().flat_map(|p| &p.heights).copied().fold(f64::NEG_INFINITY, f64::max);
    let mut mass = 0.0;
    let below: Vec<f64> = posteriors
        .iter()
        .flat_map(|posterior| posterior.heights.iter().map(move |height| posterior.volume() * exp(height - top)))
        .map(|own| {
            mass += own;
            mass
        })
        .collect();
    let drawn = |draw: usize| {
        let wanted = first(draw) * mass;
        let cell = below.partition_point(|&below| below <= wanted).min(below.len() - 1);
        let within = |axis: usize| point(draw, ROOT.powi(-((1 + axis + AXES * dimension) as i32)));
        let [plain, inflated] = &posteriors;
        let place = match cell.checked_sub(plain.heights.len()) {
            None => plain.place(cell, within),
            Some(cell) => inflated.place(cell, within),
        };
        InflatedBeta::at(place)
    };
    Ok((0..draws).map(drawn).collect())
}

/// The logarithm of the posterior density over the cells of a box that holds nearly all of it.
struct Posterior {
    bounds: [[f64; 2]; AXES],
    cells: [usize; AXES],
    heights: Vec<f64>,
}

impl Posterior {
    fn new(counts: &Counts, [coarse, cells]: [[usize; AXES]; 2], threads: usize, control: &Control) -> Result<Self> {
        let bounds = cells.map(|cells| [0.0, if cells > 1 { 1.0 } else { 0.0 }]);
        let mut found = Self { bounds, cells: coarse, heights: Vec::new() };
        for _ in 0..BOXES {
            found.fill(counts, threads, control)?;
            let next = found.narrowed();
            let further = next.iter().zip(found.bounds).any(|(next, now)| {
                // It shrinks, or goes on beyond a side.
                next[1] - next[0] < 0.7 * (now[1] - now[0]) || next[0] < now[0] || next[1] > now[1]
            });
            found.bounds = next;
            if !further {
                break;
            }
        }
        found.cells = cells;
        found.fill(counts, threads, control)?;
        Ok(found)
    }

    /// The place of a share of each side of a cell.
    fn place(&self, cell: usize, within: impl Fn(usize) -> f64) -> [f64; AXES] {
        let mut rest = cell;
        let mut steps = [0; AXES];
        for axis in (0..AXES).rev() {
            (rest, steps[axis]) = (rest / self.cells[axis], rest % self.cells[axis]);
        }
        std::array::from_fn(|axis| {
            let [low, high] = self.bounds[axis];
            low + (high - low) * (steps[axis] as f64 + within(axis)) / self.cells[axis] as f64
        })
    }

    /// Of a cell; an axis without a width does not count.
    fn volume(&self) -> f64 {
        let sides = self.bounds.iter().zip(self.cells).map(|([low, high], cells)| (high - low) / cells as f64);
        sides.filter(|side| *side > 0.0).product()
    }

    fn fill(&mut self, counts: &Counts, threads: usize, control: &Control) -> Result<()> {
        // All cells with one mean at a time.
        let threads = if counts.groups.len() > SPREAD { threads } else { 1 };
        let row = self.cells[1..].iter().product::<usize>();
        let plane = self.cells[2] * self.cells[3];
        let mut heights = Vec::with_capacity(row * self.cells[0]);
        let work = |(): &mut (), mean: u64| {
            let first = mean as usize * row;
            let mut found = Vec::with_capacity(row);
            for start in (first..first + row).step_by(plane) {
                control.check()?;
                let betas = AtBeta::new(counts, InflatedBeta::at(self.place(start, |_| 0.5)).shape);
                found.extend((start..start + plane).map(|cell| self.height(cell, &betas)));
            }
            Ok(found)
        };
        run(self.cells[0] as u64, threads, control, || (), work, |found| heights.extend(found))?;
        self.heights = heights;
        Ok(())
    }

    /// Of the middle of a cell: the likelihood, with the prior of the shares in these coordinates.
    fn height(&self, cell: usize, counts: &AtBeta) -> f64 {
        let place = self.place(cell, |_| 0.5);
        let prior = if self.cells[2] > 1 {
            // The density of each share's arcsine: that of the one at 0 has 2 cos^2, of the other a quarter turn of cos.
            let zero = cos(FRAC_PI_2 * place[2]);
            log(2.0 * zero * zero * FRAC_PI_2 * cos(FRAC_PI_2 * place[3]))
        } else {
            0.0
        };
        let InflatedBeta { zero, one, .. } = InflatedBeta::at(place);
        prior + counts.ln_likelihood(zero, one)
    }

    /// The smallest box that holds the cells near the largest value, and a cell beyond them.
    fn narrowed(&self) -> [[f64; 2]; AXES] {
        let mut sorted = self.heights.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let kept = sorted[((1.0 - KEPT) * (sorted.len() - 1) as f64) as usize];
        let least = kept.min(sorted[sorted.len() - 1] - DEPTH);
        let mut next = [[f64::INFINITY, f64::NEG_INFINITY]; AXES];
        for (cell, _) in self.heights.iter().enumerate().filter(|(_, v)| **v >= least) {
            let [low, high] = [-1.0, 2.0].map(|beyond| self.place(cell, |_| beyond));
            for axis in 0..AXES {
                next[axis] = [next[axis][0].min(low[axis].max(0.0)), next[axis][1].max(high[axis].min(1.0))];
            }
        }
        next
    }
}

/// The counts at a Beta: how likely those are that no mass explains, and each of those that one does.
struct AtBeta {
    between: f64,
    tasks: f64,
    /// Tasks, how likely the count is and its logarithm, and whether all attempts have it.
    extreme: Vec<(f64, [f64; 2], bool)>,
}

impl AtBeta {
    fn new(counts: &Counts, [alpha, beta]: [f64; 2]) -> Self {
        let mut found = Self { between: 0.0, tasks: 0.0, extreme: Vec::new() };
        for group in counts.groups.iter().filter(|g| g.attempts > 0.0) {
            let &Group { attempts, correct, tasks } = group;
            let rise = ln_rises(alpha, beta, attempts, correct);
            if correct == 0.0 || correct == attempts {
                found.extreme.push((tasks, [exp(rise), rise], correct == attempts));
            } else {
                found.between += tasks * rise;
                found.tasks += tasks;
            }
        }
        found
    }

    fn ln_likelihood(&self, zero: f64, one: f64) -> f64 {
        let rest = (1.0 - zero - one).max(0.0);
        let mut all = self.between + if self.tasks > 0.0 { self.tasks * log(rest) } else { 0.0 };
        for &(tasks, [rise, ln_rise], full) in &self.extreme {
            let mass = if full { one } else { zero };
            all += tasks * if mass > 0.0 { log(mass + rest * rise) } else { log(rest) + ln_rise };
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    fn draws(of: &[f64], seen: &[f64], count: usize) -> Vec<InflatedBeta> {
        let control = Control::default();
        let counts = Counts::new(of, seen, None, &control).expect("counts");
        inflated_draws(&counts, count, 0, 1, &control).expect("not cancelled")
    }

    fn mean(values: impl Iterator<Item = f64>) -> f64 {
        let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        sum / count
    }

    /// Against draws of the prior, half of them without masses, weighted by the likelihood of the counts.
    #[test]
    fn the_draws_are_the_posterior() {
        let (of, seen) = ([10.0, 4.0, 25.0, 6.0, 6.0, 8.0], [1.0, 0.0, 9.0, 6.0, 0.0, 5.0]);
        let found = draws(&of, &seen, 20_000);
        let mut random = Stream::new([3, 4], 0, 99, 0).sequence();
        let (mut all, mut sums) = (0.0, [0.0; 5]);
        let values = |p: &InflatedBeta| {
            let [a, b] = p.shape;
            [f64::from(p.zero == 0.0 && p.one == 0.0), a / (a + b), 1.0 / (1.0 + a + b), p.zero, p.one]
        };
        for trial in 0..400_000 {
            let m = beta([0.5, 0.5], &mut random);
            let icc = random.open01();
            let zero = if trial % 2 == 0 { 0.0 } else { beta([0.5, 1.5], &mut random) };
            let one = if trial % 2 == 0 { 0.0 } else { (1.0 - zero) * beta([0.5, 1.0], &mut random) };
            let size = (1.0 - icc) / icc;
            let rise = |a: f64, n: f64| (0..n as u32).map(|i| a + f64::from(i)).product::<f64>();
            let task = |(n, c): (f64, f64)| {
                let between = rise(m * size, c) * rise((1.0 - m) * size, n - c) / rise(size, n);
                let ends = if c == 0.0 {
                    zero
                } else if c == n {
                    one
                } else {
                    0.0
                };
                ends + (1.0 - zero - one) * between
            };
            let like: f64 = of.iter().copied().zip(seen).map(task).product();
            all += like;
            let of_prior = values(&InflatedBeta { shape: [m * size, (1.0 - m) * size], zero, one });
            sums.iter_mut().zip(of_prior).for_each(|(sum, value)| *sum += like * value);
        }
        for (at, sum) in sums.iter().enumerate() {
            let found = mean(found.iter().map(|p| values(p)[at]));
            // The weighted draws have a standard error of about .002; cells are half as wide as the posterior.
            assert!((found - sum / all).abs() < 1e-2, "{at}: {found} {}", sum / all);
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
            let population = InflatedBeta { shape, zero, one };
            let count = |random: &mut Sequence| crate::variates::binomial(n, population.rate(0.0, 0.0, random), random);
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

    /// One attempt each: half of the populations have one rate, half rates of 0 and 1.
    #[test]
    fn one_attempt_each_leaves_the_spread_open() {
        let mut random = Stream::new([7, 8], 0, 99, 0).sequence();
        let found = draws(&[1.0; 40], &[vec![1.0; 10], vec![0.0; 30]].concat(), 400);
        for (at, population) in found.iter().enumerate() {
            let rates: Vec<f64> = (0..40).map(|task| population.rate(1.0, f64::from(task < 10), &mut random)).collect();
            if at % 2 == 0 {
                let low = rates.iter().copied().fold(1.0, f64::min);
                let high = rates.iter().copied().fold(0.0, f64::max);
                assert!(high - low < 1e-3 && low > 0.02 && high < 0.7, "{low} {high}");
            } else {
                assert!(rates.iter().enumerate().all(|(task, &p)| p == f64::from(task < 10)), "{rates:?}");
            }
        }
    }
}
