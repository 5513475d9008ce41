//! What an answer asks of the caller.

use concordat_terms::Problem;
use concordat_wire::api::{Again, Receipts};
use serde::de::DeserializeOwned;

use super::call::Answer;
use crate::problems::{of_coordinator, of_its_own, problem};

/// Why a call gave no answer. The variants ask different things of the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The act was logged and refused; the receipts say why.
    #[error("the act was refused")]
    Refused(Receipts),
    /// The attempt ended without a sum: start the one named, with fresh keys and noise.
    #[error("attempt {} of round {} is to be made: {}", .0.attempt, .0.round, .0.reason)]
    Again(Again),
    /// What was posted does not fit what the coordinator holds now; that may change.
    #[error("{}", .0.what)]
    Conflict(Problem),
    /// The run is over.
    #[error("{}", .0.what)]
    Gone(Problem),
    /// Nobody answered, or the connection broke.
    #[error("the coordinator does not answer: {0}")]
    Offline(String),
    /// Too many acts of this party were refused, and the coordinator takes no more today: its word,
    /// and the same as the log's key has signed it.
    #[error("{}", .0.what)]
    Spent(Problem, Vec<u8>),
    /// Whatever else the coordinator says: its word, which decides nothing.
    #[error("{}", .0.what)]
    Said(Problem),
    /// What this party found itself: in an answer, in its own copy of the log, on its disk.
    #[error("{}", .0.what)]
    Own(Problem),
    /// The node is stopping: nobody waits for an answer any more.
    #[error("the node is stopping")]
    Stopped,
}

impl From<Problem> for Fault {
    fn from(found: Problem) -> Self {
        Self::Own(found)
    }
}

impl Fault {
    /// The fault for a person. Whose word it was is lost: nothing is to be decided by its code.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(receipts) => receipts
                .receipts
                .iter()
                .find_map(|receipt| receipt.problem.clone())
                .unwrap_or_else(|| problem("refused", self.to_string(), "ask `why`")),
            Self::Conflict(inner)
            | Self::Gone(inner)
            | Self::Spent(inner, _)
            | Self::Said(inner)
            | Self::Own(inner) => inner.clone(),
            Self::Again(_) => problem("again", self.to_string(), "start that attempt"),
            Self::Offline(_) => problem(
                "coordinator-offline",
                self.to_string(),
                "check address and certificate of the coordinator, and that it runs: `concordat node \
                 doctor` says how far the way leads",
            ),
            Self::Stopped => problem("stopped", self.to_string(), "start the node again"),
        }
    }
}

pub(super) fn ok(answer: Answer) -> Result<Vec<u8>, Fault> {
    match answer.status {
        200..=299 => Ok(answer.body),
        410 => Err(Fault::Gone(problem_of(&answer))),
        // Whoever stands before the coordinator says that it is not there.
        502..=504 => Err(Fault::Offline(format!("HTTP status {}", answer.status))),
        _ => Err(Fault::Said(problem_of(&answer))),
    }
}

/// A conflict that names another attempt is not a problem; any other conflict is one.
pub(super) fn again(answer: Answer) -> Result<Answer, Fault> {
    match serde_json::from_slice(&answer.body) {
        Ok(named) if answer.status == 409 => Err(Fault::Again(named)),
        _ => Ok(answer),
    }
}

/// Any conflict about a result passes when those who sign become others.
pub(super) fn unchanged(answer: Answer) -> Result<Answer, Fault> {
    let answer = again(answer)?;
    if answer.status == 409 { Err(Fault::Conflict(problem_of(&answer))) } else { Ok(answer) }
}

pub(super) fn some(answer: Answer) -> Result<Option<Vec<u8>>, Fault> {
    if matches!(answer.status, 204 | 404) { Ok(None) } else { ok(answer).map(Some) }
}

pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|e| Fault::Own(garbled(&e.to_string())))
}

/// Receipts, and in them what the coordinator says of refusals.
pub(super) fn receipts(bytes: &[u8]) -> Result<Receipts, Fault> {
    let mut receipts: Receipts = json(bytes)?;
    for receipt in &mut receipts.receipts {
        receipt.problem = receipt.problem.take().map(of_coordinator);
    }
    Ok(receipts)
}

/// The problem in a body of type `application/problem+json`, or one that names the status.
fn problem_of(answer: &Answer) -> Problem {
    serde_json::from_slice(&answer.body).map(of_its_own).unwrap_or_else(|_| {
        problem(
            "http-status",
            format!("the coordinator answered with HTTP status {}", answer.status),
            "ask its operator to look at its log",
        )
    })
}

pub(super) fn garbled(why: &str) -> Problem {
    problem(
        "garbled-answer",
        format!("the coordinator's answer cannot be read: {why}"),
        "check that both run the same release",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_sorted_by_what_the_caller_must_do() {
        let answer = |status, body: &str| Answer {
            status,
            body: body.as_bytes().to_vec(),
            word: None,
            date: None,
        };
        let problem = r#"{"code":"run-over","what":"w","hint":"h","see":"s"}"#;
        assert!(matches!(ok(answer(410, problem)), Err(Fault::Gone(p)) if p.code == "run-over"));
        assert!(matches!(ok(answer(422, problem)), Err(Fault::Said(p)) if p.code == "run-over"));
        assert!(
            matches!(ok(answer(500, "<html>")), Err(Fault::Said(p)) if p.code == "http-status")
        );
        assert!(matches!(ok(answer(503, "")), Err(Fault::Offline(_))));
        assert_eq!(some(answer(204, "")), Ok(None));
        assert_eq!(some(answer(200, "x")), Ok(Some(b"x".to_vec())));
    }
}
