//! Cosigning: this party saw this tree, and the log's time was near its own clock.

use concordat_replay::witness_key;
use concordat_store::Store;
use concordat_terms::{Digest, Problem, Timestamp};
use concordat_tlog::cosign::cosign;
use concordat_tlog::{Checkpoint, Note};
use serde::{Deserialize, Serialize};

use crate::follow::{Follower, read_note};
use crate::problems::problem;

/// What was last cosigned; kept before anybody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cosigned {
    size: u64,
    root: Digest,
}

/// A note of the latest checkpoint with this party's cosignature; none where the party is no
/// witness of the log.
///
/// Only what the party has folded is cosigned, and never two roots for one size nor a smaller
/// size: the promise is on disk before the note is returned. The first tree that shows the
/// coordinator's verdicts to be others than the party's own is cosigned, so that it convicts;
/// none after it is.
///
/// # Errors
/// A [`Problem`]: the coordinator's verdicts differ, the log's time is bent or it was silent, the
/// keys are not those that the genesis names for the party, another root was cosigned before, or
/// the disk fails.
pub fn cosignature(follower: &mut Follower, at: Timestamp) -> Result<Option<Vec<u8>>, Problem> {
    if let Some(differ) = follower.verdicts_differ()
        && promised(follower.store())?.is_some_and(|last| last.size > differ.index)
    {
        return Err(differ.problem.clone());
    }
    if let Some(bent) = follower.bent_time() {
        return Err(bent);
    }
    let genesis = follower.genesis()?;
    let party = follower.party();
    let key = &follower.keys().witness;
    follower.keys().registered(party, follower.state())?;
    let own = follower.state().members().get(party).map(|member| member.witness.as_str());
    let own = own.and_then(|text| witness_key(&genesis.origin, party, text).ok());
    let policy = follower.state().policy().unwrap_or(&genesis.policy);
    let Some(own) = own.filter(|own| {
        policy.witnesses.contains(party) && own.key().as_bytes() == key.public().as_bytes()
    }) else {
        return Ok(None);
    };
    let name = own.name().to_owned();
    let Some(bytes) = follower.checkpoint() else { return Ok(None) };
    let broken = |why: String| problem("bad-note", why, "follow the log anew");
    let note = Note::parse(bytes).map_err(|e| broken(e.to_string()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|e| broken(e.to_string()))?;
    if follower.replica().root_at(checkpoint.size) != Some(checkpoint.root) {
        return Err(broken("the checkpoint is not of what was folded".to_owned()));
    }
    let line = cosign(&name, key, at, note.text()).map_err(|e| broken(e.to_string()))?;
    let cosigned = Note::new(note.text().to_owned(), vec![line])
        .map_err(|e| broken(e.to_string()))?
        .to_bytes();

    promise(follower, Cosigned { size: checkpoint.size, root: checkpoint.root })?;
    Ok(Some(cosigned))
}

/// Puts on disk what is about to be cosigned, unless it contradicts what was.
fn promise(follower: &mut Follower, next: Cosigned) -> Result<(), Problem> {
    if let Some(last) = promised(follower.store())? {
        if next.size < last.size || (next.size == last.size && next.root != last.root) {
            return Err(problem(
                "cosigned-another",
                format!("this party has cosigned another tree of {} entries", last.size),
                "keep the store as it is and compare with the other parties",
            ));
        }
        if next == last {
            return Ok(());
        }
    }
    let bytes = serde_json::to_vec(&next)
        .map_err(|e| problem("bad-note", e.to_string(), "follow the log anew"))?;
    follower.store_mut().put_note(NOTE, &bytes).map_err(|fault| fault.problem())
}

/// What was last cosigned, if anything was.
pub(crate) fn promised(store: &Store) -> Result<Option<Cosigned>, Problem> {
    read_note(store, NOTE)
}

const NOTE: &str = "cosigned";
