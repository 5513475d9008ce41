//! What a court is given besides: in which order things happened, what the words mean, and the
//! draft of a certificate. What only a person can state is left blank.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::ActName;
use maud::{Markup, html};
use serde_json::Value;

use super::report::verdict;
use super::{page, reader};
use crate::bundle::{Form, Row, View};

/// Words that the papers use, and what they mean here.
const WORDS: &[(&str, &str)] = &[
    (
        "act",
        "One thing done under the agreement: a verb with what it carries, signed under one key or several.",
    ),
    ("admitted", "The verdict under which an act takes effect."),
    (
        "attested",
        "Signed by a party that has the whole log and replayed it. Stands on that party's word.",
    ),
    (
        "checkpoint",
        "A signed statement of how many entries the log has and of the hash over all of them.",
    ),
    ("clause", "The part of the agreement that a verdict cites, as module and clause."),
    (
        "cosigned",
        "Signed as well by witnesses, who sign only a log that grows and never changes what it had.",
    ),
    (
        "digest",
        "The SHA-256 of some bytes: other bytes have another one, and from it the bytes cannot be found.",
    ),
    ("entry", "One signed statement in the log. Entries are numbered from 0 and never change."),
    ("genesis", "Entry 0, signed by all founders: it names the rules, the keys and the witnesses."),
    ("log", "All entries, in one order, of which nothing is ever removed."),
    ("party", "An organisation that signs with keys of its own."),
    ("record", "What replaying the log says of an entry: verdict, clause, time and seat."),
    (
        "refused",
        "The verdict under which an act changes nothing. It stays in the log, with the reason as a code.",
    ),
    (
        "replay",
        "To go through the log from entry 0 by the agreed rules. Everybody gets the same verdicts.",
    ),
    (
        "salt",
        "Random-looking bytes beside a value, so that nobody finds a withheld value by trying.",
    ),
    ("seat", "The role for which a party signed."),
    ("verdict", "What the agreed rules say of an act. Courts and the signatories stand above it."),
    ("withheld", "Not shown here. The digest shows that it is there and has not been exchanged."),
];

pub(super) fn chronology(view: &View<'_>) -> Markup {
    let title = format!("Chronology, from the record of {}", view.index.origin);
    page(
        &title,
        &html! {
            header {
                h1 { (title) }
                p.lead {
                    "The order is that of the log, which is proved. The times are the log's own and are \
                     attested, as are the verdicts."
                }
            }
            table {
                thead { tr { th.number { "Entry" } th { "Time" } th { "About" } th { "What happened" } th { "Verdict" } } }
                tbody {
                    @for row in view.rows.iter().filter(|row| in_papers(row)) {
                        tr {
                            td.number { (row.item.index) }
                            td.number { (row.at.as_deref().unwrap_or("withheld")) }
                            td { (row.about().unwrap_or_default()) }
                            td { (happened(row)) }
                            td { (verdict(row)) }
                        }
                    }
                }
            }
        },
    )
}

fn happened(row: &Row) -> Markup {
    let shown = match row.item.form {
        Form::Whole => "shown whole",
        Form::Part => "shown in part",
        Form::Withheld => "withheld",
    };
    html! {
        @match &row.act {
            Some(act) => {
                strong { (act) } " by " (row.who())
                @if row.item.index != 0 {
                    @for (name, value) in carried(&row.carries) { ", " (name) " " code { (value) } }
                }
                " (" (shown) ")"
            }
            None => { "An entry that is withheld: its place in the order is proved, and nothing else." }
        }
    }
}

/// What an act carries, by field; what is long is in the entry itself.
fn carried(carries: &Value) -> impl Iterator<Item = (&str, String)> {
    carries.as_object().into_iter().flatten().map(|(name, value)| {
        let text = match value {
            Value::Null => "withheld".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let short = text.chars().count() <= 64;
        (name.as_str(), if short { text } else { "see the entry".to_owned() })
    })
}

pub(super) fn glossary(view: &View<'_>) -> Markup {
    let (acts, codes) = (acts(view), codes(view));
    page(
        "Glossary",
        &html! {
            header { h1 { "Glossary" } p.lead { "What the words mean in these papers." } }
            table { tbody { @for (word, meaning) in WORDS { tr { th { (word) } td { (meaning) } } } } }
            @if !acts.is_empty() {
                section {
                    h2 { "Acts" }
                    table { tbody { @for (act, says) in acts { tr { th { (act) } td { (says) } } } } }
                }
            }
            @if !codes.is_empty() {
                section {
                    h2 { "Codes of refusals" }
                    p.lead {
                        "Why an act was refused, by the agreed rules. The handbook of the program has a section of the \
                         same name for each: " code { "docs/reference/refusals.md" } "."
                    }
                    table { tbody { @for code in codes { tr { th { (code) } td { (code.replace('-', " ")) } } } } }
                }
            }
        },
    )
}

/// Each act that the papers name, and what it does.
fn acts(view: &View<'_>) -> BTreeMap<String, &'static str> {
    let named = view.rows.iter().filter(|row| in_papers(row)).filter_map(|row| row.act.clone());
    named
        .filter_map(|act| Some((act.parse::<ActName>().ok()?.says(), act)))
        .map(|(s, a)| (a, s))
        .collect()
}

/// Each code that they name.
fn codes<'v>(view: &'v View<'_>) -> BTreeSet<&'v str> {
    let verdicts =
        view.rows.iter().filter(|row| in_papers(row)).filter_map(|row| row.verdict.as_deref());
    verdicts.filter(|verdict| *verdict != "admitted").collect()
}

/// Whether the chronology has a line of it.
fn in_papers(row: &Row) -> bool {
    row.item.asked || row.item.index == 0
}

pub(super) fn certificate(view: &View<'_>) -> Markup {
    let index = view.index;
    let by = index.by.as_ref().map(ToString::to_string);
    page(
        "Certificate of records: draft",
        &html! {
            header {
                h1 { "Certificate of records" }
                p.lead {
                    "A draft. Blanks are what only a person can state; strike what does not apply. Whether a \
                     certificate is needed, in which form and before whom, is for the law of the forum and for counsel. \
                     For " (reader(index)) "."
                }
            }
            ol.declared {
                li { "My name is " (blank()) ". My office is " (blank()) " at "
                    @match &by { Some(by) => { strong { (by) } } None => { (blank()) } } ", whose address is " (blank()) "." }
                li { "I am the custodian of these records, or otherwise qualified to speak of how they are made and kept, \
                    because " (blank()) "." }
                li { "The records come from the log " code { (index.origin) } ", whose genesis has the SHA-256 " code { (index.log) }
                    ". My organisation keeps a copy of that log on " (blank()) ", since " (short()) "." }
                li { "Entries are made when a party signs and submits a statement, at or near the time of what they \
                    record, by persons or machines who know of it, in the course of: " (blank()) ". Making them is a regular practice of that \
                    activity." }
                li { "The bundle was made by the command " code { "concordat export bundle" } ", whose version is " (short())
                    ", on " (short()) " by " (blank()) ". That process is known to me to give an accurate result because " (blank()) "." }
                li { "The bundle holds " strong { (view.rows.len()) } " of " strong { (index.size) } " entries under the root "
                    code { (index.root) } ". What is withheld was withheld because " (blank()) "." }
                li { "I have run " code { "concordat verify" } " on the bundle on " (short()) ". It said: " (blank()) "." }
                li { "Of the following I have no knowledge of my own: " (blank()) "." }
            }
            p { "I declare that the above is true and correct to the best of my knowledge." }
            p { "Place and date " (blank()) " Signature " (blank()) }
            footer {
                "SHA-256 of the file in which this bundle is handed over: " (blank())
                ". A draft made by a program is not a declaration: nobody has declared anything until a person signs."
            }
        },
    )
}

fn blank() -> Markup {
    html! { span.blank {} }
}

fn short() -> Markup {
    html! { span.blank.short {} }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_their_order_and_said_once() {
        assert!(WORDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
