//! Majority voting: two answers by the incomplete beta function, several by counting.

use libm::{exp, log, log1p};

use crate::error::{Error, Result};
use crate::special::{beta_cdf, ln_choose};

/// The most votes the count over several answers takes: its work grows as the cube of the votes.
pub const MOST_VOTES: f64 = 512.0;

/// P(the correct of two answers has the most votes); a tie is settled by a fair coin, or counts as no answer.
///
/// Odd k: `I_p((k+1)/2, (k+1)/2)`. Even k with the coin equals k - 1: the last vote only makes or breaks ties.
pub fn binary_majority(success: f64, votes: f64, abstain: bool) -> f64 {
    let half = (votes / 2.0).floor();
    if votes > 2.0 * half {
        beta_cdf(half + 1.0, half + 1.0, success)
    } else if abstain {
        beta_cdf(half + 1.0, half, success)
    } else {
        beta_cdf(half, half, success)
    }
}

/// P(answer 0 has the most votes); `answers` are the probabilities of all answers. A tie at the top is settled at random
/// among the tied answers, or counts as no answer.
///
/// For each count m of answer 0, the other votes are dealt to the other answers in turn, keeping how many are left and
/// how many answers reached m exactly; an answer with more than m ends the branch. All terms are positive.
pub fn majority(answers: &[f64], votes: f64, abstain: bool) -> Result<f64> {
    majority_among(answers, 0.0, votes, abstain)
}

/// The same where a vote goes to no answer with probability `idle`: a vote among the accepted, the others being idle.
/// The probabilities of the answers and `idle` add to 1.
pub fn majority_among(answers: &[f64], idle: f64, votes: f64, abstain: bool) -> Result<f64> {
    if answers.is_empty() {
        return Err(Error::argument("answers", "at least one probability", "none"));
    }
    let total: f64 = answers.iter().sum::<f64>() + idle;
    if (total - 1.0).abs() > 1e-9 {
        return Err(Error::argument("answers", "probabilities that sum to 1", total));
    }
    if votes > MOST_VOTES {
        return Err(Error::argument("votes", format!("at most {MOST_VOTES} for several answers"), votes));
    }
    let k = votes as usize;
    let wrong: Vec<f64> = answers[1..].iter().copied().filter(|&w| w > 0.0).collect();
    let shares = conditional_shares(&wrong);
    let others: f64 = wrong.iter().sum();
    let idle = if idle > 0.0 { idle / (idle + others) } else { 0.0 };
    let mut sum = 0.0;
    for m in 1..=k {
        let count = binomial(k, m, answers[0]);
        if count > 0.0 {
            sum += count * if 2 * m > k { 1.0 } else { survives(&shares, idle, k - m, m, abstain) };
        }
    }
    Ok(sum)
}

/// Of the answers from j on, the share of answer j.
fn conditional_shares(weights: &[f64]) -> Vec<f64> {
    let mut left = 0.0;
    let mut shares: Vec<f64> = weights
        .iter()
        .rev()
        .map(|&w| {
            left += w;
            w / left
        })
        .collect();
    shares.reverse();
    shares
}

/// P(m votes win against `rest` votes, the share `idle` of which is lost and the others dealt to the other answers).
fn survives(shares: &[f64], idle: f64, rest: usize, m: usize, abstain: bool) -> f64 {
    let ties = rest / m + 1;
    // state[left][tied]
    let mut state = vec![vec![0.0; ties + 1]; rest + 1];
    for lost in 0..=rest {
        state[rest - lost][0] = binomial(rest, lost, idle);
    }
    for &share in shares {
        let mut next = vec![vec![0.0; ties + 1]; rest + 1];
        for (left, row) in state.iter().enumerate() {
            if row.iter().all(|&chance| chance == 0.0) {
                continue;
            }
            for dealt in 0..=left.min(m) {
                let chance = binomial(left, dealt, share);
                let tie = usize::from(dealt == m);
                for tied in 0..ties {
                    next[left - dealt][tied + tie] += row[tied] * chance;
                }
            }
        }
        state = next;
    }
    state[0].iter().enumerate().map(|(tied, chance)| chance * settle(tied, abstain)).sum()
}

fn settle(tied: usize, abstain: bool) -> f64 {
    if abstain { f64::from(u8::from(tied == 0)) } else { 1.0 / (tied + 1) as f64 }
}

fn binomial(n: usize, k: usize, p: f64) -> f64 {
    if p >= 1.0 || p == 0.0 {
        return f64::from(u8::from(k == if p == 0.0 { 0 } else { n }));
    }
    let (n, k) = (n as f64, k as f64);
    exp(ln_choose(n, k) + k * log(p) + (n - k) * log1p(-p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_answers_agree_with_the_incomplete_beta_function() {
        for k in 1..=20 {
            for abstain in [false, true] {
                let (count, integral) =
                    (majority(&[0.55, 0.45], f64::from(k), abstain), binary_majority(0.55, f64::from(k), abstain));
                assert!((count.expect("valid") - integral).abs() < 1e-13, "{k} votes");
            }
        }
    }

    #[test]
    fn symmetric_answers_share_the_chance() {
        let got = majority(&[0.25; 4], 50.0, false).expect("valid");
        assert!((got - 0.25).abs() < 1e-13);
        assert_eq!(majority(&[1.0], 3.0, true).expect("valid"), 1.0);
    }
}
