//! Votes that stop: attempt by attempt, until an answer has enough votes by some rule.

use super::rule::{Alone, Foresight, Needs, Rule, Setting};
use super::seen::{Attempt, Seen, Selector};
use super::ties::Priorities;
use crate::error::Result;
use crate::sampling::exact::expected::{Expected, Part, fixed_rates, no_closed_form};
use crate::sampling::exact::two_answers::{MOST_VOTES, TwoAnswers};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::law::TaskLaw;

/// When a vote stops: of all votes so far and the answer just given, the answer that has enough of them.
pub trait Enough: FnMut(&[u64], usize) -> Option<usize> + Send + 'static {}

impl<F: FnMut(&[u64], usize) -> Option<usize> + Send + 'static> Enough for F {}

/// The most votes of any other answer.
pub fn runner_up(votes: &[u64], answer: usize) -> u64 {
    votes.iter().enumerate().filter(|(other, _)| *other != answer).map(|(_, &votes)| votes).max().unwrap_or(0)
}

/// A vote that stops: what is particular to one. All else a [`Rule`] says is the same for all of them.
pub trait StoppingVote: Copy {
    /// Its kind, as in a spec.
    const NAME: &'static str;
    /// Why votes for two answers do not decide it, where they do not.
    const UNSOLVED: Option<&'static str> = None;

    /// When an answer has enough votes.
    fn enough(self) -> impl Enough;

    /// Checks its parameters.
    fn check(&self) -> Result<()>;

    /// How many votes off its stop is, where it can tell.
    fn votes_off(&self) -> Option<Foresight> {
        None
    }
}

impl<V: StoppingVote> Rule for V {
    fn name(&self) -> &'static str {
        V::NAME
    }

    fn needs(&self) -> Needs {
        Needs { answers: true, attempts: true, ..Needs::NONE }
    }

    fn alone(&self) -> Option<Alone> {
        Some(Alone::Stopping)
    }

    fn check_parameters(&self) -> Result<()> {
        self.check()
    }

    fn selector(&self, setting: &Setting) -> Box<dyn Selector> {
        let votes = vec![0; setting.votes()];
        Box::new(Vote { enough: self.enough(), votes, right: Vec::new(), stopped: None, priorities: None })
    }

    fn foresight(&self) -> Option<Foresight> {
        self.votes_off()
    }

    /// Known where there are two answers, the correct one and a wrong one.
    fn expected(&self, setting: &Setting, part: Part, cap: f64) -> Result<Expected> {
        let (_, rates) = fixed_rates(V::NAME, part)?;
        if let Some(reason) = V::UNSOLVED {
            return Err(no_closed_form(V::NAME, reason));
        }
        if setting.votes() != 2 {
            let reason = "with more than one wrong answer the votes of all attempts decide together";
            return Err(no_closed_form(V::NAME, reason));
        }
        if cap > MOST_VOTES {
            return Err(no_closed_form(V::NAME, &format!("above {MOST_VOTES} votes the count takes too long")));
        }
        let TwoAnswers { correct, wrong, attempts, .. } = TwoAnswers::new(rates.success, cap as u64, self.enough());
        Ok(Expected { attempts, ..Expected::after_all(part, cap, [f64::NAN, correct, wrong, 0.0]) })
    }

    fn going_on(&self, setting: &Setting, part: Part, n: f64) -> f64 {
        match part {
            Part::Fixed(TaskLaw::Attempts(rates))
                if V::UNSOLVED.is_none() && setting.votes() == 2 && n <= MOST_VOTES =>
            {
                TwoAnswers::new(rates.success, n as u64, self.enough()).going_on
            }
            _ => 1.0,
        }
    }
}

/// Votes so far.
struct Vote<R> {
    enough: R,
    votes: Vec<u64>,
    /// Whether the first vote for each answer is from a correct attempt.
    right: Vec<bool>,
    /// The attempt number at which it stopped, and the answer.
    stopped: Option<(u64, usize)>,
    priorities: Option<Priorities>,
}

impl<R: Enough> Selector for Vote<R> {
    fn start(&mut self, priorities: &Priorities) {
        priorities.clear(&mut self.votes);
        priorities.clear(&mut self.right);
        self.stopped = None;
        self.priorities = Some(*priorities);
    }

    fn see(&mut self, before: u64, attempts: &[Attempt]) {
        if self.stopped.is_some() {
            return;
        }
        for (attempt, number) in attempts.iter().zip(before + 1..) {
            let Some(given) = attempt.answer else { continue };
            if self.votes[given] == 0 {
                self.right[given] = attempt.class == 0;
            }
            self.votes[given] += 1;
            if let Some(answer) = (self.enough)(&self.votes, given) {
                self.stopped = Some((number, answer));
                return;
            }
        }
    }

    fn select(&self, _: &Seen, most: u64) -> Outcome {
        let Some(priorities) = &self.priorities else { return Outcome::nothing(most) };
        let (number, answer) = match self.stopped {
            Some((number, answer)) => (number, Some(answer)),
            None => (most, priorities.leader(&self.votes, |answer| self.votes[answer] > 0)),
        };
        answer.map_or(Outcome::nothing(number), |answer| priorities.returned(answer, self.right[answer], false, number))
    }

    fn stops(&self, _: &Seen, _: u64) -> bool {
        self.stopped.is_some()
    }
}
