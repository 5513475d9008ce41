//! Erasure in a partnership of real processes: what was erased is in no byte that any of them stores, also
//! after an older copy came back.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::fs;
use std::path::{Path, PathBuf};

use concordat_terms::Digest;
use serde_json::Value;
use world::services::{World, until};
use world::{answer, concordat, files, shown};

const NAME: &str = "Amal Haddad-Okonkwo";
const LETTER: &str = "the undersigned physician objects to any further processing";
const PARTIES: [&str; 6] = ["alder", "birch", "cypress", "dogwood", "lab", "vendor"];

const CLAUSES: &str = r#"
```clause
id = "may-person-erase"
permit = "person.erase"
by = "data-holder"
```

```clause
id = "may-risk-open"
permit = "risk.open"
by = "data-holder"
```

```clause
id = "may-hold-place"
permit = "hold.place"
by = "data-holder"
```

```clause
id = "may-hold-lift"
permit = "hold.lift"
by = "data-holder"
```
"#;

/// Where a text stands below a folder, but for one.
fn with(dir: &Path, text: &str, but: &Path) -> Vec<PathBuf> {
    let has = |bytes: &[u8]| bytes.windows(text.len()).any(|own| own == text.as_bytes());
    let found = files(dir).into_iter().filter(|(path, bytes)| !path.starts_with(but) && has(bytes));
    found.map(|(path, _)| path).collect()
}

/// Has somebody act, and be admitted.
fn acts(world: &World, party: &str, seat: &str, act: &[&str]) -> Value {
    let home = world.home(party);
    let told = answer(&[&["act"], act, &["--seat", seat, "--home", &home]].concat());
    assert_eq!(told["admitted"], true, "{told}");
    told
}

/// Every party signs clauses by which persons are erased.
fn amended(world: &World, dir: &Path) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/heart/governance.md");
    let text = fs::read_to_string(path).unwrap();
    let text = text.replace("version = \"1.0.0\"", "version = \"1.1.0\"") + CLAUSES;
    let file = dir.join("governance.md");
    fs::write(&file, &text).unwrap();
    let digest = Digest::of(text.as_bytes());
    let (module, blob) = (format!("module={digest}"), shown(&file));
    acts(world, "vendor", "signatory", &["module.propose", &module, "--blob", &blob]);
    let document = format!("document={digest}");
    for party in PARTIES {
        acts(world, party, "signatory", &["module.sign", &module, "with=[]", &document]);
    }
    let modules = format!("modules=[\"{digest}\"]");
    acts(world, "vendor", "signatory", &["module.enter", &modules]);
}

fn risk<'a>(name: &'a str, description: &'a str) -> [&'a str; 6] {
    ["risk.open", name, "owner=data-holder", "likelihood=1", "impact=1", description]
}

/// A refused or misused command: its status and code.
fn fails(arguments: &[&str]) -> (i32, String) {
    let output = concordat(&[arguments, &["--json"]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said: Value = serde_json::from_str(text.lines().next_back().unwrap()).unwrap();
    (output.status.code().unwrap(), said["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn what_was_erased_is_nowhere_any_more_at_any_party_and_stays_gone_after_a_restore() {
    let mut world = World::at_rest();
    world.start_coordinator();
    world.start_node("birch");
    let temp = tempfile::tempdir().unwrap();
    let (dir, aside) = (temp.path(), temp.path().join("aside"));
    amended(&world, dir);

    // A name that is sealed at alder, and a letter that everybody may fetch.
    let (alder, birch) = (world.home("alder"), world.home("birch"));
    let value = dir.join("value");
    fs::write(&value, NAME).unwrap();
    let commit = ["person", "commit", "m-17", "name", "--value", &shown(&value), "--home", &alder];
    let name = answer(&commit)["commitment"].as_str().unwrap().to_owned();
    let letter = dir.join("letter");
    fs::write(&letter, LETTER).unwrap();
    let digest = Digest::of(LETTER.as_bytes());
    let described = format!("description={digest}");
    let letter_by = [&risk("risk=complaint", &described)[..], &["--blob", &shown(&letter)]];
    acts(&world, "alder", "data-holder", &letter_by.concat());
    let described = format!("description={name}");
    acts(&world, "alder", "data-holder", &risk("risk=signatory", &described));
    fs::remove_file(&value).unwrap();
    fs::remove_file(&letter).unwrap();

    // Copies: at birch, in an archive, in a backup.
    let root = world.folder("alder").parent().unwrap().to_owned();
    let mut nth = 0;
    // Until enough have cosigned what was logged last.
    let mut export = |fits: &dyn Fn(&Path) -> bool| {
        until("an archive has it", || {
            nth += 1;
            let to = aside.join(format!("archive-{nth}"));
            let done = concordat(&["export", &shown(&to), "--home", &birch]).status.success();
            (done && fits(&to)).then_some(to)
        })
    };
    fs::create_dir_all(&aside).unwrap();
    for party in ["alder", "cypress", "dogwood", "lab"] {
        world.start_node(party);
    }
    let none = dir.join("none");
    export(&|archive| !with(archive, LETTER, &none).is_empty());
    let backup = shown(&aside.join("backup"));
    answer(&["backup", "--home", &world.home("coordinator"), "--to", &backup]);
    assert!(with(&root, LETTER, &none).len() >= 2, "at the coordinator and at birch");
    assert!(with(&root, NAME, &none).is_empty(), "sealed");

    // A hold stops both, and says which it is.
    let papers = format!("papers=[\"{name}\",\"{digest}\"]");
    let ground = format!("ground={digest}");
    acts(&world, "birch", "data-holder", &["hold.place", &papers, &ground]);
    let erase = ["erase", "m-17", "--ground", "objection", "--home", &alder];
    let by = [&erase[..], &["--seat", "data-holder"]].concat();
    assert_eq!(fails(&by), (1, "paper-held".to_owned()));
    assert!(world.folder("alder").join("keys/people/m-17.key").exists());
    acts(&world, "birch", "data-holder", &["hold.lift", "hold=1", &ground]);

    assert_eq!(fails(&erase), (2, "seat-missing".to_owned()));
    let told = answer(&by);
    let entry = told["entry"].as_u64().unwrap();
    assert_eq!(told["commitments"].as_array().unwrap().len(), 1);
    assert!(!world.folder("alder").join("keys/people/m-17.key").exists());
    let papers = format!("papers=[\"{digest}\"]");
    let last = acts(&world, "alder", "data-holder", &["person.erase", &papers, "ground=objection"]);

    // Every party that follows the log has destroyed its own; commands follow it when they run.
    let log = concordat(&["log", "--home", &birch]);
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.contains("erased, objection"), "{log}");
    until("nobody has it", || with(&root, LETTER, &none).is_empty().then_some(()));
    let of = |archive: &Path| answer(&["verify", &shown(archive)]);
    let after = export(&|archive| !of(archive)["erased"][digest.to_string()].is_null());
    assert!(with(&after, LETTER, &none).is_empty());
    let report = of(&after);
    assert_eq!(report["erased"][&name], entry);
    assert_eq!(report["erased"][digest.to_string()], last["index"]);

    // An older copy of the blobs comes back, and with it the letter: until the next start.
    world.kill_coordinator();
    let old = Path::new(&backup).join("blobs");
    for (path, bytes) in files(&old) {
        let to =
            world.folder("coordinator").join("store/blobs").join(path.strip_prefix(&old).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    assert!(!with(&root, LETTER, &none).is_empty());
    world.start_coordinator();
    until("it is gone again", || with(&root, LETTER, &none).is_empty().then_some(()));
}
