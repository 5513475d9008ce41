//! What the validators of others say of the catalogue that we export: they accept each document as we
//! write it, and refuse it once something is taken out that their format asks for.
//!
//! `cargo xtask test` installs them and names their folder in `CONCORDAT_STRANGERS`; without it only
//! our own half is tested. `tests/strangers/documents.py` asks them.
#![allow(clippy::disallowed_methods, reason = "a test lays out files and starts programs")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
mod asking;
#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod worked;

use std::fs;
use std::path::{Path, PathBuf};

use archived::archived;
use asking::{Files, asked, changed, script, tools};
use common::{Story, digest, texts};
use serde_json::Value;
use worked::said;

/// A catalogue with a dataset that four parties hold, one of them in two versions, and another one
/// that nobody has yet, with a licence, a time to keep and fields of each kind.
fn catalogue(archive: &Path) {
    let mut all = texts();
    all.get_mut("data-use").unwrap().push_str(MORE);
    let all: Vec<String> = all.into_values().collect();
    let blobs = all.iter().map(|text| (digest(text), text.clone().into_bytes())).collect();
    let mut story = Story::begun(all);
    story.tick("2027-02-01T08:00:00Z");
    story.admit("alder", "data-holder", story.dataset("alder", "second"));
    archived(&story, &blobs, archive);
}

const MORE: &str = r#"
## A dataset that is to come

```clause
id = "beds"
asset = "Free beds"
kind = "dataset"
holder = "data-holder"
label = "public"
purposes = ["cardiac-risk"]
derived_owner = ["data-holder"]
anonymisation = "counts of ten and more"
licence = "LicenseRef-Own"
retention = "P2Y"
audit_by = ["test-lab"]
person = "ward"
rows_per_person = 1
columns = [
  { name = "ward", kind = "text" },
  { name = "free", kind = "number", min = 0, max = 400 },
  { name = "kind", kind = "category", levels = ["intensive", "other"], optional = true },
]
```
"#;

/// Exports the catalogue of an archive in one format: the documents by the names of their files.
fn exported(archive: &Path, format: &str) -> Files {
    let to = archive.with_file_name(format);
    let (from, into) = (archive.display().to_string(), to.display().to_string());
    // A holder of the rows reads what is said of all of them.
    let reader = ["--as", "alder"];
    let asked = ["export", "catalog", "--format", format, "--archive", &from, "--to", &into];
    said(&[&asked[..], &reader].concat());
    let found = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
    };
    found.map(named).collect()
}

/// The files with a document changed.
fn edited(files: &Files, name: &str, change: impl FnOnce(&mut Value)) -> Files {
    changed(files, name, |bytes| {
        let mut document: Value = serde_json::from_slice(bytes).unwrap();
        change(&mut document);
        *bytes = serde_json::to_vec(&document).unwrap();
    })
}

/// The files without a field of a document.
fn without(files: &Files, name: &str, at: &str) -> Files {
    edited(files, name, |document| take(document, at))
}

/// Takes out what a JSON pointer leads to.
fn take(document: &mut Value, at: &str) {
    let (parent, field) = at.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no `{parent}`"));
    let taken = parent.as_object_mut().unwrap().remove(field);
    assert!(taken.is_some(), "no `{at}`");
}

/// Asks one validator about folders.
fn shown(check: &str, cases: &[(&str, Files)]) {
    let Some(tools) = tools() else { return };
    let (program, check) = (script("documents.py"), PathBuf::from(check));
    asked(&tools.join("venv/bin/python"), &[&program, &check], cases);
}

/// The first node of a kind in a JSON-LD graph: where it is.
fn first(files: &Files, kind: &str) -> String {
    let document: Value = serde_json::from_slice(&files["catalog.jsonld"]).unwrap();
    let nodes = document["@graph"].as_array().unwrap();
    let at = nodes.iter().position(|node| node["@type"] == kind);
    format!("/@graph/{}", at.unwrap_or_else(|| panic!("no {kind}")))
}

#[test]
fn row_51_the_shapes_of_dcat_ap_accept_the_catalogue() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    catalogue(&archive);
    let ours = exported(&archive, "dcat-ap");
    let name = "catalog.jsonld";
    let (catalog, dataset, agent) =
        (first(&ours, "dcat:Catalog"), first(&ours, "dcat:Dataset"), first(&ours, "foaf:Agent"));
    let lacks = |at: String| without(&ours, name, &at);
    let cases = [
        ("our catalogue", ours.clone()),
        ("no title", lacks(format!("{catalog}/dct:title"))),
        ("no description", lacks(format!("{catalog}/dct:description"))),
        ("no publisher", lacks(format!("{catalog}/dct:publisher"))),
        ("a dataset without a title", lacks(format!("{dataset}/dct:title"))),
        ("a dataset without a description", lacks(format!("{dataset}/dct:description"))),
        ("a party without a name", lacks(format!("{agent}/foaf:name"))),
        ("a dataset that is none", lacks(format!("{dataset}/@type"))),
        ("rights that are none", lacks(format!("{dataset}/dct:accessRights/@type"))),
        ("no catalogue", lacks(format!("{catalog}/@type"))),
        ("two publishers", {
            edited(&ours, name, |document| {
                let more = document.pointer(&agent).unwrap()["@id"].clone();
                let catalog = document.pointer_mut(&catalog).unwrap();
                let own = catalog["dct:publisher"].clone();
                catalog["dct:publisher"] = serde_json::json!([own, { "@id": more }]);
            })
        }),
    ];
    shown("catalog", &cases);
}

#[test]
fn row_51_mlcroissant_accepts_each_dataset() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    catalogue(&archive);
    let all = exported(&archive, "croissant");
    assert_eq!(
        all.keys().collect::<Vec<_>>(),
        ["beds.croissant.json", "heart-rows.croissant.json"]
    );
    for name in all.keys() {
        let ours: Files = [(name.clone(), all[name].clone())].into();
        let lacks = |at: &str| without(&ours, name, at);
        let cases = [
            ("our dataset", ours.clone()),
            ("no context", lacks("/@context")),
            ("no type", lacks("/@type")),
            ("no format", lacks("/conformsTo")),
            ("no licence", lacks("/license")),
            ("no date", lacks("/datePublished")),
            ("no version", lacks("/version")),
            ("no way to cite it", lacks("/citeAs")),
            ("no table", lacks("/distribution")),
            ("a table that is nowhere", lacks("/distribution/0/contentUrl")),
            ("a table of no format", lacks("/distribution/0/encodingFormat")),
            ("a download without a checksum", lacks("/isLiveDataset")),
            ("a field without a type", lacks("/recordSet/0/field/0/dataType")),
            ("a field of a table that is not there", {
                edited(&ours, name, |document| {
                    let at = "/recordSet/0/field/0/source/fileObject/@id";
                    *document.pointer_mut(at).unwrap() = "elsewhere".into();
                })
            }),
            ("a record set that is none", lacks("/recordSet/0/@type")),
        ];
        shown("dataset", &cases);
    }
}

#[test]
fn row_51_the_schema_of_data_contracts_accepts_each_of_ours() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    catalogue(&archive);
    let all = exported(&archive, "odcs");
    assert_eq!(all.keys().collect::<Vec<_>>(), ["beds.odcs.json", "heart-rows.odcs.json"]);
    for name in all.keys() {
        let ours: Files = [(name.clone(), all[name].clone())].into();
        let lacks = |at: &str| without(&ours, name, at);
        let other = |at: &str, value: Value| {
            edited(&ours, name, |document| *document.pointer_mut(at).unwrap() = value)
        };
        let cases = [
            ("our contract", ours.clone()),
            ("no version of the standard", lacks("/apiVersion")),
            ("no kind", lacks("/kind")),
            ("no name", lacks("/id")),
            ("no version", lacks("/version")),
            ("no status", lacks("/status")),
            ("a version of the standard that is none", other("/apiVersion", "v9".into())),
            ("a table without a name", lacks("/schema/0/name")),
            ("a column without a name", lacks("/schema/0/properties/0/name")),
            ("a column of no type", other("/schema/0/properties/0/logicalType", "soup".into())),
            ("a role without a name", lacks("/roles/0/role")),
            ("a field that the standard has not", {
                edited(&ours, name, |document| document["rows"] = 7.into())
            }),
        ];
        shown("contract", &cases);
    }
}

#[test]
fn what_is_exported_for_nobody_in_particular_is_public() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    catalogue(&archive);
    let from = archive.display().to_string();
    for format in ["dcat-ap", "croissant", "odcs"] {
        let told =
            worked::concordat(&["export", "catalog", "--format", format, "--archive", &from]);
        let (shown, said) =
            (String::from_utf8(told.stdout).unwrap(), String::from_utf8(told.stderr).unwrap());
        assert!(told.status.success() && shown.contains("beds"), "{format}: {shown}");
        // Neither the dataset of the hospitals, nor one of its columns.
        assert!(!shown.contains("heart-rows") && !shown.contains("chol"), "{format}: {shown}");
        assert!(said.contains("1 of 2 datasets are not public"), "{said}");
    }
    let one =
        ["export", "catalog", "--format", "odcs", "--asset", "heart-rows", "--archive", &from];
    let told = worked::concordat(&[&one[..], &["--as", "vendor"]].concat());
    assert_eq!(told.status.code(), Some(2));
}

/// A time to keep in years stays one, and a licence of somebody's own gets no address on a list.
#[test]
fn terms_are_exported_as_they_were_agreed() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    catalogue(&archive);
    let read =
        |files: &Files, name: &str| -> Value { serde_json::from_slice(&files[name]).unwrap() };
    let contract = read(&exported(&archive, "odcs"), "beds.odcs.json");
    let kept = serde_json::json!([{ "property": "retention", "value": 2, "unit": "y" }]);
    assert_eq!(contract["slaProperties"], kept);
    let own = contract["customProperties"].as_array().unwrap();
    assert!(own.contains(&serde_json::json!({ "property": "retention", "value": "P2Y" })));
    let dataset = read(&exported(&archive, "croissant"), "beds.croissant.json");
    assert_eq!(dataset["license"], "LicenseRef-Own");
}
