//! Tokens of the first k attempts of one task in one trial: a pure function of k, whoever asks.
//!
//! Gamma tokens add up to gamma tokens, so the sum over an even number of attempts is halved by a Beta draw again and
//! again until the k attempts are covered: each node of that tree has random words of its own, and a further stopping
//! time refines and never redraws. Lognormal tokens are drawn attempt by attempt.

use libm::{exp, log1p, sqrt};

use crate::rng::{Key, Stream, purpose};
use crate::sampling::cost::{Cost, TokenLaw};
use crate::variates::{beta, ln_gamma, normal};

/// Random words of one node: far more than its draws ever take.
const NODE_BLOCKS: u64 = 1 << 20;

/// The output tokens of one task in one trial.
#[derive(Debug, Clone)]
pub struct Tokens {
    cost: Cost,
    levels: u32,
    stream: Stream,
    /// Sums of nodes drawn so far, by their number in the tree (the root is 1).
    nodes: Vec<(u64, f64)>,
    /// Sums over the first attempts, where they are drawn one by one.
    sums: Vec<f64>,
    most: u64,
}

impl Tokens {
    /// For at most `most` attempts.
    pub fn new(cost: Cost, most: u64) -> Self {
        let levels = most.next_power_of_two().trailing_zeros();
        Self { cost, levels, stream: Stream::new([0; 2], 0, 0, 0), nodes: Vec::new(), sums: Vec::new(), most }
    }

    /// Starts task `i` in a trial.
    pub fn start(&mut self, key: Key, replicate: u64, i: usize, trial: u64) {
        self.stream = Stream::new(key, replicate, purpose::TOKENS + ((i as u64 + 1) << 32), trial);
        self.nodes.clear();
        self.sums.clear();
    }

    /// Output tokens of the first `k` attempts.
    pub fn of(&mut self, k: u64) -> f64 {
        let [mean, cv] = self.cost.output_tokens;
        if cv == 0.0 {
            return k as f64 * mean;
        }
        match self.cost.law {
            TokenLaw::Gamma => mean * cv * cv * self.gamma(k),
            TokenLaw::Lognormal => self.lognormal(k),
        }
    }

    /// The sum of `k` standard gamma numbers.
    fn gamma(&mut self, k: u64) -> f64 {
        let shape = 1.0 / (self.cost.output_tokens[1] * self.cost.output_tokens[1]);
        let (mut node, mut length, mut left, mut before) = (1u64, 1u64 << self.levels, k, 0.0);
        let mut sum = self.node(1, |stream| exp(ln_gamma(length as f64 * shape, &mut stream.sequence())));
        while left > 0 && left < length {
            length /= 2;
            let half = length as f64 * shape;
            let all = sum;
            let first = self.node(2 * node, |stream| {
                all * beta([half, half], &mut stream.words_from(4 * NODE_BLOCKS * (2 * node)))
            });
            if left >= length {
                before += first;
                left -= length;
                node = 2 * node + 1;
                sum = all - first;
            } else {
                node *= 2;
                sum = first;
            }
        }
        if left > 0 { before + sum } else { before }
    }

    fn node(&mut self, number: u64, draw: impl FnOnce(Stream) -> f64) -> f64 {
        if let Some(&(_, sum)) = self.nodes.iter().find(|(n, _)| *n == number) {
            return sum;
        }
        let sum = draw(self.stream);
        self.nodes.push((number, sum));
        sum
    }

    fn lognormal(&mut self, k: u64) -> f64 {
        if self.sums.is_empty() {
            let [mean, cv] = self.cost.output_tokens;
            let variance = log1p(cv * cv);
            let mut random = self.stream.sequence();
            let mut sum = 0.0;
            self.sums.push(0.0);
            for _ in 0..self.most {
                sum += mean * exp(sqrt(variance) * normal(&mut random) - 0.5 * variance);
                self.sums.push(sum);
            }
        }
        self.sums[k as usize]
    }
}

/// What an outcome took: tokens, money and seconds.
pub type Bill = [f64; 3];

impl Cost {
    /// The bill of `used` attempts of at most `most`; `checked` where the verifier saw each of them.
    pub fn bill(&self, tokens: &mut Tokens, used: u64, most: u64, checked: bool) -> Bill {
        let batch = self.parallel as u64;
        // A batch that was begun is paid for.
        let paid = used.div_ceil(batch).saturating_mul(batch).min(most);
        let output = tokens.of(paid);
        let n = paid as f64;
        let checks = if checked { 1.0 } else { 0.0 };
        let money =
            (n * self.prompt_tokens * self.price_in + output * self.price_out) / 1e6 + checks * n * self.verifier_price;
        let check_seconds = checks * self.verifier_seconds;
        let seconds = if batch == 1 {
            self.seconds_per_token * output + check_seconds * n
        } else {
            let (mut seconds, mut start) = (0.0, 0);
            while start < paid {
                let end = (start + batch).min(paid);
                let mut before = tokens.of(start);
                let mut slowest = 0.0f64;
                for k in start + 1..=end {
                    let upto = tokens.of(k);
                    slowest = slowest.max(upto - before);
                    before = upto;
                }
                seconds += self.seconds_per_token * slowest + check_seconds;
                start = end;
            }
            seconds
        };
        [n * self.prompt_tokens + output, money, seconds]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::cost::CostKind;

    fn cost(law: TokenLaw, cv: f64) -> Cost {
        Cost {
            kind: CostKind::Cost,
            prompt_tokens: 10.0,
            output_tokens: [200.0, cv],
            law,
            price_in: 1.0,
            price_out: 5.0,
            verifier_price: 0.0,
            seconds_per_token: 0.01,
            verifier_seconds: 0.5,
            parallel: 1.0,
        }
    }

    /// Mean and variance of sums and of what lies between them; 6.5 standard errors: false alarms below 1e-9 in all.
    #[test]
    fn sums_have_the_moments_of_independent_attempts() {
        for law in [TokenLaw::Gamma, TokenLaw::Lognormal] {
            let mut tokens = Tokens::new(cost(law, 0.6), 11);
            let trials = 40_000u32;
            let spans = [(0, 1), (0, 11), (3, 5), (5, 11), (7, 8)];
            let mut sums = [[0.0; 2]; 5];
            let mut cross = 0.0;
            for trial in 0..trials {
                tokens.start([3, 4], 0, 2, u64::from(trial));
                let x = spans.map(|(a, b)| tokens.of(b) - tokens.of(a) - 200.0 * (b - a) as f64);
                for (sum, x) in sums.iter_mut().zip(x) {
                    sum[0] += x;
                    sum[1] += x * x;
                }
                cross += x[2] * x[3];
            }
            let n = f64::from(trials);
            for ((a, b), [first, second]) in spans.into_iter().zip(sums) {
                let variance = 120.0 * 120.0 * (b - a) as f64;
                assert!((first / n).abs() < 6.5 * sqrt(variance / n), "{law:?} {a} {b}");
                // The fourth moment of either law at cv .6 is below 12 variances squared.
                assert!(
                    (second / n - variance).abs() < 6.5 * variance * sqrt(11.0 / n),
                    "{law:?} {a} {b}: {}",
                    second / n
                );
            }
            assert!((cross / n).abs() < 6.5 * 120.0 * 120.0 * sqrt(12.0 / n), "{law:?}: {}", cross / n);
        }
    }

    #[test]
    fn a_sum_does_not_depend_on_what_was_asked_before() {
        let mut once = Tokens::new(cost(TokenLaw::Gamma, 0.6), 1000);
        let mut often = once.clone();
        once.start([1, 2], 0, 5, 77);
        often.start([1, 2], 0, 5, 77);
        for k in [1000, 3, 999, 1, 512] {
            often.of(k);
        }
        assert_eq!(once.of(700).to_bits(), often.of(700).to_bits());
        assert!(often.of(1000) > often.of(999) && often.of(0) == 0.0);
    }

    #[test]
    fn a_batch_is_paid_in_full_and_lasts_as_long_as_its_slowest_attempt() {
        let settings = Cost { parallel: 4.0, ..cost(TokenLaw::Gamma, 0.6) };
        let mut tokens = Tokens::new(settings, 10);
        tokens.start([1, 2], 0, 0, 9);
        let bill = settings.bill(&mut tokens, 5, 10, true);
        let each: Vec<f64> = (0..8).map(|k| tokens.of(k + 1) - tokens.of(k)).collect();
        let slowest = |range: std::ops::Range<usize>| each[range].iter().copied().fold(0.0, f64::max);
        assert!((bill[0] - (80.0 + tokens.of(8))).abs() < 1e-9);
        assert!((bill[2] - (0.01 * (slowest(0..4) + slowest(4..8)) + 1.0)).abs() < 1e-9);
        assert_eq!(settings.bill(&mut tokens, 9, 10, true)[0], 100.0 + tokens.of(10));
    }
}
