//! Tasks of known rates under first accepted, all at once: what does not depend on the number of attempts is worked out
//! once, so that a row costs one exponential per task.

use libm::log1p;

use crate::dispatch::{Kernel, dispatch};
use crate::math::{exp, expm1};
use crate::sampling::exact::expected::Part;
use crate::sampling::exact::laws::ExactLaws;
use crate::sampling::record::estimate::TaskMeans;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::law::TaskLaw;

/// Tasks of known rates, one column per quantity.
#[derive(Debug, Default)]
pub struct FixedRates {
    ln_rejected: Vec<f64>,
    ln_wrong: Vec<f64>,
    accepted: Vec<f64>,
    /// P(correct | accepted) and P(wrong | accepted).
    right: Vec<f64>,
    bad: Vec<f64>,
    /// P(correct | rejected) and P(wrong | rejected).
    last: Vec<(f64, f64)>,
}

impl FixedRates {
    /// So many tasks; `None` where one of them is no known rate. Coverage is there only where asked for.
    pub fn of_tasks(laws: &ExactLaws, tasks: usize, coverage: bool) -> Option<Self> {
        let ExactLaws::Parts(parts) = laws else { return None };
        let known = |i: usize| match parts.of(laws.of_task(i)) {
            [(_, Part::Known(law @ TaskLaw::Attempts(_)))] => Some(*law),
            _ => None,
        };
        let laws: Vec<TaskLaw> = (0..tasks).map(known).collect::<Option<_>>()?;
        Some(Self::new(laws.into_iter(), coverage))
    }

    /// Tasks of known rates.
    pub fn new(laws: impl Iterator<Item = TaskLaw>, coverage: bool) -> Self {
        let mut known = Self::default();
        for law in laws {
            let TaskLaw::Attempts(rates) = law else { continue };
            let (right, bad) = law.precision();
            known.ln_rejected.push(rates.ln_rejected());
            if coverage {
                known.ln_wrong.push(log1p(-rates.success));
            }
            known.accepted.push(rates.accepted());
            known.right.push(right);
            known.bad.push(bad);
            known.last.push(law.rejected_precision());
        }
        known
    }

    /// Exact means of every task of first accepted at `cap` attempts.
    pub fn means(&self, returns_last: bool, cap: f64, utility: Option<Utility>) -> TaskMeans {
        dispatch(Means { known: self, returns_last, cap, utility })
    }
}

struct Means<'a> {
    known: &'a FixedRates,
    returns_last: bool,
    cap: f64,
    utility: Option<Utility>,
}

impl Kernel for Means<'_> {
    type Output = TaskMeans;

    #[inline(always)]
    fn run(self) -> TaskMeans {
        let Self { known, returns_last, cap, utility } = self;
        let count = known.accepted.len();
        // Into columns that are there already, in plain loops: a collecting iterator is not inlined into the wide version.
        let zeros = || vec![0.0; count];
        let (mut some, mut none, mut attempts) = (zeros(), zeros(), zeros());
        let (mut correct, mut wrong, mut covered) = (zeros(), zeros(), vec![0.0; known.ln_wrong.len()]);
        for i in 0..count {
            some[i] = 0.0 - expm1(cap * known.ln_rejected[i]);
        }
        for i in 0..count {
            none[i] = exp(cap * known.ln_rejected[i]);
        }
        for i in 0..count {
            correct[i] = some[i] * known.right[i];
            wrong[i] = some[i] * known.bad[i];
            // (1 - (1-a)^K)/a is K to all digits where Ka is below half a unit of them; nor is `some` exact that far down.
            let a = known.accepted[i];
            attempts[i] = if cap * a < 1e-16 { cap } else { some[i] / a };
        }
        if returns_last {
            for i in 0..count {
                let (right, bad) = known.last[i];
                correct[i] += none[i] * right;
                wrong[i] += none[i] * bad;
                none[i] = 0.0;
            }
        }
        for (covered, &ln) in covered.iter_mut().zip(&known.ln_wrong) {
            *covered = 0.0 - expm1(cap * ln);
        }
        let mut means = TaskMeans { covered, ..TaskMeans::default() };
        if let Some(u) = utility {
            let mut worth = zeros();
            for i in 0..count {
                worth[i] = u.correct_reward * correct[i] - u.wrong_cost * wrong[i] - u.attempt_cost * attempts[i];
            }
            means.utility = [worth, zeros()];
        }
        TaskMeans { accepted: some, correct, wrong, abstained: none, attempts: [attempts, zeros()], ..means }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Control;
    use crate::sampling::exact::expected::stop_at_acceptance;
    use crate::sampling::scenario::SamplingScenario;
    use crate::sampling::scenario::drawn_laws::Reach;
    use crate::spec::parse;

    #[test]
    fn all_at_once_is_one_by_one() {
        let json = r#"{"kind":"sampling","tasks":{"kind":"fixed","success":[0.0,5e-324,1e-300,1e-12,0.1,0.5,0.999,1.0],"weight":null},
            "verifier":{"kind":"rates","false_positive_rate":0.0625,"false_negative_rate":0.25},"answers":null,
            "policies":[],"max_attempts":[1.0,10.0],"limits":null,"cost":null,
            "utility":{"kind":"utility","correct_reward":2.0,"wrong_cost":3.0,"attempt_cost":0.125}}"#;
        let text = json.replace("\"policies\":[]", r#""policies":[{"kind":"first_accepted","fallback":"abstain"}]"#);
        let scenario: SamplingScenario = parse(&text, &[]).expect("the scenario is legal");
        let laws = ExactLaws::new(&scenario, true, Reach::Limit, &Control::default()).expect("rates are known");
        let known = FixedRates::of_tasks(&laws, 8, true).expect("rates are known");
        for returns_last in [false, true] {
            for cap in [1.0, 2.0, 1000.0, 1e12] {
                let means = known.means(returns_last, cap, scenario.utility);
                for (i, law) in scenario.laws().iter().enumerate() {
                    let want = stop_at_acceptance(Part::Known(*law), cap, returns_last);
                    let near = |got: f64, want: f64| {
                        assert!((got - want).abs() <= 1e-14 * (1.0 + want.abs()), "{got} {want} {i} {cap}");
                    };
                    near(means.accepted[i], want.accepted);
                    near(means.correct[i], want.correct);
                    near(means.wrong[i], want.wrong);
                    near(means.abstained[i], want.abstained);
                    near(means.covered[i], want.coverage);
                    near(means.attempts[0][i], want.attempts);
                    near(means.attempts[0][i] / want.attempts, 1.0);
                    near(means.utility[0][i], 2.0 * want.correct - 3.0 * want.wrong - 0.125 * want.attempts);
                }
            }
        }
    }
}
