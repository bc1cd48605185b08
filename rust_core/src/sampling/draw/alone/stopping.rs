//! Votes that stop: those that can tell how far off their stop is, in blocks ([`foreseen`](super::foreseen)); the others
//! attempt by attempt, until the last of them has stopped.

use super::attempts::{Trial, WrongAnswers};
use super::foreseen::Foreseen;
use super::shared::{Shared, Tally};
use crate::error::Result;
use crate::rng::purpose;
use crate::run::Control;
use crate::sampling::draw::answers::AnswerCounts;
use crate::sampling::draw::streams::Place;
use crate::sampling::policy::rule::{Alone, Setting};
use crate::sampling::policy::seen::{Attempt, FirstEvents, Seen, Selector};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::scores::CLASSES;
use crate::variates::geometric;

/// The fewest and the most attempts that are shown to the policies together.
const SHOWN: [u64; 2] = [4, 256];

/// Votes that stop.
pub struct Stopping {
    /// Which of the scenario's policies they are: those that cannot tell how far off their stop is.
    policies: Vec<usize>,
    /// Those that can.
    foreseen: Vec<usize>,
    wrong: WrongAnswers,
}

/// What a worker holds.
pub struct Worker {
    selectors: Vec<Box<dyn Selector>>,
    next: Vec<Attempt>,
    /// What each policy came to, once it has stopped.
    stopped: Vec<Option<Outcome>>,
    foreseen: Vec<Foreseen>,
    counted: AnswerCounts,
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
        let policies = &shared.layout.policies;
        let (mut foreseen, mut others) = (Vec::new(), Vec::new());
        for (p, policy) in policies.iter().enumerate().filter(|(_, p)| p.alone() == Some(Alone::Stopping)) {
            if policy.foresight().is_some() { foreseen.push(p) } else { others.push(p) }
        }
        Self { policies: others, foreseen, wrong: WrongAnswers::new(shared) }
    }

    /// Whether it reads success rates.
    pub const fn reads_rates(&self) -> bool {
        !self.policies.is_empty() || !self.foreseen.is_empty()
    }

    /// Room for one worker; the scenario's policies in `setting`.
    pub fn worker(&self, shared: &Shared<'_>, setting: &Setting) -> Worker {
        let rule = |p: usize| &shared.layout.policies[p];
        let foreseen = self.foreseen.iter().filter_map(|&p| Some(Foreseen::new(p, rule(p).foresight()?)));
        Worker {
            selectors: self.policies.iter().map(|&p| rule(p).selector(setting)).collect(),
            next: Vec::with_capacity(SHOWN[1] as usize),
            stopped: vec![None; self.policies.len()],
            foreseen: foreseen.collect(),
            counted: self.wrong.sampler.counted(),
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
        if !self.reads_rates() {
            return Ok(());
        }
        for (t, rates) in rates.iter().enumerate() {
            let (at, success) = (at.after(t), rates.success);
            let mut random = shared.streams.of_task(purpose::STOPPING, at.task, shared.streams.trial(at)).ahead(0);
            // The first correct attempt, which coverage asks for, however many are drawn.
            let correct = geometric(success, libm::log1p(-success), &mut random);
            tally.cover(&shared.layout, at.task, correct);
            let trial = Trial { at, success, correct, random };
            self.wrong.start(&mut worker.counted, at, &mut worker.drawn);
            for foreseen in &mut worker.foreseen {
                let wrong = (&self.wrong, &mut worker.counted, &*worker.drawn);
                foreseen.trial(shared, wrong, tally, &trial, control)?;
            }
            if !self.policies.is_empty() {
                self.trial(shared, worker, tally, trial, control)?;
            }
        }
        Ok(())
    }

    /// Those that cannot tell how far off their stop is.
    fn trial(
        &self,
        shared: &Shared<'_>,
        worker: &mut Worker,
        tally: &mut Tally,
        trial: Trial,
        control: &Control,
    ) -> Result<()> {
        let layout = &shared.layout;
        let Worker { selectors, next, stopped, drawn, .. } = worker;
        let Trial { at, success, correct, mut random } = trial;
        let priorities = shared.priorities(at);
        selectors.iter_mut().for_each(|selector| selector.start(&priorities));
        stopped.fill(None);
        let (mut number, mut some, mut going) = (0, SHOWN[0], true);
        for (point, &most) in layout.grid.iter().enumerate() {
            while going && number < most {
                control.check()?;
                next.clear();
                for number in number + 1..=most.min(number + some) {
                    let right = number == correct || (number > correct && random.open01() < success);
                    let answer = if right { 0 } else { 1 + self.wrong.pick(drawn, &mut random) };
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
}
