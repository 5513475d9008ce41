//! `docs/reference/requirements.md`: what a partnership needs, how far that is built, and the tests
//! that show it. `UPDATE_GOLDEN=1` rewrites it; the words stand in `requirements.toml`.
#![allow(clippy::disallowed_methods, reason = "a test reads sources and the page")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// How many requirements there are.
const ROWS: u32 = 133;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    title: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    row: u32,
    status: Status,
    says: String,
    missing: Option<String>,
    #[serde(default)]
    tests: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Built,
    Partly,
    NotYet,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every test of the workspace, by `path::function`.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(&root().join("crates"), "crates", &mut found);
    found
}

fn walk(dir: &Path, name: &str, found: &mut BTreeSet<String>) {
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        let own = path.file_name().unwrap().to_str().unwrap().to_owned();
        let name = format!("{name}/{own}");
        if path.is_dir() && own != "target" {
            walk(&path, &name, found);
        } else if own.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.extend(functions(&text).map(|function| format!("{name}::{function}")));
        }
    }
}

/// The functions of a source that are run as tests.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let mut marked = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line == "#[test]" {
            marked = true;
        }
        let name = line.strip_prefix("fn ").filter(|_| marked)?;
        marked = false;
        name.split('(').next()
    })
}

/// The row that a test is named after.
fn row_of(test: &str) -> Option<u32> {
    let name = test.rsplit("::").next()?.strip_prefix("row_")?;
    name.split('_').next()?.parse().ok()
}

struct Table {
    groups: Vec<Group>,
    /// The tests of each row, those that are named after it and those that its line names.
    tests: BTreeMap<u32, BTreeSet<String>>,
}

/// What is wrong with the table, and the table.
fn table(text: &str, all: &BTreeSet<String>) -> (Vec<String>, Table) {
    let file: File = toml::from_str(text).unwrap();
    let mut wrong = Vec::new();
    let mut tests: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for test in all {
        if let Some(row) = row_of(test) {
            tests.entry(row).or_default().insert(test.clone());
        } else if test.rsplit("::").next().is_some_and(|name| name.starts_with("row_")) {
            wrong.push(format!("`{test}` names no row"));
        }
    }
    let rows: Vec<&Row> = file.group.iter().flat_map(|group| &group.rows).collect();
    let numbers: Vec<u32> = rows.iter().map(|row| row.row).collect();
    if numbers != (1..=ROWS).collect::<Vec<_>>() {
        wrong.push(format!("the rows are not 1 to {ROWS} in order"));
    }
    for (row, tests) in &tests {
        if !numbers.contains(row) {
            wrong.push(format!("{tests:?} is of row {row}, which the table does not have"));
        }
    }
    for row in rows {
        let own = tests.entry(row.row).or_default();
        for test in &row.tests {
            if !all.contains(test) {
                wrong.push(format!("row {} claims `{test}`, and there is no such test", row.row));
            }
            own.insert(test.clone());
        }
        match (row.status, &row.missing) {
            (Status::Built, _) if own.is_empty() => {
                wrong.push(format!("row {} says that it is built, and nothing tests it", row.row));
            }
            (Status::Built, Some(_)) => {
                wrong.push(format!("row {} says that it is built, and what is missing", row.row));
            }
            (Status::Partly | Status::NotYet, None) => {
                wrong.push(format!("row {} does not say what is missing", row.row));
            }
            _ => {}
        }
    }
    (wrong, Table { groups: file.group, tests })
}

fn page(table: &Table) -> String {
    let mut page = "# Requirements\n\n\
        <!-- Written by crates/cli/tests/requirements.rs from requirements.toml; UPDATE_GOLDEN=1 rewrites it. -->\n\n\
        What a partnership between public bodies and companies needs, how far this program meets it, and the tests that\n\
        show it. A test is linked to its file, and its name is a sentence.\n"
        .to_owned();
    let rows = || table.groups.iter().flat_map(|group| &group.rows);
    let count = |status| rows().filter(|row| row.status == status).count();
    write!(
        page,
        "\n{} of {ROWS} are built, {} partly, {} not yet.\n",
        count(Status::Built),
        count(Status::Partly),
        count(Status::NotYet)
    )
    .unwrap();
    for group in &table.groups {
        write!(page, "\n## {}\n\n| | what is needed | | tests |\n|---|---|---|---|\n", group.title)
            .unwrap();
        for row in &group.rows {
            let missing = row.missing.as_deref().unwrap_or_default();
            let status = match row.status {
                Status::Built => "built".to_owned(),
                Status::Partly => format!("partly: {missing}"),
                Status::NotYet => format!("not yet: {missing}"),
            };
            let tests = table.tests.get(&row.row).into_iter().flatten().map(|test| {
                let (path, name) = test.split_once("::").unwrap();
                let name = match row_of(test) {
                    Some(own) if own == row.row => name.splitn(3, '_').nth(2).unwrap(),
                    _ => name,
                };
                format!("[{}](../../{path})", name.replace('_', " "))
            });
            let tests: Vec<String> = tests.collect();
            writeln!(page, "| {} | {} | {status} | {} |", row.row, row.says, tests.join("; "))
                .unwrap();
        }
    }
    page
}

#[test]
fn every_requirement_says_how_far_it_is_built_and_names_its_tests() {
    let dir = root().join("docs/reference");
    let text = fs::read_to_string(dir.join("requirements.toml")).unwrap();
    let (wrong, table) = table(&text, &tests());
    assert_eq!(wrong, Vec::<String>::new());
    let (path, page) = (dir.join("requirements.md"), page(&table));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/reference/requirements.md is not current: UPDATE_GOLDEN=1");
}

#[test]
fn a_table_that_claims_too_much_is_told_so() {
    let rows: Vec<String> = (1..=ROWS)
        .map(|row| {
            let rest = match row {
                1 => "\"built\"",
                2 => "\"built\", tests = [\"crates/a/tests/b.rs::nothing\"]",
                3 => "\"partly\"",
                4 => "\"built\", missing = \"much\"",
                _ => "\"not-yet\", missing = \"all\"",
            };
            format!("{{ row = {row}, says = \"something\", status = {rest} }}")
        })
        .collect();
    let text = format!("[[group]]\ntitle = \"All\"\nrows = [\n{},\n]\n", rows.join(",\n"));
    let all = ["a.rs::row_4_is_shown", "a.rs::row_0134_is_new", "a.rs::row_one_is_what"];
    let (wrong, _) = table(&text, &all.map(str::to_owned).into());
    let expected = [
        "`a.rs::row_one_is_what` names no row",
        "{\"a.rs::row_0134_is_new\"} is of row 134, which the table does not have",
        "row 1 says that it is built, and nothing tests it",
        "row 2 claims `crates/a/tests/b.rs::nothing`, and there is no such test",
        "row 3 does not say what is missing",
        "row 4 says that it is built, and what is missing",
    ];
    assert_eq!(wrong, expected);
}
