//! Correct attempts at the points of a grid, from the last point back to the first.
//!
//! Of the attempts up to the last point a number is correct whose law is the task's: binomial, or a mean of binomial laws
//! where rates are drawn. Given that number every order of the attempts is equally likely, whatever the rates: so many of
//! the first `n` of `N` are correct with the hypergeometric probability. One table per number serves all tasks, and no rate
//! is drawn. Where tables to the last point would be too large they start at an earlier one, up from which numbers are
//! drawn at the task's rate.

use std::collections::HashMap;

use crate::error::Result;
use crate::rng::Sequence;
use crate::run::Control;
use crate::sampling::draw::alias_rows::{AliasRows, ENTRY, MOST_ENTRIES, SAVED, deviations};
use crate::sampling::draw::streams::{Place, Streams};
use crate::sampling::draw::successes::{Counts, WORDS};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::TaskLaw;
use crate::variates::binomial;

/// The most attempts up to a point with tables.
const MOST_ATTEMPTS: u64 = 1 << 12;

/// The tables.
#[derive(Debug)]
pub struct Chain {
    last: Last,
    /// Of each point before, a row per number at the next.
    earlier: Vec<AliasRows>,
}

/// From where numbers are drawn back.
#[derive(Debug)]
enum Last {
    /// From the last point, by the law of each task.
    Table { table: AliasRows, of_task: Vec<u32> },
    /// From an earlier point, at the task's rate, as all points from there on: bins of so many attempts, which have tables
    /// where rates are known.
    AtRate { counts: Counts, attempts: Vec<u64> },
}

impl Chain {
    /// The tables of a scenario's tasks; `None` where there would be none, or they would take longer than they save in so
    /// many trials.
    pub fn new(
        scenario: &SamplingScenario,
        (laws, grid): (&[TaskLaw], &[u64]),
        trials: u64,
        control: &Control,
    ) -> Result<Option<Self>> {
        let (mut known, mut distinct) = (HashMap::new(), Vec::new());
        let mut of_task = Vec::with_capacity(laws.len());
        for (i, law) in laws.iter().enumerate() {
            let Some(law) = scenario.success_law(i, law) else { return Ok(None) };
            of_task.push(*known.entry(law.bits()).or_insert_with(|| {
                distinct.push(law);
                distinct.len() as u32 - 1
            }));
        }
        let Some(&most) = grid.last() else { return Ok(None) };
        let saved = SAVED * trials as f64 * laws.len() as f64;
        // Entries of the tables up to each point, without those of the last one.
        let short = grid.iter().take_while(|&&to| to <= MOST_ATTEMPTS).count();
        let widths = |pair: &[u64]| (0..=pair[1]).map(|c| width(c, pair[1], pair[0])).sum();
        let entries: Vec<f64> = grid[..short].windows(2).map(widths).collect();
        let all = distinct.len() as f64 * (most + 1) as f64 + entries.iter().sum::<f64>();
        let whole = most > 0 && short == grid.len() && all <= MOST_ENTRIES && all * ENTRY <= saved * short as f64;
        let (last, earlier) = if whole {
            let mut table = AliasRows::default();
            for law in &distinct {
                control.check()?;
                table.push(0, &law.of_successes(most));
            }
            (Last::Table { table, of_task }, short - 1)
        } else {
            let mut sum = 0.0;
            let pays = |&&entries: &&f64| {
                sum += entries;
                sum <= MOST_ENTRIES && entries * ENTRY <= saved
            };
            let earlier = entries.iter().take_while(pays).count();
            if earlier == 0 {
                return Ok(None);
            }
            let mut before = 0;
            let attempts =
                grid[earlier..].iter().map(|&to| to - std::mem::replace(&mut before, to)).collect::<Vec<_>>();
            (Last::AtRate { counts: Counts::of_bins(laws, &attempts), attempts }, earlier)
        };
        let mut tables = Vec::new();
        for pair in grid[..=earlier].windows(2) {
            let mut table = AliasRows::default();
            for c in 0..=pair[1] {
                if c % 64 == 0 {
                    control.check()?;
                }
                let (least, shares) = hypergeometric(c, pair[1], pair[0]);
                table.push(least, &shares);
            }
            tables.push(table);
        }
        Ok(Some(Self { last, earlier: tables }))
    }

    /// Whether it reads success rates.
    pub const fn reads_rates(&self) -> bool {
        matches!(self.last, Last::AtRate { .. })
    }

    /// Draws the correct attempts of a task up to each grid point, in trials from that of the place on, a row of `size` per
    /// point; `rate` is the success rate of a trial, and `words` have room for one each.
    pub fn fill(
        &self,
        streams: &Streams,
        (at, trials): (Place, usize),
        rate: impl Fn(usize) -> f64,
        (words, random): (&mut [u64], &mut Sequence<WORDS>),
        (correct, size): (&mut [u64], usize),
    ) {
        let (points, first) = (correct.len() / size, self.earlier.len());
        let words = &mut words[..trials.next_multiple_of(4)];
        let draw = |point: usize, words: &mut [u64]| {
            let (stream, block) = streams.counts(at.chunk, at.task * points + point, at.trial);
            stream.fill(block, words);
        };
        match &self.last {
            Last::Table { table, of_task } => {
                let row = of_task[at.task] as usize;
                let last = &mut correct[first * size..][..trials];
                draw(first, words);
                last.iter_mut().zip(&*words).for_each(|(last, &word)| *last = table.pick(row, word));
            }
            Last::AtRate { counts, attempts } => {
                for point in first..points {
                    let (before, now) = correct.split_at_mut(point * size);
                    let now = &mut now[..trials];
                    if let Some([_, table, _]) = counts.of_bin(at.task, point - first) {
                        draw(point, words);
                        now.iter_mut().zip(&*words).for_each(|(now, &word)| *now = table.pick(word));
                    } else {
                        let attempts = attempts[point - first];
                        now.iter_mut().enumerate().for_each(|(t, now)| *now = binomial(attempts, rate(t), random));
                    }
                    if point > first {
                        let before = &before[(point - 1) * size..];
                        now.iter_mut().zip(before).for_each(|(now, before)| *now += before);
                    }
                }
            }
        }
        for (point, table) in self.earlier.iter().enumerate().rev() {
            let (now, next) = correct[point * size..].split_at_mut(size);
            draw(point, words);
            for ((now, &word), &next) in now[..trials].iter_mut().zip(&*words).zip(&*next) {
                *now = table.pick(next as usize, word);
            }
        }
    }
}

/// The numbers that may come, by Hoeffding's bound, about: of `c` correct attempts among `all`, among the first `n`.
fn width(c: u64, all: u64, n: u64) -> f64 {
    let [c, all, n] = [c, all, n].map(|x| x as f64);
    let share = c / all;
    let variance = n * share * (1.0 - share) * (all - n) / (all - 1.0).max(1.0);
    deviations(variance, c.min(n).min(all - c).min(all - n))
}

/// The least number of correct attempts among the first `n` of `all`, `c` of which are correct, and from it on shares in
/// proportion to their probability.
fn hypergeometric(c: u64, all: u64, n: u64) -> (u64, Vec<f64>) {
    let (least, most) = ((c + n).saturating_sub(all), c.min(n));
    let mode = ((c + 1) * (n + 1) / (all + 2)).clamp(least, most);
    let mut shares = vec![0.0; (most - least + 1) as usize];
    shares[(mode - least) as usize] = 1.0;
    // P(k + 1) / P(k).
    let ratio = |k: u64| ((c - k) * (n - k)) as f64 / ((k + 1) * (all + k + 1 - c - n)) as f64;
    for k in mode..most {
        shares[(k + 1 - least) as usize] = shares[(k - least) as usize] * ratio(k);
    }
    for k in (least..mode).rev() {
        shares[(k - least) as usize] = shares[(k + 1 - least) as usize] / ratio(k);
    }
    (least, shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::purpose;
    use crate::sampling::draw::run::Run;
    use crate::sampling::record::Wanted;
    use crate::sampling::scenario::population::Population;
    use crate::sampling::scenario::success_law::SuccessLaw;
    use crate::spec::parse;

    const NOTHING: Wanted =
        Wanted { coverage: false, share_counts: [false; 3], utility_counts: false, bill_counts: [false; 3] };

    /// From the law at the last point to that at every point before.
    #[test]
    fn earlier_counts_have_the_law_of_fewer_attempts() {
        let laws = [
            SuccessLaw::fixed(0.2),
            SuccessLaw { points: vec![(0.1, 0.0)], betas: vec![(0.9, [0.3, 0.6])] },
            SuccessLaw { points: vec![(0.5, 0.0), (0.5, 1.0)], betas: Vec::new() },
        ];
        for law in laws {
            for [n, all] in [[1, 2], [3, 50], [128, 300], [299, 300]] {
                let mut got = vec![0.0; n as usize + 1];
                for (c, mass) in (0..).zip(law.of_successes(all)) {
                    let (least, shares) = hypergeometric(c, all, n);
                    let sum: f64 = shares.iter().sum();
                    (least..).zip(shares).for_each(|(k, share)| got[k as usize] += mass * share / sum);
                }
                for (got, want) in got.into_iter().zip(law.of_successes(n)) {
                    assert!((got - want).abs() < 1e-12, "{law:?} {n} {all}: {got} {want}");
                }
            }
        }
    }

    /// Beyond the tables, numbers at a drawn rate and from it back to the points before: at every point the law of so many
    /// attempts. Chi-square of the lowest 40 numbers and the rest, 41 degrees of freedom at most; above 150 with
    /// probability 1e-14 in each of 12 looks. The product of neighbours is within 7 standard errors.
    #[test]
    fn numbers_at_a_rate_have_the_law_of_their_attempts() {
        let (grid, trials, chunks) = ([3, 40, 5_000, 20_000], 64, 1_000);
        let streams = Streams::new(
            &Run { trials: 0, key: [3, 4], replicate: 0, threads: 1, wanted: NOTHING, kept: None },
            trials,
        );
        for (tasks, law) in [
            (
                r#"{"kind":"beta","alpha":0.3,"beta":4.0,"count":1.0,"unsolvable":0.1,"redraw":"trial"}"#,
                SuccessLaw { points: vec![(0.1, 0.0)], betas: vec![(0.9, [0.3, 4.0])] },
            ),
            (
                r#"{"kind":"mixture","type_weight":[1.0,3.0],"success":[0.001,0.0002],"count":1.0,"redraw":"trial"}"#,
                SuccessLaw { points: vec![(0.25, 0.001), (0.75, 0.0002)], betas: Vec::new() },
            ),
            (r#"{"kind":"fixed","success":[0.0007]}"#, SuccessLaw::fixed(0.0007)),
        ] {
            let json = format!(
                r#"{{"kind":"sampling","tasks":{tasks},"verifier":{{"kind":"rates","false_positive_rate":0.1,"false_negative_rate":0.2}},"answers":{{"kind":"uniform","count":2}},
                "policies":[{{"kind":"majority_vote"}}],"max_attempts":{grid:?},"utility":null}}"#
            );
            let scenario: SamplingScenario = parse(&json, &[]).expect("the scenario is valid");
            let (laws, control) = (scenario.laws(), Control::default());
            let made = Chain::new(&scenario, (&laws, &grid), 1 << 30, &control).expect("nobody cancels");
            let chain = made.expect("it pays");
            assert!(chain.reads_rates() && chain.earlier.len() == 1);
            let population = Population::new(&scenario);
            let (mut words, mut random) = (vec![0; trials], streams.of(purpose::CUT_COUNTS, 0).ahead(0));
            let mut correct = vec![0; grid.len() * trials];
            let mut seen = [[0.0; 41]; 4];
            let mut products = Vec::new();
            for chunk in 0..chunks {
                let drawn = &mut population.streams(streams.seed(), chunk, trials, &control).expect("nobody cancels");
                let rates: Vec<f64> = (0..trials)
                    .map(|_| match laws[0] {
                        TaskLaw::Attempts(rates) => rates.success,
                        _ => population.draw(0, drawn).success,
                    })
                    .collect();
                let at = Place { chunk, task: 0, trial: 0 };
                let drawn = (&mut words[..], &mut random);
                chain.fill(&streams, (at, trials), |t| rates[t], drawn, (&mut correct, trials));
                for t in 0..trials {
                    let numbers: Vec<u64> = (0..grid.len()).map(|point| correct[point * trials + t]).collect();
                    assert!(numbers.is_sorted());
                    numbers.iter().zip(&mut seen).for_each(|(&k, seen)| seen[k.min(40) as usize] += 1.0);
                    products.push((numbers[2] as f64 - numbers[1] as f64) * numbers[1] as f64);
                }
            }
            let all = (trials as u64 * chunks) as f64;
            for (seen, n) in seen.iter().zip(grid) {
                let shares = law.of_successes(n);
                let rest: f64 = shares.iter().skip(40).sum();
                let want = shares.iter().copied().take(40).chain([rest]).map(|share| share * all);
                let chi: f64 = seen
                    .iter()
                    .zip(want)
                    .map(|(seen, want)| if want > 1e-9 { (seen - want) * (seen - want) / want.max(1.0) } else { *seen })
                    .sum();
                assert!(chi < 150.0, "{law:?} {n}: {chi}");
            }
            // E[p^2] times the attempts of both: from P(both of two attempts are correct).
            let want = law.of_successes(2)[2] * f64::from(40 * 4_960);
            let mean = products.iter().sum::<f64>() / all;
            let spread = products.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / all;
            assert!((mean - want).abs() < 7.0 * (spread / all).sqrt(), "{law:?}: {mean} {want}");
        }
    }
}
