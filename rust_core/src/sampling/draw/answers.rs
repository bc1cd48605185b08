//! The answers of wrong attempts, dealt where somebody asks: whoever asks, and whenever, the same are dealt.
//!
//! Cells of the grid with few wrong attempts share one sequence of answers per task and trial; a cell with many is dealt
//! by binomial counts from words of its own. Few equally likely answers come by the page, others one by one.

use std::ops::Range;

use super::streams::{Place, Streams};
use crate::math::ln;
use crate::rng::{Sequence, Stream, purpose};
use crate::sampling::draw::bit_slices::{MOST_ANSWERS, Pages, lowest};
use crate::sampling::draw::successes::NEGLIGIBLE;
use crate::sampling::scenario::answers::Answers;
use crate::variates::alias::Alias;
use crate::variates::btrs::binomial;
use rand_core::RngCore;

/// Cells of fewer wrong attempts per answer are dealt one by one: from a table, or by the page.
const ONE_BY_ONE: [u64; 2] = [8, 32];
/// Blocks of random words of one trial: far more than it ever takes.
const TRIAL_BLOCKS: u64 = 1 << 40;
/// Blocks of one cell, in the second half of a trial's.
const CELL_BLOCKS: u64 = 1 << 20;

/// How the wrong answers of all tasks are dealt.
#[derive(Debug)]
pub struct Deal {
    answers: Answers,
    count: usize,
    streams: Streams,
    /// Of the answers from j on, the share of answer j; empty where every task and trial draws its own.
    stick: Vec<f64>,
    way: Way,
}

/// How a cell of few wrong attempts is dealt.
#[derive(Debug)]
enum Way {
    /// Few equally likely answers.
    Paged(Pages),
    /// One attempt at a time.
    Table(Alias),
    /// By binomial counts, as any cell.
    Counted,
}

/// The wrong answers of one task in one trial, dealt up to some attempt.
#[derive(Debug)]
pub struct Hand {
    answers: Stream,
    shares: Stream,
    trial: u64,
    /// By answer.
    dealt: Vec<u64>,
    stick: Vec<f64>,
    /// Attempts still to be dealt one by one.
    waiting: u64,
    random: Sequence<8>,
    /// The next page.
    next: u64,
    /// By answer, which attempts of the current page gave it; those that are not dealt yet.
    page: Vec<[u64; 1]>,
    rest: u64,
}

impl Deal {
    /// The deal of a scenario's wrong answers.
    pub fn new(answers: Answers, streams: Streams) -> Self {
        let mut stick = Vec::new();
        if answers.shares().is_some() {
            answers.stick(&mut streams.of(purpose::ANSWER_SHARES, 0).sequence(), &mut stick);
        }
        let way = match (answers, answers.shares()) {
            (Answers::Uniform { .. }, _) if answers.count() <= MOST_ANSWERS => Way::Paged(Pages::new(answers.count())),
            (_, Some(shares)) => Way::Table(Alias::new(&shares)),
            _ => Way::Counted,
        };
        Self { answers, count: answers.count(), streams, stick, way }
    }

    /// The number of wrong answers.
    pub const fn answers(&self) -> usize {
        self.count
    }

    /// The counts of correct attempts among `attempts` that leave it undecided whether the correct answer leads. With
    /// fewer, a wrong answer with its share of the others has more; with more, none comes to as many, or by Chernoff's
    /// bound with less than `NEGLIGIBLE` probability.
    pub fn undecided(&self, attempts: u64) -> Range<u64> {
        let largest = self.answers.shares().map_or(1.0, |shares| shares.into_iter().fold(0.0, f64::max));
        let beaten = |correct: u64| {
            let (wrong, share) = ((attempts - correct) as f64, correct as f64 / (attempts - correct) as f64);
            share > largest && wrong * divergence(share, largest) > ln(self.count as f64 / NEGLIGIBLE)
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

    /// An empty hand.
    pub fn hand(&self) -> Hand {
        let (n, stream) = (self.count, self.streams.of(purpose::ANSWERS, 0));
        Hand {
            answers: stream,
            shares: stream,
            trial: 0,
            dealt: vec![0; n],
            stick: Vec::new(),
            waiting: 0,
            random: stream.ahead(0),
            next: 0,
            page: vec![[0]; n],
            rest: 0,
        }
    }

    /// Where all cells up to a grid point are dealt by the page: how, the stream of task `i`, and how many points.
    pub fn by_page(&self, at: Place, grid: &[u64]) -> Option<(Pages, Stream, usize)> {
        let Way::Paged(pages) = self.way else { return None };
        let most = ONE_BY_ONE[1] * self.count as u64;
        let long = (0..grid.len()).find(|&cell| grid[cell] - if cell == 0 { 0 } else { grid[cell - 1] } >= most);
        Some((pages, self.streams.of_task(purpose::ANSWERS, at.task, at.chunk), long.unwrap_or(grid.len())))
    }

    /// The first block of the pages of trial `t` of a chunk.
    pub const fn first_block(t: usize) -> u64 {
        t as u64 * TRIAL_BLOCKS
    }

    /// Starts a task in a trial.
    pub fn start(&self, hand: &mut Hand, at: Place) {
        hand.answers = self.streams.of_task(purpose::ANSWERS, at.task, at.chunk);
        hand.shares = self.streams.of_task(purpose::ANSWER_SHARES, at.task, at.chunk);
        hand.trial = Self::first_block(at.trial);
        hand.random = hand.answers.ahead(4 * hand.trial);
        hand.dealt.fill(0);
        hand.stick.clear();
        hand.waiting = 0;
        hand.next = 0;
        hand.rest = 0;
    }

    /// Deals the `count` wrong attempts of the next cell.
    #[inline(always)]
    pub fn deal(&self, hand: &mut Hand, cell: usize, count: u64) {
        let few = |per_answer: u64| count < per_answer * self.count as u64;
        let waits = match self.way {
            Way::Table(_) => few(ONE_BY_ONE[0]),
            Way::Paged(_) => few(ONE_BY_ONE[1]),
            Way::Counted => false,
        };
        if waits {
            hand.waiting += count;
        } else if count > 0 {
            self.count(hand, cell, count);
        }
    }

    /// The wrong attempts dealt so far, by answer.
    #[inline(always)]
    pub fn dealt<'h>(&self, hand: &'h mut Hand) -> &'h [u64] {
        match &self.way {
            Way::Paged(pages) => {
                while hand.waiting > 0 {
                    if hand.rest == 0 {
                        let words = pages.words(&hand.answers, hand.trial, hand.next).map(|word| [word]);
                        pages.read(&words, &mut hand.page, std::slice::from_mut(&mut hand.rest));
                        hand.next += 1;
                    }
                    let some = lowest(hand.rest, hand.waiting);
                    for (dealt, [given]) in hand.dealt.iter_mut().zip(&hand.page) {
                        *dealt += u64::from((given & some).count_ones());
                    }
                    hand.rest ^= some;
                    hand.waiting -= u64::from(some.count_ones());
                }
            }
            Way::Table(alias) => {
                for _ in 0..std::mem::take(&mut hand.waiting) {
                    hand.dealt[alias.pick(hand.random.next_u64())] += 1;
                }
            }
            Way::Counted => {}
        }
        &hand.dealt
    }

    /// Deals by binomial counts.
    fn count(&self, hand: &mut Hand, cell: usize, mut count: u64) {
        if self.stick.is_empty() && hand.stick.is_empty() {
            self.answers.stick(&mut hand.shares.words_from(4 * hand.trial), &mut hand.stick);
        }
        let stick = if self.stick.is_empty() { &hand.stick } else { &self.stick };
        let first = hand.trial + TRIAL_BLOCKS / 2 + cell as u64 * CELL_BLOCKS;
        let mut random = hand.answers.words_from(4 * first);
        for (dealt, &share) in hand.dealt.iter_mut().zip(stick) {
            let more = binomial(count, share, &mut random);
            *dealt += more;
            count -= more;
            if count == 0 {
                return;
            }
        }
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

    /// A deal with streams of its own, and a trial of a task.
    fn deal_of(answers: Answers) -> Deal {
        let wanted =
            Wanted { coverage: false, share_counts: [false; 3], utility_counts: false, bill_counts: [false; 3] };
        let run = Run { trials: 1, key: [5, 12], replicate: 0, threads: 1, wanted };
        Deal::new(answers, Streams::new(&run, 64))
    }

    const fn place(trial: usize) -> Place {
        Place { chunk: 0, task: 3, trial }
    }

    fn dealt(deal: &Deal, hand: &mut Hand, trial: usize, cells: &[u64]) -> Vec<u64> {
        deal.start(hand, place(trial));
        cells.iter().enumerate().for_each(|(cell, &count)| deal.deal(hand, cell, count));
        deal.dealt(hand).to_vec()
    }

    #[test]
    fn asking_in_between_changes_nothing() {
        for answers in [
            Answers::Uniform { count: 10.0 },
            Answers::Zipf { count: 5.0, exponent: 1.1 },
            Answers::Dirichlet { count: 4.0, concentration: 0.7 },
        ] {
            let deal = deal_of(answers);
            let cells = [1, 0, 7, 100, 2, 5000, 63];
            for trial in 0..20 {
                let (mut once, mut often) = (deal.hand(), deal.hand());
                let all = dealt(&deal, &mut once, trial, &cells);
                deal.start(&mut often, place(trial));
                for (cell, &count) in cells.iter().enumerate() {
                    deal.deal(&mut often, cell, count);
                    let upto: u64 = cells[..=cell].iter().sum();
                    assert_eq!(deal.dealt(&mut often).iter().sum::<u64>(), upto);
                }
                assert_eq!(deal.dealt(&mut often), all);
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
            let deal = deal_of(answers);
            let mut hand = deal.hand();
            let shares = answers.shares().expect("these are given");
            for cells in [&[1, 2, 4, 8, 100][..], &[100_000]] {
                let mut seen = vec![0; count as usize];
                let trials = if cells.len() == 1 { 50 } else { 3000 };
                for trial in 0..trials {
                    let all = dealt(&deal, &mut hand, trial, cells);
                    seen.iter_mut().zip(all).for_each(|(seen, more)| *seen += more);
                }
                let n = trials as f64 * cells.iter().sum::<u64>() as f64;
                let chi: f64 = seen.iter().zip(&shares).map(|(&s, p)| (s as f64 - n * p).powi(2) / (n * p)).sum();
                let d = f64::from(count);
                let bound = d * (1.0 - 2.0 / (9.0 * d) + 6.5 * libm::sqrt(2.0 / (9.0 * d))).powi(3);
                assert!(chi < bound, "{answers:?} {cells:?}: {chi} above {bound}");
            }
        }
    }

    /// The variance of a count is that of independent attempts; 7 standard errors: false alarms below 1e-11.
    #[test]
    fn attempts_are_independent() {
        let deal = deal_of(Answers::Uniform { count: 5.0 });
        let (mut hand, trials, n) = (deal.hand(), 20_000, 130.0);
        let (mut squares, mut crossed) = (0.0, 0.0);
        for trial in 0..trials {
            let all = dealt(&deal, &mut hand, trial, &[100, 30]);
            let x = [0, 1].map(|j| all[j] as f64 - n / 5.0);
            squares += x[0] * x[0];
            crossed += x[0] * x[1];
        }
        let (t, variance, covariance) = (trials as f64, n * 0.2 * 0.8, -n * 0.04);
        assert!((squares / t - variance).abs() < 7.0 * variance * libm::sqrt(2.0 / t));
        assert!((crossed / t - covariance).abs() < 7.0 * variance * libm::sqrt(1.1 / t));
    }
}
