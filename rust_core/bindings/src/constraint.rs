//! The constraint model across the border: simulate, as columns of bands and of what binds.

use limitlaw_core::exhaustion::constraint::scenario::ConstraintScenario;
use limitlaw_core::exhaustion::constraint::simulate::{QUANTILES, simulate};
use limitlaw_core::exhaustion::constraint::{CONSTRAINTS, OUTPUTS};
use limitlaw_core::run::resolve_threads;
use limitlaw_core::spec::parse;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Arrays, Columns, owned};
use crate::run::wait;

/// The quantities and their units, in the order of the rows.
pub fn quantities() -> Vec<(&'static str, &'static str)> {
    OUTPUTS.to_vec()
}

/// The constraints, in the order of the rows.
pub fn constraints() -> Vec<&'static str> {
    CONSTRAINTS.to_vec()
}

/// Simulates a scenario: columns of bands, one row per quantity, and how many draws each constraint bound.
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
) -> PyResult<(Bound<'py, PyDict>, Vec<u64>)> {
    let arrays = owned(&arrays);
    let summary = wait(py, trials, progress.as_ref(), |control| {
        let scenario: ConstraintScenario = parse(spec, &arrays)?;
        simulate(&scenario, trials, key, replicate, resolve_threads(threads)?, control)
    })?;
    let columns = Columns::new(py);
    columns.add("mean_log10", summary.bands.iter().map(|band| band.mean_log10).collect())?;
    columns.add("mean_log10_se", summary.bands.iter().map(|band| band.se_log10).collect())?;
    for (i, p) in QUANTILES.iter().enumerate() {
        columns.add(&format!("q{:02.0}", p * 100.0), summary.bands.iter().map(|band| band.quantiles[i]).collect())?;
    }
    Ok((columns.into_dict(), summary.binding.to_vec()))
}
