//! A verifier known by labels: every trial meets one of the verifiers that they leave open, for all of its tasks.
//!
//! How many trials meet each is multinomial; those of one are a run of their own, and the runs are added in order.

use super::run::Run;
use super::{compare as compare_one, simulate as simulate_one};
use crate::error::Result;
use crate::rng::{Stream, purpose};
use crate::run::{Control, run};
use crate::sampling::record::layout::Score;
use crate::sampling::record::row::RowTally;
use crate::sampling::record::shared;
use crate::sampling::record::values::Values;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::labelled::Labelled;
use crate::variates::binomial;

/// As `draw::simulate`, or as `draw::compare` where a score is compared.
pub fn simulate(
    scenario: &SamplingScenario,
    labelled: &Labelled,
    options: Run,
    compared: Option<Score>,
    control: &Control,
    visit: &mut dyn FnMut(usize, usize, RowTally),
) -> Result<Vec<f64>> {
    let met = trials_of_each(labelled.count(), &options);
    let (points, weights) = (scenario.points(), scenario.weights());
    let work = |(): &mut (), index: u64| {
        let (number, trials) = met[index as usize];
        let one = scenario.with_verifier(number);
        // The key stays, for tasks that a run draws once depend on it.
        let replicate = Stream::new(options.key, options.replicate, purpose::VERIFIER_RUN, number as u64).word(0);
        let options = Run { trials, replicate, threads: 1, ..options };
        let mut rows = Vec::with_capacity(scenario.policies.len() * points);
        let mut keep = |p: usize, g: usize, mut row: RowTally| {
            row.products = shared::products(&row.means(trials), weights.as_deref(), trials);
            rows.push((p * points + g, row));
        };
        let products = match compared {
            None => simulate_one(&one, options, control, keep).map(|()| Vec::new()),
            Some(score) => compare_one(&one, options, score, control, &mut keep),
        }?;
        Ok((rows, products))
    };
    let mut sums: Vec<Option<Sum>> = Vec::new();
    sums.resize_with(scenario.policies.len() * points, || None);
    let mut products = Vec::new();
    let add = |(rows, more): (Vec<(usize, RowTally)>, Vec<f64>)| {
        products.resize(more.len(), 0.0);
        products.iter_mut().zip(more).for_each(|(sum, x): (&mut f64, f64)| *sum += x);
        for (at, row) in rows {
            sums[at].get_or_insert_with(Sum::default).add(row);
        }
    };
    run(met.len() as u64, options.threads, control, || (), work, add)?;
    for (at, sum) in sums.into_iter().enumerate() {
        if let Some(sum) = sum {
            visit(at / points, at % points, sum.row());
        }
    }
    Ok(products)
}

/// The verifiers that trials meet, and how many trials meet each.
fn trials_of_each(verifiers: usize, options: &Run) -> Vec<(usize, u64)> {
    let mut random = Stream::new(options.key, options.replicate, purpose::VERIFIER, 0).sequence();
    let mut left = options.trials;
    let mut met = Vec::new();
    for number in 0..verifiers {
        let trials = binomial(left, 1.0 / (verifiers - number) as f64, &mut random);
        if trials > 0 {
            met.push((number, trials));
        }
        left -= trials;
    }
    met
}

/// The counts of a row, with those of continuous scores still unsorted.
#[derive(Default)]
struct Sum {
    row: Option<RowTally>,
    values: [Values; 4],
}

impl Sum {
    fn add(&mut self, mut row: RowTally) {
        let [tokens, money, seconds] = &mut row.bill_counts;
        for (values, counts) in self.values.iter_mut().zip([tokens, money, seconds, &mut row.utility_counts]) {
            std::mem::take(counts).into_iter().for_each(|(value, times)| values.add_many(value, times));
        }
        match &mut self.row {
            Some(sum) => sum.merge(&row),
            None => self.row = Some(row),
        }
    }

    fn row(self) -> RowTally {
        let mut row = self.row.unwrap_or_default();
        let [tokens, money, seconds, utility] = self.values.map(|values| values.sorted());
        row.bill_counts = [tokens, money, seconds];
        row.utility_counts = utility;
        row
    }
}
