//! A clause below the paragraph that it is of: what it says, and how far it is enforced.

use concordat_agreement::{
    Clause, Force, IfInvalid, Module, Standing, TableOf, Terms, back_translation, remarks,
};
use concordat_terms::{ClauseRef, Country, ModuleId};
use maud::{Markup, html};

use super::index::{Index, row};

/// The sign of a clause that the rules do not act on.
pub(super) const AS_TEXT: &str = "¶";

/// A clause and its block as written; `ours` is the language of our words, where the prose is in
/// another.
pub(super) fn shown(
    index: &Index<'_>,
    module: &Module,
    clause: &Clause,
    source: &str,
    ours: Option<&str>,
) -> Markup {
    let cited = ClauseRef::new(&module.id, &clause.id);
    let number = index.number(&cited);
    let as_text = clause.as_text().map(|_| sign(&clause.standing));
    let class = if as_text.is_some() { "clause text" } else { "clause" };
    let words = index.words(&module.id, Some(&clause.id), &back_translation(clause));
    html! {
        section class=(class) id=(cited) lang=[ours] aria-label=(format!("Clause {number}")) {
            p.cite {
                a.no href=(format!("#{cited}")) { (number) } " "
                code { (cited) } " " span.kind { (clause.terms.kind()) }
                @if let Some(sign) = as_text { " " a.sign href="#annex.g" { (AS_TEXT) " " (sign) } }
            }
            p.effect {
                span.lead { @if as_text.is_some() { "In plain words:" } @else { "In effect:" } } " "
                (words)
                @if let Terms::Asset(asset) = &clause.terms {
                    @if !asset.columns.is_empty() {
                        " They are listed in " a href="#annex.b" { "Annex B" } "."
                    }
                }
            }
            @if let Terms::Table(table) = &clause.terms { (rows(table)) }
            (fields_as_text(&clause.fields_as_text()))
            (standing(index, &module.id, &clause.standing))
            (remarks_of(source, None))
            @if !source.is_empty() { (as_written(source, None)) }
        }
    }
}

/// What an enforced clause says beside, and no rule reads.
fn fields_as_text(said: &[(&str, String)]) -> Markup {
    html! {
        @if !said.is_empty() {
            p.beside {
                (mark())
                (if said.len() == 1 { " Binds as text: " } else { " Bind as text: " })
                @for (at, (field, value)) in said.iter().enumerate() {
                    @if at > 0 { ", " }
                    code { (field) " = " (value) }
                }
                "."
            }
        }
    }
}

/// The sign of what binds as text, for the eye and for who is read to.
pub(super) fn mark() -> Markup {
    html! { span.mark role="img" aria-label="as text" { (AS_TEXT) } }
}

/// What stands beside a clause that is not acted on: whether it binds is another question.
fn sign(standing: &Standing) -> &'static str {
    match standing.effect {
        Some(Force::NonBinding) => "stands as text, and does not bind",
        Some(Force::Binding | Force::Statutory) | None => "binds as text",
    }
}

/// What the source of a block remarks beside its fields: signed, and enforced by nothing.
pub(super) fn remarks_of(source: &str, language: Option<&str>) -> Markup {
    let remarks = remarks(source);
    html! {
        @if !remarks.is_empty() {
            p.remark lang=[language] {
                (if remarks.len() == 1 { "Remark in the source: " } else { "Remarks in the source: " })
                @for (at, remark) in remarks.iter().enumerate() {
                    @if at > 0 { " / " }
                    "“" (remark) "”"
                }
            }
        }
    }
}

/// A block as its file has it, for who reads on a screen.
pub(super) fn as_written(source: &str, language: Option<&str>) -> Markup {
    html! {
        details.source lang=[language] { summary { "As written" } pre { (source) } }
    }
}

/// The mark behind a period or a day whose end a calendar moves.
pub(super) fn calendar(index: &Index<'_>, cited: &ClauseRef, field: &str) -> Markup {
    let clause = index.agreement.clause(cited).map(|clause| &clause.terms);
    let due = match clause {
        Some(Terms::Duty(duty)) if field.starts_with("due.") => Some(&duty.due),
        _ => None,
    };
    match due.and_then(|due| due.calendar.as_ref()) {
        Some(country) => calendar_mark(country),
        None => html! {},
    }
}

/// A country, raised: its working days count at the end of what stands before.
pub(super) fn calendar_mark(country: &Country) -> Markup {
    let title = format!("ends on a working day of {country}");
    html! { sup.calendar title=(title) { (country) } }
}

fn rows(table: &TableOf) -> Markup {
    html! {
        table {
            caption { (table.table) }
            thead { tr { @for head in &table.columns { th scope="col" { (head) } } } }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for (at, cell) in row.0.iter().enumerate() {
                            @if at == 0 { th scope="row" { (cell.as_str()) } }
                            @else { td { (cell.as_str()) } }
                        }
                    }
                }
            }
        }
    }
}

/// What a clause says about itself.
fn standing(index: &Index<'_>, home: &ModuleId, standing: &Standing) -> Markup {
    let mut said: Vec<Markup> = Vec::new();
    said.extend(standing.effect.map(|effect| match effect {
        Force::Binding => html! { "It binds who signed." },
        Force::NonBinding => html! {
            strong { "Not binding:" } " it states an intention and cannot be enforced."
        },
        Force::Statutory => html! {
            strong { "Statutory:" } " it repeats what a statute says and binds through it."
        },
    }));
    match (standing.if_invalid, &standing.replaced_by) {
        (Some(IfInvalid::Drop), _) => {
            said.push(html! { "If it is found invalid it falls away." });
        }
        (Some(IfInvalid::Renegotiate), _) => said.push(html! {
            "If it is found invalid, what it allowed stops until the parties have agreed on another."
        }),
        (Some(IfInvalid::Replace) | None, Some(by)) => said.push(html! {
            "If it is found invalid, " (index.cite_from(home, by)) " takes its place."
        }),
        (Some(IfInvalid::Replace) | None, None) => {}
    }
    if !standing.dependants.is_empty() {
        let fall = row(standing.dependants.iter().map(|name| index.cite_from(home, name)));
        said.push(html! { "With it fall: " (fall) "." });
    }
    if standing.survives {
        said.push(html! { "It outlives the end of the agreement." });
    }
    if !standing.laws.is_empty() {
        said.push(html! { "It carries out " (standing.laws.join(", ")) "." });
    }
    html! {
        @if !said.is_empty() {
            p.standing { @for (at, one) in said.iter().enumerate() { @if at > 0 { " " } (one) } }
        }
    }
}
