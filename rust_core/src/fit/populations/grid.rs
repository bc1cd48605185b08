//! A posterior on a grid over the box that holds nearly all of it.

use std::array;
use std::marker::PhantomData;

use crate::error::Result;
use crate::fit::beta_binomial::Counts;
use crate::run::{Control, run};

/// Coordinates of a shape, at most: places of a unit cube.
pub const AXES: usize = 5;

/// The posterior, as a logarithm, is cut off this far below its largest value, but this share of the cells is kept: of
/// many tasks it is an oblique ridge, much narrower than a cell of the first boxes.
const DEPTH: f64 = 16.0;
const KEPT: f64 = 0.01;
/// Boxes that are looked at, at most.
const BOXES: usize = 64;
/// Of so few distinct counts the posterior takes less than starting threads for it.
const SPREAD: usize = 16;

/// Counts of tasks, by themselves or in clusters.
pub trait Observed: Sync {
    /// How many are distinct.
    fn distinct(&self) -> usize;
}

impl Observed for Counts {
    fn distinct(&self) -> usize {
        self.groups.len()
    }
}

/// A family of populations with a prior that is bounded over the unit cube.
pub trait Shape: Sized + Sync {
    /// Cells along each axis, one where an axis is not used: while the posterior is looked for, and then.
    const CELLS: [[usize; AXES]; 2];

    /// What is observed.
    type Seen: Observed;

    /// What a place stands for.
    type Population;

    /// What all steps of the first axis have in common.
    type Tables: Sync;

    /// The population at a place of the unit cube.
    fn population(place: &[f64; AXES]) -> Self::Population;

    /// Those of a grid.
    fn tables(grid: &Grid<Self>, seen: &Self::Seen) -> Self::Tables;

    /// The logarithms of likelihood and prior at the middles of the cells of one step of the first axis.
    fn heights(
        grid: &Grid<Self>,
        tables: &Self::Tables,
        seen: &Self::Seen,
        step: usize,
        control: &Control,
    ) -> Result<Vec<f64>>;
}

/// The logarithm of the posterior density at the middles of the cells of a box.
pub struct Grid<S> {
    shape: PhantomData<S>,
    bounds: [[f64; 2]; AXES],
    cells: [usize; AXES],
    pub heights: Vec<f64>,
}

impl<S: Shape> Grid<S> {
    /// Over a box that is narrowed until it holds the posterior closely.
    pub fn new(seen: &S::Seen, threads: usize, control: &Control) -> Result<Self> {
        let [coarse, cells] = S::CELLS;
        let bounds = cells.map(|cells| [0.0, if cells > 1 { 1.0 } else { 0.0 }]);
        let mut found = Self { shape: PhantomData, bounds, cells: coarse, heights: Vec::new() };
        for _ in 0..BOXES {
            found.fill(seen, threads, control)?;
            let next = found.narrowed();
            let further = next.iter().zip(found.bounds).any(|(next, now)| {
                // It shrinks, or goes on beyond a side.
                next[1] - next[0] < 0.7 * (now[1] - now[0]) || next[0] < now[0] || next[1] > now[1]
            });
            found.bounds = next;
            if !further {
                break;
            }
        }
        found.cells = cells;
        found.fill(seen, threads, control)?;
        Ok(found)
    }

    /// Steps along an axis.
    pub const fn steps(&self, axis: usize) -> usize {
        self.cells[axis]
    }

    /// So many steps along an axis.
    pub fn along(&self, axis: usize, steps: f64) -> f64 {
        let [low, high] = self.bounds[axis];
        low + (high - low) * steps / self.cells[axis] as f64
    }

    /// The middle of a step of an axis.
    pub fn middle(&self, axis: usize, step: usize) -> f64 {
        self.along(axis, step as f64 + 0.5)
    }

    /// The place of a share of each side of a cell.
    pub fn place(&self, cell: usize, within: impl Fn(usize) -> f64) -> [f64; AXES] {
        let steps = self.steps_of(cell);
        array::from_fn(|axis| self.along(axis, steps[axis] as f64 + within(axis)))
    }

    fn steps_of(&self, cell: usize) -> [usize; AXES] {
        let mut rest = cell;
        let mut steps = [0; AXES];
        for axis in (0..AXES).rev() {
            (rest, steps[axis]) = (rest / self.cells[axis], rest % self.cells[axis]);
        }
        steps
    }

    /// Of a cell; an axis without a width does not count.
    pub fn volume(&self) -> f64 {
        let sides = self.bounds.iter().zip(self.cells).map(|([low, high], cells)| (high - low) / cells as f64);
        sides.filter(|side| *side > 0.0).product()
    }

    fn fill(&mut self, seen: &S::Seen, threads: usize, control: &Control) -> Result<()> {
        let threads = if seen.distinct() > SPREAD { threads } else { 1 };
        let mut heights = Vec::with_capacity(self.cells.iter().product());
        let tables = S::tables(self, seen);
        let work = |(): &mut (), step: u64| S::heights(self, &tables, seen, step as usize, control);
        run(self.cells[0] as u64, threads, control, || (), work, |found| heights.extend(found))?;
        self.heights = heights;
        Ok(())
    }

    /// The smallest box that holds the cells near the largest value, and a cell beyond them.
    fn narrowed(&self) -> [[f64; 2]; AXES] {
        let last = self.heights.len() - 1;
        let mut heights = self.heights.clone();
        let (_, &mut kept, above) =
            heights.select_nth_unstable_by(((1.0 - KEPT) * last as f64) as usize, f64::total_cmp);
        let top = above.iter().copied().fold(kept, f64::max);
        let least = kept.min(top - DEPTH);
        let mut steps = [[usize::MAX, 0]; AXES];
        for (cell, _) in self.heights.iter().enumerate().filter(|(_, v)| **v >= least) {
            for (found, step) in steps.iter_mut().zip(self.steps_of(cell)) {
                *found = [found[0].min(step), found[1].max(step)];
            }
        }
        array::from_fn(|axis| {
            let [low, high] = steps[axis].map(|step| step as f64);
            [self.along(axis, low - 1.0).max(0.0), self.along(axis, high + 2.0).min(1.0)]
        })
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use libm::{cos, log};

    use super::super::inflated::{Inflated, Plain};
    use super::super::mixture::BetaMixture;
    use super::super::two_betas::TwoBetas;
    use super::*;
    use crate::fit::rises::ln_rises;
    use crate::special::ln_add_exp;

    /// Task by task from the population at the middle of each cell.
    fn check<S: Shape<Seen = Counts, Population = BetaMixture>>(
        of: &[f64],
        seen: &[f64],
        ln_prior: fn(&[f64; AXES]) -> f64,
    ) {
        let control = Control::default();
        let counts = Counts::new(of, seen, None, &control).expect("counts");
        let grid = Grid::<S>::new(&counts, 2, &control).expect("not cancelled");
        for (cell, height) in grid.heights.iter().enumerate().step_by(997) {
            let place = grid.place(cell, |_| 0.5);
            let population = S::population(&place);
            let task = |(&n, &c): (&f64, &f64)| {
                let never = if c == 0.0 { population.zero } else { 0.0 };
                let always = if c == n { population.one } else { 0.0 };
                let between = population.betas.map(|(share, [a, b])| log(share) + ln_rises(a, b, n, c));
                // A rate far from the count is no float.
                [log(always), between[0], between[1]].into_iter().fold(log(never), ln_add_exp)
            };
            let want = ln_prior(&place) + of.iter().zip(seen).map(task).sum::<f64>();
            assert!((height - want).abs() < 1e-12 * (1.0 + want.abs()), "{cell} {place:?}: {height} {want}");
        }
    }

    /// Few tasks of few attempts, and of many; many tasks alike; tasks that all differ, and one without attempts.
    #[test]
    fn heights_are_those_of_every_task() {
        let mixed: Vec<f64> = (0..60).map(|task| f64::from(task % 23)).collect();
        let some: Vec<f64> = mixed.iter().enumerate().map(|(task, n)| (n * (task % 4) as f64 / 3.0).floor()).collect();
        let many = [vec![0.0; 700], vec![4.0; 1_500], vec![1.0; 90]].concat();
        for (of, seen) in [
            (vec![5.0, 5.0, 5.0], vec![0.0, 5.0, 2.0]),
            (vec![900.0, 900.0, 300.0], vec![0.0, 100.0, 300.0]),
            (vec![4.0; many.len()], many),
            (mixed, some),
        ] {
            check::<Plain>(&of, &seen, |_| 0.0);
            check::<Inflated>(&of, &seen, |place| {
                let [zero, one] = [2, 3].map(|axis| cos(FRAC_PI_2 * place[axis]));
                log(2.0 * zero * zero * FRAC_PI_2 * one)
            });
            check::<TwoBetas>(&of, &seen, |place| log(2.0 * place[0]));
        }
    }
}
