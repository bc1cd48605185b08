//! Every random stream of the simulator, and every word address in it, on one slice.
//!
//! A stream is named by its purpose (`rng::purpose`), by a task where it has streams of its own, and by a chunk of trials
//! (under limits: by a trial). Draws that stand at fixed places are addressed by word; the others are read word by word.
//!
//! | purpose | stream of | words |
//! |---|---|---|
//! | `ACCEPTANCE` | chunk | bins: 32-bit halves from `group * chunk` on; redrawn rates: read on |
//! | `COVERAGE` | chunk | bins of the first correct among rejected attempts, as `ACCEPTANCE`; by joint tables as `INTEGRATED_COVERAGE` |
//! | `COVERAGE_AFTER_WRONG` | chunk | read on from [`Streams::after_wrong`] |
//! | `EVENT_NUMBERS` | chunk | attempt numbers within bins: read on |
//! | `INTEGRATED` | chunk | as `ACCEPTANCE`, from integrated rates |
//! | `INTEGRATED_COVERAGE` | chunk | bins of the first correct attempt: 32-bit halves from `task * chunk` on |
//! | `ATTEMPT` | chunk | attempt numbers of long bins: read on from word `task * chunk` |
//! | `INTEGRATED_ATTEMPT` | chunk | attempt numbers of long bins: read on from word `task * chunk` |
//! | `BILLED_TOKENS`, `BILLED_COINS` | chunk | words, and 32-bit halves, from `point * chunk` on, a trial each |
//! | `BILLED_AGAIN` | chunk | read on from word `(point * chunk + trial) << 36` |
//! | `LAST` | chunk | bins: [`Streams::last_at`]; redrawn rates and segments: read on |
//! | `TIE` + purpose << 32 | chunk | the word of the draw that it settles |
//! | `RATES`, `ERROR_RATES` | chunk | read on (`scenario::population`) |
//! | `COUNTS` | chunk | [`Streams::counts`] |
//! | `MAXIMA` | chunk | [`Streams::maxima`] |
//! | `CUT_COUNTS`, `CUT_MAXIMA`, `ORDER`, `ANSWER_ORDER`, `VERDICTS` | chunk; under limits task and trial; alone task and chunk | read on |
//! | `PRIORITIES`, and + 1 << 32 for the other bits | chunk | answers of a task and trial (`policy::ties`) |
//! | `ANSWERS`, `ANSWER_SHARES` | task and chunk | blocks of a trial (`draw::answers`) |
//! | `TOKENS`, `WRONG_TOKENS` | task and trial | nodes of the tree of sums (`draw::tokens`) |
//! | `STOPPING` | task and trial | read on, by every policy that draws in blocks from the start (`draw::alone`) |
//! | `VOTES` to + 3, `SCORE_SUMS` | task and chunk | read on (`draw::alone`) |
//! | `RECORD_ORDER`, `RECORD_VERDICTS` | task and trial | read on, an attempt each (`draw::recorded`) |

use super::Run;
use crate::rng::{Key, Sequence, Stream, purpose};
use crate::sampling::scenario::scores::CLASSES;

/// One task in one trial: where its numbers stand.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The chunk of trials.
    pub chunk: u64,
    /// The task.
    pub task: usize,
    /// The trial of the chunk.
    pub trial: usize,
}

impl Place {
    /// The place `trials` later.
    #[must_use]
    #[inline]
    pub const fn after(self, trials: usize) -> Self {
        Self { trial: self.trial + trials, ..self }
    }
}

/// The streams of one run.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    key: Key,
    replicate: u64,
    /// Trials of a chunk.
    chunk: usize,
}

impl Streams {
    /// The streams of a run with chunks of so many trials.
    pub const fn new(run: &Run, chunk: usize) -> Self {
        Self { key: run.key, replicate: run.replicate, chunk }
    }

    /// The key and the replicate.
    pub const fn seed(&self) -> (Key, u64) {
        (self.key, self.replicate)
    }

    /// Trials of a chunk.
    pub const fn chunk(&self) -> usize {
        self.chunk
    }

    /// The trial of a place among all trials of the run.
    #[inline]
    pub const fn trial(&self, at: Place) -> u64 {
        at.chunk * self.chunk as u64 + at.trial as u64
    }

    /// The stream of a purpose in a chunk.
    #[inline]
    pub const fn of(&self, purpose: u64, chunk: u64) -> Stream {
        Stream::new(self.key, self.replicate, purpose, chunk)
    }

    /// The stream of a purpose for one task, in a chunk or a trial.
    #[inline]
    pub const fn of_task(&self, purpose: u64, task: usize, chunk_or_trial: u64) -> Stream {
        self.of(purpose + ((task as u64 + 1) << 32), chunk_or_trial)
    }

    /// What settles draws of a purpose that hit a threshold exactly.
    pub const fn tie(&self, of: u64, chunk: u64) -> Stream {
        self.of(purpose::TIE + (of << 32), chunk)
    }

    /// The highest and the other bits of the priorities of answers.
    #[inline]
    pub const fn priorities(&self, chunk: u64) -> [Stream; 2] {
        [self.of(purpose::PRIORITIES, chunk), self.of(purpose::PRIORITIES + (1 << 32), chunk)]
    }

    /// The place of a task's trial among all of a chunk.
    #[inline]
    pub const fn of_chunk(&self, at: Place) -> u64 {
        (at.task * self.chunk + at.trial) as u64
    }

    /// The first word of a task in a stream that is read on.
    pub const fn first_word(&self, task: usize) -> u64 {
        (task * self.chunk.next_multiple_of(4)) as u64
    }

    /// The first correct attempts of a task after wrong acceptances.
    #[inline]
    pub const fn after_wrong(&self, chunk: u64, task: usize) -> Sequence {
        self.of(purpose::COVERAGE_AFTER_WRONG, chunk).words_from((task * self.chunk) as u64)
    }

    /// Whether last attempts are correct: the words of [`Streams::last_at`].
    pub const fn last(&self, chunk: u64) -> Stream {
        self.of(purpose::LAST, chunk)
    }

    /// The word of the last attempt up to a grid point, of `points`.
    #[inline]
    pub const fn last_at(&self, at: Place, point: usize, points: usize) -> u64 {
        ((at.task * points + point) * self.chunk + at.trial) as u64
    }

    /// The stream of the counts of whole bins, and the block of bin `bin` of all tasks' from a trial on.
    #[inline]
    pub const fn counts(&self, chunk: u64, bin: usize, trial: usize) -> (Stream, u64) {
        (self.of(purpose::COUNTS, chunk), (bin * self.chunk + trial) as u64 / 4)
    }

    /// The same for the highest scores of a class.
    #[inline]
    pub const fn maxima(&self, chunk: u64, bin: usize, class: usize, trial: usize) -> (Stream, u64) {
        (self.of(purpose::MAXIMA, chunk), ((CLASSES * bin + class) * self.chunk + trial) as u64 / 4)
    }
}
