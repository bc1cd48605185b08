//! The sampling scenario across the border: simulate, solve, ceilings, optimum, and estimates from tallies.

use limitlaw_core::error::{Error, Result};
use limitlaw_core::run::resolve_threads;
use limitlaw_core::sampling::bootstrap::{self, Resample};
use limitlaw_core::sampling::columns::{SCORES, column_names};
use limitlaw_core::sampling::cost::{Utility, UtilityKind};
use limitlaw_core::sampling::estimate::{Estimates, METRICS, QUANTILES, TaskMeans, quantile};
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::sampling::simulate::{Run, simulate};
use limitlaw_core::sampling::tally::{RowTally, SHARES, Wanted};
use limitlaw_core::sampling::tasks::scaled;
use limitlaw_core::sampling::verifier::Verifier;
use limitlaw_core::sampling::{ceilings, solve, tally};
use limitlaw_core::spec::{Spec, parse};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Arrays, Columns, owned};
use crate::error::to_python;
use crate::run::wait;

/// The columns of a frame of estimates, row after row.
struct Frame {
    value: Vec<Vec<f64>>,
    error: Vec<Vec<f64>>,
    /// Per score of `SCORES`, per probability.
    quantiles: Vec<Vec<Vec<f64>>>,
}

impl Frame {
    /// Room for `rows` rows, all null.
    fn new(rows: usize) -> Self {
        let nulls = |columns: usize| vec![vec![f64::NAN; rows]; columns];
        Self {
            value: nulls(METRICS.len()),
            error: nulls(METRICS.len()),
            quantiles: vec![nulls(QUANTILES.len()); SCORES.len()],
        }
    }

    fn set(&mut self, row: usize, estimates: &Estimates) {
        for m in 0..METRICS.len() {
            self.value[m][row] = estimates.value[m];
            self.error[m][row] = estimates.standard_error[m];
        }
    }

    fn set_quantiles(&mut self, row: usize, score: &str, values: &[f64]) {
        let at = SCORES.iter().position(|&s| s == score).expect("callers name a score of the list");
        for (column, &value) in self.quantiles[at].iter_mut().zip(values) {
            column[row] = value;
        }
    }

    /// The columns under `column_names`.
    fn into_columns(self, py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let columns = Columns::new(py);
        let estimates = self.value.into_iter().zip(self.error).flat_map(|(value, error)| [value, error]);
        for (name, values) in column_names().iter().zip(estimates.chain(self.quantiles.into_iter().flatten())) {
            columns.add(name, values)?;
        }
        Ok(columns.into_dict())
    }
}

/// Adds one row of means to the frame: the benchmark's, or one per task.
fn summarise(
    frame: &mut Frame,
    row: usize,
    by_task: bool,
    means: &TaskMeans,
    weights: Option<&[f64]>,
    trials: Option<u64>,
) {
    let tasks = means.correct.len();
    if by_task {
        for i in 0..tasks {
            frame.set(row * tasks + i, &means.summarise(i..i + 1, weights, trials));
        }
    } else {
        frame.set(row, &means.summarise(0..tasks, weights, trials));
    }
}

/// Sets the quantiles of whole benchmark runs.
fn set_benchmark_quantiles(frame: &mut Frame, at: usize, row: &RowTally) {
    let tasks = row.correct.len() as f64;
    for (share, counts) in SHARES.iter().zip(&row.share_counts) {
        let values = counts.iter().enumerate().map(|(n, &trials)| (n as f64 / tasks, trials));
        frame.set_quantiles(at, share, &QUANTILES.map(|p| quantile(values.clone(), p)));
    }
    let utility = row.utility_counts.iter().copied();
    frame.set_quantiles(at, "utility", &QUANTILES.map(|p| quantile(utility.clone(), p)));
}

/// Simulates a scenario: columns of estimates, one row per (policy, grid point) or per (policy, grid point, task).
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, trials, key, replicate, threads, by_task, coverage, quantiles, progress))]
pub fn simulate_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    trials: u64,
    key: [u64; 2],
    replicate: u64,
    threads: Option<usize>,
    by_task: bool,
    coverage: bool,
    quantiles: Vec<String>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let arrays = owned(&arrays);
    let frame = wait(py, trials, progress.as_ref(), |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        let weights = scenario.weights();
        let options = options(&scenario, trials, key, replicate, threads, coverage, &quantiles)?;
        let points = scenario.grid().len();
        let rows = scenario.policies.len() * points;
        let mut frame = Frame::new(if by_task { rows * scenario.tasks.count() } else { rows });
        simulate(&scenario, options, control, |p, g, row| {
            let at = p * points + g;
            summarise(&mut frame, at, by_task, &row.means(trials), weights.as_deref(), Some(trials));
            if !by_task {
                set_benchmark_quantiles(&mut frame, at, &row);
            }
        })?;
        Ok(frame)
    })?;
    frame.into_columns(py)
}

fn options(
    scenario: &SamplingScenario,
    trials: u64,
    key: [u64; 2],
    replicate: u64,
    threads: Option<usize>,
    coverage: bool,
    quantiles: &[String],
) -> Result<Run> {
    let asked = |score: &str| scenario.weights().is_none() && quantiles.iter().any(|q| q == score);
    let wanted = Wanted {
        coverage: coverage && scenario.knows_coverage(),
        share_counts: SHARES.map(asked),
        utility_counts: scenario.utility.is_some() && asked("utility"),
    };
    Ok(Run { trials, key, replicate, threads: resolve_threads(threads)?, wanted })
}

/// Simulates a scenario: its mergeable counts. Row `r` of a two-dimensional count stands at `r * tasks` on.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, trials, key, replicate, threads, progress))]
pub fn tally_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    trials: u64,
    key: [u64; 2],
    replicate: u64,
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let arrays = owned(&arrays);
    let rows = wait(py, trials, progress.as_ref(), |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        let points = scenario.grid().len();
        let mut rows = vec![RowTally::default(); scenario.policies.len() * points];
        let options = options(&scenario, trials, key, replicate, threads, true, &SCORES.map(str::to_owned))?;
        simulate(&scenario, options, control, |p, g, row| rows[p * points + g] = row)?;
        Ok(rows)
    })?;
    rows.into_iter()
        .map(|row| {
            let columns = Columns::new(py);
            columns.add("accepted", row.accepted)?;
            columns.add("correct", row.correct)?;
            columns.add("wrong", row.wrong)?;
            columns.add("covered", row.covered)?;
            let [sum, square] = row.attempts;
            columns.add("attempts_sum", sum)?;
            columns.add("attempts_square_sum", square)?;
            let [sum, square] = row.utility;
            columns.add("utility_sum", sum)?;
            columns.add("utility_square_sum", square)?;
            for (share, counts) in SHARES.iter().zip(row.share_counts) {
                columns.add(&format!("{share}_counts"), counts)?;
            }
            let (values, counts): (Vec<_>, Vec<_>) = row.utility_counts.into_iter().unzip();
            columns.add("utility_values", values)?;
            columns.add("utility_counts", counts)?;
            Ok(columns.into_dict())
        })
        .collect()
}

fn column<'py, T: numpy::Element + Copy>(row: &Bound<'py, PyDict>, name: &str) -> PyResult<Vec<T>> {
    let value =
        row.get_item(name)?.ok_or_else(|| to_python(Error::argument("row", format!("a tally with {name}"), "none")))?;
    let array: PyReadonlyArray1<'py, T> = value.extract()?;
    Ok(array.as_array().to_vec())
}

/// Checks that every list of a row counts the same tasks.
fn check_lengths(row: &RowTally, weights: Option<&[f64]>) -> Result<()> {
    let tasks = row.accepted.len();
    let [attempts, squares] = &row.attempts;
    let [utility, utility_squares] = &row.utility;
    let always =
        [row.correct.len(), row.wrong.len(), attempts.len(), squares.len(), weights.map_or(tasks, <[f64]>::len)];
    let same = always.iter().all(|&n| n == tasks)
        && [0, tasks].contains(&row.covered.len())
        && [0, tasks].contains(&utility.len())
        && utility.len() == utility_squares.len()
        && row.share_counts.iter().all(|counts| [0, tasks + 1].contains(&counts.len()));
    if same {
        Ok(())
    } else {
        Err(Error::argument("frames", "tallies of as many tasks in every list", "other lengths"))
    }
}

/// Estimates from counts as `tally_sampling` gives them, after they were added.
#[pyfunction]
#[pyo3(signature = (rows, *, trials, weights))]
pub fn estimate_sampling<'py>(
    py: Python<'py>,
    rows: Vec<Bound<'py, PyDict>>,
    trials: u64,
    weights: Option<Vec<f64>>,
) -> PyResult<Bound<'py, PyDict>> {
    let weights = weights.as_deref().map(scaled);
    let mut frame = Frame::new(rows.len());
    for (at, dict) in rows.iter().enumerate() {
        let pairs = column::<f64>(dict, "utility_values")?.into_iter().zip(column::<u64>(dict, "utility_counts")?);
        let mut values = tally::Values::default();
        pairs.for_each(|(value, times)| values.add_many(value, times));
        let row = RowTally {
            accepted: column(dict, "accepted")?,
            correct: column(dict, "correct")?,
            wrong: column(dict, "wrong")?,
            covered: column(dict, "covered")?,
            attempts: [column(dict, "attempts_sum")?, column(dict, "attempts_square_sum")?],
            utility: [column(dict, "utility_sum")?, column(dict, "utility_square_sum")?],
            share_counts: [
                column(dict, "accuracy_counts")?,
                column(dict, "accepted_counts")?,
                column(dict, "wrong_counts")?,
            ],
            utility_counts: values.sorted(),
        };
        if row.accepted.is_empty() {
            continue;
        }
        check_lengths(&row, weights.as_deref()).map_err(to_python)?;
        summarise(&mut frame, at, false, &row.means(trials), weights.as_deref(), Some(trials));
        set_benchmark_quantiles(&mut frame, at, &row);
    }
    frame.into_columns(py)
}

/// Solves a scenario exactly: the same columns as `simulate_sampling`.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, by_task, quantiles))]
pub fn solve_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    by_task: bool,
    quantiles: Vec<String>,
) -> PyResult<Bound<'py, PyDict>> {
    let arrays = owned(&arrays);
    let frame = wait(py, 1, None, |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        let weights = scenario.weights();
        let points = scenario.grid().len();
        let rows = scenario.policies.len() * points;
        let mut frame = Frame::new(if by_task { rows * scenario.tasks.count() } else { rows });
        solve::solve(&scenario, &quantiles, true, control, |p, g, row| {
            let at = p * points + g;
            summarise(&mut frame, at, by_task, &row.means, weights.as_deref(), None);
            for (share, values) in SHARES.iter().zip(&row.share_quantiles) {
                frame.set_quantiles(at, share, values);
            }
            frame.set_quantiles(at, "utility", &row.utility_quantiles);
        })?;
        Ok(frame)
    })?;
    frame.into_columns(py)
}

/// The three ceilings: (all tasks, accepted tasks, pooled, number of tasks with acceptances).
#[pyfunction]
pub fn ceilings_sampling(spec: &str, arrays: Arrays<'_>) -> PyResult<(f64, f64, f64, f64)> {
    let scenario: SamplingScenario = parse(spec, &owned(&arrays)).map_err(to_python)?;
    let c = ceilings::ceilings(&scenario).map_err(to_python)?;
    Ok((c.all_tasks, c.accepted_tasks, c.pooled, c.tasks_accepted))
}

/// The operating points of a verifier on its tasks (one where it is the same for all): threshold, false positive rate,
/// true positive rate and the task, point after point.
#[pyfunction]
pub fn operating_points<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    tasks: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let verifier: Verifier = parse(spec, &owned(&arrays)).map_err(to_python)?;
    verifier.check_tasks(tasks).map_err(to_python)?;
    let points: Vec<(f64, [f64; 3])> =
        (0..tasks).flat_map(|i| verifier.operating_points(i).into_iter().map(move |p| (i as f64, p))).collect();
    let columns = Columns::new(py);
    columns.add("task", points.iter().map(|p| p.0).collect())?;
    for (j, name) in ["threshold", "false_positive_rate", "true_positive_rate"].iter().enumerate() {
        columns.add(name, points.iter().map(|p| p.1[j]).collect())?;
    }
    Ok(columns.into_dict())
}

/// The best number of attempts per policy and cost of a wrong answer, and the utility there; the same of each resample
/// (with the utility at the estimate's number of attempts), at `index * resamples` on.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, wrong_cost, resamples, resample, key, threads, progress))]
pub fn optima_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    wrong_cost: Vec<f64>,
    resamples: u64,
    resample: &str,
    key: [u64; 2],
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let arrays = owned(&arrays);
    let found = wait(py, resamples, progress.as_ref(), |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        let base = scenario.utility.unwrap_or(Utility {
            kind: UtilityKind::Utility,
            correct_reward: 1.0,
            wrong_cost: 0.0,
            attempt_cost: 0.0,
        });
        let utilities: Vec<Utility> = wrong_cost.iter().map(|&wrong_cost| Utility { wrong_cost, ..base }).collect();
        utilities.iter().try_for_each(Spec::check)?;
        let resample = match resample {
            "tasks" => Resample::Tasks,
            "attempts" => Resample::Attempts,
            other => return Err(Error::argument("resample", "\"tasks\" or \"attempts\"", format!("{other:?}"))),
        };
        bootstrap::optima(&scenario, &utilities, resample, resamples, key, resolve_threads(threads)?, control)
    })?;
    let columns = Columns::new(py);
    columns.add("optimal_attempts", found.iter().map(|o| o.estimate.attempts).collect())?;
    columns.add("utility", found.iter().map(|o| o.estimate.utility).collect())?;
    let resampled = || found.iter().flat_map(|o| &o.resamples);
    columns.add("resampled_attempts", resampled().map(|o| o.attempts).collect())?;
    columns.add("resampled_utility", resampled().map(|o| o.utility).collect())?;
    Ok(columns.into_dict())
}
