//! Many points per call: columns of a whole shard, with all cores busy across and inside points.

use std::ops::Range;

use super::axes::Axes;
use super::expand::{Expander, Swept};
use crate::error::{Error, Result};
use crate::run::{Control, run};

/// The most points a thread takes at a time.
const MAX_CHUNK: u64 = 256;

/// Rows of results, column by column: whole numbers that name and describe a row, then its values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// The point of each row.
    pub point: Vec<u64>,
    /// Whole numbers, per column; -1 in the row of a failed point.
    pub keys: Vec<Vec<i64>>,
    /// Values, per column; NaN where there is none.
    pub values: Vec<Vec<f64>>,
    /// The failed points, each with its message; it has one row.
    pub errors: Vec<(u64, String)>,
}

impl Rows {
    /// No rows yet.
    pub fn new(keys: usize, values: usize) -> Self {
        Self { point: Vec::new(), keys: vec![Vec::new(); keys], values: vec![Vec::new(); values], errors: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, point: u64, keys: &[i64], values: impl Iterator<Item = f64>) {
        self.point.push(point);
        self.keys.iter_mut().zip(keys).for_each(|(column, &key)| column.push(key));
        self.values.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }

    /// Forgets the rows from `rows` on, and adds the one of a failed point.
    fn fail(&mut self, rows: usize, point: u64, message: String) {
        self.point.truncate(rows);
        self.keys.iter_mut().for_each(|column| column.truncate(rows));
        self.values.iter_mut().for_each(|column| column.truncate(rows));
        self.point.push(point);
        self.keys.iter_mut().for_each(|column| column.push(-1));
        self.values.iter_mut().for_each(|column| column.push(f64::NAN));
        self.errors.push((point, message));
    }

    fn append(&mut self, mut other: Self) {
        self.point.append(&mut other.point);
        self.keys.iter_mut().zip(&mut other.keys).for_each(|(to, from)| to.append(from));
        self.values.iter_mut().zip(&mut other.values).for_each(|(to, from)| to.append(from));
        self.errors.append(&mut other.errors);
    }
}

/// What a kind of scenario does with one point: adds its rows.
pub trait Method<S>: Sync {
    /// What a thread keeps from point to point: room, and what the next point may share with the last.
    type Room: Default + Send;
    /// An empty set of the rows it adds.
    fn rows(&self) -> Rows;
    /// Runs a scenario, the point of an index, on `threads` threads and adds its rows.
    fn point(
        &self,
        room: &mut Self::Room,
        at: (&S, u64),
        threads: usize,
        control: &Control,
        rows: &mut Rows,
    ) -> Result<()>;
}

/// Runs a range of points. A bad point becomes a row with its error; `control` counts points.
pub fn run_points<S: Swept, M: Method<S>>(
    base: &Expander<'_, S>,
    axes: &Axes,
    range: Range<u64>,
    threads: usize,
    control: &Control,
    method: &M,
) -> Result<Rows> {
    axes.check_range(&range)?;
    let count = range.end - range.start;
    // Few points are threaded inside, one after the other; many points are shared out, each on one thread.
    let (across, inside) = if count < 4 * threads as u64 { (1, threads) } else { (threads, 1) };
    let chunk = (count / (16 * across as u64)).clamp(1, MAX_CHUNK);
    let mut all = method.rows();
    let work = |(expander, room): &mut (Expander<'_, S>, M::Room), at: u64| {
        let first = range.start + at * chunk;
        let last = (first + chunk).min(range.end);
        let mut rows = method.rows();
        let quiet = control.quiet();
        for index in first..last {
            control.check()?;
            let before = rows.point.len();
            let outcome = expander
                .point(index)
                .and_then(|scenario| method.point(room, (scenario, index), inside, &quiet, &mut rows));
            match outcome {
                Ok(()) => {}
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => rows.fail(before, index, error.to_string()),
            }
            control.advance(1);
        }
        Ok(rows)
    };
    run(count.div_ceil(chunk), across, control, || (base.clone(), M::Room::default()), work, |rows| all.append(rows))?;
    Ok(all)
}
