//! Every `see:` leads somewhere: each code that a crate can give has its section on the page that
//! its makers name.
#![allow(clippy::disallowed_methods, reason = "a test reads source and page")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use concordat_partnership::Refusal;

const PROBLEMS: &str = "problems.md";
const FAULTS: &str = "faults.md";
const API: &str = "api.md";
const NODE: &str = "node.md";
const WITNESS: &str = "witness.md";
const MAPPING: &str = "mapping.md";
const DIAGNOSTICS: &str = "diagnostics.md";

/// A crate, the beginning of a call whose first text is a code, and the page of what it makes.
const MAKERS: &[(&str, &str, &str)] = &[
    ("cli", "Failure::usage(", PROBLEMS),
    ("cli", "Failure::refused(", PROBLEMS),
    ("cli", "Failure::answered(", PROBLEMS),
    ("cli", "Failure::fault(", PROBLEMS),
    ("cli", "Self::usage(", PROBLEMS),
    ("cli", "Self::refused(", PROBLEMS),
    ("cli", "Self::fault(", PROBLEMS),
    ("cli", "Self::Interrupted(Problem::new(", PROBLEMS),
    ("cli", "not_verified = Problem::new(", PROBLEMS),
    ("cli", "mendable(", FAULTS),
    ("cli", "Failure::Fault(Problem::new(", FAULTS),
    ("coordinator", "unusable(", FAULTS),
    ("coordinator", "trouble(", FAULTS),
    ("front", "unusable(", FAULTS),
    ("witness", "answer(StatusCode::BAD_REQUEST, ", WITNESS),
    ("witness", "answer(StatusCode::NOT_FOUND, ", WITNESS),
    ("witness", "StatusCode::INTERNAL_SERVER_ERROR, &Problem::new(", FAULTS),
    ("coordinator", "Refused::bad(", API),
    ("coordinator", "Refused::gone(", API),
    ("coordinator", "Refused::new(StatusCode::CONFLICT, ", API),
    ("node", "problem(", NODE),
    ("node", "refuse(", NODE),
    ("data", "source.fail(", MAPPING),
    ("data", "text.fail(", MAPPING),
    ("data", "wrong(", MAPPING),
    ("data", "self.finding(name, ", MAPPING),
    ("agreement", "Wrong::new(", DIAGNOSTICS),
    ("agreement", "Wrong::warning(", DIAGNOSTICS),
    ("agreement", "Wrong::note(", DIAGNOSTICS),
];

/// A file with a table from variants to codes, and the page of what it makes.
const TABLES: &[(&str, &str)] = &[
    ("store/src/fault.rs", FAULTS),
    ("data/src/fault.rs", "data.md"),
    ("data/src/source/fault.rs", "data.md"),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn anchors(page: &str) -> BTreeSet<String> {
    let path = crates().join("../docs/reference").join(page);
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("## ").map(str::to_owned)).collect()
}

fn sources(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// The codes that a maker is called with in a crate.
fn codes(of: &str, maker: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for text in sources(&crates().join(of).join("src")) {
        for (at, found) in text.match_indices(maker) {
            // The end of another name is not this one.
            let whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let rest = text[at + found.len()..].trim_start();
            let code = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
            codes.extend(code.filter(|_| whole).map(str::to_owned));
        }
    }
    codes
}

#[test]
fn every_code_that_is_given_has_its_section_on_the_page_that_it_names() {
    let mut all = 0;
    for (of, maker, page) in MAKERS {
        let codes = codes(of, maker);
        let missing: Vec<_> = codes.difference(&anchors(page)).cloned().collect();
        assert_eq!(missing, Vec::<String>::new(), "{page}, of `{maker}…` in {of}");
        all += codes.len();
    }
    for (file, page) in TABLES {
        let text = fs::read_to_string(crates().join(file)).unwrap();
        let table = text.split("fn code(").nth(1).unwrap().split("\n    }").next().unwrap();
        let codes: BTreeSet<String> = table
            .split("=> \"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().into())
            .collect();
        let missing: Vec<_> = codes.difference(&anchors(page)).cloned().collect();
        assert_eq!(missing, Vec::<String>::new(), "{page}, of {file}");
        assert!(codes.len() > 5, "{file}: {codes:?}");
        all += codes.len();
    }
    let codes: BTreeSet<String> = Refusal::codes().iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(codes.difference(&anchors("refusals.md")).next(), None);
    all += codes.len();
    assert!(all > 250, "the makers were renamed: {all} codes found");
}

#[test]
fn the_page_of_the_command_line_has_no_section_for_a_code_that_nothing_gives() {
    let makers = MAKERS.iter().filter(|(of, _, page)| (*of, *page) == ("cli", PROBLEMS));
    let codes: BTreeSet<String> = makers.flat_map(|(of, maker, _)| codes(of, maker)).collect();
    assert_eq!(codes, anchors(PROBLEMS));
}

/// Every page that a text in the source names is there.
#[test]
fn every_page_that_is_named_is_there() {
    for name in fs::read_dir(crates()).unwrap() {
        for text in sources(&name.unwrap().path().join("src")) {
            for (at, _) in text.match_indices("\"docs/") {
                let page = text[at + 1..].split(['"', '#']).next().unwrap();
                assert!(crates().join("..").join(page).is_file(), "{page}");
            }
        }
    }
}
