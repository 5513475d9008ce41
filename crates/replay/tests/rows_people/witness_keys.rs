//! What cosigns and what signs exports: keys of their own, checked where they enter.

use concordat_partnership::act::{Founder, Genesis, KeyRegister, KeyRotate, KeyUse, PartyAccede};
use concordat_partnership::{Act, KeyEnded};
use concordat_replay::{Replica, key_proof, witnesses_at, witnesses_now};
use concordat_terms::KeyId;
use concordat_tlog::vkey::Key;
use concordat_tlog::{ExportKey, Policy, PqSigningKey, Vkey};

use crate::common::{EVERYBODY, Story, digest, genesis, id_of, key, public, seal};
use crate::people::a;

fn pq(name: &str) -> PqSigningKey {
    PqSigningKey::from_seed(&digest(name).0)
}

/// A key of ML-DSA-44 that cosigns under this name.
fn pq_vkey(name: &str) -> String {
    Vkey::new(name, Key::PqWitness(pq(name).public())).unwrap().to_string()
}

fn export_key(name: &str) -> ExportKey {
    ExportKey::from_secret(&digest(name).0).unwrap()
}

fn accede(party: &str, witness: &str, witness_pq: Option<&str>) -> Act {
    Act::PartyAccede(PartyAccede {
        party: a(party),
        key: public(party),
        witness: witness.to_owned(),
        witness_pq: witness_pq.map(str::to_owned),
        terms: digest("terms"),
        cut_off: None,
    })
}

fn with_all(party: &'static str) -> Vec<(&'static str, &'static str)> {
    EVERYBODY.iter().map(|name| (*name, "signatory")).chain([(party, "signatory")]).collect()
}

/// The id and base64 of a verifier key whose parts were changed by hand.
fn vkey(name: &str, kind: u8, bytes: &[u8]) -> String {
    let parts = [name.as_bytes(), b"\n", &[kind], bytes];
    let id = digest_of(&parts);
    let key = [&[kind], bytes].concat();
    format!("{name}+{id}+{}", base64(&key))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * n) & 63) as usize];
            out.push(if n <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

fn digest_of(parts: &[&[u8]]) -> String {
    concordat_terms::Digest::of(&parts.concat()).to_string()[..8].to_owned()
}

#[test]
fn nobody_joins_with_a_witness_key_that_no_client_of_the_log_could_use() {
    let mut story = Story::in_force();
    let good = *key("elm witness").public().as_bytes();
    let mut other_spelling = [0xff; 32];
    (other_spelling[0], other_spelling[31]) = (0xee, 0x7f);
    let small_order = [[1_u8].as_slice(), &[0; 31]].concat();
    let named = vkey("elm.example/witness", 0x04, &good);
    let wrong_id = named.replacen(&named[20..28], "00000000", 1);
    let bad = [
        "EUR 1".to_owned(),
        "00".repeat(32),
        public("elm witness").to_uppercase(),
        hex::encode(&small_order),
        hex::encode(other_spelling),
        "elm.example/witness".to_owned(),
        wrong_id,
        vkey("elm.example/witness", 0x05, &good),
        vkey("elm.example/witness", 0x01, &good),
        vkey("elm.example/witness", 0x04, &small_order),
        vkey("elm.example/witness", 0x04, &other_spelling),
        vkey("elm.example/witness", 0x04, &good[..31]),
        vkey("elm example", 0x04, &good),
        // What stands beside Ed25519 does not stand in its place.
        pq_vkey("elm.example/witness"),
    ];
    for text in &bad {
        story.refuse_all(&with_all("elm"), &accede("elm", text, None), "bad-witness-key");
    }
    let long = vkey("elm.example/pq", 0x06, &[7; 1313]);
    let short = vkey("elm.example/pq", 0x06, &[7; 1311]);
    for beside in [long.as_str(), &short, &named, "EUR 1"] {
        let act = accede("elm", &named, Some(beside));
        story.refuse_all(&with_all("elm"), &act, "bad-witness-key");
    }
    // Nor with another's key, under whatever name, nor with one key for two uses.
    let alders = vkey("elm.example/witness", 0x04, key("alder witness").public().as_bytes());
    for taken in [public("alder witness"), alders, public("alder"), public("elm")] {
        story.refuse_all(&with_all("elm"), &accede("elm", &taken, None), "key-taken");
    }
    story
        .admit_all(&with_all("elm"), &accede("elm", &named, Some(&pq_vkey("elm.example/witness"))));
    let elm = &story.state().members()[&a("elm")];
    assert_eq!(elm.witness, named);
    assert!(elm.witness_pq.is_some());
    // A witness key signs no acts.
    let act = Act::KeyRevoke(concordat_partnership::act::KeyRevoke { key: id_of("alder") });
    story.refuse("alder witness", "signatory", act, "key-used", "");
}

#[test]
fn two_parties_that_are_to_come_bring_no_key_in_common() {
    let mut story = Story::in_force();
    let later = |act| match act {
        Act::PartyAccede(act) => {
            Act::PartyAccede(PartyAccede { cut_off: Some(a("2027-03-01T08:00:00Z")), ..act })
        }
        other => other,
    };
    let shared = public("shared witness");
    story.admit_all(&with_all("elm"), &later(accede("elm", &shared, None)));
    story.refuse_all(&with_all("fir"), &accede("fir", &shared, None), "key-taken");
    story.refuse_all(&with_all("fir"), &later(accede("fir", &public("elm"), None)), "key-taken");
    story.admit_all(&with_all("fir"), &later(accede("fir", &public("fir witness"), None)));
}

fn founded(edit: impl FnOnce(&mut Genesis)) -> Result<Replica, String> {
    let mut genesis = genesis();
    edit(&mut genesis);
    let payload = concordat_wire::act::encode(None, &Act::Genesis(genesis)).unwrap();
    let names = ["alder", "birch", "cypress", "dogwood", "vendor", "lab", "sequencer"];
    let mut replica = Replica::new();
    replica.step(&seal(&payload, &names)).map_err(|halt| halt.to_string())?;
    Ok(replica)
}

fn founder<'a>(genesis: &'a mut Genesis, name: &str) -> &'a mut Founder {
    genesis.parties.get_mut(&a(name)).unwrap()
}

#[test]
fn founders_witness_keys_are_checked_and_ml_dsa_44_stands_beside_ed25519() {
    let halt = |edit: fn(&mut Genesis)| founded(edit).unwrap_err();
    assert!(halt(|g| founder(g, "lab").witness = "EUR 1".to_owned()).contains("of `lab`"));
    let twice = |g: &mut Genesis| founder(g, "lab").witness = public("alder witness");
    assert!(halt(twice).contains("named twice"));
    let both = |g: &mut Genesis| founder(g, "lab").witness = public("lab");
    assert!(halt(both).contains("named twice"));
    let pq_twice = |g: &mut Genesis| {
        founder(g, "lab").witness_pq = Some(pq_vkey("one.example"));
        let same = Key::PqWitness(pq("one.example").public());
        let same = Vkey::new("two.example", same).unwrap().to_string();
        founder(g, "birch").witness_pq = Some(same);
    };
    assert!(halt(pq_twice).contains("named twice"));
    let swapped = |g: &mut Genesis| founder(g, "lab").witness = pq_vkey("one.example");
    assert!(halt(swapped).contains("ML-DSA-44"));

    let replica = founded(|g| {
        founder(g, "lab").witness_pq = Some(pq_vkey("lab.example/witness"));
        let own = Vkey::new("birch.example", Key::Witness(key("birch witness").public()));
        founder(g, "birch").witness = own.unwrap().to_string();
    });
    let policy = witnesses_now(replica.unwrap().state()).unwrap().unwrap();
    let names: Vec<_> = policy.witnesses().iter().map(|w| (&*w.name, w.vkey.name())).collect();
    assert!(names.contains(&("birch", "birch.example")));
    assert!(names.contains(&("lab", "heart.example/log/lab")));
    assert!(names.contains(&("lab/ml-dsa-44", "lab.example/witness")));
    // What has not been audited counts for nothing alone.
    let by = |names: &[&str]| policy.satisfied(&names.iter().map(|n| (*n).to_owned()).collect());
    assert!(!by(&["alder", "birch", "cypress", "lab/ml-dsa-44"]));
    assert!(by(&["alder", "birch", "cypress", "lab", "lab/ml-dsa-44"]));
}

/// A new key that cosigns, with what shows that its party has it.
fn rotate_witness(story: &Story, old: KeyId, by: &str, party: &str) -> Act {
    let log = story.state().log().unwrap();
    let proof = key_proof(log, &a(party), KeyUse::Cosigning, &public(by));
    let proof = Some(hex::encode(key(by).sign(&proof)));
    Act::KeyRotate(KeyRotate { proof, ..KeyRotate::of(old, public(by)) })
}

#[test]
fn a_party_puts_another_key_in_the_place_of_the_one_that_cosigns() {
    let mut story = Story::in_force();
    let old = id_of("alder witness");
    let unproved = Act::KeyRotate(KeyRotate::of(old.clone(), public("alder witness 2")));
    story.refuse("alder", "signatory", unproved, "key-proof-missing", "");
    let anothers = rotate_witness(&story, old.clone(), "alder witness 2", "birch");
    story.refuse("alder", "signatory", anothers, "key-proof-missing", "");
    let good = rotate_witness(&story, old.clone(), "alder witness 2", "alder");
    if let Act::KeyRotate(good) = &good {
        let until = Some(a("2027-01-05T08:00:00Z"));
        let both = Act::KeyRotate(KeyRotate { until, ..good.clone() });
        story.refuse("alder", "signatory", both, "overlap-out-of-bounds", "");
    }
    let revoke = concordat_partnership::act::KeyRevoke { key: old.clone() };
    story.refuse("alder", "signatory", Act::KeyRevoke(revoke), "last-key", "");
    story.refuse("birch", "signatory", good.clone(), "not-your-key", "");
    let before = counted(&story);
    story.admit("alder", "signatory", good);
    holds_of_then(&story, &before);

    let policy = witnesses_now(story.state()).unwrap().unwrap();
    let alder = policy.witnesses().iter().find(|w| w.name == "alder").unwrap();
    assert_eq!(alder.vkey.key().as_bytes(), key("alder witness 2").public().as_bytes());
    let ended = story.state().holder(&old).unwrap().ended.clone().unwrap();
    assert_eq!(ended.why, KeyEnded::Rotated(id_of("alder witness 2")));
}

#[test]
fn a_key_of_ml_dsa_44_comes_later_once_and_can_be_revoked() {
    let mut story = Story::in_force();
    let log = story.state().log().unwrap();
    let register = |name: &str| {
        let vkey = pq_vkey(name);
        let proof = pq(name).sign(&key_proof(log, &a("alder"), KeyUse::Cosigning, &vkey));
        let proof = Some(hex::encode(proof.unwrap()));
        let used = KeyUse::Cosigning;
        Act::KeyRegister(KeyRegister { key: vkey, used, proof, ..KeyRegister::default() })
    };
    let without = counted(&story);
    story.admit("alder", "signatory", register("alder.example"));
    let with = counted(&story);
    story.refuse("alder", "signatory", register("alder.example/2"), "cosigns-already", "");
    let beside = |story: &Story| story.state().members()[&a("alder")].witness_pq.clone();
    assert_eq!(beside(&story), Some(pq_vkey("alder.example")));
    let id = concordat_terms::Digest::of(pq("alder.example").public().as_bytes()).to_string();
    let revoke = concordat_partnership::act::KeyRevoke { key: a(&id[..32]) };
    story.admit("alder", "signatory", Act::KeyRevoke(revoke));
    assert_eq!(beside(&story), None);
    assert!(witnesses_now(story.state()).unwrap().is_some());
    holds_of_then(&story, &without);
    holds_of_then(&story, &with);
}

/// How many entries there are, and who witnesses them.
fn counted(story: &Story) -> (u64, Policy) {
    (story.state().index(), witnesses_now(story.state()).unwrap().unwrap())
}

/// Whoever looks later finds the same of then.
fn holds_of_then(story: &Story, (size, then): &(u64, Policy)) {
    assert!(*size < story.state().index());
    assert_eq!(witnesses_at(story.state(), *size).unwrap().as_ref(), Some(then));
}

#[test]
fn what_leaves_in_formats_of_others_can_be_traced_to_the_party_whose_key_signed_it() {
    let mut story = Story::in_force();
    let log = story.state().log().unwrap();
    let exports = export_key("alder exports");
    let public = exports.public().to_string();
    let register = |key: &str, signer: &ExportKey, party: &str| {
        let proof = signer.sign(&key_proof(log, &a(party), KeyUse::Exports, key));
        let (used, proof) = (KeyUse::Exports, Some(hex::encode(proof)));
        Act::KeyRegister(KeyRegister { key: key.to_owned(), used, proof, ..Default::default() })
    };
    let before = story.state().index();
    story.refuse("alder", "signatory", register("02", &exports, "alder"), "bad-export-key", "");
    let not_hers = register(&public, &export_key("another"), "alder");
    story.refuse("alder", "signatory", not_hers, "key-proof-missing", "");
    let replayed = register(&public, &exports, "alder");
    story.refuse("birch", "signatory", replayed.clone(), "key-proof-missing", "");
    if let Act::KeyRegister(act) = &replayed {
        let members = KeyRegister { member: Some(a("nurse")), ..act.clone() };
        story.refuse("alder", "signatory", Act::KeyRegister(members), "key-used", "");
    }
    let since = story.state().index();
    story.admit("alder", "signatory", replayed.clone());
    story.refuse("alder", "signatory", replayed, "key-taken", "");

    let whose = |story: &Story, index| story.state().exporter(&public, index).map(|(_, good)| good);
    assert_eq!(story.state().exporter(&public, since), Some((&a("alder"), true)));
    assert_eq!(whose(&story, before), Some(false), "it was not there yet");
    let id = concordat_partnership::key_id(&public).unwrap();
    let ended = story.state().index();
    let revoke = concordat_partnership::act::KeyRevoke { key: id };
    story.admit("alder", "signatory", Act::KeyRevoke(revoke));
    assert_eq!((whose(&story, ended - 1), whose(&story, ended)), (Some(true), Some(false)));
    let stranger = export_key("stranger").public().to_string();
    assert_eq!(story.state().exporter(&stranger, ended), None);
}
