//! How many standard errors hold at all points of a curve together: the quantile of the largest of correlated t's.

use libm::{exp, sqrt};

use crate::error::Result;
use crate::rng::{Key, Stream, purpose};
use crate::run::Control;
use crate::special::elementary::dot;
use crate::special::normal::normal_quantiles;
use crate::special::student_t::square_of_t;
use crate::stats::quantile;
use crate::variates::ln_gamma;

/// Draws between two looks at whether the run was cancelled.
const CHUNK: u64 = 256;
/// The variance that may be left out of a standardised point.
const RESIDUAL: f64 = 1e-7;

/// How the band is found.
#[derive(Debug, Clone, Copy)]
pub struct Draws {
    /// The confidence of the interval and of the band, in (0, 1).
    pub confidence: f64,
    /// How many draws; 0 for no band.
    pub resamples: u64,
    /// The key of the seed.
    pub key: Key,
}

/// The critical value of a band over the `known` ones of `points`, from the differences of all tasks (task by task), or
/// from the weighted deviations of clusters, whose effective number is `size`.
///
/// The largest studentised deviation of the multiplier bootstrap with normal weights (Chernozhukov, Chetverikov and Kato,
/// Annals of Statistics 41, 2013): given the data its deviations are normal with the covariance of the tasks, so that they
/// are drawn from a factor of that, which for curves over attempts has a rank of some ten. Divided by the root of a
/// chi-squared over its degrees of freedom, as the standard error is estimated too: for one point it is Student's t.
pub fn critical_value(
    rows: &[f64],
    size: f64,
    points: usize,
    known: &[usize],
    draws: &Draws,
    control: &Control,
) -> Result<f64> {
    let one = sqrt(square_of_t(size, draws.confidence));
    let factor = factor(rows, points, known, control)?;
    if factor.len() <= 1 {
        return Ok(one); // all points deviate as one
    }
    let width = factor[0].len();
    let half = 0.5 * (size - 1.0).max(1.0);
    let mut largest = Vec::with_capacity(draws.resamples as usize);
    let (mut normals, mut deviations) = (vec![0.0; factor.len()], vec![0.0; width]);
    for chunk in 0..draws.resamples.div_ceil(CHUNK) {
        control.check()?;
        let mut random = Stream::new(draws.key, 0, purpose::BOOTSTRAP, chunk).sequence();
        for _ in 0..CHUNK.min(draws.resamples - chunk * CHUNK) {
            normals.iter_mut().for_each(|z| *z = random.open01());
            normal_quantiles(&mut normals);
            deviations.fill(0.0);
            for (row, z) in factor.iter().zip(&normals) {
                deviations.iter_mut().zip(row).for_each(|(sum, x)| *sum += z * x);
            }
            let scale = exp(0.5 * (ln_gamma(half, &mut random) - libm::log(half)));
            largest.push(deviations.iter().fold(0.0_f64, |most, d| most.max(d.abs())) / scale);
        }
    }
    largest.sort_unstable_by(f64::total_cmp);
    // Not narrower than one interval, not wider than with the error shared among all (Bonferroni).
    let shared = sqrt(square_of_t(size, 1.0 - (1.0 - draws.confidence) / width as f64));
    Ok(quantile(&largest, draws.confidence).clamp(one, shared))
}

/// A factor of the correlations between points: rows whose products add up to them, by the Cholesky decomposition with
/// pivots, which reads only the columns that it needs. Points at which all tasks are alike are left out.
fn factor(rows: &[f64], points: usize, known: &[usize], control: &Control) -> Result<Vec<Vec<f64>>> {
    let tasks = rows.len() / points;
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(known.len());
    for &j in known {
        control.check()?;
        let mut column: Vec<f64> = (0..tasks).map(|i| rows[i * points + j]).collect();
        let mean = column.iter().sum::<f64>() / tasks as f64;
        column.iter_mut().for_each(|x| *x -= mean);
        let size = sqrt(column.iter().map(|x| x * x).sum());
        if size > 1e-12 * sqrt(tasks as f64) {
            column.iter_mut().for_each(|x| *x /= size);
            columns.push(column);
        }
    }
    let mut left = vec![1.0_f64; columns.len()];
    let mut factor: Vec<Vec<f64>> = Vec::new();
    while factor.len() < columns.len().min(tasks) {
        control.check()?;
        let at = (0..left.len()).max_by(|&i, &j| left[i].total_cmp(&left[j])).unwrap_or(0);
        if left[at] < RESIDUAL {
            break;
        }
        let root = sqrt(left[at]);
        let mut row: Vec<f64> = columns.iter().map(|column| dot(column, &columns[at])).collect();
        for known in &factor {
            let share = known[at];
            row.iter_mut().zip(known).for_each(|(x, k)| *x -= share * k);
        }
        row.iter_mut().for_each(|x| *x /= root);
        left.iter_mut().zip(&row).for_each(|(left, x)| *left = (*left - x * x).max(0.0));
        left[at] = 0.0;
        factor.push(row);
    }
    Ok(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variates::normal;

    fn draws(resamples: u64) -> Draws {
        Draws { confidence: 0.95, resamples, key: [3, 4] }
    }

    fn noise(tasks: usize, points: usize) -> Vec<f64> {
        let mut random = Stream::new([1, 2], 0, purpose::BOOTSTRAP, 0).sequence();
        (0..tasks * points).map(|_| normal(&mut random)).collect()
    }

    #[test]
    fn the_factor_has_the_correlations_as_its_products() {
        let (tasks, points) = (40, 6);
        let mut rows = noise(tasks, points);
        for row in rows.chunks_exact_mut(points) {
            row[4] = row[0] + row[1]; // of rank 5
        }
        let known: Vec<usize> = (0..points).collect();
        let factor = factor(&rows, points, &known, &Control::default()).expect("it is not cancelled");
        assert_eq!(factor.len(), 5);
        let means: Vec<f64> =
            known.iter().map(|&j| rows.iter().skip(j).step_by(points).sum::<f64>() / tasks as f64).collect();
        let product = |i: usize, j: usize| {
            rows.chunks_exact(points).map(|row| (row[i] - means[i]) * (row[j] - means[j])).sum::<f64>()
        };
        for i in 0..points {
            for j in 0..points {
                let correlation = product(i, j) / sqrt(product(i, i) * product(j, j));
                let found: f64 = factor.iter().map(|row| row[i] * row[j]).sum();
                assert!((found - correlation).abs() < 1e-6, "{i} {j}");
            }
        }
    }

    /// Of points that do not correlate at all the largest of `K` normals has a known quantile, .95^(1/K) two-sided.
    #[test]
    fn independent_points_have_the_quantile_of_the_largest_normal() {
        let (tasks, points) = (4096, 16);
        // Columns of a Hadamard matrix: orthogonal, and to constants too.
        let rows: Vec<f64> = (0..tasks as u32)
            .flat_map(|i| (1..=points as u32).map(move |j| if (i & j).count_ones() % 2 == 0 { 1.0 } else { -1.0 }))
            .collect();
        let known: Vec<usize> = (0..points).collect();
        let found = critical_value(&rows, f64::from(tasks), points, &known, &draws(40_000), &Control::default())
            .expect("in range");
        let share = libm::pow(0.95, 1.0 / points as f64);
        let exact = crate::special::normal::normal_quantile(0.5 + 0.5 * share);
        // The quantile's standard error: sqrt(.05 .95 / 40000) over the density there, about .12: 5 of them.
        assert!((found - exact).abs() < 0.05, "{found} {exact}");
    }

    #[test]
    fn points_that_deviate_as_one_have_students_t() {
        let tasks = 9;
        let rows: Vec<f64> = noise(tasks, 1).iter().flat_map(|&x| [x, 2.0 * x, 0.5]).collect();
        let found =
            critical_value(&rows, tasks as f64, 3, &[0, 1, 2], &draws(100), &Control::default()).expect("in range");
        assert!((found - 2.306_004).abs() < 1e-5);
    }
}
