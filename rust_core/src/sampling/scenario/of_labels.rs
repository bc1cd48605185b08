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
        let verifier = self.labelled().map(|labelled| verifier(labelled, number, self.tasks.count()));
        Self { verifier: verifier.or_else(|| self.verifier.clone()), ..self.clone() }
    }
}

/// The verifier of that number, on so many tasks.
fn verifier(labelled: &Labelled, number: usize, tasks: usize) -> Verifier {
    let mut random = Stream::new(KEY, 0, purpose::ERROR_RATES, number as u64).sequence();
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
