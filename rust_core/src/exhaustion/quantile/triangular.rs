//! The triangular distribution: its quantile and its tails, each with the digits of the nearer end.

use crate::math::{expm1, log1p};
use crate::special::normal::normal_cdf;

/// The value at the probability of a standard normal number.
pub fn quantile(low: f64, mode: f64, high: f64, z: f64) -> f64 {
    if z > 0.0 {
        return -quantile(-high, -mode, -low, -z);
    }
    let below = normal_cdf(z) * (high - low);
    let past = below - (mode - low);
    if past < 0.0 {
        low + (below * (mode - low)).sqrt()
    } else {
        // (high - mode) (1 - sqrt(1 - s)) above the mode.
        mode - (high - mode) * expm1(0.5 * log1p(-past / (high - mode)))
    }
}

/// `[P(X <= x), P(X > x)]`.
pub fn tails(low: f64, mode: f64, high: f64, x: f64) -> [f64; 2] {
    if x <= low || x >= high {
        return if x >= high { [1.0, 0.0] } else { [0.0, 1.0] };
    }
    let width = high - low;
    // The outer triangle beyond x, and what lies between x and the mode, on the side of `end`.
    let parts = |end: f64| {
        let (side, rest) = ((end - mode).abs(), (end - x).abs());
        let beyond = rest / width * (rest / side);
        (beyond, (x - mode).abs() / width * ((side + rest) / side))
    };
    if x < mode {
        let (below, between) = parts(low);
        [below, (high - mode) / width + between]
    } else {
        let (above, between) = parts(high);
        [(mode - low) / width + between, above]
    }
}
