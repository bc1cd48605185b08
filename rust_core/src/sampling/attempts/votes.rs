//! Votes: how often each answer was given, and which one leads.
//!
//! Answer 0 is the correct one. A tie goes to the answer with the highest priority, one random number per answer, task
//! and trial, the same for every policy and every number of attempts.

use super::alias::Alias;
use super::binomial::binomial;
use crate::rng::{Sequence, Stream};

/// Below so many attempts per answer they are dealt one by one.
const DEALT: u64 = 8;

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

/// Deals `count` wrong attempts to the wrong answers; of those from j on, answer j has the share `stick[j]`.
pub fn deal(mut count: u64, stick: &[f64], alias: Option<&Alias>, random: &mut Sequence, out: &mut [u64]) {
    out.fill(0);
    if let Some(alias) = alias.filter(|_| count < DEALT * stick.len() as u64) {
        for _ in 0..count {
            out[alias.draw(random)] += 1;
        }
        return;
    }
    for (slot, &share) in out.iter_mut().zip(stick) {
        let dealt = binomial(count, share, random);
        *slot = dealt;
        count -= dealt;
        if count == 0 {
            return;
        }
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
    }
}
