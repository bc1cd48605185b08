//! When the first acceptance and the first correct attempt come: the coarsest feature of the attempts, drawn first.
//!
//! There are two sources. Where a task's law is the same in every trial, the bin of the grid comes from a table and the
//! attempt number within it where somebody asks ([`binned`], [`within`], and [`pool`] without replacement); where rates are
//! drawn anew, or there is no grid, the attempt numbers are waiting times ([`redrawn`]), unless the rates are integrated
//! and bins and numbers come from tables again ([`integrated`], [`attempts`]).

pub mod alias_pairs;
pub mod attempts;
pub mod binned;
pub mod bins;
pub mod cells;
pub mod chunk;
pub mod conditional;
pub mod integrated;
pub mod pool;
pub mod redrawn;
pub mod tables;
pub mod within;

use crate::error::Result;
use crate::rng::purpose;
use crate::run::Control;
use crate::sampling::draw::kept::Kept;
use crate::sampling::draw::streams::Streams;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::law::TaskLaw;
use binned::Binned;
use chunk::ChunkEvents;
use redrawn::Redrawn;

/// Where the first events of all tasks come from.
pub enum Source<'a> {
    /// Laws that are the same in every trial, on a grid.
    Binned(Box<Binned<'a>>),
    /// Rates drawn anew in every trial, or no grid.
    Redrawn(Redrawn<'a>),
}

impl<'a> Source<'a> {
    /// The source of a scenario's tasks; the first correct attempts are asked for as bins, as attempt numbers, or not.
    pub fn new(
        scenario: &'a SamplingScenario,
        (laws, grid): (&'a [TaskLaw], &'a [u64]),
        asked: [bool; 2],
        run: (u64, Option<&Kept>),
        control: &Control,
    ) -> Result<Self> {
        if grid.is_empty() || laws.contains(&TaskLaw::Drawn) {
            return Ok(Self::Redrawn(Redrawn::new(scenario, laws)));
        }
        Ok(Self::Binned(Box::new(Binned::new((laws, grid), asked, run, control)?)))
    }

    /// Starts a chunk of so many trials.
    pub fn start(
        &self,
        chunk: &mut ChunkEvents,
        streams: &Streams,
        (index, trials): (u64, usize),
        control: &Control,
    ) -> Result<()> {
        let purpose = if matches!(self, Self::Binned(_)) { purpose::EVENT_NUMBERS } else { purpose::ACCEPTANCE };
        chunk.index = index;
        chunk.random = streams.of(purpose, index).sequence();
        if let Self::Redrawn(redrawn) = self {
            chunk.rates = redrawn.population.streams(streams.seed(), index, trials, control)?;
        }
        Ok(())
    }

    /// Draws task `i` in the first `trials` trials, as far as its bins; tasks come in order.
    pub fn draw(
        &self,
        chunk: &mut ChunkEvents,
        streams: &Streams,
        (i, trials): (usize, usize),
        control: &Control,
    ) -> Result<()> {
        match self {
            Self::Binned(binned) => binned.read(chunk, streams, i, trials),
            Self::Redrawn(redrawn) => {
                let ChunkEvents { drawn, rates, random, .. } = chunk;
                redrawn.draw(i, &mut drawn[..trials], (rates, random), control)?;
            }
        }
        Ok(())
    }

    /// Draws the attempt numbers within the bins.
    pub fn number(&self, chunk: &mut ChunkEvents, streams: &Streams, i: usize, trials: usize) {
        if let Self::Binned(binned) = self {
            binned.number(chunk, streams, i, trials);
        }
    }
}
