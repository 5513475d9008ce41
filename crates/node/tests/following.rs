//! A follower before coordinators that are honest, garbled, and two-faced.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use common::served::{Followed, checkpoint, home_with, publish};
use common::shelf::Shelf;
use common::story::{HOSPITALS, Story, execute, key, one_run, texts, vote};
use common::{partnership, party};
use concordat_node::client::{Client, Fault, Reader};
use concordat_node::follow::Follower;
use concordat_node::home::NodeConfig;
use concordat_node::{now, witness};
use concordat_partnership::Act;
use concordat_partnership::act::{PolicyAdopt, Vote, WitnessPolicy};
use concordat_store::Store;
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::Note;
use concordat_tlog::cosign::cosign;
use concordat_tlog::tile::encode_entries;

#[test]
fn a_follower_folds_the_log_itself_and_finds_it_again_after_a_restart() {
    let Followed { shelf, dir: _dir, story, home } = Followed::approved_by(&HOSPITALS);
    publish(&shelf, &story.entries[..10]);
    let mut follower = Follower::open(&home).unwrap();
    assert_eq!(follower.catch_up().unwrap().size, 10);
    publish(&shelf, &story.entries);
    let caught = follower.catch_up().unwrap();
    assert_eq!(caught.size as usize, story.entries.len());
    assert_eq!(caught.added as usize, story.entries.len() - 10);
    assert_eq!(follower.state(), story.state());
    drop(follower);

    // Without a coordinator: blobs and entries are the party's own.
    shelf.put("/checkpoint", 503, "");
    let mut follower = Follower::open(&home).unwrap();
    assert_eq!(follower.state(), story.state());
    assert_eq!(follower.catch_up().unwrap_err().problem().code, "coordinator-offline");
    let seat = "trainer".parse().unwrap();
    let why = follower.why(&seat, &Act::RunOpen(one_run("none"))).unwrap();
    assert!(why.iter().any(|refusal| refusal.code() == "unknown-run"), "{why:?}");
    assert_eq!(Follower::open(&home).unwrap_err().code, "store-locked");
}

#[test]
fn an_act_that_the_follower_signs_is_admitted_by_every_replica() {
    let Followed { shelf, dir: _dir, mut story, home } = Followed::approved_by(&["birch"]);
    // The sequencer's tick comes before a batch.
    story.tick(&now().max(story.now.plus("PT1S".parse().unwrap())).to_string());
    publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    let code = concordat_partnership::act::CodeApproval::of(
        concordat_node::plan::CODE,
        "heart-rows".parse().unwrap(),
    );
    let seat = "data-holder".parse().unwrap();
    let act = Act::CodeApprove(code);
    assert_eq!(follower.why(&seat, &act).unwrap(), []);
    let entry = follower.sign_act(&seat, &act).unwrap();
    let verdict = story.step(entry);
    assert!(verdict.is_admitted(), "{verdict:?}");
}

#[test]
fn two_histories_stop_the_follower_for_good_and_both_checkpoints_are_kept() {
    let story = partnership(&HOSPITALS);
    let size = story.entries.len();
    // Another entry in the place of the last one.
    let mut other = story.entries[..size - 1].to_vec();
    other.push(story.entries[1].clone());
    let mut longer = other.clone();
    longer.push(story.entries[2].clone());
    // Shorter, and no beginning of the log that was followed.
    let shorter = story.entries[1..].to_vec();
    for (name, forked) in [("same", other), ("longer", longer), ("shorter", shorter)] {
        let Followed { shelf, dir, home, .. } = Followed::of(story.clone());
        let ours = publish(&shelf, &story.entries);
        let mut follower = Follower::open(&home).unwrap();
        follower.catch_up().unwrap();
        let theirs = publish(&shelf, &forked);
        assert_eq!(follower.catch_up().unwrap_err().problem().code, "two-histories", "{name}");
        let kept = |file: &str| std::fs::read(dir.path().join("store/evidence").join(file));
        assert_eq!(kept("checkpoint-ours").unwrap(), ours.to_bytes());
        assert_eq!(kept("checkpoint-other").unwrap(), theirs.to_bytes());

        // It does not act any more, not even after a restart with the coordinator mended.
        drop(follower);
        publish(&shelf, &story.entries);
        let mut follower = Follower::open(&home).unwrap();
        assert_eq!(follower.catch_up().unwrap_err().problem().code, "two-histories");
        let seat = "signatory".parse().unwrap();
        let act = Act::RunOpen(one_run("none"));
        assert_eq!(follower.sign_act(&seat, &act).unwrap_err().code, "two-histories");
        assert_eq!(follower.state(), story.state(), "{name}: nothing of the fork was folded");
    }
}

#[test]
fn garbled_entries_unsigned_checkpoints_and_other_logs_change_nothing() {
    let Followed { shelf, dir: _dir, story, home } = Followed::approved_by(&HOSPITALS);
    publish(&shelf, &story.entries[..5]);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();

    // The right checkpoint over other entries.
    let note = checkpoint(&story.entries[..9]).sign(&key("sequencer")).unwrap();
    let mut swapped = story.entries[..9].to_vec();
    swapped.swap(7, 8);
    publish(&shelf, &swapped);
    shelf.put("/checkpoint", 200, note.to_bytes());
    assert_eq!(follower.catch_up().unwrap_err().problem().code, "entries-differ");
    let forged = checkpoint(&story.entries[..9]).sign(&key("somebody")).unwrap();
    shelf.put("/checkpoint", 200, forged.to_bytes());
    assert_eq!(follower.catch_up().unwrap_err().problem().code, "unsigned-checkpoint");
    assert_eq!(follower.replica().size(), 5);
    publish(&shelf, &story.entries[..9]);
    assert_eq!(follower.catch_up().unwrap().size, 9);

    let elsewhere = tempfile::tempdir().unwrap();
    let home = common::served::home(elsewhere.path(), &shelf, Digest::of(b"another genesis"));
    assert_eq!(Follower::open(&home).unwrap().catch_up().unwrap_err().problem().code, "other-log");
}

#[test]
fn entries_that_were_garbled_once_and_come_right_the_second_time_accuse_nobody() {
    let story = partnership(&HOSPITALS);
    let mut garbled = story.entries[..9].to_vec();
    garbled.swap(7, 8);
    let (tile, garbled) = ("/tile/entries/000.p/9", encode_entries(&garbled).unwrap());
    // A party that has half of it, and one that has nothing yet and asks for the genesis first.
    for (known, times) in [(5, 1), (0, 2)] {
        let Followed { shelf, dir, home, .. } = Followed::of(story.clone());
        let mut follower = Follower::open(&home).unwrap();
        if known > 0 {
            publish(&shelf, &story.entries[..known]);
            follower.catch_up().unwrap();
        }
        publish(&shelf, &story.entries[..9]);
        shelf.put_before(tile, times, garbled.clone());
        let found = follower.catch_up().unwrap_err().problem();
        assert_eq!(found.code, "entries-differ", "{known}: {found}");
        assert!(follower.stopped().is_none() && !dir.path().join("store/evidence").exists());
        assert_eq!(follower.replica().size(), known as u64);
        assert_eq!(follower.catch_up().unwrap().size, 9);
    }
}

#[test]
fn a_checkpoint_counts_when_four_of_five_witnesses_cosigned_it() {
    let Followed { shelf, dir: _dir, story, home } = Followed::approved_by(&HOSPITALS);
    let mut note = publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    assert_eq!(follower.quorum_checkpoint(), Ok(None));
    for (count, name) in (1..).zip(["birch", "cypress", "dogwood", "lab"]) {
        let line = cosign(
            &format!("heart.example/log/{name}"),
            &key(&format!("{name} witness")),
            now(),
            note.text(),
        );
        note.push(line.unwrap()).unwrap();
        shelf.put("/v1/checkpoint?quorum=1", 200, note.to_bytes());
        let found = follower.quorum_checkpoint();
        match count {
            4 => assert_eq!(found.unwrap().unwrap().cosigned_by.len(), 4),
            _ => assert_eq!(found.unwrap_err().problem().code, "distrusted-checkpoint"),
        }
    }
}

/// Without the nodes of Dogwood and the lab there is no quorum: no run would ever open again. The council
/// is the quorum that puts others in their place, for no cosignature is asked of it.
#[test]
fn the_council_replaces_witnesses_that_fell_silent_and_the_quorum_of_the_others_counts() {
    let mut texts = texts();
    texts.get_mut("governance").unwrap().push_str(WHO_COSIGNS);
    let governance = texts["governance"].clone();
    let mut story = Story::begun(texts.into_values());
    let there = ["alder", "birch", "cypress"];
    let witnesses = there.map(party).into();
    let policy = WitnessPolicy { witnesses, quorum: 2 };
    story.propose("recover", Act::PolicyAdopt(PolicyAdopt { policy }));
    for member in HOSPITALS {
        story.admit(member, "council-member", vote("recover", Vote::For));
    }
    let before = story.entries.len();
    story.admit("alder", "council-member", execute("recover"));

    let Followed { shelf, dir: _dir, story, home } = Followed::of(story);
    shelf.put(&format!("/v1/blobs/{}", Digest::of(governance.as_bytes())), 200, governance);
    let cosigned = |entries: &[Vec<u8>]| {
        let mut note = publish(&shelf, entries);
        for name in &there[1..] {
            let (key, name) =
                (key(&format!("{name} witness")), format!("heart.example/log/{name}"));
            note.push(cosign(&name, &key, now(), note.text()).unwrap()).unwrap();
        }
        shelf.put("/v1/checkpoint?quorum=1", 200, note.to_bytes());
    };
    let mut follower = Follower::open(&home).unwrap();
    cosigned(&story.entries[..before]);
    follower.catch_up().unwrap();
    let refused = follower.quorum_checkpoint().unwrap_err().problem();
    assert_eq!(refused.code, "distrusted-checkpoint");
    cosigned(&story.entries);
    follower.catch_up().unwrap();
    let found = follower.quorum_checkpoint().unwrap().unwrap();
    assert_eq!((found.checkpoint.size, found.cosigned_by.len()), (story.entries.len() as u64, 2));
    // Of the log as it was before, it still takes those who counted then.
    cosigned(&story.entries[..before]);
    let refused = follower.quorum_checkpoint().unwrap_err().problem();
    assert_eq!(refused.code, "distrusted-checkpoint");
}

const WHO_COSIGNS: &str = r#"
```clause
id = "who-cosigns"
permit = "policy.adopt"
by = "council-member"
```

```clause
id = "cosigners-by-motion"
gate = "policy.adopt"
motion = "council"
```
"#;

#[test]
fn a_witness_cosigns_what_it_folded_in_time_that_is_near_its_own() {
    let Followed { shelf, dir: _dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    // Entries from before the party looked cannot be late; they can only lie in the future.
    let bytes = witness::cosignature(&mut follower, now()).unwrap().unwrap();
    let note = Note::parse(&bytes).unwrap();
    assert_eq!(note.text(), checkpoint(&story.entries).to_text());
    assert_eq!(note.lines()[0].name(), "heart.example/log/alder");

    let ahead: Timestamp = now().max(story.now).plus("PT10M".parse().unwrap());
    story.tick(&ahead.to_string());
    let bent = story.entries.len() - 1;
    // A later one that is right in itself takes nothing back.
    story.tick(&ahead.plus("PT1S".parse().unwrap()).to_string());
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    let said = witness::cosignature(&mut follower, now()).unwrap_err();
    assert_eq!(said.code, "bent-time");
    assert!(said.what.starts_with(&format!("entry {bent} says")), "{said}");

    // Nor does a restart.
    drop(follower);
    let mut follower = Follower::open(&home).unwrap();
    assert_eq!(witness::cosignature(&mut follower, now()), Err(said));
    drop(follower);

    // A person does, by name.
    let (log, until) = (story.state().log().unwrap(), Some(bent as u64 + 1));
    let accepting = NodeConfig { time_accepted_until: until, ..NodeConfig::default() };
    let other = tempfile::tempdir().unwrap();
    let home = home_with(other.path(), &shelf, log, accepting);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    assert!(follower.bent_time().is_none());
    assert!(witness::cosignature(&mut follower, now()).unwrap().is_some());
}

#[test]
fn a_long_way_is_taken_in_pieces_and_what_was_kept_of_it_stays() {
    let Followed { shelf, dir: _dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    // Whatever is logged is followed: these are refused, and large.
    while story.entries.len() < 3 * 256 {
        let filler = vec![b'x'; 40_000 + story.entries.len()];
        story.step(filler);
    }
    let note = publish(&shelf, &story.entries);

    // The second time the last piece is asked for, it cannot be had.
    let last = "/tile/entries/002";
    let bytes = shelf.take_after(last, 1);
    let mut follower = Follower::open(&home).unwrap();
    let mut told = Vec::new();
    let lost = follower.advance_telling(&note.to_bytes(), now(), &mut |size| told.push(size));
    assert!(lost.is_err());
    assert_eq!(told, [256, 512]);
    assert_eq!((follower.replica().size(), follower.store().len().unwrap()), (512, 512));

    shelf.put(last, 200, bytes);
    drop(follower);
    let mut follower = Follower::open(&home).unwrap();
    assert_eq!(follower.replica().size(), 512);
    let caught = follower.catch_up().unwrap();
    assert_eq!((caught.size, caught.added), (768, 256));
    assert_eq!(follower.state(), story.state());
}

#[test]
fn a_note_on_which_promises_rest_and_that_cannot_be_read_stops_the_party() {
    for name in ["stopped", "cosigned", "clock"] {
        let Followed { dir: _dir, home, .. } = Followed::approved_by(&HOSPITALS);
        let mut store = Store::open(&home.store_dir()).unwrap();
        store.put_note(name, b"{\"size\":").unwrap();
        drop(store);
        let problem = Follower::open(&home).unwrap_err();
        assert_eq!(problem.code, "unreadable-note");
        assert!(problem.what.contains(name), "{problem}");
    }
}

#[test]
fn a_coordinator_with_another_certificate_is_not_spoken_to() {
    let (shelf, other) = (Shelf::open(), Shelf::open());
    shelf.put("/checkpoint", 200, "x");
    let client = Client::new(&shelf.address, shelf.certificate.as_bytes()).unwrap();
    assert_eq!(client.checkpoint(), Ok(b"x".to_vec()));
    let client = Client::new(&shelf.address, other.certificate.as_bytes()).unwrap();
    assert!(matches!(client.checkpoint(), Err(Fault::Offline(_))));
    // A blob is what its name says.
    let client = Client::new(&shelf.address, shelf.certificate.as_bytes()).unwrap();
    let name = Digest::of(b"wanted");
    let key = concordat_tlog::SigningKey::from_seed(&[7; 32]);
    shelf.put(&format!("/v1/blobs/{name}"), 200, "other");
    assert!(
        matches!(client.blob(&name, &Reader::new(name, &key)), Err(Fault::Own(p)) if p.code == "other-blob")
    );
}

#[test]
fn a_conflict_about_a_result_says_post_it_again_and_a_refused_act_does_not() {
    let shelf = Shelf::open();
    let client = Client::new(&shelf.address, shelf.certificate.as_bytes()).unwrap();
    let run = "first".parse().unwrap();
    let result = concordat_wire::api::RunResult {
        party: "alder".parse().unwrap(),
        model: Digest::of(b"model"),
        rounds: 1,
        attempts: 1,
        transcript: Digest::of(b"transcript"),
        roster: Vec::new(),
        signature: String::new(),
    };
    let signed = concordat_wire::api::PayloadSignature {
        party: "alder".parse().unwrap(),
        payload: Digest::of(b"payload"),
        signature: String::new(),
    };
    let problem = br#"{"code":"nothing-to-sign","what":"w","hint":"h","see":"s"}"#;
    let again = br#"{"round":2,"attempt":0,"reason":"a signer is silent"}"#;
    for path in ["/v1/runs/first/result", "/v1/runs/first/signature"] {
        shelf.put(path, 409, problem);
    }
    assert!(matches!(client.result(&run, &result), Err(Fault::Conflict(_))));
    assert!(matches!(client.signature(&run, &signed), Err(Fault::Conflict(_))));
    for path in ["/v1/runs/first/result", "/v1/runs/first/signature"] {
        shelf.put(path, 409, again);
    }
    assert!(matches!(client.result(&run, &result), Err(Fault::Again(_))));
    assert!(matches!(client.signature(&run, &signed), Err(Fault::Again(_))));
    shelf.put("/v1/runs/first/signature", 409, br#"{"receipts":[]}"#);
    assert!(matches!(client.signature(&run, &signed), Err(Fault::Refused(_))));
}
