//! Random variates: exact methods over one stream, with the pure-Rust elementary functions. One file each.

pub mod alias;
mod beta;
mod binomial;
pub mod columns;
pub mod exponential;
mod gamma;
mod geometric;
mod normal;
mod uniform;

pub use beta::{beta, symmetric_beta};
pub use binomial::binomial;
pub use gamma::ln_gamma;
pub use geometric::{NEVER, geometric};
pub use normal::normal;
pub use uniform::below;

#[cfg(test)]
mod tests {
    use libm::{log, sqrt};

    use super::*;
    use crate::rng::{Sequence, Stream};

    /// Mean and variance of draws against the known ones; 6.5 standard errors: false alarms below 1e-10 each.
    fn check(name: &str, mean: f64, variance: f64, kurtosis: f64, mut draw: impl FnMut(&mut Sequence) -> f64) {
        let mut random = Stream::new([11, 13], 0, 99, 0).sequence();
        let n = 200_000;
        let (mut sum, mut square) = (0.0, 0.0);
        for _ in 0..n {
            let x = draw(&mut random) - mean;
            sum += x;
            square += x * x;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 6.5 * sqrt(variance / n), "{name}: mean off by {}", sum / n);
        let spread = variance * sqrt((kurtosis - 1.0) / n);
        assert!((square / n - variance).abs() < 6.5 * spread, "{name}: variance {} for {variance}", square / n);
    }

    #[test]
    fn moments_are_the_known_ones() {
        check("normal", 0.0, 1.0, 3.0, normal);
        check("geometric", 4.0, 12.0, 9.0 + 0.25 * 0.25 / 0.75, |r| geometric(0.25, log(0.75), r) as f64);
        let (n, p) = (300.0, 0.2);
        check("binomial", n * p, n * p * (1.0 - p), 3.1, |r| binomial(300, p, r) as f64);
        for (a, b) in [(0.3, 0.7), (5.5, 95.5)] {
            let (sum, variance) = (a + b, a * b / ((a + b) * (a + b) * (a + b + 1.0)));
            let excess =
                6.0 * ((a - b) * (a - b) * (sum + 1.0) - a * b * (sum + 2.0)) / (a * b * (sum + 2.0) * (sum + 3.0));
            check("beta", a / sum, variance, 3.0 + excess, |r| beta([a, b], r));
        }
        for a in [0.3, 0.7, 4.0, 300.0] {
            let variance = 0.25 / (2.0 * a + 1.0);
            check("symmetric beta", 0.5, variance, 3.0 - 6.0 / (2.0 * a + 3.0), |r| symmetric_beta(a, r));
        }
        check("below", 3.0, 4.0, 1.75, |r| below(7, r) as f64);
    }

    #[test]
    fn degenerate_cases_are_certain() {
        let mut random = Stream::new([1, 2], 0, 0, 0).sequence();
        assert_eq!(geometric(0.0, 0.0, &mut random), NEVER);
        assert_eq!(geometric(1.0, f64::NEG_INFINITY, &mut random), 1);
        assert_eq!(geometric(1e-300, -1e-300, &mut random), NEVER);
        assert_eq!(binomial(1_000_000, 0.0, &mut random), 0);
        assert_eq!(binomial(1_000_000, 1.0, &mut random), 1_000_000);
        assert_eq!(binomial(0, 0.5, &mut random), 0);
    }
}
