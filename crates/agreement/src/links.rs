//! Values in prose. `[thirty days](#delete-copies.due.period)` says that the words are the value
//! of a field: the two are held against each other, and a value that stands in the prose without
//! a link is pointed out.

mod spoken;
mod translated;
mod unlinked;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ClauseId, ModuleId, Severity, Span};
use toml::de::{DeTable, DeValue};

use crate::found::Found;
use crate::links::spoken::{Says, Spoken, is_spoken};
use crate::source::Wrong;
use crate::{Agreement, Clause, Module};

/// A link in the prose to somewhere in the agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) span: Span,
    /// What follows the `#`.
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A field of a clause, by module, clause and path.
type Place<'a> = (&'a ModuleId, &'a ClauseId, &'a str);

/// The single values of a clause by path, and the paths in the order of its print.
struct Values {
    paths: Vec<String>,
    by_path: BTreeMap<String, String>,
}

/// The values of every clause, printed once: links and prose are held against them.
struct AllValues<'a>(BTreeMap<&'a ModuleId, BTreeMap<&'a ClauseId, Values>>);

/// What a text says of values, held against its clauses; what is worth a warning or a note only if
/// somebody reads those.
pub(crate) fn check(
    agreement: &Agreement,
    asked: fn(&Module) -> bool,
    warned: bool,
    found: &mut Found,
) {
    let values = AllValues::of(agreement);
    let mut linked: BTreeSet<Place<'_>> = BTreeSet::new();
    for module in agreement.modules().values().filter(|module| asked(module)) {
        for link in &module.links {
            if !link.to.contains('.') {
                found.extend(values.leads_nowhere(module, link));
                continue;
            }
            match values.follow(module, link) {
                Ok((place, value)) => {
                    found.extend(compared(module, link, value));
                    linked.insert(place);
                }
                Err(wrong) => found.push(module.finding(Severity::Error, &link.span, wrong)),
            }
        }
    }
    let translated = agreement.modules().values().filter(|module| asked(module));
    translated.for_each(|module| translated::check(module, &values, warned, found));
    if !warned {
        return;
    }
    unlinked::check(agreement, &values, &linked, asked, found);
    // Clauses share their prose, and it is read once.
    let mut said: BTreeMap<&str, Spoken> = BTreeMap::new();
    let each = values.each(agreement).filter(|(module, ..)| asked(module));
    for (module, clause, path, value) in each {
        if linked.contains(&(&module.id, &clause.id, path)) {
            continue;
        }
        let said = said.entry(&clause.prose).or_insert_with(|| Spoken::of(&clause.prose));
        if let Some(words) = said.mention(value) {
            let what = format!("“{words}” says what `{path}` says, and is not linked to it");
            let hint = format!("write `[{words}](#{}.{path})`", clause.id);
            let wrong = Wrong::new("value-not-linked", what, hint);
            let top = path.split('.').next().unwrap_or_default();
            let span = clause.places.get(top).unwrap_or(&clause.span);
            found.push(module.finding(Severity::Note, span, wrong));
        }
    }
}

/// The links of a module whose text says what the field says to which they lead: where they lead,
/// and the text.
pub(crate) fn held<'a>(agreement: &Agreement, module: &'a Module) -> BTreeSet<(&'a str, &'a str)> {
    let values = AllValues::of(agreement);
    let says_it = |link: &&Link| match values.follow(module, link) {
        Ok((_, value)) => link.to.contains('.') && compared(module, link, value).is_none(),
        Err(_) => false,
    };
    let links = module.links.iter().filter(says_it);
    links.map(|link| (link.to.as_str(), link.text.as_str())).collect()
}

impl<'a> AllValues<'a> {
    fn of(agreement: &'a Agreement) -> Self {
        let of = |module: &'a Module| {
            let clauses = module.clauses.values();
            (&module.id, clauses.map(|clause| (&clause.id, Values::of(clause))).collect())
        };
        Self(agreement.modules().values().map(of).collect())
    }

    /// Every value with its clause, in the order of the clauses.
    fn each<'s>(
        &'s self,
        agreement: &'a Agreement,
    ) -> impl Iterator<Item = (&'a Module, &'a Clause, &'s str, &'s str)> {
        agreement.clauses().flat_map(|(module, clause)| {
            let values = self.get(&module.id, &clause.id).map(|(.., values)| values).into_iter();
            values.flat_map(move |values| {
                let pairs = values.paths.iter().filter_map(|path| values.get(path));
                pairs.map(move |(path, value)| (module, clause, path, value))
            })
        })
    }

    fn get(
        &self,
        module: &ModuleId,
        clause: &ClauseId,
    ) -> Option<(&'a ModuleId, &'a ClauseId, &Values)> {
        let (module, clauses) = self.0.get_key_value(module)?;
        let (clause, values) = clauses.get_key_value(clause)?;
        Some((module, clause, values))
    }

    /// A clause as a link of this module names it.
    fn clause(&self, module: &Module, name: &str) -> Option<(&'a ModuleId, &'a ClauseId, &Values)> {
        match name.split_once('/') {
            Some((home, name)) => self.get(&home.parse().ok()?, &name.parse().ok()?),
            None => self.get(&module.id, &name.parse().ok()?),
        }
    }

    /// What is wrong with a link that names no field: it leads to a clause or a heading.
    fn leads_nowhere(&self, module: &Module, link: &Link) -> Option<concordat_terms::Diagnostic> {
        if self.clause(module, &link.to).is_some() || module.anchors.contains(&link.to) {
            return None;
        }
        let what = format!("there is no clause and no heading `{}`", link.to);
        let hint = "write `#clause`, `#module/clause`, or a heading of this file in small letters \
                    with `-` for spaces";
        let wrong = Wrong::new("link-to-nothing", what, hint);
        Some(module.finding(Severity::Error, &link.span, wrong))
    }

    /// The field that a link names, and its value.
    fn follow(&self, module: &Module, link: &Link) -> Result<(Place<'_>, &str), Wrong> {
        let nothing = |what: String, hint: &str| Wrong::new("link-to-nothing", what, hint);
        let (clause, path) = link.to.split_once('.').unwrap_or((&link.to, ""));
        let found = match clause.split_once('/') {
            Some((home, name)) => home.parse().ok().zip(name.parse().ok()),
            None => clause.parse().ok().map(|name| (module.id.clone(), name)),
        };
        let Some((home, clause, values)) = found.and_then(|(home, name)| self.get(&home, &name))
        else {
            let hint = "write `#clause.field`, or `#module/clause.field` for another module";
            return Err(nothing(format!("there is no clause `{clause}`"), hint));
        };
        let Some((path, value)) = values.get(path) else {
            let fields: Vec<String> =
                values.paths.iter().take(FIELDS_TOLD).map(|at| format!("`{at}`")).collect();
            let hint = format!("name one of {}", fields.join(", "));
            return Err(nothing(format!("clause `{clause}` has no value `{path}`"), &hint));
        };
        Ok(((home, clause, path), value))
    }
}

/// How many fields of a clause are told where a link names none of them.
const FIELDS_TOLD: usize = 30;

fn compared(module: &Module, link: &Link, value: &str) -> Option<concordat_terms::Diagnostic> {
    let (severity, code, what, hint) = match spoken::says(&link.text, value) {
        Says::It => return None,
        Says::Otherwise => (
            Severity::Error,
            "prose-differs",
            format!("the text says “{}”, and the clause `{value}`", link.text),
            if spoken::of_working_days(&link.text) {
                "say days, or have only working days count with `days = \"working\"`: a `calendar` \
                 alone moves the last day to one on which people work, and every day counts"
            } else {
                "change the one that is wrong: both are signed"
            },
        ),
        Says::Nothing => (
            // A number may be said in many ways; the others would be signed unread.
            if is_spoken(value) { Severity::Error } else { Severity::Warning },
            "prose-unreadable",
            format!("“{}” cannot be held against `{value}`", link.text),
            "link the number, period, amount or date alone, or write the value as it stands",
        ),
    };
    Some(module.finding(severity, &link.span, Wrong::new(code, what, hint)))
}

impl Values {
    /// The single values of a clause, by path: `open_for`, `due.period`, `evidence.0.max_age`. A
    /// list of one needs no number.
    fn of(clause: &Clause) -> Self {
        let mut found = Vec::new();
        for (name, text) in clause.terms.print() {
            let line = format!("value = {text}\n");
            let Ok(table) = DeTable::parse(&line) else { continue };
            if let Some(value) = table.get_ref().get("value") {
                walk(name.to_owned(), value.get_ref(), &mut found);
            }
        }
        // A period of working days is another than one of as many days.
        let is_working =
            |(path, value): &(String, String)| path == "due.days" && value == "working";
        if found.iter().any(is_working)
            && let Some((_, period)) = found.iter_mut().find(|(path, _)| path == "due.period")
        {
            period.push_str(spoken::WORKING);
        }
        let paths = found.iter().map(|(path, _)| path.clone()).collect();
        Self { paths, by_path: found.into_iter().collect() }
    }

    /// A value by its path.
    fn get(&self, path: &str) -> Option<(&str, &str)> {
        let (path, value) = self.by_path.get_key_value(path)?;
        Some((path, value))
    }
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
