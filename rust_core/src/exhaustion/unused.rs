//! Settings without effect: which inputs and options no draw reads, and what would use them.

use super::copula::Correlation;
use super::dist::Dist;
use super::draws::{Columns, Draw, Sampler, Source};
use super::laws::scaling_law::Reads;
use super::marginal::Marginal;
use super::scenario::{CAP_YEAR, Collapse, Demand, ExhaustionScenario, INPUTS, Input};
use crate::dispatch::dispatch;
use crate::error::Result;
use crate::spec::Unused;

/// Draws of which the share is told that a cap holds below a path.
const PROBED: usize = 1024;
/// Months in which compute for a given loss halves, from which on there is no progress to speak of.
const NO_PROGRESS: f64 = 1e12;

impl ExhaustionScenario {
    /// Whether some draw reads an input; a constant that the law fixes is none, nor what is multiplied by 0.
    pub fn uses(&self, input: Input) -> bool {
        self.user_of(input).is_none()
    }

    /// Whether some draw reads the prior of the law's base.
    pub fn uses_law_parameters(&self) -> bool {
        self.law.reads().base
    }

    /// What would use an input; none where some draw does.
    fn user_of(&self, input: Input) -> Option<&'static str> {
        let is = |other: Input, value: f64| is_value(self.dists()[other as usize], value);
        let Reads { repetition_data, repetition_params, .. } = self.law.reads();
        let asks = |demand| self.demand == demand && !is(Input::TrendWeight, 1.0);
        let grows = self.years.iter().any(|&year| f64::from(year) != self.base_year);
        let no_media = is(Input::MultimodalTransfer, 0.0);
        let no_views = is(Input::TokensPerImageOrSecond, 0.0);
        let no_sounds = is(Input::TokensPerAudioSecond, 0.0);
        let nothing_to_view = is(Input::Images, 0.0) && is(Input::VideoSeconds, 0.0);
        let first = |reasons: &[(bool, &'static str)]| reasons.iter().find(|(idle, _)| *idle).map(|&(_, user)| user);
        let later = (!grows, "a year other than base_year");
        let transfer = (no_media, "a multimodal_transfer above 0");
        match input {
            Input::StockGrowth | Input::AccessLoss | Input::AlgorithmicHalvingMonths => first(&[later]),
            Input::Images | Input::VideoSeconds => {
                first(&[later, transfer, (no_views, "a tokens_per_image_or_second above 0")])
            }
            Input::AudioSeconds => first(&[later, transfer, (no_sounds, "a tokens_per_audio_second above 0")]),
            Input::TokensPerImageOrSecond => {
                first(&[later, transfer, (nothing_to_view, "images or video_seconds above 0")])
            }
            Input::TokensPerAudioSecond => {
                first(&[later, transfer, (is(Input::AudioSeconds, 0.0), "audio_seconds above 0")])
            }
            Input::MultimodalTransfer => {
                let silent = is(Input::AudioSeconds, 0.0) || no_sounds;
                first(&[later, ((nothing_to_view || no_views) && silent, "other media than text")])
            }
            Input::PrivateStock => first(&[(is(Input::PrivateShare, 0.0), "a private_share above 0")]),
            Input::PrivateShare => first(&[(is(Input::PrivateStock, 0.0), "a private_stock above 0")]),
            Input::SyntheticGenerations => first(&[
                (self.collapse == Collapse::None, "collapse='accumulate' or 'replace'"),
                (is(Input::SyntheticMultiplier, 1.0), "a synthetic_multiplier above 1"),
                later,
            ]),
            Input::RepetitionData => first(&[(!repetition_data, "Law.muennighoff() without one of its own")]),
            Input::RepetitionParams => first(&[(!repetition_params, "Law.muennighoff() without one of its own")]),
            Input::ComputeGrowth => first(&[(self.compute_path.is_some(), "a scenario without compute_path"), later]),
            Input::PowerCapGrowth | Input::ChipCapGrowth | Input::LatencyCapGrowth => {
                first(&[(self.years.iter().all(|&year| f64::from(year) == CAP_YEAR), "a year other than 2030")])
            }
            Input::FailuresPerNodeDay => first(&[(!self.goodput, "goodput=True"), later]),
            Input::Nodes | Input::NodeGrowth | Input::CheckpointSeconds | Input::RestartSeconds => first(&[
                (!self.goodput, "goodput=True"),
                (is(Input::FailuresPerNodeDay, 0.0), "failures_per_node_day above 0"),
                later,
            ]),
            Input::AlgorithmicSlowdownYears | Input::DataShare => {
                let none = is(Input::AlgorithmicHalvingMonths, NO_PROGRESS);
                first(&[later, (none, "algorithmic_halving_months below 1e12")])
            }
            Input::Overtraining => {
                let late = self.years.last().is_some_and(|&last| f64::from(last) < self.overtraining_from);
                first(&[(late, "an overtraining_from within the years")])
            }
            Input::TrendDataset => first(&[(!self.may_follow_trend(), "a trend_weight above 0")]),
            Input::TrendGrowth => first(&[(!self.may_follow_trend(), "a trend_weight above 0"), later]),
            Input::QualityCompute => first(&[
                (!self.endogenous_quality, "endogenous_quality=True"),
                (is(Input::QualityPower, 0.0), "a quality_power above 0"),
            ]),
            Input::QualityPower => first(&[(!self.endogenous_quality, "endogenous_quality=True")]),
            Input::InferenceTokens => {
                let serves = asks(Demand::InferenceAtLoss) || asks(Demand::InferenceAtBudget);
                first(&[(!serves, "demand='inference_at_loss' or 'inference_at_budget' with a trend_weight below 1")])
            }
            Input::ProfitIncome | Input::ProfitLossElasticity | Input::ProfitPriceElasticity => {
                first(&[(!asks(Demand::Profit), "demand='profit' with a trend_weight below 1")])
            }
            _ => None,
        }
    }

    /// Every setting that no draw reads, whether it was left at its default or not.
    pub fn unused_settings(&self) -> Vec<Unused> {
        let dists = self.dists();
        let mut found: Vec<Unused> = Input::ALL
            .iter()
            .filter_map(|&input| self.user_of(input).map(|user| Unused::new(INPUTS[input as usize].0, user)))
            .collect();
        let is = |input: Input, value: f64| is_value(dists[input as usize], value);
        let no_synthesis = is(Input::SyntheticMultiplier, 1.0);
        let options = [
            (self.compute_path.is_some(), "compute", "a scenario without compute_path"),
            (!self.uses_law_parameters(), "law_parameters", "Law.muennighoff() without a base of its own"),
            (self.collapse != Collapse::None && no_synthesis, "collapse", "a synthetic_multiplier above 1"),
            (is(Input::TrendWeight, 1.0), "demand", "a trend_weight below 1"),
            (is(Input::Overtraining, 1.0), "overtraining_from", "an overtraining other than 1"),
            (is(Input::UsableFraction, 1.0), "endogenous_quality", "a usable_fraction below 1"),
        ];
        found.extend(options.into_iter().filter(|(idle, ..)| *idle).map(|(_, name, user)| Unused::new(name, user)));
        let names: Vec<&str> = INPUTS.iter().map(|&(name, ..)| name).collect();
        let varies = |i: usize| {
            // On a path the number that compute would be drawn from is its place in the band.
            let on_path = Input::ALL[i] == Input::Compute && self.compute_path.is_some();
            on_path || !Marginal::new(dists[i], false, f64::NEG_INFINITY, f64::INFINITY).is_constant()
        };
        let user_of = |i: usize| {
            if varies(i) { self.user_of(Input::ALL[i]).map(str::to_owned) } else { Some(distribution_of(names[i])) }
        };
        found.extend(idle_correlations(&self.correlations, &names, user_of));
        found
    }

    /// The shares of draws in which each cap on compute (power, chips, latency) is the least limit and below the path of
    /// compute in some year of the projection.
    pub fn capped(&self) -> Result<[f64; 3]> {
        let Some(path) = &self.compute_path else { return Ok([0.0; 3]) };
        let sampler = Sampler::new(self)?;
        let mut columns = Columns::new(&sampler);
        columns.resize(PROBED);
        let source = Source::Philox { key: [0, 0], replicate: 0 };
        dispatch(Draw { sampler: &sampler, source, chunk: 0, columns: &mut columns });
        let caps = [
            (Input::PowerCap, Input::PowerCapGrowth),
            (Input::ChipCap, Input::ChipCapGrowth),
            (Input::LatencyCap, Input::LatencyCapGrowth),
        ];
        let mut counts = [0.0; 3];
        for draw in 0..PROBED {
            let mut binds = [false; 3];
            for &year in &self.years {
                let year = f64::from(year);
                let at =
                    caps.map(|(cap, growth)| columns.get(cap)[draw] + (year - CAP_YEAR) * columns.get(growth)[draw]);
                let least = usize::from(at[1] < at[0]);
                let least = if at[2] < at[least] { 2 } else { least };
                binds[least] |= at[least] < path.ln_compute(year, columns.get(Input::Compute)[draw]);
            }
            for (count, bound) in counts.iter_mut().zip(binds) {
                *count += f64::from(u8::from(bound)) / PROBED as f64;
            }
        }
        Ok(counts)
    }
}

/// What gives a correlation with a constant an effect.
pub(super) fn distribution_of(name: &str) -> String {
    format!("a distribution of {name}")
}

/// Correlations with an input that is a constant or that no draw reads: each has its user.
pub(super) fn idle_correlations(
    correlations: &[Correlation],
    names: &[&str],
    user_of: impl Fn(usize) -> Option<String>,
) -> Vec<Unused> {
    let idle = |name: &String| names.iter().position(|known| known == name).and_then(&user_of);
    let of = |(i, c): (usize, &Correlation)| {
        let user = idle(&c.first).or_else(|| idle(&c.second))?;
        Some(Unused { name: format!("correlations[{i}] ({}, {})", c.first, c.second), user })
    };
    correlations.iter().enumerate().filter_map(of).collect()
}

fn is_value(dist: &Dist, constant: f64) -> bool {
    matches!(dist, Dist::Constant { value } if *value == constant)
}
