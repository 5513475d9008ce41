//! The agreement on paper, from a terminal.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::fs;
use std::path::Path;

use concordat_terms::Digest;
use world::{answer, concordat, shown};

const HEART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/heart");

fn said(arguments: &[&str]) -> Vec<u8> {
    let output = concordat(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    output.stdout
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn whoever_renders_the_same_texts_gets_the_same_bytes_and_their_digest() {
    let temp = tempfile::tempdir().unwrap();
    let elsewhere = temp.path().join("a folder/of another name");
    copied(Path::new(HEART), &elsewhere);
    // A file's name is nothing to the page.
    fs::rename(elsewhere.join("parties.md"), elsewhere.join("zz.md")).unwrap();
    let file = temp.path().join("heart.html");

    let page = said(&["render", HEART]);
    let digest = Digest::of(&page).to_string();
    assert_eq!(said(&["render", &shown(&elsewhere)]), page);
    assert_eq!(said(&["render", HEART, "--digest"]), format!("{digest}\n").into_bytes());
    let written = said(&["render", &shown(&elsewhere), "--out", &shown(&file)]);
    assert_eq!(written, format!("{digest}  {}\n", shown(&file)).into_bytes());
    assert_eq!(fs::read(&file).unwrap(), page);

    let told = answer(&["render", HEART]);
    assert_eq!(told["title"], "Cardiac Risk Agreement");
    assert_eq!(told["digest"], digest.as_str());
    assert_eq!(told["bytes"], page.len());
    assert_eq!(told["html"].as_str().map(str::as_bytes), Some(page.as_slice()));
    assert!(String::from_utf8_lossy(&page).contains(told["texts"].as_str().unwrap()));
    let told = answer(&["render", HEART, "--out", &shown(&file)]);
    assert_eq!((&told["file"], told.get("html")), (&shown(&file).into(), None));
}

#[test]
fn a_folder_that_does_not_check_is_refused_with_all_that_is_wrong() {
    let temp = tempfile::tempdir().unwrap();
    copied(Path::new(HEART), temp.path());
    let module = temp.path().join("data-use.md");
    let text = fs::read_to_string(&module).unwrap();
    let broken = text.replace("holder = \"data-holder\"", "holder = \"nobody\"");
    fs::write(&module, broken.replace("by = \"trainer\"", "by = \"no-one\"")).unwrap();

    let file = temp.path().join("out.html");
    let output = concordat(&["render", &shown(temp.path()), "--out", &shown(&file)]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    for name in ["`nobody`", "`no-one`"] {
        assert!(told.contains(name), "{told}");
    }
    assert!(told.contains("see: docs/reference/diagnostics.md"), "{told}");
    assert!(output.stdout.is_empty() && !file.exists());
}

#[test]
fn row_31_who_reads_in_another_language_gets_the_prose_that_is_there_in_it() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("heart");
    copied(Path::new(HEART), &folder);
    let path = folder.join("governance.md");
    let text = fs::read_to_string(&path).unwrap();
    let was = "language = \"en\"\n";
    let clause = "```clause\nid = \"instrument\"";
    assert!(text.contains(was) && text.contains(clause));
    let text = text.replace(was, "language = \"en\"\nlanguages = [\"fr\"]\n");
    let french = format!("```prose fr\nLe présent accord est rédigé en anglais.\n```\n\n{clause}");
    fs::write(&path, text.replace(clause, &french)).unwrap();

    let page = |more: &[&str]| {
        let folder = shown(&folder);
        String::from_utf8(said(&[&["render", folder.as_str()], more].concat())).unwrap()
    };
    let (english, own) = ("This agreement is made in English", "Le présent accord est rédigé");
    // What is signed has both, and says which is which.
    let whole = page(&[]);
    assert!(whole.contains(english) && whole.contains(own));
    assert!(whole.contains("lang=\"fr\"") && whole.contains("beside the text that prevails"));
    let read = page(&["--language", "fr"]);
    assert!(!read.contains(english) && read.contains(own));
    assert!(read.contains("another digest than this one"));
    // What is not there in French stands as it is written.
    assert!(read.contains("A motion is open for"));
    assert!(!page(&["--language", "en"]).contains(own));

    let output = concordat(&["render", &shown(&folder), "--language", "nl"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("#unknown-language"));
}
