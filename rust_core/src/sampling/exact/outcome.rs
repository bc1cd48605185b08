//! The exact outcome of one task under the policies beyond first accepted, or the reason why there is none.

use libm::{exp, expm1, log1p};

use crate::closed_form::{selection, voting};
use crate::error::{Error, Result};
use crate::sampling::exact::{Outcome, Part, beta_outcome, outcome};
use crate::sampling::policy::first_worthwhile::Worthwhile;
use crate::sampling::policy::{Fallback, Policy};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::law::{Event, TaskLaw};
use crate::sampling::scenario::scores::Scores;
use crate::sampling::scenario::verifier::Verifier;
use crate::special::{ln_beta_ratio, ln_none_drawn};

/// What the exact outcome depends on besides the law and the policy.
pub struct Context {
    scores: Option<Scores>,
    /// The verifier's own threshold, in units of the scores' standard deviation.
    threshold: Option<f64>,
    answers: Option<Answers>,
    worthwhile: Option<Worthwhile>,
}

impl Context {
    /// What a scenario gives.
    pub fn new(scenario: &SamplingScenario) -> Self {
        let worthwhile =
            scenario.policies.contains(&Policy::FirstWorthwhile {}).then(|| scenario.worthwhile(&scenario.laws()));
        let scores = scenario.verifier.as_ref().and_then(Scores::new);
        let threshold = match scenario.verifier {
            Some(Verifier::Judge { threshold, .. }) => threshold.zip(scores).map(|(at, s)| s.standard(at)),
            _ => None,
        };
        Self { scores, threshold, answers: scenario.answers, worthwhile }
    }

    /// The exact outcome of a part of one task at `n` attempts, which may be none.
    pub fn within(&self, part: Part, policy: Policy, n: u64) -> Result<Outcome> {
        if n == 0 { Ok(Outcome::default()) } else { self.outcome(part, policy, n as f64) }
    }

    /// P(the policy has not stopped by itself after `n` attempts).
    pub fn going_on(&self, part: Part, policy: Policy, n: f64) -> f64 {
        let law = match (policy, part) {
            (Policy::FirstAccepted { .. } | Policy::FirstWorthwhile {}, Part::Beta([alpha, beta])) => {
                return exp(ln_beta_ratio(alpha, beta, n));
            }
            (Policy::FirstAccepted { .. } | Policy::FirstWorthwhile {}, Part::Known(law)) => law,
            (Policy::FirstAbove { threshold }, Part::Known(TaskLaw::Attempts(rates))) => {
                let [correct, wrong] = self.scores.map_or([0.0; 2], |s| s.above(threshold));
                TaskLaw::attempts(rates.success, (wrong, 1.0 - correct))
            }
            _ => return 1.0,
        };
        exp(law.ln_survival(Event::Accepted, n))
    }

    /// First worthwhile at `cap` attempts.
    fn first_worthwhile(&self, law: &TaskLaw, cap: f64) -> Outcome {
        let (right, bad) = law.precision();
        let stretches = self.worthwhile.as_ref().map_or_else(Vec::new, |w| w.stretches(cap as u64));
        let survival = |k: u64| exp(law.ln_survival(Event::Accepted, k as f64));
        let accepted: f64 = stretches.iter().map(|&(from, to)| survival(from) - survival(to)).sum();
        let first = outcome(law, Policy::FirstAccepted { fallback: Fallback::Abstain }, cap);
        Outcome { accepted, correct: right * accepted, wrong: bad * accepted, ..first }
    }

    /// The exact outcome of a part of one task at `cap` attempts.
    pub fn outcome(&self, part: Part, policy: Policy, cap: f64) -> Result<Outcome> {
        let coverage = coverage(part, cap);
        let fixed =
            |accepted: f64, correct: f64, wrong: f64| Outcome { accepted, correct, wrong, coverage, attempts: cap };
        let (law, rates) = match (policy, part) {
            (Policy::AnyOf {}, _) => return Ok(fixed(f64::NAN, coverage, 0.0)),
            (Policy::AllOf {}, _) => {
                let all = all_correct(part, cap);
                return Ok(fixed(f64::NAN, all, 1.0 - all));
            }
            (_, Part::Known(law)) if policy.is_cellwise() => return Ok(outcome(&law, policy, cap)),
            (_, Part::Beta(parameters)) if policy.is_cellwise() => return Ok(beta_outcome(parameters, policy, cap)),
            (Policy::FirstWorthwhile {}, Part::Known(law)) => return Ok(self.first_worthwhile(&law, cap)),
            (_, Part::Known(law @ TaskLaw::Attempts(rates))) => (law, rates.or_silent()),
            (_, Part::Known(_)) => return Err(none_for(policy, "a pool has neither scores nor answers")),
            (_, Part::Beta(_)) => return Err(none_for(policy, "the rates are drawn anew in every trial")),
        };
        let law = &law;
        let (p, scores) = (rates.success, self.scores);
        let judge = || scores.map_or(0.0, |s| s.d_prime);
        match policy {
            Policy::FirstAccepted { .. } => {
                let mut first = outcome(law, Policy::FirstAccepted { fallback: Fallback::Abstain }, cap);
                // The best of rejected answers is the best of all where that one is rejected.
                let least = self.threshold.unwrap_or(f64::INFINITY);
                let low = selection::best_of_judge_within(p, judge(), cap, f64::NEG_INFINITY, least);
                let none = exp(law.ln_survival(Event::Accepted, cap));
                first.correct += low;
                first.wrong += (none - low).max(0.0);
                Ok(first)
            }
            Policy::FirstAbove { threshold } => {
                let [correct, wrong] = scores.map_or([0.0; 2], |s| s.above(threshold));
                let above = TaskLaw::attempts(p, (wrong, 1.0 - correct));
                Ok(outcome(&above, Policy::FirstAccepted { fallback: Fallback::Abstain }, cap))
            }
            Policy::BestOf { threshold: None } => {
                let correct = selection::best_of_judge(p, judge(), cap);
                Ok(fixed(f64::NAN, correct, 1.0 - correct))
            }
            Policy::BestOf { threshold: Some(threshold) } => {
                let Some(scores) = scores else { return Err(none_for(policy, "there are no scores")) };
                let [right, bad] = scores.above(threshold);
                let accepted = -expm1(cap * log1p(-(p * right + (1.0 - p) * bad)));
                let at = scores.standard(threshold);
                let correct = selection::best_of_judge_within(p, judge(), cap, at, f64::INFINITY).min(accepted);
                Ok(fixed(accepted, correct, accepted - correct))
            }
            Policy::MajorityVote {} | Policy::FilteredVote {} => {
                let Some(shares) = self.answers.and_then(|a| a.shares()) else {
                    return Err(none_for(policy, "the shares of the wrong answers are drawn"));
                };
                if cap > voting::MOST_VOTES {
                    let reason =
                        format!("above {} votes the count over all outcomes takes too long", voting::MOST_VOTES);
                    return Err(none_for(policy, &reason));
                }
                let filtered = policy == Policy::FilteredVote {};
                let (right, bad) =
                    if filtered { (1.0 - rates.false_negative, rates.false_positive) } else { (1.0, 1.0) };
                let answers: Vec<f64> =
                    std::iter::once(p * right).chain(shares.iter().map(|s| (1.0 - p) * s * bad)).collect();
                let idle = if filtered { rates.rejected_correct() + rates.rejected_wrong() } else { 0.0 };
                let correct = voting::majority_among(&answers, idle, cap, false)?;
                let accepted = if filtered { -expm1(law.ln_survival(Event::Accepted, cap)) } else { 1.0 };
                let said = if filtered { accepted } else { f64::NAN };
                Ok(fixed(said, correct, (accepted - correct).max(0.0)))
            }
            _ => Err(none_for(policy, "the votes of all attempts decide together")),
        }
    }
}

fn none_for(policy: Policy, reason: &str) -> Error {
    Error::NoClosedForm(format!("no closed form for {}: {reason}; use simulate", policy.name()))
}

/// P(some attempt is correct).
fn coverage(part: Part, cap: f64) -> f64 {
    match part {
        Part::Beta([alpha, beta]) => -expm1(ln_beta_ratio(alpha, beta, cap)),
        Part::Known(law) => -expm1(law.ln_survival(Event::Correct, cap)),
    }
}

/// P(all attempts are correct).
fn all_correct(part: Part, cap: f64) -> f64 {
    match part {
        Part::Beta([alpha, beta]) => exp(ln_beta_ratio(beta, alpha, cap)),
        Part::Known(TaskLaw::Attempts(rates)) => libm::pow(rates.success, cap),
        Part::Known(TaskLaw::Pool { attempts, correct: Some(correct), .. }) => {
            exp(ln_none_drawn(attempts, attempts - correct, cap))
        }
        Part::Known(_) => f64::NAN,
    }
}
