//! Sums of columns over tasks, in lanes.

use crate::dispatch::Kernel;

/// The sums of columns; 0 of an empty one.
pub(super) struct Sums<'a, const COLUMNS: usize> {
    /// One slice for each; an empty one has no sum.
    pub columns: [&'a [f64]; COLUMNS],
    /// What each number counts; `None`: 1.
    pub weights: Option<&'a [f64]>,
}

/// A sum is added up in so many lanes, and these in a fixed order: the same bits at every width.
const LANES: usize = 8;

impl<const COLUMNS: usize> Kernel for Sums<'_, COLUMNS> {
    type Output = [f64; COLUMNS];

    #[inline(always)]
    fn run(self) -> [f64; COLUMNS] {
        let mut found = [0.0; COLUMNS];
        for (found, column) in found.iter_mut().zip(self.columns).filter(|(_, column)| !column.is_empty()) {
            let mut lanes = [0.0; LANES];
            let rest = column.len() / LANES * LANES;
            if let Some(weights) = self.weights {
                let weights = &weights[..column.len().min(weights.len())];
                for (x, w) in column.chunks_exact(LANES).zip(weights.chunks_exact(LANES)) {
                    for lane in 0..LANES {
                        lanes[lane] += w[lane] * x[lane];
                    }
                }
                lanes
                    .iter_mut()
                    .zip(&column[rest..])
                    .zip(weights.get(rest..).unwrap_or_default())
                    .for_each(|((sum, x), w)| *sum += w * x);
            } else {
                for x in column.chunks_exact(LANES) {
                    for lane in 0..LANES {
                        lanes[lane] += x[lane];
                    }
                }
                lanes.iter_mut().zip(&column[rest..]).for_each(|(sum, x)| *sum += x);
            }
            // Written out: a closure over an array may not be inlined, and then runs at the width of the baseline.
            let (low, high) = lanes.split_at(4);
            *found = ((low[0] + high[0]) + (low[2] + high[2])) + ((low[1] + high[1]) + (low[3] + high[3]));
        }
        found
    }
}
