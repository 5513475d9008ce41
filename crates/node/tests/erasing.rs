//! What an entry has erased is destroyed at a party's node: at once, after a death, and when a backup
//! brings it back.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::fs;
use std::path::Path;

use common::partnership;
use common::served::{Followed, publish};
use common::story::{HOSPITALS, Story, digest, texts};
use concordat_node::client::Fault;
use concordat_node::follow::Follower;
use concordat_node::people::{Behind, People};
use concordat_partnership::Act;
use concordat_partnership::act::{ErasureGround, HoldPlace, PersonErase, RiskRating};
use concordat_terms::{Digest, MemberId};
use serde_json::Value;

const LETTER: &[u8] = b"Dr. Amal Haddad-Okonkwo writes that she objects";
const NAME: &str = "Amal Haddad-Okonkwo";

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
"#;

fn followed() -> Followed {
    let text = format!("{}\n{CLAUSES}", texts()["governance"]);
    let mut story = partnership(&HOSPITALS);
    story.amend(std::slice::from_ref(&text));
    let followed = Followed::of(story);
    let text = text.replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    followed.shelf.put(&format!("/v1/blobs/{}", digest(&text)), 200, text);
    followed
}

/// Alder names a blob or a commitment.
fn name(story: &mut Story, risk: &str, description: Digest) {
    name_by(story, "alder", risk, description);
}

fn name_by(story: &mut Story, party: &str, risk: &str, description: Digest) {
    let rating = RiskRating {
        risk: risk.parse().unwrap(),
        owner: "data-holder".parse().unwrap(),
        likelihood: 1,
        impact: 1,
        controls: [].into(),
        evidence: [].into(),
        description,
    };
    story.admit(party, "data-holder", Act::RiskOpen(rating));
}

fn erase(story: &mut Story, papers: &[Digest]) {
    erase_by(story, "alder", papers);
}

fn erase_by(story: &mut Story, party: &str, papers: &[Digest]) {
    let papers = papers.iter().copied().collect();
    let act = PersonErase { papers, ground: ErasureGround::Objection, request: None };
    story.admit(party, "data-holder", Act::PersonErase(act));
}

fn member(name: &str) -> MemberId {
    name.parse().unwrap()
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Whether any file below a folder has these bytes.
fn somewhere(dir: &Path, bytes: &[u8]) -> bool {
    let has = |path: &Path| fs::read(path).unwrap().windows(bytes.len()).any(|own| own == bytes);
    files(dir).iter().any(|path| has(path))
}

fn copy(from: &Path, to: &Path) {
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&path, target).unwrap();
    }
}

/// What becomes a version is erased no longer; what was erased besides is destroyed all the same.
#[test]
fn a_node_destroys_what_is_erased_while_something_else_is_brought_back() {
    let Followed { shelf, dir, mut story, home } = followed();
    let (blob, rows) = (Digest::of(LETTER), digest("rows that somebody named before"));
    name(&mut story, "complaint", blob);
    name(&mut story, "rows", rows);
    erase(&mut story, &[rows]);
    publish(&shelf, &story.entries);
    shelf.put(&format!("/v1/blobs/{blob}"), 200, LETTER);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    assert_eq!(follower.blob(&blob).unwrap(), LETTER);

    let Act::DatasetRegister(mut listed) = story.dataset("alder", "x") else { panic!("rows") };
    listed.version = rows;
    story.admit("alder", "data-holder", Act::DatasetRegister(listed));
    erase(&mut story, &[blob]);
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    assert_eq!(story.state().all_erased().count(), 1);
    assert!(!somewhere(dir.path(), LETTER));
}

#[test]
fn a_node_destroys_what_was_erased_and_again_what_a_backup_brings_back() {
    let Followed { shelf, dir, mut story, home } = followed();
    let blob = Digest::of(LETTER);
    let people = People::open(dir.path()).unwrap();
    let sealed = people.commit(&member("m-17"), "name", Value::from(NAME)).unwrap();
    name(&mut story, "complaint", blob);
    name(&mut story, "signatory", sealed);
    publish(&shelf, &story.entries);
    shelf.put(&format!("/v1/blobs/{blob}"), 200, LETTER);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    assert_eq!(follower.blob(&blob).unwrap(), LETTER);
    assert!(somewhere(&dir.path().join("store"), LETTER));
    let backup = tempfile::tempdir().unwrap();
    copy(&dir.path().join("store/blobs"), &backup.path().join("blobs"));
    copy(&dir.path().join("people"), &backup.path().join("people"));

    erase(&mut story, &[blob, sealed]);
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    let gone = || {
        assert!(!somewhere(dir.path(), LETTER) && !somewhere(dir.path(), NAME.as_bytes()));
        assert!(!dir.path().join("keys/people/m-17.key").exists());
        assert!(!dir.path().join("people/m-17").exists());
        let behind = People::open(dir.path()).unwrap().behind(&sealed).unwrap();
        assert!(matches!(behind, Behind::Erased(own) if own.ground == ErasureGround::Objection));
    };
    gone();
    // The coordinator may lie, and serve it still: nobody fetches it.
    let Err(Fault::Own(problem)) = follower.blob(&blob) else { panic!("it is given") };
    assert_eq!((problem.code.as_str(), problem.to_string().lines().count()), ("blob-erased", 3));

    // A death after the entry was kept and before anything was destroyed leaves the same as a backup
    // that brings it back: the next start destroys it.
    drop(follower);
    copy(&backup.path().join("blobs"), &dir.path().join("store/blobs"));
    copy(&backup.path().join("people"), &dir.path().join("people"));
    assert!(somewhere(&dir.path().join("store"), LETTER));
    let follower = Follower::open(&home).unwrap();
    gone();
    assert_eq!(follower.state().rolling(), story.state().rolling());
}

#[test]
fn what_is_held_of_a_person_stays_when_something_else_of_that_person_is_erased() {
    let Followed { shelf, dir, mut story, home } = followed();
    let people = People::open(dir.path()).unwrap();
    let [first, second] = ["name", "office"]
        .map(|label| people.commit(&member("m-17"), label, Value::from(NAME)).unwrap());
    name(&mut story, "first", first);
    name(&mut story, "second", second);
    let (asset, version, papers, case) = (None, None, [second].into(), None);
    let hold = HoldPlace { asset, version, papers, case, ground: digest("court order") };
    story.admit("birch", "data-holder", Act::HoldPlace(hold));
    erase(&mut story, &[first]);
    publish(&shelf, &story.entries);
    Follower::open(&home).unwrap().catch_up().unwrap();
    assert!(!dir.path().join(format!("people/m-17/{first}")).exists());
    assert!(matches!(people.behind(&second).unwrap(), Behind::Opening(_)));
    assert_eq!(people.behind(&first).unwrap_err().code, "no-opening");
}

/// Whoever comes by a commitment can name it first, and say that it is erased. That is no reason to
/// destroy the key of a person of somebody else's, and all that it opens.
#[test]
fn what_another_party_erases_takes_no_opening_from_this_one() {
    let Followed { shelf, dir, mut story, home } = followed();
    let people = People::open(dir.path()).unwrap();
    let [first, second] = ["name", "office"]
        .map(|label| people.commit(&member("m-17"), label, Value::from(NAME)).unwrap());
    name_by(&mut story, "birch", "taken", first);
    name(&mut story, "own", second);
    erase_by(&mut story, "birch", &[first]);
    publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    for own in [first, second] {
        assert!(matches!(people.behind(&own).unwrap(), Behind::Opening(_)));
    }
    // What the party itself has named and erases goes.
    erase(&mut story, &[second]);
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    assert!(matches!(people.behind(&second).unwrap(), Behind::Erased(_)));
}

/// A death in the middle of a line of the register: what it was to say was never recorded.
#[test]
fn a_line_of_the_register_that_was_torn_keeps_nobody_from_starting() {
    let Followed { shelf, dir, story, home } = followed();
    publish(&shelf, &story.entries);
    let people = People::open(dir.path()).unwrap();
    let seal = |name: &str| people.commit(&member(name), "name", Value::from(NAME)).unwrap();
    let (first, second) = (seal("m-17"), seal("m-18"));
    people.erase(&member("m-17"), ErasureGround::Objection).unwrap();
    let before = tempfile::tempdir().unwrap();
    for folder in ["people", "keys"] {
        copy(&dir.path().join(folder), &before.path().join(folder));
    }
    let register = dir.path().join("keys/erased.jsonl");
    let whole = fs::read(&register).unwrap();
    people.erase(&member("m-18"), ErasureGround::Objection).unwrap();
    let after = fs::read(&register).unwrap();
    assert!(after.starts_with(&whole) && after.ends_with(b"\n"));

    for end in whole.len()..after.len() {
        for folder in ["people", "keys"] {
            copy(&before.path().join(folder), &dir.path().join(folder));
        }
        fs::write(&register, &after[..end]).unwrap();
        let people = People::open(dir.path()).unwrap();
        assert!(matches!(people.behind(&first).unwrap(), Behind::Erased(_)), "{end}");
        assert!(matches!(people.behind(&second).unwrap(), Behind::Opening(_)), "{end}");
        people.erase(&member("m-18"), ErasureGround::Objection).unwrap();
        assert_eq!(fs::read(&register).unwrap(), after, "{end}");
        assert!(matches!(people.behind(&second).unwrap(), Behind::Erased(_)), "{end}");
    }
    fs::write(&register, &after[..after.len() - 1]).unwrap();
    Follower::open(&home).unwrap();
    // A line in the middle is another matter: it was written to its end.
    fs::write(&register, [b"{}\n".as_slice(), &after].concat()).unwrap();
    assert_eq!(Follower::open(&home).unwrap_err().code, "bad-register");
}
