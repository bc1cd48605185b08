//! The mergeable counts of a sampling scenario across the border: out of a run, and back in for estimates.

use limitlaw_core::error::{Error, Result};
use limitlaw_core::sampling::draw::simulate;
use limitlaw_core::sampling::record::columns::{Row, SCORES};
use limitlaw_core::sampling::record::row::RowTally;
use limitlaw_core::sampling::record::shared::PRODUCTS;
use limitlaw_core::sampling::record::values::Values;
use limitlaw_core::sampling::record::{BILL, SHARES};
use limitlaw_core::sampling::scenario::SamplingScenario;
use limitlaw_core::sampling::scenario::success_law::scaled;
use limitlaw_core::spec::parse;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Arrays, Columns, owned};
use crate::error::to_python;
use crate::run::wait;
use crate::sampling::{Frame, options, parsed};

/// Simulates a scenario: its mergeable counts. Row `r` of a two-dimensional count stands at `r * tasks` on.
#[pyfunction]
#[pyo3(signature = (spec, arrays, *, trials, key, replicate, threads, progress))]
pub fn tally_sampling<'py>(
    py: Python<'py>,
    spec: &str,
    arrays: Arrays<'py>,
    trials: u64,
    key: [u64; 2],
    replicate: u64,
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let arrays = owned(&arrays);
    let rows = wait(py, trials, progress.as_ref(), |control| {
        let scenario: SamplingScenario = parse(spec, &arrays)?;
        let points = scenario.points();
        let mut rows = vec![RowTally::default(); scenario.policies.len() * points];
        let options = options(&scenario, trials, key, replicate, threads, true, &SCORES.map(str::to_owned))?;
        simulate(&scenario, options, control, |p, g, row| rows[p * points + g] = row)?;
        Ok(rows)
    })?;
    rows.into_iter()
        .map(|row| {
            let columns = Columns::new(py);
            columns.add("accepted", row.accepted)?;
            columns.add("correct", row.correct)?;
            columns.add("wrong", row.wrong)?;
            columns.add("covered", row.covered)?;
            columns.add("products", row.products)?;
            for (share, counts) in SHARES.iter().zip(row.share_counts) {
                columns.add(&format!("{share}_counts"), counts)?;
            }
            let sums = BILL.into_iter().zip(row.bill).chain([("attempts", row.attempts), ("utility", row.utility)]);
            for (score, [sum, square]) in sums {
                columns.add(&format!("{score}_sum"), sum)?;
                columns.add(&format!("{score}_square_sum"), square)?;
            }
            for (part, sum) in BILL.into_iter().zip(row.bill_correct) {
                columns.add(&format!("{part}_correct_sum"), sum)?;
            }
            let bills = BILL.into_iter().zip(row.bill_counts);
            for (score, counted) in bills.chain([("utility", row.utility_counts)]) {
                let (values, counts): (Vec<_>, Vec<_>) = counted.into_iter().unzip();
                columns.add(&format!("{score}_values"), values)?;
                columns.add(&format!("{score}_counts"), counts)?;
            }
            Ok(columns.into_dict())
        })
        .collect()
}

fn column<'py, T: numpy::Element + Copy>(row: &Bound<'py, PyDict>, name: &str) -> PyResult<Vec<T>> {
    let value =
        row.get_item(name)?.ok_or_else(|| to_python(Error::argument("row", format!("a tally with {name}"), "none")))?;
    let array: PyReadonlyArray1<'py, T> = value.extract()?;
    Ok(array.as_array().to_vec())
}

/// Checks that every list of a row counts the same tasks.
fn check_lengths(row: &RowTally, weights: Option<&[f64]>) -> Result<()> {
    let tasks = row.correct.len();
    let [attempts, squares] = &row.attempts;
    let [utility, utility_squares] = &row.utility;
    let always = [row.wrong.len(), attempts.len(), squares.len(), weights.map_or(tasks, <[f64]>::len)];
    let same = always.iter().all(|&n| n == tasks)
        && [0, tasks].contains(&row.accepted.len())
        && [0, tasks].contains(&row.covered.len())
        && row.bill.iter().all(|[sums, squares]| [0, tasks].contains(&sums.len()) && sums.len() == squares.len())
        && row.bill_correct.iter().all(|sums| [0, tasks].contains(&sums.len()))
        && [0, tasks].contains(&utility.len())
        && utility.len() == utility_squares.len()
        && [0, PRODUCTS].contains(&row.products.len())
        && row.share_counts.iter().all(|counts| [0, tasks + 1].contains(&counts.len()));
    if same {
        Ok(())
    } else {
        Err(Error::argument("frames", "tallies of as many tasks in every list", "other lengths"))
    }
}

/// Estimates from counts as `tally_sampling` gives them, after they were added.
#[pyfunction]
#[pyo3(signature = (rows, *, trials, weights, columns))]
pub fn estimate_sampling<'py>(
    py: Python<'py>,
    rows: Vec<Bound<'py, PyDict>>,
    trials: u64,
    weights: Option<Vec<f64>>,
    columns: Vec<String>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let weights = weights.as_deref().map(scaled);
    let mut frame = Frame::of(rows.len(), &parsed(&columns)?);
    for (at, dict) in rows.iter().enumerate() {
        let sums = |score: &str| -> PyResult<[Vec<f64>; 2]> {
            Ok([column(dict, &format!("{score}_sum"))?, column(dict, &format!("{score}_square_sum"))?])
        };
        let values = |score: &str| -> PyResult<Vec<(f64, u64)>> {
            let counts = column::<u64>(dict, &format!("{score}_counts"))?;
            let mut values = Values::default();
            column::<f64>(dict, &format!("{score}_values"))?
                .into_iter()
                .zip(counts)
                .for_each(|(value, times)| values.add_many(value, times));
            Ok(values.sorted())
        };
        let mut row = RowTally {
            accepted: column(dict, "accepted")?,
            correct: column(dict, "correct")?,
            wrong: column(dict, "wrong")?,
            covered: column(dict, "covered")?,
            products: column(dict, "products")?,
            attempts: sums("attempts")?,
            utility: sums("utility")?,
            utility_counts: values("utility")?,
            ..RowTally::default()
        };
        for (counts, share) in row.share_counts.iter_mut().zip(SHARES) {
            *counts = column(dict, &format!("{share}_counts"))?;
        }
        for ((bill, counts), part) in row.bill.iter_mut().zip(&mut row.bill_counts).zip(BILL) {
            *bill = sums(part)?;
            *counts = values(part)?;
        }
        for (sum, part) in row.bill_correct.iter_mut().zip(BILL) {
            *sum = column(dict, &format!("{part}_correct_sum"))?;
        }
        if row.correct.is_empty() {
            continue;
        }
        check_lengths(&row, weights.as_deref()).map_err(to_python)?;
        frame.set(at, &Row::counted(&row, weights.as_deref(), trials));
    }
    Ok(frame.into_array(py))
}
