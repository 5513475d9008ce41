//! What stands before the articles: title page, contents, how to read the document.

use concordat_agreement::{Cited, Party, Terms};
use concordat_terms::Side;
use maud::{Markup, html};

use super::annex::ANNEXES;
use super::clause::{AS_TEXT, calendar_mark, mark};
use super::index::{Index, row};
use super::instrument;
use super::markdown::plain;
use super::outline::Part;

pub(super) fn title_page(index: &Index<'_>) -> Markup {
    html! {
        header.cover {
            p.nature { (instrument::nature(index)) }
            h1 { (instrument::title(index)) }
            p.between { "between" }
            @for side in [Side::Public, Side::Private, Side::Independent] {
                @for cited in index.agreement.parties().filter(|cited| cited.terms.side == side) {
                    div.party {
                        p.name { (cited.terms.party) }
                        p.quiet {
                            (of_side(side)) " party, bound by the law of "
                            (joined(&cited.terms.jurisdictions)) (seats(index, &cited))
                        }
                    }
                }
            }
            p.made { "Made at " span.line {} " on " span.line {} }
            div.close {
                p.set {
                    (counted(index.agreement.modules().len(), "module")) ": "
                    (row(index.outline.articles.iter().map(|article| html! {
                        (article.module.id) " " (article.module.version)
                    })))
                    "."
                }
                p.set { (enforcement(index)) }
                p.set {
                    "SHA-256 over their texts: " code.digest { (index.agreement.digest()) }
                }
            }
        }
    }
}

/// How much of it is enforced, in a sentence.
fn enforcement(index: &Index<'_>) -> Markup {
    let (enforced, as_text) = index.enforced();
    let all = enforced + as_text.len();
    html! {
        (enforced) " of " (counted(all, "clause")) (if enforced == 1 { " is" } else { " are" })
        " enforced by this edition of the rules; "
        @if as_text.is_empty() { "none is text alone." } @else {
            (as_text.len()) ", marked " span.mark { (AS_TEXT) }
            (if as_text.len() == 1 { ", binds as text." } else { ", bind as text." })
        }
    }
}

/// The seats that a party fills, as the end of a line.
pub(super) fn seats(index: &Index<'_>, cited: &Cited<'_, Party>) -> Markup {
    let seats = cited.id().map(|id| index.agreement.seats_of(&id)).unwrap_or_default();
    html! {
        @if !seats.is_empty() {
            (if seats.len() == 1 { "; seat: " } else { "; seats: " })
            (row(seats.iter().map(|seat| index.seat(seat))))
        }
    }
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Where a party stands.
pub(super) fn of_side(side: Side) -> &'static str {
    match side {
        Side::Public => "public",
        Side::Private => "private",
        Side::Independent => "independent",
    }
}

/// What whoever reads in another language has to know.
pub(super) fn in_language(index: &Index<'_>, language: &str) -> Markup {
    let prevails = instrument::find(index).map(|found| found.terms.language.clone());
    html! {
        p.about {
            "This print has the prose in " code { (language) } " where there is any; the rest stands "
            "as it is written. "
            @if let Some(prevails) = prevails { "What is written in " code { (prevails) } " prevails. " }
            "The document that is signed has all languages, and another digest than this one."
        }
    }
}

pub(super) fn contents(index: &Index<'_>) -> Markup {
    html! {
        nav.contents aria-labelledby="front.contents" {
            h2 id="front.contents" { "Contents" }
            ol {
                @if instrument::find(index).is_some() {
                    li { a href="#front.terms" { "The instrument" } }
                }
                li { a href="#front.reading" { "How to read this document" } }
                li { a href="#front.definitions" { "Definitions" } }
                @for article in &index.outline.articles {
                    li {
                        a href=(format!("#{}", article.module.id)) {
                            span.no { "Article " (article.number) } " " (article.title)
                        }
                        @let headings = article.parts.iter().filter_map(|part| match part {
                            Part::Heading(1, number, words) => Some((number, words)),
                            _ => None,
                        });
                        ol {
                            @for (number, words) in headings {
                                li {
                                    a href=(format!("#s.{number}")) {
                                        span.no { (number) } " " (plain(words))
                                    }
                                }
                            }
                        }
                    }
                }
                @for (letter, anchor, name) in ANNEXES {
                    li {
                        a href=(format!("#{anchor}")) { span.no { "Annex " (letter) } " " (name) }
                    }
                }
            }
        }
    }
}

pub(super) fn reading(index: &Index<'_>) -> Markup {
    let alone = index.paragraphs_alone();
    let calendar = index.agreement.clauses().find_map(|(_, clause)| match &clause.terms {
        Terms::Duty(duty) => duty.due.calendar.as_ref(),
        _ => None,
    });
    html! {
        section.reading aria-labelledby="front.reading" {
            h2 id="front.reading" { "How to read this document" }
            p {
                "The articles are the text that the parties sign. Below a paragraph stand its "
                "clauses, on a grey rule, said back in plain words. The paragraph and its clauses "
                "say the same; if you find that they do not, do not sign."
            }
            p {
                "A clause whose words begin with " span.lead { "In effect:" } " is enforced: the "
                "system acts on it. It admits and refuses acts and charges accounts because of "
                "it, or knows what it names where other clauses speak of that. Fields of it in a "
                "line with the sign " (mark()) " are not acted on, and bind as text. A clause on a "
                "broken rule with the sign " span.sign { (AS_TEXT) " binds as text" }
                " is not: this edition of the rules does not act on it, and it binds as a "
                "paragraph does. " (enforcement(index)) " A paragraph with the mark "
                span.mark { "○" } " is text alone: no clause is of it. "
                a href="#annex.g" { "Annex G" } " lists "
                (if alone == 1 { "the one paragraph".to_owned() } else { format!("all {alone} paragraphs") })
                " and all clauses and fields that bind as text."
            }
            p {
                "Words with a dotted line, " span.held { "thirty days" } " for instance, state a "
                "value that was compared with its clause."
                @if let Some(country) = calendar {
                    " A country raised behind them, " span.held { "thirty days" }
                    (calendar_mark(country)) ", says that a clause keeps a calendar: every day "
                    "counts, and a period that ends on a day that is no working day there ends "
                    "with the next working day. What is counted in hours never moves."
                }
                " Small words after " span.remark { "Remark in the source" } " are remarks in the "
                "block of a clause, a scenario or a module: they are signed with the rest, and "
                "state nothing that is enforced."
            }
            p {
                "Numbers such as 2.1(3)(a) are those of this print. Names such as "
                code { "module/clause" } " are permanent: records, refusals and notices cite "
                "them. What the clauses say is collected in " a href="#annex.a" { "Annexes A" }
                " to " a href="#annex.e" { "E" } ", which add nothing to it. "
                a href="#annex.h" { "Annex H" } " is for signatures, and says how this document "
                "is verified."
            }
        }
    }
}
