//! The votes of K recorded attempts: which answer leads, in the mean over all subsets.
//!
//! The votes for the answers follow a multivariate hypergeometric law: independent binomial numbers with any share, given
//! that they add to K. For each number m of votes of the leader, and each number of answers that have as many, the weights
//! of all ways to add up are counted answer by answer, for all numbers of attempts at once. All terms are positive, so
//! nothing cancels.

use std::ops::Range;

use libm::{exp, log, round};

use crate::dispatch::{Kernel, dispatch};
use crate::error::Result;
use crate::run::Control;
use crate::sampling::policy::ties::Ties;
use crate::sampling::scenario::records::AnswerCount;
use crate::special::elementary::dot;
use crate::special::incomplete_beta::binomial_pmf;

/// How unlikely the numbers of attempts may be that one share serves, as a logarithm: doubles go to 1e-308, or -708.
const UNLIKELY: f64 = 300.0;

/// P(a correct answer is returned), P(a wrong one is), P(none is), of so many attempts, for each of these numbers, which
/// rise: `idle` of all attempts cast no vote.
pub fn pluralities(
    answers: &[AnswerCount],
    idle: u64,
    caps: &[u64],
    ties: Ties,
    control: &Control,
) -> Result<Vec<[f64; 3]>> {
    let all = idle + answers.iter().map(|answer| answer.attempts).sum::<u64>();
    // Shares whose logits are multiples of this: K / all is near enough to one of them, for n d^2 / 8 bounds the logarithm
    // of the chance of K where the logits are d apart.
    let step = (32.0 * UNLIKELY / all as f64).sqrt();
    let nearest = |cap: u64| round(log(cap as f64 / ((all - cap) as f64).max(0.5)) / step);
    let mut found = Vec::with_capacity(caps.len());
    for caps in caps.chunk_by(|&one, &next| nearest(one) == nearest(next)) {
        let logit = nearest(caps[0]) * step;
        let share = [1.0 / (1.0 + exp(-logit)), 1.0 / (1.0 + exp(logit))];
        found.extend(Counted::new(answers, idle, share, caps).pluralities(ties, control)?);
    }
    Ok(found)
}

/// The votes for each answer under a share, before what all add to is given.
struct Counted<'a> {
    answers: Vec<CountedAnswer>,
    idle: u64,
    /// All attempts.
    all: u64,
    /// What each attempt is drawn with, and what it is not.
    share: [f64; 2],
    /// The numbers of attempts that are asked for.
    caps: &'a [u64],
}

/// An answer: how often it was given, the shares of it that are correct and blank, and the law of its votes.
struct CountedAnswer {
    attempts: u64,
    shares: [f64; 2],
    law: Vec<f64>,
}

impl<'a> Counted<'a> {
    fn new(answers: &[AnswerCount], idle: u64, share: [f64; 2], caps: &'a [u64]) -> Self {
        let most = caps[caps.len() - 1];
        let counted = |&answer: &AnswerCount| CountedAnswer {
            attempts: answer.attempts,
            shares: answer.shares(),
            law: binomial_law(answer.attempts, most, share),
        };
        let all = idle + answers.iter().map(|answer| answer.attempts).sum::<u64>();
        Self { answers: answers.iter().map(counted).collect(), idle, all, share, caps }
    }

    fn pluralities(&self, ties: Ties, control: &Control) -> Result<Vec<[f64; 3]>> {
        let (all, idle, [share, rest]) = (self.all, self.idle, self.share);
        let pmf = |n: u64, k: u64| if k > n { 0.0 } else { binomial_pmf(n as f64, k as f64, share, rest) };
        // No vote at all.
        let mut found: Vec<[f64; 3]> =
            self.caps.iter().map(|&cap| [0.0, 0.0, pmf(idle, cap) * pmf(all - idle, 0)]).collect();
        let most = self.answers.iter().map(|answer| answer.attempts).max().unwrap_or(0);
        let (mut free, mut others, mut reversed) = (u64::MAX, Vec::new(), Vec::new());
        let drawn = self.caps[self.caps.len() - 1];
        let mut tied = Tied::default();
        for votes in 1..=most.min(drawn) {
            control.check()?;
            // Answers that were given too rarely cannot have so many votes: any number of theirs will do.
            let high: Vec<&CountedAnswer> = self.answers.iter().filter(|answer| answer.attempts >= votes).collect();
            let left = all - high.iter().map(|answer| answer.attempts).sum::<u64>();
            if left != free {
                (free, others) = (left, binomial_law(left, drawn, self.share));
                reversed = others.iter().rev().copied().collect();
            }
            tied.count(&others, &high, votes as usize, drawn as usize);
            for (found, &cap) in found.iter_mut().zip(self.caps).filter(|(_, cap)| **cap >= votes) {
                for (others, [ways, right, none]) in tied.of(&reversed, cap as usize).enumerate() {
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
        }
        let chance = |found: [f64; 3], cap: u64| found.map(|weight| (weight / pmf(all, cap)).clamp(0.0, 1.0));
        Ok(found.into_iter().zip(self.caps).map(|(found, &cap)| chance(found, cap)).collect())
    }
}

/// The answers that can have as many votes as the leader, counted one by one.
#[derive(Default)]
struct Tied {
    /// The ways of all but the last answer, and the sums of the correct and of the blank ones of the tied, by the number of
    /// tied answers and of the attempts that others got. The latter two may not be asked for: they are 0.
    sums: [Vec<f64>; 3],
    next: [Vec<f64>; 3],
    asked: [bool; 3],
    /// The votes, the most attempts, the answers counted.
    votes: usize,
    drawn: usize,
    answers: usize,
    /// The most attempts that others can get, and one more.
    stride: usize,
    /// The last answer's chance of so many votes, and its shares.
    last: f64,
    shares: [f64; 2],
    /// The law of the attempts of answers that cannot lead and of the last where it has fewer votes, the most first.
    fewer: Vec<f64>,
    /// Room for numbers between zeros.
    padded: Vec<f64>,
}

impl Tied {
    /// Counts these answers. The law `free` is that of the attempts that none of them got.
    fn count(&mut self, free: &[f64], answers: &[&CountedAnswer], votes: usize, drawn: usize) {
        let (last, before) = answers.split_last().expect("one has as many votes");
        (self.votes, self.drawn, self.answers) = (votes, drawn, 0);
        self.stride = (before.len() * (votes - 1)).min(drawn) + 1;
        let size = (self.most(before.len()) + 1) * self.stride;
        for kind in 0..3 {
            self.asked[kind] = kind == 0 || answers.iter().any(|answer| answer.shares[kind - 1] > 0.0);
            for sums in [&mut self.sums[kind], &mut self.next[kind]] {
                sums.resize(size.max(sums.len()), 0.0);
            }
            self.sums[kind][0] = if kind == 0 { 1.0 } else { 0.0 };
        }
        for answer in before {
            self.add(answer);
        }
        (self.last, self.shares) = (last.law[votes], last.shares);
        self.fewer.clear();
        if !before.is_empty() {
            self.fewer.resize(drawn + 1, 0.0);
            let law = &last.law[..votes];
            dispatch(Convolve { to: &mut self.fewer, law, from: free, padded: &mut self.padded });
            self.fewer.reverse();
        }
    }

    /// The most answers that can be tied of so many.
    fn most(&self, answers: usize) -> usize {
        (self.drawn / self.votes).min(answers)
    }

    /// The place of the sums with so many tied answers, and of no more attempts of the others than they can have.
    fn place(&self, level: usize) -> Range<usize> {
        let start = level * self.stride;
        let others = ((self.answers - level) * (self.votes - 1)).min(self.drawn - level * self.votes);
        start..start + others + 1
    }

    /// Counts one more answer.
    fn add(&mut self, answer: &CountedAnswer) {
        let before: Vec<Range<usize>> = (0..=self.most(self.answers)).map(|level| self.place(level)).collect();
        self.answers += 1;
        let after: Vec<Range<usize>> = (0..=self.most(self.answers)).map(|level| self.place(level)).collect();
        let (fewer, tie) = (&answer.law[..self.votes], answer.law[self.votes]);
        for (kind, next) in self.next.iter_mut().enumerate().filter(|(kind, _)| self.asked[*kind]) {
            after.iter().for_each(|place| next[place.clone()].fill(0.0));
            for (level, place) in before.iter().enumerate() {
                let sums = &self.sums[kind][place.clone()];
                let to = &mut next[after[level].clone()];
                dispatch(Convolve { to, law: fewer, from: sums, padded: &mut self.padded });
                if let Some(above) = after.get(level + 1) {
                    add(&mut next[above.clone()], sums, tie);
                    if kind > 0 {
                        add(&mut next[above.clone()], &self.sums[0][place.clone()], tie * answer.shares[kind - 1]);
                    }
                }
            }
        }
        std::mem::swap(&mut self.sums, &mut self.next);
    }

    /// Of `cap` attempts, by the number of answers beside the first that are tied while none has more votes: the weight of
    /// all ways, and the same times the number of correct ones, and of blank ones, among the tied. The law `free` is that
    /// of `count`, the most first.
    fn of(&self, free: &[f64], cap: usize) -> impl Iterator<Item = [f64; 3]> {
        let counted = self.most(self.answers);
        // Of the last answer only what makes up the rest is asked for: fewer votes than the leader has, or as many.
        let of_level = move |level: usize| {
            let rest = cap - level * self.votes;
            let below =
                |kind: usize| if level > counted { 0.0 } else { paired(self.row(kind, level), &self.fewer, rest) };
            let equal = |kind: usize| paired(self.row(kind, level - 1), free, rest) * self.last;
            let ways = equal(0);
            let of_kind = |i: usize| below(1 + i) + equal(1 + i) + ways * self.shares[i];
            [below(0) + ways, of_kind(0), of_kind(1)]
        };
        (1..=(cap / self.votes).min(self.answers + 1)).map(of_level)
    }

    /// The sums of a kind and a number of tied answers, by the attempts of the others; none where they are 0.
    fn row(&self, kind: usize, level: usize) -> &[f64] {
        if self.asked[kind] { &self.sums[kind][self.place(level)] } else { &[] }
    }
}

/// The binomial law of up to `most` of `n`: from its mode on each term is a multiple of the one before.
fn binomial_law(n: u64, most: u64, [share, rest]: [f64; 2]) -> Vec<f64> {
    let (all, last) = (n as f64, n.min(most) as usize);
    let mode = (((all + 1.0) * share) as usize).min(last);
    let mut law = vec![0.0; last + 1];
    law[mode] = binomial_pmf(all, mode as f64, share, rest);
    for k in mode..last {
        law[k + 1] = law[k] * ((all - k as f64) / (k + 1) as f64 * (share / rest));
    }
    for k in (1..=mode).rev() {
        law[k - 1] = law[k] * (k as f64 / (all - k as f64 + 1.0) * (rest / share));
    }
    law
}

/// The sum of the products of those of either whose numbers add to `total`; the other are the last first.
fn paired(one: &[f64], reversed: &[f64], total: usize) -> f64 {
    let beyond = (total + 1).saturating_sub(reversed.len());
    let (one, other) =
        (one.get(beyond..).unwrap_or(&[]), &reversed[(reversed.len() + beyond).saturating_sub(total + 1)..]);
    let both = one.len().min(other.len());
    dot(&one[..both], &other[..both])
}

/// Adds `weight` times the second to the first, as far as both go.
fn add(to: &mut [f64], from: &[f64], weight: f64) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
}

/// Adds all products of a law and of other weights at the sum of their numbers, as far as there is room.
struct Convolve<'a> {
    to: &'a mut [f64],
    law: &'a [f64],
    from: &'a [f64],
    padded: &'a mut Vec<f64>,
}

impl Kernel for Convolve<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        /// So many sums are made at a time.
        const TILE: usize = 16;
        let Self { to, law, from, padded } = self;
        padded.clear();
        padded.resize(TILE, 0.0);
        padded.extend_from_slice(from);
        padded.resize(from.len() + 2 * TILE, 0.0);
        let end = to.len().min(from.len() + law.len() - 1);
        for at in (0..end).step_by(TILE) {
            let mut sums = [0.0; TILE];
            let (first, last) = ((at + 1).saturating_sub(from.len()), (at + TILE).min(law.len()));
            for k in first..last {
                let (weight, from) = (law[k], &padded[at + TILE - k..at + 2 * TILE - k]);
                for i in 0..TILE {
                    sums[i] += weight * from[i];
                }
            }
            to[at..end].iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
        }
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
    fn two_answers_of_many_attempts_have_the_hypergeometric_law() {
        let ln_choose = |n: u64, k: u64| {
            let ln_factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
            ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
        };
        let count = |attempts, correct| AnswerCount { attempts, correct, blank: false };
        for [right, bad] in [[1700, 1300], [40, 2960], [2500, 500]] {
            let all = right + bad;
            let caps: Vec<u64> = vec![1, 2, 3, 10, 61, 500, 1200, all / 2, all - 100, all - 10, all - 1, all];
            let answers = [count(right, right), count(bad, 0)];
            let found = pluralities(&answers, 0, &caps, Ties::Share, &Control::default()).expect("nobody cancels");
            for (&cap, got) in caps.iter().zip(found) {
                let mut want = [0.0; 2];
                for k in cap.saturating_sub(bad)..=right.min(cap) {
                    let chance = exp(ln_choose(right, k) + ln_choose(bad, cap - k) - ln_choose(all, cap));
                    match (2 * k).cmp(&cap) {
                        std::cmp::Ordering::Greater => want[0] += chance,
                        std::cmp::Ordering::Less => want[1] += chance,
                        std::cmp::Ordering::Equal => want = want.map(|sum| sum + 0.5 * chance),
                    }
                }
                // What logarithms of 1e4 leave of the digits.
                let close = (0..2).all(|i| (got[i] - want[i]).abs() < 1e-10 && got[2] == 0.0);
                assert!(close, "{right} {bad} {cap}: {got:?} {want:?}");
            }
        }
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
                let caps: Vec<u64> = (1..=all).collect();
                for ties in [Ties::Share, Ties::Abstain, Ties::Lose] {
                    let found = pluralities(&answers, idle, &caps, ties, &Control::default()).expect("nobody cancels");
                    assert_eq!(found.len(), caps.len());
                    for (got, &cap) in found.iter().zip(&caps) {
                        let want = by_subsets(&answers, idle, cap, ties);
                        let close = got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-13);
                        assert!(close, "{answers:?} {idle} {cap} {ties:?}: {got:?} {want:?}");
                    }
                }
            }
        }
    }
}
