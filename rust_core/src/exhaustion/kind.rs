//! What a setting of the exhaustion model is, as in its JSON.

use serde::Deserialize;

/// The word by which a setting's JSON says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A scenario.
    Exhaustion,
    /// A rank correlation.
    Correlation,
    /// A path of compute.
    ComputePath,
}
