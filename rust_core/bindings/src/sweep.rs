//! A shard of a sweep across the border: a range of points in, columns out.

use limitlaw_core::error::{Error, Result, quoted};
use limitlaw_core::exhaustion::constraint::scenario::ConstraintScenario;
use limitlaw_core::exhaustion::scenario::ExhaustionScenario;
use limitlaw_core::run::resolve_threads;
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::sweep::axes::Axes;
use limitlaw_core::sweep::constraint::ConstraintMethod;
use limitlaw_core::sweep::exhaustion::ExhaustionMethod;
use limitlaw_core::sweep::expand::Expander;
use limitlaw_core::sweep::points::{Rows, run_points};
use limitlaw_core::sweep::sampling::SamplingMethod;
use limitlaw_core::sweep::sequence;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::columns::{Arrays, owned};
use crate::run::wait;

/// The point of each row, its whole numbers and its values by column, and the failed points.
type Shard<'py> = (Bound<'py, PyArray1<u64>>, Bound<'py, PyList>, Bound<'py, PyList>, Vec<(u64, String)>);

/// The results of a range of points.
///
/// Returns the point of each row, its columns of whole numbers, its columns of values, and the failed points with their
/// messages (a failed point has one row, with -1 and NaN). `options` is the JSON that the kind of scenario understands;
/// `axes` is the JSON of the groups of axes.
#[pyfunction]
#[pyo3(signature = (kind, spec, arrays, *, axes, options, first, last, threads, progress))]
pub fn sweep_points<'py>(
    py: Python<'py>,
    kind: &str,
    spec: &str,
    arrays: Arrays<'py>,
    axes: &str,
    options: &str,
    first: u64,
    last: u64,
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Shard<'py>> {
    let arrays = owned(&arrays);
    let rows = wait(py, last.saturating_sub(first), progress.as_ref(), |control| -> Result<Rows> {
        let axes = Axes::parse(axes)?;
        let threads = resolve_threads(threads)?;
        match kind {
            "sampling" => {
                let base = Expander::<SamplingScenario>::new(spec, &arrays, &axes)?;
                let method = SamplingMethod::parse(options)?;
                run_points(&base, &axes, first..last, threads, control, &method)
            }
            "exhaustion" => {
                let base = Expander::<ExhaustionScenario>::new(spec, &arrays, &axes)?;
                let method = ExhaustionMethod::parse(options)?;
                run_points(&base, &axes, first..last, threads, control, &method)
            }
            "constraint" => {
                let base = Expander::<ConstraintScenario>::new(spec, &arrays, &axes)?;
                let method = ConstraintMethod::parse(options)?;
                run_points(&base, &axes, first..last, threads, control, &method)
            }
            _ => Err(Error::argument("kind", "a kind of scenario that can be swept", quoted(kind))),
        }
    })?;
    let keys = PyList::new(py, rows.keys.into_iter().map(|column| column.into_pyarray(py)))?;
    let values = PyList::new(py, rows.values.into_iter().map(|column| column.into_pyarray(py)))?;
    Ok((rows.point.into_pyarray(py), keys, values, rows.errors))
}

/// The time-uniform interval of a mean in [0, 1] from the total of `count` independent values in [0, 1].
#[pyfunction]
pub fn sequence_interval(total: f64, count: f64, confidence: f64) -> (f64, f64) {
    sequence::interval(total, count, confidence)
}
