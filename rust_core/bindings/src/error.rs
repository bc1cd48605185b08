//! Core errors as Python exceptions: builtin where Python has a word for it.

use limitlaw_core::error::Error;
use pyo3::PyErr;
use pyo3::exceptions::{PyKeyboardInterrupt, PyNotImplementedError, PyValueError};

pyo3::create_exception!(
    limitlaw,
    NoClosedFormError,
    PyNotImplementedError,
    "No closed form exists for this scenario; the message says why."
);

/// The Python exception of a core error.
pub fn to_python(error: Error) -> PyErr {
    match error {
        Error::Value(message) => PyValueError::new_err(message),
        Error::NoClosedForm(message) => NoClosedFormError::new_err(message),
        Error::Cancelled => PyKeyboardInterrupt::new_err("the run was cancelled"),
    }
}
