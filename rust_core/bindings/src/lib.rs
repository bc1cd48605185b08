//! The Python module `limitlaw._core`.

#![allow(clippy::needless_pass_by_value, reason = "PyO3 hands over what it extracted by value")]
#![allow(clippy::too_many_arguments, reason = "arguments that are keywords in Python")]

mod api;
mod clusters;
mod columns;
mod constraint;
mod drawn;
mod error;
mod exhaustion;
mod fit;
mod formulas;
mod growth;
mod inverse;
mod optimum;
mod paired;
mod run;
mod sampling;
mod scaling;
mod stream;
mod sweep;
mod tallies;

use pyo3::prelude::*;

/// The compiled core of limitlaw.
#[pymodule]
mod _core {
    use pyo3::prelude::*;
    use pyo3::types::IntoPyDict;

    #[pymodule_export]
    use super::api::{capped_path, check};
    #[pymodule_export]
    use super::clusters::{resampled_means, sample_copies, sample_sizes};
    #[pymodule_export]
    use super::constraint::simulate_constraint;
    #[pymodule_export]
    use super::drawn::{drawn_rates, drawn_utilities};
    #[pymodule_export]
    use super::error::NoClosedFormError;
    #[pymodule_export]
    use super::exhaustion::{
        dist_probabilities, dist_quantiles, force_vector_width, law_losses, law_optima, priors_in_use, quantile_rank,
        share_errors, simulate_exhaustion,
    };
    #[pymodule_export]
    use super::fit::{
        beta_binomial_likelihood, error_rate_draws, fit_beta_binomial, forecast, mean_limit, pass_rates, task_rates,
    };
    #[pymodule_export]
    use super::formulas::{closed_form, elementary, products, singular_values};
    #[pymodule_export]
    use super::growth::{fit_growth, runs_among_largest};
    #[pymodule_export]
    use super::inverse::law_inverse;
    #[pymodule_export]
    use super::optimum::{ceiling_ends, ceilings_sampling, operating_points, optima_sampling};
    #[pymodule_export]
    use super::paired::{paired_differences, task_pass_rates};
    #[pymodule_export]
    use super::sampling::{
        accuracies_sampling, compare_sampling, never_wrong, resampled_ends, resampled_utilities, short_tasks,
        simulate_sampling, solve_sampling,
    };
    #[pymodule_export]
    use super::scaling::{fit_scaling_law, scaling_coefficients, scaling_gradients};
    #[pymodule_export]
    use super::stream::{stream_words, variates};
    #[pymodule_export]
    use super::sweep::{sequence_interval, sweep_points};
    #[pymodule_export]
    use super::tallies::{estimate_sampling, tally_sampling};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("STREAM_VERSION", limitlaw_core::rng::STREAM_VERSION)?;
        module.add("CORE_DIGEST", limitlaw_core::DIGEST)?;
        module.add("MAX_TRIALS", super::run::max_trials())?;
        module.add("EXHAUSTION_RANGES", super::exhaustion::ranges())?;
        module.add("EXHAUSTION_VARIABLES", super::exhaustion::variables())?;
        module.add("EXHAUSTION_DERIVED", super::exhaustion::derived_names())?;
        module.add("EXHAUSTION_DEFINITIONS", super::exhaustion::definitions())?;
        module.add("EXHAUSTION_FRAMES", super::exhaustion::frames().to_vec())?;
        module.add("SAMPLING_COLUMNS", limitlaw_core::sampling::record::columns::column_names())?;
        module.add("SAMPLING_METRICS", limitlaw_core::sampling::record::metrics::names().into_py_dict(module.py())?)?;
        module.add("SAMPLING_RATIOS", limitlaw_core::sampling::record::metrics::ratios().into_py_dict(module.py())?)?;
        module.add("SAMPLING_TARGETS", limitlaw_core::sampling::record::metrics::bounded())?;
        module.add("CONSTRAINT_QUANTITIES", super::constraint::quantities())?;
        module.add("CONSTRAINT_FRAMES", super::constraint::frames().to_vec())?;
        module.add("CONSTRAINTS", super::constraint::constraints())?;
        module.add("DEBUG_BUILD", cfg!(debug_assertions))
    }
}
