//! Majority voting: two answers by the incomplete beta function, several by generating functions.

use libm::{expm1, log, log1p};

use crate::dispatch::{Kernel, dispatch};
use crate::error::{Error, Result};
use crate::run::Control;
use crate::special::incomplete_beta::{beta_tails, binomial_pmf};

/// The most votes among three answers or more: the work grows as the cube of the votes.
pub const MOST_VOTES: f64 = 512.0;
/// What is left out, relative to the sum.
const NEGLIGIBLE: f64 = 1e-17;

/// P(the correct of two answers has the most votes); a tie is settled by a fair coin, or counts as no answer.
///
/// Odd k: `I_p((k+1)/2, (k+1)/2)`. Even k with the coin equals k - 1: the last vote only makes or breaks ties.
pub fn binary_majority(success: f64, votes: f64, abstain: bool) -> f64 {
    two(success, 1.0 - success, votes, abstain)[0]
}

/// The chances of two answers, p + q = 1, to have the most votes.
fn two(p: f64, q: f64, votes: f64, abstain: bool) -> [f64; 2] {
    let half = (votes / 2.0).floor();
    let odd = votes > 2.0 * half;
    if abstain && !odd {
        return [beta_tails(half + 1.0, half, p, q)[0], beta_tails(half + 1.0, half, q, p)[0]];
    }
    let shape = if odd { half + 1.0 } else { half };
    beta_tails(shape, shape, p, q)
}

/// P(answer 0 has the most votes); `answers` are the probabilities of all answers. A tie at the top is settled at random
/// among the tied answers, or counts as no answer.
pub fn majority(answers: &[f64], votes: f64, abstain: bool, control: &Control) -> Result<f64> {
    let Some((correct, wrong)) = answers.split_first() else {
        return Err(Error::argument("answers", "at least one probability", "none"));
    };
    let total: f64 = answers.iter().sum();
    if (total - 1.0).abs() > 1e-9 {
        return Err(Error::argument("answers", "probabilities that sum to 1", total));
    }
    let answers = Answers::new(*correct, wrong, 0.0);
    if answers.few() {
        return Ok(two(answers.correct, answers.all_wrong, votes, abstain)[0]);
    }
    answers.check(votes)?;
    Count { answers: &answers, votes: votes as usize, abstain, control }.won()
}

/// The probabilities of the answers that a vote may name.
#[derive(Debug, Clone)]
pub struct Answers {
    correct: f64,
    /// Wrong answers of one probability, and how many there are; from small to large.
    wrong: Vec<(f64, usize)>,
    all_wrong: f64,
    /// P(a vote names none).
    idle: f64,
}

impl Answers {
    /// From the probabilities of the correct answer, of every wrong one, and of none; they are divided by their sum.
    pub fn new(correct: f64, wrong: &[f64], idle: f64) -> Self {
        let mut wrong: Vec<f64> = wrong.iter().copied().filter(|&w| w > 0.0).collect();
        wrong.sort_by(f64::total_cmp);
        let all_wrong: f64 = wrong.iter().sum();
        let total = correct + all_wrong + idle;
        let groups = wrong.chunk_by(|x, y| x == y).map(|group| (group[0] / total, group.len())).collect();
        Self { correct: correct / total, wrong: groups, all_wrong: all_wrong / total, idle: idle / total }
    }

    /// Whether so many votes can be counted: any number of them between two answers.
    pub fn check(&self, votes: f64) -> Result<()> {
        if votes <= MOST_VOTES || self.few() {
            return Ok(());
        }
        Err(Error::argument("votes", format!("at most {MOST_VOTES} for three answers or more"), votes))
    }

    fn few(&self) -> bool {
        matches!(self.wrong[..], [] | [(_, 1)])
    }

    /// The chances that the correct answer and that a wrong one has the most votes, ties settled at random; what is left
    /// is that all votes are idle.
    pub fn plurality(&self, votes: f64, control: &Control) -> Result<[f64; 2]> {
        self.check(votes)?;
        if self.few() {
            return Ok(self.of_two(votes));
        }
        let count = Count { answers: self, votes: votes as usize, abstain: false, control };
        let correct = count.won()?;
        let wrong = if correct < 0.5 && self.idle == 0.0 { 1.0 - correct } else { count.lost()? };
        Ok([correct, wrong])
    }

    /// At most one wrong answer: the sum over the number of votes that are not idle.
    fn of_two(&self, votes: f64) -> [f64; 2] {
        let active = self.correct + self.all_wrong;
        if active == 0.0 {
            return [0.0; 2];
        }
        let (p, q) = (self.correct / active, self.all_wrong / active);
        if self.idle == 0.0 {
            return two(p, q, votes, false);
        }
        if p == 0.0 || q == 0.0 {
            let some = -expm1(votes * if active < 0.5 { log1p(-active) } else { log(self.idle) });
            return [p * some, q * some];
        }
        // The less likely answer wins the more rarely the more votes there are: downwards all increments are positive.
        let (less, more) = if p < q { (p, q) } else { (q, p) };
        let (first, chances) = window(votes, active, self.idle);
        let shape = |n: f64| (0.5 * (n + 1.0)).floor();
        let mut half = shape(first + chances.len() as f64 - 1.0);
        let mut upset = beta_tails(half, half, less, more)[0];
        let (mut rare, mut often) = (0.0, 0.0);
        for (i, chance) in chances.iter().enumerate().rev() {
            let n = first + i as f64;
            if n == 0.0 {
                break;
            }
            if shape(n) < half {
                half -= 1.0;
                upset += 0.5 * (more - less) * binomial_pmf(2.0 * half, half, less, more);
            }
            rare += chance * upset;
            often += chance * (1.0 - upset);
        }
        if p < q { [rare, often] } else { [often, rare] }
    }
}

/// The probabilities of a binomial number from a first value on, all but a negligible part of them.
fn window(n: f64, p: f64, q: f64) -> (f64, Vec<f64>) {
    let mode = ((n + 1.0) * p).floor().min(n);
    let top = binomial_pmf(n, mode, p, q);
    let counts = |chance: f64| chance > 1e-3 * NEGLIGIBLE * top;
    let (mut k, mut chance, mut chances) = (mode, top, Vec::new());
    while k > 0.0 && counts(chance) {
        chance *= k * q / ((n - k + 1.0) * p);
        k -= 1.0;
        chances.push(chance);
    }
    let first = k;
    chances.reverse();
    chances.push(top);
    (k, chance) = (mode, top);
    while k < n && counts(chance) {
        chance *= (n - k) * p / ((k + 1.0) * q);
        k += 1.0;
        chances.push(chance);
    }
    (first, chances)
}

/// The count over several answers.
///
/// Given m votes for the correct answer, the others are spread like independent Poisson numbers with their total: an
/// answer is a polynomial whose c-th coefficient is P(Poisson = c), and a product of them has at the total the chance of
/// what is counted. All terms are positive.
struct Count<'a> {
    answers: &'a Answers,
    votes: usize,
    abstain: bool,
    control: &'a Control,
}

/// A polynomial.
type Powers = Vec<f64>;

impl Count<'_> {
    /// P(the correct answer wins): from most votes for it down, for fewer win ever more rarely.
    fn won(&self) -> Result<f64> {
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

    /// P(a wrong answer wins), ties at random: from no vote for the correct one up, for it then loses ever more rarely.
    fn lost(&self) -> Result<f64> {
        let chances = self.chances();
        let mut above: Vec<f64> = sums(chances.iter().rev());
        above.reverse();
        let idle = self.answers.idle / (self.answers.idle + self.answers.all_wrong);
        let mut sum = chances[0] * if idle > 0.0 { -expm1(self.votes as f64 * log(idle)) } else { 1.0 };
        for m in 1..=self.votes / 2 {
            let tied: f64 =
                self.leads(m)?.iter().enumerate().map(|(t, chance)| chance * t as f64 / (t + 1) as f64).sum();
            let lose = tied + self.passed(m)?;
            sum += chances[m] * lose;
            if above[m + 1] * lose <= NEGLIGIBLE * sum {
                break;
            }
        }
        Ok(sum.min(1.0))
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
        let s = |(share, _): &(f64, usize)| share / (self.answers.all_wrong + self.answers.idle);
        let likeliest = self.answers.wrong.last().map_or(0.0, |group| tail(self.votes - m, m, s(group)));
        let (rare, chance) = self.rare(m, 1e-18 * likeliest);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn correct(answers: &[f64], votes: u32, abstain: bool) -> f64 {
        majority(answers, f64::from(votes), abstain, &Control::default()).expect("valid")
    }

    #[test]
    fn symmetric_answers_share_the_chance() {
        assert!((correct(&[0.25; 4], 50, false) - 0.25).abs() < 1e-13);
        assert_eq!(correct(&[1.0], 3, true), 1.0);
    }

    /// All outcomes of the votes over the wrong answers and none.
    #[test]
    fn the_two_sides_of_a_vote_are_the_sum_over_its_outcomes() {
        fn walk(counts: &mut Vec<u32>, left: u32, chance: f64, p: &[f64], sum: &mut [f64; 2]) {
            // p: the correct answer, the wrong ones, none.
            let at = counts.len();
            if at + 1 == p.len() {
                let most = *counts.iter().max().expect("there are answers");
                let leaders = counts.iter().filter(|&&c| c == most).count() as f64;
                if most > 0 {
                    let chance = chance * p[at].powi(left as i32);
                    let won = if counts[0] == most { 1.0 / leaders } else { 0.0 };
                    sum[0] += chance * won;
                    sum[1] += chance * (1.0 - won);
                }
                return;
            }
            let mut ways = 1.0;
            for c in 0..=left {
                counts.push(c);
                walk(counts, left - c, chance * ways * p[at].powi(c as i32), p, sum);
                counts.pop();
                ways *= f64::from(left - c) / f64::from(c + 1);
            }
        }
        for p in [
            &[0.5, 0.2, 0.2, 0.1][..],
            &[0.7, 0.1, 0.1, 0.0],
            &[0.2, 0.3, 0.05, 0.05, 0.05, 0.35],
            &[0.9, 1e-3, 2e-3, 0.0],
            &[0.3, 0.25, 0.45],
            &[0.2, 0.4, 0.4],
            &[0.2, 0.0, 0.8],
            &[0.0, 0.3, 0.7],
        ] {
            let total: f64 = p.iter().sum();
            let p: Vec<f64> = p.iter().map(|x| x / total).collect();
            let (wrong, idle) = (&p[1..p.len() - 1], p[p.len() - 1]);
            for votes in 1..=9 {
                let mut want = [0.0; 2];
                walk(&mut Vec::new(), votes, 1.0, &p, &mut want);
                let got = Answers::new(p[0], wrong, idle).plurality(f64::from(votes), &Control::default());
                for (got, want) in got.expect("nobody cancels").iter().zip(want) {
                    assert!((got - want).abs() <= 1e-13 * want, "{p:?} {votes}: {got} {want}");
                }
            }
        }
    }
}
