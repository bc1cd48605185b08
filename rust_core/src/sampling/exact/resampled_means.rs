//! Means over tasks in resamples of them, or of their clusters: of everything that can be chosen, on the same resamples.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::special::clusters::Sampled;
use crate::special::elementary::dot;
use crate::special::student_t::wider_for_few;
use crate::variates::below;

/// How tasks are drawn again.
#[derive(Debug, Clone, Copy)]
pub struct Resamples {
    /// How often.
    pub count: u64,
    /// The confidence of intervals, for which the means of few are spread as over others; as drawn without.
    pub confidence: Option<f64>,
    /// The key of the seed.
    pub key: Key,
    /// Threads.
    pub threads: usize,
}

/// How often each of what is sampled is in a resample. One without any weight says nothing: it is drawn again.
pub fn drawn_again(sampled: &Sampled, random: &mut Sequence) -> Vec<f64> {
    let count = sampled.count();
    let mut drawn = vec![0.0; count];
    loop {
        for _ in 0..count {
            drawn[below(count as u64, random) as usize] += 1.0;
        }
        if drawn.iter().enumerate().any(|(i, &times)| times > 0.0 && sampled.weight(i) > 0.0) {
            return drawn;
        }
        drawn.fill(0.0);
    }
}

/// How much each counts in a resample whose means are spread as over others, for intervals of this confidence: the fewer
/// there are the further from 1. What is not drawn may count less than nothing; together they weigh what they did.
pub fn spread(sampled: &Sampled, drawn: &[f64], confidence: f64) -> Vec<f64> {
    let scale: f64 = drawn.iter().enumerate().map(|(i, times)| sampled.weight(i) * times).sum();
    let wider = wider_for_few(sampled.effective(), confidence);
    drawn.iter().map(|times| 1.0 + wider * (times / scale - 1.0)).collect()
}

/// The mean of each option over the tasks, resample by resample.
///
/// `values` are by set, then option, then task. Sets are equally likely: the first resamples have the first set, the next
/// ones the next.
pub fn resampled_means(
    values: &[f64],
    options: usize,
    tasks: usize,
    sampled: &Sampled,
    how: Resamples,
    control: &Control,
) -> Result<Vec<f64>> {
    let (count, size) = (sampled.count(), options * tasks);
    if size == 0 || values.is_empty() || !values.len().is_multiple_of(size) {
        return Err(Error::argument("values", format!("sets of {options} options by {tasks} tasks"), values.len()));
    }
    let sets = (values.len() / size) as u64;
    let rows: Cow<'_, [f64]> = if sampled.is_clustered() {
        values.chunks_exact(tasks).flat_map(|row| sampled.means(row)).collect()
    } else {
        Cow::Borrowed(values)
    };
    let work = |(): &mut (), index: u64| {
        let mut random = Stream::new(how.key, 0, purpose::DRAWN_AGAIN, index).sequence();
        let drawn = drawn_again(sampled, &mut random);
        let mut weights = how.confidence.map_or_else(|| drawn.clone(), |c| spread(sampled, &drawn, c));
        weights.iter_mut().enumerate().for_each(|(i, times)| *times *= sampled.copies(i));
        let total: f64 = weights.iter().sum();
        let set = (index * sets / how.count) as usize;
        let set = &rows[set * options * count..][..options * count];
        Ok(set.chunks_exact(count).map(|row| dot(row, &weights) / total).collect::<Vec<f64>>())
    };
    let mut found = Vec::with_capacity(how.count as usize * options);
    run(how.count, how.threads, control, || (), work, |means| found.extend(means))?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(count: u64, threads: usize) -> Resamples {
        Resamples { count, confidence: None, key: [5, 6], threads }
    }

    /// The mean and the variance of each column.
    fn moments(means: &[f64], options: usize) -> Vec<[f64; 2]> {
        let count = (means.len() / options) as f64;
        let of = |option: usize| {
            let own = || means.iter().skip(option).step_by(options);
            let mean = own().sum::<f64>() / count;
            [mean, own().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count]
        };
        (0..options).map(of).collect()
    }

    /// Of T tasks the mean over a resample has the mean of the tasks and 1/T of their variance. 100,000 resamples: 6 standard
    /// errors of the mean, and of the variance of a nearly normal number; false alarms below 1e-8.
    #[test]
    fn means_have_the_moments_of_resamples() {
        let (tasks, count) = (8, 100_000.0);
        let values: Vec<f64> = (0..24).map(|i| f64::from(i * i % 11)).collect();
        let sampled = Sampled::new(tasks, None, None);
        let found = resampled_means(&values, 3, tasks, &sampled, how(100_000, 2), &Control::default()).expect("fits");
        for (row, [mean, variance]) in values.chunks_exact(tasks).zip(moments(&found, 3)) {
            let [[middle, spread]] = moments(row, 1)[..] else { panic!("one column") };
            let expected = spread / tasks as f64;
            assert!((mean - middle).abs() < 6.0 * (expected / count).sqrt(), "{mean} {middle}");
            assert!((variance / expected - 1.0).abs() < 6.0 * (2.0 / count).sqrt(), "{variance} {expected}");
        }
    }

    /// Two clusters weigh .4 and .6 and are drawn (2, 0), (1, 1), (0, 2), with probabilities 1/4, 1/2, 1/4.
    #[test]
    fn clusters_are_drawn_whole_and_spread_as_few_do() {
        let sampled = Sampled::new(4, Some(vec![0.1, 0.2, 0.3, 0.4]), Some(&[7.0, 3.0, 7.0, 3.0]));
        let values = [1.0, 2.0, 5.0, 8.0]; // means of the clusters: 4 and 6
        let plain = resampled_means(&values, 1, 4, &sampled, how(40_000, 1), &Control::default()).expect("fits");
        for (mean, share) in [(4.0, 0.25), (5.2, 0.5), (6.0, 0.25)] {
            let seen = plain.iter().filter(|&&x| (x - mean).abs() < 1e-12).count() as f64 / 40_000.0;
            assert!((seen - share).abs() < 6.0 * (share * (1.0 - share) / 40_000.0_f64).sqrt(), "{mean}: {seen}");
        }
        let wide = Resamples { confidence: Some(0.9), ..how(40_000, 1) };
        let wide = resampled_means(&values, 1, 4, &sampled, wide, &Control::default()).expect("fits");
        // Student's t of one degree of freedom at 95 % is 6.313752, the normal quantile 1.644854; n/(n - 1) of 1/.52.
        let wider = 6.313_751_5 / 1.644_853_6 * (1.0 / 0.52 / (1.0 / 0.52 - 1.0_f64)).sqrt();
        for (plain, wide) in plain.iter().zip(wide) {
            assert!((5.2 + wider * (plain - 5.2) - wide).abs() < 1e-5, "{plain} {wide}");
        }
    }

    /// Weights have the variance of counts of T draws from T tasks, 1 - 1/T, times the square of the factor for few. 20,000
    /// resamples: 6 standard errors of a mean, and 8 %, which are more than 6 of a variance.
    #[test]
    fn weights_are_spread_as_of_few() {
        for (count, weights) in [(3, None), (5, None), (4, Some(vec![0.1, 0.2, 0.3, 0.4]))] {
            let sampled = Sampled::new(count, weights, None);
            let wider = wider_for_few(sampled.effective(), 0.9);
            let mut all = Vec::new();
            for index in 0..20_000 {
                let mut random = Stream::new([3, 4], 0, purpose::DRAWN_AGAIN, index).sequence();
                let weights = spread(&sampled, &drawn_again(&sampled, &mut random), 0.9);
                let total: f64 = (0..count).map(|i| sampled.weight(i) * weights[i]).sum();
                assert!((total - 1.0).abs() < 1e-12, "{total}");
                all.extend(weights);
            }
            if sampled.weights().is_none() {
                let expected = wider * wider * (1.0 - 1.0 / count as f64);
                for [mean, variance] in moments(&all, count) {
                    assert!((mean - 1.0).abs() < 6.0 * (expected / 20_000.0).sqrt(), "{count}: {mean}");
                    assert!((variance / expected - 1.0).abs() < 0.08, "{count}: {variance} {expected}");
                }
                assert!(all.iter().any(|&weight| weight < 0.0));
            }
        }
    }

    #[test]
    fn sets_have_their_resamples_one_after_another_at_any_thread_count() {
        let (values, sampled) = ([0.0, 0.0, 1.0, 1.0, 2.0, 2.0], Sampled::new(2, None, None));
        let found =
            |threads| resampled_means(&values, 1, 2, &sampled, how(7, threads), &Control::default()).expect("fits");
        assert_eq!(found(1), [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0]);
        assert_eq!(found(1), found(3));
        assert!(resampled_means(&values, 4, 2, &sampled, how(7, 1), &Control::default()).is_err());
    }

    #[test]
    fn what_has_no_weight_is_never_drawn_alone() {
        let sampled = Sampled::new(3, Some(vec![0.0, 0.0, 1.0]), None);
        let found = resampled_means(&[1.0, 2.0, 3.0], 1, 3, &sampled, how(200, 1), &Control::default()).expect("fits");
        assert!(found.iter().all(|mean| (mean - 3.0).abs() < 1e-15));
    }
}
