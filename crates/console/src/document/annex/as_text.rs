//! Annex G: what this edition of the rules leaves to the parties.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::ClauseRef;
use maud::{Markup, html};

use super::super::index::{Index, row};
use super::super::outline::Part;
use super::table;

pub(super) fn as_text(index: &Index<'_>) -> Markup {
    html! { (paragraphs(index)) (clauses(index)) (fields(index)) }
}

fn paragraphs(index: &Index<'_>) -> Markup {
    let parts = index.outline.articles.iter().flat_map(|article| &article.parts);
    let cited = parts.filter_map(|part| match part {
        Part::Prose { number: Some((_, cited)), text_only: true, .. } => {
            Some(html! { a href=(format!("#p.{cited}")) { (cited) } })
        }
        _ => None,
    });
    html! {
        h3 { "Paragraphs that are text alone: no clause is of them" }
        p.alone { (row(cited)) "." }
    }
}

fn clauses(index: &Index<'_>) -> Markup {
    let (_, as_text) = index.enforced();
    let rows = as_text.iter().map(|(cited, clause, why)| {
        vec![
            index.cite(cited),
            html! { code { (cited) } },
            html! { (clause.terms.kind()) },
            // A kind or an act, and never the clause that is called the same.
            html! {
                @for (at, piece) in why.to_string().split('`').enumerate() {
                    @if at % 2 == 0 { (piece) } @else { code { (piece) } }
                }
            },
        ]
    });
    html! {
        h3 { "Clauses that bind as text" }
        p {
            "They are read, checked and printed. The system admits, refuses and charges nothing "
            "because of them until an edition of the rules that does is adopted: whoever signs "
            "relies on the other parties for them, as for a paragraph of text."
        }
        (table("Clauses that bind as text", &["Clause", "Name", "Kind", "Why"], rows))
    }
}

/// What enforced clauses say in fields that no rule reads: by kind, which fields and where.
fn fields(index: &Index<'_>) -> Markup {
    let mut kinds: BTreeMap<&str, (BTreeSet<&str>, Vec<ClauseRef>)> = BTreeMap::new();
    for (module, clause) in index.agreement.clauses() {
        let said = clause.fields_as_text();
        if !said.is_empty() {
            let (fields, clauses) = kinds.entry(clause.terms.kind()).or_default();
            fields.extend(said.iter().map(|(field, _)| *field));
            clauses.push(ClauseRef::new(&module.id, &clause.id));
        }
    }
    html! {
        @if !kinds.is_empty() {
            h3 { "Of enforced clauses, what binds as text" }
            p { "No rule of this edition acts on these fields; the rest of each clause is enforced." }
            ul.fields {
                @for (kind, (fields, clauses)) in &kinds {
                    li {
                        span.kind { (kind) } ": "
                        (row(fields.iter().map(|field| html! { code { (field) } })))
                        " in " (row(clauses.iter().map(|cited| index.cite(cited)))) "."
                    }
                }
            }
        }
    }
}
