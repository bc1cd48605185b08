//! The random numbers of a draw, one per latent: which there are, and the stream and the Sobol' dimension of each.
//!
//! Numbers of streams are frozen: a further input takes one that nothing had, and moves no other draw.

use super::scenario::INPUTS;
use crate::rng::purpose;

/// The number of inputs.
pub const COUNT: usize = INPUTS.len();
/// Latent numbers: the inputs in their order, then the five of the law's base,
pub const LAW: usize = COUNT;
/// the choice among laws,
pub const LAW_CHOICE: usize = LAW + 5;
/// the choice of the trend,
pub const TREND_CHOICE: usize = LAW_CHOICE + 1;
/// and one per group of inputs that draw rows together.
pub const ROWS: usize = TREND_CHOICE + 1;

/// Inputs whose streams stand before those of the law, which began here when there were as many.
const FIRST_INPUTS: usize = 43;
/// Streams of further inputs.
const FURTHER: usize = 2048;
/// Streams from here on are for draws of the law that are made again.
pub const AGAIN: u64 = purpose::EXHAUSTION + 4096;

/// The stream of a latent number.
#[inline]
pub fn stream(latent: usize) -> u64 {
    purpose::EXHAUSTION + number(latent, COUNT) as u64
}

/// The Sobol' dimension of each latent number that is drawn: those drawn are counted in the order of their streams.
pub fn dimensions(drawn: &[bool]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..drawn.len()).filter(|&latent| drawn[latent]).collect();
    order.sort_by_key(|&latent| number(latent, COUNT));
    let mut dimensions = vec![None; drawn.len()];
    order.into_iter().enumerate().for_each(|(dimension, latent)| dimensions[latent] = Some(dimension));
    dimensions
}

/// The number of a latent's stream where there are so many inputs.
const fn number(latent: usize, inputs: usize) -> usize {
    if latent >= inputs {
        FIRST_INPUTS + (latent - inputs)
    } else if latent >= FIRST_INPUTS {
        FURTHER + (latent - FIRST_INPUTS)
    } else {
        latent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_input_moves_nothing() {
        for more in [1, 2, 40] {
            let inputs = COUNT + more;
            for latent in 0..COUNT {
                assert_eq!(number(latent, inputs), number(latent, COUNT));
            }
            for latent in COUNT..ROWS + COUNT {
                assert_eq!(number(latent + more, inputs), number(latent, COUNT));
            }
            let mut all: Vec<usize> = (0..ROWS + more + inputs).map(|latent| number(latent, inputs)).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), ROWS + more + inputs);
            assert!(all.iter().all(|&number| purpose::EXHAUSTION + (number as u64) < AGAIN));
        }
    }

    #[test]
    fn numbers_are_those_of_the_first_release() {
        assert_eq!([0, 42].map(|input| number(input, COUNT)), [0, 42]);
        assert_eq!([LAW, LAW_CHOICE, TREND_CHOICE, ROWS].map(|latent| number(latent, COUNT)), [43, 48, 49, 50]);
        assert_eq!([43, 44].map(|input| number(input, 50)), [2048, 2049]);
    }

    #[test]
    fn dimensions_count_what_is_drawn() {
        let mut drawn = vec![false; ROWS + 2];
        [1, LAW, ROWS + 1].into_iter().for_each(|latent| drawn[latent] = true);
        let found = dimensions(&drawn);
        assert_eq!([1, 2, LAW, ROWS, ROWS + 1].map(|latent| found[latent]), [Some(0), None, Some(1), None, Some(2)]);
    }
}
