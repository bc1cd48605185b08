//! Questions asked backwards across the border.

use limitlaw_core::error::{Error, Result, quoted};
use limitlaw_core::exhaustion::inverse::{
    compute_for_loss, dataset_value, fewest_epochs, speed_up, unique_tokens_for_loss,
};
use limitlaw_core::exhaustion::laws::base::LN_6;
use limitlaw_core::exhaustion::laws::{Law, LawSpec};
use limitlaw_core::exhaustion::uncertain::Uncertain;
use limitlaw_core::math::{exp, ln};
use limitlaw_core::run::Control;
use limitlaw_core::spec::parse;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::Columns;
use crate::run::wait;

/// Answers of a question: a number each.
const ANSWERS: usize = 4;

/// The answers of a question about a law, or about two, to the three numbers of a row.
fn answer(question: &str, law: &Law, other: &Law, row: [f64; 3], control: &Control) -> Result<[f64; ANSWERS]> {
    let [first, second, third] = row;
    let ln_k = |compute: f64| ln(compute) - LN_6;
    let nothing = f64::NAN;
    Ok(match question {
        "compute_for_loss" => [compute_for_loss(law, first, ln(second), control)?, nothing, nothing, nothing],
        "unique_tokens_for_loss" => {
            [unique_tokens_for_loss(law, first, ln_k(second), control)?, nothing, nothing, nothing]
        }
        "fewest_epochs" => {
            let run = fewest_epochs(law, ln_k(first), ln(second), third, control)?;
            let epochs = exp((run.ln_tokens - ln(second)).max(0.0));
            [epochs, exp(run.ln_params), exp(run.ln_tokens), run.loss]
        }
        "dataset_value" => {
            let [before, after, factor] = dataset_value(law, ln_k(first), ln(second), third, control)?;
            [before, after, before - after, factor]
        }
        "speed_up" => {
            let [loss, needed, factor] = speed_up(law, other, ln_k(first), ln(second), control)?;
            [loss, needed, factor, nothing]
        }
        _ => return Err(Error::argument("question", "one the core knows", quoted(question))),
    })
}

/// Answers `a0` to `a3` of a question, a row per row of the three columns, each with `_low` and `_high` over the laws of
/// mixtures.
#[pyfunction]
#[pyo3(signature = (question, law, other, columns, confidence))]
pub fn law_inverse<'py>(
    py: Python<'py>,
    question: &str,
    law: &str,
    other: Option<&str>,
    columns: [PyReadonlyArray1<'py, f64>; 3],
    confidence: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let columns = columns.map(|column| column.as_array().to_vec());
    let found = wait(py, 0, None, |control| {
        let laws = Uncertain::new(&parse::<LawSpec>(law, &[])?)?;
        let others = other.map(|text| parse::<LawSpec>(text, &[]).and_then(|law| Uncertain::new(&law))).transpose()?;
        let mut found: Vec<[[f64; 3]; ANSWERS]> = Vec::new();
        for i in 0..columns[0].len() {
            let row = [columns[0][i], columns[1][i], columns[2][i]];
            let mut failed = None;
            let mut of = |law: &Law, other: &Law| {
                answer(question, law, other, row, control).unwrap_or_else(|error| {
                    failed.get_or_insert(error);
                    [f64::NAN; ANSWERS]
                })
            };
            let answers = match &others {
                Some(others) => laws.quantiles_of_pairs(others, confidence, &mut of)?,
                None => laws.quantiles(confidence, |law| of(law, law)),
            };
            failed.map_or(Ok(()), Err)?;
            found.push(answers);
        }
        Ok(found)
    })?;
    let out = Columns::new(py);
    for at in 0..ANSWERS {
        for (place, end) in ["_low", "", "_high"].into_iter().enumerate() {
            out.add(&format!("a{at}{end}"), found.iter().map(|row| row[at][place]).collect::<Vec<f64>>())?;
        }
    }
    Ok(out.into_dict())
}
