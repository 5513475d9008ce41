//! Stories of what the log's key signs beside checkpoints, and of what parties say of their own keys.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

use common::*;
use concordat_partnership::Act;
use concordat_partnership::act::PlaceRegister;
use concordat_terms::Digest;
use concordat_tlog::cosign::{cosign, cosign_pq};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::vkey::Key;
use concordat_tlog::word::{Kept, Promise};
use concordat_tlog::{Note, PqSigningKey, Receipt as Proof, SigningKey, Vkey};
use concordat_wire::api::{Receipts, Witnesses};
use concordat_wire::cosigner::{CosignerKeys, Cosigners};

fn place() -> Act {
    Act::PlaceRegister(PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    })
}

fn promise(world: &World, answer: &Answer) -> Promise {
    let receipt = only(answer);
    let Receipts { promises, .. } = serde_json::from_slice(&answer.body).unwrap();
    let [promise]: [Promise; 1] =
        Promise::open(promises[0].as_bytes(), &world.log_key()).unwrap().try_into().unwrap();
    assert_eq!(
        (promise.index, promise.time, promise.log),
        (receipt.index, receipt.time, world.log)
    );
    promise
}

#[test]
fn an_answer_promises_the_place_of_an_act_and_the_log_proves_it() {
    let mut world = World::founded();
    let envelope = world.envelope("alder", "data-holder", &place());
    let answer = world.client.submit(std::slice::from_ref(&envelope));
    // It is refused, and has its place all the same.
    assert_eq!(answer.status, 409);
    let promised = promise(&world, &answer);
    assert_eq!(promised.leaf, leaf_hash(&envelope));

    let prove = |world: &World| {
        let proof = world.client.get(&format!("/v1/proofs/{}", promised.index));
        assert_eq!(proof.status, 200);
        Proof::parse(&proof.body).unwrap()
    };
    let proof = prove(&world);
    assert_eq!(promised.judge(&proof, &world.log_key()), Ok(Kept::Kept));

    // Once a quorum has cosigned, the proof is under what it cosigned.
    for name in ["alder", "birch", "cypress", "lab"] {
        world.client.post("/v1/cosignatures", &world.cosigned(name).to_bytes());
    }
    world.tries("birch", "data-holder", place());
    let proof = prove(&world);
    assert_eq!(Note::parse(proof.checkpoint.as_bytes()).unwrap().lines().len(), 5);
    assert_eq!(promised.judge(&proof, &world.log_key()), Ok(Kept::Kept));

    // The same promise for the same bytes, after a restart too.
    world.restart();
    let again = world.client.submit(&[envelope]);
    assert_eq!(promise(&world, &again), promised);
    for beyond in ["99", "x", "18446744073709551616"] {
        assert_eq!(world.client.get(&format!("/v1/proofs/{beyond}")).code(), "not-found");
    }
}

/// What a party says of a key of one history, and the key.
fn introduction(world: &World, name: &str, by: &str) -> (Vec<u8>, SigningKey, PqSigningKey) {
    let (own, pq) = (SigningKey::from_seed(&[7; 32]), PqSigningKey::from_seed(&[8; 32]));
    let vkey = |key| Vkey::new(&format!("{ORIGIN}/{name}/history"), key).unwrap();
    let said = CosignerKeys {
        party: party(name),
        key: id_of(&key(name)).parse().unwrap(),
        keys: vec![vkey(Key::Witness(own.public())), vkey(Key::PqWitness(pq.public()))],
        time: world.now(),
    };
    (said.seal(world.log, &key(by)).unwrap().to_bytes(), own, pq)
}

#[test]
fn what_a_party_says_with_its_history_key_is_served_and_counts_for_nothing() {
    let mut world = World::founded();
    let (said, own, pq) = introduction(&world, "alder", "alder");
    let (_, note) = world.client.checkpoint();
    let name = format!("{ORIGIN}/alder/history");
    let lines = vec![
        cosign(&name, &own, world.now(), note.text()).unwrap(),
        cosign_pq(&name, &pq, world.now(), note.text()).unwrap(),
    ];
    let cosigned = Note::new(note.text().to_owned(), lines).unwrap().to_bytes();
    // A key of which nobody has said anything.
    assert_eq!(world.client.post("/v1/cosignatures", &cosigned).code(), "not-a-cosignature");

    assert_eq!(world.client.post("/v1/cosigners", &said).status, 204);
    assert_eq!(world.client.post("/v1/cosignatures", &cosigned).status, 204);
    let stands = |world: &World| {
        let told = world.client.get("/v1/witnesses").body;
        let told: Witnesses = serde_json::from_slice(&told).unwrap();
        let found = told.witnesses.into_iter().find(|found| found.name == "alder/history").unwrap();
        (found.counts, found.asked, found.size)
    };
    assert_eq!(stands(&world), (false, false, Some(1)));
    assert_eq!(world.client.checkpoint().1.lines().len(), 3);

    // Others get the very bytes, and a restart forgets nothing.
    world.restart();
    let all: Cosigners = serde_json::from_slice(&world.client.get("/v1/cosigners").body).unwrap();
    assert_eq!(all.envelopes.len(), 1);
    assert_eq!(stands(&world), (false, false, Some(1)));
    assert_eq!(world.client.checkpoint().1.lines().len(), 3);
}

#[test]
fn nobody_speaks_of_another_partys_keys() {
    let world = World::founded();
    let (forged, ..) = introduction(&world, "alder", "birch");
    for said in [forged, b"whatever".to_vec(), vec![]] {
        let answer = world.client.post("/v1/cosigners", &said);
        assert_eq!((answer.status, answer.code().as_str()), (400, "not-a-cosigner"));
    }
    let none: Cosigners = serde_json::from_slice(&world.client.get("/v1/cosigners").body).unwrap();
    assert_eq!(none.envelopes, Vec::<String>::new());
    assert_ne!(world.log, Digest([0; 32]));
}
