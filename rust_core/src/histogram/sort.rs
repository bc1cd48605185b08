//! Sorting the keys of a histogram.

/// Sorts keys digit by digit: those of one histogram lie so close that two or three digits tell them apart, which takes a
/// fraction of a sort by comparisons.
pub fn sort(keys: &mut Vec<u32>) {
    if keys.len() < LEAST_BY_DIGITS {
        keys.sort_unstable();
        return;
    }
    let (least, most) = keys.iter().fold((u32::MAX, 0), |(a, b), &key| (a.min(key), b.max(key)));
    let mut sorted = vec![0; keys.len()];
    for shift in (0..u32::BITS).step_by(8).take_while(|shift| (most - least) >> shift > 0) {
        let digit = |key: u32| ((key - least) >> shift) as usize & 0xff;
        let mut places = [0_u32; 257];
        for &key in &*keys {
            places[digit(key) + 1] += 1;
        }
        for i in 1..places.len() {
            places[i] += places[i - 1];
        }
        for &key in &*keys {
            let place = &mut places[digit(key)];
            sorted[*place as usize] = key;
            *place += 1;
        }
        std::mem::swap(keys, &mut sorted);
    }
}

/// The fewest keys that are sorted by digits: of fewer, comparisons take less than to clear and add up the places.
const LEAST_BY_DIGITS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use rand_core::RngCore;

    #[test]
    fn keys_are_sorted_by_digits_as_by_comparisons() {
        let mut words = Stream::new([1, 2], 0, 3, 5).sequence();
        for (count, bits) in [(127, 32), (128, 0), (129, 7), (200, 8), (1024, 9), (1024, 17), (1000, 31), (1024, 32)] {
            let mut keys: Vec<u32> = (0..count).map(|_| (words.next_u64() & ((1 << bits) - 1)) as u32).collect();
            let mut expected = keys.clone();
            expected.sort_unstable();
            sort(&mut keys);
            assert_eq!(keys, expected, "{count} {bits}");
        }
        let mut ends = [u32::MAX, 0].repeat(100);
        sort(&mut ends);
        assert_eq!(ends, [[0; 100], [u32::MAX; 100]].concat());
    }
}
