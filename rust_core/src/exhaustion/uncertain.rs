//! A law that is one of several: quantiles over them of whatever each says.

use super::laws::{Law, LawSpec};
use crate::error::{Error, Result};

/// The laws of a mixture, each with its share.
#[derive(Debug, Clone)]
pub struct Uncertain {
    laws: Vec<(Law, f64)>,
}

impl Uncertain {
    /// The laws of a setting, each with what it lacks filled in as by itself.
    pub fn new(law: &LawSpec) -> Result<Self> {
        let total: f64 = law.parts().iter().map(|part| part.1).sum();
        let laws = law.parts().into_iter().map(|(law, weight)| Ok((law.alone()?, weight / total)));
        Ok(Self { laws: laws.collect::<Result<_>>()? })
    }

    /// Of each value that a law gives: the lower end, the median and the upper end of its central interval.
    ///
    /// A quantile is the least value below or at which the laws have that share: with equal weights the ceil(n p)-th.
    pub fn quantiles<const N: usize>(&self, confidence: f64, mut of: impl FnMut(&Law) -> [f64; N]) -> [[f64; 3]; N] {
        quantiles_of(&self.laws.iter().map(|(law, share)| (of(law), *share)).collect::<Vec<_>>(), confidence)
    }

    /// The same over pairs of its laws and those of another mixture: law by law where both have equally many with the same
    /// shares, as bootstraps have, and else of every two.
    pub fn quantiles_of_pairs<const N: usize>(
        &self,
        other: &Self,
        confidence: f64,
        mut of: impl FnMut(&Law, &Law) -> [f64; N],
    ) -> Result<[[f64; 3]; N]> {
        let (mine, theirs) = (&self.laws, &other.laws);
        let alike = mine.len() == theirs.len() && mine.iter().zip(theirs).all(|(a, b)| a.1 == b.1);
        let rows: Vec<([f64; N], f64)> = if alike {
            mine.iter().zip(theirs).map(|((a, share), (b, _))| (of(a, b), *share)).collect()
        } else {
            let count = mine.len() * theirs.len();
            if count > MOST_PAIRS {
                let expected = format!("mixtures of equally many laws, or of at most {MOST_PAIRS} pairs");
                return Err(Error::argument("law", expected, count));
            }
            let pairs = mine.iter().flat_map(|(a, x)| theirs.iter().map(move |(b, y)| (a, b, x * y)));
            pairs.map(|(a, b, share)| (of(a, b), share)).collect()
        };
        Ok(quantiles_of(&rows, confidence))
    }
}

/// The most pairs of laws.
const MOST_PAIRS: usize = 100_000;

/// Lower end, median and upper end of each column of rows with shares.
fn quantiles_of<const N: usize>(rows: &[([f64; N], f64)], confidence: f64) -> [[f64; 3]; N] {
    let tail = (1.0 - confidence) / 2.0;
    std::array::from_fn(|i| {
        let mut values: Vec<(f64, f64)> = rows.iter().map(|(row, share)| (row[i], *share)).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        [tail, 0.5, 1.0 - tail].map(|p| quantile(&values, p))
    })
}

/// The p-quantile of ascending values with shares that sum to 1.
fn quantile(ascending: &[(f64, f64)], p: f64) -> f64 {
    let mut below = 0.0;
    for &(value, share) in ascending {
        below += share;
        // A sum of shares is a rounded one.
        if below >= p - 1e-12 {
            return value;
        }
    }
    ascending.last().map_or(f64::NAN, |last| last.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_least_value_with_its_share_below() {
        let tenths: Vec<(f64, f64)> = (1..=10).map(|i| (f64::from(i), 0.1)).collect();
        assert_eq!([0.05, 0.1, 0.11, 0.5, 0.95, 1.0].map(|p| quantile(&tenths, p)), [1.0, 1.0, 2.0, 5.0, 10.0, 10.0]);
        assert_eq!(quantile(&[(1.0, 0.9), (2.0, 0.1)], 0.95), 2.0);
    }
}
