//! What a log's operator says in its log's name beside checkpoints: signed notes of a few lines.
//!
//! ```text
//! concordat-promise/v1
//! heart.example/log
//! log 6b86…
//! entry 12 2027-01-01T00:00:00Z 1bc0…
//!
//! — heart.example/log …
//! ```
//!
//! The first line says what is said: no checkpoint has a second line that is a name, and no two kinds
//! have the same first line, so that nothing signed as one can be read as another.

use concordat_terms::{Digest, Timestamp};

use crate::checkpoint::decimal;
use crate::key::SigningKey;
use crate::merkle::{BadProof, verify_inclusion};
use crate::note::{BadNote, NotANote, Note, SignatureLine, Unlisted};
use crate::proof::Receipt;
use crate::trust::{self, Distrust};
use crate::vkey::{NotAName, Vkey};
use crate::{Checkpoint, Policy};

const PROMISE: &str = "concordat-promise/v1";
const SPENT: &str = "concordat-refusals-spent/v1";

/// That an entry has its place and its time: given after it was written and before anybody can have
/// seen a checkpoint with it. A log that shows another entry there has broken it. One signature is
/// for as many as were asked for at once, at most [`Promise::TOGETHER_MOST`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The log's name.
    pub origin: String,
    /// The log's genesis.
    pub log: Digest,
    /// The entry's place, from 0.
    pub index: u64,
    /// The entry's leaf hash.
    pub leaf: Digest,
    /// The log's time there.
    pub time: Timestamp,
}

/// That the log takes no more acts of a party on a day, because too many were refused: this one is
/// counted with others, and a later entry tells how many they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The log's name.
    pub origin: String,
    /// The log's genesis.
    pub log: Digest,
    /// The party.
    pub party: String,
    /// How many of its acts were refused.
    pub refused: u64,
    /// The log's time.
    pub time: Timestamp,
    /// The id of the act that was turned away.
    pub act: Digest,
    /// Which it is of the different ones that were turned away, from 1: the log's count of them is of no
    /// fewer.
    pub nth: u64,
    /// Since when they are counted.
    pub since: Timestamp,
}

/// Why bytes are not the word that they are taken for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSaid {
    /// No signed note.
    #[error(transparent)]
    Note(#[from] NotANote),
    /// The log's signature does not hold.
    #[error(transparent)]
    Signature(#[from] BadNote),
    /// The log's key has not signed.
    #[error("`{0}` has not signed it")]
    Unsigned(String),
    /// Another text.
    #[error("it is not `{0}` with the lines that belong to it")]
    Shape(&'static str),
    /// Another log.
    #[error("it is of another log than `{0}`")]
    Origin(String),
    /// The origin is no name.
    #[error(transparent)]
    Name(#[from] NotAName),
}

/// How a log stands to a promise, by a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The entry is where it should be.
    Kept,
    /// Another entry is there: the log's operator has broken its word, and signed both.
    Broken,
}

/// Why a proof says nothing about a promise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// The checkpoint is not to be relied on.
    #[error(transparent)]
    Checkpoint(#[from] Distrust),
    /// It is about another place.
    #[error("the proof is of entry {proven}, and the promise of entry {promised}")]
    Index {
        /// The proof's.
        proven: u64,
        /// The promise's.
        promised: u64,
    },
    /// It leads from neither entry to the checkpoint.
    #[error("the proof shows neither the promised entry nor another: {0}")]
    Path(#[from] BadProof),
}

impl Promise {
    /// The most places of one note: whoever keeps the promise of one act keeps what was promised
    /// beside it, and that is little.
    pub const TOGETHER_MOST: usize = 16;

    /// Signs these as the log, in this order.
    ///
    /// # Errors
    /// [`NotSaid`]: none or too many, promises of different logs, an origin that is no name.
    pub fn sign(together: &[Self], key: &SigningKey) -> Result<Note, NotSaid> {
        let shape = NotSaid::Shape(PROMISE);
        let [Self { origin, log, .. }, ..] = together else { return Err(shape) };
        let of_one_log = together.iter().all(|one| one.origin == *origin && one.log == *log);
        if !of_one_log || together.len() > Self::TOGETHER_MOST {
            return Err(shape);
        }
        let entry = |one: &Self| ("entry", format!("{} {} {}", one.index, one.time, one.leaf));
        let fields: Vec<_> =
            [("log", log.to_string())].into_iter().chain(together.iter().map(entry)).collect();
        sign(PROMISE, origin, &fields, key)
    }

    /// Reads what this log has signed: one promise or more, all of one log.
    ///
    /// # Errors
    /// [`NotSaid`].
    pub fn open(bytes: &[u8], log: &Vkey) -> Result<Vec<Self>, NotSaid> {
        let shape = || NotSaid::Shape(PROMISE);
        let lines = lines(PROMISE, bytes, log)?;
        let Some((genesis, entries)) = lines.split_first() else { return Err(shape()) };
        let id = field(genesis, "log").and_then(|id| id.parse().ok()).ok_or_else(shape)?;
        if entries.is_empty() || entries.len() > Self::TOGETHER_MOST {
            return Err(shape());
        }
        let read = |line: &String| {
            let mut words = field(line, "entry")?.split(' ');
            let (index, time, leaf) = (words.next()?, words.next()?, words.next()?);
            words.next().is_none().then_some(())?;
            Some(Self {
                origin: log.name().to_owned(),
                log: id,
                index: decimal(index)?,
                leaf: leaf.parse().ok()?,
                time: time.parse().ok()?,
            })
        };
        entries.iter().map(|line| read(line).ok_or_else(shape)).collect()
    }

    /// What a proof (C2SP tlog-proof) of the same place says: that the promised entry is there, or
    /// another, whose leaf hash is the proof's extra data. Who cosigned is of no matter: the log's own
    /// signature binds its operator.
    ///
    /// # Errors
    /// [`Unproven`].
    pub fn judge(&self, proof: &Receipt, log: &Vkey) -> Result<Kept, Unproven> {
        if proof.index != self.index {
            return Err(Unproven::Index { proven: proof.index, promised: self.index });
        }
        let checkpoint = opened(proof.checkpoint.as_bytes(), log)?;
        let (size, root) = (checkpoint.size, &checkpoint.root);
        let shown = |leaf| verify_inclusion(leaf, self.index, size, root, &proof.path);
        let kept = shown(&self.leaf);
        let other = proof.extra.as_deref().and_then(|extra| extra.try_into().ok()).map(Digest);
        match (kept, other.filter(|other| *other != self.leaf)) {
            (Ok(()), _) => Ok(Kept::Kept),
            (Err(_), Some(other)) if shown(&other).is_ok() => Ok(Kept::Broken),
            (Err(why), _) => Err(why.into()),
        }
    }
}

impl Spent {
    /// A log says it of a party only once more of its acts than these were refused in one day (UTC) of
    /// the log's time.
    pub const REFUSED_MOST: u64 = 1_000;

    /// Signs as the log.
    ///
    /// # Errors
    /// [`NotSaid`]: an origin that is no name.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, NotSaid> {
        let fields = [
            ("log", self.log.to_string()),
            ("party", self.party.clone()),
            ("refused", self.refused.to_string()),
            ("time", self.time.to_string()),
            ("act", self.act.to_string()),
            ("nth", self.nth.to_string()),
            ("since", self.since.to_string()),
        ];
        sign(SPENT, &self.origin, &fields, key)
    }

    /// Reads what this log has signed.
    ///
    /// # Errors
    /// [`NotSaid`].
    pub fn open(bytes: &[u8], log: &Vkey) -> Result<Self, NotSaid> {
        let names = ["log", "party", "refused", "time", "act", "nth", "since"];
        let [id, party, refused, time, act, nth, since] = open(SPENT, bytes, log, names)?;
        let shape = NotSaid::Shape(SPENT);
        let spent = Self {
            origin: log.name().to_owned(),
            log: id.parse().map_err(|_| shape.clone())?,
            party,
            refused: refused.parse().map_err(|_| shape.clone())?,
            time: time.parse().map_err(|_| shape.clone())?,
            act: act.parse().map_err(|_| shape.clone())?,
            nth: nth.parse().map_err(|_| shape.clone())?,
            since: since.parse().map_err(|_| shape)?,
        };
        Ok(spent)
    }
}

/// A checkpoint by this log's key, whoever else has signed it.
///
/// # Errors
/// [`Distrust`].
pub fn opened(bytes: &[u8], log: &Vkey) -> Result<Checkpoint, Distrust> {
    let listed = Policy::nobody();
    Ok(trust::open(bytes, log, &listed, Unlisted::Ignored)?.checkpoint)
}

fn sign(
    label: &'static str,
    origin: &str,
    fields: &[(&str, String)],
    key: &SigningKey,
) -> Result<Note, NotSaid> {
    if fields.iter().any(|(_, value)| value.chars().any(char::is_control)) {
        return Err(NotSaid::Shape(label));
    }
    let lines: String = fields.iter().map(|(name, value)| format!("{name} {value}\n")).collect();
    let text = format!("{label}\n{origin}\n{lines}");
    let line = SignatureLine::sign(origin, key, &text)?;
    Ok(Note::new(text, vec![line])?)
}

/// The values of these fields, in this order and no others, that the log has signed below this label.
fn open<const N: usize>(
    label: &'static str,
    bytes: &[u8],
    log: &Vkey,
    names: [&str; N],
) -> Result<[String; N], NotSaid> {
    let lines = lines(label, bytes, log)?;
    let values = lines.iter().zip(names).map(|(line, name)| field(line, name).map(str::to_owned));
    let values: Option<Vec<String>> = values.collect();
    let whole = values.filter(|values| values.len() == lines.len());
    whole.and_then(|values| values.try_into().ok()).ok_or(NotSaid::Shape(label))
}

/// The lines that the log has signed below this label and its name.
fn lines(label: &'static str, bytes: &[u8], log: &Vkey) -> Result<Vec<String>, NotSaid> {
    let note = Note::parse(bytes)?;
    if note.verify([log], Unlisted::Ignored)?.is_empty() {
        return Err(NotSaid::Unsigned(log.name().to_owned()));
    }
    let mut lines = note.text().lines();
    if lines.next() != Some(label) {
        return Err(NotSaid::Shape(label));
    }
    if lines.next() != Some(log.name()) {
        return Err(NotSaid::Origin(log.name().to_owned()));
    }
    Ok(lines.map(str::to_owned).collect())
}

/// The value of a line that begins with this name.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix(name)?.strip_prefix(' ')
}
