//! Systems on shared tasks across the border.

use std::collections::HashMap;

use limitlaw_core::error::Result;
use limitlaw_core::fit::paired::{Difference, Values, check_values, pairs};
use limitlaw_core::fit::pass_rate::PassRate;
use limitlaw_core::fit::simultaneous::Draws;
use limitlaw_core::fit::{check_counts, check_k};
use limitlaw_core::memory;
use limitlaw_core::run::resolve_threads;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::Columns;
use crate::run::wait;

type Column<'py> = PyReadonlyArray1<'py, f64>;

/// pass@k or pass^k of every task, task by task, one of each a k; NaN where a task has fewer attempts.
#[pyfunction]
pub fn task_pass_rates<'py>(
    py: Python<'py>,
    rate: &str,
    attempts: Column<'py>,
    correct: Column<'py>,
    k: Column<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let [attempts, correct, k] = [&attempts, &correct, &k].map(|c| c.as_array().to_vec());
    let rate = if rate == "pass_hat_k" { PassRate::HatK } else { PassRate::AtK };
    let values = wait(py, 0, None, |control| {
        check_counts(&attempts, &correct)?;
        check_k(&k)?;
        let bytes = 24.0 * attempts.len() as f64 * k.len() as f64;
        memory::check(bytes, &[(attempts.len(), "tasks"), (k.len(), "numbers of attempts")])?;
        let mut known: HashMap<(u64, u64), Vec<f64>> = HashMap::new();
        let mut values = Vec::with_capacity(attempts.len() * k.len());
        for (&n, &c) in attempts.iter().zip(&correct) {
            control.check()?;
            let of = || k.iter().map(|&k| rate.of(n, c, k)).collect();
            values.extend_from_slice(known.entry((n as u64, c as u64)).or_insert_with(of));
        }
        Ok(values)
    })?;
    Ok(values.into_pyarray(py))
}

/// Every two systems: columns with one row per pair and point, and the pair's `sign_change` (its first and last too) as
/// numbers of points, NaN where there is none.
#[pyfunction]
#[pyo3(signature = (values, tried, *, tasks, points, cluster, confidence, resamples, key, threads, progress))]
pub fn paired_differences<'py>(
    py: Python<'py>,
    values: Column<'py>,
    tried: PyReadonlyArray1<'py, bool>,
    tasks: usize,
    points: usize,
    cluster: Option<Column<'py>>,
    confidence: f64,
    resamples: u64,
    key: [u64; 2],
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let (values, tried) = (values.as_array().to_vec(), tried.as_array().to_vec());
    let cluster = cluster.map(|column| column.as_array().to_vec());
    let systems = (tried.len() / tasks.max(1)) as u64;
    let found = wait(py, systems * systems.saturating_sub(1) / 2, progress.as_ref(), |control| -> Result<_> {
        let values = Values { values: &values, tried: &tried, tasks, points, clusters: cluster.as_deref() };
        check_values(&values)?;
        pairs(values, &Draws { confidence, resamples, key }, resolve_threads(threads)?, control)
    })?;
    let columns = Columns::new(py);
    let each =
        |part: fn(&Difference) -> f64| found.iter().flat_map(|pair| pair.points.iter().map(part)).collect::<Vec<f64>>();
    columns.add("first", each(|d| d.first))?;
    columns.add("second", each(|d| d.second))?;
    columns.add("difference", each(|d| d.estimate))?;
    columns.add("difference_se", each(|d| d.standard_error))?;
    columns.add("low", each(|d| d.limits[0]))?;
    columns.add("high", each(|d| d.limits[1]))?;
    columns.add("band_low", each(|d| d.band[0]))?;
    columns.add("band_high", each(|d| d.band[1]))?;
    columns.add("p_value", each(|d| d.p_value))?;
    columns.add("short_tasks", each(|d| d.short as f64))?;
    columns.add("tasks", found.iter().map(|pair| pair.tasks as f64).collect::<Vec<f64>>())?;
    columns.add("clusters", found.iter().map(|pair| pair.clusters as f64).collect::<Vec<f64>>())?;
    for (part, name) in ["sign_change", "sign_change_low", "sign_change_high"].into_iter().enumerate() {
        let points = found.iter().map(|pair| pair.sign_change[part].map_or(f64::NAN, |j| j as f64));
        columns.add(name, points.collect::<Vec<f64>>())?;
    }
    Ok(columns.into_dict())
}
