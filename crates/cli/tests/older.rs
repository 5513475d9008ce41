//! Older checkpoints in an archive date the log by the witnesses' clocks, each under those who witnessed
//! it at that place. (What may be done to them is in `broken_promises.rs`.)
#![allow(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use std::borrow::Cow;
use std::collections::BTreeMap;

use common::{ORIGIN, Story, archive, at, checkpoint_of, key, story};
use concordat_cli::archive::{
    Astray, OLDER_SIZES, README, README_TEXTS, Writer, older_file, older_sizes, tell,
};
use concordat_cli::verify::{Bound, Report, verify};
use concordat_partnership::act::{KeyRotate, KeyUse, Tick};
use concordat_partnership::{Act, key_id};
use concordat_replay::key_proof;
use concordat_terms::Digest;
use concordat_tlog::Note;
use concordat_tlog::cosign::cosign;

type Files = BTreeMap<String, Vec<u8>>;

/// A log that said nothing for more than an hour, with entries 8 and 9 in the silence.
fn silent() -> Story {
    let mut story = story();
    story.log(b"early in the silence".to_vec());
    story.log(b"late in the silence".to_vec());
    story.sequence(&Act::Tick(Tick { time: at(4_000) }));
    story
}

/// Its archive, whose witnesses cosigned the whole at 4,010 and the first `size` entries at these.
fn silent_with(older: &[(usize, u64)]) -> Files {
    let story = silent();
    let mut files = archive(&story.entries, &story.verdicts, story.blobs.clone());
    let by = |seconds| [("alder", at(seconds - 5)), ("lab", at(seconds))];
    files.insert("checkpoint".to_owned(), checkpoint_of(&story.entries, &by(4_010)));
    for (size, seconds) in older {
        let older = checkpoint_of(&story.entries[..*size], &by(*seconds));
        with_older(&mut files, *size as u64, older);
    }
    files
}

/// Puts an older checkpoint into an archive, and its size into the list of them.
fn with_older(files: &mut Files, size: u64, older: Vec<u8>) {
    files.insert(older_file(size), older);
    let sizes = files.keys().filter_map(|name| concordat_cli::archive::older_size(name));
    let sizes = older_sizes(&sizes.collect::<std::collections::BTreeSet<u64>>());
    files.insert(OLDER_SIZES.to_owned(), sizes.into_bytes());
}

fn bends(report: &Report) -> Vec<(u64, u64, u64, Bound)> {
    report.bends.iter().map(|own| (own.first, own.last, own.seconds, own.bound)).collect()
}

fn covered(report: &Report) -> Vec<(u64, u64, u64)> {
    report.covered.iter().map(|own| (own.first, own.last, own.seconds)).collect()
}

#[test]
fn an_older_checkpoint_makes_what_it_covers_more_certain_in_time() {
    // Without one, whatever the log says could have been said at its end.
    let without = verify(&silent_with(&[]), None).unwrap();
    assert_eq!(bends(&without), [(8, 9, 3_820, Bound::Tick)]);
    assert_eq!(covered(&without), [(0, 10, 4_010)]);
    let said = without.to_string();
    assert!(said.contains("older checkpoints: 0,"), "{said}");
    assert!(said.contains("at most 4010 seconds (entries 0 to 10"), "{said}");

    let with = verify(&silent_with(&[(4, 65), (9, 600)]), None).unwrap();
    let expected = [(9, 9, 3_820, Bound::Tick), (8, 8, 420, Bound::Witness)];
    assert_eq!(bends(&with), expected);
    assert_eq!(covered(&with), [(0, 3, 65), (4, 8, 540), (9, 10, 3_830)]);
    let said = with.to_string();
    assert!(said.contains("older checkpoints: 2,") && said.contains("at most 3830 s"), "{said}");
    assert!(said.contains("up to 420 s later, when witnesses cosigned at"), "{said}");

    // Everything else is as it was, from whatever entry on it is counted.
    assert_eq!((with.root, with.admitted, with.refused), (without.root, 7, 4));
    let seen = &silent_with(&[(9, 600)])[&older_file(9)].clone();
    let reader = concordat_cli::verify::Reader { seen: Some(seen), ..Default::default() };
    let report = concordat_cli::verify::verify_as(&silent_with(&[(4, 65)]), reader).unwrap();
    assert_eq!(report.since.unwrap().entry, 9);
}

#[test]
fn one_witness_that_puts_its_clock_back_makes_nothing_certain() {
    let story = silent();
    let mut files = silent_with(&[]);
    let cosigned = [("birch", at(181)), ("alder", at(2_000)), ("lab", at(2_010))];
    with_older(&mut files, 9, checkpoint_of(&story.entries[..9], &cosigned));
    let report = verify(&files, None).unwrap();
    // Two of three make a quorum: one of any two is believed.
    assert_eq!(covered(&report)[0], (0, 8, 2_000));
}

#[test]
fn an_archive_from_before_there_were_older_checkpoints_still_verifies() {
    let mut files = silent_with(&[]);
    let [now, before] = README_TEXTS;
    assert_eq!(files[README], now.as_bytes());
    files.insert(README.to_owned(), before.as_bytes().to_vec());
    verify(&files, None).unwrap();
}

/// Alder replaces its witness key in the midst of the log; the archive has a checkpoint cosigned by the
/// new one.
fn rotated() -> (Story, Vec<u8>, u64) {
    let mut story = story();
    let old = key_id(&common::public("alder/witness")).unwrap();
    let new = key("alder/witness 2");
    let text = new.public().to_string();
    let binding = key_proof(story.log, &"alder".parse().unwrap(), KeyUse::Cosigning, &text);
    let proof = Some(hex::encode(new.sign(&binding)));
    story.about_keys(&["alder"], &Act::KeyRotate(KeyRotate { proof, ..KeyRotate::of(old, text) }));
    let since = story.replica.size();
    story.log(b"after the new key".to_vec());
    story.log(b"and more".to_vec());
    let mut note = Note::parse(&checkpoint_of(&story.entries, &[("lab", at(300))])).unwrap();
    let line = cosign(&format!("{ORIGIN}/alder"), &new, at(300), note.text()).unwrap();
    note.push(line).unwrap();
    (story, note.to_bytes(), since)
}

#[test]
fn who_witnesses_is_asked_of_the_log_as_it_was_at_that_size() {
    let (story, checkpoint, since) = rotated();
    let mut files = archive(&story.entries, &story.verdicts, story.blobs.clone());
    files.insert("checkpoint".to_owned(), checkpoint);
    let by_the_old_key = |size: u64| {
        let entries = &story.entries[..size as usize];
        checkpoint_of(entries, &[("alder", at(250)), ("lab", at(251))])
    };
    let before = since - 1;
    with_older(&mut files, before, by_the_old_key(before));
    assert_eq!(covered(&verify(&files, None).unwrap())[0], (0, before - 1, 251));

    with_older(&mut files, since, by_the_old_key(since));
    let broken = verify(&files, None).unwrap_err();
    assert_eq!((broken.file, broken.promise.as_str()), (older_file(since), "witnessed"));
}

#[test]
fn what_a_coordinator_hands_over_is_sifted_before_it_is_in_an_archive() {
    let (story, checkpoint, since) = rotated();
    let of = |size: u64, cosigned: &[(&str, u64)]| {
        let cosigned: Vec<_> = cosigned.iter().map(|(name, time)| (*name, at(*time))).collect();
        checkpoint_of(&story.entries[..size as usize], &cosigned)
    };
    let mut other = story.entries[..6].to_vec();
    other.swap(4, 5);
    let two_histories = checkpoint_of(&other, &[("alder", at(90)), ("lab", at(90))]);
    let older = BTreeMap::from([
        (3, of(3, &[("alder", 70), ("stranger", 70), ("lab", 71)])),
        (4, of(4, &[("alder", 80)])),
        (5, of(5, &[("alder", 60), ("birch", 60)])),
        (6, two_histories),
        (7, of(7, &[("birch", 210), ("lab", 211)])),
        (since, of(since, &[("alder", 250), ("lab", 250)])),
        (999, b"no note".to_vec()),
    ]);
    let pieces = story.entries.iter().map(|entry| Ok(vec![Cow::from(entry)]));
    let absent = || concordat_cli::Failure::usage("no-such-file", "absent", "none");
    let have = |digest: &Digest| story.blobs.get(digest).cloned().ok_or_else(absent);
    let mut writer = Writer::begin(Files::new()).unwrap();
    let rest = tell(pieces, &older, have, |part| writer.part(part)).unwrap();
    assert_eq!(rest.older.keys().copied().collect::<Vec<_>>(), [3, 7]);
    assert_eq!(rest.older[&3].0, Some(at(71)));
    assert!(!String::from_utf8_lossy(&rest.older[&3].1).contains("stranger"));
    let astray: Vec<_> = rest.astray.iter().map(|(size, why)| (*size, why)).collect();
    assert!(matches!(
        astray[..],
        [
            (4, Astray::Distrust(_)),
            (5, Astray::Time { .. }),
            (6, Astray::Root(6)),
            (_, Astray::Distrust(_)),
        ]
    ));
    for (size, (_, bytes)) in &rest.older {
        writer.older(*size, bytes).unwrap();
    }
    let files = writer.end(&checkpoint, &rest.keys).unwrap().0;
    assert_eq!(covered(&verify(&files, None).unwrap()).len(), 3);
}
