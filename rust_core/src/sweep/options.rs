//! What a sweep is told to do with every point, whatever its kind.

use serde::Deserialize;

use super::sequence::{interval, resolution};
use crate::error::{Error, Result, quoted};
use crate::rng::Key;

/// What to do with every point.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Which frame of the result; `None` where a result is one frame.
    pub frame: Option<String>,
    /// The result columns, by name.
    pub columns: Vec<String>,
    /// How to simulate; `None` solves.
    pub simulate: Option<Simulate>,
}

/// How to simulate a point.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulate {
    /// Trials; with a target, those of the first stage.
    pub trials: u64,
    /// The key of the seed.
    pub key: Key,
    /// The number of the independent repetition, below 2^16.
    pub replicate: u64,
    /// How numbers are drawn: `philox` or `sobol`.
    pub sampler: String,
    /// Whether each point has random numbers of its own, instead of the same for all.
    pub independent: bool,
    /// The index in the whole grid of the first point of the axes given.
    pub offset: u64,
    /// When a point is precise enough.
    pub target: Option<Target>,
}

/// When a point is precise enough.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Standard errors to reach, by metric.
    pub standard_errors: Vec<(String, f64)>,
    /// The most trials of one point.
    pub max_trials: u64,
    /// The confidence of the time-uniform intervals.
    pub confidence: f64,
}

impl Options {
    /// Reads the options.
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|e| Error::Value(format!("options: {e}")))
    }

    /// The frame that is asked for, among those known by name.
    pub fn frame<F: Copy>(&self, known: &[(&str, F)]) -> Result<F> {
        let asked = self.frame.as_deref().unwrap_or_default();
        known.iter().find(|(name, _)| *name == asked).map(|&(_, frame)| frame).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|&(name, _)| name).collect();
            Error::argument("frame", format!("among {}", names.join(", ")), quoted(asked))
        })
    }

    /// How to simulate, for kinds that have no closed form.
    pub fn only_simulate(&self, kind: &str) -> Result<&Simulate> {
        self.simulate.as_ref().ok_or_else(|| {
            let expected = format!("'simulate' for {kind} scenarios, which have no closed form");
            Error::argument("method", expected, "'solve'")
        })
    }

    /// The indices of names among the known ones.
    pub fn indices(argument: &str, names: &[String], known: &[String]) -> Result<Vec<usize>> {
        names
            .iter()
            .map(|name| {
                let at = known.iter().position(|k| k == name);
                at.ok_or_else(|| Error::argument(argument, format!("among {}", known.join(", ")), quoted(name)))
            })
            .collect()
    }
}

impl Simulate {
    /// The replicate word of a stage: point (where points are independent), stage and replicate side by side, so that
    /// no two draws of a sweep share their random numbers, and `simulate(replicate=...)` repeats any of them.
    pub fn replicate(&self, index: u64, stage: u64) -> u64 {
        let point = if self.independent { self.offset + index } else { 0 };
        (point << 24) | (stage << 16) | self.replicate
    }

    /// Trials of the next stage, as many as were done: `None` where the target is reached or its trials are spent.
    pub fn more(&self, done: u64, reached: bool) -> Option<u64> {
        let target = self.target.as_ref()?;
        (!reached && done < target.max_trials).then(|| done.min(target.max_trials - done))
    }
}

/// Whether the share of `count` independent values is as precise as asked. One without a value waits for nothing.
pub fn share_is_precise(share: f64, standard_error: f64, count: f64, target: f64) -> bool {
    share.is_nan() || resolution(standard_error, count) <= target
}

/// The ends of the time-uniform interval of a share of `count` independent values; NaN where there is none.
pub fn share_interval(share: f64, count: f64, confidence: f64) -> [f64; 2] {
    if share.is_nan() {
        return [f64::NAN; 2];
    }
    let (low, high) = interval(share * count, count, confidence);
    [low, high]
}
