//! Equally likely answers, many attempts at a time: a slice of 64 random numbers, of which a word holds one bit each.
//!
//! A number below the count of answers is an attempt's answer, any other is passed over. The attempts stand in the order
//! of the bits.

use crate::rng::Stream;

/// The most answers: with more, a slice costs as much as its attempts one by one.
pub const MOST_ANSWERS: usize = 31;
/// The most words of a slice, made up to whole blocks.
pub const WORDS: usize = 8;

/// How the slices of so many answers are read.
#[derive(Debug, Clone, Copy)]
pub struct BitSlices {
    answers: usize,
    bits: usize,
}

impl BitSlices {
    /// The slices of at most `MOST_ANSWERS` answers.
    pub const fn new(answers: usize) -> Self {
        Self { answers, bits: answers.next_power_of_two().ilog2() as usize }
    }

    /// The number of answers.
    pub const fn answers(&self) -> usize {
        self.answers
    }

    /// The words of a slice of a stream whose slices start at a block.
    #[inline(always)]
    pub fn words(&self, stream: &Stream, start: u64, slice: u64) -> [u64; WORDS] {
        let blocks = self.bits.div_ceil(4);
        let mut words = [0; WORDS];
        for (block, words) in words.chunks_exact_mut(4).take(blocks).enumerate() {
            words.copy_from_slice(&stream.block(start + slice * blocks as u64 + block as u64));
        }
        words
    }

    /// By answer, which attempts of each slice gave it, from the slices' words, bit by bit, and all attempts of each.
    #[inline(always)]
    pub fn read<L: AsRef<[u64]> + AsMut<[u64]>>(&self, words: &[L], out: &mut [L], all: &mut [u64]) {
        let slices = all.len();
        out[0].as_mut()[..slices].fill(u64::MAX);
        for (bit, set) in words[..self.bits].iter().enumerate() {
            let set = &set.as_ref()[..slices];
            let (clear, beyond) = out[..self.answers].split_at_mut(1 << bit);
            for (high, low) in beyond.iter_mut().zip(&*clear) {
                let (high, low) = (&mut high.as_mut()[..slices], &low.as_ref()[..slices]);
                (0..slices).for_each(|slice| high[slice] = low[slice] & set[slice]);
            }
            for low in clear {
                low.as_mut()[..slices].iter_mut().zip(set).for_each(|(low, set)| *low &= !set);
            }
        }
        all.fill(0);
        for given in &out[..self.answers] {
            all.iter_mut().zip(given.as_ref()).for_each(|(all, given)| *all |= given);
        }
    }
}

/// The lowest `count` bits that are set; all of them where there are fewer.
#[inline(always)]
pub fn lowest(bits: u64, count: u64) -> u64 {
    // The number of places that hold no more of them, bit by bit.
    let mut places = 0;
    for step in [32, 16, 8, 4, 2, 1] {
        let held = u64::from((bits & ((1 << (places + step)) - 1)).count_ones());
        places += if held <= count { step } else { 0 };
    }
    let all = u64::from(bits.count_ones()) <= count;
    if all { bits } else { bits & ((1 << places) - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_bits_are_those_before_the_next() {
        let stream = Stream::new([7, 9], 0, 0, 0);
        for index in 0..200 {
            for bits in [stream.word(2 * index) & stream.word(2 * index + 1), u64::MAX, 0, 1 << 63] {
                for count in 0..=65 {
                    let mut rest = bits;
                    (0..count).for_each(|_| rest &= rest.saturating_sub(1));
                    assert_eq!(lowest(bits, count), bits ^ rest, "{count} of {bits:b}");
                }
            }
        }
    }

    #[test]
    fn a_page_holds_every_number_once() {
        for answers in [1, 2, 10, 16, 31] {
            let slices = BitSlices::new(answers);
            let words = slices.words(&Stream::new([1, 2], 0, 0, 0), 5, 3).map(|word| [word]);
            let (mut out, mut all) = (vec![[0]; answers], [0]);
            slices.read(&words, &mut out, &mut all);
            for place in 0..64 {
                let number: usize = (0..slices.bits).map(|bit| ((words[bit][0] >> place & 1) as usize) << bit).sum();
                let given: Vec<usize> = (0..answers).filter(|&answer| out[answer][0] >> place & 1 == 1).collect();
                assert_eq!(given, if number < answers { vec![number] } else { vec![] });
                assert_eq!(all[0] >> place & 1 == 1, number < answers);
            }
        }
    }
}
