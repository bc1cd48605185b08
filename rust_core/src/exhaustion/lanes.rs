//! Draws side by side: sixty-four numbers per quantity, so that every stage is a loop that vectorises.

/// Draws per block.
pub const LANES: usize = 64;
/// One number per draw of a block.
pub type Lanes = [f64; LANES];

/// The numbers of a block in a column that starts at a draw.
#[inline(always)]
pub fn lanes(column: &[f64], first: usize) -> Lanes {
    let mut found = [0.0; LANES];
    found.copy_from_slice(&column[first..first + LANES]);
    found
}

/// A number for each draw, by a plain loop: `array::from_fn` and `map` are called draw by draw and not inlined.
#[inline(always)]
pub fn each(of: impl Fn(usize) -> f64) -> Lanes {
    let mut found = [0.0; LANES];
    for i in 0..LANES {
        found[i] = of(i);
    }
    found
}
