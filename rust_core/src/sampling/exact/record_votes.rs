//! The votes of K recorded attempts: which answer leads, in the mean over all subsets.
//!
//! The votes for the answers follow a multivariate hypergeometric law: independent binomial numbers with the share K/n,
//! given that they add to K. For each number m of votes of the leader, and each number of answers that have as many, the
//! weights of all ways to add up are counted answer by answer. All terms are positive, so nothing cancels.

use crate::error::Result;
use crate::run::Control;
use crate::sampling::policy::ties::Ties;
use crate::sampling::scenario::records::AnswerCount;
use crate::special::incomplete_beta::binomial_pmf;

/// P(a correct answer is returned), P(a wrong one is), P(none is), of `cap` attempts: `idle` of all cast no vote.
pub fn plurality(answers: &[AnswerCount], idle: u64, cap: u64, ties: Ties, control: &Control) -> Result<[f64; 3]> {
    let all = idle + answers.iter().map(|answer| answer.attempts).sum::<u64>();
    let law = Law { drawn: cap as usize, share: cap as f64 / all as f64, rest: (all - cap) as f64 / all as f64 };
    let total = law.pmf(all, cap);
    // No vote at all.
    let mut found = [0.0, 0.0, if idle >= cap { law.pmf(idle, cap) * law.none(all - idle) } else { 0.0 }];
    let most = answers.iter().map(|answer| answer.attempts).max().unwrap_or(0).min(cap);
    for votes in 1..=most {
        control.check()?;
        // Answers that were given too rarely cannot have so many votes: any number of theirs will do.
        let (low, high): (Vec<AnswerCount>, Vec<AnswerCount>) = answers.iter().partition(|a| a.attempts < votes);
        let free = idle + low.iter().map(|answer| answer.attempts).sum::<u64>();
        let tied = law.tied(free, &high, votes as usize);
        for (others, [ways, right, none]) in tied.into_iter().enumerate() {
            let [right, none] = [right, none].map(|sum| sum / (others + 1) as f64);
            match ties {
                Ties::Abstain if others > 0 => found[2] += ways,
                Ties::Lose if others > 0 => found[1] += ways,
                _ => {
                    found[0] += right;
                    found[1] += (ways - right - none).max(0.0);
                    found[2] += none;
                }
            }
        }
    }
    Ok(found.map(|weight| (weight / total).clamp(0.0, 1.0)))
}

/// Binomial numbers, given what they add to.
struct Law {
    drawn: usize,
    share: f64,
    rest: f64,
}

impl Law {
    fn pmf(&self, n: u64, k: u64) -> f64 {
        binomial_pmf(n as f64, k as f64, self.share, self.rest)
    }

    fn none(&self, n: u64) -> f64 {
        self.pmf(n, 0)
    }

    /// By the number of answers beside the first that have exactly `votes` votes while none has more: the weight of all
    /// ways, and the same times the number of correct ones, and of blank ones, among the tied.
    fn tied(&self, free: u64, answers: &[AnswerCount], votes: usize) -> Vec<[f64; 3]> {
        let width = self.drawn + 1;
        let levels = (self.drawn / votes).min(answers.len());
        // [ways, sums of the correct and of the blank ones of the tied] by tied answers and attempts so far.
        let mut ways = vec![[0.0; 3]; (levels + 1) * width];
        for k in 0..=free.min(self.drawn as u64) {
            ways[k as usize][0] = self.pmf(free, k);
        }
        // No more attempts than these can have been counted, and no more answers be tied.
        let (mut reach, mut most) = ((free as usize).min(self.drawn), 0);
        let mut next = ways.clone();
        for answer in answers {
            let weights: Vec<f64> = (0..=votes as u64).map(|v| self.pmf(answer.attempts, v)).collect();
            let [right, blank] = answer.shares();
            next.fill([0.0; 3]);
            for level in 0..=most {
                for k in 0..=reach {
                    let [way, correct, none] = ways[level * width + k];
                    if way == 0.0 {
                        continue;
                    }
                    for (v, weight) in weights[..votes].iter().enumerate().take(width - k) {
                        let slot = &mut next[level * width + k + v];
                        slot[0] += way * weight;
                        slot[1] += correct * weight;
                        slot[2] += none * weight;
                    }
                    if level < levels && k + votes < width {
                        let slot = &mut next[(level + 1) * width + k + votes];
                        slot[0] += way * weights[votes];
                        slot[1] += (correct + way * right) * weights[votes];
                        slot[2] += (none + way * blank) * weights[votes];
                    }
                }
            }
            reach = (reach + votes).min(self.drawn);
            most = (most + 1).min(levels);
            std::mem::swap(&mut ways, &mut next);
        }
        (1..=most).map(|level| ways[level * width + self.drawn]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every subset, one by one.
    fn by_subsets(answers: &[AnswerCount], idle: u64, cap: u64, ties: Ties) -> [f64; 3] {
        let votes: Vec<Option<usize>> = std::iter::repeat_n(None, idle as usize)
            .chain(answers.iter().enumerate().flat_map(|(a, n)| std::iter::repeat_n(Some(a), n.attempts as usize)))
            .collect();
        let (mut found, mut subsets) = ([0.0; 3], 0.0);
        for subset in 0u32..1 << votes.len() {
            if u64::from(subset.count_ones()) != cap {
                continue;
            }
            subsets += 1.0;
            let mut counts = vec![0; answers.len()];
            for (i, vote) in votes.iter().enumerate() {
                if let (Some(a), true) = (vote, subset >> i & 1 == 1) {
                    counts[*a] += 1;
                }
            }
            let most = counts.iter().copied().max().unwrap_or(0);
            let tied: Vec<usize> = (0..counts.len()).filter(|&a| counts[a] == most && most > 0).collect();
            let [right, none] =
                [0, 1].map(|k| tied.iter().map(|&a| answers[a].shares()[k]).sum::<f64>() / tied.len() as f64);
            match (tied.len(), ties) {
                (0, _) | (2.., Ties::Abstain) => found[2] += 1.0,
                (2.., Ties::Lose) => found[1] += 1.0,
                _ => {
                    found[0] += right;
                    found[1] += 1.0 - right - none;
                    found[2] += none;
                }
            }
        }
        found.map(|x| x / subsets)
    }

    #[test]
    fn the_plurality_is_that_of_all_subsets() {
        let count = |attempts, correct| AnswerCount { attempts, correct, blank: false };
        let blank = |attempts| AnswerCount { attempts, correct: 0, blank: true };
        for answers in [
            vec![count(3, 3), count(4, 0), count(2, 0)],
            vec![count(2, 2), count(2, 2), count(3, 0), count(1, 0), count(1, 0), count(1, 0)],
            vec![count(4, 1), count(3, 3), count(3, 0)],
            vec![count(3, 3), count(2, 0), blank(3)],
            vec![blank(4)],
            vec![count(5, 0)],
            vec![count(5, 5)],
            vec![],
        ] {
            for idle in [0, 1, 3] {
                let all = idle + answers.iter().map(|a| a.attempts).sum::<u64>();
                for cap in 1..=all {
                    for ties in [Ties::Share, Ties::Abstain, Ties::Lose] {
                        let got = plurality(&answers, idle, cap, ties, &Control::default()).expect("nobody cancels");
                        let want = by_subsets(&answers, idle, cap, ties);
                        let close = got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-13);
                        assert!(close, "{answers:?} {idle} {cap} {ties:?}: {got:?} {want:?}");
                    }
                }
            }
        }
    }
}
