//! One task in one trial up to some attempt, and the attempts after it, stretch by stretch.

use super::engine::{Plan, Random};
use crate::sampling::draw::events::FirstEvents;
use crate::sampling::draw::events::pool::Left;
use crate::sampling::draw::segments::{Given, Stretch, cut};
use crate::sampling::policy::seen::Seen;
use crate::sampling::scenario::law::Rates;
use crate::sampling::scenario::scores::CLASSES;
use crate::variates::below;

/// A stretch with what was drawn of it.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    /// The stretch.
    pub stretch: Stretch,
    /// How many of its attempts are correct.
    pub correct: u64,
    /// The least depth of each class; infinite where it has no attempts.
    pub depths: [f64; CLASSES],
}

/// One task in one trial, up to a grid point.
pub struct State {
    /// What the policies see.
    pub seen: Seen,
    /// The task's rates.
    pub rates: Rates,
    /// What is left of a pool.
    pub left: Option<Left>,
}

impl State {
    /// Before the first attempt.
    pub const fn start(events: FirstEvents, rates: Rates) -> Self {
        let seen = Seen {
            events,
            correct: 0,
            maxima: [f64::INFINITY; CLASSES],
            best_is_correct: false,
            leads: false,
            last_correct: false,
        };
        Self { seen, rates, left: None }
    }
}

impl Drawn {
    /// What is known of the stretch.
    pub const fn given(&self) -> Given {
        self.stretch.given
    }
}

impl Plan<'_> {
    /// Draws the attempts of task `i` after `from` up to `to` in one trial, stretch by stretch.
    pub(super) fn draw_cell(
        &self,
        state: &mut State,
        random: &mut Random,
        drawn: &mut Vec<Drawn>,
        i: usize,
        (from, to): (u64, u64),
    ) {
        let mut higher = false;
        cut(&state.seen.events, from, to, |stretch| {
            let correct = match &mut state.left {
                Some(left) => left.draw(&stretch, &mut random.counts),
                None => self.counts.draw(i, &state.rates, &stretch, &mut random.counts),
            };
            let sizes = [correct, stretch.attempts - correct];
            let mut depths = [f64::INFINITY; CLASSES];
            if let Some(scores) = &self.features.scores {
                for class in 0..CLASSES {
                    if sizes[class] > 0 {
                        let some = (sizes[class], stretch.given.accepted());
                        depths[class] = scores.least(class, some, &self.exponential, &mut random.maxima);
                        higher |= depths[class] < state.seen.maxima[class];
                        state.seen.maxima[class] = depths[class].min(state.seen.maxima[class]);
                    }
                }
            }
            state.seen.correct += correct;
            if self.features.last {
                state.seen.last_correct = below(stretch.attempts, &mut random.last) < correct;
            }
            if self.features.attempts {
                drawn.push(Drawn { stretch, correct, depths });
            }
        });
        if let Some(duel) = self.duel.as_ref().filter(|_| higher) {
            state.seen.best_is_correct = duel.correct_wins(state.seen.maxima);
        }
    }
}
