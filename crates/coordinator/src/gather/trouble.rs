//! Why a witness gave no cosignature, for the operator and for whoever asks how the witnesses stand.

use concordat_terms::{Problem, Timestamp};
use concordat_tlog::Note;
use concordat_tlog::note::NotANote;

/// The page that explains these.
const PAGE: &str = "docs/reference/faults.md";

fn trouble(code: &str, what: impl Into<String>, hint: &str) -> Problem {
    Problem::new(code, what, hint, PAGE)
}

pub(super) fn offline(why: &str) -> Problem {
    let hint = "check its address and certificate in `concordat.toml`, and that it runs";
    trouble("witness-offline", format!("the witness does not answer: {why}"), hint)
}

/// What a witness says beside the status is its own word: a line of it, and no more.
pub(super) fn refused(status: u16, said: &str) -> Problem {
    let plain = |c: &char| !c.is_control();
    let line: String = said.lines().next().unwrap_or_default().chars().filter(plain).collect();
    let line: String = line.chars().take(200).collect();
    let said = if line.is_empty() { line } else { format!(": {line}") };
    let hint = "ask its operator whether it watches this log, and by the log's present key";
    trouble("witness-refuses", format!("the witness answers with {status}{said}"), hint)
}

pub(super) fn garbled(why: &NotANote) -> Problem {
    let hint = "ask its operator which program answers there";
    trouble("witness-refuses", format!("the witness's answer is of no use: {why}"), hint)
}

pub(super) fn disagrees() -> Problem {
    let what = "the witness says that this log does not go on from what it cosigned last";
    let hint =
        "keep the log as it is; compare its checkpoint with the witness's before anything else";
    trouble("witness-disagrees", what, hint)
}

pub(super) fn forgot(cosigned: u64, now: u64) -> Problem {
    let what = format!("the witness has cosigned {cosigned} entries, and says that it was {now}");
    let hint = "ask its operator whether it was put back; it is asked again once this one restarts";
    trouble("witness-forgot", what, hint)
}

pub(super) fn ahead(cosigned: u64, have: u64) -> Problem {
    let what = format!("the witness has cosigned {cosigned} entries, and this log has {have}");
    let hint = "was the log restored from a backup? get the entries after it from a party's node";
    trouble("witness-ahead", what, hint)
}

pub(super) fn restless(size: u64) -> Problem {
    let what = format!("the witness goes on faster than it is asked: it is at {size} now");
    let hint = "nothing, if it passes; else look at who else asks this witness";
    trouble("witness-restless", what, hint)
}

pub(super) fn unknown_key(note: &Note) -> Problem {
    let names: Vec<&str> = note.lines().iter().map(|line| line.name()).collect();
    let what =
        format!("no line of the witness is by a key that is known: `{}`", names.join("`, `"));
    let hint = "name its keys in `concordat.toml`, or have the party put its own key there";
    trouble("witness-unknown-key", what, hint)
}

pub(super) fn far_from_now(at: Timestamp) -> Problem {
    let what = format!("the witness cosigned at `{at}`, far from this coordinator's clock");
    trouble("witness-clock", what, "compare both clocks; set the one that is wrong")
}
