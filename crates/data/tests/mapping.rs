//! Mappings: what they make of cells, and how they say what is wrong with themselves.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod common;

use std::fs;

use common::{asset, checked, mapping, rows, table};
use concordat_agreement::Asset;
use concordat_data::{Fault, Mapping};
use proptest::prelude::*;

fn heart() -> Asset {
    asset(
        1,
        "{ name = \"age\", kind = \"number\", min = 0, max = 120 },\n\
         { name = \"chol\", kind = \"number\", min = 0, max = 700, optional = true },\n\
         { name = \"temp\", kind = \"number\", min = 30, max = 45, optional = true },\n\
         { name = \"sex\", kind = \"category\", levels = [\"female\", \"male\"] },\n\
         { name = \"thal\", kind = \"category\", levels = [\"3\", \"6\"], optional = true },",
    )
}

const GOOD: &str = r#"asset = "heart-rows"

[source]
kind = "csv"
file = "source.csv"
delimiter = ";"

[person]
from = "pid"

[[cohort]]
from = "year"
at_least = 2015
at_most = 2024

[[cohort]]
from = "site"
none_of = ["test"]

[columns.age]
years_from = "born"
years_to = "seen"

[columns.chol]
from = "chol"
unit = "chol_unit"
units = { "mg/dL" = 1, "mmol/L" = 38.67 }
missing = [0, -1, "n/a"]
places = 1

[columns.temp]
from = "temp"
factor = "0.555555555556"
offset = "-17.777777777778"
places = 1

[columns.sex]
from = "gender"
codes = { 8507 = "male", 8532 = "female" }

[columns.thal]
absent = true
"#;

const HEADER: &str = "pid;year;site;born;seen;chol;chol_unit;temp;gender;notes\n";

/// What becomes of rows below [`HEADER`].
fn made(lines: &str) -> Result<String, Fault> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("source.csv"), format!("{HEADER}{lines}")).unwrap();
    table(dir.path(), GOOD, &heart()).map(|table| rows(&table, &heart()))
}

#[test]
fn cells_become_the_agreement_s_in_unit_code_and_spelling() {
    let lines = "a;2020;x;1960-02-29;2020-02-28;5.2;mmol/L;98.6;8507;\n\
                 b;2015.0;x;1960-02-29T10:00:00Z;2020-03-01;201;mg/dL;;8532.0;\"a; b\"\n\
                 c;2024;x;2000-01-01;2020-01-01 08:00;0.0;;101;8507;\n\
                 d;2020;x;2000-01-01;2020-01-01;n/a;mmol/L;  ;8532;\n";
    let expected = "who,age,chol,temp,sex,thal\n\
                    a,59,201.1,37,male,\nb,60,201,,female,\nc,20,,38.3,male,\nd,20,,,female,\n";
    assert_eq!(made(lines).unwrap(), expected);
}

#[test]
fn rows_outside_the_cohort_are_left_out_before_anything_is_asked_of_them() {
    let lines = "a;2014;x;;;;;;what;\nb;2025;x;;;;;;what;\nc;;x;;;;;;what;\nd;2020;test;;;;;;what;\n\
                 e;2020;x;2000-01-01;2020-01-01;;;;8507;\n";
    assert_eq!(made(lines).unwrap(), "who,age,chol,temp,sex,thal\ne,20,,,male,\n");
    assert_eq!(made("a;2014;x;;;;;;what;\n"), Err(Fault::Empty));
}

#[test]
fn what_cannot_be_mapped_names_row_and_column() {
    let fine = "e;2020;x;2000-01-01;2020-01-01;;;;8507;\n";
    for (line, code, column) in [
        ("a;2020;x;2000-01-01;2020-01-01;;;;8521;", "table-unknown-code", "sex"),
        ("a;2020;x;2000-01-01;2020-01-01;5;mol;;8507;", "table-unknown-unit", "chol"),
        ("a;2020;x;2000-01-01;2020-01-01;5;;;8507;", "table-unknown-unit", "chol"),
        ("a;2020;x;2000-01-01;2020-01-01;5,2;mmol/L;;8507;", "table-text-in-number", "chol"),
        ("a;2020;x;2000;2020-01-01;;;;8507;", "table-not-a-date", "age"),
        ("a;2020;x;2000-01-0123;2020-01-01;;;;8507;", "table-not-a-date", "age"),
        ("a;2020;x;;2020-01-01;;;;8507;", "table-empty-cell", "age"),
        ("a;2020;x;2000-01-01;2020-01-01;;;36.6;8507;", "table-out-of-bounds", "temp"),
        ("a;2020;x;1800-01-01;2020-01-01;;;;8507;", "table-out-of-bounds", "age"),
        (";2020;x;2000-01-01;2020-01-01;;;;8507;", "table-empty-cell", "who"),
    ] {
        let fault = made(&format!("{fine}{line}\n")).unwrap_err();
        assert_eq!((fault.code(), fault.cell()), (code, Some((2, column))), "{line}");
        let told = fault.problem().to_string();
        assert!(told.contains("row 2"), "{told}");
        assert!(!told.contains("8521") && !told.contains("mol") && !told.contains("5,2"), "{told}");
    }
    let twice = made(&format!("{fine}{fine}")).unwrap_err();
    assert_eq!(twice, Fault::TooManyRows { row: 2, most: 1 });
}

#[test]
fn what_is_wrong_in_a_mapping_is_told_with_its_line_and_how_to_mend_it() {
    let cases = [
        (
            "kind = \"csv\"",
            "kind = \"xlsx\"",
            "mapping-wrong-type",
            4,
            "csv, parquet, sqlite, postgres",
        ),
        ("delimiter = \";\"", "delimiter = \"ab\"", "mapping-wrong-type", 6, "`|`"),
        ("delimiter = \";\"", "query = \"SELECT 1\"", "mapping-field-unknown", 6, "file"),
        (
            "[person]\nfrom = \"pid\"",
            "[person]\nform = \"pid\"",
            "mapping-field-missing",
            8,
            "from",
        ),
        (
            "places = 1\n\n[columns.temp]",
            "place = 1\n\n[columns.temp]",
            "mapping-field-unknown",
            29,
            "`places`",
        ),
        ("at_most = 2024", "at_most = 2010", "mapping-keeps-nothing", 11, "exchange"),
        ("at_least = 2015\nat_most = 2024", "", "mapping-field-missing", 11, "at_least"),
        ("38.67 }", "\"38,67\" }", "mapping-wrong-type", 27, "38.67"),
        ("38.67 }", "1e2 }", "mapping-wrong-type", 27, "38.67"),
        (
            "places = 1\n\n[columns.temp]",
            "places = 13\n\n[columns.temp]",
            "mapping-wrong-type",
            29,
            "0 to 12",
        ),
        ("absent = true", "absent = false", "mapping-wrong-type", 42, "from"),
        ("absent = true", "absent = true\nfrom = \"thal\"", "mapping-field-unknown", 43, "absent"),
        ("asset = \"heart-rows\"", "asset = \"Heart Rows\"", "mapping-wrong-type", 1, "a–z"),
        ("[source]", "[sauce]", "mapping-field-missing", 1, "mapping.md"),
        ("from = \"gender\"", "from = gender", "mapping-not-toml", 38, "key = value"),
    ];
    for (good, bad, code, line, hint) in cases {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "{good}");
        let found = Mapping::read("m.toml", &text).unwrap_err();
        let first = found.iter().find(|finding| finding.code == code);
        let first = first.unwrap_or_else(|| panic!("{code}: {found:#?}"));
        assert_eq!(first.span.line, line, "{bad}: {found:#?}");
        assert!(first.hint.contains(hint), "{bad}: {}", first.hint);
        let problem = first.problem();
        assert!(problem.what.starts_with(&format!("m.toml:{line}:")), "{problem}");
        assert_eq!(problem.see, format!("docs/reference/mapping.md#{code}"));
    }
}

#[test]
fn what_does_not_fit_the_agreement_is_told_with_its_line() {
    let cases = [
        (
            "[columns.thal]\nabsent = true",
            "[columns.thai]\nabsent = true",
            "mapping-column-unknown",
            41,
            "`thal`",
        ),
        ("[columns.thal]\nabsent = true", "", "mapping-column-missing", 1, "absent = true"),
        (
            "from = \"gender\"\ncodes = { 8507 = \"male\", 8532 = \"female\" }",
            "absent = true",
            "mapping-lacks-column",
            37,
            "optional",
        ),
        ("\"male\"", "\"maale\"", "mapping-wrong-value", 37, "`male`"),
        ("[columns.sex]\n", "[columns.sex]\nplaces = 1\n", "mapping-wrong-value", 37, "places"),
        (
            "[columns.thal]\nabsent = true",
            "[columns.thal]\nyears_from = \"a\"\nyears_to = \"b\"",
            "mapping-wrong-value",
            41,
            "from",
        ),
        (
            "[columns.thal]",
            "[columns.who]\nfrom = \"pid\"\n[columns.thal]",
            "mapping-column-unknown",
            41,
            "[person]",
        ),
    ];
    for (good, bad, code, line, hint) in cases {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "{good}");
        let found = Mapping::read("m.toml", &text).unwrap().fits(&heart()).unwrap_err();
        let first = found.iter().find(|finding| finding.code == code);
        let first = first.unwrap_or_else(|| panic!("{code}: {found:#?}"));
        assert_eq!(first.span.line, line, "{bad}: {found:#?}");
        assert!(first.hint.contains(hint), "{bad}: {}", first.hint);
    }
}

#[test]
fn an_address_with_a_password_is_not_for_a_mapping() {
    let source = "[source]\nkind = \"postgres\"\naddress = \"postgres://u:tr0ub4dor@h/d\"\nquery = \"SELECT 1\"\n";
    let text = format!("asset = \"a\"\n{source}[person]\nfrom = \"p\"\n[columns]\n");
    let found = Mapping::read("m.toml", &text).unwrap_err();
    assert_eq!((found[0].code, found[0].span.line), ("mapping-has-address", 4));
    assert!(!format!("{found:?}").contains("tr0ub4dor"));
}

#[test]
fn a_look_counts_all_that_does_not_fit_and_suggests_what_would_mend_it() {
    let asset = heart();
    let dir = tempfile::tempdir().unwrap();
    let mut text = HEADER.to_owned();
    for n in 0..100 {
        let (chol, gender) = match n % 10 {
            0 => ("999", "maale"),
            1 => ("0", "8507"),
            _ => ("5.5", "8532"),
        };
        text.push_str(&format!("p{n};2020;x;1960-01-01;2020-01-01;{chol};mmol/L;98.6;{gender};\n"));
    }
    text.push_str("p1;2020;x;1960-01-01;2020-01-01;5.5;mmol/L;98.6;8532;\nshort;row\n");
    fs::write(dir.path().join("source.csv"), &text).unwrap();

    let found = checked(dir.path(), GOOD, &asset, false).unwrap();
    assert_eq!((found.read, found.rows, found.persons), (102, 101, 100));
    let of: Vec<_> = found
        .violations
        .iter()
        .map(|v| (v.code, v.column.as_deref().unwrap_or(""), v.count, v.rows.clone()))
        .collect();
    assert_eq!(
        of,
        [
            ("table-out-of-bounds", "chol", 10, vec![1, 11, 21, 31, 41]),
            ("table-unknown-code", "sex", 10, vec![1, 11, 21, 31, 41]),
            ("table-ragged", "", 1, vec![102]),
            ("table-too-many-rows", "", 1, vec![101]),
        ]
    );
    let chol = &found.columns[2];
    assert_eq!((chol.filled, chol.missing, chol.unfit), (81, 10, 10));
    assert_eq!(found.columns[4].levels, [("female".into(), 81), ("male".into(), 10)].into());
    assert!(found.columns[5].lacking);
    let missing: Vec<_> =
        found.suggestions.iter().map(|s| (s.column.as_str(), s.write.as_str())).collect();
    assert_eq!(missing, [("chol", "missing = [999]")]);
    assert_eq!(found.suggestions[0].at.as_ref().unwrap().line, 24);
    // Nothing of a cell is in it, but codes that anybody could name.
    let shown = format!("{found:?}");
    assert!(!shown.contains("maale") && !shown.contains("5.5") && !shown.contains("p0"), "{shown}");

    let found = checked(dir.path(), GOOD, &asset, true).unwrap();
    let sex = found.violations.iter().find(|v| v.column.as_deref() == Some("sex")).unwrap();
    assert_eq!(sex.cells, ["maale"; 5]);
    let codes = found.suggestions.iter().find(|s| s.column == "sex").unwrap();
    assert_eq!(codes.write, "codes = { \"maale\" = \"male\" }");
}

#[test]
fn a_unit_that_looks_wrong_is_told_whether_it_is_beyond_the_bounds_or_crowded_at_one() {
    let asset = asset(
        1,
        "{ name = \"chol\", kind = \"number\", min = 0, max = 700 },\n\
         { name = \"weight\", kind = \"number\", min = 20, max = 250 },\n\
         { name = \"fine\", kind = \"number\", min = 0, max = 300 },",
    );
    let dir = tempfile::tempdir().unwrap();
    let mut text = "who,chol,weight,fine\n".to_owned();
    for n in 0..40 {
        // Cholesterol in mmol/L fits its bounds and is crowded below; weights in grams are beyond.
        let fine = if n % 4 == 0 { 0 } else { 90 + n };
        text.push_str(&format!("p{n},{}.{},{},{fine}\n", 3 + n % 5, n % 10, 60_000 + 500 * n));
    }
    fs::write(dir.path().join("rows.csv"), text).unwrap();
    let text = "asset = \"a\"\n[source]\nkind = \"csv\"\nfile = \"rows.csv\"\n[person]\nfrom = \"who\"\n\
                [columns]\nchol.from = \"chol\"\nweight.from = \"weight\"\nfine.from = \"fine\"\n";
    let found = checked(dir.path(), text, &asset, false).unwrap();
    let of = |column: &str| -> Vec<&str> {
        let own = found.suggestions.iter().filter(|s| s.column == column);
        own.map(|s| s.write.as_str()).collect()
    };
    assert!(of("chol").contains(&"factor = \"38.67\""), "{:?}", found.suggestions);
    assert_eq!(of("weight"), ["factor = \"0.001\""]);
    // Zeros far below everything else are likely no measurements.
    assert_eq!(of("fine"), ["missing = [0]"]);
    let fits = text
        .replace("chol.from = \"chol\"", "chol = { from = \"chol\", factor = 38.67 }")
        .replace("weight.from = \"weight\"", "weight = { from = \"weight\", factor = 0.001 }")
        .replace("fine.from = \"fine\"", "fine = { from = \"fine\", missing = [0] }");
    let found = checked(dir.path(), &fits, &asset, false).unwrap();
    assert_eq!(found.suggestions, []);
    assert_eq!(found.violations.len(), 1, "{:?}", found.violations);
    assert_eq!(found.violations[0].code, "table-empty-cell");
}

proptest! {
    /// No text makes the parser panic, and every finding is about a place in the text.
    #[test]
    fn any_text_is_a_mapping_or_findings(text in "(?s).{0,200}") {
        if let Err(found) = Mapping::read("m.toml", &text) {
            prop_assert!(!found.is_empty());
            let lines = text.split('\n').count() as u32;
            for finding in found {
                prop_assert!((1..=lines).contains(&finding.span.line), "{finding:?}");
            }
        }
    }

    /// Nor does a good mapping with something cut out of it, or put into it; and what is read fits the
    /// agreement or is told why not.
    #[test]
    fn a_mapping_that_was_tampered_with_is_one_or_findings(
        from in 0..GOOD.len(), length in 0_usize..60, put in "[\\[\\]{}=\",.a-z0-9\n ]{0,12}"
    ) {
        let until = (from + length).min(GOOD.len());
        let (Some(head), Some(tail)) = (GOOD.get(..from), GOOD.get(until..)) else { return Ok(()) };
        let text = format!("{head}{put}{tail}");
        match Mapping::read("m.toml", &text) {
            Ok(read) => drop(read.fits(&heart())),
            Err(found) => prop_assert!(!found.is_empty()),
        }
    }

    /// Whatever cells a source holds, rows are made or a fault is told, and what is made fits.
    #[test]
    fn any_cells_are_rows_or_a_fault(
        cells in prop::collection::vec("[ -~é\u{a0}]{0,12}", 10)
    ) {
        let quoted: Vec<String> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("source.csv"), format!("{HEADER}{}\n", quoted.join(";"))).unwrap();
        if let Ok(table) = table(dir.path(), GOOD, &heart()) {
            let frozen = table.freeze(&heart());
            let again = concordat_data::Table::read(&frozen, &heart()).unwrap();
            prop_assert_eq!(again.freeze(&heart()), frozen);
        }
    }
}

#[test]
fn a_mapping_is_known_by_its_bytes() {
    let one = mapping(GOOD, &heart());
    let other = mapping(&format!("{GOOD}# a remark\n"), &heart());
    assert_ne!(one.digest, other.digest);
    assert_eq!(one.digest, Some(concordat_terms::Digest::of(GOOD.as_bytes())));
}
