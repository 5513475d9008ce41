//! Motions: the question, the votes per side, dissent, and what came of it.

use maud::{Markup, html};

use crate::frame::{Here, document};
use crate::part::{self, Tone};
use crate::view::{Decisions, Motion, Outcome, Side, Vote};

/// Every motion.
pub fn decisions(view: &Decisions) -> String {
    let main = html! {
        h1 { "Decisions" }
        p.lead {
            "Questions that were put to a body, how each side voted, and what was carried out. \
             A decision is tested against the agreement once more when it is carried out."
        }
        @if view.motions.is_empty() {
            p.nothing { "No motion has been put yet." }
        }
        @for entry in &view.motions { (motion(entry)) }
    };
    document(&view.frame, Here::Decisions, "Decisions", &main)
}

fn motion(motion: &Motion) -> Markup {
    html! {
        article.card id=(motion.id) aria-labelledby=(format!("{}-q", motion.id)) {
            h2 id=(format!("{}-q", motion.id)) { (part::words(&motion.question)) }
            p { (outcome(motion)) }
            p.quiet {
                "Motion " code { (motion.id) } ", put to the "
                @match &motion.clause {
                    Some(clause) => { a href=(format!("/agreement#{clause}")) { (motion.body) } }
                    None => { (motion.body) " (no longer in the agreement)" }
                }
                " by " (part::name(&motion.by)) ". Votes until " (part::time(motion.open_until)) "."
            }
            (votes(motion))
            p {
                strong { "Dissent: " }
                @if motion.dissent.is_empty() { "none." } @else { (part::names(&motion.dissent)) " voted against." }
            }
        }
    }
}

fn outcome(motion: &Motion) -> Markup {
    match (motion.outcome, motion.executed) {
        (Outcome::Executed, Some(time)) => html! {
            (part::badge(Tone::Good, "decided in favour")) " and carried out at " (part::time(time)) "."
        },
        (Outcome::Succeeded | Outcome::Executed, _) => html! {
            (part::badge(Tone::Live, "decided in favour")) " and not yet carried out; it lapses at "
            (part::time(motion.lapses_at)) "."
        },
        (Outcome::Lapsed, _) => html! {
            (part::badge(Tone::Bad, "lapsed")) ": decided in favour, and not carried out before "
            (part::time(motion.lapses_at)) "."
        },
        (Outcome::Proposed, _) => html! {
            (part::badge(Tone::Waits, "proposed")) ": votes are taken from "
            (part::time(motion.opens_at)) " on."
        },
        (Outcome::Undecided, _) => html! {
            (part::badge(Tone::Waits, "undecided")) ": votes that are still out can change it."
        },
        (Outcome::Vetoed, _) => html! {
            (part::badge(Tone::Bad, "vetoed")) ": stopped by who has a veto."
        },
        (Outcome::Withdrawn, _) => html! {
            (part::badge(Tone::Bad, "withdrawn")) ": taken back, or overtaken by another motion."
        },
        (Outcome::Failed, _) => html! {
            (part::badge(Tone::Bad, "not decided in favour")) ": it lacks a majority or the quorum on a side."
        },
    }
}

/// The columns, which on a narrow screen are lines.
const VOTES: [(Option<Vote>, &str); 4] = [
    (Some(Vote::For), "For"),
    (Some(Vote::Against), "Against"),
    (Some(Vote::Abstain), "Abstained"),
    (None, "Silent"),
];

fn votes(motion: &Motion) -> Markup {
    let table = html! {
        table.votes.stack role="table" {
            caption { "Votes on " code { (motion.id) } }
            thead role="rowgroup" {
                tr role="row" {
                    th scope="col" role="columnheader" { "Side" }
                    @for (_, word) in VOTES { th scope="col" role="columnheader" { (word) } }
                }
            }
            tbody role="rowgroup" { @for side in &motion.sides { (row(side)) } }
        }
    };
    part::wide(&format!("Votes on {}", motion.id), &table)
}

fn row(side: &Side) -> Markup {
    html! {
        tr role="row" {
            th scope="row" role="rowheader" {
                (side.side)
                @if !side.counted { br; span.quiet { "heard, not counted" } }
            }
            @for (cast, word) in VOTES { td role="cell" data-vote=(word) { (cell(side, cast)) } }
        }
    }
}

fn cell(side: &Side, cast: Option<Vote>) -> Markup {
    let names: Vec<_> =
        side.votes.iter().filter(|(_, vote)| *vote == cast).map(|(name, _)| name).collect();
    html! {
        @if names.is_empty() { span.quiet { "0" } } @else {
            strong { (names.len()) }
            @for name in names { br; (part::name(name)) }
        }
    }
}
