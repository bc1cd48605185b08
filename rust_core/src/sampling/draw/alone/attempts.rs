//! What attempts of votes that stop are drawn from: one by one, or many at a time.

use super::shared::Shared;
use crate::rng::Sequence;
use crate::sampling::draw::answers::{AnswerCounts, AnswerSampler};
use crate::sampling::draw::streams::Place;
use crate::sampling::scenario::answers::Answers;
use crate::variates::alias::Alias;
use crate::variates::below;
use rand_core::RngCore;

/// Words that a stream is read ahead.
const WORDS: usize = 8;

/// What wrong attempts answer.
pub struct WrongAnswers {
    answers: Answers,
    /// Many at a time.
    pub sampler: AnswerSampler,
    /// Where they have given shares that are not alike.
    shares: Option<Alias>,
}

/// One task in one trial.
pub struct Trial {
    pub at: Place,
    pub success: f64,
    /// The first correct attempt.
    pub correct: u64,
    /// The attempts after it, and wrong answers, one by one.
    pub random: Sequence<WORDS>,
}

impl WrongAnswers {
    /// Those of a scenario.
    pub fn new(shared: &Shared<'_>) -> Self {
        let shares = match shared.answers {
            Answers::Zipf { .. } => shared.answers.shares().map(|shares| Alias::new(&shares)),
            Answers::Uniform { .. } | Answers::Dirichlet { .. } => None,
        };
        let sampler = AnswerSampler::undecided_leaders(shared.answers, shared.streams);
        Self { answers: shared.answers, sampler, shares }
    }

    /// Starts a task in a trial, with its shares added up in `drawn` where they are random.
    pub fn start(&self, counted: &mut AnswerCounts, at: Place, drawn: &mut Vec<f64>) {
        self.sampler.start(counted, at);
        if !matches!(self.answers, Answers::Dirichlet { .. }) {
            return;
        }
        drawn.clear();
        let (mut left, mut sum) = (1.0, 0.0);
        drawn.extend(self.sampler.shares_left(counted).iter().map(|&share| {
            let own = left * share;
            left -= own;
            sum += own;
            sum
        }));
    }

    /// A wrong answer, from 0 on.
    #[inline]
    pub fn pick(&self, drawn: &[f64], random: &mut Sequence<WORDS>) -> usize {
        match (self.answers, &self.shares) {
            (Answers::Dirichlet { .. }, _) => {
                let place = random.open01();
                drawn.partition_point(|&share| share < place).min(drawn.len() - 1)
            }
            (_, Some(shares)) => shares.pick(random.next_u64()),
            _ => below(self.answers.count() as u64, random) as usize,
        }
    }
}
