//! Tasks, or clusters of them, as a sample across the border.

use limitlaw_core::run::resolve_threads;
use limitlaw_core::sampling::exact::resampled_means::{Resamples, resampled_means as means};
use limitlaw_core::sampling::scenario::success_law::scaled;
use limitlaw_core::special::clusters::Sampled;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray3};
use pyo3::prelude::*;

use crate::run::wait;

type Column<'py> = Option<PyReadonlyArray1<'py, f64>>;

/// So many tasks with weights of any scale, and the number of the cluster of each.
fn sampled(tasks: usize, weight: &Column<'_>, cluster: &Column<'_>) -> PyResult<Sampled> {
    let weights = weight.as_ref().map(|weight| weight.as_slice().map(scaled)).transpose()?;
    let clusters = cluster.as_ref().map(PyReadonlyArray1::as_slice).transpose()?;
    Ok(Sampled::new(tasks, weights, clusters))
}

/// How many are sampled, tasks or clusters of them that have a weight, and how many of equal weight know a mean as well.
#[pyfunction]
pub fn sample_sizes(tasks: usize, weight: Column<'_>, cluster: Column<'_>) -> PyResult<(usize, f64)> {
    let sampled = sampled(tasks, &weight, &cluster)?;
    let weighty = |weights: &[f64]| weights.iter().filter(|&&weight| weight > 0.0).count();
    Ok((sampled.weights().map_or(sampled.count(), weighty), sampled.effective()))
}

/// How often each of some tasks, with weights of any scale, counts in a sample of as many as know a mean as well (Kish).
#[pyfunction]
pub fn sample_copies<'py>(py: Python<'py>, weight: PyReadonlyArray1<'py, f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let tasks = weight.len()?;
    let sampled = sampled(tasks, &Some(weight), &None)?;
    Ok((0..tasks).map(|task| sampled.copies(task)).collect::<Vec<f64>>().into_pyarray(py))
}

/// The mean of each option over the tasks, in resamples of these or of their clusters: resample by resample, from values by
/// set, option and task, contiguous.
#[pyfunction]
#[pyo3(signature = (values, weight, cluster, *, resamples, confidence, key))]
pub fn resampled_means<'py>(
    py: Python<'py>,
    values: PyReadonlyArray3<'py, f64>,
    weight: Column<'py>,
    cluster: Column<'py>,
    resamples: u64,
    confidence: Option<f64>,
    key: [u64; 2],
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (_, options, tasks) = values.as_array().dim();
    let (values, sampled) = (values.as_slice()?, sampled(tasks, &weight, &cluster)?);
    let found = wait(py, 0, None, |control| {
        let how = Resamples { count: resamples, confidence, key, threads: resolve_threads(None)? };
        means(values, options, tasks, &sampled, how, control)
    })?;
    Ok(found.into_pyarray(py))
}
