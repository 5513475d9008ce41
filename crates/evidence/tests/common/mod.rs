//! The shipped packs, and names.
#![allow(dead_code, reason = "each test file uses some")]

use concordat_evidence::name::RowId;
use concordat_evidence::regime::{Pack, SHIPPED};
use concordat_terms::ClauseRef;

/// All packs that are shipped.
pub(crate) fn packs() -> Vec<Pack> {
    let read = |(file, text): &(&str, &str)| {
        Pack::parse(file, text).unwrap_or_else(|found| panic!("{}", found[0]))
    };
    SHIPPED.iter().map(read).collect()
}

/// One of them.
pub(crate) fn pack(id: &str) -> Pack {
    packs().into_iter().find(|pack| pack.id.as_str() == id).unwrap()
}

/// A row's name.
pub(crate) fn row(id: &str) -> RowId {
    id.parse().unwrap()
}

/// A clause's name.
pub(crate) fn clause(id: &str) -> ClauseRef {
    id.parse().unwrap()
}
