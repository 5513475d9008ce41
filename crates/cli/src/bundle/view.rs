//! What a bundle shows, as its papers and its reader's terminal say it.

use std::collections::BTreeMap;

use concordat_terms::jcs;
use concordat_tlog::{Envelope, Node};
use serde_json::Value;

use super::{ENTRIES, Form, Index, Item, Placed, RECORDS, file};
use crate::archive::BLOBS;

/// A bundle as people see it.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// What it says of itself.
    pub index: &'a Index,
    /// Each entry.
    pub rows: Vec<Row>,
    /// How many texts are in it.
    pub blobs: usize,
}

/// An entry as people see it; of what is withheld, nothing but its place.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it is and how much is shown.
    pub item: Item,
    /// The log's time.
    pub at: Option<String>,
    /// For which party it was signed.
    pub party: Option<String>,
    /// For which seat.
    pub seat: Option<String>,
    /// Which act.
    pub act: Option<String>,
    /// What it carries, `null` in place of what is withheld.
    pub carries: Value,
    /// `admitted`, or the refusal's code.
    pub verdict: Option<String>,
    /// The clause that the verdict cites.
    pub clause: Option<String>,
    /// How many parts are withheld.
    pub struck: usize,
}

impl<'a> View<'a> {
    /// Reads what there is; what cannot be read is shown as absent, since a verifier looked before.
    pub fn of(index: &'a Index, files: &BTreeMap<String, Vec<u8>>) -> Self {
        let rows = index.entries.iter().map(|item| Row::of(item, files)).collect();
        let blobs = files.keys().filter(|name| name.starts_with(BLOBS)).count();
        Self { index, rows, blobs }
    }

    /// The entries that were asked for.
    pub fn asked(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.item.asked)
    }

    /// How many entries are shown so.
    pub fn count(&self, form: Form) -> usize {
        self.rows.iter().filter(|row| row.item.form == form).count()
    }

    /// How many whole entries there are whose signatures a verifier checks.
    pub fn signed(&self) -> usize {
        self.rows.iter().filter(|row| row.is_signed()).count()
    }

    /// How many parts of statements and records are withheld.
    pub fn struck(&self) -> usize {
        self.rows.iter().map(|row| row.struck).sum()
    }
}

impl Row {
    fn of(item: &Item, files: &BTreeMap<String, Vec<u8>>) -> Self {
        let record = files.get(&file(RECORDS, item.index)).and_then(|bytes| placed(bytes));
        let record = record.map(|(_, node)| node);
        let envelope = files.get(&file(ENTRIES, item.index)).map(Vec::as_slice);
        let envelope = envelope.and_then(|bytes| Envelope::parse(bytes).ok());
        let whole = envelope.as_ref().and_then(|own| jcs::parse(own.payload()).ok());
        let part = record.as_ref().and_then(|node| node.part(&["statement"])).map(Node::shown);
        let statement = whole.or(part).unwrap_or_default();
        let word = |path: &[&str]| {
            let scalar = record.as_ref()?.part(path)?.scalar()?;
            scalar.as_str().map(str::to_owned)
        };
        let kind = statement.get("predicateType").and_then(Value::as_str).unwrap_or_default();
        let act = kind.strip_prefix("urn:concordat:act:").and_then(|rest| rest.split(':').next());
        // The statement of a whole entry is withheld from its record alone.
        let again = usize::from(item.form == Form::Whole);
        Self {
            item: *item,
            at: word(&["at"]),
            party: word(&["by", "party"]),
            seat: word(&["by", "seat"]),
            act: act.map(str::to_owned),
            carries: statement.pointer("/predicate/act").cloned().unwrap_or_default(),
            verdict: word(&["verdict"]),
            clause: word(&["clause"]),
            struck: record.as_ref().map_or(0, |node| node.withheld().saturating_sub(again)),
        }
    }

    /// Whether a verifier checks who signed it: the founding, and what is shown whole and took effect. What
    /// was refused may be signed by anybody.
    pub fn is_signed(&self) -> bool {
        let took_effect = self.item.index == 0 || self.verdict.as_deref() == Some("admitted");
        self.item.form == Form::Whole && took_effect
    }

    /// Who did it, in words.
    pub fn who(&self) -> String {
        match (&self.party, &self.seat) {
            (Some(party), Some(seat)) => format!("{party}, as {seat}"),
            (None, Some(seat)) => seat.clone(),
            _ if self.item.index == 0 => "all founders".to_owned(),
            _ => "withheld".to_owned(),
        }
    }
}

/// A record's file, if it is one.
pub(super) fn placed(bytes: &[u8]) -> Option<(Placed, Node)> {
    let placed: Placed = jcs::from_bytes(bytes).ok()?;
    let node = Node::parse(&placed.record).ok()?;
    Some((placed, node))
}
