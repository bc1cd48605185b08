//! The utility of every row where the data are drawn anew: the attempts at each task with replacement, or the verifier among
//! those that labels leave open.

use super::resampling::Resampling;
use crate::error::{Error, Result, quoted};
use crate::rng::{Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::record::metrics::METRICS;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::recorded::Recorded;
use crate::sampling::scenario::tasks::Tasks;
use crate::spec::Values;
use crate::variates::{below, binomial};

/// What is drawn anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anew {
    /// The attempts within each task.
    Attempts,
    /// The verifier: a resample has that of its number, and all of them have their tasks placed alike.
    Verifier,
}

impl Anew {
    /// What a name stands for.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "attempts" => Ok(Self::Attempts),
            "verifier" => Ok(Self::Verifier),
            other => Err(Error::argument("anew", "'attempts' or 'verifier'", quoted(other))),
        }
    }
}

/// The utility of every row, policy by policy, resample by resample. What is simulated has the same trials in each.
pub fn utilities(scenario: &SamplingScenario, anew: Anew, how: Resampling, control: &Control) -> Result<Vec<f64>> {
    let utility = METRICS.iter().position(|metric| metric.name == "utility").expect("it is in the table");
    let stream = |replicate: u64, index: u64| Stream::new(how.key, replicate, purpose::DRAWN_AGAIN, index).sequence();
    let work = |(): &mut (), index: u64| {
        let one = match anew {
            Anew::Attempts => {
                SamplingScenario { tasks: attempted_again(&scenario.tasks, &mut stream(1, index)), ..scenario.clone() }
            }
            Anew::Verifier => scenario.with_rates_of(index as usize, 0),
        };
        let found = how.estimates(&one, &mut stream(2, 0), control)?;
        control.advance(1);
        Ok(found.iter().map(|row| row.value[utility]).collect::<Vec<f64>>())
    };
    let mut found = Vec::new();
    run(how.resamples, how.threads, control, || (), work, |rows| found.extend(rows))?;
    Ok(found)
}

/// The tasks with as many attempts each, drawn with replacement from its own; as they are where there are none.
fn attempted_again(tasks: &Tasks, random: &mut Sequence) -> Tasks {
    let mut again = tasks.clone();
    match &mut again {
        Tasks::Pool { attempts, accepted, accepted_correct, correct, .. } => {
            let mut columns: [Vec<f64>; 3] = Default::default();
            for i in 0..tasks.count() {
                let (n, a, right) = (attempts.at(i), accepted.at(i), accepted_correct.at(i));
                let missed = correct.as_ref().map_or(0.0, |correct| correct.at(i) - right);
                let accepted = some_of(n, a, n, random);
                let both = some_of(accepted, right, a, random);
                let found = both + some_of(n - accepted, missed, n - a, random);
                columns.iter_mut().zip([accepted, both, found]).for_each(|(column, x)| column.push(x));
            }
            let [all, both, found] = columns.map(Values::Many);
            (*accepted, *accepted_correct) = (all, both);
            *correct = correct.as_ref().map(|_| found);
        }
        Tasks::Recorded(Recorded { attempts, correct, accepted, answer, score, tokens, cost, seconds, .. }) => {
            let mut rows = Vec::with_capacity(correct.as_slice().len());
            for &n in attempts.as_slice() {
                let from = rows.len();
                rows.extend((0..n as u64).map(|_| from + below(n as u64, random) as usize));
            }
            let optional = [accepted, answer, score, tokens, cost, seconds].into_iter().flatten();
            for column in optional.chain([correct]) {
                *column = Values::Many(rows.iter().map(|&row| column.at(row)).collect());
            }
        }
        // What attempts of counts leave open is drawn otherwise (`redrawn_rates`).
        Tasks::Fixed { .. } | Tasks::Counts { .. } | Tasks::Drawn(_) => {}
    }
    again
}

/// How many of so many attempts are of a kind that `part` of `whole` are of.
fn some_of(attempts: f64, part: f64, whole: f64, random: &mut Sequence) -> f64 {
    binomial(attempts as u64, part / whole, random) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::scenario::recorded::{Blank, Short};
    use crate::sampling::scenario::task_columns::TaskColumns;

    fn values(of: &[f64]) -> Values {
        Values::Many(of.to_vec())
    }

    /// Means of 20,000 draws within 6 standard errors of what is drawn from, and binomial variances within 6 of theirs.
    #[test]
    fn a_pool_has_the_multinomial_law_of_its_own_attempts() {
        let (n, accepted, both, correct) = (10.0, 6.0, 4.0, 5.0);
        let pool = Tasks::Pool {
            attempts: values(&[n, 0.0]),
            accepted: values(&[accepted, 0.0]),
            accepted_correct: values(&[both, 0.0]),
            correct: Some(values(&[correct, 0.0])),
            columns: TaskColumns::default(),
        };
        let (draws, mut sums) = (20_000.0, [[0.0; 2]; 4]);
        for index in 0..20_000 {
            let mut random = Stream::new([1, 2], 1, purpose::DRAWN_AGAIN, index).sequence();
            let Tasks::Pool { accepted: a, accepted_correct: b, correct: Some(c), .. } =
                attempted_again(&pool, &mut random)
            else {
                panic!("a pool stays one");
            };
            assert_eq!([a.at(1), b.at(1), c.at(1)].map(f64::to_bits), [0; 3]);
            let kinds = [b.at(0), a.at(0) - b.at(0), c.at(0) - b.at(0), n - a.at(0) - c.at(0) + b.at(0)];
            sums.iter_mut().zip(kinds).for_each(|(sum, x)| {
                sum[0] += x;
                sum[1] += x * x;
            });
        }
        for ([sum, squares], share) in sums.into_iter().zip([0.4, 0.2, 0.1, 0.3]) {
            let (mean, variance) = (sum / draws, n * share * (1.0 - share));
            assert!((mean - n * share).abs() < 6.0 * (variance / draws).sqrt(), "{mean} {share}");
            let seen = squares / draws - mean * mean;
            assert!((seen / variance - 1.0).abs() < 6.0 * (2.5 / draws).sqrt(), "{seen} {variance}");
        }
    }

    #[test]
    fn rows_of_a_log_stay_together_and_in_their_task() {
        let tasks = Tasks::Recorded(Recorded {
            attempts: values(&[3.0, 2.0]),
            correct: values(&[1.0, 0.0, 1.0, 0.0, 1.0]),
            accepted: None,
            answer: None,
            score: Some(values(&[1.0, 0.2, 1.1, 0.3, 1.2])),
            tokens: None,
            cost: None,
            seconds: None,
            blank: Blank::Vote,
            short: Short::Null,
            columns: TaskColumns::default(),
        });
        let mut random = Stream::new([1, 2], 1, purpose::DRAWN_AGAIN, 0).sequence();
        let mut alike = 0;
        for _ in 0..100 {
            let Tasks::Recorded(one) = attempted_again(&tasks, &mut random) else { panic!("a log stays one") };
            let score = one.score.expect("it had scores");
            for i in 0..5 {
                assert_eq!(one.correct.at(i) == 1.0, score.at(i) >= 1.0);
                assert_eq!([0.3, 1.2].contains(&score.at(i)), i >= 3);
            }
            alike += u32::from(score.at(3) == score.at(4));
        }
        assert!((20..=80).contains(&alike)); // half of them: beyond with probability 1e-9
    }
}
