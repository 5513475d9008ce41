//! Words that clauses define, in the order of the alphabet.

use concordat_agreement::{Module, Terms};
use concordat_terms::ClauseRef;
use maud::{Markup, html};

use super::article;
use super::index::{Index, row};
use super::markdown::{Block, blocks};

pub(super) fn definitions(index: &Index<'_>) -> Markup {
    let mut found: Vec<(String, ClauseRef, Markup)> = Vec::new();
    for article in &index.outline.articles {
        for clause in article.module.clauses.values() {
            let entry = match &clause.terms {
                Terms::Term(term) => {
                    Some((term.term.clone(), meaning(index, article.module, &clause.prose)))
                }
                Terms::Seat(seat) => Some((
                    seat.seat.clone(),
                    html! {
                        "The seat filled by " (row(seat.filled_by.iter().map(|party| index.party(party)))) "."
                    },
                )),
                Terms::Purpose(purpose) => {
                    Some((clause.id.to_string(), html! { "The purpose: " (purpose.purpose) "." }))
                }
                Terms::Asset(asset) => Some((
                    asset.asset.clone(),
                    html! {
                        "A " (asset.kind.as_str()) ", held by the seat " (index.seat(&asset.holder)) "; see "
                        a href="#annex.b" { "Annex B" } "."
                    },
                )),
                Terms::Body(body) => Some((
                    body.body.clone(),
                    html! {
                        "The body whose members fill "
                        @for (nth, seat) in body.members.iter().enumerate() {
                            @if nth > 0 { ", " }
                            "the seat " (index.seat(seat))
                        }
                        "."
                    },
                )),
                _ => None,
            };
            let cited = ClauseRef::new(&article.module.id, &clause.id);
            found.extend(entry.map(|(word, meaning)| (word, cited, meaning)));
        }
    }
    found.sort_by_key(|(word, cited, _)| (word.to_lowercase(), cited.clone()));
    html! {
        section.definitions aria-labelledby="front.definitions" {
            h2 id="front.definitions" { "Definitions" }
            table {
                caption { "Words that articles define; the place named last decides what they mean" }
                thead {
                    tr {
                        th scope="col" { "Word" }
                        th scope="col" { "Meaning" }
                        th scope="col" { "Where" }
                    }
                }
                tbody {
                    @for (word, cited, meaning) in &found {
                        tr { th scope="row" { (word) } td { (meaning) } td { (index.cite(cited)) } }
                    }
                }
            }
        }
    }
}

/// The prose that a definition stands under.
fn meaning(index: &Index<'_>, module: &Module, prose: &str) -> Markup {
    html! {
        @for (_, block) in blocks(prose) {
            @match block {
                Block::Paragraph(words) => { p { (article::words(index, module, &words)) } }
                _ => {}
            }
        }
    }
}
