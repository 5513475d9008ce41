//! What an amendment does, in words.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use concordat_agreement::effect::{
    ActChange, Answer, ClauseChange, Effect, Field, OnYours, Region, StandChange,
};
use concordat_terms::AssetId;

/// What an amendment does; `words`, if texts differ.
pub(super) fn effect(effect: &Effect, words: bool) -> String {
    if effect.is_empty() && words {
        return "No rule changes: every act is allowed or refused as before, and no clause says anything \
                else. Only the wording differs: `--text` shows where."
            .to_owned();
    }
    if effect.is_empty() {
        return "Nothing changes: every act is allowed or refused as before, and every clause says the same."
            .to_owned();
    }
    let mut text = String::new();
    acts(effect.acts.iter().map(|change| (change, None)), "", &mut text);
    for change in &effect.clauses {
        let _ = writeln!(text, "{}", clause(change));
    }
    for change in &effect.stands {
        let _ = writeln!(text, "{}", stands(change));
    }
    text.trim_end().to_owned()
}

fn verdict(change: &ActChange) -> String {
    let by = |answer: &Answer| match answer {
        Answer::Refused { by } if by.is_empty() => "no clause permits it".to_owned(),
        Answer::Refused { by } => {
            let clauses: Vec<String> = by.iter().map(|clause| format!("`{clause}`")).collect();
            clauses.join(", ")
        }
        Answer::NotSeated => "not in the seat".to_owned(),
        Answer::Allowed { by, gates } => format!("by `{by}`, {gates}"),
    };
    let gates = |answer: &Answer| match answer {
        Answer::Allowed { gates, .. } => gates.to_string(),
        other => by(other),
    };
    match (change.was.allows(), change.is.allows()) {
        (true, false) => format!("no longer allowed ({})", by(&change.is)),
        (false, true) => format!("now allowed ({})", by(&change.is)),
        _ => format!("gated otherwise: {} → {}", gates(&change.was), gates(&change.is)),
    }
}

fn region(region: &Region) -> String {
    let mut parts = Vec::new();
    let mut say = |word: &str, values: Option<String>| {
        parts.extend(values.map(|values| format!("{word} {values}")));
    };
    say("by", region.parties.as_ref().map(listed));
    say("to", region.kinds.as_ref().map(|kinds| listed(kinds.iter().map(|kind| kind.as_str()))));
    let together = |assets: &Vec<_>| {
        let names: Vec<String> = assets.iter().map(ToString::to_string).collect();
        names.join(" with ")
    };
    say("on", region.assets.as_ref().map(|assets| listed(assets.iter().map(together))));
    say("for", region.purposes.as_ref().map(listed));
    say("in a place of", region.places.as_ref().map(listed));
    say("with rounds of", region.rounds.as_ref().map(listed));
    say("with participants of", region.participants.as_ref().map(listed));
    if parts.is_empty() { "whatever is asked".to_owned() } else { parts.join("; ") }
}

fn listed<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(", ")
}

fn clause(change: &ClauseChange) -> String {
    let what = match (change.is_new(), change.is_gone()) {
        (true, _) => "is new",
        (_, true) => "is gone",
        _ => "says something else",
    };
    let fields = fields(&change.fields, change.is_new(), change.is_gone());
    format!("{} `{}` {what}{}", change.kind, change.clause, fields)
}

/// How a module or a clause stands or falls. What is new or gone altogether is so with its fields.
fn stands(change: &StandChange) -> String {
    let fields = fields(&change.fields, change.is_new(), change.is_gone());
    match &change.clause {
        Some(clause) if change.is_new() || change.is_gone() => {
            format!("`{}/{clause}` stands or falls so{fields}", change.module)
        }
        Some(clause) => format!("`{}/{clause}` stands or falls otherwise{fields}", change.module),
        None if change.is_new() => format!("module `{}` is new{fields}", change.module),
        None if change.is_gone() => format!("module `{}` is gone{fields}", change.module),
        None => format!("module `{}` stands otherwise{fields}", change.module),
    }
}

/// Fields line by line: of what is new or gone, as they are or were.
fn fields(fields: &[Field], new: bool, gone: bool) -> String {
    let mut text = String::new();
    for Field { name, was, is } in fields {
        let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let _ = match (new, gone) {
            (true, _) => write!(text, "\n  {name}: {}", or(is)),
            (_, true) => write!(text, "\n  {name}: {}", or(was)),
            _ => write!(text, "\n  {name}: {} → {}", or(was), or(is)),
        };
    }
    text
}

/// What others may do otherwise on what is a party's own; nothing, where nothing is.
pub(super) fn on_yours(changes: &[OnYours]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text = "\nothers, on what is yours".to_owned();
    text.push('\n');
    acts(changes.iter().map(|on| (&on.change, Some(&on.yours))), "  ", &mut text);
    text.trim_end().to_owned()
}

/// Changes one below the other, what is alike under one heading; each with what is the reader's.
fn acts<'c>(
    changes: impl Iterator<Item = (&'c ActChange, Option<&'c BTreeSet<AssetId>>)>,
    indent: &str,
    text: &mut String,
) {
    let mut heading: Option<String> = None;
    for (change, yours) in changes {
        let this = format!("{indent}{} for `{}`: {}", change.act, change.seat, verdict(change));
        if heading.as_ref() != Some(&this) {
            let _ = writeln!(text, "{this}");
            heading = Some(this);
        }
        let yours = yours.map(|yours| format!("; yours: {}", listed(yours)));
        let _ = writeln!(text, "{indent}  {}{}", region(&change.region), yours.unwrap_or_default());
    }
}
