//! A released model as others take it: its files with where it comes from, signed for OpenSSF model
//! signing with the party's export key, which its ledger key vouches for.

use std::collections::BTreeMap;

use concordat_partnership::{ModelStatus, State};
use concordat_terms::{Digest, KeyId, PartyId};
use concordat_tlog::dsse::NotAnEnvelope;
use concordat_tlog::oms::{self, NotAModel};
use concordat_tlog::statement::{NotAStatement, Subject};
use concordat_tlog::{Envelope, ExportKey, SigningKey, Statement};
use serde_json::json;

use super::lineage;

/// The kind of statement by which a ledger key vouches for an export key. Its subject is the PEM.
pub const EXPORT_KEY: &str = "urn:concordat:export-key:v0";

/// Why a model is not handed out so.
#[derive(Debug, thiserror::Error)]
pub enum NotReleased {
    /// Not a model of this log.
    #[error("nobody made or brought in a model `{0}`")]
    Unknown(Digest),
    /// A model that is not released.
    #[error("model `{model}` is {is}, not released")]
    Status {
        /// The model.
        model: Digest,
        /// Where it stands.
        is: &'static str,
    },
    /// A statement that cannot be written.
    #[error(transparent)]
    Statement(#[from] NotAStatement),
    /// An envelope that cannot.
    #[error(transparent)]
    Envelope(#[from] NotAnEnvelope),
    /// A bundle that cannot.
    #[error(transparent)]
    Bundle(#[from] NotAModel),
}

/// Who hands the model out.
#[derive(Debug)]
pub struct Signer<'a> {
    /// The party.
    pub party: &'a PartyId,
    /// The id of its ledger key.
    pub id: &'a KeyId,
    /// Its ledger key.
    pub ledger: &'a SigningKey,
    /// Its export key.
    pub export: &'a ExportKey,
}

/// Whether a model is one that may be handed out as released.
///
/// # Errors
/// [`NotReleased::Unknown`], [`NotReleased::Status`].
pub fn is_released(state: &State, model: &Digest) -> Result<(), NotReleased> {
    match state.models().get(model).map(|own| own.status) {
        None => Err(NotReleased::Unknown(*model)),
        Some(ModelStatus::Released) => Ok(()),
        Some(other) => Err(NotReleased::Status { model: *model, is: other.as_str() }),
    }
}

/// The files: the model and what belongs to it below `model/`, the bundle that covers exactly those
/// beside it, the export key, and the ledger key's word for it.
///
/// # Errors
/// [`NotReleased`].
pub fn released(
    state: &State,
    model: &Digest,
    bytes: Vec<u8>,
    recipe: Option<Vec<u8>>,
    signer: &Signer<'_>,
) -> Result<BTreeMap<String, Vec<u8>>, NotReleased> {
    is_released(state, model)?;
    let known = state.models().get(model).ok_or(NotReleased::Unknown(*model))?;
    let sealed = |payload: &[u8]| {
        Envelope::sign(payload, &[(signer.id.as_str(), signer.ledger)]).map(|own| own.to_bytes())
    };
    let ours = concordat_learn::Model::from_bytes(&bytes).is_ok();
    let name = if ours { "model.safetensors" } else { "model.bin" };
    let mut own = BTreeMap::from([(name.to_owned(), bytes)]);
    if let Some(provenance) = lineage::statement(state, model) {
        own.insert("provenance.dsse.json".to_owned(), sealed(&provenance?)?);
    }
    own.extend(recipe.map(|recipe| ("recipe.json".to_owned(), recipe)));
    let digests = own.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
    let bundle = oms::bundle(known.asset.as_str(), &digests, signer.export)?;

    let pem = signer.export.public().to_pem().into_bytes();
    let vouched = Statement {
        subject: vec![Subject {
            name: Some("key.pem".to_owned()),
            ..Subject::new(Digest::of(&pem))
        }],
        predicate_type: EXPORT_KEY.to_owned(),
        predicate: json!({
            "log": state.log(),
            "party": signer.party,
            "public": signer.export.public().to_string(),
        }),
    };
    let mut files: BTreeMap<String, Vec<u8>> =
        own.into_iter().map(|(name, bytes)| (format!("model/{name}"), bytes)).collect();
    files.insert("key.dsse.json".to_owned(), sealed(&vouched.to_bytes()?)?);
    files.insert("key.pem".to_owned(), pem);
    files.insert("model.sig".to_owned(), bundle);
    Ok(files)
}
