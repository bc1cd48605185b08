//! Singular values and right singular vectors of a table of few columns, by one-sided Jacobi rotations.
//!
//! Hestenes 1958; Demmel and Veselic 1992: of columns of length 1 also the least are found to high relative accuracy.

use libm::sqrt;

/// More sweeps over all pairs of columns are never needed.
const SWEEPS: usize = 60;

/// The singular values, largest first, and of each its right singular vector: as many of both as there are columns.
///
/// The table stands row by row. A vector's sign is arbitrary.
pub fn right_singular(table: &[f64], columns: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let unit = |at: usize| (0..columns).map(|i| f64::from(u8::from(i == at))).collect();
    // Each column of the table, and what of the original columns it is made of.
    let mut turned: Vec<(Vec<f64>, Vec<f64>)> =
        (0..columns).map(|at| (table.iter().skip(at).step_by(columns).copied().collect(), unit(at))).collect();
    for _ in 0..SWEEPS {
        let mut done = true;
        for first in 0..columns {
            for second in first + 1..columns {
                let (head, tail) = turned.split_at_mut(second);
                done &= !turn(&mut head[first], &mut tail[0]);
            }
        }
        if done {
            break;
        }
    }
    let mut found: Vec<(f64, Vec<f64>)> = turned.into_iter().map(|(x, way)| (sqrt(product(&x, &x)), way)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().unzip()
}

/// Turns two columns until they are orthogonal; whether they were not.
fn turn(first: &mut (Vec<f64>, Vec<f64>), second: &mut (Vec<f64>, Vec<f64>)) -> bool {
    let (a, b) = (product(&first.0, &first.0), product(&second.0, &second.0));
    let both = product(&first.0, &second.0);
    if both == 0.0 || both.abs() <= f64::EPSILON * sqrt(a) * sqrt(b) {
        return false;
    }
    let zeta = (b - a) / (2.0 * both);
    let t = 1.0_f64.copysign(zeta) / (zeta.abs() + sqrt(1.0 + zeta * zeta));
    let c = 1.0 / sqrt(1.0 + t * t);
    let s = c * t;
    for (x, y) in [(&mut first.0, &mut second.0), (&mut first.1, &mut second.1)] {
        for (x, y) in x.iter_mut().zip(y) {
            (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
        }
    }
    true
}

fn product(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_made_again_from_what_is_found() {
        // Rows of (a, b, a + b / 1000), of which the third column is nearly what the others make.
        let table: Vec<f64> = (0..7_u8)
            .flat_map(|i| {
                let (a, b) = (f64::from(i) + 1.0, f64::from(i * i % 5));
                [a, b, a + b / 1000.0]
            })
            .collect();
        let (sizes, ways) = right_singular(&table, 3);
        assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2] && sizes[2] < 1e-14 * sizes[0]);
        for (i, one) in ways.iter().enumerate() {
            for (j, other) in ways.iter().enumerate() {
                assert!((product(one, other) - f64::from(u8::from(i == j))).abs() < 1e-14);
            }
            // The table takes each vector to one as long as its singular value.
            let image: Vec<f64> = table.chunks_exact(3).map(|row| product(row, one)).collect();
            assert!((sqrt(product(&image, &image)) - sizes[i]).abs() < 1e-13);
        }
    }

    #[test]
    fn fewer_rows_than_columns_leave_directions_at_nothing() {
        let (sizes, ways) = right_singular(&[3.0, 0.0, 4.0], 3);
        assert_eq!((sizes[0], sizes[1], sizes[2], ways.len()), (5.0, 0.0, 0.0, 3));
    }
}
