//! What leaves a node: each message is in a ledger before it is sent, or it is not sent.
//!
//! ```text
//! egress/<first>.jsonl     entries from this number on, a line each
//! egress/lock              held by whoever appends
//! ```
//!
//! A line is `CHAIN JSON`: the chain is the SHA-256, in hexadecimal digits, of the chain of the line before (64
//! zeros before the first), a newline and the JSON. A file begins with a line that says whose the ledger is
//! and what was sent before it; the oldest files go once there are more of them than the configuration
//! allows. Nothing in a line is free text: names are ids of the agreement, addresses those of the
//! configuration, paths are built from ids, digests and numbers.

mod kind;
mod ledger;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use concordat_terms::{Digest, PartyId, RunId, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::kind::Kind;
pub use self::ledger::Ledger;
pub use self::ledger::is_paused;
pub(crate) use self::ledger::paused;
pub use self::read::{Broken, Checked, Head, read};

/// By what a message may leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Authority {
    /// The log's genesis, which the configuration pins: who is party to it follows it, cosigns, and acts.
    Log(Digest),
    /// The act that is sent, by its id; of several, the first.
    Act(Digest),
    /// The entry of the log by which this party takes part in a run: its join, or for an aggregator
    /// that the run was opened.
    Run {
        /// The run.
        run: RunId,
        /// The entry.
        entry: u64,
    },
}

/// A message that was about to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// What it is.
    pub kind: Kind,
    /// `https://host:port` of whoever it is for, as the configuration has it.
    pub to: String,
    /// The request's path and query.
    pub path: String,
    /// How many bytes its body has.
    pub bytes: u64,
    /// SHA-256 of the body.
    pub digest: Digest,
    /// By what it leaves.
    pub by: Authority,
}

/// How many messages, and of how many bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// Messages.
    pub messages: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
}

/// Totals of each kind.
pub type Totals = BTreeMap<Kind, Total>;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum What {
    /// A file begins.
    Begun {
        /// Whose ledger it is.
        party: PartyId,
        /// In which log.
        log: Digest,
        /// The chain of the line before.
        after: Digest,
        /// What was sent before, all in all.
        totals: Totals,
    },
    /// A message is about to leave.
    Sent(Sent),
    /// Nothing of a run leaves from here on.
    Paused {},
    /// Runs are taken part in again.
    Resumed {},
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, from 0.
    pub n: u64,
    /// When, by this machine's clock.
    pub time: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// The chain before the first line.
const NOTHING: Digest = Digest([0; 32]);

/// The chain of a line.
fn chained(before: &Digest, json: &[u8]) -> Digest {
    let mut input = before.to_string().into_bytes();
    input.push(b'\n');
    input.extend_from_slice(json);
    Digest::of(&input)
}

fn add(totals: &mut Totals, sent: &Sent) {
    let total = totals.entry(sent.kind).or_default();
    total.messages += 1;
    total.bytes = total.bytes.saturating_add(sent.bytes);
}
