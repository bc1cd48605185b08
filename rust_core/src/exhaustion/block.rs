//! The yearly model: a block of draws goes through stock, compute, demand, law and shortage, one year after another.
//!
//! A block holds 64 draws, each quantity an array, so that every stage is a loop that vectorises. What grows by a factor
//! a year is multiplied by it, not exponentiated anew. Laws that need a search are finished one by one.

mod single;

use super::compute::Compute;
use super::crossing::Crossings;
use super::draws::Columns;
use super::lanes::{LANES, Lanes, each, lanes};
use super::laws::Law;
use super::laws::base::{Base, LN_6, LN_LOSS_MAX};
use super::laws::scaling_law::{Drawn, InLanes};
use super::laws::shortage::{Exponents, Shortage};
use super::roots::Roots;
use super::scenario::{Demand, Input};
use super::scratch::Scratch;
use super::stock::Stock;
use super::trajectory::{DEFINITIONS, LN_MAX, Options};
use crate::math::{exp, exp_inside, expm1, ln, ln_inside, log1p};

/// Sixty-four draws on their way through the years.
#[derive(Debug, Clone)]
pub struct Block {
    stock: Stock,
    compute: Compute,
    crossings: Crossings,
    roots: Roots,
    /// What progress adds to ln K in the end, and how far it is: `1 - e^(-t / tau)`, by year and so far, negative.
    whole_progress: Lanes,
    slowing: Lanes,
    slowed: Lanes,
    data_share: Lanes,
    /// ln A, ln B, ln E, alpha, beta of each draw's law.
    coefficients: [Lanes; 5],
    irreducible: Lanes,
    exponents: Ratios,
    /// (alpha + beta) / alpha where repeats lose value, else 0: then nothing is ever short.
    tightness: Lanes,
    /// Whether some draw's repeats lose nothing.
    lossless: bool,
    /// ln D* at K = 1 in the base year, and its slope in progress.
    ln_tokens: [Lanes; 2],
    /// ln(L* - E) at K = 1 in the base year.
    ln_reducible: Lanes,
    half_ln_over: Lanes,
    over: Lanes,
    ln_multiplier: Lanes,
    multiplier: Lanes,
    trend: [Lanes; 2],
    follows_trend: Lanes,
    inference: Lanes,
    market: [Lanes; 3],
    /// Laws that the vectorised root does not cover.
    slow: Vec<(usize, Law)>,
}

/// The exponents of the laws and what is made of them once.
#[derive(Debug, Clone)]
struct Ratios {
    params_share: Lanes,
    rate: Lanes,
    inv_rate: Lanes,
}

impl Block {
    /// The draws from `first` on, before their first year.
    #[inline(always)]
    pub fn new(columns: &Columns, first: usize, options: &Options) -> Self {
        let get = |input| lanes(columns.get(input), first);
        let mut base: [Lanes; 5] = std::array::from_fn(|i| lanes(&columns.law[i], first));
        let (mut r_d, mut r_n) = (get(Input::RepetitionData), get(Input::RepetitionParams));
        let mut tight = [1.0; LANES];
        let mut slow = Vec::new();
        for i in (0..LANES).filter(|_| !options.law_is_drawn()) {
            let spec = options.law(columns.law_choice[first + i]);
            let drawn = Drawn {
                base: Base::new(std::array::from_fn(|j| base[j][i])),
                repetition_data: r_d[i],
                repetition_params: r_n[i],
            };
            let law = spec.resolve(&drawn).expect("a checked mixture holds no mixtures");
            let Base { log_a, log_b, log_e, alpha, beta } = *law.base();
            for (column, x) in base.iter_mut().zip([log_a, log_b, log_e, alpha, beta]) {
                column[i] = x;
            }
            let InLanes { worth, alone } = law.in_lanes();
            match worth {
                Some([data, params]) => (r_d[i], r_n[i]) = (data, params),
                None => tight[i] = 0.0,
            }
            if alone {
                slow.push((i, law));
            }
        }
        let coefficients @ [log_a, log_b, log_e, alpha, beta] = base;
        let slowdown = get(Input::AlgorithmicSlowdownYears);
        let halving = get(Input::AlgorithmicHalvingMonths);
        let data_share = get(Input::DataShare);
        let over = get(Input::Overtraining);
        let half_ln_over = each(|i| 0.5 * over[i]);
        let ln_multiplier = get(Input::MultiEpochMultiplier);
        let weight = get(Input::TrendWeight);
        let params_share = each(|i| beta[i] / (alpha[i] + beta[i]));
        let ln_g = each(|i| (ln(alpha[i] / beta[i]) + log_a[i] - log_b[i]) / (alpha[i] + beta[i]));
        // Of ln D* in progress p: A falls by alpha (1 - data share) p, B by beta (data share) p.
        let slope = |i: usize| (alpha[i] * (1.0 - data_share[i]) - beta[i] * data_share[i]) / (alpha[i] + beta[i]);
        Self {
            stock: Stock::new(columns, first),
            compute: Compute::new(columns, first, &options.compute),
            crossings: Crossings::default(),
            roots: Roots::new(alpha, beta, r_n, r_d),
            whole_progress: each(|i| 12.0 * std::f64::consts::LN_2 / halving[i] * slowdown[i]),
            slowing: each(|i| expm1(-1.0 / slowdown[i])),
            slowed: [0.0; LANES],
            data_share,
            coefficients,
            irreducible: each(|i| exp(log_e[i])),
            exponents: Ratios {
                params_share,
                rate: each(|i| alpha[i] * params_share[i]),
                inv_rate: each(|i| (alpha[i] + beta[i]) / (alpha[i] * beta[i])),
            },
            lossless: tight.contains(&0.0),
            tightness: each(|i| tight[i] * (alpha[i] + beta[i]) / alpha[i]),
            ln_tokens: [each(|i| -ln_g[i]), each(slope)],
            ln_reducible: each(|i| log_a[i] - alpha[i] * ln_g[i] + ln(1.0 + alpha[i] / beta[i])),
            half_ln_over,
            over: each(|i| exp(half_ln_over[i])),
            ln_multiplier,
            multiplier: each(|i| exp(ln_multiplier[i])),
            trend: [get(Input::TrendDataset), get(Input::TrendGrowth)],
            follows_trend: each(|i| f64::from(u8::from(columns.trend_choice[first + i] < weight[i]))),
            inference: get(Input::InferenceTokens),
            market: [Input::ProfitIncome, Input::ProfitLossElasticity, Input::ProfitPriceElasticity].map(get),
            slow,
        }
    }

    /// Year of running out by each definition; infinite where it has not come.
    pub fn exhausted(&self) -> &[Lanes; DEFINITIONS.len()] {
        &self.crossings.year
    }

    /// ln A, ln B, ln E, alpha, beta of each draw's law.
    pub fn coefficients(&self) -> &[Lanes; 5] {
        &self.coefficients
    }

    /// `R_D*` and `R_N*` of a draw's law, where it has them.
    pub fn repetition(&self, i: usize) -> Option<[f64; 2]> {
        let [params, data] = self.roots.worth_scales(i);
        (self.tightness[i] > 0.0).then_some([data, params])
    }

    /// Takes the block through a year; the years must come in order, `before` being the one it was taken through last.
    #[inline(always)]
    pub fn advance(&mut self, year: i32, before: Option<i32>, options: &Options, work: &mut Scratch) {
        let from = before.map_or(options.base_year, f64::from);
        let (passed, rest) = whole_years(f64::from(year) - from);
        for _ in 0..passed {
            self.stock.pass_year();
            for i in 0..LANES {
                // e^(-s) - 1 of s + 1 / tau from those of s and of 1 / tau.
                self.slowed[i] += self.slowing[i] + self.slowed[i] * self.slowing[i];
            }
        }
        if rest != 0.0 {
            self.stock.pass(rest);
            for i in 0..LANES {
                let more = expm1(rest * log1p(self.slowing[i]));
                self.slowed[i] += more + self.slowed[i] * more;
            }
        }
        let (year, before) = (f64::from(year), before.map(f64::from));
        let t = year - options.base_year;
        self.compute.ln_compute(year, t, &options.compute, &mut work.ln_c);
        let endogenous = options.endogenous_quality.then_some(&work.ln_c);
        self.stock.unique(year, t, options.collapse, endogenous, &mut work.out[2], &mut work.ln_u);
        self.frontier(work);
        self.own_frontier(work);
        let over = year >= options.overtraining_from;
        self.demand(t, over, options, work);
        self.roots.advance(&work.short);
        self.report(work);
        if self.lossless {
            self.repeat_freely(work);
        }
        self.search(work);
        let (mut all, mut gap, mut lost) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            gap[i] = work.ln_demand[i] - work.ln_u[i];
            all[i] = gap[i] - self.ln_multiplier[i];
            lost[i] = work.out[10][i] - options.lost_threshold;
        }
        self.crossings.see(0, year, before, &all);
        self.crossings.see(1, year, before, &gap);
        self.crossings.see(2, year, before, &lost);
    }

    /// The unconstrained optimum of the year's law (progress folded into A and B), and how short data are.
    #[inline(always)]
    fn frontier(&self, work: &mut Scratch) {
        for i in 0..LANES {
            let progress = -self.whole_progress[i] * self.slowed[i];
            let progress = if progress > 300.0 { 300.0 } else { progress };
            let ln_k = work.ln_c[i] - LN_6;
            let tokens_share = 1.0 - self.exponents.params_share[i];
            let ln_tokens = (self.ln_tokens[0][i] + tokens_share * ln_k) + self.ln_tokens[1][i] * progress;
            // Whatever the data share, progress counts as compute here.
            let ln_reducible = self.ln_reducible[i] - self.exponents.rate[i] * (ln_k + progress);
            let short = (ln_tokens - work.ln_u[i]) * self.tightness[i];
            work.progress[i] = progress;
            work.ln_k[i] = ln_k;
            work.ln_tokens[i] = ln_tokens;
            work.ln_reducible[i] = within(ln_reducible, -2.0 * LN_LOSS_MAX, LN_LOSS_MAX);
            work.short[i] = if short > 0.0 { short } else { 0.0 };
        }
        // One loop per elementary function: short bodies overlap their latencies.
        for i in 0..LANES {
            // What the run trains on where data are not short.
            work.out[5][i] = exp_inside(within(work.ln_tokens[i], -LN_MAX, LN_MAX));
        }
        for i in 0..LANES {
            work.budget[i] = exp_inside(work.ln_k[i]);
        }
        for i in 0..LANES {
            work.reducible[i] = exp_inside(work.ln_reducible[i]);
        }
    }

    /// The tokens asked for.
    #[inline(always)]
    fn demand(&self, t: f64, over: bool, options: &Options, work: &mut Scratch) {
        if options.demand == Demand::ComputeOptimal && !options.trend {
            for i in 0..LANES {
                work.ln_demand[i] = work.ln_tokens[i] + if over { self.half_ln_over[i] } else { 0.0 };
                work.out[1][i] = work.out[5][i] * if over { self.over[i] } else { 1.0 };
            }
        } else {
            self.other_demand(t, over, options, work);
        }
    }

    #[inline(always)]
    fn exponents(&self, i: usize) -> Exponents {
        let params_share = self.exponents.params_share[i];
        Exponents {
            alpha: self.roots.exponents[0][i],
            beta: self.roots.exponents[1][i],
            params_share,
            tokens_share: 1.0 - params_share,
            rate: self.exponents.rate[i],
            inv_rate: self.exponents.inv_rate[i],
        }
    }

    #[inline(always)]
    fn ln_worth(&self, i: usize) -> [f64; 2] {
        [self.roots.ln_worth[0][i], self.roots.ln_worth[1][i]]
    }

    /// The year's variables; unique tokens and demand are there already.
    #[inline(always)]
    fn report(&self, work: &mut Scratch) {
        for i in 0..LANES {
            let (terms, beyond) = self.exponents(i).ln_terms(work.short[i], self.ln_worth(i));
            (work.terms[0][i], work.terms[1][i]) = (terms[0], terms[1]);
            work.ln_sum[i] = beyond;
        }
        for side in 0..2 {
            for i in 0..LANES {
                work.terms[side][i] = exp_inside(work.terms[side][i]);
            }
        }
        for i in 0..LANES {
            let [params, tokens] = self.exponents(i).terms([work.terms[0][i], work.terms[1][i]]);
            (work.terms[0][i], work.terms[1][i]) = (params, tokens);
            work.ln_sum[i] += ln_inside(params + tokens);
        }
        for i in 0..LANES {
            let short = work.short[i] > 0.0;
            let terms = [work.terms[0][i], work.terms[1][i]];
            let slope = [self.roots.slope[0][i], self.roots.slope[1][i]];
            let cost = Shortage::of(terms, work.ln_sum[i], slope, &self.exponents(i), false);
            let (budget, reducible) = (work.budget[i], work.reducible[i]);
            let unique = work.out[2][i];
            let epochs = if short { self.roots.epochs[i] } else { 1.0 };
            let tokens = if short { unique * epochs } else { work.out[5][i] };
            let free = self.irreducible[i] + reducible;
            let excess = if short { reducible * cost.excess } else { 0.0 };
            work.out[0][i] = 6.0 * budget;
            work.out[3][i] = unique * self.multiplier[i];
            work.out[4][i] = budget / tokens;
            work.out[5][i] = tokens;
            work.out[6][i] = if epochs > 1.0 { epochs } else { 1.0 };
            work.out[7][i] = free;
            work.out[8][i] = free + excess;
            work.out[9][i] = excess;
            work.out[10][i] = if short { cost.lost } else { 0.0 };
            work.out[11][i] = if short { reducible * cost.marginal } else { 0.0 };
        }
    }
}

/// Whole years that pass one by one, and what is left of a time: all of it where it runs back.
fn whole_years(time: f64) -> (u32, f64) {
    let whole = time.floor().max(0.0);
    (whole as u32, time - whole)
}

#[inline(always)]
fn within(x: f64, low: f64, high: f64) -> f64 {
    let x = if x > low { x } else { low };
    if x < high { x } else { high }
}
