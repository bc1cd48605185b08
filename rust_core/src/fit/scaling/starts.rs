//! Where a search begins: a grid of exponents, and at each the best scales and E by least squares without negatives.

use super::forms::{Form, Kind, Run};
use super::objective::Rows;
use crate::math::{exp, ln};

/// The most runs that a start is fitted to: enough for a start.
const RUNS: usize = 400;

/// Coordinates to begin at, each with its scales and E solved for; `given` are those that are fixed, `middle` is ln of
/// the mean parameters and tokens.
pub fn starts<const N: usize, F: Form<N>>(
    form: &F,
    rows: &Rows,
    given: &[Option<f64>; N],
    middle: [f64; 2],
) -> Vec<[f64; N]> {
    let every = rows.each().count().div_ceil(RUNS).max(1);
    let runs: Vec<(Run, f64, f64)> = rows.each().step_by(every).map(|(run, y, w)| (run, exp(y), w)).collect();
    let least = runs.iter().fold(f64::INFINITY, |l, r| l.min(r.1));
    let place = irreducible::<N, F>();
    let mut found: Vec<[f64; N]> = Vec::new();
    for at in form.grid() {
        let at = with(at, given);
        if found.contains(&at) {
            continue;
        }
        let shares = if given[place].is_some() { &[0.0] } else { form.shares() };
        if form.shares().is_empty() {
            found.extend(form.then(solved(form, at, &runs, given, middle, true)));
        }
        for &share in if form.shares().is_empty() { &[] } else { shares } {
            let mut at = at;
            at[place] = given[place].unwrap_or(share * least);
            found.extend(form.then(solved(form, at, &runs, given, middle, false)));
        }
    }
    found.iter_mut().for_each(|at| *at = with(*at, given));
    found.dedup();
    found
}

fn with<const N: usize>(at: [f64; N], given: &[Option<f64>; N]) -> [f64; N] {
    std::array::from_fn(|i| given[i].unwrap_or(at[i]))
}

/// The place of E.
pub fn irreducible<const N: usize, F: Form<N>>() -> usize {
    F::KINDS.iter().position(|&kind| kind == Kind::Irreducible).expect("every form has an E")
}

/// `at` with the scales that are not given, and E where the loss is `linear` in it, at their best.
fn solved<const N: usize, F: Form<N>>(
    form: &F,
    at: [f64; N],
    runs: &[(Run, f64, f64)],
    given: &[Option<f64>; N],
    middle: [f64; 2],
    linear: bool,
) -> [f64; N] {
    let wanted: Vec<usize> = (0..N)
        .filter(|&i| given[i].is_none())
        .filter(|&i| matches!(F::KINDS[i], Kind::Scale { .. }) || (linear && F::KINDS[i] == Kind::Irreducible))
        .collect();
    let k = wanted.len();
    let (mut gram, mut right) = ([[0.0; 4]; 4], [0.0; 4]);
    let irreducible = if linear { 0.0 } else { at[irreducible::<N, F>()] };
    for &(run, loss, weight) in runs {
        let (target, slope) = form.unbend(loss, irreducible);
        // Terms with a scale of 1, relative to the loss: the residual of ln L to first order.
        let terms: [f64; N] = std::array::from_fn(|i| match F::KINDS[i] {
            Kind::Scale { params, tokens } => {
                let part = |of: Option<(usize, f64)>, x: f64| of.map_or(0.0, |(e, sign)| sign * at[e] * x);
                let repeats = if F::NAMES[i] == "log_p" { at[6] * run[3] } else { 0.0 };
                exp(part(params, run[0])
                    + part(tokens, if tokens_are_unique(F::NAMES[i]) { run[2] } else { run[1] })
                    + repeats)
            }
            Kind::Irreducible if linear => 1.0,
            _ => 0.0,
        });
        let known: f64 = (0..N)
            .filter(|i| !wanted.contains(i))
            .map(|i| match F::KINDS[i] {
                Kind::Scale { .. } => exp(at[i]) * terms[i],
                Kind::Irreducible if linear => at[i],
                _ => 0.0,
            })
            .sum();
        let scale = slope / loss;
        for (a, &i) in wanted.iter().enumerate() {
            let x = scale * terms[i];
            right[a] += weight * x * scale * (target - known);
            for (b, &j) in wanted.iter().enumerate() {
                gram[a][b] += weight * x * scale * terms[j];
            }
        }
    }
    let best = nonnegative(&gram, &right, k);
    let mut at = at;
    for (a, &i) in wanted.iter().enumerate() {
        at[i] = match F::KINDS[i] {
            // What least squares puts to 0 starts small where the runs are, so that it is felt.
            Kind::Scale { params, tokens } => {
                let part = |of: Option<(usize, f64)>, x: f64| of.map_or(0.0, |(e, sign)| sign * at[e] * x);
                ln(best[a].max(1e-3 * exp(-part(params, middle[0]) - part(tokens, middle[1]))))
            }
            _ => best[a],
        };
    }
    at
}

/// Whether a term has U and not D.
fn tokens_are_unique(name: &str) -> bool {
    matches!(name, "log_p" | "log_c")
}

/// The least squares without negatives of at most four unknowns: the best of all sets that may differ from 0.
fn nonnegative(gram: &[[f64; 4]; 4], right: &[f64; 4], k: usize) -> [f64; 4] {
    let mut best = [0.0; 4];
    let mut least = 0.0;
    for set in 1_u32..1 << k {
        let members: Vec<usize> = (0..k).filter(|&i| set >> i & 1 == 1).collect();
        let Some(x) = solve(gram, right, &members) else { continue };
        if members.iter().any(|&i| x[i] < 0.0) {
            continue;
        }
        // x' G x - 2 x' r at the solution is -x' r.
        let value = -members.iter().map(|&i| x[i] * right[i]).sum::<f64>();
        if value < least {
            (best, least) = (x, value);
        }
    }
    best
}

/// The solution on the members by elimination; none where they are collinear.
fn solve(gram: &[[f64; 4]; 4], right: &[f64; 4], members: &[usize]) -> Option<[f64; 4]> {
    let m = members.len();
    let mut rows: Vec<Vec<f64>> =
        members.iter().map(|&i| members.iter().map(|&j| gram[i][j]).chain([right[i]]).collect()).collect();
    for c in 0..m {
        let pivot = rows[c][c];
        if pivot.is_nan() || pivot <= 1e-12 * gram[members[c]][members[c]] {
            return None;
        }
        for r in c + 1..m {
            let factor = rows[r][c] / pivot;
            for j in c..=m {
                rows[r][j] -= factor * rows[c][j];
            }
        }
    }
    let mut x = [0.0; 4];
    for c in (0..m).rev() {
        let rest: f64 = (c + 1..m).map(|j| rows[c][j] * x[members[j]]).sum();
        x[members[c]] = (rows[c][m] - rest) / rows[c][c];
    }
    Some(x)
}
