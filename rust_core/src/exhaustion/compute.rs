//! The compute of the largest training run: its trend, the caps of power, chips and latency, and what failures cost.
//!
//! `C = min(C0 gC^t, caps grown from 2030) g(y) / g(base year)`, g the goodput at the best checkpoint interval.

use super::compute_path::ComputePath;
use super::draws::Columns;
use super::lanes::{LANES, Lanes, lanes};
use super::scenario::{CAP_YEAR, ExhaustionScenario, Input};
use crate::math::{exp, expm1, ln};

/// ln of the most compute that a draw may reach.
pub const LN_COMPUTE_MAX: f64 = 230.0;
/// The exponent of the smooth minimum.
const SMOOTH: f64 = 4.0;
const SECONDS_PER_DAY: f64 = 86_400.0;
/// ln of the most nodes: what is lost to failures stays finite.
const LN_NODES_MAX: f64 = 300.0;
/// Newton's steps to the best checkpoint interval; the error squares with each and starts below a sixth.
const NEWTON_STEPS: usize = 5;

/// The inputs of compute, for a block of draws.
#[derive(Debug, Clone)]
pub struct Compute {
    ln_start: Lanes,
    ln_growth: Lanes,
    ln_cap: [Lanes; 3],
    ln_cap_growth: [Lanes; 3],
    /// Standard normal number of the path through published quantiles.
    ln_nodes: Lanes,
    ln_node_growth: Lanes,
    failures: Lanes,
    checkpoint: Lanes,
    restart: Lanes,
    highest: Lanes,
    first: Lanes,
    first_goodput: Lanes,
}

/// What of the compute model a scenario uses.
#[derive(Debug, Clone)]
pub struct ComputeOptions {
    /// Failures cost time.
    pub goodput: bool,
    /// The smooth minimum of trend and caps.
    pub smooth: bool,
    /// Compute never falls.
    pub monotone: bool,
    /// The year at which levels are given.
    pub base_year: f64,
    /// A path through published quantiles in place of the trend.
    pub path: Option<ComputePath>,
}

impl ComputeOptions {
    /// The options of a scenario.
    pub fn new(scenario: &ExhaustionScenario) -> Self {
        Self {
            goodput: scenario.goodput,
            smooth: scenario.smooth_caps,
            monotone: scenario.monotone_compute,
            base_year: scenario.base_year,
            path: scenario.compute_path.clone(),
        }
    }
}

impl Compute {
    /// The inputs of the block that starts at a draw.
    #[inline(always)]
    pub fn new(columns: &Columns, first: usize, options: &ComputeOptions) -> Self {
        let get = |input| lanes(columns.get(input), first);
        let mut this = Self {
            ln_start: get(Input::Compute),
            ln_growth: get(Input::ComputeGrowth),
            ln_cap: [get(Input::PowerCap), get(Input::ChipCap), get(Input::LatencyCap)],
            ln_cap_growth: [get(Input::PowerCapGrowth), get(Input::ChipCapGrowth), get(Input::LatencyCapGrowth)],
            ln_nodes: get(Input::Nodes),
            ln_node_growth: get(Input::NodeGrowth),
            failures: get(Input::FailuresPerNodeDay),
            checkpoint: get(Input::CheckpointSeconds),
            restart: get(Input::RestartSeconds),
            highest: [f64::NEG_INFINITY; LANES],
            first: [0.0; LANES],
            first_goodput: [0.0; LANES],
        };
        if options.goodput {
            let plain = ComputeOptions { goodput: false, monotone: false, ..options.clone() };
            let mut ln_c = [0.0; LANES];
            this.ln_compute(options.base_year, 0.0, &plain, &mut ln_c);
            this.first = ln_c;
            for i in 0..LANES {
                this.first_goodput[i] = this.ln_goodput(i, 0.0, ln_c[i]);
            }
        }
        this
    }

    /// ln of the compute of a year.
    #[inline(always)]
    pub fn ln_compute(&mut self, year: f64, t: f64, options: &ComputeOptions, out: &mut Lanes) {
        let since_cap = year - CAP_YEAR;
        if let Some(path) = &options.path {
            for i in 0..LANES {
                // The level's own normal number places the draw within the published band.
                out[i] = path.ln_compute(year, self.ln_start[i]);
            }
        } else {
            for i in 0..LANES {
                out[i] = self.ln_start[i] + t * self.ln_growth[i];
            }
        }
        if options.smooth {
            for i in 0..LANES {
                let [a, b, c] = self.ln_caps(i, since_cap);
                let terms = [out[i], a, b, c];
                let least = terms.iter().fold(f64::INFINITY, |a, &b| a.min(b));
                let sum: f64 = terms.iter().map(|x| exp(-SMOOTH * (x - least))).sum();
                out[i] = least - ln(sum) / SMOOTH;
            }
        } else {
            for (ln_cap, growth) in self.ln_cap.iter().zip(&self.ln_cap_growth) {
                for i in 0..LANES {
                    let cap = ln_cap[i] + since_cap * growth[i];
                    out[i] = if cap < out[i] { cap } else { out[i] };
                }
            }
        }
        if options.goodput {
            for i in 0..LANES {
                out[i] += self.ln_goodput(i, t, out[i]) - self.first_goodput[i];
            }
        }
        if options.monotone {
            for i in 0..LANES {
                self.highest[i] = if out[i] > self.highest[i] { out[i] } else { self.highest[i] };
                out[i] = self.highest[i];
            }
        }
        for x in out {
            let least = if *x < 0.0 { 0.0 } else { *x };
            *x = if least > LN_COMPUTE_MAX { LN_COMPUTE_MAX } else { least };
        }
    }

    /// ln of the caps of power, chips and latency on draw i.
    #[inline(always)]
    fn ln_caps(&self, i: usize, since_cap: f64) -> [f64; 3] {
        std::array::from_fn(|j| self.ln_cap[j][i] + since_cap * self.ln_cap_growth[j][i])
    }

    /// ln goodput of draw i at this compute: nodes grow with compute per compute-per-node.
    fn ln_goodput(&self, i: usize, t: f64, ln_c: f64) -> f64 {
        let ln_nodes = self.ln_nodes[i] + (ln_c - self.first[i]) - t * self.ln_node_growth[i];
        let per_second = exp(ln_nodes.clamp(0.0, LN_NODES_MAX)) * self.failures[i] / SECONDS_PER_DAY;
        ln_goodput(per_second, self.checkpoint[i], self.restart[i])
    }
}

/// ln of the share of time that trains, with failures at a rate 1/M, checkpoints of delta seconds, restarts of R seconds.
///
/// That share is `tau / (M e^(R/M) (e^((tau+delta)/M) - 1))` with saves every tau, most at `tau/M = 1 -
/// e^(-(tau+delta)/M)`. With `h = (tau+delta)/M` it is then `e^(-h - R/M)`, and h the root of `h + e^-h - 1 = delta/M`:
/// the left side is convex and rises from 0, so Newton's steps from above fall onto the root, and
/// `delta/M + sqrt(2 delta/M)` is above it. `delta/M h'(delta/M)` rises in `delta/M`, so wherever a run fails more often
/// than that of the base year, more failures, longer saves and longer restarts all leave less of it.
pub fn ln_goodput(failures_per_second: f64, checkpoint: f64, restart: f64) -> f64 {
    let save = checkpoint * failures_per_second;
    let mut h = save + (2.0 * save).sqrt();
    if h > 0.0 {
        for _ in 0..NEWTON_STEPS {
            let lost = expm1(-h);
            h -= (h + lost - save) / -lost;
        }
    }
    -h - restart * failures_per_second
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goodput_has_its_published_value_and_limits() {
        let mean = 3.09 * 3600.0;
        assert!((exp(ln_goodput(1.0 / mean, 60.0, 600.0)) - 0.852_46).abs() < 5e-6);
        assert_eq!(ln_goodput(0.0, 60.0, 600.0), 0.0);
        assert!(ln_goodput(1e-9, 1e-3, 0.0).abs() < 1e-5);
        assert!((ln_goodput(1e6, 60.0, 600.0) / -660e6 - 1.0).abs() < 1e-8);
    }

    #[test]
    fn goodput_is_the_most_that_any_interval_gives() {
        for i in 0..60 {
            let rate = exp(-20.0 + 0.5 * f64::from(i));
            let best = ln_goodput(rate, 60.0, 600.0);
            let of = |x: f64| ln(x / expm1(x + 60.0 * rate)) - 600.0 * rate;
            // The root, h, is also (tau + delta) / M.
            let at = (-best - 600.0 * rate) - 60.0 * rate;
            if at < 600.0 && at > 1e-6 && 60.0 * rate < 600.0 {
                assert!((best - of(at)).abs() < 1e-8 * (1.0 - best), "{rate} {best} {}", of(at));
                assert!(best >= of(at * 1.01) && best >= of(at * 0.99), "{rate}");
            }
        }
    }
}
