//! Votes among several answers, counted exactly: generating functions whose terms are all positive.

use libm::{log, log1p};

use super::answers::{Answers, NEGLIGIBLE};
use crate::dispatch::{Kernel, dispatch};
use crate::error::Result;
use crate::run::Control;
use crate::special::incomplete_beta::binomial_pmf;
use crate::special::one_less_exp;

/// The count over several answers.
///
/// Given m votes for the correct answer, the others are spread like independent Poisson numbers with their total: an
/// answer is a polynomial whose c-th coefficient is P(Poisson = c), and a product of them has at the total the chance of
/// what is counted. All terms are positive.
pub struct Count<'a> {
    /// What a vote may name.
    pub answers: &'a Answers,
    /// How many votes.
    pub votes: usize,
    /// Whether a tie is no answer.
    pub abstain: bool,
    /// Whom to ask whether it goes on.
    pub control: &'a Control,
}

/// A polynomial.
type Powers = Vec<f64>;

impl Count<'_> {
    /// P(the correct answer wins): from most votes for it down, for fewer win ever more rarely.
    pub fn won(&self) -> Result<f64> {
        let chances = self.chances();
        let below: Vec<f64> = sums(chances.iter());
        let mut sum = 0.0;
        for m in (1..=self.votes).rev() {
            let leads = self.leads(m)?;
            let win: f64 = leads.iter().enumerate().map(|(tied, chance)| chance * self.settle(tied)).sum();
            sum += chances[m] * win;
            if below[m - 1] * win <= NEGLIGIBLE * sum {
                break;
            }
        }
        Ok(sum.min(1.0))
    }

    /// P(a wrong answer wins), ties at random: from about the likeliest number of votes for the correct one in that case,
    /// up, for with more it loses ever more rarely, and down, as long as so few votes count.
    pub fn lost(&self) -> Result<f64> {
        let chances = self.chances();
        let below = sums(chances.iter());
        let mut above = sums(chances.iter().rev());
        above.reverse();
        let Answers { all_wrong, idle, .. } = self.answers;
        // P(another vote is idle), from whichever of it and what is left is small.
        let ln_idle =
            if idle < all_wrong { log(idle / (idle + all_wrong)) } else { log1p(-all_wrong / (idle + all_wrong)) };
        let mut sum = chances[0] * one_less_exp(self.votes as f64 * ln_idle);
        let most = self.votes / 2;
        let guess = |m: &usize| chances[*m] * self.likeliest(*m);
        let start = (1..=most).max_by(|x, y| guess(x).total_cmp(&guess(y))).unwrap_or(1);
        for m in start..=most {
            let lose = self.loses(m)?;
            sum += chances[m] * lose;
            if above[m + 1] * lose <= NEGLIGIBLE * sum {
                break;
            }
        }
        for m in (1..start).rev() {
            if below[m] <= NEGLIGIBLE * sum {
                break;
            }
            sum += chances[m] * self.loses(m)?;
        }
        Ok(sum.min(1.0))
    }

    /// Given m votes for the correct answer: P(another one wins).
    fn loses(&self, m: usize) -> Result<f64> {
        let tied: f64 = self.leads(m)?.iter().enumerate().map(|(t, chance)| chance * t as f64 / (t + 1) as f64).sum();
        Ok(tied + self.passed(m)?)
    }

    /// Given m votes for the correct answer: P(the likeliest other one has m or more), at most.
    fn likeliest(&self, m: usize) -> f64 {
        let Answers { wrong, all_wrong, idle, .. } = self.answers;
        wrong.last().map_or(0.0, |(share, _)| tail(self.votes - m, m, share / (all_wrong + idle)))
    }

    /// P(m votes for the correct answer).
    fn chances(&self) -> Vec<f64> {
        let Answers { correct, all_wrong, idle, .. } = *self.answers;
        (0..=self.votes).map(|m| binomial_pmf(self.votes as f64, m as f64, correct, all_wrong + idle)).collect()
    }

    fn settle(&self, tied: usize) -> f64 {
        if self.abstain { f64::from(u8::from(tied == 0)) } else { 1.0 / (tied + 1) as f64 }
    }

    /// Given m votes for the correct answer: the chances that no other has more, and 0, 1, ... have as many.
    fn leads(&self, m: usize) -> Result<Vec<f64>> {
        let rest = self.votes - m;
        if m > rest {
            return Ok(vec![1.0]);
        }
        // What happens with less than a hair of the chance to lead cannot count.
        for most in [1e-30, 1e-60, 1e-120, 1e-240] {
            let (rare, chance) = self.rare(m, most);
            let found = self.leads_of(m, rare)?;
            if chance <= NEGLIGIBLE * found.iter().sum::<f64>() {
                return Ok(found);
            }
        }
        self.leads_of(m, 0)
    }

    /// The same where the first `rare` groups never have m votes.
    fn leads_of(&self, m: usize, rare: usize) -> Result<Vec<f64>> {
        let rest = self.votes - m;
        let (scale, idle) = self.scale(rest, rare);
        // One polynomial for each number of ties; a tied answer's m votes are left out of its degree.
        let mut state = vec![poisson(idle, rest)];
        for &(share, members) in &self.answers.wrong[rare..] {
            self.control.check()?;
            let mut fewer = poisson(scale * share, m);
            let equal = if fewer.len() > m { fewer.pop().unwrap_or(0.0) } else { 0.0 };
            let most = members.min(rest / m);
            let mut group = vec![power(&fewer, members - most, rest)];
            for tied in (0..most).rev() {
                group.push(product(&group[most - tied - 1], &fewer, rest));
            }
            group.reverse();
            let mut ways = 1.0;
            for (tied, part) in group.iter_mut().enumerate() {
                if tied > 0 {
                    ways *= equal * (members - tied + 1) as f64 / tied as f64;
                    part.iter_mut().for_each(|x| *x *= ways);
                }
            }
            let mut next: Vec<Powers> = Vec::new();
            for (before, old) in state.iter().enumerate() {
                for (tied, part) in group.iter().enumerate().take(rest / m + 1 - before) {
                    let all = before + tied;
                    if next.len() <= all {
                        next.push(Vec::new());
                    }
                    add(&mut next[all], product(old, part, rest - all * m));
                }
            }
            state = next;
        }
        let norm = poisson(rest as f64, rest)[rest];
        Ok(state.iter().enumerate().map(|(tied, p)| p.get(rest - tied * m).map_or(0.0, |x| x / norm)).collect())
    }

    /// Given m votes for the correct answer: P(another one has more).
    fn passed(&self, m: usize) -> Result<f64> {
        let (rare, chance) = self.rare(m, 1e-18 * self.likeliest(m));
        if rare > 0 {
            let found = self.passed_of(m, rare)?;
            if chance <= 1e-16 * found {
                return Ok(found);
            }
        }
        self.passed_of(m, 0)
    }

    /// The same where the first `rare` groups never have m votes: group by group, the first with more votes.
    fn passed_of(&self, m: usize, rare: usize) -> Result<f64> {
        let rest = self.votes - m;
        let (scale, idle) = self.scale(rest, rare);
        let groups = &self.answers.wrong[rare..];
        let mut later = idle + groups.iter().map(|&(share, members)| scale * share * members as f64).sum::<f64>();
        let (mut state, mut sum) = (vec![1.0], 0.0);
        for &(share, members) in groups {
            self.control.check()?;
            let rate = scale * share;
            let upto = poisson(rate, m);
            let mut more = poisson(rate, rest);
            more.iter_mut().take(m + 1).for_each(|x| *x = 0.0);
            // With u for up to m votes and v for more: u^n, and (u + v)^n - u^n, by doubling.
            let (mut none, mut some, mut done) = (vec![1.0], Vec::new(), 0);
            for bit in (0..usize::BITS - members.leading_zeros()).rev() {
                let free = poisson(rate * f64::from(done), rest);
                let mut twice = product(&some, &free, rest);
                add(&mut twice, product(&none, &some, rest));
                (none, some, done) = (product(&none, &none, rest), twice, 2 * done);
                if members >> bit & 1 == 1 {
                    let free = poisson(rate, rest);
                    let mut again = product(&some, &free, rest);
                    add(&mut again, product(&none, &more, rest));
                    (none, some, done) = (product(&none, &upto, rest), again, done + 1);
                }
            }
            later = (later - rate * members as f64).max(0.0);
            let passed = product(&some, &poisson(later, rest), rest);
            sum += state.iter().enumerate().map(|(i, x)| x * passed.get(rest - i).unwrap_or(&0.0)).sum::<f64>();
            state = product(&state, &none, rest);
        }
        Ok(sum / poisson(rest as f64, rest)[rest])
    }

    /// The rate of a vote's probability, and of what is not counted: idle votes and the first `rare` groups.
    fn scale(&self, rest: usize, rare: usize) -> (f64, f64) {
        let Answers { wrong, all_wrong, idle, .. } = self.answers;
        let scale = rest as f64 / (all_wrong + idle);
        let uncounted: f64 = wrong[..rare].iter().map(|&(share, members)| share * members as f64).sum();
        (scale, scale * (idle + uncounted))
    }

    /// How many groups, from the least likely on, have m votes or more with a chance below `most` in all; and that
    /// chance, from above.
    fn rare(&self, m: usize, most: f64) -> (usize, f64) {
        let Answers { wrong, all_wrong, idle, .. } = self.answers;
        let mut sum = 0.0;
        for (i, &(share, members)) in wrong.iter().enumerate() {
            let next = sum + members as f64 * tail(self.votes - m, m, share / (all_wrong + idle));
            if next >= most {
                return (i, sum);
            }
            sum = next;
        }
        (wrong.len(), sum)
    }
}

/// P(Binomial(n, p) >= m) at most: a geometric series from P(m) on.
fn tail(n: usize, m: usize, p: f64) -> f64 {
    let (n, m) = (n as f64, m as f64);
    let ratio = (n - m) * p / ((m + 1.0) * (1.0 - p));
    if ratio < 0.9 { (binomial_pmf(n, m, p, 1.0 - p) / (1.0 - ratio)).min(1.0) } else { 1.0 }
}

/// Running sums.
fn sums<'a>(values: impl Iterator<Item = &'a f64>) -> Vec<f64> {
    values
        .scan(0.0, |sum, x| {
            *sum += x;
            Some(*sum)
        })
        .collect()
}

/// P(Poisson = c) for c up to `degree`, or as far as they are numbers.
fn poisson(rate: f64, degree: usize) -> Powers {
    let mut chances = vec![libm::exp(-rate)];
    for c in 1..=degree {
        let next = chances[c - 1] * (rate / c as f64);
        if next == 0.0 {
            break;
        }
        chances.push(next);
    }
    chances
}

/// A polynomial to a power, up to a degree.
fn power(base: &[f64], exponent: usize, degree: usize) -> Powers {
    let mut result = vec![1.0];
    for bit in (0..usize::BITS - exponent.leading_zeros()).rev() {
        result = product(&result, &result, degree);
        if exponent >> bit & 1 == 1 {
            result = product(&result, base, degree);
        }
    }
    result
}

fn add(sum: &mut Powers, other: Powers) {
    if sum.len() < other.len() {
        sum.resize(other.len(), 0.0);
    }
    sum.iter_mut().zip(other).for_each(|(x, y)| *x += y);
}

/// The product of two polynomials, up to a degree.
fn product(x: &[f64], y: &[f64], degree: usize) -> Powers {
    let (short, long) = if x.len() < y.len() { (x, y) } else { (y, x) };
    if short.is_empty() { Vec::new() } else { dispatch(Product { short, long, degree }) }
}

struct Product<'a> {
    short: &'a [f64],
    long: &'a [f64],
    degree: usize,
}

impl Kernel for Product<'_> {
    type Output = Powers;

    #[inline(always)]
    fn run(self) -> Powers {
        let Self { short, long, degree } = self;
        let mut result = vec![0.0; (short.len() + long.len() - 1).min(degree + 1)];
        for (i, &x) in short.iter().enumerate().take(degree + 1) {
            if x != 0.0 {
                result[i..].iter_mut().zip(long).for_each(|(sum, y)| *sum += x * y);
            }
        }
        result
    }
}
