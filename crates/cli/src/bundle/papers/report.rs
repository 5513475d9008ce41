//! The page for everybody: on one sheet, what is proved, what is attested, what is not proved.

use maud::{Markup, html};

use super::{counted, page, reader};
use crate::bundle::{Form, Row, View};

/// How many entries the sheet has room for.
const ROWS_MOST: usize = 12;

pub(super) fn report(view: &View<'_>) -> Markup {
    let index = view.index;
    let title = format!("From the record of {}", index.origin);
    page(
        &title,
        &html! {
            header {
                h1 { (title) }
                p.lead {
                    "For " (reader(index))
                    @if let Some(by) = &index.by { ". Made by " (by) } @else { ". Made from an archive" }
                    @if let Some(at) = index.at { ", as the log stood at " (at) }
                    ", after " (index.size) " entries."
                }
            }
            div.three {
                section.proved {
                    h2 { "What is proved" }
                    ul { @for line in proved(view) { li { (line) } } }
                }
                section.said {
                    h2 { "What is attested" }
                    ul { @for line in attested(view) { li { (line) } } }
                }
                section.not {
                    h2 { "What is not proved" }
                    ul { @for line in unproved(view) { li { (line) } } }
                }
            }
            section { h2 { "What was asked for" } (entries(view)) }
            section { h2 { "Marks to compare" } (marks(view)) }
            footer {
                "This page is worth what its bundle is worth. Check the file it came in: "
                code { "concordat verify FILE --log GENESIS" }
                ", offline, with the genesis id from somebody you trust. README.txt says how to check it with \
                 other tools. Whatever is not shown is there as its digest, salted so that nobody can guess it."
            }
        },
    )
}

fn proved(view: &View<'_>) -> Vec<String> {
    let count = view.rows.len();
    let signed = view.signed();
    let unsigned = view.count(Form::Whole) - signed;
    let mut lines = vec![format!(
        "That {} of the log's {} stand where this page says: the log signed that, and as many witnesses as \
         its rules ask for. Checked by hashes and signatures.",
        counted(count, "entry", "entries"),
        view.index.size
    )];
    lines.push(format!(
        "That {} here word for word as signed, and by whose keys.",
        if signed == 1 { "one entry is".to_owned() } else { format!("{signed} entries are") }
    ));
    if unsigned > 0 {
        lines.push(format!(
            "That {} here word for word as the log has {}; not by whose keys, since anybody may have signed \
             what was refused.",
            if unsigned == 1 {
                "one refused entry is".to_owned()
            } else {
                format!("{unsigned} refused entries are")
            },
            if unsigned == 1 { "it" } else { "them" }
        ));
    }
    if view.struck() > 0 || view.count(Form::Withheld) > 0 {
        lines.push(
            "That what is withheld is there and was not exchanged: should it be shown one day, it can be \
             held against its digest."
                .to_owned(),
        );
    }
    if view.blobs > 0 {
        lines.push(format!(
            "That {} here are those that the entries name.",
            counted(view.blobs, "text", "texts")
        ));
    }
    lines
}

fn attested(view: &View<'_>) -> Vec<String> {
    let who = view.index.by.as_ref().map_or("Nobody yet".to_owned(), ToString::to_string);
    let mut lines = vec![
        format!(
            "{who} has the whole log, replayed it by the agreed rules, and signed what that gave. Other \
             parties may have signed too: concordat verify names them."
        ),
        "On their word: each verdict, the clause it cites, the log's time, and for which seat an act was \
         signed. It cannot be computed again from this bundle."
            .to_owned(),
    ];
    let part = view.count(Form::Part);
    if part > 0 {
        lines.push(format!(
            "That the shown parts of {} belong to the signed originals.",
            counted(part, "entry", "entries")
        ));
    }
    lines
}

fn unproved(view: &View<'_>) -> Vec<String> {
    let others = view.index.size - (view.rows.len() as u64).min(view.index.size);
    let rest = (others > 0).then(|| {
        let entries = if others == 1 { "other entry says" } else { "other entries say" };
        let count = if others == 1 { String::new() } else { format!("{others} ") };
        format!(
            "What the {count}{entries}, and whether more should have been shown. Who made this chose what \
             to ask for."
        )
    });
    let truth = "That what somebody signed is true, or that a person and not only a key signed it.";
    let lines = [Some(truth.to_owned()), rest].into_iter().flatten();
    let always = [
        "A verdict is what the agreed rules give; whether it is the law is for courts and the parties."
            .to_owned(),
        "Time is the log's own: it moves in steps, and may lag by as much as the agreement allows."
            .to_owned(),
        "What came after the last entry that is counted here.".to_owned(),
        "That no key that signs here had been given up or lost by then, unless as many witnesses attest this \
         as a checkpoint needs: concordat verify says whether they do."
            .to_owned(),
    ];
    lines.chain(always).collect()
}

fn entries(view: &View<'_>) -> Markup {
    let asked: Vec<&Row> = view.asked().collect();
    let more = asked.len().saturating_sub(ROWS_MOST);
    html! {
        table {
            thead {
                tr {
                    th.number { "Entry" } th { "Time of the log" } th { "Who" } th { "Act" } th { "Verdict" }
                    th { "Shown" }
                }
            }
            tbody {
                @for row in asked.iter().take(ROWS_MOST) {
                    tr {
                        td.number { (row.item.index) }
                        td.number { (row.at.as_deref().unwrap_or("withheld")) }
                        td { (row.who()) }
                        td { (row.act.as_deref().unwrap_or("withheld")) }
                        td { (verdict(row)) }
                        td.form { (form(row)) }
                    }
                }
            }
        }
        @if more > 0 { p.lead { "and " (counted(more, "more entry", "more entries")) " in the bundle." } }
    }
}

/// The verdict with its clause.
pub(super) fn verdict(row: &Row) -> Markup {
    html! {
        @match row.verdict.as_deref() {
            None => { "withheld" }
            Some("admitted") => {
                "admitted" @if let Some(clause) = &row.clause { " by " (clause) }
            }
            Some(code) => {
                span.refused { "refused: " (code) }
                @if let Some(clause) = &row.clause { ", by " (clause) }
            }
        }
    }
}

fn form(row: &Row) -> Markup {
    html! {
        @match row.item.form {
            Form::Whole => { span.whole { "whole" } }
            Form::Part => { span.part { "in part, " (row.struck) " withheld" } }
            Form::Withheld => { span.withheld { "digest only" } }
        }
    }
}

fn marks(view: &View<'_>) -> Markup {
    let index = view.index;
    html! {
        dl {
            dt { "genesis" } dd { code { (index.log) } }
            dt { "root of the log" } dd { code { (index.root) } }
            dt { "root of the records" } dd { code { (index.records) } }
        }
    }
}
