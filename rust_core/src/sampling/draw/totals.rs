//! Output tokens of the whole benchmark, along the attempts of a trial, for all trials of a chunk at once.
//!
//! Tokens say nothing of the outcome, so those of all tasks' attempts are independent with one law, and only their number
//! counts: gamma tokens of n attempts add up to one gamma number of n times the shape (Marsaglia and Tsang 2000, *A simple
//! method for generating gamma variables*; its squeeze decides for most trials in vectors). Lognormal tokens have no such
//! sum and are drawn attempt by attempt.

use libm::{exp, log, log1p, sqrt};

use crate::dispatch::{Kernel, dispatch};
use crate::error::Result;
use crate::rng::{Sequence, open01, purpose};
use crate::run::Control;
use crate::sampling::draw::streams::Streams;
use crate::sampling::scenario::cost::{Cost, TokenLaw};
use crate::special::normal::normal_quantiles;
use crate::variates::{ln_gamma, normal};

/// Lognormal tokens between two questions whether the run was cancelled.
const TOKENS: u64 = 1024;

/// The tokens of a chunk, and room to draw them.
#[derive(Debug)]
pub struct Totals {
    cost: Cost,
    /// The attempts of each trial so far, and their output tokens.
    attempts: Vec<f64>,
    output: Vec<f64>,
    words: Vec<u64>,
    coins: Vec<u32>,
    normals: Vec<f64>,
    drawn: Vec<f64>,
}

impl Totals {
    /// Room for chunks of so many trials.
    pub fn new(cost: Cost, trials: usize) -> Self {
        let size = trials.next_multiple_of(8);
        let zeros = || vec![0.0; size];
        Self {
            cost,
            attempts: zeros(),
            output: zeros(),
            words: vec![0; size],
            coins: vec![0; size],
            normals: zeros(),
            drawn: zeros(),
        }
    }

    /// Before the first attempt.
    pub fn start(&mut self) {
        self.attempts.fill(0.0);
        self.output.fill(0.0);
    }

    /// The output tokens of each trial after so many attempts at a grid point, later ones after earlier ones.
    pub fn at(
        &mut self,
        attempts: &[f64],
        (streams, chunk, point): (&Streams, u64, usize),
        control: &Control,
    ) -> Result<&[f64]> {
        let Self { attempts: before, output, drawn, .. } = self;
        let drawn = &mut drawn[..attempts.len()];
        for (t, &now) in attempts.iter().enumerate() {
            // A policy that knows how many attempts are left may use fewer of more: those are other attempts.
            if now < before[t] {
                (before[t], output[t]) = (0.0, 0.0);
            }
            drawn[t] = now - before[t];
            before[t] = now;
        }
        let [mean, cv] = self.cost.output_tokens;
        let count = attempts.len();
        if cv > 0.0 && mean > 0.0 {
            match self.cost.law {
                TokenLaw::Gamma => self.draw_gamma(count, (streams, chunk, point)),
                TokenLaw::Lognormal => self.draw_lognormal(count, (streams, chunk, point), control)?,
            }
        }
        for (sum, more) in self.output.iter_mut().zip(&self.drawn[..count]) {
            *sum += mean * more;
        }
        Ok(&self.output[..count])
    }

    /// Turns numbers of attempts into sums of gamma numbers of mean 1.
    fn draw_gamma(&mut self, count: usize, (streams, chunk, point): (&Streams, u64, usize)) {
        let Self { words, coins, normals, drawn, attempts: _, .. } = self;
        let size = count.next_multiple_of(8);
        let first = (point * streams.chunk().next_multiple_of(8)) as u64;
        streams.of(purpose::BILLED_TOKENS, chunk).fill(first / 4, &mut words[..size]);
        streams.of(purpose::BILLED_COINS, chunk).fill_u32(first / 8, &mut coins[..size]);
        let cv = self.cost.output_tokens[1];
        let shape = 1.0 / (cv * cv);
        dispatch(Gamma { shape, words: &words[..count], coins, normals: &mut normals[..count], drawn });
        for t in 0..count {
            if drawn[t] < 0.0 {
                let n = -drawn[t];
                drawn[t] = undecided(n * shape, normals[t], coins[t], || again(streams, chunk, point, t)) / shape;
            }
        }
    }

    /// Turns numbers of attempts into sums of lognormal numbers of mean 1.
    fn draw_lognormal(
        &mut self,
        count: usize,
        (streams, chunk, point): (&Streams, u64, usize),
        control: &Control,
    ) -> Result<()> {
        let variance = log1p(self.cost.output_tokens[1] * self.cost.output_tokens[1]);
        let deviation = sqrt(variance);
        for (t, slot) in self.drawn[..count].iter_mut().enumerate() {
            let (mut random, mut sum) = (again(streams, chunk, point, t), 0.0);
            for k in 0..*slot as u64 {
                if k % TOKENS == 0 {
                    control.check()?;
                }
                sum += exp(deviation * normal(&mut random) - 0.5 * variance);
            }
            *slot = sum;
        }
        Ok(())
    }
}

/// The words of a trial at a grid point that more than its first ones are needed for.
fn again(streams: &Streams, chunk: u64, point: usize, trial: usize) -> Sequence {
    streams.of(purpose::BILLED_AGAIN, chunk).words_from(((point * streams.chunk() + trial) as u64) << 36)
}

/// Marsaglia and Tsang's gamma numbers where the squeeze accepts; less the number of attempts where it does not.
struct Gamma<'a> {
    /// Of one attempt.
    shape: f64,
    words: &'a [u64],
    coins: &'a [u32],
    /// Normal numbers, left there.
    normals: &'a mut [f64],
    /// Numbers of attempts; then their tokens over the mean.
    drawn: &'a mut [f64],
}

impl Kernel for Gamma<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { shape, words, coins, normals, drawn } = self;
        let count = normals.len();
        let (words, coins, drawn) = (&words[..count], &coins[..count], &mut drawn[..count]);
        for t in 0..count {
            normals[t] = open01(words[t]);
        }
        normal_quantiles(normals);
        for t in 0..count {
            let (n, z) = (drawn[t], normals[t]);
            let of_all = shape * n;
            let d = of_all - 1.0 / 3.0;
            let root = 1.0 + z / (9.0 * d).sqrt();
            let square = z * z;
            let coin = (f64::from(coins[t]) + 0.5) * (1.0 / 4_294_967_296.0);
            let is_sure = (of_all >= 1.0) & (root > 0.0) & (coin < 1.0 - 0.0331 * square * square);
            let gamma = d * root * root * root / shape;
            drawn[t] = if is_sure { gamma } else { -n };
        }
    }
}

/// A gamma number where the squeeze does not decide: the exact test, and another number where that rejects.
fn undecided(shape: f64, z: f64, coin: u32, random: impl FnOnce() -> Sequence) -> f64 {
    let d = shape - 1.0 / 3.0;
    let root = 1.0 + z / sqrt(9.0 * d);
    if shape >= 1.0 && root > 0.0 {
        let v = root * root * root;
        let coin = (f64::from(coin) + 0.5) * (1.0 / 4_294_967_296.0);
        if log(coin) < 0.5 * z * z + d - d * v + d * log(v) {
            return d * v;
        }
    }
    exp(ln_gamma(shape, &mut random()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use crate::sampling::draw::Run;
    use crate::sampling::record::Wanted;
    use crate::sampling::scenario::cost::CostKind;

    const TRIALS: usize = 2048;
    const KEY: Key = [4, 9];

    fn totals(law: TokenLaw, cv: f64) -> Totals {
        let cost = Cost {
            kind: CostKind::Cost,
            prompt_tokens: 0.0,
            output_tokens: [3.0, cv],
            wrong_output_tokens: None,
            law,
            price_in: 0.0,
            price_out: 0.0,
            verifier_price: 0.0,
            seconds_per_token: 0.0,
            verifier_seconds: 0.0,
            parallel: 1.0,
        };
        Totals::new(cost, TRIALS)
    }

    fn streams() -> Streams {
        let wanted =
            Wanted { coverage: false, share_counts: [false; 3], utility_counts: false, bill_counts: [true; 3] };
        Streams::new(&Run { trials: 1, key: KEY, replicate: 0, threads: 1, wanted, kept: None }, TRIALS)
    }

    /// Mean, variance and third moment of the tokens at two points, and the covariance between them: that of sums whose
    /// first attempts are the same. 6.5 standard errors of normal means: each a false alarm below 1e-10.
    #[test]
    fn tokens_of_the_benchmark_have_the_moments_of_a_sum() {
        for (law, cv) in [
            (TokenLaw::Gamma, 0.3),
            (TokenLaw::Gamma, 0.9),
            (TokenLaw::Gamma, 2.0),
            (TokenLaw::Lognormal, 0.5),
            (TokenLaw::Gamma, 0.0),
        ] {
            let (mut totals, streams, control) = (totals(law, cv), streams(), Control::default());
            let (chunks, [first, second]) = (60, [2.0, 9.0]);
            let mut found = Vec::new();
            for chunk in 0..chunks {
                totals.start();
                let control = &control;
                let early = totals.at(&[first; TRIALS], (&streams, chunk, 0), control).expect("not cancelled").to_vec();
                let late = totals.at(&[second; TRIALS], (&streams, chunk, 1), control).expect("not cancelled");
                found.extend(early.into_iter().zip(late.iter().copied()));
            }
            let n = found.len() as f64;
            let mean = |of: &dyn Fn(f64, f64) -> f64| {
                let values: Vec<f64> = found.iter().map(|&(x, y)| of(x - 3.0 * first, y - 3.0 * second)).collect();
                let mean = values.iter().sum::<f64>() / n;
                (mean, sqrt(values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n / n))
            };
            let variance = 9.0 * cv * cv;
            // Gamma: twice the variance times cv; lognormal: cv^3 (3 + cv^2).
            let third = 27.0
                * match law {
                    TokenLaw::Gamma => 2.0 * libm::pow(cv, 4.0),
                    TokenLaw::Lognormal => libm::pow(cv, 4.0) * (3.0 + cv * cv),
                };
            for (name, of, want) in [
                ("first mean", &(|x, _| x) as &dyn Fn(f64, f64) -> f64, 0.0),
                ("second mean", &|_, y| y, 0.0),
                ("first variance", &|x, _| x * x, first * variance),
                ("second variance", &|_, y| y * y, second * variance),
                ("covariance", &|x, y| x * y, first * variance),
                ("third moment", &|_, y| y * y * y, second * third),
            ] {
                let (got, error) = mean(of);
                assert!((got - want).abs() <= 6.5 * error + 1e-12, "{law:?} {cv} {name}: {got} {want} {error}");
            }
        }
    }

    /// Against the inverse of nothing: the share of trials below the mean is that of the law, here of one exponential
    /// number (shape 1) and of the sum of two; 6.5 standard errors.
    #[test]
    fn one_attempt_of_shape_one_is_exponential() {
        let (mut totals, streams, control) = (totals(TokenLaw::Gamma, 1.0), streams(), Control::default());
        let (mut below, mut all) = ([0.0; 2], 0.0);
        for chunk in 0..60 {
            totals.start();
            for (point, slot) in below.iter_mut().enumerate() {
                let attempts = [1.0 + point as f64; TRIALS];
                let tokens = totals.at(&attempts, (&streams, chunk, point), &control).expect("not cancelled");
                *slot += tokens.iter().filter(|x| **x < 3.0).count() as f64;
            }
            all += TRIALS as f64;
        }
        for (count, want) in below.into_iter().zip([1.0 - exp(-1.0), 1.0 - 2.0 * exp(-1.0)]) {
            assert!((count / all - want).abs() < 6.5 * sqrt(want * (1.0 - want) / all), "{count} {all} {want}");
        }
    }

    #[test]
    fn no_attempt_takes_no_token_and_fewer_attempts_begin_again() {
        let (mut totals, streams, control) = (totals(TokenLaw::Gamma, 0.4), streams(), Control::default());
        totals.start();
        let mut at = |n: f64, point| totals.at(&[n], (&streams, 0, point), &control).expect("not cancelled")[0];
        assert_eq!(at(0.0, 0), 0.0);
        let five = at(5.0, 1);
        assert_eq!(at(5.0, 2), five);
        let three = at(3.0, 3);
        assert!(three > 0.0 && at(6.0, 4) > three);
    }
}
