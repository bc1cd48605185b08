//! Single attempts, for policies that no count can tell: drawn given the counts, maxima and answers of their stretch.

use crate::rng::Sequence;
use crate::sampling::draw::state::Drawn;
use crate::sampling::draw::ties::Priorities;
use crate::sampling::policy::Policy;
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::scores::{CLASSES, Scores};
use crate::variates::below;
use crate::variates::exponential::Exponential;

/// The streams of single attempts.
pub struct Random {
    /// Which attempts of a stretch are correct, and which has the highest score.
    pub order: Sequence,
    /// Which wrong attempt gives which answer.
    pub answers: Sequence,
    /// Verdicts and scores.
    pub verdicts: Sequence,
}

/// One attempt.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    /// 0 for a correct one, 1 for a wrong one.
    class: usize,
    answer: usize,
    accepted: bool,
    /// The depth of its score in its class.
    depth: f64,
}

/// What one policy has seen so far.
#[derive(Debug, Clone)]
enum Watch {
    /// Looks at the counts only.
    Nothing,
    /// The first score above a threshold: its depths by class, and the attempt number and correctness when it came.
    Above { depths: [f64; CLASSES], first: Option<(u64, bool)> },
    /// Votes of accepted answers.
    Accepted { votes: Vec<u64>, any: bool },
    /// Sums of weights, and which answers appeared.
    Weights { sums: Vec<f64>, appeared: Vec<bool> },
    /// Votes until one answer leads by the margin: the attempt number and the answer when it did.
    Ahead { margin: u64, votes: Vec<u64>, stopped: Option<(u64, usize)> },
}

/// All policies that need single attempts.
#[derive(Debug, Clone)]
pub struct Singles {
    watches: Vec<Watch>,
    scores: Option<Scores>,
    weigh: bool,
    answers: bool,
}

impl Singles {
    /// One watch per policy; `answers` wrong answers.
    pub fn new(policies: &[Policy], answers: usize, scores: Option<Scores>) -> Self {
        let watches: Vec<Watch> = policies
            .iter()
            .map(|policy| match (*policy, scores) {
                (Policy::FirstAbove { threshold }, Some(scores)) => {
                    Watch::Above { depths: scores.depths(threshold), first: None }
                }
                (Policy::FilteredVote {}, _) => Watch::Accepted { votes: vec![0; answers + 1], any: false },
                (Policy::WeightedVote {}, _) => {
                    Watch::Weights { sums: vec![0.0; answers + 1], appeared: vec![false; answers + 1] }
                }
                (Policy::StopWhenAhead { margin }, _) => {
                    Watch::Ahead { margin: margin as u64, votes: vec![0; answers + 1], stopped: None }
                }
                _ => Watch::Nothing,
            })
            .collect();
        let weigh = watches.iter().any(|w| matches!(w, Watch::Weights { .. }));
        Self { watches, scores, weigh, answers: answers > 0 }
    }

    /// Starts a task in a trial.
    pub fn start(&mut self) {
        for watch in &mut self.watches {
            match watch {
                Watch::Nothing => {}
                Watch::Above { first, .. } => *first = None,
                Watch::Accepted { votes, any } => {
                    votes.fill(0);
                    *any = false;
                }
                Watch::Weights { sums, appeared } => {
                    sums.fill(0.0);
                    appeared.fill(false);
                }
                Watch::Ahead { votes, stopped, .. } => {
                    votes.fill(0);
                    *stopped = None;
                }
            }
        }
    }

    /// Draws the attempts after `from` one by one, given what was drawn of their stretches: `dealt` are the cell's wrong
    /// attempts by answer, `accept` the probabilities of acceptance by class, `last_correct` says it of the last attempt.
    pub fn draw(
        &mut self,
        drawn: &[Drawn],
        dealt: &mut [u64],
        accept: [f64; CLASSES],
        (from, last_correct): (u64, bool),
        (random, exponential): (&mut Random, &Exponential),
    ) {
        let mut number = from;
        let mut wrong = dealt.iter().sum();
        for (stretch, more) in drawn.iter().zip((0..drawn.len()).rev()) {
            let all = stretch.stretch.attempts;
            let mut left = [stretch.correct, all - stretch.correct];
            // The highest score of a class is equally likely at each of its attempts.
            let mut peak = [0; CLASSES];
            if self.scores.is_some() {
                for class in 0..CLASSES {
                    if left[class] > 1 {
                        peak[class] = below(left[class], &mut random.order);
                    }
                }
            }
            let mut seen = [0; CLASSES];
            let last = (more == 0).then_some(usize::from(!last_correct));
            if let Some(class) = last {
                left[class] -= 1;
            }
            for at in 1..=all {
                let class = match last {
                    Some(class) if at == all => class,
                    _ => {
                        let correct =
                            left[1] == 0 || (left[0] > 0 && below(left[0] + left[1], &mut random.order) < left[0]);
                        let class = usize::from(!correct);
                        left[class] -= 1;
                        class
                    }
                };
                let (accepted, depth) = if let Some(scores) = self.scores {
                    // Below the highest score depths go on as they began: an exponential number more.
                    let least = stretch.depths[class];
                    let more = if seen[class] == peak[class] { 0.0 } else { exponential.draw(&mut random.verdicts) };
                    (least + more < scores.threshold[class], least + more)
                } else {
                    let verdict = stretch.given().accepted();
                    (verdict.unwrap_or_else(|| random.verdicts.open01() < accept[class]), f64::NAN)
                };
                seen[class] += 1;
                let answer = if class == 0 || !self.answers { class } else { take(dealt, &mut wrong, random) };
                number += 1;
                self.see(number, Attempt { class, answer, accepted, depth });
            }
        }
    }

    fn see(&mut self, number: u64, attempt: Attempt) {
        let Attempt { class, answer, accepted, depth } = attempt;
        let weight = match self.scores {
            Some(scores) if self.weigh => scores.weight(scores.at(class, depth)),
            _ => 0.0,
        };
        for watch in &mut self.watches {
            match watch {
                Watch::Nothing => {}
                Watch::Above { depths, first } => {
                    if first.is_none() && depth < depths[class] {
                        *first = Some((number, class == 0));
                    }
                }
                Watch::Accepted { votes, any } => {
                    votes[answer] += u64::from(accepted);
                    *any |= accepted;
                }
                Watch::Weights { sums, appeared } => {
                    sums[answer] += weight;
                    appeared[answer] = true;
                }
                Watch::Ahead { margin, votes, stopped } => {
                    if stopped.is_some() {
                        continue;
                    }
                    votes[answer] += 1;
                    let mine = votes[answer];
                    let others = votes.iter().enumerate().filter(|(j, _)| *j != answer).map(|(_, &v)| v).max();
                    if mine >= others.unwrap_or(0) + *margin {
                        *stopped = Some((number, answer));
                    }
                }
            }
        }
    }

    /// Whether policy `index` stopped by itself.
    pub fn stopped(&self, index: usize) -> bool {
        matches!(self.watches[index], Watch::Above { first: Some(_), .. } | Watch::Ahead { stopped: Some(_), .. })
    }

    /// What policy `index` comes to with at most `most` attempts, of which all were seen.
    pub fn outcome(&self, index: usize, priorities: &Priorities, most: u64) -> Outcome {
        match &self.watches[index] {
            Watch::Above { first: Some((number, correct)), .. } => Outcome::answer(*correct, true, *number),
            Watch::Nothing | Watch::Above { .. } | Watch::Accepted { any: false, .. } => Outcome::nothing(most),
            Watch::Accepted { votes, .. } => Outcome::answer(priorities.leader(votes, |_| true) == Some(0), true, most),
            Watch::Weights { sums, appeared } => {
                Outcome::answer(priorities.leader(sums, |j| appeared[j]) == Some(0), false, most)
            }
            Watch::Ahead { stopped: Some((number, answer)), .. } => Outcome::answer(*answer == 0, false, *number),
            Watch::Ahead { votes, .. } => Outcome::answer(priorities.leader(votes, |_| true) == Some(0), false, most),
        }
    }
}

/// Takes one of the cell's wrong attempts: the number of its answer, from 1 on.
fn take(dealt: &mut [u64], wrong: &mut u64, random: &mut Random) -> usize {
    let mut at = below(*wrong, &mut random.answers);
    *wrong -= 1;
    for (j, count) in dealt.iter_mut().enumerate() {
        if at < *count {
            *count -= 1;
            return j + 1;
        }
        at -= *count;
    }
    dealt.len()
}
