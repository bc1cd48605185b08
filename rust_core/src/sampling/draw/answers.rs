//! The answers of wrong attempts, drawn where somebody asks: whoever asks, and whenever, they are the same.
//!
//! Bins of the grid with few wrong attempts share one sequence of answers per task and trial; a bin with many is drawn
//! by binomial counts from words of its own. Few equally likely answers come bit-sliced, others one by one.

use std::ops::Range;

use super::streams::{Place, Streams};
use crate::math::ln;
use crate::rng::{Sequence, Stream, purpose};
use crate::sampling::draw::bit_slices::{BitSlices, MOST_ANSWERS, lowest};
use crate::sampling::draw::successes::NEGLIGIBLE;
use crate::sampling::scenario::answers::Answers;
use crate::variates::alias::Alias;
use crate::variates::binomial;
use rand_core::RngCore;

/// Bins of fewer wrong attempts per answer are drawn one by one: from a table, or bit-sliced.
const ONE_BY_ONE: [u64; 2] = [8, 32];
/// Blocks of random words of one trial: far more than it ever takes.
const TRIAL_BLOCKS: u64 = 1 << 40;
/// Blocks of one bin, in the second half of a trial's.
const BIN_BLOCKS: u64 = 1 << 20;

/// How the wrong answers of all tasks are drawn.
#[derive(Debug)]
pub struct AnswerSampler {
    answers: Answers,
    count: usize,
    streams: Streams,
    /// Of the answers from j on, the share of answer j; empty where every task and trial draws its own.
    shares_left: Vec<f64>,
    /// The largest share of a wrong answer, 1 where shares are drawn.
    largest: f64,
    /// From 2^i wrong attempts on, so many correct ones for each of them lead all but certainly.
    lead: [f64; 64],
    way: Way,
}

/// How a bin of few wrong attempts is drawn.
#[derive(Debug)]
enum Way {
    /// Few equally likely answers.
    Sliced(BitSlices),
    /// One attempt at a time.
    Table(Alias),
    /// By binomial counts, as any bin.
    Counted,
}

/// Who leads a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leader {
    /// There is no vote.
    Nobody,
    /// The correct answer.
    Correct,
    /// A wrong answer.
    Wrong,
    /// Several answers, the correct one among them or not.
    Tied {
        /// The correct one is among them.
        correct: bool,
    },
}

impl Leader {
    /// With so many votes for the correct answer and for each wrong one.
    pub fn of(right: u64, wrong: &[u64]) -> Self {
        let most = wrong.iter().copied().max().unwrap_or(0);
        if right > most {
            return Self::Correct;
        }
        match wrong.iter().filter(|&&votes| votes == most).count() {
            _ if most == 0 => Self::Nobody,
            _ if right == most => Self::Tied { correct: true },
            1 => Self::Wrong,
            _ => Self::Tied { correct: false },
        }
    }
}

/// The wrong answers of one task in one trial, drawn up to some attempt.
#[derive(Debug)]
pub struct AnswerCounts {
    answers: Stream,
    shares: Stream,
    trial: u64,
    /// By answer.
    by_answer: Vec<u64>,
    shares_left: Vec<f64>,
    /// Attempts still to be drawn one by one.
    waiting: u64,
    random: Sequence<8>,
    /// The next slice.
    next: u64,
    /// By answer, which attempts of the current slice gave it; those that are not drawn yet.
    slice: Vec<[u64; 1]>,
    rest: u64,
}

impl AnswerSampler {
    /// The sampler of a scenario's wrong answers.
    pub fn new(answers: Answers, streams: Streams) -> Self {
        let mut sampler = Self::undecided_leaders(answers, streams);
        for i in 0..64 {
            let (mut low, mut high) = (sampler.largest, 1.0);
            for _ in 0..40 {
                let middle = 0.5 * (low + high);
                if sampler.beaten(middle, 2f64.powi(i)) { high = middle } else { low = middle }
            }
            sampler.lead[i as usize] = high;
        }
        sampler
    }

    /// The same where nobody asks who leads: it decides less without a draw, and is made sooner.
    pub fn undecided_leaders(answers: Answers, streams: Streams) -> Self {
        let mut shares_left = Vec::new();
        if answers.shares().is_some() {
            answers.stick_breaking(&mut streams.of(purpose::ANSWER_SHARES, 0).sequence(), &mut shares_left);
        }
        let way = match (answers, answers.shares()) {
            (Answers::Uniform { .. }, _) if answers.count() <= MOST_ANSWERS => {
                Way::Sliced(BitSlices::new(answers.count()))
            }
            (_, Some(shares)) => Way::Table(Alias::new(&shares)),
            _ => Way::Counted,
        };
        let largest = answers.shares().map_or(1.0, |shares| shares.into_iter().fold(0.0, f64::max));
        Self { answers, count: answers.count(), streams, shares_left, largest, lead: [1.0; 64], way }
    }

    /// Whether a correct answer with so many votes for each of the `wrong` attempts has more than any wrong answer, but
    /// for less than `NEGLIGIBLE` probability: Chernoff's bound.
    fn beaten(&self, share: f64, wrong: f64) -> bool {
        share > self.largest && wrong * divergence(share, self.largest) > ln(self.count as f64 / NEGLIGIBLE)
    }

    /// Who leads with so many votes for the correct answer and for wrong ones, where that needs no draw; a wrong one may
    /// be tied with others unless that is to be told (`exact`).
    #[inline]
    pub fn leader(&self, (right, wrong): (u64, u64), exact: bool) -> Option<Leader> {
        if right > wrong {
            return Some(Leader::Correct);
        }
        if wrong == 0 {
            return Some(Leader::Nobody);
        }
        if !exact && wrong.div_ceil(self.count as u64) > right {
            return Some(Leader::Wrong);
        }
        let lead = self.lead[wrong.ilog2() as usize];
        (lead < 1.0 && right as f64 > wrong as f64 * lead).then_some(Leader::Correct)
    }

    /// The number of wrong answers.
    pub const fn answers(&self) -> usize {
        self.count
    }

    /// The counts of correct attempts among `attempts` that leave it undecided whether the correct answer leads. With
    /// fewer, a wrong answer with its share of the others has more; with more, none comes to as many, or by Chernoff's
    /// bound with less than `NEGLIGIBLE` probability.
    pub fn undecided(&self, attempts: u64) -> Range<u64> {
        let beaten = |correct: u64| {
            let wrong = (attempts - correct) as f64;
            self.beaten(correct as f64 / wrong, wrong)
        };
        let least = attempts.div_ceil(self.count as u64 + 1);
        let (mut low, mut high) = (least, attempts / 2 + 1);
        // The first count that beats all wrong answers: any larger one does, too.
        while low < high {
            let middle = low.midpoint(high);
            if beaten(middle) { high = middle } else { low = middle + 1 }
        }
        least..high
    }

    /// No wrong answer yet.
    pub fn counted(&self) -> AnswerCounts {
        let (n, stream) = (self.count, self.streams.of(purpose::ANSWERS, 0));
        AnswerCounts {
            answers: stream,
            shares: stream,
            trial: 0,
            by_answer: vec![0; n],
            shares_left: Vec::new(),
            waiting: 0,
            random: stream.ahead(0),
            next: 0,
            slice: vec![[0]; n],
            rest: 0,
        }
    }

    /// Where all bins up to a grid point are drawn bit-sliced: how, the stream of task `i`, and how many points.
    pub fn by_slices(&self, at: Place, grid: &[u64]) -> Option<(BitSlices, Stream, usize)> {
        let Way::Sliced(slices) = self.way else { return None };
        let most = ONE_BY_ONE[1] * self.count as u64;
        let long = (0..grid.len()).find(|&bin| grid[bin] - if bin == 0 { 0 } else { grid[bin - 1] } >= most);
        Some((slices, self.streams.of_task(purpose::ANSWERS, at.task, at.chunk), long.unwrap_or(grid.len())))
    }

    /// The first block of the slices of trial `t` of a chunk.
    pub const fn first_block(t: usize) -> u64 {
        t as u64 * TRIAL_BLOCKS
    }

    /// Starts a task in a trial.
    pub fn start(&self, counted: &mut AnswerCounts, at: Place) {
        counted.answers = self.streams.of_task(purpose::ANSWERS, at.task, at.chunk);
        counted.shares = self.streams.of_task(purpose::ANSWER_SHARES, at.task, at.chunk);
        counted.trial = Self::first_block(at.trial);
        counted.random = counted.answers.ahead(4 * counted.trial);
        counted.by_answer.fill(0);
        counted.shares_left.clear();
        counted.waiting = 0;
        counted.next = 0;
        counted.rest = 0;
    }

    /// Draws the answers of the `count` wrong attempts of the next bin.
    #[inline(always)]
    pub fn draw(&self, counted: &mut AnswerCounts, bin: usize, count: u64) {
        let few = |per_answer: u64| count < per_answer * self.count as u64;
        let waits = match self.way {
            Way::Table(_) => few(ONE_BY_ONE[0]),
            Way::Sliced(_) => few(ONE_BY_ONE[1]),
            Way::Counted => false,
        };
        if waits {
            counted.waiting += count;
        } else if count > 0 {
            self.count(counted, bin, count);
        }
    }

    /// The wrong attempts drawn so far, by answer.
    #[inline(always)]
    pub fn by_answer<'h>(&self, counted: &'h mut AnswerCounts) -> &'h [u64] {
        match &self.way {
            Way::Sliced(slices) => {
                while counted.waiting > 0 {
                    if counted.rest == 0 {
                        let words = slices.words(&counted.answers, counted.trial, counted.next).map(|word| [word]);
                        slices.read(&words, &mut counted.slice, std::slice::from_mut(&mut counted.rest));
                        counted.next += 1;
                    }
                    let some = lowest(counted.rest, counted.waiting);
                    for (by_answer, [given]) in counted.by_answer.iter_mut().zip(&counted.slice) {
                        *by_answer += u64::from((given & some).count_ones());
                    }
                    counted.rest ^= some;
                    counted.waiting -= u64::from(some.count_ones());
                }
            }
            Way::Table(alias) => {
                for _ in 0..std::mem::take(&mut counted.waiting) {
                    counted.by_answer[alias.pick(counted.random.next_u64())] += 1;
                }
            }
            Way::Counted => {}
        }
        &counted.by_answer
    }

    /// Of the answers from j on, the share of answer j.
    pub fn shares_left<'s>(&'s self, counted: &'s mut AnswerCounts) -> &'s [f64] {
        if self.shares_left.is_empty() && counted.shares_left.is_empty() {
            self.answers.stick_breaking(&mut counted.shares.words_from(4 * counted.trial), &mut counted.shares_left);
        }
        if self.shares_left.is_empty() { &counted.shares_left } else { &self.shares_left }
    }

    /// Draws by binomial counts.
    fn count(&self, counted: &mut AnswerCounts, bin: usize, mut count: u64) {
        self.shares_left(counted);
        let shares_left = if self.shares_left.is_empty() { &counted.shares_left } else { &self.shares_left };
        let first = counted.trial + TRIAL_BLOCKS / 2 + bin as u64 * BIN_BLOCKS;
        let mut random = counted.answers.words_from(4 * first);
        for (by_answer, &share) in counted.by_answer.iter_mut().zip(shares_left) {
            let more = binomial(count, share, &mut random);
            *by_answer += more;
            count -= more;
            if count == 0 {
                return;
            }
        }
    }
}

impl AnswerCounts {
    /// Counts a wrong attempt that was drawn elsewhere.
    pub fn give(&mut self, answer: usize) {
        self.by_answer[answer] += 1;
    }
}

/// The relative entropy of a coin with P(heads) `a` against one with `b`; both in (0, 1], `a` the larger.
fn divergence(a: f64, b: f64) -> f64 {
    let tails = if a < 1.0 { (1.0 - a) * ln((1.0 - a) / (1.0 - b)) } else { 0.0 };
    a * ln(a / b) + tails
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::sampling::draw::run::Run;
    use crate::sampling::record::Wanted;

    /// A sampler with streams of its own, and a trial of a task.
    fn sampler_of(answers: Answers) -> AnswerSampler {
        let wanted =
            Wanted { coverage: false, share_counts: [false; 3], utility_counts: false, bill_counts: [false; 3] };
        let run = Run { trials: 1, key: [5, 12], replicate: 0, threads: 1, wanted, kept: None };
        AnswerSampler::new(answers, Streams::new(&run, 64))
    }

    const fn place(trial: usize) -> Place {
        Place { chunk: 0, task: 3, trial }
    }

    fn by_answer(sampler: &AnswerSampler, counted: &mut AnswerCounts, trial: usize, bins: &[u64]) -> Vec<u64> {
        sampler.start(counted, place(trial));
        bins.iter().enumerate().for_each(|(bin, &count)| sampler.draw(counted, bin, count));
        sampler.by_answer(counted).to_vec()
    }

    #[test]
    fn asking_in_between_changes_nothing() {
        for answers in [
            Answers::Uniform { count: 10.0 },
            Answers::Zipf { count: 5.0, exponent: 1.1 },
            Answers::Dirichlet { count: 4.0, concentration: 0.7 },
        ] {
            let sampler = sampler_of(answers);
            let bins = [1, 0, 7, 100, 2, 5000, 63];
            for trial in 0..20 {
                let (mut once, mut often) = (sampler.counted(), sampler.counted());
                let all = by_answer(&sampler, &mut once, trial, &bins);
                sampler.start(&mut often, place(trial));
                for (bin, &count) in bins.iter().enumerate() {
                    sampler.draw(&mut often, bin, count);
                    let upto: u64 = bins[..=bin].iter().sum();
                    assert_eq!(sampler.by_answer(&mut often).iter().sum::<u64>(), upto);
                }
                assert_eq!(sampler.by_answer(&mut often), all);
            }
        }
    }

    /// Chi-square of all answers, and that of pairs of neighbours' products; Wilson and Hilferty's bound as in
    /// `binomial`: false alarms below 1e-10 each.
    #[test]
    fn answers_have_their_shares() {
        for (count, exponent) in [(1, 0.0), (2, 0.0), (3, 0.0), (7, 0.0), (10, 0.0), (31, 0.0), (37, 0.0), (6, 1.3)] {
            let answers = if exponent == 0.0 {
                Answers::Uniform { count: f64::from(count) }
            } else {
                Answers::Zipf { count: f64::from(count), exponent }
            };
            let sampler = sampler_of(answers);
            let mut counted = sampler.counted();
            let shares = answers.shares().expect("these are given");
            for bins in [&[1, 2, 4, 8, 100][..], &[100_000]] {
                let mut seen = vec![0; count as usize];
                let trials = if bins.len() == 1 { 50 } else { 3000 };
                for trial in 0..trials {
                    let all = by_answer(&sampler, &mut counted, trial, bins);
                    seen.iter_mut().zip(all).for_each(|(seen, more)| *seen += more);
                }
                let n = trials as f64 * bins.iter().sum::<u64>() as f64;
                let chi: f64 = seen.iter().zip(&shares).map(|(&s, p)| (s as f64 - n * p).powi(2) / (n * p)).sum();
                let d = f64::from(count);
                let bound = d * (1.0 - 2.0 / (9.0 * d) + 6.5 * libm::sqrt(2.0 / (9.0 * d))).powi(3);
                assert!(chi < bound, "{answers:?} {bins:?}: {chi} above {bound}");
            }
        }
    }

    /// The variance of a count is that of independent attempts; 7 standard errors: false alarms below 1e-11.
    #[test]
    fn attempts_are_independent() {
        let sampler = sampler_of(Answers::Uniform { count: 5.0 });
        let (mut counted, trials, n) = (sampler.counted(), 20_000, 130.0);
        let (mut squares, mut crossed) = (0.0, 0.0);
        for trial in 0..trials {
            let all = by_answer(&sampler, &mut counted, trial, &[100, 30]);
            let x = [0, 1].map(|j| all[j] as f64 - n / 5.0);
            squares += x[0] * x[0];
            crossed += x[0] * x[1];
        }
        let (t, variance, covariance) = (trials as f64, n * 0.2 * 0.8, -n * 0.04);
        assert!((squares / t - variance).abs() < 7.0 * variance * libm::sqrt(2.0 / t));
        assert!((crossed / t - covariance).abs() < 7.0 * variance * libm::sqrt(1.1 / t));
    }
}
