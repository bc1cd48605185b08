//! The words of a random stream, so that tests can compare them with NumPy's.

use limitlaw_core::error::Error;
use limitlaw_core::rng::{Key, Stream};
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

use crate::error::to_python;

/// The most blocks one call returns.
const MAX_BLOCKS: u64 = 1 << 20;

/// The words of `blocks` blocks from `first_block` on (counted from 0), four each.
#[pyfunction]
pub fn stream_words(
    py: Python<'_>,
    key: Key,
    replicate: u64,
    stream: u64,
    chunk: u64,
    first_block: u64,
    blocks: u64,
) -> PyResult<Bound<'_, PyArray1<u64>>> {
    if blocks > MAX_BLOCKS {
        return Err(to_python(Error::argument("blocks", format!("at most {MAX_BLOCKS}"), blocks)));
    }
    let stream = Stream::new(key, replicate, stream, chunk);
    let words: Vec<u64> = (0..blocks).flat_map(|i| stream.block(first_block.wrapping_add(i))).collect();
    Ok(words.into_pyarray(py))
}
