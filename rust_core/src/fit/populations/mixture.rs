//! A population of a rate: masses at 0 and at 1, and one or two Betas between them.

use std::f64::consts::FRAC_PI_2;

use libm::{exp, log, sin};

use crate::fit::beta_binomial::{Counts, ln_rises};
use crate::rng::Sequence;
use crate::variates::beta;

/// Sums of logarithms up to the most attempts cost less than a formula for each count if there are at most so many
/// attempts to a count.
const FEW_COUNTS: f64 = 8.0;

/// The shares of all parts add to 1.
#[derive(Debug, Clone, Copy)]
pub struct BetaMixture {
    /// Share of tasks that never succeed.
    pub zero: f64,
    /// Share of tasks that always do.
    pub one: f64,
    /// Share and parameters of each Beta.
    pub betas: [(f64, [f64; 2]); 2],
}

impl BetaMixture {
    /// One Beta beside masses at 0 and 1: zero-and-one-inflated (Ospina and Ferrari 2010).
    pub fn inflated(shape: [f64; 2], zero: f64, one: f64) -> Self {
        Self { zero, one, betas: [((1.0 - zero - one).max(0.0), shape), (0.0, shape)] }
    }

    /// The rate of a task of which `seen` of `of` attempts had it.
    pub fn rate(&self, of: f64, seen: f64, random: &mut Sequence) -> f64 {
        let &Self { zero, one, betas } = self;
        let mut part = 0;
        if betas[0].0 < 1.0 {
            let never = if seen == 0.0 { zero } else { 0.0 };
            let always = if seen == of { one } else { 0.0 };
            let rises =
                betas.map(|(share, [a, b])| if share > 0.0 { ln_rises(a, b, of, seen) } else { f64::NEG_INFINITY });
            // A mass that explains the count explains it for sure.
            let top = if never + always > 0.0 { 0.0 } else { rises[0].max(rises[1]) };
            let own = [0, 1].map(|at| if betas[at].0 > 0.0 { betas[at].0 * exp(rises[at] - top) } else { 0.0 });
            let place = random.open01() * (never + always + own[0] + own[1]);
            if place < never {
                return 0.0;
            }
            if place < never + always {
                return 1.0;
            }
            part = usize::from(place >= never + always + own[0] && own[1] > 0.0);
        }
        let [a, b] = betas[part].1;
        beta([a + seen, b + of - seen].map(|x| x.max(1e-300)), random)
    }
}

/// A share at a part of a quarter turn: its root is the sine, so that Jeffreys' prior of it is uniform.
pub fn share(turn: f64) -> f64 {
    let root = sin(FRAC_PI_2 * turn);
    root * root
}

/// The parameters of a Beta of a mean, as a part of a quarter turn, and an intra-class correlation.
pub fn shape(turn: f64, icc: f64) -> [f64; 2] {
    let size = (1.0 - icc) / icc;
    [share(turn) * size, share(1.0 - turn) * size]
}

/// How likely each distinct count is under a Beta, as a logarithm.
pub fn ln_likelihoods(counts: &Counts, [alpha, beta]: [f64; 2]) -> Vec<f64> {
    let most = counts.groups.iter().fold(0.0_f64, |most, group| most.max(group.attempts));
    if most > FEW_COUNTS * counts.groups.len() as f64 {
        return counts.groups.iter().map(|group| ln_rises(alpha, beta, group.attempts, group.correct)).collect();
    }
    let [right, wrong, all] = [alpha, beta, alpha + beta].map(|start| {
        let (mut sum, mut sums) = (0.0, vec![0.0]);
        sums.extend((0..most as u64).map(|step| {
            sum += log(start + step as f64);
            sum
        }));
        sums
    });
    let of_group = |attempts: f64, correct: f64| {
        right[correct as usize] + wrong[(attempts - correct) as usize] - all[attempts as usize]
    };
    counts.groups.iter().map(|group| of_group(group.attempts, group.correct)).collect()
}
