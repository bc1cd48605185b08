//! What a run counts: histograms and moments of the yearly variables, years of running out.

use std::borrow::Cow;

use super::cells::BITS;
use super::trajectory::{DEFINITIONS, Options, VARIABLES};
use crate::histogram::Histogram;
use crate::stats::Moments;

/// The probabilities of the reported quantiles.
pub const QUANTILES: [f64; 7] = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95];
/// Leading bits of the histograms of calendar years: bins of 2^-10 year.
pub const YEAR_BITS: u32 = 20;
/// Tallies of some draws.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Per year and variable: the histogram; empty unless tallied.
    pub values: Vec<Histogram>,
    /// Per year and variable: the moments; empty unless tallied.
    pub moments: Vec<Moments>,
    /// Per definition: the years of running out by the horizon.
    pub years: Vec<Histogram>,
    /// Per definition and counted year: how many draws have run out by then.
    pub by_year: Vec<Vec<u64>>,
    /// Draws.
    pub trials: u64,
}

/// What a run returns.
#[derive(Debug)]
pub struct Outcome {
    /// One tally per independent part: one, or one per scrambling.
    pub parts: Vec<Tally>,
    /// One column per sample asked for.
    pub samples: Vec<Vec<f64>>,
    /// Exact quantiles, where asked for: of the yearly variables, then of the years of running out.
    pub exact: Option<Vec<[f64; QUANTILES.len()]>>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(options: &Options, yearly: bool) -> Self {
        let tallied = if yearly { options.years.len() } else { 0 };
        Self {
            values: (0..tallied).flat_map(|_| BITS.map(Histogram::new)).collect(),
            moments: vec![Moments::default(); tallied * VARIABLES.len()],
            years: vec![Histogram::new(YEAR_BITS); DEFINITIONS.len()],
            by_year: vec![vec![0; options.counted.len()]; DEFINITIONS.len()],
            trials: 0,
        }
    }

    /// Adds what another worker counted; moments are merged apart, in the order of chunks.
    pub fn merge_counts(&mut self, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| a.merge(b));
        self.years.iter_mut().zip(&other.years).for_each(|(a, b)| a.merge(b));
        for (mine, theirs) in self.by_year.iter_mut().zip(&other.by_year) {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
        }
        self.trials += other.trials;
    }

    /// Adds everything of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.merge_counts(other);
        self.moments.iter_mut().zip(&other.moments).for_each(|(a, b)| a.merge(b));
    }
}

impl Outcome {
    /// The tally of all parts; variables have every draw, years of running out only those that run out.
    pub fn merged(&self) -> Cow<'_, Tally> {
        let (first, others) = self.parts.split_first().expect("a run has a part");
        let mut all = Cow::Borrowed(first);
        for part in others {
            all.to_mut().merge(part);
        }
        all
    }
}
