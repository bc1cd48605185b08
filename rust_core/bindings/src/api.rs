//! Checks of settings, by family.

use limitlaw_core::error::Error;
use limitlaw_core::exhaustion::constraint::scenario::ConstraintScenario;
use limitlaw_core::exhaustion::dist::Dist;
use limitlaw_core::exhaustion::law_spec::LawSpec;
use limitlaw_core::exhaustion::prior::{ComputePath, LawParameters};
use limitlaw_core::exhaustion::scenario::ExhaustionScenario;
use limitlaw_core::sampling::policy::Policy;
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::sampling::scenario::answers::Answers;
use limitlaw_core::sampling::scenario::cost::{Cost, Utility};
use limitlaw_core::sampling::scenario::limit::Limit;
use limitlaw_core::sampling::scenario::tasks::Tasks;
use limitlaw_core::sampling::scenario::verifier::Verifier;
use limitlaw_core::spec::parse;
use pyo3::prelude::*;

use crate::columns::{Arrays, owned};
use crate::error::to_python;

/// Checks the ranges of a setting; an error names the argument, what was expected and what came.
#[pyfunction]
pub fn check(family: &str, spec: &str, arrays: Arrays<'_>) -> PyResult<()> {
    let arrays = owned(&arrays);
    match family {
        "tasks" => parse::<Tasks>(spec, &arrays).map(drop),
        "verifier" => parse::<Verifier>(spec, &arrays).map(drop),
        "policy" => parse::<Policy>(spec, &arrays).map(drop),
        "answers" => parse::<Answers>(spec, &arrays).map(drop),
        "cost" => parse::<Cost>(spec, &arrays).map(drop),
        "limit" => parse::<Limit>(spec, &arrays).map(drop),
        "utility" => parse::<Utility>(spec, &arrays).map(drop),
        "scenario" => parse::<SamplingScenario>(spec, &arrays).map(drop),
        "dist" => parse::<Dist>(spec, &arrays).map(drop),
        "law" => parse::<LawSpec>(spec, &arrays).map(drop),
        "law_parameters" => parse::<LawParameters>(spec, &arrays).map(drop),
        "compute_path" => parse::<ComputePath>(spec, &arrays).map(drop),
        "exhaustion" => parse::<ExhaustionScenario>(spec, &arrays).map(drop),
        "constraint" => parse::<ConstraintScenario>(spec, &arrays).map(drop),
        _ => Err(Error::argument("family", "one the core knows", family)),
    }
    .map_err(to_python)
}
