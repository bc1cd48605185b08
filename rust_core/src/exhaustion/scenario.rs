//! The exhaustion scenario: every input with its range, the options, and the checks that name what is wrong.

use serde::Deserialize;

use super::compute_path::ComputePath;
use super::copula::{Copula, Correlation};
use super::dist::Dist;
use super::kind::Kind;
use super::laws::LawSpec;
use super::laws::parameters::LawParameters;
use crate::error::{Error, Result, check_range, range};
use crate::math::ln;
use crate::spec::{Spec, Unused};

/// The first year a scenario may begin in, and at whose start levels may be given.
pub const FIRST_YEAR: i32 = 1990;
/// The year at whose start the caps on compute are given.
pub const CAP_YEAR: f64 = 2030.0;
/// The last year a scenario may reach.
pub const LAST_YEAR: i32 = 2224;
/// The most that a median may grow to by the horizon.
const LEVEL_MAX: f64 = 1e100;

macro_rules! inputs {
    ($($name:ident $variant:ident $scale:ident $low:literal $high:literal;)*) => {
        /// An input drawn once per draw. A further one stands last: its number is that of its random stream (`latents`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        #[allow(missing_docs)] // the settings document the inputs, under the same names
        pub enum Input { $($variant,)* }

        impl Input {
            /// Every input, in their order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
        }

        /// Every input: its name, whether the model reads its logarithm, and its range.
        pub const INPUTS: &[(&str, bool, f64, f64)] =
            &[$((stringify!($name), inputs!(@ $scale), $low, $high),)*];

        /// What the settings say (see the Python class of the same name for units and sources).
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs)] // as above
        pub struct ExhaustionScenario {
            pub kind: Kind,
            $($name: Dist,)*
            pub base_year: f64,
            pub years: Vec<i32>,
            pub correlations: Vec<Correlation>,
            pub law: LawSpec,
            pub law_parameters: LawParameters,
            pub collapse: Collapse,
            pub demand: Demand,
            pub compute_path: Option<ComputePath>,
            pub goodput: bool,
            pub smooth_caps: bool,
            pub monotone_compute: bool,
            pub endogenous_quality: bool,
            pub overtraining_from: f64,
            pub lost_threshold: f64,
        }

        impl ExhaustionScenario {
            /// The distributions in the order of `INPUTS`.
            pub fn dists(&self) -> Vec<&Dist> {
                vec![$(&self.$name,)*]
            }

            fn dists_mut(&mut self) -> Vec<&mut Dist> {
                vec![$(&mut self.$name,)*]
            }

            /// The distribution of an input by its name.
            pub fn input_mut(&mut self, name: &str) -> Option<&mut Dist> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }
        }
    };
    (@ log) => { true };
    (@ linear) => { false };
}

inputs! {
    text_stock TextStock linear 0.0 1e30;
    stock_growth StockGrowth log 1e-2 1e2;
    usable_fraction UsableFraction linear 0.0 1.0;
    access_loss AccessLoss linear 0.0 10.0;
    images Images linear 0.0 1e30;
    video_seconds VideoSeconds linear 0.0 1e30;
    audio_seconds AudioSeconds linear 0.0 1e30;
    tokens_per_image_or_second TokensPerImageOrSecond linear 0.0 1e9;
    tokens_per_audio_second TokensPerAudioSecond linear 0.0 1e9;
    multimodal_transfer MultimodalTransfer linear 0.0 1e3;
    private_stock PrivateStock linear 0.0 1e30;
    private_share PrivateShare linear 0.0 1.0;
    synthetic_multiplier SyntheticMultiplier linear 1.0 1e12;
    synthetic_generations SyntheticGenerations linear 0.0 1e6;
    repetition_data RepetitionData linear 1e-3 1e15;
    repetition_params RepetitionParams linear 1e-3 1e15;
    compute Compute log 1.0 1e60;
    compute_growth ComputeGrowth log 1e-2 1e3;
    power_cap PowerCap log 1.0 1e90;
    chip_cap ChipCap log 1.0 1e90;
    latency_cap LatencyCap log 1.0 1e90;
    power_cap_growth PowerCapGrowth log 1e-2 1e3;
    chip_cap_growth ChipCapGrowth log 1e-2 1e3;
    latency_cap_growth LatencyCapGrowth log 1e-2 1e3;
    nodes Nodes log 1.0 1e12;
    node_growth NodeGrowth log 1e-2 1e3;
    failures_per_node_day FailuresPerNodeDay linear 0.0 1e3;
    checkpoint_seconds CheckpointSeconds linear 1e-3 1e7;
    restart_seconds RestartSeconds linear 0.0 1e7;
    algorithmic_halving_months AlgorithmicHalvingMonths linear 0.1 1e12;
    algorithmic_slowdown_years AlgorithmicSlowdownYears linear 0.1 1e12;
    data_share DataShare linear 0.0 1.0;
    overtraining Overtraining log 1e-3 1e6;
    multi_epoch_multiplier MultiEpochMultiplier log 1.0 1e6;
    trend_dataset TrendDataset log 1.0 1e30;
    trend_growth TrendGrowth log 1e-2 1e3;
    trend_weight TrendWeight linear 0.0 1.0;
    quality_compute QualityCompute log 1.0 1e90;
    quality_power QualityPower linear 0.0 10.0;
    inference_tokens InferenceTokens log 1.0 1e30;
    profit_income ProfitIncome log 1.0 1e30;
    profit_loss_elasticity ProfitLossElasticity linear 0.01 100.0;
    profit_price_elasticity ProfitPriceElasticity linear 1.01 100.0;
}

/// What training on synthetic data does over generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collapse {
    /// Nothing.
    None,
    /// Generations accumulate: the gain shrinks by the sum of 1 / i^2.
    Accumulate,
    /// Each generation replaces the last: the gain shrinks by their number.
    Replace,
}

/// How many tokens a run asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// The compute-optimal number of the law.
    ComputeOptimal,
    /// Twenty tokens per parameter.
    TwentyPerParameter,
    /// The number that makes training to the frontier's loss and serving cheapest together.
    InferenceAtLoss,
    /// The same at a loss that the training budget reaches.
    InferenceAtBudget,
    /// The number that maximises profit.
    Profit,
}

impl ExhaustionScenario {
    /// Whether some draw may follow the trend of datasets.
    pub fn may_follow_trend(&self) -> bool {
        !matches!(self.trend_weight, Dist::Constant { value } if value == 0.0)
    }

    /// The factor of the correlations.
    pub fn copula(&self) -> Result<Copula> {
        let names: Vec<&str> = INPUTS.iter().map(|&(name, ..)| name).collect();
        Copula::new(&names, &self.dists(), &self.correlations)
    }
}

impl Spec for ExhaustionScenario {
    fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        self.law_parameters.resolve(arrays)?;
        self.dists_mut().into_iter().try_for_each(|dist| dist.resolve(arrays))
    }

    fn check(&self) -> Result<()> {
        for (dist, &(name, _, low, high)) in self.dists().into_iter().zip(INPUTS) {
            dist.check().map_err(|e| Error::Value(format!("{name}: {e}")))?;
            check_support(name, dist, low, high)?;
        }
        self.check_years()?;
        if let Some(path) = &self.compute_path {
            path.check()?;
            // What failures cost is relative to the base year.
            let first = f64::from(self.years[0]);
            let first = if self.goodput { first.min(self.base_year) } else { first };
            path.check_cover(first, f64::from(self.years[self.years.len() - 1]))?;
        }
        self.check_levels()?;
        self.law.check().map_err(|e| Error::Value(format!("law: {e}")))?;
        self.law_parameters.check()?;
        self.check_demand()?;
        check_range("overtraining_from", &[self.overtraining_from], 0.0, 1e4)?;
        check_range("lost_threshold", &[self.lost_threshold], 0.0, 100.0)?;
        self.copula().map(|_| ())
    }

    fn unused(&self) -> Vec<Unused> {
        self.unused_settings()
    }
}

impl ExhaustionScenario {
    fn check_years(&self) -> Result<()> {
        check_range("base_year", &[self.base_year], FIRST_YEAR.into(), LAST_YEAR.into())?;
        let expected = format!("rising, from {FIRST_YEAR} at the earliest to at most {LAST_YEAR}");
        let (Some(&first), Some(&last)) = (self.years.first(), self.years.last()) else {
            return Err(Error::argument("years", expected + " (the horizon is not before the start)", "no year"));
        };
        if first < FIRST_YEAR || last > LAST_YEAR {
            return Err(Error::argument("years", expected, format!("{first} to {last}")));
        }
        match self.years.windows(2).find(|pair| pair[1] <= pair[0]) {
            Some(pair) => Err(Error::argument("years", expected, format!("{} after {}", pair[1], pair[0]))),
            None => Ok(()),
        }
    }

    /// Serving and selling have formulas for the power laws alone.
    fn check_demand(&self) -> Result<()> {
        let by_power_law = match self.demand {
            Demand::ComputeOptimal | Demand::TwentyPerParameter => return Ok(()),
            Demand::InferenceAtLoss => "'inference_at_loss'",
            Demand::InferenceAtBudget => "'inference_at_budget'",
            Demand::Profit => "'profit'",
        };
        if !self.law.is_power_law() {
            let expected = "'compute_optimal' or 'twenty_per_parameter' under a bounded law";
            return Err(Error::argument("demand", expected, by_power_law));
        }
        Ok(())
    }

    /// A median that grows past every meaning is a mistake in the growth that takes it there.
    fn check_levels(&self) -> Result<()> {
        let dists = self.dists();
        let median = |input: Input| {
            let (_, _, low, high) = INPUTS[input as usize];
            let mut z = [0.0];
            super::marginal::Marginal::new(dists[input as usize], false, low, high).apply(&mut z);
            z[0]
        };
        let (first, last) = (f64::from(self.years[0]), f64::from(self.years[self.years.len() - 1]));
        let (t, back) = (last - self.base_year, first - self.base_year);
        let after = |level: Input, growth: Input, years: f64| ln(median(level).max(1.0)) + years * ln(median(growth));
        let least_cap = [
            (Input::PowerCap, Input::PowerCapGrowth),
            (Input::ChipCap, Input::ChipCapGrowth),
            (Input::LatencyCap, Input::LatencyCapGrowth),
        ]
        .into_iter()
        .map(|(cap, growth)| after(cap, growth, last - CAP_YEAR))
        .fold(f64::INFINITY, f64::min);
        let of_path = self.compute_path.as_ref().map_or(0.0, |path| path.ln_compute(last, 0.0));
        if of_path.min(least_cap) > ln(LEVEL_MAX) {
            let expected = format!("below {LEVEL_MAX:e} FLOP in {last}, or caps that are");
            let orders = of_path / std::f64::consts::LN_10;
            return Err(Error::argument("compute_path", expected, format!("1e{orders:.0}")));
        }
        let pairs = [
            (Input::Compute, Input::ComputeGrowth, least_cap),
            (Input::TextStock, Input::StockGrowth, f64::INFINITY),
            (Input::TrendDataset, Input::TrendGrowth, f64::INFINITY),
        ];
        for (level, growth, cap) in pairs {
            let name = INPUTS[level as usize].0;
            let (expected, most) = if after(level, growth, t) >= after(level, growth, back.min(0.0)) {
                (format!("small enough that {name} stays below {LEVEL_MAX:e} for {t} years"), t)
            } else {
                (format!("large enough that {name} was below {LEVEL_MAX:e} {} years before", -back), back)
            };
            if self.uses(growth) && after(level, growth, most).min(cap) > ln(LEVEL_MAX) {
                return Err(Error::argument(INPUTS[growth as usize].0, expected, median(growth)));
            }
        }
        Ok(())
    }
}

/// The numbers that a distribution states outright must be legal; draws beyond the range are moved to its ends.
pub(super) fn check_support(name: &str, dist: &Dist, low: f64, high: f64) -> Result<()> {
    let bad = dist.stated().into_iter().find(|&x| !(x >= low && x <= high));
    bad.map_or(Ok(()), |x| Err(Error::argument(name, range(low, high), x)))
}
