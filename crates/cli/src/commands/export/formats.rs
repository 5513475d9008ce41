//! `concordat export catalog` and `concordat export lineage`: in formats of others.

use std::collections::BTreeMap;

use concordat_agreement::{AssetKind, Label};
use concordat_partnership::{CatalogueEntry, State};
use concordat_tlog::Envelope;
use serde::Serialize;
use serde_json::Value;

use super::super::desk::{failure, open, open_latest};
use super::super::look::see_as;
use crate::archive::save;
use crate::args::{CatalogFormat, ExportCatalog, ExportLineage};
use crate::failure::Failure;
use crate::formats::{Listed, croissant, datasets, dcat, file, lineage as provenance, odcs};
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Written {
    folder: String,
    files: Vec<String>,
}

pub(super) fn catalog(args: &ExportCatalog, out: Out) -> Result<(), Failure> {
    let seen = see_as(&args.place, args.reader.as_ref())?;
    let entries = match args.reader {
        Some(_) => seen.catalogue(),
        None => public(seen.state(), out),
    };
    let documents = documents(seen.state(), &entries, args)?;
    let Some(folder) = &args.to else {
        for document in documents.values() {
            out.answer(document, || pretty(document))?;
        }
        return Ok(());
    };
    let files: BTreeMap<String, Vec<u8>> =
        documents.iter().map(|(name, document)| (name.clone(), bytes(document))).collect();
    save(folder, &files)?;
    let files = files.into_keys().collect();
    let written = Written { folder: folder.display().to_string(), files };
    out.answer(&written, || format!("{}: {}", written.folder, written.files.join(", ")))
}

/// What anybody may read of the catalogue: a document goes from hand to hand.
fn public(state: &State, out: Out) -> Vec<CatalogueEntry> {
    let mut entries = state.catalogue();
    entries.retain(|entry| entry.kind == AssetKind::Dataset);
    let all = entries.len();
    entries.retain(|entry| entry.label == Label::Public);
    for entry in &mut entries {
        entry.versions.retain(|version| version.label == Label::Public);
    }
    if entries.len() < all {
        let kept = all - entries.len();
        out.say(&format!("note: {kept} of {all} datasets are not public; `--as` names a reader"));
    }
    entries
}

/// The documents by the names of their files.
fn documents(
    state: &State,
    entries: &[CatalogueEntry],
    args: &ExportCatalog,
) -> Result<BTreeMap<String, Value>, Failure> {
    let listed = || {
        datasets(state, entries)
            .filter(|one| args.asset.as_ref().is_none_or(|asset| *asset == one.entry.asset))
    };
    if let Some(asset) = args.asset.as_ref().filter(|_| listed().next().is_none()) {
        let what = match &args.reader {
            Some(reader) => {
                format!("the agreement in force has no dataset `{asset}` for `{reader}`")
            }
            None => format!("the agreement in force has no public dataset `{asset}`"),
        };
        let hint = "name a dataset, and who is to read it with `--as`";
        return Err(Failure::usage("unknown-asset", what, hint));
    }
    let made = match args.format {
        CatalogFormat::DcatAp => {
            let listed: Vec<Listed<'_>> = listed().collect();
            return Ok([("catalog.jsonld".to_owned(), dcat::catalogue(state, &listed))].into());
        }
        CatalogFormat::Croissant => listed()
            .map(|one| (file(&one.entry.asset, "croissant.json"), croissant::dataset(state, &one)))
            .collect(),
        CatalogFormat::Odcs => listed()
            .map(|one| (file(&one.entry.asset, "odcs.json"), odcs::contract(state, &one)))
            .collect(),
    };
    Ok(made)
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

fn bytes(document: &Value) -> Vec<u8> {
    let mut text = pretty(document);
    text.push('\n');
    text.into_bytes()
}

pub(super) fn lineage(args: &ExportLineage, out: Out) -> Result<(), Failure> {
    let view = &args.view;
    let (home, follower) = if view.offline { open(&view.home) } else { open_latest(&view.home) }?;
    let of = args.version;
    let Some(statement) = provenance::statement(follower.state(), &of) else {
        let what = format!("nobody listed, brought in or made a version `{of}`");
        let hint = "name a digest of the catalogue (`concordat export catalog`)";
        return Err(Failure::refused("unknown-version", what, hint));
    };
    let unwritable = |what: String| {
        Failure::fault("lineage-too-long", what, "ask for the lineage of a version further back")
    };
    let payload = statement.map_err(|e| unwritable(e.to_string()))?;
    let keys = home.keys();
    let key = home.keys().ledger_id().map_err(failure)?;
    let envelope = Envelope::sign(&payload, &[(key.as_str(), &keys.ledger)])
        .map_err(|e| unwritable(e.to_string()))?;
    let text = String::from_utf8(envelope.to_bytes()).unwrap_or_default();
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    out.answer(&value, || text.clone())
}
