//! The quantile of a mixture, by the distribution functions of its parts.

use super::Shape;
use crate::special::normal::normal_cdf;

/// The least number at which the weighted sum of the parts' distribution functions reaches the probability of z.
///
/// It lies between the least and the greatest quantile of the parts. The order of doubles is that of their bits, so that
/// halving the bits between the two ends, at most 64 times, finds it to the last digit, jumps included.
pub fn quantile(parts: &[(Shape, f64)], z: f64) -> f64 {
    let ends = parts.iter().map(|(part, _)| part.quantile(z));
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    if low == high || !(low.is_finite() && high.is_finite()) {
        return high;
    }
    let goal = normal_cdf(-z.abs());
    let reached = |x: f64| {
        let tails = parts.iter().map(|(part, weight)| weight * part.tails(x)[usize::from(z > 0.0)]);
        let tail: f64 = tails.sum();
        if z > 0.0 { tail <= goal } else { tail >= goal }
    };
    let (mut low, mut high) = (order(low), order(high));
    if reached(of_order(low)) {
        return of_order(low);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if reached(of_order(middle)) { high = middle } else { low = middle }
    }
    of_order(high)
}

/// A whole number that rises with a double.
fn order(x: f64) -> i128 {
    let bits = i128::from(x.abs().to_bits());
    if x < 0.0 { -bits } else { bits }
}

fn of_order(order: i128) -> f64 {
    let size = f64::from_bits(u64::try_from(order.unsigned_abs()).expect("the bits of a double"));
    if order < 0 { -size } else { size }
}
