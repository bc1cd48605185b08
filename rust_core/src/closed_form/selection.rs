//! Selection by score: best of N from an ROC curve, one threshold, and best of n from scored attempts.

use libm::{exp, expm1, log, log1p, sqrt};

use crate::error::{Error, Result, number};
use crate::special::{ln_choose, normal_survival};

const INV_SQRT_2_PI: f64 = 0.398_942_280_401_432_7;

/// An ROC curve of straight pieces; a piece is a score level, tied attempts being ordered at random.
#[derive(Debug)]
pub struct Roc<'a> {
    false_positive_rates: &'a [f64],
    true_positive_rates: &'a [f64],
}

impl<'a> Roc<'a> {
    /// The corners from (0, 0) to (1, 1), neither rate falling.
    pub fn new(false_positive_rates: &'a [f64], true_positive_rates: &'a [f64]) -> Result<Self> {
        let (f, t) = (false_positive_rates, true_positive_rates);
        if f.len() != t.len() {
            let expected = format!("as long as false_positive_rates ({})", f.len());
            return Err(Error::argument("true_positive_rates", expected, t.len()));
        }
        for (name, rates) in [("false_positive_rates", f), ("true_positive_rates", t)] {
            let expected = "never falling, from 0 to 1";
            if let Some(w) = rates.windows(2).find(|w| w[1] < w[0]) {
                let got = format!("{} after {}", number(w[1]), number(w[0]));
                return Err(Error::argument(name, expected, got));
            }
            let [first, last] = [rates.first(), rates.last()].map(|x| x.copied().unwrap_or(f64::NAN));
            if [first, last] != [0.0, 1.0] {
                return Err(Error::argument(name, expected, format!("{} to {}", number(first), number(last))));
            }
        }
        Ok(Self { false_positive_rates, true_positive_rates })
    }

    /// P(the highest-scored of `attempts` attempts is correct).
    ///
    /// `accuracy = N p int psi^(N-1) dT` with `psi = 1 - (1-p) F - p T`; on a straight piece the integral is
    /// `p dT (psi_0^N - psi_1^N)/(psi_0 - psi_1)`.
    pub fn best_of(&self, success: f64, attempts: f64) -> f64 {
        let (f, t) = (self.false_positive_rates, self.true_positive_rates);
        let above = |i: usize| (1.0 - success) * f[i] + success * t[i];
        let piece = |i: usize| {
            let (d_t, d_above) = (t[i + 1] - t[i], (1.0 - success) * (f[i + 1] - f[i]) + success * (t[i + 1] - t[i]));
            if success * d_t == 0.0 {
                return 0.0;
            }
            let psi = 1.0 - above(i);
            let won_below = if d_above >= psi { 1.0 } else { -expm1(attempts * log1p(-d_above / psi)) };
            success * d_t / d_above * exp(attempts * log1p(-above(i))) * won_below
        };
        (0..f.len() - 1).map(piece).sum()
    }
}

/// P(the highest-scored of `attempts` attempts is correct), scores N(d', 1) if correct and N(0, 1) if wrong.
///
/// accuracy = int N p phi(z - d') psi(z)^(N-1) dz, psi = 1 - (1-p) S(z) - p S(z - d'), by the trapezoidal rule: the
/// integrand is analytic, and its narrowest part, the maximum's Gumbel law, has width about 1/sqrt(2 ln N).
pub fn best_of_judge(success: f64, d_prime: f64, attempts: f64) -> f64 {
    if success == 0.0 || success == 1.0 {
        return success;
    }
    let ln_n = log(attempts);
    let step = 0.25 / sqrt(1.0 + 2.0 * ln_n);
    let reach = sqrt(2.0 * (40.0 + ln_n));
    let nodes = (2.0 * reach / step).ceil() as usize;
    let mut sum = 0.0;
    for i in 0..=nodes {
        // From the mean of correct answers: far from that of wrong ones the steps still count.
        let x = i as f64 * step - reach;
        let z = x + d_prime;
        let above = (1.0 - success) * normal_survival(z) + success * normal_survival(x);
        let below = if attempts == 1.0 { 0.0 } else { (attempts - 1.0) * log1p(-above.min(1.0)) };
        sum += exp(below - 0.5 * x * x + ln_n);
    }
    (success * INV_SQRT_2_PI * step * sum).min(1.0)
}

/// P(the highest-scored of `attempts` attempts is correct and its score lies between `low` and `high`), with the scores
/// of `best_of_judge`: the same integral over a part of the line, by Gauss and Legendre on pieces of half the width.
pub fn best_of_judge_within(success: f64, d_prime: f64, attempts: f64, low: f64, high: f64) -> f64 {
    const NODES: [f64; 4] =
        [0.183_434_642_495_649_8, 0.525_532_409_916_329, 0.796_666_477_413_626_7, 0.960_289_856_497_536_2];
    const WEIGHTS: [f64; 4] =
        [0.362_683_783_378_362, 0.313_706_645_877_887_3, 0.222_381_034_453_374_48, 0.101_228_536_290_376_26];
    if success == 0.0 {
        return 0.0;
    }
    let ln_n = log(attempts);
    let reach = sqrt(2.0 * (40.0 + ln_n));
    let (low, high) = ((low - d_prime).max(-reach), (high - d_prime).min(reach));
    if low >= high {
        return 0.0;
    }
    let pieces = ((high - low) * sqrt(1.0 + 2.0 * ln_n) * 2.0).ceil();
    let half = 0.5 * (high - low) / pieces;
    let at = |x: f64| {
        let z = x + d_prime;
        let above = (1.0 - success) * normal_survival(z) + success * normal_survival(x);
        let below = if attempts == 1.0 { 0.0 } else { (attempts - 1.0) * log1p(-above.min(1.0)) };
        exp(below - 0.5 * x * x + ln_n)
    };
    let mut sum = 0.0;
    for i in 0..pieces as usize {
        let centre = low + half * (2.0 * i as f64 + 1.0);
        for (node, weight) in NODES.iter().zip(WEIGHTS) {
            sum += weight * (at(centre - half * node) + at(centre + half * node));
        }
    }
    (success * INV_SQRT_2_PI * half * sum).min(1.0)
}

/// A judge that accepts scores above a threshold: its false positive and false negative rates, its precision (NaN where
/// nothing is accepted) and the attempts until the first acceptance.
pub fn judge_threshold(success: f64, d_prime: f64, threshold: f64) -> [f64; 4] {
    let false_positive_rate = normal_survival(threshold);
    // From the tail itself: 1 less the false negative rate has no digits left at a high threshold.
    let hit = success * normal_survival(threshold - d_prime);
    let acceptance = hit + (1.0 - success) * false_positive_rate;
    [false_positive_rate, normal_survival(d_prime - threshold), hit / acceptance, 1.0 / acceptance]
}

/// The divergence KL(best of n, one draw) in nats, for continuous scores: ln n - (n-1)/n.
pub fn best_of_kl(attempts: f64) -> f64 {
    log(attempts) - (attempts - 1.0) / attempts
}

/// The unbiased mean value of the highest-scored of `attempts` attempts drawn without replacement from scored ones:
/// sum over i of C(i-1, n-1)/C(N, n) y_(i), y sorted by score, tied scores sharing their mean. NaN for n > N.
pub fn best_of_scored(scores: &[f64], values: &[f64], attempts: f64) -> Result<f64> {
    if scores.len() != values.len() {
        return Err(Error::argument("values", format!("as long as scores ({})", scores.len()), values.len()));
    }
    let size = scores.len() as f64;
    if attempts > size {
        return Ok(f64::NAN);
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&i, &j| scores[i].total_cmp(&scores[j]));
    let ln_all = ln_choose(size, attempts);
    // P(all n are among the i lowest): differences at the ends of a tie are the chance that the best lies in it.
    let within = |i: usize| exp(ln_choose(i as f64, attempts) - ln_all);
    let (mut mean, mut start) = (0.0, 0);
    while start < order.len() {
        let level = scores[order[start]];
        let tied = order[start..].iter().take_while(|&&i| scores[i] == level).count();
        let total: f64 = order[start..start + tied].iter().map(|&i| values[i]).sum();
        let chance = if tied == 1 {
            exp(ln_choose(start as f64, attempts - 1.0) - ln_all)
        } else {
            within(start + tied) - within(start)
        };
        mean += chance * total / tied as f64;
        start += tied;
    }
    Ok(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_never_overlap_leave_the_best_to_the_counts() {
        let (p, n) = (0.3_f64, 4);
        for d_prime in [50.0, 1e4, 1e12, 1e15, 1e18, 1e308] {
            let (best, worst) = (1.0 - (1.0 - p).powi(n), p.powi(n));
            assert!((best_of_judge(p, d_prime, f64::from(n)) / best - 1.0).abs() < 1e-12, "{d_prime}");
            assert!((best_of_judge(p, -d_prime, f64::from(n)) / worst - 1.0).abs() < 1e-12, "{d_prime}");
            let whole = |d_prime| best_of_judge_within(p, d_prime, f64::from(n), f64::NEG_INFINITY, f64::INFINITY);
            assert!((whole(d_prime) / best - 1.0).abs() < 1e-12, "{d_prime}");
            assert!((whole(-d_prime) / worst - 1.0).abs() < 1e-12, "{d_prime}");
        }
    }

    #[test]
    fn the_parts_of_the_line_add_up_to_the_whole() {
        for (p, d, n) in [(0.3, 1.0, 1.0), (0.01, 2.5, 40.0), (0.9, -0.5, 1e5), (1.0, 1.0, 7.0)] {
            for cut in [-1.0, 0.3, 2.0, 4.5] {
                let parts = best_of_judge_within(p, d, n, f64::NEG_INFINITY, cut)
                    + best_of_judge_within(p, d, n, cut, f64::INFINITY);
                assert!((parts - best_of_judge(p, d, n)).abs() < 1e-12, "{p} {d} {n} {cut}");
            }
            // Correct or wrong, the best score lies above the cut unless every score lies below.
            let wrong = best_of_judge_within(1.0 - p, -d, n, 0.7 - d, f64::INFINITY);
            let above = p * normal_survival(0.7 - d) + (1.0 - p) * normal_survival(0.7);
            let some = -expm1(n * log1p(-above));
            assert!((best_of_judge_within(p, d, n, 0.7, f64::INFINITY) + wrong - some).abs() < 1e-12);
        }
    }

    #[test]
    fn a_blind_judge_selects_at_random_and_a_perfect_one_covers() {
        let diagonal = Roc::new(&[0.0, 0.3, 1.0], &[0.0, 0.3, 1.0]).expect("a valid curve");
        let perfect = Roc::new(&[0.0, 0.0, 1.0], &[0.0, 1.0, 1.0]).expect("a valid curve");
        for n in [1.0, 2.0, 50.0, 1e6] {
            assert!((diagonal.best_of(0.2, n) - 0.2).abs() < 1e-13);
            assert!((perfect.best_of(1e-3, n) - crate::special::any_of(1e-3, n)).abs() < 1e-13);
            assert!((best_of_judge(0.2, 0.0, n) - 0.2).abs() < 1e-13);
        }
        assert!((best_of_judge(1e-3, 30.0, 700.0) - crate::special::any_of(1e-3, 700.0)).abs() < 1e-12);
    }
}
