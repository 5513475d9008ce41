//! What the machine itself needs for the same work: signatures checked strictly, on all cores, and
//! batches made durable.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::Instant;

use concordat_store::Store;
use concordat_tlog::dsse::pae;
use concordat_tlog::{Envelope, PublicKey};
use ed25519_dalek::{Signature, VerifyingKey};

use super::super::law::office::key;
use super::works::wrong;
use crate::failure::Failure;
pub(super) use crate::verify::cores;

/// How many batches are made durable.
const BATCHES: usize = 20;

/// How many seconds it takes, on all cores, to check the signatures of these entries by the library's
/// own `verify_strict`, every envelope, signed text and key read beforehand.
pub(super) fn signatures(entries: &[Vec<u8>]) -> Result<f64, Failure> {
    let mut keys = BTreeMap::new();
    let names = (0..50).map(|index| format!("party-{index}"));
    for name in names.chain(["sequencer".to_owned()]) {
        let public = key(&name).public();
        if let Some(id) = concordat_partnership::key_id(&public.to_string()) {
            keys.insert(id.to_string(), strict(&public)?);
        }
    }
    // Keys that members got later: as long to check under as any.
    let other = strict(&key("party-0").public())?;
    let mut read: Vec<(VerifyingKey, Vec<u8>, Signature)> = Vec::new();
    for entry in entries {
        let envelope = Envelope::parse(entry).map_err(|e| wrong(e.to_string()))?;
        for one in envelope.signatures() {
            let key = keys.get(&one.keyid).copied().unwrap_or(other);
            read.push((key, pae(envelope.payload()), Signature::from_bytes(&one.sig)));
        }
    }
    let part = read.len().div_ceil(cores()).max(1);
    let started = Instant::now();
    let good: usize = thread::scope(|scope| {
        let check = |part: &[(VerifyingKey, Vec<u8>, Signature)]| {
            part.iter().filter(|(key, text, sig)| key.verify_strict(text, sig).is_ok()).count()
        };
        let jobs: Vec<_> = read.chunks(part).map(|part| scope.spawn(move || check(part))).collect();
        jobs.into_iter().map(|job| job.join().unwrap_or(0)).sum()
    });
    let took = started.elapsed().as_secs_f64();
    if good * 2 < entries.len() {
        return Err(wrong("the signatures are not good"));
    }
    Ok(took)
}

/// A key as the library has it.
fn strict(key: &PublicKey) -> Result<VerifyingKey, Failure> {
    VerifyingKey::from_bytes(key.as_bytes()).map_err(|e| wrong(e.to_string()))
}

/// How many seconds an entry takes to become durable, in batches of so many.
pub(super) fn durable(dir: &Path, entries: &[Vec<u8>], batch: usize) -> Result<f64, Failure> {
    let fault = |fault: concordat_store::Fault| {
        Failure::fault("bench-wrong", fault.to_string(), "free the disk")
    };
    let mut store = Store::open(dir).map_err(fault)?;
    let mut index = 0;
    let mut took = 0.0;
    for _ in 0..BATCHES {
        let from = index % entries.len().max(1);
        let batch: Vec<Vec<u8>> = entries.iter().cycle().skip(from).take(batch).cloned().collect();
        let started = Instant::now();
        store.append(index as u64, &batch).map_err(fault)?;
        took += started.elapsed().as_secs_f64();
        index += batch.len();
    }
    Ok(took / index.max(1) as f64)
}
