//! What the attempts of tasks say of their rates: of success, and of the verifier's errors on wrong and on correct attempts.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::rng::Sequence;
use crate::sampling::scenario::tasks::Tasks;
use crate::spec::Values;

/// Kinds of attempts: twice whether it is correct, and whether it is accepted.
pub const KINDS: usize = 4;

/// The rates of a task: of success, of acceptance among its wrong attempts and of rejection among its correct ones.
pub type TaskRates = [f64; 3];

/// What is believed of a rate before a task's own attempts.
pub trait Believed {
    /// What is believed in a resample of the tasks of a cluster.
    type Population;
    /// What is known of a rate after them.
    type Law;

    /// In a resample: of all tasks, or of those of each cluster where they have numbers.
    fn populations(&self, resample: usize, random: &mut Sequence) -> Vec<Self::Population>;

    /// Of the rate of a task of which `seen` of `of` attempts had it.
    fn law(population: &Self::Population, of: f64, seen: f64) -> Self::Law;

    /// A rate.
    fn draw(law: &Self::Law, random: &mut Sequence) -> f64;
}

/// What was seen of every task, and what is believed of each rate.
pub struct KindRates<B> {
    success: OfTasks<B>,
    errors: Option<[OfTasks<B>; 2]>,
}

/// What is believed of a rate, and what was seen of it.
struct OfTasks<B> {
    believed: B,
    /// Distinct counts: attempts, those that had it, and the cluster.
    counts: Vec<(f64, f64, usize)>,
    /// Which of them a task has.
    count_of: Vec<usize>,
}

impl<B: Believed> OfTasks<B> {
    fn new(of: &[f64], seen: &[f64], cluster: Option<&[usize]>, believed: B) -> Self {
        let mut places = BTreeMap::new();
        let mut counts = Vec::new();
        let mut place = |(task, (&of, &seen)): (usize, (&f64, &f64))| {
            let cluster = cluster.map_or(0, |cluster| cluster[task]);
            *places.entry((of.to_bits(), seen.to_bits(), cluster)).or_insert_with(|| {
                counts.push((of, seen, cluster));
                counts.len() - 1
            })
        };
        let count_of = of.iter().zip(seen).enumerate().map(&mut place).collect();
        Self { believed, counts, count_of }
    }

    /// Of each distinct count: of many tasks few differ.
    fn laws(&self, resample: usize, random: &mut Sequence) -> Vec<B::Law> {
        let populations = self.believed.populations(resample, random);
        self.counts.iter().map(|&(of, seen, cluster)| B::law(&populations[cluster], of, seen)).collect()
    }
}

impl<B: Believed> KindRates<B> {
    /// Of counts, a pool or recorded attempts, with the number of each task's cluster where these matter;
    /// `believed(of, seen, rate)` is made from all tasks. `None` for other tasks.
    pub fn new(
        tasks: &Tasks,
        cluster: Option<&[usize]>,
        believed: impl Fn(Vec<f64>, Vec<f64>, usize) -> Result<B>,
    ) -> Result<Option<Self>> {
        let Some((counts, verdicts)) = counts_of(tasks) else { return Ok(None) };
        let column = |of: fn(&[f64; KINDS]) -> f64| counts.iter().map(of).collect::<Vec<f64>>();
        let of_tasks = |of: Vec<f64>, seen: Vec<f64>, rate| {
            Ok(OfTasks::new(&of, &seen, cluster, believed(of.clone(), seen.clone(), rate)?))
        };
        let success = of_tasks(column(|own| own.iter().sum()), column(|own| own[2] + own[3]), 0)?;
        let errors = if verdicts {
            let wrong = of_tasks(column(|own| own[0] + own[1]), column(|own| own[1]), 1)?;
            Some([wrong, of_tasks(column(|own| own[2] + own[3]), column(|own| own[2]), 2)?])
        } else {
            None
        };
        Ok(Some(Self { success, errors }))
    }

    /// Whether there are verdicts.
    pub const fn has_verdicts(&self) -> bool {
        self.errors.is_some()
    }

    /// The rates of every task, drawn: first what is believed of each rate, then task by task.
    pub fn draw(&self, resample: usize, random: &mut Sequence) -> Vec<TaskRates> {
        let success = self.success.laws(resample, random);
        let errors = self
            .errors
            .as_ref()
            .map(|errors| [0, 1].map(|which| (&errors[which], errors[which].laws(resample, random))));
        let of_task = self.success.count_of.iter().enumerate().map(|(task, &count)| {
            let success = B::draw(&success[count], random);
            let Some(errors) = &errors else { return [success, 0.0, 0.0] };
            let [passed, missed] =
                [0, 1].map(|which| B::draw(&errors[which].1[errors[which].0.count_of[task]], random));
            [success, passed, missed]
        });
        of_task.collect()
    }
}

/// By task the attempts of each kind, and whether there are verdicts.
fn counts_of(tasks: &Tasks) -> Option<(Vec<[f64; KINDS]>, bool)> {
    let kinds =
        |[n, accepted, both, right]: [f64; 4]| [n - right - (accepted - both), accepted - both, right - both, both];
    match tasks {
        Tasks::Counts { attempts, correct, .. } => {
            let pairs = attempts.as_slice().iter().zip(correct.as_slice());
            Some((pairs.map(|(&n, &right)| kinds([n, right, right, right])).collect(), false))
        }
        Tasks::Pool { attempts, accepted, accepted_correct, correct, .. } => {
            // Without `correct` a rejected answer is taken for wrong: nothing that is shown depends on it.
            let right = correct.as_ref().unwrap_or(accepted_correct);
            let columns = [attempts, accepted, accepted_correct, right].map(Values::as_slice);
            Some(((0..columns[0].len()).map(|i| kinds(columns.map(|column| column[i]))).collect(), true))
        }
        Tasks::Recorded(recorded) => Some((recorded.counts().map(kinds).collect(), recorded.accepted.is_some())),
        _ => None,
    }
}
