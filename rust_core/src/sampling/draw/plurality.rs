//! Who leads the vote in a batch of trials of one task, at every grid point.
//!
//! The counts decide most of it: the correct answer leads with more attempts than any wrong one, and never with less than
//! the leading wrong one's least share. Else wrong attempts are drawn; equally likely answers in many trials side by
//! side, where the votes of an answer and its priority are compared as one number.

use std::ops::Range;

use super::answers::{AnswerCounts, AnswerSampler};
use super::batch::{Batch, MOST_TRIALS};
use super::bit_slices::{self, BitSlices, MOST_ANSWERS, lowest};
use super::streams::{Place, Streams};
use crate::dispatch::{Kernel, dispatch};
use crate::rng::Stream;
use crate::sampling::policy::ties::{PER_BLOCK, Priorities};
use crate::sampling::scenario::answers::Answers;

/// Trials that are decided side by side.
const LANES: usize = 64;
type Lanes = [u64; LANES];

/// What is known of trials that are decided side by side.
#[derive(Debug)]
pub struct Scratch {
    rows: Vec<Row>,
    /// The highest bits of the priority of each answer, the correct one first.
    ranks: [Lanes; MOST_ANSWERS + 1],
    /// Wrong attempts by answer, before the current slice.
    by_answer: [Lanes; MOST_ANSWERS],
    /// By answer, which attempts of the current slice gave it.
    given: [Lanes; MOST_ANSWERS],
}

/// A grid point.
#[derive(Debug, Clone)]
struct Row {
    correct: Lanes,
    /// Wrong attempts; none where the counts decide.
    wrong: Lanes,
    /// 1 where the correct answer leads.
    leads: Lanes,
}

impl Scratch {
    /// Room for `points` grid points.
    pub fn new(points: usize) -> Self {
        let none = [0; LANES];
        Self {
            rows: vec![Row { correct: none, wrong: none, leads: none }; points],
            ranks: [none; MOST_ANSWERS + 1],
            by_answer: [none; MOST_ANSWERS],
            given: [none; MOST_ANSWERS],
        }
    }
}

/// Who leads the vote, in all trials.
pub struct Plurality<'a> {
    /// How wrong answers are drawn.
    pub sampler: AnswerSampler,
    grid: &'a [u64],
    streams: Streams,
    /// By grid point, the counts of correct attempts that leave open who leads.
    undecided: Vec<Range<u64>>,
}

impl<'a> Plurality<'a> {
    /// The vote among these answers.
    pub fn new(answers: Answers, streams: Streams, grid: &'a [u64]) -> Self {
        let sampler = AnswerSampler::new(answers, streams);
        let undecided = grid.iter().map(|&most| sampler.undecided(most)).collect();
        Self { sampler, grid, streams, undecided }
    }

    /// Finds whether the correct answer leads, at every grid point; wrong answers are drawn only where that decides.
    pub fn find_leads(
        &self,
        batch: &mut Batch,
        (counted, scratch): (&mut AnswerCounts, &mut Scratch),
        at: Place,
        trials: usize,
    ) {
        dispatch(Leads { vote: self, at, batch, counted, scratch, trials });
    }

    #[inline(always)]
    fn priorities(&self, at: Place) -> Priorities {
        Priorities::new(self.streams.priorities(at.chunk), 1 + self.sampler.answers(), self.streams.of_chunk(at))
    }
}

/// The vote in a batch of trials: counts bits, for which wider machines have an instruction.
struct Leads<'a> {
    vote: &'a Plurality<'a>,
    /// The task and the first trial.
    at: Place,
    batch: &'a mut Batch,
    counted: &'a mut AnswerCounts,
    scratch: &'a mut Scratch,
    trials: usize,
}

impl Kernel for Leads<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let mut open = [0; MOST_TRIALS];
        let open = &mut open[..self.trials];
        for (point, undecided) in self.vote.undecided.iter().enumerate() {
            let (correct, leads) = self.batch.votes(point);
            leads.iter_mut().zip(correct).for_each(|(leads, &correct)| *leads = correct >= undecided.end);
            open.iter_mut().zip(correct).for_each(|(open, &correct)| *open |= is_in(undecided, correct));
        }
        let mut trials = [0; MOST_TRIALS];
        let mut count = 0;
        for (t, &open) in open.iter().enumerate() {
            trials[count] = t;
            count += open as usize;
        }
        let by_slices = self.vote.sampler.by_slices(self.at, self.vote.grid);
        for trials in trials[..count].chunks(LANES) {
            // From which point on each trial is open.
            let mut decided = [0; LANES];
            if let Some((slices, stream, points)) = &by_slices {
                self.decide_by_slices((slices, stream), trials, *points, &mut decided[..trials.len()]);
            }
            for (&t, &from) in trials.iter().zip(&decided) {
                self.decide(t, from);
            }
        }
    }
}

/// By trial, the most votes of a wrong answer and below them its priority, with so many attempts of the slices drawn.
#[inline(always)]
fn strongest(slices: &[u64], counts: &Lanes, (by_answer, given): (&[Lanes], &[Lanes]), ranks: &[Lanes]) -> Lanes {
    let (n, mut some, mut best) = (slices.len(), [0; LANES], [0; LANES]);
    for lane in 0..n {
        some[lane] = lowest(slices[lane], counts[lane]);
    }
    for ((by_answer, given), ranks) in by_answer.iter().zip(given).zip(&ranks[1..]) {
        for lane in 0..n {
            let votes = by_answer[lane] + u64::from((given[lane] & some[lane]).count_ones());
            best[lane] = best[lane].max(votes << 16 | ranks[lane]);
        }
    }
    best
}

/// 1 if the number is in the range, else 0.
#[inline(always)]
fn is_in(range: &Range<u64>, number: u64) -> u64 {
    u64::from((range.start <= number) & (number < range.end))
}

impl Leads<'_> {
    /// Decides a trial at the grid points from one on.
    #[inline(always)]
    fn decide(&mut self, t: usize, from_point: usize) {
        if from_point == self.vote.grid.len() {
            return;
        }
        self.vote.sampler.start(self.counted, self.at.after(t));
        let priorities = self.vote.priorities(self.at.after(t));
        let (mut next, mut from, mut before) = (0, 0, 0);
        for point in from_point..self.vote.grid.len() {
            let correct = self.batch.votes(point).0[t];
            if self.vote.undecided[point].contains(&correct) {
                for bin in next..=point {
                    let now = self.batch.votes(bin).0[t];
                    self.vote.sampler.draw(self.counted, bin, (self.vote.grid[bin] - from) - (now - before));
                    (from, before) = (self.vote.grid[bin], now);
                }
                next = point + 1;
                self.batch.votes(point).1[t] =
                    priorities.correct_leads(correct, self.vote.sampler.by_answer(self.counted));
            }
        }
    }

    /// Reads what is known of trials up to the first `points` grid points; returns the most wrong attempts of each that
    /// are to be drawn.
    #[inline(always)]
    fn read(&mut self, trials: &[usize], points: usize, answers: usize) -> Lanes {
        let Scratch { rows, ranks, by_answer, .. } = &mut *self.scratch;
        let n = trials.len();
        for (lane, &t) in trials.iter().enumerate() {
            let priorities = self.vote.priorities(self.at.after(t));
            for (block, ranks) in ranks.chunks_exact_mut(PER_BLOCK).take((answers + 1).div_ceil(PER_BLOCK)).enumerate()
            {
                for (word, ranks) in priorities.block(block).into_iter().zip(ranks.chunks_exact_mut(4)) {
                    (0..4).for_each(|j| ranks[j][lane] = word >> (16 * j) & 0xffff);
                }
            }
        }
        let mut last = [0; LANES];
        for (point, row) in rows[..points].iter_mut().enumerate() {
            let (correct, _) = self.batch.votes(point);
            row.correct.iter_mut().zip(trials).for_each(|(row, &t)| *row = correct[t]);
            let (most, undecided) = (self.vote.grid[point], &self.vote.undecided[point]);
            for lane in 0..n {
                let correct = row.correct[lane];
                row.wrong[lane] = (most - correct) & is_in(undecided, correct).wrapping_neg();
                row.leads[lane] = u64::from(correct >= undecided.end);
                last[lane] = last[lane].max(row.wrong[lane]);
            }
        }
        by_answer[..answers].iter_mut().for_each(|by_answer| by_answer[..n].fill(0));
        last
    }

    /// Decides trials at the first `points` grid points; where the highest bits of priorities tie they stay open.
    #[inline(always)]
    fn decide_by_slices(
        &mut self,
        (slices, stream): (&BitSlices, &Stream),
        trials: &[usize],
        points: usize,
        decided: &mut [usize],
    ) {
        let (answers, n, first) = (slices.answers(), trials.len(), self.at.trial);
        let last = self.read(trials, points, answers);
        let Scratch { rows, ranks, by_answer, given } = &mut *self.scratch;
        let rows = &mut rows[..points];
        let mut words = [[0; LANES]; bit_slices::WORDS];
        let [mut all, mut before, mut after, mut counts, mut tied] = [[0; LANES]; 5];
        // The first row that is not decided in all trials.
        let mut next = 0;
        for slice in 0.. {
            for (lane, &t) in trials.iter().enumerate().filter(|&(lane, _)| before[lane] < last[lane]) {
                for (words, word) in
                    words.iter_mut().zip(slices.words(stream, AnswerSampler::first_block(first + t), slice))
                {
                    words[lane] = word;
                }
            }
            slices.read(&words, given, &mut all[..n]);
            for lane in 0..n {
                after[lane] = before[lane] + u64::from(all[lane].count_ones());
            }
            let mut open = false;
            for (row, index) in rows.iter_mut().zip(0..).skip(next) {
                let (mut here, mut later) = (0, 0);
                for lane in 0..n {
                    let wrong = row.wrong[lane];
                    counts[lane] = if wrong <= after[lane] { wrong.saturating_sub(before[lane]) } else { 0 };
                    here |= counts[lane];
                    later |= u64::from(wrong > after[lane]);
                }
                open |= later > 0;
                if !open {
                    next = index + 1;
                }
                if here == 0 {
                    continue;
                }
                let best = strongest(&all[..n], &counts, (&by_answer[..answers], given), ranks);
                for lane in 0..n {
                    let own = row.correct[lane] << 16 | ranks[0][lane];
                    let (here, leads) = (counts[lane] > 0, u64::from(own > best[lane]));
                    row.leads[lane] = if here { leads } else { row.leads[lane] };
                    tied[lane] |= u64::from(here & (own == best[lane]));
                }
            }
            if !open {
                break;
            }
            for (by_answer, given) in by_answer[..answers].iter_mut().zip(&*given) {
                (0..n).for_each(|lane| by_answer[lane] += u64::from(given[lane].count_ones()));
            }
            before = after;
        }
        for (point, row) in rows.iter().enumerate() {
            let (_, leads) = self.batch.votes(point);
            trials.iter().zip(&row.leads).for_each(|(&t, &lead)| leads[t] = lead != 0);
        }
        decided.iter_mut().zip(tied).for_each(|(decided, tied)| *decided = if tied == 0 { points } else { 0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Control;
    use crate::sampling::draw::events::chunk::ChunkEvents;
    use crate::sampling::draw::plan::Plan;
    use crate::sampling::draw::run::Run;
    use crate::sampling::draw::successes::NEGLIGIBLE;
    use crate::sampling::record::Wanted;
    use crate::sampling::scenario::SamplingScenario;
    use crate::spec::parse;

    const NOTHING: Wanted =
        Wanted { coverage: false, share_counts: [false; 3], utility_counts: false, bill_counts: [false; 3] };

    /// Side by side and trial by trial, at any width of vectors; enough trials for ties of the highest bits of priorities.
    #[test]
    fn every_way_finds_the_same_leads() {
        let mut by_slices = 0;
        for (answers, grid) in [
            (r#""uniform","count":1"#, &[1, 2, 4, 30, 40][..]),
            (r#""uniform","count":2"#, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 1000, 1001]),
            (r#""uniform","count":10"#, &[1, 2, 4, 8, 16, 32, 64, 128, 256]),
            (r#""uniform","count":10"#, &[5, 700, 710, 2000]),
            (r#""uniform","count":31"#, &[1, 10, 100, 1000]),
            (r#""uniform","count":32"#, &[1, 10, 100]),
            (r#""zipf","count":5.0,"exponent":1.0"#, &[3, 30, 300]),
            (r#""dirichlet","count":4,"concentration":0.5"#, &[3, 30, 300]),
        ] {
            let json = format!(
                r#"{{"kind":"sampling","tasks":{{"kind":"fixed","success":{{"array":0}}}},"utility":null,
                "verifier":{{"kind":"rates","false_positive_rate":0.1,"false_negative_rate":0.2}},
                "answers":{{"kind":{answers}}},"policies":[{{"kind":"majority_vote"}}],"max_attempts":{grid:?}}}"#
            );
            let success = vec![0.01, 0.1, 0.15, 0.2, 0.3, 0.45, 0.5, 0.9];
            let scenario: SamplingScenario = parse(&json, &[success]).expect("the scenario is valid");
            let run = Run { trials: 1, key: [8, 9], replicate: 0, threads: 1, wanted: NOTHING, kept: None };
            let laws = scenario.laws();
            let (policies, control) = (&scenario.policies, Control::default());
            let plan =
                Plan::new(&scenario, (policies, None), (&laws, grid), (&run, true), &control).expect("no signal");
            let vote = plan.plurality.as_ref().expect("votes are by_answer");
            let mut events = ChunkEvents::new(&plan.streams, true);
            let mut worker = plan.worker();
            let size = worker.batch.trials;
            for chunk in 0..3 {
                plan.source
                    .start(&mut events, &plan.streams, (chunk, plan.streams.chunk()), &control)
                    .expect("nobody cancels");
                let mut random = plan.random(chunk);
                for i in 0..laws.len() {
                    let trials = plan.streams.chunk();
                    plan.source.draw(&mut events, &plan.streams, (i, trials), &control).expect("nobody cancels");
                    plan.source.number(&mut events, &plan.streams, i, trials);
                    for first in (0..trials).step_by(size) {
                        let at = Place { chunk, task: i, trial: first };
                        let (batch, counted) =
                            (&mut worker.batch, worker.fine.counted.as_mut().expect("votes are by_answer"));
                        plan.fill(batch, &mut random, at, &events.drawn[first..first + size]);
                        let scratch = worker.fine.leads.as_mut().expect("votes are by_answer");
                        let mut leads = Leads { vote, at, batch, counted, scratch, trials: size };
                        for (point, undecided) in vote.undecided.iter().enumerate() {
                            let (correct, leads) = leads.batch.votes(point);
                            leads.iter_mut().zip(correct).for_each(|(leads, &c)| *leads = c >= undecided.end);
                        }
                        (0..size).for_each(|t| leads.decide(t, 0));
                        let all = |batch: &Batch| (0..grid.len()).flat_map(|p| batch.leads(p).to_vec()).collect();
                        let trial_by_trial: Vec<bool> = all(leads.batch);
                        leads.run();
                        assert_eq!(all(batch), trial_by_trial, "{answers} {at:?}");
                        vote.find_leads(batch, (counted, scratch), at, size);
                        assert_eq!(all(batch), trial_by_trial, "{answers} {at:?}");
                        by_slices +=
                            usize::from(vote.sampler.by_slices(at, grid).is_some_and(|(_, _, points)| points > 1));
                    }
                }
            }
        }
        assert!(by_slices > 100);
    }

    /// The probability that some wrong answer has as many votes as a count that is taken to beat all of them.
    #[test]
    fn what_is_decided_without_drawing_is_all_but_certain() {
        for (answers, largest) in [
            (Answers::Uniform { count: 10.0 }, 0.1),
            (Answers::Uniform { count: 1.0 }, 1.0),
            (Answers::Zipf { count: 3.0, exponent: 1.0 }, 6.0 / 11.0),
        ] {
            let run = Run { trials: 1, key: [1, 2], replicate: 0, threads: 1, wanted: NOTHING, kept: None };
            let sampler = AnswerSampler::new(answers, Streams::new(&run, 64));
            let mut narrower = 0;
            for attempts in (1u64..300).chain([1000, 100_000]) {
                let undecided = sampler.undecided(attempts);
                assert!(undecided.end <= attempts / 2 + 1);
                // Fewer than that, and one wrong answer has more.
                let less = undecided.start - 1;
                assert!((attempts - less).div_ceil(sampler.answers() as u64) > less);
                if undecided.end <= attempts / 2 {
                    narrower += 1;
                    let wrong = attempts - undecided.end;
                    let tail = upper_tail(wrong, largest, undecided.end) * sampler.answers() as f64;
                    assert!(tail < NEGLIGIBLE, "{answers:?} {attempts}: {tail}");
                }
            }
            assert_eq!(narrower > 100, sampler.answers() > 1);
        }
    }

    /// P(at least `k` of `n`), term by term.
    fn upper_tail(n: u64, p: f64, k: u64) -> f64 {
        let ln_factorial = |m: u64| libm::lgamma(m as f64 + 1.0);
        let term = |j: u64| {
            let ways = ln_factorial(n) - ln_factorial(j) - ln_factorial(n - j);
            libm::exp(ways + j as f64 * libm::log(p) + (n - j) as f64 * libm::log1p(-p))
        };
        (k..=n).map(term).sum()
    }
}
