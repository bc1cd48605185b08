//! Tasks of known rates under first accepted, all at once: what does not depend on the number of attempts is worked out
//! once, so that a row costs one exponential per task.
//!
//! Plain loops over columns, which take the full width of the machine's vectors; many points of a sweep use one room.

use crate::dispatch::{Kernel, dispatch};
use crate::math::{exp, expm1_inside, ln, log1p};
use crate::sampling::exact::expected::Part;
use crate::sampling::exact::laws::ExactLaws;
use crate::sampling::record::estimate::Summed;
use crate::sampling::record::metrics::{Quantity, TaskMeans};
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::cost::Utility;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::verifier::Verifier;

/// Tasks of known rates, one column per quantity.
#[derive(Debug, Default)]
pub struct FixedRates {
    success: Vec<f64>,
    /// The error rates of every task; where there are none, they stand in the columns.
    alike: Option<ErrorRates>,
    false_positive: Vec<f64>,
    true_negative: Vec<f64>,
    false_negative: Vec<f64>,
    true_positive: Vec<f64>,
    accepted: Vec<f64>,
    ln_rejected: Vec<f64>,
    /// ln P(wrong), where coverage is asked for.
    ln_wrong: Vec<f64>,
    /// P(correct | accepted) and P(wrong | accepted).
    right: Vec<f64>,
    bad: Vec<f64>,
    /// P(correct | rejected) and P(wrong | rejected), where a last answer is asked for.
    last_right: Vec<f64>,
    last_bad: Vec<f64>,
}

impl FixedRates {
    /// So many tasks; `None` where one of them is no known rate. Coverage is there only where asked for.
    pub fn of_tasks(laws: &ExactLaws, tasks: usize, coverage: bool) -> Option<Self> {
        let ExactLaws::Parts(parts) = laws else { return None };
        let known = |i: usize| match parts.of(laws.of_task(i)) {
            [(_, Part::Fixed(law @ TaskLaw::Attempts(_)))] => Some(*law),
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
            known.success.push(rates.success);
            known.push(rates.errors);
        }
        known.work_out(coverage, true);
        known
    }

    /// A task for each of these error rates; `go_on_to` says their success rate.
    pub fn of_errors(errors: impl Iterator<Item = ErrorRates>) -> Self {
        let mut known = Self::default();
        errors.for_each(|errors| known.push(errors));
        known
    }

    /// Goes on to another success rate, that of all tasks; their coverage is one number.
    pub fn go_on_to(&mut self, success: f64, last: bool) {
        self.success.clear();
        self.success.resize(self.false_positive.len(), success);
        self.work_out(false, last);
        self.ln_wrong.push(log1p(-success));
    }

    /// Goes on to the tasks of another scenario, all of known success rates; what depends on these alone is kept where they
    /// are the same. Returns whether they are known.
    pub fn go_on(&mut self, scenario: &SamplingScenario, coverage: bool) -> bool {
        let tasks = scenario.tasks.count();
        let found: Vec<f64>;
        let success = if let Some(success) = scenario.tasks.successes() {
            success
        } else {
            let Some(known) = (0..tasks).map(|i| scenario.tasks.success(i)).collect() else { return false };
            found = known;
            &found
        };
        let differ = |differ, (a, b): (&f64, &f64)| differ | (a.to_bits() ^ b.to_bits());
        if self.success.len() != tasks || self.success.iter().zip(success).fold(0, differ) != 0 {
            self.success.clear();
            self.success.extend_from_slice(success);
            self.ln_wrong.clear();
        }
        for column in
            [&mut self.false_positive, &mut self.true_negative, &mut self.false_negative, &mut self.true_positive]
        {
            column.clear();
        }
        self.alike = scenario.verifier.as_ref().is_none_or(Verifier::is_alike).then(|| scenario.errors(0));
        if self.alike.is_none() {
            (0..tasks).for_each(|i| self.push(scenario.errors(i)));
        }
        self.work_out(coverage, scenario.policies.iter().any(|policy| policy.needs().last));
        true
    }

    fn push(&mut self, errors: ErrorRates) {
        self.false_positive.push(errors.false_positive);
        self.true_negative.push(errors.true_negative);
        self.false_negative.push(errors.false_negative);
        self.true_positive.push(errors.true_positive);
    }

    fn work_out(&mut self, coverage: bool, last: bool) {
        let tasks = self.success.len();
        for column in [&mut self.accepted, &mut self.ln_rejected, &mut self.right, &mut self.bad] {
            column.resize(tasks, 0.0);
        }
        for column in [&mut self.last_right, &mut self.last_bad] {
            column.resize(if last { tasks } else { 0 }, 0.0);
        }
        if !coverage {
            self.ln_wrong.clear();
        }
        if self.alike.is_some() {
            dispatch(Prepare::<true> { known: self, coverage, last });
        } else {
            dispatch(Prepare::<false> { known: self, coverage, last });
        }
    }

    /// Exact means of every task of first accepted at `cap` attempts.
    pub fn means(&self, returns_last: bool, cap: f64, utility: Option<Utility>) -> TaskMeans {
        let mut means = TaskMeans::default();
        self.fill(&mut means, (returns_last, cap), utility, &Summed::ALL);
        let zeros = || vec![0.0; self.success.len()];
        means.attempts[1] = zeros();
        if utility.is_some() {
            means.utility[1] = zeros();
        }
        means
    }

    /// The same, of the metrics asked for, into columns that may be there already.
    pub fn fill(
        &self,
        means: &mut TaskMeans,
        (returns_last, cap): (bool, f64),
        utility: Option<Utility>,
        asked: &Summed,
    ) {
        let tasks = self.success.len();
        let worth = utility.is_some() && asked.has(Quantity::Utility);
        let paid = worth && utility.is_some_and(|u| u.attempt_cost != 0.0);
        for (column, size) in [
            (&mut means.accepted, tasks),
            (&mut means.correct, tasks),
            (&mut means.wrong, tasks),
            (&mut means.abstained, if asked.has(Quantity::Abstained) || returns_last { tasks } else { 0 }),
            (&mut means.covered, if asked.has(Quantity::Covered) { self.ln_wrong.len() } else { 0 }),
            (&mut means.attempts[0], if asked.has(Quantity::Attempts) || paid { tasks } else { 0 }),
            (&mut means.utility[0], if worth { tasks } else { 0 }),
        ] {
            column.resize(size, 0.0);
        }
        dispatch(Means { known: self, found: means, returns_last, cap, utility });
    }
}

/// What does not depend on the number of attempts.
struct Prepare<'a, const ALIKE: bool> {
    known: &'a mut FixedRates,
    coverage: bool,
    last: bool,
}

impl<const ALIKE: bool> Kernel for Prepare<'_, ALIKE> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { known, coverage, last } = self;
        let count = known.success.len();
        let success = &known.success[..count];
        let each = if ALIKE { 0 } else { count };
        let (fp, tn) = (&known.false_positive[..each], &known.true_negative[..each]);
        let (fnr, tp) = (&known.false_negative[..each], &known.true_positive[..each]);
        let same = known.alike.unwrap_or(ErrorRates::NONE);
        let errors = |i: usize| {
            if ALIKE {
                same
            } else {
                ErrorRates { false_positive: fp[i], true_negative: tn[i], false_negative: fnr[i], true_positive: tp[i] }
            }
        };
        let (accepted, logs) = (&mut known.accepted[..count], &mut known.ln_rejected[..count]);
        let (right, bad) = (&mut known.right[..count], &mut known.bad[..count]);
        for i in 0..count {
            let (p, rest, errors) = (success[i], 1.0 - success[i], errors(i));
            let (correct, wrong) = (p * errors.true_positive, rest * errors.false_positive);
            let (a, b) = (correct + wrong, p * errors.false_negative + rest * errors.true_negative);
            accepted[i] = a;
            let over = if a == 0.0 { 1.0 } else { a };
            right[i] = correct / over;
            bad[i] = wrong / over;
            // ln(1 - a), from the side that has the digits: as `log1p` below a half.
            let near = 1.0 - a;
            let is_low = a < 0.5;
            let y = ln(if is_low { near } else { b });
            let keeps = is_low & (near != 1.0);
            let y = y * if keeps { a / (1.0 - near) } else { 1.0 };
            logs[i] = if is_low & (near == 1.0) { -a } else { y };
        }
        if last {
            let (right, bad) = (&mut known.last_right[..count], &mut known.last_bad[..count]);
            for i in 0..count {
                let (p, errors) = (success[i], errors(i));
                let (hidden, other) = (p * errors.false_negative, (1.0 - p) * errors.true_negative);
                let b = hidden + other;
                let over = if b == 0.0 { 1.0 } else { b };
                right[i] = hidden / over;
                bad[i] = other / over;
            }
        }
        if coverage && known.ln_wrong.len() != count {
            known.ln_wrong.resize(count, 0.0);
            let logs = &mut known.ln_wrong[..count];
            for i in 0..count {
                logs[i] = log1p(-success[i]);
            }
        }
    }
}

struct Means<'a> {
    known: &'a FixedRates,
    found: &'a mut TaskMeans,
    returns_last: bool,
    cap: f64,
    utility: Option<Utility>,
}

impl Kernel for Means<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { known, found: means, returns_last, cap, utility } = self;
        let count = known.success.len();
        let (logs, right, bad) = (&known.ln_rejected[..count], &known.right[..count], &known.bad[..count]);
        let some = &mut means.accepted[..count];
        for i in 0..count {
            some[i] = 0.0 - expm1_inside(cap * logs[i]);
        }
        let (correct, wrong) = (&mut means.correct[..count], &mut means.wrong[..count]);
        for i in 0..count {
            correct[i] = some[i] * right[i];
            wrong[i] = some[i] * bad[i];
        }
        for (none, log) in means.abstained.iter_mut().zip(logs) {
            *none = exp(cap * log);
        }
        if returns_last {
            let (none, right, bad) =
                (&mut means.abstained[..count], &known.last_right[..count], &known.last_bad[..count]);
            for i in 0..count {
                correct[i] += none[i] * right[i];
                wrong[i] += none[i] * bad[i];
                none[i] = 0.0;
            }
        }
        for ((attempts, &a), &some) in means.attempts[0].iter_mut().zip(&known.accepted).zip(&*some) {
            // (1 - (1-a)^K)/a is K to all digits where Ka is below half a unit of them; nor is `some` exact that far down.
            *attempts = if cap * a < 1e-16 { cap } else { some / a };
        }
        for (covered, log) in means.covered.iter_mut().zip(&known.ln_wrong) {
            *covered = 0.0 - expm1_inside(cap * log);
        }
        let Some(u) = utility else { return };
        let worth = &mut means.utility[0];
        for ((worth, correct), wrong) in worth.iter_mut().zip(&*correct).zip(&*wrong) {
            *worth = u.correct_reward * correct - u.wrong_cost * wrong;
        }
        if u.attempt_cost != 0.0 {
            for (worth, attempts) in worth.iter_mut().zip(&means.attempts[0]) {
                *worth -= u.attempt_cost * attempts;
            }
        }
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
        let json = r#"{"kind":"sampling","tasks":{"kind":"fixed","success":[0.0,5e-324,1e-300,1e-12,0.1,0.5,0.999,1.0]},
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
                    let want = stop_at_acceptance(Part::Fixed(*law), cap, returns_last);
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
