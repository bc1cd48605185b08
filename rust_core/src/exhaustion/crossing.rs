//! When a draw runs out by each definition: the first year at or above a threshold, interpolated between years.

use super::lanes::{LANES, Lanes};
use super::trajectory::DEFINITIONS;

/// Crossings of a block of draws so far.
#[derive(Debug, Clone)]
pub struct Crossings {
    /// How far each threshold was passed in the year before.
    gap: [Lanes; DEFINITIONS.len()],
    /// The year of crossing; infinite while there is none.
    pub year: [Lanes; DEFINITIONS.len()],
}

impl Default for Crossings {
    fn default() -> Self {
        Self { gap: [[0.0; LANES]; DEFINITIONS.len()], year: [[f64::INFINITY; LANES]; DEFINITIONS.len()] }
    }
}

impl Crossings {
    /// Takes what a draw is above each threshold in a year (below 0: under it).
    #[inline(always)]
    pub fn see(&mut self, i: usize, year: f64, before: Option<f64>, gaps: [f64; DEFINITIONS.len()]) {
        for (definition, gap) in gaps.into_iter().enumerate() {
            let last = self.gap[definition][i];
            let crossed = match before {
                None => year,
                Some(before) => before + (year - before) * (-last / (gap - last)),
            };
            let so_far = self.year[definition][i];
            let now = so_far == f64::INFINITY && gap >= 0.0;
            self.year[definition][i] = if now { crossed } else { so_far };
            self.gap[definition][i] = gap;
        }
    }
}
