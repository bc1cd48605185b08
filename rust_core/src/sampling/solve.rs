//! The exact solution: the same rows as a simulation, from closed forms, or the reason why there is none.
//!
//! Stop at the first acceptance, at most K attempts: accepted = 1-b^K, accuracy = q(1-b^K), attempts (1-b^K)/a,
//! coverage 1-(1-p)^K (Stroebl, Kapoor, Narayanan, arXiv 2411.17501, with false negatives and a finite number of
//! attempts added). With a pool the same with C(n-A, K)/C(n, K) in place of b^K.

use libm::{exp, expm1};

use super::estimate::TaskMeans;
use super::exact::Context;
use super::law::{Event, TaskLaw};
use super::policy::Policy;
use super::scenario::SamplingScenario;
use super::score;
use super::tally::SHARES;
use crate::closed_form::special::{ln_beta_ratio, ln_none_drawn};
use crate::error::{Error, Result};
use crate::run::Control;

/// One exact row.
#[derive(Debug, Clone, Default)]
pub struct ExactRow {
    /// Per-task means; their variances are 0, for nothing was estimated.
    pub means: TaskMeans,
    /// Quantiles of the whole benchmark's shares in one run, in the order of `SHARES`; empty where not asked for or not
    /// known.
    pub share_quantiles: [Vec<f64>; SHARES.len()],
    /// The same of its utility.
    pub utility_quantiles: Vec<f64>,
}

/// Solves a scenario and visits its rows: `visit(policy, grid point, row)`.
pub fn solve(
    scenario: &SamplingScenario,
    quantiles: &[String],
    control: &Control,
    mut visit: impl FnMut(usize, usize, ExactRow),
) -> Result<()> {
    let laws = scenario.laws();
    let context = Context::new(scenario, &laws);
    let grid = scenario.grid();
    let weighted = scenario.weights().is_some();
    for (g, &cap) in grid[..scenario.answerable()].iter().enumerate() {
        for (p, policy) in scenario.policies.iter().enumerate() {
            control.check()?;
            let mut row = ExactRow { means: means(scenario, &laws, &context, *policy, cap as f64)?, ..ExactRow::default() };
            if !weighted {
                row.score(scenario, quantiles, control)?;
            }
            visit(p, g, row);
        }
    }
    Ok(())
}

/// Exact means of every task at `cap` attempts.
fn means(
    scenario: &SamplingScenario,
    laws: &[TaskLaw],
    context: &Context,
    policy: Policy,
    cap: f64,
) -> Result<TaskMeans> {
    let mut means = TaskMeans::default();
    let covered = scenario.knows_coverage();
    for law in laws {
        let Outcome { accepted, correct, wrong, coverage, attempts } = context.outcome(law, policy, cap)?;
        if policy.accepts() {
            means.accepted.push(accepted);
        }
        means.correct.push(correct);
        means.wrong.push(wrong);
        if covered {
            means.covered.push(coverage);
        }
        means.attempts[0].push(attempts);
        if let Some(u) = scenario.utility {
            means.utility[0].push(u.correct_reward * correct - u.wrong_cost * wrong - u.attempt_cost * attempts);
        }
    }
    let zeros = vec![0.0; laws.len()];
    if scenario.utility.is_some() {
        means.utility[1].clone_from(&zeros);
    }
    means.attempts[1] = zeros;
    Ok(means)
}

/// What one task comes to.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// P(an accepted answer is returned); NaN where the policy asks no verifier.
    pub accepted: f64,
    /// P(the returned answer is correct).
    pub correct: f64,
    /// P(the returned answer is wrong).
    pub wrong: f64,
    /// P(some attempt is correct).
    pub coverage: f64,
    /// E[attempts].
    pub attempts: f64,
}

/// The exact outcome of one task at `cap` attempts.
pub fn outcome(law: &TaskLaw, policy: Policy, cap: f64) -> Outcome {
    if let TaskLaw::Posterior { beta: [alpha, beta], .. } = *law {
        // With a perfect verifier the first acceptance is the first correct answer.
        let accepted = -expm1(ln_beta_ratio(alpha, beta, cap));
        let wrong = if policy.returns_last() { 1.0 - accepted } else { 0.0 };
        return Outcome {
            accepted,
            correct: accepted,
            wrong,
            coverage: accepted,
            attempts: beta_attempts(alpha, beta, cap),
        };
    }
    let none = law.ln_survival(Event::Accepted, cap);
    let accepted = -expm1(none);
    let (right, bad) = law.precision();
    let mut outcome = Outcome {
        accepted,
        correct: right * accepted,
        wrong: bad * accepted,
        coverage: -expm1(law.ln_survival(Event::Correct, cap)),
        attempts: attempts(law, cap),
    };
    if policy.returns_last() {
        let last = law.rejected_precision();
        outcome.correct += exp(none) * last;
        outcome.wrong += exp(none) * (1.0 - last);
    }
    outcome
}

/// E[attempts used] of at most `cap`, stopping at the first acceptance.
fn attempts(law: &TaskLaw, cap: f64) -> f64 {
    match *law {
        TaskLaw::Attempts(rates) if rates.accepted() == 0.0 => cap,
        TaskLaw::Attempts(rates) => -expm1(cap * rates.ln_rejected()) / rates.accepted(),
        TaskLaw::Pool { attempts: n, accepted, .. } => {
            (n + 1.0) / (accepted + 1.0) * -expm1(ln_none_drawn(n + 1.0, accepted + 1.0, cap))
        }
        TaskLaw::Posterior { beta: [alpha, beta], .. } => beta_attempts(alpha, beta, cap),
    }
}

/// The sum over k < K of B(alpha, beta+k)/B(alpha, beta): term by term, then by Euler and Maclaurin.
fn beta_attempts(alpha: f64, beta: f64, cap: f64) -> f64 {
    const TERMS: f64 = 65_536.0;
    let (mut sum, mut carry, mut term) = (0.0, 0.0, 1.0);
    for k in 0..cap.min(TERMS) as u64 {
        // Compensated: the terms can fall over many orders of size.
        let y = term - carry;
        let t: f64 = sum + y;
        carry = (t - sum) - y;
        sum = t;
        term *= (beta + k as f64) / (alpha + beta + k as f64);
    }
    if cap <= TERMS {
        return sum;
    }
    // Beyond, the sum telescopes away from alpha = 1.
    let f = |k: f64| exp(ln_beta_ratio(alpha, beta, k));
    let end = |k: f64| (alpha + beta - 1.0 + k) * f(k);
    if (alpha - 1.0).abs() > 1e-3 {
        // f(k) = [end(k) - end(k+1)] / (alpha - 1), for (alpha+beta+k) f(k+1) = (beta+k) f(k).
        return sum + (end(TERMS) - end(cap)) / (alpha - 1.0);
    }
    // Near alpha = 1 that cancels; the sum is the integral from half a step before to half a step before the end (the
    // next term of Euler and Maclaurin is 1e-11 of it), over ln k, where k f(k) is nearly constant: Gauss, three points.
    let (from, to) = (libm::log(TERMS - 0.5), libm::log(cap - 0.5));
    let panels = libm::ceil((to - from) * 4.0);
    let width = (to - from) / panels;
    let mut integral = 0.0;
    for i in 0..panels as u64 {
        for (x, w) in [(-libm::sqrt(0.6), 5.0 / 18.0), (0.0, 8.0 / 18.0), (libm::sqrt(0.6), 5.0 / 18.0)] {
            let k = exp(from + width * (i as f64 + 0.5 + 0.5 * x));
            integral += w * width * k * f(k);
        }
    }
    sum + integral
}

impl ExactRow {
    fn score(&mut self, scenario: &SamplingScenario, asked: &[String], control: &Control) -> Result<()> {
        let TaskMeans { accepted, correct, wrong, .. } = &self.means;
        let tasks = correct.len() as f64;
        let zeros = vec![0.0; correct.len()];
        let asked = |score: &str| asked.iter().any(|q| q == score);
        for ((share, means), quantiles) in SHARES.iter().zip([correct, accepted, wrong]).zip(&mut self.share_quantiles)
        {
            if asked(share) && !means.is_empty() {
                let counts = score::quantiles(means, &zeros, 1, 0, control)?;
                *quantiles = counts.map_or_else(Vec::new, |q| q.iter().map(|&n| n as f64 / tasks).collect());
            }
        }
        // With a cost per attempt the utility of a run has no closed form.
        let Some(u) = scenario.utility.filter(|u| u.attempt_cost == 0.0 && asked("utility")) else { return Ok(()) };
        let Some((up, down, unit)) = score::lattice(u.correct_reward, u.wrong_cost) else { return Ok(()) };
        if let Some(q) = score::quantiles(correct, wrong, up, down, control)? {
            self.utility_quantiles = q.iter().map(|&units| units as f64 * unit / tasks).collect();
        }
        Ok(())
    }
}

/// The three limits of many attempts (sampling with a fixed law per task).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceilings {
    /// Mean precision over all tasks; a task without acceptances counts as 0.
    pub all_tasks: f64,
    /// Mean precision over the tasks with acceptances; NaN where there is none.
    pub accepted_tasks: f64,
    /// Correct acceptances over acceptances, of one attempt at every task; NaN where there is none.
    pub pooled: f64,
    /// Tasks with acceptances.
    pub tasks_accepted: usize,
}

/// The ceilings of a scenario.
pub fn ceilings(scenario: &SamplingScenario) -> Result<Ceilings> {
    let laws = scenario.laws();
    let weights = scenario.weights();
    let (mut all, mut reach, mut correct, mut accepted, mut tasks) = (0.0, 0.0, 0.0, 0.0, 0);
    for (i, law) in laws.iter().enumerate() {
        let weight = weights.as_ref().map_or(1.0 / laws.len() as f64, |w| w[i]);
        let (right, rate) = match *law {
            TaskLaw::Attempts(rates) => (law.precision().0, rates.accepted()),
            TaskLaw::Pool { attempts, accepted, .. } => (law.precision().0, accepted / attempts),
            TaskLaw::Posterior { beta: [alpha, beta], false_positive: 0.0, false_negative: 0.0 } => {
                (1.0, alpha / (alpha + beta))
            }
            TaskLaw::Posterior { .. } => {
                return Err(Error::NoClosedForm(
                    "no closed form of the ceilings for posterior=True with an imperfect verifier; use posterior=False"
                        .into(),
                ));
            }
        };
        if rate > 0.0 {
            tasks += 1;
            all += weight * right;
            reach += weight;
            correct += weight * rate * right;
            accepted += weight * rate;
        }
    }
    Ok(Ceilings { all_tasks: all, accepted_tasks: all / reach, pooled: correct / accepted, tasks_accepted: tasks })
}
