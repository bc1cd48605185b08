//! The constraint model across the border: simulate, as columns of bands and of what binds.

use limitlaw_core::exhaustion::constraint::estimate::Frame;
use limitlaw_core::exhaustion::constraint::scenario::ConstraintScenario;
use limitlaw_core::exhaustion::constraint::simulate::simulate;
use limitlaw_core::exhaustion::constraint::{CONSTRAINTS, OUTPUTS};
use limitlaw_core::run::resolve_threads;
use limitlaw_core::spec::parse;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Arrays, named, owned};
use crate::run::wait;

/// The quantities and their units, in the order of the rows.
pub fn quantities() -> Vec<(&'static str, &'static str)> {
    OUTPUTS.to_vec()
}

/// The constraints, in the order of the rows.
pub fn constraints() -> Vec<&'static str> {
    CONSTRAINTS.to_vec()
}

/// The columns of each frame of a result, by the frame's name.
pub fn frames() -> [(&'static str, Vec<String>); 2] {
    Frame::ALL.map(|(name, frame)| (name, frame.columns()))
}

/// Simulates a scenario: the columns of each frame of [`frames`].
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, trials, key, replicate, threads, progress))]
pub fn simulate_constraint<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    trials: u64,
    key: [u64; 2],
    replicate: u64,
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let arrays = owned(&arrays);
    let summary = wait(py, trials, progress.as_ref(), |control| {
        let scenario: ConstraintScenario = parse(spec, &arrays)?;
        simulate(&scenario, trials, key, replicate, resolve_threads(threads)?, control)
    })?;
    let found = PyDict::new(py);
    for (name, frame) in Frame::ALL {
        found.set_item(name, named(py, &frame.columns(), frame.values(&summary, trials))?)?;
    }
    Ok(found)
}
