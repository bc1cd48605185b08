//! Settings without effect: what no policy reads, and what does nothing beside another setting's value.

use super::SamplingScenario;
use super::cost::{Cost, TokenLaw};
use super::tasks::Tasks;
use super::verifier::Verifier;
use crate::sampling::policy::rule::Needs;
use crate::spec::{Unused, Values};

impl SamplingScenario {
    /// Every setting that no policy reads, or that moves nothing.
    pub(super) fn unused_settings(&self) -> Vec<Unused> {
        let needs = self.policies.iter().fold(Needs::NONE, |all, policy| all.or(policy.needs()));
        let mut found = Vec::new();
        let mut say = |idle: bool, name: &str, user: &str| {
            if idle {
                found.push(Unused::new(name, user));
            }
        };
        say(self.answers.is_some() && !needs.answers, "answers", "a policy that tells wrong answers apart");
        if let Some(verifier) = &self.verifier {
            let asked = needs.checks();
            say(!asked && !verifier.is_perfect(), "verifier", "a policy that asks a verifier");
            let judged = matches!(verifier, Verifier::Judge { threshold: Some(_), .. });
            say(
                asked && judged && !needs.verdicts,
                "verifier.threshold",
                "a policy that returns what the verifier accepts",
            );
            if let Verifier::Spread { correlation, .. } = verifier {
                let alone = *correlation != 0.0 && verifier.has_one_spread_rate() && self.tasks.are_alike();
                say(asked && alone, "verifier.correlation", "success rates that differ between tasks");
            }
        }
        if let Some(cost) = self.cost
            && !needs.checks()
        {
            say(cost.verifier_price > 0.0, "cost.verifier_price", "a policy that asks a verifier");
            say(cost.verifier_seconds > 0.0, "cost.verifier_seconds", "a policy that asks a verifier");
        }
        found
    }
}

impl Tasks {
    /// Whether every task has the same known success rate.
    fn are_alike(&self) -> bool {
        match self {
            Self::Fixed { success, .. } => all_are(success, |p| p == success.at(0)),
            _ => false,
        }
    }
}

impl Verifier {
    /// Whether at most one of two rates spreads over tasks: rates of 0 and 1 do not.
    fn has_one_spread_rate(&self) -> bool {
        match self {
            Self::Spread { false_positive_rate, false_negative_rate, .. } => {
                is_certain(false_positive_rate) || is_certain(false_negative_rate)
            }
            _ => false,
        }
    }
}

impl Cost {
    /// What moves nothing beside the other settings of the cost.
    pub(super) fn unused_settings(&self) -> Vec<Unused> {
        let [wrong, of_wrong] = self.wrong_output_tokens.unwrap_or_default();
        let [mean, variation] = [self.output_tokens[0].max(wrong), self.output_tokens[1].max(of_wrong)];
        let parts = [
            (self.price_in > 0.0 && self.prompt_tokens == 0.0, "price_in", "prompt_tokens above 0"),
            (self.price_out > 0.0 && mean == 0.0, "price_out", "output_tokens above 0"),
            (self.seconds_per_token > 0.0 && mean == 0.0, "seconds_per_token", "output_tokens above 0"),
            (
                self.law == TokenLaw::Lognormal && (variation == 0.0 || mean == 0.0),
                "law",
                "output_tokens with a coefficient of variation above 0",
            ),
        ];
        parts.into_iter().filter(|(idle, ..)| *idle).map(|(_, name, user)| Unused::new(name, user)).collect()
    }
}

fn all_are(values: &Values, of: impl Fn(f64) -> bool) -> bool {
    values.as_slice().iter().all(|&x| of(x))
}

/// Whether a rate is 0 or 1 everywhere.
fn is_certain(rates: &Values) -> bool {
    all_are(rates, |rate| rate == 0.0 || rate == 1.0)
}
