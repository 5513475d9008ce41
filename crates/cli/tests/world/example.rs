//! The example partnership, copied and made into another one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Keys of a clause, a module or a plan whose text names something else.
const NAMING: [&str; 25] = [
    "approvals",
    "asset",
    "audit_by",
    "by",
    "derived_owner",
    "escalates_to",
    "evidence",
    "filled_by",
    "holder",
    "id",
    "members",
    "model",
    "modules",
    "motion",
    "needs",
    "of",
    "on",
    "privacy",
    "project",
    "purpose",
    "purposes",
    "run",
    "signers",
    "witnesses",
    "seat",
];

pub(crate) fn heart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart")
}

/// An example's files, by their path below its folder.
pub(crate) type Example = BTreeMap<String, String>;

pub(crate) fn read() -> Example {
    let files = super::files(&heart());
    let name = |path: &Path| super::shown(path.strip_prefix(heart()).unwrap());
    files.into_iter().map(|(p, b)| (name(&p), String::from_utf8(b).unwrap())).collect()
}

pub(crate) fn write(example: &Example, dir: &Path) {
    for (name, text) in example {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Replaces what must be there.
pub(crate) fn replace(example: &mut Example, file: &str, from: &str, to: &str) {
    let text = example.get_mut(file).unwrap();
    assert!(text.contains(from), "`{file}` does not say `{from}`");
    *text = text.replace(from, to);
}

/// Takes the scenarios away: they say what the example's own clauses come to.
pub(crate) fn without_scenarios(example: &mut Example) {
    for text in example.iter_mut().filter(|(name, _)| name.ends_with(".md")).map(|(_, text)| text) {
        while let Some((before, rest)) = text.split_once("```scenario\n") {
            let (_, after) = rest.split_once("\n```\n\n").unwrap();
            *text = format!("{before}{after}");
        }
    }
}

/// The lab, a public and a private hospital run an aggregator each.
pub(crate) fn sum_over_three_aggregators(example: &mut Example) {
    let three =
        "aggregation = \"three-aggregators\"\naggregators = [\"lab\", \"alder\", \"cypress\"]";
    replace(example, "protocol.md", "aggregation = \"pairwise-masks\"", three);
}

/// A fifth hospital, without a vote, that takes over every second row of the first.
pub(crate) fn add_a_hospital(example: &mut Example) {
    without_scenarios(example);
    let clause = "## Elder\n\nElder Hospital (example), a private hospital established in \
                  Hungary.\n\n```clause\nid = \"elder\"\nparty = \"Elder Hospital (example)\"\n\
                  side = \"private\"\njurisdictions = [\"HU\"]\n```\n\n## Vendor\n";
    replace(example, "parties.md", "## Vendor\n", clause);
    let (four, five) = ("\"dogwood\"]\n", "\"dogwood\", \"elder\"]\n");
    replace(example, "parties.md", four, five);
    let more = [
        ("threshold = 3", "threshold = 4"),
        ("at_least = 3", "at_least = 4"),
        ("\"dogwood\", \"lab\"]", "\"dogwood\", \"elder\", \"lab\"]"),
        ("quorum = 4", "quorum = 5"),
        ("[Three](#masked", "[Four](#masked"),
        ("least [three](#", "least [four](#"),
        ("when [four](#", "when [five](#"),
    ];
    for (from, to) in more {
        replace(example, "protocol.md", from, to);
    }
    let rows = example["data/alder.csv"].clone();
    let (header, rows) = rows.split_once('\n').unwrap();
    let (mut keeps, mut gives) = (vec![header], vec![header]);
    for (place, row) in rows.lines().enumerate() {
        if place % 2 == 0 { &mut keeps } else { &mut gives }.push(row);
    }
    example.insert("data/alder.csv".into(), keeps.join("\n") + "\n");
    example.insert("data/elder.csv".into(), gives.join("\n") + "\n");
}

/// Neighbours that replace a person: twice the sensitivity, and no help from sampling. Five rounds,
/// whose model is not asked to be good.
pub(crate) fn replace_a_person(example: &mut Example) {
    without_scenarios(example);
    let protocol = [
        ("adjacency = \"add-remove\"", "adjacency = \"replace\""),
        ("ring_bits = 32", "ring_bits = 64"),
    ];
    for (from, to) in protocol {
        replace(example, "protocol.md", from, to);
    }
    replace(example, "release.md", "at_least = \"0.7\"", "at_least = \"0.1\"");
    replace(example, "release.md", "[0.7](#", "[0.1](#");
    replace(example, "recipe.json", "\"rounds\": 100", "\"rounds\": 5");
    replace(example, "recipe.json", "\"average_last\": 50", "\"average_last\": 2");
}

/// Every table with its columns in an order of its own.
pub(crate) fn shuffle_columns(example: &mut Example) {
    let tables = example.iter_mut().filter(|(name, _)| name.ends_with(".csv"));
    for (turn, (_, text)) in tables.enumerate() {
        let turned = text.lines().map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells.rotate_left(turn + 1);
            cells.reverse();
            cells.join(",")
        });
        *text = turned.collect::<Vec<_>>().join("\n") + "\n";
    }
}

/// Every table as spreadsheets write it: a byte order mark, cells in quotes, blanks around them.
pub(crate) fn write_as_spreadsheets_do(example: &mut Example) {
    let tables = example.iter_mut().filter(|(name, _)| name.ends_with(".csv"));
    for (_, text) in tables {
        let lines = text.lines().map(|line| {
            let cells = line.split(',').map(|cell| format!("\"{cell} \""));
            cells.collect::<Vec<_>>().join(",") + "\r\n"
        });
        *text = format!("\u{feff}{}", lines.collect::<String>());
    }
}

/// A dataset of other columns, which nobody trains on, before the one that is trained on.
pub(crate) fn add_a_dataset(example: &mut Example) {
    let clause = "Each Data Holder keeps a table of its beds.\n\n```clause\nid = \"beds\"\n\
                  asset = \"Beds\"\nkind = \"dataset\"\nholder = \"data-holder\"\n\
                  label = \"restricted\"\npurposes = [\"cardiac-risk\"]\n\
                  derived_owner = [\"data-holder\"]\n\
                  anonymisation = \"there is nobody in it\"\n\
                  audit_by = [\"data-holder\", \"test-lab\"]\nperson = \"ward\"\n\
                  columns = [\n  { name = \"ward\", kind = \"text\" },\n]\n```\n\n\
                  A Data Holder may list a version";
    replace(example, "data-use.md", "A Data Holder may list a version", clause);
}

/// Gives every party, seat, asset, purpose, body, module, clause, project and run another name.
pub(crate) fn rename(example: &Example) -> Example {
    let mut names: BTreeSet<String> = ["cardiac".to_owned(), "first".to_owned()].into();
    for text in example.iter().filter(|(name, _)| name.ends_with(".md")).map(|(_, text)| text) {
        let ids = text.lines().filter_map(|line| line.strip_prefix("id = \""));
        names.extend(ids.map(|id| id.trim_end_matches('"').to_owned()));
    }
    let renamed = example.iter().map(|(name, text)| {
        let text = if name.ends_with(".md") || name == "plan.toml" {
            rename_text(text, &names)
        } else {
            text.clone()
        };
        (rename_file(name, &names), text)
    });
    renamed.collect()
}

/// Backwards: another name, and another place in every order.
fn other(name: &str) -> String {
    name.chars().rev().collect()
}

fn rename_file(name: &str, names: &BTreeSet<String>) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap();
    let (folder, stem) = stem.rsplit_once('/').map_or(("", stem), |(f, s)| (f, s));
    let stem = if names.contains(stem) { other(stem) } else { stem.to_owned() };
    format!("{folder}{}{stem}.{ending}", if folder.is_empty() { "" } else { "/" })
}

fn rename_text(text: &str, names: &BTreeSet<String>) -> String {
    let mut scenario = false;
    let renamed = text.lines().map(|line| {
        scenario = if scenario { line != "```" } else { line == "```scenario" };
        if scenario { rename_step(line, names) } else { rename_line(line, names) }
    });
    renamed.map(|line| line + "\n").collect()
}

/// A line of a scenario: its steps name things without quotes, and acts with a point in them.
fn rename_step(line: &str, names: &BTreeSet<String>) -> String {
    if line.starts_with("name = ") {
        return line.to_owned();
    }
    let (line, rest) = match line.split_once('/') {
        // A scenario's name is no list of words; the module before it is one.
        Some((module, rest)) if line.starts_with("after = ") => (module, format!("/{rest}")),
        None if line.starts_with("after = ") => return line.to_owned(),
        _ => (line, String::new()),
    };
    let part = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let (mut words, mut word) = (String::new(), String::new());
    for sign in line.chars().chain(['\n']) {
        if part(sign) {
            word.push(sign);
            continue;
        }
        words.push_str(&if names.contains(&word) { other(&word) } else { word.clone() });
        word.clear();
        words.push(sign);
    }
    words.trim_end_matches('\n').to_owned() + &rest
}

fn rename_line(line: &str, names: &BTreeSet<String>) -> String {
    // A clause that has evidence writes it over several lines, each a table in braces.
    let key = line.split(" = ").next().unwrap_or_default();
    let names_something = NAMING.contains(&key) || line.starts_with("  { method = ");
    if !names_something {
        // The prose names clauses in its links only.
        return names.iter().fold(line.to_owned(), |line, name| {
            line.replace(&format!("](#{name}."), &format!("](#{}.", other(name)))
        });
    }
    let mut words = String::new();
    let mut word = String::new();
    for sign in line.chars().chain(['\n']) {
        if sign.is_ascii_alphanumeric() || sign == '-' || sign == '_' {
            word.push(sign);
            continue;
        }
        let quoted = words.ends_with('"') && sign == '"';
        let needed = key == "needs" && (words.ends_with("{ ") || words.ends_with(", "));
        let renamed = (quoted || needed) && names.contains(&word);
        words.push_str(&if renamed { other(&word) } else { word.clone() });
        word.clear();
        words.push(sign);
    }
    words.trim_end_matches('\n').to_owned()
}
