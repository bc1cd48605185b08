//! The constraint scenario: a distribution for each input, rank correlations, the year, and the checks.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Inputs;
use crate::error::{Error, Result, quoted, range};
use crate::exhaustion::copula::Copula;
use crate::exhaustion::copula::Correlation;
use crate::exhaustion::dist::Dist;
use crate::exhaustion::scenario::check_support;
use crate::exhaustion::unused::{distribution_of, idle_correlations};
use crate::spec::{Spec, Unused};

/// The year at whose start levels are given and growth begins.
pub const BASE_YEAR: f64 = 2024.0;
/// The last year a scenario may ask about.
const LAST_YEAR: f64 = 2100.0;

/// What the settings say (see the Python class of the same name for units and sources).
#[derive(Debug, Clone, Deserialize)]
pub struct ConstraintScenario {
    kind: Kind,
    /// The year of the run.
    pub year: f64,
    /// Whether exchange between sites limits a distributed run.
    pub limit_bandwidth: bool,
    /// Rank correlations between inputs.
    pub correlations: Vec<Correlation>,
    /// A distribution per input.
    #[serde(flatten)]
    inputs: BTreeMap<String, Dist>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Constraint,
}

impl ConstraintScenario {
    /// The distributions in the order of [`Inputs::NAMES`].
    pub fn dists(&self) -> Vec<&Dist> {
        Inputs::NAMES.iter().map(|&name| &self.inputs[name]).collect()
    }

    /// The distribution of an input by its name.
    pub fn input_mut(&mut self, name: &str) -> Option<&mut Dist> {
        self.inputs.get_mut(name)
    }

    /// The factor of the correlations.
    pub fn copula(&self) -> Result<Copula> {
        Copula::new(Inputs::NAMES, &self.dists(), &self.correlations)
    }
}

impl Spec for ConstraintScenario {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        self.inputs.values_mut().try_for_each(|dist| dist.resolve(arrays))
    }

    fn check(&self) -> Result<()> {
        let Kind::Constraint = self.kind;
        if let Some(unknown) = self.inputs.keys().find(|name| !Inputs::NAMES.contains(&name.as_str())) {
            return Err(Error::Value(format!("a constraint scenario has no field {}", quoted(unknown))));
        }
        for (&name, &(low, high)) in Inputs::NAMES.iter().zip(Inputs::RANGES) {
            let dist = self.inputs.get(name).ok_or_else(|| Error::argument(name, "given", "nothing"))?;
            dist.check().map_err(|e| Error::Value(format!("{name}: {e}")))?;
            check_support(name, dist, low, high)?;
            if let Dist::Empirical { rows: Some(_), .. } = dist {
                return Err(Error::argument(name, "drawn by itself (correlations tie inputs here)", "rows"));
            }
        }
        if !(self.year >= BASE_YEAR && self.year <= LAST_YEAR) {
            return Err(Error::argument("year", range(BASE_YEAR, LAST_YEAR), self.year));
        }
        self.copula().map(|_| ())
    }

    fn unused(&self) -> Vec<Unused> {
        let now = (self.year == BASE_YEAR).then_some("a year after 2024");
        let user_of = |i: usize| now.filter(|_| Inputs::NAMES[i].ends_with("_growth"));
        let mut found: Vec<Unused> = (0..Inputs::NAMES.len())
            .filter_map(|i| user_of(i).map(|user| Unused::new(Inputs::NAMES[i], user)))
            .collect();
        let constant = |i: usize| matches!(self.inputs[Inputs::NAMES[i]], Dist::Constant { .. });
        let partner = |i: usize| {
            if constant(i) { Some(distribution_of(Inputs::NAMES[i])) } else { user_of(i).map(str::to_owned) }
        };
        found.extend(idle_correlations(&self.correlations, Inputs::NAMES, partner));
        found
    }
}
