//! The formulas: plain numbers in, plain numbers out, one subject a file. No simulator calls them.

pub mod answers;
pub mod pass_rates;
pub mod plurality;
pub mod pool;
pub mod population;
pub mod selection;
pub mod stopping;
pub mod two_type;
pub mod voting;

use crate::error::{Error, Result, check_range, number, range};
use crate::run::Control;
use crate::special::incomplete_beta::beta_quantile;

/// What values an argument may take.
#[derive(Debug, Clone, Copy)]
enum Range {
    /// In [0, 1].
    Share,
    /// A whole number from the given one up to 2^53.
    Whole(f64),
    /// Like `Whole`, but NaN stands for "not known".
    WholeOrUnknown(f64),
    /// Above 0, and in a range in which no power overflows.
    Positive,
    /// Finite.
    Real,
}

impl Range {
    fn check(self, name: &str, values: &[f64]) -> Result<()> {
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        if let Self::Share = self {
            return check_range(name, values, 0.0, 1.0);
        }
        let fits = |x: f64| match self {
            Self::Share => (0.0..=1.0).contains(&x),
            Self::Whole(low) => x >= low && x <= LARGEST && x == x.trunc(),
            Self::WholeOrUnknown(low) => x.is_nan() || (x >= low && x <= LARGEST && x == x.trunc()),
            Self::Positive => (1e-300..=1e100).contains(&x),
            Self::Real => x.is_finite(),
        };
        let Some(at) = values.iter().position(|&x| !fits(x)) else { return Ok(()) };
        let expected = match self {
            Self::Share => "in [0, 1]".to_owned(),
            Self::Whole(low) | Self::WholeOrUnknown(low) => format!("a whole number in [{low}, 2**53]"),
            Self::Positive => range(1e-300, 1e100),
            Self::Real => "finite".to_owned(),
        };
        let place = if values.len() == 1 { name.to_owned() } else { format!("{name}[{at}]") };
        Err(Error::argument(&place, expected, values[at]))
    }
}

/// A formula by its name: how its arguments are checked and one row is computed.
struct Formula {
    name: &'static str,
    /// One number a row each.
    arguments: &'static [(&'static str, Range)],
    /// One array for all rows each.
    shared: &'static [(&'static str, Range)],
    results: usize,
    row: Row,
}

/// From one row's arguments to its results.
enum Row {
    Alone(fn(&[f64], &mut [f64]) -> Result<()>),
    /// With what the shared arrays come to, once for all rows.
    With(for<'a> fn(&[&'a [f64]]) -> Result<Shared<'a>>),
}

/// A row of a formula with shared arrays; a long one asks whether it was cancelled.
type Shared<'a> = Box<dyn Fn(&[f64], &Control, &mut [f64]) -> Result<()> + 'a>;

use Range::{Positive, Real, Share, Whole, WholeOrUnknown};
use Row::{Alone, With};

const RATES: [(&str, Range); 3] = [("success", Share), ("false_positive_rate", Share), ("false_negative_rate", Share)];
const TWO_TYPES: [(&str, Range); 7] = [
    ("success_easy", Share),
    ("success_hard", Share),
    ("easy_share", Share),
    RATES[1],
    RATES[2],
    ("correct_reward", Real),
    ("wrong_cost", Real),
];

const FORMULAS: [Formula; 19] = [
    Formula {
        name: "first_accepted",
        arguments: &[RATES[0], RATES[1], RATES[2], ("max_attempts", Whole(0.0)), ("fallback", Share)],
        shared: &[],
        results: 5,
        row: Alone(|x, out| {
            let s = stopping::first_accepted(stopping::Rates::new(x[0], x[1], x[2]), x[3], x[4] == 1.0);
            out.copy_from_slice(&[s.accepted, s.returned, s.accuracy, s.coverage, s.attempts_used]);
            Ok(())
        }),
    },
    Formula {
        name: "ceiling",
        arguments: &RATES,
        shared: &[],
        results: 1,
        row: Alone(|x, out| one(out, stopping::Rates::new(x[0], x[1], x[2]).precision())),
    },
    Formula {
        name: "spread_ceiling",
        arguments: &[RATES[0], RATES[1], RATES[2], ("icc", Share)],
        shared: &[],
        results: 1,
        row: Alone(|x, out| one(out, stopping::spread_ceiling(x[0], x[1], x[2], x[3]))),
    },
    Formula {
        name: "batched",
        arguments: &[RATES[0], RATES[1], RATES[2], ("batch", Whole(1.0)), ("rounds", Whole(0.0))],
        shared: &[],
        results: 5,
        row: Alone(|x, out| {
            let s = stopping::batched(stopping::Rates::new(x[0], x[1], x[2]), x[3], x[4]);
            out.copy_from_slice(&[s.accepted, s.accuracy, s.coverage, s.rounds_used, s.attempts_used]);
            Ok(())
        }),
    },
    Formula {
        name: "finite_pool",
        arguments: &[
            ("attempts", Whole(0.0)),
            ("accepted", Whole(0.0)),
            ("accepted_correct", WholeOrUnknown(0.0)),
            ("correct", WholeOrUnknown(0.0)),
            ("max_attempts", Whole(0.0)),
            ("fallback", Share),
        ],
        shared: &[],
        results: 5,
        row: Alone(|x, out| {
            let s = pool::Pool::new(x[0], x[1], x[2], x[3])?.first_accepted(x[4], x[5] == 1.0);
            out.copy_from_slice(&[s.accepted, s.returned, s.accuracy, s.coverage, s.attempts_used]);
            Ok(())
        }),
    },
    Formula {
        name: "pass_at_k",
        arguments: &[("attempts", Whole(0.0)), ("correct", Whole(0.0)), ("k", Whole(1.0))],
        shared: &[],
        results: 1,
        row: Alone(|x, out| {
            check_counts(x[0], x[1])?;
            one(out, pass_rates::pass_at_k(x[0], x[1], x[2]))
        }),
    },
    Formula {
        name: "pass_hat_k",
        arguments: &[("attempts", Whole(0.0)), ("correct", Whole(0.0)), ("k", Whole(1.0))],
        shared: &[],
        results: 1,
        row: Alone(|x, out| {
            check_counts(x[0], x[1])?;
            one(out, pass_rates::pass_hat_k(x[0], x[1], x[2]))
        }),
    },
    Formula {
        name: "posterior_pass_at_k",
        arguments: &[
            ("attempts", Whole(0.0)),
            ("correct", Whole(0.0)),
            ("k", Whole(1.0)),
            ("alpha", Positive),
            ("beta", Positive),
        ],
        shared: &[],
        results: 2,
        row: Alone(|x, out| {
            check_counts(x[0], x[1])?;
            let (a, b) = (x[3] + x[1], x[4] + (x[0] - x[1]));
            out.copy_from_slice(&[population::coverage(a, b, x[2]), population::reliability(a, b, x[2])]);
            Ok(())
        }),
    },
    Formula {
        name: "beta_coverage",
        arguments: &[("alpha", Positive), ("beta", Positive), ("k", Whole(1.0))],
        shared: &[],
        results: 4,
        row: Alone(|x, out| {
            let (power_law, relative_error) = population::power_law(x[0], x[1], x[2]);
            let failure = population::failure(x[0], x[1], x[2]);
            out.copy_from_slice(&[population::coverage(x[0], x[1], x[2]), failure, power_law, relative_error]);
            Ok(())
        }),
    },
    Formula {
        name: "beta_quantile",
        arguments: &[("alpha", Positive), ("beta", Positive), ("p", Share)],
        shared: &[],
        results: 1,
        row: Alone(|x, out| one(out, beta_quantile(x[0], x[1], x[2]))),
    },
    Formula {
        name: "best_of_judge",
        arguments: &[("success", Share), ("d_prime", Real), ("attempts", Whole(1.0))],
        shared: &[],
        results: 1,
        row: Alone(|x, out| one(out, selection::best_of_judge(x[0], x[1], x[2]))),
    },
    Formula {
        name: "best_of_roc",
        arguments: &[("success", Share), ("attempts", Whole(1.0))],
        shared: &[("false_positive_rates", Share), ("true_positive_rates", Share)],
        results: 1,
        row: With(|curve| {
            let roc = selection::Roc::new(curve[0], curve[1])?;
            Ok(Box::new(move |x, _, out| one(out, roc.best_of(x[0], x[1]))))
        }),
    },
    Formula {
        name: "judge_threshold",
        arguments: &[("success", Share), ("d_prime", Real), ("threshold", Real)],
        shared: &[],
        results: 6,
        row: Alone(|x, out| {
            let t = selection::judge_threshold(x[0], x[1], x[2]);
            let rates = [t.false_positive_rate, t.false_negative_rate, t.true_positive_rate];
            out[..3].copy_from_slice(&rates);
            out[3..].copy_from_slice(&[t.precision, t.false_discovery_rate, t.attempts_used]);
            Ok(())
        }),
    },
    Formula {
        name: "best_of_kl",
        arguments: &[("attempts", Whole(1.0))],
        shared: &[],
        results: 1,
        row: Alone(|x, out| one(out, selection::best_of_kl(x[0]))),
    },
    Formula {
        name: "best_of_scored",
        arguments: &[("attempts", Whole(1.0))],
        shared: &[("scores", Real), ("values", Real)],
        results: 1,
        row: With(|scored| {
            let scored = selection::Scored::new(scored[0], scored[1])?;
            Ok(Box::new(move |x, _, out| one(out, scored.best_of(x[0]))))
        }),
    },
    Formula {
        name: "binary_majority",
        arguments: &[("success", Share), ("votes", Whole(1.0)), ("ties", Share)],
        shared: &[],
        results: 1,
        row: Alone(|x, out| one(out, voting::binary_majority(x[0], x[1], x[2] == 1.0))),
    },
    Formula {
        name: "majority",
        arguments: &[("votes", Whole(1.0)), ("ties", Share)],
        shared: &[("answers", Share)],
        results: 1,
        row: With(|answers| {
            let answers = answers[0];
            Ok(Box::new(move |x, control, out| one(out, voting::majority(answers, x[0], x[1] == 1.0, control)?)))
        }),
    },
    Formula {
        name: "two_type_utility",
        arguments: &[
            TWO_TYPES[0],
            TWO_TYPES[1],
            TWO_TYPES[2],
            TWO_TYPES[3],
            TWO_TYPES[4],
            TWO_TYPES[5],
            TWO_TYPES[6],
            ("max_attempts", Whole(0.0)),
        ],
        shared: &[],
        results: 1,
        row: Alone(|x, out| one(out, two_type::TwoTypes::new(x)?.utility(x[7]))),
    },
    Formula {
        name: "two_type_optimum",
        arguments: &TWO_TYPES,
        shared: &[],
        results: 2,
        row: Alone(|x, out| {
            let types = two_type::TwoTypes::new(x)?;
            let best = types.optimum();
            out.copy_from_slice(&[best, types.utility(best)]);
            Ok(())
        }),
    },
];

#[allow(clippy::unnecessary_wraps)] // the end of a row, and rows may fail
fn one(out: &mut [f64], value: f64) -> Result<()> {
    out[0] = value;
    Ok(())
}

fn check_counts(attempts: f64, correct: f64) -> Result<()> {
    if correct > attempts {
        return Err(Error::argument("correct", format!("at most attempts = {}", number(attempts)), correct));
    }
    Ok(())
}

/// Evaluates a formula row by row: `columns` hold one number a row each and have equal lengths, `shared` one array for
/// all rows each. Returns one column a result.
///
/// # Panics
/// Where the name or the number of columns is not the formula's: the caller is our own façade.
pub fn evaluate(name: &str, columns: &[&[f64]], shared: &[&[f64]], control: &Control) -> Result<Vec<Vec<f64>>> {
    let formula = FORMULAS.iter().find(|f| f.name == name).expect("the façade names a formula that exists");
    assert_eq!((columns.len(), shared.len()), (formula.arguments.len(), formula.shared.len()), "{name}");
    for (&(argument, range), values) in formula.arguments.iter().zip(columns).chain(formula.shared.iter().zip(shared)) {
        range.check(argument, values)?;
    }
    let rows = columns.first().map_or(0, |c| c.len());
    let of_row: Shared<'_> = match formula.row {
        Alone(of_row) => Box::new(move |row, _, out| of_row(row, out)),
        With(start) => start(shared)?,
    };
    let mut results = vec![vec![0.0; rows]; formula.results];
    let mut row = vec![0.0; columns.len()];
    let mut out = vec![0.0; formula.results];
    for i in 0..rows {
        control.check()?;
        for (value, column) in row.iter_mut().zip(columns) {
            *value = column[i];
        }
        of_row(&row, control, &mut out)?;
        for (column, value) in results.iter_mut().zip(&out) {
            column[i] = *value;
        }
    }
    Ok(results)
}
