//! The axes of a grid: which settings take which values, and the fixed order of the points.
//!
//! Axes of one group advance together; groups multiply, the last one varying fastest. A point is a number in mixed
//! radix: its digit in a group selects the values of that group's axes.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// One swept setting.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The dotted path of the setting: `verifier.false_positive_rate`, `policies.0.fallback`.
    pub path: String,
    /// The values it takes.
    pub values: Vec<Value>,
}

/// The axes of a grid, group by group.
#[derive(Debug, Clone)]
pub struct Axes {
    groups: Vec<Vec<Axis>>,
    /// How many points apart two neighbouring digits of each group are.
    strides: Vec<u64>,
    points: u64,
}

impl Axes {
    /// Reads groups of axes: `[[{"path": ..., "values": [...]}, ...], ...]`.
    pub fn parse(json: &str) -> Result<Self> {
        let groups: Vec<Vec<Axis>> = serde_json::from_str(json).map_err(|e| Error::Value(format!("axes: {e}")))?;
        let mut points = 1u64;
        let mut strides = vec![0; groups.len()];
        for (group, stride) in groups.iter().zip(&mut strides).rev() {
            let length = group.first().map_or(0, |axis| axis.values.len());
            if length == 0 {
                return Err(Error::argument("axes", "groups of axes with at least one value each", "an empty one"));
            }
            if let Some(other) = group.iter().find(|axis| axis.values.len() != length) {
                let expected = format!("as long as {} ({length} values)", group[0].path);
                return Err(Error::argument(&other.path, expected, format!("{} values", other.values.len())));
            }
            *stride = points;
            points = points
                .checked_mul(length as u64)
                .filter(|&p| p < 1 << 53)
                .ok_or_else(|| Error::argument("axes", "below 2**53 points", "more"))?;
        }
        Ok(Self { groups, strides, points })
    }

    /// The groups.
    pub fn groups(&self) -> &[Vec<Axis>] {
        &self.groups
    }

    /// The number of points.
    pub const fn points(&self) -> u64 {
        self.points
    }

    /// The digit of a point in a group.
    pub fn digit(&self, group: usize, point: u64) -> usize {
        (point / self.strides[group]) as usize % self.groups[group][0].values.len()
    }

    /// Checks that a range of points lies within the grid.
    pub fn check_range(&self, range: &Range<u64>) -> Result<()> {
        if range.start < range.end && range.end <= self.points {
            return Ok(());
        }
        let got = format!("{} to {}", range.start, range.end);
        Err(Error::argument("range", format!("of points within 0 to {}, not empty", self.points), got))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_run_through_the_product_and_the_last_group_is_fastest() {
        let json = r#"[[{"path":"a","values":[1,2]}],[{"path":"b","values":[1,2,3]},{"path":"c","values":[4,5,6]}]]"#;
        let axes = Axes::parse(json).expect("the text is well formed");
        let digits: Vec<_> = (0..axes.points()).map(|p| (axes.digit(0, p), axes.digit(1, p))).collect();
        assert_eq!(digits, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
        assert!(axes.check_range(&(0..6)).is_ok());
        assert!(axes.check_range(&(0..7)).is_err());
        assert!(axes.check_range(&(3..3)).is_err());
    }

    #[test]
    fn a_group_of_unequal_axes_is_refused() {
        let json = r#"[[{"path":"a","values":[1,2]},{"path":"b","values":[1]}]]"#;
        let error = Axes::parse(json).expect_err("lengths differ");
        assert_eq!(error.to_string(), "b must be as long as a (2 values), got 1 values");
    }
}
