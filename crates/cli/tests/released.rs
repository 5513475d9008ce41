//! A released model in the hands of somebody who knows nothing of logs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

#[path = "../../replay/tests/common/mod.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Story, digest, id_of, key, public};
use concordat_cli::formats::released::{EXPORT_KEY, Signer, released};
use concordat_partnership::Act;
use concordat_partnership::act::{EvidenceSubmit, Release};
use concordat_terms::{Digest, PartyId};
use concordat_tlog::dsse::pae;
use concordat_tlog::{Envelope, ExportKey, Statement};
use serde_json::Value;

const MODEL: &str = "model";

/// A model that was tested and released, and who hands it out.
fn story() -> Story {
    let mut story = Story::trained();
    let model = digest(MODEL);
    let tested = EvidenceSubmit {
        subject: model,
        method: "pooled-holdout-accuracy".parse().unwrap(),
        results: [("accuracy".parse().unwrap(), "0.79".parse().unwrap())].into(),
        cases: 254.try_into().unwrap(),
        report: digest("report"),
        record: None,
    };
    story.admit("lab", "test-lab", Act::EvidenceSubmit(tested));
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model }));
    story.decide("release-it", Act::ReleasePromote(Release { model }));
    story
}

fn handed_out(story: &Story) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let (party, id, ledger): (PartyId, _, _) =
        ("alder".parse().unwrap(), id_of("alder"), key("alder"));
    let export = ExportKey::from_secret(Digest::of(b"alder/export").as_bytes()).unwrap();
    let signer = Signer { party: &party, id: &id, ledger: &ledger, export: &export };
    let recipe = Some(b"{}".to_vec());
    released(story.state(), &digest(MODEL), MODEL.into(), recipe, &signer)
        .map_err(|e| e.to_string())
}

fn statement(envelope: &[u8]) -> Statement {
    let envelope = Envelope::parse(envelope).unwrap();
    envelope.verify(id_of("alder").as_str(), &public("alder").parse().unwrap()).unwrap();
    Statement::parse(envelope.payload()).unwrap()
}

#[test]
fn a_released_model_is_signed_with_an_export_key_that_the_ledger_key_vouches_for() {
    let story = story();
    let files = handed_out(&story).unwrap();
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "key.dsse.json",
            "key.pem",
            "model.sig",
            "model/model.bin",
            "model/provenance.dsse.json",
            "model/recipe.json",
        ]
    );

    // The bundle covers the files of the folder, each and no others.
    let bundle: Value = serde_json::from_slice(&files["model.sig"]).unwrap();
    let envelope = &bundle["dsseEnvelope"];
    let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let payload = bytes(&envelope["payload"]);
    let covered = Statement::parse(&payload).unwrap();
    let resources = covered.predicate["resources"].as_array().unwrap();
    let said: BTreeSet<(String, String)> = resources
        .iter()
        .map(|own| (own["name"].as_str().unwrap().into(), own["digest"].as_str().unwrap().into()))
        .collect();
    let there: BTreeSet<(String, String)> = files
        .iter()
        .filter_map(|(name, bytes)| {
            Some((name.strip_prefix("model/")?.to_owned(), Digest::of(bytes).to_string()))
        })
        .collect();
    assert_eq!(said, there);
    assert!(there.iter().any(|(_, own)| *own == digest(MODEL).to_string()));

    // By the key in `key.pem`, for which the party's ledger key answers.
    let export = ExportKey::from_secret(Digest::of(b"alder/export").as_bytes()).unwrap().public();
    assert_eq!(files["key.pem"], export.to_pem().into_bytes());
    export.verify(&pae(&payload), &bytes(&envelope["signatures"][0]["sig"])).unwrap();
    let vouched = statement(&files["key.dsse.json"]);
    assert_eq!(vouched.predicate_type, EXPORT_KEY);
    assert_eq!(vouched.subject[0].digest.sha256, Digest::of(&files["key.pem"]));
    assert_eq!(vouched.predicate["party"], "alder");

    // Where it comes from goes along, signed as well.
    let provenance = statement(&files["model/provenance.dsse.json"]);
    assert_eq!(provenance.subject[0].digest.sha256, digest(MODEL));
    assert_eq!(handed_out(&story).unwrap(), files, "the same each time");
}

#[test]
fn a_model_that_is_not_released_is_not_handed_out_as_one() {
    let why = handed_out(&Story::trained()).unwrap_err();
    assert!(why.ends_with("is trained, not released"), "{why}");
    assert!(handed_out(&Story::in_force()).unwrap_err().starts_with("nobody made"));
}
