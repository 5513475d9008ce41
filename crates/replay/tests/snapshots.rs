//! A replica as a file: read back it is the same, and what is not its home's own, or not of its log,
//! is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "the frozen logs are read")]

mod common;

use std::fs;
use std::path::Path;

use common::{Story, digest, key};
use concordat_partnership::act::{DigestRecord, OneModule};
use concordat_partnership::{Act, LAYOUT, NotAState, State, Verdict};
use concordat_replay::{Halt, Replica, Roots, Snapshot, Unfit};
use concordat_terms::Digest;
use concordat_tlog::merkle::leaf_hash;

const UNREADABLE: &[u8] = b"# No module\n";

/// A snapshot, and the log that it is of.
struct Kept {
    story: Story,
    size: usize,
    bytes: Vec<u8>,
}

/// Before a digest record of a log in which much has happened, and more happens afterwards.
fn kept() -> Kept {
    let mut story = Story::trained();
    // A verdict depends on a text that no proposal has.
    let module = story.replica.supply(UNREADABLE.to_vec());
    let propose = Act::ModulePropose(OneModule { module });
    story.refuse("vendor", "signatory", propose, "module-unreadable", "");
    let (size, bytes) = record(&mut story);
    story.tick("2027-02-01T08:00:00Z");
    let rows = story.dataset("alder", "another");
    story.act("birch", "data-holder", rows);
    story.act(
        "sequencer",
        "sequencer",
        Act::DigestRecord(DigestRecord {
            index: story.state().index(),
            rolling: story.state().rolling(),
        }),
    );
    Kept { story, size, bytes }
}

/// The sequencer says what it has come to, and a snapshot is made of what was before.
fn record(story: &mut Story) -> (usize, Vec<u8>) {
    let (index, rolling) = (story.state().index(), story.state().rolling());
    let bytes = story.replica.snapshot(b"beside", &key("home")).unwrap();
    let record = Act::DigestRecord(DigestRecord { index, rolling });
    assert!(story.act("sequencer", "sequencer", record).is_admitted());
    (story.entries.len() - 1, bytes)
}

fn roots(entries: &[Vec<u8>]) -> Roots {
    let mut roots = Roots::default();
    entries.iter().for_each(|entry| roots.append(leaf_hash(entry)));
    roots
}

impl Kept {
    /// What a start makes of these bytes.
    fn read(&self, bytes: &[u8]) -> Result<Replica, Unfit> {
        let snapshot = Snapshot::read(bytes, &key("home").public())?;
        snapshot.is_of(&self.story.state().log().unwrap(), self.story.entries.len() as u64)?;
        let (before, after) = self.story.entries.split_at(snapshot.size() as usize);
        snapshot.replica(roots(before), &after[0], |digest| self.text(digest))
    }

    fn text(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.story.replica.blob(digest).map(<[u8]>::to_vec)
    }
}

fn fold(mut replica: Replica, entries: &[Vec<u8>]) -> (Replica, Vec<Verdict>) {
    let verdicts = entries.iter().map(|entry| replica.step(entry).unwrap()).collect();
    (replica, verdicts)
}

#[test]
fn a_start_from_a_snapshot_gives_every_later_verdict_as_a_start_from_the_beginning_does() {
    let kept = kept();
    let mut all = Replica::new();
    for text in common::texts().into_values() {
        all.supply(text.into_bytes());
    }
    all.supply(UNREADABLE.to_vec());
    let (whole, verdicts) = fold(all, &kept.story.entries);
    let resumed = kept.read(&kept.bytes).unwrap();
    assert_eq!(resumed.size(), kept.size as u64);
    // Old roots, and every text that a fold from the beginning asks for.
    assert!((0..=resumed.size()).all(|size| resumed.root_at(size) == whole.root_at(size)));
    let mut again = Replica::new();
    for entry in &kept.story.entries {
        while let Err(Halt::MissingBlob { blob, .. }) = again.step(entry) {
            again.supply(resumed.blob(&blob).unwrap().to_vec());
        }
    }
    assert_eq!(again.state(), whole.state());

    let (resumed, tail) = fold(resumed, &kept.story.entries[kept.size..]);
    assert_eq!(tail, verdicts[kept.size..]);
    assert_eq!(resumed.state(), whole.state());
    assert_eq!(resumed.root(), whole.root());
}

/// The logs that releases froze: from every index on, the rest of the log is folded on top of what
/// was read back there.
#[test]
fn a_frozen_log_has_its_verdicts_from_whatever_entry_a_start_goes_on() {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/logs");
    let mut starts = 0;
    for item in fs::read_dir(logs).unwrap() {
        let dir = item.unwrap().path();
        let text = fs::read_to_string(dir.join("entries.jsonl")).unwrap();
        let entries: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
        let mut replica = Replica::new();
        for item in fs::read_dir(dir.join("blobs")).unwrap() {
            replica.supply(fs::read(item.unwrap().path()).unwrap());
        }
        let (whole, verdicts) = fold(replica.clone(), &entries);
        for (from, entry) in entries.iter().enumerate() {
            replica.step(entry).unwrap();
            let (resumed, tail) = fold(replica.reread().unwrap(), &entries[from + 1..]);
            assert_eq!(tail, verdicts[from + 1..], "from {from}");
            assert_eq!(resumed.state(), whole.state(), "from {from}");
            starts += 1;
        }
    }
    assert!(starts > 40, "{starts}");
}

#[test]
fn a_snapshot_that_is_read_and_made_again_is_the_same_bytes() {
    let kept = kept();
    let again = kept.read(&kept.bytes).unwrap().snapshot(b"beside", &key("home")).unwrap();
    assert_eq!(again, kept.bytes);
    let snapshot = Snapshot::read(&kept.bytes, &key("home").public()).unwrap();
    assert_eq!(snapshot.beside(), b"beside");
    // What it is of can be read without this program.
    let header = kept.bytes.split(|byte| *byte == b'\n').nth(1).unwrap();
    let header: serde_json::Value = serde_json::from_slice(header).unwrap();
    assert_eq!(header["size"], kept.size);
    assert_eq!(header["layout"], LAYOUT);
}

#[test]
fn a_snapshot_of_another_home_log_release_or_history_is_of_no_use() {
    let kept = kept();
    let log = kept.story.state().log().unwrap();
    let read = |bytes: &[u8]| kept.read(bytes).unwrap_err();

    // Made by whoever sent it.
    let foreign = kept.read(&kept.bytes).unwrap().snapshot(b"beside", &key("mallory")).unwrap();
    assert_eq!(read(&foreign), Unfit::Foreign);

    // Of a log that this home followed before.
    let mut genesis = common::genesis();
    genesis.origin = "other.example/log".to_owned();
    let mut other = Story::founded_by(genesis);
    let (size, bytes) = record(&mut other);
    assert_eq!(read(&bytes), Unfit::OtherLog(other.state().log().unwrap()));

    // Longer than the log: that was put back to an older state.
    let snapshot = Snapshot::read(&kept.bytes, &key("home").public()).unwrap();
    let has = kept.size as u64;
    assert_eq!(snapshot.is_of(&log, has), Err(Unfit::Longer { size: has, has }));
    assert_eq!(snapshot.is_of(&log, has + 1), Ok(()));

    // Of other entries than the store has.
    let (before, after) = kept.story.entries.split_at(kept.size);
    let mut changed = before.to_vec();
    changed[5].push(b' ');
    let text = |digest: &Digest| kept.text(digest);
    let differs = |entries: &[Vec<u8>], next: &[u8]| {
        snapshot.replica(roots(entries), next, text).map(drop).unwrap_err()
    };
    assert_eq!(differs(&changed, &after[0]), Unfit::RootDiffers { size: has });
    assert_eq!(differs(&before[1..], &after[0]), Unfit::RootDiffers { size: has });

    // Where the log does not record this very digest next.
    assert_eq!(differs(before, &after[1]), Unfit::RollingDiffers { size: has });
    assert_eq!(differs(before, b""), Unfit::RollingDiffers { size: has });
    let unlike = after.last().unwrap();
    assert_eq!(differs(before, unlike), Unfit::RollingDiffers { size: has });

    // Without the texts of its modules, or with others in their place.
    let none = snapshot.replica(roots(before), &after[0], |_| None).unwrap_err();
    assert!(matches!(none, Unfit::State(NotAState::TextMissing(_))), "{none}");
    let wrong = |_: &Digest| Some(b"# Another\n".to_vec());
    let wrong = snapshot.replica(roots(before), &after[0], wrong).unwrap_err();
    assert!(matches!(wrong, Unfit::State(NotAState::TextDiffers(_))), "{wrong}");
    assert!(size < kept.size);
}

#[test]
fn what_another_release_wrote_is_outdated_and_nothing_worse() {
    let kept = kept();
    // As that release would have: a header that says so, whole and signed.
    let outdated = |from: &str, to: &str| {
        let text = String::from_utf8_lossy(&kept.bytes).into_owned();
        let header = text.lines().nth(1).unwrap();
        let changed = header.replacen(from, to, 1);
        assert_ne!(header, changed);
        let format = text.lines().next().unwrap().len() + 1;
        let body = &kept.bytes[format + header.len()..kept.bytes.len() - 96];
        let mut bytes = [&kept.bytes[..format], changed.as_bytes(), body].concat();
        let digest = Digest::of(&bytes);
        let signed = [&kept.bytes[..format], digest.as_bytes()].concat();
        bytes.extend_from_slice(digest.as_bytes());
        bytes.extend_from_slice(&key("home").sign(&signed));
        let unfit = kept.read(&bytes).unwrap_err();
        assert!(unfit.is_outdated(), "{unfit}");
        unfit
    };
    let layout = outdated(&format!("\"layout\":{LAYOUT}"), "\"layout\":0");
    assert!(matches!(layout, Unfit::OtherLayout { layout: 0, .. }));
    let program = outdated("\"program\":\"", "\"program\":\"0.0.0-");
    assert!(matches!(program, Unfit::OtherLayout { layout: LAYOUT, .. }));
    let rules = *concordat_replay::RULES;
    let others = digest("rules of tomorrow");
    assert_eq!(outdated(&rules.to_string(), &others.to_string()), Unfit::OtherRules(others));
    assert_eq!(outdated("\"layout\"", "\"laidout\""), Unfit::OtherFormat);
    assert_eq!(kept.read(b"concordat snapshot/v2\n{}").unwrap_err(), Unfit::OtherFormat);
    assert!(!Unfit::Damaged.is_outdated() && !Unfit::Foreign.is_outdated());
}

#[test]
fn no_bit_of_a_snapshot_can_be_turned_and_no_byte_cut_off() {
    let kept = kept();
    // Every byte of the header and of the end, and a part of what is between.
    let every = (0..kept.bytes.len()).filter(|at| *at < 600 || at % 997 == 0);
    for at in every.chain(kept.bytes.len() - 100..kept.bytes.len()) {
        let mut bytes = kept.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        let unfit = kept.read(&bytes).unwrap_err();
        let signature = at >= kept.bytes.len() - 64;
        let format = at < 22;
        let expected = match (format, signature) {
            (true, _) => Unfit::OtherFormat,
            (_, true) => Unfit::Foreign,
            _ => Unfit::Damaged,
        };
        assert_eq!(unfit, expected, "byte {at}");
    }
    for length in (0..kept.bytes.len()).filter(|at| *at < 600 || at % 997 == 0) {
        let unfit = kept.read(&kept.bytes[..length]).unwrap_err();
        assert!(matches!(unfit, Unfit::OtherFormat | Unfit::Damaged), "{length} bytes: {unfit}");
    }
    let longer = [&kept.bytes[..], b"\0"].concat();
    assert_eq!(kept.read(&longer).unwrap_err(), Unfit::Damaged);
}

#[test]
fn a_state_that_is_none_is_refused_whatever_it_claims() {
    let kept = kept();
    let bytes = kept.story.state().to_bytes().unwrap();
    let read = |bytes: &[u8]| State::from_bytes(bytes, |digest| kept.text(digest));
    assert_eq!(&read(&bytes).unwrap(), kept.story.state());
    for length in (0..bytes.len()).step_by(211) {
        assert!(matches!(read(&bytes[..length]), Err(NotAState::Unreadable(_))), "{length}");
    }
    // Lengths that nobody has, and nesting without end.
    for claim in
        [&b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\x82\xbb\x7f\xff\xff\xff\xff\xff\xff\xff"]
    {
        assert!(read(claim).is_err());
    }
    assert!(read(&vec![0x81; 1 << 20]).is_err());
    // Something else in the place of any byte: it is read or it is not, and nothing panics.
    for at in (0..bytes.len()).step_by(37) {
        let mut changed = bytes.clone();
        changed[at] = changed[at].wrapping_add(1);
        read(&changed).ok();
    }
}
