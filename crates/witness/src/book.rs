//! What was cosigned, a note a log, and what may be next.

use std::collections::BTreeMap;

use concordat_store::{Fault, Store};
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::cosign::{NotCosigned, cosign, cosign_pq};
use concordat_tlog::note::{NOTE_BYTES_MAX, SignatureLine, Unlisted};
use concordat_tlog::witness::{AddCheckpoint, Declined, Latest, NotARequest, examine, origin};
use concordat_tlog::{Checkpoint, Note, PqSigningKey, SigningKey, Vkey};

/// The most bytes of a request: a note, and before it a size and 63 hashes.
pub(crate) const REQUEST_BYTES_MAX: usize = NOTE_BYTES_MAX + 4_096;

/// The witness's name and keys; `Debug` shows the public halves.
#[derive(Clone, Debug)]
pub struct Cosigner {
    /// The name on its cosignatures.
    pub name: String,
    /// Cosigns with Ed25519 (0x04).
    pub key: SigningKey,
    /// Cosigns with ML-DSA-44 (0x06).
    pub pq: PqSigningKey,
}

impl Cosigner {
    fn lines(&self, at: Timestamp, text: &str) -> Result<Vec<SignatureLine>, NotCosigned> {
        let classic = cosign(&self.name, &self.key, at, text)?;
        Ok(vec![classic, cosign_pq(&self.name, &self.pq, at, text)?])
    }
}

/// Why nothing was cosigned.
#[derive(Debug)]
pub enum NotAllowed {
    /// The bytes are no request.
    Request(NotARequest),
    /// No log of this origin is watched.
    UnknownOrigin(String),
    /// The checkpoint is not to be cosigned.
    Declined(Declined),
    /// The keys made no signature.
    Unsigned(NotCosigned),
    /// The disk failed, or what is on it is not what was written.
    Store(Fault),
    /// What was kept of a log is no checkpoint.
    Kept(String),
}

/// The logs that are watched, and what was cosigned of each.
///
/// Not for two threads at once: between looking at what was cosigned last and keeping what is next,
/// nobody else may.
#[derive(Debug)]
pub struct Book {
    store: Store,
    cosigner: Cosigner,
    logs: BTreeMap<String, Vec<Vkey>>,
}

impl Book {
    /// A witness that knows each log by its keys: of one origin there can be several.
    pub fn new(store: Store, cosigner: Cosigner, logs: impl IntoIterator<Item = Vkey>) -> Self {
        let mut known: BTreeMap<String, Vec<Vkey>> = BTreeMap::new();
        for vkey in logs {
            known.entry(vkey.name().to_owned()).or_default().push(vkey);
        }
        Self { store, cosigner, logs: known }
    }

    /// Cosigns what a request asks for, at a time of the witness's own. What is returned was kept
    /// before.
    ///
    /// # Errors
    /// [`NotAllowed`]; nothing is kept then.
    pub fn add(&mut self, body: &[u8], at: Timestamp) -> Result<Vec<SignatureLine>, NotAllowed> {
        let request = AddCheckpoint::parse(body).map_err(NotAllowed::Request)?;
        let origin = origin(&request.note);
        let Some(keys) = self.logs.get(origin) else {
            return Err(NotAllowed::UnknownOrigin(origin.chars().take(80).collect()));
        };
        let latest = match self.latest(&Digest::of(origin.as_bytes()))? {
            None => Latest::default(),
            Some(note) => read(&note)?,
        };
        examine(&request, keys, latest).map_err(NotAllowed::Declined)?;

        let text = request.note.text();
        let lines = self.cosigner.lines(at, text).map_err(NotAllowed::Unsigned)?;
        // The log's own lines that were looked at, and ours: nobody else's word is passed on.
        let alone = |line: &&SignatureLine| {
            let note = Note::new(text.to_owned(), vec![(*line).clone()]);
            let signed = note.ok().and_then(|note| note.verify(keys, Unlisted::Rejected).ok());
            signed.is_some_and(|signed| !signed.is_empty())
        };
        let logs = request.note.lines().iter().filter(alone);
        let kept = Note::new(text.to_owned(), logs.chain(&lines).cloned().collect());
        let kept = kept.map_err(|fault| NotAllowed::Kept(fault.to_string()))?;
        let name = name(&Digest::of(origin.as_bytes()));
        self.store.put_note(&name, &kept.to_bytes()).map_err(NotAllowed::Store)?;
        Ok(lines)
    }

    /// What was cosigned last of the log whose origin has this SHA-256.
    ///
    /// # Errors
    /// [`NotAllowed::Store`], [`NotAllowed::Kept`].
    pub fn latest(&self, origin: &Digest) -> Result<Option<Note>, NotAllowed> {
        let kept = self.store.note(&name(origin)).map_err(NotAllowed::Store)?;
        let parse = |bytes: Vec<u8>| Note::parse(&bytes);
        kept.map(parse).transpose().map_err(|fault| NotAllowed::Kept(fault.to_string()))
    }
}

fn name(origin: &Digest) -> String {
    format!("cosigned/{origin}")
}

fn read(note: &Note) -> Result<Latest, NotAllowed> {
    let checkpoint =
        Checkpoint::parse(note.text()).map_err(|fault| NotAllowed::Kept(fault.to_string()))?;
    Ok(Latest { size: checkpoint.size, root: checkpoint.root })
}
