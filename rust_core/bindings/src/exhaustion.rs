//! The exhaustion model across the border: simulate, laws by themselves, and the width of the vectors.

use std::collections::BTreeMap;

use limitlaw_core::dispatch::{self, Width};
use limitlaw_core::error::{Error, Result, quoted};
use limitlaw_core::exhaustion::derived::{DERIVED, derived};
use limitlaw_core::exhaustion::estimate::Frame;
use limitlaw_core::exhaustion::laws::base::LN_6;
use limitlaw_core::exhaustion::laws::{Law, LawSpec};
use limitlaw_core::exhaustion::plan::{Plan, SamplerName};
use limitlaw_core::exhaustion::quantile::Shape;
use limitlaw_core::exhaustion::samples::Sample;
use limitlaw_core::exhaustion::scenario::{ExhaustionScenario, INPUTS, Input};
use limitlaw_core::exhaustion::simulate::simulate;
use limitlaw_core::exhaustion::trajectory::{DEFINITIONS, VARIABLES};
use limitlaw_core::exhaustion::uncertain::Uncertain;
use limitlaw_core::math::{exp, ln};
use limitlaw_core::run::{Control, resolve_threads};
use limitlaw_core::spec::parse;
use limitlaw_core::special::normal::normal_quantile;
use limitlaw_core::stats::{rank, share_error};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Arrays, Columns, named, owned};
use crate::error::to_python;
use crate::run::wait;

/// The range of each input, by its name.
pub fn ranges() -> BTreeMap<&'static str, (f64, f64)> {
    INPUTS.iter().map(|&(name, _, low, high)| (name, (low, high))).collect()
}

/// The yearly variables and their units, in the order of the columns.
pub fn variables() -> Vec<(&'static str, &'static str)> {
    VARIABLES.to_vec()
}

/// The names of yearly variables that only samples have.
pub fn derived_names() -> Vec<&'static str> {
    DERIVED.map(|(name, _)| name).to_vec()
}

/// The definitions of running out, in the order of the columns.
pub fn definitions() -> Vec<&'static str> {
    DEFINITIONS.to_vec()
}

/// The columns of each frame of a result, by the frame's name.
pub fn frames() -> [(&'static str, Vec<String>); 3] {
    Frame::ALL.map(|(name, frame)| (name, frame.columns()))
}

/// Simulates a scenario: the columns of each frame of [`frames`] unless `samples_only`, and of samples.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, trials, key, replicate, threads, sampler, samples, progress, redrawn=Vec::new(), exact_quantiles=false, samples_only=false))]
pub fn simulate_exhaustion<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    trials: u64,
    key: [u64; 2],
    replicate: u64,
    threads: Option<usize>,
    sampler: &str,
    samples: Vec<String>,
    progress: Option<Bound<'py, PyAny>>,
    redrawn: Vec<String>,
    exact_quantiles: bool,
    samples_only: bool,
) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    let arrays = owned(&arrays);
    let (samples, names, results) =
        wait(py, if exact_quantiles { 3 * trials } else { trials }, progress.as_ref(), |control| {
            let scenario: ExhaustionScenario = parse(spec, &arrays)?;
            let sampler = SamplerName::parse(sampler)?;
            let mut names = Vec::new();
            let mut columns = Vec::new();
            for name in &samples {
                for (name, sample) in Sample::parse(name, &scenario)? {
                    if !columns.contains(&sample) {
                        names.push(name);
                        columns.push(sample);
                    }
                }
            }
            let threads = resolve_threads(threads)?;
            let samples = columns;
            let yearly = !samples_only;
            let plan = Plan { trials, key, replicate, threads, sampler, samples, redrawn, yearly, exact_quantiles };
            let outcome = simulate(&scenario, &plan, control)?;
            let wanted: &[_] = if samples_only { &[] } else { &Frame::ALL };
            let results: Vec<_> = wanted.iter().map(|(_, frame)| frame.values(&outcome, &scenario.years)).collect();
            Ok((outcome.samples, names, results))
        })?;
    let found = PyDict::new(py);
    for ((frame, columns), values) in frames().into_iter().zip(results) {
        found.set_item(frame, named(py, &columns, values)?)?;
    }
    Ok((found, named(py, &names, samples)?))
}

/// What of a scenario's priors some draw reads: names of inputs, and `law_parameters`.
#[pyfunction]
pub fn priors_in_use(spec: &str, arrays: Arrays<'_>) -> PyResult<Vec<&'static str>> {
    let scenario: ExhaustionScenario = parse(spec, &owned(&arrays)).map_err(to_python)?;
    let inputs = Input::ALL.iter().filter(|&&input| scenario.uses(input)).map(|&input| INPUTS[input as usize].0);
    Ok(inputs.chain(scenario.uses_law_parameters().then_some("law_parameters")).collect())
}

/// Quantiles of a distribution at probabilities.
#[pyfunction]
pub fn dist_quantiles<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    p: PyReadonlyArray1<'py, f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    of_dist(py, spec, &arrays, &p, |shape, p| shape.quantile(normal_quantile(p)))
}

/// Probabilities of values up to each given one.
#[pyfunction]
pub fn dist_probabilities<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    x: PyReadonlyArray1<'py, f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    of_dist(py, spec, &arrays, &x, |shape, x| shape.tails(x)[0])
}

fn of_dist<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: &Arrays<'py>,
    at: &PyReadonlyArray1<'py, f64>,
    of: impl Fn(&Shape, f64) -> f64 + Send + Sync,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (arrays, at) = (owned(arrays), at.as_array().to_vec());
    let found = wait(py, 0, None, |control| {
        let shape = Shape::new(&parse(spec, &arrays)?);
        let mut found = Vec::with_capacity(at.len());
        for (i, &x) in at.iter().enumerate() {
            if i % ROWS == 0 {
                control.check()?;
            }
            found.push(of(&shape, x));
        }
        Ok(found)
    })?;
    Ok(found.into_pyarray(py))
}

/// The rank of quantile p among n: by the core's one rule.
#[pyfunction]
pub fn quantile_rank(p: f64, n: u64) -> u64 {
    rank(p, n)
}

/// The standard errors of shares of so many independent draws; NaN for one draw.
#[pyfunction]
pub fn share_errors<'py>(
    py: Python<'py>,
    shares: PyReadonlyArray1<'py, f64>,
    counts: PyReadonlyArray1<'py, f64>,
) -> Bound<'py, PyArray1<f64>> {
    let pairs = shares.as_array().into_iter().zip(counts.as_array()).map(|(&share, &count)| share_error(share, count));
    pairs.collect::<Vec<_>>().into_pyarray(py)
}

/// Rows between two looks at whether the call was cancelled: a search takes half a millisecond.
const ROWS: usize = 64;

/// What `law_optima` says of a run, before what is derived.
const OPTIMUM: [&str; 11] = [
    "parameters",
    "tokens",
    "epochs",
    "loss_unconstrained",
    "loss",
    "excess_loss",
    "lost_compute",
    "marginal_value",
    "parameters_unconstrained",
    "tokens_unconstrained",
    "shortage",
];

/// The columns of `law_optima`.
fn optimum_names() -> impl Iterator<Item = &'static str> {
    OPTIMUM.into_iter().chain(DERIVED.map(|(name, _)| name))
}

/// The compute-optimal run under a law, in the order of the names.
fn optimum_row(law: &Law, compute: f64, unique_tokens: f64) -> [f64; OPTIMUM.len() + DERIVED.len()] {
    let (ln_k, ln_u) = (ln(compute) - LN_6, ln(unique_tokens));
    let best = law.optimum(ln_k, ln_u);
    let free = law.unconstrained(ln_k);
    let row = [
        cut(best.ln_params),
        cut(best.ln_tokens),
        cut((best.ln_tokens - ln_u).max(0.0)),
        best.loss_unconstrained,
        best.loss_unconstrained + best.excess,
        best.excess,
        best.lost,
        best.marginal,
        cut(free.0),
        cut(free.1),
        cut(free.1 - ln_u),
    ];
    let more = derived(&best, ln_k, ln_u, law.compute_per_data(&best, ln_k));
    std::array::from_fn(|i| if i < OPTIMUM.len() { row[i] } else { more[i - OPTIMUM.len()] })
}

/// Compute-optimal runs under a law: columns, one row per pair of compute and unique tokens. With a confidence the law is
/// a mixture: each column is the median over its laws, and has an interval beside it.
#[pyfunction]
#[pyo3(signature = (law, compute, unique_tokens, confidence=None))]
pub fn law_optima<'py>(
    py: Python<'py>,
    law: &str,
    compute: PyReadonlyArray1<'py, f64>,
    unique_tokens: PyReadonlyArray1<'py, f64>,
    confidence: Option<f64>,
) -> PyResult<Bound<'py, PyDict>> {
    let (compute, unique) = (compute.as_slice()?, unique_tokens.as_slice()?);
    let columns = wait(py, 0, None, |control| {
        let law = parse::<LawSpec>(law, &[])?;
        if let Some(confidence) = confidence {
            let laws = Uncertain::new(&law)?;
            let rows =
                compute.iter().zip(unique).map(|(&c, &u)| laws.quantiles(confidence, |law| optimum_row(law, c, u)));
            return spread(&optimum_names().collect::<Vec<_>>(), compute.len(), rows, control);
        }
        let law = law.alone()?;
        let mut columns: Vec<(String, Vec<f64>)> =
            optimum_names().map(|name| (name.to_owned(), Vec::with_capacity(compute.len()))).collect();
        for (row, (&c, &u)) in compute.iter().zip(unique).enumerate() {
            if row % ROWS == 0 {
                control.check()?;
            }
            columns.iter_mut().zip(optimum_row(&law, c, u)).for_each(|((_, column), x)| column.push(x));
        }
        Ok(columns)
    })?;
    into_dict(py, columns)
}

/// Columns of medians and, beside each, of both ends of its interval.
fn spread<const N: usize>(
    names: &[&str],
    rows: usize,
    quantiles: impl Iterator<Item = [[f64; 3]; N]>,
    control: &Control,
) -> Result<Vec<(String, Vec<f64>)>> {
    let mut columns: Vec<(String, Vec<f64>)> = names
        .iter()
        .flat_map(|name| ["", "_low", "_high"].map(|end| (format!("{name}{end}"), Vec::with_capacity(rows))))
        .collect();
    for row in quantiles {
        control.check()?;
        let values = row.into_iter().flat_map(|[low, median, high]| [median, low, high]);
        columns.iter_mut().zip(values).for_each(|((_, column), x)| column.push(x));
    }
    Ok(columns)
}

fn into_dict(py: Python<'_>, columns: Vec<(String, Vec<f64>)>) -> PyResult<Bound<'_, PyDict>> {
    let found = Columns::new(py);
    for (name, column) in columns {
        found.add(&name, column)?;
    }
    Ok(found.into_dict())
}

/// The exponential, cut where a law far from any fitted one would leave the doubles.
fn cut(ln_x: f64) -> f64 {
    exp(ln_x.clamp(-690.0, 690.0))
}

/// Losses of runs under a law, nats per token. With a confidence the law is a mixture: `loss` is the median over its laws
/// with an interval beside it; with residuals of ln loss `run` is the loss of one run, a residual added to each law.
#[pyfunction]
#[pyo3(signature = (law, parameters, tokens, unique_tokens, confidence=None, residuals=None))]
pub fn law_losses<'py>(
    py: Python<'py>,
    law: &str,
    parameters: PyReadonlyArray1<'py, f64>,
    tokens: PyReadonlyArray1<'py, f64>,
    unique_tokens: PyReadonlyArray1<'py, f64>,
    confidence: Option<f64>,
    residuals: Option<Vec<f64>>,
) -> PyResult<Bound<'py, PyDict>> {
    let (n, d, u) = (parameters.as_slice()?, tokens.as_slice()?, unique_tokens.as_slice()?);
    let columns = wait(py, 0, None, |control| {
        let law = parse::<LawSpec>(law, &[])?;
        let runs = n.iter().zip(d).zip(u).map(|((&n, &d), &u)| (ln(n), ln(d), ln(u)));
        if let Some(confidence) = confidence {
            let laws = Uncertain::new(&law)?;
            let factors: Vec<f64> = residuals.unwrap_or_default().into_iter().map(exp).collect();
            let rows = runs.map(|(n, d, u)| {
                let mut place = 0;
                laws.quantiles(confidence, |law| {
                    let loss = law.loss(n, d, u);
                    let factor = if factors.is_empty() { 1.0 } else { factors[place % factors.len()] };
                    place += 1;
                    [loss, loss * factor]
                })
            });
            return spread(&["loss", "run"], n.len(), rows, control);
        }
        let law = law.alone()?;
        let mut losses = Vec::with_capacity(n.len());
        for (row, (n, d, u)) in runs.enumerate() {
            if row % ROWS == 0 {
                control.check()?;
            }
            losses.push(law.loss(n, d, u));
        }
        Ok(vec![("loss".to_owned(), losses)])
    })?;
    into_dict(py, columns)
}

fn width_of(name: &str) -> Result<Width> {
    match name {
        "baseline" => Ok(Width::Baseline),
        "avx2" => Ok(Width::Avx2),
        "avx512" => Ok(Width::Avx512),
        _ => Err(Error::argument("width", "'baseline', 'avx2', 'avx512' or None", quoted(name))),
    }
}

/// Forces the vector width of later runs (for tests); None goes back to the widest of this machine.
#[pyfunction]
#[pyo3(signature = (width))]
pub fn force_vector_width(width: Option<&str>) -> PyResult<()> {
    width.map(width_of).transpose().and_then(dispatch::force).map_err(to_python)
}
