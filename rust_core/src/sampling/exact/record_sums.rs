//! Recorded scores added answer by answer: which sum of K attempts is largest, in the mean over all subsets.
//!
//! An answer's sums are those of its subsets, each with its number of attempts and its weight, as if every attempt were
//! drawn with the probability K/n; that they add to K is asked for at the end. The sums are few where the scores repeat or
//! the answers are many; above a limit there is no exact value.

use std::collections::BTreeMap;

use libm::round;

use crate::error::Result;
use crate::run::Control;
use crate::sampling::scenario::records::TaskRecords;
use crate::special::incomplete_beta::binomial_pmf;

/// The most sums of all answers together.
pub const MOST_SUMS: usize = 2048;

/// The weight of subsets of an answer's attempts, and the same times the share of them that is correct.
type Weighed = [f64; 2];

/// An answer: its subsets, by their sum in units and their number of attempts.
struct Sums {
    by_sum: BTreeMap<(i64, usize), Weighed>,
    /// The weight of none of its attempts.
    none: f64,
    /// Whether it is no answer.
    blank: bool,
}

/// P(a correct answer has the largest sum of `cap` attempts), P(a wrong one has), P(none of them has an answer); `None`
/// where there are more than `MOST_SUMS` sums. Sums are equal that are so in whole units; equal ones share.
pub fn largest_sum(records: &TaskRecords, cap: u64, unit: f64, control: &Control) -> Result<Option<[f64; 3]>> {
    let (drawn, all) = (cap as usize, records.len() as f64);
    let law = [cap as f64 / all, (all - cap as f64) / all];
    let idle = records.answer.iter().filter(|answer| answer.is_none()).count();
    let mut answers: Vec<Sums> = Vec::new();
    let mut places = 0;
    for (number, count) in records.answers.iter().enumerate() {
        control.check()?;
        let given = (0..records.len()).filter(|&i| records.answer[i] == Some(number));
        let scores: Vec<(f64, bool)> = given.map(|i| (records.score[i], records.correct[i])).collect();
        let none = binomial_pmf(scores.len() as f64, 0.0, law[0], law[1]);
        let Some(by_sum) = subset_sums(scores, law, (unit, drawn), MOST_SUMS - places) else { return Ok(None) };
        places += by_sum.len();
        answers.push(Sums { by_sum, none, blank: count.blank });
    }
    let mut leaders: Vec<i64> = answers.iter().flat_map(|a| a.by_sum.keys().map(|&(sum, _)| sum)).collect();
    leaders.sort_unstable();
    leaders.dedup();
    let pmf = |n: usize, k: usize| binomial_pmf(n as f64, k as f64, law[0], law[1]);
    let free: Vec<f64> = (0..=idle).map(|k| pmf(idle, k)).collect();
    let total = pmf(records.len(), drawn);
    let nothing = if idle >= drawn { free[drawn] * pmf(records.len() - idle, 0) / total } else { 0.0 };
    let mut found = [0.0, 0.0, nothing];
    for leader in leaders {
        control.check()?;
        for (others, [ways, right, none]) in tied(&answers, leader, &free, drawn).into_iter().enumerate() {
            let [right, none] = [right, none].map(|sum| sum / (others + 1) as f64);
            found[0] += right / total;
            found[1] += (ways - right - none).max(0.0) / total;
            found[2] += none / total;
        }
    }
    Ok(Some(found))
}

/// The subsets of some scores of correct and wrong attempts, of at least one and at most `drawn`, by their sum in units
/// and their number.
fn subset_sums(
    mut scores: Vec<(f64, bool)>,
    [taken, left]: [f64; 2],
    (unit, drawn): (f64, usize),
    most: usize,
) -> Option<BTreeMap<(i64, usize), Weighed>> {
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    // By the bits of the sum, added from the lowest score up: rounded only in the end.
    let mut sums: BTreeMap<(u64, usize), Weighed> = BTreeMap::from([((0.0_f64.to_bits(), 0), [1.0, 0.0])]);
    for (score, correct) in scores {
        let before = std::mem::take(&mut sums);
        for ((bits, k), [weight, right]) in before {
            let mut add = |key: (u64, usize), more: Weighed| {
                let slot = sums.entry(key).or_insert([0.0; 2]);
                (0..2).for_each(|i| slot[i] += more[i]);
            };
            add((bits, k), [left * weight, left * right]);
            if k < drawn {
                let one = if correct { weight } else { 0.0 };
                add(((f64::from_bits(bits) + score).to_bits(), k + 1), [taken * weight, taken * (right + one)]);
            }
        }
        if sums.len() > most {
            return None;
        }
    }
    let mut rounded = BTreeMap::new();
    for ((bits, k), [weight, right]) in sums.into_iter().filter(|((_, k), _)| *k > 0) {
        let slot: &mut Weighed = rounded.entry((round(f64::from_bits(bits) / unit) as i64, k)).or_insert([0.0; 2]);
        slot[0] += weight;
        slot[1] += right / k as f64;
    }
    Some(rounded)
}

/// By the number of answers beside the first whose sum is `leader` while none has more: their weight, and the
/// same times the number of correct ones, and of blank ones, among the tied.
fn tied(answers: &[Sums], leader: i64, free: &[f64], drawn: usize) -> Vec<[f64; 3]> {
    let width = drawn + 1;
    let mut levels: Vec<Vec<[f64; 3]>> = vec![vec![[0.0; 3]; width]];
    free.iter().take(width).enumerate().for_each(|(k, &ways)| levels[0][k][0] = ways);
    for answer in answers {
        let (mut below, mut equal) = (vec![0.0; width], vec![[0.0; 2]; width]);
        below[0] = answer.none;
        for (&(_, k), [weight, _]) in answer.by_sum.range(..(leader, 0)) {
            below[k] += weight;
        }
        for (&(_, k), weighed) in answer.by_sum.range((leader, 0)..=(leader, usize::MAX)) {
            (0..2).for_each(|i| equal[k][i] += weighed[i]);
        }
        let ties = equal.iter().any(|[weight, _]| *weight > 0.0);
        let mut next = vec![vec![[0.0; 3]; width]; levels.len() + usize::from(ties)];
        for (level, counts) in levels.iter().enumerate() {
            for (k, &[ways, right, none]) in counts.iter().enumerate().filter(|(_, [ways, ..])| *ways > 0.0) {
                for v in 0..width - k {
                    next[level][k + v][0] += ways * below[v];
                    next[level][k + v][1] += right * below[v];
                    next[level][k + v][2] += none * below[v];
                    if ties {
                        let [weight, correct] = equal[v];
                        let slot = &mut next[level + 1][k + v];
                        slot[0] += ways * weight;
                        slot[1] += right * weight + if answer.blank { 0.0 } else { ways * correct };
                        slot[2] += none * weight + if answer.blank { ways * weight } else { 0.0 };
                    }
                }
            }
        }
        levels = next;
    }
    levels[1..].iter().map(|counts| counts[drawn]).collect()
}
