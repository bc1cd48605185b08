//! A pool or a log of other attempts at the same tasks.
//!
//! Each task has a rate of success, and rates at which its correct and its wrong attempts are accepted. Attempts are drawn
//! from its own of that kind, or where it has none from those of another task. What an attempt took is now and then that of
//! another task's attempt of that kind, as if it had one attempt more: a single attempt does not tell how amounts vary.

use super::kind_rates::{KINDS, KindRates, TaskRates};
use super::pass_rate::Group;
use super::repeated::Prior;
use crate::error::{Error, Result};
use crate::rng::Sequence;
use crate::run::Control;
use crate::sampling::policy::rule::Needs;
use crate::sampling::scenario::recorded::Recorded;
use crate::sampling::scenario::tasks::Tasks;
use crate::spec::Values;
use crate::variates::{below, binomial};

/// The attempts of a pool or a log, and the priors of their rates.
pub struct Log<'a> {
    tasks: &'a Tasks,
    rates: KindRates<Prior>,
    places: Option<Places<'a>>,
}

/// Where the attempts of a log are.
struct Places<'a> {
    recorded: &'a Recorded,
    /// By task and kind.
    own: Vec<[Vec<usize>; KINDS]>,
    /// The tasks that have attempts of each kind.
    having: [Vec<usize>; KINDS],
    /// Codes of the answers that are borrowed from other tasks begin here.
    beyond: f64,
}

/// An attempt that was drawn: where its answer and score are taken from, and what it took; its kind; what the code of its
/// answer is moved by.
struct Drawn {
    place: usize,
    amounts: usize,
    kind: usize,
    moved: f64,
}

impl<'a> Log<'a> {
    /// Of a pool, or of recorded attempts.
    pub fn new(tasks: &'a Tasks, control: &Control) -> Result<Self> {
        let prior = |of: Vec<f64>, seen: Vec<f64>, _| {
            let groups = of.into_iter().zip(seen).map(|(attempts, correct)| Group { attempts, correct, tasks: 1.0 });
            Prior::new(&groups.filter(|group| group.attempts > 0.0).collect::<Vec<_>>(), control)
        };
        let places = match tasks {
            Tasks::Recorded(recorded) => Some(Places::new(recorded)),
            _ => None,
        };
        let rates = KindRates::new(tasks, None, prior)?
            .ok_or_else(|| Error::argument("tasks", "a pool or recorded attempts", "others"))?;
        Ok(Self { tasks, rates, places })
    }

    /// The rates of every task, drawn.
    pub fn rates(&self, random: &mut Sequence) -> Vec<TaskRates> {
        self.rates.draw(0, random)
    }

    /// As many attempts of each task at these rates, with what is read of them.
    pub fn again(&self, rates: &[TaskRates], read: Needs, random: &mut Sequence) -> Tasks {
        match (self.tasks, &self.places) {
            (_, Some(places)) => Tasks::Recorded(places.again(rates, (self.rates.has_verdicts(), read), random)),
            (Tasks::Pool { attempts, correct, columns: given, .. }, None) => {
                let mut columns: [Vec<f64>; 3] = Default::default();
                for (i, &[success, wrong, missed]) in rates.iter().enumerate() {
                    let n = attempts.at(i) as u64;
                    let found = binomial(n, success, random);
                    let both = found - binomial(found, missed, random);
                    let accepted = both + binomial(n - found, wrong, random);
                    columns.iter_mut().zip([accepted, both, found]).for_each(|(column, x)| column.push(x as f64));
                }
                let [accepted, both, found] = columns.map(Values::Many);
                Tasks::Pool {
                    attempts: attempts.clone(),
                    accepted,
                    accepted_correct: both,
                    correct: correct.as_ref().map(|_| found),
                    columns: given.clone(),
                }
            }
            (tasks, None) => tasks.clone(),
        }
    }
}

impl<'a> Places<'a> {
    fn new(recorded: &'a Recorded) -> Self {
        let mut own = Vec::with_capacity(recorded.count());
        let mut having: [Vec<usize>; KINDS] = Default::default();
        let mut from = 0;
        for (task, &n) in recorded.attempts.as_slice().iter().enumerate() {
            let mut kinds: [Vec<usize>; KINDS] = Default::default();
            for place in from..from + n as usize {
                let accepted = recorded.accepted.as_ref().is_some_and(|accepted| accepted.at(place) == 1.0);
                kinds[2 * usize::from(recorded.correct.at(place) == 1.0) + usize::from(accepted)].push(place);
            }
            from += n as usize;
            having.iter_mut().zip(&kinds).filter(|(_, own)| !own.is_empty()).for_each(|(having, _)| having.push(task));
            own.push(kinds);
        }
        let answers = recorded.answer.as_ref().map_or(&[][..], Values::as_slice);
        let beyond = answers.iter().copied().fold(0.0, f64::max) + 1.0;
        Self { recorded, own, having, beyond }
    }

    fn again(&self, rates: &[TaskRates], (verdicts, read): (bool, Needs), random: &mut Sequence) -> Recorded {
        let mut drawn: Vec<Drawn> = Vec::with_capacity(self.recorded.correct.as_slice().len());
        for (task, own) in self.own.iter().enumerate() {
            let mut borrowed: [Option<usize>; KINDS] = [None; KINDS];
            for _ in 0..self.recorded.attempts.at(task) as usize {
                let correct = random.open01() < rates[task][0];
                let accepted = verdicts && (random.open01() < rates[task][1 + usize::from(correct)]) != correct;
                let kind = 2 * usize::from(correct) + usize::from(accepted);
                let (from, moved) = if !own[kind].is_empty() {
                    (&own[kind], 0.0)
                } else if self.having[kind].is_empty() {
                    // Nobody has any: one of the task's own, had it turned out like this.
                    let alike = [1, 2, 3].map(|other| other ^ kind).into_iter().find(|&other| !own[other].is_empty());
                    let alike = alike.unwrap_or(kind);
                    (&own[alike], if alike / 2 == kind / 2 { 0.0 } else { self.beyond * (1 + kind) as f64 })
                } else {
                    // All of them from one task, whose answers may agree with one another.
                    let lender = *borrowed[kind].get_or_insert_with(|| self.lender(kind, random));
                    (&self.own[lender][kind], self.beyond * (1 + kind) as f64)
                };
                let pick = |from: &[usize], random: &mut Sequence| from[below(from.len() as u64, random) as usize];
                let place = pick(from, random);
                let one_more = !own[kind].is_empty() && below(own[kind].len() as u64 + 1, random) == 0;
                let amounts = if one_more { pick(&self.own[self.lender(kind, random)][kind], random) } else { place };
                drawn.push(Drawn { place, amounts, kind, moved });
            }
        }
        let Recorded { answer, score, tokens, cost, seconds, accepted, .. } = self.recorded;
        let column = |value: &dyn Fn(&Drawn) -> f64| Values::Many(drawn.iter().map(value).collect());
        let amounts = |values: &Values| column(&|one| values.at(one.amounts));
        let moved = |code: f64, one: &Drawn| if code < 0.0 { code } else { code + one.moved };
        Recorded {
            correct: column(&|one| f64::from(u8::from(one.kind / 2 == 1))),
            accepted: accepted.as_ref().map(|_| column(&|one| f64::from(u8::from(one.kind % 2 == 1)))),
            answer: answer
                .as_ref()
                .filter(|_| read.answers)
                .map(|values| column(&|one| moved(values.at(one.place), one))),
            score: score.as_ref().filter(|_| read.scores).map(|values| column(&|one| values.at(one.place))),
            tokens: tokens.as_ref().map(amounts),
            cost: cost.as_ref().map(amounts),
            seconds: seconds.as_ref().map(amounts),
            ..self.recorded.clone()
        }
    }

    /// A task that has attempts of a kind.
    fn lender(&self, kind: usize, random: &mut Sequence) -> usize {
        self.having[kind][below(self.having[kind].len() as u64, random) as usize]
    }
}
