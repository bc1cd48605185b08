//! Majority voting: two answers by the incomplete beta function, several by generating functions.

use libm::{expm1, log, log1p};

use super::answers::{Answers, NEGLIGIBLE};
use super::plurality::Count;
use crate::error::{Error, Result};
use crate::run::Control;
use crate::special::incomplete_beta::{beta_tails, binomial_pmf};

/// The most votes among three answers or more: the work grows as the cube of the votes.
pub const MOST_VOTES: f64 = 512.0;
/// P(the correct of two answers has the most votes); a tie is settled by a fair coin, or counts as no answer.
///
/// Odd k: `I_p((k+1)/2, (k+1)/2)`. Even k with the coin equals k - 1: the last vote only makes or breaks ties.
pub fn binary_majority(success: f64, votes: f64, abstain: bool) -> f64 {
    two(success, 1.0 - success, votes, abstain)[0]
}

/// The chances of two answers, p + q = 1, to have the most votes.
fn two(p: f64, q: f64, votes: f64, abstain: bool) -> [f64; 2] {
    let half = (votes / 2.0).floor();
    let odd = votes > 2.0 * half;
    if abstain && !odd {
        return [beta_tails(half + 1.0, half, p, q)[0], beta_tails(half + 1.0, half, q, p)[0]];
    }
    let shape = if odd { half + 1.0 } else { half };
    beta_tails(shape, shape, p, q)
}

/// P(answer 0 has the most votes); `answers` are the probabilities of all answers. A tie at the top is settled at random
/// among the tied answers, or counts as no answer.
pub fn majority(answers: &[f64], votes: f64, abstain: bool, control: &Control) -> Result<f64> {
    let Some((correct, wrong)) = answers.split_first() else {
        return Err(Error::argument("answers", "at least one probability", "none"));
    };
    let total: f64 = answers.iter().sum();
    if (total - 1.0).abs() > 1e-9 {
        return Err(Error::argument("answers", "probabilities that sum to 1", total));
    }
    let answers = Answers::new(*correct, wrong, 0.0);
    if answers.few() {
        return Ok(two(answers.correct, answers.all_wrong, votes, abstain)[0]);
    }
    answers.check(votes)?;
    Count { answers: &answers, votes: votes as usize, abstain, control }.won()
}

impl Answers {
    /// Whether so many votes can be counted: any number of them between two answers.
    pub fn check(&self, votes: f64) -> Result<()> {
        if votes <= MOST_VOTES || self.few() {
            return Ok(());
        }
        Err(Error::argument("votes", format!("at most {MOST_VOTES} for three answers or more"), votes))
    }

    fn few(&self) -> bool {
        matches!(self.wrong[..], [] | [(_, 1)])
    }

    /// The chances that the correct answer and that a wrong one has the most votes, ties settled at random; what is left
    /// is that all votes are idle.
    pub fn plurality(&self, votes: f64, control: &Control) -> Result<[f64; 2]> {
        self.check(votes)?;
        if self.few() {
            return Ok(self.of_two(votes));
        }
        let count = Count { answers: self, votes: votes as usize, abstain: false, control };
        let correct = count.won()?;
        let wrong = if correct < 0.5 && self.idle == 0.0 { 1.0 - correct } else { count.lost()? };
        Ok([correct, wrong])
    }

    /// At most one wrong answer: the sum over the number of votes that are not idle.
    fn of_two(&self, votes: f64) -> [f64; 2] {
        let active = self.correct + self.all_wrong;
        if active == 0.0 {
            return [0.0; 2];
        }
        let (p, q) = (self.correct / active, self.all_wrong / active);
        if self.idle == 0.0 {
            return two(p, q, votes, false);
        }
        if p == 0.0 || q == 0.0 {
            let some = -expm1(votes * if active < 0.5 { log1p(-active) } else { log(self.idle) });
            return [p * some, q * some];
        }
        // The less likely answer wins the more rarely the more votes there are: downwards all increments are positive.
        let (less, more) = if p < q { (p, q) } else { (q, p) };
        let (first, chances) = window(votes, active, self.idle);
        let shape = |n: f64| (0.5 * (n + 1.0)).floor();
        let mut half = shape(first + chances.len() as f64 - 1.0);
        let mut upset = beta_tails(half, half, less, more)[0];
        let (mut rare, mut often) = (0.0, 0.0);
        for (i, chance) in chances.iter().enumerate().rev() {
            let n = first + i as f64;
            if n == 0.0 {
                break;
            }
            if shape(n) < half {
                half -= 1.0;
                upset += 0.5 * (more - less) * binomial_pmf(2.0 * half, half, less, more);
            }
            rare += chance * upset;
            often += chance * (1.0 - upset);
        }
        if p < q { [rare, often] } else { [often, rare] }
    }
}

/// The probabilities of a binomial number from a first value on, all but a negligible part of them.
fn window(n: f64, p: f64, q: f64) -> (f64, Vec<f64>) {
    let mode = ((n + 1.0) * p).floor().min(n);
    let top = binomial_pmf(n, mode, p, q);
    let counts = |chance: f64| chance > 1e-3 * NEGLIGIBLE * top;
    let (mut k, mut chance, mut chances) = (mode, top, Vec::new());
    while k > 0.0 && counts(chance) {
        chance *= k * q / ((n - k + 1.0) * p);
        k -= 1.0;
        chances.push(chance);
    }
    let first = k;
    chances.reverse();
    chances.push(top);
    (k, chance) = (mode, top);
    while k < n && counts(chance) {
        chance *= (n - k) * p / ((k + 1.0) * q);
        k += 1.0;
        chances.push(chance);
    }
    (first, chances)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correct(answers: &[f64], votes: u32, abstain: bool) -> f64 {
        majority(answers, f64::from(votes), abstain, &Control::default()).expect("valid")
    }

    #[test]
    fn symmetric_answers_share_the_chance() {
        assert!((correct(&[0.25; 4], 50, false) - 0.25).abs() < 1e-13);
        assert_eq!(correct(&[1.0], 3, true), 1.0);
    }

    /// All outcomes of the votes over the wrong answers and none.
    #[test]
    fn the_two_sides_of_a_vote_are_the_sum_over_its_outcomes() {
        fn enumerate(counts: &mut Vec<u32>, left: u32, chance: f64, p: &[f64], sum: &mut [f64; 2]) {
            // p: the correct answer, the wrong ones, none.
            let at = counts.len();
            if at + 1 == p.len() {
                let most = *counts.iter().max().expect("there are answers");
                let leaders = counts.iter().filter(|&&c| c == most).count() as f64;
                if most > 0 {
                    let chance = chance * p[at].powi(left as i32);
                    let won = if counts[0] == most { 1.0 / leaders } else { 0.0 };
                    sum[0] += chance * won;
                    sum[1] += chance * (1.0 - won);
                }
                return;
            }
            let mut ways = 1.0;
            for c in 0..=left {
                counts.push(c);
                enumerate(counts, left - c, chance * ways * p[at].powi(c as i32), p, sum);
                counts.pop();
                ways *= f64::from(left - c) / f64::from(c + 1);
            }
        }
        for p in [
            &[0.5, 0.2, 0.2, 0.1][..],
            &[0.7, 0.1, 0.1, 0.0],
            &[0.2, 0.3, 0.05, 0.05, 0.05, 0.35],
            &[0.9, 1e-3, 2e-3, 0.0],
            &[0.3, 0.25, 0.45],
            &[0.2, 0.4, 0.4],
            &[0.2, 0.0, 0.8],
            &[0.0, 0.3, 0.7],
        ] {
            let total: f64 = p.iter().sum();
            let p: Vec<f64> = p.iter().map(|x| x / total).collect();
            let (wrong, idle) = (&p[1..p.len() - 1], p[p.len() - 1]);
            for votes in 1..=9 {
                let mut want = [0.0; 2];
                enumerate(&mut Vec::new(), votes, 1.0, &p, &mut want);
                let got = Answers::new(p[0], wrong, idle).plurality(f64::from(votes), &Control::default());
                for (got, want) in got.expect("nobody cancels").iter().zip(want) {
                    assert!((got - want).abs() <= 1e-13 * want, "{p:?} {votes}: {got} {want}");
                }
            }
        }
    }
}
