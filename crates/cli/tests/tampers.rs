//! What somebody with the coordinator's keys, or a party's, might do to a history: each is refused
//! by whoever checks the archive. (That no single bit can change is in `archive.rs`.)
#![allow(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use std::collections::BTreeMap;

use common::{Story, archive, at, checkpoint, key, public, story};
use concordat_cli::archive::{KEYS, VERDICTS};
use concordat_cli::verify::{Broken, verify, verify_seen};
use concordat_partnership::act::{
    Founder, Genesis, Header, KeyCommit, KeyCompromise, KeyRegister, KeyRotate, KeyUse,
    PlaceRegister, Seen, Signer, Tick, WitnessPolicy,
};
use concordat_partnership::{Act, commitment, key_id};
use concordat_replay::{RULES, key_proof};
use concordat_terms::{Digest, Period};
use concordat_tlog::cosign::cosign;
use concordat_tlog::dsse::Signature;
use concordat_tlog::{Envelope, Note, SigningKey};
use concordat_wire::act::encode;

/// The archive with other entries below the signatures of the right ones.
fn tampered(story: &Story, change: impl Fn(&mut Vec<Vec<u8>>)) -> Broken {
    let mut entries = story.entries.clone();
    change(&mut entries);
    assert_ne!(entries, story.entries);
    let mut files = archive(&entries, &story.verdicts, story.blobs.clone());
    files.insert("checkpoint".to_owned(), story.checkpoint(&["alder", "lab"]));
    verify(&files, Some(story.log)).unwrap_err()
}

#[test]
fn entries_are_neither_dropped_nor_swapped_nor_doubled() {
    let story = story();
    let last = story.entries.len() - 1;
    for index in 1..last {
        let swapped = tampered(&story, |entries| entries.swap(index, index + 1));
        let doubled = tampered(&story, |entries| {
            entries.remove(index + 1);
            entries.insert(index, entries[index].clone());
        });
        for found in [swapped, doubled] {
            assert!(found.what.contains("do not have the root"), "{found}");
        }
        // One fewer or one more needs other files than those of the signed size.
        let dropped = tampered(&story, |entries| drop(entries.remove(index)));
        let added = tampered(&story, |entries| entries.insert(index, entries[index].clone()));
        for found in [dropped, added] {
            assert!(found.file.ends_with(".p/8") && found.what.contains("missing"), "{found}");
        }
    }
    tampered(&story, |entries| drop(entries.pop()));
    tampered(&story, |entries| entries.push(entries[last].clone()));

    // With the right hashes beside them, the entry itself is named.
    let mut swapped = story.entries.clone();
    swapped.swap(3, 4);
    let mut files = story.archive();
    let bundle = "tile/entries/000.p/8";
    let other = archive(&swapped, &story.verdicts, story.blobs.clone());
    files.insert(bundle.to_owned(), other[bundle].clone());
    let found = verify(&files, Some(story.log)).unwrap_err();
    assert_eq!((found.file.as_str(), found.entry), (bundle, Some(3)));
}

#[test]
fn a_bundle_or_tile_cut_short_is_not_one_of_a_smaller_log() {
    let story = story();
    for (name, kept) in [("tile/entries/000.p/8", 1000), ("tile/0/000.p/8", 7 * 32)] {
        let mut files = story.archive();
        let mut bytes = files.remove(name).unwrap();
        bytes.truncate(kept);
        files.insert(name.to_owned(), bytes.clone());
        assert_eq!(verify(&files, None).unwrap_err().file, name);
        // Under the name that it would have, too.
        files.remove(name);
        files.insert(name.replace("p/8", "p/7"), bytes);
        verify(&files, None).unwrap_err();
    }
}

/// Another history from the same beginning, signed by the log and a quorum of its witnesses.
fn forked(story: &Story) -> Story {
    let mut fork = story.clone();
    let place = PlaceRegister {
        place: "annex".parse().unwrap(),
        class: 1,
        jurisdiction: "US".parse().unwrap(),
    };
    fork.act("birch", "data-holder", &Act::PlaceRegister(place));
    fork
}

#[test]
fn a_history_signed_anew_is_refused_by_whoever_has_seen_the_other() {
    let story = story();
    let (mut one, other) = (story.clone(), forked(&story));
    let time = one.replica.state().time().unwrap().plus(Period::of_seconds(30));
    one.sequence(&Act::Tick(Tick { time }));
    let seen = one.checkpoint(&["alder", "lab"]);

    // By itself the other history holds: everybody signed it.
    verify(&other.archive(), Some(story.log)).unwrap();
    let found = verify_seen(&other.archive(), None, Some(&seen)).unwrap_err();
    assert_eq!(found.file, "checkpoint");
    assert!(found.what.contains("two histories were signed, at size 9"), "{found}");

    let report = verify_seen(&one.archive(), None, Some(&seen)).unwrap();
    assert!(report.checks.iter().any(|check| check.starts_with("history: the first 9 entries")));
    let earlier = checkpoint(&one.entries[..5], &["alder", "birch"]);
    verify_seen(&one.archive(), None, Some(&earlier)).unwrap();

    // The log alone, or with one witness, cannot sign anew.
    for witnesses in [&[][..], &["alder"], &["birch"]] {
        let mut files = other.archive();
        files.insert("checkpoint".to_owned(), other.checkpoint(witnesses));
        let found = verify(&files, None).unwrap_err();
        assert!(found.what.contains("do not satisfy the policy"), "{found}");
    }
}

#[test]
fn a_log_rolled_back_is_refused_by_whoever_has_seen_more_of_it() {
    let story = story();
    let seen = story.checkpoint(&["alder", "lab"]);
    // An archive of the beginning, with the checkpoint that was signed then.
    let shorter = archive(&story.entries[..7], &story.verdicts[..7], story.blobs.clone());
    verify(&shorter, Some(story.log)).unwrap();
    let found = verify_seen(&shorter, Some(story.log), Some(&seen)).unwrap_err();
    assert!(found.what.contains("7 entries, and you have seen a log of 8"), "{found}");

    // The old checkpoint on today's entries stands for too few of them.
    let mut files = story.archive();
    files.insert("checkpoint".to_owned(), checkpoint(&story.entries[..7], &["alder", "lab"]));
    verify(&files, Some(story.log)).unwrap_err();

    // What was seen must have been signed by the log.
    let note = Note::parse(&seen).unwrap();
    let unsigned =
        Note::new(note.text().to_owned(), note.lines()[1..].to_vec()).unwrap().to_bytes();
    for bad in [b"".as_slice(), &unsigned, &seen[1..]] {
        let found = verify_seen(&story.archive(), None, Some(bad)).unwrap_err();
        assert!(found.to_string().contains("that you have seen"), "{found}");
    }
}

#[test]
fn a_time_that_a_witness_did_not_sign_is_refused() {
    let story = story();
    let note = String::from_utf8(story.checkpoint(&["alder", "lab"])).unwrap();
    let other = String::from_utf8(story.checkpoint(&["alder", "birch"])).unwrap();
    let line = |note: &str, party: &str| {
        let line = note.lines().find(|line| line.contains(party)).unwrap();
        line.rsplit_once(' ').map(|(head, code)| (head.to_owned(), code.to_owned())).unwrap()
    };
    let (head, code) = line(&note, "/lab ");
    let (_, birch) = line(&other, "/birch ");
    // The time is in the characters after the key's id: an hour more, or birch's signature.
    let mut later = code.clone().into_bytes();
    later[12] = if later[12] == b'A' { b'B' } else { b'A' };
    for forged in [String::from_utf8(later).unwrap(), format!("{}{}", &code[..6], &birch[6..])] {
        let mut files = story.archive();
        let forged = note.replace(&format!("{head} {code}"), &format!("{head} {forged}"));
        assert_ne!(forged, note);
        files.insert("checkpoint".to_owned(), forged.into_bytes());
        let found = verify(&files, None).unwrap_err();
        assert_eq!(found.file, "checkpoint", "{found}");
        assert!(found.offset.is_some(), "{found}");
    }
}

/// A payload of alder's, good in itself, that would register a place.
fn payload(story: &Story, header: impl Fn(&mut Header)) -> Vec<u8> {
    let mut head = Header {
        log: story.log,
        signers: vec![Signer {
            seat: "data-holder".parse().unwrap(),
            key: key_id(&public("alder")).unwrap(),
        }],
        nonce: format!("{:032x}", 0xabcd_u64),
        seen: Seen { size: story.replica.size(), root: story.replica.root() },
        expires_at: at(3600),
        attached: None,
    };
    header(&mut head);
    let place = PlaceRegister {
        place: "annex".parse().unwrap(),
        class: 1,
        jurisdiction: "US".parse().unwrap(),
    };
    encode(Some(&head), &Act::PlaceRegister(place)).unwrap()
}

fn text(payload: &[u8]) -> String {
    String::from_utf8(payload.to_vec()).unwrap()
}

/// An envelope with alder's key id over a signature by whatever key.
fn under_alder_s_name(payload: &[u8], by: &SigningKey) -> Vec<u8> {
    let keyid = key_id(&public("alder")).unwrap().to_string();
    let signed = Envelope::sign(payload, &[(&keyid, by)]).unwrap();
    let sig = signed.signatures()[0].sig;
    Envelope::new(payload.to_vec(), vec![Signature { keyid, sig }]).unwrap().to_bytes()
}

/// The coordinator logs an entry that may not count, and says afterwards that it did.
fn claimed(what: &str, code: &str, log: impl Fn(&mut Story)) {
    let mut story = story();
    log(&mut story);
    let index = story.entries.len() - 1;
    let verdict = &story.verdicts[index];
    assert!(verdict.contains(&format!("\"{code}\"")), "{what}: {verdict}");
    // Said as it is, the archive holds: a refusal is a part of history.
    verify(&story.archive(), Some(story.log)).unwrap_or_else(|e| panic!("{what}: {e}"));

    story.verdicts[index] = format!(r#"{{"index":{index},"verdict":"admitted"}}"#);
    let found = verify(&story.archive(), Some(story.log)).unwrap_err();
    assert_eq!((found.file.as_str(), found.entry), (VERDICTS, Some(index as u64)), "{what}");
}

#[test]
fn what_may_not_count_cannot_be_said_to_have_counted() {
    let alder = || key("alder");
    let signed = |payload: &[u8]| under_alder_s_name(payload, &alder());
    claimed("spaces in the payload", "malformed", |story| {
        let spaced = text(&payload(story, |_| ())).replacen(':', ": ", 1);
        story.log(signed(spaced.as_bytes()));
    });
    claimed("fields in another order", "malformed", |story| {
        let json: serde_json::Value = serde_json::from_slice(&payload(story, |_| ())).unwrap();
        let (rest, kind) = (json["predicate"].to_string(), json["_type"].to_string());
        let subject = json["subject"].to_string();
        let turned = format!(
            r#"{{"predicate":{rest},"_type":{kind},"predicateType":{},"subject":{subject}}}"#,
            json["predicateType"]
        );
        story.log(signed(turned.as_bytes()));
    });
    claimed("a field twice", "malformed", |story| {
        let twice =
            text(&payload(story, |_| ())).replacen("{\"_type\"", "{\"_type\":1,\"_type\"", 1);
        story.log(signed(twice.as_bytes()));
    });
    claimed("a float", "malformed", |story| {
        let float = text(&payload(story, |_| ())).replace("\"class\":1", "\"class\":1.0");
        story.log(signed(float.as_bytes()));
    });
    claimed("an envelope spelt otherwise", "malformed", |story| {
        let mut entry = signed(&payload(story, |_| ()));
        entry.push(b'\n');
        story.log(entry);
    });
    claimed("an act of a time to come", "unknown-act", |story| {
        let future =
            text(&payload(story, |_| ())).replace("place.register:v0", "place.register:v9");
        story.log(signed(future.as_bytes()));
    });
    claimed("somebody else's signature", "bad-signature", |story| {
        let payload = payload(story, |_| ());
        story.log(under_alder_s_name(&payload, &key("birch")));
    });
    claimed("a key that nobody registered", "unknown-key", |story| {
        let stranger = key_id(&public("stranger")).unwrap();
        let payload = payload(story, |header| header.signers[0].key = stranger.clone());
        story.log_signed(&payload, &["stranger"]);
    });
    claimed("an act of another log", "wrong-log", |story| {
        let payload = payload(story, |header| header.log = Digest::of(b"another"));
        story.log(signed(&payload));
    });
    claimed("a log that was never seen", "foreign-seen", |story| {
        let payload = payload(story, |header| header.seen.root = Digest::of(b"another"));
        story.log(signed(&payload));
    });
    claimed("an act that has expired", "expired", |story| {
        let payload = payload(story, |header| header.expires_at = at(179));
        story.log(signed(&payload));
    });
    claimed("an act again", "replayed", |story| {
        let entry = story.entries[4].clone();
        story.log(entry);
    });
    claimed("time that runs backwards", "time-runs-backwards", |story| {
        story.sequence(&Act::Tick(Tick { time: at(10) }));
    });
    claimed("time by somebody who has no say in it", "not-your-seat", |story| {
        story.act("alder", "sequencer", &Act::Tick(Tick { time: at(1000) }));
    });
}

#[test]
fn a_key_counts_in_its_own_time_alone() {
    let key = key_id(&public("alder")).unwrap();
    let rotate = Act::KeyRotate(KeyRotate::of(key.clone(), public("alder/2")));
    claimed("a key that was replaced", "key-ended", |story| {
        story.about_keys(&["alder", "alder/2"], &rotate);
        let bytes = payload(story, |_| ());
        story.log_signed(&bytes, &["alder"]);
    });
    claimed("a key that was given up", "key-ended", |story| {
        // A second key of alder's is there, and the first one ends.
        let since = story.replica.size();
        let register = KeyRegister { key: public("alder/2"), ..KeyRegister::default() };
        story.about_keys(&["alder", "alder/2"], &Act::KeyRegister(register));
        let ended = KeyCompromise { key: key.clone(), since };
        story.about_keys(&["alder"], &Act::KeyCompromise(ended));
        let bytes = payload(story, |_| ());
        story.log_signed(&bytes, &["alder"]);
    });
}

#[test]
fn a_key_is_not_said_to_have_counted_at_another_time_or_to_have_signed_something_else() {
    let mut story = story();
    let key = key_id(&public("alder")).unwrap();
    let index = story.replica.size();
    let rotate = Act::KeyRotate(KeyRotate::of(key.clone(), public("alder/2")));
    story.about_keys(&["alder", "alder/2"], &rotate);
    let report = verify(&story.archive(), Some(story.log)).unwrap();
    let epoch = report.keys.iter().find(|epoch| epoch.key == key).unwrap();
    assert_eq!((epoch.from, epoch.until, epoch.stands), (0, Some(index), "was replaced"));
    assert_eq!(epoch.signed, format!("0,2,{index}"), "what was refused is not among it");
    assert!(report.to_string().contains(&format!("key {key} of `alder` signs acts")));

    let lines = String::from_utf8(story.archive()[KEYS].clone()).unwrap();
    let line = lines.lines().find(|line| line.contains(key.as_str())).unwrap();
    let until = format!("\"until\":{index}");
    let others = [
        line.replace(&until, &format!("\"until\":{}", index + 1)),
        line.replace(&format!("{until},"), ""),
        line.replace("\"from\":0", "\"from\":1"),
        line.replace("\"alder\"", "\"birch\""),
        line.replace("was replaced", "is good"),
        line.replace("\"signed\":\"0,2,", "\"signed\":\"0,2-4,"),
    ];
    for other in others {
        assert_ne!(other, line);
        let mut files = story.archive();
        files.insert(KEYS.to_owned(), lines.replace(line, &other).into_bytes());
        let found = verify(&files, Some(story.log)).unwrap_err();
        assert_eq!(found.file, KEYS, "{found}");
        assert!(found.offset.is_some(), "{found}");
    }
    let mut files = story.archive();
    files.remove(KEYS);
    assert_eq!(verify(&files, Some(story.log)).unwrap_err().file, KEYS);
}

#[test]
fn what_others_may_have_signed_is_named_entry_by_entry() {
    let mut story = story();
    let key = key_id(&public("alder")).unwrap();
    let commit = KeyCommit { key: key.clone(), next: commitment(&public("alder/2")).unwrap() };
    story.about_keys(&["alder"], &Act::KeyCommit(commit));
    let since = story.replica.size();
    let thief = KeyRegister { key: public("thief"), ..KeyRegister::default() };
    story.about_keys(&["alder", "thief"], &Act::KeyRegister(thief));
    let rotate = Act::KeyRotate(KeyRotate::of(key.clone(), public("alder/2")));
    story.about_keys(&["alder/2"], &rotate);
    verify(&story.archive(), Some(story.log)).unwrap();
    let ended = Act::KeyCompromise(KeyCompromise { key: key.clone(), since });
    story.about_keys(&["alder/2"], &ended);

    let report = verify(&story.archive(), Some(story.log)).unwrap();
    let doubtful: Vec<_> = report.in_doubt.iter().map(|entry| (entry.index, &entry.key)).collect();
    let thief = key_id(&public("thief")).unwrap();
    let mut both = vec![(since, &key), (since, &thief)];
    both.sort();
    assert_eq!(doubtful, both);
    let said = format!("entry {since} (key.register) is in doubt");
    assert!(report.to_string().contains(&said), "{report}");
    // Nothing is rewritten: what was admitted stays admitted.
    assert!(story.verdicts[since as usize].contains("admitted"));
}

#[test]
fn who_cosigns_with_a_key_that_was_replaced_does_not_count() {
    let mut story = story();
    let (old, new) = (key_id(&public("alder/witness")).unwrap(), key("alder/witness 2"));
    let text = new.public().to_string();
    let binding = key_proof(story.log, &"alder".parse().unwrap(), KeyUse::Cosigning, &text);
    let proof = Some(hex::encode(new.sign(&binding)));
    let rotate = KeyRotate { proof, ..KeyRotate::of(old, text) };
    story.about_keys(&["alder"], &Act::KeyRotate(rotate));
    let found = verify(&story.archive(), Some(story.log)).unwrap_err();
    assert_eq!(found.file, "checkpoint", "{found}");

    let mut note = Note::parse(&story.checkpoint(&["lab"])).unwrap();
    let line = cosign("heart.example/log/alder", &new, at(200), note.text()).unwrap();
    note.push(line).unwrap();
    let mut files = story.archive();
    files.insert("checkpoint".to_owned(), note.to_bytes());
    let report = verify(&files, Some(story.log)).unwrap();
    assert_eq!(report.cosigned_by.keys().collect::<Vec<_>>(), ["alder", "lab"]);
}

#[test]
fn a_log_that_anybody_could_sign_for_is_no_log() {
    // The identity of the curve: as a key it "signs" whatever one likes.
    let weak = format!("01{}", "00".repeat(31));
    let sound = public("sequencer");
    let genesis = |sequencer: &str, party: &str, witness: &str| Genesis {
        origin: common::ORIGIN.to_owned(),
        rules: *RULES,
        time: at(0),
        sequencer: sequencer.to_owned(),
        parties: [("alder".parse().unwrap(), Founder::of(party.to_owned(), witness.to_owned()))]
            .into(),
        policy: WitnessPolicy { witnesses: ["alder".parse().unwrap()].into(), quorum: 1 },
        modules: [].into(),
    };
    let (party, witness) = (public("alder"), public("alder/witness"));
    for (which, genesis) in [
        ("sequencer", genesis(&weak, &party, &witness)),
        ("party", genesis(&sound, &weak, &witness)),
        ("witness", genesis(&sound, &party, &weak)),
    ] {
        let payload = encode(None, &Act::Genesis(genesis)).unwrap();
        let ids: Vec<(String, SigningKey)> = ["alder", "sequencer"]
            .iter()
            .map(|name| (key_id(&public(name)).unwrap().to_string(), key(name)))
            .collect();
        let mut keys: Vec<_> = ids.iter().map(|(id, key)| (id.as_str(), key)).collect();
        // The weak key's own signature: R is the identity, s is nothing.
        let weak_id = key_id(&weak).map(|id| id.to_string()).unwrap_or("weak".to_owned());
        keys.retain(|(id, _)| match which {
            "sequencer" => *id == ids[0].0,
            "party" => *id == ids[1].0,
            _ => true,
        });
        let mut signatures = Envelope::sign(&payload, &keys).unwrap().signatures().to_vec();
        if which != "witness" {
            let mut sig = [0; 64];
            sig[0] = 1;
            signatures.push(Signature { keyid: weak_id, sig });
        }
        let entry = Envelope::new(payload, signatures).unwrap().to_bytes();
        let files = archive(&[entry], &[], BTreeMap::new());
        let found = verify(&files, None).unwrap_err();
        assert_eq!(found.entry, Some(0), "{which}: {found}");
        println!("{which}: {found}");
    }
}

#[test]
fn a_blob_is_there_under_its_own_digest_or_is_told_to_be_absent() {
    let story = story();
    let name = format!("blobs/{}", story.blobs.keys().next().unwrap());
    let mut altered = story.archive();
    altered.get_mut(&name).unwrap().push(b' ');
    assert_eq!(verify(&altered, None).unwrap_err().file, name);
    // Its own digest, and not what the entries name.
    let mut exchanged = story.archive();
    let bytes = [exchanged.remove(&name).unwrap(), vec![b' ']].concat();
    exchanged.insert(format!("blobs/{}", Digest::of(&bytes)), bytes);
    verify(&exchanged, None).unwrap_err();
    let mut missing = story.archive();
    missing.remove(&name);
    assert_eq!(verify(&missing, None).unwrap_err().file, name);
}

#[test]
fn the_command_takes_the_checkpoint_as_a_file() {
    let story = story();
    let dir = tempfile::tempdir().unwrap();
    let (folder, seen) = (dir.path().join("archive"), dir.path().join("seen"));
    concordat_cli::archive::save(&folder, &story.archive()).unwrap();
    let verified = |checkpoint: &[u8]| {
        std::fs::write(&seen, checkpoint).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_concordat"));
        let output = command.arg("verify").arg(&folder).arg("--seen").arg(&seen).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, said) = verified(&checkpoint(&story.entries[..6], &["alder", "birch"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("history: the first 6 entries are those that you have seen"), "{said}");
    let (code, said) = verified(&forked(&story).checkpoint(&["alder", "lab"]));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("you have seen a log of 9") && said.contains("#not-verified"), "{said}");
}
