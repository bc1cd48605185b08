//! The words of a random stream, so that tests can compare them with NumPy's, and columns of variates.

use limitlaw_core::error::Error;
use limitlaw_core::rng::{Key, Stream, purpose};
use limitlaw_core::variates::columns::column;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
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

/// The variates of a law, one for each row of its parameters; `number` counts the columns that are drawn with a key.
#[pyfunction]
pub fn variates<'py>(
    py: Python<'py>,
    law: &str,
    count: usize,
    parameters: Vec<PyReadonlyArray1<'py, f64>>,
    key: Key,
    number: u64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let parameters = parameters.iter().map(|c| c.as_slice()).collect::<Result<Vec<_>, _>>()?;
    let mut random = Stream::new(key, 0, purpose::COLUMNS, number).ahead::<16>(0);
    Ok(column(law, count, &parameters, &mut random).map_err(to_python)?.into_pyarray(py))
}
