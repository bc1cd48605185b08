//! Many points of drawn rates as few: points of nearly the same rate of acceptance stand together as their mean.
//!
//! What attempts come to is linear in the joint probabilities of one attempt but for the rate of acceptance a, over which it
//! is smooth on a scale of a itself. With the mean over a cell of relative width d it changes by d at most, and by far less
//! over many points: about five digits are left.

use crate::sampling::scenario::drawn_laws::DrawnLaws;
use crate::sampling::scenario::error_rates::ErrorRates;
use crate::sampling::scenario::law::Rates;

/// Cells of an octave of rates of acceptance, and the bits of a number below those that tell its cell.
const CELLS: usize = 1 << CELL_BITS;
const CELL_BITS: u32 = 8;
const BITS_WITHIN: u32 = f64::MANTISSA_DIGITS - 1 - CELL_BITS;
/// Octaves of numbers up to 1.
const OCTAVES: usize = 1024;

/// The weight of the points of a cell, and their joint probabilities with these weights: accepted and correct, accepted and
/// wrong, rejected and correct, rejected and wrong.
type Cell = [f64; 5];

/// The points of all laws together where task `i` counts `weight(i)`, each with its weight. Those that count less than
/// nothing stand by themselves.
pub fn merged(drawn: &DrawnLaws, weight: impl Fn(usize) -> f64) -> Vec<(f64, Rates)> {
    let mut octaves: [Vec<Option<Box<[Cell; CELLS]>>>; 2] = [vec![None; OCTAVES], vec![None; OCTAVES]];
    for (group, success) in drawn.groups.iter().zip(drawn.success_weights(weight)) {
        for (&p, of_success) in group.success.iter().zip(success).filter(|(_, weight)| *weight != 0.0) {
            let octaves = &mut octaves[usize::from(of_success < 0.0)];
            for &(weight, errors) in &group.errors {
                let weight = of_success.abs() * weight;
                let rates = Rates { success: p, errors };
                let joint = [
                    rates.accepted_correct(),
                    rates.accepted_wrong(),
                    rates.rejected_correct(),
                    rates.rejected_wrong(),
                ];
                let cell = ((joint[0] + joint[1]).min(1.0).to_bits() >> BITS_WITHIN) as usize;
                let of_octave = octaves[cell / CELLS].get_or_insert_with(|| Box::new([[0.0; 5]; CELLS]));
                let sums = &mut of_octave[cell % CELLS];
                sums[0] += weight;
                for (sum, probability) in sums[1..].iter_mut().zip(joint) {
                    *sum += weight * probability;
                }
            }
        }
    }
    let of_sign = |octaves: &[Option<Box<[Cell; CELLS]>>], sign: f64| -> Vec<(f64, Rates)> {
        let cells = octaves.iter().flatten().flat_map(|of_octave| of_octave.iter());
        cells.filter(|cell| cell[0] > 0.0).map(|cell| (sign * cell[0], mean(cell))).collect()
    };
    [of_sign(&octaves[0], 1.0), of_sign(&octaves[1], -1.0)].concat()
}

/// The mean rates of a cell.
fn mean(&[weight, accepted_correct, accepted_wrong, rejected_correct, rejected_wrong]: &Cell) -> Rates {
    let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let (correct, wrong) = (accepted_correct + rejected_correct, accepted_wrong + rejected_wrong);
    Rates {
        success: (correct / weight).min(1.0),
        errors: ErrorRates {
            false_positive: ratio(accepted_wrong, wrong),
            true_negative: ratio(rejected_wrong, wrong),
            false_negative: ratio(rejected_correct, correct),
            true_positive: ratio(accepted_correct, correct),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Control;
    use crate::sampling::exact::optimum::{TaskRates, independent, value_at};
    use crate::sampling::scenario::SamplingScenario;
    use crate::sampling::scenario::cost::{Utility, UtilityKind};
    use crate::sampling::scenario::drawn_laws::Reach;
    use crate::sampling::scenario::law::TaskLaw;
    use crate::spec::parse;
    use crate::special::beta_quadrature::Digits;

    fn of_rates(points: impl Iterator<Item = (f64, Rates)>) -> Vec<TaskRates> {
        let one = |(weight, rates): (f64, Rates)| TaskRates {
            accepted_correct: rates.accepted_correct(),
            accepted_wrong: rates.accepted_wrong(),
            ln_rejected: rates.ln_rejected(),
            last_correct: Some(TaskLaw::Attempts(rates).rejected_precision().0),
            weight,
        };
        points.filter(|(weight, _)| *weight != 0.0).map(one).collect()
    }

    #[test]
    fn what_attempts_come_to_is_that_of_all_points() {
        for (false_positive, false_negative, icc) in [(0.2, 0.1, 0.3), (0.01, 0.01, 0.6), (0.05, 0.2, 0.02)] {
            let json = format!(
                r#"{{"kind":"sampling","tasks":{{"kind":"fixed","success":[0.0,1e-6,0.03,0.4,0.4,0.97,1.0],"weight":null}},
                "verifier":{{"kind":"spread","false_positive_rate":{false_positive},"false_negative_rate":{false_negative},
                "icc":{icc},"correlation":0.0}},"answers":null,
                "policies":[{{"kind":"first_accepted","fallback":"last"}}],"max_attempts":[1.0],"limits":null,"cost":null,
                "utility":null}}"#
            );
            let scenario: SamplingScenario = parse(&json, &[]).expect("the scenario is legal");
            let of =
                |digits| DrawnLaws::new(&scenario, Reach::Limit, digits, &Control::default()).expect("rates are drawn");
            let times = [1.0, 2.5, 1.0, 3.0, 0.0, 2.0, -0.5];
            let weight = |i: usize| times[i] / 9.0;
            let all = of(Digits::All);
            let exact = of_rates(all.mixed(weight).into_iter().zip(all.rates()));
            let few = of_rates(merged(&of(Digits::Eight), weight).into_iter());
            assert!(3 * few.len() < exact.len(), "{} of {}", few.len(), exact.len());
            for (wrong_cost, attempt_cost) in [(0.3, 0.0), (1.0, 0.001)] {
                let utility = Utility { kind: UtilityKind::Utility, correct_reward: 1.0, wrong_cost, attempt_cost };
                for attempts in [1.0, 2.0, 9.0, 300.0, 1e6] {
                    let (got, want) = (value_at(&few, utility, attempts), value_at(&exact, utility, attempts));
                    assert!((got - want).abs() < 1e-4 * (1.0 + want.abs()), "{icc} {attempts}: {got} {want}");
                }
                let [got, want] = [&few, &exact].map(|of| independent(of, utility, f64::INFINITY));
                assert!((got.utility - want.utility).abs() < 1e-4, "{icc}: {got:?} {want:?}");
            }
        }
    }
}
