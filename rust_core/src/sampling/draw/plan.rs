//! What all chunks of a simulation share, and what each of its workers holds.

use super::answers::AnswerCounts;
use super::batch::Batch;
use super::chain::Chain;
use super::events::Source;
use super::events::pool::Pool;
use super::events::redrawn::Redrawn;
use super::maxima::MaximaTable;
use super::plurality::{Plurality, Scratch};
use super::run::{Run, chunk_trials};
use super::sequential::{self, Sequential};
use super::state::{DrawnSegment, Stop};
use super::streams::{Place, Streams};
use super::successes::{self, Counts};
use super::tokens::Tokens;
use super::totals::Totals;
use crate::error::Result;
use crate::rng::{Sequence, Stream, purpose};
use crate::run::Control;
use crate::sampling::policy::Policy;
use crate::sampling::policy::rule::{Alone, Needs, Setting};
use crate::sampling::policy::seen::{Seen, Selector};
use crate::sampling::policy::ties::Priorities;
use crate::sampling::record::layout::{Layout, Score};
use crate::sampling::record::outcome::Outcome;
use crate::sampling::record::rows::{Rows, Sums};
use crate::sampling::record::trial_scores::TrialScores;
use crate::sampling::scenario::SamplingScenario;
use crate::sampling::scenario::answers::Answers;
use crate::sampling::scenario::law::TaskLaw;
use crate::sampling::scenario::scores::Scores;
use crate::variates::exponential::Exponential;

/// What is drawn beyond the first events.
#[expect(clippy::struct_excessive_bools, reason = "each feature is wanted or not")]
pub(super) struct Features {
    pub(super) counts: bool,
    pub(super) answers: Option<Answers>,
    pub(super) scores: Option<Scores>,
    /// Attempts one by one.
    pub(super) attempts: bool,
    pub(super) last: bool,
    /// Which answer leads at every grid point.
    pub(super) leader: bool,
}

impl Features {
    fn new(scenario: &SamplingScenario, policies: &[Policy]) -> Self {
        let mut needs = policies.iter().fold(Needs::NONE, |all, policy| all.or(policy.needs()));
        // What an attempt takes depends on whether it is correct.
        needs.attempts |= scenario.cost.is_some_and(|cost| cost.wrong_output_tokens.is_some());
        let scored = needs.scores || needs.attempts;
        Self {
            counts: needs.counts || scored || needs.answers || needs.last,
            last: needs.attempts || needs.last,
            answers: scenario.answers.filter(|_| needs.answers),
            scores: scenario.verifier.as_ref().and_then(Scores::new).filter(|_| scored),
            attempts: needs.attempts,
            leader: needs.leader,
        }
    }
}

/// What a worker holds.
pub(super) struct Worker {
    pub(super) rows: Rows,
    pub(super) sums: Sums,
    pub(super) scores: TrialScores,
    pub(super) tokens: Option<Tokens>,
    /// Those of the whole benchmark, where a bill follows from the attempts.
    pub(super) totals: Option<Totals>,
    /// Those of wrong attempts, where they take others.
    pub(super) wrong_tokens: Option<Tokens>,
    pub(super) stops: Vec<Stop>,
    pub(super) batch: Batch,
    /// What was drawn of the attempts between two stops, under limits.
    pub(super) drawn: Vec<DrawnSegment>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) seen: Vec<Seen>,
    pub(super) fine: Fine,
}

/// What is looked at more closely: wrong answers, and single attempts.
pub(super) struct Fine {
    pub(super) counted: Option<AnswerCounts>,
    /// Where somebody asks who leads.
    pub(super) leads: Option<Box<Scratch>>,
    /// Wrong attempts of the current bin by answer.
    pub(super) by_answer: Vec<u64>,
    pub(super) sequential: Sequential,
}

/// The streams of one chunk; under limits, of one task in one trial.
pub(super) struct Random {
    pub(super) counts: Sequence<{ successes::WORDS }>,
    pub(super) maxima: Sequence<{ successes::WORDS }>,
    pub(super) last: Sequence,
    pub(super) single: sequential::Random,
}

impl Random {
    pub(super) fn new(stream: impl Fn(u64) -> Stream) -> Self {
        let sequence = |purpose| stream(purpose).sequence();
        Self {
            counts: stream(purpose::CUT_COUNTS).ahead(0),
            maxima: stream(purpose::CUT_MAXIMA).ahead(0),
            last: sequence(purpose::LAST),
            single: sequential::Random {
                order: sequence(purpose::ORDER),
                answers: sequence(purpose::ANSWER_ORDER),
                verdicts: sequence(purpose::VERDICTS),
            },
        }
    }
}

/// What all chunks share.
pub(super) struct Plan<'a> {
    pub(super) layout: Layout<'a>,
    pub(super) streams: Streams,
    pub(super) source: Source<'a>,
    /// The most attempts that a limit allows.
    pub(super) most: u64,
    pub(super) features: Features,
    pub(super) counts: Counts,
    /// Counts without first events, where nobody reads those.
    pub(super) chain: Option<Chain>,
    pub(super) exponential: Exponential,
    pub(super) maxima_table: Option<MaximaTable>,
    pub(super) plurality: Option<Plurality<'a>>,
    setting: Setting,
    /// The pools of the tasks; empty where attempts are independent.
    pub(super) pools: Vec<Pool>,
}

/// The layout of the rows of `policies`.
pub(super) fn layout<'a>(
    scenario: &'a SamplingScenario,
    policies: &'a [Policy],
    (tasks, grid): (usize, &'a [u64]),
    run: &Run,
    compared: Option<Score>,
) -> Layout<'a> {
    Layout {
        policies,
        grid,
        limits: scenario.limits(),
        tasks,
        kept: Vec::new(),
        wanted: run.wanted,
        cost: scenario.cost,
        billed_by_attempts: scenario.is_billed_by_attempts(),
        billed: scenario.billed(),
        utility: scenario.utility,
        compared,
    }
}

/// Finds what the attempts of a chunk's trials took, where that follows from their number.
pub(super) fn charge(
    layout: &Layout<'_>,
    streams: &Streams,
    scores: &mut TrialScores,
    totals: Option<&mut Totals>,
    (chunk, trials): (u64, usize),
    control: &Control,
) -> Result<()> {
    let (Some(totals), Some(cost)) = (totals, layout.cost) else { return Ok(()) };
    for (p, policy) in layout.policies.iter().enumerate() {
        totals.start();
        for point in 0..layout.grid.len() {
            let row = layout.row(p, point);
            let attempts = scores.attempts(row, trials);
            if attempts.is_empty() {
                return Ok(());
            }
            let tokens = totals.at(&attempts, (streams, chunk, point), control)?;
            scores.set_bills(row, (&attempts, tokens), cost.rates(policy.needs().checks()));
        }
    }
    Ok(())
}

impl<'a> Plan<'a> {
    /// The plan of `policies`; `covered` where the bins of first correct attempts are asked for beside them.
    pub(super) fn new(
        scenario: &'a SamplingScenario,
        (policies, compared): (&'a [Policy], Option<Score>),
        (laws, grid): (&'a [TaskLaw], &'a [u64]),
        (run, covered): (&Run, bool),
        control: &Control,
    ) -> Result<Self> {
        let streams = Streams::new(run, chunk_trials(scenario));
        let features = Features::new(scenario, policies);
        let by_counts = policies.iter().all(|policy| policy.alone() == Some(Alone::Counts));
        let plain = compared.is_none() && (scenario.cost.is_none() || scenario.is_billed_by_attempts());
        let chain = if by_counts && plain && !policies.is_empty() && scenario.limits.is_none() {
            Chain::new(scenario, (laws, grid), run.trials, control)?
        } else {
            None
        };
        let source = match chain {
            Some(_) => Source::Redrawn(Redrawn::of_rates(scenario, laws)),
            None => {
                Source::new(scenario, (laws, grid), [covered, !policies.is_empty()], (run.trials, run.kept), control)?
            }
        };
        let counted = if features.counts && chain.is_none() { laws } else { &[] };
        Ok(Self {
            layout: layout(scenario, policies, (laws.len(), grid), run, compared),
            streams,
            source,
            most: scenario.most(),
            plurality: features.answers.map(|answers| Plurality::new(answers, streams, grid)),
            counts: Counts::new(counted, grid),
            chain,
            exponential: Exponential::default(),
            maxima_table: features.scores.map(MaximaTable::new),
            features,
            setting: scenario.setting(laws),
            pools: laws.iter().filter_map(Pool::new).collect(),
        })
    }

    /// Room for one worker.
    pub(super) fn worker(&self) -> Worker {
        let answers = self.features.answers.map_or(0, |a| a.count());
        let points = if self.layout.policies.is_empty() { 0 } else { self.layout.grid.len() };
        let selectors: Vec<Box<dyn Selector>> =
            self.layout.policies.iter().map(|policy| policy.selector(&self.setting)).collect();
        Worker {
            rows: Rows::new(&self.layout),
            sums: Sums::new(&self.layout),
            scores: TrialScores::new(&self.layout, self.streams.chunk()),
            tokens: self.layout.cost.filter(|_| !self.layout.billed_by_attempts).map(|cost| Tokens::new(cost.right())),
            totals: self
                .layout
                .cost
                .filter(|_| self.layout.billed_by_attempts && !self.layout.policies.is_empty())
                .map(|cost| Totals::new(cost, self.streams.chunk())),
            wrong_tokens: self.layout.cost.and_then(|cost| cost.wrong()).map(Tokens::new),
            stops: Vec::new(),
            batch: Batch::new(points),
            drawn: Vec::new(),
            outcomes: Vec::new(),
            seen: Vec::new(),
            fine: Fine {
                counted: self.plurality.as_ref().map(|plurality| plurality.sampler.counted()),
                leads: self.features.leader.then(|| Box::new(Scratch::new(points))),
                by_answer: vec![0; answers],
                sequential: Sequential::new(selectors, self.features.scores, answers > 0),
            },
        }
    }

    /// The streams of a chunk.
    pub(super) fn random(&self, chunk: u64) -> Random {
        Random::new(|purpose| self.streams.of(purpose, chunk))
    }

    /// The priorities of the answers in one trial.
    pub(super) fn priorities(&self, at: Place) -> Priorities {
        let answers = self.features.answers.map_or(1, |answers| 1 + answers.count());
        Priorities::new(self.streams.priorities(at.chunk), answers, self.streams.of_chunk(at))
    }
}
