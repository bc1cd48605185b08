//! Scaling laws fitted to runs, across the border.

use limitlaw_core::error::{Error, Result};
use limitlaw_core::fit::scaling::{Fitted, Resampling, Runs, fit, gradients};
use limitlaw_core::run::resolve_threads;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::Columns;
use crate::run::wait;

fn law_of(name: &str, ceiling: f64) -> Result<Fitted> {
    Ok(match name {
        "chinchilla" => Fitted::Chinchilla,
        "muennighoff" => Fitted::Muennighoff,
        "penalty" => Fitted::Penalty,
        "bounded" => Fitted::Bounded(ceiling),
        "envelope" => Fitted::Envelope,
        _ => return Err(Error::argument("law", "one the core fits", name)),
    })
}

/// The law of least Huber loss: `coefficients` (in the order of `names`), `objective`, `ln_fitted`, `gradients` (run by
/// run), `draws` (resample by resample), `others` (the objective and coefficients of other minima).
#[pyfunction]
#[pyo3(signature = (law, *, parameters, tokens, unique_tokens, loss, weights, cluster, fixed, ceiling, resamples, key, threads, progress))]
pub fn fit_scaling_law<'py>(
    py: Python<'py>,
    law: &str,
    parameters: PyReadonlyArray1<'py, f64>,
    tokens: PyReadonlyArray1<'py, f64>,
    unique_tokens: PyReadonlyArray1<'py, f64>,
    loss: PyReadonlyArray1<'py, f64>,
    weights: PyReadonlyArray1<'py, f64>,
    cluster: PyReadonlyArray1<'py, f64>,
    fixed: Vec<Option<f64>>,
    ceiling: f64,
    resamples: u64,
    key: [u64; 2],
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let [parameters, tokens, unique_tokens, loss, weights] =
        [&parameters, &tokens, &unique_tokens, &loss, &weights].map(|c| c.as_array().to_vec());
    let cluster = cluster.as_array().iter().map(|&c| c as usize).collect();
    let runs = Runs { parameters, tokens, unique_tokens, loss, weights, cluster };
    let found = wait(py, resamples, progress.as_ref(), |control| {
        let resampling = Resampling { resamples, key, threads: resolve_threads(threads)? };
        fit(law_of(law, ceiling)?, &runs, &fixed, resampling, control)
    })?;
    let columns = Columns::new(py);
    columns.add("coefficients", found.coefficients)?;
    columns.add("ln_fitted", found.ln_fitted)?;
    columns.add("gradients", found.gradients)?;
    columns.add("draws", found.draws)?;
    let columns = columns.into_dict();
    columns.set_item("objective", found.objective)?;
    columns.set_item("others", found.others)?;
    Ok(columns)
}

/// The names of a fitted law's coefficients.
#[pyfunction]
pub fn scaling_coefficients(law: &str) -> PyResult<Vec<&'static str>> {
    law_of(law, 0.0).map(|law| law.names().to_vec()).map_err(crate::error::to_python)
}

/// The gradient of ln L in each coefficient (in E itself, in the logarithm of repetition constants), run by run.
#[pyfunction]
#[pyo3(signature = (law, coefficients, *, parameters, tokens, unique_tokens, ceiling))]
pub fn scaling_gradients<'py>(
    py: Python<'py>,
    law: &str,
    coefficients: Vec<f64>,
    parameters: PyReadonlyArray1<'py, f64>,
    tokens: PyReadonlyArray1<'py, f64>,
    unique_tokens: PyReadonlyArray1<'py, f64>,
    ceiling: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let [parameters, tokens, unique_tokens] = [&parameters, &tokens, &unique_tokens].map(|c| c.as_array().to_vec());
    let runs = Runs { parameters, tokens, unique_tokens, ..Runs::default() };
    let law = law_of(law, ceiling).map_err(crate::error::to_python)?;
    Ok(gradients(law, &coefficients, &runs).into_pyarray(py))
}
