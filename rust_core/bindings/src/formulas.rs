//! Closed forms: columns in, columns out.

use limitlaw_core::closed_form::evaluate;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

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
