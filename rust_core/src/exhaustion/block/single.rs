//! What a block does draw by draw: demand other than the compute-optimal, and laws that need a search.

use super::super::demand;
use super::super::derived::derived;
use super::super::lanes::LANES;
use super::super::laws::Progress;
use super::super::laws::base::{Base, Optimum};
use super::super::profit::{Market, profit};
use super::super::scenario::Demand;
use super::super::scratch::Scratch;
use super::super::trajectory::{LN_MAX, Options};
use super::{Block, within};
use crate::math::{exp, ln};

/// ln of the demand of one who trains nothing, far below every stock; it is reported as 0.
const NO_RUN: f64 = -LN_MAX;

impl Block {
    /// The optimal tokens of draws whose frontier is not that of a power law.
    #[inline(always)]
    pub(super) fn own_frontier(&self, work: &mut Scratch) {
        if !self.slow.is_empty() {
            self.own_frontier_slow(work);
        }
    }

    #[cold]
    #[inline(never)]
    fn own_frontier_slow(&self, work: &mut Scratch) {
        for &(i, law) in &self.slow {
            if !law.is_power_law() {
                let Progress { params, tokens } = self.progress(i, work);
                work.ln_tokens[i] = law.unconstrained(work.ln_k[i] + params + tokens).1 - tokens;
                work.out[5][i] = exp(within(work.ln_tokens[i], -LN_MAX, LN_MAX));
            }
        }
    }

    #[inline(never)]
    pub(super) fn other_demand(&self, t: f64, over: bool, options: &Options, work: &mut Scratch) {
        for i in 0..LANES {
            let law = match options.demand {
                Demand::ComputeOptimal => work.ln_tokens[i],
                Demand::TwentyPerParameter => demand::twenty_per_parameter(work.ln_k[i]),
                Demand::InferenceAtBudget => {
                    let base = self.base(i, work);
                    demand::inference_at_budget(&base, &base.frontier(work.ln_k[i]), self.inference[i])
                }
                Demand::InferenceAtLoss => {
                    let base = self.base(i, work);
                    demand::inference_at_loss(&base, &base.frontier(work.ln_k[i]), self.inference[i])
                }
                Demand::Profit => {
                    let [ln_income, loss_elasticity, price_elasticity] = self.market.map(|lanes| lanes[i]);
                    let market = Market { ln_income, loss_elasticity, price_elasticity };
                    profit(&self.base(i, work), work.ln_k[i], &market).unwrap_or(NO_RUN)
                }
            };
            let trend = self.trend[0][i] + t * self.trend[1][i];
            let chosen = if self.follows_trend[i] > 0.0 { trend } else { law };
            let made = chosen > NO_RUN;
            work.ln_demand[i] = chosen + if over && made { self.half_ln_over[i] } else { 0.0 };
            let asked = exp(if work.ln_demand[i] > LN_MAX { LN_MAX } else { work.ln_demand[i] });
            work.out[1][i] = if made { asked } else { 0.0 };
        }
    }

    /// What algorithmic progress has made of parameters and tokens by this year.
    fn progress(&self, i: usize, work: &Scratch) -> Progress {
        let (data, progress) = (self.data_share[i], work.progress[i]);
        Progress { params: (1.0 - data) * progress, tokens: data * progress }
    }

    /// The power law's base in this year; E is not needed where this is.
    fn base(&self, i: usize, work: &Scratch) -> Base {
        let (alpha, beta) = (self.roots.exponents[0][i], self.roots.exponents[1][i]);
        let Progress { params, tokens } = self.progress(i, work);
        Base {
            log_a: self.coefficients[0][i] - alpha * params,
            log_b: self.coefficients[1][i] - beta * tokens,
            log_e: 0.0,
            alpha,
            beta,
        }
    }

    /// Epochs where repeats lose nothing.
    #[cold]
    #[inline(never)]
    pub(super) fn repeat_freely(&self, work: &mut Scratch) {
        for i in (0..LANES).filter(|&i| self.tightness[i] == 0.0) {
            work.out[6][i] = (work.out[5][i] / work.out[2][i]).max(1.0);
        }
    }

    /// Overwrites the draws whose law needs a search.
    #[inline(always)]
    pub(super) fn search(&self, work: &mut Scratch) {
        if !self.slow.is_empty() {
            self.search_slow(work);
        }
    }

    #[cold]
    #[inline(never)]
    fn search_slow(&self, work: &mut Scratch) {
        for &(i, law) in &self.slow {
            let best = law.optimum_after(self.progress(i, work), work.ln_k[i], work.ln_u[i]);
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
                let progress = self.progress(i, work);
                let best = law.optimum_after(progress, ln_k, ln_u);
                (best, law.compute_per_data(&best, ln_k + progress.params + progress.tokens))
            } else {
                let best = Optimum {
                    ln_params: ln(work.out[4][i]),
                    ln_tokens: ln(work.out[5][i]),
                    lost: work.out[10][i],
                    marginal: work.out[11][i],
                    ..Optimum::default()
                };
                let reducible = exp(work.ln_reducible[i]) + work.out[9][i];
                (best, best.marginal * self.exponents.inv_rate[i] / reducible)
            };
            *x = derived(&best, ln_k, ln_u, per_data)[which];
        }
    }
}
