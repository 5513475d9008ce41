//! Annex A: parties, seats and bodies.

use concordat_agreement::{Agreement, Majority};
use concordat_terms::Side;
use maud::{Markup, html};

use super::super::front::of_side;
use super::super::index::{Index, none, row};
use super::table;

pub(super) fn people(index: &Index<'_>) -> Markup {
    html! { (parties(index)) (seats(index)) (bodies(index)) }
}

fn parties(index: &Index<'_>) -> Markup {
    let rows = sorted(index.agreement).into_iter().map(|cited| {
        let seats = cited.id().map(|id| index.agreement.seats_of(&id)).unwrap_or_default();
        let countries = cited.terms.jurisdictions.iter().map(|country| html! { (country) });
        vec![
            html! { (cited.terms.party) br; code { (cited.clause.clause) } },
            html! { (of_side(cited.terms.side)) },
            row(countries),
            match &cited.terms.control {
                Some(control) => html! { (control) },
                None => none(),
            },
            row(seats.iter().map(|seat| index.seat(seat))),
            index.cite(&cited.clause),
        ]
    });
    let heads = ["Party", "Side", "Bound by the law of", "Control", "Seats", "Clause"];
    table("Parties", &heads, rows)
}

/// The parties: public, private, independent, and by name within.
pub(in super::super) fn sorted(
    agreement: &Agreement,
) -> Vec<concordat_agreement::Cited<'_, concordat_agreement::Party>> {
    let mut parties: Vec<_> = agreement.parties().collect();
    parties.sort_by_key(|cited| {
        let side = match cited.terms.side {
            Side::Public => 0,
            Side::Private => 1,
            Side::Independent => 2,
        };
        (side, cited.clause.clause.clone())
    });
    parties
}

fn seats(index: &Index<'_>) -> Markup {
    let rows = index.agreement.seats().map(|cited| {
        vec![
            html! { (cited.terms.seat) br; code { (cited.clause.clause) } },
            row(cited.terms.filled_by.iter().map(|party| index.party(party))),
            index.cite(&cited.clause),
        ]
    });
    table("Seats", &["Seat", "Filled by", "Clause"], rows)
}

fn bodies(index: &Index<'_>) -> Markup {
    let rows = index.agreement.bodies().map(|cited| {
        let body = cited.terms;
        vec![
            html! { (body.body) br; code { (cited.clause.clause) } },
            row(body.members.iter().map(|seat| index.seat(seat))),
            html! { (body.votes_per_side) },
            html! { (body.quorum_per_side) },
            html! { (match body.majority {
                Majority::EachSide => "more than half of each side",
                Majority::TwoThirdsOfEachSide => "two thirds of each side",
            }) },
            html! { (super::period(body.open_for)) },
            index.cite(&cited.clause),
        ]
    });
    let heads = [
        "Body",
        "Members",
        "Votes per side",
        "Quorum per side",
        "Majority",
        "Motions open for",
        "Clause",
    ];
    table("Bodies", &heads, rows)
}
