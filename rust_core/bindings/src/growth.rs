//! Growth of a series across the border.

use limitlaw_core::error::Error;
use limitlaw_core::fit::growth::{BREAKS, Breaks, Chosen, Series, among_largest, fit};
use limitlaw_core::fit::pass_rates::Bootstrap;
use limitlaw_core::run::resolve_threads;
use limitlaw_core::sampling::exact::bootstrap::Resample;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::Columns;
use crate::run::wait;

/// The trend of logarithms over years: `estimate`, and `draws` row after row, each ln of the last piece at year 0, the
/// slopes of the pieces, the breaks; then `fitted`, ln of the trend at each run. `places` are breaks that are given. Where
/// `largest` is above 0 only runs among so many largest of their time, and `within` the dates asked for, are fitted.
#[pyfunction]
#[pyo3(signature = (years, logs, cluster, within, *, largest, breaks, places, confidence, resamples, key, threads, progress))]
pub fn fit_growth<'py>(
    py: Python<'py>,
    years: PyReadonlyArray1<'py, f64>,
    logs: PyReadonlyArray1<'py, f64>,
    cluster: PyReadonlyArray1<'py, f64>,
    within: PyReadonlyArray1<'py, bool>,
    largest: usize,
    breaks: usize,
    places: PyReadonlyArray1<'py, f64>,
    confidence: f64,
    resamples: u64,
    key: [u64; 2],
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let [years, logs, places] = [&years, &logs, &places].map(|column| column.as_array().to_vec());
    let cluster: Vec<usize> = cluster.as_array().iter().map(|&c| c as usize).collect();
    let within: Vec<bool> = within.as_array().to_vec();
    let found = wait(py, resamples, progress.as_ref(), |control| {
        let breaks = if places.is_empty() { Breaks::Count(breaks) } else { Breaks::At(places) };
        let count = match &breaks {
            Breaks::Count(count) => *count,
            Breaks::At(places) => places.len(),
        };
        if count > BREAKS {
            return Err(Error::argument("breaks", format!("at most {BREAKS}"), count));
        }
        let series = Series { years: &years, logs: &logs, cluster: &cluster };
        let bootstrap = Bootstrap { resample: Resample::Tasks, resamples, confidence, key };
        let chosen = Chosen { largest, within: &within };
        fit(&series, (largest > 0).then_some(&chosen), &breaks, &bootstrap, resolve_threads(threads)?, control)
    })?;
    let columns = Columns::new(py);
    columns.add("estimate", found.trend.row())?;
    columns.add("draws", found.draws.concat())?;
    columns.add("fitted", years.iter().map(|&t| found.trend.at(t)).collect::<Vec<f64>>())?;
    Ok(columns.into_dict())
}

/// Whether each run, in order of time, was among so many largest when it came.
#[pyfunction]
pub fn runs_among_largest(logs: PyReadonlyArray1<'_, f64>, largest: usize) -> Vec<bool> {
    let logs = logs.as_array().to_vec();
    among_largest(&logs, &vec![1.0; logs.len()], largest).iter().map(|&kept| kept > 0.0).collect()
}
