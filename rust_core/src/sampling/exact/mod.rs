//! The exact solution: the same rows as a simulation, from closed forms, or the reason why there is none.

pub mod acceptance_region;
pub mod affordable;
pub mod benchmark;
pub mod benchmark_means;
pub mod best_limit;
pub mod bootstrap;
pub mod ceilings;
pub mod drawn_rates;
pub mod expected;
pub mod fixed_rates;
pub mod laws;
pub mod limit_steps;
pub mod merged_rates;
pub mod optima;
pub mod optimum;
pub mod optimum_laws;
pub mod over_verifiers;
pub mod pool_steps;
pub mod record_outcomes;
pub mod record_sums;
pub mod record_votes;
pub mod recorded;
pub mod resampled_means;
pub mod steps;
pub mod two_answers;

use crate::error::{Error, Result};
use crate::run::Control;
use crate::sampling::policy::Policy;
use crate::sampling::policy::rule::Setting;
use crate::sampling::record::SHARES;
use crate::sampling::record::ends::{Asked, Bounds, Ends, NO_ENDS};
use crate::sampling::record::metrics::TaskMeans;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::{Bill, Cost};
use crate::sampling::scenario::law::TaskLaw;
use crate::special::clusters::Sampled;
use affordable::Affordable;
use drawn_rates::DrawnRates;
use expected::{Charged, Expected, Part, no_closed_form};
use fixed_rates::FixedRates;
use laws::{ExactLaws, most_attempts};

/// One exact row.
#[derive(Debug, Clone)]
pub struct ExactRow {
    /// Per-task means; their variances are 0, for nothing was estimated.
    pub means: TaskMeans,
    /// Quantiles of the whole benchmark's shares in one run, in the order of `SHARES`; empty where not asked for or not
    /// known.
    pub share_quantiles: [Vec<f64>; SHARES.len()],
    /// The same of its utility.
    pub utility_quantiles: Vec<f64>,
    /// The ends of intervals, where asked for.
    pub ends: Ends,
}

impl Default for ExactRow {
    fn default() -> Self {
        Self {
            means: TaskMeans::default(),
            share_quantiles: Default::default(),
            utility_quantiles: Vec::new(),
            ends: NO_ENDS,
        }
    }
}

/// Solves a scenario and visits its rows: `visit(policy, grid point, row)`; without `coverage` that column stays empty,
/// without `asked` there are no intervals.
pub fn solve(
    scenario: &SamplingScenario,
    quantiles: &[String],
    coverage: bool,
    asked: Option<Asked>,
    control: &Control,
    mut visit: impl FnMut(usize, usize, ExactRow),
) -> Result<()> {
    if let Some(labelled) = scenario.labelled() {
        return over_verifiers::solve(scenario, labelled, (quantiles, coverage, asked), control, &mut visit);
    }
    let Some(asked) = asked.filter(|asked| asked.over_tasks) else {
        return solve_one(scenario, quantiles, coverage, control, visit);
    };
    let sampled: Vec<Sampled> = (0..scenario.points()).map(|g| scenario.sampled(g)).collect();
    solve_one(scenario, quantiles, coverage, control, |p, g, mut row| {
        row.ends = asked.over_tasks(&row.means, &sampled[g], scenario.bounds(p, g));
        visit(p, g, row);
    })
}

impl SamplingScenario {
    /// What bounds the values of a task under a policy at a grid point, or under a limit.
    pub fn bounds(&self, policy: usize, point: usize) -> Bounds {
        let attempts = self.grid().get(point).map_or(self.most(), |&cap| cap) as f64;
        let paid = self.billed()[1] || self.utility.is_some_and(|u| u.attempt_cost != 0.0);
        let policy = &self.policies[policy];
        let needs = policy.needs();
        let accepted_only = policy.accepts() && needs.verdicts && !needs.last && !needs.scores;
        let never_wrong = accepted_only && self.is_verified();
        Bounds { attempts, utility: self.utility, paid, never_wrong }
    }
}

/// A scenario of one verifier.
fn solve_one(
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
    let covered = coverage && scenario.knows_coverage();
    if let Some(records) = scenario.records() {
        let visit = |p, g, mut row: ExactRow| {
            row.score_unweighted(scenario, quantiles, control)?;
            visit(p, g, row);
            Ok(())
        };
        return recorded::solve(scenario, &records, covered, control, visit);
    }
    let prior = scenario.policies.iter().any(|p| p.needs().prior);
    let laws = if prior { scenario.laws() } else { Vec::new() };
    let setting = Setting { control: control.quiet(), ..scenario.setting(&laws) };
    let grid = scenario.grid();
    let mut solvers = [const { None }; 2];
    for (slot, verdicts) in solvers.iter_mut().zip([false, true]) {
        if scenario.policies.iter().any(|p| p.needs().verdicts == verdicts) {
            *slot = Some(Solver::new(scenario, verdicts, covered, control)?);
        }
    }
    let solver = |policy: Policy| {
        let solver: Option<&Solver> = solvers[usize::from(policy.needs().verdicts)].as_ref();
        solver.ok_or_else(|| no_closed_form(policy.name(), "its laws are not known"))
    };
    let mut row = |p: usize, g: usize, means: TaskMeans| {
        control.check()?;
        let mut row = ExactRow { means, ..ExactRow::default() };
        row.score_unweighted(scenario, quantiles, control)?;
        visit(p, g, row);
        Ok(())
    };
    for (g, &cap) in grid.iter().take(scenario.answerable()).enumerate() {
        for (p, policy) in scenario.policies.iter().enumerate() {
            let checked = policy.needs().checks();
            let exact = |part| {
                control.check()?;
                let expected = policy.expected(&setting, part, cap as f64)?;
                let bill = match scenario.cost {
                    None => [f64::NAN; 3],
                    Some(cost) => attempt_bill(&cost, checked, part)?.map(|each| each * expected.attempts),
                };
                Ok(Charged { expected, bill })
            };
            row(p, g, solver(*policy)?.at_point(*policy, g, exact)?)?;
        }
    }
    let (Some(limits), Some(cost)) = (&scenario.limits, scenario.cost) else { return Ok(()) };
    for (g, &limit) in limits.iter().enumerate() {
        let affordable = |checked| Affordable::new(&cost, limit, checked, scenario.most());
        let mut found = [None, None];
        for (p, policy) in scenario.policies.iter().enumerate() {
            let slot = &mut found[usize::from(policy.needs().checks())];
            let affordable = match slot {
                Some(found) => found,
                None => slot.insert(affordable(policy.needs().checks())?),
            };
            let exact = |part| {
                control.check()?;
                affordable.exact(|n| policy.expected(&setting, part, n), |n| policy.going_on(&setting, part, n))
            };
            row(p, g, solver(*policy)?.means(*policy, exact)?)?;
        }
    }
    Ok(())
}

/// Why tokens that depend on the outcome are not known in the mean where rates are drawn.
const OUTCOME_TOKENS: &str = "rates are drawn in every trial, and wrong attempts take other tokens";

/// What an attempt takes in the mean. Attempts are independent and a policy stops without a look ahead, so that all of
/// them take the mean times the mean number of attempts (Wald), whatever the tokens depend on.
fn attempt_bill(cost: &Cost, checked: bool, part: Part) -> Result<Bill> {
    match part {
        _ if cost.wrong_output_tokens.is_none() => Ok(cost.mean_rates(checked)),
        Part::Fixed(TaskLaw::Attempts(rates)) => Ok(cost.mean_rates_at(checked, rates.success)),
        _ => Err(no_closed_form("cost", OUTCOME_TOKENS)),
    }
}

/// The tasks of a scenario, for policies that ask for verdicts or for those that do not.
struct Solver<'a> {
    scenario: &'a SamplingScenario,
    covered: bool,
    laws: ExactLaws,
    /// First accepted where all rates are known and nothing is charged.
    known: Option<FixedRates>,
    /// The same where rates are drawn, without a last answer and with it.
    drawn: [Option<DrawnRates>; 2],
}

impl<'a> Solver<'a> {
    fn new(scenario: &'a SamplingScenario, verdicts: bool, covered: bool, control: &Control) -> Result<Self> {
        let laws = ExactLaws::new(scenario, verdicts, most_attempts(scenario), control)?;
        let mut drawn = [None, None];
        if let ExactLaws::Drawn(drawn_laws) = &laws {
            for policy in scenario.policies.iter().filter(|p| p.needs().verdicts == verdicts) {
                if !policy.is_binned() {
                    let reason = "the rates are drawn anew in every trial and the verifier errs";
                    return Err(no_closed_form(policy.name(), reason));
                }
                let last = policy.needs().last;
                if scenario.limits.is_none() {
                    drawn[usize::from(last)] = Some(DrawnRates::new(drawn_laws, &scenario.grid(), last, control)?);
                }
            }
        }
        let known = FixedRates::of_tasks(&laws, scenario.tasks.count(), covered).filter(|_| scenario.cost.is_none());
        Ok(Self { scenario, covered, laws, known, drawn })
    }

    /// Exact means of every task at a grid point.
    fn at_point(&self, policy: Policy, point: usize, exact: impl Fn(Part) -> Result<Charged>) -> Result<TaskMeans> {
        let last = policy.needs().last;
        if let (Some(drawn), true) = (&self.drawn[usize::from(last)], policy.is_binned()) {
            if self.scenario.cost.is_some_and(|cost| cost.wrong_output_tokens.is_some()) {
                return Err(no_closed_form(policy.name(), OUTCOME_TOKENS));
            }
            let rates = self.scenario.cost.map(|cost| cost.mean_rates(policy.needs().checks()));
            let charge = |law: &Charged| Charged {
                bill: rates.map_or([f64::NAN; 3], |rates| rates.map(|each| each * law.expected.attempts)),
                ..*law
            };
            return Ok(self.columns(policy, &drawn.at(point).iter().map(charge).collect::<Vec<_>>()));
        }
        match &self.known {
            Some(known) if policy.is_binned() => {
                Ok(known.means(last, self.scenario.grid()[point] as f64, self.scenario.utility))
            }
            _ => self.means(policy, exact),
        }
    }

    /// Exact means of every task, from those of each part of its law.
    fn means(&self, policy: Policy, exact: impl Fn(Part) -> Result<Charged>) -> Result<TaskMeans> {
        Ok(self.columns(policy, &self.laws.means(exact, Charged::add)?))
    }

    /// The means of every task, from those of each law.
    fn columns(&self, policy: Policy, laws: &[Charged]) -> TaskMeans {
        let mut outcomes = TaskOutcomes::new(self.scenario, policy, self.covered);
        (0..self.scenario.tasks.count()).for_each(|i| outcomes.push(laws[self.laws.of_task(i)]));
        outcomes.means()
    }
}

/// What a policy comes to, gathered task by task.
struct TaskOutcomes<'a> {
    scenario: &'a SamplingScenario,
    policy: Policy,
    covered: bool,
    means: TaskMeans,
}

impl<'a> TaskOutcomes<'a> {
    fn new(scenario: &'a SamplingScenario, policy: Policy, covered: bool) -> Self {
        Self { scenario, policy, covered, means: TaskMeans::default() }
    }

    /// Adds the next task.
    fn push(&mut self, one: Charged) {
        let Self { scenario, policy, means, .. } = self;
        let Expected { accepted, correct, wrong, abstained, coverage, attempts } = one.expected;
        if policy.accepts() {
            means.accepted.push(accepted);
        }
        means.correct.push(correct);
        means.wrong.push(wrong);
        means.abstained.push(abstained);
        if self.covered {
            means.covered.push(coverage);
        }
        means.attempts[0].push(attempts);
        let billed = scenario.billed();
        for ((columns, x), _) in means.bill.iter_mut().zip(one.bill).zip(billed).filter(|(_, known)| *known) {
            columns[0].push(x);
            columns[1].push(0.0);
        }
        if let Some(u) = scenario.utility {
            let money = if billed[1] { one.bill[1] } else { 0.0 };
            means.utility[0]
                .push(u.correct_reward * correct - u.wrong_cost * wrong - u.attempt_cost * attempts - money);
        }
    }

    /// The means of all of them.
    fn means(mut self) -> TaskMeans {
        let zeros = vec![0.0; self.means.correct.len()];
        if self.scenario.utility.is_some() {
            self.means.utility[1].clone_from(&zeros);
        }
        self.means.attempts[1] = zeros;
        self.means
    }
}

impl ExactRow {
    /// Finds the quantiles of one run, which weighted tasks have not.
    fn score_unweighted(&mut self, scenario: &SamplingScenario, asked: &[String], control: &Control) -> Result<()> {
        if scenario.tasks.weight().is_some() { Ok(()) } else { self.score(scenario, asked, control) }
    }

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
        let Some((up, down, unit)) = lattice(scenario).filter(|_| asked("utility")) else { return Ok(()) };
        if let Some(q) = benchmark::quantiles(correct, wrong, up, down, control)? {
            self.utility_quantiles = q.iter().map(|&units| units as f64 * unit / tasks).collect();
        }
        Ok(())
    }
}

/// The lattice of a run's utility, where it has one.
fn lattice(scenario: &SamplingScenario) -> Option<(i64, i64, f64)> {
    let utility = scenario.utility.filter(|u| u.attempt_cost == 0.0 && !scenario.billed()[1]);
    utility.and_then(|u| benchmark::lattice(u.correct_reward, u.wrong_cost))
}
