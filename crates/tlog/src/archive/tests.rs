use concordat_terms::Timestamp;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::cosign::cosign;
use crate::key::SigningKey;
use crate::merkle::{Tree, leaf_hash, root_of};
use crate::policy::Policy;
use crate::tile::{self, Level};
use crate::trust::Trusted;
use crate::vkey::{Key, Vkey};

const ORIGIN: &str = "log.example/partnership";

struct Log {
    vkey: Vkey,
    policy: Policy,
    files: BTreeMap<String, Vec<u8>>,
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn policy(threshold: usize) -> Policy {
    let witnesses = ["alder", "birch", "cedar"].into_iter().zip(11..).map(|(name, number)| {
        let vkey = Vkey::new(&witness(name), Key::Witness(key(number).public())).unwrap();
        (name.to_owned(), vkey)
    });
    Policy::any_of(threshold, witnesses).unwrap()
}

fn witness(name: &str) -> String {
    format!("{name}.example/witness")
}

/// A log of `size` entries of odd lengths, cosigned by alder and birch.
fn log_of(size: u32) -> Log {
    let entries: Vec<Vec<u8>> = (0..size).map(|n| vec![n as u8; 1 + n as usize % 37]).collect();
    let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let root = root_of(&leaves);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: u64::from(size), root };
    let mut note = checkpoint.sign(&key(1)).unwrap();
    for (name, number) in [("alder", 11), ("birch", 12)] {
        let at = Timestamp::from_seconds(1_800_000_000 + u64::from(number)).unwrap();
        let line = cosign(&witness(name), &key(number), at, note.text()).unwrap();
        note.push(line).unwrap();
    }
    Log {
        vkey: Vkey::new(ORIGIN, Key::Log(key(1).public())).unwrap(),
        policy: policy(2),
        files: write(&entries, &note.to_bytes()).unwrap(),
    }
}

fn check(log: &Log) -> Result<Trusted, Fault> {
    verify(&log.files, &log.vkey, &log.policy)
}

fn entries(log: &Log, size: u32) -> Vec<Vec<u8>> {
    bundles(&log.files, u64::from(size)).flat_map(Result::unwrap).collect()
}

#[test]
fn an_archive_verifies_with_its_entries_and_witnesses() {
    for size in [0, 1, 2, 12, 255, 256, 257, 600] {
        let log = log_of(size);
        let verified = check(&log).unwrap();
        let entries = entries(&log, size);
        assert_eq!(entries.len(), size as usize);
        assert_eq!(verified.checkpoint.size, u64::from(size));
        let names: Vec<_> = verified.cosigned_by.keys().map(String::as_str).collect();
        assert_eq!(names, ["alder", "birch"]);
        let alder = verified.cosigned_by.get("alder").unwrap();
        assert_eq!(alder.seconds(), 1_800_000_011);
        // What was verified is all there is.
        let bytes = log.files.get(CHECKPOINT).unwrap();
        assert_eq!(write(&entries, bytes).unwrap(), log.files);
        for index in [0, 1, 255, 256, 599, 600] {
            let one = entry(&log.files, u64::from(size), index).unwrap();
            assert_eq!(one.as_ref(), entries.get(index as usize), "{index} of {size}");
        }
    }
}

#[test]
fn any_flipped_bit_is_a_fault_that_names_its_file() {
    let mut log = log_of(12);
    let names: Vec<_> = log.files.keys().cloned().collect();
    assert_eq!(names, ["checkpoint", "tile/0/000.p/12", "tile/entries/000.p/12"]);
    for name in names {
        for at in 0..log.files[&name].len() {
            for bit in 0..8 {
                log.files.get_mut(&name).unwrap()[at] ^= 1 << bit;
                let fault = check(&log).expect_err(&format!("{name} byte {at} bit {bit}"));
                assert_eq!(fault.file, name, "byte {at} bit {bit}: {fault}");
                if name.starts_with("tile/") {
                    // The place is exact in hashes, and the start of the entry in bundles.
                    let offset = fault.offset.unwrap() as usize;
                    assert!(offset <= at && at < offset + 40, "byte {at}: {fault}");
                    assert!(fault.entry.is_some());
                }
                log.files.get_mut(&name).unwrap()[at] ^= 1 << bit;
            }
        }
    }
    assert!(check(&log).is_ok());
}

#[test]
fn every_byte_of_upper_tiles_matters_too() {
    let mut log = log_of(600);
    for name in ["tile/1/000.p/2", "tile/0/001", "tile/entries/000"] {
        for at in (0..log.files[name].len()).step_by(13) {
            for flip in [0x01, 0x80, 0xff] {
                log.files.get_mut(name).unwrap()[at] ^= flip;
                assert_eq!(check(&log).unwrap_err().file, name, "byte {at}");
                log.files.get_mut(name).unwrap()[at] ^= flip;
            }
        }
    }
}

#[test]
fn bytes_cut_off_or_added_are_faults_of_that_file() {
    for size in [12, 600] {
        let whole = log_of(size);
        for name in whole.files.keys() {
            let mut log = log_of(size);
            log.files.get_mut(name).unwrap().push(0);
            assert_eq!(&check(&log).unwrap_err().file, name);
            for _ in 0..2 {
                log.files.get_mut(name).unwrap().pop();
            }
            assert_eq!(&check(&log).unwrap_err().file, name);
            log.files.get_mut(name).unwrap().clear();
            assert_eq!(&check(&log).unwrap_err().file, name);
            log.files.remove(name);
            let fault = check(&log).unwrap_err();
            assert_eq!((&fault.file, fault.what), (name, FaultKind::Missing));
        }
    }
}

#[test]
fn files_that_the_size_does_not_need_are_faults() {
    for name in ["tile/0/000", "tile/0/000.p/11", "tile/1/000.p/1", "tile/x", "tile/entries/0"] {
        let mut log = log_of(12);
        log.files.insert(name.to_owned(), vec![0]);
        let fault = check(&log).unwrap_err();
        assert_eq!((fault.file.as_str(), fault.what), (name, FaultKind::Unlisted));
    }
    // Other parts of an archive are other people's business.
    let mut log = log_of(12);
    log.files.insert("blobs/ab".to_owned(), vec![0]);
    assert!(check(&log).is_ok());
}

#[test]
fn a_fault_names_the_entry_and_where_it_starts() {
    let mut log = log_of(12);
    // Entries are 1, 2, 3 … bytes long, each after two bytes of length.
    let name = "tile/entries/000.p/12";
    log.files.get_mut(name).unwrap()[2 + 1 + 2 + 2 + 2] ^= 1;
    let fault = check(&log).unwrap_err();
    assert_eq!((fault.offset, fault.entry), (Some(7), Some(2)));
    assert_eq!(
        fault.to_string(),
        "`tile/entries/000.p/12`, byte 7, entry 2: the entry is not the one in the log"
    );
}

#[test]
fn a_consistent_log_under_another_root_is_the_checkpoints_fault() {
    let mut log = log_of(12);
    let other: Vec<_> = (0..12).map(|n| vec![n; 5]).collect();
    let checkpoint = log.files[CHECKPOINT].clone();
    log.files = write(&other, &checkpoint).unwrap();
    let fault = check(&log).unwrap_err();
    assert_eq!((fault.file.as_str(), fault.what), (CHECKPOINT, FaultKind::Root));
}

#[test]
fn too_few_witnesses_or_a_line_too_many_are_the_checkpoints_fault() {
    let mut log = log_of(12);
    log.policy = policy(3);
    assert_eq!(check(&log).unwrap_err().file, CHECKPOINT);

    // A stranger's line is harmless elsewhere, but an archive accounts for every byte.
    let mut log = log_of(12);
    let mut note = crate::Note::parse(&log.files[CHECKPOINT]).unwrap();
    let line = crate::note::SignatureLine::sign("stranger", &key(99), note.text()).unwrap();
    note.push(line).unwrap();
    log.files.insert(CHECKPOINT.to_owned(), note.to_bytes());
    let fault = check(&log).unwrap_err();
    assert_eq!(fault.file, CHECKPOINT);
    assert!(fault.to_string().ends_with("key `stranger` is not listed"), "{fault}");

    // So is a cosignature given twice, though both are good.
    let mut log = log_of(12);
    let mut note = crate::Note::parse(&log.files[CHECKPOINT]).unwrap();
    let again = note.lines()[1].clone();
    note.push(again).unwrap();
    log.files.insert(CHECKPOINT.to_owned(), note.to_bytes());
    assert_eq!(check(&log).unwrap_err().file, CHECKPOINT);
}

#[test]
fn a_signed_but_absurd_size_costs_nothing() {
    let mut log = log_of(12);
    let checkpoint =
        Checkpoint { origin: ORIGIN.into(), size: i64::MAX as u64, root: leaf_hash(b"x") };
    log.policy = Policy::any_of(0, []).unwrap();
    log.files.insert(CHECKPOINT.to_owned(), checkpoint.sign(&key(1)).unwrap().to_bytes());
    let fault = check(&log).unwrap_err();
    assert_eq!((fault.file.as_str(), fault.what), ("tile/entries/000", FaultKind::Missing));
}

#[test]
fn tiles_are_made_one_after_the_other_as_a_tree_makes_them() {
    // Enough for a second tile of the second level.
    let size = 256 * 256 + 300_u32;
    let (mut tiler, mut tree) = (Tiler::default(), Tree::default());
    let mut made = BTreeMap::new();
    for number in 0..size {
        let entry = number.to_be_bytes();
        tree.append(leaf_hash(&entry));
        made.extend(tiler.push(&entry).unwrap());
    }
    assert_eq!(tiler.size(), u64::from(size));
    assert!(made.keys().all(|path| path.is_full()));
    made.extend(tiler.end());
    let paths: Vec<_> = tile::paths(u64::from(size)).collect();
    assert!(made.len() == paths.len(), "{} of {}", made.len(), paths.len());
    for path in paths {
        let bytes = made.get(&path).unwrap();
        match path.level() {
            Level::Hashes(_) => assert_eq!(Some(bytes), tile::from_tree(&tree, &path).as_ref()),
            Level::Entries => assert_eq!(bytes.len(), usize::from(path.width()) * 6, "{path}"),
        }
    }
    let long = vec![0; tile::ENTRY_BYTES_MAX + 1];
    let mut tiler = Tiler::default();
    assert_eq!(tiler.push(&long), Err(EntryTooLong(long.len())));
    assert!(tiler.size() == 0 && tiler.end().is_empty());
}

/// An archive that counts what is held of it.
struct Counted {
    files: BTreeMap<String, Vec<u8>>,
    reads: std::cell::RefCell<BTreeMap<String, usize>>,
}

impl Files for Counted {
    fn names(&self) -> Vec<String> {
        self.files.names()
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        *self.reads.borrow_mut().entry(name.to_owned()).or_default() += 1;
        self.files.read(name)
    }

    fn part(&self, name: &str, from: u64, most: usize) -> Option<Vec<u8>> {
        self.files.part(name, from, most)
    }
}

#[test]
fn every_file_of_a_log_is_read_once_to_verify_it() {
    let log = log_of(600);
    let counted = Counted { files: log.files.clone(), reads: Default::default() };
    verify(&counted, &log.vkey, &log.policy).unwrap();
    assert!(counted.reads.borrow().values().all(|reads| *reads == 1));
    assert_eq!(counted.reads.borrow().len(), log.files.len());
}
