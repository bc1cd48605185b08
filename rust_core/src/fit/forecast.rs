//! What more attempts would give beyond those observed, from the population that all counts determine.
//!
//! Counts seldom tell whether tasks without success are impossible or hard, and the answer far beyond the attempts rests on
//! it. Unless a shape is chosen, a Beta and a Beta with unsolvable tasks are both fitted: the estimate weighs them by
//! Akaike's criterion, the interval spans both, and equally likely populations of more shapes (`populations`), of which two
//! sorts of tasks are one. Each resample of tasks refits, and draws the rates that its
//! tasks, or the observed ones, may have: of few tasks it is the rates of the hardest that are not known. For P(no success), which rests on the tasks near 0
//! alone, a distribution without a shape is a third, and the estimate: there real tasks are no Beta. Its interval is that of
//! the likelihood ratio.

use libm::{exp, expm1, log1p};

use super::beta_binomial::{Coordinates, Counts, Population};
use super::check_k;
use super::identification::{check_identified, open};
use super::mixing::Grid;
use super::pass_rates::Bootstrap;
use super::populations::{BetaMixture, population_draws};
use crate::closed_form::population::failure;
use crate::error::{Error, Result, check_range};
use crate::memory;
use crate::rng::{Sequence, Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::exact::bootstrap::Resample;
use crate::special::incomplete_beta::beta_cdf;
use crate::special::student_t::square_of_t;
use crate::stats::quantile;
use crate::variates::normal;

/// The largest number of attempts that is looked for.
pub const MOST_ATTEMPTS: f64 = 1e15;

/// What is asked of the tasks.
#[derive(Debug, Clone)]
pub enum Question {
    /// The mean of pass@k, for each k.
    AtLeastOne(Vec<f64>),
    /// The mean of P(no success in k), for each k.
    NoneOf(Vec<f64>),
    /// The fewest attempts with which mean pass@k reaches each target; infinite where none does.
    AttemptsFor(Vec<f64>),
}

/// The answer: an estimate and an interval for each thing asked, and how well the population fits.
#[derive(Debug)]
pub struct Forecast {
    /// The estimates.
    pub estimate: Vec<f64>,
    /// Lower ends; NaN without resamples.
    pub low: Vec<f64>,
    /// Upper ends.
    pub high: Vec<f64>,
    /// Two-sided probabilities, under the better shape, of the numbers of tasks without success and without failure; NaN
    /// where tasks stopped at a success.
    pub fit: [f64; 2],
    /// Whether a Beta, a Beta with unsolvable tasks and a distribution without a shape were fitted.
    pub shapes: [bool; 3],
}

/// Answers for the observed tasks, each given its own counts and the populations fitted to all of them; intervals from
/// refits to resampled tasks. `inflated` chooses a shape.
pub fn forecast(
    counts: &Counts,
    inflated: Option<bool>,
    question: &Question,
    bootstrap: Bootstrap,
    threads: usize,
    control: &Control,
) -> Result<Forecast> {
    check_identified(counts, inflated == Some(true))?;
    question.check()?;
    let shapes = if let Some(one) = inflated {
        [!one, one, false]
    } else {
        let many = open(counts, true).is_none();
        [true, many, many && matches!(question, Question::NoneOf(_))]
    };
    let weights = counts.weights();
    let fits: Vec<Shape> = [false, true]
        .into_iter()
        .filter(|&inflated| shapes[usize::from(inflated)])
        .map(|inflated| {
            let (population, ln_likelihood) = counts.fit(&weights, inflated);
            Shape { inflated, population, ln_likelihood }
        })
        .collect();
    control.check()?;
    // Akaike: a parameter more costs a unit of log likelihood.
    let score = |s: &Shape| s.ln_likelihood - f64::from(u8::from(s.inflated));
    let best = fits.iter().fold(&fits[0], |best, s| if score(s) > score(best) { s } else { best });
    let all: f64 = fits.iter().map(|s| exp(score(s) - score(best))).sum();
    let law = |p: &Population| BetaMixture::inflated([p.alpha, p.beta], p.unsolvable, 0.0);
    let mixture: Vec<(f64, BetaMixture)> =
        fits.iter().map(|s| (exp(score(s) - score(best)) / all, law(&s.population))).collect();
    let mut estimate =
        question.answer(&|k, want| counts.expected(&mixture, k, control).map(|found| found[want as usize]))?;
    let (mut low, mut high) = (vec![f64::NAN; estimate.len()], vec![f64::NAN; estimate.len()]);
    let tail = (1.0 - bootstrap.confidence) / 2.0;
    let mut widen = |answers: Vec<Vec<f64>>| {
        for (i, (low, high)) in low.iter_mut().zip(&mut high).enumerate() {
            let mut values: Vec<f64> = answers.iter().map(|a| a[i]).collect();
            values.sort_by(f64::total_cmp);
            *low = low.min(question.quantile(&values, tail));
            *high = high.max(question.quantile(&values, 1.0 - tail));
        }
    };
    for shape in &fits {
        let start = Population { unsolvable: shape.population.unsolvable.clamp(1e-3, 0.999), ..shape.population };
        let again = |random: &mut Sequence| {
            let drawn = counts.resampled(random);
            let found = Coordinates::Moments.population(&counts.maximum(&drawn, shape.inflated, &start).at);
            let unsolvable = if shape.inflated { found.unsolvable } else { 0.0 };
            let of = if bootstrap.resample == Resample::Tasks { &drawn } else { &weights };
            let rates = Rates::drawn(counts, of, &law(&Population { unsolvable, ..found }), random, control)?;
            question.answer(&|k, want| rates.share(k, want, control))
        };
        widen(resampled(estimate.len(), bootstrap, threads, control, |_, random| again(random))?);
    }
    if inflated.is_none() && bootstrap.resamples > 0 {
        let populations = population_draws(counts, bootstrap.resamples as usize, 0, threads, control)?;
        let again = |index: u64, random: &mut Sequence| {
            let drawn = counts.resampled(random);
            let of = if bootstrap.resample == Resample::Tasks { &drawn } else { &weights };
            let rates = Rates::drawn(counts, of, &populations[index as usize], random, control)?;
            question.answer(&|k, want| rates.share(k, want, control))
        };
        widen(resampled(estimate.len(), bootstrap, threads, control, again)?);
    }
    if let (true, Question::NoneOf(ks)) = (shapes[2], question) {
        let grid = Grid::new(counts, control)?;
        let found = grid.weights(control)?;
        estimate = ks.iter().map(|&k| grid.none_of(&found, k)).collect();
        if bootstrap.resamples > 0 {
            let cut = 0.5 * square_of_t(counts.tasks() as f64, bootstrap.confidence);
            for (i, &k) in ks.iter().enumerate() {
                let [least, most] = grid.ends(&found, k, cut, control)?;
                low[i] = low[i].min(least);
                high[i] = high[i].max(most);
            }
        }
    }
    Ok(Forecast { estimate, low, high, fit: counts.fit_of_extremes(&best.population), shapes })
}

/// A fitted population.
struct Shape {
    inflated: bool,
    population: Population,
    ln_likelihood: f64,
}

/// The answers of resamples, in their order.
fn resampled(
    asked: usize,
    bootstrap: Bootstrap,
    threads: usize,
    control: &Control,
    answer: impl Fn(u64, &mut Sequence) -> Result<Vec<f64>> + Sync,
) -> Result<Vec<Vec<f64>>> {
    let again = bootstrap.resamples as usize;
    memory::check(8.0 * again as f64 * asked as f64, &[(again, "resamples"), (asked, "things asked")])?;
    let mut found = Vec::with_capacity(again);
    let work = |(): &mut (), index: u64| {
        control.check()?;
        let mut random = Stream::new(bootstrap.key, 0, purpose::BOOTSTRAP, index).sequence();
        let answers = answer(index, &mut random)?;
        control.advance(1);
        Ok(answers)
    };
    run(bootstrap.resamples, threads, control, || (), work, |answers| found.push(answers))?;
    Ok(found)
}

impl Question {
    fn check(&self) -> Result<()> {
        match self {
            Self::AtLeastOne(ks) | Self::NoneOf(ks) => check_k(ks),
            Self::AttemptsFor(targets) => {
                if targets.is_empty() {
                    return Err(Error::argument("target", "at least one share", "none"));
                }
                check_range("target", targets, 0.0, 1.0)
            }
        }
    }

    /// Quantiles of numbers of attempts are numbers that were found.
    fn quantile(&self, ascending: &[f64], p: f64) -> f64 {
        match self {
            Self::AttemptsFor(_) if !ascending.is_empty() => {
                let last = ascending.len() - 1;
                let place = p * last as f64;
                ascending[if p < 0.5 { place.floor() } else { place.ceil() } as usize]
            }
            _ => quantile(ascending, p),
        }
    }

    /// From the mean over the tasks of P(some success in k), or of P(none).
    fn answer(&self, share: &dyn Fn(f64, Share) -> Result<f64>) -> Result<Vec<f64>> {
        match self {
            Self::AtLeastOne(ks) => ks.iter().map(|&k| share(k, Share::Some)).collect(),
            Self::NoneOf(ks) => ks.iter().map(|&k| share(k, Share::None)).collect(),
            Self::AttemptsFor(targets) => targets
                .iter()
                .map(|&target| match target {
                    // No number of attempts leaves no failure at all, where one does.
                    1.0 => Ok(if share(1.0, Share::None)? > 0.0 { f64::INFINITY } else { 1.0 }),
                    t if t > 0.5 => fewest(&|k| Ok(share(k, Share::None)? <= 1.0 - t)),
                    t => fewest(&|k| Ok(share(k, Share::Some)? >= t)),
                })
                .collect(),
        }
    }
}

/// P(some success in k), or P(none): each with all its digits.
#[derive(Debug, Clone, Copy)]
enum Share {
    Some,
    None,
}

/// Success rates that tasks may have: each drawn given its counts and a population. Of a large group of tasks
/// with the same counts, the mean has its normal law.
struct Rates {
    /// Logarithms of P(one attempt is not correct).
    drawn: Vec<f64>,
    /// Tasks, the law of the rates, a normal score.
    groups: Vec<(f64, BetaMixture, f64)>,
    tasks: f64,
}

/// Tasks of the same counts beyond which their mean is drawn, and not each.
const MANY: f64 = 500.0;

impl Rates {
    /// Of so many tasks of each group.
    fn drawn(
        counts: &Counts,
        tasks: &[f64],
        population: &BetaMixture,
        random: &mut Sequence,
        control: &Control,
    ) -> Result<Self> {
        let mut rates = Self { drawn: vec![], groups: vec![], tasks: tasks.iter().sum() };
        for (group, &tasks) in counts.groups.iter().zip(tasks) {
            control.check()?;
            let law = population.posterior(group.attempts, group.correct);
            if tasks > MANY {
                rates.groups.push((tasks, law, normal(random)));
                continue;
            }
            rates.drawn.extend((0..tasks as u64).map(|_| log1p(-law.draw(random))));
        }
        Ok(rates)
    }

    fn share(&self, k: f64, want: Share, control: &Control) -> Result<f64> {
        control.check()?;
        let mut sum: f64 = match want {
            Share::Some => self.drawn.iter().fold(0.0, |sum, ln_none| sum - expm1(k * ln_none)),
            Share::None => self.drawn.iter().fold(0.0, |sum, ln_none| sum + exp(k * ln_none)),
        };
        for (tasks, law, score) in &self.groups {
            let [some, none] = law.of_attempts(k);
            // P(none) is Z = (1 - p)^k in the mean, and Z^2 is that of twice as many.
            let square = law.of_attempts(2.0 * k)[1];
            let error = score * f64::max(square - none * none, 0.0).sqrt() / tasks.sqrt();
            let mean = match want {
                Share::Some => some - error,
                Share::None => none + error,
            };
            sum += tasks * mean.clamp(0.0, 1.0);
        }
        Ok(sum / self.tasks)
    }
}

/// The fewest attempts with which what more attempts reach is reached.
fn fewest(reached: &dyn Fn(f64) -> Result<bool>) -> Result<f64> {
    if reached(1.0)? {
        return Ok(1.0);
    }
    if !reached(MOST_ATTEMPTS)? {
        return Ok(f64::INFINITY);
    }
    let (mut low, mut high) = (1.0, MOST_ATTEMPTS);
    while high - low > 1.0 {
        // Halves the ratio while it is large, then the difference.
        let middle = if high > 4.0 * low { (low * high).sqrt() } else { f64::midpoint(low, high) }.floor();
        if reached(middle)? { high = middle } else { low = middle }
    }
    Ok(high)
}

impl Counts {
    /// P(some success in k), and P(none), expected of the observed tasks under a mixture of populations.
    fn expected(&self, mixture: &[(f64, BetaMixture)], k: f64, control: &Control) -> Result<[f64; 2]> {
        let mut sums = [0.0; 2];
        for group in &self.groups {
            control.check()?;
            for (share, population) in mixture {
                let found = population.posterior(group.attempts, group.correct).of_attempts(k);
                sums = [0, 1].map(|i| sums[i] + group.tasks * share * found[i]);
            }
        }
        Ok(sums.map(|sum| sum / self.tasks() as f64))
    }

    /// Under a population, the two-sided probabilities of as many or as few tasks without success, and without failure.
    fn fit_of_extremes(&self, population: &Population) -> [f64; 2] {
        if self.stopped {
            return [f64::NAN; 2];
        }
        let &Population { alpha, beta, unsolvable } = population;
        let (mut tasks, mut none, mut all, mut expected) = (0.0, 0.0, 0.0, [0.0; 2]);
        for group in self.groups.iter().filter(|g| g.attempts > 0.0) {
            tasks += group.tasks;
            none += if group.correct == 0.0 { group.tasks } else { 0.0 };
            all += if group.correct == group.attempts { group.tasks } else { 0.0 };
            let solvable = 1.0 - unsolvable;
            expected[0] += group.tasks * (unsolvable + solvable * failure(alpha, beta, group.attempts));
            expected[1] += group.tasks * solvable * failure(beta, alpha, group.attempts);
        }
        [two_sided(none, tasks, expected[0] / tasks), two_sided(all, tasks, expected[1] / tasks)]
    }
}

/// Twice the smaller tail of a binomial number.
fn two_sided(count: f64, size: f64, p: f64) -> f64 {
    // P(X >= c) = I_p(c, n - c + 1).
    let at_least = |c: f64| match c {
        c if c <= 0.0 => 1.0,
        c if c > size || p <= 0.0 => 0.0,
        _ if p >= 1.0 => 1.0,
        c => beta_cdf(c, size - c + 1.0, p),
    };
    let at_most = 1.0 - at_least(count + 1.0);
    (2.0 * f64::min(at_least(count), at_most)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::population::coverage;

    #[test]
    fn the_fewest_attempts_are_the_first_that_reach() {
        for (alpha, beta, target) in [(0.5, 1.5, 0.9), (0.1, 0.3, 0.5), (2.0, 1.0, 0.999)] {
            let reached = |k: f64| coverage(alpha, beta, k) >= target;
            let k = fewest(&|k| Ok(reached(k))).expect("not cancelled");
            assert!(reached(k) && !reached(k - 1.0));
        }
        assert!(fewest(&|_| Ok(false)).expect("ok").is_infinite());
    }

    #[test]
    fn two_sided_tails_are_binomial_sums() {
        // P(X <= 1) of 10 at .3 is .1493; P(X >= 7) is .0106.
        assert!((two_sided(1.0, 10.0, 0.3) - 2.0 * 0.149_308_345_9).abs() < 1e-9);
        assert!((two_sided(7.0, 10.0, 0.3) - 2.0 * 0.010_592_078_4).abs() < 1e-9);
    }
}
