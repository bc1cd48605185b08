//! Tallying a variable within a chunk: histogram keys, extremes and sums, in vectors.

use super::lanes::{LANES, Lanes};
use super::trajectory::VARIABLES;
use crate::histogram::Histogram;
use crate::stats::Sums;

/// What is taken off a variable before it is counted: epochs start at 1, and most draws are there.
pub const OFFSETS: [f64; VARIABLES.len()] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
/// The binary logarithm of the bins per power of two: quantiles are off by less than 2^-8 of their value (of epochs
/// beyond the first), losses by 2^-14.
pub const BITS: [u32; VARIABLES.len()] = [8, 8, 8, 8, 8, 8, 8, 14, 14, 8, 8, 8];

/// A year and variable within a chunk: eight sums side by side, so that adding a block stays in vectors.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    near: f64,
    first: [f64; 8],
    second: [f64; 8],
    least: [f64; 8],
    most: [f64; 8],
}

/// A cell without numbers.
pub const EMPTY: Cell =
    Cell { near: f64::NAN, first: [0.0; 8], second: [0.0; 8], least: [f64::INFINITY; 8], most: [f64::NEG_INFINITY; 8] };

impl Cell {
    /// The sums of its numbers.
    pub fn sums(&self) -> Sums {
        Sums { near: self.near, first: total(self.first), second: total(self.second) }
    }

    /// The least number, its offset taken off.
    pub fn least(&self) -> f64 {
        self.least.iter().fold(f64::INFINITY, |a, &b| a.min(b))
    }

    /// The greatest number, its offset taken off.
    pub fn most(&self) -> f64 {
        self.most.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b))
    }
}

/// Adds the first `valid` numbers of a block to their cell.
#[inline(always)]
pub fn tally(values: &Lanes, valid: usize, variable: usize, keys: &mut [u32], cell: &mut Cell) {
    let (offset, bits) = (OFFSETS[variable], BITS[variable]);
    if cell.near.is_nan() {
        cell.near = values[0];
    }
    let near = cell.near;
    let mut padded = [near; LANES];
    let rest = if valid < LANES {
        // Draws beyond the last count as one that changes no extreme and no sum.
        padded[..valid].copy_from_slice(&values[..valid]);
        &padded
    } else {
        values
    };
    let Cell { mut first, mut second, mut least, mut most, .. } = *cell;
    // Plain loops over indices: iterators over chunks are called and not inlined, and the sums leave their registers.
    let keys = &mut keys[..LANES];
    for i in 0..LANES {
        keys[i] = Histogram::key(rest[i] - offset, bits);
    }
    for from in (0..LANES).step_by(8) {
        for i in 0..8 {
            let x = rest[from + i] - offset;
            least[i] = if x < least[i] { x } else { least[i] };
            most[i] = if x > most[i] { x } else { most[i] };
            let deviation = rest[from + i] - near;
            first[i] += deviation;
            second[i] += deviation * deviation;
        }
    }
    *cell = Cell { near, first, second, least, most };
}

#[inline(always)]
fn total(x: [f64; 8]) -> f64 {
    ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7]))
}
