//! How a run goes, in a line for people.

use concordat_agreement::Agreement;
use concordat_wire::api::Progress;

/// How many participants a run needs before its first round: those who may not drop out.
pub(crate) fn least(agreement: &Agreement) -> usize {
    agreement.aggregation().map_or(0, |aggregation| {
        let all = agreement.parties_of(&aggregation.terms.of).len();
        all.saturating_sub(aggregation.terms.dropouts as usize)
    })
}

/// The line; rounds are counted from 1.
pub(crate) fn line(progress: &Progress, least: usize) -> String {
    let Progress { round, rounds, attempt, step, present } = progress;
    let present = present.len();
    match step.as_str() {
        "waiting" => format!("waiting for participants, {present} of at least {least}"),
        "signing" => format!("signing the result, {present} present"),
        "closed" | "aborted" => step.clone(),
        step => {
            format!("round {} of {rounds}, attempt {attempt}: {step}, {present} present", round + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_told_while_there_are_any() {
        let at = |round, step: &str| Progress {
            round,
            attempt: 0,
            rounds: 100,
            step: step.to_owned(),
            present: vec!["alder".parse().unwrap()],
        };
        let told = [(0, "waiting"), (0, "masked-input"), (100, "signing"), (0, "aborted")]
            .map(|(round, step)| line(&at(round, step), 3));
        let expected = [
            "waiting for participants, 1 of at least 3",
            "round 1 of 100, attempt 0: masked-input, 1 present",
            "signing the result, 1 present",
            "aborted",
        ];
        assert_eq!(told, expected);
    }
}
