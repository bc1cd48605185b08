//! Votes that stop, attempt by attempt until the last of them has stopped.

use super::shared::{Shared, Tally};
use crate::error::Result;
use crate::rng::{Sequence, purpose};
use crate::run::Control;
use crate::sampling::draw::answers::AnswerSampler;
use crate::sampling::draw::streams::Place;
use crate::sampling::policy::rule::{Alone, Setting};
use crate::sampling::policy::seen::{Attempt, FirstEvents, Seen, Selector};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::scores::CLASSES;
use crate::variates::alias::Alias;
use crate::variates::{below, geometric};
use rand_core::RngCore;

/// The fewest and the most attempts that are shown to the policies together.
const SHOWN: [u64; 2] = [4, 256];
/// Words that a stream is read ahead.
const WORDS: usize = 8;

/// Votes that stop.
pub struct Stopping {
    /// Which of the scenario's policies they are.
    policies: Vec<usize>,
    /// The wrong answers, where they have given shares that are not alike.
    shares: Option<Alias>,
}

/// What a worker holds.
pub struct Worker {
    selectors: Vec<Box<dyn Selector>>,
    next: Vec<Attempt>,
    /// What each policy came to, once it has stopped.
    stopped: Vec<Option<Outcome>>,
    /// Drawn shares of the wrong answers, added up.
    drawn: Vec<f64>,
}

/// What nobody reads of what was seen.
const SEEN: Seen = Seen {
    events: FirstEvents::NONE,
    correct: 0,
    maxima: [f64::INFINITY; CLASSES],
    best_is_correct: false,
    leads: false,
    last_correct: false,
};

impl Stopping {
    /// Those of a scenario.
    pub fn new(shared: &Shared<'_>) -> Self {
        let stops = |(p, policy): (usize, &crate::sampling::policy::Policy)| {
            (policy.alone() == Some(Alone::Stopping)).then_some(p)
        };
        let shares = match shared.answers {
            Answers::Zipf { .. } => shared.answers.shares().map(|shares| Alias::new(&shares)),
            Answers::Uniform { .. } | Answers::Dirichlet { .. } => None,
        };
        Self { policies: shared.layout.policies.iter().enumerate().filter_map(stops).collect(), shares }
    }

    /// Whether it reads success rates.
    pub const fn reads_rates(&self) -> bool {
        !self.policies.is_empty()
    }

    /// Room for one worker; the scenario's policies in `setting`.
    pub fn worker(&self, shared: &Shared<'_>, setting: &Setting) -> Worker {
        let selectors = self.policies.iter().map(|&p| shared.layout.policies[p].selector(setting)).collect();
        Worker {
            selectors,
            next: Vec::with_capacity(SHOWN[1] as usize),
            stopped: vec![None; self.policies.len()],
            drawn: Vec::new(),
        }
    }

    /// One task in all trials of a chunk, at these rates.
    pub fn task(
        &self,
        shared: &Shared<'_>,
        worker: &mut Worker,
        tally: &mut Tally,
        (at, rates): (Place, &[Rates]),
        control: &Control,
    ) -> Result<()> {
        if self.policies.is_empty() {
            return Ok(());
        }
        for (t, rates) in rates.iter().enumerate() {
            self.trial(shared, worker, tally, (at.after(t), rates.success), control)?;
        }
        Ok(())
    }

    fn trial(
        &self,
        shared: &Shared<'_>,
        worker: &mut Worker,
        tally: &mut Tally,
        (at, success): (Place, f64),
        control: &Control,
    ) -> Result<()> {
        let layout = &shared.layout;
        let Worker { selectors, next, stopped, drawn } = worker;
        if matches!(shared.answers, Answers::Dirichlet { .. }) {
            draw_shares(shared, at, drawn);
        }
        let priorities = shared.priorities(at);
        selectors.iter_mut().for_each(|selector| selector.start(&priorities));
        stopped.fill(None);
        let random = &mut shared.streams.of_task(purpose::STOPPING, at.task, shared.streams.trial(at)).ahead(0);
        // The first correct attempt, which coverage asks for, however many are drawn.
        let correct = geometric(success, libm::log1p(-success), random);
        tally.cover(layout, at.task, correct);
        let (mut number, mut some, mut going) = (0, SHOWN[0], true);
        for (point, &most) in layout.grid.iter().enumerate() {
            while going && number < most {
                control.check()?;
                next.clear();
                for at in number + 1..=most.min(number + some) {
                    let right = at == correct || (at > correct && random.open01() < success);
                    let answer = if right { 0 } else { 1 + self.wrong(shared.answers, drawn, random) };
                    let class = usize::from(!right);
                    next.push(Attempt { class, answer: Some(answer), accepted: false, score: f64::NAN });
                }
                selectors.iter_mut().for_each(|selector| selector.see(number, next));
                number += next.len() as u64;
                some = (2 * some).min(SHOWN[1]);
                going = selectors.iter().any(|selector| !selector.stops(&SEEN, number));
            }
            for ((selector, stopped), &p) in selectors.iter().zip(&mut *stopped).zip(&self.policies) {
                let outcome = stopped.unwrap_or_else(|| selector.select(&SEEN, most));
                if selector.stops(&SEEN, most) {
                    *stopped = Some(outcome);
                }
                tally.add(layout, (p, point), at, outcome);
            }
        }
        Ok(())
    }

    /// A wrong answer, from 0 on.
    #[inline]
    fn wrong(&self, answers: Answers, drawn: &[f64], random: &mut Sequence<WORDS>) -> usize {
        match (answers, &self.shares) {
            (Answers::Dirichlet { .. }, _) => {
                let place = random.open01();
                drawn.partition_point(|&share| share < place).min(drawn.len() - 1)
            }
            (_, Some(shares)) => shares.pick(random.next_u64()),
            _ => below(answers.count() as u64, random) as usize,
        }
    }
}

/// Draws the shares of the wrong answers in a trial, added up.
fn draw_shares(shared: &Shared<'_>, at: Place, drawn: &mut Vec<f64>) {
    let stream = shared.streams.of_task(purpose::ANSWER_SHARES, at.task, at.chunk);
    shared.answers.stick_breaking(&mut stream.words_from(4 * AnswerSampler::first_block(at.trial)), drawn);
    let (mut left, mut sum) = (1.0, 0.0);
    for share in drawn {
        let own = left * *share;
        left -= own;
        sum += own;
        *share = sum;
    }
}
