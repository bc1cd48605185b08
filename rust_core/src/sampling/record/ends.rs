//! Intervals of a row: over the verifiers that labels leave open, over other tasks, or both.

use libm::{exp, log, sqrt};

use super::estimate::{METRICS, TaskMeans};
use crate::sampling::scenario::cost::Utility;
use crate::special::proportion::Sample;
use crate::special::student_t::square_of_t;
use crate::stats::quantile;

/// The lower and the upper end of every metric, in the order of `METRICS`; NaN where there is none.
pub type Ends = [[f64; METRICS.len()]; 2];
/// No ends.
pub const NO_ENDS: Ends = [[f64::NAN; METRICS.len()]; 2];

/// What the intervals of a row are about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// Other tasks, beside what labels leave open.
    pub over_tasks: bool,
    /// The confidence, in (0, 1).
    pub confidence: f64,
}

impl Asked {
    /// The probability beyond each end.
    pub fn tail(&self) -> f64 {
        0.5 * (1.0 - self.confidence)
    }
}

/// The ends of equally likely rows, each with its own lower and upper value.
pub fn of_draws(draws: &[Ends], tail: f64) -> Ends {
    let mut ends = NO_ENDS;
    for (end, (found, p)) in ends.iter_mut().zip([tail, 1.0 - tail]).enumerate() {
        for (metric, found) in found.iter_mut().enumerate() {
            let mut values: Vec<f64> = draws.iter().map(|d| d[end][metric]).filter(|x| !x.is_nan()).collect();
            values.sort_by(f64::total_cmp);
            *found = quantile(&values, p);
        }
    }
    ends
}

/// What bounds the values of a task beside the shares.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most attempts.
    pub attempts: f64,
    /// What answers are worth, where attempts cost nothing.
    pub utility: Option<Utility>,
}

/// The limits over tasks, with `tail` beneath the lower and above the upper one.
///
/// Shares, the utility where attempts cost nothing, and the ratio of shares are means of values in known bounds: they have
/// the limits of Gaffke, which hold at 0 and 1 and for few tasks (`special::proportion::Sample`). Attempts, tokens, money and
/// seconds have Student's t on the scale of the logarithm, any other utility on its own.
pub fn over_tasks(means: &TaskMeans, weights: Option<&[f64]>, bounds: Bounds, tail: f64) -> Ends {
    let count = means.correct.len();
    if count < 2 {
        return NO_ENDS;
    }
    let over = Over {
        weights,
        count,
        size: weights.map_or(count as f64, |w| 1.0 / w.iter().map(|w| w * w).sum::<f64>()),
        tail,
    };
    let TaskMeans { accepted, correct, wrong, abstained, covered, attempts, bill, utility, .. } = means;
    let returned: Vec<f64> = correct.iter().zip(wrong).map(|(c, w)| c + w).collect();
    let precision = over.ratio(correct, wrong);
    let columns = [
        over.share(accepted),
        over.share(&returned),
        over.share(abstained),
        over.share(correct),
        over.share(wrong),
        precision,
        [1.0 - precision[1], 1.0 - precision[0]],
        over.share(covered),
        over.amount(&attempts[0], Some(bounds.attempts)),
        over.amount(&bill[0][0], None),
        over.amount(&bill[1][0], None),
        over.amount(&bill[2][0], None),
        match bounds.utility {
            Some(u) => over.scaled(&utility[0], [-u.wrong_cost, u.correct_reward]),
            None => over.any(&utility[0]),
        },
        over.per_correct(&bill[0][0], correct),
        over.per_correct(&bill[1][0], correct),
    ];
    [columns.map(|c| c[0]), columns.map(|c| c[1])]
}

struct Over<'a> {
    weights: Option<&'a [f64]>,
    count: usize,
    /// The effective number of tasks (Kish): fewer where weights differ.
    size: f64,
    tail: f64,
}

impl Over<'_> {
    fn weight(&self, i: usize) -> f64 {
        self.weights.map_or(1.0 / self.count as f64, |w| w[i])
    }

    fn sample(&self, value: impl Fn(usize) -> f64) -> Sample {
        let mut sample = Sample::default();
        (0..self.count).for_each(|i| sample.add(value(i).clamp(0.0, 1.0), self.size * self.weight(i)));
        sample
    }

    fn share(&self, x: &[f64]) -> [f64; 2] {
        self.scaled(x, [0.0, 1.0])
    }

    /// The mean of values in [low, high].
    fn scaled(&self, x: &[f64], [low, high]: [f64; 2]) -> [f64; 2] {
        if x.is_empty() {
            return [f64::NAN; 2];
        }
        let width = high - low;
        if width == 0.0 {
            return [low, high];
        }
        let sample = self.sample(|i| (x[i] - low) / width);
        [low + width * sample.lower(self.tail), low + width * sample.upper(self.tail)]
    }

    /// The ratio of what is correct to all that is returned: the values q that the limits of the mean of
    /// (1 - q) correct - q wrong, which is 0 at the ratio itself, do not rule out.
    fn ratio(&self, correct: &[f64], wrong: &[f64]) -> [f64; 2] {
        if (0..self.count).all(|i| correct[i] + wrong[i] == 0.0) {
            return [f64::NAN; 2];
        }
        let at = |q: f64| self.sample(|i| q + (1.0 - q) * correct[i] - q * wrong[i]);
        let root = |limit: &dyn Fn(Sample) -> f64| {
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..48 {
                let middle = 0.5 * (low + high);
                if limit(at(middle)) > middle { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        };
        [root(&|sample| sample.lower(self.tail)), root(&|sample| sample.upper(self.tail))]
    }

    /// The mean and its standard error over tasks.
    fn moments(&self, x: &[f64]) -> [f64; 2] {
        let mean: f64 = (0..self.count).map(|i| self.weight(i) * x[i]).sum();
        let variance: f64 = (0..self.count).map(|i| self.weight(i) * (x[i] - mean) * (x[i] - mean)).sum();
        [mean, sqrt(variance / (self.size - 1.0).max(1e-9))]
    }

    /// The quantile of Student's t with `tail` beneath it.
    fn t(&self) -> f64 {
        let square = square_of_t(self.count, (1.0 - 2.0 * self.tail).abs());
        if self.tail < 0.5 { -sqrt(square) } else { sqrt(square) }
    }

    /// A mean of positive values; where all are one value below the most, some may still be the most.
    fn amount(&self, x: &[f64], most: Option<f64>) -> [f64; 2] {
        if x.is_empty() {
            return [f64::NAN; 2];
        }
        let [mean, error] = self.moments(x);
        if error <= 1e-12 * mean || mean <= 0.0 {
            let unseen = sample_of_none(self.size, self.tail);
            return [mean, most.map_or(mean, |most| mean + (most - mean).max(0.0) * unseen)];
        }
        let t = self.t();
        let end = |t: f64| mean * exp(t * error / mean);
        [end(t), most.map_or(end(-t), |most| end(-t).min(most.max(mean)))]
    }

    /// The ratio of a mean amount to the mean share of correct answers.
    fn per_correct(&self, x: &[f64], correct: &[f64]) -> [f64; 2] {
        if x.is_empty() {
            return [f64::NAN; 2];
        }
        let [[m, x_error], [a, a_error]] = [x, correct].map(|column| self.moments(column));
        let covariance: f64 = (0..self.count).map(|i| self.weight(i) * (x[i] - m) * (correct[i] - a)).sum();
        let product = x_error * a_error * (self.size - 1.0).max(1e-9);
        let correlation = if product > 0.0 { (covariance / product).clamp(-1.0, 1.0) } else { 0.0 };
        ratio_ends([m, a], [self.amount(x, None), self.share(correct)], correlation)
    }

    fn any(&self, x: &[f64]) -> [f64; 2] {
        if x.is_empty() {
            return [f64::NAN; 2];
        }
        let [mean, error] = self.moments(x);
        let t = self.t();
        [mean + t * error, mean - t * error]
    }
}

/// The limits of the ratio of an amount to a share, from theirs and from the correlation of the two (Donner and Zou, Stat.
/// Methods Med. Res. 21 (2012), on the scale of the logarithm): the distances of two limits add as standard errors do.
pub fn ratio_ends([amount, share]: [f64; 2], [of_amount, of_share]: [[f64; 2]; 2], correlation: f64) -> [f64; 2] {
    if amount.is_nan() || share.is_nan() || share <= 0.0 {
        return [f64::NAN; 2];
    }
    if amount == 0.0 {
        return [0.0; 2];
    }
    let far = |x: f64, y: f64| sqrt((x * x + y * y - 2.0 * correlation * x * y).max(0.0));
    let down = far(log(amount / of_amount[0]), log(of_share[1] / share));
    let up = if of_share[0] > 0.0 { far(log(of_amount[1] / amount), log(share / of_share[0])) } else { f64::INFINITY };
    let ratio = amount / share;
    [ratio * exp(-down), ratio * exp(up)]
}

/// The upper limit of a share of which so many show no case.
fn sample_of_none(size: f64, tail: f64) -> f64 {
    let mut sample = Sample::default();
    sample.add(0.0, size);
    sample.upper(tail)
}
