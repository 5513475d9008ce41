//! An archive holds as a whole, and no byte of it can change unnoticed.
#![allow(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use concordat_cli::archive::{README, VERDICTS, build, verdict_line};
use concordat_cli::verify::{Broken, verify};
use concordat_partnership::act::{
    DigestRecord, Founder, Genesis, Header, OneModule, PlaceRegister, Seen, Signer, Tick,
    WitnessPolicy,
};
use concordat_partnership::{Act, key_id};
use concordat_replay::{RULES, Replica};
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::cosign::cosign;
use concordat_tlog::{Checkpoint, Envelope, SigningKey};
use concordat_wire::act::encode;

const ORIGIN: &str = "heart.example/log";
const PARTIES: [&str; 3] = ["alder", "birch", "lab"];

/// A log in the making, its coordinator and three parties in one hand.
struct Story {
    replica: Replica,
    entries: Vec<Vec<u8>>,
    verdicts: Vec<String>,
    blobs: BTreeMap<Digest, Vec<u8>>,
    log: Digest,
    nonce: u64,
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(Digest::of(name.as_bytes()).as_bytes())
}

fn public(name: &str) -> String {
    key(name).public().to_string()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
}

impl Story {
    fn begin() -> Self {
        let founder = |name: &&str| {
            let witness = public(&format!("{name}/witness"));
            (name.parse().unwrap(), Founder { key: public(name), witness })
        };
        let genesis = Genesis {
            origin: ORIGIN.to_owned(),
            rules: *RULES,
            time: at(0),
            sequencer: public("sequencer"),
            parties: PARTIES.iter().map(founder).collect(),
            policy: WitnessPolicy {
                witnesses: PARTIES.iter().map(|name| name.parse().unwrap()).collect(),
                quorum: 2,
            },
            modules: BTreeSet::new(),
        };
        let payload = encode(None, &Act::Genesis(genesis)).unwrap();
        let mut story = Self {
            replica: Replica::new(),
            entries: Vec::new(),
            verdicts: Vec::new(),
            blobs: BTreeMap::new(),
            log: Digest::of(&payload),
            nonce: 0,
        };
        let signers: Vec<_> = PARTIES.iter().chain(&["sequencer"]).copied().collect();
        story.log_signed(&payload, &signers);
        story
    }

    fn log_signed(&mut self, payload: &[u8], signers: &[&str]) {
        let keys: Vec<_> = signers
            .iter()
            .map(|name| (key_id(&public(name)).unwrap().to_string(), key(name)))
            .collect();
        let keys: Vec<_> = keys.iter().map(|(id, key)| (id.as_str(), key)).collect();
        self.log(Envelope::sign(payload, &keys).unwrap().to_bytes());
    }

    fn log(&mut self, entry: Vec<u8>) {
        let verdict = self.replica.step(&entry).unwrap();
        self.verdicts.push(verdict_line(self.entries.len() as u64, &verdict));
        self.entries.push(entry);
    }

    fn act(&mut self, name: &str, seat: &str, act: &Act) {
        self.nonce += 1;
        let header = Header {
            log: self.log,
            signers: vec![Signer {
                seat: seat.parse().unwrap(),
                key: key_id(&public(name)).unwrap(),
            }],
            nonce: format!("{:032x}", self.nonce),
            seen: Seen { size: self.replica.size(), root: self.replica.root() },
            expires_at: at(3600),
        };
        let payload = encode(Some(&header), act).unwrap();
        self.log_signed(&payload, &[name]);
    }

    fn sequence(&mut self, act: &Act) {
        self.act("sequencer", "sequencer", act);
    }

    /// The checkpoint, cosigned by these.
    fn checkpoint(&self, witnesses: &[&str]) -> Vec<u8> {
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size: self.replica.size(),
            root: self.replica.root(),
        };
        let mut note = checkpoint.sign(&key("sequencer")).unwrap();
        for name in witnesses {
            let witness = key(&format!("{name}/witness"));
            let line = cosign(&format!("{ORIGIN}/{name}"), &witness, at(200), note.text());
            note.push(line.unwrap()).unwrap();
        }
        note.to_bytes()
    }

    fn archive(&self) -> BTreeMap<String, Vec<u8>> {
        let checkpoint = self.checkpoint(&["alder", "lab"]);
        build(&self.entries, &checkpoint, &self.verdicts, self.blobs.clone()).unwrap()
    }
}

/// A log with a module's text, something refused, something unreadable and a recorded digest.
fn story() -> Story {
    let mut story = Story::begin();
    story.sequence(&Act::Tick(Tick { time: at(60) }));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart/governance.md");
    let text = std::fs::read(path).unwrap();
    let module = OneModule { module: story.replica.supply(text.clone()) };
    story.blobs.insert(module.module, text);
    story.act("alder", "signatory", &Act::ModulePropose(module.clone()));
    story.act("birch", "signatory", &Act::ModuleSign(module));
    let place = PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "US".to_owned(),
    };
    story.act("alder", "data-holder", &Act::PlaceRegister(place));
    story.log(b"these bytes are no envelope".to_vec());
    let rolling = story.replica.state().rolling();
    let index = story.replica.size();
    story.sequence(&Act::DigestRecord(DigestRecord { index, rolling }));
    story.sequence(&Act::Tick(Tick { time: at(180) }));
    story
}

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
    assert_eq!(report.checks.len(), 9);
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
fn a_verdict_whose_text_is_missing_is_not_guessed() {
    let mut story = story();
    let digest = *story.blobs.keys().next().unwrap();
    story.blobs.clear();
    let found = broken(&story.archive(), story.log);
    assert_eq!((found.file, found.entry), (format!("blobs/{digest}"), Some(2)));
}
