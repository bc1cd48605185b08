//! A sample whose units may come in clusters, those of one of which may depend on one another.

use std::collections::BTreeMap;

/// What is sampled independently: units, each by itself or in clusters.
#[derive(Debug, Clone)]
pub struct Sampled {
    count: usize,
    weights: Option<Vec<f64>>,
    effective: f64,
    clusters: Option<Clusters>,
}

/// The cluster of each unit.
#[derive(Debug, Clone)]
struct Clusters {
    of: Vec<usize>,
    /// The weight of each unit, and what those of a cluster add to: means are divided once, so that of equal values they
    /// are these, to the bit.
    own: Vec<f64>,
    totals: Vec<f64>,
}

impl Sampled {
    /// So many units with these weights, which add to 1 (all alike without), in the clusters of these numbers.
    pub fn new(units: usize, weights: Option<Vec<f64>>, clusters: Option<&[f64]>) -> Self {
        let Some(numbers) = clusters else { return Self::of(units, weights, None) };
        let mut known = BTreeMap::new();
        let of: Vec<usize> = numbers
            .iter()
            .map(|number| {
                let next = known.len();
                *known.entry(number.to_bits()).or_insert(next)
            })
            .collect();
        let weight = |i: usize| weights.as_ref().map_or(1.0, |weights| weights[i]);
        let (mut sums, mut sizes) = (vec![0.0; known.len()], vec![0.0; known.len()]);
        for (i, &cluster) in of.iter().enumerate() {
            sums[cluster] += weight(i);
            sizes[cluster] += 1.0;
        }
        let alone = |cluster: usize| sums[cluster] == 0.0; // of no weight at all: their plain mean
        let own = of.iter().enumerate().map(|(i, &cluster)| if alone(cluster) { 1.0 } else { weight(i) }).collect();
        let totals =
            (0..sums.len()).map(|cluster| if alone(cluster) { sizes[cluster] } else { sums[cluster] }).collect();
        let total: f64 = sums.iter().sum();
        let weights = sums.iter().map(|sum| sum / total).collect();
        Self::of(known.len(), Some(weights), Some(Clusters { of, own, totals }))
    }

    fn of(count: usize, weights: Option<Vec<f64>>, clusters: Option<Clusters>) -> Self {
        let weights = weights.filter(|weights| weights.windows(2).any(|pair| pair[0].to_bits() != pair[1].to_bits()));
        let effective = weights.as_ref().map_or(count as f64, |w| 1.0 / w.iter().map(|w| w * w).sum::<f64>());
        Self { count, weights, effective, clusters }
    }

    /// How many are sampled: clusters, or units without them.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Their weights, adding to 1; `None` where all count alike.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The weight of one of them.
    pub fn weight(&self, i: usize) -> f64 {
        self.weights.as_ref().map_or_else(|| 1.0 / self.count as f64, |weights| weights[i])
    }

    /// How many of equal weight know a mean as well (Kish): fewer where weights differ.
    pub const fn effective(&self) -> f64 {
        self.effective
    }

    /// How often one of them counts in a sample of the effective number.
    pub fn copies(&self, i: usize) -> f64 {
        self.weights().map_or(1.0, |weights| self.effective * weights[i])
    }

    /// Whether units come in clusters.
    pub const fn is_clustered(&self) -> bool {
        self.clusters.is_some()
    }

    /// The place of a unit: its cluster, and its weight in the sum whose mean `divide` makes; itself without clusters.
    pub fn place(&self, unit: usize) -> (usize, f64) {
        self.clusters.as_ref().map_or((unit, 1.0), |clusters| (clusters.of[unit], clusters.own[unit]))
    }

    /// Makes sums over the units of each cluster their means; `width` of them of each.
    pub fn divide(&self, sums: &mut [f64], width: usize) {
        if let Some(clusters) = &self.clusters {
            let rows = sums.chunks_exact_mut(width).zip(&clusters.totals);
            rows.for_each(|(row, total)| row.iter_mut().for_each(|sum| *sum /= total));
        }
    }

    /// The means within clusters of a column by unit; the column itself without them.
    pub fn means(&self, column: &[f64]) -> Vec<f64> {
        let mut means = vec![0.0; self.count];
        for (unit, x) in column.iter().enumerate() {
            let (place, weight) = self.place(unit);
            means[place] += weight * x;
        }
        self.divide(&mut means, 1);
        means
    }

    /// How often each unit is in a sample that has these so often.
    pub fn times(&self, drawn: &[f64]) -> Vec<f64> {
        self.clusters.as_ref().map_or_else(|| drawn.to_vec(), |c| c.of.iter().map(|&cluster| drawn[cluster]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_weigh_what_their_units_do() {
        let sampled = Sampled::new(4, Some(vec![0.1, 0.2, 0.3, 0.4]), Some(&[7.0, 3.0, 7.0, 3.0]));
        assert_eq!((sampled.count(), sampled.times(&[2.0, 0.0])), (2, vec![2.0, 0.0, 2.0, 0.0]));
        let weights = sampled.weights().expect("they differ");
        assert!((weights[0] - 0.4).abs() < 1e-15 && (weights[1] - 0.6).abs() < 1e-15);
        let column = [1.0, 2.0, 5.0, 8.0];
        let means = sampled.means(&column);
        assert!((means[0] - 4.0).abs() < 1e-15 && (means[1] - 6.0).abs() < 1e-15);
        assert!((sampled.effective() - 1.0 / 0.52).abs() < 1e-12);
    }

    /// In floating point 49 weights of 1 / 49 neither add to 1 nor know as much as 49 tasks do.
    #[test]
    fn equal_weights_are_none() {
        for size in [1, 3, 10, 49, 164] {
            let sampled = Sampled::new(size, Some(vec![1.0 / size as f64; size]), None);
            assert_eq!(sampled.weights(), None);
            assert_eq!(
                [sampled.effective(), sampled.copies(0)].map(f64::to_bits),
                [size as f64, 1.0].map(f64::to_bits)
            );
        }
    }

    #[test]
    fn the_mean_of_equal_values_is_these() {
        for size in [3, 6, 10, 49] {
            let sampled = Sampled::new(size, None, Some(&vec![0.0; size]));
            assert_eq!(sampled.means(&vec![1.0; size]), [1.0]);
        }
    }

    #[test]
    fn clusters_of_one_are_units() {
        let column = [0.3, 0.1, 0.7];
        let (one, alone) = (Sampled::new(3, None, Some(&[2.0, 0.0, 1.0])), Sampled::new(3, None, None));
        assert_eq!([one.means(&column), alone.means(&column)], [column.to_vec(), column.to_vec()]);
        assert_eq!((one.count(), one.weights(), one.effective().to_bits()), (3, None, alone.effective().to_bits()));
    }
}
