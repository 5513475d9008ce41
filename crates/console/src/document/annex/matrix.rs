//! Annex C: acts by seats. Who may do what alone or on whose approval, who owes it, and to whom.

use std::collections::BTreeMap;

use concordat_agreement::{Addressee, Terms};
use concordat_terms::{ActName, ClauseRef, SeatId};
use maud::{Markup, html};

use super::super::clause::mark;
use super::super::index::{Index, row};

/// What a seat has to do with an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    May,
    Alone,
    Asked,
    Owes,
    Approves,
    Decides,
    Ratifies,
    Tests,
    Owed,
    Barred,
}

impl Part {
    /// The capitals are those of `concordat matrix`; the small letter says how.
    const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::May, "R", "is permitted to do it"),
        (Self::Alone, "Ra", "may do it alone (a power)"),
        (Self::Asked, "Rb", "may do it once a body has decided so by a motion (a power)"),
        (Self::Owes, "Ro", "owes it (a duty or a condition)"),
        (Self::Approves, "A", "approves it"),
        (Self::Decides, "Ad", "decides it as a body"),
        (Self::Ratifies, "Ar", "decides, as a body, whether an Rb may do it"),
        (Self::Tests, "C", "files the test results that it needs"),
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
    parts: BTreeMap<SeatId, Parts>,
    /// To whom outside it is owed, and whether a rule acts on that.
    outside: BTreeMap<String, bool>,
    /// The clauses that gate or forbid it.
    limits: Vec<ClauseRef>,
}

/// What a seat has to do with an act, and whether a rule acts on a clause that says so.
type Parts = BTreeMap<Part, bool>;

impl Row {
    fn add(&mut self, seat: &SeatId, part: Part, enforced: bool) {
        *self.parts.entry(seat.clone()).or_default().entry(part).or_default() |= enforced;
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
            ". A letter with the sign " (mark()) " stands in clauses alone that bind as text."
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
                            }
                            @for seat in seats { td { (cell(found.parts.get(seat))) } }
                            td {
                                @for (at, (who, enforced)) in found.outside.iter().enumerate() {
                                    @if at > 0 { ", " }
                                    (who) (unless(*enforced))
                                }
                            }
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

fn cell(parts: Option<&Parts>) -> Markup {
    html! {
        @for (at, (part, enforced)) in parts.into_iter().flatten().enumerate() {
            @if at > 0 { " " }
            abbr title=(part.meaning()) { (part.letter()) }
            (unless(*enforced))
        }
    }
}

/// The sign of what no rule acts on.
fn unless(enforced: bool) -> Markup {
    html! { @if !enforced { " " (mark()) } }
}

fn rows(index: &Index<'_>) -> BTreeMap<ActName, Row> {
    let agreement = index.agreement;
    let mut rows: BTreeMap<ActName, Row> = BTreeMap::new();
    for (module, clause) in agreement.clauses() {
        let cited = ClauseRef::new(&module.id, &clause.id);
        let enforced = clause.as_text().is_none();
        match &clause.terms {
            // A permit of a project gives nobody a right; it limits those of the frame.
            Terms::Permit(rule) if module.project.is_some() => {
                rows.entry(rule.act).or_default().limits.push(cited);
            }
            Terms::Permit(rule) => {
                let row = rows.entry(rule.act).or_default();
                rule.by.iter().for_each(|seat| row.add(seat, Part::May, enforced));
            }
            Terms::Forbid(rule) => {
                let row = rows.entry(rule.act).or_default();
                rule.by.iter().for_each(|seat| row.add(seat, Part::Barred, enforced));
                row.limits.push(cited);
            }
            Terms::Gate(gate) => {
                let row = rows.entry(gate.gate).or_default();
                for need in &gate.approvals {
                    row.add(&need.seat, Part::Approves, enforced);
                }
                gate.evidence.iter().for_each(|need| row.add(&need.by, Part::Tests, enforced));
                let body = gate.motion.as_ref().and_then(|body| agreement.body(body));
                let members = body.iter().flat_map(|body| &body.terms.members);
                members.for_each(|seat| row.add(seat, Part::Decides, enforced));
                row.limits.push(cited);
            }
            Terms::Power(power) => {
                let row = rows.entry(power.power).or_default();
                let alone = power.ratified_by.is_none();
                row.add(&power.holder, if alone { Part::Alone } else { Part::Asked }, enforced);
                let body = power.ratified_by.as_ref().and_then(|body| agreement.body(body));
                let members = body.iter().flat_map(|body| &body.terms.members);
                members.for_each(|seat| row.add(seat, Part::Ratifies, enforced));
            }
            Terms::Duty(duty) => {
                let row = rows.entry(duty.discharged_by).or_default();
                row.add(&duty.owner, Part::Owes, enforced);
                for to in &duty.to {
                    match to {
                        Addressee::Seat(seat) => row.add(seat, Part::Owed, enforced),
                        Addressee::Outside(who) => {
                            *row.outside.entry(who.clone()).or_default() |= enforced;
                        }
                    }
                }
            }
            Terms::Condition(condition) => {
                let row = rows.entry(condition.met_by).or_default();
                row.add(&condition.by, Part::Owes, enforced);
            }
            _ => {}
        }
    }
    rows
}
