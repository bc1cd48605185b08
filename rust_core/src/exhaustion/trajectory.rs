//! What the yearly model reports, and what of it a scenario uses.

use super::compute::ComputeOptions;
use super::laws::LawSpec;
use super::scenario::{Collapse, Demand, ExhaustionScenario, Input};

/// The yearly variables: name and unit.
pub const VARIABLES: [(&str, &str); 12] = [
    ("compute", "FLOP"),
    ("demand", "tokens"),
    ("unique_tokens", "tokens"),
    ("effective_stock", "tokens"),
    ("parameters", "parameters"),
    ("tokens", "tokens"),
    ("epochs", "epochs"),
    ("loss_unconstrained", "nats/token"),
    ("loss", "nats/token"),
    ("excess_loss", "nats/token"),
    ("lost_compute", "OOM"),
    ("marginal_value", "nats/token"),
];
/// The definitions of running out.
pub const DEFINITIONS: [&str; 3] = ["effective_stock", "unique_tokens", "half_compute"];
/// The years whose probabilities stand in the frame of the years of running out.
pub const BY_YEARS: [i32; 2] = [2030, 2035];
/// Logarithms of reported quantities are cut here.
pub const LN_MAX: f64 = 345.0;

/// What of the yearly model a scenario uses.
#[derive(Debug, Clone)]
pub struct Options {
    /// The compute model.
    pub compute: ComputeOptions,
    /// The demand model.
    pub demand: Demand,
    /// Draws may follow the trend of datasets.
    pub trend: bool,
    /// Model collapse.
    pub collapse: Collapse,
    /// The filter loosens as compute grows.
    pub endogenous_quality: bool,
    /// The year from which runs are overtrained.
    pub overtraining_from: f64,
    /// Orders of magnitude of lost compute that count as running out.
    pub lost_threshold: f64,
    /// The laws and the upper ends of their shares of a uniform number.
    pub laws: Vec<(LawSpec, f64)>,
    /// Whether some draw reads an input, in the order of the inputs.
    pub used: Vec<bool>,
    /// The year at which levels are given.
    pub base_year: f64,
    /// Years of the projection.
    pub years: Vec<i32>,
    /// Years by which draws are counted.
    pub counted: Vec<i32>,
}

/// The years by which draws are counted: those of the projection, and of [`BY_YEARS`] those between them.
pub fn counted_years(years: &[i32]) -> Vec<i32> {
    let (first, last) = (years[0], years[years.len() - 1]);
    let between = BY_YEARS.into_iter().filter(|year| (first..=last).contains(year) && !years.contains(year));
    let mut all: Vec<i32> = years.iter().copied().chain(between).collect();
    all.sort_unstable();
    all
}

impl Options {
    /// The options of a checked scenario.
    pub fn new(scenario: &ExhaustionScenario) -> Self {
        let parts = scenario.law.parts();
        let total: f64 = parts.iter().map(|(_, weight)| weight).sum();
        let mut end = 0.0;
        let laws = parts.into_iter().map(|(law, weight)| {
            end += weight / total;
            (law.clone(), end)
        });
        Self {
            compute: ComputeOptions::new(scenario),
            demand: scenario.demand,
            trend: scenario.may_follow_trend(),
            collapse: scenario.collapse,
            endogenous_quality: scenario.endogenous_quality,
            overtraining_from: scenario.overtraining_from,
            lost_threshold: scenario.lost_threshold,
            laws: laws.collect(),
            used: Input::ALL.iter().map(|&input| scenario.uses(input)).collect(),
            base_year: scenario.base_year,
            years: scenario.years.clone(),
            counted: counted_years(&scenario.years),
        }
    }

    /// Whether the law takes everything from the draws.
    pub fn law_is_drawn(&self) -> bool {
        matches!(self.laws.as_slice(), [(law, _)] if law.is_drawn())
    }

    /// The law of a draw, by its uniform number.
    pub fn law(&self, u: f64) -> &LawSpec {
        let (last, others) = self.laws.split_last().expect("a scenario has a law");
        &others.iter().find(|(_, end)| u < *end).unwrap_or(last).0
    }
}
