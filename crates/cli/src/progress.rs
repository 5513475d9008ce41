//! How a run goes, in a line for people.

use concordat_agreement::Agreement;
use concordat_terms::PartyId;
use concordat_wire::api::{Late, Progress};
use serde_json::Value;

use crate::width::count;

/// How many participants a run needs before its first round: those who may not drop out.
pub(crate) fn least(agreement: &Agreement) -> usize {
    agreement.aggregation().map_or(0, |aggregation| {
        let all = agreement.parties_of(&aggregation.terms.of).len();
        all.saturating_sub(aggregation.terms.dropouts as usize)
    })
}

/// The line; rounds are counted from 1.
pub(crate) fn line(progress: &Progress, least: usize) -> String {
    let Progress { round, rounds, attempt, step, present, .. } = progress;
    let present = present.len();
    let line = match step.as_str() {
        "waiting" => format!("waiting for participants, {present} of at least {least}"),
        "signing" => format!("signing the result, {present} present"),
        "closed" | "aborted" => return step.clone(),
        step => {
            format!("round {} of {rounds}, attempt {attempt}: {step}, {present} present", round + 1)
        }
    };
    [line].into_iter().chain(besides(progress)).collect::<Vec<_>>().join("; ")
}

/// How fast it goes, and who is slow, late or gone.
fn besides(progress: &Progress) -> Vec<String> {
    let Progress { round, rounds, step, awaited, dropped, pace, late, .. } = progress;
    let names =
        |parties: &[PartyId]| parties.iter().map(PartyId::as_str).collect::<Vec<_>>().join(", ");
    let mut besides = Vec::new();
    let left = pace.and_then(|pace| pace.left(rounds.saturating_sub(*round)));
    if let Some(left) = left.filter(|_| step != "signing") {
        besides.push(format!("about {} left", count(left)));
    }
    if !awaited.is_empty() {
        besides.push(format!("waits for {}", names(awaited)));
    }
    if !dropped.is_empty() {
        besides.push(format!("dropped: {}", names(dropped)));
    }
    let late = late.iter().map(|(party, Late { steps, seconds })| {
        let steps = if *steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
        format!("{party} late in {steps}, by {} together", count(*seconds))
    });
    besides.extend(late);
    besides
}

/// The progress in a line of `run watch --json`, which says more besides.
pub(crate) fn watched(mut line: Value) -> Option<Progress> {
    let shown = line.as_object_mut()?;
    for own in ["absent", "seconds_left", "metrics"] {
        shown.remove(own);
    }
    serde_json::from_value(line).ok()
}

#[cfg(test)]
mod tests {
    use concordat_wire::api::Pace;

    use super::*;

    fn at(round: u32, step: &str) -> Progress {
        Progress {
            round,
            rounds: 100,
            step: step.to_owned(),
            present: vec!["alder".parse().unwrap()],
            ..Progress::default()
        }
    }

    #[test]
    fn rounds_are_told_while_there_are_any() {
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

    #[test]
    fn who_keeps_the_others_waiting_is_named() {
        let progress = Progress {
            pace: Some(Pace { rounds: 40, ms: 12_000 }),
            awaited: vec!["cypress".parse().unwrap()],
            dropped: vec!["dogwood".parse().unwrap()],
            late: [("cypress".parse().unwrap(), Late { steps: 12, seconds: 31 })].into(),
            ..at(40, "masked-input")
        };
        let expected = "round 41 of 100, attempt 0: masked-input, 1 present; about 18 seconds left; \
                        waits for cypress; dropped: dogwood; cypress late in 12 steps, by 31 seconds \
                        together";
        assert_eq!(line(&progress, 3), expected);
    }
}
