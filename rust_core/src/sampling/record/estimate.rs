//! From per-task means to a row of estimates: each with its standard error, 0 where exact.

/// The names of the estimates, in the order of the columns.
pub const METRICS: [&str; 13] = [
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
    pub(crate) fn columns(&mut self) -> [&mut Vec<f64>; 15] {
        let Self { accepted, correct, wrong, abstained, covered, attempts, bill, utility } = self;
        let [[t, tt], [m, mm], [s, ss]] = bill;
        let ([a, aa], [u, uu]) = (attempts, utility);
        [accepted, correct, wrong, abstained, covered, a, aa, t, tt, m, mm, s, ss, u, uu]
    }

    /// Adds another's with a weight: means over what is drawn for all tasks together.
    pub fn add(&mut self, weight: f64, mut other: Self) {
        for (sum, more) in self.columns().into_iter().zip(other.columns()) {
            sum.resize(more.len(), 0.0);
            sum.iter_mut().zip(more).for_each(|(sum, x)| *sum += weight * *x);
        }
    }

    /// Summarises tasks `range` with weights that add to 1 (`None`: all alike) over `trials` trials (`None`: exact).
    ///
    /// Tasks are drawn independently of one another within a trial, so variances add over tasks.
    pub fn summarise(&self, range: std::ops::Range<usize>, weights: Option<&[f64]>, trials: Option<u64>) -> Estimates {
        if trials.is_none() && range.len() > 1 {
            return self.exact(range, weights);
        }
        // A single task weighs 1 whatever its weight in the benchmark; weights that are all alike divide once, at the end.
        let (weights, count) = match weights {
            Some(w) if range.len() > 1 => (Some(w), 1.0),
            _ => (None, range.len() as f64),
        };
        let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
        let mean = |x: &[f64]| range.clone().map(|i| weight(i) * x[i]).sum::<f64>() / count;
        // The standard error of a weighted mean from the tasks' variances; one trial shows none.
        let error = |variance: &dyn Fn(usize) -> f64| match trials {
            None => 0.0,
            Some(1) => f64::NAN,
            Some(n) => {
                let sum: f64 = range.clone().map(|i| weight(i) * weight(i) * variance(i)).sum();
                libm::sqrt(sum.max(0.0) / (n - 1) as f64) / count
            }
        };
        let share = |x: &[f64]| {
            if x.is_empty() { (f64::NAN, f64::NAN) } else { (mean(x), error(&|i| x[i] * (1.0 - x[i]))) }
        };
        let moments = |[x, variance]: &[Vec<f64>; 2]| {
            if x.is_empty() { (f64::NAN, f64::NAN) } else { (mean(x), error(&|i| variance[i])) }
        };
        let returned_by_task: Vec<f64> = self.correct.iter().zip(&self.wrong).map(|(c, w)| c + w).collect();
        let (accuracy, wrong) = (share(&self.correct), share(&self.wrong));
        let returned = share(&returned_by_task);
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
        ];
        Estimates { value: columns.map(|c| c.0), standard_error: columns.map(|c| c.1) }
    }
}

impl TaskMeans {
    /// The same of exact means, whose errors are 0: all sums in one pass, for one after another each waits for itself.
    fn exact(&self, range: std::ops::Range<usize>, weights: Option<&[f64]>) -> Estimates {
        let returned: Vec<f64> = range.clone().map(|i| self.correct[i] + self.wrong[i]).collect();
        let [tokens, money, seconds] = &self.bill;
        let shares = [&self.accepted, &self.abstained, &self.correct, &self.wrong, &self.covered];
        let sizes = [&self.attempts[0], &tokens[0], &money[0], &seconds[0], &self.utility[0]];
        // A column that is not there is summed as another, and not shown.
        let columns = [shares, sizes].concat().into_iter().map(|column| column.get(range.clone()).unwrap_or(&returned));
        let columns: Vec<&[f64]> = columns.chain([&returned[..]]).collect();
        let count = if weights.is_some() { 1.0 } else { range.len() as f64 };
        let found = sums(&columns.try_into().unwrap_or([&[]; 11]), weights.map(|w| &w[range])).map(|sum| sum / count);
        let is_there = |at: usize| !(if at < 5 { shares[at] } else { sizes[at - 5] }).is_empty();
        let mean = |at: usize| if is_there(at) { [found[at], 0.0] } else { [f64::NAN; 2] };
        let ([correct, wrong], returned) = ([found[2], found[3]], found[10]);
        let precision = if returned > 0.0 { [correct / returned, 0.0] } else { [f64::NAN; 2] };
        let columns = [
            mean(0),
            [returned, 0.0],
            mean(1),
            [correct, 0.0],
            [wrong, 0.0],
            precision,
            [wrong / returned, precision[1]],
            mean(4),
            mean(5),
            mean(6),
            mean(7),
            mean(8),
            mean(9),
        ];
        Estimates { value: columns.map(|c| c[0]), standard_error: columns.map(|c| c[1]) }
    }
}

/// The sums of columns of one length, each added from its first value to its last.
fn sums<const COLUMNS: usize>(columns: &[&[f64]; COLUMNS], weights: Option<&[f64]>) -> [f64; COLUMNS] {
    // As `Iterator::sum` does: a sum of nothing but -0 keeps its sign.
    let mut sums = [-0.0; COLUMNS];
    let count = columns[0].len();
    let columns = columns.map(|column| &column[..count]);
    for i in 0..count {
        let weight = weights.map_or(1.0, |w| w[i]);
        for (sum, column) in sums.iter_mut().zip(&columns) {
            *sum += weight * column[i];
        }
    }
    sums
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
    fn exact_means_are_summed_to_the_same_bits() {
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
                let counted = means.summarise(range, weights, Some(9));
                assert_eq!(exact.value.map(f64::to_bits), counted.value.map(f64::to_bits));
                let known = exact.value.map(|x| if x.is_nan() { x } else { 0.0 });
                assert_eq!(exact.standard_error.map(f64::to_bits), known.map(f64::to_bits));
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
