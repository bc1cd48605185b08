//! From per-task means to a row of estimates: each with its standard error, 0 where exact.

use std::ops::Range;

use super::metrics::{COUNT, Kind, METRICS, Quantity, RATIOS, TaskMeans, values};
use super::sums::Sums;
use crate::dispatch::dispatch;

/// The probabilities at which benchmark-level quantiles are given.
pub const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// The estimates of one row and their standard errors, in the order of `METRICS`; NaN where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimates {
    /// The estimates.
    pub value: [f64; COUNT],
    /// Their standard errors.
    pub standard_error: [f64; COUNT],
}

impl Estimates {
    /// A row with nothing to say.
    pub const NONE: Self = Self { value: [f64::NAN; COUNT], standard_error: [f64::NAN; COUNT] };
}

impl TaskMeans {
    /// The values of a task by metric, and their variances from trial to trial; NaN for ratios, and for what is not known.
    pub fn of_task(&self, task: usize) -> [[f64; COUNT]; 2] {
        let at = |x: &[f64]| x.get(task).copied().unwrap_or(f64::NAN);
        let means = self.means();
        let mean = |quantity: Quantity| at(means[quantity as usize]);
        let share = |x: f64| [x, x * (1.0 - x)];
        let columns = METRICS.map(|metric| match metric.kind {
            Kind::Share(event) | Kind::Neither(_, event) => share(mean(event)),
            Kind::Either([one, other]) => share(mean(one) + mean(other)),
            Kind::Amount(x) | Kind::Score(x) => [mean(x), self.variance(x).map_or(f64::NAN, at)],
            Kind::Ratio(_) | Kind::Complement(_) | Kind::PerCorrect(_) => [f64::NAN; 2],
        });
        [0, 1].map(|part| columns.map(|column| column[part]))
    }

    /// Summarises tasks `range` with weights that add to 1 (`None`: all alike) over `trials` trials (`None`: exact).
    ///
    /// Tasks are drawn independently of one another within a trial, so variances add over tasks.
    pub fn summarise(&self, range: Range<usize>, weights: Option<&[f64]>, trials: Option<u64>) -> Estimates {
        let Some(trials) = trials else { return self.exact(range, weights, &Summed::ALL) };
        // A single task weighs 1 whatever its weight in the benchmark; weights that are all alike divide once, at the end.
        let (weights, count) = match weights {
            Some(w) if range.len() > 1 => (Some(w), 1.0),
            _ => (None, range.len() as f64),
        };
        let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
        let mean_of = |x: &dyn Fn(usize) -> f64| range.clone().map(|i| weight(i) * x(i)).sum::<f64>() / count;
        // The standard error of a weighted mean from the tasks' variances; one trial shows none.
        let error_of = |sum: f64| libm::sqrt(sum.max(0.0) / (trials - 1) as f64) / count;
        let error = |variance: &dyn Fn(usize) -> f64| {
            if trials == 1 {
                return f64::NAN;
            }
            error_of(range.clone().map(|i| weight(i) * weight(i) * variance(i)).sum())
        };
        let share = |x: &dyn Fn(usize) -> f64| [mean_of(x), error(&|i| x(i) * (1.0 - x(i)))];
        let mut found = if range.len() == 1 {
            let [value, variance] = self.of_task(range.start);
            let error = |at: usize| if trials == 1 || value[at].is_nan() { f64::NAN } else { error_of(variance[at]) };
            std::array::from_fn(|at| [value[at], error(at)])
        } else {
            METRICS.map(|metric| match metric.kind {
                Kind::Share(event) | Kind::Neither(_, event) if !self.mean(event).is_empty() => {
                    let x = self.mean(event);
                    share(&|i| x[i])
                }
                Kind::Either(two) => {
                    let [one, other] = two.map(|event| self.mean(event));
                    share(&|i| one[i] + other[i])
                }
                Kind::Amount(x) | Kind::Score(x) if !self.mean(x).is_empty() => {
                    let (x, variance) = (self.mean(x), self.variance(x).unwrap_or_default());
                    [mean_of(&|i| x[i]), error(&|i| variance[i])]
                }
                _ => [f64::NAN; 2],
            })
        };
        for (at, (metric, ratio)) in METRICS.iter().zip(RATIOS).enumerate() {
            let Some([numerator, whole]) = ratio.map(|places| places.map(|place| found[place][0])) else { continue };
            // By the linearised ratio: the variance of the numerator less the ratio times the denominator.
            found[at] = match metric.kind {
                Kind::Ratio(two) | Kind::Complement(two) if whole > 0.0 => {
                    let [one, other] = two.map(|event| self.mean(event));
                    let q = numerator / whole;
                    // One less the ratio, less the ratio, or 0.
                    let spread = |i: usize| {
                        let (c, w) = (one[i], other[i]);
                        let m = c * (1.0 - q) - w * q;
                        c * (1.0 - q) * (1.0 - q) + w * q * q - m * m
                    };
                    let value = if metric.kind == Kind::Ratio(two) { q } else { mean_of(&|i| other[i]) / whole };
                    [value, error(&spread) / whole]
                }
                Kind::PerCorrect(amount) if whole > 0.0 && !numerator.is_nan() => {
                    let (x, variance) = (self.mean(amount), self.variance(amount).unwrap_or_default());
                    let (correct, both) = (&self.correct, self.with_correct(amount));
                    let r = numerator / whole;
                    let spread = |i: usize| {
                        let c = correct[i];
                        let product = both.get(i).map_or(0.0, |both| both - x[i] * c);
                        variance[i] - 2.0 * r * product + r * r * c * (1.0 - c)
                    };
                    [r, error(&spread) / whole]
                }
                _ => [f64::NAN; 2],
            };
        }
        Estimates { value: found.map(|x| x[0]), standard_error: found.map(|x| x[1]) }
    }

    /// The same of exact means, whose errors are 0; what is not asked for may be NaN.
    pub fn exact(&self, range: Range<usize>, weights: Option<&[f64]>, asked: &Summed) -> Estimates {
        // Plain loops: closures over small arrays cost as much as the sums of a row.
        let mut columns = self.means();
        let mut mean = [f64::NAN; Quantity::COUNT];
        if range.len() == 1 {
            // It weighs 1 whatever its weight in the benchmark.
            for (mean, column) in mean.iter_mut().zip(columns) {
                *mean = column.get(range.start).copied().unwrap_or(f64::NAN);
            }
        } else {
            for (column, asked) in columns.iter_mut().zip(asked.0) {
                *column = if asked && column.len() >= range.end { &column[range.clone()] } else { &[] };
            }
            let count = if weights.is_some() { 1.0 } else { range.len() as f64 };
            let found = dispatch(Sums { columns, weights: weights.map(|w| &w[range]) });
            for at in 0..Quantity::COUNT {
                if !columns[at].is_empty() {
                    mean[at] = found[at] / count;
                }
            }
        }
        let value = values(mean);
        let mut standard_error = [0.0; COUNT];
        for (error, value) in standard_error.iter_mut().zip(&value) {
            if value.is_nan() {
                *error = f64::NAN;
            }
        }
        Estimates { value, standard_error }
    }
}

/// Which quantities are summed over tasks.
#[derive(Debug, Clone, Copy)]
pub struct Summed([bool; Quantity::COUNT]);

impl Summed {
    /// Everything.
    pub const ALL: Self = Self([true; Quantity::COUNT]);

    /// Those that metrics are made of, by their place in the table.
    pub fn new(asks: impl Fn(usize) -> bool) -> Self {
        let mut found = [false; Quantity::COUNT];
        for (_, metric) in METRICS.iter().enumerate().filter(|(at, _)| asks(*at)) {
            metric.kind.quantities().iter().for_each(|&quantity| found[quantity as usize] = true);
        }
        Self(found)
    }

    /// Whether a quantity is.
    #[inline]
    pub const fn has(&self, quantity: Quantity) -> bool {
        self.0[quantity as usize]
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
                    let one = means.exact(range.clone(), weights, &Summed::new(|asked| asked == at));
                    assert_eq!(one.value[at].to_bits(), exact.value[at].to_bits(), "{}", metric.name);
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
