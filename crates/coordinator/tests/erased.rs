//! Blobs that were erased: the coordinator destroys its copies, once the entry is durable and again at
//! every start, and takes none back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod common;

use std::path::Path;

use common::*;
use concordat_coordinator::{Coordinator, RESTORED, TRANSCRIPTS};
use concordat_partnership::Act;
use concordat_partnership::act::*;
use concordat_store::Store;
use concordat_terms::Digest;

const LETTER: &[u8] = b"Dr. Amal Haddad-Okonkwo writes that she objects";

/// Who may erase, which the heart agreement leaves open, and what names a blob.
const ERASE: &str = r#"
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
"#;

/// With the clauses above in force, and a letter that alder's act names.
fn named() -> World {
    let world = World::in_force();
    let text = MODULES[1].1.replace("version = \"1.0.0\"", "version = \"1.1.0\"") + ERASE;
    let module = Digest::of(text.as_bytes());
    assert_eq!(world.client.put_blob(text.as_bytes(), &key("vendor")).status, 204);
    world.does("vendor", "signatory", Act::ModulePropose(OneModule { module }));
    for name in PARTIES {
        let sign = ModuleSign::of(module, &[module].into(), Digest([7; 32]));
        world.does(name, "signatory", Act::ModuleSign(sign));
    }
    world.does("vendor", "signatory", Act::ModuleEnter(ModuleEnter { modules: [module].into() }));
    assert_eq!(world.client.put_blob(LETTER, &key("alder")).status, 204);
    world.does("alder", "data-holder", opened());
    world
}

fn opened() -> Act {
    Act::RiskOpen(RiskRating {
        risk: "complaint".parse().unwrap(),
        owner: "data-holder".parse().unwrap(),
        likelihood: 1,
        impact: 1,
        controls: [].into(),
        evidence: [].into(),
        description: Digest::of(LETTER),
    })
}

fn erase() -> Act {
    let (papers, ground) = ([Digest::of(LETTER)].into(), ErasureGround::Objection);
    Act::PersonErase(PersonErase { papers, ground, request: None })
}

/// Whether any file below a folder has these bytes.
fn somewhere(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|item| {
        let path = item.unwrap().path();
        if path.is_dir() {
            return somewhere(&path, bytes);
        }
        std::fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn an_erased_blob_is_gone_from_every_file_and_nobody_brings_it_back() {
    let mut world = named();
    let store = world.dir.path().join("store");
    let digest = Digest::of(LETTER);
    assert_eq!(world.client.blob(&digest, &key("lab")).body, LETTER);
    assert!(somewhere(&store, LETTER));
    let backup = world.dir.path().join("backup");
    Store::snapshot(&store).unwrap().copy_to(&backup, &[], &[]).unwrap();

    world.does("alder", "data-holder", erase());
    assert!(!somewhere(&store, LETTER));
    for answer in
        [world.client.blob(&digest, &key("lab")), world.client.put_blob(LETTER, &key("alder"))]
    {
        assert_eq!((answer.status, answer.code().as_str()), (410, "blob-erased"));
    }
    assert_eq!(world.tries("alder", "data-holder", opened()), "names-erased");

    // What an older copy of the folder brings back is destroyed at the start.
    world.running.take().unwrap().stop();
    let old = Store::snapshot(&backup).unwrap().blob(&digest).unwrap().unwrap();
    assert_eq!(old, LETTER);
    Store::open(&store).unwrap().put_blob(&old).unwrap();
    assert!(somewhere(&store, LETTER));
    world.start();
    assert!(!somewhere(&store, LETTER));
    assert_eq!(world.client.blob(&digest, &key("lab")).status, 410);
}

/// A backup from before an erasure does not know of it. Whoever went on from it would serve what was erased.
#[test]
fn a_backup_from_before_an_erasure_is_not_gone_on_from_and_one_from_after_it_has_nothing_left() {
    let mut world = named();
    let dir = world.dir.path().to_owned();
    let (store, before, after) = (dir.join("store"), dir.join("before"), dir.join("after"));
    let copy = |from: &Path, to: &Path, more: &[(&str, &[u8])]| {
        Store::snapshot(from).unwrap().copy_to(to, &[TRANSCRIPTS], more).unwrap();
    };
    copy(&store, &before, &[]);
    world.does("alder", "data-holder", erase());
    copy(&store, &after, &[]);
    assert!(somewhere(&before, LETTER) && !somewhere(&after, LETTER));
    let witnessed = dir.join("witnessed");
    std::fs::create_dir(&witnessed).unwrap();
    for party in HOLDERS {
        std::fs::write(witnessed.join(party), world.cosigned(party).to_bytes()).unwrap();
    }
    world.running.take().unwrap().stop();

    for (backup, ends) in [(&before, Some("log-behind")), (&after, None)] {
        std::fs::remove_dir_all(&store).unwrap();
        copy(backup, &store, &[(RESTORED, b"{\"entries\":1}")]);
        let config = config(&dir, &world.clock, world.timing);
        let started = Coordinator::start(config).map(concordat_coordinator::Running::stop);
        assert_eq!(started.err().map(|problem| problem.code), ends.map(str::to_owned));
    }
    assert!(!somewhere(&store, LETTER));
}

#[test]
fn what_dies_while_it_destroys_is_finished_at_the_start() {
    let mut world = named();
    let store = world.dir.path().join("store");
    let name = Digest::of(LETTER).to_string();
    let blob = store.join("blobs").join(&name[..2]).join(&name);
    world.does("alder", "data-holder", erase());
    assert!(!blob.exists());
    world.running.take().unwrap().stop();
    // Renamed, half overwritten, not removed.
    let half = [&[0; 20], &LETTER[20..]].concat();
    std::fs::write(blob.with_file_name(format!("{name}#0")), &half).unwrap();
    world.start();
    assert!(!somewhere(&store, &LETTER[20..]));
    assert_eq!(world.client.blob(&Digest::of(LETTER), &key("lab")).status, 410);
}
