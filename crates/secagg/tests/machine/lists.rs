//! Clients of the crate, each shown one of all survivor lists by a server that lies.

use std::collections::{BTreeMap, BTreeSet};

use concordat_secagg::client::Unmasking;
use concordat_secagg::{Opened, Signatures, Signed, Step, Survivors};
use concordat_terms::PartyId;

use crate::common::{World, party};
use crate::toolkit::{four, parties, resign};

type List = BTreeSet<PartyId>;

const NAMES: [&str; 4] = ["alder", "aspen", "beech", "birch"];

/// Every list that is not empty.
fn lists() -> Vec<List> {
    let list = |bits: u32| {
        let listed: Vec<&str> = NAMES
            .into_iter()
            .enumerate()
            .filter(|(at, _)| bits >> at & 1 == 1)
            .map(|(_, n)| n)
            .collect();
        parties(&listed)
    };
    (1..1 << NAMES.len()).map(list).collect()
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

/// The rule that `knowledge` explores: one list, of m, with oneself.
fn signs(name: &str, list: &List) -> bool {
    list.len() >= 3 && list.contains(&party(name))
}

#[test]
fn of_all_lists_a_client_signs_those_of_m_with_itself() {
    for list in lists() {
        let mut world = World::new(&four(), 1);
        world.run_until(Step::MaskedInput);
        for name in &NAMES[..3] {
            let signed = world.take_consistency(name).sign(&list).is_ok();
            assert_eq!(signed, signs(name, &list), "{name}: {list:?}");
        }
    }
}

/// Every list that this client signs, and of those that it does not sign one: each of them uses its state
/// up alike.
fn shown_to(name: &str) -> Vec<List> {
    let (mut signed, unsigned): (Vec<_>, Vec<_>) =
        lists().into_iter().partition(|list| signs(name, list));
    signed.extend(unsigned.into_iter().next());
    signed
}

#[test]
fn whatever_lists_clients_are_shown_no_ones_two_secrets_are_opened() {
    let [alder, aspen, beech] = [0, 1, 2].map(|at| shown_to(NAMES[at]));
    let (mut opened, mut silent) = (0, 0);
    let (aspen, beech) = (&aspen, &beech);
    for (a, b, c) in alder
        .iter()
        .flat_map(|a| aspen.iter().flat_map(move |b| beech.iter().map(move |c| (a, b, c))))
    {
        let each = [a, b, c];
        let revealed = shown(each);
        for (at, name) in NAMES[..3].iter().enumerate() {
            // And it reveals once t have signed its list.
            let list = each[at];
            let signs = |at: usize| signs(NAMES[at], each[at]);
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
    assert_eq!(opened + silent, 5 * 5 * 5);
    assert!(opened > 10 && silent > 20, "{opened} {silent}");
}
