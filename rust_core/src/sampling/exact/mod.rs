//! The exact solution: the same rows as a simulation, from closed forms, or the reason why there is none.
//!
//! Stop at the first acceptance, at most K attempts: accepted = 1-b^K, accuracy = q(1-b^K), attempts (1-b^K)/a,
//! coverage 1-(1-p)^K (Stroebl, Kapoor, Narayanan, arXiv 2411.17501, with false negatives and a finite number of
//! attempts added). With a pool the same with C(n-A, K)/C(n, K) in place of b^K.

pub mod affordable;
pub mod benchmark;
pub mod best_limit;
pub mod bootstrap;
pub mod ceilings;
pub mod fixed_rates;
pub mod optimum;
pub mod outcome;

use libm::{exp, expm1};

use crate::error::{Error, Result};
use crate::run::Control;
use crate::sampling::exact::affordable::Fitting;
use crate::sampling::exact::fixed_rates::KnownRates;
use crate::sampling::exact::outcome::Context;
use crate::sampling::policy::Policy;
use crate::sampling::record::SHARES;
use crate::sampling::record::estimate::TaskMeans;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Bill;
use crate::sampling::scenario::law::{Event, TaskLaw};
use crate::sampling::scenario::tasks::{Prior, Redraw, Tasks, scaled};
use crate::sampling::scenario::verifier::Verifier;
use crate::special::{ln_beta_ratio, ln_none_drawn};

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

/// Solves a scenario and visits its rows: `visit(policy, grid point, row)`; without `coverage` that column stays empty.
pub fn solve(
    scenario: &SamplingScenario,
    quantiles: &[String],
    coverage: bool,
    control: &Control,
    mut visit: impl FnMut(usize, usize, ExactRow),
) -> Result<()> {
    if scenario.cost.is_some_and(|cost| cost.parallel > 1.0) {
        return Err(Error::NoClosedForm(
            "no closed form for the slowest attempt of a batch (parallel above 1); use simulate, or closed_form.batched \
             for rounds and attempts"
                .into(),
        ));
    }
    let laws = ExactLaws::new(scenario)?;
    let covered = coverage && scenario.knows_coverage();
    let known = KnownRates::new(&laws, covered).filter(|_| scenario.cost.is_none());
    let context = Context::new(scenario);
    let weighted = scenario.weights().is_some();
    let mut row = |p: usize, g: usize, means: TaskMeans| {
        control.check()?;
        let mut row = ExactRow { means, ..ExactRow::default() };
        if !weighted {
            row.score(scenario, quantiles, control)?;
        }
        visit(p, g, row);
        Ok(())
    };
    let grid = scenario.grid();
    for (g, &cap) in grid.iter().take(scenario.answerable()).enumerate() {
        for (p, policy) in scenario.policies.iter().enumerate() {
            let rates = scenario.cost.map_or([f64::NAN; 3], |cost| cost.mean_rates(policy.checks()));
            let exact = |part| {
                let outcome = context.outcome(part, *policy, cap as f64)?;
                Ok(Exact { outcome, bill: rates.map(|each| each * outcome.attempts) })
            };
            let means = match &known {
                Some(known) if policy.is_cellwise() => known.means(*policy, cap as f64, scenario.utility),
                _ => means(scenario, &laws, *policy, covered, exact)?,
            };
            row(p, g, means)?;
        }
    }
    let (Some(limits), Some(cost)) = (&scenario.limits, scenario.cost) else { return Ok(()) };
    for (g, &limit) in limits.iter().enumerate() {
        let fitting = |checked| Fitting::new(&cost, limit, checked, scenario.most());
        let mut found = [None, None];
        for (p, policy) in scenario.policies.iter().enumerate() {
            let slot = &mut found[usize::from(policy.checks())];
            let fitting = match slot {
                Some(found) => found,
                None => slot.insert(fitting(policy.checks())?),
            };
            let exact = |part| control.check().and_then(|()| fitting.exact(&context, part, *policy));
            row(p, g, means(scenario, &laws, *policy, covered, exact)?)?;
        }
    }
    Ok(())
}

/// A law whose outcome has a closed form.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// Known rates, or a pool.
    Known(TaskLaw),
    /// A Beta success rate, under a perfect verifier.
    Beta([f64; 2]),
}

/// The exact law of every task: a weighted sum of parts.
#[derive(Debug)]
pub struct ExactLaws {
    parts: Vec<(f64, Part)>,
    /// Parts of one task.
    width: usize,
    tasks: usize,
}

impl ExactLaws {
    /// The laws of a scenario, or the reason why they have no closed form.
    pub fn new(scenario: &SamplingScenario) -> Result<Self> {
        let tasks = scenario.tasks.count();
        let laws = |parts, width| Ok(Self { parts, width, tasks });
        let Some(redraw) = scenario.redraw() else {
            return laws(scenario.laws().into_iter().map(|law| (1.0, Part::Known(law))).collect(), 1);
        };
        let none = |reason: &str| Err(Error::NoClosedForm(reason.into()));
        if redraw == Redraw::Run {
            return none(
                "no closed form for redraw='run': the tasks are drawn from a seed, which solve does not take; use \
                 simulate, or redraw='trial'",
            );
        }
        let verifier = scenario.verifier.as_ref().filter(|_| scenario.policies.iter().any(|p| p.needs_verdicts()));
        if verifier.is_some_and(Verifier::draws_rates) {
            return none(
                "no closed form for error rates with icc: the mean of q(1-b^K) over a spread rate is not elementary; \
                 use simulate (ceilings knows the limit of many attempts)",
            );
        }
        let errors = |i| verifier.map_or((0.0, 0.0), |v| v.rates(i));
        let alike = (1..tasks).all(|i| errors(i) == errors(0));
        let perfect = alike && errors(0) == (0.0, 0.0);
        let each = if alike { 1 } else { tasks };
        match &scenario.tasks {
            // Only the verifier's rates are drawn, and no policy asks for them.
            known if known.success(0).is_some() => {
                let known = (0..tasks).filter_map(|i| Some(TaskLaw::attempts(known.success(i)?, errors(i))));
                laws(known.map(|law| (1.0, Part::Known(law))).collect(), 1)
            }
            Tasks::Counts { attempts, correct, prior, .. } if perfect => {
                let [alpha, beta] = prior.map_or([f64::NAN; 2], Prior::parameters);
                let law = |i| Part::Beta([alpha + correct.at(i), beta + (attempts.at(i) - correct.at(i))]);
                laws((0..tasks).map(|i| (1.0, law(i))).collect(), 1)
            }
            Tasks::Beta { alpha, beta, unsolvable, .. } if perfect => {
                let never = (*unsolvable, Part::Known(TaskLaw::attempts(0.0, (0.0, 0.0))));
                laws(vec![(1.0 - unsolvable, Part::Beta([*alpha, *beta])), never], 2)
            }
            Tasks::Mixture { type_weight, success, .. } => {
                let weight = scaled(type_weight.as_slice());
                let types = || weight.iter().zip(success.as_slice());
                let of = |i| types().map(move |(&w, &p)| (w, Part::Known(TaskLaw::attempts(p, errors(i)))));
                laws((0..each).flat_map(of).collect(), weight.len())
            }
            Tasks::Beta { .. } => none(
                "no closed form for a Beta population with an imperfect verifier: the mean of q(1-b^K) over a Beta \
                 rate is not elementary; use simulate, or a mixture",
            ),
            _ => none(
                "no closed form for posterior=True with an imperfect verifier: the mean of q(1-b^K) over a Beta rate is \
                 not elementary; use simulate, or posterior=False",
            ),
        }
    }

    /// Whether all tasks have one law.
    pub fn alike(&self) -> bool {
        self.parts.len() == self.width
    }

    /// The parts of task `i` and their weights.
    pub fn parts(&self, i: usize) -> &[(f64, Part)] {
        let at = if self.alike() { 0 } else { i };
        &self.parts[at * self.width..(at + 1) * self.width]
    }

    /// The number of tasks.
    pub const fn tasks(&self) -> usize {
        self.tasks
    }

    fn mean(&self, i: usize, one: impl Fn(Part) -> Result<Exact>) -> Result<Exact> {
        let mut mean = Exact::default();
        for &(weight, part) in self.parts(i) {
            let Exact { outcome, bill } = one(part)?;
            mean.outcome.add(weight, &outcome);
            mean.bill.iter_mut().zip(bill).for_each(|(sum, x)| *sum += weight * x);
        }
        Ok(mean)
    }
}

/// Exact means of every task, from those of each part of its law.
fn means(
    scenario: &SamplingScenario,
    laws: &ExactLaws,
    policy: Policy,
    covered: bool,
    exact: impl Fn(Part) -> Result<Exact>,
) -> Result<TaskMeans> {
    let mut means = TaskMeans::default();
    let alike = if laws.alike() { Some(laws.mean(0, &exact)?) } else { None };
    let count = scenario.tasks.count();
    for i in 0..count {
        let one = match alike {
            Some(one) => one,
            None => laws.mean(i, &exact)?,
        };
        let Outcome { accepted, correct, wrong, coverage, attempts } = one.outcome;
        if policy.accepts() {
            means.accepted.push(accepted);
        }
        means.correct.push(correct);
        means.wrong.push(wrong);
        if covered {
            means.covered.push(coverage);
        }
        means.attempts[0].push(attempts);
        let bill = scenario.cost.map(|_| one.bill);
        for (columns, x) in means.bill.iter_mut().zip(bill.iter().flatten()) {
            columns[0].push(*x);
            columns[1].push(0.0);
        }
        if let Some(u) = scenario.utility {
            means.utility[0].push(
                u.correct_reward * correct
                    - u.wrong_cost * wrong
                    - u.attempt_cost * attempts
                    - bill.map_or(0.0, |b| b[1]),
            );
        }
    }
    let zeros = vec![0.0; count];
    if scenario.utility.is_some() {
        means.utility[1].clone_from(&zeros);
    }
    means.attempts[1] = zeros;
    Ok(means)
}

/// What one task comes to, and its expected bill.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exact {
    /// The outcome.
    pub outcome: Outcome,
    /// Tokens, money and seconds.
    pub bill: Bill,
}

impl Outcome {
    /// Adds another's with a weight.
    pub fn add(&mut self, weight: f64, other: &Self) {
        self.accepted += weight * other.accepted;
        self.correct += weight * other.correct;
        self.wrong += weight * other.wrong;
        self.coverage += weight * other.coverage;
        self.attempts += weight * other.attempts;
    }
}

/// What one task comes to.
#[derive(Debug, Clone, Copy, Default)]
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

/// The exact outcome where the success rate is Beta and the verifier perfect: the first acceptance is the first correct
/// answer.
pub fn beta_outcome([alpha, beta]: [f64; 2], policy: Policy, cap: f64) -> Outcome {
    let accepted = -expm1(ln_beta_ratio(alpha, beta, cap));
    let wrong = if policy.returns_last() { 1.0 - accepted } else { 0.0 };
    Outcome { accepted, correct: accepted, wrong, coverage: accepted, attempts: beta_attempts(alpha, beta, cap) }
}

/// E[attempts used] of at most `cap`, stopping at the first acceptance.
fn attempts(law: &TaskLaw, cap: f64) -> f64 {
    match *law {
        TaskLaw::Attempts(rates) if rates.accepted() == 0.0 => cap,
        TaskLaw::Attempts(rates) => -expm1(cap * rates.ln_rejected()) / rates.accepted(),
        TaskLaw::Pool { attempts: n, accepted, .. } => {
            (n + 1.0) / (accepted + 1.0) * -expm1(ln_none_drawn(n + 1.0, accepted + 1.0, cap))
        }
        TaskLaw::Drawn => f64::NAN,
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
                let counts = benchmark::quantiles(means, &zeros, 1, 0, control)?;
                *quantiles = counts.map_or_else(Vec::new, |q| q.iter().map(|&n| n as f64 / tasks).collect());
            }
        }
        // With a cost per attempt the utility of a run has no closed form.
        let Some(u) = scenario.utility.filter(|u| u.attempt_cost == 0.0 && scenario.cost.is_none() && asked("utility"))
        else {
            return Ok(());
        };
        let Some((up, down, unit)) = benchmark::lattice(u.correct_reward, u.wrong_cost) else { return Ok(()) };
        if let Some(q) = benchmark::quantiles(correct, wrong, up, down, control)? {
            self.utility_quantiles = q.iter().map(|&units| units as f64 * unit / tasks).collect();
        }
        Ok(())
    }
}
