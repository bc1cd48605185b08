//! Numbers side by side, so that loops over populations vectorise, and products of many factors.

use crate::math::{ln, ln_inside};

/// Numbers side by side.
pub const LANES: usize = 8;
pub type Lanes = [f64; LANES];

/// Minus the logarithm of the smallest product that is kept: far from the smallest float.
const ROOM: f64 = 600.0;

/// A number for each lane, by a plain loop: `array::from_fn` is not inlined.
#[inline(always)]
pub fn each(of: impl Fn(usize) -> f64) -> Lanes {
    let mut found = [0.0; LANES];
    for lane in 0..LANES {
        found[lane] = of(lane);
    }
    found
}

/// The logarithm of a product: powers are multiplied, and a logarithm is taken only before they leave the range of floats.
pub struct Product {
    ln: Lanes,
    value: Lanes,
    /// Minus the logarithm of what `value` may still be multiplied by.
    room: f64,
}

impl Product {
    #[inline(always)]
    pub const fn new(ln: Lanes) -> Self {
        Self { ln, value: [1.0; LANES], room: ROOM }
    }

    /// Times factors to a power; `need` is minus the logarithm of the smallest of factors in (0, 1], to that power.
    #[inline(always)]
    pub fn times(&mut self, factors: &Lanes, power: f64, need: f64) {
        if need > ROOM || need.is_nan() {
            for lane in 0..LANES {
                self.ln[lane] += power * ln(factors[lane]);
            }
            return;
        }
        if need > self.room {
            for lane in 0..LANES {
                self.ln[lane] += ln_inside(self.value[lane]);
            }
            (self.value, self.room) = ([1.0; LANES], ROOM);
        }
        self.room -= need;
        let (mut rest, mut square) = (power as u64, *factors);
        loop {
            if rest % 2 == 1 {
                for lane in 0..LANES {
                    self.value[lane] *= square[lane];
                }
            }
            rest /= 2;
            if rest == 0 {
                return;
            }
            for lane in 0..LANES {
                square[lane] *= square[lane];
            }
        }
    }

    #[inline(always)]
    pub fn ln(self) -> Lanes {
        each(|lane| self.ln[lane] + ln_inside(self.value[lane]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Also where the product itself is no float any more, and where a factor alone is none to its power.
    #[test]
    fn the_logarithm_of_a_product_is_the_sum_of_logarithms() {
        let factors = each(|lane| 0.1 + 0.1 * lane as f64);
        let mut product = Product::new([0.0; LANES]);
        let mut sums = [0.0; LANES];
        for power in (0..200).chain([1_000, 1_000_000]).map(f64::from) {
            product.times(&factors, power, -power * libm::log(0.1));
            (0..LANES).for_each(|lane| sums[lane] += power * libm::log(factors[lane]));
        }
        let found = product.ln();
        assert!((0..LANES).all(|lane| (found[lane] / sums[lane] - 1.0).abs() < 1e-13), "{found:?} {sums:?}");
    }
}
