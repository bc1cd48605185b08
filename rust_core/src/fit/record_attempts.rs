//! Intervals over the attempts of a pool or a log: what other attempts at the same tasks would have said of a policy.
//!
//! A plain bootstrap sees no spread where all attempts of a task are alike. Each task's rate of success is therefore drawn
//! from a Beta posterior, and so are the rates at which its correct and its wrong attempts are accepted, all under the
//! smallest spread over tasks that the counts do not refute (`repeated::Prior`, as for `pass_at_k`). Of two logs that are
//! drawn at the same rates (`redrawn_log`) half the squared difference is the variance over attempts. A share has the limits of Clopper and Pearson with the number of
//! trials that has this variance, at least one for every K attempts of a task: by Hoeffding (Annals of Mathematical
//! Statistics 27, 1956) the mean over subsets of K varies no more than that. Amounts have Student's t on the scale of the
//! logarithm.

use libm::{exp, sqrt};

use super::redrawn_log::Log;
use super::repeated::MOST_TRIALS;
use super::resampling::Resampling;
use crate::error::Result;
use crate::rng::{Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::record::ends::{Ends, NO_ENDS, ratio_ends};
use crate::sampling::record::estimate::{Estimates, METRICS};
use crate::sampling::scenario::SamplingScenario;
use crate::spec::Values;
use crate::special::proportion::{lower, upper};
use crate::special::student_t::square_of_t;
use crate::variates::below;

/// The most verifiers that labels leave open whose values are compared.
const MOST_VERIFIERS: usize = 60;

/// Places of metrics.
const RETURNED: usize = 1;
const ACCURACY: usize = 3;
const PRECISION: usize = 5;
const FALSE_DISCOVERY_RATE: usize = 6;
const ATTEMPTS: usize = 8;
const LATENCY: usize = 11;
const UTILITY: usize = 12;
const PER_CORRECT: usize = 13;

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
    pub fn ends(&self, estimates: &[Estimates], how: Resampling, control: &Control) -> Result<Vec<Ends>> {
        let mut spreads = vec![Spread::default(); estimates.len()];
        let work = |(): &mut (), index: u64| {
            control.check()?;
            let mut random = Stream::new(how.key, 0, purpose::BOOTSTRAP, index).sequence();
            let rates = self.log.rates(&mut random);
            let labelled = self.scenario.labelled();
            let verifier = labelled.map(|labelled| below(labelled.count() as u64, &mut random) as usize);
            let mut one = || {
                let tasks = self.log.again(&rates, &mut random);
                let one = SamplingScenario { tasks, ..self.scenario.clone() };
                let one = verifier.map_or_else(|| one.clone(), |number| one.with_verifier(number));
                how.estimates(&one, &mut random, control)
            };
            let pair = [one()?, one()?];
            control.advance(2 * how.trials.unwrap_or(1));
            Ok(pair)
        };
        let add = |[one, two]: [Vec<Estimates>; 2]| {
            spreads.iter_mut().zip(one.iter().zip(&two)).for_each(|(spread, (one, two))| spread.add(one, two));
        };
        let pairs = how.resamples.div_ceil(2);
        run(pairs, how.threads, control, || (), work, add)?;
        let open = self.over_verifiers(estimates.len(), how, control)?;
        let points = self.scenario.points();
        let limits = Limits { t: sqrt(square_of_t(pairs as usize + 1, how.confidence)), confidence: how.confidence };
        let rows = spreads.iter().zip(estimates).zip(open).enumerate();
        Ok(rows.map(|(row, ((spread, found), open))| self.row(row % points, &limits, spread, found, &open)).collect())
    }

    /// The variance of each row's estimates over the verifiers that labels leave open; 0 where the verifier is known.
    fn over_verifiers(&self, rows: usize, how: Resampling, control: &Control) -> Result<Vec<[f64; METRICS.len()]>> {
        let Some(labelled) = self.scenario.labelled() else { return Ok(vec![[0.0; METRICS.len()]; rows]) };
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
        point: usize,
        limits: &Limits,
        spread: &Spread,
        found: &Estimates,
        open: &[f64; METRICS.len()],
    ) -> Ends {
        let mut ends = NO_ENDS;
        let attempts = self.attempts;
        let kept = self.scenario.kept(point).unwrap_or_else(|| (0..attempts.len()).collect());
        if kept.is_empty() {
            return ends;
        }
        let grid = self.scenario.grid();
        let groups = kept.iter().map(|&task| grid.get(point).map_or(1.0, |&k| (attempts[task] / k as f64).floor()));
        let tasks = self.scenario.weights().map_or(kept.len() as f64, |w| 1.0 / w.iter().map(|w| w * w).sum::<f64>());
        let least = tasks * groups.fold(f64::INFINITY, f64::min).max(1.0);
        let most = grid.get(point).map(|&k| k as f64);
        let bounds = self.scenario.bounds(point);
        let returned = found.value[RETURNED];
        let noise = |metric: usize| open[metric] + found.standard_error[metric].powi(2);
        let share =
            |metric: usize, least: f64| limits.share(found.value[metric], spread.of(metric), [least, noise(metric)]);
        let amount = |metric: usize, most: Option<f64>| {
            let value = found.value[metric];
            let (_, variance) = spread.of(metric);
            let variance = variance + noise(metric);
            if variance > 0.0 || value.is_nan() || most.is_none() {
                return limits.amount(value, variance, most);
            }
            [
                value,
                value + (most.unwrap_or(value) - value).max(0.0) * upper(0.0, least, 0.5 * (1.0 - limits.confidence)),
            ]
        };
        let columns: [[f64; 2]; METRICS.len()] = std::array::from_fn(|metric| match metric {
            PRECISION | FALSE_DISCOVERY_RATE => share(metric, (least * returned).max(1.0)),
            ATTEMPTS => amount(metric, most),
            metric if metric > ATTEMPTS && metric <= LATENCY => amount(metric, None),
            UTILITY => match bounds.utility {
                Some(u) if u.correct_reward + u.wrong_cost > 0.0 => {
                    let (low, width) = (-u.wrong_cost, u.correct_reward + u.wrong_cost);
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
            metric if metric >= PER_CORRECT => {
                let part = ATTEMPTS + 1 + metric - PER_CORRECT;
                let ends = [amount(part, None), share(ACCURACY, least)];
                let correlation = spread.correlation(metric - PER_CORRECT);
                ratio_ends([found.value[part], found.value[ACCURACY]], ends, correlation)
            }
            metric => share(metric, least),
        });
        for (end, found) in ends.iter_mut().enumerate() {
            found.iter_mut().zip(columns).for_each(|(found, column)| *found = column[end]);
        }
        ends
    }
}

/// What pairs of logs say of a row: of each metric the number of pairs, their sum, and half their squared differences less
/// the noise of their trials.
#[derive(Debug, Clone, Copy, Default)]
struct Spread {
    sums: [[f64; 3]; METRICS.len()],
    /// Of tokens and of money, half the products of their differences with those of the accuracy, and half the squares of
    /// both.
    products: [[f64; 3]; 2],
}

impl Spread {
    fn add(&mut self, one: &Estimates, two: &Estimates) {
        for (metric, sums) in self.sums.iter_mut().enumerate() {
            let (x, y) = (one.value[metric], two.value[metric]);
            if !(x - y).is_nan() {
                let noise = one.standard_error[metric].powi(2) + two.standard_error[metric].powi(2);
                let more = [1.0, 0.5 * (x + y), 0.5 * ((x - y) * (x - y) - noise)];
                sums.iter_mut().zip(more).for_each(|(sum, x)| *sum += x);
            }
        }
        let apart = |metric: usize| one.value[metric] - two.value[metric];
        for (part, sums) in self.products.iter_mut().enumerate() {
            let (x, y) = (apart(ATTEMPTS + 1 + part), apart(ACCURACY));
            if !(x * y).is_nan() {
                sums.iter_mut().zip([x * y, x * x, y * y]).for_each(|(sum, x)| *sum += 0.5 * x);
            }
        }
    }

    /// The mean, and the variance over attempts.
    fn of(&self, metric: usize) -> (f64, f64) {
        let [count, sum, squares] = self.sums[metric];
        (sum / count, (squares / count).max(0.0))
    }

    fn correlation(&self, part: usize) -> f64 {
        let [both, x, y] = self.products[part];
        if x * y > 0.0 { (both / sqrt(x * y)).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// Limits at a confidence.
struct Limits {
    /// The two-sided quantile of Student's t.
    t: f64,
    confidence: f64,
}

impl Limits {
    /// The limits of a share of this mean and variance over attempts, of at least so many trials, and of further noise.
    fn share(&self, value: f64, (mean, variance): (f64, f64), [least, noise]: [f64; 2]) -> [f64; 2] {
        if value.is_nan() {
            return [f64::NAN; 2];
        }
        let of_one = mean * (1.0 - mean);
        let trials = if of_one > 0.0 { (of_one / variance).max(least).min(MOST_TRIALS) } else { least };
        let trials = if noise > 0.0 && of_one > 0.0 { of_one / (of_one / trials + noise) } else { trials };
        let tail = 0.5 * (1.0 - self.confidence);
        let successes = value.clamp(0.0, 1.0) * trials;
        [lower(successes, trials, tail), upper(successes, trials, tail)]
    }

    /// The limits of an amount on the scale of the logarithm.
    fn amount(&self, value: f64, variance: f64, most: Option<f64>) -> [f64; 2] {
        if value.is_nan() {
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
