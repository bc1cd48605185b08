//! Votes: how often each answer was given, and which one leads.
//!
//! Answer 0 is the correct one, but among recorded attempts, where several may be. A tie goes to the answer with the highest priority, one random number per answer, task
//! and trial, the same for every policy and every number of attempts.

use serde::Deserialize;

use crate::rng::Stream;
use crate::sampling::record::outcome::Outcome;

/// What becomes of a tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Each of the tied answers is returned equally often: the one with the highest priority.
    #[default]
    Share,
    /// Nothing is returned.
    Abstain,
    /// It counts as a wrong answer.
    Lose,
}

/// Answers whose priorities share a block.
pub const PER_BLOCK: usize = 16;

/// The priorities of one task's answers in one trial.
#[derive(Debug, Clone, Copy)]
pub struct Priorities {
    /// The highest 16 bits of each.
    short: Stream,
    /// The other bits.
    long: Stream,
    trial: u64,
    answers: u64,
    /// The answers of this task.
    named: usize,
    /// Whether the last of them is no answer at all.
    blank: bool,
    /// The first block of the highest bits: of most scenarios, all.
    first: [u64; 4],
}

impl Priorities {
    /// The priorities of `answers` answers, in trial `trial` of the streams of their highest and of their other bits.
    #[inline(always)]
    pub fn new([short, long]: [Stream; 2], answers: usize, trial: u64) -> Self {
        let blocks = answers.div_ceil(PER_BLOCK) as u64;
        let first = short.block(trial * blocks);
        Self { short, long, trial, answers: answers as u64, named: answers, blank: false, first }
    }

    /// Those of a task with `named` answers, of which the last is none where `blank`.
    #[must_use]
    pub const fn of_task(self, named: usize, blank: bool) -> Self {
        Self { named, blank, ..self }
    }

    /// What comes of returning an answer that is correct or not.
    pub const fn returned(&self, answer: usize, correct: bool, accepted: bool, attempts: u64) -> Outcome {
        if self.blank && answer + 1 == self.named {
            return Outcome::nothing(attempts);
        }
        Outcome::answer(correct, accepted, attempts)
    }

    /// Sets what is kept by answer to nothing, for the answers of the task.
    pub fn clear<T: Clone + Default>(&self, by_answer: &mut Vec<T>) {
        by_answer.clear();
        by_answer.resize(self.named, T::default());
    }

    /// Whether answer `a` has the higher priority.
    fn wins(&self, a: usize, b: usize) -> bool {
        let [x, y] = [a, b].map(|answer| self.highest(answer));
        let long = |answer: usize| self.long.word(self.trial * self.answers + answer as u64);
        if x == y { long(a) > long(b) } else { x > y }
    }

    #[inline]
    fn highest(&self, answer: usize) -> u16 {
        (self.block(answer / PER_BLOCK)[answer / 4 % 4] >> (16 * (answer % 4))) as u16
    }

    /// The highest bits of four answers a word, of `PER_BLOCK` answers a block, lowest first.
    #[inline(always)]
    pub fn block(&self, index: usize) -> [u64; 4] {
        match index {
            0 => self.first,
            later => self.short.block(self.trial * self.answers.div_ceil(PER_BLOCK as u64) + later as u64),
        }
    }

    /// Whether the correct answer leads.
    pub fn correct_leads(&self, correct: u64, wrong: &[u64]) -> bool {
        let most = wrong.iter().copied().max().unwrap_or(0);
        if correct == most { self.correct_wins_tie(most, wrong) } else { correct > most }
    }

    fn correct_wins_tie(&self, most: u64, wrong: &[u64]) -> bool {
        wrong.iter().zip(1..).all(|(&votes, answer)| votes < most || !self.wins(answer, 0))
    }

    /// The answer with the most votes; `None` without any vote.
    pub fn leader<V: Copy + PartialOrd + Default>(
        &self,
        votes: &[V],
        appeared: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        (0..votes.len()).filter(|&j| appeared(j)).reduce(|leader, answer| {
            let tied = votes[leader] == votes[answer];
            if votes[leader] < votes[answer] || (tied && self.wins(answer, leader)) { answer } else { leader }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams() -> [Stream; 2] {
        [1, 2].map(|purpose| Stream::new([5, 6], 0, purpose, 2))
    }

    #[test]
    fn ties_go_to_the_highest_priority() {
        let priorities = Priorities::new(streams(), 4, 2);
        let short = |j: u32| priorities.first[0] >> (16 * j) & 0xffff;
        assert_eq!(priorities.first, streams()[0].block(2));
        let want = if short(1) > short(3) { 1 } else { 3 };
        assert_eq!(priorities.leader(&[1, 4, 0, 4], |_| true), Some(want));
        assert_eq!(priorities.leader(&[5, 4, 0, 4], |_| true), Some(0));
        assert_eq!(priorities.leader(&[0u32; 4], |_| false), None);
        for votes in [[3u64, 3, 1, 0], [3, 3, 3, 3], [2, 3, 0, 0], [4, 3, 0, 0]] {
            assert_eq!(priorities.correct_leads(votes[0], &votes[1..]), priorities.leader(&votes, |_| true) == Some(0));
        }
    }

    /// 40,000 answers have more than 2^16 pairs of equal highest bits: the other bits order these.
    #[test]
    fn equal_highest_bits_are_ordered_by_the_others() {
        let priorities = Priorities::new(streams(), 40_000, 3);
        let mut order: Vec<usize> = (0..40_000).collect();
        order.sort_by_key(|&answer| (priorities.highest(answer), priorities.long.word(3 * 40_000 + answer as u64)));
        let mut ties = 0;
        for pair in order.windows(2) {
            ties += usize::from(priorities.highest(pair[0]) == priorities.highest(pair[1]));
            assert!(priorities.wins(pair[1], pair[0]) && !priorities.wins(pair[0], pair[1]));
        }
        assert!(ties > 1000);
    }
}
