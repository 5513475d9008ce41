//! Makes a bundle from a log that was folded.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{Header, KeyUse};
use concordat_partnership::{Act, Audience, State};
use concordat_terms::{Digest, KeyId, PartyId, jcs};
use concordat_tlog::archive::CHECKPOINT;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::witness::AddCheckpoint;
use concordat_tlog::{Node, Note, Receipt, Tree};

use super::closed;
use super::records::Records;
use super::strike::Reader;
use super::{
    Beginning, ENTRIES, FORMAT, For, Form, INDEX, Index, Item, KeyOf, PROOFS, Placed, README_TEXT,
    RECORDS, file, papers, proof_from, signed_in,
};
use crate::archive::{BLOBS, README};

/// The entries that a checkpoint stands for, wherever they lie: they are read as they are needed, and need
/// not be held at once.
pub trait Entries {
    /// How many there are.
    fn size(&self) -> u64;

    /// One of them.
    fn entry(&self, index: u64) -> Option<Vec<u8>>;

    /// All of them, in order.
    ///
    /// # Errors
    /// One that cannot be read: in words.
    fn each(&self, hear: &mut dyn FnMut(u64, &[u8])) -> Result<(), String>;
}

impl Entries for Vec<Vec<u8>> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn entry(&self, index: u64) -> Option<Vec<u8>> {
        self.get(usize::try_from(index).ok()?).cloned()
    }

    fn each(&self, hear: &mut dyn FnMut(u64, &[u8])) -> Result<(), String> {
        (0..).zip(self).for_each(|(index, entry)| hear(index, entry));
        Ok(())
    }
}

/// A log of which a part is to be shown.
pub struct Source<'a> {
    /// Every entry that the checkpoint stands for.
    pub entries: &'a dyn Entries,
    /// The checkpoint, with the cosignatures that its policy asks for.
    pub checkpoint: &'a [u8],
    /// What the fold says of each.
    pub records: &'a Records,
    /// The state after the last.
    pub state: &'a State,
}

/// What is asked for, and by whom.
#[derive(Clone, Debug)]
pub struct Asked {
    /// For whom.
    pub audience: For,
    /// Who that is, where it was named.
    pub reader: Option<String>,
    /// Who makes the bundle and will attest it, with its key.
    pub by: Option<(PartyId, KeyId)>,
    /// The entries.
    pub entries: BTreeSet<u64>,
    /// The sizes of checkpoints that the reader has.
    pub from: BTreeSet<u64>,
}

/// An entry as it is shown.
struct Piece {
    index: u64,
    form: Form,
    record: Node,
}

/// The files of a bundle, without attestations.
///
/// # Errors
/// What cannot be written, in words: an entry that is not there, a reader who cannot be one.
pub fn make(
    source: &Source<'_>,
    asked: &Asked,
    mut blob: impl FnMut(&Digest) -> Option<Vec<u8>>,
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let by = asked.by.as_ref().map(|(party, _)| party);
    let audience = asked
        .audience
        .audience(asked.reader.as_deref(), by)
        .map_err(|name| format!("`{name}` is not the name of a party"))?;
    let reader = Reader { state: source.state, audience: &audience };
    let closed = closed::closed(source, asked)?;
    let turning = |index| closed.turning.contains(index);
    let pieces = closed.entries.iter();
    let pieces = pieces.map(|index| piece(source, &reader, (*index, turning(index))));
    let pieces: Vec<Piece> = pieces.collect::<Option<_>>().ok_or("an entry is missing")?;
    let mut tree = Tree::default();
    source.entries.each(&mut |_, entry| tree.append(leaf_hash(entry)))?;

    let mut files = BTreeMap::from([
        (CHECKPOINT.to_owned(), source.checkpoint.to_vec()),
        (README.to_owned(), README_TEXT.as_bytes().to_vec()),
    ]);
    let mut items = Vec::new();
    for piece in &pieces {
        let entry = source.entries.entry(piece.index).ok_or("an entry is missing")?;
        let asked = asked.entries.contains(&piece.index);
        let (index, form, leaf) = (piece.index, piece.form, leaf_hash(&entry));
        items.push(Item { index, form, asked, leaf });
        let path = tree.prove_inclusion(index, tree.size()).map_err(|e| e.to_string())?;
        let checkpoint = String::from_utf8_lossy(source.checkpoint).into_owned();
        let receipt = Receipt { extra: None, index, path, checkpoint };
        files.insert(file(PROOFS, index), receipt.to_string().into_bytes());
        if form != Form::Withheld {
            let path = source.records.path(index).ok_or("a record is missing")?;
            let placed = Placed { path, record: piece.record.to_value() };
            files.insert(file(RECORDS, index), jcs::to_bytes(&placed).map_err(|e| e.to_string())?);
        }
        for digest in blobs(&audience, form, &entry) {
            let erased = source.state.erased(&digest).is_some();
            if let Some(bytes) = blob(&digest).filter(|_| !erased) {
                files.insert(format!("{BLOBS}{digest}"), bytes);
            }
        }
        if form == Form::Whole {
            files.insert(file(ENTRIES, index), entry);
        }
    }
    let mut from = Vec::new();
    for size in &asked.from {
        let (beginning, proof) = beginning(&tree, *size, source.checkpoint)?;
        files.insert(proof_from(*size), proof);
        from.push(beginning);
    }
    let genesis = source.state.genesis().ok_or("the log has no beginning")?;
    let mut index = Index {
        format: FORMAT,
        audience: asked.audience,
        reader: asked.reader.clone(),
        by: by.cloned(),
        log: source.state.log().unwrap_or(Digest([0; 32])),
        origin: genesis.origin.clone(),
        size: tree.size(),
        root: tree.root(),
        records: source.records.root(),
        at: source.state.time(),
        from,
        entries: items,
        keys: keys(source, asked, &pieces),
        ended: ended(source.state),
        files: BTreeMap::new(),
    };
    files.extend(papers(&index, &files));
    index.files = files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
    files.insert(INDEX.to_owned(), jcs::to_bytes(&index).map_err(|e| e.to_string())?);
    Ok(files)
}

/// The parties' own keys for acts that have ended, by the entries that ended them.
pub fn ended(state: &State) -> BTreeMap<KeyId, u64> {
    let own = state
        .keys()
        .filter(|(_, key)| key.used == KeyUse::Acts && key.party.is_some() && key.member.is_none());
    own.filter_map(|(id, key)| Some((id.clone(), key.ended.as_ref()?.index))).collect()
}

/// That the log goes on from its first `old` entries: their root, and the request by which a witness that
/// has cosigned those is asked for the checkpoint.
fn beginning(tree: &Tree, old: u64, checkpoint: &[u8]) -> Result<(Beginning, Vec<u8>), String> {
    let size = tree.size();
    if old == 0 || old >= size {
        return Err(format!("a checkpoint of {old} entries is not before the one of {size}"));
    }
    let root = tree.root_at(old).map_err(|e| e.to_string())?;
    let proof = tree.prove_consistency(old, size).map_err(|e| e.to_string())?;
    let note = Note::parse(checkpoint).map_err(|e| e.to_string())?;
    let body = AddCheckpoint { old, proof, note }.to_string();
    Ok((Beginning { size: old, root }, body.into_bytes()))
}

fn piece(source: &Source<'_>, reader: &Reader<'_>, at: (u64, bool)) -> Option<Piece> {
    let index = at.0;
    let (form, record) =
        reader.shown(at, &source.entries.entry(index)?, source.records.line(index)?);
    Some(Piece { index, form, record })
}

/// Whose keys an entry names.
pub(super) fn signers(source: &Source<'_>, index: u64) -> Vec<KeyId> {
    let signed = source.entries.entry(index).and_then(|entry| signed_in(&entry));
    let header: Option<Header> = signed.and_then(|signed| signed.header);
    header.into_iter().flat_map(|header| header.signers).map(|signer| signer.key).collect()
}

fn keys(source: &Source<'_>, asked: &Asked, pieces: &[Piece]) -> BTreeMap<KeyId, KeyOf> {
    let whole = pieces.iter().filter(|piece| piece.form == Form::Whole);
    let signed = whole.flat_map(|piece| signers(source, piece.index));
    let own = asked.by.iter().map(|(_, id)| id.clone());
    let known = |id: KeyId| {
        let holder = source.state.holder(&id).filter(|holder| holder.used == KeyUse::Acts)?;
        Some((id, KeyOf { party: holder.party.clone(), public: holder.public.clone() }))
    };
    signed.chain(own).filter_map(known).collect()
}

/// The texts that go with an entry: everybody is given what was published, others what a statement
/// names that they read whole.
fn blobs(audience: &Audience, form: Form, entry: &[u8]) -> BTreeSet<Digest> {
    let Some(signed) = signed_in(entry) else { return BTreeSet::new() };
    match (audience, form, &signed.act) {
        (_, Form::Withheld, _) => BTreeSet::new(),
        (Audience::Public | Audience::Regulator(None), _, Act::MeetingMinute(minute)) => {
            minute.published.into_iter().collect()
        }
        (Audience::Public | Audience::Regulator(None), ..) | (_, Form::Part, _) => BTreeSet::new(),
        // The founding names every module: whoever needs those is given the archive.
        (_, _, Act::Genesis(_)) => BTreeSet::new(),
        (_, Form::Whole, _) => signed.blobs(),
    }
}
