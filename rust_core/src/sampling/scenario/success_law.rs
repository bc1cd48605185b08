//! The law of a task's success rate, and of the number of correct ones among its attempts.

use libm::{exp, log};

/// The law of a success rate: points and Beta laws with their weights, which add to 1.
#[derive(Debug, Clone, Default)]
pub struct SuccessLaw {
    /// Weights and rates.
    pub points: Vec<(f64, f64)>,
    /// Weights and Beta parameters.
    pub betas: Vec<(f64, [f64; 2])>,
}

/// Weights scaled to add to 1.
pub fn scaled(weight: &[f64]) -> Vec<f64> {
    let sum: f64 = weight.iter().sum();
    weight.iter().map(|w| w / sum).collect()
}

impl SuccessLaw {
    /// One rate.
    pub fn fixed(success: f64) -> Self {
        Self { points: vec![(1.0, success)], betas: Vec::new() }
    }

    /// A Beta law.
    pub fn beta(parameters: [f64; 2]) -> Self {
        Self { points: Vec::new(), betas: vec![(1.0, parameters)] }
    }

    /// The law as bits, to find equal ones.
    pub fn bits(&self) -> Vec<u64> {
        let points = self.points.iter().flat_map(|&(weight, rate)| [-1.0, weight, rate]);
        let betas = self.betas.iter().flat_map(|&(weight, [a, b])| [weight, a, b]);
        points.chain(betas).map(f64::to_bits).collect()
    }

    /// P(k of n attempts are correct), by k from 0 to n.
    pub fn of_successes(&self, n: u64) -> Vec<f64> {
        let mut shares = vec![0.0; n as usize + 1];
        for &(weight, [a, b]) in &self.betas {
            let ratio = |k: u64| {
                let (left, k) = ((n - k) as f64, k as f64);
                left * (a + k) / ((k + 1.0) * (b + left - 1.0))
            };
            shares.iter_mut().zip(masses(n, ratio)).for_each(|(share, mass)| *share += weight * mass);
        }
        for &(weight, p) in &self.points {
            if p <= 0.0 || p >= 1.0 {
                shares[if p <= 0.0 { 0 } else { n as usize }] += weight;
                continue;
            }
            let odds = p / (1.0 - p);
            let more = masses(n, |k| (n - k) as f64 / (k + 1) as f64 * odds);
            shares.iter_mut().zip(more).for_each(|(share, mass)| *share += weight * mass);
        }
        shares
    }
}

/// Masses of 0 to n that add to 1, where `ratio(k)` is that of k + 1 to that of k.
fn masses(n: u64, ratio: impl Fn(u64) -> f64) -> Vec<f64> {
    let mut masses = vec![0.0; n as usize + 1];
    for k in 0..n as usize {
        masses[k + 1] = masses[k] + log(ratio(k as u64));
    }
    let largest = masses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    masses.iter_mut().for_each(|mass| *mass = exp(*mass - largest));
    let sum: f64 = masses.iter().sum();
    masses.iter_mut().for_each(|mass| *mass /= sum);
    masses
}

#[cfg(test)]
mod tests {
    use super::*;
    use libm::lgamma;

    fn ln_beta(a: f64, b: f64) -> f64 {
        lgamma(a) + lgamma(b) - lgamma(a + b)
    }

    fn ln_choose(n: u64, k: u64) -> f64 {
        let f = |m: u64| lgamma(m as f64 + 1.0);
        f(n) - f(k) - f(n - k)
    }

    #[test]
    fn counts_have_the_masses_of_their_law() {
        for n in [1, 7, 300] {
            for [a, b] in [[0.05, 0.05], [0.5, 100.5], [3.0, 98.0], [1e4, 10.0], [1.0, 1.0]] {
                for unsolvable in [0.0, 0.25] {
                    let (points, betas) = (vec![(unsolvable, 0.0)], vec![(1.0 - unsolvable, [a, b])]);
                    let got = SuccessLaw { points, betas }.of_successes(n);
                    for (k, got) in (0..).zip(got) {
                        let (some, rest) = (k as f64, (n - k) as f64);
                        let mass = exp(ln_choose(n, k) + ln_beta(a + some, b + rest) - ln_beta(a, b));
                        let want = (1.0 - unsolvable) * mass + if k == 0 { unsolvable } else { 0.0 };
                        assert!((got - want).abs() < 1e-9, "{n} {a} {b} {k}: {got} {want}");
                    }
                }
            }
            let got =
                SuccessLaw { points: vec![(0.25, 0.0), (0.5, 0.3), (0.25, 1.0)], betas: Vec::new() }.of_successes(n);
            for (k, got) in (0..).zip(got) {
                let mass = exp(ln_choose(n, k) + k as f64 * log(0.3) + (n - k) as f64 * log(0.7));
                let want = 0.5 * mass + if k == 0 || k == n { 0.25 } else { 0.0 };
                assert!((got - want).abs() < 1e-11, "{n} {k}: {got} {want}");
            }
        }
    }
}
