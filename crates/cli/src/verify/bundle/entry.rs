//! One entry of a bundle: its place in the log, its record, its signatures.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::{Act, SEQUENCER};
use concordat_terms::{Digest, KeyId, MotionId, jcs};
use concordat_tlog::archive::CHECKPOINT;
use concordat_tlog::merkle::{leaf_hash, verify_inclusion};
use concordat_tlog::{Envelope, Node, PublicKey, Receipt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Broken, Files, Promise};
use crate::bundle::{
    ENTRIES, Form, Index, Item, KeyOf, PROOFS, Placed, RECORDS, file, leaf, signed_in, statement_of,
};

/// An entry whose place and record hold.
pub(super) struct Checked {
    pub(super) index: u64,
    /// Its exact bytes, where it is shown whole.
    pub(super) bytes: Option<Vec<u8>>,
    /// Whether its record says that it took effect.
    pub(super) admitted: bool,
    /// The digests that what is shown of it names.
    pub(super) named: BTreeSet<Digest>,
    /// What it says of a motion, where it is shown in part.
    pub(super) motion: Option<InPart>,
}

/// What an entry that is shown in part says of a motion: on the word of who attests the record.
pub(super) enum InPart {
    /// It was put, and is to do this.
    Put(MotionId, Box<Act>),
    /// It was carried out.
    CarriedOut(MotionId),
}

impl InPart {
    /// What a statement says of a motion, as far as that is shown.
    fn of(statement: &Value) -> Option<Self> {
        let act = statement.pointer("/predicate/act")?;
        let motion: MotionId = read(act, "motion")?;
        match statement.get("predicateType")?.as_str()?.strip_prefix("urn:concordat:act:")? {
            "motion.propose:v0" => Some(Self::Put(motion, Box::new(read(act, "decision")?))),
            "motion.execute:v0" => Some(Self::CarriedOut(motion)),
            _ => None,
        }
    }
}

pub(super) fn entries(files: &Files, index: &Index) -> Result<Vec<Checked>, Broken> {
    index.entries.iter().map(|item| checked(files, index, item)).collect()
}

fn checked(files: &Files, index: &Index, item: &Item) -> Result<Checked, Broken> {
    place(files, index, item)?;
    let bytes = files.get(&file(ENTRIES, item.index)).cloned();
    if let Some(bytes) = &bytes
        && leaf_hash(bytes) != item.leaf
    {
        let what = "the entry is not the one in the log";
        return Err(Broken::of(Promise::Order, &file(ENTRIES, item.index), what).about(item.index));
    }
    let (admitted, named, motion) = (false, BTreeSet::new(), None);
    let mut own = Checked { index: item.index, bytes, admitted, named, motion };
    if item.form != Form::Withheld {
        let record = record(files, index, item, own.bytes.as_deref())?;
        let verdict = record.part(&["verdict"]).and_then(Node::scalar);
        own.admitted = verdict.is_some_and(|verdict| verdict == "admitted");
        if let Some(statement) = record.part(&["statement"]) {
            let shown = statement.shown();
            digests(&shown, &mut own.named);
            own.motion = InPart::of(&shown).filter(|_| item.form == Form::Part);
        }
    }
    Ok(own)
}

/// The proof leads from the entry's hash to the signed root, and carries this very checkpoint.
fn place(files: &Files, index: &Index, item: &Item) -> Result<(), Broken> {
    let name = file(PROOFS, item.index);
    let broken = |what: String| Broken::of(Promise::Order, &name, what).about(item.index);
    let bytes = files.get(&name).map(Vec::as_slice).unwrap_or_default();
    let receipt = Receipt::parse(bytes).map_err(|e| broken(e.to_string()))?;
    let checkpoint = files.get(CHECKPOINT).map(Vec::as_slice).unwrap_or_default();
    if receipt.checkpoint.as_bytes() != checkpoint {
        let what = "the proof is under another checkpoint";
        return Err(Broken::of(Promise::Witnessed, &name, what).about(item.index));
    }
    if receipt.index != item.index || receipt.extra.is_some() {
        return Err(broken("the proof is of another entry".to_owned()));
    }
    verify_inclusion(&item.leaf, item.index, index.size, &index.root, &receipt.path)
        .map_err(|e| broken(e.to_string()))
}

/// The record is one of those that are attested, and about this entry.
fn record(files: &Files, index: &Index, item: &Item, whole: Option<&[u8]>) -> Result<Node, Broken> {
    let name = file(RECORDS, item.index);
    let broken = |what: String| Broken::of(Promise::Disclosure, &name, what).about(item.index);
    let bytes = files.get(&name).map(Vec::as_slice).unwrap_or_default();
    let placed: Placed = jcs::from_bytes(bytes).map_err(|e| broken(e.to_string()))?;
    let node = Node::parse(&placed.record).map_err(|e| broken(e.to_string()))?;
    verify_inclusion(&leaf(&node.root()), item.index, index.size, &index.records, &placed.path)
        .map_err(|_| broken("the record is not one of those that are attested".to_owned()))?;
    let says = |name: &str, value: Value| {
        node.part(&[name]).and_then(Node::scalar).is_some_and(|said| *said == value)
    };
    if !says("index", json!(item.index)) || !says("entry", json!(item.leaf)) {
        return Err(broken("the record is of another entry".to_owned()));
    }
    let statement = node.part(&["statement"]).map(Node::root);
    match (whole, statement) {
        (Some(entry), Some(root)) if statement_of(entry).root() == root => Ok(node),
        (None, Some(_)) => Ok(node),
        _ => Err(broken("the record has another statement than the entry".to_owned())),
    }
}

impl Checked {
    /// The keys that signed it, where it took effect and is shown whole.
    pub(super) fn signers(&self) -> impl Iterator<Item = KeyId> + use<> {
        let whole = self.bytes.as_deref().filter(|_| self.admitted);
        let header = whole.and_then(signed_in).and_then(|signed| signed.header);
        header.into_iter().flat_map(|header| header.signers).map(|signer| signer.key)
    }

    /// What took effect is signed by those whom it names, with keys that entries here bring in. (The
    /// founding is checked apart.) What was refused may be signed by anybody.
    pub(super) fn check_signatures(&self, keys: &BTreeMap<KeyId, KeyOf>) -> Result<(), Broken> {
        let Some(bytes) = self.bytes.as_deref().filter(|_| self.admitted && self.index > 0) else {
            return Ok(());
        };
        let name = file(ENTRIES, self.index);
        let broken = |what: String| Broken::of(Promise::Signatures, &name, what).about(self.index);
        let envelope = Envelope::parse(bytes).map_err(|e| broken(e.to_string()))?;
        let signed = signed_in(bytes).ok_or_else(|| broken("it is no act".to_owned()))?;
        let header = signed.header.ok_or_else(|| broken("the act has no header".to_owned()))?;
        let named: BTreeSet<&str> = header.signers.iter().map(|own| own.key.as_str()).collect();
        let found: BTreeSet<&str> =
            envelope.signatures().iter().map(|own| own.keyid.as_str()).collect();
        if named != found {
            return Err(broken("others have signed than those whom the act names".to_owned()));
        }
        for signer in &header.signers {
            let known = keys.get(&signer.key);
            let known = known
                .ok_or_else(|| broken(format!("no entry here brings in key `{}`", signer.key)))?;
            let of_log = signer.seat.as_str() == SEQUENCER;
            if known.party.is_none() != of_log {
                return Err(broken(
                    "a party signed for the coordinator, or the reverse".to_owned(),
                ));
            }
            let key: PublicKey = known
                .public
                .parse()
                .map_err(|why| broken(format!("key `{}`: {why}", signer.key)))?;
            envelope.verify(signer.key.as_str(), &key).map_err(|why| broken(why.to_string()))?;
        }
        Ok(())
    }
}

/// A field of an act, if it is shown whole.
fn read<T: DeserializeOwned>(act: &Value, field: &str) -> Option<T> {
    serde_json::from_value(act.get(field)?.clone()).ok()
}

/// Every digest that a value names.
fn digests(value: &Value, found: &mut BTreeSet<Digest>) {
    match value {
        Value::String(text) => found.extend(text.parse::<Digest>().ok()),
        Value::Array(items) => items.iter().for_each(|item| digests(item, found)),
        Value::Object(fields) => fields.values().for_each(|value| digests(value, found)),
        _ => {}
    }
}
