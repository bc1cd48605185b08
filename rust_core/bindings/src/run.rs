//! The waiting loop: work on other threads, the caller waits without the GIL and alone touches Python.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use limitlaw_core::error::Result;
use limitlaw_core::run::Control;
use limitlaw_core::{exhaustion, sampling};
use pyo3::prelude::*;

use crate::error::to_python;

/// The most trials of one call, by the kind of scenario.
pub fn max_trials() -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("sampling", sampling::draw::run::MAX_TRIALS),
        ("exhaustion", exhaustion::plan::MAX_TRIALS),
        ("constraint", exhaustion::constraint::simulate::MAX_TRIALS),
    ])
}

const POLL: Duration = Duration::from_millis(50);

/// Runs a short `job` where it was called, with signals checked before it and after it, and calls `progress` once.
pub fn at_once<T: Send>(
    py: Python<'_>,
    total: u64,
    progress: Option<&Bound<'_, PyAny>>,
    job: impl FnOnce(&Control) -> Result<T> + Send,
) -> PyResult<T> {
    py.check_signals()?;
    let control = Control::default();
    let value = py.detach(|| job(&control)).map_err(to_python)?;
    poll(total, progress)(&control)?;
    Ok(value)
}

/// Checks signals and calls `progress(done, total)`.
fn poll(total: u64, progress: Option<&Bound<'_, PyAny>>) -> impl Fn(&Control) -> PyResult<()> + Send + Sync + use<> {
    let progress = progress.map(|callback| callback.clone().unbind());
    move |control| {
        Python::attach(|py| {
            py.check_signals()?;
            if let Some(callback) = &progress {
                callback.call1(py, (control.done(), total))?;
            }
            Ok(())
        })
    }
}

/// Runs `job` on another thread. Every 50 ms the caller checks signals and calls `progress(done, total)`; an
/// exception from either cancels the job and propagates.
pub fn wait<T: Send>(
    py: Python<'_>,
    total: u64,
    progress: Option<&Bound<'_, PyAny>>,
    job: impl FnOnce(&Control) -> Result<T> + Send,
) -> PyResult<T> {
    let control = Control::default();
    let poll = poll(total, progress);
    let outcome: PyResult<T> = py.detach(|| {
        let (sender, receiver) = channel();
        let mut interrupt: Option<PyErr> = None;
        let joined = thread::scope(|scope| {
            let handle = scope.spawn(|| {
                let result = job(&control);
                // The receiver outlives this thread: it waits for this very message.
                let _ = sender.send(());
                drop(sender);
                result
            });
            while let Err(RecvTimeoutError::Timeout) = receiver.recv_timeout(POLL) {
                if interrupt.is_none()
                    && let Err(error) = poll(&control)
                {
                    control.cancel();
                    interrupt = Some(error);
                }
            }
            handle.join()
        });
        match (interrupt, joined) {
            (_, Err(panic)) => resume_unwind(panic),
            (Some(error), _) => Err(error),
            (None, Ok(result)) => result.map_err(to_python),
        }
    });
    let value = outcome?;
    poll(&control)?;
    Ok(value)
}
