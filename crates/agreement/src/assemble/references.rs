//! Names: each is defined once, and whatever is named is defined.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{AssetId, ClauseId, ModuleId, PartyId, PurposeId, Severity};

use crate::nearest::suggest;
use crate::shape::{Named, Reference};
use crate::source::Wrong;
use crate::{Asset, AssetKind, CLASSES, Clause, ColumnKind, Guard, Module, Rule, Terms, licence};

use super::Check;

/// How many findings there may be before none is told what it may have meant.
const SUGGESTED_MAX: usize = 100;

type At<'a> = (&'a Module, &'a Clause);

/// Kinds whose clause is a name that others use.
fn defines(terms: &Terms) -> Option<Named> {
    match terms {
        Terms::Party(_) => Some(Named::Party),
        Terms::Seat(_) => Some(Named::Seat),
        Terms::Purpose(_) => Some(Named::Purpose),
        Terms::Asset(_) => Some(Named::Asset),
        Terms::Body(_) => Some(Named::Body),
        Terms::Account(_) => Some(Named::Account),
        Terms::Signal(_) => Some(Named::Signal),
        _ => None,
    }
}

pub(super) fn check(check: &mut Check<'_>) {
    let agreement = check.agreement;
    let mut names: BTreeMap<Named, BTreeMap<&str, At<'_>>> = BTreeMap::new();
    for at in agreement.clauses() {
        let Some(kind) = defines(&at.1.terms) else { continue };
        let first = *names.entry(kind).or_default().entry(at.1.id.as_str()).or_insert(at);
        if !std::ptr::eq(first.1, at.1) {
            let what = format!("there are two {} clauses `{}`", kind.word(), at.1.id);
            let hint = format!("rename one: the other is in module `{}`", first.0.id);
            check.fail(at, "id", Wrong::new("used-twice", what, hint));
        }
    }
    for at in agreement.clauses() {
        let signs = matches!(at.1.terms, Terms::Party(_) | Terms::Seat(_));
        if signs && at.1.id.as_str() == "all" {
            let what = "`all` stands for every party among signers";
            check.fail(at, "id", Wrong::new("reserved-name", what, "choose another name"));
        }
        for (kind, other) in [(Named::Seat, Named::Party), (Named::Body, Named::Seat)] {
            let first = names.get(&other).and_then(|of| of.get(at.1.id.as_str()));
            if defines(&at.1.terms) == Some(kind) && first.is_some() {
                let (kind, other) = (kind.word(), other.word());
                let what = format!("`{}` is a {other} and a {kind}", at.1.id);
                let hint = format!("rename the {kind}, so that a name means one of them");
                check.fail(at, "id", Wrong::new("used-twice", what, hint));
            }
        }
        let built_in = matches!(at.1.id.as_str(), "signatory" | "sequencer");
        if built_in && matches!(at.1.terms, Terms::Seat(_)) {
            let what =
                format!("the seat `{}` is filled by the log's founding, not by a clause", at.1.id);
            check.fail(at, "id", Wrong::new("reserved-name", what, "choose another name"));
        }
    }

    let names = Names(names);
    for at in agreement.clauses() {
        clause(check, &names, at);
    }
}

/// What is defined, by kind.
struct Names<'a>(BTreeMap<Named, BTreeMap<&'a str, At<'a>>>);

impl<'a> Names<'a> {
    /// The module whose clause a reference means.
    fn home(check: &Check<'a>, at: At<'_>, reference: &Reference<'_>) -> Option<&'a Module> {
        let id = reference.module.map_or(Ok(at.0.id.clone()), str::parse).ok()?;
        check.agreement.modules.get(&id)
    }

    /// Whether a reference's name is defined.
    fn defines(&self, check: &Check<'a>, at: At<'_>, reference: &Reference<'_>) -> bool {
        let name = reference.name;
        let of = |kind| self.0.get(&kind).is_some_and(|names| names.contains_key(name));
        match reference.to {
            Named::Decider => of(Named::Seat) || of(Named::Body),
            Named::Module => {
                name.parse().is_ok_and(|id: ModuleId| check.agreement.modules.contains_key(&id))
            }
            Named::Clause => {
                let module = Self::home(check, at, reference);
                name.parse().is_ok_and(|id: ClauseId| {
                    module.is_some_and(|module| module.clauses.contains_key(&id))
                })
            }
            kind => of(kind),
        }
    }

    /// The names that a reference in this module may use.
    fn known(&self, check: &Check<'a>, at: At<'_>, reference: &Reference<'_>) -> Vec<&'a str> {
        let of = |kind| self.0.get(&kind).into_iter().flat_map(|names| names.keys().copied());
        match reference.to {
            Named::Decider => of(Named::Seat).chain(of(Named::Body)).collect(),
            Named::Module => check.agreement.modules.keys().map(ModuleId::as_str).collect(),
            Named::Clause => {
                let module = Self::home(check, at, reference).into_iter();
                module.flat_map(|m| m.clauses.keys().map(ClauseId::as_str)).collect()
            }
            kind => of(kind).collect(),
        }
    }

    fn resolve(&self, check: &mut Check<'a>, at: At<'_>, reference: &Reference<'_>) {
        if let Some(module) = reference.module
            && Self::home(check, at, reference).is_none()
        {
            let names = check.agreement.modules.keys().map(ModuleId::as_str);
            let what = format!("there is no module `{module}`");
            let wrong = Wrong::new("unknown-reference", what, suggest(module, names));
            return check.fail(at, &reference.place, wrong);
        }
        if self.defines(check, at, reference) || check.found.is_full(Severity::Error) {
            return;
        }
        let module = reference.module.map(|m| format!(" in `{m}`")).unwrap_or_default();
        let what = format!("there is no {} `{}`{module}", reference.to.word(), reference.name);
        let hint = if check.found.kept().len() > SUGGESTED_MAX {
            "write a clause for it".to_owned()
        } else {
            suggest(reference.name, self.known(check, at, reference))
        };
        check.fail(at, &reference.place, Wrong::new("unknown-reference", what, hint));
    }
}

fn clause<'a>(check: &mut Check<'a>, names: &Names<'a>, at: At<'a>) {
    for reference in at.1.terms.refers().iter().chain(&at.1.standing.references()) {
        names.resolve(check, at, reference);
    }
    match &at.1.terms {
        Terms::Seat(seat) => {
            once(check, at, "filled_by", &seat.filled_by);
            if seat.filled_by.is_empty() {
                let what = format!("nobody fills the seat `{}`", at.1.id);
                let hint = "name at least one party in `filled_by`";
                check.fail(at, "filled_by", Wrong::new("seat-unfilled", what, hint));
            }
        }
        Terms::Asset(terms) => asset(check, at, terms),
        Terms::Permit(rule) => purposes_fit(check, at, rule),
        Terms::Witnesses(terms) => once(check, at, "witnesses", &terms.witnesses),
        Terms::Aggregation(terms) => once(check, at, "aggregators", &terms.aggregators),
        _ => {}
    }
}

/// The licence is one, places of the class exist, and what comes first is less confidential.
fn protection(check: &mut Check<'_>, at: At<'_>, asset: &Asset) {
    if let Some(why) = asset.licence.as_deref().and_then(|text| licence::read(text).err()) {
        let hint = "write an SPDX expression, like `Apache-2.0 OR MIT`; one that is in no list is \
                    `LicenseRef-` and a name";
        check.fail(at, "licence", Wrong::new("bad-licence", why.to_string(), hint));
    }
    let Guard { class, least_persons, .. } = asset.guard.clone().unwrap_or_default();
    let known = |class: u32| u8::try_from(class).is_ok_and(|class| CLASSES.contains(&class));
    if let Some(class) = class.filter(|class| !known(*class)) {
        let what = format!("there is no isolation class {class}");
        let hint = format!("write {} to {}", CLASSES.start(), CLASSES.end());
        check.fail(at, "guard.class", Wrong::new("bad-number", what, hint));
    }
    let rows = asset.kind == AssetKind::Dataset;
    for (field, said) in
        [("guard.least_persons", least_persons.is_some()), ("pilot", asset.pilot.is_some())]
    {
        if said && !rows {
            let what = format!("a {} has no `{field}`", asset.kind.as_str());
            check.fail(at, field, Wrong::new("not-of-this-kind", what, "remove the field"));
        }
    }
    let first = asset.pilot.as_ref().and_then(|pilot| check.agreement.asset(pilot));
    if let Some(first) = first
        && (first.terms.kind != AssetKind::Dataset || first.terms.label >= asset.label)
    {
        let what = format!("`{}` is no dataset with a lower label", first.clause.clause);
        let hint = "name a dataset that is public, or less confidential than this one";
        check.fail(at, "pilot", Wrong::new("not-of-this-kind", what, hint));
    }
}

/// A party that is named twice would count twice.
fn once(check: &mut Check<'_>, at: At<'_>, field: &str, list: &[PartyId]) {
    let mut seen = BTreeSet::new();
    for (index, party) in list.iter().enumerate() {
        if !seen.insert(party) {
            let what = format!("`{party}` is named twice");
            let wrong = Wrong::new("used-twice", what, "remove it here");
            check.fail(at, &format!("{field}[{index}]"), wrong);
        }
    }
}

fn purposes_fit(check: &mut Check<'_>, at: At<'_>, rule: &Rule) {
    let named: BTreeSet<&AssetId> = rule.on.iter().collect();
    for asset in named.into_iter().filter_map(|id| check.agreement.asset(id)) {
        let allowed: BTreeSet<&PurposeId> = asset.terms.purposes.iter().collect();
        for (index, purpose) in rule.purposes.iter().enumerate() {
            if !allowed.contains(purpose) {
                let what = format!("`{}` may never be used for `{purpose}`", asset.clause.clause);
                let hint = "add the purpose to the asset, or remove it here";
                let wrong = Wrong::new("purpose-not-of-asset", what, hint);
                check.fail(at, &format!("purposes[{index}]"), wrong);
            }
        }
    }
}

fn asset(check: &mut Check<'_>, at: At<'_>, asset: &Asset) {
    protection(check, at, asset);
    if asset.kind == AssetKind::Model {
        for field in ["person", "rows_per_person", "columns"] {
            if at.1.places.contains_key(field) {
                let what = format!("a model has no `{field}`");
                check.fail(at, field, Wrong::new("not-of-this-kind", what, "remove the field"));
            }
        }
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, column) in asset.columns.iter().enumerate() {
        let name = format!("columns[{index}].name");
        if !seen.insert(&column.name) {
            let what = format!("the column `{}` is named twice", column.name);
            check.fail(at, &name, Wrong::new("used-twice", what, "remove one of them"));
        }
        let number = column.kind == ColumnKind::Number;
        let bounds = (column.min, column.max);
        let bounded = matches!(bounds, (Some(min), Some(max)) if min < max);
        let wrong = match column.kind {
            ColumnKind::Number if !bounded => {
                Some("a number needs `min` below `max`: sensitivity comes from declared bounds")
            }
            ColumnKind::Category if column.levels.len() < 2 => {
                Some("a category needs at least two `levels`")
            }
            _ if !number && bounds != (None, None) => Some("only a number has `min` and `max`"),
            ColumnKind::Number | ColumnKind::Text if !column.levels.is_empty() => {
                Some("only a category has `levels`")
            }
            _ => None,
        };
        if let Some(what) = wrong {
            let hint = "declare what the cells may hold, without looking at the data";
            check.fail(at, &name, Wrong::new("bad-column", what, hint));
        }
    }
    if let Some(person) = &asset.person
        && !asset.columns.iter().any(|c| c.name == *person)
    {
        let what = format!("there is no column `{person}`");
        let hint = suggest(person, asset.columns.iter().map(|c| c.name.as_str()));
        check.fail(at, "person", Wrong::new("unknown-reference", what, hint));
    }
    if asset.rows_per_person == Some(0) {
        let wrong = Wrong::new("bad-number", "no row is about anybody", "write at least 1");
        check.fail(at, "rows_per_person", wrong);
    }
}
