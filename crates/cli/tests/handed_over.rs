//! A bundle from one party's folder, by which another stands, and a released model: with the real
//! binary, over a finished pilot whose services run again.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use concordat_cli::bundle::{INDEX, load_bundle, pack};
use serde_json::{Value, json};
use world::services::{World, until};
use world::{answer, concordat, shown};

/// A command that must fail: its exit status and what it says.
fn fails(arguments: &[&str]) -> (i32, Value) {
    let output = concordat(&[arguments, &["--json"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    (
        output.status.code().unwrap(),
        serde_json::from_str(text.lines().next_back().unwrap()).unwrap(),
    )
}

#[test]
fn one_party_makes_a_bundle_and_others_stand_by_it_before_it_is_handed_over() {
    let world = World::ready();
    let (alder, birch) = (world.home("alder"), world.home("birch"));
    let at = |name: &str| shown(&world.folder(name));
    let (bundle, attested) = (at("bundle.tar"), at("attested.tar"));
    let made = until("a quorum has cosigned", || {
        let arguments = [
            "export", "bundle", "--for", "court", "--act", "1..9", "--home", &alder, "--out",
            &bundle,
        ];
        concordat(&arguments).status.success().then(|| answer(&["verify", &bundle]))
    });
    assert_eq!(made["attested_by"], json!(["alder"]));
    assert_eq!((&made["by"], made["entries"].as_array().unwrap().len()), (&json!("alder"), 9));

    let stands = answer(&["attest", &bundle, "--home", &birch, "--out", &attested]);
    assert_eq!(stands["attested_by"], json!(["alder", "birch"]));
    let log = made["log"].as_str().unwrap();
    let report = answer(&["verify", &attested, "--log", log]);
    assert_eq!(
        (&report["pinned"], &report["attested_by"]),
        (&json!(true), &json!(["alder", "birch"]))
    );
    let (status, said) = fails(&["attest", &bundle, "--home", &birch, "--out", &attested]);
    assert_eq!((status, &said["code"]), (2, &json!("target-exists")));

    // Nobody stands by records that its own replay does not give, whoever sealed them.
    let mut files = load_bundle(&world.folder("bundle.tar")).unwrap();
    let index = String::from_utf8(files[INDEX].clone()).unwrap();
    files.insert(
        INDEX.to_owned(),
        index.replacen("\"asked\":true", "\"asked\":false", 1).into_bytes(),
    );
    std::fs::write(world.folder("altered.tar"), pack(&files)).unwrap();
    let (status, said) =
        fails(&["attest", &at("altered.tar"), "--home", &birch, "--out", &at("other.tar")]);
    assert_eq!((status, &said["code"]), (1, &json!("not-verified")), "{said}");

    // What left the log as a model.
    let models = answer(&["verify", &shown(&world.folder("archive"))]);
    let models = models["models"].as_array().unwrap().clone();
    let model = models[0]["model"].as_str().unwrap();
    let folder = at("released");
    let arguments = ["export", "model", model, "--home", &alder, "--to", &folder];
    if models[0]["status"] == "released" {
        let written = answer(&arguments);
        assert!(written["files"].to_string().contains("model/model.safetensors"), "{written}");
        // The key that was drawn stays.
        let key = std::fs::read(world.folder("released/key.pem")).unwrap();
        let again = at("released-again");
        answer(&["export", "model", model, "--home", &alder, "--to", &again]);
        assert_eq!(std::fs::read(world.folder("released-again/key.pem")).unwrap(), key);
    } else {
        assert_eq!(fails(&arguments).1["code"], "not-released");
    }
    let nobody = "0".repeat(64);
    let (status, said) =
        fails(&["export", "model", &nobody, "--home", &alder, "--to", &at("none")]);
    assert_eq!((status, &said["code"]), (1, &json!("not-released")));
}
