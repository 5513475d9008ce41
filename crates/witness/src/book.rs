//! What was cosigned, a note a log, and what may be next.

use std::collections::BTreeMap;
use std::fmt;

use concordat_store::{Fault, Store};
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::cosign::{NotCosigned, cosign, cosign_pq};
use concordat_tlog::fork::Fork;
use concordat_tlog::note::{NOTE_BYTES_MAX, SignatureLine, Unlisted};
use concordat_tlog::witness::{
    AddCheckpoint, Declined, Latest, NotARequest, Shows, examine, origin, shows,
};
use concordat_tlog::{Checkpoint, Note, PqSigningKey, SigningKey, Vkey};

/// The most bytes of a request: a note, and before it a size and 63 hashes.
pub(crate) const REQUEST_BYTES_MAX: usize = NOTE_BYTES_MAX + 4_096;

/// How many requests that prove nothing by themselves are kept of a log.
pub(crate) const UNPROVEN_MOST: u8 = 8;

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
    /// [`NotAllowed`]; nothing is cosigned then. Of a request that shows a second history, the evidence is
    /// kept before that is said.
    pub fn add(&mut self, body: &[u8], at: Timestamp) -> Result<Vec<SignatureLine>, NotAllowed> {
        let request = AddCheckpoint::parse(body).map_err(NotAllowed::Request)?;
        let origin = origin(&request.note);
        let Some(keys) = self.logs.get(origin) else {
            return Err(NotAllowed::UnknownOrigin(origin.chars().take(80).collect()));
        };
        let of = Digest::of(origin.as_bytes());
        let ours = self.latest(&of)?;
        let latest = ours.as_ref().map_or(Ok(Latest::default()), read)?;
        if let Err(declined) = examine(&request, keys, latest) {
            let shown = shows(&request, keys, latest);
            if let (Some(shown), Some(ours)) = (shown, ours) {
                self.keep_forked(&of, &ours, &request, shown)?;
            }
            return Err(NotAllowed::Declined(declined));
        }

        let text = request.note.text();
        let lines = self.cosigner.lines(at, text).map_err(NotAllowed::Unsigned)?;
        // The log's own lines that were looked at, and ours: nobody else's word is passed on.
        let alone = |line: &&SignatureLine| {
            let note = Note::new(text.to_owned(), vec![(*line).clone()]);
            let signed = note.ok().and_then(|note| note.verify(keys, Unlisted::Rejected).ok());
            signed.is_some_and(|signed| !signed.is_empty())
        };
        // One line a key: what comes twice would fill the note that is kept.
        let mut logs: Vec<&SignatureLine> = Vec::new();
        for line in request.note.lines().iter().filter(alone) {
            if !logs.iter().any(|other| other.is_of_same_key(line)) {
                logs.push(line);
            }
        }
        let kept = logs.into_iter().chain(&lines).cloned().collect();
        let kept = Note::new(text.to_owned(), kept);
        let kept = kept.map_err(|fault| NotAllowed::Kept(fault.to_string()))?;
        self.settle_unproven(&of, &kept)?;
        self.store.put_note(&name(&of), &kept.to_bytes()).map_err(NotAllowed::Store)?;
        Ok(lines)
    }

    /// Keeps what convicts whoever signs for a log, or may: of each the first, whatever is sent later.
    fn keep_forked(
        &mut self,
        of: &Digest,
        ours: &Note,
        request: &AddCheckpoint,
        shown: Shows,
    ) -> Result<(), NotAllowed> {
        match shown {
            Shows::Fork(fork) => self.keep_proof(of, ours, &request.note, &fork),
            Shows::Unproven => self.keep_unproven(of, request),
        }
    }

    /// One conviction a log, the first.
    fn keep_proof(
        &mut self,
        of: &Digest,
        ours: &Note,
        other: &Note,
        fork: &Fork,
    ) -> Result<(), NotAllowed> {
        tracing::error!(log = origin(other), "two histories are signed: see `forked`");
        if self.forked(of, Forked::Proof)?.is_some() {
            return Ok(());
        }
        // The proof last: with it, all of it is there.
        let parts = [
            (Forked::Ours, ours.to_bytes()),
            (Forked::Other, other.to_bytes()),
            (Forked::Proof, fork.to_string().into_bytes()),
        ];
        for (part, bytes) in parts {
            self.store.put_note(&forked(of, part), &bytes).map_err(NotAllowed::Store)?;
        }
        Ok(())
    }

    /// What proves nothing by itself, and may be a second history all the same: one a tree, the first ones.
    /// Whoever asks again takes no place, and nobody takes one from another.
    fn keep_unproven(&mut self, of: &Digest, request: &AddCheckpoint) -> Result<(), NotAllowed> {
        let mut free = None;
        for place in 1..=UNPROVEN_MOST {
            match self.unproven(of, place)? {
                Some(kept) if kept.note.text() == request.note.text() => return Ok(()),
                Some(_) => {}
                None => free = free.or(Some(place)),
            }
        }
        let log = origin(&request.note);
        let Some(place) = free else {
            tracing::warn!(
                log,
                "an unproven history is shown, and {UNPROVEN_MOST} are kept already"
            );
            return Ok(());
        };
        tracing::warn!(log, place, "an unproven history is shown: it is kept");
        let bytes = request.to_string().into_bytes();
        self.store.put_note(&forked(of, Forked::Unproven(place)), &bytes).map_err(NotAllowed::Store)
    }

    /// The log has proved its growth to `next`. A tree of that size that was shown without a proof is that
    /// one, and a slip was made, or another, and both are signed: then that is proved.
    fn settle_unproven(&mut self, of: &Digest, next: &Note) -> Result<(), NotAllowed> {
        let ours = read(next)?;
        for place in 1..=UNPROVEN_MOST {
            let Some(kept) = self.unproven(of, place)? else { continue };
            let theirs = read(&kept.note)?;
            if theirs.size != ours.size {
                continue;
            }
            if theirs.root != ours.root {
                let fork = Fork { root: theirs.root, proof: Vec::new() };
                self.keep_proof(of, next, &kept.note, &fork)?;
                continue;
            }
            let name = forked(of, Forked::Unproven(place));
            self.store.remove_notes(&name).map_err(NotAllowed::Store)?;
        }
        Ok(())
    }

    fn unproven(&self, of: &Digest, place: u8) -> Result<Option<AddCheckpoint>, NotAllowed> {
        let kept = self.forked(of, Forked::Unproven(place))?;
        let parse = |bytes: Vec<u8>| AddCheckpoint::parse(&bytes);
        kept.map(parse).transpose().map_err(|fault| NotAllowed::Kept(fault.to_string()))
    }

    /// A part of what convicts whoever signs for the log whose origin has this SHA-256.
    ///
    /// # Errors
    /// [`NotAllowed::Store`].
    pub fn forked(&self, of: &Digest, part: Forked) -> Result<Option<Vec<u8>>, NotAllowed> {
        self.store.note(&forked(of, part)).map_err(NotAllowed::Store)
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

/// What is kept of a second history: files of the same names convict by `concordat verify --fork`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    /// The checkpoint that was cosigned here.
    Ours,
    /// The one that is not of the same log.
    Other,
    /// The proof of that.
    Proof,
    /// A request that showed a larger tree without a whole proof, by its place from 1 to 8: a place
    /// has one digit, so no name begins another.
    Unproven(u8),
}

impl Forked {
    /// The part of this name.
    pub fn named(name: &str) -> Option<Self> {
        let unproven = (1..=UNPROVEN_MOST).map(Self::Unproven);
        let mut all = [Self::Ours, Self::Other, Self::Proof].into_iter().chain(unproven);
        all.find(|part| part.to_string() == name)
    }
}

impl fmt::Display for Forked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours => f.write_str("checkpoint-ours"),
            Self::Other => f.write_str("checkpoint-other"),
            Self::Proof => f.write_str("proof"),
            Self::Unproven(place) => write!(f, "unproven-{place}"),
        }
    }
}

fn forked(origin: &Digest, part: Forked) -> String {
    format!("forked/{origin}/{part}")
}

fn read(note: &Note) -> Result<Latest, NotAllowed> {
    let checkpoint =
        Checkpoint::parse(note.text()).map_err(|fault| NotAllowed::Kept(fault.to_string()))?;
    Ok(Latest { size: checkpoint.size, root: checkpoint.root })
}
