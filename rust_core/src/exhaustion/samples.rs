//! Variables that a run returns draw by draw: years of running out, inputs, and yearly variables.

use super::block::Block;
use super::derived::DERIVED;
use super::draws::Columns;
use super::laws::base::Base;
use super::scenario::{ExhaustionScenario, INPUTS, Input};
use super::trajectory::{DEFINITIONS, Options, VARIABLES};
use crate::error::{Error, Result, quoted};
use crate::math::exp;

/// One column of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// The year of running out by a definition; infinite where it is not by the horizon.
    ExhaustionYear(usize),
    /// An input.
    Input(Input),
    /// A coefficient of the base of the draw's law.
    Law(usize),
    /// A yearly variable in the year of an index.
    Variable(usize, usize),
    /// What follows from the yearly variables, in the year of an index.
    Derived(usize, usize),
}

impl Sample {
    /// The columns that a name stands for: `exhaustion_year` (one per definition), `exhaustion_year_unique_tokens`,
    /// an input, a coefficient of the law (`alpha`), or a variable and a year (`loss_2035`).
    pub fn parse(name: &str, scenario: &ExhaustionScenario) -> Result<Vec<(String, Self)>> {
        let year_of = |d: usize| (format!("exhaustion_year_{}", DEFINITIONS[d]), Self::ExhaustionYear(d));
        if name == "exhaustion_year" {
            return Ok((0..DEFINITIONS.len()).map(year_of).collect());
        }
        let one = (0..DEFINITIONS.len())
            .map(year_of)
            .chain(INPUTS.iter().enumerate().map(|(i, input)| (input.0.to_owned(), Self::Input(Input::ALL[i]))))
            .chain(Base::RANGES.iter().enumerate().map(|(i, coefficient)| (coefficient.0.to_owned(), Self::Law(i))))
            .find(|(known, _)| known == name);
        if let Some(found) = one {
            return Ok(vec![found]);
        }
        let variable_and_year = name.rsplit_once('_').and_then(|(variable, year)| {
            let year: i32 = year.parse().ok()?;
            let index = scenario.years.iter().position(|&y| y == year)?;
            let of = |names: &[(&str, &str)]| names.iter().position(|(known, _)| *known == variable);
            let yearly = of(&VARIABLES).map(|variable| Self::Variable(variable, index));
            yearly.or_else(|| of(&DERIVED).map(|variable| Self::Derived(variable, index)))
        });
        variable_and_year.map(|sample| vec![(name.to_owned(), sample)]).ok_or_else(|| {
            let expected =
                "'exhaustion_year', an input, a coefficient of the law or a variable and a year such as 'loss_2035'";
            Error::argument("samples", expected, quoted(name))
        })
    }

    /// Reads the draws of a block from `first` on that belong to the whole draw, as the model used them: NaN where it did
    /// not. Yearly variables are read on the way.
    pub fn read(self, columns: &Columns, block: &Block, options: &Options, first: usize, out: &mut [f64]) {
        match self {
            Self::ExhaustionYear(definition) => out.copy_from_slice(&block.exhausted()[definition][..out.len()]),
            Self::Input(input @ (Input::RepetitionData | Input::RepetitionParams)) => {
                let side = usize::from(input == Input::RepetitionParams);
                for (i, x) in out.iter_mut().enumerate() {
                    *x = block.repetition(i).map_or(f64::NAN, |scales| scales[side]);
                }
            }
            Self::Input(input) if !options.used[input as usize] => out.fill(f64::NAN),
            Self::Input(input) => {
                let (_, log, ..) = INPUTS[input as usize];
                let path = options.compute.path.as_ref().filter(|_| input == Input::Compute);
                for (x, &drawn) in out.iter_mut().zip(&columns.get(input)[first..]) {
                    *x = match path {
                        Some(path) => exp(path.ln_compute(options.base_year, drawn)),
                        None if log => exp(drawn),
                        None => drawn,
                    };
                }
            }
            Self::Law(i) => {
                let used = &block.coefficients()[i];
                out.copy_from_slice(&used[..out.len()]);
            }
            Self::Variable(..) | Self::Derived(..) => {}
        }
    }
}
