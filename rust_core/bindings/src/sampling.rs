//! The sampling scenario across the border: simulate, compare and solve.

use limitlaw_core::error::Result;
use limitlaw_core::memory;
use limitlaw_core::run::resolve_threads;
use limitlaw_core::sampling::draw::run::Run;
use limitlaw_core::sampling::draw::{compare, simulate};
use limitlaw_core::sampling::exact;
use limitlaw_core::sampling::record::columns::{Column, Row, column_names};
use limitlaw_core::sampling::record::estimate::TaskMeans;
use limitlaw_core::sampling::record::layout::Score;
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::spec::parse;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Arrays, Columns, named, owned};
use crate::run::wait;

/// The columns of a frame of estimates, in the order of `column_names`.
pub struct Frame(Vec<Vec<f64>>);

impl Frame {
    /// Room for a row per policy and point, or for each task of them, all null.
    fn new(scenario: &SamplingScenario, by_task: bool) -> Result<Self> {
        let (policies, points) = (scenario.policies.len(), scenario.points());
        let (rows, tasks) = (policies * points, if by_task { scenario.tasks.count() } else { 1 });
        let columns = column_names().len();
        memory::check(
            2.0 * rows as f64 * tasks as f64 * columns as f64 * size_of::<f64>() as f64,
            &[(policies, "policies"), (points, "rows of each"), (tasks, "tasks"), (columns, "columns")],
        )?;
        Ok(Self::of(rows * tasks))
    }

    /// Room for `rows` rows, all null.
    pub fn of(rows: usize) -> Self {
        Self(vec![vec![f64::NAN; rows]; column_names().len()])
    }

    /// Sets a row of the whole benchmark.
    pub fn set(&mut self, at: usize, row: &Row) {
        for (index, values) in self.0.iter_mut().enumerate() {
            values[at] = row.get(Column::at(index));
        }
    }

    /// Sets the rows of each task that grid point `g` is about.
    fn set_tasks(
        &mut self,
        scenario: &SamplingScenario,
        (at, g): (usize, usize),
        means: &TaskMeans,
        trials: Option<u64>,
    ) {
        let tasks = scenario.tasks.count();
        let kept = scenario.grid().get(g).and_then(|&attempts| scenario.kept(attempts));
        for i in 0..means.correct.len() {
            let estimates = means.summarise(i..i + 1, None, trials);
            let task = kept.as_ref().map_or(i, |kept| kept[i]);
            self.set(at * tasks + task, &Row { estimates, ..Row::NONE });
        }
    }

    /// The columns under their names.
    pub fn into_columns(self, py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        named(py, &column_names(), self.0)
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
        let mut frame = Frame::new(&scenario, by_task)?;
        simulate(&scenario, options, control, |p, g, row| {
            let at = p * points + g;
            if by_task {
                frame.set_tasks(&scenario, (at, g), &row.means(trials), Some(trials));
            } else {
                frame.set(at, &Row::counted(&row, weights.as_deref(), trials));
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
            let paid = if scenario.billed()[1] { &row.bill[1][0] } else { &row.attempts[0] };
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

pub fn options(
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
        let mut frame = Frame::new(&scenario, by_task)?;
        exact::solve(&scenario, &quantiles, true, control, |p, g, row| {
            let at = p * points + g;
            if by_task {
                frame.set_tasks(&scenario, (at, g), &row.means, None);
            } else {
                frame.set(at, &Row::exact(row, weights.as_deref()));
            }
        })?;
        Ok(frame)
    })?;
    frame.into_columns(py)
}
