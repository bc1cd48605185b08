//! Recorded attempts as policies read them: task by task, with answers told apart and what each attempt took.

use std::collections::HashMap;

use super::cost::{Bill, Cost};
use super::error_rates::ErrorRates;
use super::law::{Event, TaskLaw};
use super::recorded::{Blank, Recorded};
use super::verifier::Verifier;
use crate::spec::Values;

/// The recorded attempts of all tasks.
#[derive(Debug, Clone)]
pub struct Records {
    /// Each task's.
    pub tasks: Vec<TaskRecords>,
    /// The most different answers of a task.
    pub most_answers: usize,
}

/// The recorded attempts of one task.
#[derive(Debug, Clone, Default)]
pub struct TaskRecords {
    /// Whether each is correct.
    pub correct: Vec<bool>,
    /// Whether it was accepted; as correct where nothing was recorded and no verifier errs.
    pub accepted: Vec<bool>,
    /// The error rates of a verifier that draws the verdicts in their place; their means where they are drawn too.
    pub errors: Option<ErrorRates>,
    /// The intra-class correlation of error rates that are drawn; 0 where they are given.
    pub icc: f64,
    /// Its answer, where it votes; empty where answers are not told apart.
    pub answer: Vec<Option<usize>>,
    /// How often each answer was given, and how often correctly.
    pub answers: Vec<AnswerCount>,
    /// Its score; empty where none is recorded.
    pub score: Vec<f64>,
    /// What it took, without and with the verification: tokens, money, seconds. Empty where nothing is known of it.
    pub bills: [Vec<Bill>; 2],
}

/// How often an answer was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnswerCount {
    /// Attempts.
    pub attempts: u64,
    /// Those that are correct: all or none unless equal answers were graded differently.
    pub correct: u64,
    /// Whether it is none, that is, what attempts with a blank answer vote for.
    pub blank: bool,
}

impl AnswerCount {
    /// The share of it that is correct, and that is no answer.
    pub const fn shares(&self) -> [f64; 2] {
        if self.blank { [0.0, 1.0] } else { [self.correct as f64 / self.attempts as f64, 0.0] }
    }
}

impl TaskRecords {
    /// The number of attempts.
    pub const fn len(&self) -> usize {
        self.correct.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.correct.is_empty()
    }

    /// Whether a verifier draws the verdicts.
    pub const fn draws_verdicts(&self) -> bool {
        self.errors.is_some()
    }

    /// How often each answer was given by an accepted attempt, and how often correctly.
    pub fn accepted_answers(&self) -> Vec<AnswerCount> {
        let none = |answer: &AnswerCount| AnswerCount { blank: answer.blank, ..AnswerCount::default() };
        let mut counts: Vec<AnswerCount> = self.answers.iter().map(none).collect();
        for (i, answer) in self.answer.iter().enumerate().filter(|(i, _)| self.accepted[*i]) {
            if let Some(answer) = *answer {
                counts[answer].attempts += 1;
                counts[answer].correct += u64::from(self.correct[i] && !self.answers[answer].blank);
            }
        }
        counts.retain(|count| count.attempts > 0);
        counts
    }

    /// P(none of `cap` attempts is of a kind).
    pub fn none_of(&self, cap: u64, kind: impl Fn(usize) -> bool) -> f64 {
        libm::exp(self.law(kind).ln_survival(Event::Accepted, cap as f64))
    }

    /// The law of the attempts whose acceptances are `accepted`.
    pub fn law(&self, accepted: impl Fn(usize) -> bool) -> TaskLaw {
        let count = |is: &dyn Fn(usize) -> bool| (0..self.len()).filter(|&i| is(i)).count() as f64;
        TaskLaw::Pool {
            attempts: self.len() as f64,
            accepted: count(&accepted),
            accepted_correct: count(&|i| accepted(i) && self.correct[i]),
            correct: Some(count(&|i| self.correct[i])),
        }
    }

    /// The mean bill of the attempts that are of a kind; 0 where there are none.
    pub fn mean_bill(&self, checked: bool, of: impl Fn(usize) -> bool) -> Bill {
        let bills = self.bills[usize::from(checked)].iter().enumerate().filter(|(i, _)| of(*i));
        let (mut sum, mut count) = ([0.0; 3], 0.0);
        for (_, bill) in bills {
            (0..3).for_each(|part| sum[part] += bill[part]);
            count += 1.0;
        }
        if count == 0.0 { sum } else { sum.map(|x| x / count) }
    }

    /// Numbers the answers in the order in which they were given.
    fn number_answers(&mut self, given: &[f64], blank: Blank) {
        let mut numbers: HashMap<i64, usize> = HashMap::new();
        let mut counts: Vec<AnswerCount> = Vec::new();
        let mut answer: Vec<Option<usize>> = Vec::with_capacity(given.len());
        for (&code, &correct) in given.iter().zip(&self.correct) {
            let is_blank = code < 0.0;
            if is_blank && blank == Blank::Skip {
                answer.push(None);
                continue;
            }
            let number = *numbers.entry(code as i64).or_insert(counts.len());
            if number == counts.len() {
                counts.push(AnswerCount { blank: is_blank, ..AnswerCount::default() });
            }
            counts[number].attempts += 1;
            counts[number].correct += u64::from(correct && !is_blank);
            answer.push(Some(number));
        }
        // Where blank ones vote they are the last.
        if let Some(at) = counts.iter().position(|count| count.blank) {
            let last = counts.len() - 1;
            counts.swap(at, last);
            let swapped = |number| {
                if number == at {
                    last
                } else if number == last {
                    at
                } else {
                    number
                }
            };
            answer.iter_mut().flatten().for_each(|number| *number = swapped(*number));
        }
        self.answers = counts;
        self.answer = answer;
    }
}

/// The bills of some attempts, from what was recorded and what that costs.
fn bills(recorded: &Recorded, cost: Option<&Cost>, places: std::ops::Range<usize>, checked: bool) -> Vec<Bill> {
    let at = |values: Option<&Values>, i: usize| values.map_or(0.0, |values| values.at(i));
    match cost {
        None if recorded.billed().contains(&true) => places
            .map(|i| [recorded.tokens.as_ref(), recorded.cost.as_ref(), recorded.seconds.as_ref()].map(|v| at(v, i)))
            .collect(),
        Some(cost) if recorded.tokens.is_some() => places
            .map(|i| {
                let tokens = at(recorded.tokens.as_ref(), i);
                cost.rates(checked).map(|[constant, per_token]| constant + per_token * tokens)
            })
            .collect(),
        _ => Vec::new(),
    }
}

impl Records {
    /// Gives every attempt the same bill, without and with the verification.
    pub fn bill_alike(&mut self, bills: [Bill; 2]) {
        for task in &mut self.tasks {
            let attempts = task.len();
            task.bills = bills.map(|bill| vec![bill; attempts]);
        }
    }

    /// From columns, with a verifier that stands in for verdicts and what tokens cost.
    pub fn new(recorded: &Recorded, verifier: Option<&Verifier>, cost: Option<&Cost>) -> Self {
        let verifier = verifier.filter(|verifier| !verifier.is_perfect());
        let mut from = 0;
        let mut tasks = Vec::with_capacity(recorded.count());
        for (i, &n) in recorded.attempts.as_slice().iter().enumerate() {
            let places = from..from + n as usize;
            from = places.end;
            let flags = |values: &Values| values.as_slice()[places.clone()].iter().map(|&x| x == 1.0).collect();
            let correct: Vec<bool> = flags(&recorded.correct);
            let accepted = recorded.accepted.as_ref().map_or_else(|| correct.clone(), flags);
            let mut task = TaskRecords {
                accepted,
                correct,
                icc: match verifier {
                    Some(Verifier::Spread { icc, .. }) => *icc,
                    _ => 0.0,
                },
                errors: verifier.map(|verifier| {
                    if verifier.gives_verdicts() { verifier.rates(i) } else { ErrorRates::new(0.0, 1.0) }
                }),
                score: recorded.score.as_ref().map_or_else(Vec::new, |s| s.as_slice()[places.clone()].to_vec()),
                bills: [false, true].map(|checked| bills(recorded, cost, places.clone(), checked)),
                ..TaskRecords::default()
            };
            if let Some(answer) = &recorded.answer {
                task.number_answers(&answer.as_slice()[places], recorded.blank);
            }
            tasks.push(task);
        }
        let most_answers = tasks.iter().map(|task| task.answers.len()).max().unwrap_or(0);
        Self { tasks, most_answers }
    }
}
