//! One point of a swept constraint scenario: simulated.

use serde_json::Value;

use super::expand::{Swept, read};
use super::options::{Options, Simulate};
use super::points::{Method, Rows};
use crate::error::{Error, Result, quoted};
use crate::exhaustion::constraint::estimate::Frame;
use crate::exhaustion::constraint::scenario::ConstraintScenario;
use crate::exhaustion::constraint::simulate::simulate;
use crate::run::Control;

/// Options, read and checked.
#[derive(Debug)]
pub struct ConstraintMethod {
    frame: Frame,
    columns: Vec<usize>,
    simulate: Simulate,
}

impl ConstraintMethod {
    /// Reads the options.
    pub fn parse(json: &str) -> Result<Self> {
        let options = Options::parse(json)?;
        let frame = options.frame(&Frame::ALL)?;
        let columns = Options::indices("columns", &options.columns, &frame.columns())?;
        let simulate = options.only_simulate("constraint")?.clone();
        if simulate.target.is_some() {
            return Err(Error::argument("target_se", "left out for constraint scenarios", "a target"));
        }
        if simulate.sampler != "philox" {
            return Err(Error::argument("sampler", "'philox' for constraint scenarios", quoted(&simulate.sampler)));
        }
        Ok(Self { frame, columns, simulate })
    }
}

impl Method<ConstraintScenario> for ConstraintMethod {
    type Room = ();

    fn rows(&self) -> Rows {
        Rows::new(4, self.columns.len())
    }

    fn point(
        &self,
        (): &mut (),
        (scenario, index): (&ConstraintScenario, u64),
        threads: usize,
        control: &Control,
        rows: &mut Rows,
    ) -> Result<()> {
        let how = &self.simulate;
        let summary = simulate(scenario, how.trials, how.key, how.replicate(index, 0), threads, control)?;
        let values = self.frame.values(&summary, how.trials);
        for row in 0..values[0].len() {
            let keys = [row as i64, 0, how.trials as i64, 1];
            rows.push(index, &keys, self.columns.iter().map(|&column| values[column][row]));
        }
        Ok(())
    }
}

impl Swept for ConstraintScenario {
    fn set(&mut self, field: &str, value: &Value) -> Result<()> {
        if let Some(dist) = self.input_mut(field) {
            *dist = read(field, value)?;
            return Ok(());
        }
        match field {
            "year" => self.year = read(field, value)?,
            "limit_bandwidth" => self.limit_bandwidth = read(field, value)?,
            "correlations" => self.correlations = read(field, value)?,
            _ => return Err(Error::argument("axes", "paths of settings of a constraint scenario", field)),
        }
        Ok(())
    }
}
