//! A run in parts: policies that have a shorter way of their own are simulated by themselves.
//!
//! First above is first accepted by the same judge with the policy's threshold. Best of N and the majority vote need no
//! first event ([`chain`](super::chain)). Votes that stop, votes among accepted answers and weighted votes draw attempts of
//! their own ([`alone`](super::alone)). Where rows are compared trial by trial all policies share their attempts instead.

use super::run::Run;
use super::{alone, engine, laws, size};
use crate::error::Result;
use crate::run::Control;
use crate::sampling::policy::Policy;
use crate::sampling::policy::first_accepted::{Fallback, FirstAccepted};
use crate::sampling::policy::rule::Alone;
use crate::sampling::record::row::RowTally;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::verifier::Verifier;

/// How a policy is simulated.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// With all others like it.
    Together,
    /// With all that counts at the grid points say all about.
    Counts,
    /// With all others whose votes stop, or count the same votes: all of them, or accepted ones.
    Alone {
        /// Votes that stop.
        stopping: bool,
        /// Only accepted answers vote.
        accepted_only: bool,
    },
    /// With all others whose votes are weighted by scores.
    Weighted,
    /// By a judge with this threshold.
    Above(f64),
}

/// The part of a policy.
fn part(scenario: &SamplingScenario, policy: Policy) -> Part {
    let billed = scenario.cost.is_none() || scenario.is_billed_by_attempts();
    match (policy, &scenario.verifier) {
        (Policy::FirstAbove(above), Some(Verifier::Judge { .. })) => Part::Above(above.threshold),
        _ if scenario.limits.is_some() || !billed => Part::Together,
        _ => match policy.alone() {
            Some(Alone::Counts) => Part::Counts,
            Some(Alone::Stopping) => Part::Alone { stopping: true, accepted_only: false },
            Some(Alone::Votes { accepted_only, .. }) => Part::Alone { stopping: false, accepted_only },
            Some(Alone::ScoreSums { .. }) => Part::Weighted,
            None => Part::Together,
        },
    }
}

/// Simulates a scenario whose attempts are not recorded and visits its rows: `visit(policy, grid point, row)`.
pub fn simulate(
    scenario: &SamplingScenario,
    grid: &[u64],
    options: Run,
    control: &Control,
    mut visit: impl FnMut(usize, usize, RowTally),
) -> Result<()> {
    let policies = &scenario.policies;
    let billed = scenario.cost.is_none() || scenario.is_billed_by_attempts();
    let binned = policies.iter().filter(|policy| billed && policy.is_binned()).count();
    size::check(scenario, scenario.tasks.count(), grid.len(), [binned, policies.len() - binned], &options)?;
    let of: Vec<Part> = policies.iter().map(|&policy| part(scenario, policy)).collect();
    let mut parts: Vec<Part> = Vec::new();
    of.iter().for_each(|part| {
        if !parts.contains(part) {
            parts.push(*part);
        }
    });
    // What takes longest comes last, and counts the trials.
    parts.sort_by_key(|part| *part == Part::Together);
    let quiet = control.quiet();
    for (index, part) in parts.iter().enumerate() {
        let some: Vec<usize> = (0..policies.len()).filter(|&p| of[p] == *part).collect();
        let one = scenario_of(scenario, *part, &some);
        let control = if index + 1 == parts.len() { control } else { &quiet };
        let visit = |p: usize, g, row| visit(some[p], g, row);
        let laws = laws(&one, options.key);
        if let (Part::Alone { .. } | Part::Weighted, Some(answers)) = (part, one.answers) {
            alone::simulate(&one, (&laws, grid, answers), &options, control, visit)?;
        } else {
            engine::simulate(&one, (&laws, grid), options, None, control, visit)?;
        }
    }
    Ok(())
}

/// The scenario of some policies that make a part.
fn scenario_of(scenario: &SamplingScenario, part: Part, policies: &[usize]) -> SamplingScenario {
    let some = || policies.iter().map(|&p| scenario.policies[p]).collect();
    match (part, &scenario.verifier) {
        (Part::Above(at), Some(Verifier::Judge { d_prime, votes, fresh, .. })) => SamplingScenario {
            verifier: Some(Verifier::Judge { d_prime: *d_prime, threshold: Some(at), votes: *votes, fresh: *fresh }),
            policies: vec![Policy::FirstAccepted(FirstAccepted { fallback: Fallback::Abstain })],
            ..scenario.clone()
        },
        _ => SamplingScenario { policies: some(), ..scenario.clone() },
    }
}
