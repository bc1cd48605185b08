//! The one table of the estimates: what each is called, and what columns of the tasks' means it is made of.
//!
//! Values, standard errors and intervals go by the kind of an estimate: a further one of a known kind is a line of the table.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::special::clusters::Sampled;

/// An estimate of a row.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The name of its column.
    pub name: &'static str,
    /// What it is made of.
    pub kind: Kind,
}

/// How many estimates there are.
pub const COUNT: usize = 15;

/// The estimates, in the order of the columns.
pub const METRICS: [Metric; COUNT] = {
    use Kind::{Amount, Complement, Either, Neither, PerCorrect, Ratio, Score, Share};
    use Quantity::{Abstained, Accepted, Attempts, Correct, Cost, Covered, Latency, Tokens, Utility, Wrong};
    let returned = [Correct, Wrong];
    [
        Metric::new("accepted", Share(Accepted)),
        Metric::new("returned", Either(returned)),
        Metric::new("abstained", Neither(returned, Abstained)),
        Metric::new("accuracy", Share(Correct)),
        Metric::new("wrong", Share(Wrong)),
        Metric::new("precision", Ratio(returned)),
        Metric::new("false_discovery_rate", Complement(returned)),
        Metric::new("coverage", Share(Covered)),
        Metric::new("attempts_used", Amount(Attempts)),
        Metric::new("tokens", Amount(Tokens)),
        Metric::new("cost", Amount(Cost)),
        Metric::new("latency", Amount(Latency)),
        Metric::new("utility", Score(Utility)),
        Metric::new("tokens_per_correct", PerCorrect(Tokens)),
        Metric::new("cost_per_correct", PerCorrect(Cost)),
    ]
};

/// What an estimate is. Shares named together are of events that exclude one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The share of trials with an event.
    Share(Quantity),
    /// The share with one or the other of two events.
    Either([Quantity; 2]),
    /// The share with neither of two events, which is kept of itself: where it is next to 0, 1 less theirs has few digits.
    Neither([Quantity; 2], Quantity),
    /// Of trials with one or the other of two events, the share with the first.
    Ratio([Quantity; 2]),
    /// Of the same trials the share with the second.
    Complement([Quantity; 2]),
    /// The mean of what is not negative.
    Amount(Quantity),
    /// The mean of what may be negative.
    Score(Quantity),
    /// The mean of an amount over the share of correct answers.
    PerCorrect(Quantity),
}

/// A quantity of a trial at a task, whose mean over trials is a column of `TaskMeans`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// An accepted answer was returned.
    Accepted,
    /// The returned answer was correct.
    Correct,
    /// The returned answer was wrong.
    Wrong,
    /// Some attempt was correct.
    Covered,
    /// Nothing was returned.
    Abstained,
    /// Attempts used.
    Attempts,
    /// Tokens.
    Tokens,
    /// Money.
    Cost,
    /// Seconds.
    Latency,
    /// Utility.
    Utility,
}

impl Quantity {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();
    /// All, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Accepted,
        Self::Correct,
        Self::Wrong,
        Self::Covered,
        Self::Abstained,
        Self::Attempts,
        Self::Tokens,
        Self::Cost,
        Self::Latency,
        Self::Utility,
    ];

    /// Its name across the border.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Correct => "correct",
            Self::Wrong => "wrong",
            Self::Covered => "covered",
            Self::Abstained => "abstained",
            Self::Attempts => "attempts",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Latency => "latency",
            Self::Utility => "utility",
        }
    }

    /// Which part of `TaskMeans::bill_correct` holds it over trials with a correct answer.
    const fn with_correct(self) -> Option<usize> {
        match self {
            Self::Tokens => Some(0),
            Self::Cost => Some(1),
            _ => None,
        }
    }
}

impl Metric {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }

    /// Whether a quantity is a part of it.
    pub fn is_of(&self, quantity: Quantity) -> bool {
        self.kind.quantities().contains(&quantity)
    }

    /// Whether it is the mean of values in known bounds, but for what attempts cost.
    pub const fn is_bounded(self) -> bool {
        matches!(self.kind, Kind::Share(_) | Kind::Either(_) | Kind::Neither(..) | Kind::Score(_))
    }
}

impl Kind {
    /// What it is made of.
    pub const fn quantities(self) -> [Quantity; 2] {
        match self {
            Self::Share(one) | Self::Neither(_, one) | Self::Amount(one) | Self::Score(one) => [one; 2],
            Self::Either(two) | Self::Ratio(two) | Self::Complement(two) => two,
            Self::PerCorrect(one) => [one, Quantity::Correct],
        }
    }

    /// Whether it is that of a share, or of a ratio of two.
    pub const fn is_share(self) -> bool {
        !matches!(self, Self::Amount(_) | Self::Score(_) | Self::PerCorrect(_))
    }

    /// The two whose deviations tell that of a ratio: the numerator, of a complement that of what it completes, and the
    /// denominator.
    const fn ratio(self) -> Option<[Self; 2]> {
        match self {
            Self::Ratio(two) | Self::Complement(two) => Some([Self::Share(two[0]), Self::Either(two)]),
            Self::PerCorrect(amount) => Some([Self::Amount(amount), Self::Share(Quantity::Correct)]),
            _ => None,
        }
    }

    const fn code(self) -> [u8; 4] {
        match self {
            Self::Share(x) => [0, x as u8, 0, 0],
            Self::Either([x, y]) => [1, x as u8, y as u8, 0],
            Self::Neither([x, y], z) => [2, x as u8, y as u8, z as u8],
            Self::Ratio([x, y]) => [3, x as u8, y as u8, 0],
            Self::Complement([x, y]) => [4, x as u8, y as u8, 0],
            Self::Amount(x) => [5, x as u8, 0, 0],
            Self::Score(x) => [6, x as u8, 0, 0],
            Self::PerCorrect(x) => [7, x as u8, 0, 0],
        }
    }
}

/// The place of an estimate in the table, where it has to be.
pub const fn place(kind: Kind) -> usize {
    let mut at = 0;
    while at < COUNT {
        if u32::from_le_bytes(METRICS[at].kind.code()) == u32::from_le_bytes(kind.code()) {
            return at;
        }
        at += 1;
    }
    panic!("an estimate is made of another one that the table does not have")
}

/// What an estimate needs beside it in the table, and of what is recorded.
const _: () = {
    let mut at = 0;
    while at < COUNT {
        match METRICS[at].kind {
            Kind::Either(two) => _ = [place(Kind::Share(two[0])), place(Kind::Share(two[1]))],
            Kind::Neither(two, _) | Kind::Ratio(two) | Kind::Complement(two) => _ = place(Kind::Either(two)),
            Kind::PerCorrect(amount) => {
                assert!(amount.with_correct().is_some(), "it is not summed over trials with a correct answer");
                _ = place(Kind::Amount(amount));
            }
            Kind::Share(_) | Kind::Amount(_) | Kind::Score(_) => {}
        }
        at += 1;
    }
};

/// By estimate the places of the two whose deviations tell that of a ratio.
pub const RATIOS: [Option<[usize; 2]>; COUNT] = {
    let mut found = [None; COUNT];
    let mut at = 0;
    while at < COUNT {
        if let Some([numerator, denominator]) = METRICS[at].kind.ratio() {
            found[at] = Some([place(numerator), place(denominator)]);
        }
        at += 1;
    }
    found
};

/// The estimates by name, with the names of what each is made of.
pub fn names() -> Vec<(&'static str, BTreeSet<&'static str>)> {
    METRICS.iter().map(|metric| (metric.name, metric.kind.quantities().map(Quantity::name).into())).collect()
}

/// The names of the ratios, each with that of what it is relative to.
pub fn ratios() -> Vec<(&'static str, &'static str)> {
    let named = METRICS.iter().zip(RATIOS);
    named.filter_map(|(metric, ratio)| Some((metric.name, METRICS[ratio?[1]].name))).collect()
}

/// The names of those that are means of bounded values.
pub fn bounded() -> Vec<&'static str> {
    METRICS.iter().filter(|metric| metric.is_bounded()).map(|metric| metric.name).collect()
}

/// By estimate four places among the means of the quantities: its value is the sum of two over the sum of two, of which
/// there is none where the whole is not positive. Behind the quantities stand what adds nothing and 1.
pub const SUMS: [[usize; 4]; COUNT] = {
    let (mut found, mut at) = ([[0; 4]; COUNT], 0);
    while at < COUNT {
        let kind = METRICS[at].kind;
        let [one, other] = kind.quantities();
        let (one, other) = (one as usize, other as usize);
        found[at] = match kind {
            Kind::Share(_) | Kind::Neither(..) | Kind::Amount(_) | Kind::Score(_) => [one, NOTHING, ONE, NOTHING],
            Kind::Either(_) => [one, other, ONE, NOTHING],
            Kind::Ratio(_) => [one, NOTHING, one, other],
            Kind::Complement(_) => [other, NOTHING, one, other],
            Kind::PerCorrect(_) => [one, NOTHING, other, NOTHING],
        };
        at += 1;
    }
    found
};
const NOTHING: usize = Quantity::COUNT;
const ONE: usize = NOTHING + 1;

/// The values of all estimates, from the means of the quantities over tasks.
#[inline]
pub fn values(mean: [f64; Quantity::COUNT]) -> [f64; COUNT] {
    // -0 is what changes no number it is added to.
    let mut terms = [-0.0; ONE + 1];
    terms[..NOTHING].copy_from_slice(&mean);
    terms[ONE] = 1.0;
    let mut values = [f64::NAN; COUNT];
    for (value, [a, b, c, d]) in values.iter_mut().zip(SUMS) {
        let whole = terms[c] + terms[d];
        *value = if whole > 0.0 { (terms[a] + terms[b]) / whole } else { f64::NAN };
    }
    values
}

/// Per-task means of one row, over trials or exact.
#[derive(Debug, Clone, Default)]
pub struct TaskMeans {
    /// An accepted answer was returned.
    pub accepted: Vec<f64>,
    /// The returned answer was correct.
    pub correct: Vec<f64>,
    /// The returned answer was wrong.
    pub wrong: Vec<f64>,
    /// Nothing was returned.
    pub abstained: Vec<f64>,
    /// Some attempt was correct; empty where not known.
    pub covered: Vec<f64>,
    /// Attempts used: mean, and variance from trial to trial.
    pub attempts: [Vec<f64>; 2],
    /// Tokens, money and seconds: mean, and variance from trial to trial; empty without a cost.
    pub bill: [[Vec<f64>; 2]; 3],
    /// Tokens and money of the trials whose answer was correct, over all trials; empty without a cost, and where exact.
    pub bill_correct: [Vec<f64>; 2],
    /// Utility: mean, and variance from trial to trial; empty without a utility.
    pub utility: [Vec<f64>; 2],
}

impl TaskMeans {
    /// The means of every quantity, task by task, in the order of `Quantity::ALL`.
    #[inline]
    pub fn means(&self) -> [&[f64]; Quantity::COUNT] {
        let [[tokens, _], [cost, _], [latency, _]] = &self.bill;
        let ([attempts, _], [utility, _]) = (&self.attempts, &self.utility);
        let Self { accepted, correct, wrong, abstained, covered, .. } = self;
        [accepted, correct, wrong, covered, abstained, attempts, tokens, cost, latency, utility]
    }

    /// The means of a quantity, task by task.
    pub fn mean(&self, quantity: Quantity) -> &[f64] {
        self.means()[quantity as usize]
    }

    /// Its variances from trial to trial; `None` for shares, whose means tell theirs.
    pub fn variance(&self, quantity: Quantity) -> Option<&[f64]> {
        match quantity {
            Quantity::Attempts => Some(&self.attempts[1]),
            Quantity::Tokens => Some(&self.bill[0][1]),
            Quantity::Cost => Some(&self.bill[1][1]),
            Quantity::Latency => Some(&self.bill[2][1]),
            Quantity::Utility => Some(&self.utility[1]),
            _ => None,
        }
    }

    /// The mean over all trials of what it comes to in those with a correct answer.
    pub fn with_correct(&self, quantity: Quantity) -> &[f64] {
        quantity.with_correct().map_or(&[], |at| &self.bill_correct[at])
    }

    /// Every column.
    fn columns(&mut self) -> [&mut Vec<f64>; 17] {
        let Self { accepted, correct, wrong, abstained, covered, attempts, bill, bill_correct, utility } = self;
        let [tokens, money] = bill_correct;
        let [[t, tt], [m, mm], [s, ss]] = bill;
        let ([a, aa], [u, uu]) = (attempts, utility);
        [accepted, correct, wrong, abstained, covered, a, aa, t, tt, m, mm, s, ss, tokens, money, u, uu]
    }

    /// By what is sampled: the means of clusters, where there are any.
    pub fn sampled(&self, sampled: &Sampled) -> Cow<'_, Self> {
        if !sampled.is_clustered() {
            return Cow::Borrowed(self);
        }
        let mut found = self.clone();
        for column in found.columns().into_iter().filter(|column| !column.is_empty()) {
            *column = sampled.means(column);
        }
        Cow::Owned(found)
    }

    /// Adds another's with a weight: means over what is drawn for all tasks together.
    pub fn add(&mut self, weight: f64, mut other: Self) {
        for (sum, more) in self.columns().into_iter().zip(other.columns()) {
            sum.resize(more.len(), 0.0);
            sum.iter_mut().zip(more).for_each(|(sum, x)| *sum += weight * *x);
        }
    }
}
