//! A vote that can tell how far off its stop is, block by block.
//!
//! No stop is possible before the last attempt of a block, and none there but for an answer that now has the most votes: so
//! the order of a block's votes matters to nobody, and a long block is drawn as counts, of correct attempts and of each
//! wrong answer. While a stop is far off blocks grow as the votes do, and their number with the logarithm of the attempts.

use super::attempts::{Trial, WrongAnswers};
use super::shared::{Shared, Tally};
use crate::error::Result;
use crate::run::Control;
use crate::sampling::draw::answers::AnswerCounts;
use crate::sampling::policy::rule::Foresight;
use crate::sampling::record::outcome::Outcome;
use crate::variates::binomial;

/// Blocks of fewer attempts are drawn one by one.
const LONG: u64 = 8;

/// The vote.
pub struct Foreseen {
    /// Which of the scenario's policies it is.
    policy: usize,
    soonest: Foresight,
}

impl Foreseen {
    /// A policy of the scenario that can tell.
    pub fn new(policy: usize, soonest: Foresight) -> Self {
        Self { policy, soonest }
    }

    /// One task in one trial.
    pub fn trial(
        &mut self,
        shared: &Shared<'_>,
        (wrong, counted, drawn): (&WrongAnswers, &mut AnswerCounts, &[f64]),
        tally: &mut Tally,
        trial: &Trial,
        control: &Control,
    ) -> Result<()> {
        let Trial { at, success, correct, ref random } = *trial;
        let (layout, mut random) = (&shared.layout, random.clone());
        wrong.sampler.start(counted, at);
        // Attempts, correct ones, and blocks that were drawn as counts.
        let (mut number, mut right, mut blocks) = (0, 0, 0);
        let mut stopped = None;
        let mut soonest = (self.soonest)([0, 0], 0);
        for (point, &most) in layout.grid.iter().enumerate() {
            while stopped.is_none() && number < most {
                control.check()?;
                let end = most.min(number.saturating_add(soonest));
                if end - number < LONG {
                    for number in number + 1..=end {
                        if number == correct || (number > correct && random.open01() < success) {
                            right += 1;
                        } else {
                            counted.give(wrong.pick(drawn, &mut random));
                        }
                    }
                } else {
                    // Before the first correct attempt none is, after it any may be.
                    let any = binomial(end - number.max(correct.min(end)), success, &mut random);
                    let more = any + u64::from(number < correct && correct <= end);
                    wrong.sampler.draw(counted, blocks, end - number - more);
                    right += more;
                    blocks += 1;
                }
                number = end;
                let [best, next] = wrong
                    .sampler
                    .by_answer(counted)
                    .iter()
                    .fold([0, 0], |[best, next], &votes| [best.max(votes), next.max(best.min(votes))]);
                soonest = (self.soonest)([best.max(right), next.max(best.min(right))], number);
                if soonest == 0 {
                    stopped = Some(Outcome::answer(right > best, false, number));
                }
            }
            let outcome = stopped.unwrap_or_else(|| {
                let leads = shared.priorities(at).correct_leads(right, wrong.sampler.by_answer(counted));
                Outcome::answer(leads, false, most)
            });
            tally.add(layout, (self.policy, point), at, outcome);
        }
        Ok(())
    }
}
