//! One block of draws taken through all years.

use super::block::Block;
use super::draws::{CHUNK, Columns, Sampler};
use super::lanes::Lanes;
use super::plan::Plan;
use super::samples::Sample;
use super::scratch::Scratch;
use super::trajectory::{Options, VARIABLES};
use crate::dispatch::Kernel;

/// Keys of a cell lie this far apart: not a power of two, so that cells do not compete for the same cache lines.
pub(super) const STRIDE: usize = CHUNK + 16;

/// A run: where draws come from and what is done with them.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub sampler: &'a Sampler,
    pub options: &'a Options,
    pub plan: &'a Plan,
}

/// What becomes of the yearly variables of a block.
pub(super) trait Take {
    /// Takes the first `valid` numbers of a block that starts at draw `first` of the chunk.
    fn take(&mut self, index: usize, variable: usize, first: usize, valid: usize, values: &Lanes);
}

/// Takes the block that starts at a draw through all years.
pub(super) struct Years<'a, T> {
    pub columns: &'a Columns,
    pub work: &'a mut Scratch,
    pub options: &'a Options,
    pub first: usize,
    pub valid: usize,
    pub take: T,
    pub wanted: &'a [Sample],
    pub samples: &'a mut [Vec<f64>],
}

impl<T: Take> Kernel for Years<'_, T> {
    type Output = Block;

    #[inline(always)]
    fn run(self) -> Block {
        let Self { columns, work, options, first, valid, mut take, wanted, samples } = self;
        let mut block = Block::new(columns, first, options);
        let mut before = None;
        for (index, &listed) in options.years.iter().enumerate() {
            // Years that are not listed are gone through too: when a draw runs out depends on the first and last alone.
            for year in before.map_or(listed, |year| year + 1)..=listed {
                block.advance(year, before, options, work);
                before = Some(year);
            }
            for variable in 0..VARIABLES.len() {
                take.take(index, variable, first, valid, &work.out[variable]);
            }
            for (sample, column) in wanted.iter().zip(&mut *samples) {
                let out = &mut column[first..first + valid];
                match *sample {
                    Sample::Variable(variable, year) if year == index => {
                        out.copy_from_slice(&work.out[variable][..valid]);
                    }
                    Sample::Derived(which, year) if year == index => block.derived(which, work, out),
                    _ => {}
                }
            }
        }
        block
    }
}
