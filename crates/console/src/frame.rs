//! What surrounds every page: head, skip link, landmarks, navigation, provenance.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::document::visible;
use crate::part;
use crate::style::STYLE;
use crate::view::Frame;

/// Which page is shown, for the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    Status,
    Agreement,
    Decisions,
    Log,
    Nowhere,
}

const PAGES: [(Here, &str, &str); 4] = [
    (Here::Status, "/", "Status"),
    (Here::Agreement, "/agreement", "Agreement"),
    (Here::Decisions, "/decisions", "Decisions"),
    (Here::Log, "/log", "Log"),
];

/// A whole document. `main` holds the page's one `h1`.
pub(crate) fn document(frame: &Frame, here: Here, title: &str, main: &Markup) -> String {
    let origin = if frame.origin.is_empty() { "no log yet" } else { &frame.origin };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) " – " (origin) " – Concordat" }
                link rel="icon" href="data:,";
                // Ours, constant, without `<`: nothing of a partnership gets in here.
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    p.brand { a href="/" { "Concordat" } " " span.origin { (origin) } }
                    nav aria-label="Pages" {
                        ul {
                            @for (page, href, name) in PAGES {
                                li {
                                    @if page == here {
                                        a href=(href) aria-current="page" { (name) }
                                    } @else {
                                        a href=(href) { (name) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if let Some(banner) = &frame.banner {
                    aside.banner aria-label="Notice" { p { (banner) } }
                }
                main id="main" tabindex="-1" { (main) }
                footer { (provenance(frame)) }
            }
        }
    };
    visible(&page.into_string())
}

fn provenance(frame: &Frame) -> Markup {
    html! {
        p {
            "Computed from " (frame.entries) " log " @if frame.entries == 1 { "entry" } @else { "entries" }
            @if let Some(log) = &frame.log { " of log " (part::digest(log)) }
            @if let Some(time) = frame.time { ", as of " (part::time(time)) }
            ". What is said here can be recomputed from the log; where the two differ, the log is right."
        }
    }
}
