//! Persons of whom the log has commitments alone: what is erased is in no byte that anybody stores.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use archived::archived;
use common::{Story, digest, texts};
use concordat_cli::archive::Folder;
use concordat_cli::verify::{Promise, verify};
use concordat_node::home::{Config, Home};
use concordat_partnership::Act;
use concordat_partnership::act::{CaseMatter, CaseOpen, DisputeMatter, ErasureGround, PersonErase};
use concordat_store::Store;
use concordat_terms::Digest;
use serde_json::Value;

const NAME: &str = "Dr. Amal Haddad-Okonkwo";
const OFFICE: &str = "Head of Cardiology, room 4711";

const MAY_OPEN_CASES: &str = r#"
```clause
id = "open-cases"
permit = "case.open"
by = ["data-holder"]
```

```clause
id = "differences"
ladder = "what the parties differ about"
cases = ["dispute"]
stages = [
  { stage = "negotiation", by = "council", within = "P30D" },
  { stage = "mediation", by = "test-lab" },
]
```
"#;

/// Every file below a folder.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// The files of an archive, by name.
fn loaded(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let name = |path: &Path| path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
    files(dir).into_iter().map(|(path, bytes)| (name(&path), bytes)).collect()
}

/// The files in which a text stands, in any of the ways in which it might.
fn with(dir: &Path, text: &str) -> Vec<PathBuf> {
    use base64::Engine as _;
    let code = base64::engine::general_purpose::STANDARD.encode(text);
    let ways = [text.to_owned(), hex::encode(text), code.trim_end_matches('=').to_owned()];
    let says = |bytes: &[u8]| {
        ways.iter().any(|way| bytes.windows(way.len()).any(|window| window == way.as_bytes()))
    };
    files(dir).into_iter().filter(|(_, bytes)| says(bytes)).map(|(path, _)| path).collect()
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}

struct Party {
    home: PathBuf,
}

impl Party {
    fn new(dir: &Path) -> Self {
        let config = Config {
            party: "alder".parse().unwrap(),
            log: digest("log"),
            coordinator: "https://127.0.0.1:1".to_owned(),
            certificate: "coordinator.pem".into(),
            datasets: BTreeMap::new(),
            node: Default::default(),
            witnesses: BTreeMap::new(),
        };
        let home = dir.join("alder");
        Home::create(&home, config).unwrap();
        Self { home }
    }

    fn says(&self, arguments: &[&str]) -> (i32, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
        let output =
            command.args(arguments).arg("--home").arg(&self.home).arg("--json").output().unwrap();
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
    }

    fn commit(&self, dir: &Path, member: &str, label: &str, value: &str) -> Digest {
        let file = dir.join("value.txt");
        fs::write(&file, format!("{value}\n")).unwrap();
        let (status, said) =
            self.says(&["person", "commit", member, label, "--value", &file.display().to_string()]);
        fs::remove_file(&file).unwrap();
        assert_eq!(status, 0, "{said}");
        said["commitment"].as_str().unwrap().parse().unwrap()
    }

    fn open(&self, commitment: &Digest) -> (i32, Value) {
        self.says(&["person", "open", &commitment.to_string()])
    }
}

#[test]
fn what_is_erased_is_in_no_stored_byte_and_the_log_holds_as_it_did() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let party = Party::new(dir);
    let name = party.commit(dir, "m-17", "name", NAME);
    let office = party.commit(dir, "m-17", "office", OFFICE);
    let other = party.commit(dir, "m-18", "name", "Bo Lindqvist");
    assert_ne!(name, party.commit(dir, "m-17", "name", NAME), "a salt for each");

    // A statement carries the commitment where it would carry a digest; the fold does not look behind.
    let mut all = texts();
    all.get_mut("governance").unwrap().push_str(MAY_OPEN_CASES);
    let all: Vec<String> = all.into_values().collect();
    let blobs: BTreeMap<Digest, Vec<u8>> =
        all.iter().map(|text| (digest(text), text.clone().into_bytes())).collect();
    let mut story = Story::begun(all);
    let open = CaseOpen {
        case: "who-signed".parse().unwrap(),
        matter: CaseMatter::Dispute(DisputeMatter { clause: None }),
        on: [].into(),
        models: [].into(),
        against: ["vendor".parse().unwrap()].into(),
        account: name,
    };
    story.admit("alder", "data-holder", Act::CaseOpen(open));
    let mut store = Store::open(&dir.join("store")).unwrap();
    store.append(0, &story.entries).unwrap();
    for blob in blobs.values() {
        store.put_blob(blob).unwrap();
    }
    store.copy_to(&dir.join("backup"), &[], &[]).unwrap();
    archived(&story, &blobs, &dir.join("archive"));
    let log = story.state().log();
    let before = verify(&Folder::open(&dir.join("archive")).unwrap(), log).unwrap();

    // Opened by whoever has the key; in plain text nowhere, not even before anything is erased.
    let (status, opened) = party.open(&name);
    assert_eq!((status, &opened["value"]), (0, &Value::from(NAME)));
    copy(&party.home.join("people"), &dir.join("people-of-yesterday"));
    for text in [NAME, OFFICE, "Haddad"] {
        assert_eq!(with(dir, text), Vec::<PathBuf>::new(), "{text}");
    }

    let (status, said) =
        party.says(&["erase", "m-17", "--ground", "consent-withdrawn", "--offline"]);
    assert_eq!((status, said["commitments"].as_array().unwrap().len()), (0, 3), "{said}");
    assert!(!party.home.join("keys/people/m-17.key").exists());
    assert!(!party.home.join("people/m-17").exists());
    for commitment in [&name, &office] {
        let (status, said) = party.open(commitment);
        assert_eq!((status, &said["code"]), (1, &Value::from("erased")));
    }
    // Erased and opened fold alike.
    archived(&story, &blobs, &dir.join("archive-later"));
    let after = verify(&Folder::open(&dir.join("archive-later")).unwrap(), log).unwrap();
    assert_eq!(after, before);

    // A backup of yesterday brings sealed bytes back, and the erasure is done again.
    copy(&dir.join("people-of-yesterday"), &party.home.join("people"));
    assert!(party.home.join(format!("people/m-17/{name}")).exists());
    assert_eq!(party.open(&name).1["code"], "erased");
    assert!(!party.home.join("people/m-17").exists());
    for text in [NAME, OFFICE, "Haddad"] {
        assert_eq!(with(dir, text), Vec::<PathBuf>::new(), "{text}");
    }

    // Others stay, and nobody comes back under the old pseudonym.
    assert_eq!(party.open(&other).1["value"], "Bo Lindqvist");
    let file = dir.join("value.txt");
    fs::write(&file, "again").unwrap();
    let (status, said) =
        party.says(&["person", "commit", "m-17", "name", "--value", &file.display().to_string()]);
    assert_eq!((status, &said["code"]), (2, &Value::from("member-erased")));
    let (status, said) = party.says(&["erase", "m-99", "--ground", "law"]);
    assert_eq!((status, &said["code"]), (2, &Value::from("no-opening")));
    assert_eq!(party.says(&["erase", "m-17", "--ground", "law"]).1["ground"], "consent-withdrawn");
}

const MAY_ERASE: &str = r#"
```clause
id = "erase-persons"
permit = "person.erase"
by = "data-holder"
```
"#;

#[test]
fn an_archive_has_nothing_that_was_erased_and_says_which_entry_erased_it() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let mut all = texts();
    all.get_mut("governance").unwrap().push_str(&format!("{MAY_OPEN_CASES}{MAY_ERASE}"));
    let all: Vec<String> = all.into_values().collect();
    let letter = format!("{NAME} writes that she objects");
    let minutes = "what everybody may always read".to_owned();
    let blobs: BTreeMap<Digest, Vec<u8>> = all
        .iter()
        .chain([&letter, &minutes])
        .map(|text| (digest(text), text.clone().into_bytes()))
        .collect();
    let mut story = Story::begun(all);
    for (case, account) in [("letter", &letter), ("minutes", &minutes)] {
        let open = CaseOpen {
            case: case.parse().unwrap(),
            matter: CaseMatter::Dispute(DisputeMatter { clause: None }),
            on: [].into(),
            models: [].into(),
            against: ["vendor".parse().unwrap()].into(),
            account: digest(account),
        };
        story.admit("alder", "data-holder", Act::CaseOpen(open));
    }
    let log = story.state().log();
    archived(&story, &blobs, &dir.join("before"));
    assert!(!with(&dir.join("before"), NAME).is_empty());
    let before = verify(&loaded(&dir.join("before")), log).unwrap();
    assert!(before.erased.is_empty() && !before.absent.contains(&digest(&letter)));

    let entry = story.state().index();
    let (papers, ground) = ([digest(&letter)].into(), ErasureGround::Law);
    let erase = PersonErase { papers, ground, request: None };
    story.admit("alder", "data-holder", Act::PersonErase(erase));
    // Whoever writes it has the blob still, from a store of yesterday.
    archived(&story, &blobs, &dir.join("after"));
    assert_eq!(with(&dir.join("after"), NAME), Vec::<PathBuf>::new());
    let files = loaded(&dir.join("after"));
    let after = verify(&files, log).unwrap();
    assert_eq!(after.erased, [(digest(&letter), entry)].into());
    assert_eq!(after.absent, before.absent);
    assert!(after.to_string().contains(&format!("erased by entry {entry}")), "{after}");
    // But for the entry that erases, every verdict is what it was.
    let old: Vec<_> = fs::read_to_string(dir.join("before/verdicts.jsonl"))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    let new = fs::read_to_string(dir.join("after/verdicts.jsonl")).unwrap();
    assert_eq!(new.lines().take(old.len()).collect::<Vec<_>>(), old);

    // With it all the same, the archive does not hold; nor does one that lacks what verdicts rest on,
    // and what is merely not there is told as that.
    let name = |text: &str| format!("blobs/{}", digest(text));
    let mut kept = files.clone();
    kept.insert(name(&letter), letter.clone().into_bytes());
    let broken = verify(&kept, log).unwrap_err();
    assert_eq!((broken.promise, broken.file.as_str()), (Promise::Blobs, name(&letter).as_str()));
    let mut lacks = files.clone();
    let module = lacks
        .keys()
        .find(|own| own.starts_with("blobs/") && **own != name(&minutes))
        .unwrap()
        .clone();
    lacks.remove(&module);
    assert_eq!(verify(&lacks, log).unwrap_err().promise, Promise::Blobs);
    let mut lacks = files;
    lacks.remove(&name(&minutes));
    let report = verify(&lacks, log).unwrap();
    assert!(report.absent.contains(&digest(&minutes)) && report.erased.len() == 1);
}

#[test]
fn an_opening_that_somebody_changed_opens_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let party = Party::new(temp.path());
    let name = party.commit(temp.path(), "m-17", "name", NAME);
    let path = party.home.join(format!("people/m-17/{name}"));
    let sealed = fs::read(&path).unwrap();
    for at in [0, 12, sealed.len() / 2, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        let (status, said) = party.open(&name);
        assert_eq!((status, &said["code"]), (2, &Value::from("bad-opening")), "byte {at}");
    }
    fs::write(&path, &sealed).unwrap();
    assert_eq!(party.open(&name).0, 0);
    // Under another commitment it is not taken either.
    let office = party.commit(temp.path(), "m-17", "office", OFFICE);
    fs::write(party.home.join(format!("people/m-17/{office}")), &sealed).unwrap();
    assert_eq!(party.open(&office).1["code"], "bad-opening");
}
