//! A script of writes, one of which fails, in every way that it can.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    dead_code,
    reason = "tests; not every one uses all of it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use concordat_store::{Fault, Store};
use concordat_terms::Digest;

use super::faulty::before;
use super::plan::{ALL, Plan};

/// What a server does, one write a step.
#[derive(Clone, Copy, Debug)]
enum Step {
    Blob(&'static [u8]),
    /// Entries with a cursor.
    Append(&'static [&'static [u8]]),
    Note(&'static str, &'static [u8]),
    Remove(&'static str),
    Confirm,
}

const SCRIPT: &[Step] = &[
    Step::Append(&[b"genesis"]),
    Step::Note("run/1/0", b"transcript"),
    Step::Blob(b"a report"),
    Step::Confirm,
    Step::Append(&[b"tick", b"act", b"", b"act"]),
    Step::Note("run/1/1", b"transcript"),
    Step::Blob(b""),
    Step::Note("run/1/0", b"another"),
    Step::Append(&[b"tick"]),
    Step::Remove("run/1/"),
    Step::Blob(b"a report"),
    Step::Append(&[]),
    Step::Note("quorum", b"cosigned"),
];

/// What a store shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    entries: Vec<Vec<u8>>,
    notes: BTreeMap<String, Vec<u8>>,
    blobs: BTreeMap<Digest, Vec<u8>>,
}

impl Seen {
    /// Of a blob that was torn, only that it is never handed out.
    fn of(store: &Store) -> Self {
        let blob = |digest: Digest| match store.blob(&digest) {
            Ok(bytes) => bytes.map(|bytes| (digest, bytes)),
            Err(fault) => {
                assert_eq!(fault.code(), "store-corrupt");
                None
            }
        };
        let blobs = store.blob_names().unwrap().into_iter().filter_map(blob).collect();
        let entries = store.entries(0, usize::MAX).unwrap();
        assert_eq!(store.len().unwrap(), entries.len() as u64);
        Self { entries, notes: store.notes("").unwrap(), blobs }
    }

    fn after(&self, step: Step) -> Self {
        let mut after = self.clone();
        match step {
            Step::Blob(bytes) => drop(after.blobs.insert(Digest::of(bytes), bytes.to_vec())),
            Step::Append(entries) => {
                after.entries.extend(entries.iter().map(|entry| entry.to_vec()));
                let cursor = after.entries.len().to_string().into_bytes();
                after.notes.insert("cursor".to_owned(), cursor);
            }
            Step::Note(name, bytes) => drop(after.notes.insert(name.to_owned(), bytes.to_vec())),
            Step::Remove(prefix) => after.notes.retain(|name, _| !name.starts_with(prefix)),
            Step::Confirm => {}
        }
        after
    }
}

fn take(store: &mut Store, step: Step, from: u64) -> Result<(), Fault> {
    match step {
        Step::Blob(bytes) => store.put_blob(bytes).map(drop),
        Step::Append(entries) => {
            let entries: Vec<Vec<u8>> = entries.iter().map(|entry| entry.to_vec()).collect();
            let cursor = (from + entries.len() as u64).to_string();
            store.append_with_notes(from, &entries, &[("cursor", cursor.as_bytes())])
        }
        Step::Note(name, bytes) => store.put_note(name, bytes),
        Step::Remove(prefix) => store.remove_notes(prefix),
        Step::Confirm => store.confirm(),
    }
}

/// Runs the script on a store of `open`, which loses power at each fault where `dies` says so; how
/// many faults there were.
fn run(plan: &Arc<Plan>, open: &dyn Fn() -> Store, dies: bool) -> u64 {
    let mut store = before(plan, open());
    let (mut model, mut faults) = (Seen::default(), 0);
    for step in SCRIPT.iter().copied() {
        let after = model.after(step);
        while let Err(fault) = take(&mut store, step, model.entries.len() as u64) {
            assert_eq!(fault.code(), "store-io", "{step:?}: {fault}");
            faults += 1;
            if dies {
                drop(store);
                store = before(plan, open());
            }
            let seen = Seen::of(&store);
            assert!(seen == model || seen == after, "{step:?}: {seen:?}");
            if seen == after && matches!(step, Step::Append(_)) {
                // Done after all: whoever appended at the old end would be refused.
                let again = take(&mut store, step, model.entries.len() as u64);
                let empty = after.entries.len() == model.entries.len();
                assert!(empty || matches!(again, Err(Fault::NotAtEnd { .. })), "{again:?}");
                break;
            }
        }
        model = after;
        assert_eq!(Seen::of(&store), model, "{step:?}");
    }
    drop(store);
    assert_eq!(Seen::of(&open()), model);
    faults
}

/// Lets every write of the script fail once in every way; `fresh` makes a place, `open` opens it,
/// again where the process `dies`.
pub fn at_every_call_site<P>(dies: &[bool], fresh: impl Fn() -> P, open: impl Fn(&P) -> Store) {
    let plan = Plan::none();
    let place = fresh();
    assert_eq!(run(&plan, &|| open(&place), false), 0);
    let sites = plan.writes();
    // The second time that a blob is put, it is here already.
    assert_eq!(sites, SCRIPT.len() as u64 - 1);
    for at in 0..sites {
        for how in ALL {
            for dies in dies.iter().copied() {
                let place = fresh();
                let faults = run(&Plan::new(at, how), &|| open(&place), dies);
                assert_eq!(faults, 1, "write {at}, {how:?}");
            }
        }
    }
}
