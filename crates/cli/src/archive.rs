//! What an archive is made of, beside the log that `tlog::archive` lays out.
//!
//! ```text
//! checkpoint        signed by the log and cosigned by a quorum
//! checkpoints/…     older ones of the same log, each named by its size, and the list of these sizes
//! tile/…            entries and hashes (C2SP tlog-tiles)
//! blobs/<digest>    texts that entries name
//! verdicts.jsonl    what the exporting party's own fold said of each entry
//! keys.jsonl        which key signed what, and in which time
//! README.txt        how to check all this, also with other tools
//! ```

mod epochs;
mod load;
mod older;
mod tell;
mod writer;

use concordat_partnership::Verdict;
use concordat_partnership::act::Signed;
use concordat_tlog::Envelope;
use concordat_wire::act::decode;

pub use epochs::{Epoch, InDoubt, Signings};
pub use load::Folder;
pub use older::{
    Astray, CHECKPOINTS, OLDER_SIZES, at_its_place, older_file, older_size, older_sizes, trimmed,
};
pub(crate) use older::{known_lines, listed};
pub use tell::{Part, Rest, tell};
pub use writer::{Draft, Sink, Writer, save};

/// Name of the file with the verdicts, one JSON line an entry.
pub const VERDICTS: &str = "verdicts.jsonl";
/// Name of the file with the keys, one JSON line a key, as [`Signings::lines`] makes them.
pub const KEYS: &str = "keys.jsonl";
/// Below which blobs lie, each named by its digest.
pub const BLOBS: &str = "blobs/";
/// Name of the file for people.
pub const README: &str = "README.txt";
/// What it says, and what it said before there were older checkpoints. Fixed, so that every byte of an
/// archive is accounted for; `verify` must go on to accept every text that a release wrote.
pub const README_TEXTS: [&str; 2] =
    [include_str!("archive/README.txt"), include_str!("archive/README.before.txt")];

/// The line of [`VERDICTS`] for one entry, without its newline.
pub fn verdict_line(index: u64, verdict: &Verdict) -> String {
    format!("{{\"index\":{index},\"verdict\":\"{}\"}}", word(verdict))
}

/// The verdict in a word: `admitted`, or the refusal's code.
pub(crate) fn word(verdict: &Verdict) -> &'static str {
    verdict.refusal().map_or("admitted", |refusal| refusal.code())
}

/// The act in an entry, if its bytes are one; signatures are not looked at.
pub fn act_in(entry: &[u8]) -> Option<Signed> {
    decode(Envelope::parse(entry).ok()?.payload()).ok()
}
