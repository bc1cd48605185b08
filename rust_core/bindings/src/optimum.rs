//! What follows from a sampling scenario without a run: its ceilings, operating points and best number of attempts.

use limitlaw_core::fit::ceiling;
use limitlaw_core::fit::redrawn_rates::RedrawnRates;
use limitlaw_core::rng::Sequence;
use limitlaw_core::run::resolve_threads;
use limitlaw_core::sampling::exact::bootstrap::{Bootstrap, Redrawn, Resample, optima};
use limitlaw_core::sampling::exact::ceilings;
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::sampling::scenario::cost::Utility;
use limitlaw_core::sampling::scenario::tasks::Tasks;
use limitlaw_core::sampling::scenario::verifier::Verifier;
use limitlaw_core::spec::{Spec, parse};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Arrays, Columns, owned};
use crate::error::to_python;
use crate::run::wait;

/// The three ceilings under each verifier that labels leave open, else of the one: (all tasks, accepted tasks, pooled,
/// number of tasks with acceptances).
#[pyfunction]
pub fn ceilings_sampling(py: Python<'_>, spec: &str, arrays: Arrays<'_>) -> PyResult<Vec<(f64, f64, f64, f64)>> {
    let arrays = owned(&arrays);
    let found = wait(py, 0, None, |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        ceilings::by_verifier(&scenario, control)
    })?;
    Ok(found.into_iter().map(|c| (c.all_tasks, c.accepted_tasks, c.pooled, c.tasks_accepted)).collect())
}

/// The ends of the ceiling over all tasks that observed attempts leave open, each with its error: low, its error, high, its
/// error.
#[pyfunction]
pub fn ceiling_ends(py: Python<'_>, spec: &str, arrays: Arrays<'_>, confidence: f64) -> PyResult<(f64, f64, f64, f64)> {
    let arrays = owned(&arrays);
    let e = wait(py, 0, None, |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        ceiling::ceiling_ends(&scenario, confidence, resolve_threads(None)?, control)
    })?;
    Ok((e.low, e.low_error, e.high, e.high_error))
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
        let base = scenario.worth();
        let utilities: Vec<Utility> = wrong_cost.iter().map(|&wrong_cost| Utility { wrong_cost, ..base }).collect();
        utilities.iter().try_for_each(Spec::check)?;
        let resample = Resample::parse(resample)?;
        let threads = resolve_threads(threads)?;
        // Observed shares are no rates, and neither are means of posteriors: tasks that are all alike may have others beside
        // them, and more attempts than were seen succeed where none did.
        let observed = match &scenario.tasks {
            Tasks::Counts { .. } | Tasks::Pool { .. } => Some(scenario.clone()),
            Tasks::Recorded(recorded) => {
                Some(SamplingScenario { tasks: Tasks::of_counts(recorded), ..scenario.clone() })
            }
            _ => None,
        };
        let redraw = match &observed {
            Some(observed) if resamples > 0 => {
                Some(RedrawnRates::new(observed, (resample, resamples), threads, control)?)
            }
            _ => None,
        };
        let of_resample = redraw
            .as_ref()
            .map(|redraw| |index: u64, random: &mut Sequence| redraw.scenario(&scenario, index as usize, random));
        let redraw = of_resample.as_ref().map(|of_resample| of_resample as Redrawn<'_>);
        let bootstrap = Bootstrap { resample, redraw, resamples, key };
        optima(&scenario, &utilities, &bootstrap, threads, control)
    })?;
    let columns = Columns::new(py);
    columns.add("optimal_attempts", found.iter().map(|o| o.estimate.attempts).collect())?;
    columns.add("utility", found.iter().map(|o| o.estimate.utility).collect())?;
    let resampled = || found.iter().flat_map(|o| &o.resamples);
    columns.add("resampled_attempts", resampled().map(|o| o.attempts).collect())?;
    columns.add("resampled_utility", resampled().map(|o| o.utility).collect())?;
    Ok(columns.into_dict())
}
