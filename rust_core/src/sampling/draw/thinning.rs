//! How many of some attempts are accepted, where their number comes from elsewhere.

use std::collections::HashMap;

use super::alias_rows::{AliasRows, ENTRY, MOST_ENTRIES, SAVED, deviations};
use super::successes::{WORDS, shares};
use crate::error::Result;
use crate::rng::Sequence;
use crate::run::Control;
use rand_core::RngCore;

/// Counts of this many attempts and more are put together from powers of two.
const ROWS: u64 = 1 << 8;

/// How many of some attempts are accepted: tables by their number and the rate of acceptance.
#[derive(Debug)]
pub struct Thinning {
    /// By distinct rate, a row per number below [`ROWS`], and one per power of two from there on.
    tables: Vec<[AliasRows; 2]>,
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
        let (rows, powers) = (most.min(ROWS - 1), ROWS.ilog2()..=most.checked_ilog2().unwrap_or(0));
        let numbers = || (0..=rows).chain(powers.clone().map(|power| 1 << power));
        let widths = |&rate: &f64| numbers().map(|n| deviations(n as f64 * rate * (1.0 - rate), n as f64)).sum::<f64>();
        let entries: f64 = distinct.iter().map(widths).sum();
        if most > u64::from(u32::MAX) || entries > MOST_ENTRIES || entries * ENTRY > SAVED * draws {
            return Ok(None);
        }
        let mut tables = Vec::new();
        for rate in distinct {
            let mut table = <[AliasRows; 2]>::default();
            for n in numbers() {
                if n % 64 == 0 {
                    control.check()?;
                }
                let (least, shares) = shares(n, rate);
                table[usize::from(n >= ROWS)].push(least, &shares);
            }
            tables.push(table);
        }
        Ok(Some(Self { tables, of_task }))
    }

    /// How many of `n` attempts of task `i` are accepted, of correct (0) or of wrong ones (1).
    #[inline]
    pub fn pick(&self, (i, class): (usize, usize), n: u64, random: &mut Sequence<WORDS>) -> u64 {
        let [rows, powers] = &self.tables[self.of_task[i][class] as usize];
        let mut accepted = rows.pick((n % ROWS) as usize, random.next_u64());
        let mut more = n / ROWS;
        while more > 0 {
            accepted += powers.pick(more.trailing_zeros() as usize, random.next_u64());
            more &= more - 1;
        }
        accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_has_binomial_shares() {
        let rates = [[0.25, 0.0], [1.0, 0.25]];
        let made = Thinning::new(rates.into_iter(), 4, 1e9, &Control::default()).expect("nobody cancels");
        let thinning = made.expect("the tables are small");
        let mut seen = [0.0; 5];
        (0..1u64 << 16).for_each(|i| seen[thinning.tables[0][0].pick(4, i << 48) as usize] += 2f64.powi(-16));
        for (k, ways) in [1.0, 4.0, 6.0, 4.0, 1.0].into_iter().enumerate() {
            let want = ways * 0.25f64.powi(k as i32) * 0.75f64.powi(4 - k as i32);
            assert!((seen[k] - want).abs() < 1e-3, "{k}: {} {want}", seen[k]);
        }
        let mut random = crate::rng::Stream::new([5, 8], 0, 0, 0).ahead(0);
        assert_eq!([thinning.pick((0, 1), 4, &mut random), thinning.pick((1, 0), 4, &mut random)], [0, 4]);
    }
}
