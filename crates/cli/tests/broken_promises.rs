//! What may be done to an archive, and which promise each breaks: a program is told by name.
#![allow(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;
mod serving;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::Command;

use common::{ORIGIN, Story, archive, at, checkpoint, checkpoint_of, key, public, story};
use concordat_cli::archive::{OLDER_SIZES, README, VERDICTS, older_file, older_sizes};
use concordat_cli::verify::Promise::{
    Blobs, Coordinator, Founding, History, Layout, Order, Papers, Verdicts, Witnessed,
};
use concordat_cli::verify::{Promise, Reader, verify_as, verify_seen};
use concordat_partnership::act::{
    DigestRecord, Header, KeyCompromise, KeyRegister, KeyRotate, KeyUse, PlaceRegister, Seen,
    Signer, Tick,
};
use concordat_partnership::{Act, key_id};
use concordat_replay::key_proof;
use concordat_terms::Digest;
use concordat_tlog::archive as tlog;
use concordat_tlog::cosign::cosign;
use concordat_tlog::dsse::Signature;
use concordat_tlog::{Checkpoint, Envelope, Note, SigningKey};
use concordat_wire::act::encode;
use serde_json::Value;
use serving::served;

type Files = BTreeMap<String, Vec<u8>>;

const BUNDLE: &str = "tile/entries/000.p/8";
const TILE: &str = "tile/0/000.p/8";

/// The archive, and what its reader has seen before.
struct Case {
    files: Files,
    seen: Option<Vec<u8>>,
}

/// Other entries below the signatures of the right ones.
fn with_entries(change: impl Fn(&mut Vec<Vec<u8>>)) -> Case {
    let story = story();
    let mut entries = story.entries.clone();
    change(&mut entries);
    let mut files = archive(&entries, &story.verdicts, story.blobs.clone());
    files.insert("checkpoint".to_owned(), story.checkpoint(&["alder", "lab"]));
    Case { files, seen: None }
}

fn with_files(change: impl Fn(&mut Files)) -> Case {
    let mut files = story().archive();
    change(&mut files);
    Case { files, seen: None }
}

/// A bit of an entry that is not the first.
fn late(files: &mut Files) {
    let bundle = files.get_mut(BUNDLE).unwrap();
    let at = bundle.len() - 700;
    bundle[at] ^= 1;
}

/// The payload of a place that alder registers, and the header as it should be.
fn place(
    story: &Story,
    signers: &[&str],
    header: impl Fn(&mut Header),
    act: Option<Act>,
) -> Vec<u8> {
    let signer = |name: &&str| Signer {
        seat: "signatory".parse().unwrap(),
        key: key_id(&public(name)).unwrap(),
    };
    let mut head = Header {
        log: story.log,
        signers: signers.iter().map(signer).collect(),
        nonce: format!("{:032x}", 0xabcd_u64 + story.replica.size()),
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
    encode(Some(&head), &act.unwrap_or(Act::PlaceRegister(place))).unwrap()
}

/// An envelope with alder's key id over a signature by whatever key.
fn signed_by(payload: &[u8], by: &SigningKey) -> Vec<u8> {
    let keyid = key_id(&public("alder")).unwrap().to_string();
    Envelope::sign(payload, &[(&keyid, by)]).unwrap().to_bytes()
}

/// The coordinator logs what may not count, and says that it did.
fn claimed(log: impl Fn(&mut Story)) -> Case {
    let mut story = story();
    log(&mut story);
    let index = story.entries.len() - 1;
    assert!(!story.verdicts[index].contains("admitted"), "{:?}", story.verdicts[index]);
    story.verdicts[index] = format!(r#"{{"index":{index},"verdict":"admitted"}}"#);
    Case { files: story.archive(), seen: None }
}

fn changed(payload: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(payload.to_vec()).unwrap();
    assert!(text.contains(from), "{text}");
    text.replacen(from, to, 1).into_bytes()
}

/// Alder gives its key up, and signs with it all the same.
fn with_a_key_of_another_time(story: &mut Story) {
    let since = story.replica.size();
    let register = Act::KeyRegister(KeyRegister {
        key: public("alder/2"),
        used: Default::default(),
        member: None,
        next: None,
        proof: None,
    });
    let both = ["alder", "alder/2"];
    let bytes = place(story, &both, |_| (), Some(register));
    story.log_signed(&bytes, &both);
    let ended = KeyCompromise { key: key_id(&public("alder")).unwrap(), since };
    let bytes = place(story, &["alder"], |_| (), Some(Act::KeyCompromise(ended)));
    story.log_signed(&bytes, &["alder"]);
    let bytes = place(story, &["alder"], |_| (), None);
    story.log_signed(&bytes, &["alder"]);
}

fn fork() -> Story {
    let mut fork = story();
    fork.act("birch", "data-holder", &Act::Tick(Tick { time: at(500) }));
    fork
}

/// The identity of the curve as the coordinator's key: it "signs" whatever one likes.
fn weak() -> Case {
    let story = story();
    let envelope = Envelope::parse(&story.entries[0]).unwrap();
    let weak = format!("01{}", "00".repeat(31));
    let payload = changed(envelope.payload(), &public("sequencer"), &weak);
    let mut sig = [0; 64];
    sig[0] = 1;
    let mut signatures = envelope.signatures().to_vec();
    signatures[3] = Signature { keyid: key_id(&weak).unwrap().to_string(), sig };
    let mut entries = story.entries.clone();
    entries[0] = Envelope::new(payload, signatures).unwrap().to_bytes();
    Case { files: archive(&entries, &story.verdicts, story.blobs.clone()), seen: None }
}

/// An archive with older checkpoints, of 3 entries and of 6.
fn with_older(change: impl Fn(&mut Files)) -> Case {
    let cosigned = |seconds| [("alder", at(seconds)), ("birch", at(seconds + 1))];
    with_files(|files| {
        for (size, seconds) in [(3, 70), (6, 100)] {
            let older = checkpoint_of(&story().entries[..size], &cosigned(seconds));
            files.insert(older_file(size as u64), older);
        }
        files.insert(OLDER_SIZES.to_owned(), b"3\n6\n".to_vec());
        change(files);
    })
}

/// One of these exchanged for another, or another beside them, listed as it is.
fn with_another(size: u64, other: Vec<u8>) -> Case {
    with_older(move |files| {
        files.insert(older_file(size), other.clone());
        let sizes: std::collections::BTreeSet<u64> = [3, 6, size].into();
        files.insert(OLDER_SIZES.to_owned(), older_sizes(&sizes).into_bytes());
    })
}

/// A checkpoint of another log, cosigned by the same witnesses under their names there.
fn foreign() -> Vec<u8> {
    let origin = "lung.example/log".to_owned();
    let mut tree = concordat_tlog::Frontier::default();
    (0..6).for_each(|_| tree.append(Digest::of(b"another log")));
    let checkpoint = Checkpoint { origin: origin.clone(), size: 6, root: tree.root() };
    let mut note = checkpoint.sign(&key("lung sequencer")).unwrap();
    for name in ["alder", "birch"] {
        let witness = key(&format!("{name}/witness"));
        note.push(cosign(&format!("{origin}/{name}"), &witness, at(100), note.text()).unwrap())
            .unwrap();
    }
    note.to_bytes()
}

/// What the log's key signed of another beginning of six entries, cosigned by a quorum.
fn other_beginning() -> Vec<u8> {
    let mut entries = story().entries[..6].to_vec();
    entries[5] = entries[4].clone();
    checkpoint_of(&entries, &[("alder", at(100)), ("lab", at(100))])
}

/// The older checkpoints, and what may be done to them.
fn older_lines() -> Vec<(&'static str, Promise, Case)> {
    let six = |cosigned: &[(&str, u64)]| {
        let cosigned: Vec<_> = cosigned.iter().map(|(name, time)| (*name, at(*time))).collect();
        checkpoint_of(&story().entries[..6], &cosigned)
    };
    vec![
        ("a bit of an older checkpoint", Witnessed, {
            with_older(|files| files.get_mut(&older_file(6)).unwrap()[ORIGIN.len() + 3] ^= 1)
        }),
        ("a bit of a cosignature of one", Witnessed, {
            with_older(|files| {
                let note = files.get_mut(&older_file(3)).unwrap();
                let at = note.len() - 20;
                note[at] = if note[at] == b'A' { b'B' } else { b'A' };
            })
        }),
        ("an older checkpoint that too few cosigned", Witnessed, {
            with_another(6, six(&[("lab", 100)]))
        }),
        ("one that somebody else cosigned too", Witnessed, {
            with_another(6, six(&[("alder", 100), ("lab", 100), ("stranger", 100)]))
        }),
        ("no list of the older checkpoints", Layout, {
            with_older(|files| drop(files.remove(OLDER_SIZES)))
        }),
        ("a list of other older checkpoints", Layout, {
            with_older(|files| drop(files.insert(OLDER_SIZES.to_owned(), b"3\n".to_vec())))
        }),
        ("an older checkpoint of another log", Witnessed, with_another(6, foreign())),
        ("one that counted before a smaller one", Witnessed, {
            with_another(6, six(&[("alder", 69), ("lab", 70)]))
        }),
        ("one that counted after the last one", Witnessed, {
            with_another(6, six(&[("alder", 100), ("lab", 201)]))
        }),
        ("an older checkpoint of another history", History, with_another(6, other_beginning())),
        ("an older checkpoint of a longer log", History, {
            let mut longer = story();
            longer.sequence(&Act::Tick(Tick { time: at(190) }));
            with_another(9, longer.checkpoint(&["alder", "lab"]))
        }),
        ("an older checkpoint under another size", Layout, {
            with_another(5, six(&[("alder", 100), ("lab", 100)]))
        }),
        ("an older checkpoint under no size", Layout, {
            let older = six(&[("alder", 100), ("lab", 100)]);
            with_older(move |files| drop(files.insert("checkpoints/06".to_owned(), older.clone())))
        }),
    ]
}

fn lines() -> Vec<(&'static str, Promise, Case)> {
    let blob = || format!("blobs/{}", story().blobs.keys().next().unwrap());
    let flip = |name: &'static str, at: usize| {
        with_files(move |files| files.get_mut(name).unwrap()[at] ^= 1)
    };
    let alder = || key("alder");
    let mut one = story();
    one.sequence(&Act::Tick(Tick { time: at(300) }));
    vec![
        ("a bit of an entry", Order, with_files(late)),
        ("a bit of a hash", Order, flip(TILE, 40)),
        ("a bit of the checkpoint", Witnessed, flip("checkpoint", 30)),
        ("a bit of the readme", Papers, flip(README, 100)),
        ("an entry dropped", Order, with_entries(|all| drop(all.remove(3)))),
        ("two entries swapped", Order, with_entries(|all| all.swap(3, 4))),
        ("an entry twice", Order, with_entries(|all| all.insert(3, all[3].clone()))),
        ("an entry twice, another dropped", Order, { with_entries(|all| all[4] = all[3].clone()) }),
        (
            "a bundle cut short",
            Order,
            with_files(|files| {
                let bundle = files.get_mut(BUNDLE).unwrap();
                bundle.truncate(bundle.len() - 9);
            }),
        ),
        (
            "a tile cut short",
            Order,
            with_files(|files| files.get_mut(TILE).unwrap().truncate(7 * 32)),
        ),
        ("a tile missing", Order, with_files(|files| drop(files.remove(TILE)))),
        ("a history signed anew", History, {
            Case { files: fork().archive(), seen: Some(one.checkpoint(&["alder", "lab"])) }
        }),
        ("a log rolled back", History, {
            let shorter = archive(&story().entries[..7], &story().verdicts[..7], story().blobs);
            Case { files: shorter, seen: Some(story().checkpoint(&["alder", "lab"])) }
        }),
        ("an older checkpoint on today's entries", History, {
            let older = checkpoint(&story().entries[..7], &["alder", "lab"]);
            with_files(move |files| drop(files.insert("checkpoint".to_owned(), older.clone())))
        }),
        ("too few cosignatures", Witnessed, {
            let few = story().checkpoint(&["alder"]);
            with_files(move |files| drop(files.insert("checkpoint".to_owned(), few.clone())))
        }),
        ("a cosignature of another time", Witnessed, {
            with_files(|files| {
                let note = String::from_utf8(files["checkpoint"].clone()).unwrap();
                let at = note.rfind("/lab ").unwrap() + "/lab ".len() + 12;
                let mut bytes = note.into_bytes();
                bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
                files.insert("checkpoint".to_owned(), bytes);
            })
        }),
        ("a key of another time", Verdicts, claimed(with_a_key_of_another_time)),
        ("a key that signs whatever one likes", Founding, weak()),
        ("another's signature", Verdicts, {
            claimed(|story| {
                let bytes = place(story, &["alder"], |_| (), None);
                story.log(signed_by(&bytes, &key("birch")));
            })
        }),
        ("a payload that is not canonical", Verdicts, {
            claimed(|story| {
                let bytes = changed(&place(story, &["alder"], |_| (), None), ":", ": ");
                story.log(signed_by(&bytes, &alder()));
            })
        }),
        ("an act of a time to come", Verdicts, {
            claimed(|story| {
                let own = place(story, &["alder"], |_| (), None);
                story.log(signed_by(&changed(&own, "register:v0", "register:v9"), &alder()));
            })
        }),
        ("time that runs backwards", Verdicts, {
            claimed(|story| story.sequence(&Act::Tick(Tick { time: at(10) })))
        }),
        ("a refusal said to be none", Verdicts, {
            with_files(|files| {
                let lines = String::from_utf8(files[VERDICTS].clone()).unwrap();
                let mut lines: Vec<&str> = lines.lines().collect();
                lines[4] = r#"{"index":4,"verdict":"admitted"}"#;
                files.insert(VERDICTS.to_owned(), format!("{}\n", lines.join("\n")).into_bytes());
            })
        }),
        ("a coordinator of other verdicts", Coordinator, {
            let mut story = story();
            let (index, rolling) = (story.replica.size(), Digest::of(b"other rules"));
            story.sequence(&Act::DigestRecord(DigestRecord { index, rolling }));
            Case { files: story.archive(), seen: None }
        }),
        ("a blob missing", Blobs, with_files(move |files| drop(files.remove(&blob())))),
        ("a blob altered", Blobs, {
            with_files(move |files| files.get_mut(&blob()).unwrap().push(b' '))
        }),
        ("a blob that nothing names", Blobs, {
            with_files(|files| {
                files.insert(format!("blobs/{}", Digest::of(b"x")), b"x".to_vec());
            })
        }),
        ("a file of no archive", Layout, {
            with_files(|files| drop(files.insert("notes.txt".to_owned(), vec![])))
        }),
    ]
}

#[test]
fn whatever_is_done_to_an_archive_is_refused_by_the_promise_that_it_breaks() {
    verify_seen(&with_older(|_| ()).files, None, None).unwrap();
    for (what, promise, Case { files, seen }) in lines().into_iter().chain(older_lines()) {
        let broken = verify_seen(&files, None, seen.as_deref()).unwrap_err();
        assert_eq!(broken.promise, promise, "{what}: {broken}");
    }
}

fn in_folder(files: &Files, dir: &std::path::Path) {
    for (name, bytes) in files {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn whoever_reads_the_three_lines_is_told_which_promise_is_broken() {
    let dir = tempfile::TempDir::new().unwrap();
    let older = checkpoint(&story().entries[..7], &["alder", "lab"]);
    let Case { files, .. } = with_files(|files| {
        files.insert("checkpoint".to_owned(), older.clone());
    });
    in_folder(&files, dir.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
    let output = command.arg("verify").arg(dir.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let error = said.lines().find(|line| line.starts_with("error: ")).unwrap();
    let what = "`checkpoint`: it stands for 7 entries, and 8 are here";
    assert!(error.contains(what), "{said}");
    let promise = "this breaks `history`: the log goes on from what was signed before";
    assert!(error.ends_with(promise), "{said}");
    assert_eq!(output.status.code(), Some(1));

    // More than the log has is asked for, and nothing is wrong with the log.
    let whole = tempfile::TempDir::new().unwrap();
    in_folder(&story().archive(), whole.path());
    let (status, said) = verified(&[&whole.path().display().to_string(), "--since", "9"]);
    assert_eq!((status, &said["code"]), (Some(2), &Value::from("since-beyond-log")), "{said}");
    assert_eq!(said["what"], "the archive has 8 entries, and `--since` names entry 9");
    let (status, _) = verified(&[&whole.path().display().to_string(), "--since", "8"]);
    assert_eq!(status, Some(0));

    // What the reader brings along is not the archive's fault.
    let mut seen = story().checkpoint(&["alder"]);
    let at = String::from_utf8(seen.clone()).unwrap().find('\u{2014}').unwrap() + 40;
    seen[at] = if seen[at] == b'A' { b'B' } else { b'A' };
    let broken = verify_seen(&story().archive(), None, Some(&seen)).unwrap_err();
    assert_eq!(broken.file, "the checkpoint that you have seen");
    assert!(broken.what.starts_with("signature line 1 of it: "), "{broken}");

    // No other promise is told by the same words.
    let told: std::collections::BTreeSet<_> = lines()
        .iter()
        .map(|(_, promise, case)| {
            verify_seen(&case.files, None, case.seen.as_deref()).unwrap_err();
            (promise.as_str(), promise.words())
        })
        .collect();
    let words: std::collections::BTreeSet<_> = told.iter().map(|(_, words)| words).collect();
    assert_eq!(words.len(), told.len());
}

#[test]
fn what_came_since_is_counted_apart_and_everything_is_checked_all_the_same() {
    let story = story();
    let since = |reader| verify_as(&story.archive(), reader).unwrap().since;
    let counted = since(Reader { since: Some(4), ..Reader::default() }).unwrap();
    assert_eq!((counted.entry, counted.admitted, counted.refused), (4, 2, 2));
    // A checkpoint that was seen is where what is new begins.
    let seen = checkpoint(&story.entries[..6], &["alder", "birch"]);
    let counted = since(Reader { seen: Some(&seen), ..Reader::default() }).unwrap();
    assert_eq!((counted.entry, counted.admitted, counted.refused), (6, 2, 0));
    assert_eq!(since(Reader::default()), None);
    let beyond = Reader { since: Some(9), ..Reader::default() };
    assert_eq!(verify_as(&story.archive(), beyond).unwrap_err().promise, History);

    // An entry from before is not passed over.
    let mut files = story.archive();
    late(&mut files);
    let reader = Reader { since: Some(7), ..Reader::default() };
    assert_eq!(verify_as(&files, reader).unwrap_err().promise, Order);
}

/// Birch puts another key in the place of the one that cosigns for it.
fn rotate_witness(story: &mut Story, old: &str, new: &str) {
    let proof = key_proof(story.log, &"birch".parse().unwrap(), KeyUse::Cosigning, &public(new));
    let proof = Some(hex::encode(key(new).sign(&proof)));
    let rotate = KeyRotate::of(key_id(&public(old)).unwrap(), public(new));
    story.about_keys(&["birch"], &Act::KeyRotate(KeyRotate { proof, ..rotate }));
}

#[test]
fn a_checkpoint_that_was_seen_counts_by_the_logs_key_whoever_cosigned_it() {
    let mut story = story();
    rotate_witness(&mut story, "birch/witness", "birch/witness 2");
    // Cosigned by a witness of neither the founding nor now, or by nobody.
    let mut note = Note::parse(&story.checkpoint(&[])).unwrap();
    let line = cosign(&format!("{ORIGIN}/birch"), &key("birch/witness 2"), at(190), note.text());
    note.push(line.unwrap()).unwrap();
    let between = [note.to_bytes(), story.checkpoint(&["alder"]), story.checkpoint(&[])];
    let size = story.replica.size();
    rotate_witness(&mut story, "birch/witness 2", "birch/witness 3");
    let said = format!("history: the first {size} entries are those that you have seen");
    for seen in &between {
        let report = verify_seen(&story.archive(), Some(story.log), Some(seen)).unwrap();
        assert!(report.checks.contains(&said), "{:?}", report.checks);
    }

    // The log's key alone has signed another history: that is two, and not too few cosignatures.
    let mut other = fork();
    other.sequence(&Act::Tick(Tick { time: at(600) }));
    let seen = other.checkpoint(&[]);
    let broken = verify_seen(&story.archive(), None, Some(&seen)).unwrap_err();
    assert_eq!(broken.promise, History);
    assert!(broken.what.contains("two histories were signed, at size 10"), "{broken}");
    // What it has not signed is of nobody's log.
    let note = Note::parse(&between[0]).unwrap();
    let unsigned = Note::new(note.text().to_owned(), note.lines()[1..].to_vec()).unwrap();
    let broken = verify_seen(&story.archive(), None, Some(&unsigned.to_bytes())).unwrap_err();
    assert!(broken.what.contains("has not signed the checkpoint"), "{broken}");
}

/// Files of which one is another each time that it is read.
struct Changing {
    files: Files,
    checkpoints: RefCell<Vec<Vec<u8>>>,
}

impl tlog::Files for Changing {
    fn names(&self) -> Vec<String> {
        self.files.names()
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        match name {
            tlog::CHECKPOINT => self.checkpoints.borrow_mut().pop(),
            _ => self.files.read(name),
        }
    }

    fn part(&self, name: &str, from: u64, most: usize) -> Option<Vec<u8>> {
        self.files.part(name, from, most)
    }
}

#[test]
fn those_who_cosigned_another_checkpoint_are_not_taken_for_cosigners_of_this_one() {
    let story = story();
    let verified = |first: Vec<u8>, then: Vec<u8>| {
        let checkpoints = RefCell::new(vec![then, first]);
        verify_as(&Changing { files: story.archive(), checkpoints }, Reader::default())
    };
    let (alone, cosigned) = (story.checkpoint(&[]), story.checkpoint(&["alder", "lab"]));
    verified(alone.clone(), cosigned).unwrap();
    for other in [checkpoint(&story.entries[..7], &["alder", "lab"]), {
        let mut fork = story.clone();
        fork.entries[7] = b"another".to_vec();
        fork.checkpoint(&["alder", "lab"])
    }] {
        let broken = verified(alone.clone(), other).unwrap_err();
        assert_eq!(broken.promise, Witnessed, "{broken}");
        assert!(broken.what.contains("it changed while the log was read"), "{broken}");
    }
}

fn verified(arguments: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
    let output = command.arg("verify").args(arguments).arg("--json").output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_static_log_is_verified_from_its_address() {
    let story = story();
    let mut files = story.archive();
    // A server of tiles has no claims of an exporting party.
    files.remove(VERDICTS);
    files.remove(README);
    let log = story.log.to_string();
    let (status, said) = verified(&[&served(files.clone()), "--log", &log, "--since", "5"]);
    assert_eq!((status, &said["size"]), (Some(0), &Value::from(8)), "{said}");
    assert_eq!(said["since"]["entry"], 5);

    let mut altered = files.clone();
    late(&mut altered);
    let (status, said) = verified(&[&served(altered)]);
    assert_eq!((status, &said["promise"]), (Some(1), &Value::from("order")), "{said}");
    let mut without = files.clone();
    without.retain(|name, _| !name.starts_with("blobs/"));
    let (status, said) = verified(&[&served(without)]);
    assert_eq!((status, &said["promise"]), (Some(1), &Value::from("blobs")), "{said}");
    let (status, said) = verified(&[&served(Files::new())]);
    assert_eq!((status, &said["promise"]), (Some(1), &Value::from("layout")), "{said}");
    // The older checkpoints that it lists are fetched with it, and held against the log.
    let dated = with_older(|_| ());
    let covered = |said: &Value| said["covered"].as_array().unwrap().len();
    let (status, said) = verified(&[&served(dated.files.clone())]);
    assert_eq!((status, covered(&said)), (Some(0), 3), "{said}");
    let mut unlisted = dated.files.clone();
    unlisted.remove(OLDER_SIZES);
    let (status, said) = verified(&[&served(unlisted)]);
    assert_eq!((status, covered(&said)), (Some(0), 1), "{said}");
    for (list, file) in
        [("6\n3\n", OLDER_SIZES), ("3\n8\n", OLDER_SIZES), ("3\n4\n", "checkpoints/4")]
    {
        let mut other = dated.files.clone();
        other.insert(OLDER_SIZES.to_owned(), list.as_bytes().to_vec());
        let (status, said) = verified(&[&served(other)]);
        assert_eq!((status, &said["promise"]), (Some(1), &Value::from("layout")), "{said}");
        assert_eq!(said["file"], file, "{said}");
    }
    let mut forged = dated.files.clone();
    forged.insert(older_file(6), other_beginning());
    let (status, said) = verified(&[&served(forged)]);
    assert_eq!((status, &said["promise"]), (Some(1), &Value::from("history")), "{said}");
    let (status, said) = verified(&["http://127.0.0.1:1/nobody"]);
    assert_eq!((status, &said["code"]), (Some(3), &Value::from("unreachable-log")), "{said}");
}
