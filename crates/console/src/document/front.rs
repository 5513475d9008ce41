//! What stands before the articles: title page, contents, how to read the document, definitions.

use concordat_agreement::{Effect, Immunity, Instrument, Joint, Layer, Terms, Vehicle};
use concordat_terms::{ClauseRef, Side};
use maud::{Markup, html};

use super::annex::ANNEXES;
use super::article;
use super::index::{Index, row};
use super::markdown::{Block, blocks, plain};
use super::outline::Part;

/// The clause on the instrument: the first, in the order of the articles.
pub(super) fn instrument<'i>(
    index: &'i Index<'_>,
) -> Option<(ClauseRef, &'i Instrument, Option<Effect>)> {
    index.outline.articles.iter().find_map(|article| {
        article.module.clauses.values().find_map(|clause| match &clause.terms {
            Terms::Instrument(instrument) => {
                let cited = ClauseRef::new(&article.module.id, &clause.id);
                Some((cited, instrument, clause.standing.effect))
            }
            _ => None,
        })
    })
}

/// What the agreement is called: as its instrument says; without one, after the first article.
pub(super) fn title(index: &Index<'_>) -> String {
    let named = instrument(index).map(|(_, instrument, _)| instrument.instrument.clone());
    let first = || index.outline.articles.first().map(|article| article.title.clone());
    named.or_else(first).unwrap_or_default()
}

pub(super) fn title_page(index: &Index<'_>) -> Markup {
    let found = instrument(index);
    html! {
        header.cover {
            p.nature {
                @match &found {
                    Some((_, instrument, effect)) => {
                        (nature(*effect))
                        @if let Some(vehicle) = instrument.vehicle { " · " (carried(vehicle)) }
                    }
                    None => { "Agreement" }
                }
            }
            h1 { (title(index)) }
            p.between { "between" }
            @for side in [Side::Public, Side::Private, Side::Independent] {
                @for cited in index.agreement.parties().filter(|cited| cited.terms.side == side) {
                    @let seats = cited.id().map(|id| index.agreement.seats_of(&id)).unwrap_or_default();
                    div.party {
                        p.name { (cited.terms.party) }
                        p.quiet {
                            (of_side(side)) " party, bound by the law of " (joined(&cited.terms.jurisdictions))
                            @if !seats.is_empty() {
                                (if seats.len() == 1 { "; seat: " } else { "; seats: " })
                                (row(seats.iter().map(|seat| index.seat(seat))))
                            }
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
                p.set {
                    "SHA-256 over their texts: " code.digest { (index.agreement.digest()) }
                }
            }
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

fn nature(effect: Option<Effect>) -> &'static str {
    match effect {
        Some(Effect::NonBinding) => "Non-binding instrument",
        Some(Effect::Statutory) => "Statutory instrument",
        Some(Effect::Binding) | None => "Binding instrument",
    }
}

fn carried(vehicle: Vehicle) -> &'static str {
    match vehicle {
        Vehicle::FixedDeliverable => "contract for a fixed deliverable",
        Vehicle::ContinuousService => "continuous service",
        Vehicle::Framework => "framework with orders",
        Vehicle::Grant => "grant or cooperative agreement",
        Vehicle::JointDevelopment => "joint development",
    }
}

/// The terms of the instrument, if there is one.
pub(super) fn terms(index: &Index<'_>) -> Markup {
    html! {
        @if let Some((cited, instrument, _)) = instrument(index) {
            section.terms aria-labelledby="front.terms" {
                h2 id="front.terms" { "The instrument" }
                (facts(index, &cited, instrument))
            }
        }
    }
}

/// Its names and values.
fn facts(index: &Index<'_>, cited: &ClauseRef, instrument: &Instrument) -> Markup {
    let law = &instrument.governing_law;
    let forum = &instrument.forum;
    let languages = match instrument.languages.as_slice() {
        [] => instrument.language.clone(),
        others => format!("{} prevails; also in {}", instrument.language, others.join(", ")),
    };
    let layers: Vec<&str> = instrument
        .precedence
        .iter()
        .map(|layer| match layer {
            Layer::Prose => "prose",
            Layer::Clauses => "clauses",
            Layer::Scenarios => "worked examples",
        })
        .collect();
    let mut facts: Vec<(&str, String)> = vec![
        ("Governing law", if law == "none" { "none chosen".to_owned() } else { law.clone() }),
        ("Forum", if forum == "none" { "none chosen".to_owned() } else { forum.clone() }),
    ];
    facts.extend(instrument.arbitration_seat.clone().map(|seat| ("Seat of arbitration", seat)));
    facts.push(("Language", languages));
    if !layers.is_empty() {
        facts.push((
            "Where layers differ",
            format!("{} prevail in this order", layers.join(", then ")),
        ));
    }
    facts.extend(instrument.immunity.map(|immunity| {
        (
            "Immunity",
            match immunity {
                Immunity::Kept => "kept",
                Immunity::Waived => "waived",
                Immunity::WaivedForArbitration => "waived for arbitration and its award",
            }
            .to_owned(),
        )
    }));
    facts.extend(instrument.answer.map(|joint| {
        (
            "Who owe the same",
            match joint {
                Joint::Several => "each answer for their part",
                Joint::Joint => "answer together",
                Joint::JointAndSeveral => "each answer for the whole",
            }
            .to_owned(),
        )
    }));
    facts.extend(instrument.pack.clone().map(|pack| ("Made from", pack)));
    let without: Vec<Markup> = index
        .agreement
        .clauses()
        .filter(|(_, clause)| clause.standing.effect == Some(Effect::NonBinding))
        .map(|(module, clause)| index.cite(&ClauseRef::new(&module.id, &clause.id)))
        .collect();
    html! {
        dl.facts {
            @for (name, value) in &facts { div { dt { (name) } dd { (value) } } }
            @if !without.is_empty() {
                div { dt { "Clauses that do not bind" } dd { (row(without)) } }
            }
            div { dt { "Stated in" } dd { (index.cite(cited)) } }
        }
    }
}

pub(super) fn contents(index: &Index<'_>) -> Markup {
    html! {
        nav.contents aria-labelledby="front.contents" {
            h2 id="front.contents" { "Contents" }
            ol {
                @if instrument(index).is_some() { li { a href="#front.terms" { "The instrument" } } }
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
    let without =
        |part: &&Part| matches!(part, Part::Prose { number: Some(_), text_only: true, .. });
    let text_only: usize =
        index.outline.articles.iter().map(|a| a.parts.iter().filter(without).count()).sum();
    html! {
        section.reading aria-labelledby="front.reading" {
            h2 id="front.reading" { "How to read this document" }
            p {
                "The articles are the text that the parties sign. Below a paragraph stands what is "
                "enforced of it, on a grey rule: a clause, said back in plain words after "
                span.lead { "In effect:" } ". The two say the same; if you find that they do not, do "
                "not sign."
            }
            p {
                "Words with a dotted line, " span.held { "thirty days" } " for instance, state a value "
                "that was compared with its clause. A paragraph with the mark " span.mark { "○" }
                " is text alone, which no clause enforces; " a href="#annex.f" { "Annex F" } " lists "
                (if text_only == 1 { "the one".to_owned() } else { format!("all {text_only}") }) " of them."
            }
            p {
                "Numbers such as 2.1(3)(a) are those of this print. Names such as "
                code { "module/clause" } " are permanent: records, refusals and notices cite them. What "
                "the clauses say is collected in " a href="#annex.a" { "Annexes A" } " to "
                a href="#annex.e" { "E" } ", which add nothing to it. "
                a href="#annex.g" { "Annex G" } " is for signatures, and says how this document is "
                "verified."
            }
        }
    }
}

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
                        "The body whose members fill the seat " (index.seat(&body.members)) "."
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
                caption { "Words that an article defines, with the place that decides what they mean" }
                thead { tr { th scope="col" { "Word" } th scope="col" { "Meaning" } th scope="col" { "Where" } } }
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
fn meaning(index: &Index<'_>, module: &concordat_agreement::Module, prose: &str) -> Markup {
    html! {
        @for (_, block) in blocks(prose) {
            @match block {
                Block::Paragraph(words) => { p { (article::words(index, module, &words)) } }
                _ => {}
            }
        }
    }
}
