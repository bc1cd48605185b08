//! What every kind of tasks that are known one by one may say of each of them, beside what is particular to the kind.

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Map, Value, from_value};

use crate::error::{Error, Result};
use crate::spec::Values;

/// The most observed attempts of one task, and the largest number of a cluster.
pub const MAX_OBSERVED: f64 = 1e9;

/// Columns with a value per task: the fields of tasks that their kind does not read.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct TaskColumns {
    /// Weights of the tasks in every mean.
    pub weight: Option<Values>,
    /// The number of each task's cluster: tasks of one may depend on one another.
    pub cluster: Option<Values>,
    /// How many names the tasks have.
    pub names: Option<usize>,
}

impl TryFrom<Map<String, Value>> for TaskColumns {
    type Error = serde_json::Error;

    fn try_from(fields: Map<String, Value>) -> std::result::Result<Self, Self::Error> {
        let mut found = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "weight" => found.weight = from_value(value)?,
                "cluster" => found.cluster = from_value(value)?,
                "names" => found.names = from_value(value)?,
                _ => return Err(serde_json::Error::custom(format!("unknown field of tasks: {name}"))),
            }
        }
        Ok(found)
    }
}

impl TaskColumns {
    /// Those that may stand beside the JSON.
    pub fn values(&mut self) -> impl Iterator<Item = &mut Values> {
        [&mut self.weight, &mut self.cluster].into_iter().flatten()
    }

    /// Checks every column of so many tasks, as many as the column `first` has.
    pub fn check(&self, count: usize, first: &str) -> Result<()> {
        if let Some(weight) = &self.weight {
            weight.check_length("weight", count, first)?;
            weight.check_range("weight", 0.0, 1e100)?;
            if !weight.as_slice().iter().any(|&w| w > 0.0) {
                return Err(Error::argument("weight", "positive for at least one task", "zeros"));
            }
        }
        if let Some(cluster) = &self.cluster {
            check_counts("cluster", cluster, 0.0, count, first)?;
        }
        match self.names {
            Some(names) if names != count => {
                Err(Error::argument("names", format!("as long as {first} ({count})"), format!("{names} names")))
            }
            _ => Ok(()),
        }
    }
}

/// Checks a column of counts: length, whole numbers, range.
pub fn check_counts(name: &str, counts: &Values, low: f64, length: usize, of: &str) -> Result<()> {
    counts.check_length(name, length, of)?;
    counts.check_range(name, low, MAX_OBSERVED)?;
    counts.check_whole(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::scenario::tasks::Tasks;

    #[test]
    fn fields_of_no_kind_are_refused() {
        let of = |field: &str| serde_json::from_str::<Tasks>(&format!(r#"{{"kind":"fixed","success":[0.5]{field}}}"#));
        let tasks = of(r#","weight":[2.0],"names":1"#).expect("both are known");
        assert_eq!(tasks.weight(), Some(&Values::Many(vec![2.0])));
        assert!(of(r#","wieght":[2.0]"#).is_err());
    }
}
