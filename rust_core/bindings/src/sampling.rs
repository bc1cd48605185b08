//! The sampling scenario across the border: simulate, compare and solve.

use limitlaw_core::error::{Error, Result};
use limitlaw_core::fit::over_attempts::over_attempts;
use limitlaw_core::fit::over_tasks::over_tasks as over_tasks_of_counts;
use limitlaw_core::fit::resampled_utilities::{Anew, utilities};
use limitlaw_core::fit::resampling::Resampling;
use limitlaw_core::memory;
use limitlaw_core::rng::{Stream, purpose};
use limitlaw_core::run::{Control, resolve_threads};
use limitlaw_core::sampling::draw::run::Run;
use limitlaw_core::sampling::draw::{compare, simulate};
use limitlaw_core::sampling::exact;
use limitlaw_core::sampling::record::columns::{Column, Row};
use limitlaw_core::sampling::record::ends::Asked;
use limitlaw_core::sampling::record::layout::Score;
use limitlaw_core::sampling::record::metrics::TaskMeans;
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::spec::parse;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Arrays, Columns, owned};
use crate::error::to_python;
use crate::run::{at_once, wait};

/// Settings with at most so many numbers and characters are read where the call is.
const SHORT_SETTING: usize = 10_000;

/// The columns asked for of a frame of estimates.
pub struct Frame {
    columns: Vec<Column>,
    rows: usize,
    /// Column by column.
    pub values: Vec<f64>,
}

impl Frame {
    /// Room for a row per policy and point, or for each task of them, all null.
    pub fn new(scenario: &SamplingScenario, by_task: bool, columns: &[Column]) -> Result<Self> {
        let (policies, points) = (scenario.policies.len(), scenario.points());
        let (rows, tasks) = (policies * points, if by_task { scenario.tasks.count() } else { 1 });
        memory::check(
            2.0 * rows as f64 * tasks as f64 * columns.len() as f64 * size_of::<f64>() as f64,
            &[(policies, "policies"), (points, "rows of each"), (tasks, "tasks"), (columns.len(), "columns")],
        )?;
        Ok(Self::of(rows * tasks, columns))
    }

    /// Room for `rows` rows, all null.
    pub fn of(rows: usize, columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows, values: vec![f64::NAN; rows * columns.len()] }
    }

    /// Sets a row of the whole benchmark.
    pub fn set(&mut self, at: usize, row: &Row) {
        for (values, &column) in self.values.chunks_exact_mut(self.rows.max(1)).zip(&self.columns) {
            values[at] = row.get(column);
        }
    }

    /// Sets the rows of each task that grid point `g` is about.
    pub fn set_tasks(
        &mut self,
        scenario: &SamplingScenario,
        (at, g): (usize, usize),
        means: &TaskMeans,
        trials: Option<u64>,
    ) {
        let tasks = scenario.tasks.count();
        let kept = scenario.kept(g);
        for i in 0..means.correct.len() {
            let estimates = means.summarise(i..i + 1, None, trials);
            let task = kept.as_ref().map_or(i, |kept| kept[i]);
            self.set(at * tasks + task, &Row { estimates, ..Row::NONE });
        }
    }

    /// The values, column by column.
    pub fn into_array(self, py: Python<'_>) -> Bound<'_, PyArray1<f64>> {
        self.values.into_pyarray(py)
    }
}

/// The columns of these names.
pub fn parsed(columns: &[String]) -> PyResult<Vec<Column>> {
    columns.iter().map(|name| Column::parse(name)).collect::<Result<_>>().map_err(to_python)
}

/// Reads a scenario and does something with it: where the call is, on one thread, if that is short (the last argument of
/// `job`), else on another thread.
fn with_scenario<T: Send>(
    py: Python<'_>,
    (total, progress): (u64, Option<&Bound<'_, PyAny>>),
    (spec, arrays): (&str, &Arrays<'_>),
    is_short: impl FnOnce(&SamplingScenario) -> bool,
    job: impl FnOnce(SamplingScenario, &Control, bool) -> Result<T> + Send,
) -> PyResult<T> {
    let arrays = owned(arrays);
    if arrays.iter().map(Vec::len).sum::<usize>() + spec.len() > SHORT_SETTING {
        return wait(py, total, progress, |control| job(parse(spec, &arrays)?, control, false));
    }
    let scenario = parse(spec, &arrays).map_err(to_python)?;
    if is_short(&scenario) {
        return at_once(py, total, progress, |control| job(scenario, control, true));
    }
    wait(py, total, progress, |control| job(scenario, control, false))
}

/// Simulates a scenario: estimates, column by column, one row per (policy, grid point) or per (policy, grid point, task).
///
/// `over_tasks`: the confidence of intervals over tasks; `resampled`: resamples, the trials of each and the confidence of
/// intervals over attempts, or of those over tasks where these are asked for.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, trials, key, replicate, threads, by_task, columns, over_tasks, resampled, progress))]
pub fn simulate_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    trials: u64,
    key: [u64; 2],
    replicate: u64,
    threads: Option<usize>,
    by_task: bool,
    columns: Vec<String>,
    over_tasks: Option<f64>,
    resampled: Option<(u64, u64, f64)>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let columns = parsed(&columns)?;
    let quantiles = if by_task { Vec::new() } else { Column::scores(&columns) };
    let is_short = |scenario: &SamplingScenario| resampled.is_none() && scenario.runs_shortly(trials);
    let total = trials + resampled.map_or(0, |(resamples, trials, _)| resamples.saturating_mul(trials));
    let frame =
        with_scenario(py, (total, progress.as_ref()), (spec, &arrays), is_short, |scenario, control, short| {
            let weights = scenario.weights();
            let threads = if short { Some(1) } else { threads };
            let covered = Column::need_coverage(&columns);
            let options = options(&scenario, trials, key, replicate, threads, covered, &quantiles)?;
            let points = scenario.points();
            let mut frame = Frame::new(&scenario, by_task, &columns)?;
            let mut rows = Vec::new();
            rows.resize_with(if resampled.is_some() { scenario.policies.len() * points } else { 0 }, || Row::NONE);
            simulate(&scenario, options, control, |p, g, row| {
                let at = p * points + g;
                if by_task {
                    frame.set_tasks(&scenario, (at, g), &row.means(trials), Some(trials));
                } else {
                    let mut found = Row::counted(&row, weights.as_deref(), trials);
                    if let (Some(confidence), None) = (over_tasks, resampled) {
                        let metrics = Column::metrics_with_ends(&columns);
                        let asked = Asked { over_tasks: true, confidence, metrics };
                        found.ends = asked.over_tasks(&row.means(trials), &scenario.sampled(g), scenario.bounds(p, g));
                    }
                    frame.set(at, &found);
                    if let Some(slot) = rows.get_mut(at) {
                        *slot = found;
                    }
                }
            })?;
            if let Some((resamples, trials, confidence)) = resampled {
                let threads = options.threads;
                let how = Resampling { resamples, confidence, key, threads, trials: Some(trials), coverage: covered };
                let estimates: Vec<_> = rows.iter().map(|row| row.estimates).collect();
                let found = if over_tasks.is_some() {
                    over_tasks_of_counts(&scenario, &Column::metrics_with_ends(&columns), how, control)?
                } else {
                    over_attempts(&scenario, &estimates, how, control)?
                };
                for (at, (row, ends)) in rows.into_iter().zip(found).enumerate() {
                    frame.set(at, &Row { ends, ..row });
                }
            }
            Ok(frame)
        })?;
    Ok(frame.into_array(py))
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
) -> Result<Run<'static>> {
    let wanted = scenario.wanted(coverage, quantiles);
    Ok(Run { trials, key, replicate, threads: resolve_threads(threads)?, wanted, kept: None })
}

/// Solves a scenario exactly: the same columns as `simulate_sampling`. With a `confidence` the ends of intervals over
/// the verifiers that labels leave open, and over other tasks where asked.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, by_task, columns, over_tasks, confidence))]
pub fn solve_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    by_task: bool,
    columns: Vec<String>,
    over_tasks: bool,
    confidence: Option<f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let columns = parsed(&columns)?;
    let quantiles = if by_task { Vec::new() } else { Column::scores(&columns) };
    let is_short = SamplingScenario::solves_shortly;
    let frame = with_scenario(py, (1, None), (spec, &arrays), is_short, |scenario, control, _| {
        let weights = scenario.weights();
        let points = scenario.points();
        let mut frame = Frame::new(&scenario, by_task, &columns)?;
        let covered = Column::need_coverage(&columns);
        let metrics = Column::metrics_with_ends(&columns);
        let asked = confidence.map(|confidence| Asked { over_tasks, confidence, metrics });
        exact::solve(&scenario, &quantiles, covered, asked, control, |p, g, row| {
            let at = p * points + g;
            if by_task {
                frame.set_tasks(&scenario, (at, g), &row.means, None);
            } else {
                frame.set(at, &Row::exact(row, weights.as_deref()));
            }
        })?;
        Ok(frame)
    })?;
    Ok(frame.into_array(py))
}

/// How many tasks of recorded attempts have too few for each grid point, or limit.
#[pyfunction]
pub fn short_tasks(spec: &str, arrays: Arrays<'_>) -> PyResult<Vec<usize>> {
    let scenario: SamplingScenario = parse(spec, &owned(&arrays)).map_err(to_python)?;
    Ok(scenario.short_tasks())
}

/// Whether no answer that the first policy returns can be wrong.
#[pyfunction]
pub fn never_wrong(spec: &str, arrays: Arrays<'_>) -> PyResult<bool> {
    let scenario: SamplingScenario = parse(spec, &owned(&arrays)).map_err(to_python)?;
    Ok(scenario.bounds(0, 0).never_wrong)
}

/// The accuracy of each row under each verifier that labels leave open, row by row.
#[pyfunction]
pub fn accuracies_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let arrays = owned(&arrays);
    let found = wait(py, 0, None, |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        let labelled =
            scenario.labelled().ok_or_else(|| Error::argument("verifier", "one from labels", "another one"))?;
        exact::over_verifiers::accuracies(&scenario, labelled, control)
    })?;
    Ok(found.into_pyarray(py))
}

/// The ends of intervals over attempts, or over other tasks of counts: the columns of `solve_sampling`, of which those of
/// ends are set.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, columns, over_tasks, resamples, confidence, key, threads, progress))]
pub fn resampled_ends<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    columns: Vec<String>,
    over_tasks: bool,
    resamples: u64,
    confidence: f64,
    key: [u64; 2],
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let columns = parsed(&columns)?;
    let arrays = owned(&arrays);
    let frame = wait(py, resamples, progress.as_ref(), |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        let mut frame = Frame::new(&scenario, false, &columns)?;
        let (threads, coverage) = (resolve_threads(threads)?, Column::need_coverage(&columns));
        let how = Resampling { resamples, confidence, key, threads, trials: None, coverage };
        let found = if over_tasks {
            over_tasks_of_counts(&scenario, &Column::metrics_with_ends(&columns), how, control)?
        } else {
            let mut random = Stream::new(key, 0, purpose::BOOTSTRAP, 0).sequence();
            over_attempts(&scenario, &how.estimates(&scenario, &mut random, control)?, how, control)?
        };
        found.into_iter().enumerate().for_each(|(at, ends)| frame.set(at, &Row { ends, ..Row::NONE }));
        Ok(frame)
    })?;
    Ok(frame.into_array(py))
}

/// The utility of every row where the attempts, or the verifier, are drawn anew: resample by resample, policy by policy; with
/// `trials` of simulations.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, anew, resamples, trials, key, progress))]
pub fn resampled_utilities<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    anew: &str,
    resamples: u64,
    trials: Option<u64>,
    key: [u64; 2],
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let arrays = owned(&arrays);
    let found = wait(py, resamples, progress.as_ref(), |control| {
        let threads = resolve_threads(None)?;
        let how = Resampling { resamples, confidence: f64::NAN, key, threads, trials, coverage: false };
        utilities(&parse(spec, &arrays)?, Anew::parse(anew)?, how, control)
    })?;
    Ok(found.into_pyarray(py))
}
