//! Two systems on shared tasks: the mean difference of what each task gave, its limits, and the test that it is 0.

use libm::sqrt;

use super::simultaneous::{Draws, critical_value};
use crate::error::{Error, Result};
use crate::memory;
use crate::run::{Control, run};
use crate::special::clusters::Sampled;
use crate::special::incomplete_beta::{beta_cdf, beta_tails};
use crate::special::student_t::square_of_t;

/// What every system has in every task at every number of attempts (or whatever the points are).
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// By system, then task, then point; NaN where the task has too few attempts.
    pub values: &'a [f64],
    /// By system, then task: whether the system tried the task.
    pub tried: &'a [bool],
    /// Number of tasks that any system tried.
    pub tasks: usize,
    /// Number of points.
    pub points: usize,
    /// The number of each task's cluster; tasks are sampled by themselves without.
    pub clusters: Option<&'a [f64]>,
}

/// The difference of two systems at one point, over their shared tasks; NaN where it is not known.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    /// Mean of the first system.
    pub first: f64,
    /// Mean of the second.
    pub second: f64,
    /// First less second.
    pub estimate: f64,
    /// Its standard error over tasks.
    pub standard_error: f64,
    /// Lower and upper limit.
    pub limits: [f64; 2],
    /// Limits that hold at all points together.
    pub band: [f64; 2],
    /// Of the test that the mean difference is 0.
    pub p_value: f64,
    /// Shared tasks with too few attempts.
    pub short: usize,
}

/// Two systems at all points.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Tasks that both tried.
    pub tasks: usize,
    /// Clusters of these; as many as tasks where these are sampled by themselves.
    pub clusters: usize,
    /// One of each a point.
    pub points: Vec<Difference>,
    /// The first point whose sign is not that of the first: as estimated, and the first and the last that it may be. None
    /// for an estimate without a change; for a first, if no change is possible; for a last, if none may be true.
    pub sign_change: [Option<usize>; 3],
}

/// Compares every two systems, in the order (0, 1), (0, 2), ..., (1, 2), ...
pub fn pairs(values: Values, draws: &Draws, threads: usize, control: &Control) -> Result<Vec<Pair>> {
    let Values { tasks, points, .. } = values;
    let systems = values.tried.len() / tasks.max(1);
    let count = systems * systems.saturating_sub(1) / 2;
    let bytes = 32.0 * threads as f64 * tasks as f64 * points as f64 + 80.0 * count as f64 * points as f64;
    memory::check(bytes, &[(count, "pairs"), (tasks, "tasks"), (points, "numbers of attempts")])?;
    let both: Vec<(usize, usize)> = (0..systems).flat_map(|a| (a + 1..systems).map(move |b| (a, b))).collect();
    let mut found = Vec::with_capacity(count);
    let work = |(): &mut (), index: u64| {
        let pair = compare(values, both[index as usize], draws, control)?;
        control.advance(1);
        Ok(pair)
    };
    run(count as u64, threads, control, || (), work, |pair| found.push(pair))?;
    Ok(found)
}

fn compare(values: Values, (a, b): (usize, usize), draws: &Draws, control: &Control) -> Result<Pair> {
    let Values { tasks, points, .. } = values;
    let row = |system: usize, task: usize| &values.values[(system * tasks + task) * points..][..points];
    let shared: Vec<usize> =
        (0..tasks).filter(|&task| values.tried[a * tasks + task] && values.tried[b * tasks + task]).collect();
    let clusters: Option<Vec<f64>> = values.clusters.map(|all| shared.iter().map(|&task| all[task]).collect());
    let sampled = Sampled::new(shared.len(), None, clusters.as_deref());
    let mut alone = vec![Alone::default(); points];
    let mut means = [a, b].map(|_| vec![0.0; sampled.count() * points]);
    for (unit, &task) in shared.iter().enumerate() {
        control.check()?;
        let (place, weight) = sampled.place(unit);
        for (means, system) in means.iter_mut().zip([a, b]) {
            let means = &mut means[place * points..][..points];
            means.iter_mut().zip(row(system, task)).for_each(|(sum, x)| *sum += weight * x);
        }
        let both = row(a, task).iter().zip(row(b, task));
        alone.iter_mut().zip(both).for_each(|(alone, (x, y))| alone.add(x - y));
    }
    means.iter_mut().for_each(|sums| sampled.divide(sums, points));
    let size = sampled.effective();
    let new = Sums { size, weighted: sampled.weights().is_some(), ..Sums::default() };
    let mut sums: Vec<Sums> = alone.iter().map(|alone| Sums { short: alone.short, ..new }).collect();
    let mut rows = Vec::with_capacity(means[0].len());
    for unit in 0..sampled.count() {
        let [first, second] = means.each_ref().map(|means| &means[unit * points..][..points]);
        for ((x, y), sums) in first.iter().zip(second).zip(&mut sums) {
            rows.push(x - y);
            sums.add(*x, *y, sampled.copies(unit));
        }
    }
    for (sums, alone) in sums.iter_mut().zip(&alone) {
        sums.independent =
            if sampled.is_clustered() { sums.independent_tasks(alone, shared.len() as f64) } else { size };
    }
    let one = sqrt(square_of_t(size, draws.confidence));
    let mut found: Vec<Difference> = sums.iter().map(|sums| sums.difference(one)).collect();
    let known: Vec<usize> = (0..points).filter(|&j| !found[j].standard_error.is_nan()).collect();
    if draws.resamples > 0 && !known.is_empty() {
        if let Some(weights) = sampled.weights() {
            for (row, weight) in rows.chunks_exact_mut(points).zip(weights) {
                row.iter_mut().zip(&found).for_each(|(d, mean)| *d = weight * (*d - mean.estimate));
            }
        }
        let critical = critical_value(&rows, size, points, &known, draws, control)?;
        for &j in &known {
            found[j].band = sums[j].limits(critical);
        }
    }
    let sign_change = sign_change(&found, &known);
    Ok(Pair { tasks: shared.len(), clusters: sampled.count(), points: found, sign_change })
}

/// Sums over tasks, each by itself.
#[derive(Debug, Clone, Copy, Default)]
struct Alone {
    sum: f64,
    squares: f64,
    /// Tasks with too few attempts.
    short: usize,
}

impl Alone {
    fn add(&mut self, d: f64) {
        self.short += usize::from(d.is_nan());
        self.sum += d;
        self.squares += d * d;
    }
}

/// Sums over what is sampled, tasks or clusters of them, of what two systems have there.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// How many there are; of different weights so many that know as much (Kish).
    size: f64,
    /// How many independent tasks would know the mean as well.
    independent: f64,
    /// Whether weights differ.
    weighted: bool,
    first: f64,
    second: f64,
    squares: f64,
    fourth_powers: f64,
    /// Where the first has 1 and the second 0, or the other way round.
    discordant: [f64; 2],
    /// With another difference that is not 0.
    partial: usize,
    /// Tasks with too few attempts.
    short: usize,
}

impl Sums {
    /// Adds one that counts so often.
    #[expect(clippy::float_cmp, reason = "shares of 0 and 1 are exact")]
    fn add(&mut self, x: f64, y: f64, count: f64) {
        let d = x - y;
        self.first += count * x;
        self.second += count * y;
        self.squares += count * (d * d);
        self.fourth_powers += count * (d * d * (d * d));
        self.discordant[0] += f64::from(u8::from(d == 1.0));
        self.discordant[1] += f64::from(u8::from(d == -1.0));
        self.partial += usize::from(d != 0.0 && d.abs() != 1.0);
    }

    /// How many independent tasks, of so many in clusters, would know the mean as well: as many as there are where clusters
    /// make no difference, as many as clusters where the tasks of one are alike.
    fn independent_tasks(&self, alone: &Alone, tasks: f64) -> f64 {
        let variance =
            |sum: f64, squares: f64, size: f64| (squares / size - (sum / size) * (sum / size)) / (size - 1.0);
        let over_clusters = variance(self.first - self.second, self.squares, self.size);
        let many = tasks * variance(alone.sum, alone.squares, tasks) / over_clusters;
        if many > self.size { many.min(tasks) } else { self.size }
    }

    fn difference(&self, critical: f64) -> Difference {
        let size = self.size;
        let unknown = Difference {
            first: f64::NAN,
            second: f64::NAN,
            estimate: f64::NAN,
            standard_error: f64::NAN,
            limits: [f64::NAN; 2],
            band: [f64::NAN; 2],
            p_value: f64::NAN,
            short: self.short,
        };
        if self.short > 0 || size == 0.0 {
            return unknown;
        }
        let (first, second) = (self.first / size, self.second / size);
        let estimate = (self.first - self.second) / size;
        let means = Difference { first, second, estimate, ..unknown };
        if size == 1.0 {
            return means; // one task, or cluster, says nothing about others
        }
        let squares = self.squares - size * estimate * estimate;
        let standard_error = sqrt(squares.max(0.0) / (size - 1.0) / size);
        Difference { standard_error, limits: self.limits(critical), p_value: self.p_value(), ..means }
    }

    /// The mean and the standard error with two more tasks (or clusters), one in each direction, which differ by as much as
    /// those that carry the variance (the square's mean weighted by itself), and in the square by 1 / sqrt(n) at least, of n
    /// independent tasks: a few may all differ by next to nothing where others differ by much. For shares of 0 and 1 that is
    /// Bonett and Price, *Adjusted Wald confidence interval for a difference of binomial proportions based on paired data*,
    /// Journal of Educational and Behavioral Statistics 37 (2012).
    fn adjusted(&self) -> [f64; 2] {
        let size = self.size + 2.0;
        let typical = if self.squares > 0.0 { self.fourth_powers / self.squares } else { 1.0 };
        let typical = typical.max(1.0 / sqrt(self.independent));
        let mean = (self.first - self.second) / size;
        let variance = (self.squares + 2.0 * typical) / size - mean * mean;
        [mean, sqrt(variance.max(0.0) / size)]
    }

    fn limits(&self, critical: f64) -> [f64; 2] {
        let [mean, error] = self.adjusted();
        [(mean - critical * error).max(-1.0), (mean + critical * error).min(1.0)]
    }

    /// Exact (McNemar) where all differ by -1, 0 or 1 and weigh alike, as with one attempt; else that at which the interval
    /// ends at 0.
    fn p_value(&self) -> f64 {
        if self.partial == 0 && !self.weighted {
            return sign_test(self.discordant);
        }
        let [mean, error] = self.adjusted();
        let (freedom, square) = ((self.size - 1.0).max(1.0), (mean / error) * (mean / error));
        beta_tails(0.5, 0.5 * freedom, square / (freedom + square), freedom / (freedom + square))[1]
    }
}

/// The two-sided exact test of McNemar, that either kind of discordant task is as frequent: twice the smaller tail.
pub fn sign_test(discordant: [f64; 2]) -> f64 {
    let (few, many) = (discordant[0].min(discordant[1]), discordant[0].max(discordant[1]));
    if many == 0.0 { 1.0 } else { (2.0 * beta_cdf(many, few + 1.0, 0.5)).min(1.0) }
}

/// The first change of sign: as estimated, and the first and the last of those that curves within the band may have.
fn sign_change(found: &[Difference], known: &[usize]) -> [Option<usize>; 3] {
    let start = known.iter().map(|&j| found[j].estimate).find(|&d| d != 0.0);
    let estimate = start.and_then(|start| known.iter().copied().find(|&j| found[j].estimate * start < 0.0));
    if known.iter().any(|&j| found[j].band[0].is_nan()) || known.is_empty() {
        return [estimate, None, None];
    }
    let may = |j: usize, sign: f64| if sign > 0.0 { found[j].band[1] > 0.0 } else { found[j].band[0] < 0.0 };
    let (mut first, mut last, mut never) = (None::<usize>, None::<usize>, false);
    for sign in [1.0, -1.0] {
        // Curves that have this sign up to some point: the points up to the first that does not allow it.
        let end = known.iter().position(|&j| !may(j, sign));
        never |= end.is_none();
        let reach = &known[..end.map_or(known.len(), |end| end + 1)];
        for &j in reach.iter().skip(1).filter(|&&j| may(j, -sign)) {
            first = Some(first.map_or(j, |first| first.min(j)));
            last = Some(last.map_or(j, |last| last.max(j)));
        }
    }
    [estimate, first, if never { None } else { last }]
}

/// Checks that the arrays have the lengths that they say.
pub fn check_values(values: &Values) -> Result<()> {
    let systems = values.tried.len() / values.tasks.max(1);
    if let Some(clusters) = values.clusters.filter(|clusters| clusters.len() != values.tasks) {
        return Err(Error::argument("cluster", format!("one of each of {} tasks", values.tasks), clusters.len()));
    }
    if values.values.len() == systems * values.tasks * values.points && systems > 1 {
        return Ok(());
    }
    Err(Error::argument("values", "as long as systems x tasks x points, of two systems or more", values.values.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(band: [f64; 2]) -> Difference {
        let estimate = 0.5 * (band[0] + band[1]);
        Difference { estimate, band, ..Sums::default().difference(1.0) }
    }

    #[test]
    fn the_sign_test_counts_both_tails() {
        // Sums of binomial coefficients over powers of 2.
        assert!((sign_test([22.0, 8.0]) - 2.0 * 8_656_937.0 / 1_073_741_824.0).abs() < 1e-15);
        assert!((sign_test([0.0, 5.0]) - 2.0 / 32.0).abs() < 1e-15);
        assert!(
            (sign_test([3.0, 3.0]) - 1.0).abs() < f64::EPSILON && (sign_test([0.0, 0.0]) - 1.0).abs() < f64::EPSILON
        );
    }

    /// Against every path of signs that the band allows.
    #[test]
    fn a_change_of_sign_is_where_some_curve_in_the_band_has_it() {
        let kinds = [[-2.0, -1.0], [-1.0, 1.0], [1.0, 2.0]];
        let points = 4;
        for code in 0..3_usize.pow(points as u32) {
            let bands: Vec<[f64; 2]> = (0..points).map(|j| kinds[code / 3_usize.pow(j as u32) % 3]).collect();
            let found: Vec<Difference> = bands.iter().map(|&band| difference(band)).collect();
            let (mut possible, mut never) = (Vec::new(), false);
            for path in 0..1 << points {
                let sign = |j: usize| if path >> j & 1 == 1 { 1.0 } else { -1.0 };
                if (0..points).any(|j| bands[j][0] > sign(j) || bands[j][1] < sign(j)) {
                    continue;
                }
                match (1..points).find(|&j| sign(j) * sign(0) < 0.0) {
                    Some(j) => possible.push(j),
                    None => never = true,
                }
            }
            let last = possible.iter().max().copied().filter(|_| !never);
            let known: Vec<usize> = (0..points).collect();
            assert_eq!(sign_change(&found, &known)[1..], [possible.iter().min().copied(), last], "{bands:?}");
        }
    }
}
