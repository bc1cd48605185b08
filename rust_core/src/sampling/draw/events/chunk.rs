//! The first events of one task after another, in a chunk of trials.

use super::tables::BinReader;
use crate::rng::{Sequence, purpose};
use crate::sampling::draw::streams::Streams;
use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::population::RateStreams;

/// The events of one task after another in a chunk of trials.
pub struct ChunkEvents {
    pub(in crate::sampling::draw) index: u64,
    pub(in crate::sampling::draw) acceptance: BinReader,
    /// The first correct among rejected attempts.
    pub(in crate::sampling::draw) rejected: BinReader,
    pub(super) random: Sequence,
    pub(super) rates: RateStreams,
    /// The events of the current task and the rates behind them, a trial each.
    pub(in crate::sampling::draw) drawn: Vec<(FirstEvents, Rates)>,
}

impl ChunkEvents {
    /// Room for a chunk; without `numbered` for bins alone.
    pub fn new(streams: &Streams, numbered: bool) -> Self {
        let trials = streams.chunk();
        let rates = Rates { success: 0.0, errors: ErrorRates::NONE };
        Self {
            index: 0,
            acceptance: BinReader::new(purpose::ACCEPTANCE, trials),
            rejected: BinReader::new(purpose::COVERAGE, trials),
            random: streams.of(purpose::EVENT_NUMBERS, 0).sequence(),
            rates: RateStreams::new(streams.seed(), 0),
            drawn: vec![(FirstEvents::NONE, rates); if numbered { trials } else { 0 }],
        }
    }
}
