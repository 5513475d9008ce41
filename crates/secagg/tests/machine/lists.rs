//! Clients of the crate, each shown one of all survivor lists by a server that lies.

use std::collections::{BTreeMap, BTreeSet};

use concordat_secagg::client::Unmasking;
use concordat_secagg::{Opened, Signatures, Signed, Step, Survivors};
use concordat_terms::PartyId;

use crate::common::{World, party};
use crate::toolkit::{four, parties, resign};

type List = BTreeSet<PartyId>;

const NAMES: [&str; 4] = ["alder", "aspen", "beech", "birch"];

/// Lists that clients may sign, and one that none does.
fn lists() -> Vec<List> {
    let mut lists = vec![parties(&NAMES), parties(&NAMES[..2])];
    for gone in NAMES {
        let rest: Vec<&str> = NAMES.into_iter().filter(|name| *name != gone).collect();
        lists.push(parties(&rest));
    }
    lists
}

/// Alder, aspen and beech are honest and are shown a list each; birch colludes and signs all.
/// What each of the honest then reveals, once it is shown every signature under its list.
fn shown(shown: [&List; 3]) -> BTreeMap<PartyId, BTreeMap<PartyId, Opened>> {
    let mut world = World::new(&four(), 1);
    world.run_until(Step::MaskedInput);
    let mut signed: Vec<Signed<Survivors>> = Vec::new();
    let mut states: Vec<(PartyId, &List, Unmasking)> = Vec::new();
    for (name, list) in NAMES.into_iter().zip(shown) {
        if let Ok((state, message)) = world.take_consistency(name).sign(list) {
            states.push((party(name), list, state));
            signed.push(message);
        }
    }
    let template = signed.first().cloned();
    let mut revealed = BTreeMap::new();
    for (name, list, state) in states {
        let mut signatures: Signatures = signed
            .iter()
            .filter(|message| message.body.parties == *list)
            .map(|message| (message.from.clone(), message.signature))
            .collect();
        if let (true, Some(template)) = (list.contains(&party("birch")), &template) {
            let body = Survivors { parties: list.clone() };
            let message = Signed { from: party("birch"), body, ..template.clone() };
            signatures.insert(party("birch"), resign(&four(), message).signature);
        }
        if let Ok(reveal) = state.reveal(&signatures) {
            revealed.insert(name, reveal.body.shares);
        }
    }
    revealed
}

#[test]
fn whatever_lists_clients_are_shown_no_ones_two_secrets_are_opened() {
    let lists = &lists();
    let (mut opened, mut silent) = (0, 0);
    for (a, b, c) in lists
        .iter()
        .flat_map(|a| lists.iter().flat_map(move |b| lists.iter().map(move |c| (a, b, c))))
    {
        let each = [a, b, c];
        let revealed = shown(each);
        for (at, name) in NAMES[..3].iter().enumerate() {
            // The rule that `knowledge` explores: one list, of m, with oneself, signed by t.
            let list = each[at];
            let signs = |at: usize| {
                let list = each[at];
                list.len() >= 3 && list.contains(&party(NAMES[at]))
            };
            let honest = (0..3).filter(|other| signs(*other) && each[*other] == list).count();
            let colluders = usize::from(list.contains(&party("birch")));
            let reveals = signs(at) && honest + colluders >= 3;
            assert_eq!(revealed.contains_key(&party(name)), reveals, "{name} in {each:?}");
        }
        for victim in NAMES[..3].iter().map(|name| party(name)) {
            let kind = |seed: bool| {
                let is = |shares: &&BTreeMap<PartyId, Opened>| {
                    matches!(shares[&victim], Opened::Seed(_)) == seed
                };
                // Birch brings both of its shares.
                revealed.values().filter(is).count() + 1
            };
            assert!(kind(true) < 3 || kind(false) < 3, "{victim} in {each:?}");
        }
        if revealed.is_empty() { silent += 1 } else { opened += 1 }
    }
    assert_eq!(opened + silent, 216);
    assert!(opened > 10 && silent > 100, "{opened} {silent}");
}
