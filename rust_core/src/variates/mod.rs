//! Random variates off the hot path: exact methods over one stream, with the pure-Rust elementary functions.

pub mod alias;
pub mod btrs;
pub mod exponential;

use libm::{exp, log, sqrt};

use crate::rng::Sequence;
use rand_core::RngCore;

/// A waiting time that does not end.
pub const NEVER: u64 = u64::MAX;

/// A geometric number of attempts, 1 and up, at `rate` with `ln_miss` = ln(1 - rate).
#[inline]
pub fn geometric(rate: f64, ln_miss: f64, random: &mut Sequence) -> u64 {
    if rate <= 0.0 {
        return NEVER;
    }
    // At rate 1 ln_miss is -infinity and the quotient 0; a quotient beyond 2^64 saturates at NEVER.
    ((log(random.open01()) / ln_miss) as u64).saturating_add(1)
}

/// A standard normal (Marsaglia's polar method; the second of the pair is dropped).
pub fn normal(random: &mut Sequence) -> f64 {
    loop {
        let (x, y) = (2.0 * random.open01() - 1.0, 2.0 * random.open01() - 1.0);
        let s = x * x + y * y;
        if s < 1.0 && s > 0.0 {
            return x * sqrt(-2.0 * log(s) / s);
        }
    }
}

/// ln of a Gamma(shape) draw (Marsaglia and Tsang 2000); a shape below 1 is lifted by one and pulled back by U^(1/shape).
pub fn ln_gamma(shape: f64, random: &mut Sequence) -> f64 {
    if shape < 1.0 {
        return log(random.open01()) / shape + ln_gamma(shape + 1.0, random);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / sqrt(9.0 * d);
    loop {
        let x = normal(random);
        let root = 1.0 + c * x;
        if root > 0.0 {
            let v = root * root * root;
            if log(random.open01()) < 0.5 * x * x + d - d * v + d * log(v) {
                return log(d * v);
            }
        }
    }
}

/// A Beta(alpha, beta) draw.
pub fn beta([alpha, beta]: [f64; 2], random: &mut Sequence) -> f64 {
    let (x, y) = (ln_gamma(alpha, random), ln_gamma(beta, random));
    1.0 / (1.0 + exp(y - x))
}

/// A Beta(shape, shape) draw (Ulrich 1984, *Computer generation of distributions on the m-sphere*: a coordinate of a
/// point on a sphere); two words where the shape is above 1/2.
pub fn symmetric_beta(shape: f64, random: &mut Sequence) -> f64 {
    if shape <= 0.5 {
        return beta([shape, shape], random);
    }
    let radius = sqrt(-libm::expm1(2.0 * log(random.open01()) / (2.0 * shape - 1.0)));
    0.5 + 0.5 * radius * libm::cos(2.0 * std::f64::consts::PI * random.open01())
}

/// A Binomial(n, p) draw: the median of n uniforms is a Beta draw that halves n (Devroye 1986, X.4.3); small n by coins.
pub fn binomial(mut n: u64, mut p: f64, random: &mut Sequence) -> u64 {
    let mut successes = 0;
    while n > 16 {
        if p <= 0.0 {
            return successes;
        }
        if p >= 1.0 {
            return successes + n;
        }
        let rank = n.div_ceil(2);
        let order = beta([rank as f64, (n + 1 - rank) as f64], random);
        if order <= p {
            successes += rank;
            n -= rank;
            p = (p - order) / (1.0 - order);
        } else {
            n = rank - 1;
            p /= order;
        }
    }
    successes + (0..n).filter(|_| random.open01() < p).count() as u64
}

/// A uniform whole number below `n` (Lemire 2019).
pub fn below(n: u64, random: &mut Sequence) -> u64 {
    loop {
        let product = u128::from(random.next_u64()) * u128::from(n);
        if product as u64 >= n.wrapping_neg() % n {
            return (product >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

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
