//! An archive holds as a whole, and no byte of it can change unnoticed.
#![allow(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use std::collections::BTreeMap;

use concordat_cli::archive::{README, VERDICTS};
use concordat_cli::verify::{Broken, verify};
use concordat_partnership::Act;
use concordat_partnership::act::{DigestRecord, Seen, Tick};
use concordat_replay::RECORD_WITHIN;
use concordat_terms::{Digest, Period};

use common::story;

fn broken(files: &BTreeMap<String, Vec<u8>>, log: Digest) -> Broken {
    verify(files, Some(log)).unwrap_err()
}

#[test]
fn an_archive_verifies_and_says_what_was_checked() {
    let story = story();
    let report = verify(&story.archive(), Some(story.log)).unwrap();
    assert_eq!(report.size, 8);
    assert_eq!(report.log, story.log);
    assert_eq!(report.cosigned_by.keys().collect::<Vec<_>>(), ["alder", "lab"]);
    assert_eq!(report.checks.len(), 13);
    assert!(report.checks.iter().any(|check| check.contains("6 admitted and 2 refused")));
    assert_eq!((report.silences[0].index, report.silences[0].seconds), (7, 120));
    assert!(report.pinned && report.absent.is_empty());
    assert!(!verify(&story.archive(), None).unwrap().pinned);
}

#[test]
fn no_byte_of_an_archive_can_change_unnoticed() {
    let story = story();
    let archive = story.archive();
    assert!(story.entries.len() <= 16);
    let mut files = archive.clone();
    let mut flips = 0;
    for (name, bytes) in &archive {
        for at in 0..bytes.len() {
            // The last bit, and the one that turns capitals into small letters.
            for bit in [0x01, 0x20] {
                files.get_mut(name).unwrap()[at] ^= bit;
                // Without the pin, which would hide what the rest of the checks miss.
                let found = verify(&files, None);
                assert!(found.is_err(), "`{name}`, byte {at}, bit {bit:#x} went unnoticed");
                files.get_mut(name).unwrap()[at] ^= bit;
                flips += 1;
            }
        }
        let mut cut = archive.clone();
        cut.get_mut(name).unwrap().pop();
        assert!(verify(&cut, None).is_err(), "`{name}` cut short");
        let mut longer = archive.clone();
        longer.get_mut(name).unwrap().push(b'\n');
        assert!(verify(&longer, None).is_err(), "`{name}` made longer");
        let mut without = archive.clone();
        without.remove(name);
        assert!(verify(&without, None).is_err(), "`{name}` removed");
    }
    assert!(flips > 20_000, "{flips}");
}

#[test]
fn a_file_that_belongs_to_no_archive_is_a_fault() {
    let story = story();
    let digest = Digest::of(b"x");
    for name in ["notes.txt", "blobs/x", &format!("blobs/{digest}"), "tile/0/001", "a/checkpoint"] {
        let mut files = story.archive();
        files.insert(name.to_owned(), b"x".to_vec());
        assert_eq!(broken(&files, story.log).file, name);
    }
}

#[test]
fn faults_name_the_file_the_entry_and_the_byte() {
    let story = story();
    let mut files = story.archive();
    let lines = String::from_utf8(files[VERDICTS].clone()).unwrap();
    // The exporting party claims that what was refused at entry 4 was admitted.
    assert!(lines.contains("nothing-permits") || lines.contains("not-your-seat"), "{lines}");
    let mut claimed: Vec<&str> = lines.lines().collect();
    claimed[4] = r#"{"index":4,"verdict":"admitted"}"#;
    files.insert(VERDICTS.to_owned(), format!("{}\n", claimed.join("\n")).into_bytes());
    let found = broken(&files, story.log);
    assert_eq!((found.file.as_str(), found.entry), (VERDICTS, Some(4)));
    assert!(found.offset.is_some() && found.to_string().contains("entry 4, byte "), "{found}");

    let mut files = story.archive();
    files.get_mut(README).unwrap()[10] ^= 1;
    assert_eq!(broken(&files, story.log).offset, Some(10));

    let other = broken(&story.archive(), Digest::of(b"another log"));
    assert!(other.what.contains(&story.log.to_string()), "{other}");
}

#[test]
fn a_checkpoint_without_a_quorum_or_with_a_stranger_is_not_relied_on() {
    let story = story();
    for witnesses in [&["alder"][..], &[], &["alder", "lab", "stranger"]] {
        let mut files = story.archive();
        files.insert("checkpoint".to_owned(), story.checkpoint(witnesses));
        assert_eq!(broken(&files, story.log).file, "checkpoint", "{witnesses:?}");
    }
}

#[test]
fn a_coordinator_whose_own_verdicts_differ_is_found_out() {
    let mut story = story();
    let index = story.replica.size();
    let rolling = Digest::of(b"what a coordinator with other rules would have");
    story.sequence(&Act::DigestRecord(DigestRecord { index, rolling }));
    let found = broken(&story.archive(), story.log);
    assert_eq!(found.entry, Some(8));
    assert!(found.what.contains("the coordinator's own verdicts differ before index 8"), "{found}");
}

#[test]
fn a_coordinator_that_records_the_digest_of_another_log_is_found_out() {
    let mut story = story();
    let (index, rolling) = (story.replica.size(), story.replica.state().rolling());
    let seen = Seen { size: index, root: Digest::of(b"another log") };
    let record = Act::DigestRecord(DigestRecord { index, rolling });
    story.act_in_sight_of(seen, "sequencer", "sequencer", &record);
    let found = broken(&story.archive(), story.log);
    assert_eq!(found.entry, Some(8));
    assert!(found.what.contains("a digest of another log at index 8"), "{found}");
}

#[test]
fn a_coordinator_whose_record_is_refused_for_whatever_reason_is_found_out() {
    let mut story = story();
    let (index, rolling) = (story.replica.size(), story.replica.state().rolling());
    let record = Act::DigestRecord(DigestRecord { index, rolling });
    story.act("sequencer", "signatory", &record);
    let found = broken(&story.archive(), story.log);
    assert_eq!(found.entry, Some(8));
    assert!(found.what.contains("digest record at index 8 is refused"), "{found}");

    // A party that tries to speak for the coordinator harms nobody but itself.
    let mut story = common::story();
    story.act("alder", "sequencer", &record);
    verify(&story.archive(), Some(story.log)).unwrap();
}

#[test]
fn a_coordinator_that_records_no_digest_is_found_out_once_one_is_due() {
    let mut story = story();
    // The story's own record is at entry 6.
    while story.replica.size() < 7 + RECORD_WITHIN - 1 {
        let time = story.replica.state().time().unwrap().plus(Period::of_seconds(1));
        story.sequence(&Act::Tick(Tick { time }));
    }
    let report = verify(&story.archive(), Some(story.log)).unwrap();
    assert!(report.checks.iter().any(|check| check.contains("the last at entry 6")), "{report}");

    let mut silent = story.clone();
    let time = story.replica.state().time().unwrap().plus(Period::of_seconds(1));
    silent.sequence(&Act::Tick(Tick { time }));
    let found = broken(&silent.archive(), silent.log);
    assert_eq!((found.file.as_str(), found.entry), ("tile/entries/001.p/7", Some(262)));
    assert!(found.what.contains("no digest in the 256 entries up to index 262"), "{found}");

    story.record();
    verify(&story.archive(), Some(story.log)).unwrap();
}

#[test]
fn a_verdict_whose_text_is_missing_is_not_guessed() {
    let mut story = story();
    let digest = *story.blobs.keys().next().unwrap();
    story.blobs.clear();
    let found = broken(&story.archive(), story.log);
    assert_eq!((found.file, found.entry), (format!("blobs/{digest}"), Some(2)));
}
