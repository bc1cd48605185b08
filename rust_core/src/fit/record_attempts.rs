//! Intervals over the attempts of a pool or a log: what other attempts at the same tasks would have said of a policy.
//!
//! A plain bootstrap sees no spread where all attempts of a task are alike. Each task's rate of success is therefore drawn
//! from a Beta posterior, and so are the rates at which its correct and its wrong attempts are accepted, all under the
//! smallest spread over tasks that the counts do not refute (`repeated::Prior`, as for `pass_at_k`). Of two logs that are
//! drawn at the same rates (`redrawn_log`) half the squared difference of a task's values is their variance over attempts,
//! and tasks vary independently. A share has the limits of Clopper and Pearson with the number of trials that has the
//! variance of the mean, at least one for every K attempts of a task: by Hoeffding (Annals of Mathematical Statistics 27,
//! 1956) the mean over subsets of K varies no more than that. Amounts have Student's t on the scale of the logarithm.

use libm::{exp, sqrt};

use super::redrawn_log::Log;
use super::repeated::MOST_TRIALS;
use super::resampling::Resampling;
use crate::error::Result;
use crate::rng::{Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::policy::Policy;
use crate::sampling::policy::rule::Needs;
use crate::sampling::record::ends::{Ends, NO_ENDS, ratio_ends};
use crate::sampling::record::estimate::Estimates;
use crate::sampling::record::metrics::{COUNT, Kind, METRICS, Quantity, RATIOS, TaskMeans};
use crate::sampling::scenario::SamplingScenario;
use crate::spec::Values;
use crate::special::clusters::Sampled;
use crate::special::proportion::{lower, upper};
use crate::special::student_t::square_of_t;
use crate::variates::below;

/// The most verifiers that labels leave open whose values are compared.
const MOST_VERIFIERS: usize = 60;

/// The least number of pairs of logs.
const LEAST_PAIRS: u64 = 4;
/// Of as many pairs of logs as there may be, variances are known as well as so many times fewer normal differences tell.
const LESS_KNOWN: f64 = 8.0;

/// A share whose variance in one trial is at most this is at an edge, where so many trials are enough.
const EDGE: f64 = 1e-3;
const ENOUGH: f64 = 1e4;

/// Variances below this are those of rounded sums.
const ROUNDING: f64 = 1e-28;

/// What a pool or a log says of other attempts.
pub struct RecordAttempts<'a> {
    scenario: &'a SamplingScenario,
    attempts: &'a [f64],
    log: Log<'a>,
}

impl<'a> RecordAttempts<'a> {
    /// The attempts of a scenario.
    pub fn new(scenario: &'a SamplingScenario, attempts: &'a Values, control: &Control) -> Result<Self> {
        Ok(Self { scenario, attempts: attempts.as_slice(), log: Log::new(&scenario.tasks, control)? })
    }

    /// The ends of every row around its estimates.
    ///
    /// Pairs of logs are drawn in batches, twice as many each time, until the variances of all rows of a policy are known
    /// as well as asked for, and then for the other policies alone.
    pub fn ends(&self, estimates: &[Estimates], how: Resampling, control: &Control) -> Result<Vec<Ends>> {
        let (most, points) = (how.resamples.div_ceil(2), self.scenario.points());
        let total = how.resamples * how.trials.unwrap_or(1);
        let mut spreads = vec![Spread::default(); estimates.len()];
        let mut open: Vec<usize> = (0..self.scenario.policies.len()).collect();
        let (mut from, mut to, mut done) = (0, self.first_pairs(most), 0);
        while !open.is_empty() {
            let policies: Vec<Policy> = open.iter().map(|&p| self.scenario.policies[p]).collect();
            let read = policies.iter().fold(Needs::NONE, |all, policy| all.or(policy.needs()));
            let scenario = SamplingScenario { policies, ..self.scenario.clone() };
            let work = |(): &mut (), index: u64| {
                let found = self.pair((&scenario, read), from + index, how, control)?;
                control.advance(total * (from + index + 1) / most - total * (from + index) / most);
                Ok(found)
            };
            let add = |pairs: Vec<Pair>| {
                let rows = open.iter().flat_map(|&p| p * points..(p + 1) * points);
                rows.zip(&pairs).for_each(|(row, pair)| spreads[row].add(pair));
            };
            run(to - from, how.threads, control, || (), work, add)?;
            done = to;
            open.retain(|&p| spreads[p * points..(p + 1) * points].iter().any(|spread| !spread.is_known(most)));
            if to == most {
                break;
            }
            (from, to) = (to, (2 * to).min(most));
        }
        control.advance(total - total * done / most);
        spreads.iter_mut().for_each(|spread| spread.settle(most));
        let open = self.over_verifiers(estimates.len(), how, control)?;
        let degrees = (most as f64 / LESS_KNOWN).max(1.0).floor();
        let limits = Limits { t: sqrt(square_of_t(degrees + 1.0, how.confidence)), confidence: how.confidence };
        let rows = spreads.iter().zip(estimates).zip(open).enumerate();
        Ok(rows
            .map(|(row, ((spread, found), open))| self.row([row / points, row % points], &limits, spread, found, &open))
            .collect())
    }

    /// How many pairs of logs tell what is seen of `most` tasks: fewer where there are many, at least `LEAST_PAIRS`.
    fn first_pairs(&self, most: u64) -> u64 {
        let tasks = (0..self.scenario.points()).map(|point| self.tasks(point)).filter(|tasks| *tasks > 0.0);
        let fewest = tasks.fold(f64::INFINITY, f64::min).max(1.0);
        ((most as f64 / fewest).ceil() as u64).max(LEAST_PAIRS).min(most)
    }

    /// The tasks that the row of a point is about; where they have weights, as many of equal weight as know a mean as well.
    fn tasks(&self, point: usize) -> f64 {
        let kept = self.scenario.kept(point).map_or(self.attempts.len(), |kept| kept.len());
        Sampled::new(kept, self.scenario.weights(), None).effective()
    }

    /// What two logs at the same rates say of every row.
    fn pair(
        &self,
        (scenario, read): (&SamplingScenario, Needs),
        index: u64,
        how: Resampling,
        control: &Control,
    ) -> Result<Vec<Pair>> {
        control.check()?;
        let mut random = Stream::new(how.key, 0, purpose::BOOTSTRAP, index).sequence();
        let rates = self.log.rates(&mut random);
        let labelled = scenario.labelled();
        let verifier = labelled.map(|labelled| below(labelled.count() as u64, &mut random) as usize);
        let mut one = || {
            let tasks = self.log.again(&rates, read, &mut random);
            let one = SamplingScenario { tasks, ..scenario.clone() };
            let one = verifier.map_or_else(|| one.clone(), |number| one.with_verifier(number));
            how.means(&one, &mut random, control)
        };
        let (one, two) = (one()?, one()?);
        let weights = scenario.weights();
        Ok(one.iter().zip(&two).map(|(one, two)| Pair::new([one, two], weights.as_deref(), how.trials)).collect())
    }

    /// The variance of each row's estimates over the verifiers that labels leave open; 0 where the verifier is known.
    fn over_verifiers(&self, rows: usize, how: Resampling, control: &Control) -> Result<Vec<[f64; COUNT]>> {
        let Some(labelled) = self.scenario.labelled() else { return Ok(vec![[0.0; COUNT]; rows]) };
        let many = labelled.count().min(MOST_VERIFIERS);
        let mut found: Vec<Vec<Estimates>> = Vec::with_capacity(many);
        let work = |(): &mut (), index: u64| {
            control.check()?;
            let mut random = Stream::new(how.key, 1, purpose::BOOTSTRAP, index).sequence();
            let one = self.scenario.with_verifier(index as usize * labelled.count() / many);
            how.estimates(&one, &mut random, control)
        };
        run(many as u64, how.threads, control, || (), work, |one| found.push(one))?;
        let variance = |row: usize, metric: usize| {
            let known: Vec<&Estimates> =
                found.iter().map(|one| &one[row]).filter(|one| !one.value[metric].is_nan()).collect();
            let count = known.len() as f64;
            let mean = known.iter().map(|one| one.value[metric]).sum::<f64>() / count;
            let square = |x: f64| x * x;
            let spread = known.iter().map(|one| square(one.value[metric] - mean)).sum::<f64>() / (count - 1.0);
            let noise = known.iter().map(|one| square(one.standard_error[metric])).sum::<f64>() / count;
            if spread.is_nan() { 0.0 } else { (spread - noise).max(0.0) }
        };
        Ok((0..rows).map(|row| std::array::from_fn(|metric| variance(row, metric))).collect())
    }

    /// The ends of a row.
    fn row(
        &self,
        [policy, point]: [usize; 2],
        limits: &Limits,
        spread: &Spread,
        found: &Estimates,
        open: &[f64; COUNT],
    ) -> Ends {
        let mut ends = NO_ENDS;
        let attempts = self.attempts;
        let kept = self.scenario.kept(point).unwrap_or_else(|| (0..attempts.len()).collect());
        if kept.is_empty() {
            return ends;
        }
        let grid = self.scenario.grid();
        let groups = kept.iter().map(|&task| grid.get(point).map_or(1.0, |&k| (attempts[task] / k as f64).floor()));
        let least = self.tasks(point) * groups.fold(f64::INFINITY, f64::min).max(1.0);
        let most = grid.get(point).map(|&k| k as f64);
        let bounds = self.scenario.bounds(policy, point);
        let noise = |metric: usize| open[metric] + found.standard_error[metric].powi(2);
        let share =
            |metric: usize, least: f64| limits.share(found.value[metric], spread.of(metric), [least, noise(metric)]);
        let amount = |metric: usize, most: Option<f64>| {
            let value = found.value[metric];
            let (_, variance) = spread.of(metric);
            let variance = variance + noise(metric);
            if variance != 0.0 || value.is_nan() || most.is_none() {
                return limits.amount(value, variance, most);
            }
            let unseen = upper(0.0, least, 0.5 * (1.0 - limits.confidence));
            [value, value + (most.unwrap_or(value) - value).max(0.0) * unseen]
        };
        let columns: [[f64; 2]; COUNT] = std::array::from_fn(|metric| match (METRICS[metric].kind, RATIOS[metric]) {
            (Kind::PerCorrect(_), Some([x, correct])) => {
                let ends = [amount(x, None), share(correct, least)];
                ratio_ends([x, correct].map(|at| found.value[at]), ends, spread.correlation(metric))
            }
            (_, Some([_, whole])) => share(metric, (least * found.value[whole]).max(1.0)),
            (Kind::Amount(Quantity::Attempts), _) => amount(metric, most),
            (Kind::Amount(_), _) => amount(metric, None),
            (Kind::Score(x), _) => match bounds.of(x) {
                Some([low, high]) if high - low > 0.0 => {
                    let width = high - low;
                    let (mean, variance) = spread.of(metric);
                    let scaled = ((mean - low) / width, variance / width / width);
                    let ends = limits.share(
                        (found.value[metric] - low) / width,
                        scaled,
                        [least, noise(metric) / width / width],
                    );
                    ends.map(|end| low + width * end)
                }
                _ => {
                    let reach = limits.t * sqrt(spread.of(metric).1 + noise(metric));
                    [found.value[metric] - reach, found.value[metric] + reach]
                }
            },
            _ => share(metric, least),
        });
        let certain = |metric: usize| bounds.certain(METRICS[metric].kind).filter(|_| !columns[metric][0].is_nan());
        let columns: [[f64; 2]; COUNT] = std::array::from_fn(|m| certain(m).map_or(columns[m], |known| [known; 2]));
        for (end, found) in ends.iter_mut().enumerate() {
            found.iter_mut().zip(columns).for_each(|(found, column)| *found = column[end]);
        }
        ends
    }
}

/// What a pair of logs says of a row. Tasks are drawn independently of one another, so that the sum of what each adds to the
/// variance of a mean tells it better than the difference of the two means does.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    /// The mean of each metric over both logs.
    mean: [f64; COUNT],
    /// Half the squared differences of the tasks' values less the noise of their trials, times the squares of their weights.
    variance: [f64; COUNT],
    /// The same of products: of the two that each ratio is made of.
    products: [f64; COUNT],
}

impl Pair {
    fn new([one, two]: [&TaskMeans; 2], weights: Option<&[f64]>, trials: Option<u64>) -> Self {
        let mut found = Self::default();
        let tasks = one.correct.len();
        // Exact values are free of noise.
        let free = trials.map_or(0.0, |trials| 1.0 / (trials - 1) as f64);
        let noise = |variance: f64| if free == 0.0 { 0.0 } else { free * variance };
        for i in 0..tasks {
            let weight = weights.map_or(1.0 / tasks as f64, |w| w[i]);
            let [[x, of_x], [y, of_y]] = [one, two].map(|means| means.of_task(i));
            let half = 0.5 * weight * weight;
            for metric in 0..COUNT {
                let apart = x[metric] - y[metric];
                found.mean[metric] += 0.5 * weight * (x[metric] + y[metric]);
                found.variance[metric] += half * (apart * apart - noise(of_x[metric] + of_y[metric]));
            }
            for (metric, ratio) in RATIOS.into_iter().enumerate() {
                let Some([a, b]) = ratio else { continue };
                // An answer is correct only where one is returned.
                let both = |one: &[f64; COUNT]| one[a] * (1.0 - one[b]);
                let noise = if METRICS[metric].kind.is_share() { noise(both(&x) + both(&y)) } else { 0.0 };
                found.products[metric] += half * ((x[a] - y[a]) * (x[b] - y[b]) - noise);
            }
        }
        found
    }
}

/// What pairs of logs say of a row: their number, the sums of what they say, and for each metric those of the squares of
/// the variances and of the means and of their products.
#[derive(Debug, Clone, Copy, Default)]
struct Spread {
    pairs: f64,
    sums: Pair,
    squares: [[f64; 3]; COUNT],
}

impl Spread {
    fn add(&mut self, pair: &Pair) {
        self.pairs += 1.0;
        for metric in 0..COUNT {
            let (mean, variance) = (pair.mean[metric], pair.variance[metric]);
            self.sums.mean[metric] += mean;
            self.sums.variance[metric] += variance;
            let squares = [variance * variance, mean * mean, variance * mean];
            self.squares[metric].iter_mut().zip(squares).for_each(|(sum, x)| *sum += x);
        }
        self.sums.products.iter_mut().zip(pair.products).for_each(|(sum, x)| *sum += x);
    }

    fn mean_and_variance(&self, metric: usize) -> [f64; 2] {
        [self.sums.mean[metric], self.sums.variance[metric]].map(|sum| sum / self.pairs)
    }

    /// Whether the number of trials of every share, and the variance of every amount, is known or need not be.
    fn is_known(&self, most: u64) -> bool {
        let mut metrics = (0..COUNT).filter(|metric| RATIOS[*metric].is_none());
        metrics.all(|metric| self.knows(metric, most) || self.is_at_an_edge(metric))
    }

    /// Whether one is known as well as a `LESS_KNOWN`th of `most` normal differences tell a variance.
    fn knows(&self, metric: usize, most: u64) -> bool {
        let [mean, variance] = self.mean_and_variance(metric);
        if variance.is_nan() || variance <= ROUNDING {
            return true;
        }
        // By how much ln of m(1 - m)/variance, or of the variance, moves with each; their covariances.
        let of_mean = (1.0 - 2.0 * mean) / (mean * (1.0 - mean));
        let by = [-1.0 / variance, if METRICS[metric].kind.is_share() && of_mean.is_finite() { of_mean } else { 0.0 }];
        let centre = [variance * variance, mean * mean, variance * mean];
        let [vv, mm, vm]: [f64; 3] = std::array::from_fn(|i| self.squares[metric][i] / self.pairs - centre[i]);
        let open = by[0] * by[0] * vv + by[1] * by[1] * mm + 2.0 * by[0] * by[1] * vm;
        open / (self.pairs - 1.0) <= 2.0 * LESS_KNOWN / most as f64
    }

    /// Whether a share is next to 0 or 1 and has more than `ENOUGH` trials: what rare attempts move is hard to know, and
    /// the limits are next to it anyway.
    fn is_at_an_edge(&self, metric: usize) -> bool {
        let [mean, variance] = self.mean_and_variance(metric);
        let of_one = mean * (1.0 - mean);
        METRICS[metric].kind.is_share() && of_one <= EDGE && variance * ENOUGH <= of_one
    }

    /// Leaves shares at an edge of which more is not known `ENOUGH` trials.
    fn settle(&mut self, most: u64) {
        for metric in (0..COUNT).filter(|metric| RATIOS[*metric].is_none()) {
            if self.is_at_an_edge(metric) && !self.knows(metric, most) {
                let mean = self.sums.mean[metric] / self.pairs;
                self.sums.variance[metric] = self.pairs * mean * (1.0 - mean) / ENOUGH;
            }
        }
    }

    /// The mean, and the variance over attempts; of the ratios, that of their linear parts.
    fn of(&self, metric: usize) -> (f64, f64) {
        let mean = |metric: usize| self.sums.mean[metric] / self.pairs;
        let variance = |metric: usize| self.sums.variance[metric] / self.pairs;
        let kind = METRICS[metric].kind;
        let Some([part, whole]) = RATIOS[metric].filter(|_| kind.is_share()) else {
            return (mean(metric), variance(metric).max(0.0));
        };
        let (returned, both) = (mean(whole), self.sums.products[metric] / self.pairs);
        let ratio = mean(part) / returned;
        let spread = variance(part) - 2.0 * ratio * both + ratio * ratio * variance(whole);
        let mean = if matches!(kind, Kind::Ratio(_)) { ratio } else { 1.0 - ratio };
        (mean, spread.max(0.0) / (returned * returned))
    }

    /// The correlation of the two that a ratio is made of.
    fn correlation(&self, metric: usize) -> f64 {
        let Some(two) = RATIOS[metric] else { return 0.0 };
        let [x, y] = two.map(|metric| self.sums.variance[metric]);
        if x > 0.0 && y > 0.0 { (self.sums.products[metric] / sqrt(x * y)).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// Limits at a confidence.
struct Limits {
    /// The two-sided quantile of Student's t.
    t: f64,
    confidence: f64,
}

impl Limits {
    /// The limits of a share of this mean and variance over attempts, of at least so many trials, and of further noise,
    /// which one trial does not tell.
    fn share(&self, value: f64, (mean, variance): (f64, f64), [least, noise]: [f64; 2]) -> [f64; 2] {
        if value.is_nan() || noise.is_nan() {
            return [f64::NAN; 2];
        }
        let of_one = mean * (1.0 - mean);
        // Without any variance the logs do not tell how many trials there are.
        let varies = of_one > 0.0 && variance > ROUNDING;
        let trials = if varies { (of_one / variance).max(least).min(MOST_TRIALS) } else { least };
        let trials = if noise > 0.0 && of_one > 0.0 { of_one / (of_one / trials + noise) } else { trials };
        let tail = 0.5 * (1.0 - self.confidence);
        let successes = value.clamp(0.0, 1.0) * trials;
        [lower(successes, trials, tail), upper(successes, trials, tail)]
    }

    /// The limits of an amount on the scale of the logarithm.
    fn amount(&self, value: f64, variance: f64, most: Option<f64>) -> [f64; 2] {
        if value.is_nan() || variance.is_nan() {
            return [f64::NAN; 2];
        }
        if value <= 0.0 {
            return [value; 2];
        }
        let reach = self.t * sqrt(variance) / value;
        let high = value * exp(reach);
        [value * exp(-reach), most.map_or(high, |most| high.min(most.max(value)))]
    }
}
