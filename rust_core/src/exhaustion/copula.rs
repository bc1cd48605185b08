//! The Gaussian copula: rank correlations between inputs as a mixing of their standard normal numbers.

use serde::Deserialize;

use super::dist::Dist;
use super::kind::Kind;
use crate::error::{Error, Result, number, quoted};
use crate::special::cholesky::cholesky;

/// A rank correlation between two inputs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// Always `correlation`.
    pub kind: Kind,
    /// One input.
    pub first: String,
    /// The other.
    pub second: String,
    /// Spearman's rho.
    pub spearman: f64,
}

/// How one input's normal number is mixed from the independent ones of itself and of earlier inputs.
#[derive(Debug, Clone, Default)]
pub struct Copula {
    /// Per correlated input, in the order of mixing: its number and its row of the Cholesky factor.
    rows: Vec<(usize, Vec<(usize, f64)>)>,
}

impl Copula {
    /// The factor of correlations between named inputs. Spearman's rho becomes Pearson's by 2 sin(pi rho / 6).
    pub fn new(names: &[&str], dists: &[&Dist], correlations: &[Correlation]) -> Result<Self> {
        let position = |name: &str| names.iter().position(|&known| known == name);
        let mut involved: Vec<usize> = Vec::new();
        let mut entries = Vec::new();
        for correlation in correlations {
            let find = |name: &str| {
                position(name).ok_or_else(|| Error::argument("correlations", "between inputs", quoted(name)))
            };
            let pair = (find(&correlation.first)?, find(&correlation.second)?);
            let shown = format!("{} and {}", correlation.first, correlation.second);
            if pair.0 == pair.1 {
                return Err(Error::argument("correlations", "between two inputs", shown));
            }
            if entries.iter().any(|&(a, b, _)| (a, b) == pair || (b, a) == pair) {
                return Err(Error::argument("correlations", "given once per pair", shown + " twice"));
            }
            if !(correlation.spearman.abs() < 1.0) {
                let got = format!("{} for {shown}", number(correlation.spearman));
                return Err(Error::argument("correlations", "in (-1, 1)", got));
            }
            for input in [pair.0, pair.1] {
                if matches!(dists[input], Dist::Empirical { rows: Some(_), .. }) {
                    let name = names[input];
                    return Err(Error::argument(
                        "correlations",
                        format!("without {name}, which is drawn by rows"),
                        shown,
                    ));
                }
                if !involved.contains(&input) {
                    involved.push(input);
                }
            }
            entries.push((pair.0, pair.1, 2.0 * libm::sin(std::f64::consts::PI * correlation.spearman / 6.0)));
        }
        involved.sort_unstable();
        let n = involved.len();
        let mut matrix = vec![vec![0.0; n]; n];
        for (i, row) in matrix.iter_mut().enumerate() {
            row[i] = 1.0;
        }
        let at = |input: usize| involved.binary_search(&input).expect("every input of a pair was pushed above");
        for &(a, b, pearson) in &entries {
            matrix[at(a)][at(b)] = pearson;
            matrix[at(b)][at(a)] = pearson;
        }
        let factor = cholesky(&matrix).map_err(|failed| {
            let group = connected(&matrix, failed);
            let pairs: Vec<String> = correlations
                .iter()
                .filter(|c| position(&c.first).is_some_and(|i| group.contains(&at(i))))
                .map(|c| format!("{}-{} {}", c.first, c.second, c.spearman))
                .collect();
            Error::argument("correlations", "possible together (a positive definite matrix)", pairs.join(", "))
        })?;
        let rows = factor
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let weights = (0..=i).filter(|&j| row[j] != 0.0).map(|j| (involved[j], row[j])).collect();
                (involved[i], weights)
            })
            .collect();
        Ok(Self { rows })
    }

    /// Whether other inputs are tied to this one: then its number is drawn even where its value is constant.
    pub fn involves(&self, input: usize) -> bool {
        self.rows.iter().any(|&(known, _)| known == input)
    }

    /// Mixes in place; `z(input)` is the column of an input's numbers. Later rows go first: they read earlier columns.
    #[inline]
    pub fn mix(&self, columns: &mut [Vec<f64>]) {
        for (input, weights) in self.rows.iter().rev() {
            let (last, others) = weights.split_last().expect("the diagonal is positive");
            if others.is_empty() {
                continue;
            }
            let mut own = std::mem::take(&mut columns[*input]);
            for x in &mut own {
                *x *= last.1;
            }
            for &(other, weight) in others {
                for (x, y) in own.iter_mut().zip(&columns[other]) {
                    *x += weight * y;
                }
            }
            columns[*input] = own;
        }
    }
}

/// The rows tied to `start` by correlations, itself included.
fn connected(matrix: &[Vec<f64>], start: usize) -> Vec<usize> {
    let mut group = vec![start];
    let mut next = 0;
    while next < group.len() {
        let row = group[next];
        for (j, &x) in matrix[row].iter().enumerate() {
            if x != 0.0 && !group.contains(&j) {
                group.push(j);
            }
        }
        next += 1;
    }
    group
}
