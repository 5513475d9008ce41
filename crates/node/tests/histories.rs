//! What a party says with which key, who tells it of another history, and what it keeps of a broken word.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;
#[path = "histories/promises.rs"]
mod promises;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::at::{At, until};
use common::partnership;
use common::served::{Followed, checkpoint, home, home_with, promise_at, publish};
use common::shelf::Shelf;
use common::story::{HOSPITALS, Story, key, one_run, texts};
use concordat_node::client::Fault;
use concordat_node::follow::{Compared, Follower};
use concordat_node::home::{Home, NodeConfig, WITNESS_PQ};
use concordat_node::work::Event;
use concordat_node::{now, witness};
use concordat_partnership::Act;
use concordat_partnership::act::{EquivocationReport, KeyRegister, KeyUse};
use concordat_replay::{Replica, key_proof, witnesses_now};
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::fork::Fork;
use concordat_tlog::note::Unlisted;
use concordat_tlog::vkey::Key;
use concordat_tlog::{Envelope, Note, PqSigningKey, Vkey};
use concordat_wire::api::{Receipts, Submit};
use concordat_wire::cosigner::CosignerKeys;

const ORIGIN: &str = "heart.example/log";

fn log_key() -> Vkey {
    Vkey::new(ORIGIN, Key::Log(key("sequencer").public())).unwrap()
}

/// The story with another entry in the place of its last one.
fn forked(story: &Story) -> Vec<Vec<u8>> {
    let mut other = story.entries.clone();
    other.pop();
    other.push(story.entries[1].clone());
    other
}

/// Where a witness shows what it cosigned last.
fn shown_at() -> String {
    format!("/{}/checkpoint", Digest::of(ORIGIN.as_bytes()))
}

fn watched_by(dir: &Path, witness: &Shelf) {
    fs::write(dir.join("w1.pem"), &witness.certificate).unwrap();
    let path = dir.join("concordat.toml");
    let text = fs::read_to_string(&path).unwrap();
    let address = &witness.address;
    let more = format!("\n[witnesses.w1]\naddress = \"{address}\"\ncertificate = \"w1.pem\"\n");
    fs::write(path, text + &more).unwrap();
}

#[test]
fn a_party_that_alone_is_shown_another_history_learns_of_it_from_a_witness() {
    let (story, shelf, witness) = (partnership(&HOSPITALS), Shelf::open(), Shelf::open());
    let dir = tempfile::tempdir().unwrap();
    home(dir.path(), &shelf, story.state().log().unwrap());
    watched_by(dir.path(), &witness);
    publish(&shelf, &story.entries);
    let seen = checkpoint(&forked(&story)).sign(&key("sequencer")).unwrap();
    witness.put(&shown_at(), 200, seen.to_bytes());
    let node = At::start(dir.path());
    node.refuses("two-histories");
    assert_eq!(node.thread.join().unwrap().unwrap_err().code, "two-histories");

    // Whoever gets the folder can check it by the log's key, and report it.
    let read = |name: &str| fs::read(dir.path().join("store/evidence").join(name)).unwrap();
    let fork = Fork::parse(&String::from_utf8(read("proof")).unwrap()).unwrap();
    let size = story.entries.len() as u64;
    let (ours, other) = (read("checkpoint-ours"), read("checkpoint-other"));
    assert_eq!(fork.check(&ours, &other, &log_key()), Ok((size, size)));
    let report: EquivocationReport = serde_json::from_slice(&read("report.json")).unwrap();
    let mut elsewhere = story.clone();
    elsewhere.admit("birch", "signatory", Act::EquivocationReport(report));
}

#[test]
fn a_node_that_is_to_reports_two_histories_by_itself_and_whichever_goes_on_opens_a_case() {
    let (story, shelf, witness) = (partnership(&HOSPITALS), Shelf::open(), Shelf::open());
    let dir = tempfile::tempdir().unwrap();
    let node = NodeConfig { report_two_histories: true, ..NodeConfig::default() };
    home_with(dir.path(), &shelf, story.state().log().unwrap(), node);
    watched_by(dir.path(), &witness);
    publish(&shelf, &story.entries);
    let other = forked(&story);
    let seen = checkpoint(&other).sign(&key("sequencer")).unwrap();
    witness.put(&shown_at(), 200, seen.to_bytes());
    // The coordinator does not take it at first: that it is not told is no reason to go on.
    shelf.put("/v1/acts", 503, "busy");
    let ended = At::start(dir.path()).thread.join().unwrap();
    assert_eq!(ended.unwrap_err().code, "two-histories");

    // Nor does whoever is accused say that it was: an answer without a promise is none.
    let none = Receipts { receipts: vec![], promises: vec![] };
    shelf.put("/v1/acts", 200, serde_json::to_vec(&none).unwrap());
    let ended = At::start(dir.path()).thread.join().unwrap();
    assert_eq!(ended.unwrap_err().code, "two-histories");

    // Started again, it tries again, and once its place is promised no more.
    promise_at(&shelf, story.entries.len() as u64, story.state());
    for _ in 0..2 {
        let ended = At::start(dir.path()).thread.join().unwrap();
        assert_eq!(ended.unwrap_err().code, "two-histories");
    }
    let received = shelf.received.lock().unwrap().clone();
    let posted = received.iter().filter(|(path, _)| path.ends_with("/v1/acts"));
    let sent: Vec<Submit> = posted.map(|(_, body)| serde_json::from_slice(body).unwrap()).collect();
    assert_eq!(sent.len(), 3, "until its place is promised, and no more");
    let envelope = STANDARD.decode(&sent[2].envelopes[0]).unwrap();
    let id = Digest::of(Envelope::parse(&envelope).unwrap().payload());
    assert!(dir.path().join(format!("store/receipts/{id}.receipt")).exists());
    let mut elsewhere = Story::founded();
    elsewhere.replica = Replica::new();
    for text in texts().values() {
        elsewhere.replica.supply(text.clone().into_bytes());
    }
    for entry in &other {
        elsewhere.replica.step(entry).unwrap();
    }
    for mut story in [story, elsewhere] {
        let verdict = story.step(envelope.clone());
        assert!(verdict.is_admitted(), "{verdict:?}");
        let cases: Vec<String> = story.state().cases().map(|(id, _)| id.to_string()).collect();
        assert!(cases.len() == 1 && cases[0].starts_with("two-histories"), "{cases:?}");
    }
}

#[test]
fn two_histories_of_different_lengths_are_proven_too() {
    let story = partnership(&HOSPITALS);
    let mut longer = forked(&story);
    longer.push(story.entries[2].clone());
    let shorter = story.entries[1..].to_vec();
    let size = story.entries.len() as u64;
    for (other, sizes) in [(longer, (size, size + 1)), (shorter, (size - 1, size))] {
        let Followed { shelf, dir, home, .. } = Followed::of(story.clone());
        publish(&shelf, &story.entries);
        let mut follower = Follower::open(&home).unwrap();
        follower.catch_up().unwrap();
        publish(&shelf, &other);
        assert_eq!(follower.catch_up().unwrap_err().problem().code, "two-histories");
        let read = |name: &str| fs::read(dir.path().join("store/evidence").join(name)).unwrap();
        let fork = Fork::parse(&String::from_utf8(read("proof")).unwrap()).unwrap();
        let checked = fork.check(&read("checkpoint-ours"), &read("checkpoint-other"), &log_key());
        assert_eq!(checked, Ok(sizes));
        // The act takes the same proof.
        let report: EquivocationReport = serde_json::from_slice(&read("report.json")).unwrap();
        story.clone().admit("birch", "signatory", Act::EquivocationReport(report));
    }
}

#[test]
fn a_witness_that_is_behind_or_says_what_the_log_did_not_sign_accuses_nobody() {
    let Followed { shelf, dir: _dir, story, home } = Followed::approved_by(&HOSPITALS);
    publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    let note =
        |entries: &[Vec<u8>], by: &str| checkpoint(entries).sign(&key(by)).unwrap().to_bytes();
    // Before it knows the log, it believes nobody.
    assert_eq!(follower.compare(&note(&story.entries, "sequencer")), Ok(Compared::Nothing));
    follower.catch_up().unwrap();
    let behind = note(&story.entries[..5], "sequencer");
    assert_eq!(follower.compare(&behind), Ok(Compared::Same));
    let forged = note(&forked(&story), "somebody");
    assert_eq!(follower.compare(&forged), Ok(Compared::Nothing));
    assert_eq!(follower.compare(b"whatever"), Ok(Compared::Nothing));
    let mut longer = story.entries.clone();
    longer.push(story.entries[1].clone());
    let ahead = follower.compare(&note(&longer, "sequencer"));
    assert_eq!(ahead, Ok(Compared::Ahead(longer.len() as u64)));
    assert!(follower.stopped().is_none());
}

#[test]
fn the_key_of_one_history_goes_on_where_the_key_of_replay_stops() {
    let Followed { shelf, dir: _dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    let keys = home.history().unwrap();
    let known = keys.vkeys(&format!("{ORIGIN}/alder/history")).unwrap();
    let says = |follower: &mut Follower| {
        let note = witness::history(follower, &keys, now()).unwrap().unwrap();
        let note = Note::parse(&note).unwrap();
        let signed = note.verify(&known, Unlisted::Rejected).unwrap();
        assert_eq!(signed.len(), 2, "Ed25519 and ML-DSA-44");
        note.text().to_owned()
    };
    publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    assert!(witness::cosignature(&mut follower, now()).unwrap().is_some());
    assert_eq!(says(&mut follower), checkpoint(&story.entries).to_text());

    // Bent time: no word that the log was replayed as it should be, and still one history.
    let ahead: Timestamp = now().max(story.now).plus("PT10M".parse().unwrap());
    story.tick(&ahead.to_string());
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    assert_eq!(witness::cosignature(&mut follower, now()).unwrap_err().code, "bent-time");
    assert_eq!(says(&mut follower), checkpoint(&story.entries).to_text());

    // Two histories: neither.
    publish(&shelf, &forked(&story));
    assert_eq!(follower.catch_up().unwrap_err().problem().code, "two-histories");
    let said = witness::history(&mut follower, &keys, now()).unwrap_err();
    assert_eq!(said.code, "two-histories");
}

#[test]
fn the_keys_of_one_history_are_drawn_once_and_vouched_for_by_the_ledger_key() {
    let Followed { shelf, dir, story, home } = Followed::approved_by(&HOSPITALS);
    publish(&shelf, &story.entries);
    let keys = home.history().unwrap();
    assert_eq!(home.history().unwrap().key.public(), keys.key.public());
    assert_ne!(keys.key.public(), home.keys().witness.public());
    for name in ["history.key", "history-ml-dsa-44.key"] {
        let mode = fs::metadata(dir.path().join("keys").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    let sealed = witness::introduction(&follower, &keys, now()).unwrap();
    let log = story.state().log().unwrap();
    let said = CosignerKeys::open(&sealed, (log, ORIGIN), |id| {
        let holder = story.state().holder(id)?;
        Some((holder.party.clone()?, holder.public.parse().ok()?))
    });
    assert_eq!(said.unwrap().keys, keys.vkeys(&format!("{ORIGIN}/alder/history")).unwrap());
}

#[test]
fn who_has_a_post_quantum_key_says_it_twice() {
    let Followed { shelf, dir, story, home } = Followed::approved_by(&HOSPITALS);
    publish(&shelf, &story.entries);
    let path = dir.path().join("keys/witness-ml-dsa-44.key");
    fs::write(&path, hex::encode([5; 32])).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    let note = witness::cosignature(&mut follower, now()).unwrap().unwrap();
    let pq = Key::PqWitness(PqSigningKey::from_seed(&[5; 32]).public());
    let known = [
        Vkey::new(&format!("{ORIGIN}/alder"), Key::Witness(key("alder witness").public())).unwrap(),
        Vkey::new(&format!("{ORIGIN}/alder"), pq).unwrap(),
    ];
    let note = Note::parse(&note).unwrap();
    assert_eq!(note.verify(&known, Unlisted::Rejected).unwrap().len(), 2);
}

/// The log may know it under another name than the party's, and everybody checks the line under that.
#[test]
fn a_registered_post_quantum_key_cosigns_under_the_name_that_the_log_has_for_it() {
    let Followed { shelf, dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    let pq = PqSigningKey::from_seed(&[5; 32]);
    let vkey = Vkey::new("alder.example/second", Key::PqWitness(pq.public())).unwrap();
    let (log, used) = (story.state().log().unwrap(), KeyUse::Cosigning);
    let proof = pq.sign(&key_proof(log, home.party(), used, &vkey.to_string())).unwrap();
    let register = KeyRegister {
        key: vkey.to_string(),
        used,
        proof: Some(hex::encode(proof)),
        ..KeyRegister::default()
    };
    story.admit("alder", "signatory", Act::KeyRegister(register));
    publish(&shelf, &story.entries);
    let path = dir.path().join("keys").join(WITNESS_PQ);
    fs::write(&path, hex::encode([5; 32])).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    let note = witness::cosignature(&mut follower, now()).unwrap().unwrap();
    let policy = witnesses_now(follower.state()).unwrap().unwrap();
    let own = policy.witnesses().iter().map(|witness| &witness.vkey).chain([&vkey]);
    let signed = Note::parse(&note).unwrap().verify(own, Unlisted::Rejected).unwrap();
    assert!(signed.iter().any(|line| *line.key == vkey), "{signed:?}");
}

/// A party that followed the log, and an act of its own with its id.
fn about_to_act(shelf: &Shelf, story: &Story, home: &Home) -> (Follower, Vec<u8>, Digest) {
    publish(shelf, &story.entries);
    let mut follower = Follower::open(home).unwrap();
    follower.catch_up().unwrap();
    let seat = "data-holder".parse().unwrap();
    let envelope = follower.sign_act(&seat, &Act::RunApprove(one_run("none"))).unwrap();
    let id = Digest::of(Envelope::parse(&envelope).unwrap().payload());
    (follower, envelope, id)
}

/// What an export asks for: a second history is evidence, however old the checkpoint is, and whoever
/// cosigned it.
#[test]
fn an_older_checkpoint_of_another_history_stops_the_node_with_the_evidence() {
    let Followed { shelf, dir, story, home } = Followed::approved_by(&HOSPITALS);
    let (mut follower, ..) = about_to_act(&shelf, &story, &home);
    let size = story.entries.len() as u64;
    let signed = |entries: &[Vec<u8>]| checkpoint(entries).sign(&key("sequencer")).unwrap();
    let older = |size: usize| signed(&story.entries[..size]).to_bytes();
    shelf.put("/v1/checkpoints/1", 200, older(3));
    shelf.put("/v1/checkpoints/4", 200, older(5));
    let kept = follower.older_checkpoints(size).unwrap();
    assert_eq!(kept.kept.keys().copied().collect::<Vec<_>>(), [3, 5]);
    assert_eq!(kept.ended, None);
    assert!(follower.covers(&older(5)).unwrap());

    // Somebody else's signature convicts nobody; the log's does.
    let other = forked(&story);
    let strangers = checkpoint(&other[..7]).sign(&key("stranger")).unwrap();
    shelf.put("/v1/checkpoints/6", 200, strangers.to_bytes());
    assert!(follower.older_checkpoints(size).is_ok());
    let mut swapped = story.entries[..7].to_vec();
    swapped.swap(5, 6);
    shelf.put("/v1/checkpoints/6", 200, signed(&swapped).to_bytes());
    let Err(Fault::Own(problem)) = follower.older_checkpoints(size) else { panic!("no fork") };
    assert_eq!(problem.code, "two-histories");
    assert_eq!(follower.stopped(), Some(&problem));
    let read = |name: &str| fs::read(dir.path().join("store/evidence").join(name)).unwrap();
    let fork = Fork::parse(&String::from_utf8(read("proof")).unwrap()).unwrap();
    let (ours, other) = (read("checkpoint-ours"), read("checkpoint-other"));
    assert_eq!(fork.check(&ours, &other, &log_key()), Ok((7, size)));
}

/// Power that was lost under an earlier release, or a disk that is full: the node stays stopped, and what
/// it reports is in the checkpoints.
#[test]
fn a_node_that_found_two_histories_stays_stopped_whatever_became_of_its_files() {
    for full in [true, false] {
        let (story, shelf, witness) = (partnership(&HOSPITALS), Shelf::open(), Shelf::open());
        let dir = tempfile::tempdir().unwrap();
        let node = NodeConfig { report_two_histories: true, ..NodeConfig::default() };
        home_with(dir.path(), &shelf, story.state().log().unwrap(), node);
        watched_by(dir.path(), &witness);
        publish(&shelf, &story.entries);
        let seen = checkpoint(&forked(&story)).sign(&key("sequencer")).unwrap();
        witness.put(&shown_at(), 200, seen.to_bytes());
        shelf.put("/v1/acts", 503, "busy");
        let evidence = dir.path().join("store/evidence");
        if full {
            fs::create_dir_all(dir.path().join("store")).unwrap();
            fs::write(&evidence, "no folder can be here").unwrap();
        }
        let ended = At::start(dir.path()).thread.join().unwrap();
        assert_eq!(ended.unwrap_err().code, "two-histories");
        // Nobody shows it the other one again.
        witness.put(&shown_at(), 404, "");
        if full {
            let ended = At::start(dir.path()).thread.join().unwrap();
            assert_eq!(ended.unwrap_err().code, "two-histories");
            continue;
        }
        let whole = fs::read(evidence.join("report.json")).unwrap();
        fs::write(evidence.join("report.json"), "").unwrap();
        promise_at(&shelf, story.entries.len() as u64, story.state());
        let before = shelf.received.lock().unwrap().len();
        let ended = At::start(dir.path()).thread.join().unwrap();
        assert_eq!(ended.unwrap_err().code, "two-histories");
        let sent = shelf.received.lock().unwrap()[before..].to_vec();
        assert!(sent.iter().any(|(path, _)| path.ends_with("/v1/acts")), "it is reported");
        assert_eq!(fs::read(evidence.join("report.json")).unwrap(), whole);
    }
}

/// A witness that has seen more keeps nobody from following the log on.
#[test]
fn a_node_whose_witness_is_ahead_follows_the_log_on() {
    let (mut story, shelf, witness) = (partnership(&HOSPITALS), Shelf::open(), Shelf::open());
    let dir = tempfile::tempdir().unwrap();
    home(dir.path(), &shelf, story.state().log().unwrap());
    watched_by(dir.path(), &witness);
    publish(&shelf, &story.entries);
    story.step(b"something else".to_vec());
    let seen = checkpoint(&story.entries).sign(&key("sequencer")).unwrap();
    witness.put(&shown_at(), 200, seen.to_bytes());
    let node = At::start(dir.path());
    let size = story.entries.len() as u64 - 1;
    node.until(|event| *event == Event::Cosigned { size });
    let asked = || witness.asked.lock().unwrap().contains(&shown_at()).then_some(());
    until("the witness is asked", asked);
    publish(&shelf, &story.entries);
    node.until(|event| *event == Event::Followed { size: size + 1 });
    node.stop();
}
