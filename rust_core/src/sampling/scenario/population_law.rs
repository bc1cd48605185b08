//! Populations of which no task is known: laws that success rates are drawn from. All that is particular to one is here.

use serde::Deserialize;

use super::success_law::{SuccessLaw, scaled};
use crate::error::{Error, Result, check_range};
use crate::rng::Sequence;
use crate::spec::Values;
use crate::special::incomplete_beta::beta_quantile_of_score;
use crate::special::normal::{normal_quantile, normal_survival};
use crate::variates::beta;

/// The least and the largest parameter of a Beta population.
pub const BETA_RANGE: [f64; 2] = [1e-6, 1e9];

/// A law of success rates, alike for all tasks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PopulationLaw {
    /// Success rates drawn from Beta(alpha, beta), but 0 for a share of the tasks.
    Beta {
        /// The Beta parameters.
        alpha: f64,
        /// The Beta parameters.
        beta: f64,
        /// Tasks.
        count: f64,
        /// P(a task cannot be solved: its success rate is 0).
        unsolvable: f64,
        /// When the rates are drawn.
        redraw: Redraw,
    },
    /// Every task is of one of a few types.
    Mixture {
        /// Weights of the types, scaled to add to 1.
        type_weight: Values,
        /// P(one attempt is correct), per type.
        success: Values,
        /// Tasks.
        count: f64,
        /// When the types are drawn.
        redraw: Redraw,
    },
}

/// When the rates of a population are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redraw {
    /// Anew in every trial.
    Trial,
    /// Once: every trial and every replicate of a seed has the same tasks.
    Run,
}

impl PopulationLaw {
    /// The number of tasks, which is checked elsewhere.
    pub const fn count(&self) -> f64 {
        match self {
            Self::Beta { count, .. } | Self::Mixture { count, .. } => *count,
        }
    }

    /// When the rates are drawn.
    pub const fn redraw(&self) -> Redraw {
        match self {
            Self::Beta { redraw, .. } | Self::Mixture { redraw, .. } => *redraw,
        }
    }

    /// The columns that may stand beside the JSON.
    pub fn values(&mut self) -> Vec<&mut Values> {
        match self {
            Self::Beta { .. } => Vec::new(),
            Self::Mixture { type_weight, success, .. } => vec![type_weight, success],
        }
    }

    /// Checks the parameters.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Beta { alpha, beta, unsolvable, .. } => {
                let [least, most] = BETA_RANGE;
                check_range("alpha", &[*alpha], least, most)?;
                check_range("beta", &[*beta], least, most)?;
                check_range("unsolvable", &[*unsolvable], 0.0, 1.0)
            }
            Self::Mixture { type_weight, success, .. } => {
                if type_weight.as_slice().is_empty() {
                    return Err(Error::argument("weight", "one number or more", "none"));
                }
                type_weight.check_range("weight", 0.0, 1e100)?;
                if !type_weight.as_slice().iter().any(|&w| w > 0.0) {
                    return Err(Error::argument("weight", "positive for at least one type", "zeros"));
                }
                success.check_length("success", type_weight.as_slice().len(), "weight")?;
                success.check_range("success", 0.0, 1.0)
            }
        }
    }

    /// The law of a success rate as the exact side takes it: points and Beta laws. One that is neither gives the points of
    /// a quadrature.
    pub fn law(&self) -> SuccessLaw {
        match self {
            Self::Beta { alpha, beta, unsolvable, .. } => {
                SuccessLaw { points: vec![(*unsolvable, 0.0)], betas: vec![(1.0 - unsolvable, [*alpha, *beta])] }
            }
            Self::Mixture { type_weight, success, .. } => {
                let weight = scaled(type_weight.as_slice());
                let points = weight.into_iter().zip(success.as_slice().iter().copied()).collect();
                SuccessLaw { points, betas: Vec::new() }
            }
        }
    }

    /// What its draws need.
    pub fn draws(&self) -> PopulationDraws {
        match self {
            Self::Beta { alpha, beta, unsolvable, .. } => {
                PopulationDraws::Beta { parameters: [*alpha, *beta], unsolvable: *unsolvable }
            }
            Self::Mixture { type_weight, success, .. } => {
                let weight = scaled(type_weight.as_slice());
                let mut types: Vec<(f64, f64)> = weight.into_iter().zip(success.as_slice().iter().copied()).collect();
                types.sort_by(|a, b| a.1.total_cmp(&b.1));
                let mut below = 0.0;
                for (weight, _) in &mut types {
                    below += *weight;
                    *weight = below;
                }
                PopulationDraws::Types(types)
            }
        }
    }
}

/// How success rates are drawn.
#[derive(Debug)]
pub enum PopulationDraws {
    /// From Beta, but 0 with a probability.
    Beta {
        /// The Beta parameters.
        parameters: [f64; 2],
        /// P(the rate is 0).
        unsolvable: f64,
    },
    /// By ascending success rate: P(a type up to this one), success rate.
    Types(Vec<(f64, f64)>),
}

impl PopulationDraws {
    /// A success rate.
    pub fn draw(&self, random: &mut Sequence) -> f64 {
        match self {
            Self::Beta { parameters, unsolvable } => {
                if *unsolvable > 0.0 && random.open01() < *unsolvable {
                    return 0.0;
                }
                beta(*parameters, random)
            }
            Self::Types(types) => of_rank(types, random.open01()),
        }
    }

    /// The success rate at a normal score: it grows with the score, and has the same law where the score is normal.
    pub fn of_score(&self, score: f64) -> f64 {
        match self {
            Self::Beta { parameters: [alpha, beta], unsolvable } => {
                let (above, solvable) = (normal_survival(score), 1.0 - unsolvable);
                if above >= solvable {
                    return 0.0;
                }
                let within = if *unsolvable == 0.0 { score } else { -normal_quantile(above / solvable) };
                beta_quantile_of_score(*alpha, *beta, within)
            }
            Self::Types(types) => of_rank(types, normal_survival(-score)),
        }
    }
}

fn of_rank(types: &[(f64, f64)], rank: f64) -> f64 {
    types[types.partition_point(|t| t.0 <= rank).min(types.len() - 1)].1
}
