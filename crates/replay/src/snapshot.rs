//! A replica as a file of one's own home, so that a start need not fold the whole log.
//!
//! ```text
//! concordat snapshot/v1
//! {"beside":…,"layout":…,"log":…,"program":…,"rolling":…,"root":…,"rules":…,"size":…,"state":…,"texts":…,"time":…}
//! <the state, so many bytes><digests, so many><what the home keeps beside it, so many bytes>
//! <SHA-256 of all before: 32 bytes><Ed25519 by a key of the home: 64 bytes>
//! ```
//!
//! The digests are those of the texts on which a verdict depended, of a proposal that was refused too:
//! who folds the log again asks this replica for them.
//!
//! It is a cache and no evidence: it is never taken from anybody else, and whatever is wrong with it
//! the log is folded again. What it says is held against the log all the same. It is made where the
//! next entry is a digest record of the sequencer, and that record has to be admitted on top of it:
//! so the rolling digest of the state that is read is the one that the log itself records.

use concordat_partnership::{LAYOUT, NotAState, State, Verdict};
use concordat_terms::{ActName, Digest, Timestamp, jcs};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::{Frontier, PublicKey, SigningKey};
use serde::{Deserialize, Serialize};

use crate::RULES;
use crate::facts::Blobs;
use crate::replica::Replica;
use crate::roots::Roots;

const FORMAT: &[u8] = b"concordat snapshot/v1\n";
/// The longest header, in bytes.
const HEADER_MOST: usize = 4_096;
const DIGEST: usize = 32;
const SIGNATURE: usize = 64;
/// How many entries are read at once.
const READ: usize = 1_024;
/// Of the program that folded it: another release may have mended a fold.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// What a snapshot is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    layout: u32,
    program: String,
    rules: Digest,
    log: Digest,
    size: u64,
    root: Digest,
    rolling: Digest,
    time: Timestamp,
    /// How many bytes the state has.
    state: u64,
    /// How many texts there are.
    texts: u64,
    /// How many bytes there are beside it.
    beside: u64,
}

/// A snapshot whose bytes are whole and its home's own, of a layout that this build knows.
#[derive(Debug)]
pub struct Snapshot<'a> {
    header: Header,
    state: &'a [u8],
    texts: &'a [[u8; DIGEST]],
    beside: &'a [u8],
}

/// Why a snapshot is of no use. Then the log is folded from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It begins otherwise than a snapshot of this format.
    #[error("it is of another format")]
    OtherFormat,
    /// Another release wrote it.
    #[error("layout {layout} of release {program} wrote it")]
    OtherLayout {
        /// The layout of its state.
        layout: u32,
        /// The release.
        program: String,
    },
    /// It was folded under rules that are not these.
    #[error("it was folded under the rules `{0}`")]
    OtherRules(Digest),
    /// Its bytes are not those that were written.
    #[error("its bytes have another digest")]
    Damaged,
    /// No key of this home signed it.
    #[error("it is signed by another key than this home's")]
    Foreign,
    /// It is of another log.
    #[error("it is of the log `{0}`")]
    OtherLog(Digest),
    /// The log does not have so many entries, and one more.
    #[error("it is of {size} entries, and the log has {has}")]
    Longer {
        /// What the snapshot has.
        size: u64,
        /// What the log has.
        has: u64,
    },
    /// The log's tree of this size has another root.
    #[error("the log of {size} entries has another root")]
    RootDiffers {
        /// How many entries it is of.
        size: u64,
    },
    /// What it says of itself is not what its state says, or not what the log records of it.
    #[error("the log records another digest of the verdicts on {size} entries")]
    RollingDiffers {
        /// How many entries it is of.
        size: u64,
    },
    /// Its state cannot be read.
    #[error(transparent)]
    State(#[from] NotAState),
}

impl Unfit {
    /// Whether another release made it, and nothing is wrong with it or with this home.
    pub fn is_outdated(&self) -> bool {
        matches!(self, Self::OtherFormat | Self::OtherLayout { .. } | Self::OtherRules(_))
    }
}

impl Replica {
    /// The replica as a file: with what its home keeps `beside` it, signed by a `key` of the home.
    /// To be read again, it must be of a log whose next entry is a digest record.
    ///
    /// # Errors
    /// [`NotAState`] where the log has not begun, or memory is short.
    pub fn snapshot(&self, beside: &[u8], key: &SigningKey) -> Result<Vec<u8>, NotAState> {
        let nothing = || NotAState::Unreadable("the log has not begun".to_owned());
        let state = self.state().to_bytes()?;
        let header = Header {
            layout: LAYOUT,
            program: PROGRAM.to_owned(),
            rules: *RULES,
            log: self.state().log().ok_or_else(nothing)?,
            size: self.size(),
            root: self.root(),
            rolling: self.state().rolling(),
            time: self.state().time().ok_or_else(nothing)?,
            state: state.len() as u64,
            texts: self.blobs().size() as u64,
            beside: beside.len() as u64,
        };
        let header = jcs::to_bytes(&header).map_err(|e| NotAState::Unreadable(e.to_string()))?;
        let texts: Vec<u8> = self.blobs().keys().flat_map(|text| text.0).collect();
        let mut bytes = [FORMAT, &header, b"\n", &state, &texts, beside].concat();
        let digest = Digest::of(&bytes);
        bytes.extend_from_slice(digest.as_bytes());
        bytes.extend_from_slice(&key.sign(&signed_text(&digest)));
        Ok(bytes)
    }

    /// The replica as it is after its state was written and read again: to find out whether it is
    /// the same.
    ///
    /// # Errors
    /// [`NotAState`].
    pub fn reread(&self) -> Result<Self, NotAState> {
        let text = |digest: &Digest| self.blob(digest).map(<[u8]>::to_vec);
        let state = State::from_bytes(&self.state().to_bytes()?, text)?;
        Ok(self.with_state(state))
    }
}

impl<'a> Snapshot<'a> {
    /// Reads what [`Replica::snapshot`] wrote with the key whose public half is `key`.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn read(bytes: &'a [u8], key: &PublicKey) -> Result<Self, Unfit> {
        if !bytes.starts_with(FORMAT) {
            return Err(Unfit::OtherFormat);
        }
        let cut = |bytes: &'a [u8], last: usize| {
            bytes.len().checked_sub(last).and_then(|at| bytes.split_at_checked(at))
        };
        let (rest, signature) = cut(bytes, SIGNATURE).ok_or(Unfit::Damaged)?;
        let (body, digest) = cut(rest, DIGEST).ok_or(Unfit::Damaged)?;
        if Digest::of(body).as_bytes() != digest {
            return Err(Unfit::Damaged);
        }
        let signature = signature.try_into().map_err(|_| Unfit::Damaged)?;
        let text = signed_text(&Digest::of(body));
        key.verify(&text, signature).map_err(|_| Unfit::Foreign)?;
        let body = body.get(FORMAT.len()..).unwrap_or_default();
        let end = body.iter().take(HEADER_MOST).position(|byte| *byte == b'\n');
        let (header, body) =
            body.split_at_checked(end.ok_or(Unfit::Damaged)?).ok_or(Unfit::Damaged)?;
        // A header that says other things than this build's is another build's.
        let header: Header = jcs::from_bytes(header).map_err(|_| Unfit::OtherFormat)?;
        let body = body.get(1..).unwrap_or_default();
        let state = usize::try_from(header.state).ok().and_then(|at| body.split_at_checked(at));
        let (state, body) = state.ok_or(Unfit::Damaged)?;
        let texts = usize::try_from(header.texts).ok().and_then(|many| many.checked_mul(DIGEST));
        let texts = texts.and_then(|bytes| body.split_at_checked(bytes));
        let (texts, beside) = texts.ok_or(Unfit::Damaged)?;
        let (texts, _) = texts.as_chunks();
        if beside.len() as u64 != header.beside {
            return Err(Unfit::Damaged);
        }
        if (header.layout, header.program.as_str()) != (LAYOUT, PROGRAM) {
            return Err(Unfit::OtherLayout { layout: header.layout, program: header.program });
        }
        if header.rules != *RULES {
            return Err(Unfit::OtherRules(header.rules));
        }
        Ok(Self { header, state, texts, beside })
    }

    /// How many entries it is of.
    pub fn size(&self) -> u64 {
        self.header.size
    }

    /// What its home keeps beside the fold.
    pub fn beside(&self) -> &'a [u8] {
        self.beside
    }

    /// Whether it is of this log, which has so many entries.
    ///
    /// # Errors
    /// [`Unfit::OtherLog`], [`Unfit::Longer`].
    pub fn is_of(&self, log: &Digest, has: u64) -> Result<(), Unfit> {
        let Header { log: own, size, .. } = self.header;
        if own != *log {
            return Err(Unfit::OtherLog(own));
        }
        if size >= has { Err(Unfit::Longer { size, has }) } else { Ok(()) }
    }

    /// [`Snapshot::replica`] of a log that lies in a store, and the tree over its entries up to here: `read`
    /// gives at most so many from an index on, `text` finds blobs, and `each` is given every entry with its
    /// index and its leaf.
    ///
    /// # Errors
    /// What `read` says; in it [`Unfit`].
    pub fn resume<E>(
        &self,
        mut read: impl FnMut(u64, usize) -> Result<Vec<Vec<u8>>, E>,
        text: impl Fn(&Digest) -> Option<Vec<u8>>,
        mut each: impl FnMut(u64, Vec<u8>, Digest),
    ) -> Result<Result<(Replica, Frontier), Unfit>, E> {
        let mut roots = Roots::default();
        while roots.size() < self.size() {
            let most = usize::try_from(self.size() - roots.size()).unwrap_or(READ).min(READ);
            let entries = read(roots.size(), most)?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                let leaf = leaf_hash(&entry);
                each(roots.size(), entry, leaf);
                roots.append(leaf);
            }
        }
        let next = read(self.size(), 1)?.pop().unwrap_or_default();
        let frontier = roots.frontier();
        Ok(self.replica(roots, &next, text).map(|replica| (replica, frontier)))
    }

    /// The replica, held against the log: `roots` of its entries up to here, and the entry `next`
    /// after them, a digest record, which is not folded yet. `text` finds blobs.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn replica(
        &self,
        roots: Roots,
        next: &[u8],
        text: impl Fn(&Digest) -> Option<Vec<u8>>,
    ) -> Result<Replica, Unfit> {
        let Header { log, size, root, rolling, time, .. } = &self.header;
        if (roots.size(), roots.root()) != (*size, *root) {
            return Err(Unfit::RootDiffers { size: *size });
        }
        let mut blobs = Blobs::default();
        for name in self.texts.iter().copied().map(Digest) {
            let bytes = text(&name).ok_or(NotAState::TextMissing(name))?;
            if Digest::of(&bytes) != name {
                return Err(NotAState::TextDiffers(name).into());
            }
            blobs.insert_mut(name, bytes);
        }
        let state = State::from_bytes(self.state, |name| blobs.get(name).cloned())?;
        let own = (state.log(), state.index(), state.rolling(), state.time());
        if own != (Some(*log), *size, *rolling, Some(*time)) {
            return Err(Unfit::RollingDiffers { size: *size });
        }
        let replica = Replica::resumed(state, roots, blobs);
        let recorded = replica.clone().step(next);
        match recorded {
            Ok(Verdict::Admitted { act: ActName::DigestRecord, .. }) => Ok(replica),
            _ => Err(Unfit::RollingDiffers { size: *size }),
        }
    }
}

/// What the home's key signs: nothing that it signs besides begins so.
fn signed_text(digest: &Digest) -> Vec<u8> {
    [FORMAT, digest.as_bytes()].concat()
}
