//! Repeated sampling with imperfect verifiers: the scenario, its policies, its simulator and its exact solution.
//!
//! A trial from scenario to row. A [`scenario`] names tasks, a verifier, wrong answers, policies, and a grid of attempts or
//! limits; every task has a law ([`scenario::law`]), or the trial draws its rates ([`scenario::population`]). The simulator
//! ([`draw`]) works on chunks of trials, task by task ([`draw::engine`]): it draws when the first acceptance and the first
//! correct attempt come ([`draw::events`]), and what else the policies read ([`draw::features`], and [`draw::sequential`]
//! for attempts one by one), each from streams of its own ([`draw::streams`]). A policy is a file of [`policy`]: it chooses
//! among what it has seen ([`policy::seen`]; ties of votes: [`policy::ties`]). What it returned is counted ([`record`]), and
//! from the counts come estimates and columns ([`record::estimate`], [`record::columns`]).
//!
//! [`exact`] comes to the same rows without a draw: the policies' expected values over the law of every task, budgets,
//! optima, ceilings, and the quantiles of one run ([`exact::benchmark`]). Neither side uses the other.

pub mod draw;
pub mod exact;
pub mod policy;
pub mod record;
pub mod scenario;
pub mod work;
