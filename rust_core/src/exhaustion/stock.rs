//! The stock of unique usable tokens: public text, other media, private data, access, quality, synthetic data.
//!
//! `U = gS^t {[S0 + r(y) om ((img + vid) tau + aud tau_a)] q e^(-lam t) M(y) + pp priv q}`, r(y) = clip((y - 2024) / 6, 0, 1),
//! `M(y) = 1 + f (syn - 1) / (1 + e^(-(y - 2027)))` with f what model collapse leaves of the gain.

use super::draws::Columns;
use super::lanes::{LANES, Lanes, each, lanes};
use super::scenario::{Collapse, Input};
use crate::math::{exp, ln, ln_inside};

/// The year from which other media are used.
const MEDIA_FROM: f64 = 2024.0;
/// Years until they are fully used.
const MEDIA_YEARS: f64 = 6.0;
/// The year in which synthetic data reach half their gain.
const SYNTHETIC_YEAR: f64 = 2027.0;
/// A stock is cut here.
const TOKENS_MAX: f64 = 1e150;

/// The inputs of the stock, for a block of draws.
#[derive(Debug, Clone)]
pub struct Stock {
    text: Lanes,
    media: Lanes,
    private: Lanes,
    quality: Lanes,
    /// What restrictions leave of public data: in a year, and so far.
    left: [Lanes; 2],
    synthetic: Lanes,
    generations: Lanes,
    /// The factor of growth: in a year, and so far.
    growth: [Lanes; 2],
    quality_compute: Lanes,
    quality_power: Lanes,
}

impl Stock {
    /// The inputs of the block that starts at a draw.
    #[inline(always)]
    pub fn new(columns: &Columns, first: usize) -> Self {
        let get = |input| lanes(columns.get(input), first);
        let images = get(Input::Images);
        let video = get(Input::VideoSeconds);
        let audio = get(Input::AudioSeconds);
        let per_image = get(Input::TokensPerImageOrSecond);
        let per_audio = get(Input::TokensPerAudioSecond);
        let transfer = get(Input::MultimodalTransfer);
        let (private, share) = (get(Input::PrivateStock), get(Input::PrivateShare));
        let (loss, synthetic, growth) =
            (get(Input::AccessLoss), get(Input::SyntheticMultiplier), get(Input::StockGrowth));
        Self {
            text: get(Input::TextStock),
            media: each(|i| transfer[i] * ((images[i] + video[i]) * per_image[i] + audio[i] * per_audio[i])),
            private: each(|i| private[i] * share[i]),
            quality: get(Input::UsableFraction),
            left: [each(|i| exp(-loss[i])), [1.0; LANES]],
            synthetic: each(|i| synthetic[i] - 1.0),
            generations: get(Input::SyntheticGenerations),
            growth: [each(|i| exp(growth[i])), [1.0; LANES]],
            quality_compute: get(Input::QualityCompute),
            quality_power: get(Input::QualityPower),
        }
    }

    /// Lets a year pass.
    #[inline(always)]
    pub fn pass_year(&mut self) {
        for i in 0..LANES {
            self.left[1][i] *= self.left[0][i];
            self.growth[1][i] *= self.growth[0][i];
        }
    }

    /// Lets any time pass, backwards too.
    pub fn pass(&mut self, years: f64) {
        for i in 0..LANES {
            self.left[1][i] *= exp(years * ln(self.left[0][i]));
            self.growth[1][i] *= exp(years * ln(self.growth[0][i]));
        }
    }

    /// The unique tokens of a year and their logarithm, at least one token.
    #[inline(always)]
    pub fn unique(
        &self,
        year: f64,
        t: f64,
        collapse: Collapse,
        endogenous: Option<&Lanes>,
        unique: &mut Lanes,
        ln_unique: &mut Lanes,
    ) {
        let ramp = ((year - MEDIA_FROM) / MEDIA_YEARS).clamp(0.0, 1.0);
        let logistic = 1.0 / (1.0 + exp(SYNTHETIC_YEAR - year));
        let mut quality = self.quality;
        if let Some(ln_c) = endogenous {
            for i in 0..LANES {
                quality[i] = loosened(quality[i], ln_c[i] - self.quality_compute[i], self.quality_power[i]);
            }
        }
        let mut gain = self.synthetic;
        if collapse != Collapse::None {
            for i in 0..LANES {
                gain[i] *= kept(collapse, self.generations[i], t);
            }
        }
        for i in 0..LANES {
            let public = (self.text[i] + ramp * self.media[i]) * self.left[1][i];
            let usable = quality[i] * (public * (1.0 + gain[i] * logistic) + self.private[i]) * self.growth[1][i];
            let tokens = if usable > 1.0 { usable } else { 1.0 };
            let tokens = if tokens < TOKENS_MAX { tokens } else { TOKENS_MAX };
            unique[i] = tokens;
        }
        for i in 0..LANES {
            ln_unique[i] = ln_inside(unique[i]);
        }
    }
}

/// The usable fraction when the filter loosens as compute grows: `1 - (1 - q) / (1 + (C / C_q)^p)`.
fn loosened(quality: f64, ln_ratio: f64, power: f64) -> f64 {
    1.0 - (1.0 - quality) / (1.0 + exp((power * ln_ratio).min(300.0)))
}

/// What model collapse leaves of the gain from synthetic data after the generations of t years (at least one).
pub fn kept(collapse: Collapse, per_year: f64, t: f64) -> f64 {
    let n = (per_year * t).floor().max(1.0);
    match collapse {
        Collapse::None => 1.0,
        Collapse::Replace => 1.0 / n,
        Collapse::Accumulate => 1.0 / inverse_squares(n),
    }
}

/// The sum of 1 / i^2 for i up to n; beyond 64 terms by Euler and Maclaurin (error below 1e-15).
fn inverse_squares(n: f64) -> f64 {
    if n <= 64.0 {
        return (1..=n as u32).map(|i| 1.0 / (f64::from(i) * f64::from(i))).sum();
    }
    let x = 1.0 / n;
    std::f64::consts::PI * std::f64::consts::PI / 6.0 - x * (1.0 - x * (0.5 - x * (1.0 / 6.0 - x * x / 30.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collapse_has_its_limits() {
        assert_eq!(kept(Collapse::None, 5.0, 100.0), 1.0);
        assert_eq!(kept(Collapse::Replace, 1.0, 10.0), 0.1);
        assert_eq!(kept(Collapse::Accumulate, 1.0, 1.0), 1.0);
        assert_eq!(kept(Collapse::Accumulate, 1.0, 2.0), 0.8);
        let limit = 6.0 / (std::f64::consts::PI * std::f64::consts::PI);
        assert!((kept(Collapse::Accumulate, 1e6, 200.0) - limit).abs() < 1e-8);
        let direct: f64 = (1..=1000).rev().map(|i| 1.0 / (f64::from(i) * f64::from(i))).sum();
        assert!((inverse_squares(1000.0) - direct).abs() < 2e-15);
    }

    #[test]
    fn quality_loosens_from_its_value_to_one() {
        assert!((loosened(0.2, -200.0, 1.0) - 0.2).abs() < 1e-15);
        assert!((loosened(0.2, 0.0, 1.0) - 0.6).abs() < 1e-15);
        assert_eq!(loosened(0.2, 1e4, 1.0), 1.0);
    }
}
