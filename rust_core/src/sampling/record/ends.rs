//! Intervals of a row: over the verifiers that labels leave open, over other tasks, or both.

use libm::{exp, log, sqrt};

use super::metrics::{COUNT, Kind, METRICS, Quantity, TaskMeans};
use crate::sampling::scenario::cost::Utility;
use crate::special::proportion::Sample;
use crate::special::student_t::square_of_t;
use crate::stats::quantile;

/// The lower and the upper end of every metric, in the order of `METRICS`; NaN where there is none.
pub type Ends = [[f64; COUNT]; 2];
/// No ends.
pub const NO_ENDS: Ends = [[f64::NAN; COUNT]; 2];

/// What the intervals of a row are about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// Other tasks, beside what labels leave open.
    pub over_tasks: bool,
    /// The confidence, in (0, 1).
    pub confidence: f64,
    /// The metrics that have one.
    pub metrics: [bool; COUNT],
}

impl Asked {
    /// The probability beyond each end.
    pub fn tail(&self) -> f64 {
        0.5 * (1.0 - self.confidence)
    }

    /// The limits over tasks at this confidence.
    pub fn over_tasks(&self, means: &TaskMeans, weights: Option<&[f64]>, bounds: Bounds) -> Ends {
        over_tasks(means, weights, bounds, [self.tail(); 2], &self.metrics)
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

impl Bounds {
    /// The least and the most of a quantity that is no share, where they are known.
    pub fn of(&self, quantity: Quantity) -> Option<[f64; 2]> {
        match quantity {
            Quantity::Attempts => Some([0.0, self.attempts]),
            Quantity::Utility => self.utility.map(|u| [-u.wrong_cost, u.correct_reward]),
            _ => None,
        }
    }
}

/// The limits over tasks of some metrics, with so much probability beneath the lower and above the upper one.
///
/// Shares, the utility where attempts cost nothing, and the ratio of shares are means of values in known bounds: they have
/// the limits of Gaffke, which hold at 0 and 1 and for few tasks (`special::proportion::Sample`). Attempts, tokens, money and
/// seconds have Student's t on the scale of the logarithm, any other utility on its own.
pub fn over_tasks(
    means: &TaskMeans,
    weights: Option<&[f64]>,
    bounds: Bounds,
    tails: [f64; 2],
    asked: &[bool; COUNT],
) -> Ends {
    let count = means.correct.len();
    if count < 2 {
        return NO_ENDS;
    }
    let size = weights.map_or(count as f64, |w| 1.0 / w.iter().map(|w| w * w).sum::<f64>());
    let over = Over { weights, count, size, tails };
    let column = |quantity: Quantity| means.mean(quantity);
    let mut ends = NO_ENDS;
    for (at, metric) in METRICS.iter().enumerate().filter(|(at, _)| asked[*at]) {
        [ends[0][at], ends[1][at]] = match metric.kind {
            Kind::Share(event) | Kind::Neither(_, event) => over.share(column(event)),
            Kind::Either(two) => {
                let [one, other] = two.map(column);
                over.share(&one.iter().zip(other).map(|(x, y)| x + y).collect::<Vec<f64>>())
            }
            Kind::Ratio(two) => over.ratio(two.map(column)),
            Kind::Complement(two) => {
                let [low, high] = Over { tails: [tails[1], tails[0]], ..over }.ratio(two.map(column));
                [1.0 - high, 1.0 - low]
            }
            Kind::Amount(x) => over.amount(column(x), bounds.of(x).map(|[_, most]| most)),
            Kind::Score(x) => match bounds.of(x) {
                Some(range) => over.scaled(column(x), range),
                None => over.any(column(x)),
            },
            Kind::PerCorrect(amount) => over.per_correct(column(amount), &means.correct),
        };
    }
    ends
}

#[derive(Debug, Clone, Copy)]
struct Over<'a> {
    weights: Option<&'a [f64]>,
    count: usize,
    /// The effective number of tasks (Kish): fewer where weights differ.
    size: f64,
    /// The probabilities beneath the lower and above the upper end.
    tails: [f64; 2],
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
        [low + width * sample.lower(self.tails[0]), low + width * sample.upper(self.tails[1])]
    }

    /// The ratio of what is correct to all that is returned: the values q that the limits of the mean of
    /// (1 - q) correct - q wrong, which is 0 at the ratio itself, do not rule out.
    fn ratio(&self, [correct, wrong]: [&[f64]; 2]) -> [f64; 2] {
        if (0..self.count).all(|i| correct[i] + wrong[i] == 0.0) {
            return [f64::NAN; 2];
        }
        let at = |q: f64| self.sample(|i| q + (1.0 - q) * correct[i] - q * wrong[i]);
        let [below, above] = self.tails;
        [root(|q| at(q).lower(below) - q), root(|q| at(q).upper(above) - q)]
    }

    /// The mean and its standard error over tasks.
    fn moments(&self, x: &[f64]) -> [f64; 2] {
        let mean: f64 = (0..self.count).map(|i| self.weight(i) * x[i]).sum();
        let variance: f64 = (0..self.count).map(|i| self.weight(i) * (x[i] - mean) * (x[i] - mean)).sum();
        [mean, sqrt(variance / (self.size - 1.0).max(1e-9))]
    }

    /// The quantiles of Student's t with `tails` beneath and above them.
    fn t(&self) -> [f64; 2] {
        let beneath = |tail: f64| {
            let square = square_of_t(self.count, (1.0 - 2.0 * tail).abs());
            if tail < 0.5 { -sqrt(square) } else { sqrt(square) }
        };
        [beneath(self.tails[0]), -beneath(self.tails[1])]
    }

    /// A mean of positive values; where all are one value below the most, some may still be the most.
    fn amount(&self, x: &[f64], most: Option<f64>) -> [f64; 2] {
        if x.is_empty() {
            return [f64::NAN; 2];
        }
        let [mean, error] = self.moments(x);
        if error <= 1e-12 * mean || mean <= 0.0 {
            let unseen = sample_of_none(self.size, self.tails[1]);
            return [mean, most.map_or(mean, |most| mean + (most - mean).max(0.0) * unseen)];
        }
        let [low, high] = self.t().map(|t| mean * exp(t * error / mean));
        [low, most.map_or(high, |most| high.min(most.max(mean)))]
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
        // Either end follows from both limits of its own tail.
        let ends = self.tails.map(|tail| {
            let one = Over { tails: [tail; 2], ..*self };
            ratio_ends([m, a], [one.amount(x, None), one.share(correct)], correlation)
        });
        [ends[0][0], ends[1][1]]
    }

    fn any(&self, x: &[f64]) -> [f64; 2] {
        if x.is_empty() {
            return [f64::NAN; 2];
        }
        let [mean, error] = self.moments(x);
        self.t().map(|t| mean + t * error)
    }
}

/// Where a function that is above 0 at 0 and falls to below 0 at 1 crosses it: by secants, of which one end is moved at
/// half its value where the other end was moved twice (Illinois: Dowell and Jarratt, BIT 11, 1971), and by halves where
/// three of them did not halve the bracket.
fn root(above: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let (mut at_low, mut at_high) = (above(low), above(high));
    if at_low <= 0.0 || at_high >= 0.0 {
        return if at_low <= 0.0 { low } else { high };
    }
    let (mut moved_low, mut wide, mut steps) = (None, 1.0, 0);
    while high - low > 4.0 * f64::EPSILON * high {
        steps += 1;
        let secant = low + (high - low) * (at_low / (at_low - at_high));
        let halves = steps % 4 == 0 && high - low > 0.5 * wide;
        let middle = if halves || !(low < secant && secant < high) { 0.5 * (low + high) } else { secant };
        if steps % 4 == 0 {
            wide = high - low;
        }
        let here = above(middle);
        if here == 0.0 || middle == low || middle == high {
            return middle;
        }
        let is_low = here > 0.0;
        let again = moved_low.replace(is_low) == Some(is_low);
        if is_low {
            (low, at_low) = (middle, here);
            at_high *= if again { 0.5 } else { 1.0 };
        } else {
            (high, at_high) = (middle, here);
            at_low *= if again { 0.5 } else { 1.0 };
        }
    }
    0.5 * (low + high)
}

/// The limits of the ratio of an amount to a share, from theirs and from the correlation of the two (Donner and Zou, Stat.
/// Methods Med. Res. 21 (2012), on the scale of the logarithm): the distances of two limits add as standard errors do.
pub fn ratio_ends([amount, share]: [f64; 2], [of_amount, of_share]: [[f64; 2]; 2], correlation: f64) -> [f64; 2] {
    let unknown = [[amount, share], of_amount, of_share].as_flattened().iter().any(|x| x.is_nan());
    if unknown || share <= 0.0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_that_of_halving() {
        let functions: [fn(f64) -> f64; 5] = [
            |q| 0.3 - q,
            |q| 1e-9 - q * q * q,
            |q| libm::exp(-9.0 * q) - 0.99,
            |q| 1.0 - q - 1e-7,
            |q| if q < 0.7 { 1.0 } else { -1e-6 },
        ];
        for above in functions {
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if above(middle) > 0.0 { low = middle } else { high = middle }
            }
            assert!((root(above) - low).abs() <= 1e-14, "{} {low}", root(above));
        }
        assert_eq!([root(|q| -q), root(|_| 1.0)], [0.0, 1.0]);
    }
}
