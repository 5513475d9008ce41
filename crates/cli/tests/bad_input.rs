//! Bad input gets three lines and the right exit status, and changes nothing. With the real
//! binary.
#![allow(clippy::disallowed_methods, reason = "tests lay out files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use concordat_terms::Digest;
use serde_json::Value;
use tempfile::TempDir;

const PARTIES: [&str; 6] = ["alder", "birch", "cypress", "dogwood", "vendor", "lab"];

fn concordat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What a folder holds: every path below it, with the digest of a file's bytes.
fn listing(dir: &Path) -> BTreeMap<PathBuf, Option<Digest>> {
    let mut found = BTreeMap::new();
    let mut ahead = vec![dir.to_owned()];
    while let Some(dir) = ahead.pop() {
        for item in fs::read_dir(&dir).unwrap() {
            let path = item.unwrap().path();
            let file = path.symlink_metadata().unwrap().is_file();
            let digest = file.then(|| Digest::of(&fs::read(&path).unwrap()));
            if path.is_dir() {
                ahead.push(path.clone());
            }
            found.insert(path, digest);
        }
    }
    found
}

/// Fails with this status and code, in three lines for a person and as JSON for a program, and
/// changes nothing in the folder that it is about.
fn assert_fails(folder: &Path, arguments: &[&str], status: i32, code: &str, names: &str) {
    let before = listing(folder);
    fails(arguments, status, code, names);
    assert_eq!(listing(folder), before, "{arguments:?} changed what is there");
}

fn fails(arguments: &[&str], status: i32, code: &str, names: &str) {
    let output = concordat(arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    let lines: Vec<&str> = said.lines().collect();
    let last = lines[lines.len().saturating_sub(3)..].to_vec();
    let [what, hint, see] = last[..] else { panic!("{arguments:?}: {said}") };
    assert!(what.starts_with("error: ") && hint.starts_with("hint: "), "{arguments:?}: {said}");
    assert!(see.starts_with("see: docs/reference/"), "{arguments:?}: {said}");
    assert!(see.ends_with(&format!("#{code}")), "{arguments:?}: {said}");
    assert!(what.contains(names), "{arguments:?}: {said}");
    assert!(!what.ends_with('.') && !said.contains('\u{1b}') && !said.contains("panicked"));

    let output = concordat(&[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(status), "{arguments:?} in JSON");
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    let last = stdout.lines().last().unwrap_or_default();
    let problem: Value = serde_json::from_str(last).unwrap();
    assert_eq!(problem["code"], code, "{arguments:?}: {stdout}");
    assert!(stderr(&output).contains("\nhint: "), "{arguments:?}");
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart").canonicalize().unwrap()
}

/// The example agreement with one text of one file replaced.
fn spoiled(file: &str, from: &str, to: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    for item in fs::read_dir(example()).unwrap() {
        let path = item.unwrap().path();
        if path.extension().is_some_and(|e| e == "md") {
            fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    dir
}

#[test]
fn an_agreement_with_a_mistake_is_not_checked_as_good() {
    let cases = [
        ("governance.md", "body = \"Council\"", "bodi = \"Council\"", "unknown-kind", "kind"),
        ("governance.md", "votes_per_side = 2", "votes_per_side = \"two\"", "", "votes_per_side"),
        ("parties.md", "signers = [\"all\"]", "signers = [\"oak\"]", "unknown-signer", "oak"),
        ("protocol.md", "threshold = 3", "threshold = 9", "", "9"),
    ];
    for (file, from, to, code, names) in cases {
        let dir = spoiled(file, from, to);
        let path = dir.path().to_str().unwrap();
        let before = listing(dir.path());
        let output = concordat(&["check", path]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{to}: {said}");
        assert!(said.contains(&format!("{file}:")) && said.contains('^'), "{to}: {said}");
        assert!(said.contains(names), "{to}: {said}");
        if !code.is_empty() {
            assert!(said.contains(&format!("#{code}")), "{to}: {said}");
        }
        let output = concordat(&["check", path, "--json"]);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let found: Value = serde_json::from_str(stdout.lines().next().unwrap()).unwrap();
        assert!(found["errors"].as_u64().unwrap() > 0, "{to}: {stdout}");
        assert_eq!(listing(dir.path()), before, "{to}");
    }

    let empty = spoiled("release.md", "# Test", "# Test");
    fs::write(empty.path().join("release.md"), b"").unwrap();
    assert_fails(
        empty.path(),
        &["check", empty.path().to_str().unwrap()],
        2,
        "no-module",
        "1 error",
    );
}

#[test]
fn what_is_not_there_or_not_of_its_kind_is_bad_usage() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"x").unwrap();
    let (folder, file) = (dir.path(), file.to_str().unwrap());
    let dir = folder.to_str().unwrap();
    let cases: &[(&[&str], &str, &str)] = &[
        (&["chekc", dir], "usage", "chekc"),
        (&["check"], "usage", "FOLDER"),
        (&["act", "run.invent", "--seat", "a", "--home", dir], "usage", "run.invent"),
        (&["check", "/nowhere"], "no-such-file", "/nowhere"),
        (&["check", file], "not-a-folder", "file"),
        (&["check", dir], "no-module", dir),
        (&["status", "--home", dir], "no-such-file", "concordat.toml"),
        (&["verify", "/nowhere"], "no-such-file", "/nowhere"),
        (&["verify", file], "not-a-folder", "file"),
        (&["sign", "--home", dir, "genesis.dsse"], "no-such-file", "genesis.dsse"),
        (&["run", "propose", file, "--home", dir], "bad-plan", "file"),
        (&["key", "show", "--home", dir, "--party", "oak"], "no-such-file", "ledger.key"),
    ];
    for (arguments, code, names) in cases {
        assert_fails(folder, arguments, 2, code, names);
    }
}

#[test]
fn a_table_that_does_not_fit_is_told_without_its_cells() {
    let example = example();
    let text = fs::read_to_string(example.join("data/alder.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let first = rows.lines().next().unwrap();
    let dir = TempDir::new().unwrap();
    let column = header.split(',').position(|name| name == "age").unwrap();
    let cells: Vec<&str> = first.split(',').collect();
    let without: Vec<&str> = header.split(',').filter(|name| *name != "age").collect();
    let mut spoiled = cells.clone();
    spoiled[column] = "unknown";
    let mut fewer = cells.clone();
    fewer.remove(column);
    let cases = [
        (format!("{}\n{}\n", without.join(","), fewer.join(",")), "table-missing-column", "`age`"),
        (format!("{header}\n{}\n", spoiled.join(",")), "table-text-in-number", "row 1"),
        (String::new(), "table-empty", "empty"),
        (format!("{header}\n"), "table-empty", "empty"),
    ];
    let table = dir.path().join("rows.csv");
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let (table_path, agreement) = (path(&table), path(&example));
    let command =
        ["node", "doctor", "heart-rows", "--table", &table_path, "--agreement", &agreement];
    for (text, code, names) in cases {
        fs::write(&table, text).unwrap();
        assert_fails(dir.path(), &command, 2, code, names);
        assert!(!stderr(&concordat(&command)).contains("unknown"));
    }
    fs::write(&table, text).unwrap();
    assert!(concordat(&command).status.success());
}

/// Keys for everybody in a folder, and the command line that founds a log with them.
fn to_be_founded(dir: &TempDir) -> Vec<String> {
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let output = concordat(&["key", "new", "--home", &at("c"), "--sequencer", "--json"]);
    let sequencer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let example = example();
    let words = ["found", "--agreement", example.to_str().unwrap(), "--out", &at("genesis.dsse")];
    let mut command: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    command.extend(["--origin", "heart.example/log", "--sequencer"].map(str::to_owned));
    command.push(sequencer["sequencer"].as_str().unwrap().to_owned());
    for party in PARTIES {
        let output = concordat(&["key", "new", "--home", &at(party), "--party", party, "--json"]);
        assert!(output.status.success(), "{}", stderr(&output));
        fs::write(dir.path().join(format!("{party}.json")), output.stdout).unwrap();
        command.push("--party".to_owned());
        command.push(format!("{party}={}", at(&format!("{party}.json"))));
    }
    command
}

#[test]
fn a_founding_statement_without_a_party_is_not_written() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (command, out) = (to_be_founded(&dir), at("genesis.dsse"));
    let command: Vec<&str> = command.iter().map(String::as_str).collect();

    assert_fails(dir.path(), &command[..command.len() - 2], 2, "missing-signer", "`lab`");
    assert!(!Path::new(&out).exists());
    let output = concordat(&command);
    assert!(output.status.success(), "{}", stderr(&output));

    // A stranger's keys are not in it, and a changed text is not the one that it names.
    let stranger = at("stranger");
    concordat(&["key", "new", "--home", &stranger, "--party", "oak"]);
    assert_fails(dir.path(), &["sign", "--home", &stranger, &out], 1, "keys-not-named", "keys");
    let changed = spoiled("release.md", "ninety days", "ninety  days");
    let changed = changed.path().to_str().unwrap();
    let alder = at("alder");
    let sign = ["sign", "--home", &alder, "--agreement", changed, &out];
    assert_fails(dir.path(), &sign, 1, "modules-differ", "release.md");
    // Nobody starts from a statement that all but one have signed.
    assert_fails(dir.path(), &command, 2, "target-exists", "genesis.dsse");
}

#[test]
fn a_founder_signs_no_statement_that_gives_its_keys_to_another_name() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let command = to_be_founded(&dir);
    // Whoever writes the statement calls alder birch, and birch alder.
    let mut files = ["alder", "birch"].map(|party| {
        let text = fs::read(at(&format!("{party}.json"))).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()
    });
    files.reverse();
    for (party, mut keys) in ["alder", "birch"].into_iter().zip(files) {
        keys["party"] = party.into();
        fs::write(at(&format!("{party}.json")), keys.to_string()).unwrap();
    }
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    assert!(concordat(&command).status.success());
    let statement = at("genesis.dsse");
    let sign = |home: &str| concordat(&["sign", "--home", home, &statement]);
    let alder = at("alder");
    let refused = ["sign", "--home", &alder, &statement];
    assert_fails(dir.path(), &refused, 1, "keys-of-another-name", "`alder` to `birch`");
    assert!(sign(&at("cypress")).status.success());

    // A folder that does not say whose it is signs, and says for whom.
    fs::remove_file(Path::new(&alder).join("keys/party")).unwrap();
    let output = sign(&alder);
    assert!(output.status.success());
    assert!(stderr(&output).contains("signs as `birch`"), "{}", stderr(&output));
}

#[test]
fn a_coordinator_starts_in_its_own_folder_and_creates_nothing_in_another() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let left = |dir: &Path| -> Vec<_> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let command = to_be_founded(&dir);
    concordat(&command.iter().map(String::as_str).collect::<Vec<_>>());
    let home = dir.path().join("c");
    let (path, before) = (at("c"), left(&home));
    let serve = ["serve", "--home", &path];

    assert_fails(dir.path(), &["serve", "--home", &at("nowhere")], 2, "no-such-file", "nowhere");
    assert!(!dir.path().join("nowhere").exists());
    assert_fails(
        dir.path(),
        &["serve", "--home", &at("alder.json")],
        2,
        "not-a-folder",
        "alder.json",
    );
    assert_fails(dir.path(), &serve, 2, "no-such-file", "concordat.toml");
    // A party's folder is not a coordinator's.
    fs::write(home.join("concordat.toml"), "party = \"alder\"\n").unwrap();
    assert_fails(dir.path(), &serve, 2, "bad-config", "concordat.toml");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    fs::write(home.join("concordat.toml"), format!("listen = \"{address}\"\n")).unwrap();
    assert_fails(dir.path(), &serve, 2, "no-such-file", "genesis.dsse");
    fs::write(home.join("genesis.dsse"), "founded").unwrap();
    assert_fails(dir.path(), &serve, 2, "bad-founding", "genesis.dsse");
    fs::copy(at("genesis.dsse"), home.join("genesis.dsse")).unwrap();
    assert_fails(dir.path(), &serve, 2, "missing-signer", "`alder`");
    for party in PARTIES {
        concordat(&["sign", "--home", &at(party), &at("genesis.dsse")]);
    }
    concordat(&["sign", "--home", &path, "--sequencer", &at("genesis.dsse")]);
    fs::copy(at("genesis.dsse"), home.join("genesis.dsse")).unwrap();
    let key = fs::read(home.join("keys/sequencer.key")).unwrap();
    fs::remove_file(home.join("keys/sequencer.key")).unwrap();
    assert_fails(dir.path(), &serve, 2, "no-such-file", "sequencer.key");
    concordat(&["key", "new", "--home", &path, "--sequencer"]);
    assert_fails(dir.path(), &serve, 2, "keys-not-named", "genesis.dsse");
    let now: Vec<_> = left(&home);
    assert_eq!((now.len(), before.len()), (3, 1), "{now:?}");

    // All is as it should be but the port.
    fs::write(home.join("keys/sequencer.key"), key).unwrap();
    assert_fails(dir.path(), &serve, 3, "port-in-use", &address.port().to_string());
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(home.join("keys")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_folder_that_is_closed_is_a_fault() {
    // Not even the administrator makes folders there.
    fails(
        &["key", "new", "--home", "/sys/concordat", "--party", "alder"],
        3,
        "unwritable-file",
        "/sys/concordat",
    );
    fails(
        &["key", "new", "--home", "/sys/concordat", "--sequencer"],
        3,
        "permission",
        "/sys/concordat",
    );
}

#[test]
fn an_archive_that_is_cut_short_does_not_verify() {
    let dir = TempDir::new().unwrap();
    let target = dir.path().join("archive");
    let story = common::story();
    concordat_cli::archive::save(&target, &story.archive()).unwrap();
    let path = target.to_str().unwrap();
    let log = story.log.to_string();
    let good = concordat(&["verify", path, "--log", &log]);
    assert!(good.status.success(), "{}", stderr(&good));
    assert!(String::from_utf8(good.stdout).unwrap().ends_with("verified\n"));

    let bundle = fs::read_dir(target.join("tile/entries/000.p")).unwrap().next().unwrap().unwrap();
    let bytes = fs::read(bundle.path()).unwrap();
    fs::write(bundle.path(), &bytes[..bytes.len() - 9]).unwrap();
    assert_fails(dir.path(), &["verify", path], 1, "not-verified", "entry 7, byte ");

    fs::write(bundle.path(), &bytes).unwrap();
    let other = "0".repeat(64);
    assert_fails(dir.path(), &["verify", path, "--log", &other], 1, "not-verified", &log);
    fs::write(target.join("extra"), b"").unwrap();
    assert_fails(dir.path(), &["verify", path], 1, "not-verified", "`extra`");
}
