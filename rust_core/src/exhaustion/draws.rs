//! The inputs of a chunk of draws: random words to normal numbers, the copula, then each input's distribution.

use super::copula::{Copula, Correlation};
use super::dist::Dist;
use super::latents::{self, AGAIN, COUNT, LAW, LAW_CHOICE, ROWS, TREND_CHOICE};
use super::laws::base::{EXPONENT_HIGH, EXPONENT_LOW};
use super::laws::parameters::LawParameters;
use super::marginal::Marginal;
use super::scenario::{ExhaustionScenario, INPUTS, Input};
use super::sobol::Sobol;
use crate::dispatch::Kernel;
use crate::error::{Error, Result, quoted};
use crate::rng::{Key, Stream, open01};
use crate::spec::Values;
use crate::special::cholesky::cholesky;
use crate::special::normal::{normal_quantile, normal_quantiles};

/// Draws per chunk of the random stream.
pub const CHUNK: usize = 4096;

/// Marks the replicate of inputs that are drawn anew.
const ANEW: u64 = 1 << 63;

/// Where uniform numbers come from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The random stream of a seed and replicate.
    Philox {
        /// Key of the seed.
        key: Key,
        /// Replicate.
        replicate: u64,
    },
    /// One scrambling of Sobol' points.
    Sobol {
        /// The point set.
        points: &'a Sobol,
        /// Key of the seed, for the scrambling and for draws made again.
        key: Key,
        /// Replicate: another scrambling.
        replicate: u64,
    },
}

/// Draws the inputs of a scenario.
#[derive(Debug, Clone)]
pub struct Sampler {
    marginals: Vec<Marginal>,
    copula: Copula,
    /// Inputs drawn by rows: their group.
    group_of: Vec<Option<usize>>,
    groups: usize,
    law: LawPrior,
    law_choices: bool,
    trend_choice: bool,
    /// The Sobol dimension of each latent number that is drawn.
    dimension: Vec<Option<usize>>,
    /// Latent numbers that are drawn anew, from another replicate.
    redrawn: Vec<bool>,
}

#[derive(Debug, Clone)]
enum LawPrior {
    Normal { mean: [f64; 5], factor: Vec<Vec<f64>> },
    Rows { rows: Vec<[f64; 5]> },
}

/// The inputs of a chunk, one column each.
#[derive(Debug, Clone)]
pub struct Columns {
    /// In the order of `INPUTS`, in the scale the model reads.
    pub inputs: Vec<Vec<f64>>,
    /// ln A, ln B, ln E, alpha, beta.
    pub law: Vec<Vec<f64>>,
    /// A uniform number that chooses among laws.
    pub law_choice: Vec<f64>,
    /// A uniform number that chooses the trend where it is below the trend's weight.
    pub trend_choice: Vec<f64>,
    /// Uniform numbers that choose rows, one column per group.
    rows: Vec<Vec<f64>>,
}

impl Columns {
    /// No draws yet: see `resize`.
    pub fn new(sampler: &Sampler) -> Self {
        let column = Vec::new();
        Self {
            inputs: vec![column.clone(); COUNT],
            law: vec![column.clone(); 5],
            law_choice: column.clone(),
            trend_choice: column.clone(),
            rows: vec![column; sampler.groups],
        }
    }

    /// Makes room for the first draws of a chunk, a multiple of 4: a short chunk is not drawn in full.
    pub fn resize(&mut self, draws: usize) {
        let choices = [&mut self.law_choice, &mut self.trend_choice];
        let all = self.inputs.iter_mut().chain(&mut self.law).chain(&mut self.rows).chain(choices);
        all.for_each(|column| column.resize(draws, 0.0));
    }

    /// The column of an input.
    pub fn get(&self, input: Input) -> &[f64] {
        &self.inputs[input as usize]
    }
}

impl Sampler {
    /// Prepares a checked scenario.
    pub fn new(scenario: &ExhaustionScenario) -> Result<Self> {
        let dists = scenario.dists();
        let mut marginals: Vec<Marginal> =
            dists.iter().zip(INPUTS).map(|(dist, &(_, log, low, high))| Marginal::new(dist, log, low, high)).collect();
        if scenario.compute_path.is_some() {
            // The path reads where in the published band a draw lies.
            marginals[Input::Compute as usize] = Marginal::standard();
        }
        let mut labels: Vec<(&str, usize)> = Vec::new();
        let mut group_of = vec![None; COUNT];
        for (i, dist) in dists.iter().enumerate() {
            let Dist::Empirical { values, rows: Some(label) } = dist else { continue };
            let length = values.as_slice().len();
            let found = labels.iter().position(|&(known, _)| known == label);
            if let Some(at) = found.filter(|&at| labels[at].1 != length) {
                let expected = format!("as long as the others of rows {} ({})", quoted(label), labels[at].1);
                return Err(Error::argument(INPUTS[i].0, expected, length));
            }
            group_of[i] = Some(found.unwrap_or_else(|| {
                labels.push((label, length));
                labels.len() - 1
            }));
        }
        let law = match &scenario.law_parameters {
            LawParameters::Normal { mean, covariance } => {
                let factor = cholesky(covariance).map_err(|_| {
                    Error::argument("law_parameters", "a positive definite covariance", "one that is not")
                })?;
                LawPrior::Normal { mean: std::array::from_fn(|i| mean[i]), factor }
            }
            LawParameters::Rows { log_a, log_b, log_e, alpha, beta } => {
                let columns = [log_a, log_b, log_e, alpha, beta].map(Values::as_slice);
                LawPrior::Rows { rows: (0..columns[0].len()).map(|i| columns.map(|c| c[i])).collect() }
            }
        };
        let law_choices = scenario.law.is_mixture();
        let trend_choice = scenario.may_follow_trend();
        let mut sampler = Self {
            marginals,
            copula: scenario.copula()?,
            group_of,
            groups: labels.len(),
            law,
            law_choices,
            trend_choice,
            dimension: Vec::new(),
            redrawn: Vec::new(),
        };
        let drawn: Vec<bool> = (0..ROWS + sampler.groups).map(|latent| sampler.is_drawn(latent)).collect();
        sampler.dimension = latents::dimensions(&drawn);
        sampler.redrawn = vec![false; ROWS + sampler.groups];
        Ok(sampler)
    }

    /// Draws the named inputs anew while all others keep their numbers: `law_parameters` is the prior of the base,
    /// `law` the choice among laws, `trend_weight` its own choice too. Correlated inputs go together.
    pub fn redraw(&mut self, scenario: &ExhaustionScenario, names: &[String]) -> Result<()> {
        for name in names {
            match (name.as_str(), INPUTS.iter().position(|&(known, ..)| known == name)) {
                ("law_parameters", _) => self.redrawn[LAW..LAW_CHOICE].fill(true),
                ("law", _) => self.redrawn[LAW_CHOICE] = true,
                (_, Some(i)) => {
                    self.redrawn[self.group_of[i].map_or(i, |group| ROWS + group)] = true;
                    if i == Input::TrendWeight as usize {
                        self.redrawn[TREND_CHOICE] = true;
                    }
                }
                _ => {
                    return Err(Error::argument("redrawn", "inputs, 'law_parameters' or 'law'", quoted(name)));
                }
            }
        }
        let parted = |c: &&Correlation| names.contains(&c.first) != names.contains(&c.second);
        match scenario.correlations.iter().find(parted) {
            Some(c) => Err(Error::argument(
                "redrawn",
                "correlated inputs together",
                format!("only one of {} and {}", c.first, c.second),
            )),
            None => Ok(()),
        }
    }

    /// The replicate that a latent number is drawn from.
    fn replicate_of(&self, latent: usize, replicate: u64) -> u64 {
        if self.redrawn[latent] { replicate ^ ANEW } else { replicate }
    }

    /// How many numbers a draw takes.
    pub fn dimensions(&self) -> usize {
        self.dimension.iter().flatten().count()
    }

    fn is_drawn(&self, latent: usize) -> bool {
        match latent {
            i if i < COUNT => {
                self.group_of[i].is_none() && (!self.marginals[i].is_constant() || self.copula.involves(i))
            }
            LAW => !matches!(&self.law, LawPrior::Rows { rows } if rows.len() == 1),
            i if i < LAW_CHOICE => matches!(self.law, LawPrior::Normal { .. }),
            LAW_CHOICE => self.law_choices,
            TREND_CHOICE => self.trend_choice,
            _ => true,
        }
    }
}

/// Draws one chunk.
#[derive(Debug)]
pub struct Draw<'a> {
    /// What to draw.
    pub sampler: &'a Sampler,
    /// From where.
    pub source: Source<'a>,
    /// Which chunk.
    pub chunk: u64,
    /// Where to.
    pub columns: &'a mut Columns,
}

impl Kernel for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { sampler, source, chunk, columns } = self;
        for (i, column) in columns.inputs.iter_mut().enumerate() {
            if sampler.dimension[i].is_some() {
                normals(sampler, &source, i, chunk, column);
            }
        }
        sampler.copula.mix(&mut columns.inputs);
        for (i, column) in columns.rows.iter_mut().enumerate() {
            uniforms(sampler, &source, ROWS + i, chunk, column);
        }
        for (i, (column, marginal)) in columns.inputs.iter_mut().zip(&sampler.marginals).enumerate() {
            match sampler.group_of[i] {
                Some(group) => {
                    for (x, &u) in column.iter_mut().zip(&columns.rows[group]) {
                        *x = marginal.at_row(u);
                    }
                }
                None => marginal.apply(column),
            }
        }
        match &sampler.law {
            LawPrior::Normal { mean, factor } => {
                for (i, column) in columns.law.iter_mut().enumerate() {
                    normals(sampler, &source, LAW + i, chunk, column);
                }
                for i in (0..5).rev() {
                    let (earlier, rest) = columns.law.split_at_mut(i);
                    let own = &mut rest[0];
                    for x in own.iter_mut() {
                        *x = mean[i] + factor[i][i] * *x;
                    }
                    for (column, &weight) in earlier.iter().zip(&factor[i]) {
                        for (x, &z) in own.iter_mut().zip(column) {
                            *x += weight * z;
                        }
                    }
                }
                draw_again(sampler, mean, factor, &source, chunk, &mut columns.law);
            }
            LawPrior::Rows { rows } => {
                if sampler.dimension[LAW].is_some() {
                    uniforms(sampler, &source, LAW, chunk, &mut columns.law[0]);
                }
                for draw in 0..columns.law[0].len() {
                    let row = rows[((columns.law[0][draw] * rows.len() as f64) as usize).min(rows.len() - 1)];
                    for (column, x) in columns.law.iter_mut().zip(row) {
                        column[draw] = x;
                    }
                }
            }
        }
        if sampler.law_choices {
            uniforms(sampler, &source, LAW_CHOICE, chunk, &mut columns.law_choice);
        }
        if sampler.trend_choice {
            uniforms(sampler, &source, TREND_CHOICE, chunk, &mut columns.trend_choice);
        } else {
            columns.trend_choice.fill(1.0);
        }
    }
}

/// Uniform numbers of a latent in a chunk.
#[inline(always)]
fn uniforms(sampler: &Sampler, source: &Source, latent: usize, chunk: u64, out: &mut [f64]) {
    match *source {
        Source::Philox { key, replicate } => {
            let replicate = sampler.replicate_of(latent, replicate);
            let stream = Stream::new(key, replicate, latents::stream(latent), chunk);
            for (block, four) in out.chunks_exact_mut(4).enumerate() {
                let words = stream.block(block as u64);
                for (x, word) in four.iter_mut().zip(words) {
                    *x = open01(word);
                }
            }
        }
        Source::Sobol { points, key, replicate } => {
            let dimension = sampler.dimension[latent].expect("only latents that are drawn ask for numbers");
            points.fill(key, sampler.replicate_of(latent, replicate), dimension, chunk * CHUNK as u64, out);
        }
    }
}

/// Standard normal numbers of a latent in a chunk.
#[inline(always)]
fn normals(sampler: &Sampler, source: &Source, latent: usize, chunk: u64, out: &mut [f64]) {
    uniforms(sampler, source, latent, chunk, out);
    normal_quantiles(out);
}

/// Exponents out of range are drawn again, with the whole row; a thousand times, then moved into range.
fn draw_again(
    sampler: &Sampler,
    mean: &[f64; 5],
    factor: &[Vec<f64>],
    source: &Source,
    chunk: u64,
    law: &mut [Vec<f64>],
) {
    let (Source::Philox { key, replicate } | Source::Sobol { key, replicate, .. }) = *source;
    let replicate = sampler.replicate_of(LAW, replicate);
    let legal = |x: f64| x > EXPONENT_LOW && x < EXPONENT_HIGH;
    for draw in 0..law[0].len() {
        let mut attempt = 0;
        while !(legal(law[3][draw]) && legal(law[4][draw])) && attempt < 1000 {
            let stream = Stream::new(key, replicate, AGAIN + attempt, chunk);
            let z: [f64; 5] = std::array::from_fn(|i| normal_quantile(open01(stream.word((8 * draw + i) as u64))));
            for (i, column) in law.iter_mut().enumerate() {
                column[draw] = mean[i] + (0..=i).map(|j| factor[i][j] * z[j]).sum::<f64>();
            }
            attempt += 1;
        }
        for column in &mut law[3..] {
            column[draw] = column[draw].clamp(EXPONENT_LOW, EXPONENT_HIGH);
        }
        // Fitted laws lie far inside; this only keeps absurd priors finite.
        for column in &mut law[..3] {
            column[draw] = column[draw].clamp(-50.0, 100.0);
        }
    }
}
