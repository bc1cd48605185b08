//! The maximum of a smooth function of a few variables: BFGS with backtracking, inside a box.

/// The search stops where the expected gain is this share of the value: below what floats resolve.
const FLAT: f64 = 1e-17;
/// A value is known to this share of it: sums of many terms, where rounding would refuse the last steps one by one.
const NOISE: f64 = 1e-12;
const STEPS: usize = 200;

/// A maximum: where, how high.
#[derive(Debug, Clone, PartialEq)]
pub struct Maximum<const N: usize> {
    /// The point.
    pub at: [f64; N],
    /// The value there.
    pub value: f64,
}

/// Climbs from `start` over the free coordinates, all kept within [-reach, reach]; `climb` gives value and gradient.
///
/// Nocedal and Wright, *Numerical Optimization*, algorithm 6.1, with the Armijo condition up to rounding; a step without
/// curvature leaves the metric as it is, and a direction that does not ascend resets it.
pub fn maximise<const N: usize>(
    start: [f64; N],
    free: [bool; N],
    reach: f64,
    climb: impl Fn(&[f64; N]) -> (f64, [f64; N]),
) -> Maximum<N> {
    let mut at = start.map(|x| x.clamp(-reach, reach));
    let (mut value, mut slope) = climb(&at);
    let mut metric = identity::<N>(1.0);
    let mut fresh = true;
    for _ in 0..STEPS {
        let held = |i: usize| !free[i] || (at[i] >= reach && slope[i] > 0.0) || (at[i] <= -reach && slope[i] < 0.0);
        let pull: [f64; N] = std::array::from_fn(|i| if held(i) { 0.0 } else { slope[i] });
        let mut way: [f64; N] = std::array::from_fn(|i| if held(i) { 0.0 } else { dot(&metric[i], &pull) });
        let mut gain = dot(&way, &pull);
        if gain <= 0.0 {
            (metric, fresh, way, gain) = (identity(1.0), true, pull, dot(&pull, &pull));
        }
        if gain <= FLAT * (1.0 + value.abs()) {
            break;
        }
        let longest = way.iter().fold(0.0_f64, |l, w| l.max(w.abs()));
        let mut length = f64::min(1.0, 2.0 / longest);
        let least = |length: f64| value + 1e-4 * length * gain - NOISE * value.abs();
        let next = (0..40).find_map(|_| {
            let there: [f64; N] = std::array::from_fn(|i| (at[i] + length * way[i]).clamp(-reach, reach));
            let found = climb(&there);
            let rises = found.0 >= least(length);
            length *= 0.5;
            rises.then_some((there, found))
        });
        let Some((there, (higher, new_slope))) = next else { break };
        let step: [f64; N] = std::array::from_fn(|i| there[i] - at[i]);
        let bend: [f64; N] = std::array::from_fn(|i| if free[i] { slope[i] - new_slope[i] } else { 0.0 });
        let curvature = dot(&step, &bend);
        if curvature > 1e-12 * dot(&step, &step) {
            if fresh {
                metric = identity(curvature / dot(&bend, &bend));
                fresh = false;
            }
            metric = updated(&metric, &step, &bend, curvature);
        }
        (at, value, slope) = (there, higher, new_slope);
    }
    Maximum { at, value }
}

fn identity<const N: usize>(scale: f64) -> [[f64; N]; N] {
    std::array::from_fn(|i| std::array::from_fn(|j| if i == j { scale } else { 0.0 }))
}

/// The sum of the products of two points.
pub fn dot<const N: usize>(x: &[f64; N], y: &[f64; N]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// The metric H after a step s along which the slope changed by y, with k = s'y: (I - s y'/k) H (I - y s'/k) + s s'/k.
pub fn updated<const N: usize>(h: &[[f64; N]; N], s: &[f64; N], y: &[f64; N], k: f64) -> [[f64; N]; N] {
    let hy: [f64; N] = std::array::from_fn(|i| dot(&h[i], y));
    let scale = (1.0 + dot(y, &hy) / k) / k;
    std::array::from_fn(|i| std::array::from_fn(|j| h[i][j] - (hy[i] * s[j] + s[i] * hy[j]) / k + scale * s[i] * s[j]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_top_of_a_curved_ridge_and_stays_in_its_box() {
        let ridge = |x: &[f64; 2]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            (-(a * a) - 100.0 * b * b, [2.0 * a + 400.0 * b * x[0], -200.0 * b])
        };
        let top = maximise([-1.2, 1.0], [true, true], 30.0, ridge);
        assert!(top.at.iter().all(|x| (x - 1.0).abs() < 1e-6), "{top:?}");
        let held = maximise([-1.2, 1.0], [false, true], 30.0, ridge);
        assert!((held.at[0] + 1.2).abs() < 1e-15 && (held.at[1] - 1.44).abs() < 1e-8);
        let wall = maximise([0.0], [true], 3.0, |x| (x[0], [1.0]));
        assert!((wall.at[0] - 3.0).abs() < 1e-15);
    }
}
