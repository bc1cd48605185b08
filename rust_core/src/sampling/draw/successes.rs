//! How many attempts of a segment are correct: a table per length where rates stay the same, rejection elsewhere.
//!
//! A segment between two grid points has the same length in every trial, so its count comes from an alias table. The
//! events cut off segments of any length: these are put together from lengths that are powers of two.

use std::collections::HashMap;

use libm::{ceil, floor, log, sqrt};

use crate::rng::Sequence;
use crate::sampling::draw::segments::{Given, Segment};
use crate::sampling::scenario::law::{Rates, TaskLaw};
use crate::variates::alias::Alias;
use crate::variates::binomial;
use rand_core::RngCore;

/// The most entries of all tables (8 bytes each).
const MOST_ENTRIES: usize = 1 << 20;
/// The most entries of one table.
const MOST_WIDTH: usize = 1 << 12;
/// What is less probable is left out.
pub const NEGLIGIBLE: f64 = 2e-18;
/// Longer segments than this power of two that the events cut off are drawn by rejection.
const MOST_POWER: usize = 9;

/// How the counts of all tasks are drawn.
#[derive(Debug)]
pub struct Counts {
    /// By task, for attempts of which nothing is known and for rejected ones; empty without tables.
    tasks: Vec<[usize; 2]>,
    tables: Vec<Tables>,
    none: Table,
}

/// The tables of one success rate.
#[derive(Debug)]
struct Tables {
    success: f64,
    /// By bin of the grid.
    bins: Vec<Option<Table>>,
    /// By power of two.
    powers: Vec<Table>,
}

/// A Binomial(length, success) draw by one random word.
#[derive(Debug)]
pub struct Table {
    least: u64,
    alias: Alias,
}

impl Counts {
    /// The tables of tasks whose laws do not change from trial to trial, if they are few enough.
    pub fn new(laws: &[TaskLaw], grid: &[u64]) -> Self {
        let lengths: Vec<u64> = grid.iter().scan(0, |before, &to| Some(to - std::mem::replace(before, to))).collect();
        // Without a grid any length may come.
        let longest = lengths.iter().max().map_or(usize::MAX, |most| 64 - most.leading_zeros() as usize);
        let powers = longest.min(MOST_POWER + 1);
        let pairs = laws.iter().map(|law| match law {
            TaskLaw::Attempts(rates) => Some([rates.success, law.rejected_precision().0]),
            _ => None,
        });
        Self::build(pairs.collect(), &lengths, powers)
    }

    /// The tables of tasks whose rates do not change from trial to trial for whole bins of so many attempts, if they are few
    /// enough.
    pub fn of_bins(laws: &[TaskLaw], attempts: &[u64]) -> Self {
        let pairs = laws.iter().map(|law| match law {
            TaskLaw::Attempts(rates) => Some([rates.success; 2]),
            _ => None,
        });
        Self::build(pairs.collect(), attempts, 0)
    }

    /// The tables of each task's pair of success rates for segments of any length, if they are few enough; none where
    /// there are no pairs.
    pub fn of_any_length(pairs: Option<Vec<[f64; 2]>>) -> Self {
        Self::build(pairs, &[], MOST_POWER + 1)
    }

    fn build(pairs: Option<Vec<[f64; 2]>>, lengths: &[u64], powers: usize) -> Self {
        let (mut known, mut rates, mut all) = (HashMap::new(), Vec::new(), 0);
        let mut index = |success: f64| {
            *known.entry(success.to_bits()).or_insert_with(|| {
                let lengths = lengths.iter().copied().chain((0..powers).map(|k| 1 << k));
                all += lengths.map(|n| width(n, success)).filter(|&width| width <= MOST_WIDTH).sum::<usize>();
                rates.push(success);
                rates.len() - 1
            })
        };
        let tasks: Option<Vec<[usize; 2]>> =
            pairs.map(|pairs| pairs.into_iter().map(|pair| pair.map(&mut index)).collect());
        let none = Table::new(1, 0.0);
        let Some(tasks) = tasks.filter(|_| all <= MOST_ENTRIES) else {
            return Self { tasks: Vec::new(), tables: Vec::new(), none };
        };
        let table = |n: u64, success: f64| (width(n, success) <= MOST_WIDTH).then(|| Table::new(n, success));
        let tables = rates
            .into_iter()
            .map(|success| Tables {
                success,
                bins: lengths.iter().map(|&n| table(n, success)).collect(),
                powers: (0..powers).map_while(|k| table(1 << k, success)).collect(),
            })
            .collect();
        Self { tasks, tables, none }
    }

    /// How many of `n` attempts of task `i` are successes of the first or second rate of its pair, which is `rate`.
    #[inline]
    pub fn of_pair(&self, i: usize, which: usize, (n, rate): (u64, f64), random: &mut Sequence<WORDS>) -> u64 {
        match self.tasks.get(i) {
            Some(tables) => self.tables[tables[which]].draw(n, random),
            None => binomial(n, rate, random),
        }
    }

    /// The tables of a whole bin of task `i`: of no correct attempt, of attempts of which nothing is known, and of
    /// rejected ones.
    #[inline]
    pub fn of_bin(&self, i: usize, bin: usize) -> Option<[&Table; 3]> {
        let [nothing, rejected] = *self.tasks.get(i)?;
        let table = |tables: usize| self.tables[tables].bins[bin].as_ref();
        Some([&self.none, table(nothing)?, table(rejected)?])
    }

    /// How many attempts of a segment of task `i` are correct.
    #[inline]
    pub fn draw(&self, i: usize, rates: &Rates, segment: &Segment, random: &mut Sequence<WORDS>) -> u64 {
        let known = match segment.given {
            Given::RejectedWrong | Given::Wrong => return 0,
            Given::Event { correct, .. } => return u64::from(correct),
            Given::Nothing => 0,
            Given::Rejected => 1,
        };
        match self.tasks.get(i) {
            Some(tables) => self.tables[tables[known]].draw(segment.attempts, random),
            None => binomial(segment.attempts, segment.given.success(rates), random),
        }
    }
}

/// Words that the streams of segments are read ahead.
pub const WORDS: usize = 16;

impl Tables {
    #[inline]
    fn draw(&self, n: u64, random: &mut Sequence<WORDS>) -> u64 {
        if n >> self.powers.len() != 0 {
            return binomial(n, self.success, random);
        }
        let (mut left, mut correct) = (n, 0);
        while left > 0 {
            correct += self.powers[left.trailing_zeros() as usize].pick(random.next_u64());
            left &= left - 1;
        }
        correct
    }
}

impl Table {
    fn new(n: u64, success: f64) -> Self {
        let (least, shares) = shares(n, success);
        Self { least, alias: Alias::new(&shares) }
    }

    /// The count of a random word.
    #[inline]
    pub fn pick(&self, word: u64) -> u64 {
        self.least + self.alias.pick(word) as u64
    }
}

/// The least count, and from it on shares in proportion to the probability of so many successes.
pub fn shares(n: u64, success: f64) -> (u64, Vec<f64>) {
    let (least, most) = range(n, success);
    // Up and down from the mode, in proportion to it.
    let odds = success / (1.0 - success);
    let mode = (((n + 1) as f64 * success) as u64).clamp(least, most);
    let mut shares = vec![0.0; (most - least + 1) as usize];
    shares[(mode - least) as usize] = 1.0;
    for k in mode..most {
        let at = (k - least) as usize;
        shares[at + 1] = shares[at] * (odds * (n - k) as f64 / (k + 1) as f64);
    }
    for k in (least..mode).rev() {
        let at = (k - least) as usize;
        shares[at] = shares[at + 1] * ((k + 1) as f64 / (odds * (n - k) as f64));
    }
    (least, shares)
}

fn width(n: u64, success: f64) -> usize {
    let (least, most) = range(n, success);
    usize::try_from(most - least + 1).unwrap_or(usize::MAX)
}

/// The counts outside of which less than `NEGLIGIBLE` lies: Bernstein's bound.
fn range(n: u64, success: f64) -> (u64, u64) {
    let ln = log(2.0 / NEGLIGIBLE);
    if success <= 0.0 || success >= 1.0 {
        let certain = if success <= 0.0 { 0 } else { n };
        return (certain, certain);
    }
    let mean = n as f64 * success;
    let reach = ln / 3.0 + sqrt(ln * ln / 9.0 + 2.0 * ln * mean * (1.0 - success));
    (floor(mean - reach).max(0.0) as u64, (ceil(mean + reach) as u64).min(n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::scenario::error_rates::ErrorRates;
    use libm::{exp, lgamma, log1p};

    fn mass(n: u64, p: f64, k: u64) -> f64 {
        let (n, k) = (n as f64, k as f64);
        exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) + k * log(p) + (n - k) * log1p(-p))
    }

    #[test]
    fn a_table_holds_the_probabilities_of_every_count() {
        for (n, p) in [(1u64, 0.3), (7, 1e-9), (64, 0.5), (512, 0.99), (3000, 0.2), (1 << 20, 1e-5)] {
            let table = Table::new(n, p);
            let got = table.alias.probabilities();
            let total: f64 = got.iter().sum();
            assert!((total - 1.0).abs() < 1e-12);
            for (at, got) in got.iter().enumerate() {
                let want = mass(n, p, table.least + at as u64);
                // The logarithm of a factorial is off by some 1e-16 of itself.
                let error = 1e-12 + 1e-15 * lgamma(n as f64 + 1.0);
                assert!((got - want).abs() < 1e-14 + error * want, "{n} {p} {at}: {got} {want}");
            }
        }
    }

    #[test]
    fn what_is_certain_is_certain() {
        for (p, want) in [(0.0, 0), (1.0, 5)] {
            assert_eq!(range(5, p), (want, want));
            assert_eq!([0, u64::MAX].map(|word| Table::new(5, p).pick(word)), [want; 2]);
        }
    }

    #[test]
    fn tasks_whose_rates_are_drawn_or_too_many_have_no_tables() {
        assert!(Counts::new(&[TaskLaw::Drawn], &[1, 5]).tasks.is_empty());
        let many: Vec<TaskLaw> =
            (1..20_000).map(|i| TaskLaw::attempts(f64::from(i) / 20_000.0, ErrorRates::new(0.1, 0.2))).collect();
        assert!(Counts::new(&many, &[1, 100]).tasks.is_empty());
        let alike = vec![TaskLaw::attempts(0.25, ErrorRates::new(0.1, 0.2)); 20_000];
        assert_eq!(Counts::new(&alike, &[1, 100]).tables.len(), 2);
    }

    /// Mean and variance of segments put together from powers of two; 6.5 standard errors: false alarms below 1e-10.
    #[test]
    fn segments_of_any_length_have_the_moments_of_a_binomial() {
        let law = TaskLaw::attempts(0.3, ErrorRates::new(0.1, 0.2));
        let counts = Counts::new(&[law], &[100, 3000]);
        let TaskLaw::Attempts(rates) = law else { return };
        for (attempts, given) in
            [(1, Given::Nothing), (77, Given::Rejected), (511, Given::Nothing), (2000, Given::Rejected)]
        {
            let segment = Segment { attempts, given };
            let p = given.success(&rates);
            let mut random = crate::rng::Stream::new([7, 8], 0, 0, attempts).ahead(0);
            let (trials, mean, variance) = (40_000.0, attempts as f64 * p, attempts as f64 * p * (1.0 - p));
            let (mut first, mut second) = (0.0, 0.0);
            for _ in 0..trials as usize {
                let x = counts.draw(0, &rates, &segment, &mut random) as f64 - mean;
                first += x;
                second += x * x;
            }
            assert!((first / trials).abs() < 6.5 * sqrt(variance / trials), "{attempts}");
            // The fourth moment of a binomial is at most 3 variances squared and one variance.
            let spread = sqrt((2.0 * variance * variance + variance) / trials);
            assert!((second / trials - variance).abs() < 6.5 * spread, "{attempts}");
        }
    }
}
