//! Time-uniform intervals of bounded means: the empirical-Bernstein confidence sequence.
//!
//! For independent values `X_i` in intervals of length at most 1, and guesses `G_i` in the same intervals that are made
//! before `X_i` is seen, let `V` be the sum of `(X_i - G_i)^2`. Then with probability `1 - 2a` the sum of the values
//! stays, at all times at once, within `u(max(V, 1))` of the sum of their means, for every sub-gamma boundary `u` of
//! scale 1 that is crossed with probability `a` (Howard et al. 2021, arXiv 1810.08240, theorem 4).
//! We take the stitched boundary of their theorem 1 with eta = 2 and s = 1.4. The values need not be alike, so each task
//! has a guess of its own: its mean over the stages before, and the middle of the range in the first. Only sums and
//! sums of squares of each stage are needed.

use libm::log;

/// zeta(1.4).
const ZETA: f64 = 3.105_547_277_977_58;
/// (2^(1/4) + 2^(-1/4)) / sqrt(2), and (sqrt(2) + 1) / 2.
const K1: f64 = 1.435_499_972_755_075;
const K2: f64 = 1.207_106_781_186_547_5;

/// How far the sum may be from the sum of the means: the boundary at `v`, crossed on either side with probability
/// `1 - confidence`.
pub fn boundary(v: f64, confidence: f64) -> f64 {
    let v = v.max(1.0);
    // ln((log_2 v + 1)^1.4 zeta(1.4) / a) with a = (1 - confidence) / 2.
    let l = 1.4 * log(log(v) / std::f64::consts::LN_2 + 1.0) + log(ZETA * 2.0 / (1.0 - confidence));
    (K1 * K1 * v * l + K2 * K2 * l * l).sqrt() + K2 * l
}

/// The range of values and how far they were from their guesses so far.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    low: f64,
    high: f64,
    /// The largest factor that values are taken by.
    factor: f64,
    /// V, in units of the values.
    squares: f64,
}

impl Spread {
    /// Values in `[low, high]`, each taken by a factor of at most `factor`.
    pub const fn new(low: f64, high: f64, factor: f64) -> Self {
        Self { low, high, factor, squares: 0.0 }
    }

    /// Adds a stage: `count` values with that sum and sum of squares, taken by `factor`; `before` is the mean of the
    /// same task's values so far.
    pub fn add(&mut self, count: f64, sum: f64, squares: f64, factor: f64, before: Option<f64>) {
        let guess = before.unwrap_or(0.5 * (self.low + self.high));
        let stage = squares - 2.0 * guess * sum + count * guess * guess;
        self.squares += factor * factor * stage.max(0.0);
    }

    fn width(&self) -> f64 {
        (self.high - self.low) * self.factor
    }

    /// Whether a mean of `count` values is as precise as asked: a standard error below what one value can move it by
    /// is not believed.
    pub fn is_precise(&self, standard_error: f64, count: f64, target: f64) -> bool {
        standard_error.max(self.width() / count) <= target && !standard_error.is_nan()
    }

    /// The ends of the interval of the mean of `count` values.
    pub fn interval(&self, mean: f64, count: f64, confidence: f64) -> [f64; 2] {
        let width = self.width();
        if width == 0.0 {
            return [mean, mean];
        }
        let radius = width * boundary(self.squares / (width * width), confidence) / count;
        [(mean - radius).max(self.low), (mean + radius).min(self.high)]
    }
}

#[cfg(test)]
mod tests {
    use libm::pow;

    use super::*;

    /// P(some interval misses the mean), exactly, for values `a` with probability `p` and `b` otherwise, looked at after
    /// each of the stages, whose guesses are the mean so far.
    fn misses(p: f64, (a, b): (f64, f64), stages: &[usize], confidence: f64) -> f64 {
        let mean = p * a + (1.0 - p) * b;
        // Mass by how often `a` came in the stages so far, and the spread of each path: it depends on every count.
        let mut paths = vec![(1.0, 0usize, Spread::new(a.min(b), a.max(b), 1.0))];
        let (mut done, mut missed) = (0usize, 0.0);
        for &stage in stages {
            let mut next = Vec::new();
            for (mass, count, spread) in paths {
                let total = |k: usize, n: usize| k as f64 * a + (n - k) as f64 * b;
                let before = (done > 0).then(|| total(count, done) / done as f64);
                let mut binomial = (1.0 - p).powi(stage as i32);
                for k in 0..=stage {
                    let mut spread = spread;
                    let squares = k as f64 * a * a + (stage - k) as f64 * b * b;
                    spread.add(stage as f64, total(k, stage), squares, 1.0, before);
                    let n = (done + stage) as f64;
                    let [low, high] = spread.interval(total(count + k, done + stage) / n, n, confidence);
                    let mass = mass * binomial;
                    if mean < low || mean > high {
                        missed += mass;
                    } else if mass > 1e-12 {
                        next.push((mass, count + k, spread));
                    }
                    binomial *= (stage - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
                }
            }
            paths = next;
            done += stage;
        }
        missed
    }

    #[test]
    fn coverage_under_the_worst_stopping_is_never_below_nominal() {
        for p in [0.01, 0.2, 0.5, 0.93] {
            for confidence in [0.5, 0.9] {
                let missed = misses(p, (1.0, -3.0), &[4, 4, 8, 16, 32], confidence);
                assert!(missed <= 1.0 - confidence, "{p} {confidence}: {missed}");
            }
        }
    }

    #[test]
    fn the_stitched_constants_are_those_of_the_theorem() {
        let quarter = pow(2.0, 0.25);
        assert!((K1 - (quarter + 1.0 / quarter) / 2f64.sqrt()).abs() < 1e-15);
        assert!((2.0 * K2 - 2f64.sqrt() - 1.0).abs() < 1e-15);
        // zeta(1.4) from its first terms and the Euler-Maclaurin remainder.
        let n = 1000.0_f64;
        let head: f64 = (1..1000).map(|k| pow(f64::from(k), -1.4)).sum();
        let tail = pow(n, -0.4) / 0.4 + 0.5 * pow(n, -1.4) + 1.4 / 12.0 * pow(n, -2.4);
        assert!((ZETA - head - tail).abs() < 1e-10, "{}", head + tail);
    }

    #[test]
    fn coverage_is_not_bought_with_width() {
        // 10,000 values with standard deviation 0.5 in a range of 1: 1.96 standard errors are 0.0098.
        let mut spread = Spread::new(0.0, 1.0, 1.0);
        spread.add(10_000.0, 5000.0, 5000.0, 1.0, None);
        let [low, high] = spread.interval(0.5, 10_000.0, 0.95);
        assert!(low > 0.475 && high < 0.525, "{low} {high}");
        // Values that hardly vary have an interval that shrinks with their number, not with its root.
        let mut spread = Spread::new(-1.0, 1.0, 1.0);
        spread.add(100.0, 50.0, 25.0, 1.0, Some(0.5));
        let [low, high] = spread.interval(0.5, 100.0, 0.95);
        assert!(high - low < 0.6, "{low} {high}");
        assert!(!spread.is_precise(0.0, 100.0, 0.01));
        assert!(spread.is_precise(0.0, 100.0, 0.02));
    }
}
