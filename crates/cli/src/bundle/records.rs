//! What a fold says of each entry, as a tree of which parts can be withheld; and the Merkle tree over
//! all of these, whose root parties sign who have replayed the log.
//!
//! Whoever has the log computes the same records, salts included: nobody has to be asked for them.

use concordat_partnership::{Actor, State, Verdict};
use concordat_terms::{ClauseRef, Digest, Timestamp, jcs};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::{Envelope, Node, Seed, Tree};
use serde_json::{Value, json};

/// What a fold says of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The log's time when it was judged.
    pub at: Option<Timestamp>,
    /// For whom it was signed.
    pub by: Option<Actor>,
    /// The clause that the verdict cites.
    pub clause: Option<ClauseRef>,
    /// `admitted`, or the refusal's code.
    pub verdict: &'static str,
}

impl Line {
    /// The line of a verdict; the state is the one after it.
    pub fn of(verdict: &Verdict, state: &State) -> Self {
        let (by, clause) = match verdict {
            Verdict::Admitted { by, clause, .. } => (by, clause.clone()),
            Verdict::Refused { by, refusal, .. } => (by, refusal.clause().cloned()),
        };
        let code = verdict.refusal().map_or("admitted", |refusal| refusal.code());
        Self { at: state.time(), by: by.clone(), clause, verdict: code }
    }
}

/// The records of a log.
#[derive(Clone, Debug, Default)]
pub struct Records {
    lines: Vec<Line>,
    tree: Tree,
}

impl Records {
    /// Takes the next entry and what the fold says of it.
    pub fn push(&mut self, entry: &[u8], line: Line) {
        let root = record(self.lines.len() as u64, entry, &line).root();
        self.tree.append(leaf(&root));
        self.lines.push(line);
    }

    /// What the fold says of an entry.
    pub fn line(&self, index: u64) -> Option<&Line> {
        self.lines.get(usize::try_from(index).ok()?)
    }

    /// The root over all records.
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The path from an entry's record to the root.
    pub fn path(&self, index: u64) -> Option<Vec<Digest>> {
        self.tree.prove_inclusion(index, self.tree.size()).ok()
    }
}

/// The leaf of a record in the tree over all.
pub fn leaf(record: &Digest) -> Digest {
    leaf_hash(record.as_bytes())
}

/// The record of an entry, with nothing withheld.
pub(super) fn record(index: u64, entry: &[u8], line: &Line) -> Node {
    let by = line.by.as_ref().map(|by| json!({ "party": by.party, "seat": by.seat }));
    let value = json!({
        "at": line.at,
        "by": by,
        "clause": line.clause.as_ref().map(ToString::to_string),
        "entry": leaf_hash(entry),
        "index": index,
        "statement": statement(entry),
        "verdict": line.verdict,
    });
    Node::whole(&value, &Seed::of(entry))
}

/// The statement of an entry within its record, as whoever has the entry computes it.
pub fn statement_of(entry: &[u8]) -> Node {
    let whole = Node::whole(&json!({ "statement": statement(entry) }), &Seed::of(entry));
    whole.part(&["statement"]).cloned().unwrap_or(whole)
}

/// The payload as JSON; null where it is none.
fn statement(entry: &[u8]) -> Value {
    let envelope = Envelope::parse(entry).ok();
    envelope.and_then(|envelope| jcs::parse(envelope.payload()).ok()).unwrap_or_default()
}
