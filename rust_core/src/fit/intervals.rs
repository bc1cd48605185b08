//! Estimates of a population with likelihood-ratio intervals, whose cut is that of chi-squared or of resampled tasks.

use libm::exp;

use super::beta_binomial::{Coordinates, Counts, REACH, logistic};
use super::identification::{ICC, Reason, Told, UNSOLVABLE, boundary, open, settle_unsolvable};
use super::maximum::Maximum;
use super::pass_rates::Bootstrap;
use crate::error::Result;
use crate::rng::{Stream, purpose};
use crate::run::{Control, run};
use crate::special::student_t::square_of_t;
use crate::stats::quantile;

/// The coordinate in which each of the five quantities is held.
const HELD: [(Coordinates, usize); 5] = [
    (Coordinates::Shapes, 0),
    (Coordinates::Shapes, 1),
    (Coordinates::Moments, 0),
    (Coordinates::Moments, 1),
    (Coordinates::Moments, 2),
];
/// A quantity's estimate and interval; NaN where there is none.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    /// The maximum-likelihood value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end; infinite where the data set no bound.
    pub high: f64,
    /// Why there is no value, or one on the boundary.
    pub reason: Option<Reason>,
}

/// The estimate of each of the five quantities.
#[derive(Debug)]
pub struct Fit {
    /// In the order of `QUANTITIES`.
    pub quantities: [Estimate; 5],
    /// The log likelihood at the maximum.
    pub ln_likelihood: f64,
}

/// Fits a population; an interval holds the values whose best log likelihood is within half a cut of the maximum.
///
/// The cut is the squared quantile of Student's t with a degree of freedom less than tasks (chi-squared's where there
/// are many) or, where larger, the quantile of the ratio's bootstrap distribution: how far the likelihood of resampled
/// tasks, at the value estimated from all tasks, lies below its own maximum. The second holds with rates that are no
/// Beta too (`resamples` of 0 asks for the first alone).
pub fn fit(counts: &Counts, inflated: bool, bootstrap: Bootstrap, threads: usize, control: &Control) -> Result<Fit> {
    counts.check_informative()?;
    let open = open(counts, inflated);
    let weights = counts.weights();
    let (population, top) = counts.fit(&weights, inflated);
    let mut best = Coordinates::Moments.point(&population).map(|x| x.clamp(-REACH, REACH));
    if inflated {
        settle_unsolvable(counts, &mut best, top);
    }
    let reason = open.or_else(|| boundary(counts, inflated, &mut best, top));
    let search = Search { counts, inflated, spread: open != Some(Reason::OneAttempt), best };
    let cuts = search.cuts(square_of_t(counts.tasks() as f64, bootstrap.confidence), bootstrap, threads, control)?;
    let quantities = std::array::from_fn(|quantity| {
        let fitted = quantity < UNSOLVABLE || inflated;
        let told = reason.map_or(Told { value: true, interval: true }, |r| r.leaves(quantity));
        let value = if fitted && told.value { search.value(quantity, reason) } else { f64::NAN };
        let shown = fitted && told.interval;
        let end = |direction| {
            if shown { search.end(&weights, quantity, direction, top - 0.5 * cuts[quantity]) } else { f64::NAN }
        };
        // The mean is what it is on a boundary too.
        let noted = fitted && (quantity == ICC || !told.value || !told.interval);
        Estimate { value, low: end(-1.0), high: end(1.0), reason: reason.filter(|_| noted) }
    });
    control.check()?;
    Ok(Fit { quantities, ln_likelihood: counts.ln_coefficients + top })
}

/// The likelihood around its maximum.
struct Search<'a> {
    counts: &'a Counts,
    inflated: bool,
    /// Whether the data know the spread of the rates; the intra-class correlation stays where it is if not.
    spread: bool,
    /// The maximum, in moments.
    best: [f64; 3],
}

impl Search<'_> {
    fn value(&self, quantity: usize, reason: Option<Reason>) -> f64 {
        match (quantity, reason) {
            (ICC, Some(Reason::OneRate)) => 0.0,
            (ICC, Some(Reason::AllOrNone | Reason::NoMiddle)) => 1.0,
            (UNSOLVABLE, _) if self.best[2] <= -REACH => 0.0,
            _ => Coordinates::Moments.population(&self.best).quantities()[quantity],
        }
    }

    /// The best point with one quantity held where it is in `start`, given in the quantity's coordinates.
    fn held(&self, weights: &[f64], quantity: usize, start: [f64; 3]) -> Maximum<3> {
        let (way, place) = HELD[quantity];
        let mut free = [true, self.spread, self.inflated];
        free[place] = false;
        self.counts.profile(weights, self.inflated, way, start, free)
    }

    fn start(&self, quantity: usize) -> [f64; 3] {
        let way = HELD[quantity].0;
        way.point(&Coordinates::Moments.population(&self.best)).map(|x| x.clamp(-REACH, REACH))
    }

    /// For each quantity, twice the fall of the log likelihood at the ends of its interval.
    fn cuts(&self, least: f64, bootstrap: Bootstrap, threads: usize, control: &Control) -> Result<[f64; 5]> {
        let mut ratios: [Vec<f64>; 5] = Default::default();
        let work = |(): &mut (), index: u64| {
            control.check()?;
            let mut random = Stream::new(bootstrap.key, 0, purpose::BOOTSTRAP, index).sequence();
            let weights = self.counts.resampled(&mut random);
            let free = [true, self.spread, self.inflated];
            let top = self.counts.profile(&weights, self.inflated, Coordinates::Moments, self.best, free);
            let held = |quantity| self.held(&weights, quantity, self.start(quantity)).value;
            let ratio = |quantity| {
                if quantity == UNSOLVABLE && !self.inflated { 0.0 } else { 2.0 * (top.value - held(quantity)) }
            };
            control.advance(1);
            Ok(std::array::from_fn::<f64, 5, _>(ratio))
        };
        let collect = |one: [f64; 5]| ratios.iter_mut().zip(one).for_each(|(all, ratio)| all.push(ratio));
        run(bootstrap.resamples, threads, control, || (), work, collect)?;
        Ok(ratios.map(|mut ratios| {
            ratios.sort_by(f64::total_cmp);
            // Without resamples the quantile is no number, and the larger of the two is the other.
            quantile(&ratios, bootstrap.confidence).max(least)
        }))
    }

    /// Where the likelihood, with the quantity held, falls to `least`; the end of its range where it never does.
    fn end(&self, weights: &[f64], quantity: usize, direction: f64, least: f64) -> f64 {
        let (way, place) = HELD[quantity];
        // Room for the other shape where the best mean is far from one half.
        let reach = if way == Coordinates::Shapes { REACH - 8.0 } else { REACH };
        match edge(self.start(quantity), place, direction * reach, least, |start| self.held(weights, quantity, start)) {
            Some(t) if way == Coordinates::Shapes => exp(t),
            Some(t) => logistic(t),
            None if direction < 0.0 => 0.0,
            None if way == Coordinates::Shapes => f64::INFINITY,
            None => 1.0,
        }
    }
}

/// Where the profile falls to `least` on the way of a coordinate to `limit`; `None` where it does not.
fn edge(top: [f64; 3], place: usize, limit: f64, least: f64, profile: impl Fn([f64; 3]) -> Maximum<3>) -> Option<f64> {
    let mut inside = top;
    let mut step = 0.25_f64.copysign(limit);
    let mut outside = loop {
        if inside[place] == limit {
            return None;
        }
        let mut next = inside;
        next[place] += step;
        if (next[place] - limit) * limit > 0.0 {
            next[place] = limit;
        }
        let found = profile(next);
        if found.value < least {
            break next[place];
        }
        inside = found.at;
        step *= 2.0;
    };
    while (outside - inside[place]).abs() > 1e-7 * (1.0 + outside.abs()) {
        let middle = f64::midpoint(outside, inside[place]);
        let mut next = inside;
        next[place] = middle;
        let found = profile(next);
        if found.value < least { outside = middle } else { inside = found.at }
    }
    Some(outside)
}
