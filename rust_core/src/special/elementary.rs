//! Elementary functions by name, and sums of products, for callers outside the core: the same bits on every machine.

use libm::{asin, erf, exp, exp10, expm1, hypot, lgamma, log, log1p, log10, pow};

use super::ln_add_exp;
use super::normal::{normal_cdf, normal_quantile};
use crate::error::{Error, Result, quoted};

/// The numbers added side by side: their sums are added in one order, however wide the machine's vectors are.
const LANES: usize = 8;

/// A function of that name, of every number, or of every pair of numbers.
pub fn elementary(name: &str, columns: &[&[f64]]) -> Result<Vec<f64>> {
    if let (Some(of), [x]) = (of_one(name), columns) {
        return Ok(x.iter().map(|&x| of(x)).collect());
    }
    if let (Some(of), [x, y]) = (of_two(name), columns) {
        return Ok(x.iter().zip(*y).map(|(&x, &y)| of(x, y)).collect());
    }
    Err(Error::argument("name", format!("an elementary function of {} columns", columns.len()), quoted(name)))
}

fn of_one(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "asin" => asin,
        "erf" => erf,
        "exp" => exp,
        "exp10" => exp10,
        "expm1" => expm1,
        "lgamma" => lgamma,
        "log" => log,
        "log1p" => log1p,
        "log10" => log10,
        "normal_cdf" => normal_cdf,
        "normal_quantile" => normal_quantile,
        _ => return None,
    })
}

fn of_two(name: &str) -> Option<fn(f64, f64) -> f64> {
    Some(match name {
        "hypot" => hypot,
        "logaddexp" => ln_add_exp,
        "power" => pow,
        _ => return None,
    })
}

/// The sum of the products of two columns.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    let ((x, rest), (y, last)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (x, y) in x.iter().zip(y) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f64>() + rest.iter().zip(last).map(|(x, y)| x * y).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_function() {
        let x = [0.25, 3.0];
        assert_eq!(elementary("log1p", &[&x]).expect("is known"), x.map(log1p));
        assert_eq!(elementary("power", &[&x, &[2.0, 0.5]]).expect("is known"), [pow(0.25, 2.0), pow(3.0, 0.5)]);
        for (name, columns) in [("gamma", &[&x[..]][..]), ("exp", &[&x[..], &x[..]]), ("power", &[&x[..]])] {
            assert!(elementary(name, columns).is_err(), "{name}");
        }
    }

    #[test]
    fn products_are_summed_whatever_their_number() {
        for count in 0..40_u32 {
            let x: Vec<f64> = (0..count).map(f64::from).collect();
            let squares = (1..count).map(|i| f64::from(i * i)).sum::<f64>(); // whole numbers: exact in any order
            assert_eq!(dot(&x, &x), squares);
        }
    }
}
