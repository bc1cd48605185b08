//! What a run may take over from those before it: tables, by what they follow from.
//!
//! Points of a sweep that differ in something else, such as a cost, a utility or a policy, have the same tables. Which of
//! them are kept changes no number.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crate::error::Result;

/// The most bytes that one thread keeps, and the most tables.
const MOST_BYTES: usize = 1 << 26;
const MOST_TABLES: usize = 1024;

/// Tables of the runs before, the newest last.
#[derive(Debug, Default)]
pub struct Kept {
    places: Mutex<VecDeque<Place>>,
}

#[derive(Debug)]
struct Place {
    key: Box<dyn Any + Send>,
    tables: Arc<dyn Any + Send + Sync>,
    bytes: usize,
}

impl Kept {
    /// The tables of a key, made where they are not there; a key belongs to one kind of tables.
    pub fn get<K: PartialEq + Send + 'static, T: Send + Sync + 'static>(
        &self,
        key: K,
        make: impl FnOnce() -> Result<T>,
        bytes: impl FnOnce(&K, &T) -> usize,
    ) -> Result<Arc<T>> {
        let mut places = self.places.lock().expect("no thread panics while it looks");
        for place in places.iter().rev().filter(|place| place.key.downcast_ref::<K>() == Some(&key)) {
            if let Ok(found) = Arc::clone(&place.tables).downcast::<T>() {
                return Ok(found);
            }
        }
        let made = Arc::new(make()?);
        let bytes = bytes(&key, &made);
        if bytes <= MOST_BYTES {
            let mut held: usize = places.iter().map(|place| place.bytes).sum();
            while places.len() >= MOST_TABLES || held + bytes > MOST_BYTES {
                held -= places.pop_front().map_or(0, |place| place.bytes);
            }
            places.push_back(Place { key: Box::new(key), tables: Arc::clone(&made) as _, bytes });
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_given_and_the_oldest_goes_first() {
        let kept = Kept::default();
        let get = |key: u32, bytes: usize| {
            let mut made = false;
            let make = || {
                made = true;
                Ok(10 * key)
            };
            assert_eq!(kept.get(key, make, |_, _| bytes).as_deref(), Ok(&(10 * key)));
            made
        };
        assert!(get(1, MOST_BYTES / 2) && get(2, MOST_BYTES / 2) && !get(1, 0) && !get(2, 0));
        // The third takes the place of the first; one that is too large is not kept, and takes the place of none.
        assert!(
            get(3, MOST_BYTES / 2) && !get(2, 0) && !get(3, 0) && get(1, MOST_BYTES + 1) && !get(2, 0) && !get(3, 0)
        );
        assert!(get(1, 8));
        // A key of another type is another key.
        assert_eq!(kept.get(3_u64, || Ok(7.5), |_, _| 8).as_deref(), Ok(&7.5));
    }
}
