//! What became of the scenarios, for people and for programs.

use concordat_partnership::check::{Entry, Report, Stands};
use concordat_terms::{ActName, PartyId, SeatId, Timestamp};
use serde::Serialize;

use crate::files::counted;

/// Every scenario with its steps.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Scenarios(Vec<Scenario>);

#[derive(Debug, Serialize)]
struct Scenario {
    module: String,
    name: String,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Step {
    line: u32,
    step: String,
    stands: Stands,
    verdicts: Vec<Verdict>,
}

#[derive(Debug, Serialize)]
struct Verdict {
    at: Timestamp,
    seat: Option<SeatId>,
    party: Option<PartyId>,
    act: ActName,
    /// As a step would say it.
    verdict: String,
}

impl Scenarios {
    pub(super) fn of(report: Report) -> Self {
        let each = report.stories.into_iter().map(|story| Scenario {
            module: story.module.to_string(),
            name: story.name,
            steps: story
                .steps
                .into_iter()
                .map(|played| Step {
                    line: played.line,
                    step: played.step,
                    stands: played.stands,
                    verdicts: played.entries.iter().map(verdict).collect(),
                })
                .collect(),
        });
        Self(each.collect())
    }

    /// One line, if there are any.
    pub(super) fn in_words(&self) -> Option<String> {
        let steps: Vec<Stands> =
            self.0.iter().flat_map(|scenario| &scenario.steps).map(|step| step.stands).collect();
        let count = |stands| steps.iter().filter(|one| **one == stands).count();
        let (scenarios, all) = (counted(self.0.len(), "scenario"), counted(steps.len(), "step"));
        if self.0.is_empty() {
            return None;
        }
        let told = match (count(Stands::Differs), count(Stands::NotRun)) {
            (0, 0) => "all as written".to_owned(),
            (differ, not_run) => format!(
                "{} as written, {differ} otherwise, {not_run} not run",
                count(Stands::AsWritten)
            ),
        };
        Some(format!("{scenarios}, {all}: {told}"))
    }
}

fn verdict(entry: &Entry) -> Verdict {
    let acts = entry.signers.first();
    Verdict {
        at: entry.at,
        seat: acts.map(|(seat, _)| seat.clone()),
        party: acts.map(|(_, party)| party.clone()),
        act: entry.act.name(),
        verdict: entry.verdict.in_words(),
    }
}
