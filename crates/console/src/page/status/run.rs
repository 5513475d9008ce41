//! Runs and how far they are.

use maud::{Markup, html};

use crate::part::{self, Tone};
use crate::view::{Participant, Run, RunStatus};

pub(super) fn runs(runs: &[Run]) -> Markup {
    html! {
        @if runs.is_empty() { p.nothing { "No run has been proposed yet." } }
        @for entry in runs { (run(entry)) }
    }
}

fn run(run: &Run) -> Markup {
    let (tone, word) = match run.status {
        RunStatus::Proposed => (Tone::Waits, "proposed"),
        RunStatus::Open => (Tone::Live, "open"),
        RunStatus::Closed => (Tone::Good, "closed"),
        RunStatus::Aborted => (Tone::Bad, "aborted"),
    };
    let label = format!("run-{}.rounds", run.id);
    html! {
        article.card id=(format!("run-{}", run.id)) {
            h3 { code { (run.id) } }
            p { (part::badge(tone, word)) ": " (run.note) "." }
            p.rounds {
                span id=(label) { "Rounds: " strong { (run.done) " of " (run.rounds) } }
                " "
                progress value=(run.done) max=(run.rounds.max(1)) aria-labelledby=(label) {}
            }
            p.quiet {
                (run.kind) " for project " code { (run.project) } ", proposed by " (part::name(&run.by))
                " at " (part::time(run.at)) "."
            }
            ul.people aria-label="Participants" {
                @for participant in &run.participants { (self::participant(participant)) }
            }
        }
    }
}

fn participant(participant: &Participant) -> Markup {
    let (tone, word) = match (participant.approved, participant.joined) {
        (_, true) => (Tone::Good, "joined"),
        (true, false) => (Tone::Live, "approved"),
        (false, false) => (Tone::Waits, "not yet"),
    };
    html! { li { (part::name(&participant.name)) " " (part::badge(tone, word)) } }
}
