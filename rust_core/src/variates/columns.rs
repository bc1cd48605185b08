//! Columns of variates of a law, for callers outside the core.

use rand_core::RngCore;

use super::{below, beta, binomial, normal};
use crate::error::{Error, Result, quoted};
use crate::rng::Sequence;

/// The most numbers of a column.
const MOST: usize = 100_000_000;

/// So many variates of a law by name; each of its parameters is a column as long.
pub fn column<const WORDS: usize>(
    law: &str,
    count: usize,
    parameters: &[&[f64]],
    random: &mut Sequence<WORDS>,
) -> Result<Vec<f64>> {
    if count > MOST || parameters.iter().any(|parameter| parameter.len() != count) {
        return Err(Error::argument("count", format!("the length of every parameter, up to {MOST}"), count));
    }
    let numbers = 0..count;
    Ok(match (law, parameters) {
        ("uniform", []) => numbers.map(|_| (random.next_u64() >> 11) as f64 * f64::EPSILON / 2.0).collect(),
        ("normal", []) => numbers.map(|_| normal(random)).collect(),
        ("below", [n]) => numbers.map(|i| below(n[i] as u64, random) as f64).collect(),
        ("beta", [a, b]) => numbers.map(|i| beta([a[i], b[i]], random)).collect(),
        ("binomial", [n, p]) => numbers.map(|i| binomial(n[i] as u64, p[i], random) as f64).collect(),
        _ => {
            let expected = format!("a law of {} parameters", parameters.len());
            return Err(Error::argument("law", expected, quoted(law)));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn a_law_is_drawn_row_by_row() {
        let random = || Stream::new([3, 5], 0, 99, 0).sequence();
        let (n, p) = (vec![7.0, 300.0], vec![0.4, 0.2]);
        let mut one = random();
        let expected = [binomial(7, 0.4, &mut one) as f64, binomial(300, 0.2, &mut one) as f64];
        assert_eq!(column("binomial", 2, &[&n, &p], &mut random()).expect("is known"), expected);
        let uniform = column("uniform", 1000, &[], &mut random()).expect("is known");
        assert!(uniform.iter().all(|u| (0.0..1.0).contains(u)));
        assert!((uniform.iter().sum::<f64>() / 1000.0 - 0.5).abs() < 6.5 / 12.0_f64.sqrt() / 1000.0_f64.sqrt());
        assert!(column("normal", 2, &[&p], &mut random()).is_err());
        assert!(column("below", 3, &[&p], &mut random()).is_err());
    }
}
