//! The yearly model: a block of draws goes through stock, compute, demand, law and shortage, one year after another.
//!
//! A block holds 64 draws, each quantity an array, so that every stage is a loop that vectorises. Draws that the
//! vectorised root does not settle, and laws that need a search, are finished one by one.

use super::compute::{Compute, ComputeOptions};
use super::demand::{self, Market};
use super::draws::Columns;
use super::law::{Base, LN_6, Law, LawSpec, Optimum, Scarcity, derived};
use super::repetition::{CLOSE, Exponents, Shortage, T_MAX, solve, step};
use super::scenario::{BASE_YEAR, Collapse, Demand, ExhaustionScenario, Input};
use super::stock::Stock;
use crate::math::{exp, expm1, ln};

/// Draws per block.
pub const LANES: usize = 64;
/// One number per draw of a block.
pub type Lanes = [f64; LANES];

/// The numbers of a block in a column that starts at a draw.
pub fn lanes(column: &[f64], first: usize) -> Lanes {
    std::array::from_fn(|i| column[first + i])
}

/// The yearly variables: name and unit.
pub const VARIABLES: [(&str, &str); 12] = [
    ("compute", "FLOP"),
    ("demand", "tokens"),
    ("unique_tokens", "tokens"),
    ("effective_stock", "tokens"),
    ("parameters", "parameters"),
    ("tokens", "tokens"),
    ("epochs", "epochs"),
    ("loss_unconstrained", "nats/token"),
    ("loss", "nats/token"),
    ("excess_loss", "nats/token"),
    ("lost_compute", "OOM"),
    ("marginal_value", "nats/token"),
];
/// The definitions of running out.
pub const DEFINITIONS: [&str; 3] = ["effective_stock", "unique_tokens", "half_compute"];
/// Logarithms of reported quantities are cut here.
const LN_MAX: f64 = 345.0;

/// What of the yearly model a scenario uses.
#[derive(Debug, Clone)]
pub struct Options {
    /// The compute model.
    pub compute: ComputeOptions,
    /// The demand model.
    pub demand: Demand,
    /// Model collapse.
    pub collapse: Collapse,
    /// The filter loosens as compute grows.
    pub endogenous_quality: bool,
    /// The year from which runs are overtrained.
    pub overtraining_from: f64,
    /// Orders of magnitude of lost compute that count as running out.
    pub lost_threshold: f64,
    /// The laws and the upper ends of their shares of a uniform number.
    pub laws: Vec<(LawSpec, f64)>,
    /// Years of the projection.
    pub years: Vec<i32>,
}

impl Options {
    /// The options of a checked scenario.
    pub fn new(scenario: &ExhaustionScenario) -> Self {
        let laws = match &scenario.law {
            LawSpec::Mixture { laws, weights } => {
                let total: f64 = weights.iter().sum();
                let mut end = 0.0;
                laws.iter()
                    .zip(weights)
                    .map(|(law, weight)| {
                        end += weight / total;
                        (law.clone(), end)
                    })
                    .collect()
            }
            law => vec![(law.clone(), 1.0)],
        };
        Self {
            compute: ComputeOptions::new(scenario),
            demand: scenario.demand,
            collapse: scenario.collapse,
            endogenous_quality: scenario.endogenous_quality,
            overtraining_from: scenario.overtraining_from,
            lost_threshold: scenario.lost_threshold,
            laws,
            years: scenario.years.clone(),
        }
    }
}

/// Sixty-four draws on their way through the years.
#[derive(Debug, Clone)]
pub struct Block {
    stock: Stock,
    compute: Compute,
    progress: Lanes,
    slowdown: Lanes,
    data_share: Lanes,
    log_a: Lanes,
    log_b: Lanes,
    irreducible: Lanes,
    alpha: Lanes,
    beta: Lanes,
    inv_sum: Lanes,
    /// (alpha + beta) / alpha where repeats lose value, else 0: then nothing is ever short.
    tightness: Lanes,
    params_share: Lanes,
    inv_rate: Lanes,
    ln_ratio: Lanes,
    ln_both: Lanes,
    r: [Lanes; 2],
    inv_r: [Lanes; 2],
    half_ln_over: Lanes,
    ln_multiplier: Lanes,
    multiplier: Lanes,
    trend: [Lanes; 2],
    follows_trend: Lanes,
    inference: Lanes,
    market: [Lanes; 3],
    /// Laws that the vectorised root does not cover.
    slow: Vec<(usize, Law)>,
    /// Whether nothing was ever short.
    untouched: bool,
    // What the next year's prediction starts from.
    t_before: Lanes,
    u: Lanes,
    taylor: [Lanes; 3],
    // The definitions.
    gap: [Lanes; 3],
    /// Year of running out by each definition; infinite while there is none.
    pub exhausted: [Lanes; 3],
}

/// One year's work on a block.
#[derive(Debug, Clone)]
pub struct Scratch {
    ln_c: Lanes,
    ln_u: Lanes,
    ln_k: Lanes,
    year_a: Lanes,
    year_b: Lanes,
    ln_tokens: Lanes,
    ln_reducible: Lanes,
    ln_demand: Lanes,
    t: Lanes,
    start: Lanes,
    root_step: Lanes,
    worth: [Lanes; 2],
    slope: [Lanes; 2],
    /// The year's variables, in the order of `VARIABLES`.
    pub out: [Lanes; VARIABLES.len()],
}

impl Default for Scratch {
    fn default() -> Self {
        let zero = [0.0; LANES];
        Self {
            ln_c: zero,
            ln_u: zero,
            ln_k: zero,
            year_a: zero,
            year_b: zero,
            ln_tokens: zero,
            ln_reducible: zero,
            ln_demand: zero,
            t: zero,
            start: zero,
            root_step: zero,
            worth: [zero; 2],
            slope: [zero; 2],
            out: [zero; VARIABLES.len()],
        }
    }
}

impl Block {
    /// The draws from `first` on, before their first year.
    #[inline(always)]
    pub fn new(columns: &Columns, first: usize, options: &Options, work: &mut Scratch) -> Self {
        let get = |input| lanes(columns.get(input), first);
        let zero = [0.0; LANES];
        let mut base: [Lanes; 5] = std::array::from_fn(|i| lanes(&columns.law[i], first));
        let (mut r_d, mut r_n) = (get(Input::RepetitionData), get(Input::RepetitionParams));
        let mut tight = [1.0; LANES];
        let mut slow = Vec::new();
        // The law that takes everything from the draws needs nothing resolved.
        let drawn = matches!(
            options.laws.as_slice(),
            [(
                LawSpec::Muennighoff { base: None, repetition_data: None, repetition_params: None, max_epochs: None },
                _
            )]
        );
        for i in (0..LANES).filter(|_| !drawn) {
            let spec = match options.laws.as_slice() {
                [(law, _)] => law,
                laws => {
                    let u = columns.law_choice[first + i];
                    let chosen = laws.iter().find(|(_, end)| u < *end);
                    &chosen.unwrap_or_else(|| laws.last().expect("a mixture has laws")).0
                }
            };
            let drawn = Base::new(std::array::from_fn(|j| base[j][i]));
            let law = spec.resolve(drawn, r_d[i], r_n[i]).expect("a checked mixture holds no mixtures");
            let Base { log_a, log_b, log_e, alpha, beta } = law.base;
            for (column, x) in base.iter_mut().zip([log_a, log_b, log_e, alpha, beta]) {
                column[i] = x;
            }
            match law.scarcity {
                Scarcity::Repetition { data, params, max_epochs } => {
                    (r_d[i], r_n[i]) = (data, params);
                    if max_epochs.is_finite() {
                        slow.push((i, law));
                    }
                }
                Scarcity::None => tight[i] = 0.0,
                Scarcity::Penalty { .. } | Scarcity::Bounded { .. } => {
                    tight[i] = 0.0;
                    slow.push((i, law));
                }
            }
        }
        let [log_a, log_b, log_e, alpha, beta] = base;
        let slowdown = get(Input::AlgorithmicSlowdownYears);
        let halving = get(Input::AlgorithmicHalvingMonths);
        let over = get(Input::Overtraining);
        let ln_multiplier = get(Input::MultiEpochMultiplier);
        let weight = get(Input::TrendWeight);
        let mut this = Self {
            stock: Stock::new(columns, first),
            compute: Compute::new(columns, first, &options.compute),
            progress: std::array::from_fn(|i| 12.0 * std::f64::consts::LN_2 / halving[i] * slowdown[i]),
            slowdown: slowdown.map(|x| 1.0 / x),
            data_share: get(Input::DataShare),
            log_a,
            log_b,
            irreducible: log_e.map(exp),
            alpha,
            beta,
            inv_sum: std::array::from_fn(|i| 1.0 / (alpha[i] + beta[i])),
            ln_ratio: std::array::from_fn(|i| ln(alpha[i] / beta[i])),
            ln_both: std::array::from_fn(|i| ln(1.0 + alpha[i] / beta[i])),
            tightness: std::array::from_fn(|i| tight[i] * (alpha[i] + beta[i]) / alpha[i]),
            params_share: std::array::from_fn(|i| beta[i] / (alpha[i] + beta[i])),
            inv_rate: std::array::from_fn(|i| (alpha[i] + beta[i]) / (alpha[i] * beta[i])),
            untouched: true,
            r: [r_n, r_d],
            inv_r: [r_n.map(|x| 1.0 / x), r_d.map(|x| 1.0 / x)],
            half_ln_over: over.map(|x| 0.5 * x),
            ln_multiplier,
            multiplier: ln_multiplier.map(exp),
            trend: [get(Input::TrendDataset), get(Input::TrendGrowth)],
            follows_trend: std::array::from_fn(|i| f64::from(u8::from(columns.trend_choice[first + i] < weight[i]))),
            inference: get(Input::InferenceTokens),
            market: [Input::ProfitIncome, Input::ProfitLossElasticity, Input::ProfitPriceElasticity].map(get),
            slow,
            t_before: zero,
            u: zero,
            taylor: [zero; 3],
            gap: [zero; 3],
            exhausted: [[f64::INFINITY; LANES]; 3],
        };
        // The derivatives where nothing is short, from which the first shortage is predicted.
        work.t = zero;
        work.start = zero;
        this.root(work);
        this
    }
}

impl Block {
    /// Takes the block through one year of the scenario; the years must come in order.
    #[inline(always)]
    pub fn advance(&mut self, index: usize, options: &Options, work: &mut Scratch) {
        let year = f64::from(options.years[index]);
        let before = index.checked_sub(1).map(|i| f64::from(options.years[i]));
        let t = year - f64::from(BASE_YEAR);
        self.compute.ln_compute(year, t, &options.compute, &mut work.ln_c);
        let endogenous = options.endogenous_quality.then_some(&work.ln_c);
        self.stock.ln_unique(year, t, options.collapse, endogenous, &mut work.ln_u);
        self.frontier(t, work);
        self.demand(year, t, options, work);
        let mut short = false;
        for i in 0..LANES {
            short |= work.t[i] > 0.0;
        }
        self.untouched &= !short;
        if self.untouched {
            work.worth = [[0.0; LANES]; 2];
            work.slope = [[1.0; LANES]; 2];
        } else {
            self.predict(work);
            self.root(work);
            self.settle(work);
        }
        self.report(work);
        self.search(work);
        self.define(year, before, options.lost_threshold, work);
    }

    /// The law of the year (progress folded into A and B), its unconstrained optimum, and how short data are.
    #[inline(always)]
    fn frontier(&self, t: f64, work: &mut Scratch) {
        for i in 0..LANES {
            let (alpha, beta) = (self.alpha[i], self.beta[i]);
            let progress = -self.progress[i] * expm1(-t * self.slowdown[i]);
            let progress = if progress > 300.0 { 300.0 } else { progress };
            let data = self.data_share[i];
            let a = self.log_a[i] - alpha * ((1.0 - data) * progress);
            let b = self.log_b[i] - beta * (data * progress);
            let ln_k = work.ln_c[i] - LN_6;
            let ln_g = (self.ln_ratio[i] + a - b) * self.inv_sum[i];
            let ln_params = ln_g + beta * self.inv_sum[i] * ln_k;
            let ln_tokens = ln_k - ln_params;
            let ln_reducible = a - alpha * ln_params + self.ln_both[i];
            let short = (ln_tokens - work.ln_u[i]) * self.tightness[i];
            work.year_a[i] = a;
            work.year_b[i] = b;
            work.ln_k[i] = ln_k;
            work.ln_tokens[i] = ln_tokens;
            work.ln_reducible[i] = if ln_reducible > 300.0 { 300.0 } else { ln_reducible };
            work.t[i] = if short > 0.0 { short } else { 0.0 };
        }
    }

    #[inline(always)]
    fn demand(&self, year: f64, t: f64, options: &Options, work: &mut Scratch) {
        match options.demand {
            Demand::ComputeOptimal => work.ln_demand = work.ln_tokens,
            Demand::TwentyPerParameter => work.ln_demand = work.ln_k.map(demand::twenty_per_parameter),
            Demand::InferenceAware => {
                for i in 0..LANES {
                    let base = self.base(i, work);
                    work.ln_demand[i] = demand::inference_aware(&base, &base.frontier(work.ln_k[i]), self.inference[i]);
                }
            }
            Demand::Profit => {
                for i in 0..LANES {
                    let [ln_income, loss_elasticity, price_elasticity] = self.market.map(|lanes| lanes[i]);
                    let market = Market { ln_income, loss_elasticity, price_elasticity };
                    work.ln_demand[i] = demand::profit(&self.base(i, work), work.ln_k[i], &market);
                }
            }
        }
        let over = if year >= options.overtraining_from { 1.0 } else { 0.0 };
        for i in 0..LANES {
            let trend = self.trend[0][i] + t * self.trend[1][i];
            let law = work.ln_demand[i];
            let chosen = if self.follows_trend[i] > 0.0 { trend } else { law };
            work.ln_demand[i] = chosen + over * self.half_ln_over[i];
        }
    }

    /// The law's base in this year; E is not needed where this is.
    fn base(&self, i: usize, work: &Scratch) -> Base {
        Base { log_a: work.year_a[i], log_b: work.year_b[i], log_e: 0.0, alpha: self.alpha[i], beta: self.beta[i] }
    }

    /// Where the root should be, by Taylor's series in T from the year before.
    #[inline(always)]
    fn predict(&self, work: &mut Scratch) {
        for i in 0..LANES {
            let t = if work.t[i] < T_MAX { work.t[i] } else { T_MAX };
            let d = t - self.t_before[i];
            let [u1, u2, u3] = [self.taylor[0][i], self.taylor[1][i], self.taylor[2][i]];
            let u = self.u[i] + d * (u1 + d * (0.5 * u2 + d * (1.0 / 6.0) * u3));
            let u = if u < t { u } else { t };
            work.start[i] = if u > 0.0 { u } else { 0.0 };
        }
    }

    /// One step of the root on every draw.
    #[inline(always)]
    fn root(&mut self, work: &mut Scratch) {
        for i in 0..LANES {
            let t = if work.t[i] < T_MAX { work.t[i] } else { T_MAX };
            let inverse = [self.inv_r[0][i], self.inv_r[1][i]];
            let r = [self.r[0][i], self.r[1][i]];
            let root = step(work.start[i], t, inverse, r, [self.alpha[i], self.beta[i]]);
            self.t_before[i] = t;
            self.u[i] = root.u;
            work.root_step[i] = root.step;
            work.worth[0][i] = root.ln_worth[0];
            work.worth[1][i] = root.ln_worth[1];
            work.slope[0][i] = root.slope[0];
            work.slope[1][i] = root.slope[1];
            self.taylor[0][i] = root.taylor[0];
            self.taylor[1][i] = root.taylor[1];
            self.taylor[2][i] = root.taylor[2];
        }
    }

    /// Finishes the draws whose step was not small.
    #[inline(always)]
    fn settle(&mut self, work: &mut Scratch) {
        let mut open = 0;
        for i in 0..LANES {
            open += u64::from(!(work.root_step[i].abs() < CLOSE));
        }
        if open > 0 {
            self.settle_open(work);
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_open(&mut self, work: &mut Scratch) {
        for i in 0..LANES {
            if work.root_step[i].abs() < CLOSE {
                continue;
            }
            let r = [self.r[0][i], self.r[1][i]];
            let root = solve(self.t_before[i], Some(work.start[i]), r, [self.alpha[i], self.beta[i]]);
            self.u[i] = root.u;
            for side in 0..2 {
                work.worth[side][i] = root.ln_worth[side];
                work.slope[side][i] = root.slope[side];
            }
            for (lanes, x) in self.taylor.iter_mut().zip(root.taylor) {
                lanes[i] = x;
            }
        }
    }

    /// The year's variables.
    #[inline(always)]
    fn report(&self, work: &mut Scratch) {
        for i in 0..LANES {
            let t = work.t[i];
            let short = t > 0.0;
            let extra = t - T_MAX;
            let u = self.u[i] + if extra > 0.0 { 0.5 * extra } else { 0.0 };
            let ln_tokens = if short { work.ln_u[i] + (t - u) } else { work.ln_tokens[i] };
            let worth = [work.worth[0][i], work.worth[1][i]];
            let slope = [work.slope[0][i], work.slope[1][i]];
            let params_share = self.params_share[i];
            let exponents = Exponents {
                alpha: self.alpha[i],
                beta: self.beta[i],
                params_share,
                tokens_share: 1.0 - params_share,
                rate: self.alpha[i] * params_share,
                inv_rate: self.inv_rate[i],
            };
            let cost = Shortage::new(t, worth, slope, &exponents, false);
            let reducible = exp(work.ln_reducible[i]);
            let unique = exp(work.ln_u[i]);
            let tokens = exp(ln_tokens);
            let params = exp(work.ln_k[i] - ln_tokens);
            let free = self.irreducible[i] + reducible;
            let excess = if short { reducible * cost.excess } else { 0.0 };
            let epochs = tokens / unique;
            let ln_demand = work.ln_demand[i];
            work.out[0][i] = 6.0 * params * tokens;
            work.out[1][i] = exp(if ln_demand > LN_MAX { LN_MAX } else { ln_demand });
            work.out[2][i] = unique;
            work.out[3][i] = unique * self.multiplier[i];
            work.out[4][i] = params;
            work.out[5][i] = tokens;
            work.out[6][i] = if epochs > 1.0 { epochs } else { 1.0 };
            work.out[7][i] = free;
            work.out[8][i] = free + excess;
            work.out[9][i] = excess;
            work.out[10][i] = if short { cost.lost } else { 0.0 };
            work.out[11][i] = if short { reducible * cost.marginal } else { 0.0 };
        }
    }

    /// Overwrites the draws whose law needs a search.
    #[inline(always)]
    fn search(&self, work: &mut Scratch) {
        if !self.slow.is_empty() {
            self.search_slow(work);
        }
    }

    #[cold]
    #[inline(never)]
    fn search_slow(&self, work: &mut Scratch) {
        for (i, law) in &self.slow {
            let i = *i;
            let base = Base { log_e: law.base.log_e, ..self.base(i, work) };
            let best: Optimum = Law { base, ..*law }.optimum(work.ln_k[i], work.ln_u[i]);
            let unique = work.out[2][i];
            let tokens = exp(best.ln_tokens);
            work.out[4][i] = exp(best.ln_params);
            work.out[5][i] = tokens;
            work.out[6][i] = (tokens / unique).max(1.0);
            work.out[7][i] = best.loss_unconstrained;
            work.out[8][i] = best.loss_unconstrained + best.excess;
            work.out[9][i] = best.excess;
            work.out[10][i] = best.lost;
            work.out[11][i] = best.marginal;
        }
    }

    /// What follows from the year's variables, for the first draws of the block.
    #[cold]
    #[inline(never)]
    pub fn derived(&self, which: usize, work: &Scratch, out: &mut [f64]) {
        for (i, x) in out.iter_mut().enumerate() {
            let (ln_k, ln_u) = (work.ln_k[i], work.ln_u[i]);
            let searched = self.slow.iter().find(|(draw, _)| *draw == i);
            let (best, per_data) = if let Some((_, law)) = searched {
                let law = Law { base: Base { log_e: law.base.log_e, ..self.base(i, work) }, ..*law };
                let best = law.optimum(ln_k, ln_u);
                (best, law.compute_per_data(&best, ln_k))
            } else {
                let best = Optimum {
                    ln_params: ln(work.out[4][i]),
                    ln_tokens: ln(work.out[5][i]),
                    lost: work.out[10][i],
                    marginal: work.out[11][i],
                    ..Optimum::default()
                };
                let reducible = exp(work.ln_reducible[i]) + work.out[9][i];
                (best, best.marginal * self.inv_rate[i] / reducible)
            };
            *x = derived(&best, ln_k, ln_u, per_data)[which];
        }
    }

    /// The first year at or above each threshold; between years the gap is interpolated.
    #[inline(always)]
    fn define(&mut self, year: f64, before: Option<f64>, lost_threshold: f64, work: &Scratch) {
        for definition in 0..3 {
            for i in 0..LANES {
                let gap = match definition {
                    0 => work.ln_demand[i] - work.ln_u[i] - self.ln_multiplier[i],
                    1 => work.ln_demand[i] - work.ln_u[i],
                    _ => work.out[10][i] - lost_threshold,
                };
                let last = self.gap[definition][i];
                let crossed = match before {
                    None => year,
                    Some(before) => before + (year - before) * (-last / (gap - last)),
                };
                let open = self.exhausted[definition][i] == f64::INFINITY;
                let now = open && gap >= 0.0;
                self.exhausted[definition][i] = if now { crossed } else { self.exhausted[definition][i] };
                self.gap[definition][i] = gap;
            }
        }
    }
}
