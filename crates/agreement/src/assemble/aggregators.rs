//! Three aggregators in three hands: what the protocol's promise rests on.

use std::collections::BTreeMap;

use concordat_terms::{PartyId, Side};

use crate::source::Wrong;
use crate::{Aggregation, Agreement, Clause, Module, Protocol};

use super::Check;

/// One public, one private and one independent party, no two of them in one hand, and the
/// independent one in no hand that also holds a party of a side.
pub(super) fn check(check: &mut Check<'_>, at: (&Module, &Clause), a: &Aggregation) {
    let agreement = check.agreement;
    let mut fail = |what: String, hint: &str| {
        check.fail(at, "aggregators", Wrong::new("aggregators-not-apart", what, hint));
    };
    let hint = "name one public, one private and one independent party";
    if a.aggregation == Protocol::PairwiseMasks {
        if !a.aggregators.is_empty() {
            let what = "`pairwise-masks` has no aggregators".to_owned();
            fail(what, "remove the field, or write `aggregation = \"three-aggregators\"`");
        }
        return;
    }
    let known: Vec<(&PartyId, Side)> = a
        .aggregators
        .iter()
        .filter_map(|party| Some((party, agreement.party(party)?.terms.side)))
        .collect();
    if a.aggregators.len() != 3 {
        fail(format!("{} are named, and there are three aggregators", a.aggregators.len()), hint);
    } else if known.len() == 3 {
        for (side, name) in [
            (Side::Public, "public"),
            (Side::Private, "private"),
            (Side::Independent, "independent"),
        ] {
            let count = known.iter().filter(|(_, of)| *of == side).count();
            if count != 1 {
                fail(format!("{count} of the three aggregators are {name} parties"), hint);
            }
        }
    }
    if let Some(what) = in_one_hand(agreement, &known) {
        fail(what, "name a party that nobody controls who controls another");
    }
}

/// Which aggregators are under one control, or which side the neutral one is under.
fn in_one_hand(agreement: &Agreement, known: &[(&PartyId, Side)]) -> Option<String> {
    let control = |party: &PartyId| agreement.party(party).and_then(|p| p.terms.control.clone());
    let mut hands: BTreeMap<String, &PartyId> = BTreeMap::new();
    for (party, side) in known {
        let Some(hand) = control(party) else { continue };
        if let Some(other) = hands.insert(hand.clone(), *party)
            && other != *party
        {
            return Some(format!("`{other}` and `{party}` are both under the control of `{hand}`"));
        }
        let sided = agreement.parties().find(|other| {
            let held = other.terms.control.as_ref() == Some(&hand);
            held && other.terms.side != Side::Independent
        });
        if let (Side::Independent, Some(sided)) = (side, sided) {
            let other = &sided.clause.clause;
            return Some(format!("`{party}` is under the control of `{hand}`, as `{other}` is"));
        }
    }
    None
}
