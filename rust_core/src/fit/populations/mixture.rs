//! A population of a rate: masses at 0 and at 1, and one or two Betas between them.

use std::f64::consts::FRAC_PI_2;

use libm::{exp, sin};

use crate::closed_form::population::{coverage, failure};
use crate::fit::rises::ln_rises;
use crate::rng::Sequence;
use crate::variates::beta;

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

    /// What is known of the rate of a task of which `seen` of `of` attempts had it.
    #[must_use]
    pub fn posterior(&self, of: f64, seen: f64) -> Self {
        let &Self { zero, one, betas } = self;
        let shapes = betas.map(|(_, [a, b])| [a + seen, b + of - seen].map(|x| x.max(1e-300)));
        if betas[0].0 == 1.0 {
            return Self { zero, one, betas: [(1.0, shapes[0]), (0.0, shapes[1])] };
        }
        let never = if seen == 0.0 { zero } else { 0.0 };
        let always = if seen == of { one } else { 0.0 };
        let rises = betas.map(|(share, [a, b])| if share > 0.0 { ln_rises(a, b, of, seen) } else { f64::NEG_INFINITY });
        // A mass that explains the count explains it for sure.
        let top = if never + always > 0.0 { 0.0 } else { rises[0].max(rises[1]) };
        let own = [0, 1].map(|at| if betas[at].0 > 0.0 { betas[at].0 * exp(rises[at] - top) } else { 0.0 });
        let all = never + always + own[0] + own[1];
        let betas = [(own[0] / all, shapes[0]), (own[1] / all, shapes[1])];
        Self { zero: never / all, one: always / all, betas }
    }

    /// A rate.
    pub fn draw(&self, random: &mut Sequence) -> f64 {
        let &Self { zero, one, betas: [(first, shape), (second, other)] } = self;
        if first == 1.0 {
            return beta(shape, random);
        }
        let place = random.open01();
        if place < zero {
            return 0.0;
        }
        if place < zero + one {
            return 1.0;
        }
        beta(if place >= zero + one + first && second > 0.0 { other } else { shape }, random)
    }

    /// P(some success in k), and P(none), of a task.
    pub fn of_attempts(&self, k: f64) -> [f64; 2] {
        let mut found = [self.one, self.zero];
        for (share, [a, b]) in self.betas.into_iter().filter(|(share, _)| *share > 0.0) {
            found[0] += share * coverage(a, b, k);
            found[1] += share * failure(a, b, k);
        }
        found
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
