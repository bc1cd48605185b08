//! From per-task means to a row of estimates: each with its standard error, 0 where exact.

use std::ops::Range;

use super::sums::Sums;
use crate::dispatch::dispatch;

/// The names of the estimates, in the order of the columns.
pub const METRICS: [&str; 15] = [
    "accepted",
    "returned",
    "abstained",
    "accuracy",
    "wrong",
    "precision",
    "false_discovery_rate",
    "coverage",
    "attempts_used",
    "tokens",
    "cost",
    "latency",
    "utility",
    "tokens_per_correct",
    "cost_per_correct",
];

/// The probabilities at which benchmark-level quantiles are given.
pub const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Per-task means of one row, over trials or exact.
#[derive(Debug, Clone, Default)]
pub struct TaskMeans {
    /// An accepted answer was returned.
    pub accepted: Vec<f64>,
    /// The returned answer was correct.
    pub correct: Vec<f64>,
    /// The returned answer was wrong.
    pub wrong: Vec<f64>,
    /// Nothing was returned.
    pub abstained: Vec<f64>,
    /// Some attempt was correct; empty where not known.
    pub covered: Vec<f64>,
    /// Attempts used: mean, and variance from trial to trial.
    pub attempts: [Vec<f64>; 2],
    /// Tokens, money and seconds: mean, and variance from trial to trial; empty without a cost.
    pub bill: [[Vec<f64>; 2]; 3],
    /// Tokens and money of the trials whose answer was correct, over all trials; empty without a cost, and where exact.
    pub bill_correct: [Vec<f64>; 2],
    /// Utility: mean, and variance from trial to trial; empty without a utility.
    pub utility: [Vec<f64>; 2],
}

/// The estimates of one row and their standard errors, in the order of `METRICS`; NaN where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimates {
    /// The estimates.
    pub value: [f64; METRICS.len()],
    /// Their standard errors.
    pub standard_error: [f64; METRICS.len()],
}

impl Estimates {
    /// A row with nothing to say.
    pub const NONE: Self = Self { value: [f64::NAN; METRICS.len()], standard_error: [f64::NAN; METRICS.len()] };
}

impl TaskMeans {
    /// Every column.
    pub(crate) fn columns(&mut self) -> [&mut Vec<f64>; 17] {
        let Self { accepted, correct, wrong, abstained, covered, attempts, bill, bill_correct, utility } = self;
        let [tokens, money] = bill_correct;
        let [[t, tt], [m, mm], [s, ss]] = bill;
        let ([a, aa], [u, uu]) = (attempts, utility);
        [accepted, correct, wrong, abstained, covered, a, aa, t, tt, m, mm, s, ss, tokens, money, u, uu]
    }

    /// Adds another's with a weight: means over what is drawn for all tasks together.
    pub fn add(&mut self, weight: f64, mut other: Self) {
        for (sum, more) in self.columns().into_iter().zip(other.columns()) {
            sum.resize(more.len(), 0.0);
            sum.iter_mut().zip(more).for_each(|(sum, x)| *sum += weight * *x);
        }
    }

    /// The values of a task by metric, and their variances from trial to trial; NaN for ratios, and for what is not known.
    pub fn of_task(&self, task: usize) -> [[f64; METRICS.len()]; 2] {
        let at = |x: &[f64]| x.get(task).copied().unwrap_or(f64::NAN);
        let share = |x: f64| [x, x * (1.0 - x)];
        let moments = |[x, variance]: &[Vec<f64>; 2]| [at(x), at(variance)];
        let none = [f64::NAN; 2];
        let (correct, wrong) = (at(&self.correct), at(&self.wrong));
        let columns = [
            share(at(&self.accepted)),
            share(correct + wrong),
            share(at(&self.abstained)),
            share(correct),
            share(wrong),
            none,
            none,
            share(at(&self.covered)),
            moments(&self.attempts),
            moments(&self.bill[0]),
            moments(&self.bill[1]),
            moments(&self.bill[2]),
            moments(&self.utility),
            none,
            none,
        ];
        [0, 1].map(|part| columns.map(|column| column[part]))
    }

    /// Summarises tasks `range` with weights that add to 1 (`None`: all alike) over `trials` trials (`None`: exact).
    ///
    /// Tasks are drawn independently of one another within a trial, so variances add over tasks.
    pub fn summarise(&self, range: Range<usize>, weights: Option<&[f64]>, trials: Option<u64>) -> Estimates {
        if trials.is_none() && range.len() > 1 {
            return self.exact(range, weights, &Summed::ALL);
        }
        // A single task weighs 1 whatever its weight in the benchmark; weights that are all alike divide once, at the end.
        let (weights, count) = match weights {
            Some(w) if range.len() > 1 => (Some(w), 1.0),
            _ => (None, range.len() as f64),
        };
        let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
        let mean_of = |x: &dyn Fn(usize) -> f64| range.clone().map(|i| weight(i) * x(i)).sum::<f64>() / count;
        let mean = |x: &[f64]| mean_of(&|i| x[i]);
        // The standard error of a weighted mean from the tasks' variances; one trial shows none.
        let error = |variance: &dyn Fn(usize) -> f64| match trials {
            None => 0.0,
            Some(1) => f64::NAN,
            Some(n) => {
                let sum: f64 = range.clone().map(|i| weight(i) * weight(i) * variance(i)).sum();
                libm::sqrt(sum.max(0.0) / (n - 1) as f64) / count
            }
        };
        let share_of = |x: &dyn Fn(usize) -> f64| (mean_of(x), error(&|i| x(i) * (1.0 - x(i))));
        let share = |x: &[f64]| if x.is_empty() { (f64::NAN, f64::NAN) } else { share_of(&|i| x[i]) };
        let moments = |[x, variance]: &[Vec<f64>; 2]| {
            if x.is_empty() { (f64::NAN, f64::NAN) } else { (mean(x), error(&|i| variance[i])) }
        };
        let (accuracy, wrong) = (share(&self.correct), share(&self.wrong));
        let returned = share_of(&|i| self.correct[i] + self.wrong[i]);
        let precision = if returned.0 > 0.0 {
            let q = accuracy.0 / returned.0;
            // The linearised ratio: variance of correct - q returned, which is 1-q, -q or 0.
            let spread = |i: usize| {
                let (c, w) = (self.correct[i], self.wrong[i]);
                let m = c * (1.0 - q) - w * q;
                c * (1.0 - q) * (1.0 - q) + w * q * q - m * m
            };
            (q, error(&spread) / returned.0)
        } else {
            (f64::NAN, f64::NAN)
        };
        let per_correct = |part: usize| {
            let [x, variance] = &self.bill[part];
            if x.is_empty() || accuracy.0 <= 0.0 {
                return (f64::NAN, f64::NAN);
            }
            let r = mean(x) / accuracy.0;
            // The linearised ratio: variance of tokens - r correct.
            let spread = |i: usize| {
                let c = self.correct[i];
                let product = self.bill_correct[part].get(i).map_or(0.0, |both| both - x[i] * c);
                variance[i] - 2.0 * r * product + r * r * c * (1.0 - c)
            };
            (r, error(&spread) / accuracy.0)
        };
        let columns = [
            share(&self.accepted),
            returned,
            share(&self.abstained),
            accuracy,
            wrong,
            precision,
            (wrong.0 / returned.0, precision.1),
            share(&self.covered),
            moments(&self.attempts),
            moments(&self.bill[0]),
            moments(&self.bill[1]),
            moments(&self.bill[2]),
            moments(&self.utility),
            per_correct(0),
            per_correct(1),
        ];
        Estimates { value: columns.map(|c| c.0), standard_error: columns.map(|c| c.1) }
    }
}

/// Which estimates are asked for: their place among `METRICS`, and the columns of the tasks that they are made of.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for or not")]
pub struct Summed {
    /// `accepted`.
    pub accepted: bool,
    /// Anything made of wrong answers.
    pub wrong: bool,
    /// `abstained`.
    pub abstained: bool,
    /// `coverage`.
    pub coverage: bool,
    /// `attempts_used`.
    pub attempts: bool,
    /// `utility`.
    pub utility: bool,
}

impl Summed {
    /// Everything.
    pub const ALL: Self =
        Self { accepted: true, wrong: true, abstained: true, coverage: true, attempts: true, utility: true };

    /// By the names of the metrics.
    pub fn new(asks: impl Fn(&str) -> bool) -> Self {
        Self {
            accepted: asks("accepted"),
            wrong: ["returned", "wrong", "precision", "false_discovery_rate"].into_iter().any(&asks),
            abstained: asks("abstained"),
            coverage: asks("coverage"),
            attempts: asks("attempts_used"),
            utility: asks("utility"),
        }
    }
}

impl TaskMeans {
    /// The same of exact means, whose errors are 0; what is not asked for may be NaN.
    pub fn exact(&self, range: Range<usize>, weights: Option<&[f64]>, asked: &Summed) -> Estimates {
        let [tokens, money, seconds] = &self.bill;
        let columns = [
            (&self.accepted, asked.accepted),
            (&self.abstained, asked.abstained),
            (&self.correct, true),
            (&self.wrong, asked.wrong),
            (&self.covered, asked.coverage),
            (&self.attempts[0], asked.attempts),
            (&tokens[0], true),
            (&money[0], true),
            (&seconds[0], true),
            (&self.utility[0], asked.utility),
        ];
        // Plain loops: closures over small arrays cost as much as the sums of a row.
        let mut parts: [&[f64]; 10] = [&[]; 10];
        for (part, (column, asked)) in parts.iter_mut().zip(columns) {
            if asked && column.len() >= range.end {
                *part = &column[range.clone()];
            }
        }
        let count = if weights.is_some() { 1.0 } else { range.len() as f64 };
        let found = dispatch(Sums { columns: parts, weights: weights.map(|w| &w[range]) });
        let mut mean = [f64::NAN; 10];
        for at in 0..10 {
            if !parts[at].is_empty() {
                mean[at] = found[at] / count;
            }
        }
        let [accepted, abstained, correct, wrong, covered, attempts, tokens, money, seconds, utility] = mean;
        let returned = correct + wrong;
        let precision = if returned > 0.0 { correct / returned } else { f64::NAN };
        let per_correct = |x: f64| if correct > 0.0 { x / correct } else { f64::NAN };
        let value = [
            accepted,
            returned,
            abstained,
            correct,
            wrong,
            precision,
            wrong / returned,
            covered,
            attempts,
            tokens,
            money,
            seconds,
            utility,
            per_correct(tokens),
            per_correct(money),
        ];
        let mut standard_error = [0.0; METRICS.len()];
        for (error, value) in standard_error.iter_mut().zip(&value) {
            if value.is_nan() {
                *error = f64::NAN;
            }
        }
        Estimates { value, standard_error }
    }
}

/// The value with rank ceil(p n) of values given in ascending order with their counts; NaN where there are none.
pub fn quantile(values: impl Iterator<Item = (f64, u64)> + Clone, p: f64) -> f64 {
    let total: u64 = values.clone().map(|v| v.1).sum();
    // p is a hundredth: whole numbers avoid a rank that is one off through rounding.
    let hundredths = libm::round(p * 100.0) as u128;
    let rank = (hundredths * u128::from(total)).div_ceil(100).max(1);
    let mut seen = 0u128;
    for (value, count) in values {
        seen += u128::from(count);
        if seen >= rank && count > 0 {
            return value;
        }
    }
    f64::NAN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_order_statistics() {
        let values = [(1.0, 1), (2.0, 0), (3.0, 18), (4.0, 1)];
        let got = QUANTILES.map(|p| quantile(values.iter().copied(), p));
        assert_eq!(got, [1.0, 3.0, 3.0, 3.0, 3.0]);
        assert_eq!(quantile([(2.0, 1), (5.0, 1)].iter().copied(), 0.5), 2.0);
        assert!(quantile(std::iter::empty(), 0.5).is_nan());
    }

    #[test]
    fn exact_means_are_those_of_counted_ones_whatever_is_asked_for() {
        let column = |seed: u32| -> Vec<f64> { (0..57).map(|i| f64::from((i * seed) % 97) / 97.0).collect() };
        let means = TaskMeans {
            accepted: column(31),
            correct: column(7),
            wrong: column(13),
            abstained: column(5),
            attempts: [column(11), column(3)],
            utility: [column(19), column(2)],
            ..TaskMeans::default()
        };
        let weights = column(23);
        for weights in [None, Some(&weights[..])] {
            for range in [0..57, 3..40] {
                let exact = means.summarise(range.clone(), weights, None);
                let counted = means.summarise(range.clone(), weights, Some(9));
                for (at, (exact, counted)) in exact.value.iter().zip(counted.value).enumerate() {
                    let same = exact.is_nan() && counted.is_nan();
                    // Sums of 57 numbers in another order.
                    assert!(same || (exact - counted).abs() <= 1e-14 * counted.abs(), "{at}: {exact} {counted}");
                }
                let known = exact.value.map(|x| if x.is_nan() { x } else { 0.0 });
                assert_eq!(exact.standard_error.map(f64::to_bits), known.map(f64::to_bits));
                for (at, metric) in METRICS.iter().enumerate() {
                    let one = means.exact(range.clone(), weights, &Summed::new(|name| name == *metric));
                    assert_eq!(one.value[at].to_bits(), exact.value[at].to_bits(), "{metric}");
                }
            }
        }
    }

    #[test]
    fn a_row_adds_up_and_an_exact_one_has_no_error() {
        let means = TaskMeans {
            accepted: vec![0.5, 0.25],
            correct: vec![0.25, 0.25],
            wrong: vec![0.25, 0.0],
            abstained: vec![0.5, 0.75],
            attempts: [vec![2.0, 3.0], vec![1.0, 4.0]],
            ..TaskMeans::default()
        };
        let exact = means.summarise(0..2, None, None);
        assert_eq!(&exact.value[..7], &[0.375, 0.375, 0.625, 0.25, 0.125, 2.0 / 3.0, 1.0 / 3.0]);
        assert_eq!(exact.standard_error[0], 0.0);
        let estimated = means.summarise(0..2, None, Some(101));
        let want = libm::sqrt((0.25 + 0.1875) / 4.0 / 100.0);
        assert!((estimated.standard_error[0] - want).abs() < 1e-15);
        assert!((estimated.standard_error[8] - libm::sqrt(5.0 / 4.0 / 100.0)).abs() < 1e-15);
        assert!(means.summarise(0..2, None, Some(1)).standard_error[0].is_nan());
    }
}
