//! How likely counts are under many Betas, side by side.

use super::lanes::{LANES, Lanes, each};
use crate::dispatch::{Kernel, dispatch};
use crate::error::Result;
use crate::fit::beta_binomial::{Counts, Group};
use crate::fit::rises::{by_formula, ln_rises};
use crate::math::ln;
use crate::run::Control;

/// How likely each distinct count is under each of many Betas, as a logarithm.
pub struct LnLikelihoods {
    groups: usize,
    /// Every count under the first Betas, then under the next ones; the last lanes are filled up with the last Beta.
    values: Vec<Lanes>,
}

impl LnLikelihoods {
    /// Under each Beta.
    pub fn new(counts: &Counts, betas: &[[f64; 2]], control: &Control) -> Result<Self> {
        let groups = counts.groups.len();
        let most = counts.groups.iter().fold(0.0_f64, |most, group| most.max(group.attempts));
        let by_formula = by_formula(groups, most);
        let steps = if by_formula { 0 } else { most as usize + 1 };
        let mut sums = [vec![[0.0; LANES]; steps], vec![[0.0; LANES]; steps], vec![[0.0; LANES]; steps]];
        let mut values = Vec::with_capacity(groups * betas.len().div_ceil(LANES));
        for some in betas.chunks(LANES) {
            control.check()?;
            if by_formula {
                for &Group { attempts, correct, .. } in &counts.groups {
                    let mut found = [0.0; LANES];
                    for (lane, found) in found.iter_mut().enumerate().take(some.len()) {
                        *found = ln_rises(some[lane][0], some[lane][1], attempts, correct);
                    }
                    let last = found[some.len() - 1];
                    found[some.len()..].fill(last);
                    values.push(found);
                }
                continue;
            }
            let [alpha, beta] = [0, 1].map(|parameter| each(|lane| some[lane.min(some.len() - 1)][parameter]));
            for (sums, start) in sums.iter_mut().zip([alpha, beta, each(|lane| alpha[lane] + beta[lane])]) {
                dispatch(Sums { start, sums });
            }
            let [right, wrong, all] = &sums;
            for &Group { attempts, correct, .. } in &counts.groups {
                let [right, wrong] = [right[correct as usize], wrong[(attempts - correct) as usize]];
                let all = all[attempts as usize];
                values.push(each(|lane| right[lane] + wrong[lane] - all[lane]));
            }
        }
        Ok(Self { groups, values })
    }

    /// Of every count under the Betas of each of the lanes.
    pub fn lanes(&self) -> impl Iterator<Item = &[Lanes]> {
        self.values.chunks_exact(self.groups)
    }

    /// Of every count under one Beta.
    pub fn of(&self, beta: usize) -> impl Iterator<Item = f64> {
        self.values[beta / LANES * self.groups..][..self.groups].iter().map(move |lanes| lanes[beta % LANES])
    }
}

/// Sums of logarithms of a start and of the numbers that follow it.
struct Sums<'a> {
    start: Lanes,
    sums: &'a mut [Lanes],
}

impl Kernel for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut sum = [0.0; LANES];
        for (step, found) in self.sums.iter_mut().enumerate() {
            *found = sum;
            for lane in 0..LANES {
                sum[lane] += ln(self.start[lane] + step as f64);
            }
        }
    }
}
