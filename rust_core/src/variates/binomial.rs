//! Binomial draws of many trials by halving them; [`btrs`](crate::variates::btrs) takes the same time whatever the number.

use crate::rng::Sequence;
use crate::variates::beta::beta;

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
