//! What the page says about acts on powers, corrections, what is taken out of service, and the log
//! itself.

use concordat_terms::ActName;
use serde_json::json;

use super::{Entry, PERMIT, d};

const RECALL: &[(&str, &str)] =
    &[("model", "the model that is served no more"), ("reason", "digest of why, a blob")];
const PLACE: &[(&str, &str)] =
    &[("party", "whose place it is"), ("place", "its name"), ("reason", "digest of why, a blob")];
const ALL: &str =
    "a seat that a clause permits, by a motion of the body that a gate names, or with every party";

/// The entries of these acts.
pub(super) fn entry(name: ActName) -> Option<Entry> {
    use ActName as N;
    let (does, who, fields, example): (_, _, &[_], _) = match name {
        N::PlaceSuspend => (
            "Suspends a place: no run that has rows there is proposed, opened or joined, and no rows are registered there.",
            PERMIT,
            PLACE,
            json!({ "party": "birch", "place": "ward", "reason": d("reason") }),
        ),
        N::PlaceResume => (
            "Lets a suspended place be used again.",
            PERMIT,
            PLACE,
            json!({ "party": "birch", "place": "ward", "reason": d("reason") }),
        ),
        N::ReleaseRollback => (
            "Goes back from a released model to the one of the same asset that was released before and stands.",
            PERMIT,
            RECALL,
            json!({ "model": d("model"), "reason": d("reason") }),
        ),
        N::ReleaseRetire => (
            "Takes a released model out of service, with nothing in its place.",
            PERMIT,
            RECALL,
            json!({ "model": d("model"), "reason": d("reason") }),
        ),
        N::PowerRatify => (
            "Ratifies what was done by a power, which then does not lapse. A module that was to be ended ends.",
            "the body that the power's clause names, by a motion; no clause permits or forbids it",
            &[("used", "the index of the entry that used the power")],
            json!({ "used": 77 }),
        ),
        N::CorrectionRequest => (
            "Asks for the correction of a verdict. The verdict stands meanwhile; what is to be paid because of it pauses.",
            "a party that the verdict affects, within the time that the instrument gives; no clause permits or forbids it",
            &[
                ("verdict", "the index of the entry whose verdict it is"),
                ("reasons", "digest of the reasons, a blob"),
            ],
            json!({ "verdict": 77, "reasons": d("reasons") }),
        ),
        N::RulesAdopt => (
            "Adopts another edition of the rules: who does not know it stops at the entry from which it counts.",
            ALL,
            &[
                ("rules", "digest of the edition"),
                ("from", "index of the first entry that is judged under it, later than this one"),
            ],
            json!({ "rules": d("rules"), "from": 900 }),
        ),
        N::PolicyAdopt => (
            "Changes who must cosign checkpoints from then on.",
            ALL,
            &[(
                "policy",
                "which parties witness, and how many of them make a checkpoint count (more than half)",
            )],
            json!({ "policy": { "witnesses": ["alder", "birch", "lab"], "quorum": 2 } }),
        ),
        N::EquivocationReport => (
            "Reports that the log's key signed two histories.",
            "any party, for any seat it fills; no clause permits or forbids it",
            &[
                (
                    "first",
                    "a checkpoint: its `size`, its `root`, and the log's `signature` over its three lines, in hexadecimal",
                ),
                ("second", "another: of the same size with another root, or of another size"),
                (
                    "between",
                    "may be left out, where both are of one size; else the `root` that the larger had at the smaller's size, another than the smaller's, and the `proof` from there to the larger (RFC 9162 §2.1.4)",
                ),
            ],
            json!({
                "first": { "size": 412, "root": d("one"), "signature": "00".repeat(64) },
                "second": { "size": 413, "root": d("other"), "signature": "00".repeat(64) },
                "between": { "root": d("between"), "proof": [d("hash")] },
            }),
        ),
        _ => return None,
    };
    Some(Entry { does, who, fields, example })
}
