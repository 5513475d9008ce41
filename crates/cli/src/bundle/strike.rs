//! How much of an entry an audience is shown.

use concordat_partnership::{Audience, State, is_always_open};
use concordat_terms::Digest;
use concordat_tlog::Node;
use serde_json::Value;

use super::records::{Line, record};
use super::{Form, act_of};

/// Where a record says what was done, as against who signed what kind of act when.
const ACT: [&str; 3] = ["statement", "predicate", "act"];
/// Where it says what that was about.
const SUBJECT: [&str; 2] = ["statement", "subject"];
/// What of a motion by which others' keys or other witnesses came to count everybody is shown.
const TURN: [&str; 2] = ["motion", "decision"];

/// Who decides what is shown: the state at the end of what is exported, and for whom it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    /// The fold.
    pub(super) state: &'a State,
    /// For whom.
    pub(super) audience: &'a Audience,
}

impl Reader<'_> {
    /// An entry's record as the audience may read it. Of what is shown whole the statement is not
    /// said again. Where it is `turning`, of a motion by which others' keys or other witnesses came to
    /// count, which motion it is and what that does are shown to everybody.
    pub(super) fn shown(
        &self,
        (index, turning): (u64, bool),
        entry: &[u8],
        line: &Line,
    ) -> (Form, Node) {
        let mut node = record(index, entry, line);
        let Some(act) = act_of(entry) else {
            // What is no act says nothing that a label could speak of; the parties may show it.
            let open = matches!(self.audience, Audience::Auditor(_) | Audience::Court(_));
            return (if open { Form::Whole } else { Form::Withheld }, node);
        };
        let named = self.assets_in(&node);
        let open = self.state.opens_act(self.audience, act, line.at)
            || (!named.is_empty() && named.iter().all(|word| !self.hides_asset(word)));
        if !open && turning {
            keep(Some(&mut node), &["at", "entry", "index", "statement", "verdict"]);
            keep(node.part_mut(&["statement"]), &["predicate", "predicateType"]);
            keep(node.part_mut(&["statement", "predicate"]), &["act"]);
            keep(node.part_mut(&ACT), &TURN);
            return (Form::Part, node);
        }
        if !open {
            return (Form::Withheld, node);
        }
        if let Some(clause) = &line.clause
            && !self.state.shows_clause(self.audience, clause)
            && let Some(part) = node.part_mut(&["clause"])
        {
            part.withhold();
        }
        let turn = turning.then(|| node.part(&ACT).cloned()).flatten();
        for path in [&ACT[..], &SUBJECT] {
            if let Some(part) = node.part_mut(path).filter(|_| !is_always_open(act)) {
                part.withhold_where(&|field, value| self.hides(field, value));
            }
        }
        for name in TURN {
            let whole = turn.as_ref().and_then(|act| act.part(&[name]));
            if let Some((whole, part)) = whole.zip(node.part_mut(&[&ACT[..], &[name]].concat())) {
                *part = whole.clone();
            }
        }
        let statement = node.part_mut(&["statement"]);
        let form = match statement {
            Some(statement) if statement.withheld() == 0 => {
                statement.withhold();
                Form::Whole
            }
            // The number that made the act one of its kind would let others try what was struck.
            _ => {
                if let Some(nonce) = node.part_mut(&["statement", "predicate", "nonce"]) {
                    nonce.withhold();
                }
                Form::Part
            }
        };
        (form, node)
    }

    /// Whether a scalar of an act, or a field's name, is struck.
    fn hides(&self, field: Option<&str>, value: &Value) -> bool {
        let Some(word) = value.as_str() else { return false };
        if self.hides_asset(word) {
            return true;
        }
        let public = matches!(self.audience, Audience::Public | Audience::Regulator(None));
        public && (field == Some("member") || self.hides_digest(word))
    }

    fn hides_asset(&self, word: &str) -> bool {
        let named = self.state.asset_named(word);
        named.is_some_and(|(asset, label)| !self.state.shows_asset(self.audience, &asset, label))
    }

    /// A short text can be found from its digest: everybody is told the digests of what everybody may
    /// have, and no others.
    fn hides_digest(&self, word: &str) -> bool {
        let Ok(digest) = word.parse::<Digest>() else { return false };
        let state = self.state;
        let known = state.log() == Some(digest) || state.rules() == Some(digest);
        let published = || {
            let mut minutes = state.meetings().values().filter_map(|own| own.minutes.as_ref());
            minutes.any(|own| own.published == Some(digest))
        };
        !(known || published() || state.asset_named(word).is_some())
    }

    /// What of an act names assets.
    fn assets_in(&self, record: &Node) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(act) = record.part(&ACT) {
            words(&act.shown(), &mut |word| {
                if self.state.asset_named(word).is_some() {
                    found.push(word.to_owned());
                }
            });
        }
        found
    }
}

/// Withholds all fields of a part but these.
fn keep(part: Option<&mut Node>, names: &[&str]) {
    if let Some(Node::Fields(fields)) = part {
        let others = fields.iter_mut().filter(|(name, _)| !names.contains(&name.as_str()));
        others.for_each(|(_, part)| part.withhold());
    }
}

/// Every text in a value, names of fields among them.
fn words(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(word) => each(word),
        Value::Array(items) => items.iter().for_each(|item| words(item, each)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            each(name);
            words(value, each);
        }),
        _ => {}
    }
}
