//! Draws side by side: sixty-four numbers per quantity, so that every stage is a loop that vectorises.

/// Draws per block.
pub const LANES: usize = 64;
/// One number per draw of a block.
pub type Lanes = [f64; LANES];

/// The numbers of a block in a column that starts at a draw.
pub fn lanes(column: &[f64], first: usize) -> Lanes {
    std::array::from_fn(|i| column[first + i])
}
