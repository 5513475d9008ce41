//! Checks a bundle offline: every byte of it, every signature, every place in the log, every part
//! against its digest. Verdicts are those of who attests them: without the log nobody derives them.

mod books;
mod entry;
mod history;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{Genesis, Signed};
use concordat_replay::{BadWitnesses, founding, log_key, witness_policy};
use concordat_terms::{Digest, KeyId, PartyId, jcs};
use concordat_tlog::archive::CHECKPOINT;
use concordat_tlog::note::Unlisted;
use concordat_tlog::trust::{self, Trusted};

use super::{Broken, Promise, first_difference};
use crate::archive::{BLOBS, README};
use crate::bundle::{
    ATTESTATIONS, ENTRIES, FORMAT, Form, INDEX, Index, KeyOf, PROOFS, README_TEXT, RECORDS, View,
    attested, file, papers, proof_from, signed_in,
};

use books::Books;

pub use report::{BundleReport, Shown};

/// The files of a bundle, by name.
type Files = BTreeMap<String, Vec<u8>>;

/// Checks a bundle. `pinned` is the genesis id that the reader knows from elsewhere, `seen` a
/// checkpoint that the reader has seen: of the same size, or of one from which the bundle has a proof.
///
/// # Errors
/// [`Broken`], the first place at which it does not hold.
pub fn verify(
    files: &Files,
    pinned: Option<Digest>,
    seen: Option<&[u8]>,
) -> Result<BundleReport, Broken> {
    check(files, pinned, seen, Books::vouched)
}

/// [`verify`] for a party that is about to attest, having replayed the log itself: what takes others
/// to stand by it may still wait for them.
///
/// # Errors
/// [`Broken`].
pub fn verify_to_attest(files: &Files) -> Result<BundleReport, Broken> {
    check(files, None, None, |_, _| Ok(()))
}

fn check(
    files: &Files,
    pinned: Option<Digest>,
    seen: Option<&[u8]>,
    vouched: impl Fn(&Books, &BTreeMap<KeyId, PartyId>) -> Result<(), Broken>,
) -> Result<BundleReport, Broken> {
    let index = read(files)?;
    check_files(files, &index)?;
    let genesis = genesis(files, &index, pinned)?;
    let entries = entry::entries(files, &index)?;
    let books = Books::of(&genesis, &entries);
    let by = attesters(files, &index, &books)?;
    vouched(&books, &by)?;
    books.could_be_all(&index.ended, index.size).map_err(|what| {
        let what = format!("of the keys that had ended: {what}");
        Broken::of(Promise::Attestation, INDEX, what)
    })?;
    let (trusted, seen) = checkpoint(files, &index, &books, seen)?;
    history::check_beginnings(files, &index)?;
    for own in &entries {
        own.check_signatures(&books.keys)?;
    }
    check_keys(&index, &books.keys)?;
    check_named(&index, &entries, &by)?;
    check_blobs(files, &entries)?;
    check_papers(files, &index)?;
    let attested_by = by.into_values().collect();
    let found = report::Found { pinned: pinned.is_some(), trusted, seen, attested_by };
    Ok(report::report(&View::of(&index, files), found, &books.policy))
}

/// What a bundle says of itself; nothing else is looked at.
///
/// # Errors
/// [`Broken`].
pub fn read(files: &Files) -> Result<Index, Broken> {
    let broken = |what: String| Broken::of(Promise::Layout, INDEX, what);
    let bytes = files.get(INDEX).ok_or_else(|| broken("the file is missing".to_owned()))?;
    let index: Index = jcs::from_bytes(bytes).map_err(|e| broken(e.to_string()))?;
    if index.format != FORMAT {
        let what = format!("format {} is not one that this program reads", index.format);
        return Err(broken(what));
    }
    let ascend = index.entries.windows(2).all(|pair| match pair {
        [one, next] => one.index < next.index,
        _ => false,
    });
    match index.entries.first() {
        Some(first) if ascend && first.index == 0 && first.form == Form::Whole => {
            if history::ascend(&index) {
                return Ok(index);
            }
            Err(broken("the sizes from which proofs lead here do not ascend up to it".to_owned()))
        }
        _ => Err(broken("the entries do not ascend from a whole entry 0".to_owned())),
    }
}

/// The files are those that the index names, by name and digest, and attestations; and those that the
/// entries need.
fn check_files(files: &Files, index: &Index) -> Result<(), Broken> {
    let layout = |name: &str, what: &str| Broken::of(Promise::Layout, name, what);
    let own = |name: &&String| *name != INDEX && !name.starts_with(ATTESTATIONS);
    for name in files.keys().filter(own) {
        if !index.files.contains_key(name) {
            return Err(layout(name, "the file does not belong to this bundle"));
        }
    }
    for (name, digest) in &index.files {
        let bytes = files.get(name).ok_or_else(|| layout(name, "the file is missing"))?;
        let found = Digest::of(bytes);
        if found != *digest {
            let promise = promise_of(name);
            let what = format!("the bytes have the digest `{found}`, and `{INDEX}` names another");
            return Err(Broken::of(promise, name, what));
        }
    }
    let mut needed: BTreeSet<String> = [CHECKPOINT.to_owned(), README.to_owned()].into();
    needed.extend(index.from.iter().map(|own| proof_from(own.size)));
    for item in &index.entries {
        needed.insert(file(PROOFS, item.index));
        needed.extend((item.form == Form::Whole).then(|| file(ENTRIES, item.index)));
        needed.extend((item.form != Form::Withheld).then(|| file(RECORDS, item.index)));
    }
    if let Some(name) = needed.iter().find(|name| !index.files.contains_key(*name)) {
        return Err(layout(name, "the file is missing"));
    }
    let made = papers(index, files);
    let spare = |name: &&String| {
        !needed.contains(*name) && !name.starts_with(BLOBS) && !made.contains_key(*name)
    };
    match index.files.keys().find(spare) {
        Some(name) => Err(layout(name, "nothing in this bundle needs the file")),
        None => Ok(()),
    }
}

/// What a file that was altered breaks.
fn promise_of(name: &str) -> Promise {
    let below = |prefix: &str| name.starts_with(prefix);
    match name {
        CHECKPOINT => Promise::Witnessed,
        _ if below(ENTRIES) || below(PROOFS) => Promise::Order,
        _ if below(RECORDS) => Promise::Disclosure,
        _ if below(BLOBS) => Promise::Blobs,
        _ => Promise::Papers,
    }
}

fn genesis(files: &Files, index: &Index, pinned: Option<Digest>) -> Result<Genesis, Broken> {
    let name = file(ENTRIES, 0);
    let broken = |what: String| Broken::of(Promise::Founding, &name, what).about(0);
    let bytes = files.get(&name).map(Vec::as_slice).unwrap_or_default();
    let (id, genesis) = founding(bytes).map_err(|halt| broken(halt.to_string()))?;
    if let Some(pinned) = pinned.filter(|pinned| *pinned != id) {
        return Err(broken(format!("the genesis is `{id}`, not `{pinned}`")));
    }
    if (index.log, &index.origin) != (id, &genesis.origin) {
        return Err(broken(format!("the genesis is `{id}` of `{}`", genesis.origin)));
    }
    Ok(genesis)
}

/// The checkpoint counts, and is the one of which the index speaks; and the size that was seen, if the log
/// goes on from there.
fn checkpoint(
    files: &Files,
    index: &Index,
    books: &Books,
    seen: Option<&[u8]>,
) -> Result<(Trusted, Option<u64>), Broken> {
    let unusable = |why: BadWitnesses| Broken::of(Promise::Founding, INDEX, why.to_string());
    let broken = |what: String| Broken::of(Promise::Witnessed, CHECKPOINT, what);
    let key = log_key(&books.founding).map_err(unusable)?;
    let now = Genesis { policy: books.policy.clone(), ..books.founding.clone() };
    let policy = witness_policy(&now).map_err(unusable)?;
    let bytes = files.get(CHECKPOINT).map(Vec::as_slice).unwrap_or_default();
    let trusted = trust::open(bytes, &key, &policy, Unlisted::Rejected)
        .map_err(|distrust| broken(distrust.to_string()))?;
    let found = &trusted.checkpoint;
    if (found.size, found.root) != (index.size, index.root) {
        return Err(broken(format!("it is of {} entries, and not of this bundle", found.size)));
    }
    let seen = seen.map(|seen| history::goes_on(seen, index, &key)).transpose()?;
    Ok((trusted, seen))
}

/// What the index says of keys is what entries say of them.
fn check_keys(index: &Index, known: &BTreeMap<KeyId, KeyOf>) -> Result<(), Broken> {
    match index.keys.iter().find(|(id, own)| known.get(*id) != Some(own)) {
        Some((id, _)) => {
            let what = format!("no entry that is shown says so of key `{id}`");
            Err(Broken::of(Promise::Signatures, INDEX, what))
        }
        None => Ok(()),
    }
}

/// Whoever signed what took effect and is shown whole has its key in the index, and so has who made the
/// bundle: others check signatures with these keys.
fn check_named(
    index: &Index,
    entries: &[entry::Checked],
    by: &BTreeMap<KeyId, PartyId>,
) -> Result<(), Broken> {
    let broken = |what: String| Broken::of(Promise::Signatures, INDEX, what);
    for own in entries {
        if let Some(key) = own.signers().find(|key| !index.keys.contains_key(key)) {
            let what = format!("key `{key}` signed it, and is not among `keys`");
            return Err(broken(what).about(own.index));
        }
    }
    let Some(maker) = &index.by else { return Ok(()) };
    let named = |(id, party): (&KeyId, &PartyId)| party == maker && index.keys.contains_key(id);
    if by.iter().any(named) {
        return Ok(());
    }
    Err(broken(format!("no key with which `{maker}` attests the bundle is among `keys`")))
}

/// Who stands by the records, and by which keys; who made the bundle is among them.
fn attesters(
    files: &Files,
    index: &Index,
    books: &Books,
) -> Result<BTreeMap<KeyId, PartyId>, Broken> {
    let bytes = files.get(INDEX).map(Vec::as_slice).unwrap_or_default();
    let mut by = BTreeMap::new();
    for (name, own) in files.iter().filter(|(name, _)| name.starts_with(ATTESTATIONS)) {
        let broken = |what: String| Broken::of(Promise::Attestation, name, what);
        let (key, party) = attested(index, bytes, &books.keys, name, own)
            .map_err(|why| broken(why.to_string()))?;
        if let Some(entry) = index.ended.get(&key) {
            return Err(broken(format!(
                "key `{key}` of `{party}` ended with entry {entry}, before the log was of this size"
            )));
        }
        if books.has_ended(&key) {
            return Err(broken(format!(
                "key `{key}` of `{party}` was ended by an entry shown here"
            )));
        }
        if !books.speaks(&key) {
            return Err(broken(format!(
                "key `{key}` is a member's, who does not attest for `{party}`"
            )));
        }
        by.insert(key, party);
    }
    match index.by.as_ref().filter(|party| !by.values().any(|own| own == *party)) {
        Some(party) => {
            let what = format!("`{party}`, who made the bundle, does not attest it");
            Err(Broken::of(Promise::Attestation, INDEX, what))
        }
        None => Ok(by),
    }
}

/// Every blob has the digest that names it, and something that is shown names it.
fn check_blobs(files: &Files, entries: &[entry::Checked]) -> Result<(), Broken> {
    let mut named: BTreeSet<Digest> = BTreeSet::new();
    for own in entries {
        named.extend(&own.named);
        named.extend(own.bytes.as_deref().and_then(signed_in).iter().flat_map(Signed::blobs));
    }
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with(BLOBS)) {
        let digest = Digest::of(bytes);
        if name.strip_prefix(BLOBS) != Some(&digest.to_string()) {
            let what = format!("the bytes have the digest `{digest}`");
            return Err(Broken::of(Promise::Blobs, name, what));
        }
        if !named.contains(&digest) {
            return Err(Broken::of(Promise::Blobs, name, "no entry that is shown names this blob"));
        }
    }
    Ok(())
}

/// What people read is what this program would write of the rest.
fn check_papers(files: &Files, index: &Index) -> Result<(), Broken> {
    let mut right = papers(index, files);
    right.insert(README.to_owned(), README_TEXT.as_bytes().to_vec());
    for (name, bytes) in right {
        let found = files.get(&name).map(Vec::as_slice).unwrap_or_default();
        if let Some(at) = first_difference(&bytes, found) {
            let what = "the text is not the one that belongs to this bundle";
            return Err(Broken::of(Promise::Papers, &name, what).at(at));
        }
    }
    Ok(())
}
