//! Votes that stop, of two answers: the lattice of their votes, attempt by attempt.

/// The most votes: the work grows as their square.
pub const MOST_VOTES: f64 = 4096.0;

/// What a vote of the correct answer and a wrong one comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoAnswers {
    /// P(the correct answer is returned); a tie at the last attempt is settled by a fair coin.
    pub correct: f64,
    /// P(the wrong one is).
    pub wrong: f64,
    /// E[attempts].
    pub attempts: f64,
    /// P(it has not stopped).
    pub going_on: f64,
}

impl TwoAnswers {
    /// Attempts are correct with probability `success`; `enough` names the answer that ends the vote, from all votes and the
    /// answer just given; at most `most` attempts.
    pub fn new(success: f64, most: u64, mut enough: impl FnMut(&[u64], usize) -> Option<usize>) -> Self {
        let (mut returned, mut attempts) = ([0.0; 2], 0.0);
        // P(going on with so many correct votes) after each attempt.
        let mut mass = vec![1.0];
        for n in 1..=most {
            let mut next = vec![0.0; mass.len() + 1];
            for (right, &mass) in mass.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
                for (answer, chance) in [success, 1.0 - success].into_iter().enumerate() {
                    let now = right + usize::from(answer == 0);
                    match enough(&[now as u64, n - now as u64], answer) {
                        Some(winner) => {
                            returned[winner] += mass * chance;
                            attempts += n as f64 * mass * chance;
                        }
                        None => next[now] += mass * chance,
                    }
                }
            }
            mass = next;
        }
        let going_on = mass.iter().sum::<f64>();
        attempts += most as f64 * going_on;
        for (right, mass) in mass.into_iter().enumerate() {
            let correct = match (2 * right as u64).cmp(&most) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            returned[0] += mass * correct;
            returned[1] += mass * (1.0 - correct);
        }
        let [correct, wrong] = returned;
        Self { correct, wrong, attempts, going_on }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_of_a_margin_is_the_gamblers_ruin() {
        // P(ahead by m before behind by m) = p^m / (p^m + q^m); the mean duration is m (2 P - 1) / (p - q).
        for (p, margin) in [(0.6, 2u64), (0.7, 3), (0.4, 4)] {
            let lead = |votes: &[u64], answer: usize| (votes[answer] >= votes[1 - answer] + margin).then_some(answer);
            let found = TwoAnswers::new(p, 4000, lead);
            let (a, b) = (p.powi(margin as i32), (1.0 - p).powi(margin as i32));
            let wins = a / (a + b);
            assert!((found.correct - wins).abs() < 1e-13, "{found:?}");
            assert!((found.attempts - margin as f64 * (2.0 * wins - 1.0) / (2.0 * p - 1.0)).abs() < 1e-11, "{found:?}");
            assert!(found.going_on < 1e-30);
        }
    }
}
