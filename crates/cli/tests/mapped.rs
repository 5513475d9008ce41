//! A steward's way from a source to a listed version, with the real binary.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests lay out files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod town;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use town::{Left, PARTIES, Town, example};

fn mappings() -> PathBuf {
    example().join("../mappings")
}

/// The exit status, and the code of the last thing that was said.
fn ended(left: &Left) -> (i32, &str) {
    let last = left.lines.last().and_then(|line| line["code"].as_str());
    (left.status, last.unwrap_or_default())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn rows_are_checked_signed_frozen_listed_and_forgotten() {
    let town = Town::new();
    let log = town.found();
    let (mut coordinator, listening) = town.serve();
    town.settle(&log, &listening);
    for party in PARTIES {
        let all = example();
        let mut sign = vec!["sign", "--home", "", "--all", all.to_str().unwrap()];
        let home = town.home(party);
        sign[2] = &home;
        // The last to sign brings the modules into force.
        sign.extend((party == "lab").then_some("--enter"));
        town.done(&sign);
    }
    let alder = town.home("alder");
    let home = Path::new(&alder);
    let place = ["place=ward", "class=2", "jurisdiction=US", "--seat", "data-holder"];
    town.done(&[&["act", "place.register", "--home", &alder][..], &place].concat());

    for name in ["fhir.toml", "fhir.csv"] {
        fs::copy(mappings().join(name), home.join(name)).unwrap();
    }
    let config = fs::read_to_string(home.join("concordat.toml")).unwrap();
    let config = config.replace("table = \"rows.csv\"", "mapping = \"fhir.toml\"");
    fs::write(home.join("concordat.toml"), config).unwrap();
    let list = ["node", "register", "heart-rows", "--place", "ward", "--home", &alder];
    let check = ["data", "check", "heart-rows", "--home", &alder];
    let sign = ["data", "sign", "heart-rows", "--home", &alder];
    let doctor = ["node", "doctor", "--home", &alder];

    // Nothing is read for a version under a mapping that nobody signed; a look is free.
    assert_eq!(ended(&town.run(&list)), (1, "mapping-not-signed"));
    assert_eq!(ended(&town.run(&doctor)), (1, "mapping-not-signed"));
    assert!(!home.join("datasets/heart-rows").exists(), "rows were frozen");
    let look = town.done(&check);
    assert_eq!((&look["fits"], &look["read"], &look["rows"]), (&json!(true), &json!(5), &json!(3)));
    assert_eq!(look["signature"]["code"], "mapping-not-signed");
    let shown = [&check[..], &["--show-values"]].concat();
    assert_eq!(ended(&town.run(&shown)), (2, "values-at-a-terminal-only"));

    // Another party's key signs nothing here, and a signature is of the bytes that were signed.
    let birch = format!("{}/keys/ledger.key", town.home("birch"));
    assert_eq!(ended(&town.run(&[&sign[..], &["--key", &birch]].concat())), (1, "mapping-signer"));
    let signed = town.done(&sign);
    let mapping = home.join("fhir.toml");
    let text = fs::read_to_string(&mapping).unwrap();
    fs::write(&mapping, text.replace("\"38.67\"", "\"38.68\"")).unwrap();
    assert_eq!(ended(&town.run(&list)), (1, "mapping-changed"));
    fs::write(&mapping, text.replacen("places = 0", "place = 0", 1)).unwrap();
    let wrong = town.run(&list);
    assert_eq!(ended(&wrong), (2, "mapping-field-unknown"));
    assert!(wrong.lines[0]["what"].as_str().unwrap().contains("fhir.toml:"), "{:?}", wrong.lines);
    fs::write(&mapping, &text).unwrap();
    // What is no signature is none.
    let signature = home.join("fhir.toml.sig");
    let good = fs::read(&signature).unwrap();
    fs::write(&signature, "{}").unwrap();
    assert_eq!(ended(&town.run(&list)), (1, "mapping-not-signed"));
    fs::write(&signature, &good).unwrap();

    // Listed: what is frozen is readable by nobody else, and holds no person's key.
    assert_eq!(town.done(&list)["clause"], "data-use/list-dataset");
    let frozen = || -> Vec<PathBuf> {
        let found = fs::read_dir(home.join("datasets/heart-rows")).unwrap();
        found.map(|item| item.unwrap().path()).collect()
    };
    let first = frozen();
    assert_eq!((first.len(), mode(&first[0])), (1, 0o600));
    for secret in ["salt", "pseudonyms"] {
        assert_eq!(mode(&home.join(format!("datasets/heart-rows.{secret}"))), 0o600);
    }
    let rows = fs::read_to_string(&first[0]).unwrap();
    assert!(rows.starts_with("concordat/rows/v1\n") && !rows.contains("example-1"), "{rows}");
    assert!(rows.contains(signed["mapping"].as_str().unwrap()), "{rows}");
    let version = first[0].file_stem().unwrap().to_str().unwrap().to_owned();
    let well = town.done(&doctor);
    let table = &well["tables"][0];
    assert_eq!((&table["listed"], &table["differs"]), (&json!(version), &json!(false)));
    assert_eq!((&table["steward"], &table["lacks"][0]), (&signed["key"], &json!("ca")));

    // The source changes: the version stays what it was, and the steward is told.
    let source = home.join("fhir.csv");
    let text = fs::read_to_string(&source).unwrap();
    fs::write(&source, text.replace(",142,", ",143,")).unwrap();
    assert_eq!(town.done(&doctor)["tables"][0]["differs"], true);
    assert_eq!(fs::read_to_string(&first[0]).unwrap(), rows);
    town.done(&list);
    assert_eq!(frozen().len(), 2);
    assert_eq!(town.done(&doctor)["tables"][0]["differs"], false);

    // Rows that do not fit are not frozen, and no cell of theirs is told.
    fs::write(&source, text.replace(",142,", ",secret-cell,")).unwrap();
    let unfit = town.run(&list);
    assert_eq!(ended(&unfit), (2, "table-text-in-number"));
    let looked = town.run(&check);
    assert_eq!(ended(&looked), (2, "rows-do-not-fit"));
    assert_eq!(looked.lines[0]["violations"][0]["rows"], json!([1]));
    for line in unfit.lines.iter().chain(&looked.lines) {
        assert!(!line.to_string().contains("secret-cell"), "{line}");
    }
    assert_eq!(frozen().len(), 2);
    fs::remove_file(&source).unwrap();
    assert_eq!(ended(&town.run(&check)), (2, "source-unreadable"));

    // What is in use is not destroyed; what was withdrawn is, once.
    let forget = ["data", "forget", "heart-rows", &version, "--home", &alder];
    assert_eq!(ended(&town.run(&forget)), (1, "version-in-use"));
    let of = ["asset=heart-rows", &format!("version={version}"), "--seat", "data-holder"];
    town.done(&[&["act", "dataset.withdraw", "--home", &alder][..], &of].concat());
    town.done(&forget);
    assert!(!first[0].exists());
    assert_eq!(ended(&town.run(&forget)), (2, "no-snapshot"));

    coordinator.kill().unwrap();
    coordinator.wait().unwrap();
}
