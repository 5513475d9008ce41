//! Playbooks, with the real binary: a task force makes and signs a pack, agreements are made from
//! it, and a newer version of it comes to them as a draft that somebody reads.
#![allow(clippy::disallowed_methods, reason = "tests lay out files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn concordat(dir: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(line.split(' '))
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn json(dir: &Path, line: &str) -> Value {
    let output = concordat(dir, &format!("{line} --json"));
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.status.success(), "{line}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The exit status and the code of a problem, told in three lines.
fn refused(dir: &Path, line: &str) -> (i32, String) {
    let output = concordat(dir, line);
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let [.., what, hint, see] = lines.as_slice() else { panic!("{line}: {said}") };
    assert!(what.starts_with("error: ") && hint.starts_with("hint: "), "{said}");
    (output.status.code().unwrap(), see.split_once('#').unwrap().1.to_owned())
}

fn change(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "`{from}` is not in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target)
        } else {
            fs::copy(&path, &target).map(|_| ()).unwrap();
        }
    }
}

/// A playbook of a task force, signed; the key that signed it, and the key of somebody else.
fn playbook() -> (TempDir, String, String) {
    let dir = TempDir::new().unwrap();
    let at = dir.path();
    json(at, "pack make playbook --id beds --owner Board");
    let key = |party: &str| {
        let keys = json(at, &format!("key new --home {party} --party {party}"));
        keys["key"].as_str().unwrap().to_owned()
    };
    let (board, other) = (key("board"), key("other"));
    json(at, "pack sign playbook --home board --party board");
    (dir, board, other)
}

#[test]
fn row_26_an_agreement_is_made_from_a_pack_that_its_owner_has_signed_and_records_it() {
    let (dir, board, other) = playbook();
    let at = dir.path();
    let checked = json(at, &format!("pack check playbook --signer {board}"));
    assert_eq!(checked["pack"]["id"], "beds", "{checked}");
    assert_eq!(checked["templates"].as_array().unwrap().len(), 5, "{checked}");
    let signer = checked["signer"].as_str().unwrap();
    assert_eq!(checked["claimed"][0], signer, "{checked}");

    let new = "new mine --template joint-pool --sample --pack playbook";
    // Who makes an agreement says whose signature the pack needs.
    assert_eq!(refused(at, new), (2, "pack-not-signed".to_owned()));
    assert_eq!(refused(at, &format!("{new} --signer {other}")), (1, "pack-not-signed".to_owned()));
    assert_eq!(refused(at, &format!("{new} --signer nobody")), (2, "bad-key".to_owned()));
    assert!(!at.join("mine").exists());
    json(at, &format!("{new} --signer {board}"));
    let made = json(at, "check mine --strict");
    assert_eq!(made["pack"]["id"], "beds", "{made}");
    assert_eq!(made["pack"]["version"], "1.0.0", "{made}");
    assert_eq!(made["pack"]["digest"], checked["pack"]["digest"], "{made}");
    assert_eq!(made["pack"]["signer"], signer, "{made}");
    let instrument = fs::read_to_string(at.join("mine/instrument.md")).unwrap();
    assert!(instrument.contains(&format!("signer = \"{signer}\"")), "{instrument}");
    json(at, "new theirs --template joint-pool --sample --pack playbook --unsigned");
    assert!(json(at, "check theirs")["pack"]["signer"].is_null());
}

#[test]
fn row_26_a_signature_is_under_these_texts_and_no_others() {
    let (dir, board, _) = playbook();
    let at = dir.path();
    let check = format!("pack check playbook --signer {board}");
    change(&at.join("playbook/common/notices.md"), "names the clause", "names exactly the clause");
    assert_eq!(refused(at, &check), (2, "bad-pack".to_owned()));
    // Its maker writes the new digest, and the old signature does not speak for it.
    assert_eq!(json(at, "pack make playbook --release 1.1.0")["sign_again"], true);
    assert_eq!(refused(at, &check), (1, "pack-not-signed".to_owned()));
    assert_eq!(json(at, "pack check playbook")["claimed"], serde_json::json!([]));
    // Two sign, and either key is enough.
    json(at, "pack sign playbook --home other --party other");
    json(at, "pack sign playbook --home board --party board");
    assert_eq!(json(at, &check)["claimed"].as_array().unwrap().len(), 2);
    fs::write(at.join("playbook/pack.dsse"), "{}").unwrap();
    assert_eq!(refused(at, &check), (1, "pack-not-signed".to_owned()));
}

#[test]
fn a_pack_begins_as_a_copy_of_the_programs_own_or_not_at_all() {
    let dir = TempDir::new().unwrap();
    let at = dir.path();
    assert_eq!(refused(at, "pack make nowhere"), (2, "no-such-file".to_owned()));
    assert_eq!(refused(at, "pack make x --id Beds! --owner Board"), (2, "bad-pack".to_owned()));
    assert!(!at.join("x").exists());
    json(at, "pack make x --id beds --owner Board --release 2.3.0");
    assert_eq!(json(at, "pack check x")["pack"]["version"], "2.3.0");
    let again = "pack make x --id beds --owner Board";
    assert_eq!(refused(at, again), (2, "target-exists".to_owned()));
    // A manifest without a digest is given one.
    let manifest = at.join("x/pack.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("digest = "));
    fs::write(&manifest, lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    json(at, "pack make x");
    assert_eq!(json(at, "pack check x")["pack"]["version"], "2.3.0");
    // A template that gives no clean agreement is told.
    change(&at.join("x/common/council.md"), "```clause", "```clauze");
    json(at, "pack make x");
    assert_eq!(refused(at, "pack check x"), (2, "bad-pack".to_owned()));
}

/// A signed playbook in an old and a new version, and an agreement made from the old one.
fn two_versions() -> (TempDir, String) {
    let (dir, board, _) = playbook();
    let at = dir.path();
    let new = "new mine --template joint-pool --sample --pack playbook --signer";
    json(at, &format!("{new} {board}"));
    copy(&at.join("playbook"), &at.join("newer"));
    change(&at.join("newer/common/notices.md"), "names the clause", "names exactly the clause");
    json(at, "pack make newer --release 1.1.0");
    json(at, "pack sign newer --home board --party board");
    (dir, board)
}

#[test]
fn row_27_agreements_on_an_outdated_pack_are_listed() {
    let (dir, board) = two_versions();
    let at = dir.path();
    json(at, &format!("new fresh --template joint-pool --sample --pack newer --signer {board}"));
    json(at, "new own --template joint-pool --sample");
    let line = format!("pack outdated --pack newer --signer {board} fresh own mine");
    let listed = json(at, &line);
    let stands: Vec<String> = listed["agreements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!("{} {}", one["folder"].as_str().unwrap(), one["stands"].as_str().unwrap())
        })
        .collect();
    assert_eq!(stands, ["mine outdated", "fresh current", "own other-pack"]);
    let output = concordat(at, &line);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("mine: outdated (1.0.0)"), "{said}");
    // A list against a pack that nobody vouches for is none.
    assert_eq!(refused(at, "pack outdated --pack newer mine"), (2, "pack-not-signed".to_owned()));
}

#[test]
fn row_27_a_draft_has_what_the_pack_changed_and_keeps_what_the_parties_changed() {
    let (dir, board) = two_versions();
    let at = dir.path();
    // The parties have amended another sentence of the same module since.
    let notices = at.join("mine/notices.md");
    change(&notices, "version = \"1.0.0\"", "version = \"1.4.0\"");
    let text = fs::read_to_string(&notices).unwrap();
    fs::write(&notices, format!("{text}\n## Holidays\n\nNobody serves notice on a holiday.\n"))
        .unwrap();
    let line = format!("pack draft mine --from playbook --pack newer --signer {board}");
    let told = json(at, &line);
    assert_eq!(told["clashes"], serde_json::json!([]), "{told}");
    assert_eq!(told["errors"], 0, "{told}");
    let changed: Vec<&str> =
        told["changed"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert_eq!(changed, ["instrument.md", "notices.md"], "{told}");
    let diff = told["diff"].as_str().unwrap();
    assert!(diff.contains("+version = \"1.5.0\"") && diff.contains("names exactly"), "{diff}");
    assert!(!at.join("draft").exists());

    json(at, &format!("{line} --out draft"));
    let drafted = fs::read_to_string(at.join("draft/notices.md")).unwrap();
    assert!(drafted.contains("names exactly") && drafted.contains("on a holiday"), "{drafted}");
    let checked = json(at, "check draft --since mine");
    assert_eq!((&checked["errors"], &checked["warnings"]), (&0.into(), &0.into()), "{checked}");
    assert_eq!(checked["pack"]["version"], "1.1.0", "{checked}");
    // The answers go with it, for the next version.
    assert!(at.join("draft/answers.toml").exists());
    let line = format!("pack outdated --pack newer --signer {board} draft");
    assert_eq!(json(at, &line)["agreements"][0]["stands"], "current");
}

#[test]
fn row_27_where_both_changed_the_same_lines_the_parties_stay_and_the_clash_is_told() {
    let (dir, board) = two_versions();
    let at = dir.path();
    change(&at.join("mine/notices.md"), "names the clause", "cites the clause");
    let line = format!("pack draft mine --from playbook --pack newer --signer {board} --out draft");
    let told = json(at, &line);
    assert_eq!(told["clashes"][0]["file"], "notices.md", "{told}");
    assert!(told["clashes"][0]["offered"].as_str().unwrap().contains("names exactly"), "{told}");
    let drafted = fs::read_to_string(at.join("draft/notices.md")).unwrap();
    assert!(drafted.contains("cites the clause") && !drafted.contains("names exactly"));
}

#[test]
fn a_draft_needs_the_very_pack_that_the_agreement_was_made_from() {
    let (dir, board) = two_versions();
    let at = dir.path();
    let other = ("other-pack".to_owned(), 2);
    let swap = |(status, code)| (code, status);
    for line in [
        format!("pack draft mine --pack newer --signer {board}"),
        format!("pack draft mine --from newer --pack newer --signer {board}"),
        "pack draft mine --from playbook".to_owned(),
    ] {
        assert_eq!(swap(refused(at, &line)), other, "{line}");
    }
    fs::create_dir(at.join("taken")).unwrap();
    fs::write(at.join("taken/note.md"), "mine").unwrap();
    let line = format!("pack draft mine --from playbook --pack newer --signer {board} --out taken");
    assert_eq!(refused(at, &line), (2, "target-exists".to_owned()));
}
