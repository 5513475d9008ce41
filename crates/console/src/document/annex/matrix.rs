//! Annex C: acts by seats. Who may do what alone or on whose approval, who owes it, and to whom.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Addressee, Terms};
use concordat_terms::{ActName, ClauseRef, SeatId};
use maud::{Markup, html};

use super::super::clause::AS_TEXT;
use super::super::index::{Index, row};

/// What a seat has to do with an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    May,
    Alone,
    Owes,
    Approves,
    Tests,
    Decides,
    Ratifies,
    Owed,
    Barred,
}

impl Part {
    const ALL: [(Self, &'static str, &'static str); 9] = [
        (Self::May, "P", "is permitted to do it"),
        (Self::Alone, "U", "may do it alone (a power)"),
        (Self::Owes, "O", "owes it (a duty)"),
        (Self::Approves, "A", "approves it"),
        (Self::Tests, "T", "files the test results that it needs"),
        (Self::Decides, "D", "decides it as a body"),
        (Self::Ratifies, "R", "ratifies it as a body"),
        (Self::Owed, "I", "is owed it"),
        (Self::Barred, "X", "is forbidden to do it, as far as the clause says"),
    ];

    fn letter(self) -> &'static str {
        Self::ALL.iter().find(|(part, ..)| *part == self).map_or("", |(_, letter, _)| letter)
    }

    fn meaning(self) -> &'static str {
        Self::ALL.iter().find(|(part, ..)| *part == self).map_or("", |(.., meaning)| meaning)
    }
}

/// One act's row.
#[derive(Debug, Default)]
struct Row {
    parts: BTreeMap<SeatId, BTreeSet<Part>>,
    /// To whom outside it is owed.
    outside: BTreeSet<String>,
    /// The clauses that gate or forbid it.
    limits: Vec<ClauseRef>,
}

impl Row {
    fn add(&mut self, seat: &SeatId, part: Part) {
        self.parts.entry(seat.clone()).or_default().insert(part);
    }
}

pub(super) fn matrix(index: &Index<'_>) -> Markup {
    let rows = rows(index);
    let seats: Vec<SeatId> = index.agreement.seats().filter_map(|seat| seat.id()).collect();
    html! {
        p {
            @for (at, (_, letter, meaning)) in Part::ALL.iter().enumerate() {
                @if at > 0 { "; " }
                strong { (letter) } " " (meaning)
            }
            ". An act with the sign " (unheld()) " is not in this edition of the rules: no log holds one."
        }
        @for (at, some) in seats.chunks(SEATS_MAX).enumerate() {
            @let caption = match seats.len().div_ceil(SEATS_MAX) {
                1 => "Acts and seats".to_owned(),
                all => format!("Acts and seats, {} of {all}", at + 1),
            };
            (one(index, &caption, some, &rows))
        }
        h3 { "What these acts do" }
        dl.facts.acts {
            @for act in rows.keys() { div { dt { code { (act) } } dd { (act.says()) } } }
        }
    }
}

/// The sign of an act that this edition does not judge.
fn unheld() -> Markup {
    html! { span.mark role="img" aria-label="as text" { (AS_TEXT) } }
}

/// More seats than this do not fit across a sheet of paper.
const SEATS_MAX: usize = 11;

fn one(
    index: &Index<'_>,
    caption: &str,
    seats: &[SeatId],
    rows: &BTreeMap<ActName, Row>,
) -> Markup {
    html! {
        div.wide role="region" aria-label=(caption) tabindex="0" {
            table.matrix {
                caption { (caption) }
                thead {
                    tr {
                        th scope="col" { "Act" }
                        @for seat in seats { th scope="col" { (index.seat(seat)) } }
                        th scope="col" { "Owed outside" }
                        th scope="col" { "Gated or forbidden by" }
                    }
                }
                tbody {
                    @for (act, found) in rows {
                        tr {
                            th scope="row" {
                                code { (act) }
                                @if !act.is_judged() { " " (unheld()) }
                            }
                            @for seat in seats { td { (cell(found.parts.get(seat))) } }
                            td { (found.outside.iter().cloned().collect::<Vec<_>>().join(", ")) }
                            td {
                                @if !found.limits.is_empty() {
                                    (row(found.limits.iter().map(|cited| index.cite(cited))))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(parts: Option<&BTreeSet<Part>>) -> Markup {
    html! {
        @for (at, part) in parts.into_iter().flatten().enumerate() {
            @if at > 0 { " " }
            abbr title=(part.meaning()) { (part.letter()) }
        }
    }
}

fn rows(index: &Index<'_>) -> BTreeMap<ActName, Row> {
    let agreement = index.agreement;
    let mut rows: BTreeMap<ActName, Row> = BTreeMap::new();
    for (module, clause) in agreement.clauses() {
        let cited = ClauseRef::new(&module.id, &clause.id);
        match &clause.terms {
            // A permit of a project gives nobody a right; it limits those of the frame.
            Terms::Permit(rule) if module.project.is_some() => {
                rows.entry(rule.act).or_default().limits.push(cited);
            }
            Terms::Permit(rule) => {
                let row = rows.entry(rule.act).or_default();
                rule.by.iter().for_each(|seat| row.add(seat, Part::May));
            }
            Terms::Forbid(rule) => {
                let row = rows.entry(rule.act).or_default();
                rule.by.iter().for_each(|seat| row.add(seat, Part::Barred));
                row.limits.push(cited);
            }
            Terms::Gate(gate) => {
                let row = rows.entry(gate.gate).or_default();
                gate.approvals.iter().for_each(|need| row.add(&need.seat, Part::Approves));
                gate.evidence.iter().for_each(|need| row.add(&need.by, Part::Tests));
                let body = gate.motion.as_ref().and_then(|body| agreement.body(body));
                let members = body.iter().flat_map(|body| &body.terms.members);
                members.for_each(|seat| row.add(seat, Part::Decides));
                row.limits.push(cited);
            }
            Terms::Power(power) => {
                let row = rows.entry(power.power).or_default();
                row.add(&power.holder, Part::Alone);
                let body = power.ratified_by.as_ref().and_then(|body| agreement.body(body));
                let members = body.iter().flat_map(|body| &body.terms.members);
                members.for_each(|seat| row.add(seat, Part::Ratifies));
            }
            Terms::Duty(duty) => {
                let row = rows.entry(duty.discharged_by).or_default();
                row.add(&duty.owner, Part::Owes);
                for to in &duty.to {
                    match to {
                        Addressee::Seat(seat) => row.add(seat, Part::Owed),
                        Addressee::Outside(who) => {
                            row.outside.insert(who.clone());
                        }
                    }
                }
            }
            Terms::Condition(condition) => {
                rows.entry(condition.met_by).or_default().add(&condition.by, Part::Owes);
            }
            _ => {}
        }
    }
    rows
}
