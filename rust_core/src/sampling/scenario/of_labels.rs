//! The verifiers that labels leave open, each on the tasks of a scenario.

use super::SamplingScenario;
use super::error_rates::spread_rate;
use super::labelled::Labelled;
use super::verifier::Verifier;
use crate::rng::{Key, Stream, purpose};
use crate::spec::Values;

/// The key of the rates of tasks.
const KEY: Key = [0x6c61_6265_6c6c_6564, 1];

impl SamplingScenario {
    /// The verifiers that labels leave open.
    pub fn labelled(&self) -> Option<&Labelled> {
        self.verifier.as_ref().and_then(Verifier::labelled)
    }

    /// The scenario with the verifier of that number.
    #[must_use]
    pub fn with_verifier(&self, number: usize) -> Self {
        self.with_rates_of(number, number)
    }

    /// The scenario with the verifier of that number, whose tasks stand among one another as those of verifier `placed` do:
    /// of two that are placed alike only what labels say of them differs.
    #[must_use]
    pub fn with_rates_of(&self, number: usize, placed: usize) -> Self {
        let verifier = self.labelled().map(|labelled| verifier(labelled, [number, placed], self.tasks.count()));
        Self { verifier: verifier.or_else(|| self.verifier.clone()), ..self.clone() }
    }
}

/// The verifier of that number, on so many tasks that are placed as those of another.
fn verifier(labelled: &Labelled, [number, placed]: [usize; 2], tasks: usize) -> Verifier {
    let mut random = Stream::new(KEY, 0, purpose::ERROR_RATES, placed as u64).sequence();
    let mut rates = |mean: &Values, icc: &Values| {
        let (mean, icc) = (mean.at(number), icc.at(number));
        if icc == 0.0 {
            return Values::One(mean);
        }
        Values::Many((0..tasks).map(|_| spread_rate(mean, icc, 0.0, 0.0, &mut random)).collect())
    };
    Verifier::Rates {
        false_positive_rate: rates(&labelled.false_positive_rate, &labelled.false_positive_icc),
        false_negative_rate: rates(&labelled.false_negative_rate, &labelled.false_negative_icc),
    }
}
