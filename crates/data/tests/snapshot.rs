//! Rows in their one spelling: the same for the same rows, and for no others.
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

use common::{asset, key, table};
use concordat_agreement::Asset;
use concordat_data::{Fault, Table, commitment};
use concordat_learn::Recipe;
use concordat_terms::Digest;
use proptest::prelude::*;

fn wards() -> Asset {
    asset(
        2,
        "{ name = \"age\", kind = \"number\", min = 0, max = 120 },\n\
         { name = \"ward\", kind = \"text\", optional = true },\n\
         { name = \"lab\", kind = \"number\", min = 0, max = 9, optional = true },",
    )
}

#[test]
fn a_snapshot_is_what_the_reference_of_formats_says() {
    let csv = "ward,who,age,lab\r\n\"upper, \"\"south\"\"\",bo,30.0,\r\nnorth,amal,007,1\r\n";
    // A cell that is no decimal is one row's fault, and 007 is none.
    assert_eq!(Table::read(csv.as_bytes(), &wards()).unwrap_err().code(), "table-text-in-number");
    let csv = csv.replace("007", "7");
    let frozen = Table::read(csv.as_bytes(), &wards()).unwrap().freeze(&wards());
    let expected = "concordat/rows/v1\n{}\nwho,age,ward,lab\namal,7,north,1\n\
                    bo,30,\"upper, \"\"south\"\"\",\n";
    assert_eq!(String::from_utf8(frozen.clone()).unwrap(), expected);
    // sha256(u64 length ‖ part, …) over `concordat/dataset/v1`, the salt and these bytes.
    let salt = [7; 32];
    let parts: [&[u8]; 3] = [b"concordat/dataset/v1", &salt, expected.as_bytes()];
    assert_eq!(commitment(&salt, &frozen), Digest::of_parts(&parts));
}

const MAPPED: &str = "asset = \"rows\"\n[source]\nkind = \"csv\"\nfile = \"rows.csv\"\n\
    [person]\nfrom = \"who\"\n[[cohort]]\nfrom = \"age\"\nat_least = 18\n[columns]\n\
    age.from = \"age\"\nward.from = \"ward\"\nlab.absent = true\n";

#[test]
fn a_version_is_of_mapping_cohort_and_rows() {
    let dir = tempfile::tempdir().unwrap();
    let freeze = |csv: &str, mapping: &str| {
        fs::write(dir.path().join("rows.csv"), csv).unwrap();
        table(dir.path(), mapping, &wards()).unwrap().freeze(&wards())
    };
    let csv = "who,age,ward\nbo,30,north\namal,40,\nkid,7,\n";
    let frozen = freeze(csv, MAPPED);
    let text = String::from_utf8(frozen.clone()).unwrap();
    let digest = Digest::of(MAPPED.as_bytes());
    let second = format!(
        "{{\"cohort\":[{{\"at_least\":\"18\",\"from\":\"age\"}}],\"lacks\":[\"lab\"],\"mapping\":\"{digest}\"}}"
    );
    assert_eq!(text.lines().nth(1), Some(second.as_str()));
    assert_eq!(
        text.lines().skip(2).collect::<Vec<_>>(),
        ["who,age,ward,lab", "amal,40,,", "bo,30,north,"]
    );

    // The order of the source says nothing, nor does what is not of the cohort.
    assert_eq!(freeze("age,ward,who\n9,x,other\n40,,amal\n30.0,north,bo\n", MAPPED), frozen);
    for (csv, mapping) in [
        ("who,age,ward\nbo,30,north\namal,41,\n", MAPPED.to_owned()),
        ("who,age,ward\nbo,30,north\n", MAPPED.to_owned()),
        (csv, format!("{MAPPED}# a remark\n")),
        (csv, MAPPED.replace("at_least = 18", "at_least = 17")),
        (csv, MAPPED.replace("[person]\n", "[person]\npseudonym = true\n")),
    ] {
        assert_ne!(freeze(csv, &mapping), frozen, "{mapping}");
    }
}

#[test]
fn persons_become_pseudonyms_and_the_key_is_named_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mapping = MAPPED.replace("[person]\n", "[person]\npseudonym = true\n");
    fs::write(dir.path().join("rows.csv"), "who,age,ward\nbo,30,north\nbo,31,\n").unwrap();
    let read = table(dir.path(), &mapping, &wards()).unwrap();
    assert_eq!(read.made().pseudonyms, Some(key().id()));
    let text = String::from_utf8(read.freeze(&wards())).unwrap();
    assert!(!text.contains("bo,") && text.matches(&key().pseudonym("bo")).count() == 2, "{text}");
    let mapping = common::mapping(&mapping, &wards());
    let none = concordat_data::Rows::new(&mapping, &wards(), dir.path(), None).table(&mut |_| {});
    assert_eq!(none, Err(Fault::NoPseudonymKey));
}

#[test]
fn a_column_that_the_site_lacks_is_not_there_for_a_recipe() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.csv"), "who,age,ward\nbo,30,north\namal,40,\n").unwrap();
    let read = table(dir.path(), MAPPED, &wards()).unwrap();
    let again = Table::read(&read.freeze(&wards()), &wards()).unwrap();
    let recipe = |column: &str, missing: serde_json::Value| -> Recipe {
        let mut recipe: serde_json::Value = serde_json::from_str(RECIPE).unwrap();
        recipe["person"] = "who".into();
        recipe["target"]["column"] = "age".into();
        let features = recipe["features"].as_array_mut().unwrap();
        features.truncate(1);
        features[0]["column"] = column.into();
        features[0]["missing"] = missing;
        serde_json::from_value(recipe).unwrap()
    };
    for table in [&read, &again] {
        assert_eq!(table.lacks().iter().collect::<Vec<_>>(), ["lab"]);
        let fault = table.units(&recipe("lab", serde_json::Value::Null)).unwrap_err();
        assert_eq!(fault, Fault::Lacks("lab".into()));
        assert_eq!(fault.code(), "table-lacks-column");
        // Where the recipe says what stands for it, the site takes part.
        let stands = serde_json::json!({"value": "50", "indicator": true});
        assert_eq!(table.units(&recipe("lab", stands)).unwrap().rows(), 2);
    }
}

const RECIPE: &str = include_str!("../../../examples/heart/recipe.json");

#[test]
fn what_begins_like_a_snapshot_and_is_none_is_refused() {
    for text in [
        "concordat/rows/v1\n",
        "concordat/rows/v1\n{}",
        "concordat/rows/v1\n{\"more\":1}\nwho,age,ward,lab\na,1,,\n",
        "concordat/rows/v1\n{ }\nwho,age,ward,lab\na,1,,\n",
        "concordat/rows/v1\n[]\nwho,age,ward,lab\na,1,,\n",
    ] {
        assert_eq!(Table::read(text.as_bytes(), &wards()), Err(Fault::BadSnapshot), "{text}");
    }
}

proptest! {
    /// What was frozen is frozen to the same bytes again, however the rows came.
    #[test]
    fn freezing_twice_is_freezing_once(
        rows in prop::collection::vec(("[a-z\"', é]{1,6}", 0_u32..1200, "[a-z,\"\r\n]{0,5}"), 1..20), seed in any::<u64>()
    ) {
        let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut lines: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(n, (who, age, ward))| {
                format!("{},{}.{},{},", quote(&format!("{n}{who}")), age / 10, age % 10, quote(ward))
            })
            .collect();
        let read = |lines: &[String]| {
            let text = format!("who,age,ward,lab\n{}\n", lines.join("\n"));
            Table::read(text.as_bytes(), &wards()).map(|table| table.freeze(&wards()))
        };
        let first = read(&lines).unwrap();
        let shift = (seed as usize) % lines.len();
        lines.rotate_left(shift);
        prop_assert_eq!(&read(&lines).unwrap(), &first);
        let again = Table::read(&first, &wards()).unwrap();
        prop_assert_eq!(again.freeze(&wards()), first);
    }
}
