//! What a policy came to on one task in one trial.

/// What a policy came to on one task in one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What was returned.
    pub returned: Returned,
    /// Whether it was accepted.
    pub accepted: bool,
    /// Attempts used.
    pub attempts: u64,
}

/// What a policy returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// A correct answer.
    Correct,
    /// A wrong answer.
    Wrong,
    /// Nothing.
    Nothing,
}

impl Outcome {
    /// An answer was returned.
    pub const fn answer(correct: bool, accepted: bool, attempts: u64) -> Self {
        let returned = if correct { Returned::Correct } else { Returned::Wrong };
        Self { returned, accepted, attempts }
    }

    /// Nothing was returned.
    pub const fn nothing(attempts: u64) -> Self {
        Self { returned: Returned::Nothing, accepted: false, attempts }
    }
}
