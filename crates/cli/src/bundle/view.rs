//! What a bundle shows, as its papers and its reader's terminal say it.

use std::collections::BTreeMap;

use concordat_terms::{Digest, jcs};
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

    /// What it is about, by the act's own fields as far as they are shown; none where none of them says so.
    pub fn about(&self) -> Option<String> {
        about(&self.carries)
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

/// The fields by which an act says what it is about, the nearest first.
const ABOUT: [&str; 24] = [
    "run",
    "model",
    "dataset",
    "asset",
    "evidence",
    "notice",
    "duty",
    "case",
    "motion",
    "body",
    "meeting",
    "project",
    "milestone",
    "module",
    "modules",
    "mandate",
    "key",
    "place",
    "processor",
    "power",
    "signal",
    "index",
    "party",
    "title",
];
/// How many of them are told.
const ABOUT_MOST: usize = 2;

/// What the fields of an act say that it is about; of a motion, what it is to do.
fn about(carries: &Value) -> Option<String> {
    let own =
        ABOUT.into_iter().filter_map(|name| Some(format!("{name} {}", told(carries.get(name)?)?)));
    let own: Vec<String> = own.take(ABOUT_MOST).collect();
    let decided = carries.get("decision").and_then(|decision| {
        let mut within = decision.as_object().into_iter().flatten();
        about(decision).or_else(|| within.find_map(|(_, act)| about(act)))
    });
    let all: Vec<String> = own.into_iter().chain(decided).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// A name, a number, a digest by its beginning, or a few of these; nothing of what is withheld or long.
fn told(value: &Value) -> Option<String> {
    const LONGEST: usize = 48;
    const MOST: usize = 3;
    match value {
        Value::String(text) if text.parse::<Digest>().is_ok() => {
            Some(format!("{}…", text.chars().take(12).collect::<String>()))
        }
        Value::String(text) => (text.chars().count() <= LONGEST).then(|| text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => {
            let named: Vec<String> = items.iter().filter_map(told).take(MOST).collect();
            let more = items.len().saturating_sub(named.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
        }
        _ => None,
    }
}

/// A record's file, if it is one.
pub(super) fn placed(bytes: &[u8]) -> Option<(Placed, Node)> {
    let placed: Placed = jcs::from_bytes(bytes).ok()?;
    let node = Node::parse(&placed.record).ok()?;
    Some((placed, node))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_act_says_by_its_own_fields_what_it_is_about() {
        let digest = "4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2";
        for (carries, says) in [
            (json!({"run": "first", "rounds": 9}), Some("run first")),
            (json!({"module": digest}), Some("module 4813494d137e…")),
            (json!({"modules": ["a", "b", "c", "d"]}), Some("modules a, b, c and 1 more")),
            (json!({"motion": "m1", "body": "council"}), Some("motion m1, body council")),
            (json!({"motion": "m1", "decision": {"act": {"run": "r"}}}), Some("motion m1, run r")),
            // What is withheld is `null`, and says nothing.
            (json!({"run": null}), None),
            (json!({"run": "x".repeat(49)}), None),
            (Value::Null, None),
        ] {
            assert_eq!(about(&carries).as_deref(), says, "{carries}");
        }
    }
}
