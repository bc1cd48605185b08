//! The populations of draws, from posteriors of shapes on grids: at a low-discrepancy sequence of points.

use super::grid::{AXES, Grid, Shape};
use crate::dispatch::{Kernel, dispatch};
use crate::math::exp;

/// The first coordinates of the points advance by the parts of the golden ratio and the roots of 2 and 3, one for each
/// dimension.
pub const FIRST: [f64; 3] = [0.618_033_988_749_894_9, 0.414_213_562_373_095_1, 0.732_050_807_568_877_2];
/// The places within a cell advance by the powers of the real root of x^16 = x + 1 (Roberts 2018, after Kronecker).
const ROOT: f64 = 1.045_751_024_156_341_7;
/// The sum of the parameters of a Beta that stands for one rate.
pub const ONE_RATE: f64 = 1e9;

/// The coordinate of a draw that advances by a step.
pub fn point(draw: usize, step: f64) -> f64 {
    let x = 0.5 + (draw + 1) as f64 * step;
    x - x.floor()
}

/// The population of each draw from the posteriors of shapes that are equally likely beforehand.
pub fn drawn<P>(shapes: &[&dyn Weighed<P>], dimension: usize) -> impl Fn(usize) -> P {
    let top = shapes.iter().flat_map(|shape| shape.heights()).copied().fold(f64::NEG_INFINITY, f64::max);
    let mut mass = 0.0;
    let mut below = Vec::new();
    for shape in shapes {
        let volume = shape.volume();
        below.extend(densities(shape.heights(), top).iter().map(|density| {
            mass += volume * density;
            mass
        }));
    }
    move |draw: usize| {
        let wanted = point(draw, FIRST[dimension]) * mass;
        let mut cell = below.partition_point(|&below| below <= wanted).min(below.len() - 1);
        let within = |axis: usize| point(draw, ROOT.powi(-((1 + axis + AXES * dimension) as i32)));
        let mut shapes = shapes.iter();
        loop {
            let shape = shapes.next().expect("a shape holds the cell");
            match cell.checked_sub(shape.heights().len()) {
                None => break shape.population(cell, &within),
                Some(rest) => cell = rest,
            }
        }
    }
}

/// What the logarithms of densities stand for, over that of the largest.
fn densities(heights: &[f64], top: f64) -> Vec<f64> {
    struct Over<'a>(&'a [f64], f64);
    impl Kernel for Over<'_> {
        type Output = Vec<f64>;

        #[inline(always)]
        fn run(self) -> Vec<f64> {
            let mut found = vec![0.0; self.0.len()];
            found.iter_mut().zip(self.0).for_each(|(found, height)| *found = exp(height - self.1));
            found
        }
    }
    dispatch(Over(heights, top))
}

/// A shape with the posterior of its populations.
pub trait Weighed<P> {
    fn heights(&self) -> &[f64];
    fn volume(&self) -> f64;
    fn population(&self, cell: usize, within: &dyn Fn(usize) -> f64) -> P;
}

impl<S: Shape> Weighed<S::Population> for Grid<S> {
    fn heights(&self) -> &[f64] {
        &self.heights
    }

    fn volume(&self) -> f64 {
        self.volume()
    }

    fn population(&self, cell: usize, within: &dyn Fn(usize) -> f64) -> S::Population {
        S::population(&self.place(cell, within))
    }
}
