//! Founders sign the statement and the modules at once, and the coordinator can bring into force
//! what all of them have signed, and nothing else. With the real binary.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test starts processes")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

const PARTIES: [&str; 3] = ["border-agency", "lingua", "hill-lab"];

fn concordat(dir: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(line.split(' '))
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn done(dir: &Path, line: &str) -> Value {
    let output = concordat(dir, &format!("{line} --json"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(dir: &Path, line: &str, code: &str) -> String {
    let output = concordat(dir, line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains(&format!("#{code}")), "{line}: {said}");
    said
}

/// An agreement of three parties, with their keys.
fn agreed() -> TempDir {
    let temp = TempDir::new().unwrap();
    let dir = temp.path();
    done(dir, "new agreement --template model-testing-only --sample");
    fs::create_dir(dir.join("keys")).unwrap();
    for party in PARTIES {
        let keys = done(dir, &format!("key new --home {party} --party {party}"));
        fs::write(dir.join(format!("keys/{party}.json")), keys.to_string()).unwrap();
    }
    temp
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn found(free: &str) -> String {
    let found = "found --agreement agreement --keys keys --coordinator coordinator";
    format!("{found} --listen {free} --origin tests.example/log --out founding.dsse")
}

/// An agreement of three parties and their founding statement, unsigned; where it will be served.
fn founded() -> (TempDir, String) {
    let (temp, free) = (agreed(), free());
    let dir = temp.path();
    let written = done(dir, &found(&free));
    // The coordinator has signed at once.
    assert_eq!(written["to_sign"].as_array().unwrap().len(), 3, "{written}");
    (temp, free)
}

/// A coordinator that ends with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts the coordinator; what it says up to the line that holds one of these words.
fn serve(dir: &Path, until: &[&str]) -> (Served, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args("serve --home coordinator --founding founding.dsse --until-input-ends".split(' '))
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let served = Served(child);
    for line in lines.by_ref() {
        let line = line.unwrap();
        said.push_str(&line);
        said.push('\n');
        if until.iter().any(|word| line.contains(word)) {
            return (served, said);
        }
    }
    panic!("{said}");
}

const SIGN: &str = "--agreement agreement --enter founding.dsse";

#[test]
fn what_all_founders_have_signed_is_in_force_when_the_log_begins_and_after_a_restart() {
    let (temp, _) = founded();
    let dir = temp.path();
    for party in PARTIES {
        done(dir, &format!("sign --home {party} {SIGN}"));
    }
    let (served, _) = serve(dir, &["in force: "]);
    let before = done(dir, "status --home lingua");
    assert_eq!(before["in_force"].as_object().unwrap().len(), 9, "{before}");
    drop(served);
    // The same command again changes nothing.
    let (_served, _) = serve(dir, &["listening"]);
    let after = done(dir, "status --home hill-lab");
    assert_eq!(after["in_force"], before["in_force"]);
    assert_eq!(after["log"], before["log"]);
}

#[test]
fn modules_that_one_founder_has_not_signed_do_not_enter_and_it_can_sign_later() {
    let (temp, free) = founded();
    let dir = temp.path();
    for party in &PARTIES[..2] {
        done(dir, &format!("sign --home {party} {SIGN}"));
    }
    refused(dir, "serve --home coordinator --founding founding.dsse", "missing-signer");
    assert!(!dir.join("coordinator/genesis.dsse").exists());
    // The statement alone.
    done(dir, "sign --home hill-lab --agreement agreement founding.dsse");
    let (_served, said) = serve(dir, &["see: "]);
    assert!(said.contains("`hill-lab` has not signed that the modules enter"), "{said}");
    let status = done(dir, "status --home lingua");
    assert!(status["in_force"].as_object().unwrap().is_empty(), "{status}");

    fs::copy(dir.join("coordinator/tls/cert.pem"), dir.join("hill-lab/coordinator.pem")).unwrap();
    let (log, party) = (&status["log"], "hill-lab");
    let config = format!(
        "party = \"{party}\"\nlog = {log}\ncoordinator = \"https://{free}\"\n\
         certificate = \"coordinator.pem\"\n"
    );
    fs::write(dir.join("hill-lab/concordat.toml"), config).unwrap();
    for party in ["border-agency", "lingua"] {
        assert!(concordat(dir, &format!("sign --home {party} --all agreement")).status.success());
    }
    assert!(concordat(dir, "sign --home hill-lab --all agreement --enter").status.success());
    let status = done(dir, "status --home lingua");
    assert_eq!(status["in_force"].as_object().unwrap().len(), 9, "{status}");
}

#[test]
fn nobody_signs_modules_unseen_or_a_statement_about_others() {
    let (temp, _) = founded();
    let dir = temp.path();
    let said = refused(dir, "sign --home lingua --enter founding.dsse", "usage");
    assert!(said.contains("--agreement FOLDER"), "{said}");
    let path = dir.join("agreement/testing.md");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("P60D", "P90D").replace("[sixty days]", "[ninety days]"))
        .unwrap();
    let said = refused(dir, &format!("sign --home lingua {SIGN}"), "modules-differ");
    assert!(said.contains("testing.md"), "{said}");
    let entry: Value =
        serde_json::from_slice(&fs::read(dir.join("founding.entry")).unwrap()).unwrap();
    assert!(entry["signed"].as_object().unwrap().is_empty());
    fs::remove_file(dir.join("founding.entry")).unwrap();
    fs::write(&path, text).unwrap();
    refused(dir, &format!("sign --home lingua {SIGN}"), "no-such-file");
}

#[test]
fn what_is_only_shown_is_not_signed() {
    let (temp, _) = founded();
    let dir = temp.path();
    let files = ["founding.dsse", "founding.entry"].map(|file| dir.join(file));
    let before = files.each_ref().map(|file| fs::read(file).unwrap());
    done(dir, &format!("sign --show --home lingua {SIGN}"));
    assert_eq!(files.each_ref().map(|file| fs::read(file).unwrap()), before);
    assert!(!dir.join("lingua/concordat.toml").exists());
}

#[test]
fn an_act_that_somebody_changed_on_the_way_brings_nothing_into_force() {
    let (temp, _) = founded();
    let dir = temp.path();
    for party in PARTIES {
        done(dir, &format!("sign --home {party} {SIGN}"));
    }
    let path = dir.join("founding.entry");
    let mut entry: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    // One founder's acts in the name of another.
    let stolen = entry["signed"]["lingua"].clone();
    entry["signed"]["hill-lab"] = stolen;
    fs::write(&path, entry.to_string()).unwrap();
    let (_served, said) = serve(dir, &["see: ", "in force: "]);
    assert!(!said.contains("in force: "), "{said}");
    let status = done(dir, "status --home lingua");
    assert!(status["in_force"].as_object().unwrap().is_empty(), "{status}");
}

#[test]
fn another_document_than_the_one_that_was_signed_is_refused() {
    let (temp, _) = founded();
    let dir = temp.path();
    for party in &PARTIES[..2] {
        done(dir, &format!("sign --home {party} {SIGN}"));
    }
    let own = fs::read(dir.join("founding.entry")).unwrap();
    let swap = |entry: &mut Value| {
        let page =
            entry["document"].as_str().unwrap().replacen("</main>", "<p>Or not.</p></main>", 1);
        entry["document"] = page.into();
    };
    let spoils: [&dyn Fn(&mut Value); 2] = [&swap, &|entry| entry["document"] = Value::Null];
    for spoil in spoils {
        change(dir, spoil);
        let said = refused(dir, &format!("sign --home hill-lab {SIGN}"), "documents-differ");
        assert!(said.contains("is not the one that `border-agency` signed"), "{said}");
        fs::write(dir.join("founding.entry"), &own).unwrap();
    }
    done(dir, &format!("sign --home hill-lab {SIGN}"));
    change(dir, swap);
    let (_served, said) = serve(dir, &["see: ", "in force: "]);
    assert!(said.contains("#documents-differ") && !said.contains("in force: "), "{said}");
    let status = done(dir, "status --home lingua");
    assert!(status["in_force"].as_object().unwrap().is_empty(), "{status}");
}

/// The answers of a command, one a line.
fn answers(dir: &Path, line: &str) -> Vec<Value> {
    let output = concordat(dir, &format!("{line} --json"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn of_a_folder_what_is_new_is_signed_and_what_is_in_force_is_left_as_it_is() {
    let (temp, _) = founded();
    let dir = temp.path();
    for party in PARTIES {
        done(dir, &format!("sign --home {party} {SIGN}"));
    }
    let (_served, _) = serve(dir, &["in force: "]);
    let notices = dir.join("agreement/notices.md");
    let text = fs::read_to_string(&notices).unwrap();
    let amended = text.replace("version = \"1.0.0\"", "version = \"1.1.0\"") + "\nOne word more.\n";
    fs::write(&notices, amended).unwrap();

    let shown = done(dir, "sign --home lingua --all agreement --show");
    let ids = |of: &str| -> Vec<String> {
        let lines = shown[of].as_array().unwrap().iter();
        lines.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((ids("modules"), ids("unchanged").len()), (vec!["notices".to_owned()], 8));
    assert_eq!(shown["modules"][0]["replaces"], "1.0.0");

    for party in &PARTIES[..2] {
        answers(dir, &format!("sign --home {party} --all agreement"));
    }
    let acts = answers(dir, "sign --home hill-lab --all agreement --enter");
    // Its signature, and the entrance.
    assert_eq!(acts.len(), 2, "{acts:?}");
    let status = done(dir, "status --home lingua");
    assert_eq!(status["in_force"]["notices"]["version"], "1.1.0", "{status}");

    // Once more: there is nothing left to do, and nothing is done.
    let again = done(dir, "sign --home border-agency --all agreement --enter");
    assert_eq!(again["modules"], Value::Array(Vec::new()));
    assert_eq!(again["unchanged"].as_array().unwrap().len(), 9);
    let said = concordat(dir, "sign --home border-agency --all agreement --show");
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("notices 1.1.0, unchanged, in force"), "{said}");
    assert!(said.contains("there is nothing to sign"), "{said}");
    assert_eq!(done(dir, "status --home lingua")["size"], status["size"]);
}

/// Reads the file beside the founding statement, changes it and writes it again.
fn change(dir: &Path, edit: impl FnOnce(&mut Value)) {
    let path = dir.join("founding.entry");
    let mut entry: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut entry);
    fs::write(&path, entry.to_string()).unwrap();
}

/// What the coordinator signed of itself, with one text in place of another.
fn forged(entry: &mut Value, from: &str, to: &str) {
    let envelope = STANDARD.decode(entry["coordinator"].as_str().unwrap()).unwrap();
    let mut envelope: Value = serde_json::from_slice(&envelope).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    assert!(payload.contains(from));
    envelope["payload"] = STANDARD.encode(payload.replacen(from, to, 1)).into();
    entry["coordinator"] = STANDARD.encode(envelope.to_string()).into();
}

#[test]
fn nobody_on_the_way_points_a_founder_at_another_coordinator() {
    let (temp, free) = founded();
    let dir = temp.path();
    let own = fs::read(dir.join("founding.entry")).unwrap();
    let sign = format!("sign --home lingua {SIGN}");
    let spoils: [&dyn Fn(&mut Value); 5] = [
        &|entry| forged(entry, &free, "127.0.0.1:1"),
        // A line that would be shown after the address.
        &|entry| forged(entry, &free, &format!("{free}\\nin force: everything")),
        &|entry| forged(entry, "BEGIN CERTIFICATE", "BEGIN CERTIFICATE REQUEST"),
        &|entry| entry["coordinator"] = "AAAA".into(),
        // As it was written before it was signed.
        &|entry| entry["certificate"] = "anything".into(),
    ];
    for spoil in spoils {
        change(dir, spoil);
        let said = refused(dir, &sign, "bad-founding");
        assert!(!said.lines().any(|line| line.starts_with("in force")), "{said}");
        fs::write(dir.join("founding.entry"), &own).unwrap();
    }
    assert!(!dir.join("lingua/concordat.toml").exists());

    // What the coordinator of another log signed of itself, by its own key or not.
    let (other, _) = founded();
    fs::copy(other.path().join("founding.entry"), dir.join("founding.entry")).unwrap();
    refused(dir, &sign, "bad-founding");
    fs::write(dir.join("founding.entry"), &own).unwrap();
    done(dir, &sign);
    let config = fs::read_to_string(dir.join("lingua/concordat.toml")).unwrap();
    assert!(config.contains(&free), "{config}");
}

/// Another text of a module in the folder.
fn edit(dir: &Path, module: &str, edit: impl FnOnce(String) -> String) {
    let path = dir.join(format!("agreement/{module}.md"));
    fs::write(&path, edit(fs::read_to_string(&path).unwrap())).unwrap();
}

fn newer(text: &str) -> String {
    text.replace("version = \"1.0.0\"", "version = \"1.1.0\"")
}

#[test]
fn what_does_not_do_what_its_scenarios_say_is_neither_founded_on_nor_signed() {
    let otherwise = |text: String| {
        assert!(text.contains("-> admitted"));
        text.replacen("-> admitted", "-> refused not-permitted", 1)
    };
    let temp = agreed();
    let dir = temp.path();
    let text = fs::read_to_string(dir.join("agreement/testing.md")).unwrap();
    edit(dir, "testing", otherwise);
    let said = refused(dir, &found(&free()), "scenario-differs");
    assert!(said.contains("is admitted") && said.contains("to be refused not-permitted"), "{said}");
    // A scenario that cannot be read is none that holds.
    edit(dir, "testing", |_| text.replacen("-> admitted", "-> perhaps", 1));
    refused(dir, &found(&free()), "scenario-differs");
    assert!(!dir.join("founding.dsse").exists());
    edit(dir, "testing", |_| text.clone());
    done(dir, &found(&free()));

    for party in PARTIES {
        done(dir, &format!("sign --home {party} {SIGN}"));
    }
    let (_served, _) = serve(dir, &["in force: "]);
    let size = done(dir, "status --home lingua")["size"].clone();
    edit(dir, "testing", |text| newer(&otherwise(text)));
    let said = refused(dir, "sign --home lingua --all agreement", "scenario-differs");
    assert!(said.contains("to be refused not-permitted"), "{said}");
    // Nor is a text that is no newer than the one in force.
    edit(dir, "testing", |_| text + "\nOne word more.\n");
    let said = refused(dir, "sign --home lingua --all agreement", "version-kept");
    assert!(said.contains("version 1.0.0 of module `testing` is not newer than 1.0.0"), "{said}");
    assert_eq!(done(dir, "status --home lingua")["size"], size);
}

#[test]
fn a_signature_is_given_for_a_time_and_taken_back_and_under_what_is_in_force_it_stays() {
    let (temp, _) = founded();
    let dir = temp.path();
    for party in PARTIES {
        done(dir, &format!("sign --home {party} {SIGN}"));
    }
    let (_served, _) = serve(dir, &["in force: "]);
    let (sign, withdraw) = ("--all agreement", "--all agreement --withdraw");
    let said = refused(dir, &format!("sign --home lingua {withdraw}"), "already-entered");
    assert!(said.contains("has entered into force, and its signatures stay"), "{said}");

    edit(dir, "notices", |text| newer(&text) + "\nOne word more.\n");
    let past = format!("sign --home lingua {sign} --until 2020-01-01T00:00:00Z");
    assert!(refused(dir, &past, "until-passed").contains("2020-01-01"));
    refused(dir, "sign --home lingua founding.entry", "usage");
    let shown = concordat(dir, &format!("sign --home lingua {sign} --show"));
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("would be signed: the SHA-256 of each text, byte for byte"), "{shown}");
    let page = dir.join("page.html");
    let line =
        format!("sign --home lingua {sign} --document page.html --until 2099-01-01T00:00:00Z");
    assert_eq!(answers(dir, &line).len(), 2, "proposed and signed");
    // The digests that are shown are those of the text and of the page.
    for file in [&dir.join("agreement/notices.md"), &page] {
        let digest = concordat_terms::Digest::of(&fs::read(file).unwrap());
        assert!(shown.contains(&digest.to_string()), "{shown}");
    }

    assert_eq!(answers(dir, &format!("sign --home lingua {withdraw}")).len(), 1);
    let again = concordat(dir, &format!("sign --home lingua {withdraw}"));
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(again.status.success() && said.contains("`lingua` has not signed"), "{said}");
    assert!(said.contains("has entered into force, and its signatures stay"), "{said}");
    answers(dir, &format!("sign --home border-agency {sign}"));
    let said = refused(dir, &format!("sign --home hill-lab {sign} --enter"), "unsigned-module");
    assert!(said.contains("`lingua`"), "{said}");
    answers(dir, &format!("sign --home lingua {sign} --enter"));
    let status = done(dir, "status --home lingua");
    assert_eq!(status["in_force"]["notices"]["version"], "1.1.0", "{status}");
    refused(dir, &format!("sign --home lingua {withdraw}"), "already-entered");
}
