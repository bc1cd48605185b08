//! Tokens of the first k attempts of one task in one trial: a pure function of k, whoever asks and in which order.
//!
//! Gamma tokens add up to gamma tokens. The sums over the attempts 1, 2, 3 to 4, 5 to 8, ... are drawn first to last, as
//! far as anybody asks, and each is halved by a Beta draw again and again: every node of these trees has random words of
//! its own, so a further stopping time refines and never redraws, and no largest number of attempts is needed.
//! Lognormal tokens, and those of batches, whose slowest attempt counts, are drawn attempt by attempt.

use libm::{exp, log1p, sqrt};

use crate::rng::{Sequence, Stream};
use crate::sampling::scenario::cost::{Cost, TokenLaw};
use crate::sampling::scenario::limit::MOST_ATTEMPTS;
use crate::variates::{ln_gamma, normal, symmetric_beta};

/// Random words of one node: far more than its draws ever take.
const NODE_WORDS: u64 = 4 << 20;

/// The output tokens of one task in one trial.
#[derive(Debug, Clone)]
pub struct Tokens {
    cost: Cost,
    stream: Stream,
    /// Sums over the first 1, 2, 4, ... attempts, as far as drawn.
    powers: Vec<f64>,
    /// First halves drawn so far, by the number of their node.
    nodes: Vec<(u64, f64)>,
    /// Where attempts are drawn one by one: the words to go on with, and the sums over the first 0, 1, 2, ...
    random: Sequence,
    sums: Vec<f64>,
    /// Sums over the first 0, 1, 2, ... batches of the tokens of the slowest attempt.
    slowest: Vec<f64>,
}

impl Tokens {
    /// Of attempts that cost this.
    pub fn new(cost: Cost) -> Self {
        let stream = Stream::new([0; 2], 0, 0, 0);
        let (powers, nodes) = (Vec::new(), Vec::new());
        Self { cost, stream, powers, nodes, random: stream.sequence(), sums: vec![0.0], slowest: vec![0.0] }
    }

    /// Starts a task in a trial, whose stream it is.
    pub fn start(&mut self, stream: Stream) {
        self.stream = stream;
        self.powers.clear();
        self.nodes.clear();
        self.random = self.stream.sequence();
        self.sums.truncate(1);
        self.slowest.truncate(1);
    }

    /// Output tokens of the first `k` attempts.
    pub fn of(&mut self, k: u64) -> f64 {
        let [mean, cv] = self.cost.output_tokens;
        if cv == 0.0 {
            return k as f64 * mean;
        }
        if self.cost.draws_each_attempt() {
            return self.one_by_one(k);
        }
        mean * cv * cv * self.gamma(k)
    }

    fn shape(&self) -> f64 {
        1.0 / (self.cost.output_tokens[1] * self.cost.output_tokens[1])
    }

    /// The sum of the first `k` standard gamma numbers.
    fn gamma(&mut self, k: u64) -> f64 {
        if k == 0 {
            return 0.0;
        }
        let level = k.next_power_of_two().trailing_zeros();
        let end = self.power(level);
        let mut length = (1u64 << level) / 2;
        if k == 1 << level {
            return end;
        }
        let mut before = self.power(level - 1);
        let (mut node, mut sum, mut left) = (1, end - before, k - length);
        while left > 0 && left < length {
            length /= 2;
            let first = self.first_half(level, node, length, sum);
            if left >= length {
                before += first;
                left -= length;
                node = 2 * node + 1;
                sum -= first;
            } else {
                node *= 2;
                sum = first;
            }
        }
        if left > 0 { before + sum } else { before }
    }

    /// The sum of the first `2^level` standard gamma numbers.
    fn power(&mut self, level: u32) -> f64 {
        while self.powers.len() <= level as usize {
            let next = self.powers.len();
            let (before, length) = if next == 0 { (0.0, 1) } else { (self.powers[next - 1], 1u64 << (next - 1)) };
            let mut random = self.stream.words_from(NODE_WORDS << next);
            self.powers.push(before + exp(ln_gamma(length as f64 * self.shape(), &mut random)));
        }
        self.powers[level as usize]
    }

    /// The sum over the first half, `half` attempts long, of a node of the tree of the attempts up to `2^level`.
    fn first_half(&mut self, level: u32, node: u64, half: u64, sum: f64) -> f64 {
        let number = (1 << level) + node;
        if let Some(&(_, first)) = self.nodes.iter().find(|(n, _)| *n == number) {
            return first;
        }
        let shape = half as f64 * self.shape();
        let first = sum * symmetric_beta(shape, &mut self.stream.words_from(NODE_WORDS * number));
        self.nodes.push((number, first));
        first
    }

    fn one_by_one(&mut self, k: u64) -> f64 {
        let [mean, cv] = self.cost.output_tokens;
        let (shape, variance) = (self.shape(), log1p(cv * cv));
        while self.sums.len() as u64 <= k {
            let drawn = match self.cost.law {
                TokenLaw::Gamma => cv * cv * exp(ln_gamma(shape, &mut self.random)),
                TokenLaw::Lognormal => exp(sqrt(variance) * normal(&mut self.random) - 0.5 * variance),
            };
            self.sums.push(self.sums[self.sums.len() - 1] + mean * drawn);
        }
        self.sums[k as usize]
    }

    /// Tokens that the first `paid` attempts wait for: those of the slowest of each batch.
    pub(super) fn waited(&mut self, paid: u64) -> f64 {
        let batch = self.cost.parallel as u64;
        let [mean, cv] = self.cost.output_tokens;
        if batch == 1 {
            return self.of(paid);
        }
        if cv == 0.0 {
            return mean * paid.div_ceil(batch) as f64;
        }
        self.one_by_one(paid);
        let slowest = |sums: &[f64]| sums.windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max);
        let (whole, size) = ((paid / batch) as usize, batch as usize);
        while self.slowest.len() <= whole {
            let done = self.slowest.len() - 1;
            self.slowest.push(self.slowest[done] + slowest(&self.sums[done * size..=(done + 1) * size]));
        }
        self.slowest[whole] + slowest(&self.sums[whole * size..=paid as usize])
    }

    /// The most attempts k whose `constant k + scale gamma(k)` does not exceed the ceiling.
    pub(super) fn affordable_gamma(&mut self, ceiling: f64, [constant, scale]: [f64; 2]) -> u64 {
        let exceeds = |k: u64, gamma: f64| constant * k as f64 + scale * gamma > ceiling;
        let mut level = 0;
        while !exceeds(1 << level, self.power(level)) {
            if 1 << level == MOST_ATTEMPTS {
                return MOST_ATTEMPTS;
            }
            level += 1;
        }
        if level == 0 {
            return 0;
        }
        let mut length = (1u64 << level) / 2;
        let (mut fit, mut before) = (length, self.power(level - 1));
        let (mut node, mut sum) = (1, self.power(level) - before);
        // The first `fit` attempts fit, the first `fit + length` do not.
        while length > 1 {
            length /= 2;
            let first = self.first_half(level, node, length, sum);
            if exceeds(fit + length, before + first) {
                node *= 2;
                sum = first;
            } else {
                fit += length;
                before += first;
                node = 2 * node + 1;
                sum -= first;
            }
        }
        fit
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::rng::purpose;
    use crate::sampling::scenario::cost::CostKind;

    /// The stream of a task in a trial.
    pub fn stream(key: [u64; 2], task: u64, trial: u64) -> Stream {
        Stream::new(key, 0, purpose::TOKENS + ((task + 1) << 32), trial)
    }

    pub fn cost(law: TokenLaw, cv: f64) -> Cost {
        Cost {
            kind: CostKind::Cost,
            prompt_tokens: 10.0,
            output_tokens: [200.0, cv],
            wrong_output_tokens: None,
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
            let mut tokens = Tokens::new(cost(law, 0.6));
            let trials = 40_000u32;
            let spans = [(0, 1), (0, 11), (3, 5), (5, 11), (7, 8)];
            let mut sums = [[0.0; 2]; 5];
            let mut cross = 0.0;
            for trial in 0..trials {
                tokens.start(stream([3, 4], 2, u64::from(trial)));
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
        let mut once = Tokens::new(cost(TokenLaw::Gamma, 0.6));
        let mut often = once.clone();
        once.start(stream([1, 2], 5, 77));
        often.start(stream([1, 2], 5, 77));
        for k in [1000, 3, 999, 1, 512] {
            often.of(k);
        }
        assert_eq!(once.of(700).to_bits(), often.of(700).to_bits());
        assert!(often.of(1000) > often.of(999) && often.of(0) == 0.0);
    }
}
