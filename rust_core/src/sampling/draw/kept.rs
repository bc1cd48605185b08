//! What a run may take over from those before it: tables that follow from the rates, the grid and the trials alone.
//!
//! Points of a sweep that differ in something else, such as a cost, a utility or a policy, have the same tables. Which of
//! them are kept changes no number.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::events::binned::BinTables;
use super::events::integrated::Integrated;
use crate::error::Result;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::tasks::Tasks;
use crate::sampling::scenario::verifier::Verifier;

/// The most bytes that one thread keeps of each kind of tables, and the most of them.
const MOST_BYTES: usize = 1 << 26;
const MOST_TABLES: usize = 1024;

/// Tables of the runs before.
#[derive(Debug, Default)]
pub struct Kept {
    binned: Shelf<BinnedKey, BinTables>,
    integrated: Shelf<IntegratedKey, Option<Integrated>>,
}

/// What tables of known rates follow from.
#[derive(Debug, PartialEq)]
pub struct BinnedKey {
    /// What is asked of them.
    pub asked: [bool; 2],
    /// Trials.
    pub trials: u64,
    /// The grid.
    pub grid: Vec<u64>,
    /// The law of each task.
    pub laws: Vec<TaskLaw>,
}

/// What tables of integrated rates follow from.
#[derive(Debug, PartialEq)]
pub struct IntegratedKey {
    numbers: bool,
    trials: u64,
    grid: Vec<u64>,
    verifier: Option<Verifier>,
    tasks: Tasks,
}

impl IntegratedKey {
    /// That of a scenario; with attempt `numbers` within bins or without.
    pub fn new(scenario: &SamplingScenario, (grid, numbers): (&[u64], bool), trials: u64) -> Self {
        let (verifier, tasks) = (scenario.verifier.clone(), scenario.tasks.clone());
        Self { numbers, trials, grid: grid.to_vec(), verifier, tasks }
    }
}

impl Kept {
    /// The tables of known rates, made where they are not there.
    pub fn binned(&self, key: BinnedKey, make: impl FnOnce(&BinnedKey) -> Result<BinTables>) -> Result<Arc<BinTables>> {
        let bytes = |key: &BinnedKey, made: &BinTables| size_of_val(&*key.laws) + made.bytes();
        self.binned.get(key, make, bytes)
    }

    /// The tables of integrated rates, made where they are not there; none where rates are drawn instead.
    pub fn integrated(
        &self,
        key: IntegratedKey,
        make: impl FnOnce() -> Result<Option<Integrated>>,
    ) -> Result<Arc<Option<Integrated>>> {
        let bytes = |key: &IntegratedKey, made: &Option<Integrated>| {
            key.tasks.count() * size_of::<[f64; 4]>() + made.as_ref().map_or(0, Integrated::bytes)
        };
        self.integrated.get(key, |_| make(), bytes)
    }
}

/// Tables by what they follow from, the newest last.
#[derive(Debug)]
struct Shelf<K, T> {
    places: Mutex<VecDeque<(K, Arc<T>, usize)>>,
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self { places: Mutex::default() }
    }
}

impl<K: PartialEq, T> Shelf<K, T> {
    fn get(&self, key: K, make: impl FnOnce(&K) -> Result<T>, bytes: impl FnOnce(&K, &T) -> usize) -> Result<Arc<T>> {
        let mut places = self.places.lock().expect("no thread panics while it looks");
        if let Some((_, found, _)) = places.iter().rev().find(|(known, ..)| *known == key) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(make(&key)?);
        let bytes = bytes(&key, &made);
        let mut held: usize = places.iter().map(|(.., bytes)| bytes).sum();
        while places.len() >= MOST_TABLES || (held + bytes > MOST_BYTES && !places.is_empty()) {
            held -= places.pop_front().map_or(0, |(.., bytes)| bytes);
        }
        if bytes <= MOST_BYTES {
            places.push_back((key, Arc::clone(&made), bytes));
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shelf_gives_what_it_has_and_drops_the_oldest() {
        let shelf = Shelf::<u32, u32>::default();
        let get = |key: u32, bytes: usize| {
            let mut made = false;
            let found = shelf.get(
                key,
                |&key| {
                    made = true;
                    Ok(10 * key)
                },
                |_, _| bytes,
            );
            assert_eq!(*found.expect("nothing fails here"), 10 * key);
            made
        };
        assert!(get(1, MOST_BYTES / 2) && get(2, MOST_BYTES / 2) && !get(1, 0) && !get(2, 0));
        // The third takes the place of the first; one that is too large is not kept.
        assert!(get(3, MOST_BYTES / 2) && !get(2, 0) && !get(3, 0) && get(1, MOST_BYTES + 1) && get(1, 8));
    }
}
