//! `concordat key`: the keys of a party, or of the coordinator.

mod change;
mod list;
mod recover;

use std::path::Path;

use concordat_node::home::{Config, Keys};
use concordat_node::plain::Kind;
use concordat_partnership::key_id;
use concordat_terms::PartyId;
use serde::{Deserialize, Serialize};

use super::desk::failure;
use crate::args::{Key, KeyArgs};
use crate::failure::Failure;
use crate::out::Out;
use crate::{files, keyfile};

/// The public keys of one party, as they are handed to whoever writes the founding statement.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicKeys {
    /// Whose.
    pub(super) party: PartyId,
    /// Signs acts.
    pub(super) key: String,
    /// Cosigns checkpoints.
    pub(super) witness: String,
    /// Cosigns them beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) witness_pq: Option<String>,
}

#[derive(Debug, Serialize)]
struct Sequencer {
    sequencer: String,
}

pub(super) fn run(command: &Key, out: Out) -> Result<(), Failure> {
    let (args, create) = match command {
        Key::New(args) => (args, true),
        Key::Show(args) => (args, false),
        Key::List(look) => return list::run(look, out),
        Key::Commit(args) => return change::commit(args, out),
        Key::Rotate(args) => return change::rotate(args, out),
        Key::Register(args) => return change::register(args, out),
        Key::Revoke(args) => return change::revoke(args, out),
        Key::Recover(args) => return recover::run(args, out),
        Key::Compromise(args) => return change::compromise(args, out),
    };
    match &args.party {
        None => sequencer(args, create, out),
        Some(party) => public(&args.home, party, create, out),
    }
}

fn public(home: &Path, party: &PartyId, create: bool, out: Out) -> Result<(), Failure> {
    require_party(home, party)?;
    let keys = if create { Keys::load_or_create(home) } else { Keys::load(home) };
    let keys = keys.map_err(failure)?;
    if create && named(home)?.is_none() {
        files::write_whole(&home.join(NAME), format!("{party}\n").as_bytes())?;
    }
    let shown = PublicKeys {
        party: party.clone(),
        key: keys.ledger.public().to_string(),
        witness: keys.witness.public().to_string(),
        witness_pq: None,
    };
    out.answer(&shown, || {
        let id = key_id(&shown.key).map(|id| id.to_string()).unwrap_or_default();
        format!(
            "party    {party}\nkey      {}\nwitness  {}\nid       {id}",
            shown.key, shown.witness
        )
    })
}

/// Beside keys: for whom they were drawn, until there is a configuration that says so.
const NAME: &str = "keys/party";

/// Whose a folder is, as far as it says so itself.
pub(super) fn named(home: &Path) -> Result<Option<PartyId>, Failure> {
    match Config::read(home) {
        Ok(config) => return Ok(Some(config.party)),
        Err(problem) if problem.code == "no-such-file" => {}
        Err(problem) => return Err(failure(problem)),
    }
    let path = home.join(NAME);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let text = files::text(&path, Kind::Secret)?;
    let party = text.trim_end().parse().map_err(|e: concordat_terms::NotAnId| {
        let what = format!("`{}` names no party: {e}", path.display());
        Failure::usage("bad-key-file", what, "write the party's name there, or remove the file")
    })?;
    Ok(Some(party))
}

pub(super) fn require_party(home: &Path, party: &PartyId) -> Result<(), Failure> {
    match named(home)?.filter(|named| named != party) {
        Some(other) => {
            let what = format!("`{}` is the folder of `{other}`", home.display());
            Err(Failure::usage("other-party", what, "name that party, or another folder"))
        }
        None => Ok(()),
    }
}

fn sequencer(args: &KeyArgs, create: bool, out: Out) -> Result<(), Failure> {
    let key = if create {
        keyfile::sequencer_or_new(&args.home)?
    } else {
        keyfile::sequencer(&args.home)?
    };
    let shown = Sequencer { sequencer: key.public().to_string() };
    out.answer(&shown, || format!("sequencer  {}", shown.sequencer))
}
