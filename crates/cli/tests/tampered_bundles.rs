//! What somebody might do to a bundle: each is refused, by the promise that it breaks. Whoever has the
//! key of who made it can seal it anew; that does not help where the log says otherwise.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod shown_in_part;

use archived::{checkpoint, checkpoint_by};
use common::{Story, digest, id_of, key, seal};
use concordat_cli::bundle::{
    ENTRIES, For, INDEX, Index, PROOFS, Placed, RECORDS, file, pack, proof_from,
};
use concordat_cli::verify::Promise;
use concordat_cli::verify::bundle::verify;
use concordat_terms::{ActName, Digest, jcs};
use concordat_tlog::archive::CHECKPOINT;
use concordat_tlog::dsse::Signature;
use concordat_tlog::witness::AddCheckpoint;
use concordat_tlog::{Envelope, Node, Note, Receipt};
use serde_json::{Value, json};
use shown_in_part::{
    AUTHORITY, Files, PUBLISHED, attest_by, bundle_from, index, last, partnership, sealed,
};

fn placed(files: &Files, at: u64) -> Placed {
    jcs::from_bytes(&files[&file(RECORDS, at)]).unwrap()
}

/// Changes a record, and nothing that it stands on.
fn recorded(files: &mut Files, at: u64, change: impl Fn(&mut Node)) {
    let mut own = placed(files, at);
    let mut node = Node::parse(&own.record).unwrap();
    change(&mut node);
    own.record = node.to_value();
    files.insert(file(RECORDS, at), jcs::to_bytes(&own).unwrap());
}

/// Changes the proof from what a reader has seen.
fn from_the_beginning(files: &mut Files, change: impl Fn(&mut AddCheckpoint)) {
    let mut body = AddCheckpoint::parse(&files[&proof_from(SEEN)]).unwrap();
    change(&mut body);
    files.insert(proof_from(SEEN), body.to_string().into_bytes());
}

fn say(node: &mut Node, path: &[&str], value: Value) {
    let Some(Node::Shown { value: said, .. }) = node.part_mut(path) else { panic!("{path:?}") };
    assert_ne!(*said, value);
    *said = value;
}

/// The payload of an entry, changed as a text and sealed with alder's key.
fn signed_anew(entry: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let payload = Envelope::parse(entry).unwrap().payload().to_vec();
    let text = String::from_utf8(payload).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    seal(changed.as_bytes(), &["alder"])
}

/// So many entries had the log when a reader saw it.
const SEEN: u64 = 5;

/// The checkpoint of a story's beginning.
fn checkpoint_at(story: &Story, size: u64) -> Vec<u8> {
    let mut shorter = story.clone();
    shorter.entries.truncate(usize::try_from(size).unwrap());
    checkpoint(&shorter)
}

struct World {
    story: Story,
    files: Files,
    listed: u64,
    filed: u64,
}

fn world() -> World {
    let (story, blobs) = partnership();
    let (listed, filed) =
        (last(&story, ActName::DatasetRegister), last(&story, ActName::MeetingMinute));
    let reader = (For::Regulator, Some(AUTHORITY));
    let files = bundle_from(&story, &blobs, reader, &[listed, filed], &[SEEN, filed]);
    verify(&files, story.state().log(), None).unwrap();
    World { story, files, listed, filed }
}

/// What is done, to which files, and what it breaks, also where it is sealed anew.
type Line = (&'static str, Box<dyn Fn(&World, &mut Files)>, Promise);

fn lines() -> Vec<Line> {
    fn line(
        what: &'static str,
        promise: Promise,
        change: impl Fn(&World, &mut Files) + 'static,
    ) -> Line {
        (what, Box::new(change), promise)
    }
    let entry = |world: &World| file(ENTRIES, world.filed);
    vec![
        line("a bit of an entry", Promise::Order, move |world, files| {
            files.get_mut(&entry(world)).unwrap()[300] ^= 1;
        }),
        line("an entry dropped", Promise::Layout, move |world, files| {
            files.remove(&entry(world));
        }),
        line("two entries exchanged", Promise::Order, move |world, files| {
            let tick = file(ENTRIES, world.filed - 1);
            let (one, other) = (files[&tick].clone(), files[&entry(world)].clone());
            files.insert(tick, other);
            files.insert(entry(world), one);
        }),
        line("an entry twice", Promise::Layout, move |world, files| {
            files.insert(file(ENTRIES, world.filed + 1), files[&entry(world)].clone());
        }),
        line("a proof cut short", Promise::Order, |world, files| {
            let name = file(PROOFS, world.filed);
            let mut receipt = Receipt::parse(&files[&name]).unwrap();
            receipt.path.pop();
            files.insert(name, receipt.to_string().into_bytes());
        }),
        line("the proof of a neighbour", Promise::Order, |world, files| {
            let other = files[&file(PROOFS, world.filed - 1)].clone();
            files.insert(file(PROOFS, world.filed), other);
        }),
        line("the proof from a beginning cut short", Promise::Order, |_, files| {
            from_the_beginning(files, |body| body.proof.truncate(1));
        }),
        line("the proof from another beginning", Promise::Order, |_, files| {
            from_the_beginning(files, |body| body.old -= 1);
        }),
        line("a proof that leads to another checkpoint", Promise::Order, |world, files| {
            let older = checkpoint_at(&world.story, world.filed);
            from_the_beginning(files, |body| body.note = Note::parse(&older).unwrap());
        }),
        line("a history signed anew", Promise::Witnessed, |world, files| {
            // Of the same length: another last entry, and all signatures over it.
            let mut fork = world.story.clone();
            fork.entries.pop();
            fork.entries.push(b"another".to_vec());
            files.insert(CHECKPOINT.to_owned(), checkpoint(&fork));
        }),
        line("a log rolled back", Promise::Witnessed, |world, files| {
            files.insert(CHECKPOINT.to_owned(), checkpoint_at(&world.story, world.filed));
        }),
        line("a cosignature of another time", Promise::Witnessed, |_, files| {
            let note = String::from_utf8(files[CHECKPOINT].clone()).unwrap();
            let at = note.rfind("/dogwood ").unwrap() + "/dogwood ".len() + 12;
            let mut bytes = note.into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            files.insert(CHECKPOINT.to_owned(), bytes);
        }),
        line("too few cosignatures", Promise::Witnessed, |_, files| {
            let note = String::from_utf8(files[CHECKPOINT].clone()).unwrap();
            let kept = note.lines().filter(|line| !line.contains("/dogwood "));
            let text: String = kept.map(|line| format!("{line}\n")).collect();
            files.insert(CHECKPOINT.to_owned(), text.into_bytes());
        }),
        line("a payload that is not canonical", Promise::Order, move |world, files| {
            let own = &files[&entry(world)];
            let spaced = signed_anew(own, |text| text.replacen(':', ": ", 1));
            files.insert(entry(world), spaced);
        }),
        line("an act of a time to come", Promise::Order, move |world, files| {
            let own = &files[&entry(world)];
            let future = signed_anew(own, |text| text.replace("minute:v0", "minute:v9"));
            files.insert(entry(world), future);
        }),
        line("another's signature", Promise::Order, move |world, files| {
            let own = Envelope::parse(&files[&entry(world)]).unwrap();
            let keyid = own.signatures()[0].keyid.clone();
            let by = Envelope::sign(own.payload(), &[(&keyid, &key("birch"))]).unwrap();
            files.insert(entry(world), by.to_bytes());
        }),
        line("a key that signs whatever one likes", Promise::Founding, |_, files| {
            let name = file(ENTRIES, 0);
            let weak = format!("01{}", "00".repeat(31));
            let own = Envelope::parse(&files[&name]).unwrap();
            let text = String::from_utf8(own.payload().to_vec()).unwrap();
            let text = text.replace(&common::public("alder"), &weak);
            let mut signatures = own.signatures().to_vec();
            let mut sig = [0; 64];
            sig[0] = 1;
            let keyid = concordat_partnership::key_id(&weak).unwrap().to_string();
            signatures[0] = Signature { keyid, sig };
            let forged = Envelope::new(text.into_bytes(), signatures).unwrap();
            files.insert(name, forged.to_bytes());
        }),
        line("a verdict turned round", Promise::Disclosure, |world, files| {
            recorded(files, world.filed, |node| say(node, &["verdict"], json!("no-quorum")));
        }),
        line("a time forged", Promise::Disclosure, |world, files| {
            recorded(files, world.filed, |node| say(node, &["at"], json!("2026-01-01T00:00:00Z")));
        }),
        line("another value in a part that is shown", Promise::Disclosure, |world, files| {
            let path = ["statement", "predicate", "act", "place"];
            recorded(files, world.listed, |node| say(node, &path, json!("annex")));
        }),
        line("a withheld part exchanged for another", Promise::Disclosure, |world, files| {
            recorded(files, world.listed, |node| {
                let asset = node.part_mut(&["statement", "predicate", "act", "asset"]).unwrap();
                *asset = Node::Withheld(digest("another"));
            });
        }),
        line("a withheld part left out", Promise::Disclosure, |world, files| {
            recorded(files, world.listed, |node| {
                let Some(Node::Fields(act)) = node.part_mut(&["statement", "predicate", "act"])
                else {
                    panic!()
                };
                act.remove("asset").unwrap();
            });
        }),
        line("the record of a neighbour", Promise::Disclosure, |world, files| {
            let other = files[&file(RECORDS, world.filed - 1)].clone();
            files.insert(file(RECORDS, world.filed), other);
        }),
        line("a blob altered", Promise::Blobs, |_, files| {
            let name = format!("blobs/{}", digest(PUBLISHED));
            files.get_mut(&name).unwrap().push(b' ');
        }),
        line("a blob that nothing names", Promise::Blobs, |_, files| {
            files.insert(format!("blobs/{}", digest("x")), b"x".to_vec());
        }),
    ]
}

#[test]
fn whatever_is_done_to_a_bundle_is_refused_by_the_promise_that_it_breaks() {
    let world = world();
    for (what, change, promise) in lines() {
        let mut files = world.files.clone();
        change(&world, &mut files);
        assert_ne!(files, world.files, "{what}");
        let broken = verify(&files, None, None).unwrap_err();
        // Before it is sealed anew, its digest alone gives it away.
        let naive = [promise, Promise::Layout, Promise::Order, Promise::Founding];
        assert!(naive.contains(&broken.promise), "{what}: {broken}");
        let files = sealed(files, |_| ());
        let broken = verify(&files, None, None).unwrap_err();
        assert_eq!(broken.promise, promise, "{what}, sealed anew: {broken}");
    }
}

#[test]
fn a_blob_that_is_missing_is_missed() {
    let World { mut files, .. } = world();
    files.remove(&format!("blobs/{}", digest(PUBLISHED))).unwrap();
    assert_eq!(verify(&files, None, None).unwrap_err().promise, Promise::Layout);
}

#[test]
fn no_byte_of_a_bundle_can_change_unnoticed() {
    let World { story, files, .. } = world();
    let log = story.state().log();
    let mut flips = 0;
    let mut changed = files.clone();
    for (name, bytes) in &files {
        for at in 0..bytes.len() {
            let bit = 1 << (at % 8);
            changed.get_mut(name).unwrap()[at] ^= bit;
            assert!(verify(&changed, log, None).is_err(), "`{name}`, byte {at}, bit {bit:#x}");
            changed.get_mut(name).unwrap()[at] ^= bit;
            flips += 1;
        }
        let mut without = files.clone();
        without.remove(name);
        assert!(verify(&without, log, None).is_err(), "`{name}` removed");
    }
    assert!(flips > 20_000, "{flips}");
}

#[test]
fn a_bundle_of_another_history_is_refused_by_whoever_has_seen_this_one() {
    let World { story, files, .. } = world();
    let seen = checkpoint(&story);
    verify(&files, None, Some(&seen)).unwrap();
    let mut fork = story.clone();
    fork.entries.pop();
    fork.entries.push(b"another".to_vec());
    let broken = verify(&files, None, Some(&checkpoint(&fork))).unwrap_err();
    assert_eq!(broken.promise, Promise::History);
    assert!(broken.what.contains("two histories were signed"), "{broken}");
    // Nobody cosigns what is shown to one alone: the log's key is enough.
    let broken = verify(&files, None, Some(&checkpoint_by(&fork, []))).unwrap_err();
    assert!(broken.what.contains("two histories were signed"), "{broken}");
    fork.entries.pop();
    let broken = verify(&files, None, Some(&checkpoint(&fork))).unwrap_err();
    let asks = format!("with `--from {}`, or for the archive", fork.entries.len());
    assert!(broken.what.contains(&asks), "{broken}");
    let broken = verify(&files, Some(digest("another log")), None).unwrap_err();
    assert_eq!(broken.promise, Promise::Founding);
}

#[test]
fn a_bundle_goes_on_from_what_its_reader_has_seen_or_is_of_another_history() {
    let World { story, files, filed, .. } = world();
    for size in [SEEN, filed] {
        let report = verify(&files, None, Some(&checkpoint_at(&story, size))).unwrap();
        let said = format!("the log goes on from the {size} entries that you have seen");
        assert!(report.to_string().contains(&said), "{report}");
    }
    let report = verify(&files, None, None).unwrap().to_string();
    assert!(report.contains(&format!("proofs lead here from {SEEN}, {filed} entries")), "{report}");

    // Of another beginning, of one that nothing leads from, of a longer log; and one that the log has not signed.
    let refused = |seen: &[u8], why: &str| {
        let broken = verify(&files, None, Some(seen)).unwrap_err();
        assert_eq!(broken.promise, Promise::History);
        assert!(broken.to_string().contains(why), "{broken}");
    };
    let mut fork = story.clone();
    fork.entries.swap(3, 4);
    refused(&checkpoint_at(&fork, SEEN), "two histories were signed, at size 5");
    refused(&checkpoint_at(&story, SEEN + 1), "made with `--from 6`");
    let mut longer = story.clone();
    longer.entries.push(b"and more".to_vec());
    refused(&checkpoint(&longer), "ask for a bundle that was made since");
    let signed = String::from_utf8(checkpoint_at(&story, SEEN)).unwrap();
    let lines: Vec<&str> = signed.lines().collect();
    let unsigned = [&lines[..4], &lines[5..]].concat().join("\n");
    refused(format!("{unsigned}\n").as_bytes(), "the checkpoint that you have seen");
}

#[test]
fn what_the_index_claims_is_held_against_the_rest() {
    let World { files, filed, .. } = world();
    let claim = |change: &dyn Fn(&mut Index)| {
        verify(&sealed(files.clone(), change), None, None).unwrap_err().promise
    };
    let longer = claim(&|own| own.size += 1);
    assert!([Promise::Order, Promise::Witnessed].contains(&longer), "{longer:?}");
    assert_eq!(claim(&|own| own.records = digest("x")), Promise::Disclosure);
    assert_eq!(claim(&|own| own.log = digest("x")), Promise::Founding);
    assert_eq!(claim(&|own| own.format = 2), Promise::Layout);
    assert_eq!(claim(&|own| own.by = Some("birch".parse().unwrap())), Promise::Attestation);
    assert_eq!(claim(&|own| own.ended.extend([(id_of("alder"), 1)])), Promise::Attestation);
    assert_eq!(claim(&|own| own.entries.reverse()), Promise::Layout);
    assert_eq!(claim(&|own| own.from.reverse()), Promise::Layout);
    assert_eq!(claim(&|own| own.from.clear()), Promise::Layout);
    assert_eq!(claim(&|own| own.from[0].root = digest("x")), Promise::Order);
    assert_eq!(
        claim(&|own| own.entries.iter_mut().for_each(|item| item.leaf = digest("x"))),
        Promise::Order
    );
    let keys = |own: &mut Index| {
        own.keys.values_mut().for_each(|key| key.party = Some("birch".parse().unwrap()));
    };
    assert_eq!(claim(&keys), Promise::Signatures);
    assert_eq!(claim(&|own| own.keys.clear()), Promise::Signatures);
    for id in index(&files).keys.keys() {
        assert_eq!(claim(&|own| drop(own.keys.remove(id))), Promise::Signatures, "{id}");
    }
    // An attestation of one bundle does not stand by another.
    let mut other = sealed(files.clone(), |own| own.entries.retain(|item| item.index != filed));
    let theirs = files.iter().find(|(name, _)| name.starts_with("attestations/")).unwrap();
    other.insert(theirs.0.clone(), theirs.1.clone());
    let broken = verify(&other, None, None).unwrap_err();
    assert!([Promise::Attestation, Promise::Layout].contains(&broken.promise), "{broken}");
    // Papers that say something else are not those of the bundle, whoever signed them.
    let mut edited = files.clone();
    let report = String::from_utf8(edited["report.html"].clone()).unwrap();
    let report = report.replace("is not proved", "is proved too").into_bytes();
    let mut own = index(&edited);
    own.files.insert("report.html".to_owned(), Digest::of(&report));
    edited.insert("report.html".to_owned(), report);
    edited.insert(INDEX.to_owned(), jcs::to_bytes(&own).unwrap());
    attest_by(&mut edited, "alder");
    assert_eq!(verify(&edited, None, None).unwrap_err().promise, Promise::Papers);
}

#[test]
fn a_program_is_told_which_promise_is_broken() {
    let World { files, filed, .. } = world();
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("bundle.tar");
    let told = |bytes: &[u8]| {
        std::fs::write(&target, bytes).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_concordat"));
        let output = command.arg("verify").arg(&target).arg("--json").output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), said)
    };
    let mut altered = files.clone();
    recorded(&mut altered, filed, |node| say(node, &["verdict"], json!("no-quorum")));
    let (status, said) = told(&pack(&sealed(altered, |_| ())));
    assert_eq!(
        (status, &said["promise"], &said["entry"]),
        (Some(1), &json!("disclosure"), &json!(filed))
    );
    assert_eq!(said["code"], "not-verified");
    let packed = pack(&files);
    let (status, said) = told(&packed[..packed.len() - 512]);
    assert_eq!((status, &said["promise"]), (Some(1), &json!("layout")));
    let (status, said) = told(&packed);
    assert_eq!((status, &said["attested_by"]), (Some(0), &json!(["alder"])));
    let (status, said) = told(b"nothing of the kind");
    assert_eq!((status, &said["code"]), (Some(2), &json!("not-a-folder")));
}
