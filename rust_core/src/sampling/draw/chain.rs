//! Correct attempts at the points of a grid, from the last point back to the first.
//!
//! Of the attempts up to the last point a number is correct whose law is the task's: binomial, or a mean of binomial laws
//! where rates are drawn. Given that number every order of the attempts is equally likely, whatever the rates: so many of
//! the first `n` of `N` are correct with the hypergeometric probability. One table per number serves all tasks, and no rate
//! is drawn.

use std::collections::HashMap;

use crate::error::Result;
use crate::run::Control;
use crate::sampling::draw::successes::NEGLIGIBLE;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::success_law::SuccessLaw;
use crate::variates::alias::{Alias, pick};

/// The most attempts, and the most entries of all tables (8 bytes each).
const MOST_ATTEMPTS: u64 = 1 << 12;
const MOST_ENTRIES: f64 = (1 << 20) as f64;
/// Nanoseconds that an entry takes to make, and that a draw saves, about.
const ENTRY: f64 = 25.0;
const SAVED: f64 = 20.0;

/// The tables.
#[derive(Debug)]
pub struct Chain {
    /// Of the last point, a row per law.
    last: Shelf,
    of_task: Vec<u32>,
    /// Of each point before, a row per number at the next.
    earlier: Vec<Shelf>,
}

/// How many of some attempts are accepted: tables by their number and the rate of acceptance.
#[derive(Debug)]
pub struct Thinning {
    /// By distinct rate, a row per number.
    shelves: Vec<Shelf>,
    /// Of correct and of wrong attempts.
    of_task: Vec<[u32; 2]>,
}

impl Thinning {
    /// The tables of these rates by task for up to `most` attempts; `None` where they are too large, or would take longer
    /// than they save in so many draws.
    pub fn new(
        rates: impl Iterator<Item = [f64; 2]>,
        most: u64,
        draws: f64,
        control: &Control,
    ) -> Result<Option<Self>> {
        let (mut known, mut distinct) = (HashMap::new(), Vec::new());
        let of_task = rates
            .map(|pair| {
                pair.map(|rate| {
                    *known.entry(rate.to_bits()).or_insert_with(|| {
                        distinct.push(rate);
                        distinct.len() as u32 - 1
                    })
                })
            })
            .collect();
        let widths =
            |&rate: &f64| (0..=most).map(|n| deviations(n as f64 * rate * (1.0 - rate), n as f64)).sum::<f64>();
        let entries: f64 = if most > MOST_ATTEMPTS { f64::INFINITY } else { distinct.iter().map(widths).sum() };
        if entries > MOST_ENTRIES || entries * ENTRY > SAVED * draws {
            return Ok(None);
        }
        let mut shelves = Vec::new();
        for rate in distinct {
            let (law, mut shelf) = (SuccessLaw::Fixed(vec![(1.0, rate)]), Shelf::default());
            for n in 0..=most {
                if n % 64 == 0 {
                    control.check()?;
                }
                shelf.push(0, &law.of_successes(n));
            }
            shelves.push(shelf);
        }
        Ok(Some(Self { shelves, of_task }))
    }

    /// How many of `n` attempts of task `i` are accepted, of correct (0) or of wrong ones (1).
    #[inline]
    pub fn pick(&self, (i, class): (usize, usize), n: u64, word: u64) -> u64 {
        self.shelves[self.of_task[i][class] as usize].pick(n as usize, word)
    }
}

/// Alias tables in a row.
#[derive(Debug, Default)]
struct Shelf {
    entries: Vec<u64>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    first: u32,
    length: u32,
    /// The least number.
    least: u32,
}

impl Chain {
    /// The tables of a scenario's tasks; `None` where they are too large, or would take longer than they save in so many
    /// trials.
    pub fn new(
        scenario: &SamplingScenario,
        (laws, grid): (&[TaskLaw], &[u64]),
        trials: u64,
        control: &Control,
    ) -> Result<Option<Self>> {
        let most = grid.last().copied().unwrap_or(0);
        if most == 0 || most > MOST_ATTEMPTS {
            return Ok(None);
        }
        let (mut known, mut distinct) = (HashMap::new(), Vec::new());
        let mut of_task = Vec::with_capacity(laws.len());
        for (i, law) in laws.iter().enumerate() {
            let Some(law) = scenario.success_law(i, law) else { return Ok(None) };
            of_task.push(*known.entry(law.bits()).or_insert_with(|| {
                distinct.push(law);
                distinct.len() as u32 - 1
            }));
        }
        let widths = |pair: &[u64]| (0..=pair[1]).map(|c| width(c, pair[1], pair[0])).sum::<f64>();
        let entries = distinct.len() as f64 * (most + 1) as f64 + grid.windows(2).map(widths).sum::<f64>();
        let saved = SAVED * trials as f64 * laws.len() as f64 * grid.len() as f64;
        if entries > MOST_ENTRIES || entries * ENTRY > saved {
            return Ok(None);
        }
        let mut last = Shelf::default();
        for law in &distinct {
            control.check()?;
            last.push(0, &law.of_successes(most));
        }
        let mut earlier = Vec::new();
        for pair in grid.windows(2) {
            let mut shelf = Shelf::default();
            for c in 0..=pair[1] {
                if c % 64 == 0 {
                    control.check()?;
                }
                let (least, shares) = hypergeometric(c, pair[1], pair[0]);
                shelf.push(least, &shares);
            }
            earlier.push(shelf);
        }
        Ok(Some(Self { last, of_task, earlier }))
    }

    /// By trial, the correct attempts of task `i` up to a grid point, by random words, given those up to the next.
    pub fn pick(&self, (i, point): (usize, usize), words: &[u64], next: &[u64], out: &mut [u64]) {
        match self.earlier.get(point) {
            None => {
                let row = self.of_task[i] as usize;
                out.iter_mut().zip(words).for_each(|(out, &word)| *out = self.last.pick(row, word));
            }
            Some(shelf) => {
                for ((out, &word), &next) in out.iter_mut().zip(words).zip(next) {
                    *out = shelf.pick(next as usize, word);
                }
            }
        }
    }
}

impl Shelf {
    /// Adds the table of shares of the numbers from `least` on, without negligible ends.
    fn push(&mut self, least: u64, shares: &[f64]) {
        let bound = NEGLIGIBLE / shares.len() as f64 * shares.iter().sum::<f64>();
        let some = |share: &f64| *share > bound;
        let from = shares.iter().position(some).unwrap_or(0);
        let to = shares.iter().rposition(some).map_or(shares.len(), |last| last + 1);
        let entries = Alias::new(&shares[from..to]).into_entries();
        let (first, length) = (self.entries.len() as u32, entries.len() as u32);
        self.rows.push(Row { first, length, least: (least + from as u64) as u32 });
        self.entries.extend(entries);
    }

    #[inline]
    fn pick(&self, row: usize, word: u64) -> u64 {
        let Row { first, length, least } = self.rows[row];
        u64::from(least) + pick(&self.entries[first as usize..][..length as usize], word) as u64
    }
}

/// The numbers that may come, by Hoeffding's bound, about: of `c` correct attempts among `all`, among the first `n`.
fn width(c: u64, all: u64, n: u64) -> f64 {
    let [c, all, n] = [c, all, n].map(|x| x as f64);
    let share = c / all;
    let variance = n * share * (1.0 - share) * (all - n) / (all - 1.0).max(1.0);
    deviations(variance, c.min(n).min(all - c).min(all - n))
}

/// As many numbers as may come where so many and one can and the variance is this.
fn deviations(variance: f64, numbers: f64) -> f64 {
    (18.0 * libm::sqrt(variance) + 20.0).min(numbers + 1.0)
}

/// The least number of correct attempts among the first `n` of `all`, `c` of which are correct, and from it on shares in
/// proportion to their probability.
fn hypergeometric(c: u64, all: u64, n: u64) -> (u64, Vec<f64>) {
    let (least, most) = ((c + n).saturating_sub(all), c.min(n));
    let mode = ((c + 1) * (n + 1) / (all + 2)).clamp(least, most);
    let mut shares = vec![0.0; (most - least + 1) as usize];
    shares[(mode - least) as usize] = 1.0;
    // P(k + 1) / P(k).
    let ratio = |k: u64| ((c - k) * (n - k)) as f64 / ((k + 1) * (all + k + 1 - c - n)) as f64;
    for k in mode..most {
        shares[(k + 1 - least) as usize] = shares[(k - least) as usize] * ratio(k);
    }
    for k in (least..mode).rev() {
        shares[(k - least) as usize] = shares[(k + 1 - least) as usize] / ratio(k);
    }
    (least, shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the law at the last point to that at every point before.
    #[test]
    fn earlier_counts_have_the_law_of_fewer_attempts() {
        let laws = [
            SuccessLaw::Fixed(vec![(1.0, 0.2)]),
            SuccessLaw::Beta { parameters: [0.3, 0.6], unsolvable: 0.1 },
            SuccessLaw::Fixed(vec![(0.5, 0.0), (0.5, 1.0)]),
        ];
        for law in laws {
            for [n, all] in [[1, 2], [3, 50], [128, 300], [299, 300]] {
                let mut got = vec![0.0; n as usize + 1];
                for (c, mass) in (0..).zip(law.of_successes(all)) {
                    let (least, shares) = hypergeometric(c, all, n);
                    let sum: f64 = shares.iter().sum();
                    (least..).zip(shares).for_each(|(k, share)| got[k as usize] += mass * share / sum);
                }
                for (got, want) in got.into_iter().zip(law.of_successes(n)) {
                    assert!((got - want).abs() < 1e-12, "{law:?} {n} {all}: {got} {want}");
                }
            }
        }
    }

    /// Words in equal steps, as many as leave each share to a part in 2^16 of the table.
    #[test]
    fn a_row_of_a_shelf_holds_its_shares_and_no_other() {
        let mut shelf = Shelf::default();
        shelf.push(7, &[0.0, 1.0, 3.0, 1e-30]);
        shelf.push(2, &[1.0]);
        let mut seen = [0.0; 12];
        (0..1u64 << 16).for_each(|i| seen[shelf.pick(0, i << 48) as usize] += 2f64.powi(-16));
        assert!((seen[8] - 0.25).abs() < 1e-3 && (seen[9] - 0.75).abs() < 1e-3);
        assert_eq!(seen[8] + seen[9], 1.0);
        assert_eq!([0, u64::MAX].map(|word| shelf.pick(1, word)), [2; 2]);
    }

    #[test]
    fn thinning_has_binomial_shares() {
        let rates = [[0.25, 0.0], [1.0, 0.25]];
        let made = Thinning::new(rates.into_iter(), 4, 1e9, &Control::default()).expect("nobody cancels");
        let thinning = made.expect("the tables are small");
        let mut seen = [0.0; 5];
        (0..1u64 << 16).for_each(|i| seen[thinning.pick((1, 1), 4, i << 48) as usize] += 2f64.powi(-16));
        for (k, ways) in [1.0, 4.0, 6.0, 4.0, 1.0].into_iter().enumerate() {
            let want = ways * 0.25f64.powi(k as i32) * 0.75f64.powi(4 - k as i32);
            assert!((seen[k] - want).abs() < 1e-3, "{k}: {} {want}", seen[k]);
        }
        assert_eq!([thinning.pick((0, 1), 4, 9), thinning.pick((1, 0), 4, 9)], [0, 4]);
    }
}
