//! The log: who did what for which seat, and what became of it.

use maud::{Markup, html};

use crate::frame::{Here, document};
use crate::part::{self, Tone};
use crate::view::{Log, Row, Verdict};

/// A page of the log.
pub fn log(view: &Log) -> String {
    let main = html! {
        h1 { "Log" }
        p.lead {
            "Every act that was signed and sent, in the order in which it was judged, the latest first. \
             A refused act stays here and changed nothing."
        }
        nav.filter aria-label="Filter" {
            ul {
                li { (choice(!view.refused_only, "/log", "All acts")) }
                li {
                    (choice(view.refused_only, "/log?refused=1", &format!("Refused only ({})", view.refused)))
                }
            }
        }
        @if view.rows.is_empty() {
            p.nothing { @if view.refused_only { "No act was refused." } @else { "The log is empty." } }
        } @else {
            (part::wide("Log entries", &table(view)))
            (pager(view))
        }
    };
    document(&view.frame, Here::Log, "Log", &main)
}

fn choice(chosen: bool, href: &str, text: &str) -> Markup {
    html! {
        @if chosen { a href=(href) aria-current="true" { (text) } } @else { a href=(href) { (text) } }
    }
}

/// On a narrow screen the cells stand below one another; then only the roles keep this a table.
fn table(view: &Log) -> Markup {
    html! {
        table.log.stack role="table" {
            caption {
                @if view.refused_only { "Refused acts" } @else { "Acts" }
                ", page " (view.page) " of " (view.pages) " (" (view.total) " in all)"
            }
            thead role="rowgroup" {
                tr role="row" {
                    th scope="col" role="columnheader" { "Entry" }
                    th scope="col" role="columnheader" { "Time" }
                    th scope="col" role="columnheader" { "Who" }
                    th scope="col" role="columnheader" { "Act" }
                    th scope="col" role="columnheader" { "Verdict" }
                }
            }
            tbody role="rowgroup" { @for entry in &view.rows { (row(entry)) } }
        }
    }
}

fn row(row: &Row) -> Markup {
    let refused = matches!(row.verdict, Verdict::Refused { .. });
    html! {
        tr.refused[refused] role="row" id=(format!("entry-{}", row.index)) {
            th scope="row" role="rowheader" { (row.index) }
            td role="cell" { @if let Some(time) = row.time { (part::time(time)) } @else { "–" } }
            td role="cell" {
                @match &row.who {
                    Some(who) => {
                        (part::name(who))
                        @if let Some(seat) = &row.seat { " " br; span.quiet { "for seat " (seat) } }
                    }
                    // A genesis is signed by all founders; other bytes by nobody who is known.
                    None => {
                        @if row.act.as_deref() == Some("genesis") && !refused { "the founders" } @else { "nobody known" }
                    }
                }
            }
            td role="cell" { @if let Some(act) = &row.act { code { (act) } } @else { "not an act" } }
            td role="cell" { (verdict(&row.verdict)) }
        }
    }
}

fn verdict(verdict: &Verdict) -> Markup {
    match verdict {
        Verdict::Admitted(clause) => html! {
            (part::badge(Tone::Good, "admitted"))
            @if let Some(clause) = clause { " by " (part::clause(clause)) }
        },
        Verdict::Refused { code, what, remedy, clause } => html! {
            (part::badge(Tone::Bad, "refused")) " " code { (code) }
            @if let Some(clause) = clause { " by " (part::clause(clause)) }
            p.what { (part::words(what)) }
            p.remedy { "What helps: " (part::words(remedy)) }
        },
    }
}

fn pager(view: &Log) -> Markup {
    let href = |page: usize| match view.refused_only {
        true => format!("/log?refused=1&page={page}"),
        false => format!("/log?page={page}"),
    };
    html! {
        @if view.pages > 1 {
            nav.pager aria-label="Pages of the log" {
                ul {
                    @if view.page > 1 {
                        li { a rel="prev" href=(href(view.page - 1)) { "Later entries" } }
                    }
                    li { "Page " (view.page) " of " (view.pages) }
                    @if view.page < view.pages {
                        li { a rel="next" href=(href(view.page + 1)) { "Earlier entries" } }
                    }
                }
            }
        }
    }
}
