//! The sampling scenario across the border: simulate, solve, ceilings, optimum, and estimates from tallies.

use limitlaw_core::error::{Error, Result};
use limitlaw_core::run::resolve_threads;
use limitlaw_core::sampling::attempts::tally::Score;
use limitlaw_core::sampling::bootstrap::{self, Resample};
use limitlaw_core::sampling::columns::{SCORES, column_names};
use limitlaw_core::sampling::cost::{Utility, UtilityKind};
use limitlaw_core::sampling::estimate::{Estimates, METRICS, QUANTILES, TaskMeans, quantile};
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::sampling::simulate::{Run, compare, simulate};
use limitlaw_core::sampling::tally::{BILL, RowTally, SHARES};
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
    let bills = BILL.iter().zip(&row.bill_counts);
    for (score, counts) in bills.chain([(&"utility", &row.utility_counts)]) {
        let values = counts.iter().copied();
        frame.set_quantiles(at, score, &QUANTILES.map(|p| quantile(values.clone(), p)));
    }
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
        let points = scenario.points();
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

/// Simulates all policies on one set of attempts: per row (policy by policy) the means per task of the score, of the
/// cost (attempts used where no cost is given), and the products of the score of each two rows, averaged over trials.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, score, trials, key, replicate, threads, progress))]
pub fn compare_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    score: &str,
    trials: u64,
    key: [u64; 2],
    replicate: u64,
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let arrays = owned(&arrays);
    let (mean, cost, products) = wait(py, trials, progress.as_ref(), |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        let options = options(&scenario, trials, key, replicate, threads, false, &[])?;
        let score = if score == "utility" { Score::Utility } else { Score::Correct };
        let points = scenario.points();
        let rows = scenario.policies.len() * points;
        let (mut mean, mut cost) = (vec![0.0; rows], vec![0.0; rows]);
        let scale = trials as f64 * scenario.tasks.count() as f64;
        let mut products = compare(&scenario, options, score, control, |p, g, row| {
            let at = p * points + g;
            mean[at] = match score {
                Score::Correct => row.correct.iter().sum::<u64>() as f64 / scale,
                Score::Utility => row.utility[0].iter().sum::<f64>() / scale,
            };
            let paid = if scenario.cost.is_some() { &row.bill[1][0] } else { &row.attempts[0] };
            cost[at] = paid.iter().sum::<f64>() / scale;
        })?;
        let unit = if score == Score::Correct { scenario.tasks.count() as f64 } else { 1.0 };
        products.iter_mut().for_each(|product| *product /= trials as f64 * unit * unit);
        Ok((mean, cost, products))
    })?;
    let columns = Columns::new(py);
    columns.add("score", mean)?;
    columns.add("cost", cost)?;
    columns.add("products", products)?;
    Ok(columns.into_dict())
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
    let wanted = scenario.wanted(coverage, quantiles);
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
        let points = scenario.points();
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
            for (name, [sum, square]) in BILL.iter().zip(row.bill) {
                columns.add(&format!("{name}_sum"), sum)?;
                columns.add(&format!("{name}_square_sum"), square)?;
            }
            let bills = BILL.into_iter().zip(row.bill_counts);
            for (score, counted) in bills.chain([("utility", row.utility_counts)]) {
                let (values, counts): (Vec<_>, Vec<_>) = counted.into_iter().unzip();
                columns.add(&format!("{score}_values"), values)?;
                columns.add(&format!("{score}_counts"), counts)?;
            }
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
    let tasks = row.correct.len();
    let [attempts, squares] = &row.attempts;
    let [utility, utility_squares] = &row.utility;
    let always = [row.wrong.len(), attempts.len(), squares.len(), weights.map_or(tasks, <[f64]>::len)];
    let same = always.iter().all(|&n| n == tasks)
        && [0, tasks].contains(&row.accepted.len())
        && [0, tasks].contains(&row.covered.len())
        && row.bill.iter().flatten().all(|sums| [0, tasks].contains(&sums.len()))
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
        let values = |score: &str| -> PyResult<Vec<(f64, u64)>> {
            let counts = column::<u64>(dict, &format!("{score}_counts"))?;
            let mut values = tally::Values::default();
            column::<f64>(dict, &format!("{score}_values"))?
                .into_iter()
                .zip(counts)
                .for_each(|(value, times)| values.add_many(value, times));
            Ok(values.sorted())
        };
        let mut bill: [[Vec<f64>; 2]; BILL.len()] = Default::default();
        let mut bill_counts: [Vec<(f64, u64)>; BILL.len()] = Default::default();
        for ((columns, counts), name) in bill.iter_mut().zip(&mut bill_counts).zip(BILL) {
            *columns = [column(dict, &format!("{name}_sum"))?, column(dict, &format!("{name}_square_sum"))?];
            *counts = values(name)?;
        }
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
            bill,
            bill_counts,
            utility_counts: values("utility")?,
        };
        if row.correct.is_empty() {
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
        let points = scenario.points();
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
