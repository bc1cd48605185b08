//! Intervals that hold at every time at once: what may be reported after stopping on the data.
//!
//! The sum S of N independent values in [0, 1] with mean p on average makes, for every theta,
//! prod (theta/p)^x ((1-theta)/(1-p))^(1-x) a supermartingale: each factor is convex in x, hence at most linear, and the
//! product of the factors' means is largest where all means are p. Mixed over theta uniform in [0, 1] (a Beta(1, 1)
//! mixture; Robbins 1970, Howard et al. 2021, arXiv 1810.08240) it is B(S+1, N-S+1) / (p^S (1-p)^(N-S)), which by
//! Ville's inequality exceeds 1/a at any time with probability at most a. The interval is where it does not. Tasks need
//! not be alike, and values need not be 0 or 1.

use libm::{log, log1p};

use crate::special::ln_gamma;

const LN_SQRT_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// ln Γ(x+1) less Stirling's x ln x - x + ln(2πx)/2.
fn stirling_error(x: f64) -> f64 {
    if x < 16.0 {
        return ln_gamma(x + 1.0) - (x + 0.5) * log(x) + x - LN_SQRT_TWO_PI;
    }
    let square = x * x;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / x
}

/// ln of the mixture at p = S/N: ln B(S+1, N-S+1) - S ln(S/N) - (N-S) ln(1-S/N), without cancellation.
fn ln_mixture_at_mean(sum: f64, count: f64) -> f64 {
    let rest = count - sum;
    if sum <= 0.0 || rest <= 0.0 {
        return -log1p(count);
    }
    LN_SQRT_TWO_PI + 0.5 * log(sum * (rest / count)) + stirling_error(sum) + stirling_error(rest)
        - stirling_error(count)
        - log1p(count)
}

/// The divergence of Bernoulli(mean) from Bernoulli(p).
fn divergence(mean: f64, p: f64) -> f64 {
    let term = |a: f64, shift: f64| if a == 0.0 { 0.0 } else { -a * log1p(shift / a) };
    term(mean, p - mean) + term(1.0 - mean, mean - p)
}

/// The time-uniform interval of a mean in [0, 1] from the sum of `count` independent values in [0, 1].
pub fn interval(sum: f64, count: f64, confidence: f64) -> (f64, f64) {
    let sum = sum.clamp(0.0, count);
    let mean = sum / count;
    let radius = (-log1p(-confidence) - ln_mixture_at_mean(sum, count)) / count;
    let end = |outer: f64| {
        if divergence(mean, outer) <= radius {
            return outer;
        }
        // Halve between inside and outside of the interval until they are neighbours.
        let (mut inside, mut outside) = (mean, outer);
        loop {
            let middle = 0.5 * (inside + outside);
            if middle == inside || middle == outside {
                return outside;
            }
            if divergence(mean, middle) <= radius { inside = middle } else { outside = middle }
        }
    };
    (end(0.0), end(1.0))
}

/// The least standard error that `count` values can vouch for: one more success would move the mean by as much.
pub fn resolution(standard_error: f64, count: f64) -> f64 {
    // NaN (one trial shows no spread) stays NaN and never meets a target.
    if standard_error.is_nan() { f64::NAN } else { standard_error.max(1.0 / count) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::ln_beta;

    #[test]
    fn the_mixture_equals_its_definition() {
        for (s, n) in [(1.0, 3.0), (3.5, 20.0), (40.0, 50.0), (900.0, 1000.0)] {
            let p: f64 = s / n;
            let want = ln_beta(s + 1.0, n - s + 1.0) - s * log(p) - (n - s) * log1p(-p);
            assert!((ln_mixture_at_mean(s, n) - want).abs() < 1e-9, "{s} {n}");
        }
    }

    /// P(some interval up to time `steps` misses the mean), exactly: a trial has one value for each of `rates`.
    fn misses(rates: &[f64], steps: usize, confidence: f64) -> f64 {
        let mean = rates.iter().sum::<f64>() / rates.len() as f64;
        // Mass by the sum so far, of the paths that no interval has missed yet.
        let mut mass = vec![1.0];
        let mut missed = 0.0;
        for step in 1..=steps {
            for &p in rates {
                let mut next = vec![0.0; mass.len() + 1];
                for (s, m) in mass.iter().enumerate() {
                    next[s] += m * (1.0 - p);
                    next[s + 1] += m * p;
                }
                mass = next;
            }
            for (s, m) in mass.iter_mut().enumerate() {
                let (low, high) = interval(s as f64, (step * rates.len()) as f64, confidence);
                if mean < low || mean > high {
                    missed += *m;
                    *m = 0.0;
                }
            }
        }
        missed
    }

    #[test]
    fn coverage_under_the_worst_stopping_is_never_below_nominal() {
        for p in [0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.77, 0.99, 1.0] {
            for confidence in [0.5, 0.9, 0.99] {
                assert!(misses(&[p], 120, confidence) <= 1.0 - confidence, "{p} {confidence}");
            }
        }
        for rates in [&[0.0, 1.0][..], &[0.02, 0.5, 0.9], &[0.3, 0.3, 0.3, 0.1]] {
            assert!(misses(rates, 40, 0.9) <= 0.1, "{rates:?}");
        }
    }

    #[test]
    fn coverage_is_not_bought_with_width() {
        // The test above would pass for [0, 1] too; these have the right size.
        let (low, high) = interval(5000.0, 10_000.0, 0.95);
        assert!(low > 0.48 && low < 0.5 && high > 0.5 && high < 0.52, "{low} {high}");
        assert!(misses(&[0.5], 120, 0.5) > 0.1);
        let (low, high) = interval(0.0, 1000.0, 0.95);
        assert!(low == 0.0 && high < 0.011, "{high}");
        // Far out the numbers still make sense.
        let (low, high) = interval(3e15, 1e16, 0.95);
        assert!(low < 0.3 && high > 0.3 && high - low < 1e-7);
    }
}
