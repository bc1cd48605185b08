//! Sobol' points with hash-based Owen scrambling: randomised quasi-Monte Carlo.
//!
//! Direction numbers: Joe and Kuo, *Constructing Sobol sequences with better two-dimensional projections* (SIAM J. Sci.
//! Comput. 30, 2008), set `new-joe-kuo-6.21201`. Scrambling: Burley, *Practical Hash-based Owen Scrambling* (JCGT 9,
//! 2020) with Vegdahl's constants: every bit is flipped by a hash of the bits above it, so that each scrambled point is
//! uniform and the set keeps its balance; another replicate is an independent scrambling.

use crate::error::{Error, Result};
use crate::rng::{Key, Stream, purpose};

/// The most dimensions the table holds.
pub const DIMENSIONS: usize = TABLE.len();
/// Bits of a coordinate: at most 2^32 points.
const BITS: usize = 32;
/// The stream of the scrambling's seeds.
const SCRAMBLE: u64 = purpose::EXHAUSTION + 8192;

/// The generating matrices of the dimensions in use, as columns.
#[derive(Debug, Clone)]
pub struct Sobol {
    columns: Vec<[u32; BITS]>,
}

impl Sobol {
    /// The first `dimensions` dimensions.
    pub fn new(dimensions: usize) -> Result<Self> {
        if dimensions > DIMENSIONS {
            let expected = format!("'philox' for a scenario of more than {DIMENSIONS} random numbers per draw");
            return Err(Error::argument("sampler", expected, format!("'sobol' for {dimensions}")));
        }
        Ok(Self { columns: (0..dimensions).map(columns).collect() })
    }

    /// Coordinate `dimension` of the points from index `first` on, scrambled by the replicate.
    pub fn fill(&self, key: Key, replicate: u64, dimension: usize, first: u64, out: &mut [f64]) {
        let seed = Stream::new(key, replicate, SCRAMBLE, dimension as u64).word(0);
        let columns = &self.columns[dimension];
        for (index, x) in (first..).zip(out) {
            let point = (0..BITS).filter(|&bit| index >> bit & 1 == 1).fold(0, |point, bit| point ^ columns[bit]);
            *x = (f64::from(scramble(point, seed)) + 0.5) * (1.0 / 4_294_967_296.0);
        }
    }
}

/// The columns of the generating matrix of a dimension.
fn columns(dimension: usize) -> [u32; BITS] {
    if dimension == 0 {
        return std::array::from_fn(|bit| 1 << (BITS - 1 - bit));
    }
    let (polynomial, start) = TABLE[dimension];
    let degree = (u32::BITS - 1 - polynomial.leading_zeros()) as usize;
    let mut m = [0u64; BITS];
    for bit in 0..BITS {
        m[bit] = if bit < degree {
            u64::from(start[bit])
        } else {
            // The leading coefficient of the polynomial stands for the term of the full degree.
            (1..=degree).fold(m[bit - degree], |sum, j| {
                if polynomial >> (degree - j) & 1 == 1 { sum ^ m[bit - j] << j } else { sum }
            })
        };
    }
    std::array::from_fn(|bit| (m[bit] << (BITS - 1 - bit)) as u32)
}

/// Owen's nested uniform scrambling, by a hash in which each bit depends only on those above it
/// (below it, in the reversed order of the arithmetic).
fn scramble(point: u32, seed: u64) -> u32 {
    let mut x = point.reverse_bits();
    for half in [seed as u32, (seed >> 32) as u32] {
        x ^= x.wrapping_mul(0x3d20_adea);
        x = x.wrapping_add(half);
        x = x.wrapping_mul((half >> 16) | 1);
        x ^= x.wrapping_mul(0x0552_6c56);
        x ^= x.wrapping_mul(0x53a2_2864);
    }
    x.reverse_bits()
}

/// Per dimension: the primitive polynomial and the first direction numbers.
#[rustfmt::skip]
const TABLE: [(u32, [u16; 9]); 64] = [
    (1, [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    (3, [1, 0, 0, 0, 0, 0, 0, 0, 0]),
    (7, [1, 3, 0, 0, 0, 0, 0, 0, 0]),
    (11, [1, 3, 1, 0, 0, 0, 0, 0, 0]),
    (13, [1, 1, 1, 0, 0, 0, 0, 0, 0]),
    (19, [1, 1, 3, 3, 0, 0, 0, 0, 0]),
    (25, [1, 3, 5, 13, 0, 0, 0, 0, 0]),
    (37, [1, 1, 5, 5, 17, 0, 0, 0, 0]),
    (41, [1, 1, 5, 5, 5, 0, 0, 0, 0]),
    (47, [1, 1, 7, 11, 19, 0, 0, 0, 0]),
    (55, [1, 1, 5, 1, 1, 0, 0, 0, 0]),
    (59, [1, 1, 1, 3, 11, 0, 0, 0, 0]),
    (61, [1, 3, 5, 5, 31, 0, 0, 0, 0]),
    (67, [1, 3, 3, 9, 7, 49, 0, 0, 0]),
    (91, [1, 1, 1, 15, 21, 21, 0, 0, 0]),
    (97, [1, 3, 1, 13, 27, 49, 0, 0, 0]),
    (103, [1, 1, 1, 15, 7, 5, 0, 0, 0]),
    (109, [1, 3, 1, 15, 13, 25, 0, 0, 0]),
    (115, [1, 1, 5, 5, 19, 61, 0, 0, 0]),
    (131, [1, 3, 7, 11, 23, 15, 103, 0, 0]),
    (137, [1, 3, 7, 13, 13, 15, 69, 0, 0]),
    (143, [1, 1, 3, 13, 7, 35, 63, 0, 0]),
    (145, [1, 3, 5, 9, 1, 25, 53, 0, 0]),
    (157, [1, 3, 1, 13, 9, 35, 107, 0, 0]),
    (167, [1, 3, 1, 5, 27, 61, 31, 0, 0]),
    (171, [1, 1, 5, 11, 19, 41, 61, 0, 0]),
    (185, [1, 3, 5, 3, 3, 13, 69, 0, 0]),
    (191, [1, 1, 7, 13, 1, 19, 1, 0, 0]),
    (193, [1, 3, 7, 5, 13, 19, 59, 0, 0]),
    (203, [1, 1, 3, 9, 25, 29, 41, 0, 0]),
    (211, [1, 3, 5, 13, 23, 1, 55, 0, 0]),
    (213, [1, 3, 7, 3, 13, 59, 17, 0, 0]),
    (229, [1, 3, 1, 3, 5, 53, 69, 0, 0]),
    (239, [1, 1, 5, 5, 23, 33, 13, 0, 0]),
    (241, [1, 1, 7, 7, 1, 61, 123, 0, 0]),
    (247, [1, 1, 7, 9, 13, 61, 49, 0, 0]),
    (253, [1, 3, 3, 5, 3, 55, 33, 0, 0]),
    (285, [1, 3, 1, 15, 31, 13, 49, 245, 0]),
    (299, [1, 3, 5, 15, 31, 59, 63, 97, 0]),
    (301, [1, 3, 1, 11, 11, 11, 77, 249, 0]),
    (333, [1, 3, 1, 11, 27, 43, 71, 9, 0]),
    (351, [1, 1, 7, 15, 21, 11, 81, 45, 0]),
    (355, [1, 3, 7, 3, 25, 31, 65, 79, 0]),
    (357, [1, 3, 1, 1, 19, 11, 3, 205, 0]),
    (361, [1, 1, 5, 9, 19, 21, 29, 157, 0]),
    (369, [1, 3, 7, 11, 1, 33, 89, 185, 0]),
    (391, [1, 3, 3, 3, 15, 9, 79, 71, 0]),
    (397, [1, 3, 7, 11, 15, 39, 119, 27, 0]),
    (425, [1, 1, 3, 1, 11, 31, 97, 225, 0]),
    (451, [1, 1, 1, 3, 23, 43, 57, 177, 0]),
    (463, [1, 3, 7, 7, 17, 17, 37, 71, 0]),
    (487, [1, 3, 1, 5, 27, 63, 123, 213, 0]),
    (501, [1, 1, 3, 5, 11, 43, 53, 133, 0]),
    (529, [1, 3, 5, 5, 29, 17, 47, 173, 479]),
    (539, [1, 3, 3, 11, 3, 1, 109, 9, 69]),
    (545, [1, 1, 1, 5, 17, 39, 23, 5, 343]),
    (557, [1, 3, 1, 5, 25, 15, 31, 103, 499]),
    (563, [1, 1, 1, 11, 11, 17, 63, 105, 183]),
    (601, [1, 1, 5, 11, 9, 29, 97, 231, 363]),
    (607, [1, 1, 5, 15, 19, 45, 41, 7, 383]),
    (617, [1, 3, 7, 7, 31, 19, 83, 137, 221]),
    (623, [1, 1, 1, 3, 23, 15, 111, 223, 83]),
    (631, [1, 1, 5, 13, 31, 15, 55, 25, 161]),
    (637, [1, 1, 3, 13, 25, 47, 39, 87, 257]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_points_are_the_published_ones() {
        // Joe and Kuo's own output: points 1 to 3 and 7 of the first four dimensions.
        let sobol = Sobol::new(4).expect("in the table");
        let at = |index: u32, d: usize| {
            let point = (0..BITS).filter(|&b| index >> b & 1 == 1).fold(0, |p, b| p ^ sobol.columns[d][b]);
            f64::from(point) / 4_294_967_296.0
        };
        let gray = |i: u32| i ^ (i >> 1);
        let rows = [
            (1, [0.5, 0.5, 0.5, 0.5]),
            (2, [0.75, 0.25, 0.25, 0.25]),
            (3, [0.25, 0.75, 0.75, 0.75]),
            (7, [0.125, 0.625, 0.375, 0.125]),
        ];
        for (i, want) in rows {
            assert_eq!([0, 1, 2, 3].map(|d| at(gray(i), d)), want, "point {i}");
        }
    }

    #[test]
    fn scrambling_keeps_the_balance_of_every_dimension_and_replicates_differ() {
        let sobol = Sobol::new(DIMENSIONS).expect("in the table");
        let mut points = [0.0; 256];
        let mut firsts = Vec::new();
        for replicate in 0..4 {
            for dimension in 0..DIMENSIONS {
                sobol.fill([7, 9], replicate, dimension, 512, &mut points);
                let mut cells = [0; 256];
                for x in points {
                    cells[(x * 256.0) as usize] += 1;
                }
                assert!(cells.iter().all(|&c| c == 1), "dimension {dimension}");
                firsts.push(points[0].to_bits());
            }
        }
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 4 * DIMENSIONS);
    }

    #[test]
    fn the_first_two_dimensions_fill_every_square() {
        let sobol = Sobol::new(2).expect("in the table");
        let (mut x, mut y) = ([0.0; 256], [0.0; 256]);
        sobol.fill([1, 2], 0, 0, 0, &mut x);
        sobol.fill([1, 2], 0, 1, 0, &mut y);
        let mut cells = [0; 256];
        x.iter().zip(&y).for_each(|(x, y)| cells[(x * 16.0) as usize * 16 + (y * 16.0) as usize] += 1);
        assert!(cells.iter().all(|&c| c == 1));
    }
}
