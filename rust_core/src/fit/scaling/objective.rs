//! The objective of a fit, `sum w huber(ln L - ln observed)`, with its gradient and its normal matrix.

use super::forms::{Form, Run};
use crate::dispatch::{Kernel, dispatch};
use crate::math::ln_inside;

/// Where the loss of a residual turns from its square to its size, as in Hoffmann et al. 2022.
pub const DELTA: f64 = 1e-3;
const LANES: usize = 8;

/// Runs with their weights, column by column, filled up to whole lanes with runs of weight 0.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    columns: [Vec<[f64; LANES]>; 4],
    ln_loss: Vec<[f64; LANES]>,
    weights: Vec<[f64; LANES]>,
    len: usize,
}

impl Rows {
    /// Runs, ln of their losses and their weights; those of weight 0 are left out.
    pub fn new(runs: &[Run], ln_loss: &[f64], weights: &[f64]) -> Self {
        let kept: Vec<usize> = (0..runs.len()).filter(|&i| weights[i] > 0.0).collect();
        let lanes = |value: &dyn Fn(usize) -> f64, filler: f64| -> Vec<[f64; LANES]> {
            kept.chunks(LANES)
                .map(|chunk| std::array::from_fn(|l| chunk.get(l).map_or(filler, |&i| value(i))))
                .collect()
        };
        let first = kept.first().map_or([0.0; 4], |&i| runs[i]);
        Self {
            columns: std::array::from_fn(|c| lanes(&|i| runs[i][c], first[c])),
            ln_loss: lanes(&|i| ln_loss[i], 0.0),
            weights: lanes(&|i| weights[i], 0.0),
            len: kept.len(),
        }
    }

    /// Each run with ln of its loss and its weight.
    pub fn each(&self) -> impl Iterator<Item = (Run, f64, f64)> + '_ {
        (0..self.len).map(|i| {
            let (c, l) = (i / LANES, i % LANES);
            (std::array::from_fn(|k| self.columns[k][c][l]), self.ln_loss[c][l], self.weights[c][l])
        })
    }
}

struct Sum<'a, const N: usize, F> {
    form: F,
    at: [f64; N],
    rows: &'a Rows,
}

impl<const N: usize, F: Form<N>> Kernel for Sum<'_, N, F> {
    type Output = (f64, [f64; N]);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { form, at, rows } = self;
        let mut values = [0.0; LANES];
        let mut slopes = [[0.0; LANES]; N];
        for (c, ln_loss) in rows.ln_loss.iter().enumerate() {
            let [n, d, u, x] = [0, 1, 2, 3].map(|k| &rows.columns[k][c]);
            let weights = &rows.weights[c];
            let mut losses = [0.0; LANES];
            let mut gradients = [[0.0; LANES]; N];
            for l in 0..LANES {
                let (loss, gradient) = form.loss(&at, [n[l], d[l], u[l], x[l]]);
                losses[l] = loss;
                for k in 0..N {
                    gradients[k][l] = gradient[k];
                }
            }
            for l in 0..LANES {
                let residual = ln_inside(losses[l]) - ln_loss[l];
                let cut = if residual > DELTA { DELTA } else { residual };
                let cut = if cut < -DELTA { -DELTA } else { cut };
                values[l] += weights[l] * (cut * (residual - 0.5 * cut));
                let pull = weights[l] * cut / losses[l];
                for k in 0..N {
                    slopes[k][l] += pull * gradients[k][l];
                }
            }
        }
        (total(&values), slopes.map(|s| total(&s)))
    }
}

#[inline(always)]
fn total(lanes: &[f64; LANES]) -> f64 {
    ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
}

/// The objective and its gradient.
pub fn objective<const N: usize, F: Form<N>>(form: &F, at: &[f64; N], rows: &Rows) -> (f64, [f64; N]) {
    let (value, slope) = dispatch(Sum { form: *form, at: *at, rows });
    if value.is_finite() && slope.iter().all(|s| s.is_finite()) { (value, slope) } else { (f64::INFINITY, [0.0; N]) }
}

/// `J' W J` with J the gradient of ln L and the weights of the quadratic that touches Huber's loss at each residual.
pub fn normal_matrix<const N: usize, F: Form<N>>(form: &F, at: &[f64; N], rows: &Rows) -> [[f64; N]; N] {
    let mut matrix = [[0.0; N]; N];
    for (run, ln_loss, weight) in rows.each() {
        let (loss, gradient) = form.loss(at, run);
        let residual = (ln_inside(loss) - ln_loss).abs();
        let weight = weight * if residual > DELTA { DELTA / residual } else { 1.0 } / (loss * loss);
        for i in 0..N {
            for j in 0..=i {
                matrix[i][j] += weight * gradient[i] * gradient[j];
            }
        }
    }
    for i in 0..N {
        for j in 0..i {
            matrix[j][i] = matrix[i][j];
        }
    }
    matrix
}
