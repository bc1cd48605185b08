//! pass@k and pass^k of one task, and tasks with equal counts.

use std::collections::BTreeMap;

use crate::closed_form::pass_rates::{pass_at_k, pass_hat_k};

/// Some of k attempts is correct, or all are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassRate {
    /// pass@k.
    AtK,
    /// pass^k.
    HatK,
}

impl PassRate {
    /// The unbiased estimate from one task's counts; NaN below k attempts.
    pub fn of(self, attempts: f64, correct: f64, k: f64) -> f64 {
        match self {
            Self::AtK => pass_at_k(attempts, correct, k),
            Self::HatK => pass_hat_k(attempts, correct, k),
        }
    }

    /// The same for the event that all attempts are alike: its square's mean is known from 2k attempts.
    pub fn all_alike(self, attempts: f64, correct: f64, k: f64) -> f64 {
        match self {
            Self::AtK => pass_hat_k(attempts, attempts - correct, k),
            Self::HatK => pass_hat_k(attempts, correct, k),
        }
    }
}

/// Tasks with equal counts, together.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Attempts of each.
    pub attempts: f64,
    /// Correct ones among them.
    pub correct: f64,
    /// How many tasks.
    pub tasks: f64,
}

/// The groups of all tasks.
pub fn grouped(attempts: &[f64], correct: &[f64]) -> Vec<Group> {
    let mut tasks: BTreeMap<(u64, u64), f64> = BTreeMap::new();
    for (&n, &c) in attempts.iter().zip(correct) {
        *tasks.entry((n as u64, c as u64)).or_default() += 1.0;
    }
    tasks.into_iter().map(|((n, c), tasks)| Group { attempts: n as f64, correct: c as f64, tasks }).collect()
}
