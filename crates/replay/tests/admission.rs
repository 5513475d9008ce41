//! What is let in at all: bytes, signatures, headers, time, copies, and what a replica waits for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Story, digest, seal, texts};
use concordat_partnership::Act;
use concordat_partnership::act::{DigestRecord, Header, OneModule, PlaceRegister, Signed, Tick};
use concordat_terms::{Digest, ORDERS};

#[test]
fn an_act_is_judged_once_in_its_own_log_and_its_own_time() {
    let mut story = Story::in_force();
    let act = Act::PlaceRegister(PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "US".parse().unwrap(),
    });
    let entry = story.sign(&[("alder", "data-holder")], &act);

    // A copy whose signature was spoiled is refused and burns nothing.
    let text = String::from_utf8(entry.clone()).unwrap();
    let at = text.find("\"sig\":\"").unwrap() + 8;
    let mut spoiled = entry.clone();
    spoiled[at] = if spoiled[at] == b'A' { b'B' } else { b'A' };
    assert_eq!(story.step(spoiled).refusal().unwrap().code(), "bad-signature");
    assert!(story.step(entry.clone()).is_admitted());
    assert_eq!(story.step(entry).refusal().unwrap().code(), "replayed");

    // Another log's act, a state that never was, and an act whose time has gone.
    let mut header = story.header(&[("birch", "data-holder")]);
    header.log = digest("another log");
    let payload = concordat_wire::act::encode(Some(&header), &act).unwrap();
    assert_eq!(story.step(seal(&payload, &["birch"])).refusal().unwrap().code(), "wrong-log");
    let mut header = story.header(&[("birch", "data-holder")]);
    header.seen.root = digest("another history");
    let payload = concordat_wire::act::encode(Some(&header), &act).unwrap();
    assert_eq!(story.step(seal(&payload, &["birch"])).refusal().unwrap().code(), "foreign-seen");
    let late = story.sign(&[("birch", "data-holder")], &act);
    story.tick("2027-01-02T08:00:00Z");
    assert_eq!(story.step(late).refusal().unwrap().code(), "expired");
}

#[test]
fn somebody_elses_key_does_not_sign_for_a_seat() {
    let mut story = Story::in_force();
    let act = story.dataset("alder", "first");
    let header = story.header(&[("alder", "data-holder")]);
    let payload = concordat_wire::act::encode(Some(&header), &act).unwrap();
    let entry = seal(&payload, &["birch"]);
    assert_eq!(story.step(entry).refusal().unwrap().code(), "signers-differ");
}

#[test]
fn time_is_the_sequencers_and_never_runs_backwards() {
    let mut story = Story::founded();
    let back = Tick { time: "2026-12-31T08:00:00Z".parse().unwrap() };
    story.refuse("sequencer", "sequencer", Act::Tick(back), "time-runs-backwards", "");
    let tick = Act::Tick(Tick { time: "2027-01-01T09:00:00Z".parse().unwrap() });
    let verdict = story.act("alder", "signatory", tick);
    assert_eq!(verdict.refusal().unwrap().code(), "not-the-sequencer");
}

#[test]
fn a_coordinator_whose_fold_differs_is_caught_at_its_next_digest() {
    let mut story = Story::in_force();
    let index = story.replica.size();
    let honest = DigestRecord { index, rolling: story.state().rolling() };
    story.admit("sequencer", "sequencer", Act::DigestRecord(honest));
    let index = story.replica.size();
    let other = DigestRecord { index, rolling: digest("another fold") };
    story.refuse("sequencer", "sequencer", Act::DigestRecord(other), "digest-differs", "");
}

#[test]
fn every_byte_string_has_a_verdict() {
    let mut story = Story::in_force();
    let index = story.replica.size();
    for bytes in [&b""[..], b"{}", b"\xff\xfe", b"null", &[b'['; 70_000]] {
        assert_eq!(story.step(bytes.to_vec()).refusal().unwrap().code(), "malformed");
    }
    assert_eq!(story.replica.size(), index + 5);
}

#[test]
fn two_replicas_of_one_log_agree_on_everything() {
    let story = Story::trained();
    let mut other = concordat_replay::Replica::new();
    for text in texts().into_values() {
        other.supply(text.into_bytes());
    }
    for entry in &story.entries {
        other.step(entry).unwrap();
    }
    assert_eq!(other.state(), story.state());
    assert_eq!(other.root(), story.replica.root());
    assert_eq!(other.root_at(3), story.replica.root_at(3));
}

#[test]
fn a_replica_waits_for_a_text_it_does_not_hold_and_changes_nothing() {
    let story = Story::in_force();
    let mut other = concordat_replay::Replica::new();
    other.step(&story.entries[0]).unwrap();
    let before = other.state().clone();
    let halt = other.step(&story.entries[1]).unwrap_err();
    assert!(matches!(halt, concordat_replay::Halt::MissingBlob { index: 1, .. }), "{halt}");
    assert_eq!(other.state(), &before);
    assert_eq!(other.size(), 1);
}

#[test]
fn an_unknown_rules_digest_stops_a_replica_and_says_so() {
    let mut genesis = common::genesis();
    genesis.rules = Digest::of(b"rules of the future");
    let payload = concordat_wire::act::encode(None, &Act::Genesis(genesis)).unwrap();
    let names = ["alder", "birch", "cypress", "dogwood", "vendor", "lab", "sequencer"];
    let mut replica = concordat_replay::Replica::new();
    let halt = replica.step(&seal(&payload, &names)).unwrap_err();
    assert!(matches!(halt, concordat_replay::Halt::UnknownRules { index: 0, .. }), "{halt}");
}

#[test]
fn a_cost_has_as_many_orders_as_the_rules_list() {
    let listed = include_str!("../../../rules/1/orders.txt");
    assert_eq!(listed.lines().count(), ORDERS);
    let orders: Vec<String> =
        concordat_dp::orders().map(|order| order.alpha().to_string()).collect();
    let listed: Vec<String> =
        listed.lines().map(|l| l.parse::<f64>().unwrap().to_string()).collect();
    assert_eq!(orders, listed);
}

#[test]
fn why_says_that_a_signer_saw_another_history() {
    let mut story = Story::ready();
    let act = story.proposal("first", |_| {});
    let mut header = story.header(&[("vendor", "trainer")]);
    header.seen.root = digest("another history");
    let signed = Signed { id: digest("x"), header: Some(header), act };
    let why = story.replica.why(&signed).unwrap();
    assert_eq!(why.iter().map(|r| r.code()).collect::<Vec<_>>(), ["foreign-seen"]);
}

#[test]
fn a_witness_key_that_signs_anything_founds_no_log() {
    let mut genesis = common::genesis();
    let lab = genesis.parties.get_mut(&"lab".parse().unwrap()).unwrap();
    // The identity point: `verify` without strictness accepts a signature by it over anything.
    lab.witness = format!("01{}", "00".repeat(31));
    let payload = concordat_wire::act::encode(None, &Act::Genesis(genesis)).unwrap();
    let names = ["alder", "birch", "cypress", "dogwood", "vendor", "lab", "sequencer"];
    let mut replica = concordat_replay::Replica::new();
    let halt = replica.step(&seal(&payload, &names)).unwrap_err();
    assert!(halt.to_string().contains("the witness key of `lab`"), "{halt}");
}

#[test]
fn only_an_act_in_whose_way_nothing_else_stands_waits_for_its_text() {
    let mut story = Story::in_force();
    let size = story.replica.size();
    let act = || Act::ModulePropose(OneModule { module: digest("a text that nobody has") });
    let mut refused = |header: Header, by: &str, code: &str| {
        let payload = concordat_wire::act::encode(Some(&header), &act()).unwrap();
        assert_eq!(story.step(seal(&payload, &[by])).refusal().unwrap().code(), code);
    };
    let founded = Story::in_force;
    let mut header = founded().header(&[("alder", "signatory")]);
    header.log = digest("another log");
    refused(header, "alder", "wrong-log");
    let mut header = founded().header(&[("alder", "signatory")]);
    header.seen.root = digest("another history");
    refused(header, "alder", "foreign-seen");
    let mut header = founded().header(&[("alder", "signatory")]);
    header.expires_at = founded().now;
    refused(header, "alder", "expired");
    refused(founded().header(&[("alder", "trainer")]), "alder", "not-your-seat");
    refused(founded().header(&[("sequencer", "sequencer")]), "sequencer", "not-your-seat");
    assert_eq!(story.replica.size(), size + 5);

    let entry = story.sign(&[("alder", "signatory")], &act());
    let halt = story.replica.step(&entry).unwrap_err();
    assert!(matches!(halt, concordat_replay::Halt::MissingBlob { .. }), "{halt}");
}

#[test]
fn copies_that_anybody_can_send_are_held_against_nobody() {
    let mut story = Story::in_force();
    let alder = "alder".parse().unwrap();
    let act = story.dataset("alder", "first");
    let entry = story.sign(&[("alder", "data-holder")], &act);
    assert_eq!(story.step(entry.clone()).refusal().unwrap().code(), "unknown-place");
    assert_eq!(story.state().refusals_of(&alder), 1);

    // The same bytes by whoever read the log, at once and after their expiry.
    assert_eq!(story.step(entry.clone()).refusal().unwrap().code(), "replayed");
    story.tick("2027-01-02T08:00:00Z");
    assert_eq!(story.step(entry).refusal().unwrap().code(), "expired");
    // What alder signed for another partnership, twice.
    let mut header = story.header(&[("alder", "data-holder")]);
    header.log = digest("another log");
    let foreign = seal(&concordat_wire::act::encode(Some(&header), &act).unwrap(), &["alder"]);
    for _ in 0..2 {
        assert_eq!(story.step(foreign.clone()).refusal().unwrap().code(), "wrong-log");
    }
    // A copy of an act that had seen another history.
    let mut header = story.header(&[("alder", "data-holder")]);
    header.seen.root = digest("another history");
    let seen = seal(&concordat_wire::act::encode(Some(&header), &act).unwrap(), &["alder"]);
    assert_eq!(story.step(seen.clone()).refusal().unwrap().code(), "foreign-seen");
    assert_eq!(story.step(seen).refusal().unwrap().code(), "replayed");
    assert_eq!(story.state().refusals_of(&alder), 2);
}

#[test]
fn an_act_is_remembered_until_it_has_expired_and_is_refused_for_that_from_then_on() {
    let mut story = Story::in_force();
    let place = PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "US".parse().unwrap(),
    };
    let entry = story.sign(&[("alder", "data-holder")], &Act::PlaceRegister(place));
    let envelope = concordat_tlog::Envelope::parse(&entry).unwrap();
    let signed = concordat_wire::act::decode(envelope.payload()).unwrap();
    assert!(story.step(entry.clone()).is_admitted());
    let index = story.replica.size() - 1;
    assert_eq!(story.state().judged(&signed), Some(index));
    story.tick("2027-01-02T07:59:59Z");
    assert_eq!(story.state().judged(&signed), Some(index));
    story.tick("2027-01-02T08:00:00Z");
    assert_eq!(story.state().judged(&signed), None);
    assert_eq!(story.step(entry).refusal().unwrap().code(), "expired");
}

#[test]
fn a_copy_of_a_tick_moves_nothing_however_old_it_is() {
    let mut story = Story::in_force();
    story.tick("2027-01-01T09:00:00Z");
    let entry = story.entries.last().unwrap().clone();
    assert_eq!(story.step(entry.clone()).refusal().unwrap().code(), "replayed");
    story.tick("2027-02-01T09:00:00Z");
    assert_eq!(story.step(entry).refusal().unwrap().code(), "time-runs-backwards");
}
