//! Scaling laws fitted to runs: Huber's loss of ln L over the coefficients, from many starts, and resampled runs.
//!
//! Hoffmann et al. 2022 (approach 3) and Besiroglu et al. 2024: `min sum w huber(ln L(run) - ln observed)`, delta = 1e-3.
//! The search goes in units near the means of the runs, with analytic gradients and a metric from the normal matrix; it
//! starts where least squares puts the scales on a grid of exponents. A resample starts at every minimum of all runs.

pub mod forms;
mod gradients;
mod minimise;
mod objective;
mod starts;

use forms::{Bounded, Chinchilla, Envelope, Form, Kind, Muennighoff, Penalty, Run, bounds};
use gradients::{gradients_of, logs, rows};
use minimise::{Minimum, Objective, minimise};
use objective::{Rows, normal_matrix, objective};

use crate::error::{Error, Result, check_range};
use crate::exhaustion::laws::base::Base;
use crate::math::{exp, ln};
use crate::memory;
use crate::rng::{Key, Stream, purpose};
use crate::run::{Control, run};

/// The least ln E of a law: E = 0 is written so.
pub const LOG_E_LEAST: f64 = Base::RANGES[2].1;
/// Searches of all runs go to the end, those of resamples to a thousandth of a standard error.
const FLAT: (f64, f64) = (1e-14, 1e-10);
/// Starts that are followed to the end.
const FOLLOWED: usize = 24;
/// Minima that a resample starts from.
const KEPT: usize = 4;

/// Which law is fitted.
#[derive(Debug, Clone, Copy)]
pub enum Fitted {
    /// `L = E + A N^-alpha + B D^-beta`.
    Chinchilla,
    /// What repeats are worth fades.
    Muennighoff,
    /// Repeats are penalised.
    Penalty,
    /// The loss is bounded by this, nats per token.
    Bounded(f64),
    /// `L(C) = E + A C^-alpha`; compute stands in the place of parameters.
    Envelope,
}

impl Fitted {
    /// The names of the coefficients.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Chinchilla => &Chinchilla::NAMES,
            Self::Muennighoff => &Muennighoff::NAMES,
            Self::Penalty => &Penalty::NAMES,
            Self::Bounded(_) => &Bounded::NAMES,
            Self::Envelope => &Envelope::NAMES,
        }
    }
}

/// The runs of a fit, column by column.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// N, or for an envelope compute.
    pub parameters: Vec<f64>,
    /// D, repeats counted.
    pub tokens: Vec<f64>,
    /// U.
    pub unique_tokens: Vec<f64>,
    /// Nats per token.
    pub loss: Vec<f64>,
    /// Weights, in any unit.
    pub weights: Vec<f64>,
    /// The cluster of each run, from 0 without gaps; where it is empty each run stands alone.
    pub cluster: Vec<usize>,
}

/// How often runs are resampled, and how the search is seeded.
#[derive(Debug, Clone, Copy)]
pub struct Resampling {
    /// How often.
    pub resamples: u64,
    /// The key of the seed.
    pub key: Key,
    /// Threads.
    pub threads: usize,
}

/// A fitted law.
#[derive(Debug, Clone, Default)]
pub struct Fit {
    /// The coefficients in the order of their names; a repetition constant itself, not its logarithm.
    pub coefficients: Vec<f64>,
    /// The objective there, with the weights as given.
    pub objective: f64,
    /// ln of the fitted loss of each run.
    pub ln_fitted: Vec<f64>,
    /// The gradient of it in each coefficient (repetition constants by their logarithm, E by ln E), run by run.
    pub gradients: Vec<f64>,
    /// Coefficients of each resample, one after the other.
    pub draws: Vec<f64>,
    /// The objective of the other minima found, in rising order, and their coefficients.
    pub others: Vec<(f64, Vec<f64>)>,
}

/// Fits a law; `fixed` are coefficients that are not fitted, in the order of the names.
pub fn fit(law: Fitted, runs: &Runs, fixed: &[Option<f64>], resampling: Resampling, control: &Control) -> Result<Fit> {
    match law {
        Fitted::Chinchilla => Search::new(Chinchilla, runs, fixed)?.fit(resampling, control),
        Fitted::Muennighoff => Search::new(Muennighoff, runs, fixed)?.fit(resampling, control),
        Fitted::Penalty => Search::new(Penalty, runs, fixed)?.fit(resampling, control),
        Fitted::Bounded(ceiling) => {
            if let Some(at) = runs.loss.iter().position(|&loss| loss >= ceiling) {
                let expected = format!("below the loss of a uniform guess, {ceiling:.3}, under a bounded law");
                return Err(Error::argument(&format!("loss[{at}]"), expected, runs.loss[at]));
            }
            Search::new(Bounded { ceiling }, runs, fixed)?.fit(resampling, control)
        }
        Fitted::Envelope => Search::new(Envelope, runs, fixed)?.fit(resampling, control),
    }
}

/// The gradient of ln L in each coefficient (in E itself, in the logarithm of repetition constants), run by run.
///
/// `coefficients` are those of a law, in the order of their names.
pub fn gradients(law: Fitted, coefficients: &[f64], runs: &Runs) -> Vec<f64> {
    let sizes = [&runs.parameters[..], &runs.tokens, &runs.unique_tokens];
    match law {
        Fitted::Chinchilla => gradients_of(Chinchilla, coefficients, sizes),
        Fitted::Muennighoff => gradients_of(Muennighoff, coefficients, sizes),
        Fitted::Penalty => gradients_of(Penalty, coefficients, sizes),
        Fitted::Bounded(ceiling) => gradients_of(Bounded { ceiling }, coefficients, sizes),
        Fitted::Envelope => gradients_of(Envelope, coefficients, sizes),
    }
}

struct Search<const N: usize, F> {
    form: F,
    runs: Vec<Run>,
    ln_loss: Vec<f64>,
    weights: Vec<f64>,
    /// The runs of each cluster, which are drawn together.
    clusters: Vec<Vec<usize>>,
    /// ln of the units of parameters and of tokens.
    centre: [f64; 2],
    /// The means of the runs in these units.
    middle: [f64; 2],
    given: [Option<f64>; N],
    bounds: [(f64, f64); N],
}

impl<const N: usize, F: Form<N>> Search<N, F> {
    fn new(form: F, runs: &Runs, fixed: &[Option<f64>]) -> Result<Self> {
        let free = fixed.iter().filter(|x| x.is_none()).count();
        if free == 0 {
            return Err(Error::argument("fixed", "some of the coefficients, not all", "all"));
        }
        let clusters = members(runs);
        let known = clusters.iter().filter(|of| of.iter().any(|&i| runs.weights[i] > 0.0)).count();
        if known <= free {
            let what = if runs.cluster.is_empty() { "runs" } else { "clusters of runs" };
            let expected = format!("of more {what} of positive weight than coefficients ({free})");
            return Err(Error::argument("frame", expected, known));
        }
        let (n, d, u) = (logs(&runs.parameters), logs(&runs.tokens), logs(&runs.unique_tokens));
        let total: f64 = runs.weights.iter().sum();
        let mean = |x: &[f64]| x.iter().zip(&runs.weights).map(|(x, w)| x * w).sum::<f64>() / total;
        // A scale changes with the units of its run: where it is fixed and its exponents are not, units stay.
        let movable = (0..N).all(|i| match F::KINDS[i] {
            Kind::Scale { params, tokens } if fixed[i].is_some() => {
                [params, tokens].into_iter().flatten().all(|(e, _)| fixed[e].is_some())
            }
            _ => true,
        });
        let means = [mean(&n), mean(&d)];
        let centre = if movable { means } else { [0.0; 2] };
        let mut search = Self {
            form,
            runs: rows(&n, &d, &u, centre),
            ln_loss: logs(&runs.loss),
            weights: runs.weights.clone(),
            clusters,
            centre,
            middle: [means[0] - centre[0], means[1] - centre[1]],
            given: [None; N],
            bounds: bounds(&form, centre),
        };
        let filled: [f64; N] = std::array::from_fn(|i| fixed[i].unwrap_or(1.0));
        for (i, &(low, high)) in natural_ranges::<N, F>().iter().enumerate() {
            if let Some(x) = fixed[i] {
                check_range(&format!("fixed[{}]", F::NAMES[i]), &[x], low, high)?;
            }
        }
        let at = search.coordinates(&filled);
        search.given = std::array::from_fn(|i| fixed[i].map(|_| at[i]));
        search.keep_scales_in_range(fixed);
        Ok(search)
    }

    /// Where exponents are fixed, a scale cannot leave the range of a law in the units of the data: bounds it so.
    fn keep_scales_in_range(&mut self, fixed: &[Option<f64>]) {
        let ranges = natural_ranges::<N, F>();
        let at: [f64; N] = std::array::from_fn(|i| self.given[i].unwrap_or(0.0));
        for i in 0..N {
            let Kind::Scale { params, tokens } = F::KINDS[i] else { continue };
            if [params, tokens].into_iter().flatten().all(|(e, _)| fixed[e].is_some()) {
                let shift = self.shift(i, &at);
                let (low, high) = (ranges[i].0 + shift, ranges[i].1 + shift);
                self.bounds[i] = (self.bounds[i].0.max(low).min(high), self.bounds[i].1.min(high).max(low));
            }
        }
    }

    fn free(&self) -> [bool; N] {
        self.given.map(|x| x.is_none())
    }

    fn shift(&self, i: usize, at: &[f64; N]) -> f64 {
        let Kind::Scale { params, tokens } = F::KINDS[i] else { return 0.0 };
        let part = |of: Option<(usize, f64)>, centre: f64| of.map_or(0.0, |(e, sign)| sign * at[e] * centre);
        part(params, self.centre[0]) + part(tokens, self.centre[1])
    }

    /// Coordinates of coefficients.
    fn coordinates(&self, coefficients: &[f64; N]) -> [f64; N] {
        std::array::from_fn(|i| match F::KINDS[i] {
            Kind::Scale { .. } => coefficients[i] + self.shift(i, coefficients),
            Kind::Irreducible if coefficients[i] <= LOG_E_LEAST => 0.0,
            Kind::Irreducible => exp(coefficients[i]),
            Kind::Repetition => ln(coefficients[i]),
            Kind::Exponent(_) => coefficients[i],
        })
    }

    /// Coefficients of coordinates, each within the range of a law.
    fn coefficients(&self, at: &[f64; N]) -> [f64; N] {
        let ranges = natural_ranges::<N, F>();
        std::array::from_fn(|i| {
            let x = match F::KINDS[i] {
                Kind::Scale { .. } => at[i] - self.shift(i, at),
                Kind::Irreducible => ln(at[i].max(f64::MIN_POSITIVE)),
                Kind::Repetition => exp(at[i]),
                Kind::Exponent(_) => at[i],
            };
            x.clamp(ranges[i].0, ranges[i].1)
        })
    }

    fn descend(&self, rows: &Rows, start: [f64; N], flat: f64, control: &Control) -> Minimum<N> {
        minimise(&Descent { form: self.form, rows, control }, start, self.free(), &self.bounds, flat)
    }

    fn fit(&self, resampling: Resampling, control: &Control) -> Result<Fit> {
        let draws = usize::try_from(resampling.resamples).unwrap_or(usize::MAX);
        memory::check(8.0 * N as f64 * draws as f64, &[(draws, "resamples"), (N, "coefficients")])?;
        let rows = Rows::new(&self.runs, &self.ln_loss, &self.weights);
        let minima = self.minima(&rows, resampling.threads, control)?;
        let best = &minima[0];
        let mut fit = Fit {
            coefficients: self.coefficients(&best.at).to_vec(),
            objective: best.value,
            others: minima[1..].iter().map(|m| (m.value, self.coefficients(&m.at).to_vec())).collect(),
            ..Fit::default()
        };
        for run in &self.runs {
            let (loss, gradient) = self.form.loss(&best.at, *run);
            fit.ln_fitted.push(ln(loss));
            fit.gradients.extend(self.natural_gradient(&best.at, gradient).map(|g| g / loss));
        }
        let begin: Vec<[f64; N]> = minima.iter().take(KEPT).map(|m| m.at).collect();
        let work = |(): &mut (), index: u64| {
            control.check()?;
            let mut random = Stream::new(resampling.key, 0, purpose::BOOTSTRAP, index).sequence();
            let mut weights = vec![0.0; self.runs.len()];
            let clusters = self.clusters.len();
            for _ in 0..clusters {
                let of = ((random.open01() * clusters as f64) as usize).min(clusters - 1);
                self.clusters[of].iter().for_each(|&i| weights[i] += self.weights[i]);
            }
            let rows = Rows::new(&self.runs, &self.ln_loss, &weights);
            let found = begin.iter().map(|&at| self.descend(&rows, at, FLAT.1, control));
            let best = found.reduce(|a, b| if b.value < a.value { b } else { a }).expect("there is a minimum");
            control.check()?;
            control.advance(1);
            Ok(self.coefficients(&best.at))
        };
        run(resampling.resamples, resampling.threads, control, || (), work, |one| fit.draws.extend(one))?;
        Ok(fit)
    }

    /// The distinct minima that the starts lead to, the best first.
    fn minima(&self, rows: &Rows, threads: usize, control: &Control) -> Result<Vec<Minimum<N>>> {
        let mut starts: Vec<(f64, [f64; N])> = Vec::new();
        for at in starts::starts(&self.form, rows, &self.given, self.middle) {
            control.check()?;
            let at = std::array::from_fn(|i| match self.given[i] {
                Some(x) => x,
                None => at[i].clamp(self.bounds[i].0, self.bounds[i].1),
            });
            let value = objective(&self.form, &at, rows).0;
            if value.is_finite() {
                starts.push((value, at));
            }
        }
        starts.sort_by(|a, b| a.0.total_cmp(&b.0));
        // The best, and of the others a few spread over all of them, which may lie in other valleys.
        let (first, rest) = starts.split_at(starts.len().min(FOLLOWED / 2));
        let spread = rest.iter().step_by(rest.len().div_ceil(FOLLOWED / 2).max(1));
        let chosen: Vec<[f64; N]> = first.iter().chain(spread).map(|s| s.1).collect();
        let mut found: Vec<Minimum<N>> = Vec::new();
        let work = |(): &mut (), i: u64| Ok(self.descend(rows, chosen[i as usize], FLAT.0, control));
        run(chosen.len() as u64, threads, &control.quiet(), || (), work, |m| found.push(m))?;
        control.check()?;
        found.retain(|m| m.value.is_finite());
        found.sort_by(|a, b| a.value.total_cmp(&b.value));
        let mut distinct: Vec<Minimum<N>> = Vec::new();
        for m in found {
            if !distinct.iter().any(|d| self.alike(d, &m)) {
                distinct.push(m);
            }
        }
        if distinct.is_empty() {
            return Err(Error::Value("the objective is finite at no start of the search".into()));
        }
        Ok(distinct)
    }

    fn alike(&self, a: &Minimum<N>, b: &Minimum<N>) -> bool {
        (0..N).all(|i| {
            let width = (self.bounds[i].1 - self.bounds[i].0).min(10.0);
            (a.at[i] - b.at[i]).abs() < 0.02 * width
        })
    }

    /// The gradient in the coefficients: scales in the units of the data, E by its logarithm.
    fn natural_gradient(&self, at: &[f64; N], gradient: [f64; N]) -> [f64; N] {
        let mut natural = gradient;
        for i in 0..N {
            match F::KINDS[i] {
                Kind::Scale { params, tokens } => {
                    for (of, centre) in [(params, self.centre[0]), (tokens, self.centre[1])] {
                        if let Some((e, sign)) = of {
                            natural[e] += gradient[i] * sign * centre;
                        }
                    }
                }
                Kind::Irreducible => natural[i] = gradient[i] * at[i],
                _ => {}
            }
        }
        natural
    }
}

/// The runs of each cluster.
fn members(runs: &Runs) -> Vec<Vec<usize>> {
    if runs.cluster.is_empty() {
        return (0..runs.loss.len()).map(|i| vec![i]).collect();
    }
    let mut clusters = vec![Vec::new(); runs.cluster.iter().max().map_or(0, |last| last + 1)];
    runs.cluster.iter().enumerate().for_each(|(i, &of)| clusters[of].push(i));
    clusters
}

/// The range of each coefficient in a law.
fn natural_ranges<const N: usize, F: Form<N>>() -> [(f64, f64); N] {
    std::array::from_fn(|i| match F::KINDS[i] {
        Kind::Scale { .. } if matches!(F::NAMES[i], "log_p" | "log_c") => (-50.0, 50.0),
        Kind::Scale { .. } => (Base::RANGES[0].1, Base::RANGES[0].2),
        Kind::Irreducible => (LOG_E_LEAST, Base::RANGES[2].2),
        Kind::Exponent(low) => (low, crate::exhaustion::laws::base::EXPONENT_HIGH),
        Kind::Repetition => crate::exhaustion::laws::repetition::REPETITION_RANGE,
    })
}

struct Descent<'a, F> {
    form: F,
    rows: &'a Rows,
    control: &'a Control,
}

impl<const N: usize, F: Form<N>> Objective<N> for Descent<'_, F> {
    fn slope(&self, at: &[f64; N]) -> (f64, [f64; N]) {
        objective(&self.form, at, self.rows)
    }
    fn curvature(&self, at: &[f64; N]) -> [[f64; N]; N] {
        normal_matrix(&self.form, at, self.rows)
    }
    fn cancelled(&self) -> bool {
        self.control.check().is_err()
    }
}
