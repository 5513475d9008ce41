//! What a party exports, whatever others have had refused.
#![allow(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use common::{archive, story};
use concordat_cli::Failure;
use concordat_cli::archive::{Part, save, tell};
use concordat_cli::verify::verify;
use concordat_partnership::Act;
use concordat_partnership::act::{OneModule, Seen};
use concordat_terms::Digest;

#[test]
fn a_refused_proposal_of_a_text_that_nobody_has_keeps_nobody_from_exporting() {
    let mut story = story();
    let seen = Seen { size: story.replica.size(), root: story.replica.root() };
    let act = Act::ModulePropose(OneModule { module: Digest::of(b"a text that nobody has") });
    story.act_in_sight_of(seen, "alder", "test-lab", &act);
    assert!(story.verdicts[8].contains("not-your-seat"), "{}", story.verdicts[8]);

    let blobs = story.blobs.clone();
    let nobody_has = || Failure::fault("missing-blob", "not here", "wait");
    let pieces = || story.entries.chunks(3).map(|some| Ok(some.iter().map(Cow::from).collect()));
    let (mut verdicts, mut found) = (Vec::new(), BTreeMap::new());
    let have = |digest: &Digest| blobs.get(digest).cloned().ok_or_else(nobody_has);
    let rest = tell(pieces(), &BTreeMap::new(), have, |part| {
        match part {
            Part::Entry(entry, verdict) => {
                assert_eq!(entry, story.entries[verdicts.len()]);
                verdicts.push(verdict);
            }
            Part::Blob(digest, bytes) => assert!(found.insert(digest, bytes).is_none()),
            Part::Erased(digest) => panic!("{digest} was erased"),
        }
        Ok(())
    });
    let rest = rest.unwrap();
    assert_eq!((&verdicts, &found), (&story.verdicts, &story.blobs));
    assert_eq!(rest.blobs, found.len());
    assert!(rest.absent.is_empty(), "nobody asks for what a refused act names");
    let files = archive(&story.entries, &verdicts, found);
    verify(&files, Some(story.log)).unwrap();

    // Without the text of the proposal that was admitted there is no verdict to tell.
    let problem = tell(pieces(), &BTreeMap::new(), |_| Err(nobody_has()), |_| Ok(())).unwrap_err();
    assert_eq!(problem.problem().code, "missing-blob");
}

#[test]
fn an_export_leaves_alone_what_it_did_not_make_and_leaves_nothing_where_it_fails() {
    let dir = tempfile::tempdir().unwrap();
    let files = |names: &[&str]| {
        names.iter().map(|name| ((*name).to_owned(), b"x".to_vec())).collect::<BTreeMap<_, _>>()
    };
    let there = || {
        let names = std::fs::read_dir(dir.path()).unwrap();
        let names = names.map(|found| found.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>()
    };
    // A draft of somebody's, by chance of this name, and a file in it.
    let theirs = dir.path().join("archive.draft");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::write(theirs.join("minutes.md"), "theirs").unwrap();
    let before = there();

    // One name would have to be a file and a folder.
    save(&dir.path().join("archive"), &files(&["a", "a/b"])).unwrap_err();
    assert_eq!(there(), before);
    save(&dir.path().join("archive"), &files(&["README.txt", "blobs/a"])).unwrap();
    assert_eq!(there(), ["archive".to_owned(), "archive.draft".to_owned()].into());
    assert_eq!(std::fs::read_to_string(theirs.join("minutes.md")).unwrap(), "theirs");
    assert_eq!(std::fs::read_to_string(dir.path().join("archive/blobs/a")).unwrap(), "x");
}
