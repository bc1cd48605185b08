//! Estimation from counts across the border: pass rates, Beta populations, forecasts.

use limitlaw_core::error::{Error, Result};
use limitlaw_core::fit::beta_binomial::{Counts, Population, QUANTITIES};
use limitlaw_core::fit::forecast::{Question, forecast as forecast_of};
use limitlaw_core::fit::identification::{Reason, check_identified};
use limitlaw_core::fit::intervals::{self, Estimate};
use limitlaw_core::fit::pass_rate::PassRate;
use limitlaw_core::fit::pass_rates::{Bootstrap, curve};
use limitlaw_core::fit::posterior_draws::posterior_draws;
use limitlaw_core::fit::task_rates::task_rates as rates_by_task;
use limitlaw_core::run::resolve_threads;
use limitlaw_core::sampling::exact::bootstrap::Resample;
use limitlaw_core::special::proportion::Sample;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::Columns;
use crate::run::wait;

type Column<'py> = PyReadonlyArray1<'py, f64>;

/// Mean pass@k or pass^k: `estimate`, `standard_error`, `low`, `high`, one of each a k.
#[pyfunction]
#[pyo3(signature = (rate, attempts, correct, k, *, resample, cluster, confidence, progress))]
pub fn pass_rates<'py>(
    py: Python<'py>,
    rate: &str,
    attempts: Column<'py>,
    correct: Column<'py>,
    k: Column<'py>,
    resample: &str,
    cluster: Option<Column<'py>>,
    confidence: f64,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let [attempts, correct, k] = [&attempts, &correct, &k].map(|c| c.as_array().to_vec());
    let cluster = cluster.map(|column| column.as_array().to_vec());
    let rate = if rate == "pass_hat_k" { PassRate::HatK } else { PassRate::AtK };
    let found = wait(py, 0, progress.as_ref(), |control| {
        let (resample, confidence) = (Resample::parse(resample)?, check_confidence(confidence)?);
        curve(rate, [&attempts, &correct], &k, (resample, cluster.as_deref()), confidence, control)
    })?;
    let columns = Columns::new(py);
    columns.add("estimate", found.estimate)?;
    columns.add("standard_error", found.standard_error)?;
    columns.add("low", found.low)?;
    columns.add("high", found.high)?;
    Ok(columns.into_dict())
}

/// The lower or the upper limit of the mean of a sample of values in [0, 1], with `tail` beyond it, as if each stood there
/// so often.
#[pyfunction]
#[pyo3(signature = (values, copies, tail, *, upper))]
pub fn mean_limit(values: Column<'_>, copies: Column<'_>, tail: f64, upper: bool) -> f64 {
    let mut sample = Sample::default();
    values.as_array().iter().zip(copies.as_array()).for_each(|(&value, &copies)| sample.add(value, copies));
    if upper { sample.upper(tail) } else { sample.lower(tail) }
}

/// The maximum-likelihood Beta population: `estimate`, `low`, `high`, one of each quantity, and `ln_likelihood`.
/// `resamples` of 0 asks for profile intervals.
#[pyfunction]
#[pyo3(signature = (attempts, correct, *, stopped_at, unsolvable, confidence, resamples, key, threads, progress))]
pub fn fit_beta_binomial<'py>(
    py: Python<'py>,
    attempts: Column<'py>,
    correct: Column<'py>,
    stopped_at: Option<f64>,
    unsolvable: bool,
    confidence: f64,
    resamples: u64,
    key: [u64; 2],
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let [attempts, correct] = [&attempts, &correct].map(|c| c.as_array().to_vec());
    let fit = wait(py, resamples, progress.as_ref(), |control| {
        let counts = Counts::new(&attempts, &correct, stopped_at, control)?;
        let bootstrap =
            Bootstrap { resample: Resample::Tasks, resamples, confidence: check_confidence(confidence)?, key };
        intervals::fit(&counts, unsolvable, bootstrap, resolve_threads(threads)?, control)
    })?;
    let columns = Columns::new(py);
    let column = |part: fn(&Estimate) -> f64| fit.quantities.iter().map(part).collect::<Vec<f64>>();
    columns.add("estimate", column(|e| e.value))?;
    columns.add("low", column(|e| e.low))?;
    columns.add("high", column(|e| e.high))?;
    columns.add("ln_likelihood", vec![fit.ln_likelihood; QUANTITIES.len()])?;
    let columns = columns.into_dict();
    columns.set_item("reason", fit.quantities.map(|e| e.reason.map(Reason::text)))?;
    Ok(columns)
}

/// Each task's rate under the posterior of a Beta population: `estimate`, `low`, `high`, one of each a task; `reason`.
#[pyfunction]
pub fn task_rates<'py>(
    py: Python<'py>,
    attempts: Column<'py>,
    errors: Column<'py>,
    confidence: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let [attempts, errors] = [&attempts, &errors].map(|c| c.as_array().to_vec());
    let (rates, reason) = wait(py, 0, None, |control| {
        let counts = Counts::new(&attempts, &errors, None, control)?;
        rates_by_task(&counts, check_confidence(confidence)?, resolve_threads(None)?, control)
    })?;
    let columns = Columns::new(py);
    columns.add("estimate", rates.iter().map(|r| r.estimate).collect::<Vec<f64>>())?;
    columns.add("low", rates.iter().map(|r| r.low).collect::<Vec<f64>>())?;
    columns.add("high", rates.iter().map(|r| r.high).collect::<Vec<f64>>())?;
    let columns = columns.into_dict();
    columns.set_item("reason", reason.map(Reason::text))?;
    Ok(columns)
}

/// Equally likely populations of two rates, from errors among attempts that could err, a task each: `false_positive_rate`
/// and `false_negative_rate` (means over tasks), `false_positive_icc` and `false_negative_icc`, one of each a draw.
#[pyfunction]
pub fn error_rate_draws<'py>(
    py: Python<'py>,
    wrong: Column<'py>,
    accepted: Column<'py>,
    correct: Column<'py>,
    rejected: Column<'py>,
    draws: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let counts = [[&wrong, &accepted], [&correct, &rejected]].map(|pair| pair.map(|c| c.as_array().to_vec()));
    let found = wait(py, 0, None, |control| {
        let mut found = Vec::with_capacity(2);
        for (dimension, [of, errors]) in (0..).zip(&counts) {
            let counts = Counts::new(of, errors, None, control)?;
            found.push(posterior_draws(&counts, draws, dimension, resolve_threads(None)?, control)?);
        }
        Ok(found)
    })?;
    let columns = Columns::new(py);
    for ([mean, icc], rate) in found.into_iter().zip(["false_positive", "false_negative"]) {
        columns.add(&format!("{rate}_rate"), mean)?;
        columns.add(&format!("{rate}_icc"), icc)?;
    }
    Ok(columns.into_dict())
}

/// The log likelihood of counts under a Beta population with a share of unsolvable tasks.
#[pyfunction]
pub fn beta_binomial_likelihood(
    py: Python<'_>,
    attempts: Column<'_>,
    correct: Column<'_>,
    stopped_at: Option<f64>,
    population: [f64; 3],
) -> PyResult<f64> {
    let [attempts, correct] = [&attempts, &correct].map(|c| c.as_array().to_vec());
    let [alpha, beta, unsolvable] = population;
    wait(py, 0, None, |control| {
        let population = Population::new(alpha, beta, unsolvable)?;
        let value = Counts::new(&attempts, &correct, stopped_at, control)?.ln_likelihood(&population);
        control.check()?;
        Ok(value)
    })
}

/// A forecast for the observed tasks: `estimate`, `low`, `high`, one of each thing asked (`pass_at_k`: mean pass@k;
/// `pass_hat_k`: mean pass^k; `attempts_for`: attempts at which pass@k reaches a target), `fit` and `shapes`.
#[pyfunction]
#[pyo3(signature = (question, attempts, correct, values, *, stopped_at, unsolvable, resample, confidence, resamples, key, threads, progress))]
pub fn forecast<'py>(
    py: Python<'py>,
    question: &str,
    attempts: Column<'py>,
    correct: Column<'py>,
    values: Column<'py>,
    stopped_at: Option<f64>,
    unsolvable: Option<bool>,
    resample: &str,
    confidence: f64,
    resamples: u64,
    key: [u64; 2],
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let [attempts, correct, values] = [&attempts, &correct, &values].map(|c| c.as_array().to_vec());
    let question = match question {
        "pass_at_k" => Question::AtLeastOne(values),
        "pass_hat_k" => Question::NoneOf(values),
        _ => Question::AttemptsFor(values),
    };
    let fits = if unsolvable.is_none() { 2 } else { 1 };
    let found = wait(py, fits * resamples, progress.as_ref(), |control| {
        let mut counts = Counts::new(&attempts, &correct, stopped_at, control)?;
        let bootstrap = Bootstrap {
            resample: Resample::parse(resample)?,
            resamples,
            confidence: check_confidence(confidence)?,
            key,
        };
        let mirrored = matches!(question, Question::NoneOf(_));
        if mirrored {
            // pass^k: no failure in k. What is refused is refused in the words of the counts given.
            check_identified(&counts, unsolvable == Some(true))?;
            counts = counts.mirrored();
        }
        let mut found = forecast_of(&counts, unsolvable, &question, bootstrap, resolve_threads(threads)?, control)?;
        if mirrored {
            found.fit.reverse();
        }
        Ok(found)
    })?;
    let columns = Columns::new(py);
    columns.add("estimate", found.estimate)?;
    columns.add("low", found.low)?;
    columns.add("high", found.high)?;
    let columns = columns.into_dict();
    columns.set_item("fit", found.fit)?;
    columns.set_item("shapes", found.shapes)?;
    Ok(columns)
}

fn check_confidence(confidence: f64) -> Result<f64> {
    if confidence > 0.0 && confidence < 1.0 {
        Ok(confidence)
    } else {
        Err(Error::argument("confidence", "in (0, 1)", confidence))
    }
}
