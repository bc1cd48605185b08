//! Exponential numbers by the ziggurat: one random word and a multiplication, 99 times of 100.
//!
//! Marsaglia and Tsang, *The Ziggurat Method for Generating Random Variables* (2000): 256 layers of equal area.

use std::sync::OnceLock;

use crate::math::{exp, ln};
use crate::rng::{Sequence, open01};
use rand_core::RngCore;

const LAYERS: usize = 256;
/// Where the tail begins, and the area of a layer.
const TAIL: f64 = 7.697_117_470_131_05;
const AREA: f64 = 0.003_949_659_822_581_557;

/// The layers.
#[derive(Debug, Clone)]
pub struct Exponential {
    /// The right edge of each layer from the widest to 0; the first one's is that of a rectangle of its area.
    edges: [f64; LAYERS + 1],
    /// e^-x at the edges from the second on.
    heights: [f64; LAYERS + 1],
}

impl Default for Exponential {
    fn default() -> Self {
        static LAYERED: OnceLock<Exponential> = OnceLock::new();
        LAYERED.get_or_init(Self::layered).clone()
    }
}

impl Exponential {
    fn layered() -> Self {
        let mut edges = [0.0; LAYERS + 1];
        edges[0] = AREA / exp(-TAIL);
        edges[1] = TAIL;
        for i in 1..LAYERS - 1 {
            edges[i + 1] = -ln(AREA / edges[i] + exp(-edges[i]));
        }
        Self { edges, heights: edges.map(|x| exp(-x)) }
    }

    /// An exponential number of mean 1.
    #[inline]
    pub fn draw<const WORDS: usize>(&self, random: &mut Sequence<WORDS>) -> f64 {
        self.of(random.next_u64(), random)
    }

    /// The exponential number of a random word, and of more words where that does not decide.
    #[inline]
    pub fn of<const WORDS: usize>(&self, word: u64, random: &mut Sequence<WORDS>) -> f64 {
        // The layer from the low bits, the place from the high 52.
        let layer = word as usize % LAYERS;
        let x = open01(word) * self.edges[layer];
        if x < self.edges[layer + 1] { x } else { self.edge(layer, x, random) }
    }

    /// A place at the right edge of a layer: taken if it lies under the curve; the tail starts again.
    #[cold]
    #[inline(never)]
    fn edge<const WORDS: usize>(&self, layer: usize, x: f64, random: &mut Sequence<WORDS>) -> f64 {
        if layer == 0 {
            return TAIL + self.draw(random);
        }
        let (low, high) = (self.heights[layer], self.heights[layer + 1]);
        if low + (high - low) * random.open01() < exp(-x) { x } else { self.draw(random) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn the_layers_have_one_area() {
        let Exponential { edges, heights } = Exponential::default();
        for i in 1..LAYERS {
            assert!((edges[i] * (heights[i + 1] - heights[i]) / AREA - 1.0).abs() < 1e-9, "{i}");
        }
        // The base: its rectangle and the tail.
        assert!(((TAIL + 1.0) * exp(-TAIL) / AREA - 1.0).abs() < 1e-12);
    }

    /// Kolmogorov and Smirnov's distance; 1.63 + more: at 4.8 / sqrt(n) a false alarm has probability below 1e-19.
    #[test]
    fn draws_follow_the_exponential_law() {
        let (ziggurat, mut random) = (Exponential::default(), Stream::new([5, 8], 0, 0, 0).ahead::<16>(0));
        let n = 400_000;
        let mut draws: Vec<f64> = (0..n).map(|_| ziggurat.draw(&mut random)).collect();
        draws.sort_by(f64::total_cmp);
        let distance = draws
            .iter()
            .enumerate()
            .map(|(i, &x)| (-libm::expm1(-x) - (i as f64 + 0.5) / f64::from(n)).abs())
            .fold(0.0, f64::max);
        assert!(distance < 4.8 / libm::sqrt(f64::from(n)), "{distance}");
        assert!(draws[0] > 0.0 && draws.last().is_some_and(|&x| x > TAIL + 2.0));
    }
}
