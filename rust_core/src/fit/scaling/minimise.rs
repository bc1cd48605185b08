//! The minimum of a smooth function inside a box: reweighted Gauss-Newton steps, then BFGS from their metric.

use libm::sqrt;

use crate::fit::maximum::{dot, updated};
use crate::special::cholesky::{backward, factorise, forward};

/// Steps of reweighted least squares before the search goes on with BFGS.
const NEWTON_STEPS: usize = 6;
const STEPS: usize = 400;
/// The metric is made anew from the normal matrix after so many steps.
const RENEWED: usize = 40;

/// What is minimised.
pub trait Objective<const N: usize> {
    /// The value and the gradient.
    fn slope(&self, at: &[f64; N]) -> (f64, [f64; N]);
    /// A positive semidefinite matrix close to the curvature.
    fn curvature(&self, at: &[f64; N]) -> [[f64; N]; N];
    /// Whether to give up, for a caller who wants no answer any more.
    fn cancelled(&self) -> bool;
}

/// A minimum: where, and how high.
#[derive(Debug, Clone, Copy)]
pub struct Minimum<const N: usize> {
    /// The point.
    pub at: [f64; N],
    /// The value there.
    pub value: f64,
}

/// Descends from `start` over the free coordinates within their bounds until a step would gain less than `flat` of the
/// value.
///
/// Nocedal and Wright, *Numerical Optimization*, algorithm 6.1, with projection onto the box and the Armijo condition. The
/// metric starts as the inverse of the damped normal matrix, so that scales and ridges of the coordinates do not matter.
pub fn minimise<const N: usize>(
    objective: &impl Objective<N>,
    start: [f64; N],
    free: [bool; N],
    bounds: &[(f64, f64); N],
    flat: f64,
) -> Minimum<N> {
    let clamped = |at: [f64; N]| -> [f64; N] {
        std::array::from_fn(|i| if free[i] { at[i].clamp(bounds[i].0, bounds[i].1) } else { at[i] })
    };
    let mut at = clamped(start);
    let (mut value, mut slope) = objective.slope(&at);
    let mut metric = [[0.0; N]; N];
    let mut age = usize::MAX;
    let mut held = [true; N];
    for step in 0..STEPS {
        if objective.cancelled() || !value.is_finite() {
            break;
        }
        let wall = |i: usize| (at[i] <= bounds[i].0 && slope[i] > 0.0) || (at[i] >= bounds[i].1 && slope[i] < 0.0);
        let now: [bool; N] = std::array::from_fn(|i| !free[i] || wall(i));
        if step < NEWTON_STEPS || age >= RENEWED || now != held {
            held = now;
            metric = inverse(&objective.curvature(&at), &held);
            age = 0;
        }
        let pull: [f64; N] = std::array::from_fn(|i| if held[i] { 0.0 } else { -slope[i] });
        let mut way: [f64; N] = std::array::from_fn(|i| dot(&metric[i], &pull));
        let mut gain = dot(&way, &pull);
        if gain.is_nan() || gain <= 0.0 {
            (way, gain) = (pull, dot(&pull, &pull));
            age = RENEWED;
        }
        if gain <= flat * value {
            if age == 0 || age >= RENEWED {
                break;
            }
            // A worn metric may see no way where there is one.
            age = RENEWED;
            continue;
        }
        let longest = way.iter().zip(bounds).fold(0.0_f64, |l, (w, b)| l.max(w.abs() / (b.1 - b.0).min(8.0)));
        let mut length = f64::min(1.0, 0.5 / longest);
        let next = (0..40).find_map(|_| {
            let there = clamped(std::array::from_fn(|i| at[i] + length * way[i]));
            let moved: [f64; N] = std::array::from_fn(|i| there[i] - at[i]);
            let found = objective.slope(&there);
            let falls = found.0 <= value - 1e-4 * dot(&moved, &pull).max(0.0) && found.0 < value;
            length *= 0.4;
            falls.then_some((there, moved, found))
        });
        let Some((there, moved, (lower, new_slope))) = next else {
            if age == 0 {
                break;
            }
            age = RENEWED;
            continue;
        };
        let bend: [f64; N] = std::array::from_fn(|i| if held[i] { 0.0 } else { new_slope[i] - slope[i] });
        let moved: [f64; N] = std::array::from_fn(|i| if held[i] { 0.0 } else { moved[i] });
        let curvature = dot(&moved, &bend);
        if curvature > 1e-10 * sqrt(dot(&moved, &moved) * dot(&bend, &bend)) {
            metric = updated(&metric, &moved, &bend, curvature);
        }
        age += 1;
        (at, value, slope) = (there, lower, new_slope);
    }
    Minimum { at, value }
}

/// The inverse of a positive semidefinite matrix without its held rows, its diagonal raised a little; by Cholesky.
fn inverse<const N: usize>(matrix: &[[f64; N]; N], held: &[bool; N]) -> [[f64; N]; N] {
    let most = (0..N).filter(|&i| !held[i]).fold(0.0_f64, |m, i| m.max(matrix[i][i]));
    let mut l = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            l[i][j] = if held[i] || held[j] {
                if i == j { 1.0 } else { 0.0 }
            } else if i == j {
                matrix[i][i] * (1.0 + 1e-9) + 1e-12 * most + f64::MIN_POSITIVE
            } else {
                matrix[i][j]
            };
        }
    }
    let factorised = factorise(&mut l, |entry, rest| Some(rest.max(1e-14 * entry)));
    debug_assert!(factorised.is_ok(), "every pivot is raised");
    let mut found = [[0.0; N]; N];
    for column in (0..N).filter(|&c| !held[c]) {
        let mut x = [0.0; N];
        x[column] = 1.0;
        forward(&l, &mut x);
        backward(&l, &mut x);
        for i in (0..N).filter(|&i| !held[i]) {
            found[i][column] = x[i];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ridge;

    impl Objective<2> for Ridge {
        fn slope(&self, x: &[f64; 2]) -> (f64, [f64; 2]) {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            (a * a + 100.0 * b * b + 1.0, [-2.0 * a - 400.0 * b * x[0], 200.0 * b])
        }
        fn curvature(&self, x: &[f64; 2]) -> [[f64; 2]; 2] {
            [[2.0 + 800.0 * x[0] * x[0], -400.0 * x[0]], [-400.0 * x[0], 200.0]]
        }
        fn cancelled(&self) -> bool {
            false
        }
    }

    #[test]
    fn finds_the_bottom_of_a_curved_valley_and_stays_in_its_box() {
        let bounds = [(-10.0, 10.0); 2];
        let low = minimise(&Ridge, [-1.2, 1.0], [true, true], &bounds, 1e-15);
        assert!(low.at.iter().all(|x| (x - 1.0).abs() < 1e-6), "{low:?}");
        let held = minimise(&Ridge, [-1.2, 1.0], [false, true], &bounds, 1e-15);
        assert!((held.at[0] + 1.2).abs() < 1e-15 && (held.at[1] - 1.44).abs() < 1e-6, "{held:?}");
        let wall = minimise(&Ridge, [-1.2, 1.0], [true, true], &[(-10.0, 0.5), (-10.0, 10.0)], 1e-15);
        assert!((wall.at[0] - 0.5).abs() < 1e-15 && (wall.at[1] - 0.25).abs() < 1e-6, "{wall:?}");
    }
}
