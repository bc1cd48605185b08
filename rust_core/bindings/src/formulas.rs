//! Closed forms and elementary functions: columns in, columns out.

use limitlaw_core::closed_form::evaluate;
use limitlaw_core::special::elementary::{dot, elementary as of_columns};
use limitlaw_core::special::singular_values::right_singular;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::error::to_python;
use crate::run::wait;

/// Evaluates a named formula row by row; every column and shared array must be contiguous.
#[pyfunction]
pub fn closed_form<'py>(
    py: Python<'py>,
    name: &str,
    columns: Vec<PyReadonlyArray1<'py, f64>>,
    shared: Vec<PyReadonlyArray1<'py, f64>>,
) -> PyResult<Vec<Bound<'py, PyArray1<f64>>>> {
    let columns = columns.iter().map(|c| c.as_slice()).collect::<Result<Vec<_>, _>>()?;
    let shared = shared.iter().map(|c| c.as_slice()).collect::<Result<Vec<_>, _>>()?;
    let results = wait(py, 0, None, |control| evaluate(name, &columns, &shared, control))?;
    Ok(results.into_iter().map(|column| column.into_pyarray(py)).collect())
}

/// An elementary function of a column, or of two, row by row; every column must be contiguous.
#[pyfunction]
pub fn elementary<'py>(
    py: Python<'py>,
    name: &str,
    columns: Vec<PyReadonlyArray1<'py, f64>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let columns = columns.iter().map(|c| c.as_slice()).collect::<Result<Vec<_>, _>>()?;
    Ok(of_columns(name, &columns).map_err(to_python)?.into_pyarray(py))
}

/// The sum of the products of each row of one table and each row of another, which must be as wide; both contiguous.
#[pyfunction]
pub fn products<'py>(
    py: Python<'py>,
    table: PyReadonlyArray2<'py, f64>,
    other: PyReadonlyArray2<'py, f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let width = table.as_array().ncols().max(1);
    let (table, other) = (table.as_slice()?, other.as_slice()?);
    let found = wait(py, 0, None, |control| {
        let mut found = Vec::with_capacity(table.len() / width * (other.len() / width));
        for row in table.chunks_exact(width) {
            control.check()?;
            found.extend(other.chunks_exact(width).map(|column| dot(row, column)));
        }
        Ok(found)
    })?;
    Ok(found.into_pyarray(py))
}

/// The singular values of a table, largest first, and their right singular vectors, one after the other.
#[pyfunction]
pub fn singular_values<'py>(
    py: Python<'py>,
    table: PyReadonlyArray2<'py, f64>,
) -> PyResult<[Bound<'py, PyArray1<f64>>; 2]> {
    let width = table.as_array().ncols();
    let (sizes, ways) = right_singular(table.as_slice()?, width);
    Ok([sizes, ways.concat()].map(|column| column.into_pyarray(py)))
}
