//! A pool's attempts: drawn without replacement, so what is left changes with every segment.

use libm::{exp, floor};

use super::bins::Bins;
use super::within::{MOST_TRIES, ends};
use crate::rng::Sequence;
use crate::sampling::draw::segments::{Given, Segment};
use crate::sampling::policy::seen::FirstEvents;
use crate::sampling::scenario::law::TaskLaw;
use crate::special::ln_choose;
use crate::variates::NEVER;

/// A task's observed attempts.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    attempts: u64,
    accepted: u64,
    accepted_correct: u64,
    /// Correct among all; `None` where rejected answers are not known.
    correct: Option<u64>,
}

/// What is left of a pool after some attempts.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// Correct and wrong ones.
    all: [u64; 2],
    /// Those among them that the verifier rejects; not kept up to date after the first acceptance.
    rejected: [u64; 2],
}

impl Pool {
    /// The pool of a law that is one.
    pub const fn new(law: &TaskLaw) -> Option<Self> {
        let TaskLaw::Pool { attempts, accepted, accepted_correct, correct } = *law else { return None };
        let correct = match correct {
            Some(c) => Some(c as u64),
            None => None,
        };
        Some(Self {
            attempts: attempts as u64,
            accepted: accepted as u64,
            accepted_correct: accepted_correct as u64,
            correct,
        })
    }

    /// All of it.
    pub fn full(&self) -> Left {
        let correct = self.correct.unwrap_or(self.accepted_correct);
        let rejected_correct = correct - self.accepted_correct;
        Left {
            all: [correct, self.attempts - correct],
            rejected: [rejected_correct, self.attempts - self.accepted - rejected_correct],
        }
    }

    /// The events of bins on the grid: `bin` of the acceptance, `hidden` of the first correct among rejected ones.
    pub fn events(
        &self,
        (bins, grid): (&Bins, &[u64]),
        (bin, hidden): (usize, usize),
        after_wrong: &mut Sequence,
        random: &mut Sequence,
    ) -> FirstEvents {
        let points = grid.len();
        let (any, right, known) = (bin < 2 * points, bin < points, self.correct.is_some());
        let bin = if right { bin } else { bin - points };
        let hidden = hidden.min(self.reached(grid));
        if known && any && !right && hidden >= bin {
            let covered = bins.covered_after_wrong(bin, after_wrong.open01());
            return self.after_wrong(grid, bin, covered, random);
        }
        let accepted = if any { first((self.attempts, self.accepted), ends(grid, bin), random) } else { NEVER };
        let hidden = if known && (!any || hidden <= bin) { self.first_hidden(grid, hidden, random) } else { NEVER };
        let correct = if right { hidden.min(accepted) } else { hidden };
        FirstEvents { accepted, accepted_correct: right && any, correct }
    }

    /// The bins that some rejected attempts reach the end of. Their pool ends in the next one, which takes the place of
    /// "beyond the grid".
    fn reached(&self, grid: &[u64]) -> usize {
        grid.partition_point(|&k| k <= self.attempts - self.accepted)
    }

    /// The first correct among the rejected, in a bin of theirs.
    fn first_hidden(&self, grid: &[u64], bin: usize, random: &mut Sequence) -> u64 {
        if bin == grid.len() || self.rejected_correct() == 0 {
            return NEVER;
        }
        first((self.attempts - self.accepted, self.rejected_correct()), ends(grid, bin), random)
    }

    fn rejected_correct(&self) -> u64 {
        self.correct.map_or(0, |c| c - self.accepted_correct)
    }

    /// Both events after a wrong acceptance in `bin` with no correct answer before it, the first one in `covered`.
    fn after_wrong(&self, grid: &[u64], bin: usize, covered: usize, random: &mut Sequence) -> FirstEvents {
        let events = |accepted, correct| FirstEvents { accepted, accepted_correct: false, correct };
        let correct = self.correct.unwrap_or(0);
        let (from, to) = ends(grid, bin);
        if covered > bin {
            // Wrong attempts only in this bin: the first accepted of them.
            let wrong = (self.attempts - correct, self.accepted - self.accepted_correct);
            let accepted = first(wrong, (from, to), random);
            let later = covered < grid.len();
            return events(
                accepted,
                if later { first((self.attempts, correct), ends(grid, covered), random) } else { NEVER },
            );
        }
        let rejected = self.attempts - self.accepted;
        for _ in 0..MOST_TRIES {
            let accepted = first((self.attempts, self.accepted), (from, to), random);
            let hidden = self.rejected_correct();
            let before = if hidden == 0 { NEVER } else { first((rejected, hidden), (from, rejected), random) };
            if before < accepted {
                return events(accepted, before);
            }
            let rest = self.attempts - accepted;
            let after = if correct == 0 { NEVER } else { first((rest, correct), (0, rest), random) };
            if after <= to - accepted {
                return events(accepted, accepted + after);
            }
        }
        events(to, NEVER)
    }
}

/// The first marked one of a pool of `attempts`, `marked` of them, given that it is in (`from`, `to`].
fn first((attempts, marked): (u64, u64), (from, to): (u64, u64), random: &mut Sequence) -> u64 {
    let to = to.min(attempts - marked + 1);
    if to - from == 1 {
        return to;
    }
    let marked = marked as f64;
    let law =
        TaskLaw::Pool { attempts: attempts as f64, accepted: marked, accepted_correct: marked, correct: Some(marked) };
    law.attempt_at(from as f64, to as f64, random.open01()) as u64
}

impl Left {
    /// Draws a segment and takes it away; returns how many of it are correct.
    pub fn draw<const WORDS: usize>(&mut self, segment: &Segment, random: &mut Sequence<WORDS>) -> u64 {
        let correct = match segment.given {
            Given::RejectedWrong | Given::Wrong => 0,
            Given::Rejected => hypergeometric(self.rejected, segment.attempts, random),
            Given::Nothing => hypergeometric(self.all, segment.attempts, random),
            Given::Event { correct, .. } => u64::from(correct),
        };
        let drawn = [correct, segment.attempts - correct];
        let rejected = matches!(
            segment.given,
            Given::RejectedWrong | Given::Rejected | Given::Event { accepted: Some(false), .. }
        );
        for (class, drawn) in drawn.into_iter().enumerate() {
            self.all[class] -= drawn;
            if rejected {
                self.rejected[class] -= drawn;
            }
        }
        correct
    }
}

/// Correct ones among `draws` from `correct` and `wrong` ones without replacement: inversion, from the mode outwards.
fn hypergeometric<const WORDS: usize>([correct, wrong]: [u64; 2], draws: u64, random: &mut Sequence<WORDS>) -> u64 {
    let (least, most) = (draws.saturating_sub(wrong), draws.min(correct));
    if least == most {
        return least;
    }
    let (c, w, m) = (correct as f64, wrong as f64, draws as f64);
    let mode = floor((m + 1.0) * (c + 1.0) / (c + w + 2.0)).clamp(least as f64, most as f64);
    let at_mode = exp(ln_choose(c, mode) + ln_choose(w, m - mode) - ln_choose(c + w, m));
    loop {
        // Rounding may leave a little of u beyond every mass: draw again.
        let mut u = random.open01() - at_mode;
        let (mut down, mut up) = (mode, mode);
        let (mut mass_down, mut mass_up) = (at_mode, at_mode);
        if u <= 0.0 {
            return mode as u64;
        }
        while up < most as f64 || down > least as f64 {
            if up < most as f64 {
                mass_up *= (c - up) / (up + 1.0) * ((m - up) / (w - m + up + 1.0));
                up += 1.0;
                u -= mass_up;
                if u <= 0.0 {
                    return up as u64;
                }
            }
            if down > least as f64 {
                mass_down *= down / (c - down + 1.0) * ((w - m + down) / (m - down + 1.0));
                down -= 1.0;
                u -= mass_down;
                if u <= 0.0 {
                    return down as u64;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use libm::sqrt;

    /// Chi-square against the exact probabilities; the bound has a false-alarm probability below 1e-10 per case.
    #[test]
    fn counts_without_replacement_follow_the_exact_probabilities() {
        for (case, (pool, draws)) in
            [([3, 4], 5), ([1, 9], 3), ([60, 40], 30), ([5000, 20_000], 1000), ([10, 2], 11)].into_iter().enumerate()
        {
            let mut random = Stream::new([21, 35], 0, 97, case as u64).sequence();
            let trials = 100_000;
            let mut seen = vec![0.0; draws as usize + 1];
            for _ in 0..trials {
                seen[hypergeometric(pool, draws, &mut random) as usize] += 1.0;
            }
            let (mut chi, mut bins, mut rest) = (0.0, 0.0, [f64::from(trials); 2]);
            for (k, got) in seen.into_iter().enumerate() {
                let (k, [c, w]) = (k as f64, pool.map(|n| n as f64));
                let m = draws as f64;
                // By the product of factors, not by ln_choose, which the sampler uses.
                let choose =
                    |n: f64, k: f64| (0..k as u64).map(|i| libm::log((n - i as f64) / (i as f64 + 1.0))).sum::<f64>();
                let possible = k <= c && m - k <= w;
                let want = if possible {
                    f64::from(trials) * exp(choose(c, k) + choose(w, m - k) - choose(c + w, m))
                } else {
                    0.0
                };
                assert!(possible || got == 0.0, "{pool:?} {draws}: {k}");
                if want >= 20.0 {
                    chi += (got - want) * (got - want) / want;
                    bins += 1.0;
                    rest = [rest[0] - got, rest[1] - want];
                }
            }
            // Wilson and Hilferty, as in `binomial`.
            let bound = bins * (1.0 - 2.0 / (9.0 * bins) + 6.5 * sqrt(2.0 / (9.0 * bins))).powi(3);
            assert!(chi < bound, "{pool:?} {draws}: {chi} above {bound} on {bins} bins");
            assert!((rest[0] - rest[1]).abs() < 6.5 * sqrt(rest[1].max(1.0)) + 1.0, "{pool:?} {draws}: {rest:?}");
        }
    }
}
