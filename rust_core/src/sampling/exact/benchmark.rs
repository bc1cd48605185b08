//! The score of one run of the whole benchmark, exactly: the distribution of a sum of independent task scores.
//!
//! Each task adds `up` (correct), takes `down` (wrong) or adds nothing: the Poisson-binomial distribution for
//! (1, 0), and the utility on the lattice of its rewards otherwise. A dynamic programme over the tasks.

use std::collections::VecDeque;

use crate::error::Result;
use crate::run::Control;
use crate::sampling::record::estimate::QUANTILES;

/// Probability mass dropped at each end at each step.
const NEGLIGIBLE: f64 = 1e-18;
/// The most steps of the dynamic programme.
const MAX_WORK: f64 = 2e9;

/// The quantiles of the sum in lattice units; `None` where the work would be out of proportion.
pub fn quantiles(
    correct: &[f64],
    wrong: &[f64],
    up: i64,
    down: i64,
    control: &Control,
) -> Result<Option<[i64; QUANTILES.len()]>> {
    if work(correct, wrong, [up, down]) > MAX_WORK {
        return Ok(None);
    }
    let mut one = Mixture::default();
    one.add(1.0, correct, wrong, [up, down], control)?;
    Ok(Some(one.quantiles()))
}

/// The steps of the dynamic programme, about.
fn work(correct: &[f64], wrong: &[f64], [up, down]: [i64; 2]) -> f64 {
    let variance: f64 = correct
        .iter()
        .zip(wrong)
        .map(|(c, w)| {
            let mean = c * up as f64 - w * down as f64;
            c * (up * up) as f64 + w * (down * down) as f64 - mean * mean
        })
        .sum();
    correct.len() as f64 * (18.0 * libm::sqrt(variance.max(0.0)) + (up + down) as f64)
}

/// A weighted sum of such distributions: of a run whose tasks' means are drawn together.
#[derive(Debug, Clone, Default)]
pub struct Mixture {
    low: i64,
    mass: VecDeque<f64>,
    work: f64,
}

impl Mixture {
    /// Adds one of a weight, unless the work of all would be out of proportion.
    pub fn add(
        &mut self,
        weight: f64,
        correct: &[f64],
        wrong: &[f64],
        [up, down]: [i64; 2],
        control: &Control,
    ) -> Result<()> {
        self.work += work(correct, wrong, [up, down]);
        if self.work > MAX_WORK {
            return Ok(());
        }
        let (low, mass) = distribution(correct, wrong, up as usize, down as usize, control)?;
        if self.mass.is_empty() {
            self.low = low;
        }
        while self.low > low {
            self.mass.push_front(0.0);
            self.low -= 1;
        }
        let from = (low - self.low) as usize;
        self.mass.resize(self.mass.len().max(from + mass.len()), 0.0);
        mass.iter().zip(self.mass.range_mut(from..)).for_each(|(more, sum)| *sum += weight * more);
        Ok(())
    }

    /// Whether nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.work <= MAX_WORK && !self.mass.is_empty()
    }

    /// Its quantiles.
    pub fn quantiles(&self) -> [i64; QUANTILES.len()] {
        let total: f64 = self.mass.iter().sum();
        let mut result = [0; QUANTILES.len()];
        let (mut at, mut below) = (0, self.mass.front().copied().unwrap_or(0.0));
        for (value, p) in result.iter_mut().zip(QUANTILES) {
            // A hair below p, so that a mass that is p on paper but rounds under it counts.
            while below < p * total * (1.0 - 1e-13) && at + 1 < self.mass.len() {
                at += 1;
                below += self.mass[at];
            }
            *value = self.low + at as i64;
        }
        result
    }
}

/// The least value and the masses from there on.
fn distribution(
    correct: &[f64],
    wrong: &[f64],
    up: usize,
    down: usize,
    control: &Control,
) -> Result<(i64, VecDeque<f64>)> {
    let mut mass = VecDeque::from([1.0]);
    let mut low = 0i64;
    let mut next = Vec::new();
    for (&c, &w) in correct.iter().zip(wrong) {
        control.check()?;
        let none = 1.0 - c - w;
        next.clear();
        next.resize(mass.len() + up + down, 0.0);
        for (i, &m) in mass.iter().enumerate() {
            next[i] += m * w;
            next[i + down] += m * none;
            next[i + down + up] += m * c;
        }
        low -= down as i64;
        mass.clear();
        mass.extend(&next);
        while mass.len() > 1 && mass.front().is_some_and(|&m| m < NEGLIGIBLE) {
            mass.pop_front();
            low += 1;
        }
        while mass.len() > 1 && mass.back().is_some_and(|&m| m < NEGLIGIBLE) {
            mass.pop_back();
        }
    }
    Ok((low, mass))
}

/// Whole numbers (up, down) and the unit with `reward = up unit` and `cost = down unit`, where small ones exist.
pub fn lattice(reward: f64, cost: f64) -> Option<(i64, i64, f64)> {
    const MOST: f64 = 10_000.0;
    if reward == 0.0 && cost == 0.0 {
        return Some((0, 0, 1.0));
    }
    if cost == 0.0 {
        return Some((1, 0, reward));
    }
    if reward == 0.0 {
        return Some((0, 1, cost));
    }
    // Continued fraction of the ratio.
    let ratio = cost / reward;
    let (mut x, mut before, mut now) = (ratio, (0.0, 1.0), (1.0, 0.0));
    loop {
        let whole = libm::floor(x);
        let next = (whole * now.0 + before.0, whole * now.1 + before.1);
        if next.0 > MOST || next.1 > MOST {
            return None;
        }
        if next.0 > 0.0 && (next.0 / next.1 - ratio).abs() <= 1e-13 * ratio {
            return Some((next.1 as i64, next.0 as i64, reward / next.1));
        }
        if x == whole {
            return None;
        }
        (before, now, x) = (now, next, 1.0 / (x - whole));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_equals_the_enumeration() {
        let (correct, wrong) = ([0.3, 0.0, 0.9, 0.25], [0.1, 0.5, 0.1, 0.0]);
        for (up, down) in [(1, 0), (1, 4), (3, 2)] {
            let mut want = std::collections::BTreeMap::new();
            for code in 0..81usize {
                let (mut p, mut sum) = (1.0, 0i64);
                for (i, (c, w)) in correct.iter().zip(&wrong).enumerate() {
                    match code / 3usize.pow(i as u32) % 3 {
                        0 => (p, sum) = (p * c, sum + up),
                        1 => (p, sum) = (p * w, sum - down),
                        _ => p *= 1.0 - c - w,
                    }
                }
                *want.entry(sum).or_insert(0.0) += p;
            }
            let (low, mass) = distribution(&correct, &wrong, up as usize, down as usize, &Control::default())
                .expect("nobody cancels");
            for (i, m) in mass.iter().enumerate() {
                let w = want.get(&(low + i as i64)).copied().unwrap_or(0.0);
                assert!((m - w).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn lattices_are_found_where_they_exist() {
        assert_eq!(lattice(1.0, 4.0), Some((1, 4, 1.0)));
        assert_eq!(lattice(1.0, 0.0), Some((1, 0, 1.0)));
        assert_eq!(lattice(0.0, 0.0), Some((0, 0, 1.0)));
        let (up, down, unit) = lattice(1.0, 0.37).expect("0.37 is 37/100");
        assert_eq!((up, down), (100, 37));
        assert!((unit - 0.01).abs() < 1e-17);
        assert_eq!(lattice(1.0, std::f64::consts::PI), None);
    }
}
