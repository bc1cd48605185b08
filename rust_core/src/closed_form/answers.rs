//! The answers that a vote may name, and their probabilities.

/// What is left out, relative to the sum.
pub(super) const NEGLIGIBLE: f64 = 1e-17;

/// The probabilities of the answers that a vote may name.
#[derive(Debug, Clone)]
pub struct Answers {
    pub(super) correct: f64,
    /// Wrong answers of one probability, and how many there are; from small to large.
    pub(super) wrong: Vec<(f64, usize)>,
    pub(super) all_wrong: f64,
    /// P(a vote names none).
    pub(super) idle: f64,
}

impl Answers {
    /// From the probabilities of the correct answer, of every wrong one, and of none; they are divided by their sum.
    pub fn new(correct: f64, wrong: &[f64], idle: f64) -> Self {
        let mut wrong: Vec<f64> = wrong.iter().copied().filter(|&w| w > 0.0).collect();
        wrong.sort_by(f64::total_cmp);
        let all_wrong: f64 = wrong.iter().sum();
        let total = correct + all_wrong + idle;
        let groups = wrong.chunk_by(|x, y| x == y).map(|group| (group[0] / total, group.len())).collect();
        Self { correct: correct / total, wrong: groups, all_wrong: all_wrong / total, idle: idle / total }
    }
}
