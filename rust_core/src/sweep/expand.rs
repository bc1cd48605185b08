//! Points from indices: the base scenario is read once, and a point rereads only the fields whose values changed.

use serde::Deserialize;
use serde_json::Value;

use super::axes::Axes;
use crate::error::{Error, Result};
use crate::spec::Spec;

/// Reads a field from its JSON.
pub fn read<'v, T: Deserialize<'v>>(field: &str, value: &'v Value) -> Result<T> {
    T::deserialize(value).map_err(|e| Error::Value(format!("{field}: {e}")))
}

/// A scenario that can be swept.
pub trait Swept: Spec + Clone + Send + Sync {
    /// Replaces one field by what its JSON says; arrays are put in and ranges checked once all fields are set.
    fn set(&mut self, field: &str, value: &Value) -> Result<()>;
}

/// An axis below a field: its place among the axes and the rest of its path.
#[derive(Debug, Clone)]
struct Slot {
    group: usize,
    axis: usize,
    path: Vec<String>,
}

/// A field that some axis touches.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    value: Value,
    slots: Vec<Slot>,
    /// The digits of the slots that the scenario holds now; `None` where it holds nothing that can be trusted.
    digits: Option<Vec<usize>>,
}

/// Expands points of a grid, one after the other.
#[derive(Debug, Clone)]
pub struct Expander<'a, S> {
    scenario: S,
    axes: &'a Axes,
    arrays: &'a [Vec<f64>],
    fields: Vec<Field>,
}

/// The place in a JSON value that a path leads to.
fn place<'v>(value: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match value {
        Value::Object(fields) => fields.get_mut(step),
        Value::Array(items) => step.parse::<usize>().ok().and_then(|i| items.get_mut(i)),
        _ => None,
    })
}

impl<'a, S: Swept> Expander<'a, S> {
    /// An expander over a base scenario given as its JSON; every path must lead to a setting of the base.
    pub fn new(json: &str, arrays: &'a [Vec<f64>], axes: &'a Axes) -> Result<Self> {
        let scenario = crate::spec::parse(json, arrays)?;
        let mut base: Value = serde_json::from_str(json).map_err(|e| Error::Value(e.to_string()))?;
        let mut fields: Vec<Field> = Vec::new();
        for (group, members) in axes.groups().iter().enumerate() {
            for (axis, path) in members.iter().map(|a| &a.path).enumerate() {
                let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
                if place(&mut base, &steps).is_none() {
                    return Err(Error::argument("axes", "paths of settings of the base scenario", path));
                }
                let slot = Slot { group, axis, path: steps[1..].to_vec() };
                if let Some(field) = fields.iter_mut().find(|f| f.name == steps[0]) {
                    field.slots.push(slot);
                } else {
                    let value = base[&steps[0]].clone();
                    fields.push(Field { name: steps[0].clone(), value, slots: vec![slot], digits: None });
                }
            }
        }
        Ok(Self { scenario, axes, arrays, fields })
    }

    /// The scenario of a point, checked; an error is the point's own and leaves the expander usable.
    pub fn point(&mut self, index: u64) -> Result<&S> {
        for field in &mut self.fields {
            let digit = |slot: &Slot| self.axes.digit(slot.group, index);
            if field.digits.as_ref().is_some_and(|held| held.iter().copied().eq(field.slots.iter().map(digit))) {
                continue;
            }
            let mut digits = field.digits.take().unwrap_or_default();
            digits.clear();
            for slot in &field.slots {
                let at = digit(slot);
                let to = place(&mut field.value, &slot.path).expect("paths were checked, and no axis contains another");
                to.clone_from(&self.axes.groups()[slot.group][slot.axis].values[at]);
                digits.push(at);
            }
            self.scenario.set(&field.name, &field.value)?;
            field.digits = Some(digits);
        }
        self.scenario.resolve(self.arrays)?;
        self.scenario.check()?;
        Ok(&self.scenario)
    }
}
