//! Core errors as Python exceptions: builtin where Python has a word for it.

use limitlaw_core::error::Error;
use pyo3::PyErr;
use pyo3::exceptions::{PyKeyboardInterrupt, PyNotImplementedError, PyValueError};

/// The Python exception of a core error.
pub fn to_python(error: Error) -> PyErr {
    match error {
        Error::Value(message) => PyValueError::new_err(message),
        Error::NoClosedForm(message) => PyNotImplementedError::new_err(message),
        Error::Cancelled => PyKeyboardInterrupt::new_err("the run was cancelled"),
    }
}
