//! Selection by score: best of N from an ROC curve, one threshold, and best of n from scored attempts.

use libm::{exp, expm1, log, log1p, sqrt};

use crate::error::{Error, Result, number};
use crate::special::gauss::integral;
use crate::special::ln_none_drawn;
use crate::special::normal::{mills_ratio, normal_survival};

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
        let ln_below = |i: usize| {
            let above = (1.0 - success) * f[i] + success * t[i];
            if above < 0.5 { log1p(-above) } else { log((1.0 - success) * (1.0 - f[i]) + success * (1.0 - t[i])) }
        };
        let piece = |i: usize| {
            let (d_t, d_above) = (t[i + 1] - t[i], (1.0 - success) * (f[i + 1] - f[i]) + success * (t[i + 1] - t[i]));
            if success * d_t == 0.0 {
                return 0.0;
            }
            let ln_psi = ln_below(i);
            let lost = d_above / exp(ln_psi);
            let won_below = if lost >= 1.0 { 1.0 } else { -expm1(attempts * log1p(-lost)) };
            success * d_t / d_above * exp(attempts * ln_psi) * won_below
        };
        (0..f.len() - 1).map(piece).sum()
    }
}

/// P(the highest-scored of `attempts` attempts is correct), scores N(d', 1) if correct and N(0, 1) if wrong.
///
/// accuracy = int N p phi(z - d') psi(z)^(N-1) dz, psi = 1 - (1-p) S(z) - p S(z - d'), by the trapezoidal rule: the
/// integrand is analytic, and its narrowest part, the maximum's Gumbel law, has width about 1/sqrt(2 ln N).
pub fn best_of_judge(success: f64, d_prime: f64, attempts: f64) -> f64 {
    Best { share: success, others: 1.0 - success, ahead: d_prime, attempts }.chance()
}

/// (P(correct), P(wrong)) of the highest-scored of `attempts` attempts: the smaller of the two is computed.
pub fn best_of_judge_both(success: f64, d_prime: f64, attempts: f64) -> (f64, f64) {
    let correct = Best { share: success, others: 1.0 - success, ahead: d_prime, attempts };
    let right = correct.chance();
    if right < 0.5 {
        return (right, 1.0 - right);
    }
    let wrong = correct.swapped().chance();
    (1.0 - wrong, wrong)
}

/// (P(correct), P(wrong)) of the highest-scored of `attempts` attempts, whose score lies between `low` and `high`, with
/// the scores of `best_of_judge`: the same integral over a part of the line, by Gauss and Legendre.
pub fn best_of_judge_within(success: f64, d_prime: f64, attempts: f64, low: f64, high: f64) -> (f64, f64) {
    let correct = Best { share: success, others: 1.0 - success, ahead: d_prime, attempts };
    (correct.chance_within(low - d_prime, high - d_prime), correct.swapped().chance_within(low, high))
}

/// The attempts of one class against those of the other: a share of all, their scores N(ahead, 1) against N(0, 1).
#[derive(Debug, Clone, Copy)]
struct Best {
    share: f64,
    others: f64,
    ahead: f64,
    attempts: f64,
}

impl Best {
    /// The other class against this one.
    const fn swapped(self) -> Self {
        Self { share: self.others, others: self.share, ahead: -self.ahead, attempts: self.attempts }
    }

    /// ln of what P(the best is of this class, `x` above its mean) has besides `share / sqrt(2 pi)`.
    ///
    /// From the mean of this class: far from that of the other one the steps still count.
    fn ln_density(self, x: f64) -> f64 {
        let Self { share, others, ahead, attempts } = self;
        let outside = log(attempts) - 0.5 * x * x;
        if attempts == 1.0 {
            return outside;
        }
        let z = x + ahead;
        let above = others * normal_survival(z) + share * normal_survival(x);
        let ln_below =
            if above < 0.5 { log1p(-above) } else { log(others * normal_survival(-z) + share * normal_survival(-x)) };
        outside + (attempts - 1.0) * ln_below
    }

    fn chance(self) -> f64 {
        let Self { share, others, attempts, .. } = self;
        if share == 0.0 || others == 0.0 {
            return share;
        }
        let step = 0.25 / sqrt(1.0 + 2.0 * log(attempts));
        let mut sum = 0.0;
        let mut at = |x: f64| {
            let term = exp(self.ln_density(x));
            sum += term;
            (term, sum)
        };
        // Upwards N phi bounds what is left; downwards both factors fall. Neither is a normal number beyond 50.
        let steps = (50.0 / step) as u32;
        for i in 0..steps {
            let x = f64::from(i) * step;
            let (_, sum) = at(x);
            if attempts * exp(-0.5 * x * x) <= 1e-19 * sum {
                break;
            }
        }
        for i in 1..steps {
            let (term, sum) = at(-f64::from(i) * step);
            if term <= 1e-19 * sum {
                break;
            }
        }
        (share * INV_SQRT_2_PI * step * sum).min(1.0)
    }

    /// Below it the density is no normal number: the others' scores lie above.
    fn first_that_counts(self, low: f64, high: f64) -> f64 {
        let nothing = |x: f64| self.ln_density(x) + 0.5 * x * x < -745.0;
        let (mut below, mut above) = (low, high);
        if nothing(low) {
            for _ in 0..30 {
                let middle = 0.5 * (below + above);
                *(if nothing(middle) { &mut below } else { &mut above }) = middle;
            }
        }
        below
    }

    /// The part with `x` between two numbers, of which what is beyond e^-100 times N is left out.
    fn chance_within(self, low: f64, high: f64) -> f64 {
        let ln_n = log(self.attempts);
        let reach = sqrt(2.0 * (100.0 + ln_n));
        let (low, high) = (low.max(-reach), high.min(reach));
        if self.share == 0.0 || low >= high {
            return 0.0;
        }
        let low = self.first_that_counts(low, high);
        // The width of the narrowest part.
        let panels = ((high - low) * sqrt(1.0 + 2.0 * ln_n)).ceil().max(1.0) as u32;
        let chance = integral(low, high, panels, |x| exp(self.ln_density(x)));
        (self.share * INV_SQRT_2_PI * chance).min(1.0)
    }
}

/// A judge that accepts scores above a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// P(accepted | wrong).
    pub false_positive_rate: f64,
    /// P(rejected | correct).
    pub false_negative_rate: f64,
    /// P(accepted | correct).
    pub true_positive_rate: f64,
    /// P(correct | accepted).
    pub precision: f64,
    /// P(wrong | accepted).
    pub false_discovery_rate: f64,
    /// Expected attempts until the first acceptance; infinite beyond 1.8e308.
    pub attempts_used: f64,
}

/// The rates of a judge at a threshold, and what comes of them.
///
/// Far out precision needs only the ratio of the two tails: `S(z) = phi(z) R(z)` with Mills' ratio R, and
/// `phi(z - d)/phi(z) = e^(d (z - d/2))`.
pub fn judge_threshold(success: f64, d_prime: f64, threshold: f64) -> Threshold {
    const FAR: f64 = 10.0;
    let (correct, wrong) = (threshold - d_prime, threshold);
    let [false_positive_rate, true_positive_rate] = [wrong, correct].map(normal_survival);
    let ln_tail = |z: f64| {
        if z < FAR { log(normal_survival(z)) } else { log(mills_ratio(z)) - 0.5 * z * z + log(INV_SQRT_2_PI) }
    };
    // P(accepted | correct) over P(accepted | wrong).
    let ln_ratio = if correct < FAR || wrong < FAR {
        ln_tail(correct) - ln_tail(wrong)
    } else {
        d_prime * (threshold - 0.5 * d_prime) + log(mills_ratio(correct) / mills_ratio(wrong))
    };
    // P(correct | accepted) over P(wrong | accepted).
    let odds = match success {
        0.0 => 0.0,
        1.0 => f64::INFINITY,
        p => exp(ln_ratio + log(p) - log1p(-p)),
    };
    let precision = if odds < 1.0 { odds / (1.0 + odds) } else { 1.0 / (1.0 + 1.0 / odds) };
    Threshold {
        false_positive_rate,
        false_negative_rate: normal_survival(-correct),
        true_positive_rate,
        precision,
        false_discovery_rate: 1.0 / (1.0 + odds),
        attempts_used: 1.0 / (success * true_positive_rate + (1.0 - success) * false_positive_rate),
    }
}

/// The divergence KL(best of n, one draw) in nats, for continuous scores: ln n - (n-1)/n.
pub fn best_of_kl(attempts: f64) -> f64 {
    log(attempts) - (attempts - 1.0) / attempts
}

/// Scored attempts in the order of their scores: the levels from the lowest on.
#[derive(Debug)]
pub struct Scored {
    size: f64,
    /// Of each level: attempts below it, attempts in it, their mean value.
    levels: Vec<(f64, f64, f64)>,
}

impl Scored {
    /// Scores and values, one of each an attempt.
    pub fn new(scores: &[f64], values: &[f64]) -> Result<Self> {
        if scores.len() != values.len() {
            return Err(Error::argument("values", format!("as long as scores ({})", scores.len()), values.len()));
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&i, &j| scores[i].total_cmp(&scores[j]));
        let mut below = 0.0;
        let level = |tied: &[usize]| {
            let count = tied.len() as f64;
            let mean = tied.iter().map(|&i| values[i] / count).sum();
            below += count;
            (below - count, count, mean)
        };
        let levels = order.chunk_by(|&i, &j| scores[i] == scores[j]).map(level).collect();
        Ok(Self { size: scores.len() as f64, levels })
    }

    /// The unbiased mean value of the highest-scored of `attempts` attempts drawn without replacement: sum over i of
    /// C(i-1, n-1)/C(N, n) y_(i), y sorted by score, tied scores sharing their mean. NaN for n > N.
    pub fn best_of(&self, attempts: f64) -> f64 {
        if attempts > self.size {
            return f64::NAN;
        }
        let chance = |&(below, tied, value): &(f64, f64, f64)| {
            let upto = below + tied;
            // All n are among the lowest up to here, and not all below.
            let within = exp(ln_none_drawn(self.size, self.size - upto, attempts));
            let new = if upto < attempts { 0.0 } else { -expm1(ln_none_drawn(upto, tied, attempts)) };
            within * new * value
        };
        self.levels.iter().map(chance).sum()
    }
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
            let whole = |d_prime| best_of_judge_within(p, d_prime, f64::from(n), f64::NEG_INFINITY, f64::INFINITY).0;
            assert!((whole(d_prime) / best - 1.0).abs() < 1e-12, "{d_prime}");
            assert!((whole(-d_prime) / worst - 1.0).abs() < 1e-12, "{d_prime}");
        }
    }

    #[test]
    fn the_parts_of_the_line_add_up_to_the_whole() {
        for (p, d, n) in [(0.3, 1.0, 1.0), (0.01, 2.5, 40.0), (0.9, -0.5, 1e5), (1.0, 1.0, 7.0)] {
            for cut in [-1.0, 0.3, 2.0, 4.5] {
                let (low, high) = (
                    best_of_judge_within(p, d, n, f64::NEG_INFINITY, cut),
                    best_of_judge_within(p, d, n, cut, f64::INFINITY),
                );
                let (correct, wrong) = best_of_judge_both(p, d, n);
                assert!((low.0 + high.0 - correct).abs() < 1e-12, "{p} {d} {n} {cut}");
                assert!((low.1 + high.1 - wrong).abs() < 1e-12, "{p} {d} {n} {cut}");
            }
            // Correct or wrong, the best score lies above the cut unless every score lies below.
            let (correct, wrong) = best_of_judge_within(p, d, n, 0.7, f64::INFINITY);
            let above = p * normal_survival(0.7 - d) + (1.0 - p) * normal_survival(0.7);
            let some = -expm1(n * log1p(-above));
            assert!((correct + wrong - some).abs() < 1e-12);
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
