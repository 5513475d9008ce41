//! The clause on the instrument: what the agreement is called, and what stands over it.

use concordat_agreement::{Force, Immunity, Instrument, Joint, Layer, Terms, Vehicle};
use concordat_terms::ClauseRef;
use maud::{Markup, html};

use super::index::{Index, row};

/// The clause, what it says, and how far it binds.
pub(super) struct Found<'i> {
    pub(super) cited: ClauseRef,
    pub(super) terms: &'i Instrument,
    effect: Option<Force>,
}

/// The first, in the order of the articles.
pub(super) fn find<'i>(index: &'i Index<'_>) -> Option<Found<'i>> {
    index.outline.articles.iter().find_map(|article| {
        article.module.clauses.values().find_map(|clause| match &clause.terms {
            Terms::Instrument(terms) => {
                let cited = ClauseRef::new(&article.module.id, &clause.id);
                Some(Found { cited, terms, effect: clause.standing.effect })
            }
            _ => None,
        })
    })
}

/// What the agreement is called: as its instrument says; without one, after the first article.
pub(super) fn title(index: &Index<'_>) -> String {
    let named = find(index).map(|found| found.terms.instrument.clone());
    let first = || index.outline.articles.first().map(|article| article.title.clone());
    named.or_else(first).unwrap_or_default()
}

/// How far it binds, and what carries it.
pub(super) fn nature(index: &Index<'_>) -> String {
    let Some(found) = find(index) else { return "Agreement".to_owned() };
    let effect = match found.effect {
        Some(Force::NonBinding) => "Non-binding instrument",
        Some(Force::Statutory) => "Statutory instrument",
        Some(Force::Binding) | None => "Binding instrument",
    };
    let vehicle = found.terms.vehicle.map(|vehicle| match vehicle {
        Vehicle::FixedDeliverable => " · contract for a fixed deliverable",
        Vehicle::ContinuousService => " · continuous service",
        Vehicle::Framework => " · framework with orders",
        Vehicle::Grant => " · grant or cooperative agreement",
        Vehicle::JointDevelopment => " · joint development",
    });
    format!("{effect}{}", vehicle.unwrap_or_default())
}

/// Its terms, if there is one.
pub(super) fn terms(index: &Index<'_>) -> Markup {
    let Some(found) = find(index) else { return html! {} };
    let unbinding: Vec<Markup> = index
        .agreement
        .clauses()
        .filter(|(_, clause)| clause.standing.effect == Some(Force::NonBinding))
        .map(|(module, clause)| index.cite(&ClauseRef::new(&module.id, &clause.id)))
        .collect();
    html! {
        section.terms aria-labelledby="front.terms" {
            h2 id="front.terms" { "The instrument" }
            dl.facts {
                @for (name, value) in facts(found.terms) {
                    @if let Some(value) = value { div { dt { (name) } dd { (value) } } }
                }
                @if !unbinding.is_empty() {
                    div { dt { "Clauses that do not bind" } dd { (row(unbinding)) } }
                }
                div { dt { "Stated in" } dd { (index.cite(&found.cited)) } }
            }
        }
    }
}

/// Names and values; a value that is not stated is none.
fn facts(terms: &Instrument) -> [(&'static str, Option<String>); 11] {
    let chosen = |text: &str| if text == "none" { "none chosen" } else { text }.to_owned();
    let languages = match terms.languages.as_slice() {
        [] => terms.language.clone(),
        others => format!("{} prevails; also in {}", terms.language, others.join(", ")),
    };
    let layers = terms.precedence.iter().map(|layer| match layer {
        Layer::Prose => "prose",
        Layer::Clauses => "clauses",
        Layer::Scenarios => "worked examples",
    });
    let layers: Vec<&str> = layers.collect();
    let immunity = terms.immunity.map(|immunity| match immunity {
        Immunity::Kept => "kept",
        Immunity::Waived => "waived",
        Immunity::WaivedForArbitration => "waived for arbitration and its award",
    });
    let answer = terms.answer.map(|joint| match joint {
        Joint::Several => "each answer for their part",
        Joint::Joint => "answer together",
        Joint::JointAndSeveral => "each answer for the whole",
    });
    let words = |text: Option<&str>| text.map(str::to_owned);
    [
        ("Governing law", Some(chosen(&terms.governing_law))),
        ("Forum", Some(chosen(&terms.forum))),
        ("Seat of arbitration", terms.arbitration_seat.clone()),
        ("Language", Some(languages)),
        (
            "Where layers differ",
            (!layers.is_empty())
                .then(|| format!("{} prevail in this order", layers.join(", then "))),
        ),
        ("Immunity", words(immunity)),
        ("Who owe the same", words(answer)),
        ("Outside of it", words(terms.entire_agreement.then_some("nothing counts"))),
        ("Who does not sign", words(terms.third_party_rights.then_some("may enforce it"))),
        (
            "Objections to refusals",
            terms.escalates_to.as_ref().map(|to| format!("go to {}", to.as_str())),
        ),
        (
            "Made from",
            terms.pack.as_ref().map(|pack| {
                let short = pack.digest.short();
                format!(
                    "the template {} of the pack {} {}, owned by {} ({short}…)",
                    pack.template, pack.id, pack.version, pack.owner
                )
            }),
        ),
    ]
}
