//! Small pieces that several pages are made of.

use concordat_terms::{ClauseRef, Digest, Timestamp};
use maud::{Markup, html};

use crate::view::{Name, Piece, Words};

/// A digest: its first digits to be seen, all of them on hovering and for screen readers.
pub(crate) fn digest(digest: &Digest) -> Markup {
    let full = digest.to_string();
    html! { code.digest title=(full) { (digest.short()) "…" } }
}

/// A moment: to the second, in UTC, on two lines at most.
pub(crate) fn time(time: Timestamp) -> Markup {
    let machine = time.to_string();
    let (day, rest) = machine.split_once('T').unwrap_or((&machine, ""));
    let clock = rest.trim_end_matches('Z');
    html! { time datetime=(machine) { span { (day) } " " span { (clock) " UTC" } } }
}

/// A citation that leads to its clause.
pub(crate) fn clause(cited: &ClauseRef) -> Markup {
    link(&cited.to_string(), cited)
}

/// A name that leads to the clause that defines it.
pub(crate) fn link(text: &str, cited: &ClauseRef) -> Markup {
    html! { a.clause href=(format!("/agreement#{cited}")) { code { (text) } } }
}

/// A text with its names marked.
pub(crate) fn words(words: &Words) -> Markup {
    html! {
        @for piece in &words.0 {
            @match piece {
                Piece::Text(text) => { (text) }
                Piece::Code(text) => { code { (text) } }
                Piece::Clause(text, cited) => { (link(text, cited)) }
                Piece::Strong(text) => { strong { (text) } }
                Piece::Emphasis(text) => { em { (text) } }
            }
        }
    }
}

/// Names in a row: titles to be seen, ids where they say more.
pub(crate) fn names(names: &[Name]) -> Markup {
    html! {
        @for (index, name) in names.iter().enumerate() {
            @if index > 0 { ", " }
            (self::name(name))
        }
    }
}

/// One name.
pub(crate) fn name(name: &Name) -> Markup {
    html! { span.name title=(name.id) { (name.title) } }
}

/// A status in a word, with a sign before it so that colour is never alone.
pub(crate) fn badge(tone: Tone, word: &str) -> Markup {
    html! {
        span class=(tone.class()) {
            span.sign aria-hidden="true" { (tone.sign()) } " " (word)
        }
    }
}

/// What a status means to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Done, in favour, in force.
    Good,
    /// Refused, failed, aborted.
    Bad,
    /// Waiting.
    Waits,
    /// Going on.
    Live,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "badge good",
            Self::Bad => "badge bad",
            Self::Waits => "badge waits",
            Self::Live => "badge live",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✕",
            Self::Waits => "○",
            Self::Live => "▸",
        }
    }
}

/// The heads of the columns of a table whose rows are stacked on a narrow screen.
pub(crate) fn heads(names: &[&str]) -> Markup {
    html! {
        thead role="rowgroup" {
            tr role="row" { @for name in names { th scope="col" role="columnheader" { (name) } } }
        }
    }
}

/// A wide table's frame: scrolls by itself, and can be reached by keyboard in order to.
pub(crate) fn wide(label: &str, table: &Markup) -> Markup {
    html! { div.wide role="region" aria-label=(label) tabindex="0" { (table) } }
}
