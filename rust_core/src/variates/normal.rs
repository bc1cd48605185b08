//! Standard normal numbers by the ziggurat: one random word and a multiplication, 98 times of 100.
//!
//! Marsaglia and Tsang, *The Ziggurat Method for Generating Random Variables* (2000): 256 layers of equal area.

use std::sync::LazyLock;

use crate::math::{exp, ln};
use crate::rng::{Sequence, open01};
use rand_core::RngCore;

const LAYERS: usize = 256;
/// Where the tail begins, and the area of a layer under e^(-x^2/2).
const TAIL: f64 = 3.654_152_885_361_009;
const AREA: f64 = 0.004_928_673_233_974_655;

static LAYERED: LazyLock<Layers> = LazyLock::new(Layers::new);

/// The layers of one half of the density.
struct Layers {
    /// The right edge of each layer from the widest to 0; the first one's is that of a rectangle of its area.
    edges: [f64; LAYERS + 1],
    /// e^(-x^2/2) at the edges.
    heights: [f64; LAYERS + 1],
}

impl Layers {
    fn new() -> Self {
        let density = |x: f64| exp(-0.5 * x * x);
        let mut edges = [0.0; LAYERS + 1];
        edges[0] = AREA / density(TAIL);
        edges[1] = TAIL;
        for i in 1..LAYERS - 1 {
            edges[i + 1] = libm::sqrt(-2.0 * ln(AREA / edges[i] + density(edges[i])));
        }
        Self { edges, heights: edges.map(density) }
    }
}

/// A standard normal number.
#[inline]
pub fn normal<const WORDS: usize>(random: &mut Sequence<WORDS>) -> f64 {
    let layers = &*LAYERED;
    let word = random.next_u64();
    // The layer from the low bits, the sign from the next, the place from the high 52.
    let (layer, sign) = (word as usize % LAYERS, (word & 256) << 55);
    let x = open01(word) * layers.edges[layer];
    let x = if x < layers.edges[layer + 1] { x } else { edge(layers, layer, x, random) };
    f64::from_bits(x.to_bits() | sign)
}

/// A place at the right edge of a layer: taken if it lies under the curve; else another number, of which the size counts.
#[cold]
#[inline(never)]
fn edge<const WORDS: usize>(layers: &Layers, layer: usize, x: f64, random: &mut Sequence<WORDS>) -> f64 {
    if layer == 0 {
        return tail(random);
    }
    let (low, high) = (layers.heights[layer], layers.heights[layer + 1]);
    if low + (high - low) * random.open01() < exp(-0.5 * x * x) { x } else { normal(random).abs() }
}

/// A number beyond the widest layer (Marsaglia 1964).
fn tail<const WORDS: usize>(random: &mut Sequence<WORDS>) -> f64 {
    loop {
        let (beyond, bound) = (-ln(random.open01()) / TAIL, -2.0 * ln(random.open01()));
        if bound > beyond * beyond {
            return TAIL + beyond;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use crate::special::normal::normal_cdf;

    #[test]
    fn the_layers_have_one_area() {
        let Layers { edges, heights } = &*LAYERED;
        for i in 1..LAYERS {
            assert!((edges[i] * (heights[i + 1] - heights[i]) / AREA - 1.0).abs() < 1e-9, "{i}");
        }
        // The base: its rectangle and the tail.
        let beyond = libm::sqrt(0.5 * std::f64::consts::PI) * libm::erfc(TAIL / std::f64::consts::SQRT_2);
        assert!(((TAIL * heights[1] + beyond) / AREA - 1.0).abs() < 1e-12);
    }

    /// Kolmogorov and Smirnov's distance: at 4.8 / sqrt(n) a false alarm has probability below 1e-19. The tail by itself,
    /// at 4.8 / sqrt(its numbers).
    #[test]
    fn draws_follow_the_normal_law() {
        let mut random = Stream::new([5, 9], 0, 0, 0).ahead::<16>(0);
        let mut draws: Vec<f64> = (0..2_000_000).map(|_| normal(&mut random)).collect();
        draws.sort_by(f64::total_cmp);
        let distance = |draws: &[f64], law: &dyn Fn(f64) -> f64| {
            let n = draws.len() as f64;
            let far = draws.iter().enumerate().map(|(i, &x)| (law(x) - (i as f64 + 0.5) / n).abs()).fold(0.0, f64::max);
            far * libm::sqrt(n)
        };
        let far = distance(&draws, &normal_cdf);
        assert!(far < 4.8, "{far}");
        let first = draws.partition_point(|&x| x < TAIL);
        let tail = normal_cdf(-TAIL);
        let far = distance(&draws[first..], &|x| 1.0 - normal_cdf(-x) / tail);
        assert!(draws.len() - first > 150 && far < 4.8, "{far} of {}", draws.len() - first);
    }
}
