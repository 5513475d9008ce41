//! Parties as placeholders name them: those of a side, and those of a seat.

use std::collections::BTreeSet;

use concordat_terms::Side;

use super::answers::{Answers, PartyAnswer};
use super::seats::Seats;
use super::value::Value;

fn places<'c>(codes: impl IntoIterator<Item = &'c str>) -> Value {
    Value::List(codes.into_iter().map(|code| Value::Country(code.to_owned())).collect())
}

/// Ids and names of some parties.
fn group(parties: &[&PartyAnswer]) -> Value {
    let countries: BTreeSet<&str> =
        parties.iter().flat_map(|party| &party.countries).map(|c| c.as_str()).collect();
    let first = parties.first().map_or("", |party| party.id.as_str());
    Value::record([
        ("id", Value::text(first)),
        ("ids", Value::texts(parties.iter().map(|party| party.id.as_str()))),
        ("names", Value::texts(parties.iter().map(|party| party.name.as_str()))),
        ("countries", places(countries)),
        ("count", Value::count(parties.len())),
    ])
}

/// The holders, and the condition that all places of a run are theirs.
pub(super) fn holders(parties: &[&PartyAnswer]) -> Value {
    let mut holders = group(parties);
    if let Value::Record(parts) = &mut holders
        && let Some(countries) = parts.get("countries").and_then(Value::in_toml)
    {
        let when = format!("place.class >= 2 && {countries}.contains(place.jurisdiction)");
        parts.insert("places".to_owned(), Value::Text(when));
    }
    holders
}

/// Everything about who takes part.
pub(super) fn people<'v>(answers: &Answers, seats: &Seats<'_>) -> Vec<(&'v str, Value)> {
    let listed = |side| {
        Value::List(
            answers
                .side(side)
                .map(|party| {
                    Value::record([
                        ("id", Value::text(party.id.as_str())),
                        ("name", Value::text(&party.name)),
                        ("countries", places(party.countries.iter().map(|c| c.as_str()))),
                    ])
                })
                .collect(),
        )
    };
    let side = |side| group(&answers.side(side).collect::<Vec<_>>());
    let independent = seats.lab.side == Side::Independent;
    let mut lab = group(&[seats.lab]);
    if let Value::Record(parts) = &mut lab {
        parts.insert("independent".to_owned(), Value::Flag(independent));
        let class = if independent { "independent" } else { "second-party" };
        parts.insert("class".to_owned(), Value::text(class));
    }
    let mut witness = group(&seats.witnesses);
    if let Value::Record(parts) = &mut witness {
        parts.insert("quorum".to_owned(), Value::count(seats.quorum));
    }
    let members: Vec<&PartyAnswer> =
        answers.side(Side::Public).chain(answers.side(Side::Private)).collect();
    let calendar = seats.sponsor.countries.first();
    vec![
        ("public", listed(Side::Public)),
        ("private", listed(Side::Private)),
        ("independent", listed(Side::Independent)),
        ("public_side", side(Side::Public)),
        ("private_side", side(Side::Private)),
        ("sponsor", group(&[seats.sponsor])),
        ("operator", group(&[seats.operator])),
        ("developer", group(&seats.developers)),
        ("lab", lab),
        ("members", group(&members)),
        ("council", group(&seats.council)),
        ("votes", Value::count(seats.votes)),
        ("quorum", Value::count(seats.votes / 2 + 1)),
        ("witness", witness),
        ("unanimous", Value::Flag(seats.quorum == seats.witnesses.len())),
        ("calendar", Value::text(calendar.map_or("EU", |country| country.as_str()))),
    ]
}
