//! What observed attempts leave open across the border: rates that are drawn, and what they come to.

use limitlaw_core::error::Result;
use limitlaw_core::fit::redrawn_rates::RedrawnRates;
use limitlaw_core::run::{Control, resolve_threads, run};
use limitlaw_core::sampling::exact;
use limitlaw_core::sampling::exact::bootstrap::Resample;
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::spec::parse;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

use crate::columns::{Arrays, owned};
use crate::run::wait;
use crate::sampling::{Frame, parsed};

/// A scenario, and the rates that its attempts leave open.
fn left_open(
    spec: &str,
    arrays: &[Vec<f64>],
    resamples: u64,
    control: &Control,
) -> Result<(SamplingScenario, RedrawnRates)> {
    let scenario: SamplingScenario = parse(spec, arrays)?;
    let rates = RedrawnRates::new(&scenario, (Resample::Tasks, resamples), resolve_threads(None)?, control)?;
    Ok((scenario, rates))
}

/// The success rates of counts, drawn from what their attempts leave open: resample by resample.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, resamples, key))]
pub fn drawn_rates<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    resamples: u64,
    key: [u64; 2],
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let arrays = owned(&arrays);
    let found = wait(py, 0, None, |control| {
        let (_, rates) = left_open(spec, &arrays, resamples, control)?;
        rates.success(resamples, key, control)
    })?;
    Ok(found.into_pyarray(py))
}

/// The utility of every row in every task at rates that are drawn from what the attempts of counts or of a pool leave open:
/// resample by resample, policy by policy.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, resamples, key))]
pub fn drawn_utilities<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    resamples: u64,
    key: [u64; 2],
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let arrays = owned(&arrays);
    let utility = parsed(&["utility".to_owned()])?;
    let found = wait(py, 0, None, |control| {
        let (scenario, rates) = left_open(spec, &arrays, resamples, control)?;
        let work = |(): &mut (), index: u64| {
            let (one, _) = rates.resample(&scenario, key, index);
            let mut frame = Frame::new(&one, true, &utility)?;
            exact::solve(&one, &[], false, None, &control.quiet(), |p, g, row| {
                frame.set_tasks(&one, (p * one.points() + g, g), &row.means, None);
            })?;
            Ok(frame.values)
        };
        let mut found = Vec::new();
        run(resamples, resolve_threads(None)?, control, || (), work, |values: Vec<f64>| found.extend(values))?;
        Ok(found)
    })?;
    Ok(found.into_pyarray(py))
}
