//! Intervals of a row over other tasks: limits, or draws whose quantiles are limits together with whatever else is drawn.

use libm::{exp, log, sqrt};

use super::ends::{Asked, Bounds, Ends, NO_ENDS, far, ratio_ends};
use super::metrics::{COUNT, Kind, METRICS, Quantity, TaskMeans};
use crate::rng::{Key, Stream, purpose};
use crate::sampling::scenario::cost::Utility;
use crate::special::clusters::Sampled;
use crate::special::proportion::Sample;
use crate::special::student_t::square_of_t;
use crate::variates::ln_gamma;

impl Asked {
    /// The limits over tasks, or over clusters of them, at this confidence.
    pub fn over_tasks(&self, means: &TaskMeans, sampled: &Sampled, bounds: Bounds) -> Ends {
        Over::new(sampled, [self.tail(); 2]).ends(&means.sampled(sampled), bounds, &self.metrics)
    }
}

/// One of equally likely draws of what the tasks leave open: of shares weights uniform on the simplex, under which the
/// quantiles of the mean are Gaffke's limits, of anything else the place of a limit. All rows of a draw have the same.
pub struct TaskWeights<'a> {
    sampled: &'a Sampled,
    /// Those that are drawn, before they are scaled to add to 1 with that of a task that was not seen.
    drawn: Vec<f64>,
    unseen: f64,
    place: f64,
}

impl<'a> TaskWeights<'a> {
    /// The draw of that number, of tasks with their weights, or of clusters of them.
    pub fn draw(sampled: &'a Sampled, key: Key, number: u64) -> Self {
        let mut random = Stream::new(key, 0, purpose::TASK_WEIGHTS, number).sequence();
        let mut exponential = || -log(random.open01());
        let unseen = exponential();
        let drawn = match sampled.weights() {
            None => (0..sampled.count()).map(|_| exponential()).collect(),
            Some(weights) => {
                let size = sampled.effective();
                weights.iter().map(|weight| exp(ln_gamma(size * weight, &mut random))).collect()
            }
        };
        Self { sampled, drawn, unseen, place: evenly_spread(number) }
    }

    /// A lower and an upper value of what is asked for, whose quantiles over many draws are limits (`of_draws`).
    pub fn ends(&self, means: &TaskMeans, bounds: Bounds, asked: &[bool; COUNT]) -> Ends {
        let over = Over::new(self.sampled, [self.place, 1.0 - self.place]);
        let total = self.unseen + self.drawn.iter().sum::<f64>();
        let drawn: Vec<f64> = self.drawn.iter().map(|weight| weight / total).collect();
        Over { drawn: Some(&drawn), ..over }.ends(&means.sampled(self.sampled), bounds, asked)
    }
}

/// The place in (0, 1) of the draw of that number, where draws share out what tasks leave open: multiples of one less than
/// the golden ratio are spread evenly.
fn evenly_spread(draw: u64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    (0.5 + draw as f64 * GOLDEN).fract().clamp(1e-9, 1.0 - 1e-9)
}

/// Limits over tasks, with so much probability beneath the lower and above the upper one.
///
/// Shares, the utility where attempts cost nothing, and the ratio of shares are means of values in known bounds: they have
/// the limits of Gaffke, which hold at 0 and 1 and for few tasks (`special::proportion::Sample`). Attempts, tokens, money and
/// seconds have Student's t on the scale of the logarithm; a utility where attempts cost joins both.
#[derive(Debug, Clone, Copy)]
struct Over<'a> {
    sampled: &'a Sampled,
    count: usize,
    /// The effective number of tasks, or of clusters.
    size: f64,
    /// The probabilities beneath the lower and above the upper end.
    tails: [f64; 2],
    /// Weights of the tasks that leave the rest of 1 to one that was not seen, of one draw.
    drawn: Option<&'a [f64]>,
}

impl<'a> Over<'a> {
    fn new(sampled: &'a Sampled, tails: [f64; 2]) -> Self {
        Self { sampled, count: sampled.count(), size: sampled.effective(), tails, drawn: None }
    }
}

impl Over<'_> {
    /// The limits of what is asked for; none of one task, or of one cluster.
    fn ends(&self, means: &TaskMeans, bounds: Bounds, asked: &[bool; COUNT]) -> Ends {
        let mut ends = NO_ENDS;
        if self.count < 2 || means.correct.is_empty() {
            return ends;
        }
        let column = |quantity: Quantity| means.mean(quantity);
        for (at, metric) in METRICS.iter().enumerate().filter(|(at, _)| asked[*at]) {
            [ends[0][at], ends[1][at]] = match metric.kind {
                Kind::Share(event) | Kind::Neither(_, event) => self.share(column(event)),
                Kind::Either(two) => {
                    let [one, other] = two.map(column);
                    self.share(&one.iter().zip(other).map(|(x, y)| x + y).collect::<Vec<f64>>())
                }
                Kind::Ratio(two) => self.ratio(two.map(column)),
                Kind::Complement(two) => {
                    let [low, high] = self.ratio(two.map(column));
                    [1.0 - high, 1.0 - low]
                }
                Kind::Amount(x) => self.amount(column(x), bounds.of(x).map(|[_, most]| most)),
                Kind::Score(x) => match (bounds.of(x), bounds.utility) {
                    (Some(range), _) => self.scaled(column(x), range),
                    (None, Some(worth)) => {
                        self.net(column(x), worth, bounds.worth(worth), [&means.correct, &means.wrong])
                    }
                    (None, None) => [f64::NAN; 2],
                },
                Kind::PerCorrect(amount) => self.per_correct(column(amount), &means.correct),
            };
            let known = bounds.certain(metric.kind).filter(|_| !ends[0][at].is_nan());
            [ends[0][at], ends[1][at]] = known.map_or([ends[0][at], ends[1][at]], |known| [known; 2]);
        }
        ends
    }

    fn weight(&self, i: usize) -> f64 {
        self.sampled.weight(i)
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
        if let Some(drawn) = self.drawn {
            let mean: f64 = drawn.iter().zip(x).map(|(w, x)| w * (x - low)).sum();
            return [low + mean, low + mean + width * Self::unseen(drawn)];
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
        if let Some(drawn) = self.drawn {
            let [right, bad] = [correct, wrong].map(|x| drawn.iter().zip(x).map(|(w, x)| w * x).sum::<f64>());
            let unseen = Self::unseen(drawn);
            let all = right + bad + unseen;
            return [right / all, (right + unseen) / all];
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
            let square = square_of_t(self.size, (1.0 - 2.0 * tail).abs());
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
        let correlation = self.correlation([x, correct], [m, a], [x_error, a_error]);
        // Either end follows from both limits of its own tail.
        let ends = self.tails.map(|tail| {
            let one = Over { tails: [tail; 2], drawn: None, ..*self };
            ratio_ends([m, a], [one.amount(x, None), one.share(correct)], correlation)
        });
        [ends[0][0], ends[1][1]]
    }

    /// What answers are worth less what attempts cost: the distances of the limits of both add as standard errors do (Donner
    /// and Zou, Stat. Methods Med. Res. 21 (2012)); a correlation that would bring them nearer is left out.
    fn net(&self, utility: &[f64], worth: Utility, range: [f64; 2], [correct, wrong]: [&[f64]; 2]) -> [f64; 2] {
        if utility.is_empty() {
            return [f64::NAN; 2];
        }
        let pairs = correct.iter().zip(wrong);
        let gross: Vec<f64> = pairs.map(|(c, w)| worth.correct_reward * c - worth.wrong_cost * w).collect();
        let paid: Vec<f64> = gross.iter().zip(utility).map(|(gross, net)| gross - net).collect();
        let of_gross = self.scaled(&gross, range);
        let of_paid = self.amount(&paid, None);
        if self.drawn.is_some() {
            return [of_gross[0] - of_paid[1], of_gross[1] - of_paid[0]];
        }
        let [[g, g_error], [p, p_error]] = [&gross, &paid].map(|column| self.moments(column));
        let correlation = self.correlation([&gross, &paid], [g, p], [g_error, p_error]).min(0.0);
        [
            g - p - far(g - of_gross[0], of_paid[1] - p, correlation),
            g - p + far(of_gross[1] - g, p - of_paid[0], correlation),
        ]
    }

    /// The correlation of the means of two columns.
    fn correlation(&self, columns: [&[f64]; 2], [x, y]: [f64; 2], errors: [f64; 2]) -> f64 {
        let [one, other] = columns;
        let covariance: f64 = (0..self.count).map(|i| self.weight(i) * (one[i] - x) * (other[i] - y)).sum();
        let product = errors[0] * errors[1] * (self.size - 1.0).max(1e-9);
        if product > 0.0 { (covariance / product).clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// The weight of the task that was not seen.
    fn unseen(drawn: &[f64]) -> f64 {
        1.0 - drawn.iter().sum::<f64>()
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
