//! Differences of the derivative of ln Gamma, for gradients of beta-binomial likelihoods.

use libm::log1p;

/// From here on the asymptotic series is exact to 1e-17 relative to its leading term.
const ASYMPTOTIC: f64 = 10.0;

/// psi(x + step) - psi(x), for x > 0 and a whole step >= 0: the sum of 1/(x + i) over i < step.
pub fn digamma_rise(x: f64, step: f64) -> f64 {
    let direct = if x < ASYMPTOTIC { (ASYMPTOTIC - x).ceil() } else { 0.0 }.min(step);
    let mut sum = 0.0;
    for i in 0..direct as u64 {
        sum += 1.0 / (x + i as f64);
    }
    let (low, rest) = (x + direct, step - direct);
    if rest == 0.0 { sum } else { sum + log1p(rest / low) + (remainder(low + rest) - remainder(low)) }
}

/// psi(x) - ln x, for x >= 10 (Abramowitz and Stegun 6.3.18).
fn remainder(x: f64) -> f64 {
    const C: [f64; 7] =
        [-1.0 / 12.0, 1.0 / 120.0, -1.0 / 252.0, 1.0 / 240.0, -1.0 / 132.0, 691.0 / 32760.0, -1.0 / 12.0];
    let y = 1.0 / (x * x);
    C.iter().rev().fold(0.0, |sum, c| (sum + c) * y) - 0.5 / x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_its_plain_sum() {
        for x in [1e-3, 0.7, 9.9, 12.0, 1e5] {
            for step in [0_u32, 1, 7, 200] {
                let plain: f64 = (0..step).map(|i| 1.0 / (x + f64::from(i))).sum();
                let got = digamma_rise(x, f64::from(step));
                assert!((got - plain).abs() <= 1e-13 * plain, "{x} {step}: {got} against {plain}");
            }
        }
    }
}
