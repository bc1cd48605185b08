//! A published path of compute: its quantiles by year, and what they say of every year.

use serde::Deserialize;

use super::kind::Kind;
use crate::error::{Error, Result, check_range, number};
use crate::spec::Spec;
use crate::stats::Z_95;

/// A path of compute through published quantiles of log10 FLOP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputePath {
    /// Always `compute_path`.
    pub kind: Kind,
    /// Years of the quantiles.
    pub years: Vec<f64>,
    /// 2.5th percentiles.
    pub low: Vec<f64>,
    /// Medians.
    pub median: Vec<f64>,
    /// 97.5th percentiles.
    pub high: Vec<f64>,
    /// Orders of magnitude per year before the first year; none: there is no such year.
    pub growth_before: Option<f64>,
    /// The same after the last year.
    pub growth_after: Option<f64>,
}

impl Spec for ComputePath {
    fn check(&self) -> Result<()> {
        let (count, years) = (self.years.len(), &self.years);
        if count == 0 {
            return Err(Error::argument("years", "at least one year", "none"));
        }
        if let Some(i) = (1..count).find(|&i| years[i] <= years[i - 1]) {
            let expected = format!("above years[{}] ({})", i - 1, number(years[i - 1]));
            return Err(Error::argument(&format!("years[{i}]"), expected, years[i]));
        }
        let band = [("low", &self.low), ("median", &self.median), ("high", &self.high)];
        for (name, values) in band {
            if values.len() != count {
                let expected = format!("as long as years ({count})");
                return Err(Error::argument(name, expected, format!("{} values", values.len())));
            }
            if let Some(i) = values.iter().position(|x| !(0.0..=60.0).contains(x)) {
                return Err(Error::argument(&format!("{name}[{i}]"), "log10 FLOP in [0, 60]", values[i]));
            }
        }
        for [(name, lower), (above, upper)] in [[band[0], band[1]], [band[1], band[2]]] {
            if let Some(i) = (0..count).find(|&i| lower[i] > upper[i]) {
                let expected = format!("at most {above}[{i}] ({})", number(upper[i]));
                return Err(Error::argument(&format!("{name}[{i}]"), expected, lower[i]));
            }
        }
        let growths = [("growth_before", self.growth_before), ("growth_after", self.growth_after)];
        growths.iter().try_for_each(|&(name, growth)| check_range(name, growth.as_slice(), -3.0, 3.0))
    }
}

impl ComputePath {
    /// ln of compute in a year, at a standard normal number: each half of the band is a half of a lognormal, and
    /// years between are interpolated. NaN in a year that the path does not cover.
    pub fn ln_compute(&self, year: f64, z: f64) -> f64 {
        let at = |i: usize| {
            let width = if z < 0.0 { self.median[i] - self.low[i] } else { self.high[i] - self.median[i] };
            self.median[i] + z * width / Z_95
        };
        let last = self.years.len() - 1;
        let orders = if year < self.years[0] {
            at(0) - (self.years[0] - year) * self.growth_before.unwrap_or(f64::NAN)
        } else if let Some(i) = (0..last).find(|&i| year < self.years[i + 1]) {
            let weight = (year - self.years[i]) / (self.years[i + 1] - self.years[i]);
            at(i) + weight * (at(i + 1) - at(i))
        } else if year > self.years[last] {
            at(last) + (year - self.years[last]) * self.growth_after.unwrap_or(f64::NAN)
        } else {
            at(last)
        };
        orders * std::f64::consts::LN_10
    }

    /// Checks that the path says what compute is in every year between these.
    pub fn check_cover(&self, first: f64, last: f64) -> Result<()> {
        let (begins, ends) = (self.years[0], self.years[self.years.len() - 1]);
        if first < begins && self.growth_before.is_none() {
            let expected = format!("a path from {} on, or with growth_before", number(first));
            return Err(Error::argument("compute_path", expected, format!("one from {} on", number(begins))));
        }
        if last > ends && self.growth_after.is_none() {
            let expected = format!("a path to {}, or with growth_after", number(last));
            return Err(Error::argument("compute_path", expected, format!("one to {}", number(ends))));
        }
        Ok(())
    }
}
