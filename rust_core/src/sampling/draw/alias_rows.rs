//! Alias tables of many laws of whole numbers, one after another: what each takes to make, and saves.

use crate::sampling::draw::successes::NEGLIGIBLE;
use crate::variates::alias::{Alias, pick};

/// The most entries of all tables (8 bytes each).
pub const MOST_ENTRIES: f64 = (1 << 20) as f64;
/// Nanoseconds that an entry takes to make, about.
pub const ENTRY: f64 = 25.0;
/// Nanoseconds that a table saves a draw, about.
pub const SAVED: f64 = 20.0;

/// Alias tables in a row.
#[derive(Debug, Default)]
pub struct AliasRows {
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

impl AliasRows {
    /// Adds the table of shares of the numbers from `least` on, without negligible ends.
    pub fn push(&mut self, least: u64, shares: &[f64]) {
        let bound = NEGLIGIBLE / shares.len() as f64 * shares.iter().sum::<f64>();
        let some = |share: &f64| *share > bound;
        let from = shares.iter().position(some).unwrap_or(0);
        let to = shares.iter().rposition(some).map_or(shares.len(), |last| last + 1);
        let entries = Alias::new(&shares[from..to]).into_entries();
        let (first, length) = (self.entries.len() as u32, entries.len() as u32);
        self.rows.push(Row { first, length, least: (least + from as u64) as u32 });
        self.entries.extend(entries);
    }

    /// The number of a random word, by the table of a row.
    #[inline]
    pub fn pick(&self, row: usize, word: u64) -> u64 {
        let Row { first, length, least } = self.rows[row];
        u64::from(least) + pick(&self.entries[first as usize..][..length as usize], word) as u64
    }
}

/// As many numbers as may come where so many and one can and the variance is this.
pub fn deviations(variance: f64, numbers: f64) -> f64 {
    (18.0 * libm::sqrt(variance) + 20.0).min(numbers + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words in equal steps, as many as leave each share to a part in 2^16 of the table.
    #[test]
    fn a_row_holds_its_shares_and_no_other() {
        let mut table = AliasRows::default();
        table.push(7, &[0.0, 1.0, 3.0, 1e-30]);
        table.push(2, &[1.0]);
        let mut seen = [0.0; 12];
        (0..1u64 << 16).for_each(|i| seen[table.pick(0, i << 48) as usize] += 2f64.powi(-16));
        assert!((seen[8] - 0.25).abs() < 1e-3 && (seen[9] - 0.75).abs() < 1e-3);
        assert_eq!(seen[8] + seen[9], 1.0);
        assert_eq!([0, u64::MAX].map(|word| table.pick(1, word)), [2; 2]);
    }
}
