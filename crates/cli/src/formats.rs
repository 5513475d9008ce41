//! The catalogue and lineage in formats of others: generated from the state, never read back.

pub mod croissant;
pub mod dcat;
pub mod lineage;
pub mod odcs;
pub mod onnx;
pub mod released;

use std::collections::BTreeSet;

use concordat_agreement::{Asset, AssetKind};
use concordat_partnership::{CatalogueEntry, State};
use concordat_terms::{AssetId, Digest, PartyId};
use serde_json::Value;

/// A dataset of the catalogue with what its clause says.
pub struct Listed<'a> {
    /// How it stands in the catalogue.
    pub entry: &'a CatalogueEntry,
    /// Its clause.
    pub terms: &'a Asset,
}

/// The datasets of a catalogue.
pub fn datasets<'a>(
    state: &'a State,
    entries: &'a [CatalogueEntry],
) -> impl Iterator<Item = Listed<'a>> {
    entries.iter().filter(|entry| entry.kind == AssetKind::Dataset).filter_map(|entry| {
        let terms = state.agreement().asset(&entry.asset)?.terms;
        Some(Listed { entry, terms })
    })
}

/// What stands for a thing of this log wherever IRIs are asked for.
pub fn iri(state: &State, kind: &str, name: &str) -> String {
    let log = state.log().map(|log| log.to_string()).unwrap_or_default();
    format!("urn:concordat:{log}:{kind}:{name}")
}

/// Who fills the seat that holds an asset.
fn holders(state: &State, terms: &Asset) -> BTreeSet<PartyId> {
    state.agreement().parties_of(&terms.holder).clone()
}

/// A party's name for people.
fn called(state: &State, party: &PartyId) -> String {
    let found = state.agreement().party(party);
    found.map_or_else(|| party.to_string(), |found| found.terms.party.clone())
}

/// What a clause says an asset may be used for, in words.
fn uses(state: &State, entry: &CatalogueEntry) -> String {
    let uses: Vec<String> = entry
        .purposes
        .iter()
        .map(|id| {
            let found = state.agreement().purpose(id);
            found.map_or_else(|| id.to_string(), |found| found.terms.purpose.clone())
        })
        .collect();
    uses.join("; ")
}

/// A licence as an address, where it is one of the SPDX list alone. One of somebody's own
/// (`LicenseRef-…`) is on no list, and stays the name that it is.
fn licence(text: &str) -> String {
    if text.starts_with("LicenseRef-") || text.starts_with("DocumentRef-") {
        return text.to_owned();
    }
    let one = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    if one { format!("https://spdx.org/licenses/{text}") } else { text.to_owned() }
}

/// The version of an asset that came last; none, if there is none.
fn latest(entry: &CatalogueEntry) -> Option<&Digest> {
    entry.versions.last().map(|version| &version.version)
}

/// A decimal as a number of JSON.
fn number(text: &impl std::fmt::Display) -> Value {
    let number: Result<serde_json::Number, _> = text.to_string().parse();
    number.map_or_else(|_| Value::from(text.to_string()), Value::Number)
}

/// What a document about an asset is called.
pub fn file(asset: &AssetId, ending: &str) -> String {
    format!("{asset}.{ending}")
}
