//! Values in prose. `[thirty days](#delete-copies.due.period)` says that the words are the value
//! of a field: the two are held against each other, and a value that stands in the prose without
//! a link is pointed out.

mod spoken;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ClauseId, ModuleId, Severity, Span};
use toml::de::{DeTable, DeValue};

use crate::fields::FINDINGS_MAX;
use crate::source::Wrong;
use crate::{Agreement, Clause, Module};
use spoken::Mentions;

/// A link in the prose to somewhere in the agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) span: Span,
    /// What follows the `#`.
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A field of a clause, by module, clause and path.
type Place<'a> = (&'a ModuleId, &'a ClauseId, String);

/// What a text says of values, held against its clauses.
pub(crate) fn findings(agreement: &Agreement) -> Vec<concordat_terms::Diagnostic> {
    let mut found = Vec::new();
    let mut linked: BTreeSet<Place<'_>> = BTreeSet::new();
    for module in agreement.modules().values() {
        for link in module.links.iter().filter(|link| link.to.contains('.')) {
            match follow(agreement, module, link) {
                Ok((place, value)) => {
                    found.extend(compared(module, link, &value));
                    linked.insert(place);
                }
                Err(wrong) => found.push(module.finding(Severity::Error, &link.span, wrong)),
            }
        }
    }
    // Many clauses may enforce one paragraph.
    let mut said: BTreeMap<*const u8, Mentions> = BTreeMap::new();
    for (module, clause) in agreement.clauses() {
        let mentions =
            said.entry(clause.prose.as_ptr()).or_insert_with(|| Mentions::of(&clause.prose));
        if found.len() >= FINDINGS_MAX {
            break;
        }
        for (path, value) in values(clause) {
            if linked.contains(&(&module.id, &clause.id, path.clone())) {
                continue;
            }
            if let Some(words) = mentions.of_value(&value) {
                let what = format!("“{words}” says what `{path}` says, and is not linked to it");
                let hint = format!("write `[{words}](#{}.{path})`", clause.id);
                let wrong = Wrong::new("value-not-linked", what, hint);
                let top = path.split('.').next().unwrap_or_default();
                let span = clause.places.get(top).unwrap_or(&clause.span);
                found.push(module.finding(Severity::Note, span, wrong));
            }
        }
    }
    found
}

/// The field that a link names, and its value.
fn follow<'a>(
    agreement: &'a Agreement,
    module: &'a Module,
    link: &Link,
) -> Result<(Place<'a>, String), Wrong> {
    let nothing = |what: String, hint: &str| Wrong::new("link-to-nothing", what, hint);
    let (clause, path) = link.to.split_once('.').unwrap_or((&link.to, ""));
    let (home, name) = match clause.split_once('/') {
        Some((id, name)) => {
            (agreement.modules().values().find(|module| module.id.as_str() == id), name)
        }
        None => (Some(module), clause),
    };
    let found = home.and_then(|home| {
        Some((home, home.clauses.values().find(|clause| clause.id.as_str() == name)?))
    });
    let Some((home, clause)) = found else {
        let hint = "write `#clause.field`, or `#module/clause.field` for another module";
        return Err(nothing(format!("there is no clause `{clause}`"), hint));
    };
    let all = values(clause);
    let Some((_, value)) = all.iter().find(|(at, _)| at == path) else {
        let fields: Vec<String> = all.iter().map(|(at, _)| format!("`{at}`")).collect();
        let hint = format!("name one of {}", fields.join(", "));
        return Err(nothing(format!("clause `{}` has no value `{path}`", clause.id), &hint));
    };
    Ok(((&home.id, &clause.id, path.to_owned()), value.clone()))
}

fn compared(module: &Module, link: &Link, value: &str) -> Option<concordat_terms::Diagnostic> {
    let (severity, code, what, hint) = match spoken::says(&link.text, value) {
        Some(true) => return None,
        Some(false) => (
            Severity::Error,
            "prose-differs",
            format!("the text says “{}”, and the clause `{value}`", link.text),
            "change the one that is wrong: both are signed",
        ),
        None => (
            Severity::Warning,
            "prose-unreadable",
            format!("“{}” cannot be held against `{value}`", link.text),
            "write a number, a period, an amount or a date, or the value as it stands",
        ),
    };
    Some(module.finding(severity, &link.span, Wrong::new(code, what, hint)))
}

/// The single values of a clause, by path: `open_for`, `due.period`, `evidence.0.max_age`. A list
/// of one needs no number.
fn values(clause: &Clause) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, text) in clause.terms.print() {
        let line = format!("value = {text}\n");
        let Ok(table) = DeTable::parse(&line) else { continue };
        if let Some(value) = table.get_ref().get("value") {
            walk(name.to_owned(), value.get_ref(), &mut found);
        }
    }
    found
}

fn walk(path: String, value: &DeValue<'_>, found: &mut Vec<(String, String)>) {
    match value {
        DeValue::Table(table) => {
            for (name, inner) in table {
                walk(format!("{path}.{}", name.get_ref()), inner.get_ref(), found);
            }
        }
        DeValue::Array(items) if items.len() == 1 => {
            items.iter().for_each(|item| walk(path.clone(), item.get_ref(), found));
        }
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(format!("{path}.{index}"), item.get_ref(), found);
            }
        }
        DeValue::String(text) => found.push((path, text.to_string())),
        DeValue::Integer(number) => found.push((path, number.as_str().to_owned())),
        DeValue::Float(number) => found.push((path, number.as_str().to_owned())),
        DeValue::Boolean(yes) => found.push((path, yes.to_string())),
        DeValue::Datetime(when) => found.push((path, when.to_string())),
    }
}
