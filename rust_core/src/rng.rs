//! Stream v1: Philox4x64-10, a pure function of (seed, replicate, stream, chunk, position).
//!
//! Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as 1, 2, 3* (SC 2011). The counter words are, low to
//! high: block within the chunk, chunk, stream, replicate. `numpy.random.Philox(key=key, counter=[0, chunk, stream,
//! replicate])` is the same stream: NumPy steps the counter before it uses it, so its first block, and ours, is 1.

use rand_core::{RngCore, impls};

/// The version of the stream: a change to any number under a fixed seed gives it a new name.
pub const STREAM_VERSION: &str = "philox4x64-v1";

/// The stream numbers, one per named purpose: a purpose never reads another's numbers.
pub mod purpose {
    /// Rates of the tasks, where a trial draws them anew.
    pub const RATES: u64 = 1;
    /// The first acceptance: its place in the attempt grid and whether the answer is correct.
    pub const ACCEPTANCE: u64 = 2;
    /// The first correct attempt, given the first acceptance.
    pub const COVERAGE: u64 = 3;
    /// The first correct attempt after a wrong acceptance.
    pub const COVERAGE_AFTER_WRONG: u64 = 8;
    /// Whether the last attempt is correct where none was accepted.
    pub const LAST: u64 = 4;
    /// The attempt number of the first acceptance within its cell of the grid.
    pub const ATTEMPT: u64 = 5;
    /// The low bits of a draw whose high bits hit a threshold exactly.
    pub const TIE: u64 = 6;
    /// The first acceptance where rates drawn anew in every trial were integrated.
    pub const INTEGRATED: u64 = 9;
    /// The first correct attempt there, given the first acceptance.
    pub const INTEGRATED_COVERAGE: u64 = 10;
    /// The attempt number of the first acceptance within its cell, where rates drawn anew in every trial were integrated.
    pub const INTEGRATED_ATTEMPT: u64 = 11;
    /// Output tokens of the whole benchmark in one trial at a grid point: normal numbers, the coins that accept them, and
    /// what is drawn where those do not decide.
    pub const BILLED_TOKENS: u64 = 12;
    /// The coins.
    pub const BILLED_COINS: u64 = 13;
    /// The others.
    pub const BILLED_AGAIN: u64 = 14;
    /// Resampling of tasks or attempts for bootstrap intervals.
    pub const BOOTSTRAP: u64 = 7;
    /// The attempt numbers of the first acceptance and the first correct answer within their cells.
    pub const EVENT_NUMBERS: u64 = 64;
    /// Correct attempts of a segment of attempts.
    pub const COUNTS: u64 = 65;
    /// The highest scores of a segment of attempts.
    pub const MAXIMA: u64 = 66;
    /// How the wrong mass is shared among the wrong answers, where it is drawn.
    pub const ANSWER_SHARES: u64 = 67;
    /// Wrong attempts by answer.
    pub const ANSWERS: u64 = 68;
    /// Priorities of answers that tie.
    pub const PRIORITIES: u64 = 69;
    /// The order of attempts within a segment whose counts are known.
    pub const ORDER: u64 = 70;
    /// The order of the wrong answers among wrong attempts.
    pub const ANSWER_ORDER: u64 = 72;
    /// Verdicts and scores of single attempts, given those of their segment.
    pub const VERDICTS: u64 = 71;
    /// Correct attempts of segments that a first event cuts off.
    pub const CUT_COUNTS: u64 = 74;
    /// The highest scores of segments that a first event cuts off.
    pub const CUT_MAXIMA: u64 = 75;
    /// Output tokens of a task's attempts in one trial.
    pub const TOKENS: u64 = 73;
    /// Output tokens of a task's wrong attempts in one trial, where they take others.
    pub const WRONG_TOKENS: u64 = 78;
    /// The order of the recorded attempts of a task in one trial.
    pub const RECORD_ORDER: u64 = 76;
    /// Verdicts or scores of a verifier that stands in for those of recorded attempts.
    pub const RECORD_VERDICTS: u64 = 77;
    /// Error rates of the verifier, where they are drawn.
    pub const ERROR_RATES: u64 = 32;
    /// Which of the verifiers that labels leave open a trial meets.
    pub const VERIFIER: u64 = 33;
    /// The runs of the trials that meet one verifier.
    pub const VERIFIER_RUN: u64 = 34;
    /// The attempts of votes that stop, where they are simulated by themselves.
    pub const STOPPING: u64 = 79;
    /// Correct and wrong votes of policies that are simulated by themselves: of all attempts,
    /// and (plus 2) of accepted ones; plus 1: whether rejected ones are correct.
    pub const VOTES: u64 = 80;
    /// Sums of scores by answer, where weighted votes are simulated by themselves.
    pub const SCORE_SUMS: u64 = 84;
    /// Weights of the tasks, where an interval over other tasks is made of draws.
    pub const TASK_WEIGHTS: u64 = 85;
    /// Columns of variates that are drawn for callers outside the core; a chunk for each.
    pub const COLUMNS: u64 = 86;
    /// Tasks that are drawn again where what each is worth is known; as replicate 1 attempts, as replicate 2 the trials of
    /// their simulations.
    pub const DRAWN_AGAIN: u64 = 87;
    /// First number of the exhaustion inputs; each input adds its own offset.
    pub const EXHAUSTION: u64 = 1024;
    /// First number of the inputs of the constraint model; each input adds its own offset.
    pub const CONSTRAINT: u64 = 16_384;
}

const M0: u64 = 0xD2E7_470E_E14C_6C93;
const M1: u64 = 0xCA5A_8263_9512_1157;
const W0: u64 = 0x9E37_79B9_7F4A_7C15;
const W1: u64 = 0xBB67_AE85_84CA_A73B;
const ROUNDS: usize = 10;

/// One block of Philox4x64-10.
#[expect(clippy::inline_always, reason = "a fifth faster where a loop over blocks overlaps their rounds")]
#[inline(always)]
pub fn philox(mut key: [u64; 2], mut counter: [u64; 4]) -> [u64; 4] {
    for _ in 0..ROUNDS {
        let a = u128::from(M0) * u128::from(counter[0]);
        let b = u128::from(M1) * u128::from(counter[2]);
        counter = [(b >> 64) as u64 ^ counter[1] ^ key[0], b as u64, (a >> 64) as u64 ^ counter[3] ^ key[1], a as u64];
        key = [key[0].wrapping_add(W0), key[1].wrapping_add(W1)];
    }
    counter
}

/// The 128-bit key of a seed: `numpy.random.SeedSequence(seed).generate_state(2, uint64)`.
pub type Key = [u64; 2];

/// Random words of one purpose in one chunk, addressed by position.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    key: Key,
    chunk: u64,
    purpose: u64,
    replicate: u64,
}

impl Stream {
    /// The stream of a purpose in a chunk of a replicate.
    pub const fn new(key: Key, replicate: u64, purpose: u64, chunk: u64) -> Self {
        Self { key, chunk, purpose, replicate }
    }

    /// The four words of a block, counted from 0.
    #[inline]
    pub fn block(&self, index: u64) -> [u64; 4] {
        philox(self.key, [index.wrapping_add(1), self.chunk, self.purpose, self.replicate])
    }

    /// The word at a position.
    #[inline]
    pub fn word(&self, position: u64) -> u64 {
        self.block(position / 4)[(position % 4) as usize]
    }

    /// Fills `out` with the 32-bit halves (low half first) of the blocks from `first_block` on.
    /// The length of `out` must be a multiple of 8.
    #[inline]
    pub fn fill_u32(&self, first_block: u64, out: &mut [u32]) {
        debug_assert_eq!(out.len() % 8, 0);
        for (i, eight) in out.chunks_exact_mut(8).enumerate() {
            let words = self.block(first_block + i as u64);
            for (pair, word) in eight.chunks_exact_mut(2).zip(words) {
                pair[0] = word as u32;
                pair[1] = (word >> 32) as u32;
            }
        }
    }

    /// Reads the stream word by word from its start.
    pub const fn sequence(self) -> Sequence {
        self.words_from(0)
    }

    /// Reads the stream word by word from a position that is a multiple of 4.
    pub const fn words_from(self, position: u64) -> Sequence {
        Sequence { stream: self, block: position / 4, words: [0; 4], used: 4 }
    }

    /// Reads the stream word by word from a position that is a multiple of 4, `WORDS` (a multiple of 4) at a time: the
    /// rounds of several blocks overlap, so that a word costs half as much where most of them are used.
    pub const fn ahead<const WORDS: usize>(self, position: u64) -> Sequence<WORDS> {
        Sequence { stream: self, block: position / 4, words: [0; WORDS], used: WORDS }
    }

    /// Fills `out` with the words of the blocks from `first_block` on. The length of `out` must be a multiple of 4.
    #[inline]
    pub fn fill(&self, first_block: u64, out: &mut [u64]) {
        debug_assert_eq!(out.len() % 4, 0);
        for (i, four) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            *four = self.block(first_block + i as u64);
        }
    }
}

/// A stream read word by word; implements `rand_core`.
#[derive(Debug, Clone)]
pub struct Sequence<const WORDS: usize = 4> {
    stream: Stream,
    block: u64,
    words: [u64; WORDS],
    used: usize,
}

impl<const WORDS: usize> Sequence<WORDS> {
    /// A uniform number in the open interval (0, 1): the midpoints of 2^52 equal cells.
    #[inline]
    pub fn open01(&mut self) -> f64 {
        open01(self.next_u64())
    }

    fn refill(&mut self) {
        self.stream.fill(self.block, &mut self.words);
        self.block += WORDS as u64 / 4;
        self.used = 0;
    }
}

impl<const WORDS: usize> RngCore for Sequence<WORDS> {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        if self.used == WORDS {
            self.refill();
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        impls::fill_bytes_via_next(self, out);
    }
}

/// A word as a uniform number in the open interval (0, 1): the midpoints of 2^52 equal cells.
#[inline]
pub fn open01(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of the Random123 distribution (`kat_vectors`, philox4x64 10).
    #[test]
    fn equals_the_published_known_answers() {
        assert_eq!(
            philox([0, 0], [0; 4]),
            [0x1655_4d9e_ca36_314c, 0xdb20_fe9d_672d_0fdc, 0xd7e7_72ce_e186_176b, 0x7e68_b68a_ec7b_a23b]
        );
        assert_eq!(
            philox([u64::MAX; 2], [u64::MAX; 4]),
            [0x87b0_92c3_013f_e90b, 0x438c_3c67_be8d_0224, 0x9cc7_d7c6_9cd7_77b6, 0xa09c_aebf_594f_0ba0]
        );
    }

    #[test]
    fn every_reader_sees_the_same_words() {
        let stream = Stream::new([3, 5], 2, 7, 11);
        let mut halves = [0u32; 24];
        stream.fill_u32(0, &mut halves);
        let mut all = [0; 12];
        stream.fill(0, &mut all);
        let (mut sequence, mut ahead) = (stream.sequence(), stream.ahead::<12>(0));
        for position in 0..12 {
            let word = sequence.next_u64();
            assert_eq!(word, stream.word(position));
            assert_eq!(word, ahead.next_u64());
            assert_eq!(word, all[position as usize]);
            let at = 2 * position as usize;
            assert_eq!(word, u64::from(halves[at]) | u64::from(halves[at + 1]) << 32);
        }
    }
}
