//! Columns between the core and NumPy: a `Vec` becomes an array without a copy.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The bulk arrays beside a setting's JSON.
pub type Arrays<'py> = Vec<PyReadonlyArray1<'py, f64>>;

/// Copies the bulk arrays out of NumPy, so that the work can go on without the GIL.
pub fn owned(arrays: &Arrays<'_>) -> Vec<Vec<f64>> {
    arrays.iter().map(|a| a.as_array().to_vec()).collect()
}

/// Columns by name, in the order they are added.
pub struct Columns<'py> {
    py: Python<'py>,
    dict: Bound<'py, PyDict>,
}

impl<'py> Columns<'py> {
    /// No columns yet.
    pub fn new(py: Python<'py>) -> Self {
        Self { py, dict: PyDict::new(py) }
    }

    /// Adds a column.
    pub fn add<T: numpy::Element>(&self, name: &str, values: Vec<T>) -> PyResult<()> {
        let array: Bound<'py, PyArray1<T>> = values.into_pyarray(self.py);
        self.dict.set_item(name, array)
    }

    /// The columns.
    pub fn into_dict(self) -> Bound<'py, PyDict> {
        self.dict
    }
}

/// Columns of floats under their names.
pub fn named<'py>(py: Python<'py>, names: &[String], values: Vec<Vec<f64>>) -> PyResult<Bound<'py, PyDict>> {
    let columns = Columns::new(py);
    for (name, column) in names.iter().zip(values) {
        columns.add(name, column)?;
    }
    Ok(columns.into_dict())
}
