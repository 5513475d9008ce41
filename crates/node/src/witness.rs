//! Cosigning, with two keys of two meanings.
//!
//! With the key that the log names for it, a party says that it has *replayed* the log: every entry was
//! folded, the coordinator's verdicts are its own, the log's time was near its own clock, no promise
//! was broken, nobody is ignored. With its *history* key it says that this was the largest tree of one history that it was
//! shown, and no more: where it cannot say the first, it goes on saying the second.

use concordat_replay::witness_key;
use concordat_store::Store;
use concordat_terms::{Digest, Problem, Timestamp};
use concordat_tlog::cosign::{cosign, cosign_pq};
use concordat_tlog::{Checkpoint, Note};
use concordat_wire::cosigner::{CosignerKeys, history_name};
use serde::{Deserialize, Serialize};

use crate::follow::{Follower, read_note};
use crate::home::HistoryKeys;
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
    if let Some(broken) = follower.broken_promise() {
        return Err(broken.clone());
    }
    if let Some(ignored) = follower.ignored()? {
        return Err(ignored);
    }
    let genesis = follower.genesis()?;
    let party = follower.party();
    let key = &follower.keys().witness;
    follower.keys().registered(party, follower.state())?;
    let member = follower.state().members().get(party);
    let named = |text: &str| witness_key(&genesis.origin, party, text).ok();
    let own = member.and_then(|member| named(&member.witness));
    let beside = member.and_then(|member| named(member.witness_pq.as_deref()?));
    let policy = follower.state().policy().unwrap_or(&genesis.policy);
    let Some(own) = own.filter(|own| {
        policy.witnesses.contains(party) && own.key().as_bytes() == key.public().as_bytes()
    }) else {
        return Ok(None);
    };
    let name = own.name().to_owned();
    let Some((text, next)) = seen(follower)? else { return Ok(None) };
    let mut lines = vec![cosign(&name, key, at, &text).map_err(|e| broken(e.to_string()))?];
    if let Some(pq) = follower.witness_pq() {
        let known = beside.filter(|own| own.key().as_bytes() == pq.public().as_bytes());
        // Under the name by which the log knows it, where it does.
        let name = known.map_or(name, |own| own.name().to_owned());
        lines.push(cosign_pq(&name, pq, at, &text).map_err(|e| broken(e.to_string()))?);
    }
    let cosigned = Note::new(text, lines).map_err(|e| broken(e.to_string()))?.to_bytes();
    promise(follower, NOTE, next)?;
    Ok(Some(cosigned))
}

/// A note of the latest checkpoint with this party's word that it was shown one history; whatever else
/// it thinks of the log.
///
/// # Errors
/// A [`Problem`]: two histories, another root was cosigned before, or the disk fails.
pub fn history(
    follower: &mut Follower,
    keys: &HistoryKeys,
    at: Timestamp,
) -> Result<Option<Vec<u8>>, Problem> {
    if let Some(stopped) = follower.stopped() {
        return Err(stopped.clone());
    }
    let name = history_name(&follower.genesis()?.origin, follower.party());
    let Some((text, next)) = seen(follower)? else { return Ok(None) };
    let lines = vec![
        cosign(&name, &keys.key, at, &text).map_err(|e| broken(e.to_string()))?,
        cosign_pq(&name, &keys.pq, at, &text).map_err(|e| broken(e.to_string()))?,
    ];
    let cosigned = Note::new(text, lines).map_err(|e| broken(e.to_string()))?.to_bytes();
    promise(follower, HISTORY, next)?;
    Ok(Some(cosigned))
}

/// This party's word that the history keys are its own.
///
/// # Errors
/// A [`Problem`]: the ledger key has no id, or the log has not begun.
pub fn introduction(
    follower: &Follower,
    keys: &HistoryKeys,
    at: Timestamp,
) -> Result<Vec<u8>, Problem> {
    let genesis = follower.genesis()?;
    let name = history_name(&genesis.origin, follower.party());
    let said = CosignerKeys {
        party: follower.party().clone(),
        key: follower.keys().ledger_id()?,
        keys: keys.vkeys(&name).map_err(|e| broken(e.to_string()))?,
        time: at,
    };
    let log = follower.state().log().unwrap_or(Digest([0; 32]));
    let sealed = said.seal(log, &follower.keys().ledger);
    Ok(sealed.map_err(|e| broken(e.to_string()))?.to_bytes())
}

/// The text of the checkpoint that was followed, and what cosigning it promises.
fn seen(follower: &Follower) -> Result<Option<(String, Cosigned)>, Problem> {
    let Some(bytes) = follower.checkpoint() else { return Ok(None) };
    let note = Note::parse(bytes).map_err(|e| broken(e.to_string()))?;
    let Checkpoint { size, root, .. } =
        Checkpoint::parse(note.text()).map_err(|e| broken(e.to_string()))?;
    if follower.replica().root_at(size) != Some(root) {
        return Err(broken("the checkpoint is not of what was folded".to_owned()));
    }
    Ok(Some((note.text().to_owned(), Cosigned { size, root })))
}

fn broken(why: String) -> Problem {
    problem("bad-note", why, "follow the log anew")
}

/// Puts on disk what is about to be cosigned, unless it contradicts what was.
fn promise(follower: &mut Follower, note: &str, next: Cosigned) -> Result<(), Problem> {
    if let Some(last) = read_note::<Cosigned>(follower.store(), note)? {
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
    follower.store_mut().put_note(note, &bytes).map_err(|fault| fault.problem())
}

/// What was last cosigned, if anything was.
pub(crate) fn promised(store: &Store) -> Result<Option<Cosigned>, Problem> {
    read_note(store, NOTE)
}

const NOTE: &str = "cosigned";
const HISTORY: &str = "cosigned/history";
