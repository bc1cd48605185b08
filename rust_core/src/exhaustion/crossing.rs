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
    /// Takes what the draws are above a threshold in a year (below 0: under it). Plain loops, which vectorise.
    #[inline(always)]
    pub fn see(&mut self, definition: usize, year: f64, before: Option<f64>, gaps: &Lanes) {
        let (last, years) = (&mut self.gap[definition], &mut self.year[definition]);
        let (from, step) = before.map_or((year, 0.0), |before| (before, year - before));
        for i in 0..LANES {
            let crossed = if before.is_some() { from + step * (-last[i] / (gaps[i] - last[i])) } else { year };
            let now = (years[i] == f64::INFINITY) & (gaps[i] >= 0.0);
            years[i] = if now { crossed } else { years[i] };
            last[i] = gaps[i];
        }
    }
}
