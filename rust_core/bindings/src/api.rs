//! Checks of settings, by family.

use limitlaw_core::error::Error;
use limitlaw_core::exhaustion::compute_path::ComputePath;
use limitlaw_core::exhaustion::constraint::scenario::ConstraintScenario;
use limitlaw_core::exhaustion::dist::Dist;
use limitlaw_core::exhaustion::laws::LawSpec;
use limitlaw_core::exhaustion::laws::parameters::LawParameters;
use limitlaw_core::exhaustion::scenario::ExhaustionScenario;
use limitlaw_core::sampling::policy::Policy;
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::sampling::scenario::answers::Answers;
use limitlaw_core::sampling::scenario::cost::{Cost, Utility};
use limitlaw_core::sampling::scenario::limit::Limit;
use limitlaw_core::sampling::scenario::tasks::Tasks;
use limitlaw_core::sampling::scenario::verifier::Verifier;
use limitlaw_core::spec::{Spec, parse};
use pyo3::prelude::*;

use crate::columns::{Arrays, owned};
use crate::error::to_python;

/// Checks the ranges of a setting; an error names the argument, what was expected and what came. Returns the settings
/// without effect, each with what would use it.
#[pyfunction]
pub fn check(family: &str, spec: &str, arrays: Arrays<'_>) -> PyResult<Vec<(String, String)>> {
    let arrays = owned(&arrays);
    match family {
        "tasks" => parse::<Tasks>(spec, &arrays).map(|spec| spec.unused()),
        "verifier" => parse::<Verifier>(spec, &arrays).map(|spec| spec.unused()),
        "policy" => parse::<Policy>(spec, &arrays).map(|spec| spec.unused()),
        "answers" => parse::<Answers>(spec, &arrays).map(|spec| spec.unused()),
        "cost" => parse::<Cost>(spec, &arrays).map(|spec| spec.unused()),
        "limit" => parse::<Limit>(spec, &arrays).map(|spec| spec.unused()),
        "utility" => parse::<Utility>(spec, &arrays).map(|spec| spec.unused()),
        "scenario" => parse::<SamplingScenario>(spec, &arrays).map(|spec| spec.unused()),
        "dist" => parse::<Dist>(spec, &arrays).map(|spec| spec.unused()),
        "law" => parse::<LawSpec>(spec, &arrays).map(|spec| spec.unused()),
        "law_parameters" => parse::<LawParameters>(spec, &arrays).map(|spec| spec.unused()),
        "compute_path" => parse::<ComputePath>(spec, &arrays).map(|spec| spec.unused()),
        "exhaustion" => parse::<ExhaustionScenario>(spec, &arrays).map(|spec| spec.unused()),
        "constraint" => parse::<ConstraintScenario>(spec, &arrays).map(|spec| spec.unused()),
        _ => Err(Error::argument("family", "one the core knows", family)),
    }
    .map(|unused| unused.into_iter().map(|one| (one.name, one.user)).collect())
    .map_err(to_python)
}

/// The shares of draws in which the caps of power, chips and latency hold compute below its path.
#[pyfunction]
pub fn capped_path(spec: &str, arrays: Arrays<'_>) -> PyResult<[f64; 3]> {
    parse::<ExhaustionScenario>(spec, &owned(&arrays)).and_then(|scenario| scenario.capped()).map_err(to_python)
}
