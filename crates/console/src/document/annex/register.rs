//! Annex F: the exact texts, and what is incorporated.

use concordat_agreement::Terms;
use concordat_terms::ClauseRef;
use maud::{Markup, html};

use super::super::article;
use super::super::index::{Index, row};
use super::table;

pub(super) fn register(index: &Index<'_>) -> Markup {
    html! { (modules(index)) (incorporated(index)) }
}

fn modules(index: &Index<'_>) -> Markup {
    let rows = index.outline.articles.iter().map(|article| {
        let module = article.module;
        let needs = module.needs.iter().map(|(id, range)| html! { code { (id) } " " (range) });
        vec![
            html! {
                a href=(format!("#{}", module.id)) { "Article " (article.number) } br;
                code { (module.id) }
            },
            html! { (module.version) },
            article::signers(index, module),
            html! { (module.level.as_str()) },
            row(needs),
            html! { (module.text().len()) },
            html! { code.digest { (module.digest) } },
        ]
    });
    let heads = [
        "Module",
        "Version",
        "Signs amendments",
        "Signatures",
        "Needs",
        "Bytes",
        "SHA-256 of its file",
    ];
    table("Modules", &heads, rows)
}

fn incorporated(index: &Index<'_>) -> Markup {
    let mut rows = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let Terms::Instrument(instrument) = &clause.terms else { continue };
        let cited = ClauseRef::new(&module.id, &clause.id);
        rows.extend(instrument.incorporates.iter().map(|document| {
            vec![
                html! { (document.title) },
                html! { (document.date) },
                html! { code.digest { (document.digest) } },
                index.cite(&cited),
            ]
        }));
    }
    let heads = ["Document", "Of", "SHA-256 of its file", "Clause"];
    html! {
        @if !rows.is_empty() { (table("Documents that count as part of the agreement", &heads, rows)) }
    }
}
