//! Settings as they cross the border: canonical JSON, with bulk arrays beside it.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result, check_range};

/// A number, or one number per task; in the JSON an array stands as `{"array": index}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// The same number everywhere.
    One(f64),
    /// One number each.
    Many(Vec<f64>),
    /// The array of that index beside the JSON.
    Array {
        /// Its index.
        array: usize,
    },
}

impl Values {
    /// Replaces a reference by the array it names.
    pub fn resolve(&mut self, arrays: &[Vec<f64>]) -> Result<()> {
        if let Self::Array { array } = *self {
            let values =
                arrays.get(array).ok_or_else(|| Error::argument("array", format!("below {}", arrays.len()), array))?;
            *self = Self::Many(values.clone());
        }
        Ok(())
    }

    /// All numbers; one where it is the same everywhere.
    pub fn as_slice(&self) -> &[f64] {
        match self {
            Self::One(x) => std::slice::from_ref(x),
            Self::Many(values) => values,
            Self::Array { .. } => &[],
        }
    }

    /// The number of item `i`.
    pub fn at(&self, i: usize) -> f64 {
        match self {
            Self::One(x) => *x,
            Self::Many(values) => values[i],
            Self::Array { .. } => f64::NAN,
        }
    }

    /// Checks that there is one number for all, or one for each of `count` items.
    pub fn check_length(&self, argument: &str, count: usize, of: &str) -> Result<()> {
        match self {
            Self::Many(values) if values.len() != count => {
                Err(Error::argument(argument, format!("as long as {of} ({count})"), format!("{} values", values.len())))
            }
            _ => Ok(()),
        }
    }

    /// Checks that every number lies in `[low, high]`.
    pub fn check_range(&self, argument: &str, low: f64, high: f64) -> Result<()> {
        check_range(argument, self.as_slice(), low, high)
    }

    /// Checks that every number is whole.
    pub fn check_whole(&self, argument: &str) -> Result<()> {
        match self.as_slice().iter().position(|x| x.fract() != 0.0) {
            Some(i) => Err(Error::argument(&format!("{argument}[{i}]"), "a whole number", self.at(i))),
            None => Ok(()),
        }
    }
}

/// A setting that can be read from the wire: knows where its arrays are and what is in range.
pub trait Spec: DeserializeOwned {
    /// Replaces references by arrays; those that were replaced stay as they are.
    fn resolve(&mut self, _arrays: &[Vec<f64>]) -> Result<()> {
        Ok(())
    }
    /// Checks every range; the error names the argument, what was expected and what came.
    fn check(&self) -> Result<()>;
    /// What of the settings has no effect beside the others.
    fn unused(&self) -> Vec<Unused> {
        Vec::new()
    }
}

/// A setting without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// Its name.
    pub name: String,
    /// What would use it.
    pub user: String,
}

impl Unused {
    /// A setting and what would use it.
    pub fn new(name: &str, user: &str) -> Self {
        Self { name: name.to_owned(), user: user.to_owned() }
    }
}

/// Reads and checks a setting.
pub fn parse<T: Spec>(json: &str, arrays: &[Vec<f64>]) -> Result<T> {
    let mut spec: T = serde_json::from_str(json).map_err(|e| Error::Value(e.to_string()))?;
    spec.resolve(arrays)?;
    spec.check()?;
    Ok(spec)
}
