//! The forms of a law of the loss that are fitted: the loss of a run with its gradient in the coefficients.
//!
//! A run is (ln N, ln D, ln U, ln(D / U - 1)), N and the tokens in units near their means, which only changes the scale
//! coefficients. E is a coordinate itself, not its logarithm, so that E = 0 is a point like others.

use crate::exhaustion::laws::base::{EXPONENT_HIGH, EXPONENT_LOW};
use crate::exhaustion::laws::repetition::REPETITION_RANGE;
use crate::math::{exp, expm1_inside, ln, ln_inside};

/// A run as a form sees it.
pub type Run = [f64; 4];

/// Exponents of the loss terms are cut here, so that nothing overflows.
const LN_TERM_MAX: f64 = 200.0;
/// The range of ln of a term where its run is at the means.
const SCALE: (f64, f64) = (-40.0, 8.0);
/// Logarithms of scale coefficients stay within this of that of the term at the means.
const SHIFT_MAX: f64 = 40.0;

/// What a coefficient is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// ln of the scale of a term `N^n D^d` whose exponents are the coefficients at these places with these signs.
    Scale {
        /// The exponent of N, if any.
        params: Option<(usize, f64)>,
        /// The exponent of D or of U, if any.
        tokens: Option<(usize, f64)>,
    },
    /// E, nats per token; as a coefficient ln E.
    Irreducible,
    /// An exponent in [low, 5].
    Exponent(f64),
    /// A repetition constant; as a coordinate its logarithm.
    Repetition,
}

/// A form of the law with N coefficients.
pub trait Form<const N: usize>: Copy + Sync {
    /// The coefficients' names.
    const NAMES: [&'static str; N];
    /// What each is.
    const KINDS: [Kind; N];
    /// The loss of a run, and its gradient.
    fn loss(&self, at: &[f64; N], run: Run) -> (f64, [f64; N]);
    /// Coordinates to start from, those of scales and E aside.
    fn grid(&self) -> Vec<[f64; N]>;
    /// Coordinates that follow once scales and E are known.
    fn then(&self, at: [f64; N]) -> Vec<[f64; N]> {
        vec![at]
    }
    /// The values of E to start from where the loss is not linear in it, shares of the least loss; none where it is.
    fn shares(&self) -> &'static [f64] {
        &[]
    }
    /// The largest E.
    fn top(&self) -> f64 {
        100.0
    }
    /// For a form that is not linear: what of the observed loss is linear in the scales, and its slope in the loss.
    fn unbend(&self, _loss: f64, _irreducible: f64) -> (f64, f64) {
        (0.0, 1.0)
    }
}

const fn scale(params: Option<(usize, f64)>, tokens: Option<(usize, f64)>) -> Kind {
    Kind::Scale { params, tokens }
}

const OF_PARAMS: Kind = scale(Some((3, -1.0)), None);
const OF_TOKENS: Kind = scale(None, Some((4, -1.0)));
const BASE_EXPONENT: Kind = Kind::Exponent(EXPONENT_LOW);
const OTHER_EXPONENT: Kind = Kind::Exponent(1e-3);

/// What the coefficients are of a form with a third term, whose scale this is, and two exponents of it.
const fn with_term(scale: Kind) -> [Kind; 8] {
    [OF_PARAMS, OF_TOKENS, Kind::Irreducible, BASE_EXPONENT, BASE_EXPONENT, scale, OTHER_EXPONENT, OTHER_EXPONENT]
}

/// Starts of such a form: every alpha and beta with every two of the other exponents.
fn starts_with_term(alphas: &[f64], betas: &[f64], others: &[f64]) -> Vec<[f64; 8]> {
    let base: Vec<_> = pairs(alphas, betas).collect();
    pairs(others, others).flat_map(|(x, y)| base.iter().map(move |&(a, b)| [0.0, 0.0, 0.0, a, b, 0.0, x, y])).collect()
}

/// `A N^-alpha` and `B D^-beta` from (ln A, ln B, alpha, beta).
#[inline(always)]
fn base_terms([log_a, log_b, alpha, beta]: [f64; 4], n: f64, d: f64) -> [f64; 2] {
    [term(log_a - alpha * n), term(log_b - beta * d)]
}

#[inline(always)]
fn term(x: f64) -> f64 {
    exp(if x > LN_TERM_MAX { LN_TERM_MAX } else { x })
}

/// `L = E + A N^-alpha + B D^-beta`.
#[derive(Debug, Clone, Copy)]
pub struct Chinchilla;

impl Form<5> for Chinchilla {
    const NAMES: [&'static str; 5] = ["log_a", "log_b", "log_e", "alpha", "beta"];
    const KINDS: [Kind; 5] = [OF_PARAMS, OF_TOKENS, Kind::Irreducible, BASE_EXPONENT, BASE_EXPONENT];

    #[inline(always)]
    fn loss(&self, at: &[f64; 5], [n, d, ..]: Run) -> (f64, [f64; 5]) {
        let [a, b] = base_terms([at[0], at[1], at[3], at[4]], n, d);
        (at[2] + a + b, [a, b, 1.0, -a * n, -b * d])
    }

    fn grid(&self) -> Vec<[f64; 5]> {
        let exponents = [0.08, 0.15, 0.25, 0.35, 0.5, 0.7, 1.0, 1.5];
        pairs(&exponents, &exponents).map(|(alpha, beta)| [0.0, 0.0, 0.0, alpha, beta]).collect()
    }
}

/// `L = E + A N'^-alpha + B D'^-beta` with what repeated tokens and excess parameters are worth (Muennighoff et al.).
#[derive(Debug, Clone, Copy)]
pub struct Muennighoff;

/// ln of what `e^u` copies are worth, `P = 1 + R (1 - e^(-x / R))`, x = `e^u` - 1, with its slopes in u and in ln R.
#[inline(always)]
fn worth(u: f64, ln_r: f64) -> (f64, f64, f64) {
    let u = if u > LN_TERM_MAX { LN_TERM_MAX } else { u };
    let r = exp(ln_r);
    let x = expm1_inside(u);
    let y = x / r;
    let fade = expm1_inside(-y);
    let kept = exp(-y);
    let p = 1.0 - r * fade;
    (ln_inside(p), (1.0 + x) * kept / p, (-r * fade - x * kept) / p)
}

impl Form<7> for Muennighoff {
    const NAMES: [&'static str; 7] =
        ["log_a", "log_b", "log_e", "alpha", "beta", "repetition_data", "repetition_params"];
    const KINDS: [Kind; 7] =
        [OF_PARAMS, OF_TOKENS, Kind::Irreducible, BASE_EXPONENT, BASE_EXPONENT, Kind::Repetition, Kind::Repetition];

    #[inline(always)]
    fn loss(&self, at: &[f64; 7], [n, d, u, _]: Run) -> (f64, [f64; 7]) {
        let [log_a, log_b, e, alpha, beta, ln_rd, ln_rn] = *at;
        // The parameters that U unique tokens are optimal for: G (U G)^(beta / alpha).
        let optimal = (ln(alpha) - ln(beta) + log_a - log_b + beta * u) / alpha;
        let excess = n - optimal;
        let (over, used) = if excess > 0.0 { (excess, 1.0) } else { (0.0, 0.0) };
        let (ln_worth_n, slope_n, by_rn) = worth(over, ln_rn);
        let (ln_worth_d, _, by_rd) = worth(d - u, ln_rd);
        let n_worth = n - over + ln_worth_n;
        let d_worth = u + ln_worth_d;
        let a = term(log_a - alpha * n_worth);
        let b = term(log_b - beta * d_worth);
        let moved = a * (1.0 - slope_n) * used;
        let gradient = [
            a - moved,
            b + moved,
            1.0,
            -a * n_worth - moved * (1.0 / alpha - optimal),
            -b * d_worth - moved * (u - 1.0 / beta),
            -beta * b * by_rd,
            -alpha * a * by_rn,
        ];
        (e + a + b, gradient)
    }

    fn grid(&self) -> Vec<[f64; 7]> {
        // Excess parameters count in full until the scales are known.
        let far = ln(REPETITION_RANGE.1);
        let base = pairs(&[0.1, 0.2, 0.35, 0.55, 0.9], &[0.1, 0.2, 0.35, 0.55, 0.9]);
        base.flat_map(|(alpha, beta)| {
            [0.5, 2.0, 3.5, 6.0, far].map(move |ln_rd| [0.0, 0.0, 0.0, alpha, beta, ln_rd, far])
        })
        .collect()
    }

    fn then(&self, at: [f64; 7]) -> Vec<[f64; 7]> {
        [-1.0, 0.5, 2.0, 4.0, ln(REPETITION_RANGE.1)]
            .map(|ln_rn| [at[0], at[1], at[2], at[3], at[4], at[5], ln_rn])
            .to_vec()
    }
}

/// `L = E + A N^-alpha + B D^-beta + P x^delta (N / U)^kappa`, x = D / U - 1 (Lovelace et al.).
#[derive(Debug, Clone, Copy)]
pub struct Penalty;

impl Form<8> for Penalty {
    const NAMES: [&'static str; 8] = ["log_a", "log_b", "log_e", "alpha", "beta", "log_p", "delta", "kappa"];
    const KINDS: [Kind; 8] = with_term(scale(Some((7, 1.0)), Some((7, -1.0))));

    #[inline(always)]
    fn loss(&self, at: &[f64; 8], [n, d, u, ln_repeats]: Run) -> (f64, [f64; 8]) {
        let [a, b] = base_terms([at[0], at[1], at[3], at[4]], n, d);
        let p = term(at[5] + at[6] * ln_repeats + at[7] * (n - u));
        (at[2] + a + b + p, [a, b, 1.0, -a * n, -b * d, p, p * ln_repeats, p * (n - u)])
    }

    fn grid(&self) -> Vec<[f64; 8]> {
        let base = [0.12, 0.25, 0.4, 0.8];
        starts_with_term(&base, &base, &[0.1, 0.3, 0.7, 1.2])
    }
}

/// `L = E + (L0 - E) h / (1 + h)`, `h = a N^-alpha + b D^-beta + c N^gamma U^-delta` (Practical Scaling Laws).
#[derive(Debug, Clone, Copy)]
pub struct Bounded {
    /// L0, nats per token: ln of the vocabulary.
    pub ceiling: f64,
}

impl Form<8> for Bounded {
    const NAMES: [&'static str; 8] = ["log_a", "log_b", "log_e", "alpha", "beta", "log_c", "gamma", "delta"];
    const KINDS: [Kind; 8] = with_term(scale(Some((6, 1.0)), Some((7, -1.0))));

    #[inline(always)]
    fn loss(&self, at: &[f64; 8], [n, d, u, _]: Run) -> (f64, [f64; 8]) {
        let [a, b] = base_terms([at[0], at[1], at[3], at[4]], n, d);
        let c = term(at[5] + at[6] * n - at[7] * u);
        let h = a + b + c;
        let rest = 1.0 / (1.0 + h);
        let share = h * rest;
        let room = self.ceiling - at[2];
        let slope = room * rest * rest;
        let (a, b, c) = (slope * a, slope * b, slope * c);
        (at[2] + room * share, [a, b, 1.0 - share, -a * n, -b * d, c, c * n, -c * u])
    }

    fn grid(&self) -> Vec<[f64; 8]> {
        starts_with_term(&[0.15, 0.3, 0.5], &[0.2, 0.4, 0.8], &[0.2, 0.5, 0.9])
    }

    fn top(&self) -> f64 {
        self.ceiling
    }

    fn shares(&self) -> &'static [f64] {
        &[0.0, 0.5, 0.75, 0.9]
    }

    fn unbend(&self, loss: f64, irreducible: f64) -> (f64, f64) {
        let h = (loss - irreducible) / (self.ceiling - loss);
        (h, (self.ceiling - irreducible) / ((1.0 + h) * (1.0 + h)))
    }
}

/// `L(C) = E + A C^-alpha`: a run is (ln C, ...).
#[derive(Debug, Clone, Copy)]
pub struct Envelope;

impl Form<3> for Envelope {
    const NAMES: [&'static str; 3] = ["log_a", "log_e", "alpha"];
    const KINDS: [Kind; 3] = [scale(Some((2, -1.0)), None), Kind::Irreducible, BASE_EXPONENT];

    #[inline(always)]
    fn loss(&self, at: &[f64; 3], [c, ..]: Run) -> (f64, [f64; 3]) {
        let a = term(at[0] - at[2] * c);
        (at[1] + a, [a, 1.0, -a * c])
    }

    fn grid(&self) -> Vec<[f64; 3]> {
        [0.05, 0.08, 0.12, 0.2, 0.3, 0.5, 0.8, 1.3].map(|alpha| [0.0, 0.0, alpha]).to_vec()
    }
}

fn pairs<'a>(first: &'a [f64], second: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    first.iter().flat_map(move |&a| second.iter().map(move |&b| (a, b)))
}

/// The bounds of each coordinate, so that every point is a law in the units of the runs.
pub fn bounds<const N: usize, F: Form<N>>(form: &F, centre: [f64; 2]) -> [(f64, f64); N] {
    let largest = centre[0].abs().max(centre[1].abs());
    let top = if largest > 0.0 { EXPONENT_HIGH.min(2.0 * SHIFT_MAX / largest) } else { EXPONENT_HIGH };
    F::KINDS.map(|kind| match kind {
        Kind::Scale { .. } if largest > 0.0 => SCALE,
        Kind::Scale { .. } => (-50.0, 100.0),
        Kind::Irreducible => (0.0, form.top()),
        Kind::Exponent(low) => (low, top),
        Kind::Repetition => (ln(REPETITION_RANGE.0), ln(REPETITION_RANGE.1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustion::laws::Law;
    use crate::exhaustion::laws::base::Base;
    use crate::exhaustion::laws::repetition::Repetition;
    use crate::exhaustion::laws::{bounded, chinchilla, penalty};
    use crate::math::expm1;

    const RUNS: [[f64; 3]; 4] = [[20.0, 23.0, 23.0], [22.0, 25.0, 22.5], [24.0, 24.5, 21.0], [18.0, 27.0, 24.0]];

    fn run([n, d, u]: [f64; 3]) -> Run {
        [n, d, u, if d > u { ln(expm1(d - u)) } else { f64::MIN }]
    }

    /// The loss against `Law::loss`, the gradient against differences of it.
    fn check<const N: usize, F: Form<N>>(form: F, at: [f64; N], law: Law) {
        for row in RUNS {
            let (loss, gradient) = form.loss(&at, run(row));
            assert!((loss - law.loss(row[0], row[1], row[2])).abs() < 1e-12 * loss, "{:?} {row:?}", F::NAMES);
            for i in 0..N {
                let step = 1e-6;
                let [low, high] = [-step, step].map(|s| {
                    let mut there = at;
                    there[i] += s;
                    form.loss(&there, run(row)).0
                });
                let slope = (high - low) / (2.0 * step);
                assert!((slope - gradient[i]).abs() < 1e-6 * (1.0 + slope.abs()), "{} at {row:?}", F::NAMES[i]);
            }
        }
    }

    #[test]
    fn every_form_is_its_law_and_knows_its_gradient() {
        let base = Base::new([6.2, 7.6, ln(1.8), 0.35, 0.37]);
        check(Chinchilla, [6.2, 7.6, 1.8, 0.35, 0.37], Law::Chinchilla(chinchilla::Chinchilla { base }));
        for (data, params) in [(15.4, 5.3), (0.3, 1e4), (1e9, 0.1)] {
            let law = Law::Muennighoff(Repetition { base, data, params, max_epochs: f64::INFINITY });
            check(Muennighoff, [6.2, 7.6, 1.8, 0.35, 0.37, ln(data), ln(params)], law);
        }
        let law = Law::Penalty(penalty::Penalty { base, log_p: -2.9, delta: 0.35, kappa: 0.7 });
        check(Penalty, [6.2, 7.6, 1.8, 0.35, 0.37, -2.9, 0.35, 0.7], law);
        let law = Law::Bounded(bounded::Bounded { base, log_c: -1.1, gamma: 0.51, delta: 0.62, log_vocabulary: 10.8 });
        check(Bounded { ceiling: 10.8 }, [6.2, 7.6, 1.8, 0.35, 0.37, -1.1, 0.51, 0.62], law);
        let (loss, gradient) = Envelope.loss(&[1.0, 1.5, 0.1], [40.0, 0.0, 0.0, 0.0]);
        assert!((loss - 1.5 - exp(-3.0)).abs() < 1e-15 && (gradient[2] + 40.0 * exp(-3.0)).abs() < 1e-13);
    }
}
