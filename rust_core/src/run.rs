//! The run engine: fixed chunks of work on threads of their own, merged in index order, cancellable.
//!
//! Results depend on the chunks, never on the threads: what a chunk returns is merged in index order, and what a
//! worker keeps across its chunks must be tallies whose merging is exact in any order (integers).

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::error::{Error, Result};

/// The most threads one run may ask for.
pub const MAX_THREADS: usize = 1024;

/// Shared between a run and whoever waits for it: cancel it, see how far it is.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: Arc<AtomicBool>,
    done: AtomicU64,
}

impl Control {
    /// Asks the run to stop; it answers with `Error::Cancelled`.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// An error once the run was cancelled; long chunks ask between their parts.
    pub fn check(&self) -> Result<()> {
        if self.cancelled.load(Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// For a run within this one: cancelled with it, counting for itself.
    #[must_use]
    pub fn quiet(&self) -> Self {
        Self { cancelled: Arc::clone(&self.cancelled), done: AtomicU64::default() }
    }

    /// Counts finished units (trials, points).
    pub fn advance(&self, units: u64) {
        self.done.fetch_add(units, Relaxed);
    }

    /// Units finished so far.
    pub fn done(&self) -> u64 {
        self.done.load(Relaxed)
    }
}

/// The number of threads to use: `None` is every core.
pub fn resolve_threads(threads: Option<usize>) -> Result<usize> {
    match threads {
        None => Ok(thread::available_parallelism().map_or(1, usize::from)),
        Some(n) if (1..=MAX_THREADS).contains(&n) => Ok(n),
        Some(n) => Err(Error::argument("threads", format!("in [1, {MAX_THREADS}]"), n)),
    }
}

struct Merger<P, M> {
    next: u64,
    waiting: BTreeMap<u64, P>,
    merge: M,
}

/// Runs `chunks` pieces of work on `threads` threads and returns what each worker kept.
///
/// `work(worker, chunk)` does one chunk; what it returns goes to `merge` in the order of the chunks.
pub fn run<W: Send, P: Send>(
    chunks: u64,
    threads: usize,
    control: &Control,
    new_worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, u64) -> Result<P> + Sync,
    merge: impl FnMut(P) + Send,
) -> Result<Vec<W>> {
    let next_chunk = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let merger = Mutex::new(Merger { next: 0, waiting: BTreeMap::new(), merge });
    let one_worker = || -> Result<W> {
        let mut worker = new_worker();
        loop {
            let chunk = next_chunk.fetch_add(1, Relaxed);
            if chunk >= chunks {
                return Ok(worker);
            }
            control.check()?;
            if failed.load(Relaxed) {
                return Err(Error::Cancelled);
            }
            let part = work(&mut worker, chunk).inspect_err(|_| failed.store(true, Relaxed))?;
            let mut guard = merger.lock().expect("no thread panics while it merges");
            let m = &mut *guard;
            m.waiting.insert(chunk, part);
            while let Some(part) = m.waiting.remove(&m.next) {
                (m.merge)(part);
                m.next += 1;
            }
        }
    };
    let threads = threads.min(usize::try_from(chunks).unwrap_or(usize::MAX)).max(1);
    if threads == 1 {
        return Ok(vec![one_worker()?]);
    }
    let outcomes = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(one_worker)).collect();
        handles.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut workers = Vec::with_capacity(threads);
    let mut error = None;
    for outcome in outcomes {
        match outcome {
            Ok(Ok(worker)) => workers.push(worker),
            Ok(Err(e)) if error.is_none() || e != Error::Cancelled => error = Some(e),
            Ok(Err(_)) => {}
            Err(panic) => resume_unwind(panic),
        }
    }
    error.map_or(Ok(workers), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_merge_in_index_order_for_any_thread_count() {
        for threads in [1, 2, 3, 7] {
            let mut order = Vec::new();
            let workers = run(
                100,
                threads,
                &Control::default(),
                || 0u64,
                |sum, i| {
                    *sum += i;
                    Ok(i)
                },
                |i| order.push(i),
            );
            assert_eq!(order, (0..100).collect::<Vec<_>>());
            assert_eq!(workers.expect("nothing fails here").iter().sum::<u64>(), 4950);
        }
    }

    #[test]
    fn a_cancelled_run_and_a_failing_chunk_stop() {
        let control = Control::default();
        control.cancel();
        let cancelled = run(10, 2, &control, || (), |(), _| Ok(()), |()| ());
        assert_eq!(cancelled, Err(Error::Cancelled));
        let bad = Error::Value("chunk 3".into());
        let fail =
            run(10, 2, &Control::default(), || (), |(), i| if i == 3 { Err(bad.clone()) } else { Ok(()) }, |()| ());
        assert_eq!(fail, Err(bad));
    }
}
