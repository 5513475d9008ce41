//! Acts that the coordinator does not take. A party that is ignored hands its act to another one that
//! replays the log: that one asks for it to be logged, and says no more that the log is as it should be
//! until it is.
//!
//! What is handed in has to be an act that the log would take: signed by a key of a present party, for
//! this log, not expired, not logged yet. Of each party a few may wait at once, so that nobody keeps
//! another from cosigning with what costs nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::Refusal;
use concordat_partnership::act::Signed;
use concordat_replay::Halt;
use concordat_terms::{Digest, PartyId, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Follower, read_note};
use crate::client::Fault;
use crate::now;
use crate::problems::problem;

/// The most bytes of an entry.
pub const ENTRY_BYTES_MAX: usize = 65_535;
/// How many acts of one party may wait here.
const OF_ONE: usize = 8;
/// How many acts may wait here.
const OF_ALL: usize = 128;
/// What the names of the notes start with that keep them.
const NOTES: &str = "ignored/";

/// An act that waits to be logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// SHA-256 of its payload.
    pub id: Digest,
    /// Whose it is.
    pub party: PartyId,
    /// Since when it waits here.
    pub since: Timestamp,
    /// Until when the log could take it.
    pub expires_at: Timestamp,
    /// The exact bytes, in standard base64.
    envelope: String,
}

/// What became of an act that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandedIn {
    /// It waits to be logged.
    Waits(Digest),
    /// It is in the log already, at this index.
    Logged(Digest, u64),
}

impl Follower {
    /// Takes in an act that the coordinator does not take.
    ///
    /// # Errors
    /// A [`Problem`] `not-handed-in`: the log would not take it either; or too much waits.
    pub fn hand_in(&mut self, envelope: &[u8]) -> Result<HandedIn, Problem> {
        self.check_stopped()?;
        if envelope.len() > ENTRY_BYTES_MAX {
            return Err(turned_away("it has more bytes than an entry may have"));
        }
        let opened = self.replica.open(envelope);
        let id = opened.id();
        let (Some(Some(party)), Some(signed)) = (opened.author(), opened.signed()) else {
            return Err(turned_away("it is no act that a key of a party has signed"));
        };
        let (party, signed) = (party.clone(), signed.clone());
        if !self.state().parties_now().contains(&party) {
            return Err(turned_away(&format!("`{party}` is no party any more")));
        }
        match self.state().stale(&signed) {
            None => {}
            Some(Refusal::Replayed { index }) => return Ok(HandedIn::Logged(id, index)),
            Some(refusal) => return Err(turned_away(&refusal.to_string())),
        }
        let expires_at = expiry(&signed).filter(|expiry| *expiry > now());
        let expires_at = expires_at.ok_or_else(|| turned_away("it has expired"))?;
        // Whether it would be admitted is no matter: a refusal has its place in the log too.
        if let Err(Halt::MissingBlob { blob, .. }) = self.replica.clone().step(envelope) {
            let what = format!("its verdict depends on blob `{}`, which is not here", blob.short());
            return Err(turned_away(&what));
        }
        let waiting = self.waiting()?;
        if waiting.iter().any(|other| other.id == id) {
            return Ok(HandedIn::Waits(id));
        }
        let of_one = waiting.iter().filter(|other| other.party == party).count();
        if of_one >= OF_ONE || waiting.len() >= OF_ALL {
            return Err(turned_away(&format!("{of_one} acts of `{party}` wait here already")));
        }
        let envelope = STANDARD.encode(envelope);
        let waiting = Waiting { id, party, since: now(), expires_at, envelope };
        let bytes = serde_json::to_vec(&waiting).unwrap_or_default();
        self.store.put_note(&format!("{NOTES}{id}"), &bytes).map_err(|fault| fault.problem())?;
        Ok(HandedIn::Waits(id))
    }

    /// What waits here to be logged, by its act's id.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn waiting(&self) -> Result<Vec<Waiting>, Problem> {
        let names = self.store.note_names(NOTES).map_err(|fault| fault.problem())?;
        names.iter().filter_map(|name| read_note(&self.store, name).transpose()).collect()
    }

    /// Forgets what has been logged, and what nobody can log any more: also what takes a text by now that
    /// neither this party nor the coordinator has.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn check_waiting(&mut self) -> Result<(), Problem> {
        for waiting in self.waiting()? {
            let bytes = waiting.envelope();
            let opened = self.replica.open(&bytes);
            let stale = opened.signed().and_then(|signed| self.state().stale(signed));
            if stale.is_some() || waiting.expires_at <= now() {
                self.forget_waiting(&waiting.id)?;
            } else if self.is_unreadable(&bytes)? {
                let Waiting { id, party, .. } = &waiting;
                tracing::warn!(%party, act = %id, "it waits no longer: nobody has its text");
                self.forget_waiting(id)?;
            }
        }
        Ok(())
    }

    /// Whether the log cannot take an act as it stands, since judging it takes a text that neither this
    /// party nor the coordinator has. When it was handed in, something else may have stood in its way.
    fn is_unreadable(&mut self, envelope: &[u8]) -> Result<bool, Problem> {
        let mut replica = self.replica.clone();
        while let Err(Halt::MissingBlob { blob, .. }) = replica.step(envelope) {
            let here = self.store.blob(&blob).map_err(|fault| fault.problem())?;
            let text = match here.map_or_else(|| self.client.blob(&blob, &self.reader()), Ok) {
                Ok(text) => text,
                Err(Fault::Gone(_)) => return Ok(true),
                Err(Fault::Said(problem)) if problem.code == "not-found" => return Ok(true),
                // Whoever does not answer has not said that nobody has it.
                Err(_) => return Ok(false),
            };
            replica.supply(text);
        }
        Ok(false)
    }

    /// Waits for this act no more.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn forget_waiting(&mut self, id: &Digest) -> Result<(), Problem> {
        self.store.remove_notes(&format!("{NOTES}{id}")).map_err(|fault| fault.problem())
    }

    /// Why this party does not say that the log is as it should be, as long as an act is ignored.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn ignored(&self) -> Result<Option<Problem>, Problem> {
        let waiting = self.waiting()?;
        Ok(waiting.first().map(|Waiting { id, party, since, .. }| {
            problem(
                "party-ignored",
                format!("act `{}` of `{party}`, handed in at {since}, is not logged", id.short()),
                "ask the coordinator's operator to log it; this node cosigns again once it is",
            )
        }))
    }
}

impl Waiting {
    /// The act's exact bytes.
    pub fn envelope(&self) -> Vec<u8> {
        STANDARD.decode(&self.envelope).unwrap_or_default()
    }
}

fn expiry(signed: &Signed) -> Option<Timestamp> {
    signed.header.as_ref().map(|header| header.expires_at)
}

fn turned_away(why: &str) -> Problem {
    let hint = "hand in an act that the log would take: signed by a present party, in time";
    problem("not-handed-in", format!("the act is not taken in: {why}"), hint)
}
