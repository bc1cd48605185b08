//! How many attempts fit under a limit: its exact law, and what policies come to and pay under it.
//!
//! Tokens do not depend on answers, so a policy under a limit is the same policy with N attempts, N drawn first. With
//! gamma tokens the first k attempts fit with probability F(k) = P(c k + p Gamma(k/cv^2) <= limit). What they cost
//! follows from `E[X_k; N >= k]` = E[X] P(Gamma(k/cv^2 + 1) <= the same bound), for the k summands of a gamma sum are
//! exchangeable: the bill of a policy that uses min(T, N) attempts is its mean number of attempts under two laws of N.

use crate::error::{Error, Result};
use crate::sampling::exact::expected::{Charged, Expected};
use crate::sampling::scenario::cost::{Bill, Cost, TokenLaw};
use crate::sampling::scenario::limit::{Crossing, Limit};
use crate::special::incomplete_gamma::{gamma_cdf, ln_gamma_tails};

/// The most numbers of attempts that one limit may allow with probabilities that count.
const MOST_NUMBERS: u64 = 4096;
/// The largest shape of a gamma sum.
const MOST_SHAPE: f64 = 1e7;
/// Tails beyond this share of 1 do not count.
const NEGLIGIBLE: f64 = 1e-16;

/// The law of how many attempts fit under a limit.
#[derive(Debug)]
pub struct Affordable {
    rates: [[f64; 2]; 3],
    mean_rates: Bill,
    /// The limit.
    pub limit: Limit,
    /// The most attempts under any limit.
    pub most: u64,
    /// The law of the tokens, where they vary.
    pub gamma: Option<GammaTokens>,
    /// Attempts whose answers are seen.
    seen: Numbers,
    paid: Paid,
}

/// Tokens whose sums are gamma: k attempts fit under a limit where Gamma(k shape) is at most a bound.
#[derive(Debug, Clone, Copy)]
pub struct GammaTokens {
    shape: f64,
    scale: f64,
    /// What each attempt takes of the limit whatever its tokens.
    constant: f64,
    ceiling: f64,
    /// The numbers of attempts that are almost certain, and all but impossible to exceed.
    spread: (u64, u64),
}

impl GammaTokens {
    fn bound(&self, k: u64) -> f64 {
        (self.ceiling - self.constant * k as f64) / self.scale
    }

    /// P(k attempts fit); with `weighed` = 1 weighed by the tokens of one of them.
    fn tail(&self, k: u64, weighed: f64) -> f64 {
        if k == 0 { 1.0 } else { gamma_cdf(k as f64 * self.shape + weighed, self.bound(k)) }
    }

    /// The logarithms of that probability and of its complement.
    pub fn ln_tails(&self, k: u64, weighed: f64) -> [f64; 2] {
        if k == 0 { [0.0, f64::NEG_INFINITY] } else { ln_gamma_tails(k as f64 * self.shape + weighed, self.bound(k)) }
    }

    /// The number of attempts that fit almost certainly, and the most that may.
    pub const fn spread(&self) -> (u64, u64) {
        self.spread
    }
}

/// What is paid for.
#[derive(Debug)]
enum Paid {
    /// Exactly the attempts seen.
    Seen,
    /// The number of attempts is certain; of the next one so much is paid.
    Share(f64),
    /// Attempts that fit: the law that weighs them by their tokens.
    Affordable(Numbers),
    /// The same where the limit is paid by those whom it stops.
    Cut(Numbers),
}

/// Probabilities of `first`, `first + 1`, ... attempts.
#[derive(Debug)]
struct Numbers {
    first: u64,
    mass: Vec<f64>,
}

impl Numbers {
    fn certain(number: u64) -> Self {
        Self { first: number, mass: vec![1.0] }
    }

    /// From P(N >= k), which falls from 1 to 0; N is at most `most`.
    fn new(tail: impl Fn(u64) -> f64, most: u64) -> Result<Self> {
        // The last k that is certain, and the first that is impossible.
        let first = last_where(|k| tail(k) >= 1.0 - NEGLIGIBLE);
        let end = last_where(|k| tail(k) >= NEGLIGIBLE).min(most);
        let first = first.min(most);
        if end - first > MOST_NUMBERS {
            return Err(Error::NoClosedForm(format!(
                "no closed form for a limit under which the number of attempts spreads over {} numbers, more than \
                 {MOST_NUMBERS}; use simulate",
                end - first
            )));
        }
        let mut mass = Vec::new();
        let mut at_least = 1.0;
        for k in first..=end {
            let more = if k == most { 0.0 } else { tail(k + 1) };
            mass.push((at_least - more).max(0.0));
            at_least = more;
        }
        Ok(Self { first, mass })
    }

    /// The law of one more attempt, at most `most`.
    fn one_more(&self, most: u64) -> Self {
        let mut mass = self.mass.clone();
        if self.first + mass.len() as u64 > most {
            // The last number cannot grow.
            let last = mass.pop().unwrap_or(0.0);
            match mass.last_mut() {
                Some(before) => *before += last,
                None => return Self::certain(most),
            }
        }
        Self { first: self.first + 1, mass }
    }

    fn last(&self) -> u64 {
        self.first + self.mass.len() as u64 - 1
    }

    fn each(&self) -> impl Iterator<Item = (u64, f64)> {
        (self.first..).zip(self.mass.iter().copied()).filter(|&(_, mass)| mass > 0.0)
    }
}

/// The last k, from 0, of which a condition holds that holds of 0 and, once false, stays so.
fn last_where(holds: impl Fn(u64) -> bool) -> u64 {
    let mut high = 1;
    while holds(high) {
        high *= 2;
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

impl Affordable {
    /// The law of a limit for policies that are `checked` or not, with at most `most` attempts.
    pub fn new(cost: &Cost, limit: Limit, checked: bool, most: u64) -> Result<Self> {
        let (rates, mean_rates) = (cost.rates(checked), cost.mean_rates(checked));
        let part = limit.part();
        let [constant, per_token] = rates[part];
        let [mean, cv] = cost.output_tokens;
        let law = |seen, paid| Ok(Self { rates, mean_rates, limit, most, gamma: None, seen, paid });
        if cv == 0.0 || per_token == 0.0 || limit.amount() == 0.0 {
            let each = mean_rates[part];
            let fit = if each == 0.0 { most } else { (libm::floor(limit.ceiling() / each) as u64).min(most) };
            let spent = fit as f64 * each;
            if fit == most || limit.is_spent(spent) || limit.crossing == Crossing::Refund {
                return law(Numbers::certain(fit), Paid::Seen);
            }
            return match limit.crossing {
                Crossing::Finish => law(Numbers::certain(fit + 1), Paid::Seen),
                _ => law(Numbers::certain(fit), Paid::Share((limit.amount() - spent) / each)),
            };
        }
        if cost.law == TokenLaw::Lognormal {
            return Err(Error::NoClosedForm(
                "no closed form under a limit for lognormal tokens, whose sums have no known law; use simulate".into(),
            ));
        }
        let shape = 1.0 / (cv * cv);
        let scale = per_token * mean * cv * cv;
        if limit.ceiling() / scale > MOST_SHAPE {
            return Err(Error::NoClosedForm(
                "no closed form for so large a limit: sums over its attempts take too long; use simulate".into(),
            ));
        }
        let mut gamma = GammaTokens { shape, scale, constant, ceiling: limit.ceiling(), spread: (0, 0) };
        let affordable = Numbers::new(|k| gamma.tail(k, 0.0), most)?;
        let weighed = Numbers::new(|k| gamma.tail(k, 1.0), most)?;
        gamma.spread = (affordable.first.min(weighed.first), affordable.last().max(weighed.last()));
        let law = |seen, paid| Ok(Self { rates, mean_rates, limit, most, gamma: Some(gamma), seen, paid });
        match limit.crossing {
            Crossing::Finish => law(affordable.one_more(most), Paid::Seen),
            Crossing::Refund => law(affordable, Paid::Affordable(weighed)),
            Crossing::Cut => law(affordable, Paid::Cut(weighed)),
        }
    }

    /// The number of attempts where it is certain, and the share of a further one that is paid.
    pub const fn certain(&self) -> (u64, f64) {
        (self.seen.first, if let Paid::Share(share) = self.paid { share } else { 0.0 })
    }

    /// The mean money of one attempt: whatever its tokens, and for them.
    pub fn money(&self) -> [f64; 2] {
        let constant = self.rates[1][0];
        [constant, self.mean_rates[1] - constant]
    }

    /// What a policy comes to, and its bill; a part of the bill that is not known is NaN.
    pub fn exact(&self, expected: impl Fn(f64) -> Result<Expected>, going_on: impl Fn(f64) -> f64) -> Result<Charged> {
        let within = |n: u64| {
            if n == 0 { Ok(Expected::NOTHING) } else { expected(n as f64) }
        };
        let mut mean = Expected::default();
        // The attempts of those who stop by themselves or at the most, under the law of N; who is stopped by the limit.
        let (mut satisfied, mut stopped) = (0.0, 0.0);
        for (n, mass) in self.seen.each() {
            let outcome = within(n)?;
            mean.add(mass, &outcome);
            let on = if n == self.most { 0.0 } else { going_on(n as f64) };
            satisfied += mass * (outcome.attempts - n as f64 * on);
            stopped += mass * on;
        }
        let bill = match &self.paid {
            Paid::Seen => self.mean_rates.map(|each| each * mean.attempts),
            Paid::Share(share) => self.mean_rates.map(|each| each * (mean.attempts + share * stopped)),
            Paid::Affordable(weighed) => {
                let mut tokens = 0.0;
                for (n, mass) in weighed.each() {
                    tokens += mass * within(n)?.attempts;
                }
                self.bill(mean.attempts, tokens)
            }
            Paid::Cut(weighed) => {
                let mut tokens = 0.0;
                for (n, mass) in weighed.each() {
                    let on = if n == self.most { 0.0 } else { going_on(n as f64) };
                    tokens += mass * (within(n)?.attempts - n as f64 * on);
                }
                self.cut(satisfied, tokens, stopped)
            }
        };
        Ok(Charged { expected: mean, bill })
    }

    /// The bill of so many attempts in the mean, with the tokens of so many.
    fn bill(&self, attempts: f64, tokens: f64) -> Bill {
        let constant = |i: usize| self.rates[i][0] * attempts;
        [0, 1, 2].map(|i| constant(i) + (self.mean_rates[i] - self.rates[i][0]) * tokens)
    }

    /// The bill of those who are not stopped, and the limit of those who are. The other parts are known where they are
    /// in proportion: the share of the last attempt that is paid has no simple law.
    fn cut(&self, attempts: f64, tokens: f64, stopped: f64) -> Bill {
        let part = self.limit.part();
        let limited = self.bill(attempts, tokens)[part] + stopped * self.limit.amount();
        let [constant, per_token] = self.rates[part];
        [0, 1, 2].map(|i| {
            let [c, p] = self.rates[i];
            let alike = (c * per_token - p * constant).abs() <= 1e-12 * (c * per_token).abs();
            if i == part {
                limited
            } else if alike {
                limited * p / per_token
            } else if stopped == 0.0 {
                self.bill(attempts, tokens)[i]
            } else {
                f64::NAN
            }
        })
    }
}
