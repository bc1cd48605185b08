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
    let (share, rest) = (cap as f64 / all as f64, (all - cap) as f64 / all as f64);
    let pmf = |n: u64, k: u64| binomial_pmf(n as f64, k as f64, share, rest);
    let law = |n: u64| binomial_law(n, cap, [share, rest]);
    let counted: Vec<Counted> = answers
        .iter()
        .map(|&answer| Counted { attempts: answer.attempts, shares: answer.shares(), law: law(answer.attempts) })
        .collect();
    let total = pmf(all, cap);
    // No vote at all.
    let mut found = [0.0, 0.0, if idle >= cap { pmf(idle, cap) * pmf(all - idle, 0) } else { 0.0 }];
    let most = answers.iter().map(|answer| answer.attempts).max().unwrap_or(0).min(cap);
    let (mut free, mut others) = (u64::MAX, Vec::new());
    for votes in 1..=most {
        control.check()?;
        // Answers that were given too rarely cannot have so many votes: any number of theirs will do.
        let high: Vec<&Counted> = counted.iter().filter(|answer| answer.attempts >= votes).collect();
        let left = all - high.iter().map(|answer| answer.attempts).sum::<u64>();
        if left != free {
            (free, others) = (left, law(left));
        }
        let tied = tied(&others, &high, votes as usize, cap as usize);
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

/// An answer: how often it was given, the shares of it that are correct and blank, and the law of its votes before what all
/// add to is given.
struct Counted {
    attempts: u64,
    shares: [f64; 2],
    law: Vec<f64>,
}

/// By the number of answers beside the first that have exactly `votes` votes while none has more: the weight of all ways of
/// `drawn` attempts, and the same times the number of correct ones, and of blank ones, among the tied. The law `free` is
/// that of the attempts that none of these answers got.
fn tied(free: &[f64], answers: &[&Counted], votes: usize, drawn: usize) -> Vec<[f64; 3]> {
    let Some((last, before)) = answers.split_last() else { return Vec::new() };
    let width = drawn + 1;
    let levels = (drawn / votes).min(answers.len());
    // Ways, and sums of the correct and of the blank ones of the tied, by tied answers and attempts so far.
    let asked = [true, answers.iter().any(|a| a.shares[0] > 0.0), answers.iter().any(|a| a.shares[1] > 0.0)];
    let mut planes = asked.map(|asked| if asked { vec![0.0; (levels + 1) * width] } else { Vec::new() });
    let mut next = planes.clone();
    planes[0][0] = 1.0;
    // No more attempts than these can have been counted, and no more answers be tied.
    let (mut reach, mut most) = (0, 0);
    for answer in before {
        next.iter_mut().for_each(|plane| plane.fill(0.0));
        for level in 0..=most {
            let row = level * width..level * width + reach + 1;
            for (plane, next) in planes.iter().zip(&mut next).filter(|(plane, _)| !plane.is_empty()) {
                for (v, weight) in answer.law[..votes].iter().enumerate().take(width) {
                    add(&mut next[level * width + v..(level + 1) * width], &plane[row.clone()], *weight);
                }
            }
            if level < levels && votes < width {
                let weight = answer.law[votes];
                let above = (level + 1) * width + votes..(level + 2) * width;
                for (at, (plane, next)) in
                    planes.iter().zip(&mut next).enumerate().filter(|(_, (plane, _))| !plane.is_empty())
                {
                    add(&mut next[above.clone()], &plane[row.clone()], weight);
                    if at > 0 {
                        add(&mut next[above.clone()], &planes[0][row.clone()], weight * answer.shares[at - 1]);
                    }
                }
            }
        }
        reach = (reach + votes).min(drawn);
        most = (most + 1).min(levels);
        std::mem::swap(&mut planes, &mut next);
    }
    // Of the last answer and of the others only what makes up the rest is asked for.
    let free = |left: usize| free.get(left).copied().unwrap_or(0.0);
    let fewer: Vec<f64> = if most == 0 {
        Vec::new()
    } else {
        (0..=drawn).map(|left| (0..votes.min(left + 1)).map(|v| last.law[v] * free(left - v)).sum()).collect()
    };
    let at = |plane: usize, level: usize, k: usize| planes[plane].get(level * width + k).copied().unwrap_or(0.0);
    let of_level = |level: usize| {
        let mut found = [0.0; 3];
        for k in 0..=reach {
            if level <= most {
                (0..3).for_each(|plane| found[plane] += at(plane, level, k) * fewer[drawn - k]);
            }
            if k + votes <= drawn {
                let weight = last.law[votes] * free(drawn - votes - k);
                let ways = at(0, level - 1, k);
                found[0] += ways * weight;
                (0..2).for_each(|i| found[1 + i] += (at(1 + i, level - 1, k) + ways * last.shares[i]) * weight);
            }
        }
        found
    };
    (1..=(most + 1).min(levels)).map(of_level).collect()
}

/// The binomial law of up to `most` of `n`: from its mode on each term is a multiple of the one before.
fn binomial_law(n: u64, most: u64, [share, rest]: [f64; 2]) -> Vec<f64> {
    let (all, last) = (n as f64, n.min(most) as usize);
    let mode = (((all + 1.0) * share) as usize).min(last);
    let mut law = vec![0.0; last + 1];
    law[mode] = binomial_pmf(all, mode as f64, share, rest);
    if rest > 0.0 {
        for k in mode..last {
            law[k + 1] = law[k] * ((all - k as f64) / (k + 1) as f64 * (share / rest));
        }
        for k in (1..=mode).rev() {
            law[k - 1] = law[k] * (k as f64 / (all - k as f64 + 1.0) * (rest / share));
        }
    }
    law
}

/// Adds `weight` times the second to the first, as far as both go.
fn add(to: &mut [f64], from: &[f64], weight: f64) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
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
