//! The lower Cholesky factor of a small symmetric matrix, and the triangular systems that it solves.

use libm::sqrt;

/// The lower factor of a positive definite matrix; the error is the row that fails.
pub fn cholesky(matrix: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, usize> {
    let mut factor = matrix.to_vec();
    factorise(&mut factor, |entry, rest| (rest > 1e-12 * entry).then_some(rest))?;
    factor.iter_mut().enumerate().for_each(|(i, row)| row[i + 1..].fill(0.0));
    Ok(factor)
}

/// Makes the lower triangle of a matrix that of its factor; the upper one is neither read nor written.
///
/// `pivot` takes an entry of the diagonal and what the columns before leave of it, which it may raise; without it, or where it
/// gives none, the error is the row that fails.
#[inline(always)]
pub fn factorise<R: AsRef<[f64]> + AsMut<[f64]>>(
    matrix: &mut [R],
    pivot: impl Fn(f64, f64) -> Option<f64>,
) -> Result<(), usize> {
    for i in 0..matrix.len() {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i].as_ref()[k] * matrix[j].as_ref()[k]).sum();
            let entry = matrix[i].as_ref()[j];
            let rest = entry - known;
            let factor = if i == j { sqrt(pivot(entry, rest).ok_or(i)?) } else { rest / matrix[j].as_ref()[j] };
            matrix[i].as_mut()[j] = factor;
        }
    }
    Ok(())
}

/// Solves L x = b, of which `x` is b at first.
#[inline(always)]
pub fn forward<R: AsRef<[f64]>>(factor: &[R], x: &mut [f64]) {
    for (i, row) in factor.iter().enumerate() {
        let row = row.as_ref();
        x[i] = (x[i] - (0..i).map(|k| row[k] * x[k]).sum::<f64>()) / row[i];
    }
}

/// Solves L' x = b, of which `x` is b at first.
#[inline(always)]
pub fn backward<R: AsRef<[f64]>>(factor: &[R], x: &mut [f64]) {
    let n = factor.len();
    for i in (0..n).rev() {
        x[i] = (x[i] - (i + 1..n).map(|k| factor[k].as_ref()[i] * x[k]).sum::<f64>()) / factor[i].as_ref()[i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_gives_the_matrix_back() {
        let matrix = vec![vec![1.0, 0.7, 0.2], vec![0.7, 1.0, -0.3], vec![0.2, -0.3, 1.0]];
        let l = cholesky(&matrix).expect("positive definite");
        for i in 0..3 {
            for j in 0..3 {
                let back: f64 = (0..3).map(|k| l[i][k] * l[j][k]).sum();
                assert!((back - matrix[i][j]).abs() < 1e-15);
            }
        }
        assert_eq!(cholesky(&[vec![1.0, 0.9, -0.9], vec![0.9, 1.0, 0.9], vec![-0.9, 0.9, 1.0]]), Err(2));
    }

    #[test]
    fn both_systems_together_solve_that_of_the_matrix() {
        let matrix = vec![vec![4.0, 1.0, 0.5], vec![1.0, 3.0, -1.0], vec![0.5, -1.0, 2.0]];
        let want = [1.0, -2.0, 0.25];
        let mut x: Vec<f64> = matrix.iter().map(|row| row.iter().zip(want).map(|(a, b)| a * b).sum()).collect();
        let l = cholesky(&matrix).expect("positive definite");
        forward(&l, &mut x);
        backward(&l, &mut x);
        assert!(x.iter().zip(want).all(|(x, want)| (x - want).abs() < 1e-14), "{x:?}");
    }
}
