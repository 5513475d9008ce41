//! Which rules this build can fold.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use concordat_terms::{Digest, jcs};

/// The rules of edition 1: the digest of the canonical JSON map of its files' digests.
pub static RULES: LazyLock<Digest> = LazyLock::new(|| {
    let files: BTreeMap<&str, Digest> = [
        ("fold.md", Digest::of(include_bytes!("../../../rules/1/fold.md"))),
        ("orders.txt", Digest::of(include_bytes!("../../../rules/1/orders.txt"))),
    ]
    .into();
    Digest::of(&jcs::to_bytes(&files).unwrap_or_default())
});
