//! The lineage of a version as SLSA provenance v1, in a statement that a party signs: what it was made
//! from, down to every dataset version, each with the entry of the log that brought it.

use concordat_partnership::{Origin, State, VersionView};
use concordat_terms::Digest;
use concordat_tlog::Statement;
use concordat_tlog::statement::{NotAStatement, Subject};
use serde_json::{Value, json};

use super::iri;

/// What kind of claim it is.
pub const PREDICATE: &str = "https://slsa.dev/provenance/v1";

/// What the fields of the claim mean here: docs/reference/formats.md#lineage.
pub const BUILD_TYPE: &str = "urn:concordat:lineage:v0";

/// The statement about a version; `None`, if the log has none of this digest.
///
/// # Errors
/// [`NotAStatement`]: the lineage is longer than a statement may be.
pub fn statement(state: &State, of: &Digest) -> Option<Result<Vec<u8>, NotAStatement>> {
    let lineage = state.lineage(of)?;
    let own = lineage.versions.iter().find(|version| version.version == *of)?;
    let log = state.log()?;
    let sources = lineage.versions.iter().filter(|version| version.version != *of);
    let sources: Vec<Value> = sources.map(source).collect();
    let run = match &own.origin {
        Origin::Run(run) => json!(run.to_string()),
        _ => Value::Null,
    };
    let predicate = json!({
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "log": log.to_string(),
                "asset": own.asset.to_string(),
                "origin": word(&own.origin),
                "run": run,
                "madeFrom": own.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
            },
            "resolvedDependencies": sources,
        },
        "runDetails": {
            "builder": { "id": iri(state, "partnership", "all") },
            "metadata": {
                "invocationId": format!("{log}/{}", own.index),
                "finishedOn": own.at.to_string(),
            },
        },
    });
    let mut subject = Subject::new(*of);
    subject.name = Some(own.asset.to_string());
    let predicate_type = PREDICATE.to_owned();
    Some(Statement { subject: vec![subject], predicate_type, predicate }.to_bytes())
}

fn source(version: &VersionView) -> Value {
    json!({
        "name": version.asset.to_string(),
        "digest": { "sha256": version.version.to_string() },
        "annotations": {
            "origin": word(&version.origin),
            "entry": version.index,
            "at": version.at.to_string(),
            "label": version.label.as_str(),
            "phase": version.phase.as_str(),
            "madeFrom": version.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
        },
    })
}

fn word(origin: &Origin) -> &'static str {
    match origin {
        Origin::Listed => "listed",
        Origin::Imported => "brought in",
        Origin::Registered => "registered",
        Origin::Declared => "declared",
        Origin::Run(_) => "run",
        Origin::Derived(step) => step.as_str(),
    }
}
