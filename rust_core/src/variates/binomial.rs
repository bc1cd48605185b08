//! Binomial draws of constant cost: inversion for small means, transformed rejection for the rest.

use libm::{exp, fabs, floor, log, log1p, sqrt};

use crate::rng::Sequence;
use crate::special::stirling_remainder;

/// Means below this are inverted.
const INVERTED: f64 = 10.0;

/// A Binomial(n, p) draw, n up to 2^53 (inversion: Kachitvichyanukul and Schmeiser 1988; rejection: BTRS of Hoermann 1993).
#[inline]
pub fn binomial<const WORDS: usize>(n: u64, p: f64, random: &mut Sequence<WORDS>) -> u64 {
    if n == 0 || p <= 0.0 {
        return 0;
    }
    if p >= 1.0 {
        return n;
    }
    if n == 1 {
        return u64::from(random.open01() < p);
    }
    if p > 0.5 { n - at_most_half(n as f64, 1.0 - p, random) as u64 } else { at_most_half(n as f64, p, random) as u64 }
}

fn at_most_half<const WORDS: usize>(n: f64, p: f64, random: &mut Sequence<WORDS>) -> f64 {
    if n * p < INVERTED { inverted(n, p, random) } else { rejected(n, p, random) }
}

/// Walks up the probabilities from 0.
fn inverted<const WORDS: usize>(n: f64, p: f64, random: &mut Sequence<WORDS>) -> f64 {
    let odds = p / (1.0 - p);
    let none = exp(n * log1p(-p));
    loop {
        let (mut u, mut mass, mut k) = (random.open01(), none, 0.0);
        // Rounding may leave a little of u beyond every mass: draw again.
        while u > mass && k <= n && k < 200.0 {
            u -= mass;
            k += 1.0;
            mass *= odds * (n - k + 1.0) / k;
        }
        if u <= mass {
            return k;
        }
    }
}

/// Hoermann's BTRS.
fn rejected<const WORDS: usize>(n: f64, p: f64, random: &mut Sequence<WORDS>) -> f64 {
    let q = 1.0 - p;
    let spread = sqrt(n * p * q);
    let b = 1.15 + 2.53 * spread;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let centre = n * p + 0.5;
    let inner = 0.92 - 4.2 / b;
    loop {
        let u = random.open01() - 0.5;
        let v = random.open01();
        let edge = 0.5 - fabs(u);
        let k = floor((2.0 * a / edge + b) * u + centre);
        if edge >= 0.07 && v <= inner {
            return k;
        }
        if !(k >= 0.0 && k <= n) {
            continue;
        }
        let alpha = (2.83 + 5.1 / b) * spread;
        let mode = floor((n + 1.0) * p);
        let odds = p / q;
        let bound = (mode + 0.5) * log((mode + 1.0) / (odds * (n - mode + 1.0)))
            + (n + 1.0) * log1p((k - mode) / (n - k + 1.0))
            + (k + 0.5) * log(odds * (n - k + 1.0) / (k + 1.0))
            + stirling_tail(mode)
            + stirling_tail(n - mode)
            - stirling_tail(k)
            - stirling_tail(n - k);
        if log(v * alpha / (a / (edge * edge) + b)) <= bound {
            return k;
        }
    }
}

/// ln k! less Stirling's formula in k + 1.
fn stirling_tail(k: f64) -> f64 {
    const TABLE: [f64; 10] = [
        0.081_061_466_795_327_8,
        0.041_340_695_955_409_46,
        0.027_677_925_684_998_16,
        0.020_790_672_103_765_09,
        0.016_644_691_189_821_26,
        0.013_876_128_823_070_75,
        0.011_896_709_945_891_77,
        0.010_411_265_261_972_096,
        0.009_255_462_182_712_733,
        0.008_330_563_433_362_87,
    ];
    if k < 10.0 {
        return TABLE[k as usize];
    }
    stirling_remainder(k + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    /// Chi-square against the exact probabilities; the bound has a false-alarm probability below 1e-10 per case.
    #[test]
    fn draws_follow_the_exact_probabilities() {
        for (case, (n, p)) in
            [(5u64, 0.3), (40, 0.9), (30, 0.5), (200, 0.07), (1000, 0.4), (100_000, 3e-4)].into_iter().enumerate()
        {
            let mut random = Stream::new([21, 34], 0, 98, case as u64).sequence();
            let draws = 200_000;
            let mut seen = std::collections::HashMap::new();
            for _ in 0..draws {
                *seen.entry(binomial(n, p, &mut random)).or_insert(0.0) += 1.0;
            }
            // ln of the masses by recurrence from 0.
            let (mut ln_mass, mut chi, mut cells) = (n as f64 * log1p(-p), 0.0, 0.0);
            let (mut rest_seen, mut rest_want) = (f64::from(draws), f64::from(draws));
            for k in 0..=n {
                let want = f64::from(draws) * exp(ln_mass);
                if want >= 20.0 {
                    let got: f64 = seen.get(&k).copied().unwrap_or(0.0);
                    chi += (got - want) * (got - want) / want;
                    cells += 1.0;
                    rest_seen -= got;
                    rest_want -= want;
                }
                ln_mass += log((n - k) as f64 / (k + 1) as f64 * p / (1.0 - p));
            }
            // Wilson and Hilferty: chi-square above d (1 - 2/(9d) + 6.5 sqrt(2/(9d)))^3 has probability below 4e-11.
            let d: f64 = cells;
            let bound = d * (1.0 - 2.0 / (9.0 * d) + 6.5 * sqrt(2.0 / (9.0 * d))).powi(3);
            assert!(chi < bound, "Binomial({n}, {p}): {chi} above {bound} on {d} cells");
            assert!(
                (rest_seen - rest_want).abs() < 6.5 * sqrt(rest_want.max(1.0)) + 1.0,
                "{n} {p}: {rest_seen} {rest_want}"
            );
        }
    }

    #[test]
    fn certain_draws_need_no_randomness() {
        let mut random = Stream::new([1, 2], 0, 0, 0).sequence();
        let before = format!("{random:?}");
        assert_eq!(
            (binomial(0, 0.5, &mut random), binomial(9, 0.0, &mut random), binomial(9, 1.0, &mut random)),
            (0, 0, 9)
        );
        assert_eq!(format!("{random:?}"), before);
    }
}
