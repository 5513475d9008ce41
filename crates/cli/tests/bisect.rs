//! Two parties fold one log and do not agree: the first entry at which they part is found, with what
//! each made of it.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and writes files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod courses;
mod serving;
mod worked;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use archived::archived;
use common::{Story, key, texts};
use concordat_cli::course::{NoCourse, Parted};
use concordat_replay::{Opened, Replica};
use concordat_terms::{ActName, Digest};
use concordat_tlog::Envelope;
use courses::Course;
use serde_json::Value;
use serving::{files_of, served};
use worked::blobs_of_heart;

fn concordat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat")).args(arguments).output().unwrap()
}

fn bisect(one: &Path, other: &Path) -> (Option<i32>, Value) {
    let (one, other) = (one.to_str().unwrap(), other.to_str().unwrap());
    let output = concordat(&["bisect", one, other, "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let first = text.lines().next().unwrap_or_default().to_owned();
    (output.status.code(), serde_json::from_str(&first).unwrap())
}

fn folded(story: &Story) -> Course {
    Course::folded(&story.entries, blobs()).unwrap()
}

fn blobs() -> impl Iterator<Item = Vec<u8>> {
    texts().into_values().map(String::into_bytes)
}

/// A fold that takes the signature of this entry for a bad one.
fn bent(story: &Story, index: u64) -> Course {
    let judge = |replica: &mut Replica, opened: &Opened<'_>| {
        if replica.size() != index {
            return replica.step_opened(opened);
        }
        let envelope = Envelope::parse(opened.entry()).unwrap();
        let ids = envelope.signatures().iter().map(|signature| signature.keyid.clone());
        let (ids, stranger): (Vec<String>, _) = (ids.collect(), key("stranger"));
        let signers: Vec<_> = ids.iter().map(|id| (id.as_str(), &stranger)).collect();
        replica.step(&Envelope::sign(envelope.payload(), &signers).unwrap().to_bytes())
    };
    Course::judged(&story.entries, blobs(), judge).unwrap()
}

fn first(course: &Course, act: ActName) -> u64 {
    course.steps.iter().find(|step| step.act == Some(act)).unwrap().index
}

struct Files(tempfile::TempDir);

impl Files {
    fn put(&self, name: &str, course: &Course) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, course.text()).unwrap();
        path
    }
}

#[test]
fn a_bent_fold_parts_at_the_entry_that_it_judges_otherwise_and_both_verdicts_are_shown() {
    let story = Story::trained();
    let honest = folded(&story);
    let files = Files(tempfile::tempdir().unwrap());
    let one = files.put("alder.jsonl", &honest);
    for act in [ActName::RunPropose, ActName::RunClose, ActName::ModuleEnter] {
        let index = first(&honest, act);
        let other = files.put("birch.jsonl", &bent(&story, index));
        let (status, found) = bisect(&one, &other);
        assert_eq!((status, &found["same"]), (Some(1), &index.into()), "{act}: {found}");
        assert_eq!(found["parted"], "verdict");
        let side = |side: &str, field: &str| found[side]["step"][field].clone();
        assert_eq!(side("one", "verdict"), "admitted");
        assert_eq!(side("other", "verdict"), "bad-signature");
        assert_eq!(side("one", "act"), act.as_str());
        assert_eq!(side("one", "root"), side("other", "root"));
    }
    // For people, side by side, with the clause.
    let other = files.put("birch.jsonl", &bent(&story, first(&honest, ActName::RunPropose)));
    let output = concordat(&["bisect", one.to_str().unwrap(), other.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("verdict   admitted"), "{text}");
    assert!(text.contains("bad-signature") && text.contains("data-use/"), "{text}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("hint: ") && told.contains("#folds-part"), "{told}");
}

#[test]
fn an_archive_a_course_and_a_second_fold_of_one_log_are_alike_as_far_as_both_go() {
    let story = Story::trained();
    let files = Files(tempfile::tempdir().unwrap());
    let archive = files.0.path().join("archive");
    archived(&story, &blobs_of_heart(), &archive);
    let output = concordat(&["export", "course", "--archive", archive.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let honest = folded(&story);
    assert_eq!(Course::parse(&text).unwrap().steps, honest.steps);

    let mut shorter = honest.clone();
    shorter.steps.truncate(20);
    let (status, found) = bisect(&archive, &files.put("shorter.jsonl", &shorter));
    assert_eq!((status, &found["same"], &found["parted"]), (Some(0), &20.into(), &Value::Null));
    assert_eq!(found["one"]["entries"], honest.steps.len());
}

#[test]
fn a_log_at_an_address_is_compared_as_one_in_a_folder_is() {
    let story = Story::trained();
    let files = Files(tempfile::tempdir().unwrap());
    let archive = files.0.path().join("archive");
    archived(&story, &blobs_of_heart(), &archive);
    let honest = folded(&story);
    let index = first(&honest, ActName::RunClose);
    let bent = files.put("bent.jsonl", &bent(&story, index));

    let mut public = files_of(&archive);
    let address = PathBuf::from(served(public.clone()));
    let (status, found) = bisect(&address, &PathBuf::from(served(public.clone())));
    assert_eq!((status, &found["same"]), (Some(0), &honest.steps.len().into()), "{found}");
    let (status, found) = bisect(&address, &bent);
    assert_eq!((status, &found["same"]), (Some(1), &index.into()), "{found}");
    assert_eq!(found["one"]["step"]["verdict"], "admitted");

    // Who serves a log to everybody need not serve the agreement's texts: an archive beside it has them.
    public.retain(|name, _| !name.starts_with("blobs/"));
    let address = PathBuf::from(served(public));
    assert_eq!(bisect(&address, &archive).0, Some(0));
    let (status, found) = bisect(&address, &bent);
    assert_eq!((status, &found["code"]), (Some(1), &"not-verified".into()), "{found}");
    let (status, found) = bisect(Path::new("http://127.0.0.1:1/nobody"), &bent);
    assert_eq!((status, &found["code"]), (Some(3), &"unreachable-log".into()), "{found}");
}

#[test]
fn the_commands_of_the_page_do_what_it_says() {
    let story = Story::trained();
    let dir = tempfile::tempdir().unwrap();
    for party in ["alder", "birch"] {
        archived(&story, &blobs_of_heart(), &dir.path().join(party));
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/how-to/find-where-folds-part.md");
    let page = std::fs::read_to_string(page).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_concordat")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let blocks: Vec<&str> =
        page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    for block in &blocks {
        let mut shell = Command::new("sh");
        shell.args(["-ec", block]).current_dir(dir.path()).env("PATH", &path);
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{block}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(blocks.len(), 3);
}

#[test]
fn another_entry_a_doctored_digest_and_a_doctored_word_are_told_apart() {
    let story = Story::trained();
    let honest = folded(&story);
    let middle = honest.steps.len() / 2;
    // Another entry: from there on, every root is another.
    let mut entries = story.entries.clone();
    entries[middle] = b"{}".to_vec();
    let other = Course::folded(&entries, blobs()).unwrap();
    assert_eq!(honest.parts_from(&other), Parted::Entry(middle as u64));
    assert_eq!(other.parts_from(&honest), Parted::Entry(middle as u64));

    let mut doctored = honest.clone();
    for step in &mut doctored.steps[middle..] {
        step.rolling = Digest::of(step.rolling.as_bytes());
    }
    assert_eq!(honest.parts_from(&doctored), Parted::Verdict(middle as u64));
    let mut word = honest.clone();
    word.steps[middle].verdict = "no-permit".to_owned();
    assert_eq!(honest.parts_from(&word), Parted::Told(middle as u64));
    for index in 0..honest.steps.len() as u64 {
        let mut late = honest.clone();
        for step in late.steps.iter_mut().skip(usize::try_from(index).unwrap()) {
            step.rolling = Digest::of(step.rolling.as_bytes());
        }
        assert_eq!(honest.parts_from(&late), Parted::Verdict(index));
    }
}

#[test]
fn what_is_no_course_or_of_another_log_is_refused() {
    let honest = folded(&Story::founded());
    let files = Files(tempfile::tempdir().unwrap());
    let one = files.put("one.jsonl", &honest);
    let mut stranger = honest.clone();
    stranger.head.log = Digest::of(b"another");
    let other = files.put("other.jsonl", &stranger);
    let code = |one: &Path, other: &Path| {
        let (status, found) = bisect(one, other);
        (status, found["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(code(&one, &other), (Some(2), "other-log".to_owned()));
    std::fs::write(&other, "{}\n").unwrap();
    assert_eq!(code(&one, &other), (Some(2), "bad-course".to_owned()));
    assert_eq!(code(&one, Path::new("nowhere")).0, Some(2));

    assert!(matches!(Course::parse(""), Err(NoCourse::Empty)));
    let text = honest.text();
    let lines: Vec<&str> = text.lines().collect();
    let steered = text.replace("admitted", "\\u001b[2J");
    let gap = [lines[0], lines[0]].join("\n");
    let long = text.replace("admitted", &"a".repeat(5_000));
    for bad in [steered, gap, lines[1..].join("\n"), long] {
        assert!(matches!(Course::parse(&bad), Err(NoCourse::Line { .. })), "{bad}");
    }
    assert_eq!(Course::parse(&text).unwrap(), honest);
}
