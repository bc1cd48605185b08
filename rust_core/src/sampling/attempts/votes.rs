//! Votes: how often each answer was given, and which one leads.
//!
//! Answer 0 is the correct one. A tie goes to the answer with the highest priority, one random number per answer, task
//! and trial, the same for every policy and every number of attempts.

use crate::rng::Stream;

/// The priorities of one task's answers in one trial.
#[derive(Debug, Clone, Copy)]
pub struct Priorities {
    /// Their stream.
    pub stream: Stream,
    /// Where the first one stands.
    pub start: u64,
}

impl Priorities {
    fn of(&self, answer: usize) -> u64 {
        self.stream.word(self.start + answer as u64)
    }

    /// Whether the correct answer leads.
    #[inline]
    pub fn correct_leads(&self, correct: u64, wrong: &[u64]) -> bool {
        let most = wrong.iter().copied().max().unwrap_or(0);
        if correct == most { self.correct_wins_tie(most, wrong) } else { correct > most }
    }

    #[cold]
    fn correct_wins_tie(&self, most: u64, wrong: &[u64]) -> bool {
        let own = self.of(0);
        wrong.iter().zip(1..).all(|(&votes, answer)| votes < most || self.of(answer) <= own)
    }

    /// The answer with the most votes; `None` without any vote.
    pub fn leader<V: Copy + PartialOrd + Default>(
        &self,
        votes: &[V],
        appeared: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let mut best: Option<(usize, Option<u64>)> = None;
        for (answer, &count) in votes.iter().enumerate().filter(|(j, _)| appeared(*j)) {
            best = match best {
                Some((leader, _)) if votes[leader] > count => best,
                Some((leader, priority)) if votes[leader] == count => {
                    let (old, new) = (priority.unwrap_or_else(|| self.of(leader)), self.of(answer));
                    Some(if new > old { (answer, Some(new)) } else { (leader, Some(old)) })
                }
                _ => Some((answer, None)),
            };
        }
        best.map(|(answer, _)| answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_highest_priority() {
        let stream = Stream::new([5, 6], 0, 1, 2);
        let priorities = Priorities { stream, start: 8 };
        let word = |j: u64| stream.word(8 + j);
        let want = if word(1) > word(3) { 1 } else { 3 };
        assert_eq!(priorities.leader(&[1, 4, 0, 4], |_| true), Some(want));
        assert_eq!(priorities.leader(&[5, 4, 0, 4], |_| true), Some(0));
        assert_eq!(priorities.leader(&[0u32; 4], |_| false), None);
        for votes in [[3u64, 3, 1, 0], [3, 3, 3, 3], [2, 3, 0, 0], [4, 3, 0, 0]] {
            assert_eq!(priorities.correct_leads(votes[0], &votes[1..]), priorities.leader(&votes, |_| true) == Some(0));
        }
    }
}
