//! What attempts cost: the bill of the first k of them, and how many fit under a limit.

use libm::floor;

use crate::sampling::draw::tokens::Tokens;
use crate::sampling::scenario::cost::{Bill, Cost};
use crate::sampling::scenario::limit::{Crossing, Limit};

/// The seconds of a bill.
const SECONDS: usize = 2;

/// What a task may use under a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affordable {
    /// Attempts whose answers are seen.
    pub attempts: u64,
    /// The bill where they are not enough.
    pub bill: Bill,
}

/// The attempts that are paid for where `used` of at most `most` are: a batch that was begun is.
pub fn paid(used: u64, batch: u64, most: u64) -> u64 {
    used.div_ceil(batch).saturating_mul(batch).min(most)
}

impl Cost {
    /// The bill of `used` attempts of at most `most`; `checked` where the verifier saw each of them.
    pub fn bill(&self, tokens: &mut Tokens, used: u64, most: u64, checked: bool) -> Bill {
        self.bill_of(tokens, paid(used, self.parallel as u64, most), checked)
    }

    /// The bill of so many correct and wrong attempts, one after the other, each with tokens of its own.
    pub fn bill_by_class(&self, tokens: [&mut Tokens; 2], used: [u64; 2], checked: bool) -> Bill {
        let n = (used[0] + used[1]) as f64;
        let output: f64 = tokens.into_iter().zip(used).map(|(tokens, used)| tokens.of(used)).sum();
        self.rates(checked).map(|[constant, per_token]| n * constant + output * per_token)
    }

    /// The bill of the first `paid` attempts, in batches.
    fn bill_of(&self, tokens: &mut Tokens, paid: u64, checked: bool) -> Bill {
        let (n, output) = (paid as f64, tokens.of(paid));
        let (rounds, waited) = match self.parallel {
            1.0 => (n, output),
            batch => (paid.div_ceil(batch as u64) as f64, tokens.waited(paid)),
        };
        let [all, money, seconds] = self.rates(checked);
        [n * all[0] + output * all[1], n * money[0] + output * money[1], rounds * seconds[0] + waited * seconds[1]]
    }

    /// What a task may use under a limit, and at most `most` attempts.
    pub fn affordable(&self, tokens: &mut Tokens, limit: &Limit, checked: bool, most: u64) -> Affordable {
        let part = limit.part();
        let fit = self.affordable_attempts(tokens, limit, checked, most);
        let bill = self.bill_of(tokens, fit, checked);
        let next = fit.saturating_add(self.parallel as u64).min(most);
        if next == fit || limit.crossing == Crossing::Refund || limit.is_spent(bill[part]) {
            return Affordable { attempts: fit, bill };
        }
        let beyond = self.bill_of(tokens, next, checked);
        if limit.crossing == Crossing::Finish {
            return Affordable { attempts: next, bill: beyond };
        }
        let share = ((limit.amount() - bill[part]) / (beyond[part] - bill[part])).clamp(0.0, 1.0);
        let mut cut = [0, 1, 2].map(|i| bill[i] + share * (beyond[i] - bill[i]));
        cut[part] = limit.amount();
        Affordable { attempts: fit, bill: cut }
    }

    /// How many attempts, in whole batches and at most `most`, fit under a limit; all of them where they are free.
    fn affordable_attempts(&self, tokens: &mut Tokens, limit: &Limit, checked: bool, most: u64) -> u64 {
        let batch = self.parallel as u64;
        let part = limit.part();
        let [constant, per_token] = self.rates(checked)[part];
        let [mean, cv] = self.output_tokens;
        if cv == 0.0 || per_token == 0.0 {
            let attempt = constant + per_token * mean;
            let round = if part == SECONDS { attempt } else { attempt * batch as f64 };
            if round == 0.0 {
                return most;
            }
            let fit = (floor(limit.ceiling() / round) as u64).saturating_mul(batch).min(most);
            // The last batch may be a smaller one.
            let whole = part != SECONDS && most - fit < batch && most as f64 * attempt <= limit.ceiling();
            return if whole { most } else { fit };
        }
        if !self.draws_each_attempt() {
            return tokens.affordable_gamma(limit.ceiling(), [constant, per_token * mean * cv * cv]).min(most);
        }
        let mut fit = 0u64;
        loop {
            let next = fit.saturating_add(batch).min(most);
            if next == fit || self.bill_of(tokens, next, checked)[part] > limit.ceiling() {
                return fit;
            }
            fit = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::draw::tokens::tests::{cost, stream};
    use crate::sampling::scenario::cost::TokenLaw;
    use crate::sampling::scenario::limit::LimitKind;
    use crate::sampling::scenario::limit::MOST_ATTEMPTS;

    #[test]
    fn a_batch_is_paid_in_full_and_lasts_as_long_as_its_slowest_attempt() {
        let settings = Cost { parallel: 4.0, ..cost(TokenLaw::Gamma, 0.6) };
        let mut tokens = Tokens::new(settings);
        tokens.start(stream([1, 2], 0, 9));
        let bill = settings.bill(&mut tokens, 5, 10, true);
        let each: Vec<f64> = (0..8).map(|k| tokens.of(k + 1) - tokens.of(k)).collect();
        let slowest = |range: std::ops::Range<usize>| each[range].iter().copied().fold(0.0, f64::max);
        assert!((bill[0] - (80.0 + tokens.of(8))).abs() < 1e-9);
        assert!((bill[2] - (0.01 * (slowest(0..4) + slowest(4..8)) + 1.0)).abs() < 1e-9);
        assert_eq!(settings.bill(&mut tokens, 9, 10, true)[0], 100.0 + tokens.of(10));
    }

    fn limit(part: usize, amount: f64, crossing: Crossing) -> Limit {
        let only = |at: usize| (part == at).then_some(amount);
        Limit { kind: LimitKind::Limit, tokens: only(0), cost: only(1), seconds: only(2), crossing }
    }

    /// Against adding up one attempt (or batch) after the other.
    #[test]
    fn as_much_fits_as_one_finds_by_adding_up() {
        for (law, cv, parallel) in [
            (TokenLaw::Gamma, 0.6, 1.0),
            (TokenLaw::Gamma, 3.0, 1.0),
            (TokenLaw::Gamma, 0.0, 1.0),
            (TokenLaw::Gamma, 0.0, 4.0),
            (TokenLaw::Gamma, 0.6, 4.0),
            (TokenLaw::Lognormal, 0.6, 1.0),
            (TokenLaw::Lognormal, 0.6, 3.0),
        ] {
            let settings = Cost { parallel, verifier_price: 3e-4, ..cost(law, cv) };
            let mut tokens = Tokens::new(settings);
            for (case, checked) in (0..60).zip([false, true].into_iter().cycle()) {
                tokens.start(stream([5, 6], 1, case));
                for part in 0..3 {
                    let each = settings.mean_rates(checked)[part];
                    for (amount, most) in
                        [(0.0, 90), (0.3, 90), (3.7, 90), (14.2, MOST_ATTEMPTS), (60.0, 50), (90.0, 90)]
                    {
                        let amount = amount * each;
                        let mut ends = vec![0];
                        let batch = parallel as u64;
                        while ends[ends.len() - 1] < most.min(400) {
                            ends.push((ends[ends.len() - 1] + batch).min(most));
                        }
                        let mut bill = |k| settings.bill_of(&mut tokens, k, checked);
                        let fits: Vec<u64> =
                            ends.iter().copied().filter(|&k| bill(k)[part] <= amount * (1.0 + 1e-12)).collect();
                        let fit = fits.len() - 1;
                        let paid = bill(ends[fit]);
                        let next = ends.get(fit + 1).map(|&k| (k, bill(k)));
                        let spent = paid[part] >= amount * (1.0 - 1e-12);
                        for crossing in [Crossing::Cut, Crossing::Refund, Crossing::Finish] {
                            let got = settings.affordable(&mut tokens, &limit(part, amount, crossing), checked, most);
                            let (attempts, bill) = match (crossing, next) {
                                (Crossing::Finish, Some(next)) if !spent => next,
                                (Crossing::Cut, Some((_, beyond))) if !spent => {
                                    let share = (amount - paid[part]) / (beyond[part] - paid[part]);
                                    (ends[fit], [0, 1, 2].map(|i| paid[i] + share * (beyond[i] - paid[i])))
                                }
                                _ => (ends[fit], paid),
                            };
                            assert_eq!(got.attempts, attempts, "{law:?} {cv} {parallel} {part} {amount} {crossing:?}");
                            let close = bill.iter().zip(got.bill).all(|(a, b)| (a - b).abs() <= 1e-9 * a);
                            assert!(close, "{law:?} {cv} {parallel} {part} {amount} {crossing:?}: {bill:?} {got:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn free_attempts_fit_up_to_the_most() {
        let free = Cost { price_in: 0.0, price_out: 0.0, ..cost(TokenLaw::Gamma, 0.6) };
        let mut tokens = Tokens::new(free);
        tokens.start(stream([5, 6], 1, 2));
        let got = free.affordable(&mut tokens, &limit(1, 4.0, Crossing::Finish), false, 70);
        assert_eq!((got.attempts, got.bill[1]), (70, 0.0));
    }
}
